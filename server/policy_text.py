"""A policy as TOML: what `fixatif policy show` writes and `fixatif policy apply` reads, pure.

The law: nothing is guessed. An unknown key, condition or action is refused by its name and
its line, with what may stand there; what is left out is the preset's, except that a
`[content_usage]` that is given is given whole, since a missing preference means "unset".
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from server.condition_text import MAX_VALUE, any_of, read_condition, read_text, shown, write_values
from server.errors import Invalid
from server.model import ContentUsage, Preference
from server.policy import (
    ALL_PIXELS,
    PRESETS,
    STANDARD_NO_AI,
    AiWorks,
    FederationTerms,
    LocalAiWorks,
    Policy,
    RemoteAiWorks,
    RenditionLimits,
)
from server.rules import ACTIONS, CONDITIONS, Action, Condition, ConditionKind, Door, Proof, Rule
from server.tiers import FederationMode
from server.values import dataclass

MAX_POLICY_CHARACTERS = 4 << 20  # a blocklist of 100,000 domains fits
MIN_LONGEST_SIDE = 160  # smaller than a thumbnail: a mistake in units

_USAGE_KEYS: Mapping[str, str] = {"train-ai": "train_ai", "ai-use": "ai_use", "search": "search"}
_TOP_KEYS = ("preset", "content_usage", "ai_works", "renditions", "federation", "rules")
_RULE_KEYS = ("name", "door", "when", "then", "because", "shadow")
_AUDIENCES = ("visitor", "person", "peer")
_PROOFS = (Proof.COOKIE, Proof.WORK)  # one without any would gate nothing
# The parser takes the square of the number of parts of a dotted key: minutes for a long line.
_QUOTED = re.compile(  # each to its end or the text's, so that nothing is looked at twice
    r"""\"{3}[\s\S]*?(?:\"{3}|\Z)|'{3}[\s\S]*?(?:'{3}|\Z)"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+"""
)
_ENDLESS_KEY = re.compile(r"(?:\.[ \t]*+[\w-]*+[ \t]*+){50}")
_RULE_HEAD = re.compile(r"^\s*\[\[\s*rules\s*\]\]", re.MULTILINE)
MAX_REASON = 500  # characters; it is one sentence for people

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the text we are, so that a message can say it."""

    text: str
    name: str = ""
    span: tuple[int, int] | None = None  # of the rule that we are in

    def below(self, name: str, span: tuple[int, int] | None = None) -> "_Place":
        """Return the place of a key below this one."""
        return _Place(self.text, f"{self.name}.{name}".lstrip("."), span or self.span)

    def problem(self, key: str, what: str) -> Invalid:
        """Return an error that names the key, its line where that can be found, and what to do."""
        path = f"{self.name}.{key}".lstrip(".")
        return Invalid(f"{path}{self._line(key)}: {what}", field=path)

    def _line(self, key: str) -> str:
        at = self._offset(key)
        return "" if at is None else f" (line {self.text.count(chr(10), 0, at) + 1})"

    def _offset(self, key: str) -> int | None:
        start, stop = self.span or (0, len(self.text))
        wanted = re.escape(key)
        for pattern in (
            rf"""^[ \t]*\[*[ \t]*["']?{wanted}["']?[ \t]*[=\].]""",  # at the start of its line
            rf"""["']?(?<![\w-]){wanted}["']?[ \t]*=""",  # in an inline table
        ):
            found = re.compile(pattern, re.MULTILINE).search(self.text, start, stop)
            if found:
                return found.end()
        return self.span[0] if self.span else None


def read_policy(toml_text: str) -> Policy:
    """Return the policy that a TOML text holds.

    Raises `Invalid` with one sentence that names the key, its line where it can be found,
    and what may stand there.
    """
    document = _parsed(toml_text)
    place = _Place(toml_text)
    _only(document, _TOP_KEYS, place)
    preset = PRESETS[_preset_name(document, place)]
    return Policy(
        preset=preset.preset,
        content_usage=_content_usage(document, preset, place),
        ai_works=_ai_works(_table(document, "ai_works", place), preset.ai_works, place),
        renditions=_renditions(_table(document, "renditions", place), preset.renditions, place),
        rules=_rules(document["rules"], place) if "rules" in document else preset.rules,
        federation=_federation(_table(document, "federation", place), preset.federation, place),
    )


def write_policy(policy: Policy) -> str:
    """Return the policy as TOML, complete: `read_policy` of it gives the same policy."""
    usage = policy.content_usage
    preferences = ((key, getattr(usage, attribute)) for key, attribute in _USAGE_KEYS.items())
    lines = [
        f"preset = {_quoted(policy.preset)}",
        *([] if policy.rules else ["rules = []"]),
        "\n[content_usage]",
        *(f"{key} = {_quoted(value)}" for key, value in preferences if value),
        "\n[ai_works]",
        f"local = {_quoted(policy.ai_works.local)}",
        f"remote = {_quoted(policy.ai_works.remote)}",
        "\n[renditions]  # longest side in pixels that each audience may have",
        *(f"{audience} = {getattr(policy.renditions, audience)}" for audience in _AUDIENCES),
        f"proof = {_quoted(policy.renditions.proof)}",
        "\n[federation]",
        f"mode = {_quoted(policy.federation.mode)}",
        *(line for rule in policy.rules for line in _rule_lines(rule)),
    ]
    return "\n".join(lines) + "\n"


def _parsed(toml_text: str) -> Mapping[str, object]:
    if len(toml_text) > MAX_POLICY_CHARACTERS:
        raise Invalid(f"A policy has at most {MAX_POLICY_CHARACTERS} characters; shorten it.")
    if _ENDLESS_KEY.search(_QUOTED.sub("s", toml_text)):
        raise Invalid("A key in this policy has far too many dots; a key here has two parts.")
    try:
        return tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as cause:
        raise Invalid(f"This policy is no valid TOML: {cause}; correct it there.") from cause
    except (ValueError, RecursionError) as cause:
        raise Invalid("A number or a nesting in this policy is too large; shorten it.") from cause


def _preset_name(document: Mapping[str, object], place: _Place) -> str:
    name = document.get("preset", STANDARD_NO_AI.preset)
    if not isinstance(name, str) or name not in PRESETS:
        raise place.problem("preset", f"{shown(name)} is no preset; use {any_of(PRESETS)}.")
    return name


def _content_usage(document: Mapping[str, object], preset: Policy, place: _Place) -> ContentUsage:
    if "content_usage" not in document:
        return preset.content_usage
    given = _table(document, "content_usage", place)
    here = place.below("content_usage")
    _only(given, _USAGE_KEYS, here)
    for key, value in given.items():
        if value not in {"y", "n"}:
            raise here.problem(
                key, f'{shown(value)} is no answer; use "y" or "n", or leave the key out.'
            )
    return ContentUsage(
        **{_USAGE_KEYS[key]: Preference(str(value)) for key, value in given.items()}
    )


def _ai_works(given: Mapping[str, object], preset: AiWorks, place: _Place) -> AiWorks:
    here = place.below("ai_works")
    _only(given, ("local", "remote"), here)
    return AiWorks(
        local=_choice(given.get("local", preset.local), LocalAiWorks, "local", here),
        remote=_choice(given.get("remote", preset.remote), RemoteAiWorks, "remote", here),
    )


def _renditions(
    given: Mapping[str, object], preset: RenditionLimits, place: _Place
) -> RenditionLimits:
    here = place.below("renditions")
    _only(given, (*_AUDIENCES, "proof"), here)
    limits = RenditionLimits(
        **{name: _side(given.get(name, getattr(preset, name)), name, here) for name in _AUDIENCES},
        proof=_choice(given.get("proof", preset.proof), Proof, "proof", here, allowed=_PROOFS),
    )
    if limits.person < limits.visitor:
        raise here.problem("person", "a person may have at least what a visitor may; raise it.")
    return limits


def _federation(
    given: Mapping[str, object], preset: FederationTerms, place: _Place
) -> FederationTerms:
    here = place.below("federation")
    _only(given, ("mode",), here)
    return FederationTerms(_choice(given.get("mode", preset.mode), FederationMode, "mode", here))


def _side(value: object, key: str, place: _Place) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, int) and is_whole and MIN_LONGEST_SIDE <= value <= ALL_PIXELS:
        return value
    raise place.problem(
        key, f"{shown(value)} is no longest side; use {MIN_LONGEST_SIDE} to {ALL_PIXELS} pixels."
    )


def _rules(given: object, place: _Place) -> tuple[Rule, ...]:
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        raise place.problem("rules", "this is no list of rules; begin each one with [[rules]].")
    heads = [found.end() for found in _RULE_HEAD.finditer(place.text)]
    spans = list(pairwise((*heads, len(place.text))))
    rules: dict[str, Rule] = {}
    for index, row in enumerate(given):
        span = spans[index] if len(spans) == len(given) else None
        here = place.below(f"rules[{index + 1}]", span)
        rule = _rule(row, here)
        if rule.name in rules:
            raise here.problem(
                "name", f"{rule.name!r} names two rules; give this one another name."
            )
        rules[rule.name] = rule
    return tuple(rules.values())


def _rule(row: Mapping[str, object], place: _Place) -> Rule:
    _only(row, _RULE_KEYS, place)
    name = _text(row.get("name"), "name", place, most=MAX_VALUE)
    door = _choice(row.get("door"), Door, "door", place)
    then = _choice(row.get("then"), Action, "then", place, allowed=ACTIONS[door])
    is_shadow = row.get("shadow", False)
    if not isinstance(is_shadow, bool):
        raise place.problem(
            "shadow", f"{shown(is_shadow)} is neither true nor false; use one of them."
        )
    return Rule(name, door, _when(row, door, place), then, _reason(row, then, place), is_shadow)


def _reason(row: Mapping[str, object], then: Action, place: _Place) -> str:
    if then not in {Action.REFUSE, Action.HOLD} and row.get("because", "") == "":
        return ""
    return _text(row.get("because"), "because", place, most=MAX_REASON)


def _when(row: Mapping[str, object], door: Door, place: _Place) -> tuple[Condition, ...]:
    given = row.get("when")
    if not isinstance(given, dict):
        raise place.problem("when", "a rule needs its conditions; use `when = {}` for everyone.")
    here = place.below("when")
    _only(given, CONDITIONS[door], here, at_door=f" at the door {door}")
    return tuple(_condition(ConditionKind(key), value, here) for key, value in given.items())


def _condition(kind: ConditionKind, given: object, place: _Place) -> Condition:
    try:
        return read_condition(kind, given)
    except Invalid as problem:
        raise place.problem(kind, problem.message) from problem


def _table(document: Mapping[str, object], key: str, place: _Place) -> Mapping[str, object]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise place.problem(key, f"this is no table; write it as [{key}].")
    return value


def _only(given: Iterable[str], known: Iterable[str], place: _Place, at_door: str = "") -> None:
    for key in given:
        if key not in known:
            raise place.problem(key, f"this is no key{at_door}; use {any_of(known)}.")


def _choice(
    value: object,
    kind: type[_Choice],
    key: str,
    place: _Place,
    *,
    allowed: Iterable[_Choice] | None = None,
) -> _Choice:
    choices = tuple(kind) if allowed is None else tuple(allowed)
    for choice in choices:
        if choice == value:
            return choice
    said = "it is missing" if value is None else f"{shown(value)} is not known here"
    raise place.problem(key, f"{said}; use {any_of(choices)}.")


def _text(value: object, key: str, place: _Place, *, most: int) -> str:
    try:
        return read_text(value, most)
    except Invalid as problem:
        raise place.problem(key, problem.message) from problem


def _rule_lines(rule: Rule) -> tuple[str, ...]:
    when = ", ".join(
        f"{condition.kind} = {write_values(condition, _quoted)}" for condition in rule.when
    )
    return (
        "\n[[rules]]",
        f"name = {_quoted(rule.name)}",
        f"door = {_quoted(rule.door)}",
        f"when = {{ {when} }}" if when else "when = {}",
        f"then = {_quoted(rule.then)}",
        f"because = {_quoted(rule.because)}",
        f"shadow = {'true' if rule.shadow else 'false'}",
    )


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes, and DEL, which TOML forbids unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
