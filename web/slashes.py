"""Addresses that end in a slash too many lead to the page that was meant.

People copy them so, and other programs put one at the end. Addresses of files nobody writes by
hand: to who guesses at those, another spelling is nowhere.
"""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

_NO_PAGES: Final = ("/media/", "/static/", "//")  # two slashes would lead to another site


@web.middleware
async def without_last_slash(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lead from `/@ana/` to `/@ana`, where nothing is at the one and something at the other."""
    path, mark, query = request.raw_path.partition("?")
    bare = path.rstrip("/")
    is_nowhere = isinstance(request.match_info.http_exception, web.HTTPNotFound)
    is_page = bare.startswith("/") and not bare.startswith(_NO_PAGES) and bare != path
    if is_nowhere and is_page and request.method in {"GET", "HEAD"}:
        meant = request.clone(rel_url=URL(bare, encoded=True))
        found = await request.app.router.resolve(meant)
        if found.http_exception is None:
            raise web.HTTPMovedPermanently(f"{bare}{mark}{query}")
    return await handler(request)
