"""Asks other servers what they publish about machines: at first contact, and weekly. Flow.

Off the inbox's path: a round now and then looks who spoke, or is due, and promises a job for
each, a few at once. Only servers are asked that somebody here deals with: who follows or is
followed, or sent something believed. Whatever one answers changes its own standing at most.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec
import structlog

from federation import policies, uris
from federation.content_types import ACTIVITY_JSON, LD_JSON
from federation.documents import Document, read_document
from federation.policies import Published
from server import peers
from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, Untrusted
from server.house import House
from server.model import JobKind, Millis
from server.neighbours import PeerPolicy, PolicyState
from server.ports import Bus, Incoming, Library, Outgoing, Transaction, Transport, Unreachable
from server.promises import JOBS_TOPIC, MeetPromise, PolicyPromise, promise
from server.repositories.jobs import JobCounts
from server.signals import WELL_KNOWN
from server.tiers import Tier
from server.values import dataclass

log = structlog.get_logger(__name__)

ROUND_EVERY: Final = Millis(5 * 60_000)
ASK_EVERY: Final = Millis(7 * 86_400_000)
FORGOTTEN_AFTER: Final = Millis(30 * 86_400_000)  # who is silent for so long is asked no more
LAPSES_AFTER: Final = Millis(28 * 86_400_000)  # what is away for so long is not known any more
MAX_BYTES: Final = 65_536  # ours has 4 KiB
_SECONDS: Final = 10.0
_MAX_REDIRECTS: Final = 2
_AT_ONCE: Final = 20  # promised in one round
_OVERLAP: Final = Millis(60_000)  # what was being written when the last round looked
_SPREAD: Final = 86_400_000  # over a day: who came in one week is not asked in one hour
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ABSENT: Final = frozenset({404, 405, 406, 410})
_BROKEN: Final = 500  # and above: it may be well again tomorrow


class _Away(Exception):
    """The server could not be asked; the message says why."""


class _None(Exception):
    """The server publishes no policy."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Asks, and keeps what is answered. `draw`: from 0 to 1, at random."""

    library: Library
    transport: Transport
    clock: Clock
    bus: Bus
    addresses: Addresses
    house: House
    draw: Callable[[], float]
    allows_loopback: bool = False

    async def schedule(self) -> None:
        """Promise a round, unless one is promised already."""
        async with self.library.transaction() as tx:
            waiting = (await tx.jobs.counts()).get(JobKind.MEET, JobCounts()).waiting
            if not waiting:
                await promise(tx, self.clock, MeetPromise())

    async def meet(self, payload: bytes) -> None:
        """Do one round, and promise the next. Safe twice."""
        what = msgspec.json.decode(payload, type=MeetPromise)
        now = self.clock.now()
        since = Millis(max(0, what.since - _OVERLAP))
        async with self.library.reading() as tx:
            found = await tx.neighbours.speakers(since)
            found += await tx.neighbours.companions() if what.since == 0 else []
        hosts = sorted({host for uri in found if (host := self._host_of(uri))})
        await self.library.join(lambda tx: self._promise_round(tx, hosts, now))
        self.bus.wake(JOBS_TOPIC)

    async def ask(self, payload: bytes) -> None:
        """Do one `PolicyPromise`: ask a server and keep what it answers."""
        host = msgspec.json.decode(payload, type=PolicyPromise).host
        await self.renew(host)

    async def renew(self, host: str) -> PeerPolicy:
        """Ask a server for its policy now, and return what is known of it then."""
        async with self.library.reading() as tx:
            known = await tx.neighbours.policy_of(host) or PeerPolicy(host)
        now = self.clock.now()
        found = replace(await self._asked(known), checked_at=now)
        has_changed = await self.library.join(lambda tx: self._keep(tx, found))
        if has_changed:
            await self.house.refresh()
            log.info("peer_claim_changed", host=host, is_known=found.is_known)
        return found

    async def _keep(self, tx: Transaction, found: PeerPolicy) -> bool:
        """Keep what was found; say whether it changes the server's standing."""
        before = await tx.neighbours.policy_of(found.host)
        await tx.neighbours.put_policy(found)
        has_changed = found.is_known != (before is not None and before.is_known)
        if has_changed:
            await tx.policies.bump()
        return has_changed

    async def _promise_round(self, tx: Transaction, hosts: list[str], now: Millis) -> None:
        await tx.neighbours.meet(hosts, now, now)
        due = await tx.neighbours.due_policies(
            now, met_since=Millis(now - FORGOTTEN_AFTER), limit=_AT_ONCE
        )
        health = await tx.peers.many([one.host for one in due])
        for one in due:
            later = Millis(now + ASK_EVERY + int(self.draw() * _SPREAD))
            await tx.neighbours.put_off(one.host, later)
            is_refused = self.house.now.tiers.tier_of(one.host) is Tier.REFUSED
            if not is_refused and not peers.is_dead(health.get(one.host)):
                await promise(tx, self.clock, PolicyPromise(one.host), queue=f"policy {one.host}")
        await promise(tx, self.clock, MeetPromise(now), delay=ROUND_EVERY)

    async def _asked(self, known: PeerPolicy) -> PeerPolicy:
        try:
            body, policy = await self._policy(known.host)
            actor = await self._server_actor(known.host)
            published = policies.read_policy(policy, actor, self.clock.now())
        except _None:
            return _without(known, PolicyState.NONE, "")
        except _Away as outage:
            return self._away(known, str(outage))
        except (Invalid, Untrusted) as refusal:
            return _without(known, PolicyState.BROKEN, policies.problem_of(refusal))
        return self._valid(known, body, published)

    def _valid(self, known: PeerPolicy, body: bytes, published: Published) -> PeerPolicy:
        return replace(
            known,
            state=PolicyState.VALID,
            problem="",
            is_enforced=published.is_enforced,
            is_known=published.is_enforced,
            fetched_at=self.clock.now(),
            document=body.decode(),
            actor_uri=published.actor_uri,
            content_usage=published.content_usage,
            version=published.version,
            updated_at=published.updated_at,
        )

    def _away(self, known: PeerPolicy, reason: str) -> PeerPolicy:
        """Return what counts of a server that cannot be asked: its last word, for some weeks."""
        now = self.clock.now()
        lasts = known.fetched_at is not None and now - known.fetched_at < LAPSES_AFTER
        return replace(
            known, state=PolicyState.AWAY, problem=reason, is_known=known.is_known and lasts
        )

    async def _policy(self, host: str) -> tuple[bytes, Document]:
        """Return a host's policy, as sent and as read."""
        answer, address = await self._at(host, WELL_KNOWN, "application/ld+json, application/json")
        if answer.status in _ABSENT or not policies.is_json(_type_of(answer)):
            raise _None  # many answer every address with a page
        document = read_document(answer.body)
        policies.check_address(document, address)
        return answer.body, document

    async def _server_actor(self, host: str) -> Document:
        """Return a host's own actor, found by NodeInfo (FEP-2677), else WebFinger (FEP-d556)."""
        for target in (
            "/.well-known/nodeinfo",
            f"/.well-known/webfinger?resource=https://{host}/",
        ):
            answer, _ = await self._at(host, target, "application/jrd+json, application/json")
            links = _links_of(answer)
            link = policies.server_actor_link(links, host) if links else ""
            if link:
                return await self._actor(link)
        raise Untrusted("The server names no actor of its own (FEP-2677), so nobody signs for it.")

    async def _actor(self, uri: str) -> Document:
        answer = await self._get(uri, f"{LD_JSON}, {ACTIVITY_JSON}")
        if answer.status != 200 or not policies.is_actor_type(_type_of(answer)):
            raise Untrusted("The server's own actor cannot be read without a signature.")
        actor = read_document(answer.body)
        policies.check_actor(actor, uri)
        return actor

    async def _at(self, host: str, target: str, accept: str) -> tuple[Incoming, str]:
        """Ask a host; return its answer and the address that was asked."""
        schemes = ["https"]
        name = urlsplit(f"//{host}").hostname or ""
        if self.allows_loopback and uris.is_loopback(name):
            schemes.append("http")
        for scheme in schemes:
            address = f"{scheme}://{host}{target}"
            try:
                return await self._get(address, accept), address
            except _Away:
                if scheme == schemes[-1]:
                    raise
        raise _Away("The server cannot be reached.")

    async def _get(self, uri: str, accept: str) -> Incoming:
        """GET, following redirects on the very same origin alone."""
        asked = uri
        for _ in range(_MAX_REDIRECTS + 1):
            if self.addresses.is_ours(asked):
                raise Untrusted("The server leads to an address of ours.")
            answer = await self._send(asked, accept)
            if answer.status >= _BROKEN:
                raise _Away(f"The server answered {answer.status}.")
            if answer.status not in _REDIRECTS:
                return answer
            asked = _joined(asked, answer.headers.get("location", ""))
            if not uris.same_origin(asked, uri):
                raise Untrusted("The server leads to another host; publish at the address itself.")
        raise Untrusted("The server redirects in a circle.")

    async def _send(self, uri: str, accept: str) -> Incoming:
        """Ask unsigned: what is published is for everybody."""
        request = Outgoing(
            "GET", uri, {"Accept": accept}, max_bytes=MAX_BYTES, total_seconds=_SECONDS
        )
        try:
            return await self.transport.send(request)
        except Unreachable as problem:
            # Why is for our log: told on a page, it would show what stands behind us
            log.info("policy_not_reached", host=urlsplit(uri).netloc, reason=str(problem))
            raise _Away("The server cannot be reached, or answered with too much.") from problem

    def _host_of(self, uri: str) -> str:
        try:
            found = uris.origin_of(uri)
        except Untrusted:
            return ""
        return "" if self.addresses.is_ours(uri) else found.authority


def _without(known: PeerPolicy, state: PolicyState, problem: str) -> PeerPolicy:
    """Return what counts of a server that has no policy that could be believed."""
    return replace(known, state=state, problem=problem, is_enforced=False, is_known=False)


def _links_of(answer: Incoming) -> Document | None:
    if answer.status != 200:
        return None
    try:
        return read_document(answer.body)
    except Invalid:
        return None


def _type_of(answer: Incoming) -> str:
    return answer.headers.get("content-type", "")


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as problem:
        raise Untrusted("The server redirects to what is no web address.") from problem
