"""From what a form sent to frozen dataclasses: each field names its rule in its annotation. Pure.

    @dataclass(frozen=True)
    class SignIn:
        handle: Annotated[str, Line("Handle", 64)]
        password: Annotated[str, Secret("Password", 1_024)]
        remember: bool = False

    asked = decode(SignIn, fields)

Law: text is NFC, has no control characters and single line ends, and is never cut silently.
A field that is missing or blank takes its dataclass default; without one it is an error.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from enum import StrEnum
from typing import Annotated, Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

from server.errors import Invalid
from server.values import dataclass

Form = TypeVar("Form")

MAX_FILENAME_CHARACTERS = 200
_NEWLINES = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
# They turn a line around, so that a name reads as something else (Unicode TR 36, 3.5). Captions
# keep them: texts that mix scripts need them.
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")
CHECKED = "yes"  # what our own check boxes send
_CHECKED = frozenset({"on", "1", "true", CHECKED})


class Fields:
    """What a form sent: names with their values, in order. Unknown names are ignored."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of `name`, as it was sent."""
        return tuple(self._values.get(name, ()))

    def first(self, name: str) -> str:
        """Return the first value of `name`, as it was sent, "" if none."""
        return next(iter(self._values.get(name, ())), "")

    def names(self) -> tuple[str, ...]:
        """Return the names in the order of their first value."""
        return tuple(self._values)


class Rule(Protocol):
    """How one field is read."""

    def read(self, values: tuple[str, ...], field: str) -> object:
        """Return the field's value. Raises `Invalid` with a sentence and `field`."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line: white space is joined, ends are trimmed."""

    label: str
    max_characters: int
    min_characters: int = 0

    def read(self, values: tuple[str, ...], field: str) -> str:
        """Return the line."""
        text = _SPACES.sub(" ", _TURNS.sub("", clean(values[0], self.label, field))).strip()
        return _measured(text, self, field)


@dataclass(frozen=True, slots=True)
class Text:
    """Several lines, ended by a line feed each; ends are trimmed."""

    label: str
    max_characters: int
    min_characters: int = 0

    def read(self, values: tuple[str, ...], field: str) -> str:
        """Return the text."""
        return _measured(clean(values[0], self.label, field).strip(), self, field)


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or token, exactly as typed: what it means is not ours to normalise."""

    label: str
    max_characters: int
    min_characters: int = 0

    def read(self, values: tuple[str, ...], field: str) -> str:
        """Return the secret."""
        _refuse_nul(values[0], self.label, field)
        return _measured(values[0], self, field)


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    label: str
    minimum: int
    maximum: int

    def read(self, values: tuple[str, ...], field: str) -> int:
        """Return the number."""
        text = values[0].strip()
        is_number = len(text) <= 20 and text.removeprefix("-").isdecimal()
        if not is_number or not self.minimum <= int(text) <= self.maximum:
            raise Invalid(_between(self.label, self.minimum, self.maximum), field)
        return int(text)


@dataclass(frozen=True, slots=True)
class Real:
    """A number with a fraction, written with a point."""

    label: str
    minimum: float
    maximum: float

    def read(self, values: tuple[str, ...], field: str) -> float:
        """Return the number."""
        try:
            number = float(values[0][:32])
        except ValueError:
            number = math.nan
        if not self.minimum <= number <= self.maximum:  # never true for NaN
            raise Invalid(_between(self.label, self.minimum, self.maximum), field)
        return number


@dataclass(frozen=True, slots=True)
class Choice:
    """One member of a closed set."""

    label: str
    kind: type[StrEnum]

    def read(self, values: tuple[str, ...], field: str) -> StrEnum:
        """Return the member."""
        try:
            return self.kind(values[0])
        except ValueError as cause:
            allowed = ", ".join(repr(str(member)) for member in self.kind)
            raise Invalid(f"{self.label}: choose one of {allowed}.", field) from cause


@dataclass(frozen=True, slots=True)
class Many:
    """A field that comes several times, each value read by `rule`; blank ones stay."""

    rule: Rule
    max_items: int

    def read(self, values: tuple[str, ...], field: str) -> tuple[object, ...]:
        """Return the values in order."""
        if len(values) > self.max_items:
            raise Invalid(f"There may be at most {self.max_items} of these; remove some.", field)
        return tuple(self.rule.read((value,), field) for value in values)


@dataclass(frozen=True, slots=True)
class Flag:
    """A check box: a browser sends nothing where it is not checked."""

    def read(self, values: tuple[str, ...], field: str) -> bool:  # noqa: ARG002 - as every rule
        """Say whether it is checked."""
        return values[0].lower() in _CHECKED


def decode(kind: type[Form], sent: Fields) -> Form:
    """Return a `kind` (a dataclass) filled from `sent`. Raises `Invalid` for the first bad field.

    Rules stand in `Annotated`; a plain `bool` is a check box, a plain StrEnum a choice.
    """
    hints = get_type_hints(kind, include_extras=True)
    values: dict[str, object] = {}
    for field in dataclass_fields(kind):  # type: ignore[arg-type]  # any dataclass, no way to say so
        rule = _rule_of(field.name, hints[field.name])
        found = sent.all(field.name)
        if any(value.strip() for value in found):
            values[field.name] = rule.read(found, field.name)
        elif isinstance(rule, Flag):
            values[field.name] = False
        elif field.default is MISSING and field.default_factory is MISSING:
            raise Invalid(f"{_label_of(rule, field.name)} is missing; fill it in.", field.name)
    return kind(**values)


def clean(text: str, label: str, field: str = "") -> str:
    """Return NFC text with line feeds only and without control characters.

    Raises `Invalid` at a NUL: PostgreSQL cannot store it, and no keyboard types it.
    """
    _refuse_nul(text, label, field)
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _NEWLINES.sub("\n", text)))


def clean_filename(name: str) -> str:
    """Return a file's name to show to people: no folder, no trick, the ending kept."""
    text = name.encode("utf-8", "replace").decode().replace("\0", "")
    base = re.split(r"[/\\]", text)[-1]
    line = _SPACES.sub(" ", _TURNS.sub("", clean(base, "File name"))).strip(" .")
    stem, dot, ending = line.rpartition(".")
    if not dot or len(ending) > 10:
        return line[:MAX_FILENAME_CHARACTERS]
    return f"{stem[: MAX_FILENAME_CHARACTERS - len(ending) - 1]}.{ending}"


def _rule_of(name: str, hint: Any) -> Rule:  # noqa: ANN401 - annotations are anything
    if get_origin(hint) is Annotated:
        rule: Rule = get_args(hint)[1]
        return rule
    if hint is bool:
        return Flag()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(_spelled(name), hint)
    raise TypeError(f"The field {name} needs a rule: Annotated[…, Line(…)] for instance.")


def _label_of(rule: Rule, name: str) -> str:
    inner = rule.rule if isinstance(rule, Many) else rule
    return str(getattr(inner, "label", _spelled(name)))


def _spelled(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _measured(text: str, rule: Line | Text | Secret, field: str) -> str:
    if len(text) > rule.max_characters:
        raise Invalid(
            f"{rule.label} may have at most {rule.max_characters:,} characters; this has"
            f" {len(text):,}.",
            field,
        )
    if len(text) < rule.min_characters:
        raise Invalid(f"{rule.label} needs at least {rule.min_characters} characters.", field)
    return text


def _refuse_nul(text: str, label: str, field: str) -> None:
    if "\0" in text:
        raise Invalid(f"{label} contains a character that cannot be kept; type it anew.", field)


def _between(label: str, minimum: float, maximum: float) -> str:
    return f"{label} must be a number from {minimum} to {maximum}."
