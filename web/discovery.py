"""How other servers and readers find us: WebFinger, host-meta, NodeInfo."""

from aiohttp import web

from federation import discovery
from federation.discovery import Usage
from server.errors import FixatifError, Gone, Invalid, NotFound
from server.model import Actor
from web.documents import A_DAY, A_WHILE, EVERYONE, as_json
from web.errors import show, status_of
from web.flows import flows

JRD = "application/jrd+json"


async def webfinger(request: web.Request) -> web.Response:
    """Answer who `resource` is (RFC 7033): 400 malformed, 404 unknown.

    Pages of every site may read that as well (section 5), or a wrong name looks like an outage.
    """
    known = flows(request)
    resource = request.query.get("resource", "")
    try:
        account = discovery.read_resource(resource, known.addresses)
        actor = await _actor_for(request, account)
    except Invalid as malformed:  # RFC 7033, 4.2 wants a 400, where forms are answered 422
        return _refused(request, web.HTTPBadRequest.status_code, malformed)
    except NotFound as absent:
        return _refused(request, status_of(absent), absent)
    document = discovery.webfinger(actor, known.addresses, request.query.getall("rel", []))
    return as_json(document, JRD, headers={**EVERYONE, "Cache-Control": A_WHILE})


def _refused(request: web.Request, status: int, why: FixatifError) -> web.Response:
    response = show(request, status, why.message)
    response.headers.update(EVERYONE)
    return response


async def host_meta(request: web.Request) -> web.Response:
    """Answer host-meta as XRD."""
    return web.Response(
        text=discovery.host_meta(flows(request).addresses),
        content_type="application/xrd+xml",
        headers={**EVERYONE, "Cache-Control": A_DAY},
    )


async def host_meta_json(request: web.Request) -> web.Response:
    """Answer host-meta as JSON."""
    document = discovery.host_meta_json(flows(request).addresses)
    return as_json(document, JRD, headers={**EVERYONE, "Cache-Control": A_DAY})


async def nodeinfo_links(request: web.Request) -> web.Response:
    """Answer where NodeInfo is."""
    document = discovery.nodeinfo_links(flows(request).addresses)
    return as_json(document, "application/json", headers={**EVERYONE, "Cache-Control": A_DAY})


async def nodeinfo(request: web.Request) -> web.Response:
    """Answer NodeInfo 2.0 or 2.1 with true counts."""
    known, version = flows(request), request.match_info["version"]
    counts = await known.viewing.census(known.clock.now())
    document = discovery.nodeinfo(
        version,
        Usage(
            counts.artists, counts.works, counts.comments, counts.active_month, counts.active_half
        ),
        software_version=known.version,
        name=known.config.name,
        description=known.config.instance.description,
    )
    schema = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
    response = as_json(document, "application/json", headers={**EVERYONE, "Cache-Control": A_WHILE})
    response.headers["Content-Type"] = f'application/json; profile="{schema}"; charset=utf-8'
    return response


async def _actor_for(request: web.Request, account: discovery.Account | None) -> Actor:
    """Return who is meant. Raise `NotFound`."""
    known = flows(request)
    if account is None:
        raise NotFound("There is no such account here.")
    if account.is_server:
        return known.server_actor
    if account.uri:
        found = await known.viewing.actor_at(account.uri)
        if found is None:
            raise NotFound("There is no such account here.")
        return found
    try:
        return (await known.viewing.artist(account.handle))[1]
    except Gone:
        raise
    except NotFound:  # a series that can be followed has a handle as artists have
        return await known.series_rooms.speaker_named(account.handle)
