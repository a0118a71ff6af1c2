"""What somebody may read of conversations: private messages, what is quoted, who is named.

Reads only. A private message is in no list but its own people's.
"""

from collections.abc import Sequence

from server.addresses import Addresses
from server.meeting import known_people, people_at
from server.model import Actor, ActorId, Artist, Post, PostId, TargetId, Visibility, Work
from server.permits import Answer, InteractionKind
from server.permitting import answer_to
from server.ports import Library, Transaction
from server.prose import Named
from server.targets import Target, find_target, find_target_by_uri, may_see
from server.values import dataclass
from server.viewing import Hung, Said

PAGE = 50
_EARLIER = 20  # messages of one conversation that stand above one another


@dataclass(frozen=True, slots=True)
class Message:
    """A private message, and the people whom it is for besides its author."""

    said: Said
    people: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A private message in its place: what it answers, oldest first, and the answers to it."""

    earlier: tuple[Message, ...]
    message: Message
    answers: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a post quotes, where its author agreed and the viewer may see it."""

    author: Actor
    post: Post | None = None
    hung: Hung | None = None


@dataclass(frozen=True, slots=True)
class Conversing:
    """Reads."""

    library: Library
    addresses: Addresses

    async def messages(self, reader: ActorId, before: PostId | None = None) -> list[Message]:
        """List private messages to and by somebody here, newest first."""
        async with self.library.reading() as tx:
            found = await tx.posts.messages(reader, before=before, limit=PAGE)
            return await _messages(tx, found)

    async def conversation(self, said: Said, reader: ActorId) -> Conversation:
        """Return what stands around a private message that the reader was found to see."""
        async with self.library.reading() as tx:
            earlier = await self._earlier(tx, said.post, reader)
            answers = await tx.posts.private_answers(said.post.id, reader)
            messages = await _messages(tx, [*earlier, said.post, *answers])
        at = next(place for place, one in enumerate(messages) if one.said.post.id == said.post.id)
        return Conversation(tuple(messages[:at]), messages[at], tuple(messages[at + 1 :]))

    async def quoted(
        self, quoting: Sequence[Post | Work], viewer: ActorId | None
    ) -> dict[str, Quoted]:
        """Return what posts and works quote by right, by the quoted address."""
        wanted = {one.quote.uri for one in quoting if one.quote and one.quote.is_approved}
        async with self.library.reading() as tx:
            found = {uri: await self._quoted(tx, uri, viewer) for uri in wanted}
        return {uri: one for uri, one in found.items() if one is not None}

    async def named(self, uris: Sequence[str]) -> list[Actor]:
        """Return the people at these addresses whom we know."""
        async with self.library.reading() as tx:
            return await people_at(tx, uris)

    async def people_in(self, text: str) -> Named:
        """Return whom a text names, of those we know."""
        async with self.library.reading() as tx:
            return await known_people(tx, text)

    async def people_in_captions(self, works: Sequence[Work]) -> Named:
        """Return whom captions name, of those we know."""
        found: dict[tuple[str, str], Actor] = {}
        async with self.library.reading() as tx:
            for work in works:
                found |= await known_people(tx, work.caption)
        return found

    async def artist(self, actor_id: ActorId) -> Artist | None:
        """Return an artist here."""
        async with self.library.reading() as tx:
            return await tx.artists.by_id(actor_id)

    async def refused(self, target_id: TargetId, viewer: ActorId) -> frozenset[InteractionKind]:
        """Return what an artist does not let a viewer do to a work or comment."""
        async with self.library.reading() as tx:
            target = await find_target(tx, self.addresses, target_id)
            if target is None:
                return frozenset(InteractionKind)
            return frozenset(
                [
                    kind
                    for kind in InteractionKind
                    if await answer_to(tx, self.addresses, kind, viewer, target) is Answer.REFUSE
                ]
            )

    async def _earlier(self, tx: Transaction, post: Post, reader: ActorId) -> list[Post]:
        """Return what a message answers, and what that answers, as far as it is private."""
        found: list[Post] = []
        above = post.reply_to_id
        while above is not None and len(found) < _EARLIER:
            target = await find_target(tx, self.addresses, TargetId(above))
            is_private = target is not None and target.visibility is Visibility.DIRECT
            if target is None or target.post is None or not is_private:
                break
            if not await may_see(tx, target, reader):
                break
            found.insert(0, target.post)
            above = target.post.reply_to_id
        return found

    async def _quoted(self, tx: Transaction, uri: str, viewer: ActorId | None) -> Quoted | None:
        target = await find_target_by_uri(tx, self.addresses, uri)
        if target is None or not await may_see(tx, target, viewer):
            return None
        if viewer is not None and await tx.blocks.of(target.owner_id, viewer) is not None:
            return None
        author = await tx.actors.by_id(target.owner_id)
        if author is None or author.gone_at is not None:
            return None
        return await _with_work(tx, target, author)


async def _with_work(tx: Transaction, target: Target, author: Actor) -> Quoted | None:
    if target.work is None:
        return Quoted(author, post=target.post)
    work = await tx.works.by_id(target.work.id)
    artist = await tx.artists.by_id(target.owner_id)
    if work is None or artist is None or artist.suspended_at is not None:
        return None
    return Quoted(author, hung=Hung(work, artist))


async def _messages(tx: Transaction, posts: Sequence[Post]) -> list[Message]:
    authors = await tx.actors.many([post.actor_id for post in posts])
    return [
        Message(Said(post, authors[post.actor_id]), tuple(await people_at(tx, post.mentions)))
        for post in posts
        if post.actor_id in authors
    ]
