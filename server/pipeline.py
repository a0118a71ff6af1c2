"""From an original in the MediaStore to a picture with its renditions kept beside it.

Pixels are decoded in a child process with limits; a file that kills its child is refused.
Safe to run twice: equal bytes are stored once, and the row is written by the caller.
"""

import secrets
from dataclasses import replace

from server.errors import Invalid, NotFound
from server.model import Picture, PictureState, Rendition
from server.pictures import (
    PICTURE_TASK,
    Made,
    MadeRendition,
    PictureTask,
    Refusal,
    pack_task,
    read_answer,
)
from server.ports import MediaStore, Tell, Workers
from server.recipes import Recipe
from server.sealing import Sealing
from server.values import dataclass
from server.watermarks import Stamp, Watermark


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Make pictures."""

    media: MediaStore
    workers: Workers
    sealing: Sealing | None = None  # None: Content Credentials are off

    @property
    def signer(self) -> str:
        """Return the fingerprint of who signs copies, "" where nobody does."""
        return self.sealing.authority.fingerprint if self.sealing else ""

    async def make(self, picture: Picture, recipe: Recipe, *, tell: Tell | None = None) -> Picture:
        """Return the picture READY with its renditions kept, or REFUSED with one sentence.

        `tell` hears how many copies are made, of so many.
        """
        try:
            source = await self.media.read(picture.original_digest)
            reading = await self.sealing.read(source) if self.sealing else None
            stamp = await self._stamp(recipe.watermark) if recipe.watermark else None
            task = PictureTask(
                *(source, recipe.full_side, recipe.inscription, reading, recipe.card_focus, stamp),
                is_shot=recipe.is_shot,
            )
            run = self.workers.run(PICTURE_TASK, pack_task(task), tell=tell)
            answer = read_answer(await run)
        except NotFound:
            return refused(picture, "The uploaded file is gone from storage: upload it again.")
        except Invalid as problem:
            return refused(picture, problem.message)
        if isinstance(answer, Refusal):
            return refused(picture, answer.message)
        credentials = None
        if self.sealing:
            said = recipe.inscription
            answer, credentials = await self.sealing.sign(answer, source, said, reading)
        kept = await self._keep(picture, answer)
        return replace(kept, inscribed=recipe.digest, credentials=credentials)

    async def _stamp(self, watermark: Watermark) -> Stamp:
        logo = await self.media.read(watermark.logo) if watermark.logo else b""
        return Stamp(watermark, logo)

    async def _keep(self, picture: Picture, made: Made) -> Picture:
        return replace(
            picture,
            state=PictureState.READY,
            problem="",
            media_key=new_media_key(),
            original_type=made.media_type,
            width=made.width,
            height=made.height,
            placeholder=made.placeholder,
            blurhash=made.blurhash,
            icc_name=made.icc_name,
            declared_by=made.declared_by,
            declared_where=made.declared_where,
            camera=made.camera,
            written=made.written,
            likeness=made.likeness,
            renditions=tuple([await self._put(rendition) for rendition in made.renditions]),
        )

    async def _put(self, made: MadeRendition) -> Rendition:
        stored = await self.media.put(made.body)
        return Rendition(
            name=made.name,
            format=made.format,
            width=made.width,
            height=made.height,
            bytes=stored.size,
            digest=stored.digest,
        )


def refused(picture: Picture, problem: str) -> Picture:
    """Return the picture as one that cannot be used, and why."""
    return replace(picture, state=PictureState.REFUSED, problem=problem)


def new_media_key() -> str:
    """Return a fresh random key for a picture's addresses (160 bits: the address is a secret)."""
    return secrets.token_hex(20)
