"""What a proof opens: a picture larger than its page shows, a video of how a work was made.

For members too, who need none.
"""

from typing import Final

from aiohttp import web

from server.errors import NotAllowed, NotFound
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
from web.videos import is_given, path_of

LOOKS: Final = Rate("larger pictures by network", 60, 5)  # then one every five seconds
LOOKS_OF_ONE: Final = Rate("larger pictures by proof", 60, 5)  # a proof that many share helps none
# Some players ask the leading address anew for each place that somebody jumps to.
PLAYS: Final = Rate("videos by network", 240, 1)
PLAYS_OF_ONE: Final = Rate("videos by proof", 120, 2)


async def larger(request: web.Request) -> web.StreamResponse:
    """Lead to the largest copy that who asks may have, at an address that is theirs for an hour."""
    known = flows(request)
    seer = viewer_id(request)
    hung, artist, _ = await known.viewing.work(_work_id(request), ActorId(seer) if seer else None)
    picture = _picture(hung, number(request.match_info["picture"], 0) or 0)
    best = _best(request, hung, picture)
    if best is None:
        raise NotFound("There is no larger copy of this picture.")
    url = known.addresses.media(picture, best)
    if ARTIST in request:
        return _led(url)
    token = _minted(request, picture.media_key, url, (LOOKS, LOOKS_OF_ONE))
    if token:
        return _led(f"{url}?t={token}")
    page = show(request).page_of(hung, artist)
    return _led(_shown_as_text(request, hung, picture) or f"{page}?told={_missing(request)}")


async def video(request: web.Request) -> web.StreamResponse:
    """Lead to a video of how a work was made, at an address that is theirs for an hour."""
    known = flows(request)
    seer = viewer_id(request)
    hung, artist, _ = await known.viewing.work(_work_id(request), ActorId(seer) if seer else None)
    shot_id = number(request.match_info["shot"], 0)
    shots = await known.documenting.of_work(hung.id)
    film = next((one.video for one in shots if one.id == shot_id), None)
    policy = known.house.policy_for(hung)
    kept, because = kept_from(request, policy.renditions.proof)
    if film is None:
        raise NotFound("There is no such video.")
    if seer != hung.artist_id and not is_given(Audience.PERSON, film, policy, kept):
        raise NotAllowed(because or "Videos are not shown to you, as only small pictures are.")
    url = path_of(film)
    if ARTIST in request:
        return _led(url)
    token = _minted(request, film.media_key, url, (PLAYS, PLAYS_OF_ONE))
    if token:
        return _led(f"{url}?t={token}")
    page = show(request).page_of(hung, artist)
    return _led(f"{page}?told={_missing(request)}-video#process")


def _led(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _minted(request: web.Request, media_key: str, url: str, rates: tuple[Rate, Rate]) -> str:
    """Return a token for the file at this address, "" where the browser gave no proof."""
    of_network, of_proof = rates
    limits, holder = flows(request).limits, holder_of(request)
    limits.demand(of_network, request[NETWORK])
    if holder:
        limits.demand(of_proof, holder)
    return token_for(request, media_key, url.rpartition("/")[2])


def _work_id(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)


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
