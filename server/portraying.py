"""Avatars and banners: taken in, cut to shape by a child, shown, changed, taken off.

The upload is kept untouched, so that it can be cut anew; it is never shown. Nothing of it but its
pixels is in what others see.
"""

from dataclasses import replace

from server.addresses import Addresses
from server.clock import Clock
from server.drafts import checked_alt
from server.errors import Gone, Invalid, NotFound
from server.model import Artist
from server.pictures import Refusal
from server.pipeline import new_media_key
from server.portraits import (
    PORTRAIT_TASK,
    Portrait,
    PortraitKind,
    PortraitTask,
    Portrayed,
    pack_portrait_task,
    read_portrayed,
)
from server.ports import Bus, Library, MediaStore, StoredFile, Transaction, Workers
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.recipes import Focus
from server.sweeping import drop_unneeded
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Portraying:
    """Keep avatars and banners; followers' servers are told."""

    library: Library
    clock: Clock
    bus: Bus
    media: MediaStore
    workers: Workers
    addresses: Addresses

    async def of_artist(self, artist: Artist) -> dict[PortraitKind, Portrait]:
        """Return what somebody has."""
        return await self.library.look(lambda tx: tx.portraits.of_artist(artist.id))

    async def change(
        self,
        artist: Artist,
        kind: PortraitKind,
        upload: StoredFile | None,
        *,
        focus: Focus = (0.0, 0.0),
        alt: str = "",
    ) -> Artist:
        """Show another picture, or (`upload` None) the present one cut or described anew.

        Raise `Invalid` (field: the kind) where there is none or it cannot be used.
        """
        words = checked_alt(alt)
        known = (await self.of_artist(artist)).get(kind)
        if upload is None and known is None:
            raise Invalid("There is no picture in this form: choose one.", kind)
        if upload is None and known and (known.focal_x, known.focal_y) == focus:
            return await self._keep(artist, replace(known, alt=words))
        original = upload.digest if upload else known.original_digest if known else ""
        made = await self._made(original, kind, focus)
        portrait = Portrait(
            media_key=new_media_key(),
            artist_id=artist.id,
            kind=kind,
            digest=(await self.media.put(made.cut)).digest,
            whole_digest=(await self.media.put(made.whole)).digest,
            original_digest=original,
            whole_width=made.whole_width,
            whole_height=made.whole_height,
            focal_x=focus[0],
            focal_y=focus[1],
            alt=words,
            made_at=self.clock.now(),
        )
        return await self._keep(artist, portrait)

    async def remove(self, artist: Artist, kind: PortraitKind) -> Artist:
        """Show none any more; its files go."""
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            former = (await tx.portraits.of_artist(artist.id)).get(kind)
            if former is None:
                return known
            await tx.portraits.remove(artist.id, kind)
            changed = await self._show(tx, known, kind, "")
        await self._after(former)
        return changed

    async def shown(self, media_key: str, kind: PortraitKind) -> tuple[Portrait, Artist]:
        """Find one by the parts of its address. Raise `NotFound` or `Gone`."""
        async with self.library.reading() as tx:
            found = await tx.portraits.by_media_key(media_key)
            artist = await tx.artists.by_id(found.artist_id) if found else None
        if found is None or artist is None or found.kind is not kind:
            raise NotFound("There is no such picture.")
        if artist.suspended_at is not None:
            raise Gone("This picture was taken down.")
        return found, artist

    async def _made(self, original: str, kind: PortraitKind, focus: Focus) -> Portrayed:
        source = await self.media.read(original)
        task = pack_portrait_task(PortraitTask(source, kind, focus))
        try:
            answer = read_portrayed(await self.workers.run(PORTRAIT_TASK, task))
        except Invalid as problem:
            raise Invalid(problem.message, kind) from problem
        if isinstance(answer, Refusal):
            raise Invalid(answer.message, kind)
        return answer

    async def _keep(self, artist: Artist, portrait: Portrait) -> Artist:
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            former = (await tx.portraits.of_artist(artist.id)).get(portrait.kind)
            if former == portrait:
                return known
            await tx.portraits.put(portrait)
            changed = await self._show(tx, known, portrait.kind, portrait.media_key)
        await self._after(former)
        return changed

    async def _show(
        self, tx: Transaction, artist: Artist, kind: PortraitKind, media_key: str
    ) -> Artist:
        if kind is PortraitKind.AVATAR:
            changed = replace(artist, avatar=media_key)
            actor = await tx.actors.by_id(artist.id)
            if actor is not None:
                icon = self.addresses.portrait(media_key, kind)
                await tx.actors.put(replace(actor, icon_url=icon))
        else:
            changed = replace(artist, banner=media_key)
        await tx.artists.update(changed)
        await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
        return changed

    async def _after(self, former: Portrait | None) -> None:
        self.bus.wake(JOBS_TOPIC)
        if former is not None:
            await drop_unneeded(self.library, self.media, former.digests)
