"""Collections of an actor and of a work, for other servers.

Public ones are answered to everyone alike. A list in pages has its items in pages alone, as
every known server reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from federation import activities, followers_sync, translate
from federation.translate import Document, Voice
from server.errors import NotAllowed, NotFound, Untrusted
from server.model import Actor, Artist, ContentUsage, Counts, Millis, PostId, Series, Work, WorkId
from server.prose import Named
from server.registers import Side
from server.values import dataclass
from web.documents import activity, asker, receiver, seen
from web.flows import flows
from web.outbound import extent_of
from web.respond import number


@dataclass(frozen=True, slots=True)
class _Listing:
    """A collection as its head shows it."""

    uri: str
    total: int
    usage: ContentUsage
    is_open: bool = True
    is_by_peer: bool = False


@dataclass(frozen=True, slots=True)
class _Around:
    """What works are shown with."""

    series: Mapping[WorkId, Sequence[Series]]
    named: Named


async def outbox(request: web.Request) -> web.Response:
    """Answer an artist's outbox: its public works, newest first, in pages."""
    known = flows(request)
    before = number(request.query.get("before", ""))
    found = await known.viewing.portfolio(
        request.match_info["handle"], None, WorkId(before) if before else None
    )
    listing = _Listing(found.actor.outbox, found.total, known.house.usage_of(found.artist))
    if "page" not in request.query:
        return _head(request, listing)
    series = await known.series_rooms.public_of_works(found.works)
    named = await known.conversing.people_in_captions(found.works)
    notes, is_for_all = await _notes(
        request, found.works, found.artist, found.actor, _Around(series, named)
    )
    listing = replace(listing, is_open=is_for_all, is_by_peer=True)
    items = [activities.create(note, _said(note)) for note in notes]
    last = found.works[-1].id if found.goes_on else None
    return _page(request, listing, items, "before", last)


async def empty_outbox(request: web.Request) -> web.Response:
    """Answer the server actor's outbox: it never says anything of its own."""
    known = flows(request)
    uri = f"{known.addresses.server_actor}/outbox"
    document = translate.collection_head(uri, total=0)
    return activity(request, document, usage=known.house.usage_of())


async def followers(request: web.Request) -> web.Response:
    """Answer who follows an artist, in pages; where they hide it, how many."""
    return await _people(request, Side.FOLLOWERS)


async def following(request: web.Request) -> web.Response:
    """Answer whom an artist follows, as `followers` does."""
    return await _people(request, Side.FOLLOWING)


async def followers_synchronization(request: web.Request) -> web.Response:
    """Answer the followers that an artist has on the asker's host, to an actor of it (FEP-8fcf)."""
    known = flows(request)
    somebody = await asker(request)
    if somebody is None:
        raise Untrusted("Sign this request with an actor of your server: the list is for it alone.")
    handle, prefix = request.match_info["handle"], followers_sync.host_prefix(somebody.uri)
    artist, actor, uris = await known.registers.followers_on(handle, prefix)
    document = translate.collection(f"{actor.uri}/followers_synchronization", uris, total=len(uris))
    usage = known.house.usage_of(artist)
    return activity(request, document, usage=usage, is_open=False)


async def featured(request: web.Request) -> web.Response:
    """Answer the works that stand on top of a profile elsewhere, whole."""
    known = flows(request)
    artist, actor, works = await known.registers.featured(request.match_info["handle"])
    series = await known.series_rooms.public_of_works(works)
    named = await known.conversing.people_in_captions(works)
    notes, is_for_all = await _notes(request, works, artist, actor, _Around(series, named))
    document = translate.collection(f"{actor.uri}/featured", notes, total=len(notes))
    usage = known.house.usage_of(artist)
    return activity(request, document, usage=usage, is_open=is_for_all, is_by_peer=True)


async def featured_tags(request: web.Request) -> web.Response:
    """Answer the tags that an artist uses most, as Mastodon's `featuredTags`."""
    known = flows(request)
    artist, actor, tags = await known.registers.tags(request.match_info["handle"])
    document = translate.tag_collection(f"{actor.uri}/featured-tags", tags, known.addresses)
    return activity(request, document, usage=known.house.usage_of(artist))


async def replies(request: web.Request) -> web.Response:
    """Answer the ids of the answers to a work, in pages."""
    known, work_id = flows(request), _work_id(request)
    after = number(request.query.get("after", ""))
    found, is_open = await seen(
        request,
        lambda viewer: known.registers.replies(work_id, viewer, PostId(after) if after else None),
    )
    uri = f"{known.addresses.work(work_id)}/replies"
    usage = known.house.usage_of(found.artist, found.work)
    listing = _Listing(uri, found.total, usage, is_open)
    if "page" not in request.query:
        return _head(request, listing)
    return _page(request, listing, found.uris, "after", found.next_after)


async def likes(request: web.Request) -> web.Response:
    """Answer how many like a work; who they are is theirs to say."""
    return await _counted(request, "likes")


async def shares(request: web.Request) -> web.Response:
    """Answer how many boosted a work."""
    return await _counted(request, "shares")


async def _people(request: web.Request, side: Side) -> web.Response:
    known = flows(request)
    before = number(request.query.get("before", ""))
    found = await known.registers.people(
        request.match_info["handle"], side, Millis(before) if before else None
    )
    uri, usage = f"{found.actor.uri}/{side}", known.house.usage_of(found.artist)
    listing = _Listing(uri, found.total, usage)
    if found.uris is None:
        return _head(request, listing, has_pages=False)
    if "page" not in request.query:
        return _head(request, listing)
    return _page(request, listing, found.uris, "before", found.next_before)


async def _counted(request: web.Request, name: str) -> web.Response:
    known, work_id = flows(request), _work_id(request)
    (work, artist, counts), is_open = await seen(
        request, lambda viewer: known.registers.reception(work_id, viewer)
    )
    uri = f"{known.addresses.work(work_id)}/{name}"
    document = translate.collection_head(uri, total=_count_of(name, counts))
    usage = known.house.usage_of(artist, work)
    return activity(request, document, usage=usage, is_open=is_open)


def _count_of(name: str, counts: Counts) -> int:
    return counts.likes if name == "likes" else counts.boosts


def _head(request: web.Request, listing: _Listing, *, has_pages: bool = True) -> web.Response:
    first = f"{listing.uri}?page=true" if has_pages else ""
    document = translate.collection_head(listing.uri, total=listing.total, first=first)
    return activity(request, document, usage=listing.usage, is_open=listing.is_open)


def _page(
    request: web.Request, listing: _Listing, items: Sequence[Any], mark: str, last: int | None
) -> web.Response:
    """Answer one page; the next starts at `last`, which stands under `mark` in its address."""
    start = f"{listing.uri}?page=true"
    here = number(request.query.get(mark, ""))
    document = translate.collection(
        f"{start}&{mark}={here}" if here else start,
        items,
        total=listing.total,
        next_uri=f"{start}&{mark}={last}" if last else "",
        part_of=listing.uri,
    )
    return activity(
        request,
        document,
        usage=listing.usage,
        is_open=listing.is_open,
        is_by_peer=listing.is_by_peer,
    )


async def _notes(
    request: web.Request, works: Sequence[Work], artist: Artist, actor: Actor, around: "_Around"
) -> tuple[list[Document], bool]:
    """Return works as far as who asks gets them, and whether every stranger gets the same."""
    known, notes = flows(request), []
    peer = await receiver(request) if works else ""
    is_for_all = not peer
    for work in works:
        try:
            extent = await extent_of(request, work)
        except (NotAllowed, NotFound):
            is_for_all = False
            continue
        is_for_all = is_for_all and extent.is_for_all
        usage, policy = known.house.usage_of(artist, work), known.house.policy_for(work)
        token = await known.given_to.token(peer, work.id)
        voice = Voice(artist, actor, usage, policy, around.named, extent.action, token)
        series = around.series.get(work.id, ())
        notes.append(translate.note_of_work(work, voice, known.addresses, series))
    return notes, is_for_all


def _said(note: Document) -> str:
    return f"{note['id']}/activity"


def _work_id(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)
