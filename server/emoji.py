"""Emoji that people here react with, one to a reaction; names without those of others. Pure.

What is one emoji follows the grammar of Unicode TR 51 (ED-17): a sign, perhaps with a skin tone
or the mark of colour, several joined to one, a flag of two letters or of tags, a keycap.
"""

import re
from collections.abc import Iterable
from typing import Final

from server.errors import Invalid

CHOICES: Final = ("❤️", "🎨", "✨", "👏", "😍", "😮")
_FEW: Final = (  # characters below U+1F000 that are emoji (Emoji=Yes, Unicode 15.1)
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    "\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e"
    "\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a"
    "\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f"
    "\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be"
    "\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa"
    "\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734"
    "\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
)
_MANY: Final = (  # blocks that hold little else, and where new ones come; no letters of flags
    "\U0001f004\U0001f0cf\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f201\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb"
    "\U0001f7f0\U0001f900-\U0001f9ff\U0001fa70-\U0001faff"
)
_TONE: Final = "[\U0001f3fb-\U0001f3ff]"
_SIGN: Final = f"[{_FEW}{_MANY}](?:\ufe0f|{_TONE})?"
_JOINED: Final = f"{_SIGN}(?:\u200d{_SIGN}){{0,5}}"
_FLAG: Final = "[\U0001f1e6-\U0001f1ff]{2}"
_TAGGED: Final = "\U0001f3f4[\U000e0020-\U000e007e]{1,7}\U000e007f"  # Scotland's, say
_KEYCAP: Final = "[0-9#*]\ufe0f?\u20e3"
_ONE: Final = re.compile(f"(?:{_TAGGED}|{_JOINED}|{_FLAG}|{_KEYCAP})")


def without_shortcodes(name: str, shortcodes: Iterable[str]) -> str:
    """Return a name without another server's emoji, for where no picture can stand."""
    for code in shortcodes:
        name = name.replace(f":{code}:", " ")
    return " ".join(name.split())


def read_emoji(text: str) -> str:
    """Return the one emoji that somebody typed. Raise `Invalid` with what to do instead."""
    typed = text.strip()
    if _ONE.fullmatch(typed):
        return typed
    if not typed:
        raise Invalid("There is no emoji: choose one, or type one.", "emoji")
    if len(typed) > 1 and all(_ONE.fullmatch(one) or one in "\ufe0f\u200d " for one in typed):
        raise Invalid("These are several emoji: choose one of them.", "emoji")
    raise Invalid(
        "This is no emoji: type a single one, such as 🎨. Words are for comments.", "emoji"
    )
