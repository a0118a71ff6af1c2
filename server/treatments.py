"""What the rules here do to a post from elsewhere, short of keeping it out: pure.

The law: an edit never loosens it. What a rule hid, stripped or labelled stays so as long as that
rule stands, whatever its author leaves out of the next version.
"""

from collections.abc import Container
from enum import StrEnum

from server.values import dataclass


class TreatmentKind(StrEnum):
    """How a post is shown. Each has the name of the action that it comes from."""

    LABEL = "label"  # with the reason beside it
    HIDE = "hide"  # to followers and by its link alone: in no list
    STRIP_MEDIA = "strip-media"  # without its pictures


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was done, by which rule, and why, in words for everybody."""

    kind: TreatmentKind
    rule: str
    reason: str = ""


def accumulated(
    before: tuple[Treatment, ...], now: Treatment | None, standing: Container[str]
) -> tuple[Treatment, ...]:
    """Return what an edited post gets: what it gets now, and what rules that stand did before."""
    kept = [one for one in before if one.rule in standing]
    found = {one.kind: one for one in (*kept, *((now,) if now is not None else ()))}
    return tuple(found.values())


def is_hidden(treatments: tuple[Treatment, ...]) -> bool:
    """Say whether a post stands in no list."""
    return any(one.kind is TreatmentKind.HIDE for one in treatments)


def is_stripped(treatments: tuple[Treatment, ...]) -> bool:
    """Say whether a post is kept without its pictures."""
    return any(one.kind is TreatmentKind.STRIP_MEDIA for one in treatments)
