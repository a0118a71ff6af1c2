"""What the rules say of pictures to one visitor: asked by pages and by whoever sends a picture.

The law: a page shows what the door gives, and says in one line why that is not more. Other
servers fetch pictures unsigned, with a library's name: no rule that looks at the class of visitor
alone keeps the copy for servers from them, unless they collect for machines.
"""

from collections.abc import Collection
from dataclasses import replace

from aiohttp import web

from server.egress import SPARED
from server.errors import NotAllowed
from server.model import RenditionName
from server.policy import decide, stricter
from server.protections import SMALL_CARDS
from server.rules import (
    Action,
    Allow,
    ConditionKind,
    Decision,
    Door,
    MediaFacts,
    Proof,
    Refuse,
    action_of,
)
from server.visitors import VisitorClass
from web.addresses import read_ip
from web.flows import flows
from web.keys import CLAIMED_PEER, CLIENT_ADDRESS, DOOR_FACTS, IS_VOUCHED, VISITOR_CLASS

_COLLECTORS = frozenset(
    {
        VisitorClass.AI_TRAINING,
        VisitorClass.AI_SEARCH,
        VisitorClass.AI_USER,
        VisitorClass.DATASET,
        VisitorClass.FORGED,
    }
)
_NEVER_ASKED = frozenset({VisitorClass.MEMBER, VisitorClass.PEER})  # they proved more than a proof
_BRAKED = Allow(
    "gate.daily_gigabytes",
    "So many pictures went out today that guests get small ones until midnight (UTC).",
    Action.PREVIEW,
)


def demanded(
    request: web.Request, name: RenditionName, proof: Proof = Proof.NONE, given_to: str = ""
) -> Action:
    """Return ALLOW or PREVIEW for a rendition. Raise `NotAllowed` where a rule refuses it.

    `proof`: by which the address holds a token that opens this very copy to this browser.
    `given_to`: the server that the address was given to, as its token says.
    """
    facts = replace(_facts(request, name, proof), token=given_to)
    request[DOOR_FACTS] = facts
    decision = _decided(request, facts)
    if isinstance(decision, Refuse):
        known = flows(request)
        known.sparing.say("media_refused", str(facts.visitor), decision.rule)
        raise NotAllowed(decision.reason)
    return Action.PREVIEW if _is_less(decision, facts) else Action.ALLOW


def kept_from(
    request: web.Request, proof: Proof = Proof.NONE
) -> tuple[Collection[RenditionName], str]:
    """Return which renditions the rules keep from a visitor, and the reason, "" if none do.

    `proof`: once their browser has given this one.
    """
    known = flows(request)
    rules = known.house.now.policy.rules
    if not (known.egress.is_braking or any(rule.door is Door.MEDIA for rule in rules)):
        return frozenset(), ""
    kept: set[RenditionName] = set()
    reasons: list[str] = []
    for name in RenditionName:
        facts = _facts(request, name, proof)
        decision = _decided(request, facts)
        is_less = _is_less(decision, facts) and name not in SMALL_CARDS
        if isinstance(decision, Refuse) or is_less:
            kept.add(name)
            reasons.append(decision.reason)
    return kept, next((reason for reason in reasons if reason), "")


def is_for_guests(request: web.Request, name: RenditionName) -> bool:
    """Say whether a guest without a proof, at this very place, would get this copy as well.

    What only members or a proof open is never kept by a cache that others share.
    """
    facts = replace(_facts(request, name, Proof.NONE), visitor=VisitorClass.VISITOR)
    decision = _decided(request, facts)
    return not (isinstance(decision, Refuse) or _is_less(decision, facts))


def is_usual(request: web.Request) -> bool:
    """Say whether a page may be kept for others: they would get the same pictures.

    What a proof opened is never kept for who has given none.
    """
    if request.get(VISITOR_CLASS) is VisitorClass.PERSON:
        return False
    is_stranger = request.get(VISITOR_CLASS) is VisitorClass.VISITOR
    if is_stranger and not (_looks_closer(request) or flows(request).egress.is_braking):
        return True
    return not kept_from(request)[0]


def _looks_closer(request: web.Request) -> bool:
    """Say whether a rule about pictures looks at more of a visitor than their class."""
    policy = flows(request).house.now.policy
    closer = {ConditionKind.NETWORK, ConditionKind.USER_AGENT}
    return any(
        condition.kind in closer
        for rule in policy.rules
        if rule.door is Door.MEDIA
        for condition in rule.when
    )


def _is_less(decision: Decision, facts: MediaFacts) -> bool:
    """Say whether somebody gets the small copy: by a rule, or since they gave no proof yet."""
    action = action_of(decision)
    return action is Action.PREVIEW or (action is Action.PROVE and not _is_proven(facts))


def _is_proven(facts: MediaFacts) -> bool:
    """Say whether no proof is asked, or one was given: members and servers are never asked.

    Servers fetch their copy unsigned and keep no cookie: none of them could ever give a proof.
    """
    is_for_servers = facts.rendition is RenditionName.FEDERATED and facts.visitor not in _COLLECTORS
    return facts.proof is not Proof.NONE or facts.visitor in _NEVER_ASKED or is_for_servers


def _facts(request: web.Request, name: RenditionName, proof: Proof) -> MediaFacts:
    """Return what this door looks at: a proof counts with a token for the copy, never alone.

    So the pages of people and of visitors show the same pictures, at addresses of the same bytes.
    """
    visitor = request.get(VISITOR_CLASS, VisitorClass.UNKNOWN)
    is_browser = visitor in {VisitorClass.VISITOR, VisitorClass.PERSON}
    if is_browser:
        visitor = VisitorClass.VISITOR if proof is Proof.NONE else VisitorClass.PERSON
    return MediaFacts(
        visitor=visitor,
        proof=proof if is_browser else Proof.NONE,
        rendition=name,
        user_agent=request.headers.get("User-Agent", ""),
        address=read_ip(request.get(CLIENT_ADDRESS, "")),
    )


def _decided(request: web.Request, facts: MediaFacts) -> Decision:
    house = flows(request).house.now
    decision = decide(Door.MEDIA, facts, house.compiled)
    if request.get(IS_VOUCHED) is False:  # a name that nobody has borne out earns nothing
        nameless = replace(facts, visitor=VisitorClass.UNKNOWN)
        decision = stricter(decision, decide(Door.MEDIA, nameless, house.compiled)) or decision
    peer = request.get(CLAIMED_PEER, "") or facts.token
    if peer:  # who only says to have signed, or brings somebody's address, gets no more for it
        claimed = replace(facts, tier=house.tiers.tier_of(peer))
        decision = stricter(decision, decide(Door.MEDIA, claimed, house.compiled)) or decision
    decision = stricter(decision, _braked(request, facts)) or decision
    is_spared = facts.rendition is RenditionName.FEDERATED and facts.visitor not in _COLLECTORS
    return Allow() if is_spared and _is_about_class(request, decision) else decision


def _braked(request: web.Request, facts: MediaFacts) -> Decision | None:
    """Return what the day's bytes leave for strangers, None where they are not spent."""
    is_held = facts.visitor not in SPARED and facts.rendition is not RenditionName.FEDERATED
    return _BRAKED if is_held and flows(request).egress.is_braking else None


def _is_about_class(request: web.Request, decision: Decision) -> bool:
    """Say whether a rule decided that looks at the class of visitor alone."""
    for rule in flows(request).house.now.policy.rules:
        if rule.name == decision.rule and rule.door is Door.MEDIA:
            return all(condition.kind is ConditionKind.CLASS for condition in rule.when)
    return False
