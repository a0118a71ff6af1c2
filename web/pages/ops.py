"""For machines that watch over us, and for those who draw our pages."""

from aiohttp import web

from server.errors import NotFound
from web.flows import flows
from web.respond import as_response
from web.styleguide import styleguide as sample_styleguide


async def healthz(_request: web.Request) -> web.Response:
    """Say that the process answers."""
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """Say that the database answers too; 503 while it does not."""
    await flows(request).is_ready()
    return web.Response(text="ready\n", headers={"Cache-Control": "no-store"})


async def static(request: web.Request) -> web.Response:
    """Send a style sheet, script or mark from memory."""
    table = flows(request).static
    file = table.find(request.match_info["name"])
    if file is None:
        raise NotFound("There is no such file.")
    caching = {
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": table.cache_control(file, request.query.get("v", "")),
    }
    if request.headers.get("If-None-Match") == file.etag:
        return web.Response(status=304, headers=caching)
    is_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    body = file.gzipped if is_gzip else file.body
    response = web.Response(body=body, headers={**caching, "Content-Type": file.content_type})
    if is_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


async def styleguide(request: web.Request) -> web.Response:
    """Show every token, macro and state; in development only."""
    known = flows(request)
    if not known.is_development:
        raise NotFound("There is nothing here.")
    made = known.renderer.page("styleguide.html", view=sample_styleguide(), path=request.path)
    return as_response(made)
