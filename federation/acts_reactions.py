"""Acts of liking and boosting, and taking it back. A reaction with an emoji is a like."""

from collections.abc import Mapping
from typing import Final

from federation import announces, uris
from federation.deeds import Act, Arrived, Hands
from federation.emoji import emoji_of
from federation.facts import host_of
from federation.quoting import fetch_queue
from federation.vocabulary import Activity
from server.model import Reaction, ReactionKind
from server.permits import Answer
from server.permitting import Wish, forget, permitted
from server.ports import Transaction
from server.promises import BoostPromise, promise
from server.reactions import WISHES
from server.targets import Target, find_target_by_uri, may_see

_KINDS: Final = {
    "Like": ReactionKind.LIKE,
    "EmojiReact": ReactionKind.LIKE,
    "Announce": ReactionKind.BOOST,
}


async def react(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note a Like of what we hold and the actor may see, if its artist lets them."""
    activity = deed.activity
    target = await find_target_by_uri(tx, hands.addresses, activity.object_uri)
    if target is not None and await _may(hands, tx, deed, ReactionKind.LIKE, target):
        await hands.reactions.note_reaction(
            tx, ReactionKind.LIKE, deed.actor.id, target, activity.uri, emoji_of(activity)
        )


async def boost(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note an Announce of what we hold, as `react`; of somebody followed, have the rest brought."""
    uri = announces.boosted_uri(deed.activity)
    if not uri or not announces.is_for_followers(deed.activity, deed.actor):
        return
    if hands.doors.refusal_of(host_of(uri)) is not None:  # what a wrapped activity is about
        return
    target = await find_target_by_uri(tx, hands.addresses, uri)
    if target is not None:
        await note_boost(hands, tx, deed, target)
    elif deed.ties.is_followed_here and not hands.addresses.is_ours(uri):
        await _promise_to_bring(hands, tx, deed, uri)


async def note_boost(hands: Hands, tx: Transaction, deed: Arrived, target: Target) -> None:
    """Note an Announce of something here, if it may be boosted and its artist lets the actor."""
    if not announces.may_be_boosted(target, deed.actor):
        return
    if await _may(hands, tx, deed, ReactionKind.BOOST, target):
        at = announces.boosted_at(deed.activity, hands.clock.now())
        is_new = await hands.reactions.note_reaction(
            tx, ReactionKind.BOOST, deed.actor.id, target, deed.activity.uri, at=at
        )
        if is_new and deed.ties.is_followed_here and target.post is not None:
            await tx.feeds.note_boosted(target.id, hands.clock.now())


async def _promise_to_bring(hands: Hands, tx: Transaction, deed: Arrived, uri: str) -> None:
    if uris.is_address(uri) and await tx.feeds.shows_boosts_of(deed.actor.id):
        what = BoostPromise(deed.id, hands.clock.now())
        await promise(tx, hands.clock, what, queue=fetch_queue(uri))


async def _may(
    hands: Hands, tx: Transaction, deed: Arrived, kind: ReactionKind, target: Target
) -> bool:
    if not await may_see(tx, target, deed.actor.id):
        return False
    wish = Wish(WISHES[kind], target, deed.actor.id, deed.activity.uri, activity_id=deed.id)
    said = await permitted(tx, hands.addresses, hands.clock, wish, is_approved=deed.is_approved)
    return said is Answer.ALLOW


async def undo_reaction(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take a reaction back: known by its id, or by what it was about."""
    undone, inner = deed.activity.object_uri, deed.activity.inner
    known = await tx.reactions.by_uri(undone) if undone else None
    if known is not None:
        if known.actor_id == deed.actor.id:
            await tx.reactions.remove(known.kind, deed.actor.id, known.target_id)
        return
    kind = _KINDS.get(inner.type) if inner else None
    if inner is None or kind is None:
        return
    uri = announces.boosted_uri(inner) if kind is ReactionKind.BOOST else inner.object_uri
    target = await find_target_by_uri(tx, hands.addresses, uri)
    if target is not None:
        await forget(tx, WISHES[kind], deed.actor.id, target.id)
    kept = await tx.reactions.of(kind, deed.actor.id, target.id) if target else None
    if kept is not None and not _is_of_an_older(inner, kept):
        await tx.reactions.remove(kind, deed.actor.id, kept.target_id)


def _is_of_an_older(inner: Activity, kept: Reaction) -> bool:
    """Say whether an Undo is of an emoji that a newer one has replaced."""
    undone = emoji_of(inner)
    return bool(undone and kept.emoji and undone != kept.emoji)


ACTS: Final[Mapping[str, Act]] = {"Like": react, "EmojiReact": react, "Announce": boost}
UNDOS: Final[Mapping[str, Act]] = dict.fromkeys(_KINDS, undo_reaction)
