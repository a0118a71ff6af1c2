"""Interface of the feed of somebody here, and of posts that are here for feeds alone."""

from typing import Protocol

from server.model import ActorId, Millis, PostId, TargetId, WorkId
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One row of the following feed: exactly one of `work_id` and `post_id` is set.

    `id` and `at` say where it stands: the work's or post's own, or those of the boost.
    """

    at: Millis
    id: TargetId
    work_id: WorkId | None
    post_id: PostId | None
    booster_id: ActorId | None = None

    @property
    def target(self) -> TargetId:
        """The work or post that is shown."""
        return TargetId(self.work_id or self.post_id or 0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a feed, newest first. `end`: where the next ones begin, None after the last.

    It may hold fewer rows than were asked for and go on all the same: what is boosted may be out
    of the reader's sight.
    """

    items: tuple[FeedItem, ...]
    end: TargetId | None


class Feeds(Protocol):
    """What artists here read of those whom they follow."""

    async def stretch(
        self, reader: ActorId, *, before: TargetId | None = None, limit: int = 24
    ) -> Stretch:
        """List works and posts of those whom `reader` follows (ACCEPTED), newest first: HUNG works
        of PUBLIC, UNLISTED, FOLLOWERS visibility, and posts of the same that answer nothing; and
        what they boost, unless that follow shows no boosts.

        What is boosted is PUBLIC or UNLISTED, or its own author boosts it; nothing that is hidden
        or whose author is suspended or in a block with the reader; of silenced authors, and of
        what a rule keeps out of lists, only where the reader follows them.
        """
        ...

    async def shows_boosts_of(self, booster: ActorId) -> bool:
        """Say whether anybody here follows somebody (ACCEPTED) and wants to see what they boost."""
        ...

    async def show_boosts(self, reader: ActorId, booster: ActorId, *, is_on: bool) -> bool:
        """Keep whether `reader` sees what somebody boosts; False where there is no such follow."""
        ...

    async def note_brought(self, post_id: PostId, at: Millis) -> None:
        """Note that a post was brought for nothing but a boost."""
        ...

    async def note_boosted(self, target: TargetId, at: Millis) -> None:
        """Note that a post, where it was brought for a boost, was boosted once more."""
        ...

    async def sweep(self, before: Millis, now: Millis, *, limit: int) -> int:
        """Delete posts brought for a boost before then that have to do with nobody here, with the
        answers that were brought to them. What somebody here follows, answered, quoted, liked,
        boosted, reported or was told of is looked at again as if brought `now`. Return how many
        were looked at, of up to `limit`.
        """
        ...
