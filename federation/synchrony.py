"""Keeps followers in step with other servers (FEP-8fcf): says digests, compares them, mends.

Followers-only posts say how many followers on its host we believe a server to have. Where
somebody else's word differs from what is here, their list is fetched, signed, from the actor's
own origin, at most once an hour, and both sides come to agree: a follow that they do not know
ends here, and one that we do not know is undone there.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
import structlog

from federation.addressing import PUBLIC
from federation.documents import Document, number_of, type_of
from federation.fetching import Fetching
from federation.followers_sync import (
    HEADER,
    MOST_FOLLOWERS,
    SyncClaim,
    digest_of,
    header_value,
    host_prefix,
    is_for_followers,
    items_of,
    read_header,
)
from federation.messages import Received
from federation.uris import same_origin
from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotFound, Untrusted
from server.following import Following
from server.model import Actor, ActorId, Follow, FollowState, Millis, StoredActivity
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, MendPromise, SayPromise, promise
from server.values import dataclass

log = structlog.get_logger(__name__)

MEND_AFTER: Final = Millis(3_600_000)  # one actor's list is fetched at most once an hour
_SETTLE: Final = Millis(30_000)  # what differs may be on its way: a Follow, its Accept, an Undo
_DIGESTS_LAST: Final = Millis(60_000)  # one post goes to thousands of hosts within it
_ACTORS_KEPT: Final = 1_000
_MOST_PAGES: Final = 20
_MOST_TOTAL: Final = 1_000_000
_MOST_UNDONE: Final = 200  # Undos that one list can make us send
_COLLECTIONS: Final = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
)

LocalFollower = tuple[Follow, Actor]
Value = TypeVar("Value")


class _Addressed(msgspec.Struct, frozen=True):
    """Whom an activity of ours is for; the rest is passed over unread."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()


@dataclass(slots=True)
class Synchrony:
    """Says, compares, mends. What was fetched lately is in memory: a restart costs a fetch."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    fetching: Fetching
    following: Following
    _digests: OrderedDict[ActorId, tuple[Millis, dict[str, str]]] = field(
        default_factory=OrderedDict
    )
    _asked: OrderedDict[ActorId, Millis] = field(default_factory=OrderedDict)

    async def headers_for(
        self, activity: StoredActivity, actor_id: ActorId, inbox: str
    ) -> tuple[tuple[str, str], ...]:
        """Return the header that goes with one delivery of ours, () where none does."""
        prefix = host_prefix(inbox)
        said = _addressed(activity.body)
        addressed = (*said.to, *said.cc)
        # Most are for everybody, or for one person elsewhere: no database is asked for them.
        is_for_ours = any(self.addresses.is_ours(uri) for uri in addressed)
        if not prefix or PUBLIC in addressed or not is_for_ours:
            return ()
        async with self.library.reading() as tx:
            actor = await tx.actors.by_id(actor_id)
            if actor is None or not is_for_followers(
                {"to": [*said.to], "cc": [*said.cc]}, actor.followers_uri
            ):
                return ()
            digests = await self._digests_of(tx, actor.id)
        if digests is None:
            return ()
        digest = digests.get(prefix, digest_of(()))
        claim = SyncClaim(actor.followers_uri, f"{actor.uri}/followers_synchronization", digest)
        return ((HEADER, header_value(claim)),)

    async def notice(self, tx: Transaction, received: Received, actor_uri: str) -> None:
        """Compare what a believed delivery says with what is here; promise to mend a difference.

        `actor_uri`: who signed the request, and so says this.
        """
        texts = received.values(HEADER.lower())
        actor = await tx.actors.by_uri(actor_uri) if len(texts) == 1 else None
        claim = read_header(texts[0], actor.followers_uri, actor.uri) if actor else None
        if actor is None or claim is None or actor.is_local or self._was_asked(actor.id):
            return
        if digest_of(await tx.relations.believed_followers(actor.id)) != claim.digest:
            _keep(self._asked, actor.id, self.clock.now())
            await promise(tx, self.clock, MendPromise(actor.id, claim.url), delay=_SETTLE)

    async def mend(self, payload: bytes) -> None:
        """Do one `MendPromise`. Raise `Unavailable` where the other server is away."""
        what = msgspec.json.decode(payload, type=MendPromise)
        async with self.library.reading() as tx:
            actor = await tx.actors.by_id(what.actor_id)
            here = await tx.relations.local_followers(what.actor_id)
        if actor is None or actor.gone_at is not None:
            return
        try:
            listed = await self._listed(what.url)
        except (NotFound, Untrusted, Invalid) as problem:
            log.info("followers_unreadable", actor=actor.uri, reason=problem.message)
            return
        if listed is not None:
            await self.library.join(lambda tx: self._agree(tx, actor, here, listed))
            self.bus.wake(JOBS_TOPIC)

    async def _digests_of(self, tx: Transaction, actor_id: ActorId) -> dict[str, str] | None:
        """Return each host's digest; None where there are too many followers."""
        known = self._digests.get(actor_id)
        if known is not None and self.clock.now() - known[0] < _DIGESTS_LAST:
            return known[1]
        uris = await tx.relations.followers_on(actor_id, "")
        if len(uris) > MOST_FOLLOWERS:
            return None
        digests = _by_host(uris)
        _keep(self._digests, actor_id, (self.clock.now(), digests))
        return digests

    async def _listed(self, url: str) -> frozenset[str] | None:
        """Bring a whole list; None where it is not whole: half a list ends nobody's follow."""
        found: list[str] = []
        total: int | None = None
        uri = url
        for _ in range(_MOST_PAGES):
            document = await self.fetching.document(uri)
            ids, following, is_whole = items_of(document)
            if not is_whole or not _is_collection(document):
                return None
            found += ids
            total = _total_of(document) if total is None else total
            if not following:
                return frozenset(found) if total is None or len(found) >= total else None
            if not same_origin(following, url):
                return None
            uri = following
        return None

    async def _agree(
        self,
        tx: Transaction,
        actor: Actor,
        here: Sequence[LocalFollower],
        listed: frozenset[str],
    ) -> None:
        for follow, follower in here:
            if follower.uri not in listed:
                await self._end(tx, follow)
            elif follow.state is FollowState.PENDING:  # listed by the followee itself: accepted
                await self.following.answered(tx, follow, is_accepted=True)
        unknown = listed - {follower.uri for _, follower in here}
        ours = sorted(uri for uri in unknown if self.addresses.is_ours(uri))
        for uri in ours[:_MOST_UNDONE]:
            await self._undo(tx, uri, actor)

    async def _end(self, tx: Transaction, follow: Follow) -> None:
        """End a follow that the other side does not know, if it is still the one that was seen."""
        known = await tx.relations.follow(follow.follower_id, follow.followee_id)
        if known == follow and await _is_believed(tx, follow):
            await tx.relations.remove(follow.follower_id, follow.followee_id)

    async def _undo(self, tx: Transaction, follower_uri: str, followee: Actor) -> None:
        """Take back a follow that only the other side knows of."""
        follower = await tx.actors.by_uri(follower_uri)
        if follower is None or not follower.is_local or follower.gone_at is not None:
            return
        if await tx.relations.follow(follower.id, followee.id) is None:
            uri = self.addresses.activity(self.clock.new_id())
            said = SayPromise(Deed.FOLLOW_UNDONE, follower.id, followee.id, uri)
            await promise(tx, self.clock, said)

    def _was_asked(self, actor_id: ActorId) -> bool:
        asked_at = self._asked.get(actor_id)
        return asked_at is not None and self.clock.now() - asked_at < MEND_AFTER


@lru_cache(maxsize=64)  # one activity goes to thousands of hosts
def _addressed(body: bytes) -> _Addressed:
    return msgspec.json.decode(body, type=_Addressed)


async def _is_believed(tx: Transaction, follow: Follow) -> bool:
    """Say whether the other side once agreed to a follow, be it suspended by now."""
    if follow.state is not FollowState.SUSPENDED:
        return follow.state is FollowState.ACCEPTED
    cut = await tx.severances.of_pair(follow.follower_id, follow.followee_id)
    return cut is not None and cut.follow.state is FollowState.ACCEPTED


def _by_host(uris: Iterable[str]) -> dict[str, str]:
    grouped: dict[str, list[str]] = {}
    for uri in uris:
        grouped.setdefault(host_prefix(uri), []).append(uri)
    return {prefix: digest_of(each) for prefix, each in grouped.items()}


def _is_collection(document: Document) -> bool:
    return type_of(document) in _COLLECTIONS


def _total_of(document: Document) -> int | None:
    return number_of(document.get("totalItems"), _MOST_TOTAL)


def _keep(kept: OrderedDict[ActorId, Value], key: ActorId, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _ACTORS_KEPT:
        kept.popitem(last=False)
