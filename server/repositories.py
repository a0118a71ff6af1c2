"""What is kept, one interface per noun. The docstrings are the contracts; `storage` keeps them.

Reads never raise for "not there": they answer None or an empty list; the flow decides what
absence means. Lists page by the id of the last row seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.acts import AuditEntry, AuditId
from server.dealings import (
    Block,
    Outcome,
    Peer,
    Report,
    ReportId,
    ReportKind,
    Request,
    RequestId,
    RequestState,
    Signature,
    Undelivered,
)
from server.holdings import Held, HeldId
from server.list_changes import Sayings
from server.lists import (
    BlockList,
    DraftNote,
    Exclude,
    FeedEvent,
    ListDraft,
    ListEntry,
    ListId,
    Severity,
)
from server.model import (
    ActivityId,
    Actor,
    ActorId,
    Artist,
    Counts,
    Follow,
    FollowState,
    KeyAlgorithm,
    Millis,
    Notification,
    NotificationKind,
    Picture,
    PictureId,
    PolicyVersion,
    Post,
    PostId,
    Reaction,
    ReactionKind,
    Role,
    Series,
    SeriesId,
    Session,
    SigningKey,
    Sizes,
    StoredActivity,
    TargetId,
    Ticket,
    TicketPurpose,
    Visibility,
    Work,
    WorkId,
)
from server.permits import InteractionKind
from server.tiers import Listed, Word


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

    async def search(self, start: str, *, after_handle: str = "", limit: int = 50) -> list[Artist]:
        """List those whose handle begins so, without regard to case, by handle."""
        ...

    async def staff(self) -> list[Artist]:
        """List moderators, admins and owners who are not suspended, by handle."""
        ...

    async def count(self, role: Role | None = None) -> int:
        """Count accounts, all or those of one role; suspended ones included."""
        ...

    async def update(self, artist: Artist) -> None:
        """Store every field of an existing account; its actor row is the caller's to update, but
        for what moderators say, which is stored there too.
        """
        ...

    async def sizes(self) -> dict[ActorId, Sizes]:
        """Return the sizes of all who give away less than the house does."""
        ...

    async def password_hash(self, artist_id: ActorId) -> str | None: ...

    async def set_password_hash(self, artist_id: ActorId, password_hash: str) -> None: ...

    async def key_of(
        self, actor_id: ActorId, algorithm: KeyAlgorithm = KeyAlgorithm.RSA
    ) -> SigningKey | None:
        """Return the newest key of a local actor (the server actor has one too)."""
        ...

    async def add_key(self, key: SigningKey) -> None: ...

    async def drop_keys(self, actor_id: ActorId, *, but: Sequence[str]) -> None:
        """Delete every key of a local actor but those with these ids."""
        ...

    async def lacking_key(self, algorithm: KeyAlgorithm, *, limit: int = 100) -> list[ActorId]:
        """List local actors that have keys, but none of this kind."""
        ...

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


@dataclass(frozen=True, slots=True)
class Met:
    """An actor with what the rules ask of them besides."""

    actor: Actor
    is_followed_here: bool = False  # somebody here follows them (ACCEPTED)
    follows_here: bool = False  # they follow somebody here (ACCEPTED)
    has_held: bool = False  # something of theirs waits for a moderator, or was dropped


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

    async def met(self, uris: Sequence[str]) -> dict[str, Met]:
        """Return those at these addresses with what the rules ask of them, in one query."""
        ...

    async def at_inbox(self, inbox: str, *, limit: int = 10) -> list[Actor]:
        """List actors elsewhere, not gone, whose own inbox that is; a shared one is nobody's."""
        ...

    async def restrain(
        self, actor_id: ActorId, *, silenced_at: Millis | None, suspended_at: Millis | None
    ) -> None:
        """Keep what moderators say of an actor; for local ones `Artists.update` does it."""
        ...

    async def restrained(self, *, before: ActorId | None = None, limit: int = 50) -> list[Actor]:
        """List those who are silenced or suspended, here and elsewhere, latest known first."""
        ...

    async def search(
        self, start: str, domain: str = "", *, after: ActorId | None = None, limit: int = 50
    ) -> list[Actor]:
        """List those elsewhere whose handle begins so, on one domain or all, by handle and id."""
        ...

    async def mark_gone(self, actor_id: ActorId, at: Millis) -> None:
        """Note that an actor was deleted and erase its follows, blocks, reactions, posts and
        notifications about it.
        """
        ...

    async def mark_moved(self, actor_id: ActorId, to: str, *, since: Millis, at: Millis) -> bool:
        """Note that an actor became another; False, and nothing changes, where it did so
        after `since`.
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
        """Find a picture by the random key in its addresses, or one that it had, with its work."""
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
        """List HUNG PUBLIC works of artists that are neither suspended nor silenced."""
        ...

    async def tagged(
        self, tag: str, *, before: WorkId | None = None, limit: int = 24
    ) -> list[Work]:
        """List HUNG PUBLIC works with a tag, in whatever letter case, of artists that are neither
        suspended nor silenced.
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

    async def pinned(
        self, artist_id: ActorId, visibilities: Sequence[Visibility], *, limit: int = 20
    ) -> list[Work]:
        """List HUNG works of one artist that are pinned, the latest pin first."""
        ...

    async def tags_of(self, artist_id: ActorId, *, limit: int = 10) -> list[tuple[str, int]]:
        """Return the tags of one artist's HUNG PUBLIC works in small letters, with how many works
        have each, most first.
        """
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

    async def digests(self, *, after: str = "", limit: int = 500) -> list[str]:
        """List the media digests of all originals and renditions, of withdrawn works too."""
        ...

    async def quoting(self, approval_uri: str) -> list[Work]:
        """List works whose quote rests on an authorization, without their pictures."""
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

    async def feed(
        self, reader: ActorId, *, before: TargetId | None = None, limit: int = 24
    ) -> list[FeedItem]:
        """List works and posts of those whom `reader` follows (ACCEPTED), newest first: HUNG works
        of PUBLIC, UNLISTED, FOLLOWERS visibility, and posts of the same that answer nothing.
        """
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


class Activities(Protocol):
    """Activities as they arrived and as we say them."""

    async def keep(self, activity: StoredActivity) -> bool:
        """Store; False where `dedupe` is already there (nothing changes)."""
        ...

    async def keep_all(self, activities: Sequence[StoredActivity]) -> set[ActivityId]:
        """Store those whose `dedupe` is not there, of equal ones the first; return which."""
        ...

    async def by_id(self, activity_id: ActivityId) -> StoredActivity | None: ...

    async def many(self, ids: Sequence[ActivityId]) -> dict[ActivityId, StoredActivity]: ...
    async def holds(self, dedupe: str) -> bool:
        """Say whether a dedupe key is taken: such an activity was kept, and not undone."""
        ...

    async def forget(self, dedupe: str, actor_uri: str) -> None:
        """Free a dedupe key of this actor's, so that the same id may come again (after an Undo)."""
        ...

    async def was_forgotten(self, dedupe: str, actor_uri: str) -> bool:
        """Say whether a key of this actor's was freed: what it took back."""
        ...

    async def sweep(
        self, *, outgoing_before: Millis, incoming_before: Millis, limit: int = 1_000
    ) -> int:
        """Delete at most `limit` old ones of each direction, oldest first; return how many went.

        Those that a job, an undecided request or a moderator still needs stay.
        """
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

    async def forget(self, artist: ActorId, actor: ActorId) -> None:
        """Delete what an artist was told of one actor; reports stay, they are for a moderator."""
        ...

    async def drop(self, artist: ActorId, kind: NotificationKind, target: TargetId) -> None:
        """Erase what one artist was told of one thing, in one kind."""
        ...

    async def mark_read(self, artist: ActorId, up_to: int, at: Millis) -> None:
        """Mark all with id ≤ `up_to`."""
        ...


class Policies(Protocol):
    """Numbered versions of the policy."""

    async def current(self) -> PolicyVersion | None: ...

    async def add(self, toml: str, at: Millis, author: str, reason: str) -> int:
        """Store the next version and return its number (from 1)."""
        ...

    async def version(self, number: int) -> PolicyVersion | None: ...

    async def history(self, *, limit: int = 50) -> list[PolicyVersion]:
        """List newest first."""
        ...

    async def draft(self, author: ActorId) -> tuple[str, int, Millis] | None:
        """Return what somebody is writing: its text, the version it began with, when changed."""
        ...

    async def put_draft(self, author: ActorId, toml: str, based_on: int, at: Millis) -> None: ...

    async def drop_draft(self, author: ActorId) -> None: ...

    async def bump(self) -> None:
        """Tell every process that something in force changed; `add` does it itself.

        Whoever changes a peer's standing does it in the same transaction.
        """
        ...

    async def generation(self) -> int:
        """Return how often something in force changed."""
        ...


class AuditLog(Protocol):
    """What those who run the instance did; nothing in it is ever changed."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def page(
        self, *, act: str = "", before: AuditId | None = None, limit: int = 50
    ) -> list[AuditEntry]:
        """List newest first; `act` "" = every kind."""
        ...


class HeldThings(Protocol):
    """What came in and waits for a moderator; of one actor's subject one of each kind."""

    async def put(self, held: Held) -> None:
        """Insert; where the same (actor, kind, subject) is held, keep that row's id and time and
        replace the rest.
        """
        ...

    async def by_id(self, held_id: HeldId) -> Held | None: ...

    async def of(self, actor_uri: str, kind: str, subject: str) -> Held | None: ...

    async def waiting(self, *, before: HeldId | None = None, limit: int = 50) -> list[Held]:
        """List newest first, by id."""
        ...

    async def count_waiting(self) -> int: ...

    async def drop(self, held_id: HeldId) -> bool:
        """Erase what was said; only that it was dropped is remembered. False where it waits no
        more: at most one caller wins.
        """
        ...

    async def remove(self, held_id: HeldId) -> bool:
        """Forget what waits; False where it waits no more."""
        ...

    async def take_back(self, actor_uri: str, what: str) -> None:
        """Forget what waits of an actor under the address of its subject, its activity or the
        actor: it was taken back.
        """
        ...

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        """Forget what was held before then, with its words; return how many went."""
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


class Reports(Protocol):
    """What people report."""

    async def put(self, report: Report) -> bool:
        """Store; False where the same Flag came before."""
        ...

    async def by_id(self, report_id: ReportId) -> Report | None: ...

    async def page(
        self, *, is_open: bool = True, before: ReportId | None = None, limit: int = 50
    ) -> list[Report]:
        """List newest first."""
        ...

    async def hold(self, report_id: ReportId) -> Report | None:
        """Return the report, and let nobody else change it until this transaction ends."""
        ...

    async def assigned(self, handle: str, *, limit: int = 50) -> list[Report]:
        """List open reports that a moderator works on, newest first."""
        ...

    async def count_notices_since(self, at: Millis) -> int:
        """Count legal notices that came since then."""
        ...

    async def outcomes_since(self, at: Millis) -> list[tuple[ReportKind, Outcome, int]]:
        """Count what was closed since then, by kind and outcome."""
        ...

    async def about(self, accused: ActorId, *, limit: int = 50) -> list[Report]:
        """List reports about one actor, open or closed, newest first."""
        ...

    async def count_from(self, domain: str, since: Millis) -> int:
        """Count what reporters of one domain reported at or after `since`."""
        ...

    async def update(self, report: Report) -> None:
        """Store whether it is forwarded or closed, by whom, and their note."""
        ...


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """A series as a list shows it: how many works somebody may see, and the one in front."""

    series: Series
    works: int
    cover_id: WorkId | None  # the chosen cover where it may be seen, else the first work


class AllSeries(Protocol):
    """Series, and the works in them in order."""

    async def put(self, series: Series) -> None:
        """Insert or replace. Raise `Conflict` (field "title") where the slug is taken."""
        ...

    async def by_id(self, series_id: SeriesId) -> Series | None: ...

    async def by_slug(self, artist: ActorId, slug: str) -> Series | None: ...

    async def by_actor(self, actor: ActorId) -> Series | None:
        """Find the series that an actor announces."""
        ...

    async def of_artist(self, artist: ActorId) -> list[Series]:
        """List all of an artist's series, oldest first; an artist has at most a hundred."""
        ...

    async def of_work(self, work: WorkId) -> list[Series]: ...

    async def hold(self, series_id: SeriesId) -> Series | None:
        """Return the series as `by_id`; nobody else changes it until this transaction ends."""
        ...

    async def of_works(self, works: Sequence[WorkId]) -> dict[WorkId, list[Series]]:
        """Return the series of each work, oldest first; works in none are left out."""
        ...

    async def shown(self, artist: ActorId, visibilities: Sequence[Visibility]) -> list[SeriesShown]:
        """List an artist's series with what HUNG works of `visibilities` are in them, oldest first;
        those without any are in the list too.
        """
        ...

    async def works(self, series_id: SeriesId) -> list[WorkId]:
        """List the works in order, in whatever state; a series has at most a thousand."""
        ...

    async def visible(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[WorkId]:
        """List the HUNG works of `visibilities` in order."""
        ...

    async def entries(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[tuple[WorkId, Millis]]:
        """List the same works with when each came to be seen in the series, latest first."""
        ...

    async def added_at(self, series_id: SeriesId, work: WorkId) -> Millis | None: ...

    async def append(self, series_id: SeriesId, work: WorkId, at: Millis) -> None:
        """Put a work at the end; one that is there already stays where it is, but counts as added
        `at`: so it is when it comes to be seen by everyone only later.
        """
        ...

    async def drop(self, series_id: SeriesId, work: WorkId) -> None: ...

    async def arrange(self, series_id: SeriesId, works: Sequence[WorkId], at: Millis) -> None:
        """Make `works`, in this order, the works of the series."""
        ...

    async def remove(self, series_id: SeriesId) -> None: ...


class Peers(Protocol):
    """Other servers as we met them."""

    async def by_host(self, host: str) -> Peer | None: ...

    async def many(self, hosts: Sequence[str]) -> dict[str, Peer]: ...

    async def put(self, peer: Peer) -> None:
        """Insert, or replace every field but `signature`, which `set_signature` alone changes."""
        ...

    async def saw(self, hosts: Sequence[str], at: Millis) -> None:
        """Note a sign of life: `seen_at` moves, the dead are alive again, no pause holds.

        Failures stay counted until something is delivered.
        """
        ...

    async def set_signature(self, host: str, signature: Signature) -> None:
        """Remember which signatures a host reads."""
        ...

    async def failing(self, *, limit: int = 100) -> list[Peer]:
        """List those whose last delivery failed, latest failure first; the dead are among them."""
        ...

    async def dead(self, *, limit: int = 100) -> list[Peer]:
        """List those that were given up, latest first."""
        ...

    async def add_undelivered(self, undelivered: Undelivered) -> None:
        """Note what never reached a server; once per artist, target and host."""
        ...

    async def undelivered(self, targets: Sequence[TargetId]) -> dict[TargetId, list[Undelivered]]:
        """Return what did not arrive of each target; targets without any are left out."""
        ...

    async def forget_undelivered(self, host: str, target: TargetId) -> None:
        """Forget what did not reach a host of one target: it arrived after all."""
        ...

    async def words(self) -> Mapping[str, Word]:
        """Return what those who run this place say of domains: `neighbours` keeps it."""
        ...

    async def claims(self) -> frozenset[str]:
        """Return the hosts that publish a policy and claim to enforce it."""
        ...

    async def sweep(self, before: Millis) -> None:
        """Forget what was not delivered before then."""
        ...


class Lists(Protocol):
    """Lists of servers, drafts of their next version, and what our own one says in public."""

    async def all(self) -> list[BlockList]:
        """List them in the order in which they are asked."""
        ...

    async def by_id(self, list_id: ListId) -> BlockList | None: ...

    async def by_name(self, name: str) -> BlockList | None: ...

    async def own(self) -> BlockList | None:
        """Return the list that is made here, if there is one."""
        ...

    async def add(self, new: BlockList) -> None:
        """Raise `Conflict` where the name is taken."""
        ...

    async def update(self, changed: BlockList) -> None:
        """Replace every field but kind and source."""
        ...

    async def arrange(self, order: Sequence[ListId]) -> None:
        """Have these lists asked in this order."""
        ...

    async def remove(self, list_id: ListId) -> None:
        """Delete a list with its entries, draft and excludes."""
        ...

    async def entries(
        self, list_id: ListId, *, after: str = "", limit: int | None = None
    ) -> list[ListEntry]:
        """List what a list says, by domain; all of it where there is no limit."""
        ...

    async def counts(self) -> dict[ListId, dict[Severity, int]]:
        """Count the entries of each list; lists without any are left out."""
        ...

    async def change(
        self, list_id: ListId, *, put: Sequence[ListEntry] = (), drop: Sequence[str] = ()
    ) -> None:
        """Write entries, in the place of those for the same domains, and delete others."""
        ...

    async def naming(self, domains: Sequence[str]) -> list[tuple[ListId, ListEntry]]:
        """List the entries for exactly these domains, of all lists."""
        ...

    async def draft(self, list_id: ListId) -> ListDraft | None: ...

    async def drafts(self) -> dict[ListId, DraftNote]: ...

    async def put_draft(self, draft: ListDraft, note: DraftNote) -> None:
        """Keep the next version of a list, in the place of one that waited."""
        ...

    async def drop_draft(self, list_id: ListId) -> None: ...

    async def excludes(self) -> list[Exclude]:
        """List domains that are kept out of lists, by domain."""
        ...

    async def exclude(self, new: Exclude) -> None:
        """Keep a domain out; once is enough."""
        ...

    async def include(self, list_id: ListId, domain: str) -> bool:
        """Undo `exclude`; False where it was not so."""
        ...

    async def said(self) -> Sayings:
        """Return what all applied lists say, in the order in which they are asked."""
        ...

    async def in_force(self, *, is_closed: bool = False) -> Mapping[str, Listed]:
        """Return what all lists say together (`list_changes.resolve`). `is_closed`: nobody is let
        in who was not named.
        """
        ...

    async def add_events(self, events: Sequence[FeedEvent]) -> None: ...

    async def events(self, *, after: int = 0, limit: int = 100) -> list[FeedEvent]:
        """List what our own list said in public, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with some works: how many, and the media digests that they needed."""

    works: int
    digests: tuple[str, ...]


class Departures(Protocol):
    """The ends of accounts."""

    async def departed(self, handle: str) -> Actor | None:
        """Find the deleted actor of this server that was called so, without regard to case."""
        ...

    async def acquaintances(self, actor: ActorId) -> list[tuple[str, str]]:
        """Return (inbox, shared inbox or "") of everybody elsewhere who may know somebody here:
        who follows, is followed, reacted, answered, was answered, named or written to, asked, is
        blocked.
        """
        ...

    async def erase_works(self, artist: ActorId, *, limit: int = 20) -> Erased | None:
        """Delete up to `limit` works in whatever state, with everything about them; what people
        here said below them stays by itself. None where there are no works any more.
        """
        ...

    async def erase_person(self, actor: ActorId, uri: str, *, but: str) -> None:
        """Delete what an account without works has: series, messages, notifications, requests,
        sessions, and what it told other servers, but for the activity `but`.
        """
        ...

    async def erase_account(self, actor: ActorId) -> None:
        """Delete the account itself, with its mail address and password. Its actor stays."""
        ...

    async def has_deliveries(self, actors: Sequence[ActorId]) -> bool:
        """Say whether anything that one of these says or sends is neither done nor given up."""
        ...

    async def drop_keys(self, actors: Sequence[ActorId]) -> None:
        """Delete every key of actors here, public halves too."""
        ...
