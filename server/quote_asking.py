"""Quotes that wait for the quoted one's word: how they stand, asked once more, given up, withdrawn.

The law: nobody who says nothing is said to have refused. A server that may have been away is asked
a second time after days, and no third time by itself.
"""

from dataclasses import replace

import msgspec

from server import quotes
from server.addresses import Addresses
from server.clock import Clock
from server.dealings import RequestState
from server.errors import Conflict, NotFound
from server.model import Actor, Artist, Millis, NotificationKind, Quote, TargetId, Visibility
from server.notifications import tell_anew
from server.permits import InteractionKind
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, QuotePromise, SayPromise, promise
from server.targets import Target, find_target, find_target_by_uri
from server.values import dataclass

_AGAIN = "#again"  # behind the id of a request: what asks a second time has an id of its own


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a quote stands whose author has not agreed."""

    quoted: Actor | None  # None: not known any more
    asked_at: Millis | None  # None: nobody is asked now
    is_unanswered: bool  # for so long that it may be asked for again


@dataclass(frozen=True, slots=True)
class QuoteAsking:
    """Ask, ask again, give up."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def look(self, payload: bytes) -> None:
        """Do one `QuotePromise`: ask once more, or tell its author that nobody answered."""
        what = msgspec.json.decode(payload, type=QuotePromise)
        async with self.library.transaction() as tx:
            note = await find_target(tx, self.addresses, what.note_id)
            quote = quotes.quote_of(note)
            if note is None or quote is None or quote.is_approved:
                return
            if quote.request_uri != what.request_uri:
                return
            if what.is_last:
                target = await find_target_by_uri(tx, self.addresses, quote.uri)
                about, quoted = note.owner_id, target.owner_id if target else None
                kind = NotificationKind.UNANSWERED
                await tell_anew(tx, self.clock, about, kind, note.id, quoted)
                return
            uri = f"{quote.request_uri}{_AGAIN}"
            await promise(tx, self.clock, SayPromise(Deed.QUOTE_ASKED, note.owner_id, note.id, uri))
            last = QuotePromise(what.note_id, what.request_uri, is_last=True)
            delay = Millis(quotes.GIVEN_UP - quotes.ASKED_AGAIN)
            await promise(tx, self.clock, last, delay=delay)
        self.bus.wake(JOBS_TOPIC)

    async def standing(self, artist: Artist, note_id: TargetId) -> Waiting | None:
        """Return how the quote in one's own work or comment stands, None where nothing waits."""
        async with self.library.reading() as tx:
            note = await find_target(tx, self.addresses, note_id)
            quote = quotes.quote_of(note)
            if note is None or note.owner_id != artist.id or not _is_out(note):
                return None
            if quote is None or quote.is_approved:
                return None
            return await self._standing(tx, note, quote)

    async def ask_again(self, artist: Artist, note_id: TargetId) -> None:
        """Ask once more for what nobody answered. Raise `Conflict` where the answer may come."""
        async with self.library.transaction() as tx:
            note, quote = await self._own(tx, artist, note_id)
            if quote is None or quote.is_approved:
                raise Conflict("Nothing waits here any more: reload the page.")
            if not (await self._standing(tx, note, quote)).is_unanswered:
                raise Conflict("They were asked, and may still answer: wait some days.")
            quoting = quotes.Quoting(note.id, note.uri, note.owner_id)
            bare = replace(quote, request_uri="")
            asked = await quotes.settled(tx, self.addresses, self.clock, quoting, bare)
            if asked is None:
                raise Conflict(
                    "What you quote is gone, or its author does not want to be quoted: take the "
                    "quote out."
                )
            await quotes.put(tx, self.clock, note, asked, is_told=asked.is_approved)
        self.bus.wake(JOBS_TOPIC)

    async def withdraw(self, artist: Artist, note_id: TargetId) -> None:
        """Take out a quote that waits; whoever was asked here is asked no more."""
        async with self.library.transaction() as tx:
            note, quote = await self._own(tx, artist, note_id)
            if quote is None:
                return
            target = await find_target_by_uri(tx, self.addresses, quote.uri)
            if target is not None:
                request = await tx.requests.of(InteractionKind.QUOTE, note.uri, target.id)
                if request is not None and request.state is RequestState.WAITING:
                    await tx.requests.remove(request.id)
            await quotes.put(tx, self.clock, note, None)
        self.bus.wake(JOBS_TOPIC)

    async def _own(
        self, tx: Transaction, artist: Artist, note_id: TargetId
    ) -> tuple[Target, Quote | None]:
        note = await find_target(tx, self.addresses, note_id)
        if note is None or note.owner_id != artist.id:
            raise NotFound("There is no such work or comment of yours.")
        return note, quotes.quote_of(note)

    async def _standing(self, tx: Transaction, note: Target, quote: Quote) -> Waiting:
        target = await find_target_by_uri(tx, self.addresses, quote.uri)
        quoted = await tx.actors.by_id(target.owner_id) if target else None
        asked_at = quotes.asked_at(quote)
        if asked_at is not None:
            is_old = self.clock.now() - asked_at >= quotes.GIVEN_UP
            return Waiting(quoted, asked_at, is_unanswered=is_old)
        request = (
            await tx.requests.of(InteractionKind.QUOTE, note.uri, target.id) if target else None
        )
        is_asked = request is not None and request.state is RequestState.WAITING
        at = request.created_at if request is not None and is_asked else None
        return Waiting(quoted, at, is_unanswered=not is_asked)


def _is_out(note: Target) -> bool:
    """Say whether others see it, so that somebody is asked at all."""
    return note.visibility is not Visibility.DRAFT and (note.work is None or note.work.is_visible)
