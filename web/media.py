"""Pictures, by the parts of their address, to whom the policy lets have them.

The random key in an address is unguessable and new for each generation of a picture, so
answers may be kept forever; the one for other servers stays valid while its bytes change.
"""

from aiohttp import web

from server.errors import NotAllowed, NotFound
from server.model import ActorId, ImageFormat, RenditionName, Visibility, Work
from server.policy import decide
from server.protections import Audience, federated_for, is_open_to
from server.rules import Action, Allow, Door, MediaFacts, Refuse
from server.visitors import VisitorClass
from web.flows import flows
from web.keys import ARTIST, DOOR_FACTS, VISITOR_CLASS
from web.respond import set_signals, viewer_id

_TYPES = {
    ImageFormat.AVIF: "image/avif",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.GIF: "image/gif",
}
_SMALL = frozenset({RenditionName.TILE, RenditionName.PREVIEW, RenditionName.CARD})
_COLLECTORS = frozenset(
    {
        VisitorClass.AI_TRAINING,
        VisitorClass.AI_SEARCH,
        VisitorClass.AI_USER,
        VisitorClass.DATASET,
        VisitorClass.FORGED,
    }
)
_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_A_DAY_PRIVATELY = "private, max-age=86400"
_CHUNK = 262_144


async def rendition(request: web.Request) -> web.StreamResponse:
    """Send one rendition."""
    known = flows(request)
    name, image_format = _parts(request)
    viewer = viewer_id(request)
    work, picture, found = await known.viewing.rendition(
        request.match_info["key"], name, image_format, ActorId(viewer) if viewer else None
    )
    _ask_policy(request, name)
    policy = known.house.now.policy
    if name is RenditionName.FEDERATED:
        found = federated_for(picture.renditions, policy, image_format) or found
    elif not is_open_to(_audience(request), found, policy):
        raise NotAllowed("This size is for people who are signed in; /policy says why.")
    artist, _ = await known.viewing.owner(work)
    response = await _send(request, found.digest, _TYPES[found.format])
    is_for_all = name is RenditionName.FEDERATED or is_open_to(Audience.VISITOR, found, policy)
    response.headers["Cache-Control"] = _caching(work, name, is_for_all=is_for_all)
    # pictures are made to be shown: on other servers' pages too, but never run as anything. Alone
    # in a window, a browser lays them out by a style of its own
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    set_signals(request, response, known.house.usage_of(artist, work))
    return response


def _parts(request: web.Request) -> tuple[RenditionName, ImageFormat]:
    try:
        name = RenditionName(request.match_info["rendition"])
        return name, ImageFormat(request.match_info["ext"])
    except ValueError as unknown:
        raise NotFound("There is no such picture.") from unknown


def _audience(request: web.Request) -> Audience:
    return Audience.PERSON if ARTIST in request else Audience.VISITOR


def _ask_policy(request: web.Request, name: RenditionName) -> None:
    facts = MediaFacts(
        visitor=request.get(VISITOR_CLASS, VisitorClass.UNKNOWN),
        rendition=name,
        user_agent=request.headers.get("User-Agent", ""),
    )
    request[DOOR_FACTS] = facts
    if name is RenditionName.FEDERATED and facts.visitor not in _COLLECTORS:
        return  # most servers fetch pictures with a library's user agent, unsigned
    decision = decide(Door.MEDIA, facts, flows(request).house.now.compiled)
    if isinstance(decision, Refuse):
        raise NotAllowed(decision.reason)
    is_preview_only = isinstance(decision, Allow) and decision.action is Action.PREVIEW
    if is_preview_only and name not in _SMALL:
        raise NotAllowed(decision.reason)


def _caching(work: Work, name: RenditionName, *, is_for_all: bool) -> str:
    """Return how an answer may be kept: by shared caches only what everybody may have."""
    if not work.is_visible:
        return "private, no-store"
    if work.visibility is Visibility.FOLLOWERS or not is_for_all:
        return _A_DAY_PRIVATELY
    return _A_DAY if name is RenditionName.FEDERATED else _FOREVER


async def _send(request: web.Request, digest: str, content_type: str) -> web.StreamResponse:
    media = flows(request).media
    path = media.link(digest)
    if path is not None:
        return web.FileResponse(path, _CHUNK, headers={"Content-Type": content_type})
    return web.Response(body=await media.read(digest), headers={"Content-Type": content_type})
