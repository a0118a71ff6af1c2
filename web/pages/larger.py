"""A picture larger than its page shows: for members, and for browsers that proved to be some."""

from typing import Final

from aiohttp import web

from server.errors import NotFound
from server.model import ActorId, ImageFormat, Picture, Rendition, Work, WorkId
from server.protections import Audience, best_for
from server.rules import Proof
from web.bearing import is_text_browser
from web.flows import flows
from web.keys import ARTIST, NETWORK
from web.limits import Rate
from web.picture_door import kept_from
from web.proofs import given, holder_of, token_for
from web.respond import number, show, viewer_id

LOOKS: Final = Rate("larger pictures by network", 60, 5)  # then one every five seconds
LOOKS_OF_ONE: Final = Rate("larger pictures by proof", 60, 5)  # a proof that many share helps none


async def larger(request: web.Request) -> web.StreamResponse:
    """Lead to the largest copy that who asks may have, at an address that is theirs for an hour."""
    known = flows(request)
    work_id = WorkId(number(request.match_info["id"], 0) or 0)
    seer = viewer_id(request)
    hung, artist, _ = await known.viewing.work(work_id, ActorId(seer) if seer else None)
    picture = _picture(hung, number(request.match_info["picture"], 0) or 0)
    best = _best(request, hung, picture)
    if best is None:
        raise NotFound("There is no larger copy of this picture.")
    url = known.addresses.media(picture, best)
    file = url.rpartition("/")[2]
    if ARTIST not in request:
        known.limits.demand(LOOKS, request[NETWORK])
        holder = holder_of(request)
        if holder:
            known.limits.demand(LOOKS_OF_ONE, holder)
        token = token_for(request, picture.media_key, file)
        page = show(request).page_of(hung, artist)
        shown = None if token else _shown_as_text(request, hung, picture)
        url = f"{url}?t={token}" if token else shown or f"{page}?told={_missing(request)}"
    return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _missing(request: web.Request) -> str:
    """Return what a browser did not give, as the notice on the work's page is called."""
    return "no-work" if given(request) is not Proof.NONE else "no-proof"


def _picture(work: Work, picture_id: int) -> Picture:
    found = next((one for one in work.pictures if one.id == picture_id), None)
    if found is None:
        raise NotFound("There is no such picture.")
    return found


def _shown_as_text(request: web.Request, work: Work, picture: Picture) -> str | None:
    """Return where a text browser finds the copy that others see on the page; it can prove nothing.

    Such a browser hands it to another program, and has no other way to any picture.
    """
    if not is_text_browser(request.headers.get("User-Agent", "")):
        return None
    found = _best(request, work, picture, Audience.VISITOR)
    return flows(request).addresses.media(picture, found) if found else None


def _best(
    request: web.Request, work: Work, picture: Picture, audience: Audience = Audience.PERSON
) -> Rendition | None:
    """Return the largest copy for an audience, as a kind of file that this browser takes."""
    policy = flows(request).house.policy_for(work)
    proof = policy.renditions.proof if audience is Audience.PERSON else Proof.NONE
    kept, _ = kept_from(request, proof)
    allowed = [one for one in picture.renditions if one.name not in kept]
    takes_avif = "image/avif" in request.headers.get("Accept", "")
    for image_format in (ImageFormat.AVIF, ImageFormat.JPEG) if takes_avif else (ImageFormat.JPEG,):
        best = best_for(audience, allowed, policy, image_format)
        if best is not None:
            return best
    return None
