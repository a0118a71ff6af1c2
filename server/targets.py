"""What is liked, answered, boosted or quoted: a work of this instance or a post; who may see it."""

from server.addresses import Addresses
from server.errors import NotFound
from server.model import (
    ActorId,
    FollowState,
    Post,
    PostId,
    TargetId,
    Visibility,
    Work,
    WorkId,
)
from server.ports import Transaction
from server.repositories.works import Owner
from server.values import dataclass

OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_MAX_ID = 2**63 - 1  # ids are 63 bits; databases take no larger number


@dataclass(frozen=True, slots=True)
class Target:
    """What is reacted to: a work of this instance, or a post. `owner_id` is its actor.

    `work` comes without its pictures.
    """

    id: TargetId
    uri: str
    owner_id: ActorId
    visibility: Visibility
    work: Work | None = None
    owner: Owner | None = None  # of a work: what its artist says of it
    post: Post | None = None

    @property
    def thread_of(self) -> WorkId | None:
        """The local work in whose thread an answer to this stands."""
        if self.work is not None:
            return self.work.id
        return self.post.work_id if self.post else None


async def find_target(tx: Transaction, addresses: Addresses, target_id: TargetId) -> Target | None:
    """Find a visible work (without its pictures), or a post, by id."""
    found = await tx.works.owned(WorkId(target_id))
    if found is not None:
        work, owner = found
        if not work.is_visible:
            return None
        uri = addresses.work(work.id)
        return Target(target_id, uri, work.artist_id, work.visibility, work=work, owner=owner)
    post = await tx.posts.by_id(PostId(target_id))
    if post is None:
        return None
    return Target(target_id, post.uri, post.actor_id, post.visibility, post=post)


async def find_target_by_uri(tx: Transaction, addresses: Addresses, uri: str) -> Target | None:
    """Find a visible work of ours, or a post, by its object id or the work's page."""
    number = addresses.local_part(uri, "/works/")
    if number.isdecimal() and len(number) < 20 and int(number) <= _MAX_ID:
        return await find_target(tx, addresses, TargetId(int(number)))
    post = await tx.posts.by_uri(uri)
    return await find_target(tx, addresses, TargetId(post.id)) if post else None


async def target_for(
    tx: Transaction, addresses: Addresses, target_id: TargetId, asker: ActorId
) -> Target:
    """Return what `asker` reacts to or answers. Raise `NotFound` where they may not see it."""
    found = await find_target(tx, addresses, target_id)
    if found is None or not await may_see(tx, found, asker):
        raise NotFound("There is no such work or post.")
    return found


async def may_see(tx: Transaction, target: Target, asker: ActorId | None) -> bool:
    """Say whether somebody may see a target: everyone, its followers, or those it names.

    Nobody but its author sees what moderators hide, or what somebody suspended made. A comment for
    followers is also for whom it answers, and for the artist in whose thread it
    stands; one that waits for approval is for its author and that artist.
    """
    if target.owner_id == asker:
        return True
    if await _is_suspended(tx, target) or (target.post is not None and target.post.is_withheld):
        return False
    if target.visibility in OPEN:
        return True
    reader = await tx.actors.by_id(asker) if asker is not None else None
    if asker is None or reader is None or reader.suspended_at is not None:
        return False
    if target.visibility is Visibility.FOLLOWERS:
        follow = await tx.relations.follow(asker, target.owner_id)
        if follow is not None and follow.state is FollowState.ACCEPTED:
            return True
    return target.post is not None and await _is_for(tx, target.post, asker)


async def _is_suspended(tx: Transaction, target: Target) -> bool:
    """Say whether its author is kept out, or unknown."""
    if target.owner is not None:
        return target.owner.is_suspended
    author = await tx.actors.by_id(target.owner_id)
    return author is None or author.suspended_at is not None


async def _is_for(tx: Transaction, post: Post, reader: ActorId) -> bool:
    is_ours = post.is_local or post.visibility is Visibility.DRAFT
    if is_ours and reader in await _answered(tx, post):
        return True
    if post.visibility is Visibility.DRAFT:
        return False
    actor = await tx.actors.by_id(reader)
    return actor is not None and actor.uri in post.mentions


async def _answered(tx: Transaction, post: Post) -> set[ActorId]:
    """Return the artist in whose thread a post stands and the author of what it answers."""
    work = await tx.works.bare(post.work_id) if post.work_id else None
    found = {work.artist_id} if work else set()
    if post.visibility is Visibility.DRAFT:  # not even whom it answers sees it before
        return found | await _answered_here(tx, post)
    parent = await tx.posts.by_id(PostId(post.reply_to_id)) if post.reply_to_id else None
    return found | {parent.actor_id} if parent else found


async def _answered_here(tx: Transaction, post: Post) -> set[ActorId]:
    """Return the artist who decides on a waiting answer to a comment of theirs."""
    parent = await tx.posts.by_id(PostId(post.reply_to_id)) if post.reply_to_id else None
    return {parent.actor_id} if parent is not None and parent.is_local else set()
