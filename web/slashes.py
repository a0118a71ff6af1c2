"""Addresses that end in a slash too many lead to the page that was meant.

People copy them so, and other programs put one at the end.
"""

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL


@web.middleware
async def without_last_slash(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lead from `/@ana/` to `/@ana`, where nothing is at the one and something at the other."""
    path, mark, query = request.raw_path.partition("?")
    bare = path.rstrip("/")
    is_nowhere = isinstance(request.match_info.http_exception, web.HTTPNotFound)
    # two slashes in front, or a whole address, would lead to another site
    is_path_here = bare.startswith("/") and not bare.startswith("//") and bare != path
    if is_nowhere and is_path_here and request.method in {"GET", "HEAD"}:
        meant = request.clone(rel_url=URL(bare, encoded=True))
        found = await request.app.router.resolve(meant)
        if found.http_exception is None:
            raise web.HTTPMovedPermanently(f"{bare}{mark}{query}")
    return await handler(request)
