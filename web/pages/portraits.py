"""Avatar and banner, on the settings page: chosen, cut around a focus, taken off."""

from aiohttp import web

from server.drafts import MAX_ALT
from server.errors import FixatifError, Invalid, NotFound
from server.model import Artist
from server.portraits import Portrait, PortraitKind
from web.errors import status_of
from web.fields import Fields, Text
from web.flows import flows
from web.forms import UploadLimits
from web.intake import for_people, take_in
from web.media import send
from web.pages.account import settings_page
from web.pages.sent_works import focus_in
from web.respond import artist_of, to
from web.views import FormView


async def change(request: web.Request) -> web.StreamResponse:
    """Show another picture, cut the present one anew, or take it off."""
    artist, kind = artist_of(request), PortraitKind(request.match_info["portrait"])
    known = flows(request)
    portraying, most = known.portraying, known.config.media.max_upload_bytes
    came = await take_in(request, UploadLimits(max_fields=10, max_files=1, max_file_bytes=most))
    sent = came.fields
    try:
        came.demand_whole()
        if sent.first("then") == "remove":
            await portraying.remove(artist, kind)
        else:
            focus = focus_in(sent, f"left-{kind}", f"top-{kind}")
            name = f"alt-{kind}"
            alt = Text("The description", MAX_ALT).read((sent.first(name),), name)
            upload = came.files[0].file if came.files else None
            await portraying.change(artist, kind, upload, focus=focus, alt=alt)
    except FixatifError as found:
        problem = for_people(found)
        shown = _form_with(kind, sent, problem)
        return await settings_page(request, artist, {"portrait": shown}, status=status_of(problem))
    return to(f"/settings#{kind}-title", "portrait")


async def whole(request: web.Request) -> web.StreamResponse:
    """Send the uncut picture, small, to its artist alone."""
    found = await _own(request, artist_of(request))
    response = await send(request, found.whole_digest, "image/jpeg")
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def _own(request: web.Request, artist: Artist) -> Portrait:
    found = await flows(request).portraying.of_artist(artist)
    kind = PortraitKind(request.match_info["portrait"])
    if kind not in found:
        raise NotFound("You have no such picture.")
    return found[kind]


def _form_with(kind: PortraitKind, sent: Fields, problem: FixatifError) -> FormView:
    """Return what was typed, with the problem at its field."""
    values = {name: sent.first(name) for name in sent.names()}
    field = problem.field if isinstance(problem, Invalid) else ""
    return FormView(values, {field or kind: problem.message})
