"""Licences that an artist may give a work to people; what machines may do is said apart. Pure.

`title` is the word that Pixelfed knows a licence by (`attachment.license`); `name` is ours.
"""

from typing import Final

from server.errors import Invalid
from server.values import dataclass

_CC = "https://creativecommons.org/licenses"


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence. `key` is kept; "" = all rights reserved, which has no address."""

    key: str
    name: str
    title: str
    url: str = ""
    says: str = ""  # a few plain words on what it asks of people, for a narrow list


FREE: Final = "cc0"  # the key with which an artist keeps no rights

RESERVED: Final = Licence(
    "",
    "All rights reserved",
    "All Rights Reserved",
    says="ask me first",
)
LICENCES: Final = (
    RESERVED,
    Licence(
        "cc-by",
        "CC BY 4.0",
        "Attribution",
        f"{_CC}/by/4.0/",
        "name me",
    ),
    Licence(
        "cc-by-sa",
        "CC BY-SA 4.0",
        "Attribution-ShareAlike",
        f"{_CC}/by-sa/4.0/",
        "name me, share alike",
    ),
    Licence(
        "cc-by-nd",
        "CC BY-ND 4.0",
        "Attribution-NoDerivs",
        f"{_CC}/by-nd/4.0/",
        "name me, no changes",
    ),
    Licence(
        "cc-by-nc",
        "CC BY-NC 4.0",
        "Attribution-NonCommercial",
        f"{_CC}/by-nc/4.0/",
        "name me, not for money",
    ),
    Licence(
        "cc-by-nc-sa",
        "CC BY-NC-SA 4.0",
        "Attribution-NonCommercial-ShareAlike",
        f"{_CC}/by-nc-sa/4.0/",
        "name me, no money, alike",
    ),
    Licence(
        "cc-by-nc-nd",
        "CC BY-NC-ND 4.0",
        "Attribution-NonCommercial-NoDerivs",
        f"{_CC}/by-nc-nd/4.0/",
        "name me, no money, as is",
    ),
    Licence(
        FREE,
        "CC0 1.0",
        "Public Domain Dedication (CC0)",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "do as you like",
    ),
)
_BY_KEY: Final = {licence.key: licence for licence in LICENCES}


def licence_of(key: str) -> Licence:
    """Return a licence by its key; one that this version does not know gives nothing away."""
    return _BY_KEY.get(key, RESERVED)


def read_licence(key: str) -> str:
    """Return the key of a licence that somebody chose. Raise `Invalid`."""
    if key not in _BY_KEY:
        raise Invalid("Choose one of the licences in the list.", "licence")
    return key
