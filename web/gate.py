"""What kind of visitor asks, and whether the policy lets them in: microseconds, before all else.

Gathers facts from the request alone; `server.visitors` classifies, `server.policy` decides. The
law: what somebody only claims can make their answer worse, never better. Who would be let in as a
member or as a signed peer may appeal: then, and only then, the session or signature is looked up.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from aiohttp import web

from federation.content_types import wants_activity
from server.house import House
from server.model import Artist, Session
from server.policy import decide, stricter
from server.rules import Action, Address, Allow, Decision, Door, Refuse, WebFacts
from server.sparing import Sparing
from server.visitors import Crawlers, VisitorClass, VisitorFacts, classify
from web.addresses import network_of, read_ip
from web.cookies import Cookies
from web.keys import CLAIMED_PEER, CLIENT_ADDRESS, DOOR_FACTS, SESSION, VISITOR_CLASS
from web.limits import Rate, RateLimiter
from web.middleware import Refusal, seat

# Sixty at once load a page with all that is on it; then a request a second, for each class of
# visitors in a network.
THROTTLED: Final = Rate("throttled by the policy", 60, 1.0)
_APPEALS: Final = Rate("appeals at the gate", 10, 2.0)  # that come to nothing, by network
_SLOWER: Final = "Come back a little later."
# Where members come in: whoever would be let in as one may reach these.
_WAYS_IN: Final = ("/login", "/logout", "/static/", "/favicon.ico")
_KEY_OF_ALL: Final = "/actor"  # who we refuse must still be able to check that we signed
_ADDRESSES_KEPT: Final = 4_096

_network_of = lru_cache(_ADDRESSES_KEPT)(network_of)

LoadSession = Callable[[str], Awaitable[tuple[Session, Artist] | None]]


@dataclass(frozen=True, slots=True)
class Gate:
    """The web door.

    `claimed_peer` reads who says to have signed, `proven_peer` finds out whether that holds.
    """

    house: House
    crawlers: Crawlers
    policy_url: str
    limits: RateLimiter
    sparing: Sparing
    cookies: Cookies
    load_session: LoadSession
    claimed_peer: Callable[[web.Request], str]
    proven_peer: Callable[[web.Request], Awaitable[str]]

    def __call__(self, request: web.Request) -> Refusal | None:
        """Set the visitor's class; return a refusal where the policy says no."""
        facts = self._facts(request)
        decision = self._decided(facts)
        peer = self._claimed(request)
        if peer:
            claimed = self._as_peer(facts, peer)
            decision = stricter(decision, self._decided(claimed)) or decision
        refusal = self._refusal(request, decision)
        if refusal is None:
            return None
        is_hopeful = bool(self.cookies.session_token(request)) or bool(peer)
        return replace(refusal, may_appeal=is_hopeful)

    async def appeal(self, request: web.Request, refusal: Refusal) -> Refusal | None:
        """Look up who asks; return the refusal that stands for them, None where none does."""
        network = _network_of(request[CLIENT_ADDRESS])
        if self.limits.take(_APPEALS, network):
            return refusal
        token = self.cookies.session_token(request)
        known = await self.load_session(token) if token else None
        if known is not None:
            self.limits.forgive(_APPEALS, network)
            seat(request, known)
            return self.for_member(request)
        peer = request.get(CLAIMED_PEER, "")
        facts = self._facts(request)
        would_be = self._decided(self._as_peer(facts, peer)) if peer else None
        is_better = would_be is not None and _is_open(would_be)
        if is_better and await self.proven_peer(request) == peer:
            self.limits.forgive(_APPEALS, network)
            request[VISITOR_CLASS] = VisitorClass.PEER
            return None
        return refusal

    def for_member(self, request: web.Request) -> Refusal | None:
        """Decide once more, now that the visitor is known to be signed in."""
        if SESSION not in request:
            return None
        facts = replace(self._facts(request), visitor=VisitorClass.MEMBER)
        request[VISITOR_CLASS], request[DOOR_FACTS] = facts.visitor, facts
        return self._refusal(request, self._decided(facts))

    def _facts(self, request: web.Request) -> WebFacts:
        user_agent = request.headers.get("User-Agent", "")
        visitor = classify(
            VisitorFacts(
                user_agent=user_agent,
                path=request.path,
                accepts_activity=wants_activity(request.headers.get("Accept", "")),
            ),
            self.crawlers,
        )
        request[VISITOR_CLASS] = visitor
        facts = WebFacts(
            visitor=visitor,
            user_agent=user_agent,
            path=request.path,
            address=_address_in(request),
        )
        request[DOOR_FACTS] = facts
        return facts

    def _claimed(self, request: web.Request) -> str:
        if "Signature" not in request.headers or request.path == _KEY_OF_ALL:
            return ""
        peer = self.claimed_peer(request)
        request[CLAIMED_PEER] = peer
        return peer

    def _as_peer(self, facts: WebFacts, peer: str) -> WebFacts:
        tier = self.house.now.tiers.tier_of(peer)
        return replace(facts, visitor=VisitorClass.PEER, peer=peer, tier=tier)

    def _decided(self, facts: WebFacts) -> Decision:
        if facts.path.startswith(_WAYS_IN) and facts.visitor is VisitorClass.VISITOR:
            facts = replace(facts, visitor=VisitorClass.MEMBER)
        return decide(Door.WEB, facts, self.house.now.compiled)

    def _refusal(self, request: web.Request, decision: Decision) -> Refusal | None:
        if _is_open(decision):
            return None
        visitor, network = request[VISITOR_CLASS], _network_of(request[CLIENT_ADDRESS])
        wait_seconds = 0
        if not isinstance(decision, Refuse):
            wait_seconds = self.limits.take(THROTTLED, f"{visitor} {network}")
            if not wait_seconds:
                return None
        event = "web_throttled" if wait_seconds else "web_refused"
        self.sparing.say(event, f"{visitor} {network}", decision.rule)
        words = f"{decision.reason} {_SLOWER}" if wait_seconds else decision.reason
        return Refusal(
            f"{words} The whole policy: {self.policy_url}".lstrip(),
            status=429 if wait_seconds else 403,
            retry_after_seconds=wait_seconds,
        )


def _is_open(decision: Decision) -> bool:
    return isinstance(decision, Allow) and decision.action is not Action.THROTTLE


def _address_in(request: web.Request) -> Address | None:
    return read_ip(request[CLIENT_ADDRESS])
