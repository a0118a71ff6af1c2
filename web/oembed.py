"""oEmbed 1.0: what other sites show of a link to a work or an artist.

A picture is never larger than what the policy gives strangers, and none is given of a work
that its artist calls sensitive: the link alone stands there then.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

from server.addresses import Addresses
from server.errors import Invalid, NotFound
from server.model import Artist, ContentUsage, ImageFormat, Picture, Rendition, RenditionName, Work
from server.policy import Policy
from server.protections import Audience, best_for
from server.values import dataclass
from web.documents import A_WHILE, EVERYONE, as_json
from web.errors import show as show_error
from web.flows import flows
from web.present import UNTITLED
from web.respond import set_signals
from web.text import for_xml
from web.views import HeadLink, HeadView

JSON_TYPE: Final = "application/json+oembed"
_MAX_ADDRESS: Final = 2_048
_MOST_PIXELS: Final = 100_000  # of a side that somebody names
_LARGEST: Final = 1_280  # what a card in somebody's text needs
_CACHE_SECONDS: Final = 3_600
_SMALL: Final = (RenditionName.TILE, RenditionName.PREVIEW)

Value = str | int


@dataclass(frozen=True, slots=True)
class Frame:
    """The largest picture that the asking site has room for, in pixels."""

    width: int = _LARGEST
    height: int = _LARGEST

    def holds(self, rendition: Rendition) -> bool:
        """Say whether a copy fits."""
        return rendition.width <= self.width and rendition.height <= self.height


def with_embeds(head: HeadView, addresses: Addresses) -> HeadView:
    """Return a page's head with where its embed is (oEmbed 1.0, section 4)."""
    page = quote(head.canonical, safe="")
    links = (
        HeadLink("alternate", f"{addresses.base_url}/oembed?format={name}&url={page}", kind)
        for name, kind in (("json", JSON_TYPE), ("xml", "text/xml+oembed"))
    )
    return replace(head, links=(*head.links, *links))


async def oembed(request: web.Request) -> web.Response:
    """Answer the embed of `url`: 404 for what is not for everybody, 501 for unknown formats."""
    wanted = request.query.get("format", "json")
    if wanted not in {"json", "xml"}:
        message = f"Ask with format=json or format=xml: '{wanted[:20]}' is not spoken here."
        return show_error(request, web.HTTPNotImplemented.status_code, message)
    try:
        frame = _frame(request)
    except Invalid as malformed:
        return show_error(request, web.HTTPBadRequest.status_code, malformed.message)
    found, usage = await _embed(request, request.query.get("url", ""), frame)
    response = _as_xml(found) if wanted == "xml" else as_json(found, "application/json")
    response.headers.update({**EVERYONE, "Cache-Control": A_WHILE})
    set_signals(request, response, usage)
    return response


def photo(
    work: Work, artist: Artist, addresses: Addresses, policy: Policy, frame: Frame
) -> Mapping[str, Value]:
    """Return a work as `photo`, or as `link` where no picture of it may be shown or fits."""
    page: dict[str, Value] = {
        "title": work.title or UNTITLED,
        "author_name": artist.name or artist.handle,
        "author_url": addresses.portfolio(artist.handle),
    }
    picture = work.pictures[0] if work.pictures else None
    if picture is None or work.is_sensitive:
        return {"type": "link", **page}
    shown = _largest(picture, policy, frame)
    if shown is None:
        return {"type": "link", **page}
    alt: dict[str, Value] = {"alt_text": picture.alt} if picture.alt else {}
    return {
        "type": "photo",
        **page,
        "url": addresses.media(picture, shown),
        "width": shown.width,
        "height": shown.height,
        **alt,
        **_thumbnail(picture, policy, addresses, frame),
    }


async def _embed(
    request: web.Request, url: str, frame: Frame
) -> tuple[Mapping[str, Value], ContentUsage]:
    known = flows(request)
    if not url or len(url) > _MAX_ADDRESS or not known.addresses.is_ours(url):
        raise NotFound("There is nothing to embed at that address.")
    provider: dict[str, Value] = {
        "version": "1.0",
        "provider_name": known.config.name,
        "provider_url": known.addresses.base_url,
        "cache_age": _CACHE_SECONDS,
    }
    plain = url.partition("#")[0].partition("?")[0]
    handle = known.addresses.local_part(plain, "/@") or known.addresses.local_part(plain, "/users/")
    if handle:
        artist, _ = await known.viewing.artist(handle)
        name: dict[str, Value] = {"title": artist.name or artist.handle}
        page: dict[str, Value] = {"author_url": known.addresses.portfolio(artist.handle)}
        return {"type": "link", **provider, **name, **page}, known.house.usage_of(artist)
    work, artist, _ = await known.registers.open_work(plain)
    made = photo(work, artist, known.addresses, known.house.policy_for(work), frame)
    return {**provider, **made}, known.house.usage_of(artist, work)


def _largest(picture: Picture, policy: Policy, frame: Frame) -> Rendition | None:
    fitting = [one for one in picture.renditions if frame.holds(one)]
    return best_for(Audience.VISITOR, fitting, policy)


def _thumbnail(
    picture: Picture, policy: Policy, addresses: Addresses, frame: Frame
) -> dict[str, Value]:
    small = [one for one in picture.renditions if one.name in _SMALL and frame.holds(one)]
    found = best_for(Audience.VISITOR, small, policy, ImageFormat.JPEG)
    if found is None:
        return {}
    return {
        "thumbnail_url": addresses.media(picture, found),
        "thumbnail_width": found.width,
        "thumbnail_height": found.height,
    }


def _frame(request: web.Request) -> Frame:
    return Frame(
        min(_side(request, "maxwidth"), _LARGEST), min(_side(request, "maxheight"), _LARGEST)
    )


def _side(request: web.Request, name: str) -> int:
    text = request.query.get(name, "").strip()
    if not text:
        return _LARGEST
    is_number = text.isascii() and text.isdecimal() and len(text) < 9
    if not is_number or not 0 < int(text) <= _MOST_PIXELS:
        raise Invalid(f"{name} is a number of pixels, such as 600.", name)
    return int(text)


def _as_xml(found: Mapping[str, Value]) -> web.Response:
    words = {name: escape(for_xml(str(value))) for name, value in found.items()}
    lines = "".join(f"<{name}>{value}</{name}>" for name, value in words.items())
    text = f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{lines}</oembed>\n'
    return web.Response(text=text, content_type="text/xml", charset="utf-8")
