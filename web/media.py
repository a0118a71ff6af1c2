"""Pictures, by the parts of their address, to whom the policy lets have them.

The random key in an address is unguessable and new for each generation of a picture, so
answers may be kept forever; the one for other servers stays valid while its bytes change.
"""

from aiohttp import web

from server.errors import NotAllowed, NotFound
from server.given import QUERY
from server.model import (
    ActorId,
    ImageFormat,
    Picture,
    Rendition,
    RenditionName,
    Visibility,
    Work,
)
from server.portraits import PortraitKind
from server.protections import (
    SMALL_CARDS,
    Audience,
    federated_for,
    is_open_to,
    small_for_peers,
    small_of,
)
from server.rules import Action, Allow, Decision, Proof, Refuse, action_of
from web import proofs
from web.documents import proven_soon
from web.flows import flows
from web.keys import ARTIST, PROXY_BYTES
from web.outbound import facts_of, peer_of, stricter_claim
from web.picture_door import demanded, is_for_guests
from web.respond import set_signals, viewer_id

_TYPES = {
    ImageFormat.AVIF: "image/avif",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.GIF: "image/gif",
}
_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_A_DAY_PRIVATELY = "private, max-age=86400"
_CHUNK = 262_144
ACCEL = "X-Accel-Redirect"


async def rendition(request: web.Request) -> web.StreamResponse:
    """Send one rendition, or the small one in its place where a rule gives no more."""
    known = flows(request)
    name, image_format = _parts(request)
    viewer = viewer_id(request)
    work, picture, asked = await known.viewing.rendition(
        request.match_info["key"], name, image_format, ActorId(viewer) if viewer else None
    )
    given_to = await known.given_to.host_of(request.query.get(QUERY, ""), work.id)
    found = _permitted(request, work, picture, asked, given_to)
    if given_to and peer_of(request) not in {"", given_to}:
        await proven_soon(request)  # is counted; nothing is looked up for who is refused
    artist, _ = await known.viewing.owner(work)
    response = await send(request, found.digest, _TYPES[found.format])
    response.headers["Cache-Control"] = _caching(request, work, asked, found)
    _let_embed(response)
    set_signals(request, response, known.house.usage_of(artist, work))
    return response


async def portrait(request: web.Request) -> web.StreamResponse:
    """Send an artist's avatar or banner: to everybody whom no rule refuses pictures."""
    known = flows(request)
    kind = PortraitKind(request.match_info["portrait"])
    found, artist = await known.portraying.shown(request.match_info["key"], kind)
    demanded(request, RenditionName.FEDERATED)  # other servers fetch it, unsigned
    response = await send(request, found.digest, _TYPES[ImageFormat.JPEG])
    response.headers["Cache-Control"] = _FOREVER
    _let_embed(response)
    set_signals(request, response, known.house.usage_of(artist))
    return response


def _permitted(
    request: web.Request, work: Work, picture: Picture, asked: Rendition, given_to: str
) -> Rendition:
    """Return the copy that who asks gets at this address. Raise `NotAllowed` where none."""
    policy = flows(request).house.policy_for(work)
    proof = proofs.opening(request, picture.media_key, f"{asked.name}.{asked.format}")
    action = demanded(request, asked.name, proof, given_to)
    if asked.name is RenditionName.FEDERATED:
        wants_small = action is Action.PREVIEW or request.query.get("size") == "preview"
        extent = _extent(request, work, given_to)
        if isinstance(extent, Refuse) or action_of(extent) is Action.LINK_ONLY:
            raise NotAllowed(extent.reason or "Pictures are not given to your server.")
        if wants_small or action_of(extent) is Action.PREVIEW:
            small = small_for_peers(picture.renditions, policy)
            if small is None:
                raise NotAllowed("Pictures are not given to your server in this size.")
            return small
        return federated_for(picture.renditions, policy, asked.format) or asked
    audience = _audience(request) if proof is Proof.NONE else Audience.PERSON
    if action is Action.PREVIEW and asked.name not in SMALL_CARDS:
        small = small_of(picture.renditions, asked.format)
        if small is not None and is_open_to(audience, small, policy):
            return small
        raise NotAllowed("Pictures are not given to you in this size.")
    if not is_open_to(audience, asked, policy):
        raise NotAllowed(
            "This size is shown to who looks closer on the work's own page, and for an hour only; "
            "/policy says why."
        )
    return asked


def _extent(request: web.Request, work: Work, given_to: str) -> Decision:
    """Return how much of a work the server gets that asks, or that the address was given to.

    Most servers fetch unsigned: what they were given is theirs, for as much as they may have now.
    """
    if peer_of(request):
        return stricter_claim(request, facts_of(work))
    return flows(request).doors.due(facts_of(work), given_to) if given_to else Allow()


def _let_embed(response: web.StreamResponse) -> None:
    """Allow other servers' pages to show a picture; it never runs as anything.

    Alone in a window, a browser lays it out by a style of its own.
    """
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )


def _parts(request: web.Request) -> tuple[RenditionName, ImageFormat]:
    try:
        name = RenditionName(request.match_info["rendition"])
        return name, ImageFormat(request.match_info["ext"])
    except ValueError as unknown:
        raise NotFound("There is no such picture.") from unknown


def _audience(request: web.Request) -> Audience:
    return Audience.PERSON if ARTIST in request else Audience.VISITOR


def _caching(request: web.Request, work: Work, asked: Rendition, found: Rendition) -> str:
    """Return how an answer may be kept: by shared caches only what everybody may have."""
    is_federated = asked.name is RenditionName.FEDERATED
    is_special = found is not asked and not is_federated  # somebody else gets another copy here
    if not work.is_visible or is_special or (is_federated and peer_of(request)):
        return "private, no-store"
    policy = flows(request).house.policy_for(work)
    is_for_all = is_federated or (
        is_open_to(Audience.VISITOR, found, policy) and _is_for_guests(request, asked)
    )
    if work.visibility is Visibility.FOLLOWERS or not is_for_all:
        return _A_DAY_PRIVATELY
    return _A_DAY if is_federated else _FOREVER


def _is_for_guests(request: web.Request, asked: Rendition) -> bool:
    return asked.name in SMALL_CARDS or is_for_guests(request, asked.name)


async def send(request: web.Request, digest: str, content_type: str) -> web.StreamResponse:
    """Send a file, or let the reverse proxy do so. Raise `NotFound`."""
    media = flows(request).media
    path = media.link(digest)
    within = flows(request).config.media.proxy_path
    if path is not None and within:  # nginx's word for it, which Caddy is taught as well
        where = path.relative_to(flows(request).config.media_path.absolute())
        request[PROXY_BYTES] = 0 if request.method == "HEAD" else path.stat().st_size
        return web.Response(
            headers={"Content-Type": content_type, ACCEL: f"{within}{where.as_posix()}"}
        )
    if path is not None:
        _check_dates(request)
        return web.FileResponse(path, _CHUNK, headers={"Content-Type": content_type})
    return web.Response(body=await media.read(digest), headers={"Content-Type": content_type})


def _check_dates(request: web.Request) -> None:
    """Refuse dates that no calendar holds: aiohttp would break off while it sends the file."""
    try:
        _ = request.if_modified_since, request.if_unmodified_since, request.if_range
    except (OverflowError, ValueError) as cause:
        raise web.HTTPBadRequest from cause
