"""Where hidden links lead: nowhere, for everybody."""

from aiohttp import web

from server.crawler_book import brief
from server.errors import NotFound
from server.robots import TRAP_PATH
from web.flows import flows
from web.keys import NETWORK, VISITOR_CLASS
from web.traps import may_be_marked


async def nothing_here(request: web.Request) -> web.StreamResponse:
    """Answer that nothing is here, and remember who came if that was a program."""
    known = flows(request)
    if may_be_marked(request, known.forms.origin):
        known.traps.mark(request[NETWORK], brief(request.headers.get("User-Agent", "")))
        who = f"{request[VISITOR_CLASS]} {request[NETWORK]}"
        known.sparing.say("trap_sprung", who, TRAP_PATH)
    raise NotFound("There is nothing here, and there never was.")
