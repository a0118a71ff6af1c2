"""The end of this instance: announced, cancellable until its day, then every account leaves.

The law: nothing happens before the day that was announced. From then on each step is a job, safe to
run twice; a crash loses none. Only when nothing is left to be told does the instance fall silent.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from server.account_ends import AccountEnds
from server.acts import Act
from server.audit import note
from server.clock import Clock
from server.ending import Closing, ClosingState
from server.errors import Gone, Invalid, NotAllowed, NotFound, Refused, Unavailable
from server.model import Actor, Artist, JobKind, Millis, NotificationKind, Role, TargetId
from server.moving import Moving
from server.notifications import tell_anew
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, ClosingPromise, promise
from server.repositories.jobs import JobCounts
from server.roles import demand
from server.sessions import Sessions
from server.values import dataclass

MIN_DAYS: Final = 7  # artists must have time to read it
MAX_DAYS: Final = 365
MAX_WORDS: Final = 1_000
_DAY: Final = 86_400_000
_LOOK_AGAIN: Final = Millis(60_000)  # whether anything is left to be told
_LONGEST: Final = Millis(8 * _DAY)  # no delivery waits longer than a week
_TO_BE_DONE: Final = (JobKind.SAY, JobKind.DELIVER, JobKind.END)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an owner says who closes the place."""

    domain: str  # typed, so that nobody does it by chance
    days: int
    words: str = ""


class ClosingNow:
    """How the end of this instance stands, as this process knows; read anew each second."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.now: Closing | None = None

    @classmethod
    async def of(cls, library: Library) -> "ClosingNow":
        """Return what is known, read once."""
        made = cls(library)
        await made.refresh()
        return made

    async def refresh(self) -> None:
        """Read it again. Raise `Unavailable` where the database is away."""
        async with self._library.reading() as tx:
            self.now = await tx.closing.current()


@dataclass(frozen=True, slots=True)
class Closings:
    """Announce, cancel, and do what the day brings."""

    library: Library
    clock: Clock
    bus: Bus
    domain: str
    sessions: Sessions
    ends: AccountEnds
    moving: Moving
    meet: Callable[[str], Awaitable[Actor]]  # an actor elsewhere, as its origin describes it now
    known: ClosingNow

    async def announce(self, owner: Artist, password: str, plan: Plan) -> Closing:
        """Announce the end. Raise `Invalid`, `NotAllowed`; `NotFound` for who is no owner."""
        demand(owner, Role.OWNER)
        if plan.domain.strip().casefold() != self.domain:
            raise Invalid(f"Type {self.domain} to close it: this is something else.", "domain")
        if not MIN_DAYS <= plan.days <= MAX_DAYS:
            raise Invalid(f"Announce it {MIN_DAYS} to {MAX_DAYS} days before.", "days")
        if len(plan.words) > MAX_WORDS:
            raise Invalid(f"The words may have at most {MAX_WORDS} characters.", "words")
        await self.sessions.confirm(owner, password)
        now = self.clock.now()
        ends_at = Millis(now + plan.days * _DAY)
        closing = Closing(ClosingState.ANNOUNCED, now, ends_at, plan.words.strip(), owner.handle)
        async with self.library.transaction() as tx:
            if await tx.closing.current() is not None:
                raise NotAllowed("It is announced already: --status shows it, --cancel ends it.")
            await tx.closing.put(closing)
            await promise(tx, self.clock, ClosingPromise(ends_at), delay=Millis(ends_at - now))
            await self._tell_everybody(tx)
            words = f"on {plan.days} days' notice"
            await note(tx, self.clock, owner, Act.CLOSING_ANNOUNCED, words, reason=closing.words)
        await self.known.refresh()
        return closing

    async def cancel(self, owner: Artist, password: str) -> None:
        """Take the announcement back, while its day has not come. Raise as `announce`."""
        demand(owner, Role.OWNER)
        await self.sessions.confirm(owner, password)
        async with self.library.transaction() as tx:
            closing = await tx.closing.current()
            if closing is None:
                raise NotAllowed("Nothing is announced: this place stays open.")
            has_come = self.clock.now() >= closing.ends_at
            if has_come or closing.state is not ClosingState.ANNOUNCED:
                raise NotAllowed("The day has come: accounts are leaving, and it cannot be undone.")
            await tx.closing.remove()
            await note(tx, self.clock, owner, Act.CLOSING_CANCELLED, self.domain)
        await self.known.refresh()

    async def status(self) -> tuple[Closing | None, int]:
        """Return how it stands, and how many things are left to be done or told."""
        async with self.library.reading() as tx:
            return await tx.closing.current(), await _left(tx)

    async def name_home(self, artist: Artist, target: Actor) -> None:
        """Keep where an artist's followers shall go on the day. Raise `Invalid`, `NotAllowed`."""
        async with self.library.transaction() as tx:
            closing = await tx.closing.current()
            actor = await tx.actors.by_id(artist.id)
            if closing is None or closing.state is not ClosingState.ANNOUNCED or actor is None:
                raise NotAllowed("This place is not about to close: move under Moving instead.")
            self.moving.refuse_unwilling(actor, target)
            await tx.closing.put_home(artist.id, target.uri, self.clock.now())

    async def home_of(self, artist: Artist) -> str:
        """Return the address of the account that an artist named, "" for none."""
        async with self.library.reading() as tx:
            return await tx.closing.home(artist.id)

    async def run(self, payload: bytes) -> None:
        """Do one `ClosingPromise`."""
        what = msgspec.json.decode(payload, type=ClosingPromise)
        if what.actor_id:
            await self._leave(what)
        elif what.is_last:
            await self._fall_silent(what)
        else:
            await self._begin(what)
        self.bus.wake(JOBS_TOPIC)

    async def _begin(self, what: ClosingPromise) -> None:
        """Begin on the day; void where it was cancelled, or announced anew for another."""
        now = self.clock.now()
        async with self.library.transaction() as tx:
            closing = await tx.closing.current()
            if closing is None or closing.ends_at != what.ends_at or now < closing.ends_at:
                return
            await tx.closing.put(msgspec.structs.replace(closing, state=ClosingState.LEAVING))
            after = ""
            while page := await tx.artists.page(after_handle=after):
                after = page[-1].handle
                for artist in page:
                    leaving = ClosingPromise(what.ends_at, artist.id)
                    await promise(tx, self.clock, leaving)
            last = ClosingPromise(what.ends_at, is_last=True)
            await promise(tx, self.clock, last, delay=_LOOK_AGAIN)

    async def _leave(self, what: ClosingPromise) -> None:
        """Let one account go: to the new one that it named, else deleted."""
        async with self.library.reading() as tx:
            artist = await tx.artists.by_id(what.actor_id)
            actor = await tx.actors.by_id(what.actor_id)
            home = await tx.closing.home(what.actor_id)
        if artist is None or actor is None or actor.gone_at is not None or actor.moved_to:
            return
        if home and await self._moved(artist, home):
            return
        await self.ends.ask(artist, at_once=True, is_closing=True)

    async def _moved(self, artist: Artist, home: str) -> bool:
        try:
            await self.moving.move(artist, await self.meet(home))
        except (Unavailable, NotFound, Gone, Invalid, Refused):
            return False  # the new account is away, or does not agree any more
        return True

    async def _fall_silent(self, what: ClosingPromise) -> None:
        """Close once nothing is left to be told, or all of it was given up; else look again."""
        now = self.clock.now()
        async with self.library.transaction() as tx:
            closing = await tx.closing.current()
            if closing is None or closing.state is not ClosingState.LEAVING:
                return
            is_late = now - closing.ends_at >= _LONGEST
            if not is_late and await _left(tx):
                await promise(tx, self.clock, what, delay=_LOOK_AGAIN)
                return
            await tx.closing.put(msgspec.structs.replace(closing, state=ClosingState.CLOSED))
        await self.known.refresh()

    async def _tell_everybody(self, tx: Transaction) -> None:
        after = ""
        while page := await tx.artists.page(after_handle=after):
            after = page[-1].handle
            for artist in page:
                kind = NotificationKind.CLOSING
                await tell_anew(tx, self.clock, artist.id, kind, TargetId(0))


async def _left(tx: Transaction) -> int:
    """Count accounts that have not left, and what is to be told or erased."""
    counts = await tx.jobs.counts()
    found = [counts.get(kind, JobCounts()) for kind in _TO_BE_DONE]
    return sum(one.waiting + one.running for one in found) + await _staying(tx)


async def _staying(tx: Transaction) -> int:
    """Count accounts that neither moved nor are deleted."""
    number, after = 0, ""
    while page := await tx.artists.page(after_handle=after):
        after = page[-1].handle
        actors = await tx.actors.many([artist.id for artist in page])
        number += sum(one.gone_at is None and not one.moved_to for one in actors.values())
    return number
