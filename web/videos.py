"""Videos of how works were made, to whom the policy gives pictures of that size.

Nothing smaller can be made of a video here: who gets small copies only gets none of it, until the
proof that opens larger pictures opens it too. Parts are given, so that a player can begin and move
without the whole; the file is sent as it came.
"""

from collections.abc import Collection
from typing import Final

from aiohttp import web

from server.errors import NotAllowed, NotFound
from server.model import ActorId, RenditionName, Visibility, Work
from server.policy import Policy
from server.protections import SIDE_OF_VIDEO, Audience, may_have
from server.rules import Action, Proof
from server.shots import Shot, Video
from web import proofs
from web.flows import flows
from web.keys import ARTIST, PROXY_BYTES
from web.media import ACCEL, send
from web.picture_door import demanded, is_for_guests
from web.ranges import Part, Unsatisfiable, part_of
from web.respond import set_signals, viewer_id

EXTENSIONS: Final = {"video/mp4": "mp4", "video/webm": "webm"}
_FOREVER: Final = "public, max-age=31536000, immutable"
_A_DAY_PRIVATELY: Final = "private, max-age=86400"
_NEVER_KEPT: Final = "private, no-store"
_NOT_GIVEN: Final = (
    "Who sees small pictures only sees no videos. Where a browser's proof opens them, they play on "
    "the work's own page, and their addresses last for an hour; /policy says why."
)


def path_of(video: Video) -> str:
    """Return the path of a video on this site."""
    return f"/media/{video.media_key}/{file_of(video)}"


def file_of(video: Video) -> str:
    """Return what a video is called in its address, and in a token that opens it."""
    return f"video.{EXTENSIONS[video.type]}"


def closer_path(work: Work, shot: Shot) -> str:
    """Return the path that leads to a video whoever gave a proof, see `web.pages.larger`."""
    return f"/works/{work.id}/process/{shot.id}/video"


def is_given(
    audience: Audience, video: Video, policy: Policy, kept_from: Collection[RenditionName]
) -> bool:
    """Say whether an audience may have a video, from which rules keep these renditions."""
    return RenditionName.VIEW not in kept_from and may_have(audience, _side_of(video), policy)


async def video(request: web.Request) -> web.StreamResponse:
    """Send a video, or the part of it that is asked for."""
    known = flows(request)
    viewer = viewer_id(request)
    asker = ActorId(viewer) if viewer else None
    work, _, found = await known.documenting.video(request.match_info["key"], asker)
    if request.match_info["film"] != EXTENSIONS[found.type]:
        raise NotFound("There is no such video.")
    policy = known.house.policy_for(work)
    proof = proofs.opening(request, found.media_key, file_of(found))
    is_preview = demanded(request, RenditionName.VIEW, proof) is Action.PREVIEW
    is_person = ARTIST in request or proof is not Proof.NONE
    audience = Audience.PERSON if is_person else Audience.VISITOR
    is_own = asker == work.artist_id
    if not is_own and (is_preview or not may_have(audience, _side_of(found), policy)):
        raise NotAllowed(_NOT_GIVEN)
    response = await send_video(request, found)
    is_for_all = may_have(Audience.VISITOR, _side_of(found), policy) and is_for_guests(
        request, RenditionName.VIEW
    )
    response.headers["Cache-Control"] = _caching(work, is_for_all=is_for_all)
    artist, _ = await known.viewing.owner(work)
    set_signals(request, response, known.house.usage_of(artist, work))
    return response


def _side_of(found: Video) -> int:
    """Return the side, in pixels, that an audience must be allowed to have a video."""
    return min(SIDE_OF_VIDEO, max(found.width, found.height) or SIDE_OF_VIDEO)


async def send_video(request: web.Request, found: Video) -> web.StreamResponse:
    """Send a video's file or a part of it; who asks was judged before. Raise `NotFound`."""
    if flows(request).media.link(found.digest) is None:
        response = await _streamed(request, found)
    else:
        response = await send(request, found.digest, found.type)
        if ACCEL in response.headers:
            _count_part(request)
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Alone in a window a browser lays it out by a style of its own, and fetches it once more.
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    )
    return response


def _count_part(request: web.Request) -> None:
    """Count what the reverse proxy sends: it reads the range itself."""
    size = request.get(PROXY_BYTES, 0)
    try:
        part = part_of(request.headers.get("Range", ""), size)
    except Unsatisfiable:
        request[PROXY_BYTES] = 0
    else:
        request[PROXY_BYTES] = part.length if part else size


async def _streamed(request: web.Request, found: Video) -> web.StreamResponse:
    """Give bytes from a store that has no files: as they come, never all at once."""
    await flows(request).media.size(found.digest)  # afterwards it is too late to say that it is not
    tag = f'"{found.digest[:32]}"'
    headers = {"Content-Type": found.type.value, "Accept-Ranges": "bytes", "ETag": tag}
    wanted = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:  # RFC 9110, 13.1.5
        wanted = ""
    try:
        part = part_of(wanted, found.bytes)
    except Unsatisfiable:
        headers |= {"Content-Range": f"bytes */{found.bytes}"}
        return web.Response(status=416, headers=headers)
    if part is not None:
        headers |= {"Content-Range": part.said(found.bytes)}
    whole = part or Part(0, found.bytes)
    return web.Response(
        status=206 if part else 200,
        headers={**headers, "Content-Length": str(whole.length)},
        body=flows(request).media.open(found.digest, start=whole.start, length=whole.length),
    )


def _caching(work: Work, *, is_for_all: bool) -> str:
    if not work.is_visible:
        return _NEVER_KEPT
    is_shared = is_for_all and work.visibility is not Visibility.FOLLOWERS
    return _FOREVER if is_shared else _A_DAY_PRIVATELY
