"""What an artist says to machines and sizes beyond the house, of all works that say nothing else.

The law: it only ever adds to what the house reserves; other servers and the copies of pictures
follow, the newest works first.
"""

from dataclasses import replace

from server.chronicling import note_artist
from server.clock import Clock
from server.errors import refuse_outdated
from server.house import House
from server.model import Artist, Visibility
from server.ports import Bus, Library
from server.promises import IN_FORCE, JOBS_TOPIC, Deed, ReinscribePromise, SayPromise, promise
from server.protections import Overlay, checked_overlay
from server.values import dataclass

_TOLD_ANEW = 20  # works that other servers hear of at once; of others when they ask
_SHOWN = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)


@dataclass(frozen=True, slots=True)
class Protecting:
    """Keeps artists' own words."""

    library: Library
    clock: Clock
    bus: Bus
    house: House

    async def change(self, artist: Artist, overlay: Overlay, seen: Artist | None = None) -> Artist:
        """Keep what an artist says. Raise `Invalid` where it would loosen what the house says.

        `seen`: as they stood when this was decided. Raise `Outdated` where they changed since.
        """
        checked = checked_overlay(overlay)
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            refuse_outdated(seen, known, "content_usage", "sizes")
            changed = replace(known, content_usage=checked.usage, sizes=checked.sizes)
            if changed == known:
                return known
            await tx.artists.update(changed)
            await note_artist(tx, self.clock, changed)
            await tx.policies.bump()  # every process has to learn the sizes
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
            await promise(tx, self.clock, ReinscribePromise(artist.id), delay=IN_FORCE)
            for work in await tx.works.of_artist(artist.id, _SHOWN, limit=_TOLD_ANEW):
                await promise(tx, self.clock, SayPromise(Deed.WORK_EDITED, artist.id, work.id))
        await self.house.refresh()
        self.bus.wake(JOBS_TOPIC)
        return changed
