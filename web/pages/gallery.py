"""What everybody may walk through: front page, portfolios, works."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from federation.content_types import wants_activity
from server.admission import REACHABLE
from server.camera import sentence
from server.errors import Gone, NotFound
from server.following import Relation
from server.licences import licence_of
from server.model import ActorId, Artist, ContentUsage, PostId, TargetId, Visibility, Work, WorkId
from server.permits import InteractionKind
from server.portraits import PortraitKind
from server.protections import Audience
from server.rules import Proof
from server.signals import ImageSigns, schema_org
from server.viewing import PAGE, Hung, Portfolio, Room
from web import activitypub
from web.credits import credits_of, is_signed
from web.dealings import dealings_of
from web.deliveries import missed
from web.delivery_views import MissedView
from web.feeds import ATOM_TYPE, feed_url
from web.flows import flows
from web.keys import ARTIST
from web.oembed import with_embeds
from web.page_views import ArtistCardView, BrowsePage, HomePage, PortfolioPage, WorkPage
from web.pages import conversations, series
from web.pages.moving import new_home
from web.picture_door import kept_from
from web.present import UNTITLED, Show, follow_button, shown_side, visibility_note
from web.quotes import showing_posts, waiting
from web.respond import head_for, number, page, show, viewer_id
from web.shots import shot_views
from web.talk import (
    granted_quote,
    plain_quote,
    without_refused,
)
from web.text import tag_path
from web.usage import beside
from web.views import CardView, HeadLink, HeadView, LinkView, PagerView, PlaceView


async def home(request: web.Request) -> web.StreamResponse:
    """Show the newest works and who is here."""
    known, showing = flows(request), show(request)
    before = number(request.query.get("before", ""))
    wall = await known.viewing.front(WorkId(before) if before else None)
    view = HomePage(
        newest=tuple(showing.tile(one, with_artist=True) for one in wall.hung),
        artists=await _cards(request, await known.viewing.artists()),
        pager=_pager("/", wall.hung, goes_on=wall.goes_on),
    )
    usage = known.house.usage_of()
    head = head_for(
        request, title="", description=known.config.instance.description, usage=usage, path="/"
    )
    return await page(request, "home.html", view, head=head)


async def artists(request: web.Request) -> web.StreamResponse:
    """List everyone who hangs works here."""
    known = flows(request)
    found = await known.viewing.artists(limit=200)
    view = BrowsePage("Artists", artists=await _cards(request, found))
    head = head_for(request, title="Artists", usage=known.house.usage_of())
    return await page(request, "browse.html", view, head=head)


async def tag(request: web.Request) -> web.StreamResponse:
    """Show the newest works with a tag."""
    known, showing = flows(request), show(request)
    name = request.match_info["tag"].casefold()
    before = number(request.query.get("before", ""))
    wall = await known.viewing.tagged(name, WorkId(before) if before else None)
    view = BrowsePage(
        f"#{name}",
        tiles=tuple(showing.tile(one, with_artist=True) for one in wall.hung),
        pager=_pager(tag_path(name), wall.hung, goes_on=wall.goes_on),
    )
    head = head_for(request, title=f"#{name}", usage=known.house.usage_of(), path=tag_path(name))
    return await page(request, "browse.html", view, head=head)


async def portfolio(request: web.Request) -> web.StreamResponse:
    """Show an artist's works; the same address answers ActivityPub."""
    handle = request.match_info["handle"]
    try:
        return await _portfolio_of(request, handle)
    except Gone:
        raise
    except NotFound:
        return await series.instead_of_portfolio(request, handle)


async def _portfolio_of(request: web.Request, handle: str) -> web.StreamResponse:
    if wants_activity(request.headers.get("Accept", "")):
        return await activitypub.actor_named(request, handle)
    known = flows(request)
    before = number(request.query.get("before", ""))
    found = await known.viewing.portfolio(
        handle, _viewer(request), WorkId(before) if before else None
    )
    if found.artist.handle != handle:
        raise web.HTTPMovedPermanently(_with_query(request, f"/@{found.artist.handle}"))
    usage = known.house.usage_of(found.artist)
    name = found.artist.name or found.artist.handle
    head = replace(
        head_for(request, title=name, usage=usage, description=found.artist.bio),
        activity_url=found.actor.uri,
        creator=f"@{found.actor.address}",
        kind="profile",
        card=_card(show(request), found.works),
    )
    view = await _portfolio_view(request, found)
    head = with_embeds(head, known.addresses)
    atom = HeadLink("alternate", view.feed_url, ATOM_TYPE, f"Works by {name}")
    head = replace(head, links=(*head.links, atom))
    return await page(request, "portfolio.html", view, head=head, usage=usage)


async def work(request: web.Request) -> web.StreamResponse:
    """Show one work, whole; the same address answers ActivityPub."""
    work_id = WorkId(number(request.match_info["id"], 0) or 0)
    if wants_activity(request.headers.get("Accept", "")):
        return await activitypub.work_numbered(request, work_id)
    known = flows(request)
    room = await known.viewing.room(work_id, _viewer(request))
    artist = room.hung.artist
    right = show(request).page_of(room.hung.work, artist)
    if request.path != right:
        raise web.HTTPMovedPermanently(_with_query(request, right))
    comments = [said.post for said in room.comments]
    showing = await showing_posts(request, comments, [room.hung.work])
    own = known.house.usage_of(artist, room.hung.work)
    usage = beside(own, (*room.comments, *showing.cited))
    if showing.viewer is not None:
        await known.threads.look_at(reversed(comments))  # the newest first
    shown = replace(
        await _permitted_view(request, room, showing),
        places=await _places(request, room),
        missed=await _missed(request, room.hung.work),
    )
    response = await page(
        request,
        "work.html",
        shown,
        head=_work_head(request, room, usage),
        usage=usage,
    )
    if room.hung.work.visibility is not Visibility.PUBLIC:
        response.headers["Cache-Control"] = "private, no-store"
    return response


async def _missed(request: web.Request, work: Work) -> tuple[MissedView, ...]:
    """Return the servers that did not take a work, for its artist alone."""
    artist = request.get(ARTIST)
    if artist is None:
        return ()
    found = await flows(request).queues.undelivered(artist, [work])
    return missed(found.get(TargetId(work.id), ()))


async def work_object(request: web.Request) -> web.StreamResponse:
    """Answer a work's object id: the object for servers, the page for people."""
    work_id = WorkId(number(request.match_info["id"], 0) or 0)
    if wants_activity(request.headers.get("Accept", "")):
        return await activitypub.work_numbered(request, work_id)
    found, artist, _ = await flows(request).viewing.work(work_id, _viewer(request))
    raise web.HTTPFound(show(request).page_of(found, artist))


async def actor_object(request: web.Request) -> web.StreamResponse:
    """Answer an actor id: the actor for servers, the page for people."""
    handle = request.match_info["handle"]
    if wants_activity(request.headers.get("Accept", "")):
        return await activitypub.actor_named(request, handle)
    artist, _ = await flows(request).viewing.artist(handle)
    raise web.HTTPFound(f"/@{artist.handle}")


async def post(request: web.Request) -> web.StreamResponse:
    """Show a comment or a remote post; a local comment's id answers ActivityPub."""
    post_id = PostId(number(request.match_info["id"], 0) or 0)
    if wants_activity(request.headers.get("Accept", "")):
        return await activitypub.post_numbered(request, post_id)
    return await conversations.post_page(request, post_id)


async def _portfolio_view(request: web.Request, found: Portfolio) -> PortfolioPage:
    known, showing = flows(request), show(request)
    viewer = request.get(ARTIST)
    is_own = viewer is not None and viewer.id == found.artist.id
    relation, is_blocked = Relation(), False
    if viewer is not None and not is_own:
        relation = await known.following.relation(viewer.id, found.artist.id)
        is_blocked = await known.blocking.blocks(viewer.id, found.artist.id)
    hung = [Hung(one, found.artist) for one in found.works]
    return PortfolioPage(
        artist=showing.artist(found.artist),
        actor_uri=found.actor.uri,
        bio=found.artist.bio,
        feed_url=feed_url(known.addresses, found.artist),
        tiles=tuple(showing.tile(one, with_artist=False) for one in hung),
        pager=_pager(f"/@{found.artist.handle}", hung, goes_on=found.goes_on),
        follow=follow_button(found.actor, relation.follows) if viewer and not is_own else None,
        is_own=is_own,
        moved_to=await new_home(request, found.actor),
        dealings=dealings_of(viewer, found.actor, is_blocked=is_blocked),
        series=await series.series_tiles(request, found.artist),
        banner_url=showing.portrait_path(found.artist.banner, PortraitKind.BANNER),
        banner_alt=await _banner_alt(request, found.artist),
    )


async def _banner_alt(request: web.Request, artist: Artist) -> str:
    if not artist.banner:
        return ""
    portraits = await flows(request).portraying.of_artist(artist)
    return portraits[PortraitKind.BANNER].alt if PortraitKind.BANNER in portraits else ""


async def _places(request: web.Request, room: Room) -> tuple[PlaceView, ...]:
    found = await flows(request).series_rooms.places(room.hung.work, _viewer(request))
    return tuple(series.place_of(show(request), place, room.hung.artist) for place in found)


async def _permitted_view(request: web.Request, room: Room, showing: Show) -> WorkPage:
    """Return the page without what its artist does not let this viewer do."""
    view = _work_view(request, room, showing)
    if showing.viewer is None:
        return view
    about, viewer = TargetId(room.hung.work.id), showing.viewer.id
    if viewer == room.hung.artist.id:
        view = replace(view, after_wait=await waiting(request, about))
    refused = await flows(request).conversing.refused(about, viewer)
    may_answer = InteractionKind.REPLY not in refused
    return replace(
        view,
        reactions=without_refused(view.reactions, refused),
        comment_action=view.comment_action if may_answer else "",
        comment_note="" if may_answer else "Its artist does not take comments from everybody.",
    )


def _work_view(request: web.Request, room: Room, showing: Show) -> WorkPage:
    known = flows(request)
    one, artist = room.hung.work, room.hung.artist
    policy = known.house.policy_for(one)
    usage = known.house.usage_of(artist, one)
    is_own = showing.viewer is not None and showing.viewer.id == artist.id
    may_boost = one.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}
    kept, kept_because = kept_from(request)
    shown = shown_side(showing.audience, one, policy, kept)
    is_stranger = showing.audience is Audience.VISITOR
    asked = policy.renditions.proof
    proven, _ = kept_from(request, asked) if is_stranger else (kept, "")
    larger = shown_side(Audience.PERSON, one, policy, proven)
    is_closer = is_stranger and larger > shown
    shots = shot_views(showing, one, room.shots, proven if is_stranger else None)
    asks_proof = is_closer or any(each.video and each.video.closer_url for each in shots)
    return WorkPage(
        artist=showing.artist(artist),
        title=one.title,
        pictures=tuple(
            showing.whole_picture(one, picture, is_larger_elsewhere=is_closer)
            for picture in one.pictures
        ),
        asks_proof=asks_proof,
        asks_work=asks_proof and asked is Proof.WORK,
        object_uri=known.addresses.work(one.id),
        year=one.year,
        medium=one.medium,
        caption=one.caption,
        tags=one.tags,
        ai_label=one.ai_label,
        is_sensitive=one.is_sensitive,
        warning=one.sensitive_reason,
        hung_at=one.hung_at,
        edited_at=one.edited_at,
        visibility_note=visibility_note(one),
        shown_px=shown,
        larger_px=larger if larger > shown else 0,
        small_because=kept_because if kept else "",
        reserves_ai=usage.train_ai.value == "n",
        reactions=showing.reactions(one.id, room.counts, room.mine, may_boost=may_boost),
        comments=showing.comments(room),
        comment_action=f"/deeds/{one.id}/comment" if showing.viewer else "",
        previous=_neighbour(showing, room, room.newer),
        next=_neighbour(showing, room, room.older),
        edit_url=f"/studio/works/{one.id}" if is_own else "",
        after=granted_quote(one, showing.quotes),
        after_link=plain_quote(one),
        dealings=dealings_of(showing.viewer, room.actor, about=one.id),
        licence=_licence_link(one),
        taken_with=tuple(dict.fromkeys(filter(None, (sentence(p.camera) for p in one.pictures)))),
        credits=credits_of(one),
        is_signed=is_signed(one),
        shots=shots,
    )


def _licence_link(work: Work) -> LinkView | None:
    licence = licence_of(work.licence)
    return LinkView(licence.name, licence.url) if licence.url else None


def _work_head(request: web.Request, room: Room, usage: ContentUsage) -> HeadView:
    known, showing = flows(request), show(request)
    one, artist = room.hung.work, room.hung.artist
    path = showing.page_of(one, artist)
    card = showing.card(one)
    signs = ImageSigns(
        page_url=f"{known.addresses.base_url}{path}",
        image_url=card.url if card else "",
        width=card.width if card else 0,
        height=card.height if card else 0,
        title=one.title or UNTITLED,
        artist_name=artist.name or artist.handle,
        artist_url=room.actor.url,
        year=one.year,
        licence_url=licence_of(one.licence).url,
        ai_label=one.ai_label,
    )
    title = f"{one.title or UNTITLED} – {artist.name or artist.handle}"
    description = one.caption or one.pictures[0].alt
    head = head_for(request, title=title, usage=usage, path=path, description=description)
    return replace(
        with_embeds(head, known.addresses) if one.visibility in REACHABLE else head,
        activity_url=known.addresses.work(one.id),
        card=card,
        creator=f"@{room.actor.address}",
        kind="article",
        language=one.language,
        json_ld=schema_org(signs, usage, known.signal_urls) if card else None,
    )


def _card(showing: Show, works: Sequence[Work]) -> CardView | None:
    """Return the link card of the newest work that has one and is for everybody."""
    cards = (showing.card(one) for one in works if one.visibility is Visibility.PUBLIC)
    return next((card for card in cards if card is not None), None)


def _neighbour(showing: Show, room: Room, other: Work | None) -> LinkView | None:
    if other is None:
        return None
    return LinkView(other.title or UNTITLED, showing.page_of(other, room.hung.artist))


async def _cards(request: web.Request, artists: Sequence[Artist]) -> tuple[ArtistCardView, ...]:
    showing = show(request)
    latest = await flows(request).viewing.latest(artists)
    return tuple(
        showing.artist_card(artist, [one for one in latest if one.artist.id == artist.id])
        for artist in artists
    )


def _pager(path: str, hung: Sequence[Hung], *, goes_on: bool) -> PagerView | None:
    return PagerView(f"{path}?before={hung[-1].work.id}", PAGE) if goes_on and hung else None


def _with_query(request: web.Request, path: str) -> str:
    return f"{path}?{request.query_string}" if request.query_string else path


def _viewer(request: web.Request) -> ActorId | None:
    found = viewer_id(request)
    return ActorId(found) if found else None
