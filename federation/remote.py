"""Brings people, their keys and posts from other servers, and keeps them. Flow.

What is fetched, and when an answer counts, is `fetching`'s to say; here is what stays of it, and
for how long it is believed unasked.
"""

from collections import OrderedDict
from dataclasses import field, replace

import msgspec
import structlog

from federation import names, uris
from federation.documents import id_of, type_of
from federation.doors import Doors, treatment_of
from federation.fetching import Fetching, RemoteDeleted, RemoteGone
from federation.handles import Handles, domain_of
from federation.posts import post_from, treated, with_header
from federation.signatures import PublicKey, load_public_key
from federation.vocabulary import RemoteActor, RemoteNote, read_actor, read_keys, read_note
from federation.wording import sanitised
from server.addresses import Addresses
from server.clock import Clock
from server.errors import FixatifError, Invalid, NotFound, Unavailable, Untrusted
from server.likening import look_later
from server.model import Actor, ActorId, ActorKind, Millis, Post, Visibility
from server.ports import Library, Transaction
from server.promises import FetchPromise, NamePromise, promise
from server.rules import Hold, Refuse
from server.targets import Target, find_target_by_uri
from server.values import dataclass

log = structlog.get_logger(__name__)

STALE_AFTER = Millis(86_400_000)  # an actor's document is good for a day
REFETCH_AFTER = Millis(60_000)  # a key that failed is fetched again at most once a minute
_KEYS_KEPT = 10_000  # some 2 KiB each
_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_ACTOR_TYPES = frozenset(kind.value for kind in ActorKind)


@dataclass(slots=True)
class Remote:
    """Fetches, checks, keeps."""

    library: Library
    fetching: Fetching
    clock: Clock
    addresses: Addresses
    doors: Doors
    _keys: OrderedDict[str, PublicKey] = field(default_factory=OrderedDict)
    _refetched: OrderedDict[str, Millis] = field(default_factory=OrderedDict)
    handles: Handles = field(init=False)

    def __post_init__(self) -> None:
        self.handles = Handles(self.library, self.clock, self.addresses, self.fetching.look_up)

    async def key(self, key_id: str, actor_uri: str, *, afresh: bool = False) -> PublicKey:
        """Return the key that signs for `actor_uri`; from memory, the database, or its origin.

        Raises `Untrusted`, `RemoteGone`, `Unavailable`.
        """
        if self.addresses.is_ours(key_id):  # what we say comes back only by somebody's trick
            raise Untrusted("This key is ours; nobody elsewhere signs with it.")
        if not afresh:
            known = self._keys.get(key_id) or await self._kept_key(key_id, actor_uri)
            if known is not None:
                self._remember(known)
                return known
        elif not self._may_refetch(key_id):
            raise Untrusted("The signature does not verify with the actor's key.")
        self._keys.pop(key_id, None)
        actor = await self._owner_of(key_id, actor_uri)
        if actor.key_id != key_id:
            raise Untrusted("The actor does not publish the key that signed this.")
        found = load_public_key(actor.public_key_pem, key_id=key_id, owner=actor.uri)
        self._remember(found)
        return found

    async def actor(self, uri: str, *, afresh: bool = False) -> Actor:
        """Return an actor, from here if known and fresh, else from its origin. Raises as `key`."""
        async with self.library.reading() as tx:
            known = await tx.actors.by_uri(uri)
        return await self.current(uri, known, afresh=afresh)

    async def current(self, uri: str, known: Actor | None, *, afresh: bool = False) -> Actor:
        """Return `known`, as just read, if it is fresh, else as its origin has it. As `actor`."""
        if known is None or not known.is_local:
            self.doors.demand(uri)
        if known is not None and (known.is_local or not afresh):
            if known.gone_at is not None:
                raise RemoteGone("This account was deleted.")
            if self.is_fresh(known):
                return known
        try:
            return await self.keep(read_actor(await self.fetching.document(uri)))
        except Unavailable:
            if known is None or afresh:
                raise
            return known  # an old copy is better than none while its server is away

    def is_fresh(self, actor: Actor) -> bool:
        """Say whether what we know of an actor need not be fetched anew: ours, or of today."""
        if actor.gone_at is not None:
            return False
        return actor.is_local or self.clock.now() - actor.fetched_at < STALE_AFTER

    async def by_address(self, text: str) -> Actor:
        """Find `name@domain` by WebFinger. Raises `Invalid`, `NotFound`, `Unavailable`."""
        handle, domain = names.read_address(text)
        async with self.library.reading() as tx:
            known = await tx.actors.by_address(handle, domain)
            if domain == _host_of(self.addresses):
                known = await tx.actors.by_address(handle, self.addresses.domain)
        if self.is_us(domain) or (known is not None and known.is_local):
            if known is None or known.gone_at is not None:
                raise NotFound(f"There is nobody called {handle} here.")
            return known
        actor = await self.actor(names.actor_link(await self.fetching.look_up(text), text))
        # asked for by another name: whether it is theirs, their own server is to say
        return actor if actor.domain == domain else await self.handles.named(actor)

    async def find(self, uri: str) -> Actor | RemoteNote | Target:
        """Find whatever stands at an address (or is called `name@server`), here or elsewhere.

        Raises as `Fetching.document`, `NotFound` where it is ours and not there.
        """
        if names.is_account(uri.removeprefix("acct:")):
            return await self.by_address(uri.removeprefix("acct:"))
        uri = self.addresses.shown_at(uri)
        if not uris.is_address(uri):
            raise Invalid("This is no web address: paste the address of a profile or post.", "uri")
        async with self.library.reading() as tx:
            target = await find_target_by_uri(tx, self.addresses, uri)
            actor = await tx.actors.by_uri(uri)
        if not self.addresses.is_ours(uri):
            self.doors.demand(uri)
        if target is not None and target.visibility in _OPEN:
            return target
        if actor is not None and actor.gone_at is None:
            return actor
        if self.addresses.is_ours(uri):
            raise NotFound("There is nothing here at this address.")
        document = await self.fetching.document(uri)
        if type_of(document) in _ACTOR_TYPES:
            return await self.keep(read_actor(document))
        return await self.note(id_of(document))

    async def keep_note(self, note: RemoteNote, author: Actor) -> Post:
        """Keep a public post that somebody here asked for.

        Raise `NotFound` where it is not for everybody, `Invalid` where a rule keeps it out.
        """
        if note.audience not in _OPEN:
            raise NotFound("This post is not for everybody.")
        decision = self.doors.of_post(note, author)
        if isinstance(decision, (Hold, Refuse)):
            raise Invalid(f"The rules here keep this post out: {decision.reason}", "uri")
        note = self.doors.cleaned(note)
        async with self.library.transaction() as tx:
            known = await tx.posts.by_uri(note.uri)
            if known is not None and known.visibility not in _OPEN:  # waiting, refused or private
                raise NotFound("This post is not for everybody.")
            post = post_from(note, author, known, new_id=self.clock.new_id(), now=self.clock.now())
            if known is not None:
                post = replace(post, reply_to_id=known.reply_to_id, work_id=known.work_id)
            post = treated(post, known, treatment_of(decision), self.doors.standing())
            kept = replace(post, id=await tx.posts.put(post))
            await look_later(tx, self.clock, kept, known)
        return kept

    async def keep(self, found: RemoteActor) -> Actor:
        """Keep an actor as its origin just described it."""
        if self.addresses.is_ours(found.uri):
            raise Untrusted("This actor is one of ours and is not fetched.")
        if self._delivers_here(found):
            raise Untrusted("The actor names an inbox of ours as its own; publish its own.")
        async with self.library.transaction() as tx:
            known = await tx.actors.by_uri(found.uri)
            actor = self._actor_from(found, known)
            actor_id = await tx.actors.put(actor)
            if not self.handles.is_settled(found):
                await promise(tx, self.clock, NamePromise(actor_id, found.webfinger))
        if known is not None:
            self._forget_changed_keys(_keys_of(known), _keys_of(actor))
        return replace(actor, id=actor_id)

    def renewed(self, said: RemoteActor, known: Actor) -> Actor:
        """Return a known actor as it now describes itself; its key stays until it is fetched."""
        inboxes = known if self._delivers_here(said) else said
        return replace(
            self._actor_from(said, known),
            inbox=inboxes.inbox,
            shared_inbox=inboxes.shared_inbox,
            key_id=known.key_id,
            public_key_pem=known.public_key_pem,
            more_keys=known.more_keys,
            fetched_at=known.fetched_at,
        )

    async def note(self, uri: str) -> RemoteNote:
        """Fetch a post from its origin.

        Raises as `Fetching.document`, `Invalid` where it is no post.
        """
        document, usage = await self.fetching.with_usage(uri)
        note = with_header(read_note(document), usage)
        if not uris.same_origin(note.uri, note.attributed_to):
            raise Untrusted("The post and its author are on different servers.")
        return note

    async def fetch(self, payload: bytes) -> None:
        """Do one `FetchPromise`: bring an actor's document anew."""
        what = msgspec.json.decode(payload, type=FetchPromise)
        await self.actor(what.uri, afresh=True)

    async def confirm_deleted(self, uri: str, actor_id: ActorId) -> None:
        """Erase an actor if its own address says that it was deleted."""
        try:
            await self.fetching.document(uri)
        except RemoteDeleted:
            now = self.clock.now()
            await self.library.join(lambda tx: tx.actors.mark_gone(actor_id, now))
        except FixatifError as problem:
            log.info("deletion_not_confirmed", reason=problem.message)

    async def _owner_of(self, key_id: str, actor_uri: str) -> Actor:
        """Fetch a key's owner: the claimed actor, or whom the key's own document names."""
        if not uris.same_origin(key_id, actor_uri):
            raise Untrusted("The key and the actor are on different servers.")
        found = read_actor(await self.fetching.document(actor_uri))
        chosen = next((key for key in found.keys if key.key_id == key_id), None)
        if chosen is None:
            keys = read_keys(await self.fetching.document(key_id))
            chosen = next((k for k in keys if (k.key_id, k.owner) == (key_id, found.uri)), None)
        if chosen is None:
            raise Untrusted("The actor does not publish the key that signed this.")
        kept = await self.keep(found)
        if kept.key_id == key_id:
            return kept
        return replace(kept, key_id=key_id, public_key_pem=chosen.text)

    async def _kept_key(self, key_id: str, actor_uri: str) -> PublicKey | None:
        async def look(tx: Transaction) -> Actor | None:
            return await tx.actors.by_key_id(key_id) or await tx.actors.by_uri(actor_uri)

        owner = await self.library.look(look)
        if owner is None or owner.gone_at is not None:
            return None
        text = _keys_of(owner).get(key_id, "")
        return load_public_key(text, key_id=key_id, owner=owner.uri) if text else None

    def _forget_changed_keys(self, old: dict[str, str], new: dict[str, str]) -> None:
        """Forget what its actor gave up: it may be in somebody else's hands."""
        for key_id, text in old.items():
            if new.get(key_id) != text:
                self._keys.pop(key_id, None)

    def _remember(self, key: PublicKey) -> None:
        self._keys[key.key_id] = key
        self._keys.move_to_end(key.key_id)
        if len(self._keys) > _KEYS_KEPT:
            self._keys.popitem(last=False)

    def _may_refetch(self, key_id: str) -> bool:
        now = self.clock.now()
        before = self._refetched.get(key_id)
        if before is not None and now - before < REFETCH_AFTER:
            return False
        self._refetched[key_id] = now
        self._refetched.move_to_end(key_id)
        if len(self._refetched) > _KEYS_KEPT:
            self._refetched.popitem(last=False)
        return True

    def is_us(self, domain: str) -> bool:
        """Say whether a domain, in small letters, is a name of ours: handles' or host's."""
        return domain in {self.addresses.domain, _host_of(self.addresses)}

    def _delivers_here(self, found: RemoteActor) -> bool:
        """Spot who would have us write to ourselves: our own signature would come back to us."""
        return any(self.addresses.is_ours(one) for one in (found.inbox, found.shared_inbox))

    def _actor_from(self, found: RemoteActor, known: Actor | None) -> Actor:
        return Actor(
            id=known.id if known else ActorId(self.clock.new_id()),
            uri=found.uri,
            kind=found.kind,
            handle=found.handle,
            domain=domain_of(found, known),
            name=found.name,
            summary_html=sanitised(found.summary_html),
            url=found.url or found.uri,
            inbox=found.inbox,
            shared_inbox=found.shared_inbox,
            outbox=found.outbox,
            followers_uri=found.followers_uri,
            featured_uri=found.featured_uri,
            also_known_as=found.also_known_as,
            moved_to=found.moved_to,
            emojis=found.emojis,
            published_at=found.published or (known.published_at if known else None),
            icon_url=found.icon_url,
            approves_follows=found.approves_follows,
            key_id=found.key_id,
            public_key_pem=found.public_key_pem,
            more_keys=found.multikeys,
            fetched_at=self.clock.now(),
            heard=found.heard,
        )


def _keys_of(actor: Actor) -> dict[str, str]:
    """Return key id → PEM or Multikey."""
    return {actor.key_id: actor.public_key_pem, **dict(actor.more_keys)}


def _host_of(addresses: Addresses) -> str:
    return uris.origin_of(addresses.base_url).authority
