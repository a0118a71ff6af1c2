"""Whom a document is for, and which inboxes that means. Pure.

Public stands in `to` for what lists may show and in `cc` for what they may not: every
server reads "unlisted" that way.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from server.model import Visibility

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"

Audience = tuple[tuple[str, ...], tuple[str, ...]]


def audience(
    visibility: Visibility, followers_uri: str = "", mentions: Sequence[str] = ()
) -> Audience:
    """Return (to, cc), each address once and in one of the two.

    People named are addressed in every case, and stand in `cc`; only what is for them alone
    has them in `to` (a direct message is known by an empty `cc`, Pixelfed). A draft is for
    nobody.
    """
    followers = (followers_uri,) if followers_uri else ()
    named = tuple(dict.fromkeys(mentions))
    table: dict[Visibility, Audience] = {
        Visibility.PUBLIC: ((PUBLIC,), (*followers, *named)),
        Visibility.UNLISTED: (followers, (PUBLIC, *named)),
        Visibility.FOLLOWERS: (followers, named),
        Visibility.DIRECT: (named, ()),
        Visibility.DRAFT: ((), ()),
    }
    to, cc = table[visibility]
    return to, tuple(uri for uri in dict.fromkeys(cc) if uri not in to)


def inboxes(
    followers: Iterable[tuple[str, str]],
    extra: Iterable[tuple[str, str]] = (),
    ours: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return where to deliver, each inbox once, in the order in which they came.

    `followers` and `extra` (people named, the author answered) are (inbox, shared inbox or
    "") pairs. A shared inbox stands for everybody who has it. `ours` are our own address
    prefixes ("https://art.example/"): nothing is delivered to ourselves.
    """
    chosen = (shared or inbox for inbox, shared in (*followers, *extra))
    return tuple(dict.fromkeys(inbox for inbox in chosen if inbox and not _is_below(inbox, ours)))


def _is_below(uri: str, prefixes: Sequence[str]) -> bool:
    """Compare whole path segments: https://art.example.net is not below https://art.example."""
    return any(uri == prefix or uri.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)
