"""Pictures like an artist's own, side by side, and what the artist says of it."""

from typing import Annotated

from aiohttp import web

from server.errors import FixatifError, Invalid
from server.likeness import ResemblanceId, Verdict
from server.likening import Pair
from server.model import Picture
from server.reporting import MAX_WORDS
from server.values import dataclass
from web.errors import status_of
from web.fields import Text, decode
from web.flows import flows
from web.forms import read_form
from web.likeness_views import LikenessPage
from web.pages.reports import REPORTS
from web.present import UNTITLED, target_link
from web.respond import artist_of, head_for, number, page, show, to
from web.talk import remote_picture
from web.views import FormView, PictureView


@dataclass(frozen=True, slots=True)
class ReportForm:
    """A report of a picture."""

    text: Annotated[str, Text("The text", MAX_WORDS)] = ""
    is_forwarded: bool = False


async def likeness(request: web.Request) -> web.StreamResponse:
    """Show both pictures."""
    return await _page(request)


async def settle(request: web.Request) -> web.StreamResponse:
    """Keep that it is fine: this one, or whatever that account shows."""
    is_trusted = request.match_info["verdict"] == "mine"
    artist = artist_of(request)
    await flows(request).likening.settle(artist, _id(request), is_trusted=is_trusted)
    return to(f"/likenesses/{_id(request)}", "saved")


async def report(request: web.Request) -> web.StreamResponse:
    """Tell the moderators here and, if wished, those of the other's server."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(ReportForm, sent)
        known.limits.demand(REPORTS, artist.handle)
        await known.likening.report(
            artist, _id(request), asked.text, is_forwarded=asked.is_forwarded
        )
    except Invalid as problem:
        form = FormView({"text": sent.first("text")}, {problem.field: problem.message})
        return await _page(request, form, problem)
    return to(f"/likenesses/{_id(request)}", "reported")


async def _page(
    request: web.Request, form: FormView | None = None, problem: FixatifError | None = None
) -> web.Response:
    known, artist, showing = flows(request), artist_of(request), show(request)
    pair = await known.likening.pair(artist, _id(request))
    own_page = showing.page_of(pair.work, artist)
    link = target_link(pair.target, pair.other.handle, known.addresses) if pair.target else None
    words = f"The same picture is a work of mine: {known.addresses.base_url}{own_page}"
    view = LikenessPage(
        mine=showing.picture(pair.work, pair.mine),
        mine_title=pair.work.title or UNTITLED,
        mine_url=own_page,
        other=showing.actor(pair.other),
        theirs=_theirs(request, pair),
        theirs_url=link.url if link else "",
        is_trusted=pair.found.verdict is Verdict.TRUSTED,
        is_fine=pair.found.verdict is Verdict.FINE,
        is_reported=pair.found.verdict is Verdict.REPORTED,
        server="" if pair.other.is_local else pair.other.domain,
        action=f"/likenesses/{pair.found.id}",
        form=form or FormView({"text": words}),
    )
    head = head_for(request, title="Two pictures", usage=known.house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, "likeness.html", view, head=head, status=status)


def _theirs(request: web.Request, pair: Pair) -> PictureView | None:
    if pair.theirs is None or pair.target is None:
        return None
    if not isinstance(pair.theirs, Picture):
        return remote_picture(pair.theirs)
    return show(request).picture(pair.target.work, pair.theirs) if pair.target.work else None


def _id(request: web.Request) -> ResemblanceId:
    return ResemblanceId(number(request.match_info["id"], 0) or 0)
