"""How hashtags are compared with the rules: pure.

The law: what looks like one tag is one tag. Full-width letters, capitals, accents written as
marks of their own, and characters that nobody sees are no way around a rule.
"""

import unicodedata
from collections.abc import Iterable


def tag_key(text: str) -> str:
    """Return a tag without #, as rules compare it; "" where nothing is left."""
    folded = unicodedata.normalize("NFKC", text).strip().removeprefix("#").casefold()
    seen = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", seen)


def tag_keys(texts: Iterable[str]) -> frozenset[str]:
    """Return tags as rules compare them."""
    return frozenset(key for key in map(tag_key, texts) if key)
