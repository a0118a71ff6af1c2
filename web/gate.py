"""What kind of visitor asks, and whether the policy lets them in: microseconds, before all else.

Gathers facts from the request alone; `server.visitors` classifies, `server.policy` decides. The
law: what somebody only claims can make their answer worse, never better. Who would be let in as a
member or as a signed peer may appeal: then, and only then, the session or signature is looked up.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aiohttp import web

from federation.content_types import wants_activity
from server.crawler_book import CrawlerBook, brief
from server.crawler_claims import Verdict, is_nearby, is_verifiable
from server.house import House
from server.model import Artist, Session
from server.policy import decide, stricter
from server.rules import Action, Address, Allow, Decision, Door, Proof, Refuse, WebFacts
from server.sparing import Sparing
from server.values import dataclass
from server.visitors import Claim, VisitorClass, VisitorFacts, classify_claim
from server.vouching import Check, Vouching
from web.addresses import network_of, read_ip
from web.bearing import is_disguised
from web.cookies import Cookies
from web.keys import (
    CLAIMED_PEER,
    CLIENT_ADDRESS,
    DOOR_FACTS,
    IS_SECURE,
    IS_VOUCHED,
    NETWORK,
    PROOF,
    SESSION,
    VISITOR_CLASS,
)
from web.limits import Rate, RateLimiter
from web.middleware import Refusal, seat
from web.traps import Traps

# Sixty at once load a page with all that is on it; then a request a second, for each class of
# visitors in a network.
THROTTLED: Final = Rate("throttled by the policy", 60, 1.0)
# Faster than all the people of one network look at pages: 240 at once, then two a second.
_HASTE: Final = Rate("pages of a network", 240, 0.5)
_NO_PAGES: Final = ("/static/", "/media/")  # a page brings dozens of them
_NAMELESS: Final = frozenset({VisitorClass.VISITOR, VisitorClass.UNKNOWN})
_BROWSERS: Final = frozenset({VisitorClass.VISITOR, VisitorClass.PERSON})
_APPEALS: Final = Rate("appeals at the gate", 10, 2.0)  # that come to nothing, by network
_SLOWER: Final = "Come back a little later."
# Where members come in: whoever would be let in as one may reach these.
_WAYS_IN: Final = ("/login", "/logout", "/static/", "/favicon.ico")
_KEY_OF_ALL: Final = "/actor"  # who we refuse must still be able to check that we signed
_ADDRESSES_KEPT: Final = 4_096


@lru_cache(_ADDRESSES_KEPT)
def _place_of(text: str) -> tuple[str, Address | None, bool]:
    """Return an address' network, the address as a value, and whether it says who asks."""
    address = read_ip(text)
    return network_of(text), address, address is not None and not is_nearby(address)


LoadSession = Callable[[str], Awaitable[tuple[Session, Artist] | None]]


@dataclass(frozen=True, slots=True)
class Gate:
    """The web door.

    `claimed_peer` reads who says to have signed, `proven_peer` finds out whether that holds;
    `proof_of` reads what a browser proved; `check_of` makes what finds out, later, whether an
    operator signed a crawler's request.
    """

    house: House
    book: CrawlerBook
    vouching: Vouching
    traps: Traps
    policy_url: str
    limits: RateLimiter
    sparing: Sparing
    cookies: Cookies
    load_session: LoadSession
    claimed_peer: Callable[[web.Request], str]
    proven_peer: Callable[[web.Request], Awaitable[str]]
    check_of: Callable[[web.Request], Check]
    proof_of: Callable[[web.Request], Proof]

    def __call__(self, request: web.Request) -> Refusal | None:
        """Set the visitor's class; return a refusal where the policy says no."""
        facts = self._facts(request)
        decision = self._decided(facts)
        if request.get(IS_VOUCHED) is False:  # a name that nobody has borne out earns nothing
            nameless = replace(facts, visitor=VisitorClass.UNKNOWN)
            decision = stricter(decision, self._decided(nameless)) or decision
        peer = self._claimed(request)
        if peer:
            claimed = self._as_peer(facts, peer)
            decision = stricter(decision, self._decided(claimed)) or decision
        refusal = self._refusal(request, decision)
        if refusal is None:
            return None
        is_hopeful = bool(self.cookies.session_token(request)) or bool(peer)
        return replace(refusal, may_appeal=True) if is_hopeful else refusal

    async def appeal(self, request: web.Request, refusal: Refusal) -> Refusal | None:
        """Look up who asks; return the refusal that stands for them, None where none does."""
        network = request[NETWORK]
        if self.limits.take(_APPEALS, network):
            return refusal
        token = self.cookies.session_token(request)
        known = await self.load_session(token) if token else None
        if known is not None:
            self.limits.forgive(_APPEALS, network)
            seat(request, known)
            return self.for_member(request)
        peer = request.get(CLAIMED_PEER, "")
        facts = self._known(request)
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
        facts = replace(self._known(request), visitor=VisitorClass.MEMBER)
        request[VISITOR_CLASS], request[DOOR_FACTS] = facts.visitor, facts
        return self._refusal(request, self._decided(facts))

    def _known(self, request: web.Request) -> WebFacts:
        """Return what was gathered at this door already, without counting the request twice."""
        known = request.get(DOOR_FACTS)
        return known if isinstance(known, WebFacts) else self._facts(request)

    def _facts(self, request: web.Request) -> WebFacts:
        user_agent = brief(request.headers.get("User-Agent", ""))
        network, address, says_who = _place_of(request[CLIENT_ADDRESS])
        request[NETWORK] = network
        claim = self.book.claim(user_agent)
        accepts_activity = wants_activity(request.headers.get("Accept", ""))
        is_odd = says_who and not accepts_activity and self._is_odd(request, claim, user_agent)
        visitor = classify_claim(
            VisitorFacts(
                user_agent=user_agent,
                path=request.path,
                accepts_activity=accepts_activity,
                has_proof=not is_odd and self._has_proof(request, claim),
                is_disguised=is_odd,
                is_forged=self._is_forged(request, claim, address, user_agent),
            ),
            claim,
        )
        if is_odd and visitor is VisitorClass.UNKNOWN:
            visitor = VisitorClass.TOOL
        facts = WebFacts(
            visitor=visitor,
            user_agent=user_agent,
            path=request.path,
            address=address,
        )
        request[VISITOR_CLASS], request[DOOR_FACTS] = visitor, facts
        return facts

    def _has_proof(self, request: web.Request, claim: Claim) -> bool:
        """Say whether a browser gave the proof that the policy asks for; who bears a name cannot.

        Programs keep cookies too: who does not ask as browsers do earns nothing by it.
        """
        if claim.visitor_class is not VisitorClass.VISITOR or "Cookie" not in request.headers:
            return False
        request[PROOF] = self.proof_of(request)
        return request[PROOF].suffices(self.house.now.policy.renditions.proof)

    def _is_odd(self, request: web.Request, claim: Claim, user_agent: str) -> bool:
        """Say whether who bears no name asks as no browser does, or faster than people do."""
        if claim.visitor_class not in _NAMELESS:
            return False
        if is_disguised(user_agent, request.headers, is_secure=request[IS_SECURE]):
            return True
        is_page = not request.path.startswith(_NO_PAGES)
        return is_page and bool(self.limits.take(_HASTE, request[NETWORK]))

    def _is_forged(
        self, request: web.Request, claim: Claim, address: Address | None, user_agent: str
    ) -> bool:
        """Say whether the name that somebody bears is denied, or a trap holds them.

        Whose name is borne out is never held; what is not known yet is noted as such.
        """
        network = request[NETWORK]
        crawler = claim.crawler
        if crawler is not None and (is_verifiable(crawler) or "Signature-Agent" in request.headers):
            check = self.check_of(request) if "Signature-Agent" in request.headers else None
            verdict = self.vouching.ask(crawler, address, network, check)
            request[IS_VOUCHED] = verdict is Verdict.CONFIRMED
            if verdict is not Verdict.OPEN:
                return verdict is Verdict.DENIED
        return self.traps.holds(network, user_agent)

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
        if facts.path.startswith(_WAYS_IN) and facts.visitor in _BROWSERS:
            facts = replace(facts, visitor=VisitorClass.MEMBER)
        return decide(Door.WEB, facts, self.house.now.compiled)

    def _refusal(self, request: web.Request, decision: Decision) -> Refusal | None:
        if _is_open(decision):
            return None
        visitor, network = request[VISITOR_CLASS], request[NETWORK]
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
