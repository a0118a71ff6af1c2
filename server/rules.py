"""Rules, doors and decisions: the engine of the policy, pure.

The law: the first matching rule that is no shadow decides; where none matches, the door is
open. robots.txt, `/.well-known/*` and the pages that state the policy are open to everyone
whatever a rule says: a crawler that gets no robots.txt may take everything (RFC 9309, 2.3.1.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from server.model import AiLabel, RenditionName
from server.visitors import VisitorClass, names_product, without_addresses

OPEN_PATHS = ("/robots.txt", "/.well-known", "/policy", "/rsl.xml", "/ai.txt")


class Door(StrEnum):
    """Where the policy is asked."""

    WEB = "web"  # a page or API answer is asked for
    MEDIA = "media"  # a rendition is asked for
    INBOUND = "inbound"  # an activity arrives
    OUTBOUND = "outbound"  # something is delivered, or fetched by a peer


class Action(StrEnum):
    """What a rule does. HOLD and REFUSE end in decisions of their own, all others allow."""

    ALLOW = "allow"
    THROTTLE = "throttle"
    PROVE = "prove"  # first a proof
    PREVIEW = "preview"  # the small rendition only
    LABEL = "label"
    HIDE = "hide"  # from public feeds
    STRIP_MEDIA = "strip-media"
    FULL = "full"
    LINK_ONLY = "link-only"
    HOLD = "hold"
    REFUSE = "refuse"


class ConditionKind(StrEnum):
    """What a rule can look at."""

    CLASS = "class"
    USER_AGENT = "user_agent"  # a product token: whole word, case-sensitive
    PATH = "path"  # this path and everything below it
    PEER = "peer"  # this domain and its subdomains
    RENDITION = "rendition"
    TYPE = "type"  # of the activity


ACTIONS: Mapping[Door, tuple[Action, ...]] = {
    Door.WEB: (Action.ALLOW, Action.THROTTLE, Action.REFUSE),
    Door.MEDIA: (Action.ALLOW, Action.PROVE, Action.PREVIEW, Action.REFUSE),
    Door.INBOUND: (
        *(Action.ALLOW, Action.LABEL, Action.HIDE),
        *(Action.STRIP_MEDIA, Action.HOLD, Action.REFUSE),
    ),
    Door.OUTBOUND: (Action.FULL, Action.PREVIEW, Action.LINK_ONLY, Action.REFUSE),
}
CONDITIONS: Mapping[Door, tuple[ConditionKind, ...]] = {
    Door.WEB: (
        *(ConditionKind.CLASS, ConditionKind.USER_AGENT),
        *(ConditionKind.PATH, ConditionKind.PEER),
    ),
    Door.MEDIA: (ConditionKind.CLASS, ConditionKind.USER_AGENT, ConditionKind.RENDITION),
    Door.INBOUND: (ConditionKind.PEER, ConditionKind.TYPE),
    Door.OUTBOUND: (ConditionKind.PEER, ConditionKind.TYPE),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a `when`: it holds where any of its values fits."""

    kind: ConditionKind
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; all of `when` must hold. `because` is shown to whom it meets."""

    name: str
    door: Door
    when: tuple[Condition, ...]
    then: Action
    because: str
    shadow: bool = False  # only logged


@dataclass(frozen=True, slots=True)
class WebFacts:
    """A request for a page or an API answer; `path` decoded and without dot segments."""

    door: ClassVar[Door] = Door.WEB
    visitor: VisitorClass
    user_agent: str = ""
    path: str = "/"
    peer: str = ""  # domain of the verified signature, lower case

    def values(self) -> Mapping[ConditionKind, str]:
        """Return what each condition looks at."""
        return {
            ConditionKind.CLASS: self.visitor,
            ConditionKind.USER_AGENT: self.user_agent,
            ConditionKind.PATH: self.path,
            ConditionKind.PEER: self.peer,
        }


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A request for one rendition."""

    door: ClassVar[Door] = Door.MEDIA
    visitor: VisitorClass
    rendition: RenditionName
    user_agent: str = ""

    def values(self) -> Mapping[ConditionKind, str]:
        """Return what each condition looks at."""
        return {
            ConditionKind.CLASS: self.visitor,
            ConditionKind.USER_AGENT: self.user_agent,
            ConditionKind.RENDITION: self.rendition,
        }


@dataclass(frozen=True, slots=True)
class InboundFacts:
    """An activity that arrived. `peer` is its actor's domain, lower case."""

    door: ClassVar[Door] = Door.INBOUND
    peer: str
    type: str = ""  # "Create"; "" before the activity was read
    ai_label: AiLabel = AiLabel.NONE  # what its pictures declare or are marked as

    def values(self) -> Mapping[ConditionKind, str]:
        """Return what each condition looks at."""
        return {ConditionKind.PEER: self.peer, ConditionKind.TYPE: self.type}


@dataclass(frozen=True, slots=True)
class OutboundFacts:
    """A delivery to a peer, or its fetch of one of our documents."""

    door: ClassVar[Door] = Door.OUTBOUND
    peer: str
    type: str = ""

    def values(self) -> Mapping[ConditionKind, str]:
        """Return what each condition looks at."""
        return {ConditionKind.PEER: self.peer, ConditionKind.TYPE: self.type}


Facts: TypeAlias = WebFacts | MediaFacts | InboundFacts | OutboundFacts


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes, perhaps with less: `action` says how. `rule` is "" where no rule decided."""

    rule: str = ""
    reason: str = ""
    action: Action = Action.ALLOW


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before a moderator has looked."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, and the public reason."""

    rule: str
    reason: str


Decision: TypeAlias = Allow | Hold | Refuse
Fits: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its decision made ready and each condition as a test."""

    rule: Rule
    tests: tuple[tuple[ConditionKind, Fits], ...]
    decision: Decision


def compile_rules(rules: tuple[Rule, ...]) -> Mapping[Door, tuple[CompiledRule, ...]]:
    """Return the rules of each door, in order, ready to be asked often."""
    return {door: tuple(_compiled(rule) for rule in rules if rule.door is door) for door in Door}


def first_match(facts: Facts, rules: tuple[CompiledRule, ...]) -> Decision | None:
    """Return what the first matching rule that is no shadow decides, or None."""
    if _is_open(facts):
        return None
    values = facts.values()
    for compiled in rules:
        if not compiled.rule.shadow and _holds(compiled, values):
            return compiled.decision
    return None


def shadow_matches(facts: Facts, rules: tuple[CompiledRule, ...]) -> tuple[Decision, ...]:
    """Return what shadow rules would decide if promoted: those before the first live match."""
    if _is_open(facts):
        return ()
    values = facts.values()
    found: list[Decision] = []
    for compiled in rules:
        if _holds(compiled, values):
            if not compiled.rule.shadow:
                break
            found.append(compiled.decision)
    return tuple(found)


def decision_of(action: Action, rule: str, reason: str) -> Decision:
    """Return the decision that an action stands for."""
    if action is Action.REFUSE:
        return Refuse(rule, reason)
    if action is Action.HOLD:
        return Hold(rule, reason)
    return Allow(rule, reason, action)


def is_below(path: str, top: str) -> bool:
    """Whether `path` is `top` or lies below it; /studios does not lie below /studio."""
    return path == top or path.startswith(top if top.endswith("/") else f"{top}/")


def _compiled(rule: Rule) -> CompiledRule:
    tests = tuple(
        (condition.kind, _TESTS[condition.kind](condition.values)) for condition in rule.when
    )
    return CompiledRule(rule, tests, decision_of(rule.then, rule.name, rule.because))


def _holds(compiled: CompiledRule, values: Mapping[ConditionKind, str]) -> bool:
    return all(kind in values and fits(values[kind]) for kind, fits in compiled.tests)


def _is_open(facts: Facts) -> bool:
    if not isinstance(facts, WebFacts) or not facts.path.startswith(OPEN_PATHS):
        return False
    return any(is_below(facts.path, top) for top in OPEN_PATHS)


def _exact(values: tuple[str, ...]) -> Fits:
    return frozenset(values).__contains__


def _domain(values: tuple[str, ...]) -> Fits:
    """Fit a domain or its subdomains: one lookup a label, so that long blocklists cost nothing.

    A final dot or another port is no way around a rule: it names the same server.
    """
    listed = frozenset(values)

    def is_listed(domain: str) -> bool:
        while domain and domain not in listed:
            domain = domain.partition(".")[2]
        return bool(domain)

    def fits(peer: str) -> bool:
        name, _, port = peer.lower().partition(":")
        host = name.rstrip(".")
        return is_listed(host) or (bool(port) and is_listed(f"{host}:{port}"))

    return fits


def _below(values: tuple[str, ...]) -> Fits:
    return lambda path: any(is_below(path, top) for top in values)


def _product(values: tuple[str, ...]) -> Fits:
    def fits(agent: str) -> bool:
        words = without_addresses(agent)
        return any(names_product(words, token) for token in values)

    return fits


_TESTS: Mapping[ConditionKind, Callable[[tuple[str, ...]], Fits]] = {
    ConditionKind.CLASS: _exact,
    ConditionKind.USER_AGENT: _product,
    ConditionKind.PATH: _below,
    ConditionKind.PEER: _domain,
    ConditionKind.RENDITION: _exact,
    ConditionKind.TYPE: _exact,
}
