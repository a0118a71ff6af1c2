"""Server to server: documents for who asks in ActivityPub, and the inboxes.

Answers about public things are the same for everyone and may be cached; what is for
followers is shown to a signature of one of them, and to all others it does not exist.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from federation import activities, discovery, portraits, translate
from federation.content_types import ACTIVITY_JSON
from federation.discovery import Usage
from federation.signatures import Received
from federation.translate import Document, Voice
from server.errors import Invalid, NotFound
from server.model import Actor, ActorId, Artist, ContentUsage, PostId, Work, WorkId
from server.viewing import PAGE, REACHABLE
from web.errors import show, status_of
from web.flows import flows
from web.forms import read_body
from web.respond import number, set_signals

JRD = "application/jrd+json"
_A_WHILE = "public, max-age=180"
_A_DAY = "public, max-age=86400"
_EVERYONE = {"Access-Control-Allow-Origin": "*"}  # RFC 7033, section 5


def received(request: web.Request, body: bytes) -> Received:
    """Return a request as signatures see it: raw target, raw headers, our own host."""
    known = flows(request)
    scheme, _, host = known.addresses.base_url.partition("://")
    headers = tuple(
        (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
        for name, value in request.raw_headers
    )
    return Received(
        method=request.method,
        target=request.raw_path,
        host=host,
        headers=headers,
        body=body,
        received_at=known.clock.now(),
        scheme=scheme,
    )


async def inbox(request: web.Request) -> web.Response:
    """Take in an activity: 202, whatever becomes of it; 401 where it cannot be believed."""
    body = await read_body(request)
    await flows(request).inbox.receive(received(request, body))
    return web.Response(status=202)


async def actor_inbox(request: web.Request) -> web.Response:
    """Take in an activity at an artist's own inbox."""
    await flows(request).viewing.artist(request.match_info["handle"])
    return await inbox(request)


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
    return _json(document, JRD, headers={**_EVERYONE, "Cache-Control": _A_WHILE})


async def host_meta(request: web.Request) -> web.Response:
    """Answer host-meta as XRD."""
    return web.Response(
        text=discovery.host_meta(flows(request).addresses),
        content_type="application/xrd+xml",
        headers={**_EVERYONE, "Cache-Control": _A_DAY},
    )


async def host_meta_json(request: web.Request) -> web.Response:
    """Answer host-meta as JSON."""
    document = discovery.host_meta_json(flows(request).addresses)
    return _json(document, JRD, headers={**_EVERYONE, "Cache-Control": _A_DAY})


async def nodeinfo_links(request: web.Request) -> web.Response:
    """Answer where NodeInfo is."""
    document = discovery.nodeinfo_links(flows(request).addresses)
    return _json(document, "application/json", headers={**_EVERYONE, "Cache-Control": _A_DAY})


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
    response = _json(document, "application/json", headers={**_EVERYONE, "Cache-Control": _A_WHILE})
    response.headers["Content-Type"] = f'application/json; profile="{schema}"; charset=utf-8'
    return response


async def server_actor(request: web.Request) -> web.Response:
    """Answer the server's own actor; never asks for a signature, else two servers deadlock."""
    known = flows(request)
    document = portraits.server_actor(known.server_actor, known.addresses, known.config.name)
    return _activity(request, document, usage=known.house.usage_of())


async def empty_outbox(request: web.Request) -> web.Response:
    """Answer the server actor's outbox: it never says anything of its own."""
    known = flows(request)
    uri = f"{known.addresses.server_actor}/outbox"
    document = translate.collection_head(uri, total=0)
    return _activity(request, document, usage=known.house.usage_of())


async def actor_named(request: web.Request, handle: str) -> web.Response:
    """Answer an artist as a `Person`."""
    known = flows(request)
    artist, actor = await known.viewing.artist(handle)
    usage = known.house.usage_of(artist)
    document = portraits.actor_of(
        Voice(artist, actor, usage, known.house.now.policy), known.addresses
    )
    return _activity(request, document, usage=usage)


async def work_numbered(request: web.Request, work_id: WorkId) -> web.Response:
    """Answer a work as a `Note`; one for followers, to their signature alone."""
    known = flows(request)
    try:
        work, artist, actor = await known.viewing.work(work_id, None)
    except NotFound as absent:
        asker = await _asker(request)
        if asker is None:
            return _tombstone(request, known.addresses.work(work_id), absent)
        work, artist, actor = await known.viewing.work(work_id, asker)
    usage = known.house.usage_of(artist, work)
    document = translate.note_of_work(
        work, Voice(artist, actor, usage, known.house.now.policy), known.addresses
    )
    is_open = work.visibility in REACHABLE
    return _activity(request, document, usage=usage, is_open=is_open)


async def post_numbered(request: web.Request, post_id: PostId) -> web.Response:
    """Answer a local comment as a `Note`; remote posts are at their own servers."""
    known = flows(request)
    asker: ActorId | None = None
    try:
        said, parent = await known.viewing.post(post_id, None)
    except NotFound:
        asker = await _asker(request)
        if asker is None:
            raise
        said, parent = await known.viewing.post(post_id, asker)
    if not said.post.is_local:
        raise NotFound("There is no such comment.")
    owner = await known.viewing.actor(parent.owner_id) if parent else None
    document = translate.note_of_post(said.post, said.author, owner)
    return _activity(request, document, usage=known.house.usage_of(), is_open=asker is None)


async def outbox(request: web.Request) -> web.Response:
    """Answer an artist's outbox: its public works, newest first, in pages."""
    known = flows(request)
    handle = request.match_info["handle"]
    before = number(request.query.get("before", ""))
    found = await known.viewing.portfolio(handle, None, WorkId(before) if before else None)
    uri, usage = found.actor.outbox, known.house.usage_of(found.artist)
    if "page" not in request.query:
        head = translate.collection_head(uri, total=found.total, first=f"{uri}?page=true")
        return _activity(request, head, usage=usage)
    items = [_create(request, work, found.artist, found.actor) for work in found.works]
    is_full = len(found.works) == PAGE
    following = f"{uri}?page=true&before={found.works[-1].id}" if is_full else ""
    document = translate.collection(
        f"{uri}?{request.query_string}", items, total=found.total, next_uri=following, part_of=uri
    )
    return _activity(request, document, usage=usage)


async def followers(request: web.Request) -> web.Response:
    """Answer how many follow; who they are is theirs to say."""
    return await _counted(request, "followers", lambda portfolio: portfolio.followers)


async def following(request: web.Request) -> web.Response:
    """Answer how many an artist follows."""
    return await _counted(request, "following", lambda portfolio: portfolio.following)


async def featured(request: web.Request) -> web.Response:
    """Answer the works that stand on top of a profile elsewhere: the newest four, whole.

    Other servers fetch no old posts, so that without it an artist's profile looks empty.
    """
    known = flows(request)
    found = await known.viewing.portfolio(request.match_info["handle"], None)
    usage = known.house.usage_of(found.artist)
    notes = [
        translate.note_of_work(
            work,
            _voice(request, work, found.artist, found.actor),
            known.addresses,
        )
        for work in found.works[: translate.MAX_ATTACHMENTS]
    ]
    uri = f"{found.actor.uri}/featured"
    return _activity(request, translate.collection(uri, notes, total=len(notes)), usage=usage)


async def replies(request: web.Request) -> web.Response:
    """Answer the ids of a public work's comments."""
    known = flows(request)
    work_id = WorkId(number(request.match_info["id"], 0) or 0)
    room = await known.viewing.room(work_id, None)
    uri = f"{known.addresses.work(work_id)}/replies"
    ids = [said.post.uri for said in room.comments]
    usage = known.house.usage_of(room.hung.artist, room.hung.work)
    return _activity(request, translate.collection(uri, ids, total=len(ids)), usage=usage)


async def _asker(request: web.Request) -> ActorId | None:
    if "Signature" not in request.headers:
        return None
    actor = await flows(request).asking.asker(received(request, b""))
    return actor.id if actor else None


async def _actor_for(request: web.Request, account: discovery.Account) -> Actor | None:
    known = flows(request)
    if account.uri:
        return await known.viewing.actor_at(account.uri)
    if account.handle.lower() == known.server_actor.handle.lower():
        return known.server_actor
    _, actor = await known.viewing.artist(account.handle)
    return actor


def _create(request: web.Request, work: Work, artist: Artist, actor: Actor) -> Document:
    known = flows(request)
    voice = _voice(request, work, artist, actor)
    note = translate.note_of_work(work, voice, known.addresses)
    return activities.create(note, f"{note['id']}/activity")


def _voice(request: web.Request, work: Work, artist: Artist, actor: Actor) -> Voice:
    house = flows(request).house
    return Voice(artist, actor, house.usage_of(artist, work), house.now.policy)


async def _counted(request: web.Request, name: str, count: Callable[[Any], int]) -> web.Response:
    known = flows(request)
    found = await known.viewing.portfolio(request.match_info["handle"], None)
    document = translate.collection_head(f"{found.actor.uri}/{name}", total=count(found))
    return _activity(request, document, usage=known.house.usage_of(found.artist))


def _tombstone(request: web.Request, uri: str, absent: NotFound) -> web.Response:
    status = status_of(absent)
    if status != web.HTTPGone.status_code:
        raise absent
    document = activities.tombstone(uri)
    return _activity(request, document, usage=flows(request).house.usage_of(), status=status)


def _activity(
    request: web.Request,
    document: Document,
    *,
    usage: ContentUsage,
    is_open: bool = True,
    status: int = 200,
) -> web.Response:
    response = _json(translate.with_context(document), ACTIVITY_JSON, status=status)
    response.headers["Cache-Control"] = _A_WHILE if is_open else "private, no-store"
    response.headers["Vary"] = "Accept" if is_open else "Accept, Signature"
    set_signals(request, response, usage)
    return response


def _json(
    document: Document,
    content_type: str,
    *,
    status: int = 200,
    headers: dict[str, str] | Sequence[tuple[str, str]] = (),
) -> web.Response:
    # Pixelfed compares the whole header: a type, a semicolon, a blank and charset=utf-8 at most
    response = web.Response(
        body=msgspec.json.encode(document), status=status, headers=dict(headers)
    )
    response.headers["Content-Type"] = f"{content_type}; charset=utf-8"
    return response
