"""What everybody may read of a policy: its rules as sentences, and what changed. Pure.

The law: whom a rule names (servers, accounts, networks, programs) is nobody else's business; that
it acts, and its public reason, are everybody's.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from server.model import ContentUsage, Preference
from server.phrasing import effect_of, sentence_of
from server.policy import LocalAiWorks, Policy, RemoteAiWorks
from server.rules import Action, ConditionKind, Door, Proof, Rule
from server.tiers import FederationMode
from server.values import dataclass

T = TypeVar("T")

_PRIVATE: Final = frozenset(
    {
        ConditionKind.NETWORK,
        ConditionKind.PEER,
        ConditionKind.ACTOR,
        ConditionKind.TOKEN,
        ConditionKind.USER_AGENT,
        ConditionKind.HASHTAG,
        ConditionKind.PATH,
    }
)
_CERTAIN: Final[Mapping[Door, str]] = {
    Door.WEB: "Certain visitors",
    Door.MEDIA: "Certain visitors",
    Door.INBOUND: "Certain things from other servers",
    Door.OUTBOUND: "Certain things for other servers",
}
_USES: Final = (
    ("train_ai", "Training AI"),
    ("ai_use", "Feeding works to AI"),
    ("search", "Showing works in searches"),
)
_ANSWERS: Final = {
    Preference.NO: "is refused",
    Preference.YES: "is permitted",
    Preference.UNSET: "is left open",
}
AI_HERE: Final = {
    LocalAiWorks.REFUSE: "Works made by AI are not shown here.",
    LocalAiWorks.REQUIRE_LABEL: "Works made with AI must say so; artists here label them.",
    LocalAiWorks.ALLOW: "Works made with AI are welcome here.",
}
AI_ELSEWHERE: Final = {
    RemoteAiWorks.REFUSE: "Works from elsewhere that are declared as AI-made are not taken in.",
    RemoteAiWorks.HOLD: "Works from elsewhere that are declared as AI-made wait for a moderator.",
    RemoteAiWorks.LABEL: "Works from elsewhere that are declared as AI-made are labelled.",
    RemoteAiWorks.ALLOW: "Works from other servers are shown as they come.",
}
_MODES: Final = {
    FederationMode.OPEN: "This place deals with every server that is not refused.",
    FederationMode.ALLOW_LIST: "This place deals only with servers that were let in.",
}
PROOFS: Final = {
    Proof.COOKIE: "Visitors see as much as people signed in where their browser keeps a cookie.",
    Proof.WORK: (
        "Visitors see as much as people signed in where their browser keeps a cookie and, once an "
        "hour, solves a small sum: a moment for one person, and costly for who collects everything."
    ),
}
AUDIENCES: Final = (
    ("visitor", "Anybody"),
    ("person", "People signed in here"),
    ("peer", "Other servers"),
)


@dataclass(frozen=True, slots=True)
class PublicRule:
    """A rule as everybody may read it."""

    door: Door
    sentence: str
    because: str


def public_rules(policy: Policy) -> tuple[PublicRule, ...]:
    """Return the rules in force, in order, those that read the same once."""
    found = (
        PublicRule(rule.door, _sentence(rule), rule.because)
        for rule in policy.rules
        if not rule.shadow
    )
    return tuple(dict.fromkeys(found))


def proof_sentence(policy: Policy) -> str:
    """Return what a visitor's browser gives to see more, "" where nothing more is to be seen."""
    limits = policy.renditions
    is_asked = any(rule.then is Action.PROVE and not rule.shadow for rule in policy.rules)
    return PROOFS[limits.proof] if is_asked or limits.person > limits.visitor else ""


def mode_sentence(policy: Policy) -> str:
    """Return with whom this place deals at all."""
    return _MODES[policy.federation.mode]


def changes(before: Policy, after: Policy) -> tuple[str, ...]:
    """Return what everybody may know of what changed, one sentence each."""
    found = (
        *_usage_changes(before.content_usage, after.content_usage),
        *_told(AI_HERE, before.ai_works.local, after.ai_works.local),
        *_told(AI_ELSEWHERE, before.ai_works.remote, after.ai_works.remote),
        *_size_changes(before, after),
        *_told(PROOFS, before.renditions.proof, after.renditions.proof),
        *_told(_MODES, before.federation.mode, after.federation.mode),
        *_rule_changes(before, after),
    )
    return found or ("Nothing changed but details that are not public.",)


def document(policy: Policy) -> dict[str, object]:
    """Return the public part as JSON."""
    doors: dict[str, list[dict[str, str]]] = {str(door): [] for door in Door}
    for rule in public_rules(policy):
        doors[rule.door].append({"does": rule.sentence, "because": rule.because})
    limits = policy.renditions
    return {
        "preset": policy.preset,
        "aiWorks": {"local": policy.ai_works.local.value, "remote": policy.ai_works.remote.value},
        "renditions": {
            "visitor": limits.visitor,
            "person": limits.person,
            "peer": limits.peer,
            "proof": limits.proof.value,
        },
        "federation": {"mode": policy.federation.mode.value},
        "doors": doors,
    }


def _sentence(rule: Rule) -> str:
    if not any(condition.kind in _PRIVATE for condition in rule.when):
        return sentence_of(rule)
    effect = effect_of(rule.door, rule.then)
    return f"{_CERTAIN[rule.door]} {effect[0].lower()}{effect[1:]}."


def _usage_changes(before: ContentUsage, after: ContentUsage) -> Iterator[str]:
    for name, what in _USES:
        was, now = getattr(before, name), getattr(after, name)
        if was is not now:
            yield f"{what} {_ANSWERS[now]} now. Before, it was {_ANSWERS[was].removeprefix('is ')}."


def _told(words: Mapping[T, str], was: T, now: T) -> Iterator[str]:
    if was != now:
        yield f"New: {words[now]}"


def _size_changes(before: Policy, after: Policy) -> Iterator[str]:
    for name, who in AUDIENCES:
        was, now = getattr(before.renditions, name), getattr(after.renditions, name)
        if was != now:
            yield f"{who} may have up to {now:,} pixels on the longest side; before, {was:,}."


def _rule_changes(before: Policy, after: Policy) -> Iterator[str]:
    was, now = public_rules(before), public_rules(after)
    for rule in now:
        if rule not in was:
            yield f"New: {rule.sentence} {rule.because}".rstrip()
    for rule in was:
        if rule not in now:
            yield f"No longer: {rule.sentence} {rule.because}".rstrip()
