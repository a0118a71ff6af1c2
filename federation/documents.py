"""JSON documents from outside, and the small tolerant readings that all of them share. Pure.

Strict schemas reject what real servers send: one-element arrays collapse to the element,
strings stand where objects are expected and the other way round, terms carry prefixes.
So every reading here takes any value and answers with the plain type or with nothing;
only `read_document` raises.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Final, TypeGuard

import msgspec

from federation import uris
from server import errors
from server.model import Millis

Document = Mapping[str, object]

MAX_BYTES: Final = 1_048_576  # Mastodon's limit; real activities have 1 to 20 KiB
MAX_DEPTH: Final = 20  # Mastodon-shaped activities reach 5, Pixelfed stops reading at 8
MAX_NAME: Final = 500  # characters of a title, name or tag: one line for people

_AS2: Final = "https://www.w3.org/ns/activitystreams#"
_PREFIXES: Final = ("as:", _AS2)
# Every string of a JSON text in order, with the colon behind it where it is a key. The
# possessive quantifiers keep it linear on hostile input.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*+(:?)', re.DOTALL)
_DETACHED_COLON = re.compile(rb'"[ \t\r\n]++:')
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*+)?)?)?"
    r"\s?(?:[Zz]|([+-])(\d\d):?(\d\d))?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # PostgreSQL refuses NUL in text


def read_document(body: bytes) -> Document:
    """Decode a JSON object from outside; the view is read-only.

    Raises `Invalid` for: too large, no JSON (NaN, Infinity, lone surrogates and broken
    UTF-8 included), no object, too deep, and a key that stands twice in one object: two
    readers could each see another value in it.
    """
    if len(body) > MAX_BYTES:
        raise errors.Invalid("The document is larger than 1 MiB; send a smaller one.")
    try:
        found = msgspec.json.decode(body)
    except RecursionError as problem:
        raise errors.Invalid("The document is nested too deeply; keep to 20 levels.") from problem
    except ValueError as problem:  # DecodeError and UnicodeDecodeError are both one
        raise errors.Invalid("The document is not valid JSON in UTF-8; check it.") from problem
    if not isinstance(found, dict):
        raise errors.Invalid("The document is no JSON object; send one in curly brackets.")
    if _has_repeated_keys(body, _count_keys(found)):
        raise errors.Invalid("The document holds a key twice; send each key once.")
    return MappingProxyType(found)


def is_document(value: object) -> TypeGuard[Document]:
    """Say whether a value is a JSON object, as decoded or as a view."""
    return isinstance(value, (dict, MappingProxyType))


def values(value: object, limit: int) -> list[object]:
    """Return a property's values, at most `limit`: a bare value is a list of one, null of none."""
    if value is None:
        return []
    return value[:limit] if isinstance(value, list) else [value]


def first(value: object) -> object:
    """Return a property's only or first value, None if there is none."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def term(document: Document, name: str, prefix: str) -> object:
    """Return an extension's property under its short name or as `prefix:name` (Takahē)."""
    found = document.get(name)
    return document.get(f"{prefix}:{name}") if found is None else found


def type_of(document: Document) -> str:
    """Return the first type without its prefix, "" if there is none."""
    return type_name(document.get("type", document.get("@type")))


def type_name(value: object) -> str:
    """Return the first type that `value` names, without its prefix, "" if there is none."""
    for one in values(value, limit=8):
        if isinstance(one, str):
            name = _strip_prefix(one)
            return name if len(name) <= MAX_NAME else ""
    return ""


def id_of(value: object) -> str:
    """Return the id of a reference: a bare URL or an object with one. "" if it is unusable."""
    if is_document(value):
        value = value.get("id", value.get("@id"))
    return address_of(value)


def address_of(value: object) -> str:
    """Return a bare URL, "" where the value is none."""
    return value if isinstance(value, str) and uris.is_address(value) else ""


def ids_of(value: object, limit: int) -> tuple[str, ...]:
    """Return the usable ids of a property, each once, in order."""
    found = (id_of(one) for one in values(value, limit))
    return tuple(dict.fromkeys(uri for uri in found if uri))


def text_of(value: object, max_length: int) -> str:
    """Return a property's text, cut at `max_length`, without control characters."""
    value = first(value)
    if is_document(value):
        value = value.get("@value")  # a JSON-LD value object
    return _CONTROLS.sub("", value[:max_length]) if isinstance(value, str) else ""


def language_map(value: object, max_length: int) -> dict[str, str]:
    """Return a natural language map (contentMap, nameMap): BCP 47 tag to text."""
    if not is_document(value):
        return {}
    entries = list(value.items())[:50]  # nobody writes in more tongues at once
    return {tag: text for tag, one in entries if (text := text_of(one, max_length))}


def worded(document: Document, name: str, max_length: int) -> str:
    """Return a property's text, else the first text of its language map."""
    found = text_of(document.get(name), max_length)
    if found or f"{name}Map" not in document:
        return found
    return next(iter(language_map(document[f"{name}Map"], max_length).values()), "")


def number_of(value: object, most: int) -> int | None:
    """Return a whole number between 0 and `most`, else None."""
    return value if type(value) is int and 0 <= value <= most else None


def moment_of(value: object) -> Millis | None:
    """Return what an xsd:dateTime names; a missing zone is UTC, nanoseconds are cut.

    Years before 1970 are None: they are another language's zero.
    """
    value = first(value)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) and len(value) < 64 else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = found.groups(
        "0"
    )
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), min(int(second), 59),
            int(fraction.ljust(6, "0")[:6]), tzinfo=_zone(sign, zone_hours, zone_minutes),
        )  # fmt: skip
    except ValueError:
        return None
    since = (moment - _EPOCH) // timedelta(milliseconds=1)
    return Millis(since) if since >= 0 else None


def links(value: object, limit: int) -> Iterator[tuple[str, str, Document]]:
    """Yield (address, media type, the Link or nothing) for each usable value of a `url`."""
    for one in values(value, limit):
        link: Document = one if is_document(one) else {}
        address = id_of(link.get("href", link.get("url")) if link else one)
        if address:
            yield address, media_type_of(link), link


def media_type_of(document: Document) -> str:
    """Return `mediaType` in lower case, without parameters."""
    return text_of(document.get("mediaType"), 255).partition(";")[0].strip().lower()


def _strip_prefix(name: str) -> str:
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _zone(sign: str, hours: str, minutes: str) -> timezone:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


def _has_repeated_keys(body: bytes, kept: int) -> bool:
    """Say whether the text has more keys than the decoder kept.

    Where no blank stands before a colon, `":` occurs at least once for each key: equal
    numbers then prove that none was lost, at a tenth of the price of reading every string.
    """
    if body.count(b'":') == kept and _DETACHED_COLON.search(body) is None:
        return False
    return _STRINGS.findall(body).count(b":") != kept


def _count_keys(root: dict[str, object]) -> int:
    """Count keys level by level, without recursion. Raises `Invalid` where it is too deep."""
    level: list[object] = [root]
    keys = depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise errors.Invalid("The document is nested too deeply; keep to 20 levels.")
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                keys += len(node)
                below += node.values()
            elif isinstance(node, list):
                below += node
        level = [node for node in below if type(node) is dict or type(node) is list]
    return keys
