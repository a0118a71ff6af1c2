"""Bars of days as geometry for an SVG in the page. Pure.

The law: a chart never says what the table beside it does not; it is one picture with a sentence for
who cannot see it.
"""

from collections.abc import Sequence
from typing import Final

from server.values import dataclass

_WIDTH: Final = 400
_HEIGHT: Final = 200
_TOP: Final = 18  # room for the numbers above bars
_FOOT: Final = 26  # room for the days
_GAP: Final = 0.35  # of a bar's place


@dataclass(frozen=True, slots=True)
class BarView:
    """One day: what was refused stands below, what was answered on top of it."""

    label: str
    x: float
    width: float
    middle: float
    refused_y: float
    refused_height: float
    answered_y: float
    answered_height: float
    number: int
    number_y: float


@dataclass(frozen=True, slots=True)
class ChartView:
    """An SVG of bars. `words`: the same for who cannot see it."""

    title: str
    words: str
    width: int
    height: int
    base: float
    bars: tuple[BarView, ...]


def bars(title: str, days: Sequence[tuple[str, int, int]], words: str) -> ChartView:
    """Return bars of days given as (label, refused, answered), the first on the left."""
    base = float(_HEIGHT - _FOOT)
    most = max((refused + answered for _, refused, answered in days), default=0) or 1
    scale = (base - _TOP) / most
    place = _WIDTH / max(1, len(days))
    made = []
    for index, (label, refused, answered) in enumerate(days):
        low, high = refused * scale, answered * scale
        x = index * place + place * _GAP / 2
        made.append(
            BarView(
                label=label,
                x=round(x, 1),
                width=round(place * (1 - _GAP), 1),
                middle=round(x + place * (1 - _GAP) / 2, 1),
                refused_y=round(base - low, 1),
                refused_height=round(low, 1),
                answered_y=round(base - low - high, 1),
                answered_height=round(high, 1),
                number=refused + answered,
                number_y=round(base - low - high - 5, 1),
            )
        )
    return ChartView(title, words, _WIDTH, _HEIGHT, base, tuple(made))
