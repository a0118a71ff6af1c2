"""Server to server: actors and posts for who asks in ActivityPub, and the inboxes.

Answers about public things are the same for everyone and may be cached; what is for
followers is shown to a signature of one of them, and to all others it does not exist.
"""

from aiohttp import web

from federation import activities, portraits, translate
from federation.translate import Voice
from server.errors import NotFound
from server.model import Actor, PostId, Visibility, WorkId
from web.documents import activity, received, receiver, seen
from web.errors import status_of
from web.flows import flows
from web.forms import read_body
from web.outbound import extent_of


async def inbox(request: web.Request) -> web.Response:
    """Take in an activity: 202, whatever becomes of it; 401 where it cannot be believed."""
    body = await read_body(request)
    await flows(request).inbox.receive(received(request, body))
    return web.Response(status=202)


async def actor_inbox(request: web.Request) -> web.Response:
    """Take in an activity at an artist's own inbox."""
    await flows(request).viewing.artist(request.match_info["handle"])
    return await inbox(request)


async def server_actor(request: web.Request) -> web.Response:
    """Answer the server's own actor; never asks for a signature, else two servers deadlock."""
    known = flows(request)
    usage = known.house.usage_of()
    document = portraits.server_actor(known.server_actor, known.addresses, known.config.name, usage)
    return activity(request, document, usage=usage)


async def actor_named(request: web.Request, handle: str) -> web.Response:
    """Answer an artist as a `Person`, a deleted one as 410 with a `Tombstone`.

    Until the last server has heard of a deletion its keys are shown: it has to be believed.
    """
    known = flows(request)
    try:
        artist, actor = await known.viewing.artist(handle)
    except NotFound:
        return _closed(request, await known.account_ends.closed(handle))
    usage = known.house.usage_of(artist)
    document = portraits.actor_of(
        Voice(artist, actor, usage, known.house.now.policy), known.addresses
    )
    return activity(request, document, usage=usage)


async def work_numbered(request: web.Request, work_id: WorkId) -> web.Response:
    """Answer a work as a `Note`; one for followers, to their signature alone."""
    known = flows(request)
    try:
        (work, artist, actor), is_open = await seen(
            request, lambda viewer: known.viewing.work(work_id, viewer)
        )
    except NotFound as absent:
        return _tombstone(request, known.addresses.work(work_id), absent)
    usage = known.house.usage_of(artist, work)
    named = await known.conversing.people_in(work.caption)
    extent = await extent_of(request, work)
    peer = await receiver(request)
    token = await known.given_to.token(peer, work.id)
    voice = Voice(artist, actor, usage, known.house.policy_for(work), named, extent.action, token)
    series = (await known.series_rooms.public_of_works([work])).get(work.id, ())
    document = translate.note_of_work(work, voice, known.addresses, series)
    document = await known.signing.proved(document, actor.id)
    is_for_all = is_open and extent.is_for_all and not peer
    return activity(request, document, usage=usage, is_open=is_for_all, is_by_peer=True)


async def post_numbered(request: web.Request, post_id: PostId) -> web.Response:
    """Answer a local comment as a `Note`; remote posts are at their own servers."""
    known = flows(request)
    (said, parent), is_open = await seen(
        request, lambda viewer: known.viewing.post(post_id, viewer)
    )
    if not said.post.is_local or said.post.visibility is Visibility.DRAFT:
        raise NotFound("There is no such comment.")
    owner = await known.viewing.actor(parent.owner_id) if parent else None
    artist = await known.conversing.artist(said.author.id)
    document = translate.note_of_post(
        said.post,
        said.author,
        owner,
        known.addresses,
        named=await known.conversing.named(said.post.mentions),
        policy=artist.interaction if artist is not None else None,
    )
    return activity(request, document, usage=known.house.usage_of(), is_open=is_open)


def _closed(request: web.Request, actor: Actor) -> web.Response:
    known = flows(request)
    if actor.key_id:
        document = portraits.closed_actor(actor, known.addresses)
        return activity(request, document, usage=known.house.usage_of())
    document = activities.tombstone(actor.uri, actor.kind.value)
    return activity(request, document, usage=known.house.usage_of(), status=410)


def _tombstone(request: web.Request, uri: str, absent: NotFound) -> web.Response:
    status = status_of(absent)
    if status != web.HTTPGone.status_code:
        raise absent
    document = activities.tombstone(uri)
    return activity(request, document, usage=flows(request).house.usage_of(), status=status)
