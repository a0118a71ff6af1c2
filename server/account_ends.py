"""The end of an account: asked for, taken back within two weeks, told to other servers, erased.

Asked for, everything is out of sight at once and nothing is lost. What follows are jobs, each
safe to run twice: tell the servers that may know the artist, erase what is kept, and drop the
keys once no delivery needs them. The actor's row stays, so that its handle is never given again.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from server.accounts import keep_an_owner, one_at_a_time
from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound
from server.model import Actor, ActorId, Artist, Millis, Visibility
from server.ports import Bus, Library, MediaStore, Transaction
from server.promises import JOBS_TOPIC, Deed, DeparturePromise, DepartureStep, SayPromise, promise
from server.sweeping import drop_unneeded
from server.values import dataclass

GRACE: Final = Millis(14 * 86_400_000)
_HANGING: Final = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)
_LOOK_AGAIN: Final = Millis(10 * 60_000)  # whether deliveries are left
_LONGEST: Final = Millis(8 * 86_400_000)  # no delivery waits longer than a week
_AT_ONCE: Final = 20  # works erased in a transaction: others want to write as well


@dataclass(frozen=True, slots=True)
class AccountEnds:
    """Ask, take back, and do the steps."""

    library: Library
    media: MediaStore
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def ask(
        self, artist: Artist, *, at_once: bool = False, is_closing: bool = False
    ) -> Millis:
        """Begin the end of an account and return when it is erased; it is out of sight now.

        `at_once`: without the two weeks in which it can be taken back. Raise `NotAllowed` for the
        only owner, but where the whole instance ends (`is_closing`).
        """
        now = self.clock.now()
        async with self.library.transaction() as tx:
            await one_at_a_time(tx, self.addresses)
            kept = await _kept(tx, artist.id)
            if not is_closing:
                await keep_an_owner(tx, kept)
            if kept.ends_at is not None and not at_once:
                return kept.ends_at
            ends_at = now if at_once else Millis(now + GRACE)
            await tx.artists.update(_leaving(kept, ends_at, now))
            await tx.artists.end_sessions_of(kept.id)
            if kept.suspended_at is None and not at_once:
                await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, kept.id))
            what = DeparturePromise(kept.id, ends_at)
            await promise(tx, self.clock, what, delay=Millis(ends_at - now))
        self.bus.wake(JOBS_TOPIC)
        return ends_at

    async def take_back(self, artist: Artist, *, is_staff: bool = False) -> Artist:
        """Keep an account after all: everything is as before; a suspension stays one.

        Raise `NotAllowed` where it was suspended besides, but for staff; `Invalid` where it does
        not end, or has.
        """
        async with self.library.transaction() as tx:
            kept = await _kept(tx, artist.id)
            actor = await tx.actors.by_id(artist.id)
            if kept.ends_at is None:
                raise Invalid(f"'{kept.handle}' is not about to be deleted: it stays as it is.")
            if actor is None or actor.gone_at is not None:
                raise Invalid(f"'{kept.handle}' is being erased already: it is too late.")
            if kept.is_barred and not is_staff:
                raise NotAllowed("This account is suspended: write to the people who run this.")
            since = kept.suspended_at if kept.is_barred else None
            back = replace(kept, ends_at=None, suspended_at=since, is_barred=False)
            await tx.artists.update(back)
            if since is None:
                await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, kept.id))
        self.bus.wake(JOBS_TOPIC)
        return back

    async def closed(self, handle: str) -> Actor:
        """Return the actor of a deleted account; it has keys until the last delivery is done.

        Raise `NotFound`.
        """
        async with self.library.reading() as tx:
            found = await tx.departures.departed(handle)
        if found is None:
            raise NotFound("There is no such account here.")
        return found

    async def works_of(self, artist: Artist) -> int:
        """Count the works that hang, and go with the account."""
        async with self.library.reading() as tx:
            return await tx.works.count(artist.id, _HANGING)

    async def run(self, payload: bytes) -> None:
        """Do one `DeparturePromise`."""
        what = msgspec.json.decode(payload, type=DeparturePromise)
        match what.step:
            case DepartureStep.BEGIN:
                await self.library.join(lambda tx: self._begin(tx, what))
            case DepartureStep.ERASE:
                await self._erase(what)
            case DepartureStep.CLOSE:
                await self.library.join(lambda tx: self._close(tx, what))
        self.bus.wake(JOBS_TOPIC)

    async def _begin(self, tx: Transaction, what: DeparturePromise) -> None:
        """Mark the actors as gone and promise to tell; void where it was taken back meanwhile."""
        artist = await tx.artists.hold(what.actor_id)
        actor = await tx.actors.by_id(what.actor_id)
        if artist is None or actor is None or artist.ends_at != what.ends_at or actor.gone_at:
            return
        now = self.clock.now()
        await tx.actors.put(replace(actor, gone_at=now))
        await tx.artists.end_sessions_of(artist.id)
        for series in await tx.series.of_artist(artist.id):
            speaker = await tx.actors.by_id(series.actor_id) if series.actor_id else None
            if speaker is not None and speaker.gone_at is None:
                await tx.actors.put(replace(speaker, gone_at=now))
                said = SayPromise(Deed.SERIES_ACTOR_GONE, speaker.id, series.id)
                await promise(tx, self.clock, said)
        await promise(tx, self.clock, SayPromise(Deed.ACCOUNT_GONE, artist.id))

    async def _erase(self, what: DeparturePromise) -> None:
        """Erase works and their files some at a time, then the person."""
        while True:
            erased = await self.library.join(
                lambda tx: tx.departures.erase_works(what.actor_id, limit=_AT_ONCE)
            )
            if erased is None:
                break
            # what a crash leaves here is swept
            await drop_unneeded(self.library, self.media, erased.digests)
        faces = await self.library.join(lambda tx: self._erase_person(tx, what))
        await drop_unneeded(self.library, self.media, faces)

    async def _erase_person(self, tx: Transaction, what: DeparturePromise) -> Sequence[str]:
        """Return the files that nobody may need any more."""
        actor = await tx.actors.by_id(what.actor_id)
        if actor is None or actor.gone_at is None:
            return ()
        portraits = (await tx.portraits.of_artist(actor.id)).values()
        await tx.actors.mark_gone(actor.id, actor.gone_at)
        await tx.departures.erase_person(actor.id, actor.uri, but=deletion_of(actor))
        await tx.departures.erase_account(actor.id)
        bare = replace(
            actor, name="", summary_html="", icon_url="", moved_to="", also_known_as=(), emojis=()
        )
        await tx.actors.put(bare)
        await promise(tx, self.clock, replace_step(what, DepartureStep.CLOSE))
        return [digest for portrait in portraits for digest in portrait.digests]

    async def _close(self, tx: Transaction, what: DeparturePromise) -> None:
        """Drop the keys, unless a delivery may still need them: then look again later."""
        actor = await tx.actors.by_id(what.actor_id)
        if actor is None or actor.gone_at is None:
            return
        theirs = (what.actor_id, *what.speakers)
        is_late = self.clock.now() - actor.gone_at >= _LONGEST
        if not is_late and await tx.departures.has_deliveries(theirs):
            await promise(tx, self.clock, what, delay=_LOOK_AGAIN)
            return
        await tx.departures.drop_keys(theirs)


def deletion_of(actor: Actor) -> str:
    """Return the id of the activity that tells of the end of an account."""
    return f"{actor.uri}#delete"


async def promise_erasure(tx: Transaction, clock: Clock, actor: Actor) -> None:
    """Promise to erase an account, in the transaction that promises to tell of it."""
    series = await tx.series.of_artist(actor.id)
    speakers = tuple(ActorId(one.actor_id) for one in series if one.actor_id is not None)
    ended = Millis(actor.gone_at or 0)
    await promise(tx, clock, DeparturePromise(actor.id, ended, DepartureStep.ERASE, speakers))


def replace_step(what: DeparturePromise, step: DepartureStep) -> DeparturePromise:
    """Return the promise of another step of the same end."""
    return DeparturePromise(what.actor_id, what.ends_at, step, what.speakers)


def _leaving(artist: Artist, ends_at: Millis, now: Millis) -> Artist:
    is_out = artist.suspended_at is not None
    is_barred = artist.is_barred or (is_out and artist.ends_at is None)
    since = artist.suspended_at if is_out else now
    return replace(artist, ends_at=ends_at, suspended_at=since, is_barred=is_barred)


async def _kept(tx: Transaction, artist_id: ActorId) -> Artist:
    kept = await tx.artists.hold(artist_id)
    if kept is None:
        raise NotFound("There is no such account here any more.")
    return kept
