"""Interfaces of follows, reactions, requests, blocks."""

from collections.abc import Sequence
from typing import Protocol

from server.dealings import Block, Request, RequestId, RequestState
from server.model import (
    Actor,
    ActorId,
    Counts,
    Follow,
    FollowState,
    Millis,
    Reaction,
    ReactionKind,
    TargetId,
)
from server.permits import InteractionKind


class Relations(Protocol):
    """Who follows whom."""

    async def put_follow(self, follow: Follow) -> None:
        """Insert, or replace state, uri and time of the pair's row; all else of it stays."""
        ...

    async def follow(self, follower: ActorId, followee: ActorId) -> Follow | None: ...

    async def follow_by_uri(self, uri: str) -> Follow | None: ...

    async def remove(self, follower: ActorId, followee: ActorId) -> Follow | None:
        """Delete the pair's row and return what it was."""
        ...

    async def followers(
        self,
        followee: ActorId,
        state: FollowState,
        *,
        before: Millis | None = None,
        limit: int = 50,
    ) -> list[tuple[Follow, Actor]]:
        """List by time, newest first."""
        ...

    async def following(
        self,
        follower: ActorId,
        state: FollowState,
        *,
        before: Millis | None = None,
        limit: int = 50,
    ) -> list[tuple[Follow, Actor]]:
        """List by time, newest first."""
        ...

    async def count_followers(self, followee: ActorId) -> int:
        """Count ACCEPTED ones."""
        ...

    async def count_following(self, follower: ActorId) -> int:
        """Count ACCEPTED ones."""
        ...

    async def follower_uris(
        self, followee: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Millis, str]]:
        """List (time, actor address) of ACCEPTED followers, newest first; neither those who are
        gone nor those suspended here.
        """
        ...

    async def following_uris(
        self, follower: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Millis, str]]:
        """List (time, actor address) of those followed (ACCEPTED), as `follower_uris` does."""
        ...

    async def followers_on(self, followee: ActorId, prefix: str) -> list[str]:
        """Return the addresses of all not gone followers that begin with `prefix`: ACCEPTED ones,
        and those SUSPENDED that were, as their server knows nothing of it (FEP-8fcf).
        """
        ...

    async def local_followers(self, followee: ActorId) -> list[tuple[Follow, Actor]]:
        """Return everyone here who follows, ACCEPTED, PENDING or SUSPENDED."""
        ...

    async def believed_followers(self, followee: ActorId) -> list[str]:
        """Return the addresses of everyone here who follows as far as the other side knows:
        ACCEPTED, or SUSPENDED since.
        """
        ...

    async def follower_inboxes(self, followee: ActorId) -> list[tuple[str, str]]:
        """Return (inbox, shared inbox or "") of each remote, ACCEPTED, not gone follower."""
        ...

    async def has_local_follower(self, followee: ActorId) -> bool:
        """Say whether any local artist follows (ACCEPTED, PENDING or SUSPENDED)."""
        ...


class Reactions(Protocol):
    """Likes and boosts, of works and of posts."""

    async def put(self, reaction: Reaction) -> bool:
        """Store; False where the actor already reacted so to that target (nothing changes)."""
        ...

    async def remove(
        self, kind: ReactionKind, actor: ActorId, target: TargetId
    ) -> Reaction | None: ...

    async def by_uri(self, uri: str) -> Reaction | None: ...

    async def of_target(
        self, target: TargetId, kind: ReactionKind, *, limit: int = 50
    ) -> list[tuple[Reaction, Actor]]:
        """List newest first."""
        ...

    async def counts(self, targets: Sequence[TargetId]) -> dict[TargetId, Counts]:
        """Return likes, boosts and PUBLIC or UNLISTED comments of each; zeroes are included."""
        ...

    async def emojis(self, targets: Sequence[TargetId]) -> dict[TargetId, list[tuple[str, int]]]:
        """Return the emoji of likes of each target with how many, most first; targets without
        any are left out.
        """
        ...

    async def own_emojis(self, actor: ActorId, targets: Sequence[TargetId]) -> dict[TargetId, str]:
        """Return the emoji that an actor likes targets with; others are left out."""
        ...

    async def of(self, kind: ReactionKind, actor: ActorId, target: TargetId) -> Reaction | None: ...

    async def of_actor(
        self, actor: ActorId, targets: Sequence[TargetId]
    ) -> set[tuple[ReactionKind, TargetId]]:
        """Return which of `targets` this actor likes or boosts."""
        ...


class Requests(Protocol):
    """Who asked to like, answer, boost or quote, and what the artist said."""

    async def put(self, request: Request) -> RequestId:
        """Insert; where the same (kind, object_uri, target) asked before, keep that row's id and
        state, and what is not given anew; return its id. Raise `Untrusted` where another
        actor did.
        """
        ...

    async def by_id(self, request_id: RequestId) -> Request | None: ...

    async def of(
        self, kind: InteractionKind, object_uri: str, target_id: TargetId
    ) -> Request | None: ...

    async def by_actor(
        self, kind: InteractionKind, actor: ActorId, target: TargetId
    ) -> Request | None:
        """Return the newest request of an actor to do `kind` to a target."""
        ...

    async def waiting(
        self, artist: ActorId, *, before: RequestId | None = None, limit: int = 50
    ) -> list[tuple[Request, Actor]]:
        """List what an artist has to decide, newest first, with who asks."""
        ...

    async def approved(
        self, artist: ActorId, *, before: RequestId | None = None, limit: int = 50
    ) -> list[tuple[Request, Actor]]:
        """List what an artist agreed to, newest first, with who asked."""
        ...

    async def count_waiting(self, artist: ActorId) -> int: ...

    async def hold(self, request_id: RequestId) -> Request | None:
        """Return a request that nobody else decides until this transaction ends."""
        ...

    async def outdated(self, before: Millis, *, limit: int) -> list[Request]:
        """List what has waited since before then, oldest first."""
        ...

    async def decide(self, request_id: RequestId, state: RequestState, at: Millis) -> None: ...

    async def remove(self, request_id: RequestId) -> None: ...

    async def forget(self, artist: ActorId, actor: ActorId) -> None:
        """Delete what one actor asks of an artist and is not decided."""
        ...


class Blocks(Protocol):
    """Who wants nothing to do with whom, in both directions between here and elsewhere."""

    async def put(self, block: Block) -> bool:
        """Store; False where the pair was blocked already (nothing changes)."""
        ...

    async def remove(self, blocker: ActorId, blocked: ActorId) -> Block | None:
        """Delete the pair's row and return what it was."""
        ...

    async def between(self, one: ActorId, other: ActorId) -> bool:
        """Say whether either blocks the other."""
        ...

    async def among(self, one: ActorId, others: Sequence[ActorId]) -> set[ActorId]:
        """Return which of `others` block, or are blocked by, somebody."""
        ...

    async def of(self, blocker: ActorId, blocked: ActorId) -> Block | None: ...

    async def by_uri(self, uri: str) -> Block | None: ...

    async def by(
        self, blocker: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Block, Actor]]:
        """List whom somebody blocks, newest first."""
        ...
