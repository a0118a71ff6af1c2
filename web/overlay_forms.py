"""The form in which artists say more than the house does, of all their works or of one. Pure.

Law: a choice can only reserve more or show smaller; "as the house says" is always the first.
"""

from server.errors import Invalid
from server.model import ContentUsage, Preference, Sizes
from server.protections import Overlay
from web.fields import Fields
from web.views import OptionView, OverlayOptions

OVERLAY = OverlayOptions(
    answers=(OptionView("", "As the house says"), OptionView("n", "No")),
    visitor_sizes=(
        OptionView("", "As large as the house allows"),
        OptionView("1280", "At most 1280 pixels"),
        OptionView("800", "At most 800 pixels"),
        OptionView("480", "At most 480 pixels"),
    ),
    peer_sizes=(
        OptionView("", "As large as the house allows"),
        OptionView("2048", "At most 2048 pixels"),
        OptionView("1280", "At most 1280 pixels"),
        OptionView("800", "At most 800 pixels"),
    ),
)
_USAGE = {"train_ai": "own-train-ai", "ai_use": "own-ai-use", "search": "own-search"}
_MOST_DIGITS = 5


def overlay_values(usage: ContentUsage, sizes: Sizes) -> dict[str, str]:
    """Return what stands in the form."""
    return {
        **{field: str(getattr(usage, name)) for name, field in _USAGE.items()},
        "own-visitor": str(sizes.visitor or ""),
        "own-peer": str(sizes.peer or ""),
    }


def read_overlay(sent: Fields) -> Overlay | None:
    """Return what was chosen, None where the form did not ask. Raise `Invalid`."""
    if "own-train-ai" not in sent.names():
        return None
    return Overlay(
        ContentUsage(**{name: _answer(sent.first(field)) for name, field in _USAGE.items()}),
        Sizes(_side(sent.first("own-visitor")), _side(sent.first("own-peer"))),
    )


def _answer(text: str) -> Preference:
    if text not in set(Preference):
        raise Invalid("This is no answer; choose one of the list.", "own-train-ai")
    return Preference(text)


def _side(text: str) -> int | None:
    if not text:
        return None
    if text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    raise Invalid("This is no size; choose one of the list.", "own-visitor")
