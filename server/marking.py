"""The watermark of an artist: chosen, shown on a plain ground, and put on copies made anew."""

from dataclasses import replace

import msgspec

from server.clock import Clock
from server.errors import Invalid, NotFound, refuse_outdated
from server.model import Artist, RenditionName
from server.pictures import WATERMARK_TASK, Made, read_answer
from server.ports import Bus, Library, MediaStore, Workers
from server.promises import JOBS_TOPIC, ReinscribePromise, promise
from server.values import dataclass
from server.watermarks import Stamp, Watermark, checked_watermark


@dataclass(frozen=True, slots=True)
class Marking:
    """Keeps watermarks."""

    library: Library
    clock: Clock
    bus: Bus
    media: MediaStore
    workers: Workers

    async def change(
        self, artist: Artist, wish: Watermark, logo: bytes = b"", seen: Artist | None = None
    ) -> Artist:
        """Keep a watermark, or none where it is empty; works that bear it are made anew.

        `seen`: as they stood when this was decided. Raise `Outdated` where it changed since.
        `logo`: a file as it was uploaded, which takes the place of text and former logo. Raise
        `Invalid` where a letter cannot be drawn or the logo cannot be used.
        """
        checked = checked_watermark(wish) if not logo else msgspec.structs.replace(wish, text="")
        if checked is not None:
            made = await self._tried(Stamp(checked, logo or await self._kept(checked)))
            cleaned = [one for one in made.renditions if one.name is RenditionName.ORIGINAL]
            if logo:
                stored = await self.media.put(cleaned[0].body)
                checked = msgspec.structs.replace(checked, logo=stored.digest)
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            refuse_outdated(seen, known, "watermark")
            changed = replace(known, watermark=checked)
            if changed != known:
                await tx.artists.update(changed)
                await promise(tx, self.clock, ReinscribePromise(artist.id))
        self.bus.wake(JOBS_TOPIC)
        return changed

    async def sample(self, artist: Artist) -> bytes:
        """Return a JPEG that shows the watermark on a plain ground. Raise `NotFound`, `Invalid`."""
        if artist.watermark is None:
            raise NotFound("You have no watermark.")
        stamp = Stamp(artist.watermark, await self._kept(artist.watermark))
        return (await self._tried(stamp)).renditions[0].body

    async def _kept(self, watermark: Watermark) -> bytes:
        return await self.media.read(watermark.logo) if watermark.logo else b""

    async def _tried(self, stamp: Stamp) -> Made:
        answer = read_answer(await self.workers.run(WATERMARK_TASK, msgspec.msgpack.encode(stamp)))
        if not isinstance(answer, Made):
            raise Invalid(answer.message, "logo" if stamp.logo else "text")
        return answer
