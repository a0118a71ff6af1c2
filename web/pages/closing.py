"""What artists can do while the end of this instance is announced."""

from typing import Annotated

from aiohttp import web

from server.ending import ClosingState
from server.errors import FixatifError, Invalid
from server.values import dataclass
from web.errors import status_of_typed
from web.fields import Line, decode
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.people_views import ClosingPage
from web.respond import artist_of, head_for, page, to
from web.views import FormView

_LOOK_UPS = Rate("new homes by account", 10, 60)  # each makes us fetch from elsewhere


@dataclass(frozen=True, slots=True)
class HomeForm:
    """A new account."""

    target: Annotated[str, Line("The new account", 320)]


async def closing(request: web.Request) -> web.StreamResponse:
    """Show what ends, and what one can take along."""
    return await _page(request, FormView())


async def name_home(request: web.Request) -> web.StreamResponse:
    """Keep where one's followers shall go."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(HomeForm, sent)
        known.limits.demand(_LOOK_UPS, artist.handle)
        met = await known.remote.by_address(asked.target)
        target = met if met.is_local else await known.remote.actor(met.uri, afresh=True)
        await known.closings.name_home(artist, target)
    except FixatifError as problem:
        form = FormView({"target": sent.first("target")}, {"target": problem.message})
        is_wrong = isinstance(problem, Invalid)
        return await _page(request, form, 422 if is_wrong else status_of_typed(problem))
    return to("/settings/closing", "saved")


async def _page(request: web.Request, form: FormView, status: int = 200) -> web.Response:
    known, artist = flows(request), artist_of(request)
    now, _ = await known.closings.status()
    view = ClosingPage(
        address=f"@{artist.handle}@{known.addresses.domain}",
        ends_at=now.ends_at if now else None,
        words=now.words if now else "",
        home=await known.closings.home_of(artist),
        is_open=now is not None and now.state is ClosingState.ANNOUNCED,
        form=form,
    )
    head = head_for(request, title="Closing", usage=known.house.usage_of())
    return await page(request, "closing.html", view, head=head, status=status)
