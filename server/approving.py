"""The artist's queue: who asks to like, answer, boost or quote, and what the artist says.

What came from elsewhere is acted on again once approved (`ApplyPromise.is_approved`); what came
from here is done at once. An approval can be withdrawn later.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from server import quotes
from server.addresses import Addresses
from server.clock import Clock
from server.commenting import Commenting
from server.dealings import Request, RequestId, RequestState
from server.errors import Invalid, NotFound
from server.model import (
    Actor,
    ActorId,
    Artist,
    Millis,
    NotificationKind,
    Post,
    ReactionKind,
    Visibility,
)
from server.notifications import tell_anew
from server.permits import InteractionKind
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, ApplyPromise, Deed, SayPromise, promise
from server.reactions import Reactions
from server.targets import OPEN, Target, find_target, find_target_by_uri
from server.values import dataclass

REQUESTS_AGE: Final = Millis(30 * 86_400_000)  # so long one waits for an artist's word
_REACTIONS: Final = {
    InteractionKind.LIKE: ReactionKind.LIKE,
    InteractionKind.BOOST: ReactionKind.BOOST,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with who asks, what it is about, and the words of an answer or quoting post."""

    request: Request
    actor: Actor
    target: Target
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Approving:
    """List, approve, refuse, withdraw."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    reactions: Reactions
    commenting: Commenting

    async def waiting(self, artist: ActorId, before: RequestId | None = None) -> list[Asked]:
        """List what waits for an artist's word, newest first."""
        async with self.library.reading() as tx:
            return await self._described(tx, await tx.requests.waiting(artist, before=before))

    async def approved(self, artist: ActorId, before: RequestId | None = None) -> list[Asked]:
        """List what an artist agreed to, newest first."""
        async with self.library.reading() as tx:
            return await self._described(tx, await tx.requests.approved(artist, before=before))

    async def count(self, artist: ActorId) -> int:
        """Count what waits."""
        async with self.library.reading() as tx:
            return await tx.requests.count_waiting(artist)

    async def authorization(self, request_id: RequestId) -> tuple[Request, Target, Actor]:
        """Return an approved request, what it is about and who agreed. Raise `NotFound`."""
        async with self.library.reading() as tx:
            found = await tx.requests.by_id(request_id)
            target = await find_target(tx, self.addresses, found.target_id) if found else None
            artist = await tx.actors.by_id(found.artist_id) if found else None
        is_given = found is not None and found.state is RequestState.APPROVED
        if found is None or target is None or artist is None or not is_given:
            raise NotFound("There is no such authorization.")
        return found, target, artist

    async def approve(self, artist: Artist, request_id: RequestId) -> None:
        """Agree; what was asked for is done. Raise `NotFound`."""
        async with self.library.transaction() as tx:
            request = await _own(tx, artist, request_id, RequestState.WAITING)
            target = await find_target(tx, self.addresses, request.target_id)
            if target is None:
                await tx.requests.remove(request.id)
            else:
                await tx.requests.decide(request.id, RequestState.APPROVED, self.clock.now())
                await self._do(tx, request, target)
        self.bus.wake(JOBS_TOPIC)

    async def refuse(self, artist: Artist, request_id: RequestId) -> None:
        """Decline; a comment that waited stays out of sight. Raise `NotFound`."""
        async with self.library.transaction() as tx:
            request = await _own(tx, artist, request_id, RequestState.WAITING)
            await tx.requests.decide(request.id, RequestState.REFUSED, self.clock.now())
            await self._refuse_quote(tx, request)
            await self._answer(tx, request, Deed.REQUEST_REFUSED)
        self.bus.wake(JOBS_TOPIC)

    async def withdraw(self, artist: Artist, request_id: RequestId) -> None:
        """Take an approval back: what it allowed is undone here, and elsewhere told."""
        async with self.library.transaction() as tx:
            request = await _own(tx, artist, request_id, RequestState.APPROVED)
            await tx.requests.decide(request.id, RequestState.REFUSED, self.clock.now())
            await _UNDO[request.kind](tx, request)
            await self._refuse_quote(tx, request)
            said = SayPromise(Deed.APPROVAL_WITHDRAWN, artist.id, request.id)
            await promise(tx, self.clock, said)
        self.bus.wake(JOBS_TOPIC)

    async def _do(self, tx: Transaction, request: Request, target: Target) -> None:
        """Have done what was asked for: elsewhere's activity once more, ours at once."""
        if request.activity_id is not None:
            await promise(tx, self.clock, ApplyPromise(request.activity_id, is_approved=True))
            await self._answer(tx, request, Deed.REQUEST_APPROVED)
            return
        if request.kind is InteractionKind.REPLY:
            await self._let_out(tx, request, target)
        elif request.kind is InteractionKind.QUOTE:
            note = await self._quoting(tx, request)
            if note is not None:
                await quotes.grant(tx, self.clock, note, self.addresses.authorization(request.id))
        elif request.kind in _REACTIONS:
            kind = _REACTIONS[request.kind]
            await self.reactions.do_reaction(
                tx, kind, request.actor_id, target, request.object_uri, emoji=request.emoji
            )

    async def _answer(self, tx: Transaction, request: Request, deed: Deed) -> None:
        """Promise to tell another server, where what it sent has an answer."""
        if request.request_uri or _is_plain(request):
            await promise(tx, self.clock, SayPromise(deed, request.artist_id, request.id))

    async def _refuse_quote(self, tx: Transaction, request: Request) -> None:
        """Drop a quote in a work or comment of this instance."""
        note = await self._quoting(tx, request)
        if note is not None:
            await quotes.end(tx, self.clock, note, request.artist_id)

    async def _quoting(self, tx: Transaction, request: Request) -> Target | None:
        """Return the work or comment here that asks to quote, None where it is elsewhere."""
        uri = request.object_uri
        is_ours = request.kind is InteractionKind.QUOTE and self.addresses.is_ours(uri)
        note = await find_target_by_uri(tx, self.addresses, uri) if is_ours else None
        return note if note is not None and note.owner_id == request.actor_id else None

    async def _let_out(self, tx: Transaction, request: Request, target: Target) -> None:
        """Say a comment from here that waited; its author may have removed it."""
        post = await tx.posts.by_uri(request.object_uri)
        if post is not None and post.visibility is Visibility.DRAFT:
            wanted = Visibility.UNLISTED if target.visibility in OPEN else target.visibility
            await self.commenting.say(tx, replace(post, visibility=wanted))

    async def _described(self, tx: Transaction, found: list[tuple[Request, Actor]]) -> list[Asked]:
        asked: list[Asked] = []
        for request, actor in found:
            target = await find_target(tx, self.addresses, request.target_id)
            if target is not None:
                post = await tx.posts.by_uri(request.object_uri)
                asked.append(Asked(request, actor, target, post))
        return asked


async def drop_unanswered(tx: Transaction, clock: Clock, before: Millis, *, limit: int) -> int:
    """Let requests fall out that waited since before then; return how many did.

    No other server is told a no that nobody said; who asked from here hears that nobody answered.
    """
    found = await tx.requests.outdated(before, limit=limit)
    for request in found:
        await tx.requests.remove(request.id)
        if await tx.artists.by_id(request.actor_id) is not None:
            kind, about = NotificationKind.UNANSWERED, request.target_id
            await tell_anew(tx, clock, request.actor_id, kind, about, request.artist_id)
    return len(found)


def _is_plain(request: Request) -> bool:
    """Say whether a Like, answer or boost from elsewhere came without asking, and waited."""
    is_asked = bool(request.request_uri) or request.kind is InteractionKind.QUOTE
    return request.activity_id is not None and not is_asked


async def _own(
    tx: Transaction, artist: Artist, request_id: RequestId, state: RequestState
) -> Request:
    request = await tx.requests.hold(request_id)
    if request is None or request.artist_id != artist.id:
        raise NotFound("There is no such request.")
    if request.state is not state:
        raise Invalid("This was decided already: reload the page to see how.")
    return request


async def _undo_reaction(tx: Transaction, request: Request) -> None:
    await tx.reactions.remove(_REACTIONS[request.kind], request.actor_id, request.target_id)


async def _undo_reply(tx: Transaction, request: Request) -> None:
    """Hide an answer, so that its author's edits do not bring it back."""
    post = await tx.posts.by_uri(request.object_uri)
    if post is not None and post.actor_id == request.actor_id:
        await tx.posts.put(replace(post, visibility=Visibility.DRAFT))


async def _undo_quote(tx: Transaction, request: Request) -> None:
    post = await tx.posts.by_uri(request.object_uri)
    is_theirs = post is not None and post.actor_id == request.actor_id
    if post is not None and is_theirs and post.quote is not None and not post.is_local:
        await tx.posts.put(replace(post, quote=replace(post.quote, is_approved=False)))


_UNDO: Final[Mapping[InteractionKind, Callable[[Transaction, Request], Awaitable[None]]]] = {
    InteractionKind.LIKE: _undo_reaction,
    InteractionKind.BOOST: _undo_reaction,
    InteractionKind.REPLY: _undo_reply,
    InteractionKind.QUOTE: _undo_quote,
}
