"""How other servers and readers find us: WebFinger, host-meta, NodeInfo."""

from aiohttp import web

from federation import discovery
from federation.discovery import Usage
from server.errors import Gone, Invalid, NotFound
from server.model import Actor
from web.documents import A_DAY, A_WHILE, EVERYONE, as_json
from web.errors import show
from web.flows import flows

JRD = "application/jrd+json"


async def webfinger(request: web.Request) -> web.Response:
    """Answer who `resource` is (RFC 7033): 400 malformed, 404 unknown."""
    known = flows(request)
    resource = request.query.get("resource", "")
    try:
        account = discovery.read_resource(resource, known.addresses)
    except Invalid as malformed:  # RFC 7033, 4.2 wants a 400, where forms are answered 422
        return show(request, web.HTTPBadRequest.status_code, malformed.message)
    actor = await _actor_for(request, account) if account else None
    if actor is None:
        raise NotFound("There is no such account here.")
    document = discovery.webfinger(actor, known.addresses, request.query.getall("rel", []))
    return as_json(document, JRD, headers={**EVERYONE, "Cache-Control": A_WHILE})


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


async def _actor_for(request: web.Request, account: discovery.Account) -> Actor | None:
    known = flows(request)
    if account.is_server:
        return known.server_actor
    if account.uri:
        return await known.viewing.actor_at(account.uri)
    try:
        return (await known.viewing.artist(account.handle))[1]
    except Gone:
        raise
    except NotFound:  # a series that can be followed has a handle as artists have
        return await known.series_rooms.speaker_named(account.handle)
