"""XMP packets: read as hostile XML, written as ours. Pure.

Law: a packet with a document type is not read at all: entities are how small XML becomes large.
What is read is flat: each property's texts, wherever in the packet it stands, whether as an
attribute, an element, or a list. Sources: ISO 16684-1 (XMP), IPTC Photo Metadata 2025.1, PLUS.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr  # they only write

DC: Final = "http://purl.org/dc/elements/1.1/"
RIGHTS: Final = "http://ns.adobe.com/xap/1.0/rights/"
PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
IPTC_EXT: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
IPTC_CORE: Final = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
EXIF: Final = "http://ns.adobe.com/exif/1.0/"
PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/"
CC: Final = "http://creativecommons.org/ns#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES: Final = (
    ("dc", DC),
    ("xmpRights", RIGHTS),
    ("photoshop", PHOTOSHOP),
    ("Iptc4xmpExt", IPTC_EXT),
    ("plus", PLUS),
    ("cc", CC),
)

MAX_PACKET: Final = 4_194_304  # Photoshop's histories reach a megabyte
_MAX_DEPTH: Final = 60  # real packets have under 12
_MAX_PROPERTIES: Final = 5_000
_MAX_TEXT: Final = 10_000  # characters of one value
_LONE: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
_BEGIN: Final = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END: Final = '<?xpacket end="r"?>'

Property = tuple[str, str]  # namespace, local name
Properties = Mapping[Property, tuple[str, ...]]


class _Unreadable(Exception):
    """The packet is none, or none that we read."""


class _Reader:
    """Collects the texts of every property; `rdf:li` and containers belong to what holds them."""

    def __init__(self) -> None:
        self.found: dict[Property, list[str]] = {}
        self._open: list[Property] = []
        self._text: list[str] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _MAX_DEPTH:
            raise _Unreadable
        self._open.append(_split(name))
        self._text.clear()
        for key, value in attributes.items():
            self._add(
                _holder(self._open) if _split(key) == (_RDF, "resource") else _split(key), value
            )

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, _name: str) -> None:
        said = "".join(self._text).strip()
        if said:
            self._add(_holder(self._open), said)
        self._text.clear()
        self._open.pop()

    def _add(self, name: Property, value: str) -> None:
        self._count += 1
        if self._count > _MAX_PROPERTIES:
            raise _Unreadable
        if name[0] != _RDF:
            self.found.setdefault(name, []).append(value[:_MAX_TEXT])


def read_properties(packet: bytes) -> Properties:
    """Return what a packet says, by property; nothing where it cannot or must not be read."""
    if len(packet) > MAX_PACKET:
        return {}
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(packet.strip(b"\0 \t\r\n"), True)
    except (expat.ExpatError, _Unreadable, ValueError):
        return {}  # half a packet says half a thing
    return {name: tuple(values) for name, values in reader.found.items()}


def write_packet(
    properties: Mapping[Property, str],
    *,
    lists: Mapping[Property, Iterable[str]],
    translated: Mapping[Property, str],
    links: Mapping[Property, str] | None = None,
    licensor_url: str = "",
) -> bytes:
    """Return a packet: plain properties as attributes, `lists` ordered, `translated` x-default.

    `links`: properties that are addresses of something in the semantic web. `licensor_url`:
    PLUS's address of who gives licences, which has a structure of its own. Empty values are left
    out. Text is plain; what XML cannot hold is dropped.
    """
    linked = {name: url for name, url in (links or {}).items() if url}
    used = {name[0] for group in (properties, lists, translated, linked) for name in group}
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES if uri in used)
    plain = "".join(
        f" {_written(name)}={quoteattr(_clean(value))}"
        for name, value in properties.items()
        if value
    )
    inside = "".join(
        (
            *(_list(name, "Seq", values) for name, values in lists.items()),
            *(_list(name, "Alt", [value]) for name, value in translated.items()),
            *(_link(name, url) for name, url in linked.items()),
            _licensor(licensor_url),
        )
    )
    return (
        f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about=""{spaces}{plain}>{inside}</rdf:Description>'
        f"</rdf:RDF></x:xmpmeta>{_END}"
    ).encode()


def _list(name: Property, kind: str, values: Iterable[str]) -> str:
    language = ' xml:lang="x-default"' if kind == "Alt" else ""
    items = "".join(f"<rdf:li{language}>{escape(_clean(one))}</rdf:li>" for one in values if one)
    written = _written(name)
    return f"<{written}><rdf:{kind}>{items}</rdf:{kind}></{written}>" if items else ""


def _link(name: Property, url: str) -> str:
    return f"<{_written(name)} rdf:resource={quoteattr(_clean(url))}/>"


def _licensor(url: str) -> str:
    if not url:
        return ""
    said = f"<plus:LicensorURL>{escape(_clean(url))}</plus:LicensorURL>"
    item = f'<rdf:li rdf:parseType="Resource">{said}</rdf:li>'
    return f"<plus:Licensor><rdf:Seq>{item}</rdf:Seq></plus:Licensor>"


def _written(name: Property) -> str:
    prefix = next(prefix for prefix, uri in _PREFIXES if uri == name[0])
    return f"{prefix}:{name[1]}"


def _clean(text: str) -> str:
    """Drop what XML 1.0 cannot hold, even escaped."""
    return "".join(c for c in text if c >= " " and not _LONE.fullmatch(c))


def _holder(names: list[Property]) -> Property:
    """Return the property that a text stands in: the innermost that is not RDF's own."""
    return next((name for name in reversed(names) if name[0] != _RDF), (_RDF, ""))


def _split(name: str) -> Property:
    space, found, local = name.rpartition("\n")
    return (space, local) if found else ("", name)


def _refuse(*_about: object) -> None:
    raise _Unreadable
