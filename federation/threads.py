"""Brings what belongs to conversations here: what a post answers, answers to it, what it quotes.

Everything has a bound, since every address in it was written by somebody else: how deep a walk
goes, how many documents one run brings, how many all runs bring that one actor's posts cause in
an hour, and how long a post is left alone. Nothing that was brought makes us bring more.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Final, TypeVar

import msgspec
import structlog

from federation import quoting, uris
from federation.dedupe import deletion_key
from federation.documents import Document, first, id_of, is_document
from federation.doors import Doors, treatment_of
from federation.fetching import Fetching
from federation.permissions import Authorization, agrees, read_authorization
from federation.posts import post_from, treated
from federation.remote import Remote
from federation.series_fetching import SeriesFetching
from federation.vocabulary import RemoteCollection, RemoteNote, read_collection, read_note
from server import quotes
from server.addresses import Addresses
from server.clock import Clock
from server.commenting import Commenting
from server.errors import FixatifError, Invalid, Unavailable
from server.model import Actor, ActorId, Millis, Post, PostId, TargetId
from server.permits import Answer, InteractionKind
from server.permitting import answer_to, is_kept_out
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, FetchKind, FetchPromise, promise
from server.rules import Hold, Refuse
from server.targets import OPEN, Target, find_target, find_target_by_uri, may_see
from server.treatments import Treatment
from server.values import dataclass
from server.worker import Later

log = structlog.get_logger(__name__)

_K = TypeVar("_K")
_V = TypeVar("_V")

MAX_DEPTH: Final = 20  # posts between an answer and what we know; real talk is shallower
MAX_ANSWERS: Final = 20  # that one run brings; Mastodon allows itself 500
MAX_PAGES: Final = 3  # of a collection of answers
MAX_LOOKED_AT: Final = 5  # posts of one page whose answers are brought at once, as Mastodon
MAX_CAUSED: Final = 100  # documents an hour that one actor's posts may cause
HOUR: Final = Millis(3_600_000)
LOOK_AGAIN: Final = Millis(15 * 60_000)
_REMEMBERED: Final = 10_000  # posts and actors; the oldest are forgotten first


@dataclass(frozen=True, slots=True)
class Found:
    """A post with its author, both from their origin, and what a rule here does to it."""

    note: RemoteNote
    author: Actor
    treatment: Treatment | None = None


@dataclass(slots=True)
class Threads:
    """Fetches. What it remembers only saves requests: losing it costs nothing."""

    library: Library
    clock: Clock
    bus: Bus
    addresses: Addresses
    fetching: Fetching
    remote: Remote
    commenting: Commenting
    doors: Doors
    series: SeriesFetching
    _looked_at: OrderedDict[PostId, Millis] = field(default_factory=OrderedDict)
    _caused: OrderedDict[ActorId, tuple[Millis, int]] = field(default_factory=OrderedDict)

    async def fetch(self, payload: bytes) -> None:
        """Do one `FetchPromise`. What cannot be had now is left, not tried for days."""
        what = msgspec.json.decode(payload, type=FetchPromise)
        match what.kind:
            case FetchKind.ACTOR:
                await self.remote.fetch(payload)
            case FetchKind.ANCESTORS:
                await self._ancestors(what)
            case FetchKind.REPLIES:
                await self._replies(what)
            case FetchKind.QUOTED:
                await self._quoted(what)
            case FetchKind.DELETED:
                await self.remote.confirm_deleted(what.uri, what.because_of)
            case FetchKind.CONSENT:
                await self._consent(what)
            case FetchKind.SERIES:
                await self.series.bring(what)
        self.bus.wake(JOBS_TOPIC)

    async def look_at(self, posts: Iterable[Post]) -> None:
        """Promise to bring answers to posts that somebody here is looking at, a few at a time."""
        stale = [post for post in posts if self._is_stale(post)][:MAX_LOOKED_AT]
        if not stale:
            return
        async with self.library.transaction() as tx:
            for post in stale:
                _remember(self._looked_at, post.id, self.clock.now())
                what = FetchPromise(post.uri, post.actor_id, FetchKind.REPLIES, post.id)
                await promise(tx, self.clock, what, queue=quoting.fetch_queue(post.uri))
        self.bus.wake(JOBS_TOPIC)

    def _is_stale(self, post: Post) -> bool:
        if post.is_local or post.visibility not in OPEN:
            return False
        last = self._looked_at.get(post.id)
        return last is None or self.clock.now() - last >= LOOK_AGAIN

    async def _ancestors(self, what: FetchPromise) -> None:
        """Walk up from a post until something known; keep the way there, topmost first."""
        chain: list[Found] = []
        seen: set[str] = set()
        uri = what.uri
        while not await self._is_known(uri):
            found = await self._note(uri, what.because_of) if uri not in seen else None
            seen.add(uri)
            if found is None or not found.note.in_reply_to or len(seen) >= MAX_DEPTH:
                return  # a talk of strangers, or one that has no end
            chain.append(found)
            uri = found.note.in_reply_to
        for found in reversed(chain):
            if not await self._kept(found):
                return
        await self.library.join(lambda tx: self._tie(tx, what.post_id))

    async def _replies(self, what: FetchPromise) -> None:
        """Bring a post anew, with its poll's counts, and direct answers to it."""
        document = await self._document(what.uri, what.because_of)
        if document is None:
            return
        await self._renew(document, what)
        budget = MAX_ANSWERS
        for item in await self._answers(document, what):
            if budget == 0:
                return
            uri = id_of(item)
            if not uri or await self._is_known(uri):
                continue
            budget -= 1
            found = await self._note(uri, what.because_of)
            if found is not None and found.note.in_reply_to == what.uri:
                await self._kept(found)

    async def _answers(self, document: Document, what: FetchPromise) -> Sequence[object]:
        """Return what stands in the first pages of a post's `replies`."""
        listed = first(document.get("replies"))
        page = await self._collection(listed, what)
        if page is not None and not page.items:
            page = page.first_page or await self._collection(page.first_uri, what)
        items: list[object] = []
        for _ in range(MAX_PAGES):
            if page is None:
                break
            items += page.items
            page = await self._collection(page.next_uri, what)
        return items

    async def _collection(self, value: object, what: FetchPromise) -> RemoteCollection | None:
        """Return a collection as embedded, or fetched from the post's own server."""
        document: Document | None = value if is_document(value) else None
        uri = id_of(value)
        if document is None or len(document) <= 2:  # an id, or only id and type
            is_near = uris.same_origin(uri, what.uri)
            document = await self._document(uri, what.because_of) if is_near else None
        try:
            return read_collection(document) if document is not None else None
        except Invalid:
            return None

    async def _quoted(self, what: FetchPromise) -> None:
        """Bring what a post quotes; the quote counts once its author is known to agree."""
        if not await self._is_known(what.uri):
            found = await self._note(what.uri, what.because_of)
            if found is None:
                return
            await self._kept(found)
        async with self.library.reading() as tx:
            post = await tx.posts.by_id(what.post_id)
        if post is None or post.quote is None or post.quote.uri != what.uri:
            return
        said = await self._authorization(post.quote.approval_uri, what)
        await self.library.join(lambda tx: self._settle_quote(tx, what.post_id, said))

    async def _consent(self, what: FetchPromise) -> None:
        """Fetch the authorization for a quote of ours; tried again while its server is away."""
        if self.addresses.is_ours(what.uri) or not self._may_cause(what.because_of, 1):
            return
        try:
            said = read_authorization(await self.fetching.document(what.uri))
        except Unavailable as outage:
            raise Later(outage.message) from outage
        except FixatifError as problem:
            log.info("authorization_not_believed", reason=problem.message)
            return
        if said is not None:
            await self.library.join(lambda tx: self._granted(tx, what, said))

    async def _granted(self, tx: Transaction, what: FetchPromise, said: Authorization) -> None:
        note = await find_target(tx, self.addresses, TargetId(what.post_id))
        quote = quotes.quote_of(note)
        author = await tx.actors.by_id(what.because_of)
        if note is None or quote is None or author is None:
            return
        quoted = await find_target_by_uri(tx, self.addresses, quote.uri)
        if quoted is None or quoted.owner_id != author.id:
            return
        pair = {"quoting": note.uri, "quoted": quoted.uri}
        if agrees(said, uri=what.uri, author=author.uri, **pair):
            await quotes.grant(tx, self.clock, note, what.uri)

    async def _authorization(self, uri: str, what: FetchPromise) -> Authorization | None:
        if not uri or not uris.same_origin(uri, what.uri):  # only the quoted one's server may say
            return None
        document = await self._document(uri, what.because_of)
        return read_authorization(document) if document is not None else None

    async def _settle_quote(
        self, tx: Transaction, post_id: PostId, said: Authorization | None
    ) -> None:
        post = await tx.posts.by_id(post_id)
        if post is None or post.quote is None:
            return
        target = await find_target_by_uri(tx, self.addresses, post.quote.uri)
        author = await tx.actors.by_id(target.owner_id) if target is not None else None
        if target is None or author is None or target.visibility not in OPEN:
            return
        if quoting.is_granted(post, target, author.uri, said):
            await tx.posts.put(replace(post, quote=replace(post.quote, is_approved=True)))

    async def _renew(self, document: Document, what: FetchPromise) -> None:
        """Take in a post as it is now; only where it is still the same author's."""
        try:
            note = read_note(document)
        except Invalid:
            return
        await self.library.join(lambda tx: self._renewed(tx, note, what.post_id))

    async def _renewed(self, tx: Transaction, note: RemoteNote, post_id: PostId) -> None:
        known = await tx.posts.by_id(post_id)
        author = await tx.actors.by_id(known.actor_id) if known is not None else None
        if known is None or author is None or note.audience not in OPEN:
            return
        if known.visibility not in OPEN:  # put out of sight while this was on its way
            return
        if (note.uri, note.attributed_to) == (known.uri, author.uri):
            decision = self.doors.of_post(note, author)
            if isinstance(decision, (Refuse, Hold)):  # what we have was let in; this was not
                return
            note = self.doors.cleaned(note)
            answered = await self._target_of(tx, known)
            post = post_from(note, author, known, new_id=0, now=self.clock.now(), answered=answered)
            post = treated(post, known, treatment_of(decision), self.doors.standing())
            await tx.posts.put(replace(post, in_reply_to_uri=known.in_reply_to_uri))

    async def _target_of(self, tx: Transaction, post: Post) -> Target | None:
        if post.reply_to_id is None:
            return None
        return await find_target(tx, self.addresses, TargetId(post.reply_to_id))

    async def _kept(self, found: Found) -> bool:
        return await self.library.join(lambda tx: self.keep(tx, found))

    async def keep(self, tx: Transaction, found: Found) -> bool:
        """Keep a post that was brought, where it may stand; nobody is told of old talk."""
        note, author = found.note, found.author
        if await tx.activities.holds(deletion_key(author.uri, note.uri)):
            return False
        answered = None
        if note.in_reply_to:
            answered = await find_target_by_uri(tx, self.addresses, note.in_reply_to)
            if answered is not None and not await self._may_stand(
                tx, note.uri, author.id, answered
            ):
                return False
        known = await tx.posts.by_uri(note.uri)
        if known is not None:
            return known.actor_id == author.id
        post = post_from(
            note,
            author,
            None,
            new_id=self.clock.new_id(),
            now=self.clock.now(),
            answered=answered,
        )
        await tx.posts.put(treated(post, None, found.treatment, frozenset()))
        return True

    async def _tie(self, tx: Transaction, post_id: PostId) -> None:
        """Put a post under what it answers, which is known by now; tell whom it concerns."""
        post = await tx.posts.by_id(post_id)
        if post is None or post.reply_to_id is not None:
            return
        target = await find_target_by_uri(tx, self.addresses, post.in_reply_to_uri)
        if target is not None and await self._may_stand(tx, post.uri, post.actor_id, target):
            tied = replace(post, reply_to_id=target.id, work_id=target.thread_of)
            await self.commenting.note_tied(tx, tied)

    async def _may_stand(self, tx: Transaction, uri: str, author: ActorId, target: Target) -> bool:
        """Say whether an answer may stand there; what would have to be asked for may not."""
        is_out = await is_kept_out(tx, uri, target.id)
        if is_out or not await may_see(tx, target, author):
            return False
        said = await answer_to(tx, self.addresses, InteractionKind.REPLY, author, target)
        return said is Answer.ALLOW

    async def _is_known(self, uri: str) -> bool:
        async with self.library.reading() as tx:
            return await find_target_by_uri(tx, self.addresses, uri) is not None

    async def _note(self, uri: str, because_of: ActorId) -> Found | None:
        """Bring a post as `bring` does; None also where it cannot be had."""
        try:
            return await self.bring(uri, because_of)
        except FixatifError as problem:
            log.info("post_not_brought", reason=problem.message)
            return None

    async def bring(self, uri: str, because_of: ActorId) -> Found | None:
        """Bring an open post with its author; None where it is not let in, or it is too much.

        Raises as `Remote.note` and `Remote.actor`.
        """
        if self.addresses.is_ours(uri) or not self._may_cause(because_of, 2):
            return None
        note = await self.remote.note(uri)
        if note.audience not in OPEN:
            return None
        author = await self.remote.actor(note.attributed_to)
        decision = self.doors.of_post(note, author)
        if isinstance(decision, (Refuse, Hold)):  # nobody sent it: no moderator has to look
            return None
        return Found(self.doors.cleaned(note), author, treatment_of(decision))

    async def _document(self, uri: str, because_of: ActorId) -> Document | None:
        if not uri or self.addresses.is_ours(uri) or not self._may_cause(because_of, 1):
            return None
        try:
            return await self.fetching.document(uri)
        except FixatifError as problem:
            log.info("document_not_brought", reason=problem.message)
            return None

    def _may_cause(self, actor_id: ActorId, documents: int) -> bool:
        """Count what an actor's posts make us fetch; False once it is too much for this hour."""
        now = self.clock.now()
        since, spent = self._caused.get(actor_id, (now, 0))
        if now - since >= HOUR:
            since, spent = now, 0
        if spent + documents > MAX_CAUSED:
            return False
        _remember(self._caused, actor_id, (since, spent + documents))
        return True


def _remember(memory: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
