"""Comments: what artists here say under works and posts, change and take away.

What others answer comes through `federation.apply`, which uses the same `note_post` in its own
transaction, so that a comment is told to the same people wherever it was written.
"""

from collections.abc import Iterable
from dataclasses import replace

from server import quotes
from server.addresses import Addresses
from server.clock import Clock
from server.dealings import RequestState
from server.errors import Invalid, NotFound, refuse_outdated
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    NotificationKind,
    Post,
    PostId,
    TargetId,
    Visibility,
)
from server.notifications import tell, tell_owner
from server.permits import Answer, InteractionKind
from server.permitting import Wish, allowed_or_asked, keep_decided
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.prose import Named, paragraphs_of, tags_in
from server.quotes import Quoting
from server.targets import OPEN, Target, find_target, target_for
from server.values import dataclass

MAX_COMMENT = 5_000
_NOBODY: Named = {}


@dataclass(frozen=True, slots=True)
class Commenting:
    """Comment, edit, remove."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus

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
        once it may be. Raise `Invalid` where there is nothing, or too much, to say,
        `NotAllowed` where the artist takes no answers.
        """
        said = _checked(text)
        async with self.library.transaction() as tx:
            target = await target_for(tx, self.addresses, target_id, artist.id)
            post = await self._answer(tx, artist, target, said, named)
            if target.visibility is not Visibility.DIRECT:
                post = replace(post, quote=quotes.wanted(None, quote))
                quotes.refuse_private(post.quote, post.visibility)
            wish = Wish(InteractionKind.REPLY, target, artist.id, post.uri)
            answer = await allowed_or_asked(tx, self.addresses, self.clock, wish)
            if answer is Answer.ASK:
                post = replace(post, visibility=Visibility.DRAFT)
                await tx.posts.put(post)
            else:
                await self.say(tx, post)
        self.bus.wake(JOBS_TOPIC)
        return post

    async def say(self, tx: Transaction, post: Post) -> None:
        """Say a comment from here, once it is allowed; who is quoted in it is asked."""
        note = Quoting(TargetId(post.id), post.uri, post.actor_id)
        asked = await quotes.settled(tx, self.addresses, self.clock, note, post.quote)
        await self.note_post(tx, replace(post, quote=asked))
        await promise(tx, self.clock, SayPromise(Deed.COMMENTED, post.actor_id, post.id))

    async def edit(
        self,
        artist: Artist,
        post_id: PostId,
        text: str,
        named: Named = _NOBODY,
        quote: str | None = None,
        seen: Post | None = None,
    ) -> Post:
        """Change one's own comment and tell whoever has it; a private one is for the same people.

        `quote`: as for `comment`, None where it is as before. `seen`: the comment as this was
        decided upon. Raise `Outdated` where it says something else by now, `Invalid`, `NotFound`.
        """
        said = _checked(text)
        async with self.library.transaction() as tx:
            post = await tx.posts.hold(post_id)
            if post is None or not post.is_local or post.actor_id != artist.id:
                raise NotFound("There is no such comment of yours.")
            refuse_outdated(seen, post, "source", "quote", "visibility")
            is_private = post.visibility is Visibility.DIRECT
            changed = replace(
                post,
                source=said,
                content_html=paragraphs_of(said, named, self.addresses.tag),
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

    async def remove(self, artist: Artist, post_id: PostId) -> None:
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

    async def note_post(self, tx: Transaction, post: Post) -> PostId | None:
        """Keep a comment or remote post; tell whom it answers and whom it names, once each.

        None, and nothing is kept, where it only names artists who are in a block with its author.
        """
        people = await self._named_here(tx, post)
        shut = await tx.blocks.among(post.actor_id, [one.id for one in people]) if people else set()
        if people and len(shut) == len(people) and not await _is_for_others(tx, post):
            return None
        post_id = await tx.posts.put(post)
        about, author = TargetId(post_id), post.actor_id
        told: set[ActorId] = {author}
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
                await tell_owner(tx, self.clock, owned, NotificationKind.COMMENT, author, about)
        for named in people:
            if named.id not in told | shut:
                told.add(named.id)
                await tell(tx, self.clock, named.id, NotificationKind.MENTION, author, about)
        return post_id

    async def note_tied(self, tx: Transaction, post: Post) -> None:
        """Keep a post under what it answers, where that was found only after it came.

        Whom it names and answers was told of a mention by then, and is told of one thing only.
        """
        for named in await self._named_here(tx, post):
            about = TargetId(post.id)
            await tx.notifications.drop(named.id, NotificationKind.MENTION, about)
        await self.note_post(tx, post)

    async def _named_here(self, tx: Transaction, post: Post) -> list[Actor]:
        ours = [uri for uri in dict.fromkeys(post.mentions) if self.addresses.is_ours(uri)]
        found = [await tx.actors.by_uri(uri) for uri in ours]
        # a series' actor and the server's own are ours as well, and nobody reads what they are told
        return [one for one in found if one is not None and one.kind is ActorKind.PERSON]

    async def _may_remove(self, tx: Transaction, artist: Artist, post: Post) -> bool:
        if post.actor_id == artist.id:
            return True
        work = await tx.works.by_id(post.work_id) if post.work_id else None
        return work is not None and work.artist_id == artist.id

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
            content_html=paragraphs_of(text, named, self.addresses.tag),
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
