"""Which passwords are guessed first. Pure.

Law (NIST SP 800-63B, 3.1.1.2): well-known ones, rows of keys, repetition, and what is made of the
names of somebody and of the place are refused, and nothing else is asked of a password.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import product
from typing import Final
from unicodedata import normalize

_ADVICE: Final = "choose another, such as four words that do not belong together."
_FIRST: Final = f"This password is among the first that are tried: {_ADVICE}"
_NAMES: Final = (
    f"This password is made of your name or this place's, which is tried early: {_ADVICE}"
)
_DIGITS: Final = "0123456789"
_AROUND: Final = 5  # digits around a word that make no new one: a year and one more
_LONGEST_REPEATED: Final = 3
_SHORTEST_NAME: Final = 3
_SHORTEST_WALK: Final = 3  # two keys beside each other are chance
_OWN_NAME: Final = "fixatif"
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
)
_WALKS: Final = tuple(row[::step] for row in _ROWS for step in (1, -1))
_MOST_WALKS: Final = 2  # asdf1234


def why_guessed(password: str, common: AbstractSet[str], names: Iterable[str]) -> str:
    """Return in one sentence why a password would be guessed early, "" where it would not.

    `common`: well-known ones in small letters. `names`: of whose it is, and of the place.
    """
    said = normalize("NFKC", password).casefold()
    plain = _plain(said)
    part = said[: _period(said)]
    core = plain.strip(_DIGITS)
    tried = {said, plain, part, _plain(part)}
    if len(plain) - len(core) <= _AROUND:
        tried.add(core)
    is_simple = len(part) <= _LONGEST_REPEATED or any(_is_walked(one) for one in tried)
    if is_simple or not tried.isdisjoint(common):
        return _FIRST
    return _NAMES if not tried.isdisjoint(_made_of(names)) else ""


def _made_of(names: Iterable[str]) -> set[str]:
    """Return what names are usually made into: whole, in parts, and two in a row."""
    parts = {_OWN_NAME}
    for name in names:
        said = normalize("NFKC", name).casefold()
        spaced = "".join(one if one.isalnum() else " " for one in said)
        parts |= {_plain(said), *spaced.split()}
    parts = {one for one in parts if len(one) >= _SHORTEST_NAME}
    return parts | {first + second for first, second in product(parts, repeat=2)}


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isalnum())


def _period(text: str) -> int:
    """Return after how many characters a text begins anew: 3 for `abcabcab`."""
    return next((n for n in range(1, len(text)) if text[n:] == text[:-n]), len(text))


def _is_walked(text: str) -> bool:
    """Say whether a text is no more than two walks along the keys or the alphabet."""
    rest = text
    for _ in range(_MOST_WALKS):
        length = _walked(rest)
        if length < _SHORTEST_WALK:
            return False
        rest = rest[length:]
        if not rest:
            return True
    return False


def _walked(text: str) -> int:
    """Return how far a text goes along one row."""
    longest = 0
    for row in _WALKS:
        while longest < len(text) and text[: longest + 1] in row:
            longest += 1
    return longest
