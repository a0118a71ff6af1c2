"""Likes, boosts and comments, by artists here, on works here and posts from anywhere.

What actors elsewhere do comes through `federation.apply`, which uses the same `note_*`
functions in its own transaction, so that a reaction means the same wherever it was made.
"""

import html
from dataclasses import dataclass

from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotFound
from server.model import (
    ActorId,
    Artist,
    FollowState,
    NotificationKind,
    Post,
    PostId,
    Reaction,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
    WorkId,
)
from server.notifications import tell
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise

MAX_COMMENT = 5_000
_MAX_ID = 2**63 - 1  # ids are 63 bits; databases take no larger number
_BOOSTABLE = (Visibility.PUBLIC, Visibility.UNLISTED)
_TOLD = {
    ReactionKind.LIKE: NotificationKind.LIKE,
    ReactionKind.BOOST: NotificationKind.BOOST,
}


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
    post: Post | None = None

    @property
    def thread_of(self) -> WorkId | None:
        """The local work in whose thread an answer to this stands."""
        if self.work is not None:
            return self.work.id
        return self.post.work_id if self.post else None


@dataclass(frozen=True, slots=True)
class Reactions:
    """React, and take reactions back."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def react(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> None:
        """Like or boost; doing so twice changes nothing. Raise `NotFound`, `Invalid`."""
        async with self.library.transaction() as tx:
            target = await self.target(tx, target_id, artist.id)
            if kind is ReactionKind.BOOST and target.visibility not in _BOOSTABLE:
                raise Invalid("This is only for its artist's followers and cannot be boosted.")
            uri = self.addresses.activity(self.clock.new_id())
            if await self.note_reaction(tx, kind, artist.id, target, uri):
                said = SayPromise(Deed.REACTED, artist.id, target_id, uri, kind)
                await promise(tx, self.clock, said)
        self.bus.wake(JOBS_TOPIC)

    async def take_back(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> None:
        """Take a like or boost back; where there is none, nothing happens."""
        async with self.library.transaction() as tx:
            was = await tx.reactions.remove(kind, artist.id, target_id)
            if was is not None:
                said = SayPromise(Deed.REACTION_UNDONE, artist.id, target_id, was.uri, kind)
                await promise(tx, self.clock, said)
        self.bus.wake(JOBS_TOPIC)

    async def comment(self, artist: Artist, target_id: TargetId, text: str) -> Post:
        """Answer a work or post. Raise `Invalid` where there is nothing, or too much, to say."""
        said = text.strip()
        if not said:
            raise Invalid("The comment is empty: write something first.", "text")
        if len(said) > MAX_COMMENT:
            raise Invalid(
                f"The comment is too long: it has {len(said)} characters, "
                f"{MAX_COMMENT} are allowed.",
                "text",
            )
        async with self.library.transaction() as tx:
            target = await self.target(tx, target_id, artist.id)
            post = self._answer(artist, target, said)
            await self.note_post(tx, post)
            await promise(tx, self.clock, SayPromise(Deed.COMMENTED, artist.id, post.id))
        self.bus.wake(JOBS_TOPIC)
        return post

    async def remove_comment(self, artist: Artist, post_id: PostId) -> None:
        """Delete one's own comment, or hide somebody's from one's own work's thread."""
        async with self.library.transaction() as tx:
            post = await tx.posts.by_id(post_id)
            if post is None or not await self._may_remove(tx, artist, post):
                raise NotFound("There is no such comment.")
            await tx.posts.remove(post_id)
            if post.is_local and post.actor_id == artist.id:
                said = SayPromise(Deed.COMMENT_REMOVED, artist.id, post.reply_to_id or 0, post.uri)
                await promise(tx, self.clock, said)
        self.bus.wake(JOBS_TOPIC)

    async def target(self, tx: Transaction, target_id: TargetId, asker: ActorId) -> Target:
        """Return what `asker` reacts to. Raise `NotFound` where they may not see it."""
        found = await find_target(tx, self.addresses, target_id)
        if found is None or not await may_see(tx, found, asker):
            raise NotFound("There is no such work or post.")
        owner = await tx.artists.by_id(found.owner_id)
        if owner is not None and owner.suspended_at is not None:
            raise NotFound("There is no such work or post.")
        return found

    async def note_reaction(
        self, tx: Transaction, kind: ReactionKind, actor_id: ActorId, target: Target, uri: str
    ) -> bool:
        """Keep a reaction and tell the target's owner. False where it is not new."""
        reaction = Reaction(self.clock.new_id(), kind, actor_id, target.id, uri, self.clock.now())
        is_new = await tx.reactions.put(reaction)
        if is_new:
            await self._tell(tx, target, _TOLD[kind], actor_id, target.id)
        return is_new

    async def note_post(self, tx: Transaction, post: Post) -> PostId:
        """Keep a comment or remote post; tell whom it answers and whom it names, once each."""
        post_id = await tx.posts.put(post)
        about = TargetId(post_id)
        told: set[ActorId] = {post.actor_id}
        target = (
            await find_target(tx, self.addresses, post.reply_to_id) if post.reply_to_id else None
        )
        owners = [target] if target else []
        root = TargetId(post.work_id) if post.work_id else None
        if root is not None and (target is None or target.id != root):
            thread = await find_target(tx, self.addresses, root)
            owners += [thread] if thread else []
        for owned in owners:
            if owned.owner_id not in told:
                told.add(owned.owner_id)
                await self._tell(tx, owned, NotificationKind.COMMENT, post.actor_id, about)
        for uri in post.mentions:
            named = await tx.actors.by_uri(uri) if self.addresses.is_ours(uri) else None
            if named is not None and named.id not in told:
                told.add(named.id)
                await self._notify(tx, named.id, NotificationKind.MENTION, post.actor_id, about)
        return post_id

    async def _may_remove(self, tx: Transaction, artist: Artist, post: Post) -> bool:
        if post.actor_id == artist.id:
            return True
        work = await tx.works.by_id(post.work_id) if post.work_id else None
        return work is not None and work.artist_id == artist.id

    async def _tell(
        self,
        tx: Transaction,
        target: Target,
        kind: NotificationKind,
        actor_id: ActorId,
        about: TargetId,
    ) -> None:
        if target.owner_id != actor_id and await _is_by_an_artist(tx, target):
            await self._notify(tx, target.owner_id, kind, actor_id, about)

    async def _notify(
        self,
        tx: Transaction,
        artist_id: ActorId,
        kind: NotificationKind,
        actor_id: ActorId,
        about: TargetId,
    ) -> None:
        await tell(tx, self.clock, artist_id, kind, actor_id, about)

    def _answer(self, artist: Artist, target: Target, text: str) -> Post:
        post_id = PostId(self.clock.new_id())
        is_open = target.visibility in _BOOSTABLE
        uri = self.addresses.post(post_id)
        return Post(
            id=post_id,
            uri=uri,
            actor_id=artist.id,
            is_local=True,
            visibility=Visibility.UNLISTED if is_open else target.visibility,
            content_html=paragraphs(text),
            title="",
            url=uri,
            is_sensitive=False,
            warning="",
            published_at=self.clock.now(),
            edited_at=None,
            in_reply_to_uri=target.uri,
            reply_to_id=target.id,
            work_id=target.thread_of,
            source=text,
        )


async def find_target(tx: Transaction, addresses: Addresses, target_id: TargetId) -> Target | None:
    """Find a visible work (without its pictures), or a post, by id."""
    work = await tx.works.bare(WorkId(target_id))
    if work is not None:
        if not work.is_visible:
            return None
        uri = addresses.work(work.id)
        return Target(target_id, uri, work.artist_id, work.visibility, work=work)
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


async def may_see(tx: Transaction, target: Target, asker: ActorId | None) -> bool:
    """Say whether somebody may see a target: everyone, its followers, or those it names.

    Our own comments name nobody in writing: they are for whom they answer, and for the artist
    in whose thread they stand.
    """
    if target.visibility in _BOOSTABLE or target.owner_id == asker:
        return True
    if asker is None:
        return False
    if target.visibility is Visibility.FOLLOWERS:
        follow = await tx.relations.follow(asker, target.owner_id)
        if follow is not None and follow.state is FollowState.ACCEPTED:
            return True
    return target.post is not None and await _is_named(tx, target.post, asker)


async def _is_named(tx: Transaction, post: Post, reader: ActorId) -> bool:
    if post.is_local and reader in await _answered(tx, post):
        return True
    actor = await tx.actors.by_id(reader)
    return actor is not None and actor.uri in post.mentions


async def _answered(tx: Transaction, post: Post) -> set[ActorId]:
    """Return the artist in whose thread a post stands and the author of what it answers."""
    work = await tx.works.by_id(post.work_id) if post.work_id else None
    parent = await tx.posts.by_id(PostId(post.reply_to_id)) if post.reply_to_id else None
    found = {work.artist_id} if work else set()
    return found | {parent.actor_id} if parent else found


def paragraphs(text: str) -> str:
    """Turn plain text into escaped HTML paragraphs with line breaks."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(
        f"<p>{html.escape(block).replace(chr(10), '<br>')}</p>" for block in blocks if block
    )


async def _is_by_an_artist(tx: Transaction, target: Target) -> bool:
    if target.work is not None:
        return True
    owner = await tx.actors.by_id(target.owner_id)
    return owner is not None and owner.is_local
