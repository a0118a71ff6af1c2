"""For those who run the instance: what waits for other servers, and who cannot be reached."""

from typing import Annotated

from aiohttp import web

from server.model import JobId, JobKind, Role
from server.queues import JobState
from server.roles import demand
from server.values import dataclass
from web.deliveries import federation_page
from web.fields import Line, decode
from web.flows import flows
from web.forms import read_form
from web.respond import artist_of, head_for, number, page, to

_PAGE = "/admin/federation/deliveries"
_MOST = 100


@dataclass(frozen=True, slots=True)
class TryForm:
    """Which server is to be tried."""

    host: Annotated[str, Line("The server", 300)]


@dataclass(frozen=True, slots=True)
class RetryForm:
    """Which job is to be tried."""

    job: Annotated[str, Line("The job", 19)]


async def federation(request: web.Request) -> web.StreamResponse:
    """Show the queue, and the servers in trouble."""
    demand(artist_of(request), Role.ADMIN)
    known = flows(request)
    found = await known.queues.overview(limit=_MOST)
    buried = await known.queues.listed(JobState.BURIED, JobKind.DELIVER, limit=_MOST)
    head = head_for(request, title="Deliveries", usage=known.house.usage_of())
    view = federation_page(found, buried, _MOST)
    return await page(request, "federation.html", view, head=head)


async def try_now(request: web.Request) -> web.StreamResponse:
    """End a server's pause."""
    admin = demand(artist_of(request), Role.ADMIN)
    asked = decode(TryForm, await read_form(request))
    await flows(request).queues.try_now(asked.host, admin)
    return to(_PAGE, "tried")


async def retry(request: web.Request) -> web.StreamResponse:
    """Try a delivery again that was given up."""
    admin = demand(artist_of(request), Role.ADMIN)
    asked = decode(RetryForm, await read_form(request))
    await flows(request).queues.retry(JobId(number(asked.job, 0) or 0), admin)
    return to(_PAGE, "retried")
