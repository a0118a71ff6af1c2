"""What everything answers once this instance is closed."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.ending import ClosingState
from web.flows import FLOWS
from web.respond import as_response, viewer_of
from web.views import HeadView

_ALIVE = frozenset({"/healthz", "/favicon.ico", "/robots.txt"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def farewell(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 410 to everything once this instance is closed."""
    known = request.app[FLOWS]
    closing = known.closing_now.now
    is_over = closing is not None and closing.state is ClosingState.CLOSED
    if closing is None or not is_over or request.path in _ALIVE:
        return await handler(request)
    if request.path.startswith("/static/"):
        return await handler(request)
    if "text/html" not in request.headers.get("Accept", ""):
        return web.Response(status=410, text=f"{known.addresses.domain} has closed.\n")
    made = known.renderer.page(
        "farewell.html",
        view=closing,
        head=HeadView(title="Closed"),
        viewer=viewer_of(request, has_form=False),
    )
    response = as_response(made, status=410)
    response.headers["Cache-Control"] = "no-store"
    return response
