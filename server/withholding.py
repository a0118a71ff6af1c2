"""What moderators hide: a work or post out of everybody's sight but its author's and theirs.

The law: hiding is no deletion. Nothing is told to other servers, addresses answer as if there were
nothing, and all of it comes back unchanged once no case hides it any more.
"""

from dataclasses import replace

from server.addresses import Addresses
from server.chronicling import note_work
from server.clock import Clock
from server.dealings import ReportId
from server.model import ActorId, Post, PostId, TargetId, Work, WorkId, WorkState
from server.ports import Transaction
from server.values import dataclass

_MAX_ID = 2**63 - 1  # ids are 63 bits; databases take no larger number


@dataclass(frozen=True, slots=True)
class Thing:
    """A work or post that a case is about, hidden or not. `work` comes with its pictures."""

    id: TargetId
    owner_id: ActorId
    work: Work | None = None
    post: Post | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether moderators hide it."""
        if self.work is not None:
            return self.work.state is WorkState.HIDDEN
        return self.post is not None and self.post.is_withheld

    @property
    def is_gone(self) -> bool:
        """Whether its artist, or a decision, took it down for good."""
        return self.work is not None and self.work.state is WorkState.WITHDRAWN


async def thing(tx: Transaction, target_id: TargetId) -> Thing | None:
    """Find a work that was shown once, or a post, whether it is hidden or not."""
    work = await tx.works.by_id(WorkId(target_id))
    if work is not None:
        return Thing(target_id, work.artist_id, work=work) if work.hung_at is not None else None
    post = await tx.posts.by_id(PostId(target_id))
    return Thing(target_id, post.actor_id, post=post) if post is not None else None


async def thing_named(tx: Transaction, addresses: Addresses, uri: str) -> Thing | None:
    """Find a work of ours by its id, or a post by its own, whether it is hidden or not."""
    number = addresses.local_part(uri, "/works/")
    if number.isdecimal() and len(number) < 20 and int(number) <= _MAX_ID:
        return await thing(tx, TargetId(int(number)))
    post = await tx.posts.by_uri(uri)
    return Thing(TargetId(post.id), post.actor_id, post=post) if post is not None else None


async def withhold(tx: Transaction, clock: Clock, target_id: TargetId, case: ReportId) -> bool:
    """Hide a work or post because of a case; False where it did so already, or cannot be hidden."""
    work = await tx.works.hold(WorkId(target_id))
    if work is not None:
        if work.state not in {WorkState.HUNG, WorkState.HIDDEN}:
            return False
        if work.state is WorkState.HUNG:
            await _stand(tx, clock, replace(work, state=WorkState.HIDDEN))
    elif await tx.posts.by_id(PostId(target_id)) is not None:
        await tx.posts.withhold(PostId(target_id), is_withheld=True)
    else:
        return False
    return await tx.cases.withhold(target_id, case, clock.now())


async def show_again(tx: Transaction, clock: Clock, target_id: TargetId, case: ReportId) -> bool:
    """Let a case hide something no more; True where nobody hides it now."""
    if not await tx.cases.release(target_id, case):
        return False
    work = await tx.works.hold(WorkId(target_id))
    if work is None:
        await tx.posts.withhold(PostId(target_id), is_withheld=False)
    elif work.state is WorkState.HIDDEN:
        await _stand(tx, clock, replace(work, state=WorkState.HUNG))
    return True


async def _stand(tx: Transaction, clock: Clock, work: Work) -> None:
    await tx.works.update(work)
    await note_work(tx, clock, work)
