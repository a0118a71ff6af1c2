"""Quotes (FEP-044f): shown as such only where the quoted author agreed, to exactly this post.

Used in transactions of acts and of fetches; what must be asked elsewhere is promised.
"""

from dataclasses import replace

from federation import uris
from federation.permissions import Authorization, agrees
from server.addresses import Addresses
from server.clock import Clock
from server.dealings import RequestState
from server.model import ActivityId, NotificationKind, Post, TargetId
from server.notifications import tell
from server.permits import Answer, InteractionKind
from server.permitting import Wish, keep_decided, permitted
from server.ports import Transaction
from server.promises import FetchKind, FetchPromise, promise
from server.targets import OPEN, Target, find_target_by_uri, may_see


async def settled(
    tx: Transaction,
    addresses: Addresses,
    clock: Clock,
    post: Post,
    activity_id: ActivityId | None,
    *,
    is_approved: bool = False,
) -> Post:
    """Return a post that is about to be kept with its quote as far as it can be decided here.

    A post that quotes itself a right, or an artist here who lets it, needs nobody elsewhere.
    """
    quote = post.quote
    target = await find_target_by_uri(tx, addresses, quote.uri) if quote else None
    if quote is None or target is None or quote.is_approved:
        return post
    is_own = target.owner_id == post.actor_id
    if is_own or await _is_allowed(
        tx, addresses, clock, post, target, activity_id, is_approved=is_approved
    ):
        return replace(post, quote=replace(quote, is_approved=True))
    return post


async def follow_up(tx: Transaction, addresses: Addresses, clock: Clock, post: Post) -> None:
    """Once a post is kept: tell the artist quoted, or promise to ask the quoted one's server."""
    quote = post.quote
    if quote is None:
        return
    if quote.is_approved:
        target = await find_target_by_uri(tx, addresses, quote.uri)
        is_artists = target is not None and await tx.artists.by_id(target.owner_id) is not None
        if target is not None and is_artists and await _is_seen(tx, post, target):
            kind = NotificationKind.QUOTE
            await tell(tx, clock, target.owner_id, kind, post.actor_id, TargetId(post.id))
    elif not addresses.is_ours(quote.uri):
        what = FetchPromise(quote.uri, post.actor_id, FetchKind.QUOTED, post.id)
        await promise(tx, clock, what, queue=fetch_queue(quote.uri))


def is_granted(post: Post, quoted: Target, quoted_author: str, said: Authorization | None) -> bool:
    """Say whether a quote of something elsewhere may be shown."""
    if post.quote is None or post.quote.uri != quoted.uri:
        return False
    if post.actor_id == quoted.owner_id:
        return True
    return said is not None and agrees(
        said,
        uri=post.quote.approval_uri,
        author=quoted_author,
        quoting=post.uri,
        quoted=quoted.uri,
    )


def fetch_queue(uri: str) -> str:
    """Return whose turn a fetch waits for: one server is asked one thing at a time."""
    host = uri.partition("//")[2].partition("/")[0].lower()
    return f"fetch {host}" if uris.is_address(uri) else ""


async def _is_allowed(
    tx: Transaction,
    addresses: Addresses,
    clock: Clock,
    post: Post,
    target: Target,
    activity_id: ActivityId | None,
    *,
    is_approved: bool,
) -> bool:
    """Ask the policy of an artist here; elsewhere's word is asked for elsewhere."""
    artist = await tx.artists.by_id(target.owner_id)
    if artist is None or not await may_see(tx, target, post.actor_id):
        return False
    wish = Wish(InteractionKind.QUOTE, target, post.actor_id, post.uri, activity_id=activity_id)
    said = await permitted(tx, addresses, clock, wish, is_approved=is_approved)
    if said is Answer.ALLOW:
        await keep_decided(tx, clock, wish, artist.id, RequestState.APPROVED)
    return said is Answer.ALLOW


async def _is_seen(tx: Transaction, post: Post, target: Target) -> bool:
    owner = await tx.actors.by_id(target.owner_id)
    return post.visibility in OPEN or (owner is not None and owner.uri in post.mentions)
