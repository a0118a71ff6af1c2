"""Interfaces of comments and others' posts, as they are read."""

from collections.abc import Sequence
from typing import Protocol

from server.model import ActorId, Post, PostId, TargetId, WorkId


class Posts(Protocol):
    """Comments from here and anywhere, and remote actors' posts."""

    async def put(self, post: Post) -> PostId:
        """Insert, or update the row with the same `uri`; the row keeps its first id, returned.
        Raise `Untrusted` where the stored row has another actor.
        """
        ...

    async def by_id(self, post_id: PostId) -> Post | None: ...

    async def hold(self, post_id: PostId) -> Post | None:
        """Return a post that nobody else changes until this transaction ends."""
        ...

    async def by_uri(self, uri: str) -> Post | None: ...

    async def many(self, ids: Sequence[PostId]) -> dict[PostId, Post]: ...

    async def remove(self, post_id: PostId) -> None:
        """Delete the post, reactions to it and notifications about it. Answers to it stay."""
        ...

    async def thread(
        self,
        work_id: WorkId,
        reader: ActorId | None = None,
        *,
        after: PostId | None = None,
        limit: int = 200,
    ) -> list[Post]:
        """List comments on a work, oldest first, PUBLIC and UNLISTED ones only; nothing that
        moderators hide, and of silenced actors only what their followers read.
        """
        ...

    async def replies_to(
        self,
        target: TargetId,
        reader: ActorId | None = None,
        *,
        after: PostId | None = None,
        limit: int = 50,
    ) -> list[Post]:
        """List direct PUBLIC and UNLISTED answers to a work or post, oldest first, as `thread`."""
        ...

    async def count_replies_to(self, target: TargetId, reader: ActorId | None = None) -> int:
        """Count what `replies_to` lists."""
        ...

    async def withhold(self, post_id: PostId, *, is_withheld: bool) -> None:
        """Hide a post from everybody but its author and moderators, or show it again."""
        ...

    async def messages(
        self, reader: ActorId, *, before: PostId | None = None, limit: int = 50
    ) -> list[Post]:
        """List DIRECT posts that are for somebody here or by them, newest first, by id."""
        ...

    async def private_answers(self, post_id: PostId, reader: ActorId) -> list[Post]:
        """List DIRECT answers to a post that are for somebody here or by them, oldest first."""
        ...

    async def quoting(self, approval_uri: str) -> list[Post]:
        """List posts whose quote rests on an authorization."""
        ...

    async def hide(self, author: ActorId, artist: ActorId, *, is_hidden: bool) -> None:
        """Take an author's comments out of the threads of one artist's works, or put them back."""
        ...

    async def featured(self, actor: ActorId, *, limit: int = 20) -> list[Post]:
        """List what an actor pinned, newest pin first."""
        ...

    async def count_local(self) -> int:
        """Count local comments (NodeInfo)."""
        ...
