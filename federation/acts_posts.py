"""Acts about posts: made, changed, gone.

An answer needs the word of the artist whom it answers; one that has to wait for it is kept out of
sight (`Visibility.DRAFT`).
"""

from dataclasses import replace

from federation import quoting
from federation.dedupe import deletion_key
from federation.deeds import Arrived, Hands
from federation.posts import people_in, post_from, treated
from federation.uris import same_origin
from federation.vocabulary import RemoteNote
from server import quotes
from server.likening import look_later
from server.model import ActivityId, Actor, Post, PostId, Quote, TargetId, Visibility
from server.permits import Answer, InteractionKind
from server.permitting import Wish, permitted
from server.ports import Transaction
from server.promises import FetchKind, FetchPromise, promise
from server.targets import OPEN, Target, find_target, find_target_by_uri, may_see
from server.treatments import Treatment
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """A post that somebody sent, and what it came with."""

    note: RemoteNote
    actor: Actor
    activity_id: ActivityId
    is_approved: bool = False  # the artist whom it answers or quotes was asked, and agreed
    request_uri: str = ""  # of the ReplyRequest that brought it
    treatment: Treatment | None = None  # what a rule here does to it


async def create(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Keep a post that answers or quotes us, names one of us, or is by somebody followed."""
    if deed.note is not None:
        sent = Sent(deed.note, deed.actor, deed.id, deed.is_approved, treatment=deed.treatment)
        await keep(hands, tx, sent)


async def update_post(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take in that a post changed, unless a newer change came before."""
    if deed.note is None:
        return
    known = await tx.posts.by_uri(deed.note.uri)
    if known is not None and known.actor_id != deed.actor.id:
        return
    if known is None or not _is_older(deed.note, known):
        await create(hands, tx, deed)


async def delete_post(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Erase a post that is gone, if it was this actor's; or end a quote whose right is gone."""
    post = await tx.posts.by_uri(deed.activity.object_uri)
    if post is not None and post.actor_id == deed.actor.id and not post.is_local:
        await tx.posts.remove(post.id)
    if post is None:  # its origin was held against the actor's: `origin.check_activity`
        for quoting_post in await tx.posts.quoting(deed.activity.object_uri):
            if not quoting_post.is_local:
                await tx.posts.put(replace(quoting_post, quote=_ended(quoting_post)))
        await _end_our_quotes(hands, tx, deed)


async def _end_our_quotes(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Drop quotes here that rested on an authorization which its author takes back."""
    uri = deed.activity.object_uri
    if not same_origin(uri, deed.actor.uri):
        return
    ids = [one.id for one in await tx.posts.quoting(uri) if one.is_local]
    for note_id in (*ids, *(work.id for work in await tx.works.quoting(uri))):
        note = await find_target(tx, hands.addresses, TargetId(note_id))
        if note is not None:
            await quotes.end(tx, hands.clock, note, deed.actor.id)


async def keep(hands: Hands, tx: Transaction, sent: Sent) -> Answer:
    """Keep a post as far as it is of concern here and allowed; tell whom it concerns."""
    if await tx.activities.holds(deletion_key(sent.actor.uri, sent.note.uri)):
        return Answer.REFUSE  # its deletion overtook it
    known = await tx.posts.by_uri(sent.note.uri)
    answered = await _answered(hands, tx, sent)
    if not await _is_of_concern(hands, tx, sent, known, answered):
        return Answer.REFUSE
    said = await _permitted(hands, tx, sent, known, answered)
    if said is Answer.REFUSE:
        return said
    post = _post(hands, sent, known, answered)
    if said is Answer.ASK:
        await tx.posts.put(replace(post, visibility=Visibility.DRAFT))
    else:
        await _take_in(hands, tx, sent, post, known)
    return said


async def _take_in(
    hands: Hands, tx: Transaction, sent: Sent, post: Post, known: Post | None
) -> None:
    settled = await quoting.settled(
        tx, hands.addresses, hands.clock, post, sent.activity_id, is_approved=sent.is_approved
    )
    post_id = await hands.commenting.note_post(tx, settled)
    if post_id is None:  # it is for artists alone who are in a block with its author
        return
    kept = replace(settled, id=post_id)
    await quoting.follow_up(tx, hands.addresses, hands.clock, kept)
    await look_later(tx, hands.clock, kept, known)
    await _look_for_thread(hands, tx, kept)


async def _look_for_thread(hands: Hands, tx: Transaction, post: Post) -> None:
    """Promise to bring what a post answers, where we do not know it."""
    uri = post.in_reply_to_uri
    is_lost = uri and post.reply_to_id is None and post.visibility in OPEN
    if is_lost and not hands.addresses.is_ours(uri):
        what = FetchPromise(uri, post.actor_id, FetchKind.ANCESTORS, PostId(post.id))
        await promise(tx, hands.clock, what, queue=quoting.fetch_queue(uri))


async def _answered(hands: Hands, tx: Transaction, sent: Sent) -> Target | None:
    """Return what a post answers, if its author may see that."""
    uri = sent.note.in_reply_to
    target = await find_target_by_uri(tx, hands.addresses, uri) if uri else None
    is_seen = target is not None and await may_see(tx, target, sent.actor.id)
    return target if is_seen else None


async def _is_of_concern(
    hands: Hands, tx: Transaction, sent: Sent, known: Post | None, answered: Target | None
) -> bool:
    """Say whether anybody here has to do with a post."""
    named = any(hands.addresses.is_ours(uri) for uri in people_in(sent.note))
    if named or known is not None:
        return True
    if sent.note.audience is Visibility.DIRECT:  # it is for others, whatever it answers
        return False
    quotes_us = bool(sent.note.quote_uri) and hands.addresses.is_ours(sent.note.quote_uri)
    if answered is not None or quotes_us:
        return True
    return await tx.relations.has_local_follower(sent.actor.id)


async def _permitted(
    hands: Hands, tx: Transaction, sent: Sent, known: Post | None, answered: Target | None
) -> Answer:
    """Decide on an answer. A direct message is none: it stands in nobody's thread."""
    if answered is None or sent.note.audience is Visibility.DIRECT:
        return Answer.ALLOW
    was_let_in = known is not None and known.visibility is not Visibility.DRAFT
    if was_let_in and known is not None and known.reply_to_id == answered.id:
        return Answer.ALLOW
    wish = Wish(
        InteractionKind.REPLY,
        answered,
        sent.actor.id,
        sent.note.uri,
        sent.request_uri,
        sent.activity_id,
    )
    return await permitted(tx, hands.addresses, hands.clock, wish, is_approved=sent.is_approved)


def _post(hands: Hands, sent: Sent, known: Post | None, answered: Target | None) -> Post:
    post = post_from(
        sent.note,
        sent.actor,
        known,
        new_id=hands.clock.new_id(),
        now=hands.clock.now(),
        answered=answered,
    )
    post = treated(post, known, sent.treatment, hands.doors.standing())
    if known is None or not sent.is_approved or not _is_older(sent.note, known):
        return post
    return replace(  # it was edited while it waited, and is let in as it is now
        known, visibility=post.visibility, reply_to_id=post.reply_to_id, work_id=post.work_id
    )


def _ended(post: Post) -> Quote | None:
    return replace(post.quote, is_approved=False) if post.quote is not None else None


def _is_older(note: RemoteNote, known: Post) -> bool:
    """Say whether an edit that arrives was overtaken by a newer one."""
    said_at = note.updated or note.published
    return bool(said_at and known.edited_at and said_at < known.edited_at)
