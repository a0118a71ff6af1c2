"""Series for other servers: the list of an artist's, each as a collection, and their actors."""

from aiohttp import web

from federation import activities, series_documents, translate
from federation.series_documents import Shown
from federation.translate import Voice
from server.errors import Gone
from server.model import SeriesId, WorkId
from server.series_rooms import Announced, PublicSeries
from web.documents import activity, received
from web.flows import flows
from web.forms import read_body
from web.respond import number

_PAGE = 24  # Announces on a page of an outbox


async def all_series(request: web.Request) -> web.Response:
    """Answer the ids of an artist's series that hold something for everyone."""
    known = flows(request)
    artist, owner, series = await known.series_rooms.public_list(request.match_info["handle"])
    document = series_documents.series_list(owner, series)
    return activity(request, document, usage=known.house.usage_of(artist))


async def collection(request: web.Request, found: PublicSeries) -> web.Response:
    """Answer a series as the collection of its works."""
    known = flows(request)
    speaker = await known.viewing.actor(found.series.actor_id) if found.series.actor_id else None
    voice = _voice(request, found)
    document = series_documents.series_document(_shown(found), voice, known.addresses, speaker)
    return activity(request, document, usage=voice.usage)


async def group(request: web.Request, series_id: SeriesId) -> web.Response:
    """Answer a series' actor; of an ended one a tombstone."""
    known = flows(request)
    try:
        found = await known.series_rooms.announced(series_id)
    except Gone:
        document = activities.tombstone(known.addresses.series_actor(series_id))
        return activity(request, document, usage=known.house.usage_of(), status=410)
    voice = _voice(request, found.public)
    document = series_documents.series_actor(
        _shown(found.public), found.speaker, voice, known.addresses
    )
    return activity(request, document, usage=voice.usage)


async def group_inbox(request: web.Request) -> web.Response:
    """Take in an activity at the inbox of a series' actor."""
    await _announced(request)
    await flows(request).inbox.receive(received(request, await read_body(request)))
    return web.Response(status=202)


async def group_outbox(request: web.Request) -> web.Response:
    """Answer what a series' actor announced, latest first, in pages."""
    known, found = flows(request), await _announced(request)
    uri, total = found.speaker.outbox, len(found.entries)
    usage = known.house.usage_of(found.public.artist)
    if "page" not in request.query:
        first = f"{uri}?page=true"
        document = translate.collection_head(uri, total=total, first=first)
        return activity(request, document, usage=usage)
    before = number(request.query.get("before", ""), 0) or 0
    here = [at for at, (work_id, _) in enumerate(found.entries) if work_id == WorkId(before)]
    rest = found.entries[here[0] + 1 :] if here else found.entries
    items = [
        series_documents.announce(
            found.speaker, found.public.owner, work_id, added_at, known.addresses
        )
        for work_id, added_at in rest[:_PAGE]
    ]
    following = f"{uri}?page=true&before={rest[_PAGE - 1][0]}" if len(rest) > _PAGE else ""
    page = f"{uri}?page=true" + (f"&before={before}" if here else "")
    document = translate.collection(page, items, total=total, next_uri=following, part_of=uri)
    return activity(request, document, usage=usage)


async def group_followers(request: web.Request) -> web.Response:
    """Answer how many follow a series; who they are is theirs to say."""
    known, found = flows(request), await _announced(request)
    document = translate.collection_head(found.speaker.followers_uri, total=found.followers)
    return activity(request, document, usage=known.house.usage_of(found.public.artist))


async def group_following(request: web.Request) -> web.Response:
    """Answer that a series follows nobody."""
    known, found = flows(request), await _announced(request)
    document = translate.collection_head(f"{found.speaker.uri}/following", total=0)
    return activity(request, document, usage=known.house.usage_of(found.public.artist))


def series_id_of(request: web.Request) -> SeriesId:
    """Return the series that an address names by its number."""
    return SeriesId(number(request.match_info["id"], 0) or 0)


async def _announced(request: web.Request) -> Announced:
    return await flows(request).series_rooms.announced(series_id_of(request))


def _voice(request: web.Request, found: PublicSeries) -> Voice:
    house = flows(request).house
    return Voice(found.artist, found.owner, house.usage_of(found.artist), house.now.policy)


def _shown(found: PublicSeries) -> Shown:
    return Shown(found.series, found.works, found.cover)
