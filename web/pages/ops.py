"""For machines that watch over us, and for those who draw our pages."""

import hmac

from aiohttp import web

from server.doctor import MADE_UP_ADDRESS, MOST_PROBE_BYTES, proof_of
from server.errors import NotFound
from web.addresses import is_trusted_proxy, read_networks
from web.flows import flows
from web.keys import CLIENT_ADDRESS, IS_SECURE
from web.media import send
from web.respond import as_response
from web.styleguide import styleguide as sample_styleguide

_FRESH = {"Cache-Control": "no-store"}


async def healthz(request: web.Request) -> web.StreamResponse:
    """Say that the process answers; to our own doctor, also how its question arrived.

    Its doctor may ask for a tiny file of its own, by the way that pictures take.
    """
    proof = request.query.get("proof", "").encode()
    if not hmac.compare_digest(proof, proof_of(flows(request).forms.secret).encode()):
        return web.Response(text="ok\n", headers=_FRESH)
    probe = request.query.get("probe", "")
    place = flows(request).media.link(probe) if probe else None
    if place is not None and place.stat().st_size <= MOST_PROBE_BYTES:  # no picture is so small
        return await send(request, probe, "application/octet-stream")
    return web.json_response(_arrival(request), headers=_FRESH)


async def readyz(request: web.Request) -> web.Response:
    """Say that the database answers too; 503 while it does not."""
    await flows(request).is_ready()
    return web.Response(text="ready\n", headers=_FRESH)


async def static(request: web.Request) -> web.Response:
    """Send a style sheet, script or mark from memory."""
    return _file(request, request.match_info["name"])


async def icon(request: web.Request) -> web.Response:
    """Send our mark to who asks for the icon where browsers look when no page names one."""
    return _file(request, "mark.svg")


async def styleguide(request: web.Request) -> web.Response:
    """Show every token, macro and state; in development only."""
    known = flows(request)
    if not known.is_development:
        raise NotFound("There is nothing here.")
    made = known.renderer.page("styleguide.html", view=sample_styleguide(), path=request.path)
    return as_response(made)


def _file(request: web.Request, name: str) -> web.Response:
    table = flows(request).static
    file = table.find(name)
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


def _arrival(request: web.Request) -> dict[str, str | bool]:
    """Return what a proxy made of a request, as far as settings let us believe it."""
    said = ",".join(request.headers.getall("X-Forwarded-For", ()))
    trusted = read_networks(flows(request).config.server.trusted_proxies)
    return {
        "host": request.host,
        "is_secure": request[IS_SECURE],
        "is_forwarded": bool(said) and is_trusted_proxy(request.remote or "127.0.0.1", trusted),
        "believes_visitors": request[CLIENT_ADDRESS] == MADE_UP_ADDRESS
        and said.rpartition(",")[2].strip() == MADE_UP_ADDRESS,
    }
