"""The words of the policy: doors, conditions, actions, facts and decisions; pure.

The law: a fact that is not known matches no condition on it. `server.matching` compares facts
with rules, `server.policy` decides.
"""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar, TypeAlias

from server.model import AiLabel, RenditionName, Visibility
from server.tiers import Tier
from server.values import dataclass
from server.visitors import VisitorClass

# Open to everyone whatever a rule says: a crawler that gets no robots.txt may take everything
# (RFC 9309, 2.3.1.3), and terms that nobody may read bind nobody.
OPEN_PATHS = ("/robots.txt", "/.well-known", "/policy", "/policy.json", "/rsl.xml", "/ai.txt")

Address: TypeAlias = IPv4Address | IPv6Address


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
    NETWORK = "network"  # 192.0.2.0/24, 2001:db8::/32
    PATH = "path"  # this path and everything below it
    PEER = "peer"  # this domain and its subdomains
    TIER = "tier"
    RENDITION = "rendition"
    PROOF = "proof"
    TOKEN = "token"  # noqa: S105 - the domain that an address was given to, no secret
    ACTOR = "actor"  # user@host, or their address
    TYPE = "type"  # of the activity
    AI = "ai"
    MEDIA = "media"
    HASHTAG = "hashtag"
    YOUNGER_THAN_DAYS = "younger_than_days"
    FOLLOWS = "follows"
    VISIBILITY = "visibility"
    SENSITIVE = "sensitive"


class Proof(StrEnum):
    """What a visitor proved before a picture is asked for; each is worth more than those above."""

    NONE = "none"
    COOKIE = "cookie"  # a style sheet was loaded and its cookie came back
    WORK = "work"  # a sum was solved too, which costs a moment of computing

    def suffices(self, asked: "Proof") -> bool:
        """Say whether this is worth at least what is asked."""
        order = tuple(Proof)
        return order.index(self) >= order.index(asked)


class Medium(StrEnum):
    """What an activity's object carries."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    NONE = "none"


class Follows(StrEnum):
    """How an activity's actor stands to the people here."""

    FOLLOWED_HERE = "followed-here"  # someone here follows the actor
    FOLLOWS_HERE = "follows-here"  # the actor follows someone here
    NONE = "none"


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
        *(ConditionKind.CLASS, ConditionKind.USER_AGENT, ConditionKind.NETWORK),
        *(ConditionKind.PATH, ConditionKind.PEER, ConditionKind.TIER),
    ),
    Door.MEDIA: (
        *(ConditionKind.CLASS, ConditionKind.USER_AGENT, ConditionKind.NETWORK),
        *(ConditionKind.RENDITION, ConditionKind.PROOF, ConditionKind.TIER, ConditionKind.TOKEN),
    ),
    Door.INBOUND: (
        *(ConditionKind.PEER, ConditionKind.TIER, ConditionKind.ACTOR, ConditionKind.TYPE),
        *(ConditionKind.AI, ConditionKind.MEDIA, ConditionKind.HASHTAG),
        *(ConditionKind.YOUNGER_THAN_DAYS, ConditionKind.FOLLOWS),
    ),
    Door.OUTBOUND: (
        *(ConditionKind.PEER, ConditionKind.TIER, ConditionKind.TYPE),
        *(ConditionKind.VISIBILITY, ConditionKind.AI, ConditionKind.SENSITIVE),
    ),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a `when`: it holds where any of its values fits."""

    kind: ConditionKind
    values: tuple[str, ...]  # as the policy's text has them; numbers and yes or no as text


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
    tier: Tier | None = None  # of that peer; of nobody it matches nothing
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A request for one rendition."""

    door: ClassVar[Door] = Door.MEDIA
    visitor: VisitorClass
    rendition: RenditionName
    user_agent: str = ""
    address: Address | None = None
    proof: Proof = Proof.NONE
    tier: Tier | None = None
    token: str = ""  # domain of the peer that the picture's address was given to


@dataclass(frozen=True, slots=True)
class InboundFacts:
    """An activity that arrived. `peer` is its actor's domain, lower case.

    A set that is empty is not known; known to be nothing is a set with `none` in it.
    """

    door: ClassVar[Door] = Door.INBOUND
    peer: str
    type: str = ""  # "Create"; "" before the activity was read
    ai_label: AiLabel | None = None  # what its pictures declare or are marked as
    tier: Tier | None = None
    actor: str = ""  # user@host
    actor_uri: str = ""
    media: frozenset[str] = frozenset()  # values of `Medium`
    hashtags: frozenset[str] = frozenset()  # casefolded, without #
    account_age_days: int | None = None
    follows: frozenset[str] = frozenset()  # values of `Follows`


@dataclass(frozen=True, slots=True)
class OutboundFacts:
    """A delivery to a peer, or its fetch of one of our documents."""

    door: ClassVar[Door] = Door.OUTBOUND
    peer: str
    type: str = ""
    tier: Tier | None = None
    visibility: Visibility | None = None
    ai_label: AiLabel | None = None
    is_sensitive: bool | None = None


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


def decision_of(action: Action, rule: str, reason: str) -> Decision:
    """Return the decision that an action stands for."""
    if action is Action.REFUSE:
        return Refuse(rule, reason)
    if action is Action.HOLD:
        return Hold(rule, reason)
    return Allow(rule, reason, action)


def action_of(decision: Decision) -> Action:
    """Return the action that a decision comes to."""
    if isinstance(decision, Allow):
        return decision.action
    return Action.HOLD if isinstance(decision, Hold) else Action.REFUSE


def is_below(path: str, top: str) -> bool:
    """Whether `path` is `top` or lies below it; /studios does not lie below /studio."""
    return path == top or path.startswith(top if top.endswith("/") else f"{top}/")
