"""The servers that deliver: most requests of a busy instance, each of which shall cost little.

No class of visitor is refused at an inbox, no cookie or form is read; address, log, errors, limits
and headers are the same as everywhere.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, TypeGuard

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_urldispatcher import AbstractRoute, UrlMappingMatchInfo

from web.bodies import BodyLimits, bound
from web.keys import IS_OUR_FORM

SHARED_INBOX: Final = "/inbox"


def is_inbox(request: web.BaseRequest) -> bool:
    """Say whether a server delivers an activity: POST to the shared inbox or an actor's."""
    path = request.path
    is_theirs = path.startswith(("/users/", "/series/")) and path.endswith(SHARED_INBOX)
    return request.method == "POST" and (path == SHARED_INBOX or is_theirs)


async def take_in(request: web.Request, handler: Handler, limits: BodyLimits) -> web.StreamResponse:
    """Let an inbox read what is delivered, within the limits."""
    bound(request, limits.inbox_bytes, limits.seconds)
    request[IS_OUR_FORM] = True
    return await handler(request)


def way_in(app: web.Application, layers: Sequence[Middleware], limits: BodyLimits) -> Handler:
    """Return what answers a POST to the shared inbox of `app`: its handler in `layers` alone.

    Done as `web.Application` does it, without the search for the route and the visitors' layers.
    """
    route = _shared_inbox(app)
    found = UrlMappingMatchInfo({}, route)
    found.add_app(app)
    found.freeze()
    handler: Handler = partial(take_in, handler=route.handler, limits=limits)
    for layer in reversed(layers):
        handler = partial(layer, handler=handler)

    async def deliver(request: web.Request) -> web.StreamResponse:
        request._match_info = found  # noqa: SLF001 - names the application; holds nothing of a request
        return await handler(request)

    return deliver


def is_for_way_in(request: web.BaseRequest) -> TypeGuard[web.Request]:
    """Say whether `way_in` is for this request: who waits for a 100 goes the usual way."""
    return (
        request.method == "POST"
        and request.path == SHARED_INBOX
        and "Expect" not in request.headers
        and isinstance(request, web.Request)
    )


def _shared_inbox(app: web.Application) -> AbstractRoute:
    return next(
        route
        for route in app.router.routes()
        if route.method == "POST"
        and route.resource is not None
        and route.resource.canonical == SHARED_INBOX
    )
