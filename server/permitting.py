"""Gathers who asks for what, decides by `server.permits`, and keeps what must be asked.

Used in the transaction of whatever somebody does, here or elsewhere.
"""

from dataclasses import replace

from server.addresses import Addresses
from server.blocking import refuse_blocked
from server.clock import Clock
from server.dealings import Request, RequestId, RequestState
from server.errors import NotAllowed
from server.model import (
    ActivityId,
    ActorId,
    FollowState,
    NotificationKind,
    TargetId,
)
from server.notifications import tell
from server.permits import (
    Answer,
    Asker,
    InteractionKind,
    InteractionPolicy,
    Permit,
    answer,
    strictest,
    within,
)
from server.ports import Transaction
from server.targets import OPEN, Target, find_target
from server.values import dataclass

_LASTING = (InteractionKind.LIKE, InteractionKind.BOOST)  # approved once is approved
_REFUSALS = {
    InteractionKind.LIKE: "Its artist lets only some people like this.",
    InteractionKind.REPLY: "Its artist does not take comments on this from everybody.",
    InteractionKind.BOOST: "Its artist does not want this to be boosted by everybody.",
    InteractionKind.QUOTE: "Its artist does not want this to be quoted by everybody.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do, and what they sent to do it."""

    kind: InteractionKind
    target: Target
    actor_id: ActorId
    object_uri: str  # the reply, the quoting post, or the Like or Announce
    request_uri: str = ""  # of the QuoteRequest (or another kind's) that asked
    activity_id: ActivityId | None = None  # to act on once approved; None: it came from here
    emoji: str = ""  # of a like from here


async def policy_of(tx: Transaction, target: Target) -> InteractionPolicy | None:
    """Return who may do what to a target, None where it is of another server."""
    owner = target.owner or await tx.artists.by_id(target.owner_id)
    if owner is None:
        return None
    own = target.work.interaction if target.work is not None else None
    return within(own or owner.interaction, is_open=target.visibility in OPEN)


async def answer_to(
    tx: Transaction, addresses: Addresses, kind: InteractionKind, actor_id: ActorId, target: Target
) -> Answer:
    """Decide whether somebody may do something to a target that they may see.

    An answer to somebody else's comment stands in an artist's thread as well: that artist's
    word on answers holds too.
    """
    policy = await policy_of(tx, target)
    asker = await _asker(tx, actor_id, target, policy.permit(kind) if policy else None)
    if asker.is_blocked:
        return Answer.REFUSE
    answers = [answer(policy, kind, asker)] if policy is not None else []
    if policy is None and target.post is not None and target.post.interaction is not None:
        published = target.post.interaction
        answers.append(await _word_from_elsewhere(tx, published, kind, actor_id, target))
    if kind is InteractionKind.REPLY and target.post is not None and target.post.work_id:
        is_named = policy is not None and asker.is_named  # by an artist here, not by anybody
        answers.append(await _word_of_thread(tx, addresses, actor_id, target, is_named=is_named))
    return strictest(*answers)


async def permitted(
    tx: Transaction, addresses: Addresses, clock: Clock, wish: Wish, *, is_approved: bool = False
) -> Answer:
    """Decide on a wish; where its artist has to be asked, ask. What they said before holds.

    `is_approved`: the artist has just agreed to it.
    """
    if is_approved:
        return Answer.ALLOW
    said = await answer_to(tx, addresses, wish.kind, wish.actor_id, wish.target)
    if said is not Answer.ASK and wish.kind in _LASTING:
        return said
    known = await _said_before(tx, wish)
    if known is not None and known.actor_id != wish.actor_id:
        known = None  # a neighbour asked with the address of somebody else's post
    if said is Answer.ASK:
        return await _asked(tx, addresses, clock, wish, known)
    is_withdrawn = known is not None and known.state is RequestState.REFUSED
    return Answer.REFUSE if is_withdrawn else said


async def allowed_or_asked(
    tx: Transaction, addresses: Addresses, clock: Clock, wish: Wish
) -> Answer:
    """Decide on what an artist here wants to do, as `permitted`: ALLOW or ASK.

    Raise `NotAllowed` where the answer is no.
    """
    said = await permitted(tx, addresses, clock, wish)
    if said is Answer.REFUSE:
        await refuse_blocked(tx, wish.actor_id, wish.target.owner_id)
        raise NotAllowed(_REFUSALS[wish.kind])
    return said


async def keep_decided(
    tx: Transaction, clock: Clock, wish: Wish, artist_id: ActorId, state: RequestState
) -> Request:
    """Keep a request that needs no asking; return it as it stands, decided before or now."""
    known = await tx.requests.of(wish.kind, wish.object_uri, wish.target.id)
    now = clock.now()
    request = _request(clock, wish, artist_id, state)
    request_id = await tx.requests.put(request)
    if known is None or known.state is RequestState.WAITING:
        await tx.requests.decide(request_id, state, now)
    found = await tx.requests.by_id(request_id)
    return found or request


async def forget(
    tx: Transaction, kind: InteractionKind, actor_id: ActorId, target_id: TargetId
) -> None:
    """Drop a request that waits: who asked has taken back what they wanted to do."""
    known = await tx.requests.by_actor(kind, actor_id, target_id)
    if known is not None and known.state is RequestState.WAITING:
        await tx.requests.remove(known.id)


async def is_kept_out(tx: Transaction, object_uri: str, target_id: TargetId) -> bool:
    """Say whether an artist refused or removed an answer before."""
    known = await tx.requests.of(InteractionKind.REPLY, object_uri, target_id)
    return known is not None and known.state is RequestState.REFUSED


async def decider(tx: Transaction, addresses: Addresses, target: Target) -> ActorId | None:
    """Return the artist here who decides on what is done to a target."""
    if await tx.artists.by_id(target.owner_id) is not None:
        return target.owner_id
    root = target.thread_of
    thread = await find_target(tx, addresses, TargetId(root)) if root is not None else None
    return thread.owner_id if thread is not None else None


async def _asked(
    tx: Transaction, addresses: Addresses, clock: Clock, wish: Wish, known: Request | None
) -> Answer:
    artist_id = await decider(tx, addresses, wish.target)
    if known is not None and known.state is not RequestState.WAITING:
        return Answer.ALLOW if known.state is RequestState.APPROVED else Answer.REFUSE
    if artist_id is None:
        return Answer.REFUSE
    if known is None or bool(known.request_uri) is not bool(wish.request_uri):
        await tx.requests.put(
            _request(clock, _beside(wish, known), artist_id, RequestState.WAITING)
        )
    if known is None:
        kind = NotificationKind.REQUEST
        await tell(tx, clock, artist_id, kind, wish.actor_id, wish.target.id)
    return Answer.ASK


def _beside(wish: Wish, known: Request | None) -> Wish:
    """Return what a wish adds to one that waits: a request and its post come in either order.

    The post's own activity is the one to act on once approved.
    """
    return replace(wish, activity_id=None) if known is not None and wish.request_uri else wish


async def _said_before(tx: Transaction, wish: Wish) -> Request | None:
    """Return the same request; of likes and boosts any by the same actor."""
    if wish.kind in _LASTING:
        return await tx.requests.by_actor(wish.kind, wish.actor_id, wish.target.id)
    return await tx.requests.of(wish.kind, wish.object_uri, wish.target.id)


def _request(clock: Clock, wish: Wish, artist_id: ActorId, state: RequestState) -> Request:
    return Request(
        id=RequestId(clock.new_id()),
        kind=wish.kind,
        artist_id=artist_id,
        actor_id=wish.actor_id,
        target_id=wish.target.id,
        object_uri=wish.object_uri,
        request_uri=wish.request_uri,
        activity_id=wish.activity_id,
        state=state,
        created_at=clock.now(),
        decided_at=None if state is RequestState.WAITING else clock.now(),
        emoji=wish.emoji,
    )


async def _word_of_thread(
    tx: Transaction, addresses: Addresses, actor_id: ActorId, target: Target, *, is_named: bool
) -> Answer:
    """Decide for the artist in whose work's thread an answer to a comment would stand."""
    root = TargetId(target.thread_of or 0)
    thread = await find_target(tx, addresses, root)
    policy = await policy_of(tx, thread) if thread is not None else None
    if thread is None or policy is None:
        return Answer.ALLOW
    asker = await _asker(tx, actor_id, thread, policy.reply)
    asker = replace(asker, is_named=is_named)
    return answer(policy, InteractionKind.REPLY, asker)


async def _word_from_elsewhere(
    tx: Transaction,
    published: InteractionPolicy,
    kind: InteractionKind,
    actor_id: ActorId,
    target: Target,
) -> Answer:
    """Return what another server's author lets people here do; their own server asks them.

    How somebody elsewhere stands to that author is not ours to know.
    """
    if await tx.artists.by_id(actor_id) is None:
        return Answer.ALLOW
    asker = await _asker(tx, actor_id, target, published.permit(kind))
    said = answer(published, kind, asker)
    return Answer.ALLOW if said is Answer.ASK else said


async def _asker(
    tx: Transaction, actor_id: ActorId, target: Target, permit: Permit | None
) -> Asker:
    """Return how somebody stands to a target; whether they follow, where `permit` asks for it."""
    is_asked = permit is Permit.FOLLOWERS
    follow = await tx.relations.follow(actor_id, target.owner_id) if is_asked else None
    return Asker(
        is_author=actor_id == target.owner_id,
        is_named=await _is_named(tx, actor_id, target),
        is_follower=follow is not None and follow.state is FollowState.ACCEPTED,
        is_blocked=await tx.blocks.between(actor_id, target.owner_id),
    )


async def _is_named(tx: Transaction, actor_id: ActorId, target: Target) -> bool:
    if target.post is None:
        return False
    actor = await tx.actors.by_id(actor_id)
    return actor is not None and actor.uri in target.post.mentions
