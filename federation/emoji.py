"""The emoji of a reaction (FEP-c0e0), as text. Pure.

EmojiReact (Pleroma, snac), Like with `content` (FEP-c0e0) and Like with `_misskey_reaction`
(Misskey) say the same. A custom emoji is shown by its name between colons: its picture would be
fetched from a stranger's server by everybody who looks.
"""

import re
import unicodedata
from typing import Final

from federation.documents import text_of
from federation.vocabulary import Activity

_MAX_EMOJI: Final = 24  # characters: a family of four with skin tones has 11, a flag 14
_CUSTOM: Final = re.compile(r":[A-Za-z0-9_+\-]{1,64}(@[A-Za-z0-9.\-]{1,100})?:")
_JOINERS: Final = "\u200d\ufe0e\ufe0f\u20e3"  # that hold an emoji together
_PARTS: Final = ("So", "Sk", "Sm", "Mn")  # symbols, skin tones, the odd arrow and ™
_TAGS: Final = range(0xE0020, 0xE0080)  # of flags such as Scotland's
_KEYS: Final = "0123456789#*"  # of keycap emoji


def emoji_of(activity: Activity) -> str:
    """Return the emoji that a reaction carries, "" where it has none that we would show."""
    said = activity.content or text_of(activity.raw.get("_misskey_reaction"), 200)
    text = said.strip()
    custom = _CUSTOM.fullmatch(text)
    if custom is not None:
        return f"{text.partition('@')[0].rstrip(':')}:"
    return text if 0 < len(text) <= _MAX_EMOJI and _is_emoji(text) else ""


def _is_emoji(text: str) -> bool:
    """Say whether text is nothing but emoji: words would be a comment that skips moderation."""
    is_made_of_parts = all(
        one in _JOINERS
        or one in _KEYS
        or ord(one) in _TAGS
        or unicodedata.category(one) in _PARTS
        or unicodedata.category(one) == "Cn"  # newer than this Python's Unicode
        for one in text
    )
    return is_made_of_parts and not text.isascii()
