"""The seams: what flows may ask of the world. The docstrings are the contracts.

One shared test suite per seam runs on every implementation. Implementations live in
`storage` and `web`; `server.main` alone chooses them. Reads never raise for "not there":
they answer None or an empty list; the flow decides what absence means.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from server.model import (
    ActivityId,
    Actor,
    ActorId,
    Artist,
    Counts,
    Follow,
    FollowState,
    Job,
    JobId,
    JobKind,
    Millis,
    Notification,
    Picture,
    PictureId,
    PolicyVersion,
    Post,
    PostId,
    Reaction,
    ReactionKind,
    Role,
    Session,
    SigningKey,
    StoredActivity,
    TargetId,
    Ticket,
    TicketPurpose,
    Visibility,
    Work,
    WorkId,
)

T = TypeVar("T")


class Artists(Protocol):
    """Local accounts, their keys, sessions and one-time links."""

    async def add(self, artist: Artist, actor: Actor, password_hash: str, key: SigningKey) -> None:
        """Store account, actor and key. Raise `Conflict` (field "handle") where the handle is
        taken, compared without regard to case, also by a deleted account.
        """
        ...

    async def by_id(self, artist_id: ActorId) -> Artist | None: ...

    async def by_handle(self, handle: str) -> Artist | None:
        """Find by handle, without regard to case."""
        ...

    async def page(self, *, after_handle: str = "", limit: int = 100) -> list[Artist]:
        """List by handle, ascending."""
        ...

    async def count(self, role: Role | None = None) -> int:
        """Count accounts, all or those of one role; suspended ones included."""
        ...

    async def update(self, artist: Artist) -> None:
        """Store every field of an existing account; its actor row is the caller's to update."""
        ...

    async def password_hash(self, artist_id: ActorId) -> str | None: ...

    async def set_password_hash(self, artist_id: ActorId, password_hash: str) -> None: ...

    async def key_of(self, actor_id: ActorId) -> SigningKey | None:
        """Return the newest key of a local actor (the server actor has one too)."""
        ...

    async def add_key(self, key: SigningKey) -> None: ...

    async def add_session(self, session: Session) -> None: ...

    async def session(self, token_hash: str, now: Millis) -> tuple[Session, Artist] | None:
        """Return an unexpired session and its account in one query."""
        ...

    async def end_session(self, token_hash: str) -> None: ...

    async def end_sessions_of(self, artist_id: ActorId) -> None: ...

    async def add_ticket(self, ticket: Ticket) -> None: ...

    async def ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> Ticket | None:
        """Return a ticket that is neither used nor expired."""
        ...

    async def use_ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> bool:
        """Use a ticket up; False where it is unknown, used or expired. At most one caller wins."""
        ...

    async def sweep(self, now: Millis) -> None:
        """Forget expired sessions, and tickets that expired a day ago."""
        ...


class Actors(Protocol):
    """Everyone, local and remote."""

    async def put(self, actor: Actor) -> ActorId:
        """Insert, or update the row with the same `uri`; the row keeps its first id, which is
        returned. A local actor is never overwritten by a remote one (`Untrusted`).
        """
        ...

    async def by_id(self, actor_id: ActorId) -> Actor | None: ...

    async def by_uri(self, uri: str) -> Actor | None: ...

    async def by_key_id(self, key_id: str) -> Actor | None: ...

    async def by_address(self, handle: str, domain: str) -> Actor | None:
        """Find by handle and domain, without regard to case."""
        ...

    async def many(self, ids: Sequence[ActorId]) -> dict[ActorId, Actor]: ...

    async def mark_gone(self, actor_id: ActorId, at: Millis) -> None:
        """Note that an actor was deleted and erase its follows, reactions, posts and
        notifications about it.
        """
        ...


class Works(Protocol):
    """Artworks with their pictures and renditions. Every `Work` comes with its pictures in order.
    Lists are newest first by `hung_at` then id, and page by the id of the last work seen.
    """

    async def add(self, work: Work) -> None:
        """Store a work and its pictures."""
        ...

    async def by_id(self, work_id: WorkId) -> Work | None:
        """Return the work in whatever state, WITHDRAWN too."""
        ...

    async def bare(self, work_id: WorkId) -> Work | None:
        """Return the work as `by_id`, but without its pictures: for who only asks whose it is and
        who may see it.
        """
        ...

    async def hold(self, work_id: WorkId) -> Work | None:
        """Return the work as `by_id` does, and let nobody else change it until this transaction
        ends: whoever decides by what a work is now must hold it first.
        """
        ...

    async def many(self, ids: Sequence[WorkId]) -> dict[WorkId, Work]: ...

    async def update(self, work: Work) -> None:
        """Store every field of the work but its pictures."""
        ...

    async def put_picture(self, picture: Picture) -> None:
        """Insert or replace one picture and all its renditions."""
        ...

    async def remove_picture(self, picture_id: PictureId) -> None: ...

    async def by_media_key(self, media_key: str) -> tuple[Work, Picture] | None:
        """Find a picture by the random key in its addresses, with its whole work."""
        ...

    async def of_artist(
        self,
        artist_id: ActorId,
        visibilities: Sequence[Visibility],
        *,
        before: WorkId | None = None,
        limit: int = 24,
    ) -> list[Work]:
        """List HUNG works of one artist with one of `visibilities`."""
        ...

    async def in_studio(
        self, artist_id: ActorId, *, before: WorkId | None = None, limit: int = 50
    ) -> list[Work]:
        """List every work of one artist but WITHDRAWN ones, by id descending."""
        ...

    async def newest(self, *, before: WorkId | None = None, limit: int = 24) -> list[Work]:
        """List HUNG PUBLIC works of artists that are not suspended."""
        ...

    async def tagged(
        self, tag: str, *, before: WorkId | None = None, limit: int = 24
    ) -> list[Work]:
        """List HUNG PUBLIC works with a tag, in whatever letter case, of artists that are not
        suspended.
        """
        ...

    async def latest(self, artists: Sequence[ActorId], *, each: int = 4) -> list[Work]:
        """List up to `each` HUNG PUBLIC works of each artist, of one artist newest first."""
        ...

    async def neighbours(
        self, work: Work, visibilities: Sequence[Visibility]
    ) -> tuple[Work | None, Work | None]:
        """Return the next newer and the next older HUNG work of the same artist."""
        ...

    async def count(self, artist_id: ActorId, visibilities: Sequence[Visibility]) -> int:
        """Count HUNG works of one artist."""
        ...

    async def count_all(self) -> int:
        """Count HUNG PUBLIC and UNLISTED works here (NodeInfo)."""
        ...

    async def count_active(self, since: Millis) -> int:
        """Count artists who hung a work at or after `since` (NodeInfo)."""
        ...

    async def digests_in_use(self, digests: Sequence[str]) -> set[str]:
        """Return which media digests any original or rendition of a work still needs. WITHDRAWN
        works need none.
        """
        ...


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry of the following feed: exactly one of `work_id` and `post_id` is set."""

    at: Millis
    id: TargetId
    work_id: WorkId | None
    post_id: PostId | None


class Posts(Protocol):
    """Comments from here and anywhere, and remote actors' posts."""

    async def put(self, post: Post) -> PostId:
        """Insert, or update the row with the same `uri`; the row keeps its first id, returned.
        Raise `Untrusted` where the stored row has another actor.
        """
        ...

    async def by_id(self, post_id: PostId) -> Post | None: ...

    async def by_uri(self, uri: str) -> Post | None: ...

    async def many(self, ids: Sequence[PostId]) -> dict[PostId, Post]: ...

    async def remove(self, post_id: PostId) -> None:
        """Delete the post, reactions to it and notifications about it. Answers to it stay."""
        ...

    async def thread(
        self, work_id: WorkId, *, after: PostId | None = None, limit: int = 200
    ) -> list[Post]:
        """List comments on a work, oldest first, PUBLIC and UNLISTED ones only."""
        ...

    async def replies_to(
        self, target: TargetId, *, after: PostId | None = None, limit: int = 50
    ) -> list[Post]:
        """List direct PUBLIC and UNLISTED answers to a work or post, oldest first."""
        ...

    async def feed(
        self, reader: ActorId, *, before: TargetId | None = None, limit: int = 24
    ) -> list[FeedItem]:
        """List works and posts of those whom `reader` follows (ACCEPTED), newest first: HUNG works
        of PUBLIC, UNLISTED, FOLLOWERS visibility, and posts of the same that answer nothing.
        """
        ...

    async def count_local(self) -> int:
        """Count local comments (NodeInfo)."""
        ...


class Relations(Protocol):
    """Who follows whom."""

    async def put_follow(self, follow: Follow) -> None:
        """Insert, or replace state, uri and time of the pair's row."""
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

    async def follower_inboxes(self, followee: ActorId) -> list[tuple[str, str]]:
        """Return (inbox, shared inbox or "") of each remote, ACCEPTED, not gone follower."""
        ...

    async def has_local_follower(self, followee: ActorId) -> bool:
        """Say whether any local artist follows (ACCEPTED or PENDING)."""
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

    async def of_actor(
        self, actor: ActorId, targets: Sequence[TargetId]
    ) -> set[tuple[ReactionKind, TargetId]]:
        """Return which of `targets` this actor likes or boosts."""
        ...


class Activities(Protocol):
    """Activities as they arrived and as we say them."""

    async def keep(self, activity: StoredActivity) -> bool:
        """Store; False where `dedupe` is already there (nothing changes)."""
        ...

    async def by_id(self, activity_id: ActivityId) -> StoredActivity | None: ...

    async def forget(self, dedupe: str) -> None:
        """Free a dedupe key, so that the same id may come again (after an Undo)."""
        ...


class Notifications(Protocol):
    """What artists are told."""

    async def put(self, notification: Notification) -> bool:
        """Store; False where an equal (artist, kind, actor, target) is already there."""
        ...

    async def page(
        self, artist: ActorId, *, before: int | None = None, limit: int = 50
    ) -> list[Notification]:
        """List newest first, by id."""
        ...

    async def count_unread(self, artist: ActorId) -> int: ...

    async def mark_read(self, artist: ActorId, up_to: int, at: Millis) -> None:
        """Mark all with id ≤ `up_to`."""
        ...


class Policies(Protocol):
    """Numbered versions of the policy."""

    async def current(self) -> PolicyVersion | None: ...

    async def add(self, toml: str, at: Millis, author: str, reason: str) -> int:
        """Store the next version and return its number (from 1)."""
        ...

    async def history(self, *, limit: int = 50) -> list[PolicyVersion]:
        """List newest first."""
        ...


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs of one kind stand where."""

    waiting: int = 0
    running: int = 0
    buried: int = 0


class Jobs(Protocol):
    """The queue. A job is claimed with a lease; a lease that runs out is claimed again."""

    async def add(
        self,
        kind: JobKind,
        payload: bytes,
        *,
        job_id: JobId,
        run_at: Millis,
        queue: str = "",
        priority: int = 5,
    ) -> None:
        """Promise a job in the transaction at hand. `payload` holds ids only."""
        ...

    async def claim(
        self, now: Millis, *, lease_until: Millis, limit: int, kinds: Sequence[JobKind] = ()
    ) -> list[Job]:
        """Take due jobs (waiting, or with a lease that ran out), lowest priority number first,
        then oldest `run_at`; count the attempt. Two claimers never get the same job.
        """
        ...

    async def done(self, job_id: JobId) -> None:
        """Delete a finished job."""
        ...

    async def again(self, job_id: JobId, run_at: Millis, reason: str) -> None:
        """Put a job back for later; `reason` is kept, at most 500 characters."""
        ...

    async def bury(self, job_id: JobId, reason: str) -> None:
        """Give a job up; it stays visible until somebody retries it or it is swept."""
        ...

    async def counts(self) -> dict[JobKind, JobCounts]: ...

    async def buried(self, *, limit: int = 100) -> list[tuple[Job, str]]:
        """List given-up jobs with their reasons, newest first."""
        ...

    async def retry(self, job_id: JobId, now: Millis) -> bool:
        """Make a buried or waiting job due now; False where it is not there."""
        ...

    async def oldest_due(self, now: Millis) -> Millis | None:
        """Return `run_at` of the oldest due job, for /readyz and doctor."""
        ...

    async def next_run_at(self) -> Millis | None:
        """Return when the earliest waiting job falls due."""
        ...


class Transaction(Protocol):
    """One transaction's view of everything kept. Await nothing but it while it is open."""

    @property
    def artists(self) -> Artists: ...
    @property
    def actors(self) -> Actors: ...
    @property
    def works(self) -> Works: ...
    @property
    def posts(self) -> Posts: ...
    @property
    def relations(self) -> Relations: ...
    @property
    def reactions(self) -> Reactions: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def jobs(self) -> Jobs: ...


class Library(Protocol):
    """Everything kept in the database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that may write. Commit on leaving, roll back on an exception."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a consistent view for reading; it never waits for writers. Writing in it fails."""
        ...

    async def join(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `deed` in a transaction that may be shared with others' deeds, and return its result
        once that is committed. An exception in `deed` undoes that deed alone and is raised here.
        """
        ...

    async def check(self) -> None:
        """Answer if the database can be read and its migrations are applied, else `Unavailable`."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the MediaStore: `digest` (sha256, hex) is its key."""

    digest: str
    size: int


class MediaStore(Protocol):
    """Files by content: equal bytes are stored once. Keys are sha256 digests in hex."""

    async def put(self, data: bytes) -> StoredFile:
        """Store bytes whole or not at all. Raise `Unavailable` where there is no space."""
        ...

    async def receive(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> StoredFile:
        """Store a stream whole or not at all, without holding it in memory. Raise `Invalid` once
        it exceeds `max_bytes`, `Unavailable` where there is no space; leave nothing behind.
        """
        ...

    async def read(self, digest: str) -> bytes:
        """Return a whole file. Raise `NotFound`."""
        ...

    def open(
        self, digest: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Stream a file, or a part of it. Raise `NotFound`."""
        ...

    async def size(self, digest: str) -> int:
        """Return the size in bytes. Raise `NotFound`."""
        ...

    async def delete(self, digest: str) -> None:
        """Delete; a missing file is no error."""
        ...

    def list_older_than(self, at: Millis) -> AsyncIterator[StoredFile]:
        """Go through files stored before `at`, for sweeping."""
        ...

    def link(self, digest: str) -> Path | None:
        """Return a path that the web server may send by sendfile, None where there is none."""
        ...

    async def free_bytes(self) -> int | None:
        """Return the space left, None where nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to another server, with its headers complete (signed, if it is to be signed)."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    max_bytes: int = 1_048_576
    total_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer. `headers` have lower-case names; the last of equal names wins."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """No answer: refused address, DNS, connection, TLS, time or size. The message says which.

    `is_final`: trying again cannot help (a private address, a wrong scheme).
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Transport(Protocol):
    """The guarded way out. Never follows a redirect: the caller re-checks and re-signs."""

    async def send(self, request: Outgoing) -> Incoming:
        """Send and return the whole answer, whatever its status. Raise `Unreachable`."""
        ...


class Workers(Protocol):
    """Child processes with memory and time limits, for hostile or heavy input."""

    async def run(self, task: str, data: bytes) -> bytes:
        """Run a named task. Raise `Invalid` where the input killed or outlived its child."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """Wake-ups inside one process. Losing one costs a poll interval, never data."""

    def wake(self, topic: str) -> None:
        """Wake everybody who waits for `topic`."""
        ...

    async def wait(self, topic: str, seconds: float) -> None:
        """Return at the next wake-up, or after `seconds`."""
        ...
