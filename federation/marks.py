"""What a post says of its media: of which kinds they are, and whether a machine made them. Pure.

The law: in doubt more. A picture that is shown is always of the kind `image`, in whatever shape
it was attached, and one mark of a machine anywhere in the post counts for the whole post.
"""

from collections.abc import Iterator
from typing import Final

from federation.documents import (
    MAX_NAME,
    Document,
    is_document,
    links,
    media_type_of,
    text_of,
    type_of,
    values,
)

KINDS: Final = ("image", "video", "audio")
_MAX_PARTS: Final = 60  # more than is ever shown of one post
_MAX_LINKS: Final = 20
_TYPES: Final = {"Image": "image", "Video": "video", "Audio": "audio"}
_ENDINGS: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "svg", "jxl"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "m4v", "m3u8", "mkv", "ogv"), "video"),
    **dict.fromkeys(("mp3", "ogg", "oga", "flac", "wav", "m4a", "opus"), "audio"),
}
# IPTC's term and how JSON-LD may spell it (a compacted, a prefixed and the whole name)
_SOURCE_TYPES: Final = (
    "digitalSourceType",
    "schema:digitalSourceType",
    "http://schema.org/digitalSourceType",
    "https://schema.org/digitalSourceType",
    "DigitalSourceType",
    "Iptc4xmpExt:DigitalSourceType",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/DigitalSourceType",
)


def media_kinds(document: Document) -> frozenset[str]:
    """Return of which kinds a post's media are: image, video, audio."""
    found: set[str] = set()
    for part in _parts(document):
        found.update(_kinds_of(part))
    if own := _TYPES.get(type_of(document)):
        found.add(own)
    return frozenset(found)


def source_types(document: Document) -> tuple[str, ...]:
    """Return what a post and its media say of how they were made, as IPTC's terms, each once."""
    wholes = (document, *(part for part in _parts(document) if is_document(part)))
    said = (text for whole in wholes for text in _said(whole))
    return tuple(dict.fromkeys(text for text in said if text))


def _parts(document: Document) -> Iterator[object]:
    """Yield what is attached, and what is attached to that."""
    for name in ("attachment", "image"):
        for part in values(document.get(name), _MAX_PARTS):
            yield part
            if is_document(part):
                yield from values(part.get("attachment"), _MAX_PARTS)


def _kinds_of(part: object) -> Iterator[str]:
    whole: Document = part if is_document(part) else {"url": part}
    own = media_type_of(whole).partition("/")[0]
    if (kind := _TYPES.get(type_of(whole), own)) in KINDS:
        yield kind
    for address, media_type, _ in links(whole.get("url", whole.get("href")), _MAX_LINKS):
        kind = media_type.partition("/")[0] or own or _guess(address)
        if kind in KINDS:
            yield kind


def _guess(address: str) -> str:
    path = address.partition("#")[0].partition("?")[0]
    return _ENDINGS.get(path.rpartition(".")[2].lower(), "")


def _said(whole: Document) -> Iterator[str]:
    for name in _SOURCE_TYPES:
        for one in values(whole.get(name), _MAX_LINKS):
            value = one.get("@id", one.get("id", one.get("@value"))) if is_document(one) else one
            yield text_of(value, MAX_NAME).strip()
