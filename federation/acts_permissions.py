"""Acts of asking to like, answer, boost or quote (GoToSocial's requests, FEP-044f).

What is asked for is done with the request where it was sent along; the answer names the
authorization by which other servers know that the artist agreed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from federation import acts_posts
from federation.acts_posts import Sent
from federation.deeds import Act, Arrived, Hands
from federation.documents import Document, first, id_of, is_document, type_of
from federation.notes import POST_TYPES
from federation.permissions import REQUESTS
from federation.posts import post_from, treated
from federation.uris import same_origin
from federation.vocabulary import RemoteNote, read_note
from server.dealings import RequestState
from server.errors import Invalid
from server.model import ActorId, ReactionKind, Visibility
from server.permits import Answer, InteractionKind
from server.permitting import Wish, keep_decided, permitted
from server.ports import Transaction
from server.promises import Deed, SayPromise, promise
from server.targets import Target, find_target_by_uri, may_see
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that may be dealt with: what it is about, and what it asks for."""

    deed: Arrived
    kind: InteractionKind
    target: Target
    artist_id: ActorId
    instrument_uri: str
    note: RemoteNote | None  # the reply or quoting post, where it was sent along

    @property
    def wish(self) -> Wish:
        """What is asked for."""
        uri, deed = self.instrument_uri, self.deed
        return Wish(self.kind, self.target, deed.actor.id, uri, deed.activity.uri, deed.id)


async def request(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Allow, refuse, or ask the artist; the first two are answered at once."""
    asking = await _read(hands, tx, deed)
    if asking is None:
        return
    wish = asking.wish
    said = await permitted(tx, hands.addresses, hands.clock, wish, is_approved=deed.is_approved)
    if said is Answer.REFUSE:
        await _answer(hands, tx, asking, RequestState.REFUSED)
        return
    if said is Answer.ALLOW and not deed.is_approved:  # else the artist's word was the answer
        await _answer(hands, tx, asking, RequestState.APPROVED)
    await _DEEDS[asking.kind](hands, tx, asking, said)


async def _read(hands: Hands, tx: Transaction, deed: Arrived) -> Asking | None:
    """Return the request if it is about an artist's work here, and asks for the actor's own."""
    activity = deed.activity
    instrument = first(activity.raw.get("instrument"))
    uri = id_of(instrument)
    target = await find_target_by_uri(tx, hands.addresses, activity.object_uri)
    is_own = same_origin(uri, deed.actor.uri) and _is_by(instrument, deed)
    if target is None or not activity.uri or not is_own:
        return None
    artist = await tx.artists.by_id(target.owner_id)
    if artist is None or artist.suspended_at or not await may_see(tx, target, deed.actor.id):
        return None
    kind = REQUESTS[activity.type]
    note = _note(instrument, deed) if is_document(instrument) else None
    note = hands.doors.cleaned(note) if note is not None else None
    return Asking(deed, kind, target, artist.id, uri, note)


def _is_by(instrument: object, deed: Arrived) -> bool:
    """Say whether what was sent along names the asker as its maker, or nobody."""
    if not is_document(instrument):
        return True
    makers = [id_of(first(instrument.get(name))) for name in ("actor", "attributedTo")]
    return all(maker in {"", deed.actor.uri} for maker in makers)


def _note(instrument: Document, deed: Arrived) -> RemoteNote | None:
    """Read a post that was sent along; only its own author's counts."""
    if type_of(instrument) not in POST_TYPES:
        return None
    try:
        note = read_note(instrument, followers_uri=deed.actor.followers_uri)
    except Invalid:
        return None
    return note if note.attributed_to == deed.actor.uri else None


async def _answer(hands: Hands, tx: Transaction, asking: Asking, state: RequestState) -> None:
    """Keep the decision and promise to tell of it."""
    kept = await keep_decided(tx, hands.clock, asking.wish, asking.artist_id, state)
    is_given = kept.state is RequestState.APPROVED
    deed = Deed.REQUEST_APPROVED if is_given else Deed.REQUEST_REFUSED
    await promise(tx, hands.clock, SayPromise(deed, asking.artist_id, kept.id))


async def _react(hands: Hands, tx: Transaction, asking: Asking, said: Answer) -> None:
    if said is Answer.ALLOW:
        is_like = asking.kind is InteractionKind.LIKE
        kind = ReactionKind.LIKE if is_like else ReactionKind.BOOST
        actor_id = asking.deed.actor.id
        await hands.reactions.note_reaction(
            tx, kind, actor_id, asking.target, asking.instrument_uri
        )


async def _reply(hands: Hands, tx: Transaction, asking: Asking, said: Answer) -> None:
    """Keep the answer, waiting or let in; without it, its Create comes later."""
    note, deed = asking.note, asking.deed
    if note is None or note.in_reply_to != asking.deed.activity.object_uri:
        return
    is_approved = said is Answer.ALLOW
    sent = Sent(note, deed.actor, deed.id, is_approved, deed.activity.uri, deed.treatment)
    await acts_posts.keep(hands, tx, sent)


async def _quote(hands: Hands, tx: Transaction, asking: Asking, said: Answer) -> None:
    """Keep the quoting post: shown once allowed, else out of sight so that the artist can read."""
    note, deed = asking.note, asking.deed
    if note is None or note.quote_uri != deed.activity.object_uri:
        return
    if said is Answer.ALLOW:
        sent = Sent(note, deed.actor, deed.id, is_approved=True, treatment=deed.treatment)
        await acts_posts.keep(hands, tx, sent)
        return
    if await tx.posts.by_uri(note.uri) is None:
        post = post_from(note, deed.actor, None, new_id=hands.clock.new_id(), now=hands.clock.now())
        post = treated(post, None, deed.treatment, frozenset())
        await tx.posts.put(replace(post, visibility=Visibility.DRAFT))


_Do = Callable[[Hands, Transaction, Asking, Answer], Awaitable[None]]
_DEEDS: Final[Mapping[InteractionKind, _Do]] = {
    InteractionKind.LIKE: _react,
    InteractionKind.BOOST: _react,
    InteractionKind.REPLY: _reply,
    InteractionKind.QUOTE: _quote,
}
ACTS: Final[Mapping[str, Act]] = dict.fromkeys(REQUESTS, request)
