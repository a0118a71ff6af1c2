"""An artist's newest works as an Atom feed (RFC 4287), for feed readers.

Law: what strangers may have, and no more: public works, in the sizes that the policy gives them.
A work that its artist calls sensitive is named there without its pictures.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from aiohttp import web
from markupsafe import escape

from federation.wording import work_content
from server.addresses import Addresses
from server.licences import licence_of
from server.model import Artist, Millis, Picture, Work
from server.policy import Policy
from server.protections import Audience, best_for
from server.viewing import Portfolio
from web.documents import A_WHILE, EVERYONE
from web.flows import Flows, flows
from web.present import UNTITLED
from web.respond import has_it, set_signals
from web.text import for_xml

ATOM_TYPE: Final = "application/atom+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_ETAG_CHARACTERS: Final = 32


def feed_url(addresses: Addresses, artist: Artist) -> str:
    """Return where an artist's feed is."""
    return f"{addresses.portfolio(artist.handle)}.atom"


async def feed(request: web.Request) -> web.Response:
    """Answer an artist's feed. Raise `NotFound`, `Gone`."""
    known, handle = flows(request), request.match_info["handle"]
    found = await known.viewing.portfolio(handle, None)
    if found.artist.handle != handle:
        raise web.HTTPMovedPermanently(f"/@{found.artist.handle}.atom")
    body = _document(known, found)
    response = web.Response(body=body, content_type=ATOM_TYPE, charset="utf-8")
    response.headers.update({**EVERYONE, "Cache-Control": A_WHILE})
    set_signals(request, response, known.house.usage_of(found.artist))
    response.etag = hashlib.sha256(body).hexdigest()[:_ETAG_CHARACTERS]
    if has_it(request, response):
        response.set_status(304)
        response.body = None
    return response


def _document(known: Flows, found: Portfolio) -> bytes:
    artist, addresses = found.artist, known.addresses
    page, name = addresses.portfolio(artist.handle), artist.name or artist.handle
    changes = [_changed(work) for work in found.works]
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", found.actor.uri)
    _add(root, "title", f"{name} · {known.config.name}")
    _add(root, "updated", _moment(max(changes, default=artist.created_at)))
    _add(root, "link", rel="self", type=ATOM_TYPE, href=feed_url(addresses, artist))
    _add(root, "link", rel="alternate", type="text/html", href=page)
    author = ET.SubElement(root, "author")
    _add(author, "name", name)
    _add(author, "uri", page)
    if artist.bio:
        _add(root, "subtitle", artist.bio)
    if artist.avatar:
        _add(root, "icon", addresses.portrait(artist.avatar, "avatar"))
    for work in found.works:
        _entry(root, work, artist, addresses, known.house.policy_for(work))
    whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole


def _entry(
    root: ET.Element, work: Work, artist: Artist, addresses: Addresses, policy: Policy
) -> None:
    page, licence = addresses.work_page(artist.handle, work), licence_of(work.licence)
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", addresses.work(work.id))
    _add(entry, "title", work.title or UNTITLED)
    _add(entry, "published", _moment(work.hung_at or work.created_at))
    _add(entry, "updated", _moment(_changed(work)))
    _add(entry, "link", rel="alternate", type="text/html", href=page)
    if licence.url:
        _add(entry, "link", rel="license", href=licence.url)  # RFC 4946
    for tag in work.tags:
        _add(entry, "category", term=tag)
    _add(entry, "rights", licence.name)
    shown = "".join(_figures(work, page, addresses, policy))
    words = work_content(work, page, addresses, shown=len(work.pictures))
    _add(entry, "content", shown + words, type="html")


def _figures(work: Work, page: str, addresses: Addresses, policy: Policy) -> Iterator[str]:
    if work.is_sensitive:
        yield f"<p>{escape(work.sensitive_reason or 'Sensitive')}</p>"
        return
    for picture in work.pictures:
        yield _figure(picture, page, addresses, policy)


def _figure(picture: Picture, page: str, addresses: Addresses, policy: Policy) -> str:
    shown = best_for(Audience.VISITOR, picture.renditions, policy)
    if shown is None:
        return ""
    return (
        f'<p><a href="{escape(page)}"><img src="{escape(addresses.media(picture, shown))}" '
        f'width="{shown.width}" height="{shown.height}" alt="{escape(picture.alt)}"></a></p>'
    )


def _changed(work: Work) -> Millis:
    return work.edited_at or work.hung_at or work.created_at


def _moment(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="seconds")


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> None:
    cleaned = {name: for_xml(value) for name, value in attributes.items()}
    ET.SubElement(parent, tag, cleaned).text = for_xml(text) or None
