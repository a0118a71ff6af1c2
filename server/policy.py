"""The policy of an instance: one typed value that all four doors ask, pure.

The law: `decide` alone answers, for the live server, the dry run and the shadow mode. An
artist, and then a single work, can tighten what the instance says, never loosen it.
`server.matching` compares facts with rules; `server.policy_text` writes a policy as TOML.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from server.matching import (
    CompiledDoor,
    compile_rules,
    first_match,
    is_always_open,
    live_decisions_before,
)
from server.model import AiLabel, ContentUsage, Preference, Sizes
from server.rules import (
    Action,
    Allow,
    Condition,
    ConditionKind,
    Decision,
    Door,
    Facts,
    InboundFacts,
    OutboundFacts,
    Proof,
    Refuse,
    Rule,
    WebFacts,
    action_of,
    decision_of,
)
from server.tiers import FederationMode, Tier
from server.values import dataclass
from server.visitors import VisitorClass

ALL_PIXELS = 65_535  # the longest side that a JPEG can have
PEER_PIXELS = 2880  # 2880² = 8,294,400: up to there Mastodon keeps a file's bytes, marks and all


class LocalAiWorks(StrEnum):
    """What happens to machine-made works of this instance's own artists."""

    REFUSE = "refuse"
    REQUIRE_LABEL = "require-label"
    ALLOW = "allow"


class RemoteAiWorks(StrEnum):
    """What happens to machine-made works that arrive from elsewhere."""

    REFUSE = "refuse"
    HOLD = "hold"
    LABEL = "label"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class AiWorks:
    """What happens to works declared or marked AI-generated."""

    local: LocalAiWorks = LocalAiWorks.REQUIRE_LABEL
    remote: RemoteAiWorks = RemoteAiWorks.LABEL


@dataclass(frozen=True, slots=True)
class RenditionLimits:
    """The longest side, in pixels, that each audience may have.

    `proof`: what a visitor's browser must give before it counts as a person; never none.
    """

    visitor: int = 1280
    person: int = 2048
    peer: int = PEER_PIXELS
    proof: Proof = Proof.COOKIE


@dataclass(frozen=True, slots=True)
class FederationTerms:
    """With whom this place deals at all."""

    mode: FederationMode = FederationMode.OPEN


@dataclass(frozen=True, slots=True)
class Policy:
    """What machines and peers may do here. `preset` names where it began."""

    preset: str
    content_usage: ContentUsage
    ai_works: AiWorks
    renditions: RenditionLimits
    rules: tuple[Rule, ...]
    federation: FederationTerms = FederationTerms()


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to be asked often. Made by `compile_policy` only."""

    policy: Policy
    doors: Mapping[Door, CompiledDoor]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A decision, and those of the shadow rules that would have gone before it."""

    decision: Decision
    shadows: tuple[Decision, ...] = ()


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Return the policy with its rules sorted by door and their values as sets."""
    return CompiledPolicy(policy, compile_rules(policy.rules))


def decide(door: Door, facts: Facts, policy: Policy | CompiledPolicy) -> Decision:
    """Return what the policy says to these facts at this door.

    The first matching rule that is no shadow decides; then the peer's tier, so that lists act
    where no rule speaks of them; then, for what arrives, `ai_works`; else the door is open. A
    rule that only lessens what is given frees nobody from what tier or `ai_works` would do: the
    stricter of both holds. Give a `CompiledPolicy` where many questions follow.
    """
    return weigh(door, facts, policy).decision


def weigh(door: Door, facts: Facts, policy: Policy | CompiledPolicy) -> Weighed:
    """Return what `decide` returns, with what the shadow rules would decide if promoted."""
    compiled = _compiled(door, facts, policy)
    match = first_match(facts, compiled.doors[door])
    return Weighed(
        _settled(match.decision, facts, compiled) or _OPEN_DOORS[door],
        match.shadows,
    )


def refused_already(door: Door, facts: Facts, policy: Policy | CompiledPolicy) -> Refuse | None:
    """Return a refusal that stands whatever will be found out of the facts that are not known yet.

    For the moment before anything is fetched: a rule further up that lets somebody in by what
    only the whole activity says must not be passed over.
    """
    compiled = _compiled(door, facts, policy)
    ruled, is_sure = live_decisions_before(facts, compiled.doors[door])
    outcomes = [_settled(each, facts, compiled) for each in (*ruled, *([] if is_sure else [None]))]
    refusals = [each for each in outcomes if isinstance(each, Refuse)]
    return refusals[-1] if len(refusals) == len(outcomes) else None


def stricter(one: Decision | None, other: Decision | None) -> Decision | None:
    """Return the decision that gives less; the first where both give the same."""
    if one is None or other is None:
        return one or other
    return other if _SEVERITY[action_of(other)] > _SEVERITY[action_of(one)] else one


def shadow_decisions(
    door: Door, facts: Facts, policy: Policy | CompiledPolicy
) -> tuple[Decision, ...]:
    """Return what the shadow rules would decide on these facts if they were promoted."""
    return weigh(door, facts, policy).shadows


def tighten(base: ContentUsage, overlay: ContentUsage) -> ContentUsage:
    """Return `base` with the overlay's refusals: an overlay can add `n`, and nothing else.

    AIPREF lets any `n` win when statements meet (vocab-08, 5.1). It would also let a `y`
    stand over an unset value; ours does not, since that would loosen what is said above.
    """
    return ContentUsage(
        train_ai=_tighter(base.train_ai, overlay.train_ai),
        ai_use=_tighter(base.ai_use, overlay.ai_use),
        search=_tighter(base.search, overlay.search),
    )


def narrow(policy: Policy, *own: Sizes) -> Policy:
    """Return the policy with an artist's and a work's own sizes, where they are smaller.

    What people get who are signed in here stays: they are let in by the artist's own place.
    """
    visitor = min(_given(policy.renditions.visitor, (each.visitor for each in own)))
    peer = min(_given(policy.renditions.peer, (each.peer for each in own)))
    if (visitor, peer) == (policy.renditions.visitor, policy.renditions.peer):
        return policy
    return replace(policy, renditions=replace(policy.renditions, visitor=visitor, peer=peer))


def _given(limit: int, own: Iterable[int | None]) -> tuple[int, ...]:
    return (limit, *(each for each in own if each is not None))


def _tighter(base: Preference, overlay: Preference) -> Preference:
    return Preference.NO if overlay is Preference.NO else base


def _settled(ruled: Decision | None, facts: Facts, compiled: CompiledPolicy) -> Decision | None:
    """Return what a rule's decision, or none, comes to beside tier and `ai_works`."""
    if ruled is not None and action_of(ruled) in _FINAL:
        return ruled
    return stricter(ruled, _consequence(facts, compiled.policy.ai_works))


def _consequence(facts: Facts, ai_works: AiWorks) -> Decision | None:
    """Return what tier and `ai_works` bring where no rule has spoken."""
    if isinstance(facts, InboundFacts):
        said = _INBOUND_TIERS.get(facts.tier)
        if facts.ai_label is AiLabel.GENERATED:
            return stricter(said, _REMOTE_AI_DECISIONS[ai_works.remote])
        return said
    if isinstance(facts, OutboundFacts):
        return _OUTBOUND_TIERS.get(facts.tier)
    if isinstance(facts, WebFacts) and facts.peer and facts.tier is Tier.REFUSED:
        return None if is_always_open(facts) else _REFUSED
    return None


def _compiled(door: Door, facts: Facts, policy: Policy | CompiledPolicy) -> CompiledPolicy:
    if facts.door is not door:  # would ask the wrong rules, and so let everything pass
        raise ValueError(f"facts of the door {facts.door} were brought to the door {door}")
    return policy if isinstance(policy, CompiledPolicy) else compile_policy(policy)


def _rule(name: str, door: Door, classes: tuple[VisitorClass, ...], then: Action, why: str) -> Rule:
    when = (Condition(ConditionKind.CLASS, tuple(str(each) for each in classes)),)
    return Rule(name, door, when, then, why)


# From what gives all to what gives nothing, at whichever door.
_SEVERITY: Mapping[Action, int] = {
    action: rank
    for rank, actions in enumerate(
        (
            (Action.ALLOW, Action.FULL),
            (Action.THROTTLE, Action.LABEL),
            (Action.PROVE, Action.HIDE),
            (Action.PREVIEW, Action.STRIP_MEDIA),
            (Action.LINK_ONLY, Action.HOLD),
            (Action.REFUSE,),
        )
    )
    for action in actions
}
_OPEN_DOORS: Mapping[Door, Decision] = {
    door: Allow(action=Action.FULL) if door is Door.OUTBOUND else Allow() for door in Door
}
_FINAL = frozenset({Action.ALLOW, Action.FULL, Action.REFUSE})  # nothing changes what these say
_REFUSED = Refuse("tier.refused", "This server does not deal with yours.")
_INBOUND_TIERS: Mapping[Tier | None, Decision] = {
    Tier.REFUSED: _REFUSED,
    Tier.LIMITED: Allow(
        "tier.limited", "What comes from this server is not shown in public.", Action.HIDE
    ),
}
_OUTBOUND_TIERS: Mapping[Tier | None, Decision] = {
    Tier.REFUSED: _REFUSED,
    Tier.LIMITED: Allow("tier.limited", "This server gets small pictures only.", Action.PREVIEW),
}
_REMOTE_AI_DECISIONS: Mapping[RemoteAiWorks, Decision] = {
    choice: decision_of(action, "ai_works.remote", reason)
    for choice, action, reason in (
        (RemoteAiWorks.REFUSE, Action.REFUSE, "Works made by AI are not taken in here."),
        (RemoteAiWorks.HOLD, Action.HOLD, "Works made by AI wait for a moderator here."),
        (RemoteAiWorks.LABEL, Action.LABEL, "Works made by AI carry a label here."),
        (RemoteAiWorks.ALLOW, Action.ALLOW, ""),
    )
}

_TRAINERS = (VisitorClass.AI_TRAINING, VisitorClass.DATASET, VisitorClass.FORGED)
_ANSWERERS = (VisitorClass.AI_SEARCH, VisitorClass.AI_USER)
_HURRIED = (VisitorClass.SEO, VisitorClass.TOOL)
_NO_TRAINING = "All rights are reserved against AI training here."
_NO_AI_USE = "Works here may not be fed to AI systems."
_SLOWLY = "Programs are served slowly here, so that people are served fast."
_SMALL = "Programs get the small rendition here."

_STANDARD_RULES = (
    _rule("No training crawlers", Door.WEB, _TRAINERS, Action.REFUSE, _NO_TRAINING),
    _rule("No AI answers", Door.WEB, _ANSWERERS, Action.REFUSE, _NO_AI_USE),
    _rule("Programs slowly", Door.WEB, _HURRIED, Action.THROTTLE, _SLOWLY),
    _rule("No works for training", Door.MEDIA, _TRAINERS, Action.REFUSE, _NO_TRAINING),
    _rule("No works for AI answers", Door.MEDIA, _ANSWERERS, Action.REFUSE, _NO_AI_USE),
)
_COLLECTORS = (VisitorClass.ARCHIVE, VisitorClass.SEO)
_STRICT_RULES = (
    *(
        _rule(
            f"No collectors: {door}", door, _COLLECTORS, Action.REFUSE, "Nothing is collected here."
        )
        for door in (Door.WEB, Door.MEDIA)
    ),
    *_STANDARD_RULES,
    _rule(
        "Small works for programs",
        Door.MEDIA,
        (*_HURRIED, VisitorClass.UNKNOWN),
        Action.PREVIEW,
        _SMALL,
    ),
)
_OPEN_RULES = (
    _rule(
        "Programs slowly",
        *(Door.WEB, (*_TRAINERS, *_HURRIED)),
        *(Action.THROTTLE, _SLOWLY),
    ),
)

STANDARD_NO_AI = Policy(
    preset="standard-no-ai",
    # `search` stays unset: "y" would override train-ai=n inside search products (vocab-08, 4.3)
    content_usage=ContentUsage(train_ai=Preference.NO, ai_use=Preference.NO),
    ai_works=AiWorks(),
    renditions=RenditionLimits(),
    rules=_STANDARD_RULES,
)
STRICT_STUDIO = Policy(
    preset="strict-studio",
    content_usage=ContentUsage(Preference.NO, Preference.NO, Preference.NO),
    ai_works=AiWorks(LocalAiWorks.REFUSE, RemoteAiWorks.REFUSE),
    renditions=RenditionLimits(visitor=800, person=2048, peer=1280),
    rules=_STRICT_RULES,
)
OPEN = Policy(
    preset="open",
    content_usage=ContentUsage(Preference.YES, Preference.YES, Preference.YES),
    ai_works=AiWorks(LocalAiWorks.ALLOW, RemoteAiWorks.ALLOW),
    renditions=RenditionLimits(visitor=ALL_PIXELS, person=ALL_PIXELS, peer=PEER_PIXELS),
    rules=_OPEN_RULES,
)
PRESETS: Mapping[str, Policy] = {
    policy.preset: policy for policy in (STRICT_STUDIO, STANDARD_NO_AI, OPEN)
}
