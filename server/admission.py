"""Who may see what of an artist: their pages, a work and its files, which works in lists.

Absent and forbidden look the same to a stranger (`NotFound`); what was withdrawn is `Gone`.
"""

from server import targets
from server.addresses import Addresses
from server.errors import Gone, NotFound
from server.model import (
    Actor,
    ActorId,
    Artist,
    FollowState,
    Role,
    TargetId,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.ports import Transaction
from server.roles import is_at_least
from server.targets import find_target, may_see

ACCOUNT_GONE = "This account was deleted."
OPEN = (Visibility.PUBLIC,)
REACHABLE = (Visibility.PUBLIC, Visibility.UNLISTED)
TO_FOLLOWERS = (Visibility.PUBLIC, Visibility.FOLLOWERS)
TO_ITSELF = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)


async def open_artist(tx: Transaction, handle: str) -> tuple[Artist, Actor]:
    """Find an artist whose pages are open. Raise `NotFound` or `Gone`."""
    artist = await tx.artists.by_handle(handle)
    if artist is None and await tx.departures.departed(handle) is not None:
        raise Gone(ACCOUNT_GONE)
    actor = await tx.actors.by_id(artist.id) if artist else None
    if artist is None or actor is None or artist.suspended_at is not None:
        raise NotFound(f"There is no artist '{handle[:60]}' here.")
    if actor.gone_at is not None:
        raise Gone(ACCOUNT_GONE)
    return artist, actor


async def owner_of(tx: Transaction, work: Work) -> tuple[Artist, Actor]:
    """Return whose a work is. Raise `NotFound` where they are suspended."""
    artist = await tx.artists.by_id(work.artist_id)
    actor = await tx.actors.by_id(work.artist_id)
    if artist is None or actor is None or artist.suspended_at is not None:
        raise NotFound("There is no such work.")
    return artist, actor


async def visible_work(
    tx: Transaction, addresses: Addresses, work_id: WorkId, viewer: ActorId | None
) -> Work:
    """Return a work as `viewer` may see it. Raise `NotFound` or `Gone`."""
    work = await tx.works.by_id(work_id)
    if work is None:
        raise NotFound("There is no such work.")
    was_seen = work.hung_at is not None and work.visibility in targets.OPEN
    if work.state is WorkState.WITHDRAWN and was_seen:
        raise Gone("This work was withdrawn by its artist.")
    is_kept = work.state in {WorkState.HUNG, WorkState.HIDDEN}
    if is_kept and await _sees_all(tx, work, viewer):
        return work
    target = await find_target(tx, addresses, TargetId(work_id))
    if target is None or not await may_see(tx, target, viewer):
        raise NotFound("There is no such work.")
    await refuse_shunned(tx, work.artist_id, viewer)
    return work


async def may_have_files(tx: Transaction, work: Work, viewer: ActorId | None) -> bool:
    """Say whether who knows the address of a work's file may have it, as far as the work goes."""
    return work.is_visible or await _sees_all(tx, work, viewer)


async def _sees_all(tx: Transaction, work: Work, viewer: ActorId | None) -> bool:
    """Say whether somebody sees what others do not: its artist; of a hidden work, moderators."""
    if work.artist_id == viewer:
        return True
    if viewer is None or work.state is not WorkState.HIDDEN:
        return False
    reader = await tx.artists.by_id(viewer)
    return reader is not None and is_at_least(reader.role, Role.MODERATOR)


async def refuse_shunned(tx: Transaction, owner: ActorId, viewer: ActorId | None) -> None:
    """Raise `NotFound` where an artist blocks who looks, also for what is public."""
    if viewer is not None and await tx.blocks.of(owner, viewer) is not None:
        raise NotFound("This is not shown to you: who made it has blocked you.")


async def listable(
    tx: Transaction, artist_id: ActorId, viewer: ActorId | None
) -> tuple[Visibility, ...]:
    """Return which of an artist's works a viewer may find in lists."""
    if viewer is None:
        return OPEN
    if viewer == artist_id:
        return TO_ITSELF
    follow = await tx.relations.follow(viewer, artist_id)
    is_follower = follow is not None and follow.state is FollowState.ACCEPTED
    return TO_FOLLOWERS if is_follower else OPEN
