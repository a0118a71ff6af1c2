"""The forms of a rule and of the policy's settings: what they show, and what they send. Pure.

Law: a rule from the form is checked by the same words as a rule from the text.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from server.condition_text import CHOICES, MAX_VALUE, read_condition, read_text
from server.errors import Invalid
from server.model import ContentUsage, Preference
from server.phrasing import (
    AI,
    CLASSES,
    FOLLOWS,
    MEDIA,
    PROOFS,
    TIERS,
    VISIBILITIES,
    effect_of,
)
from server.policy import AiWorks, FederationTerms, LocalAiWorks, Policy, RemoteAiWorks
from server.policy_text import MAX_REASON, read_policy, write_policy
from server.rules import ACTIONS, CONDITIONS, Action, Condition, ConditionKind, Door, Proof, Rule
from server.tiers import FederationMode
from web.fields import CHECKED, Fields
from web.policy_views import ConditionField
from web.views import FormView, OptionView

PREFERENCES = (
    OptionView("n", "No, it is reserved"),
    OptionView("y", "Yes, it is permitted"),
    OptionView("", "Say nothing about it"),
)
LOCAL_AI = (
    OptionView(LocalAiWorks.REFUSE, "Works made by AI cannot be hung"),
    OptionView(LocalAiWorks.REQUIRE_LABEL, "Works made with AI must say so"),
    OptionView(LocalAiWorks.ALLOW, "Artists may do as they like"),
)
REMOTE_AI = (
    OptionView(RemoteAiWorks.REFUSE, "Are not taken in"),
    OptionView(RemoteAiWorks.HOLD, "Wait for a moderator"),
    OptionView(RemoteAiWorks.LABEL, "Carry a label"),
    OptionView(RemoteAiWorks.ALLOW, "Are shown as they come"),
)
PROOFS_ASKED = (
    OptionView(Proof.COOKIE, "A cookie: no visitor notices, scripts or not"),
    OptionView(Proof.WORK, "A small sum, solved by a script in a moment or two"),
)
MODES = (
    OptionView(FederationMode.OPEN, "With everybody who is not refused"),
    OptionView(FederationMode.ALLOW_LIST, "Only with servers that were let in"),
)

_K = ConditionKind
_LABELS: Mapping[ConditionKind, tuple[str, str]] = {
    _K.CLASS: ("Who", ""),
    _K.USER_AGENT: (
        "What they call themselves",
        "A word of the user agent in each line, such as GPTBot.",
    ),
    _K.NETWORK: ("Where they come from", "A network in each line, such as 192.0.2.0/24."),
    _K.PATH: ("Which pages", "A path in each line, such as /tags; all below it counts."),
    _K.PEER: ("Which servers", "A domain in each line; its subdomains count."),
    _K.TIER: ("How far the server is trusted", ""),
    _K.RENDITION: ("Which size", ""),
    _K.PROOF: ("What they proved", ""),
    _K.TOKEN: ("Whose address they use", "The domain of the server that it was given to."),
    _K.ACTOR: ("Which accounts", "One in each line: name@example.org, or their address."),
    _K.TYPE: (
        "What it is",
        "A type in each line: Create (posts), Announce (boosts), Like …",
    ),
    _K.AI: ("Made with AI?", ""),
    _K.MEDIA: ("What it carries", ""),
    _K.HASHTAG: ("Which hashtags", "One in each line."),
    _K.YOUNGER_THAN_DAYS: (
        "Accounts younger than",
        "Days. Unknown ages do not match.",
    ),
    _K.FOLLOWS: ("Who knows them", ""),
    _K.VISIBILITY: ("For whom it is", ""),
    _K.SENSITIVE: ("Marked as sensitive?", ""),
}
_WORDS: Mapping[ConditionKind, Mapping[str, str]] = {
    _K.CLASS: CLASSES,
    _K.TIER: TIERS,
    _K.PROOF: PROOFS,
    _K.AI: AI,
    _K.MEDIA: MEDIA,
    _K.FOLLOWS: FOLLOWS,
    _K.VISIBILITY: VISIBILITIES,
}
_YES_OR_NO = (OptionView("true", "Yes"), OptionView("false", "No"))
_USAGE = {"train_ai": "train-ai", "ai_use": "ai-use", "search": "search"}  # ours to the text's
_SIDES = ("visitor", "person", "peer")


def conditions_of(
    door: Door, chosen: Mapping[str, tuple[str, ...]], errors: Mapping[str, str]
) -> tuple[ConditionField, ...]:
    """Return the fields for every condition of a door. `chosen`: values by kind."""
    return tuple(
        ConditionField(
            kind,
            *_LABELS[kind],
            shape=_shape(kind),
            options=_options(kind),
            chosen=chosen.get(kind, ()),
            error=errors.get(f"when-{kind}", ""),
        )
        for kind in CONDITIONS[door]
    )


def actions_of(door: Door) -> tuple[OptionView, ...]:
    """Return what a rule of a door may do."""
    return tuple(OptionView(action, effect_of(door, action)) for action in ACTIONS[door])


def form_of_rule(rule: Rule) -> FormView:
    """Return a rule's name, action and reason as a form shows them."""
    shadow = CHECKED if rule.shadow else ""
    return FormView(
        {"name": rule.name, "then": rule.then, "because": rule.because, "shadow": shadow}
    )


def sent_conditions(door: Door, sent: Fields) -> Mapping[str, tuple[str, ...]]:
    """Return what was typed and ticked, by kind, as it was."""
    return {
        kind: tuple(
            line.strip()
            for value in sent.all(f"when-{kind}")
            for line in value.splitlines()
            if line.strip()
        )
        for kind in CONDITIONS[door]
    }


def read_rule(door: Door, sent: Fields) -> tuple[Rule | None, Mapping[str, str]]:
    """Return the rule that a form describes, or None and what is wrong with it, by field."""
    errors: dict[str, str] = {}

    def checked(field: str, read: Callable[[], object]) -> object:
        try:
            return read()
        except Invalid as problem:
            errors[field] = f"{problem.message[:1].upper()}{problem.message[1:]}"
            return None

    when = [
        checked(f"when-{kind}", lambda kind=kind, given=given: _condition(_K(kind), given))  # type: ignore[misc]
        for kind, given in sent_conditions(door, sent).items()
        if given
    ]
    name = checked("name", lambda: read_text(sent.first("name").strip(), MAX_VALUE))
    then = sent.first("then")
    if then not in ACTIONS[door]:
        errors["then"] = "Choose what the rule does."
    reason = sent.first("because").strip()
    if reason or then in {Action.REFUSE, Action.HOLD}:
        checked("because", lambda: _reason(reason))
    if errors:
        return None, errors
    conditions = tuple(one for one in when if isinstance(one, Condition))
    is_shadow = sent.first("shadow") == CHECKED
    return Rule(str(name), door, conditions, Action(then), reason, is_shadow), {}


def form_of_settings(policy: Policy) -> FormView:
    """Return the settings as a form shows them."""
    usage = {key: str(getattr(policy.content_usage, field)) for field, key in _USAGE.items()}
    sides = {side: str(getattr(policy.renditions, side)) for side in _SIDES}
    return FormView(
        {
            **usage,
            **sides,
            "local": policy.ai_works.local,
            "remote": policy.ai_works.remote,
            "mode": policy.federation.mode,
            "proof": policy.renditions.proof,
        }
    )


def read_settings(policy: Policy, sent: Fields) -> Policy:
    """Return the policy with the settings that a form sent; raise `Invalid`, naming the field."""
    try:
        changed = replace(
            policy,
            content_usage=ContentUsage(
                **{field: Preference(sent.first(key)) for field, key in _USAGE.items()}
            ),
            ai_works=AiWorks(
                LocalAiWorks(sent.first("local")), RemoteAiWorks(sent.first("remote"))
            ),
            federation=FederationTerms(FederationMode(sent.first("mode"))),
            renditions=replace(
                policy.renditions,
                **{side: _number(sent.first(side), side) for side in _SIDES},
                proof=Proof(sent.first("proof")),
            ),
        )
    except ValueError as cause:
        raise Invalid("One of the choices is not known here; reload the page.") from cause
    try:
        return read_policy(write_policy(changed))
    except Invalid as problem:
        _, _, what = problem.message.partition(": ")
        field = problem.field.rpartition(".")[2]
        raise Invalid(f"{what[:1].upper()}{what[1:]}", field) from problem


def _shape(kind: ConditionKind) -> str:
    if kind in CHOICES:
        return "choices"
    return {_K.YOUNGER_THAN_DAYS: "days", _K.SENSITIVE: "yes-no"}.get(kind, "lines")


def _options(kind: ConditionKind) -> tuple[OptionView, ...]:
    if kind is _K.SENSITIVE:
        return _YES_OR_NO
    words = _WORDS.get(kind, {})
    return tuple(
        OptionView(choice, _first_large(words.get(choice, str(choice))))
        for choice in CHOICES.get(kind, ())
    )


def _condition(kind: ConditionKind, given: tuple[str, ...]) -> Condition:
    if kind is _K.SENSITIVE:
        return read_condition(kind, given[0] == "true")
    if kind is _K.YOUNGER_THAN_DAYS:
        return read_condition(kind, int(given[0]) if given[0].isdecimal() else given[0])
    return read_condition(kind, list(given))


def _reason(text: str) -> str:
    if not text:
        raise Invalid("Say why: whom the rule meets is shown this sentence.")
    return read_text(text, MAX_REASON)


def _number(text: str, field: str) -> int:
    if text.isdecimal() and len(text) < 9:
        return int(text)
    raise Invalid("This is no number of pixels; write one such as 1280.", field)


def _first_large(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
