"""A series' page, for everybody; the same address answers ActivityPub."""

from dataclasses import replace

from aiohttp import web

from federation.content_types import wants_activity
from server.following import Relation
from server.model import ActorId, Artist, WorkId
from server.series_rooms import PAGE, Place, SeriesRoom
from server.viewing import Hung
from web import series_answers
from web.flows import flows
from web.keys import ARTIST
from web.present import UNTITLED, Show, follow_button
from web.respond import head_for, number, page, show, viewer_id
from web.series_answers import series_id_of
from web.series_views import SeriesPage
from web.views import LinkView, PagerView, PlaceView, TileView


async def series(request: web.Request) -> web.StreamResponse:
    """Show the works of a series in their order."""
    known = flows(request)
    handle, slug = request.match_info["handle"], request.match_info["slug"]
    if wants_activity(request.headers.get("Accept", "")):
        room = await known.series_rooms.page(handle, slug, None)
        found = await known.series_rooms.public(handle, room.series.id)
        return await series_answers.collection(request, found)
    after = number(request.query.get("after", ""))
    room = await known.series_rooms.page(
        handle, slug, viewer_of_series(request), WorkId(after) if after else None
    )
    view = await _view(request, room)
    usage = known.house.usage_of(room.artist)
    name = room.artist.name or room.artist.handle
    head = replace(
        head_for(
            request,
            title=f"{room.series.title} – {name}",
            usage=usage,
            description=room.series.summary,
        ),
        activity_url=f"{room.owner.uri}/series/{room.series.id}",
        creator=f"@{room.owner.address}",
        card=show(request).card(room.cover) if room.cover else None,
    )
    return await page(request, "series.html", view, head=head, usage=usage)


async def series_object(request: web.Request) -> web.StreamResponse:
    """Answer a series' id: the collection for servers, the page for people."""
    known = flows(request)
    found = await known.series_rooms.public(request.match_info["handle"], series_id_of(request))
    if wants_activity(request.headers.get("Accept", "")):
        return await series_answers.collection(request, found)
    raise web.HTTPFound(f"/@{found.artist.handle}/series/{found.series.slug}")


async def group_object(request: web.Request) -> web.StreamResponse:
    """Answer the id of a series' actor: the actor for servers, the series' page for people."""
    if wants_activity(request.headers.get("Accept", "")):
        return await series_answers.group(request, series_id_of(request))
    found = (await flows(request).series_rooms.announced(series_id_of(request))).public
    raise web.HTTPFound(f"/@{found.artist.handle}/series/{found.series.slug}")


async def instead_of_portfolio(request: web.Request, handle: str) -> web.StreamResponse:
    """Answer `/@handle` where that is a series' actor. Raise `NotFound` where it is nobody."""
    known = flows(request)
    actor = await known.series_rooms.speaker_named(handle)
    path = actor.uri.removeprefix(known.addresses.base_url)
    raise web.HTTPFound(path)


def tiles_of(showing: Show, cards: tuple[tuple[str, str, int, Hung], ...]) -> tuple[TileView, ...]:
    """Return series as tiles by their covers: (title, path, works, cover)."""
    return tuple(
        replace(
            showing.tile(cover, with_artist=False),
            url=path,
            title=title,
            byline=f"{works} works" if works != 1 else "1 work",
            badge="",
        )
        for title, path, works, cover in cards
    )


async def series_tiles(request: web.Request, artist: Artist) -> tuple[TileView, ...]:
    """Return an artist's series for their wall; empty ones stand in the studio alone."""
    known = flows(request)
    cards = await known.series_rooms.cards(artist.id, viewer_of_series(request))
    return tiles_of(
        show(request),
        tuple(
            (
                one.series.title,
                f"/@{artist.handle}/series/{one.series.slug}",
                one.works,
                Hung(one.cover, artist),
            )
            for one in cards
            if one.cover is not None
        ),
    )


def place_of(showing: Show, place: Place, artist: Artist) -> PlaceView:
    """Return where a work stands in a series."""
    before, after = place.previous, place.next
    return PlaceView(
        series=LinkView(place.series.title, f"/@{artist.handle}/series/{place.series.slug}"),
        number=place.number,
        total=place.total,
        previous=(
            LinkView(before.title or UNTITLED, showing.page_of(before, artist)) if before else None
        ),
        next=LinkView(after.title or UNTITLED, showing.page_of(after, artist)) if after else None,
    )


def viewer_of_series(request: web.Request) -> ActorId | None:
    """Return who looks, None for a stranger."""
    found = viewer_id(request)
    return ActorId(found) if found else None


async def _view(request: web.Request, room: SeriesRoom) -> SeriesPage:
    known, showing = flows(request), show(request)
    viewer = request.get(ARTIST)
    is_own = viewer is not None and viewer.id == room.artist.id
    speaker = room.speaker
    relation = Relation()
    if viewer is not None and speaker is not None and not is_own:
        relation = await known.following.relation(viewer.id, speaker.id)
    path = f"/@{room.artist.handle}/series/{room.series.slug}"
    more = f"{path}?after={room.works[-1].id}" if room.goes_on and room.works else ""
    return SeriesPage(
        title=room.series.title,
        artist=showing.artist(room.artist),
        total=room.total,
        summary=room.series.summary,
        tiles=tuple(
            showing.tile(Hung(work, room.artist), with_artist=False) for work in room.works
        ),
        pager=PagerView(more, PAGE) if more else None,
        actor_uri=speaker.uri if speaker else "",
        address=f"@{speaker.address}" if speaker else "",
        follow=(
            follow_button(speaker, relation.follows) if speaker and viewer and not is_own else None
        ),
        edit_url=f"/studio/series/{room.series.id}" if is_own else "",
    )
