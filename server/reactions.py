"""Likes, boosts and comments, by artists here, on works here and posts from anywhere.

What actors elsewhere do comes through `federation.apply`, which uses the same `note_*`
functions in its own transaction, so that a reaction means the same wherever it was made.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from server import quotes
from server.addresses import Addresses
from server.blocking import refuse_blocked
from server.clock import Clock
from server.dealings import RequestState
from server.emoji import read_emoji
from server.errors import Invalid, NotAllowed, NotFound
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    Millis,
    NotificationKind,
    Post,
    PostId,
    Reaction,
    ReactionKind,
    TargetId,
    Visibility,
)
from server.notifications import tell
from server.permits import Answer, InteractionKind
from server.permitting import Wish, forget, keep_decided, permitted
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.prose import Named, paragraphs_of, tags_in
from server.quotes import Quoting
from server.targets import OPEN, Target, find_target, find_target_by_uri, may_see
from server.values import dataclass

__all__ = [
    "MAX_COMMENT",
    "WISHES",
    "Reactions",
    "Tally",
    "Target",
    "find_target",
    "find_target_by_uri",
    "may_see",
    "paragraphs",
]

MAX_COMMENT = 5_000
_IN_TURN = Millis(1_000)
_NOBODY: Named = {}
WISHES = {
    ReactionKind.LIKE: InteractionKind.LIKE,
    ReactionKind.BOOST: InteractionKind.BOOST,
}
_TOLD = {
    ReactionKind.LIKE: NotificationKind.LIKE,
    ReactionKind.BOOST: NotificationKind.BOOST,
}
_REFUSALS = {
    InteractionKind.LIKE: "Its artist lets only some people like this.",
    InteractionKind.REPLY: "Its artist does not take comments on this from everybody.",
    InteractionKind.BOOST: "Its artist does not want this to be boosted by everybody.",
    InteractionKind.QUOTE: "Its artist does not want this to be quoted by everybody.",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The emoji that something is liked with, most first, and the one of who looks."""

    emojis: tuple[tuple[str, int], ...] = ()
    own: str = ""


@dataclass(frozen=True, slots=True)
class Reactions:
    """React, and take reactions back."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

    async def react(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> Answer:
        """Like or boost; doing so twice changes nothing. ASK: its artist was asked first.

        Raise `NotFound`, `Invalid`, `NotAllowed`.
        """
        async with self.library.transaction() as tx:
            target = await self.target(tx, target_id, artist.id)
            if kind is ReactionKind.BOOST and target.visibility not in OPEN:
                raise Invalid("This is only for its artist's followers and cannot be boosted.")
            uri = self.addresses.activity(self.clock.new_id())
            answer = await self._permitted(tx, Wish(WISHES[kind], target, artist.id, uri))
            if answer is Answer.ALLOW:
                await self.do_reaction(tx, kind, artist.id, target, uri)
        self.bus.wake(JOBS_TOPIC)
        return answer

    async def react_with(self, artist: Artist, target_id: TargetId, emoji: str) -> Answer:
        """Like with one emoji, or change to it; the same again changes nothing. As `react`.

        Raise `Invalid` where the text is no single emoji.
        """
        chosen = read_emoji(emoji)
        async with self.library.transaction() as tx:
            target = await self.target(tx, target_id, artist.id)
            uri = self.addresses.activity(self.clock.new_id())
            wish = Wish(InteractionKind.LIKE, target, artist.id, uri, emoji=chosen)
            answer = await self._permitted(tx, wish)
            if answer is Answer.ALLOW:
                await self._change_emoji(tx, artist.id, target, uri, chosen)
        self.bus.wake(JOBS_TOPIC)
        return answer

    async def _change_emoji(
        self, tx: Transaction, actor_id: ActorId, target: Target, uri: str, emoji: str
    ) -> None:
        was = await tx.reactions.of(ReactionKind.LIKE, actor_id, target.id)
        if was is not None and was.emoji == emoji:
            return
        if was is not None:  # servers that keep several would count both
            await tx.reactions.remove(ReactionKind.LIKE, actor_id, target.id)
            await promise(tx, self.clock, _undone(was))
        # Afterwards: an Undo that comes late would take the new one back on most servers
        delay = _IN_TURN if was is not None else Millis(0)
        await self.do_reaction(
            tx, ReactionKind.LIKE, actor_id, target, uri, emoji=emoji, delay=delay
        )

    async def do_reaction(
        self,
        tx: Transaction,
        kind: ReactionKind,
        actor_id: ActorId,
        target: Target,
        uri: str,
        *,
        emoji: str = "",
        delay: Millis = Millis(0),
    ) -> None:
        """Like or boost from here, once it is allowed, and promise to tell of it."""
        if await self.note_reaction(tx, kind, actor_id, target, uri, emoji):
            said = SayPromise(Deed.REACTED, actor_id, target.id, uri, kind, emoji=emoji)
            await promise(tx, self.clock, said, delay=delay)

    async def take_back(self, artist: Artist, target_id: TargetId, kind: ReactionKind) -> None:
        """Take a like or boost back, or the wish to; where there is none, nothing happens."""
        async with self.library.transaction() as tx:
            await forget(tx, WISHES[kind], artist.id, target_id)
            was = await tx.reactions.remove(kind, artist.id, target_id)
            if was is not None:
                await promise(tx, self.clock, _undone(was))
        self.bus.wake(JOBS_TOPIC)

    async def comment(
        self,
        artist: Artist,
        target_id: TargetId,
        text: str,
        named: Named = _NOBODY,
        quote: str = "",
    ) -> Post:
        """Answer a work or post; a DRAFT waits for its artist's approval.

        `named`: who was found of those that the text names; `quote`: the id of what it quotes,
        once it may be. Raise `Invalid` where there is
        nothing, or too much, to say, `NotAllowed` where the artist takes no answers.
        """
        said = _checked(text)
        async with self.library.transaction() as tx:
            target = await self.target(tx, target_id, artist.id)
            post = await self._answer(tx, artist, target, said, named)
            if target.visibility is not Visibility.DIRECT:
                post = replace(post, quote=quotes.wanted(None, quote))
                quotes.refuse_private(post.quote, post.visibility)
            wish = Wish(InteractionKind.REPLY, target, artist.id, post.uri)
            if await self._permitted(tx, wish) is Answer.ASK:
                post = replace(post, visibility=Visibility.DRAFT)
                await tx.posts.put(post)
            else:
                await self.do_comment(tx, post)
        self.bus.wake(JOBS_TOPIC)
        return post

    async def do_comment(self, tx: Transaction, post: Post) -> None:
        """Say a comment from here, once it is allowed; who is quoted in it is asked."""
        note = Quoting(TargetId(post.id), post.uri, post.actor_id)
        asked = await quotes.settled(tx, self.addresses, self.clock, note, post.quote)
        await self.note_post(tx, replace(post, quote=asked))
        await promise(tx, self.clock, SayPromise(Deed.COMMENTED, post.actor_id, post.id))

    async def edit_comment(
        self,
        artist: Artist,
        post_id: PostId,
        text: str,
        named: Named = _NOBODY,
        quote: str | None = None,
    ) -> Post:
        """Change one's own comment and tell whoever has it; a private one is for the same people.

        `quote`: as for `comment`, None where it is as before. Raise `Invalid`, `NotFound`.
        """
        said = _checked(text)
        async with self.library.transaction() as tx:
            post = await tx.posts.by_id(post_id)
            if post is None or not post.is_local or post.actor_id != artist.id:
                raise NotFound("There is no such comment of yours.")
            is_private = post.visibility is Visibility.DIRECT
            changed = replace(
                post,
                source=said,
                content_html=paragraphs(said, named, self.addresses),
                tags=tags_in(said),
                mentions=post.mentions if is_private else _uris(named.values()),
                quote=None if is_private else quotes.wanted(post.quote, quote),
                edited_at=self.clock.now(),
            )
            quotes.refuse_private(changed.quote, changed.visibility)
            if post.visibility is Visibility.DRAFT:  # it is said once it is let in
                await tx.posts.put(changed)
                return changed
            note = Quoting(TargetId(post.id), post.uri, post.actor_id)
            asked = await quotes.settled(tx, self.addresses, self.clock, note, changed.quote)
            changed = replace(changed, quote=asked)
            await self.note_post(tx, changed)
            before = [await tx.actors.by_uri(uri) for uri in post.mentions]
            people = tuple(actor.id for actor in before if actor is not None)
            told = SayPromise(Deed.COMMENT_EDITED, artist.id, post.id, named=people)
            await promise(tx, self.clock, told)
        self.bus.wake(JOBS_TOPIC)
        return changed

    async def remove_comment(self, artist: Artist, post_id: PostId) -> None:
        """Delete one's own comment, or somebody's from one's own work's thread.

        One from elsewhere is kept out from then on: an edit by its author brings it back nowhere.
        """
        async with self.library.transaction() as tx:
            post = await tx.posts.by_id(post_id)
            if post is None or not await self._may_remove(tx, artist, post):
                raise NotFound("There is no such comment.")
            target_id = post.reply_to_id or TargetId(0)
            target = await find_target(tx, self.addresses, target_id)
            await self.take_away(tx, post)
            if target is not None and not post.is_local:
                wish = Wish(InteractionKind.REPLY, target, post.actor_id, post.uri)
                await keep_decided(tx, self.clock, wish, artist.id, RequestState.REFUSED)
        self.bus.wake(JOBS_TOPIC)

    async def take_away(self, tx: Transaction, post: Post) -> None:
        """Remove a comment or post, in a transaction at hand; of ours, those told are told."""
        if post.is_local and post.visibility is not Visibility.DRAFT:
            await promise(tx, self.clock, await self._removal(tx, post))
        await tx.posts.remove(post.id)

    async def _removal(self, tx: Transaction, post: Post) -> SayPromise:
        """Return the promise to tell exactly those who were told of a comment."""
        people = [await tx.actors.by_uri(uri) for uri in post.mentions]
        return SayPromise(
            Deed.COMMENT_REMOVED,
            post.actor_id,
            post.reply_to_id or 0,
            post.uri,
            named=tuple(actor.id for actor in people if actor is not None),
            is_private=post.visibility is Visibility.DIRECT,
        )

    async def target(self, tx: Transaction, target_id: TargetId, asker: ActorId) -> Target:
        """Return what `asker` reacts to. Raise `NotFound` where they may not see it."""
        found = await find_target(tx, self.addresses, target_id)
        if found is None or not await may_see(tx, found, asker):
            raise NotFound("There is no such work or post.")
        return found

    async def note_reaction(
        self,
        tx: Transaction,
        kind: ReactionKind,
        actor_id: ActorId,
        target: Target,
        uri: str,
        emoji: str = "",
    ) -> bool:
        """Keep a reaction and tell the target's owner. False where it is not new.

        Of several with an emoji by one actor the newest is kept.
        """
        now = self.clock.now()
        reaction = Reaction(self.clock.new_id(), kind, actor_id, target.id, uri, now, emoji)
        is_new = await tx.reactions.put(reaction)
        if not is_new and emoji:
            await tx.reactions.remove(kind, actor_id, target.id)
            await tx.reactions.put(reaction)
        if is_new:
            await self._tell(tx, target, _TOLD[kind], actor_id, target.id)
        return is_new

    async def tallies(
        self, targets: Sequence[TargetId], viewer: ActorId | None
    ) -> dict[TargetId, Tally]:
        """Return the emoji that works and posts are liked with, and the viewer's own."""
        async with self.library.reading() as tx:
            counted = await tx.reactions.emojis(targets)
            own = await tx.reactions.own_emojis(viewer, targets) if viewer else {}
        return {one: Tally(tuple(found), own.get(one, "")) for one, found in counted.items()}

    async def emoji(self, actor_id: ActorId, target_id: TargetId) -> str:
        """Return the emoji that somebody likes something with, "" where none."""
        async with self.library.reading() as tx:
            found = await tx.reactions.of(ReactionKind.LIKE, actor_id, target_id)
        return found.emoji if found is not None else ""

    async def note_post(self, tx: Transaction, post: Post) -> PostId | None:
        """Keep a comment or remote post; tell whom it answers and whom it names, once each.

        None, and nothing is kept, where it only names artists who are in a block with its author.
        """
        people = await self._named_here(tx, post)
        shut = await tx.blocks.among(post.actor_id, [one.id for one in people]) if people else set()
        if people and len(shut) == len(people) and not await _is_for_others(tx, post):
            return None
        post_id = await tx.posts.put(post)
        about = TargetId(post_id)
        told: set[ActorId] = {post.actor_id}
        target = (
            await find_target(tx, self.addresses, post.reply_to_id) if post.reply_to_id else None
        )
        if post.visibility is Visibility.DIRECT:
            target = None  # it is for those whom it names, whatever it answers
        owners = [target] if target else []
        root = TargetId(post.work_id) if post.work_id else None
        if root is not None and (target is None or target.id != root):
            thread = await find_target(tx, self.addresses, root)
            owners += [thread] if thread else []
        for owned in owners:
            if owned.owner_id not in told:
                told.add(owned.owner_id)
                await self._tell(tx, owned, NotificationKind.COMMENT, post.actor_id, about)
        for named in people:
            if named.id not in told | shut:
                told.add(named.id)
                await self._notify(tx, named.id, NotificationKind.MENTION, post.actor_id, about)
        return post_id

    async def _named_here(self, tx: Transaction, post: Post) -> list[Actor]:
        ours = [uri for uri in dict.fromkeys(post.mentions) if self.addresses.is_ours(uri)]
        found = [await tx.actors.by_uri(uri) for uri in ours]
        # a series' actor and the server's own are ours as well, and nobody reads what they are told
        return [one for one in found if one is not None and one.kind is ActorKind.PERSON]

    async def _permitted(self, tx: Transaction, wish: Wish) -> Answer:
        answer = await permitted(tx, self.addresses, self.clock, wish)
        if answer is Answer.REFUSE:
            await refuse_blocked(tx, wish.actor_id, wish.target.owner_id)
            raise NotAllowed(_REFUSALS[wish.kind])
        return answer

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

    async def _answer(
        self, tx: Transaction, artist: Artist, target: Target, text: str, named: Named
    ) -> Post:
        post_id = PostId(self.clock.new_id())
        is_private = target.visibility is Visibility.DIRECT
        people = await _partners(tx, target, artist.id) if is_private else _uris(named.values())
        uri = self.addresses.post(post_id)
        return Post(
            id=post_id,
            uri=uri,
            actor_id=artist.id,
            is_local=True,
            visibility=Visibility.UNLISTED if target.visibility in OPEN else target.visibility,
            content_html=paragraphs(text, named, self.addresses),
            title="",
            url=uri,
            is_sensitive=False,
            warning="",
            published_at=self.clock.now(),
            edited_at=None,
            in_reply_to_uri=target.uri,
            reply_to_id=target.id,
            work_id=None if is_private else target.thread_of,
            tags=tags_in(text),
            mentions=people,
            source=text,
        )


def _undone(was: Reaction) -> SayPromise:
    """Return the promise to tell that a reaction was taken back, as it was said."""
    return SayPromise(
        Deed.REACTION_UNDONE, was.actor_id, was.target_id, was.uri, was.kind, emoji=was.emoji
    )


async def _partners(tx: Transaction, target: Target, writer: ActorId) -> tuple[str, ...]:
    """Return the people of a private conversation but its writer: nobody else joins by a name."""
    owner, own = await tx.actors.by_id(target.owner_id), await tx.actors.by_id(writer)
    named = target.post.mentions if target.post is not None else ()
    people = ([owner.uri] if owner is not None else []) + list(named)
    return tuple(uri for uri in dict.fromkeys(people) if own is None or uri != own.uri)


async def _is_for_others(tx: Transaction, post: Post) -> bool:
    """Say whether a post answers something kept, or is by somebody whom others here follow."""
    return post.reply_to_id is not None or await tx.relations.has_local_follower(post.actor_id)


def _uris(people: Iterable[Actor]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(actor.uri for actor in people))


def _checked(text: str) -> str:
    said = text.strip()
    if not said:
        raise Invalid("The comment is empty: write something first.", "text")
    if len(said) > MAX_COMMENT:
        raise Invalid(
            f"The comment is too long: it has {len(said)} characters, {MAX_COMMENT} are allowed.",
            "text",
        )
    return said


def paragraphs(text: str, named: Named = _NOBODY, addresses: Addresses | None = None) -> str:
    """Turn plain text into escaped HTML paragraphs with line breaks and links."""
    return paragraphs_of(text, named, addresses.tag if addresses is not None else None)


async def _is_by_an_artist(tx: Transaction, target: Target) -> bool:
    if target.work is not None:
        return True
    owner = await tx.actors.by_id(target.owner_id)
    return owner is not None and owner.is_local
