"""Real activities, bent: what a broken or hostile server could send in their place.

What hypothesis draws are names and small numbers, so that a failure shrinks to one bend of one
recorded activity, and is quickly said.
"""

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.federation import recorded
from tests.security.town import PUBLIC

BOB, NEIGHBOUR = "https://peer.test/users/bob", "https://peer.test/users/eve"
STRANGER = "https://evil.test/users/mallory"
ANA, SPEAKER = "https://art.test/users/ana", "https://art.test/actor"
WORK = "https://art.test/works/1"  # replaced by the real one

Path = tuple[str | int, ...]
Bend = tuple[str, int, str]

_ADDRESSES = (
    BOB, NEIGHBOUR, STRANGER, ANA, SPEAKER, WORK, PUBLIC, "as:Public",
    f"{BOB}/followers", f"{ANA}/followers", f"{BOB}#main-key", f"{BOB}/notes/1",
    "https://PEER.test./users/bob", "https://peer.test:443/users/bob", "https://peer.test@evil.test/",
    "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest", "http://peer.test/users/bob",
    "javascript:alert(1)", "https://[", "//", "https://peer.test/" + "x" * 3_000,
)  # fmt: skip
_TYPES = (
    "Create", "Update", "Delete", "Undo", "Follow", "Accept", "Reject", "Like", "Announce", "Move",
    "Add", "Remove", "Block", "Flag", "EmojiReact", "QuoteRequest", "Note", "Question", "Person",
    "Application", "Tombstone", "Collection", "OrderedCollectionPage", "as:Note", "Odd",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 2**80, 1.5, 1e308, "", " ", "\x00", "\ud800", "\u202e",
    "x" * 9_000, [], {}, [[]], [None], {"id": None}, {"@id": BOB}, {"id": {"id": BOB}},
    {"@value": 1}, {"en": []},
    {"type": ["Note", 7]}, "0000-00-00T00:00:00Z", "9999-99-99", "2026-02-30T25:61:61+99:99",
    "<p onclick=x>" * 50, "<" * 500,
)  # fmt: skip


def _nested(depth: int) -> Any:
    found: Any = BOB
    for level in range(depth):
        found = [found] if level % 2 else {"object": found, "type": "Note", "id": BOB}
    return found


_DEEP = tuple(_nested(depth) for depth in (3, 12, 19, 25, 400))
_LONG = tuple(
    [one] * 2_500 for one in (BOB, 0, {"type": "Mention", "href": ANA}, {"type": "Image"})
)

_VALUES = {
    f"{kind} {number}": value
    for kind, values in (
        ("address", _ADDRESSES), ("type", _TYPES), ("odd", _ODD), ("deep", _DEEP), ("long", _LONG)
    )
    for number, value in enumerate(values)
}  # fmt: skip
_NAMES = (
    "id", "@id", "type", "actor", "object", "target", "to", "cc", "bto", "tag", "attachment", "url",
    "attributedTo", "inReplyTo", "content", "contentMap", "name", "summary", "published", "updated",
    "icon", "publicKey", "owner", "inbox", "endpoints", "preferredUsername", "followers", "oneOf",
    "@context", "@graph", "@included", "@reverse", "proof", "signature", "quote", "instrument",
    "result", "orderedItems", "first", "next", "items", "movedTo", "interactionPolicy",
)  # fmt: skip


def _paths(document: Any, base: Path = ()) -> Iterator[Path]:
    """Go through every place of a document, the whole of it first."""
    yield base
    parts: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        parts = [*document.items()]
    elif isinstance(document, list):
        parts = [*enumerate(document[:20])]
    for name, part in parts if len(base) < 8 else ():
        yield from _paths(part, (*base, name))


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _parent(document: Any, path: Path) -> Any:
    for name in path[:-1]:
        document = document[name]
    return document


def _drop(parent: Any, name: Any, _: Any, __: Any) -> None:
    del parent[name]


def _replace(parent: Any, name: Any, value: Any, _: Any) -> None:
    parent[name] = value


def _double(parent: Any, name: Any, value: Any, _: Any) -> None:
    parent[name] = [parent[name], value]


def _repeat(parent: Any, name: Any, _: Any, __: Any) -> None:
    parent[name] = [parent[name]] * 40


def _wrap(parent: Any, name: Any, _: Any, __: Any) -> None:
    parent[name] = {"id": parent[name], "type": "Link", "href": parent[name]}


def _rename(parent: Any, name: Any, _: Any, number: int) -> None:
    if isinstance(parent, dict):
        parent[_NAMES[number % len(_NAMES)]] = parent.pop(name)


def _add(parent: Any, _: Any, value: Any, number: int) -> None:
    if isinstance(parent, dict):
        parent[_NAMES[number % len(_NAMES)]] = value


_BENDS: dict[str, Callable[[Any, Any, Any, Any], None]] = {
    "drop": _drop, "replace": _replace, "double": _double, "repeat": _repeat, "wrap": _wrap,
    "rename": _rename, "add": _add,
}  # fmt: skip
_SWAPS = ((BOB, NEIGHBOUR), (BOB, STRANGER), (BOB, ANA), (ANA, BOB), ("peer.test", "evil.test"),
          ("peer.test", "art.test"), ("art.test", "peer.test"))  # fmt: skip


def _flipped(body: bytes, at: int) -> bytes:
    place = at % len(body)
    return body[:place] + bytes([body[place] ^ (1 << at % 8)]) + body[place + 1 :]


_SPOILS: dict[str, Callable[[bytes, int], bytes]] = {
    "nothing": lambda body, _: body,
    "cut": lambda body, at: body[: at % (len(body) + 1)],
    "flip": _flipped,
    "latin": lambda body, at: body[: at % len(body)] + b"\xe9" + body[at % len(body) :],
    "utf-16": lambda body, _: body.decode().encode("utf-16"),
    "mark": lambda body, _: b"\xef\xbb\xbf" + body,
    "not a number": lambda body, _: body.replace(b"{", b'{"n": NaN,', 1),
    "too large a number": lambda body, _: body.replace(b"{", b'{"n": 1e400,', 1),
    "long number": lambda body, _: body.replace(b"{", b'{"n": ' + b"9" * 6_000 + b",", 1),
    "twice": lambda body, _: body.replace(b"{", f'{{"actor": "{BOB}",'.encode(), 1),
    "twice, spaced": lambda body, _: body.replace(b"{", f'{{"object" : "{BOB}",'.encode(), 1),
    "escaped name": lambda body, _: body.replace(b'"actor"', b'"\\u0061ctor": 1, "actor"', 1),
    "surrogate": lambda body, _: body.replace(b"{", b'{"\\ud800": "\\udc00",', 1),
    "more behind": lambda body, _: body + b"{}",
}


bends = st.lists(
    st.tuples(st.sampled_from(sorted(_BENDS)), st.integers(0, 10_000), st.sampled_from([*_VALUES])),
    max_size=4,
)
swaps = st.sampled_from((None, None, None, *_SWAPS))
spoils = st.tuples(
    st.sampled_from(("nothing",) * 12 + tuple(sorted(_SPOILS))), st.integers(0, 9_999)
)


def bent(document: Any, changes: list[Bend], swap: tuple[str, str] | None, spoil: Any) -> bytes:
    """Return the bytes of a document after every change."""
    whole = {"": copy.deepcopy(document)}
    for kind, number, what in changes:
        value = copy.deepcopy(_VALUES[what])
        paths = [("", *path) for path in _paths(whole[""])]
        path = paths[number % len(paths)]
        parent = _parent(whole, path)
        if kind in {"drop", "rename", "add"} and len(path) == 1:
            parent, path = whole[""], ("", _NAMES[number % len(_NAMES)])
        is_there = path[-1] in (parent if isinstance(parent, dict) else range(_length(parent)))
        if is_there or (kind == "add" and isinstance(parent, dict)):
            _BENDS[kind](parent, path[-1], value, number)
    body = json.dumps(whole[""])
    if swap:
        body = body.replace(*swap)
    return _SPOILS[spoil[0]](body.encode(), spoil[1]) if body else b""


@cache
def activities() -> dict[str, Any]:
    """Return every recorded activity by name, as if Bob at peer.test had sent it to us."""
    found = {
        f"{one.server} {one.what}": _as_bobs(one.json)  # signed by either scheme: the same words
        for one in recorded.posts()
        if "actor" in one.json
    }
    return {name: json.loads(text) for name, text in found.items()}


@cache
def documents() -> dict[str, Any]:
    """Return every recorded document of other servers: actors, posts, collections, keys."""
    return {one.name: one.json for one in recorded.documents()}


def _as_bobs(document: dict[str, Any]) -> str:
    actor = document["actor"]
    origin = "/".join(actor.split("/")[:3])
    text = json.dumps(document).replace(actor, BOB).replace(origin, "https://peer.test")
    lines = text.split('"')  # every post of ours that a peer spoke of is one and the same work
    return '"'.join(
        WORK if "/statuses/" in one and one.startswith("https://art.test/") else one
        for one in lines
    )
