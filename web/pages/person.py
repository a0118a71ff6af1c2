"""The page of somebody elsewhere, for people here. Closed to visitors, whoever it is about.

An open copy of what somebody shows on their own server would be a mirror of their art, under our
name and rules; and an open redirect there would lend our name to whatever address anybody has. So
a visitor is sent to sign in, as everywhere, whether the person is known here or not.
"""

from dataclasses import replace
from urllib.parse import quote

from aiohttp import web

from federation.facts import host_of
from federation.uris import same_origin
from server.errors import FixatifError, Invalid, NotFound
from server.model import Actor, FollowState, Post, PostId, RemotePicture
from server.profiles import Profile, Shelf
from server.series_elsewhere import SeriesElsewhere, SeriesElsewhereId
from server.viewing import PAGE
from web import usage
from web.dealings import dealings_of
from web.errors import status_of_typed
from web.flows import flows
from web.limits import Rate
from web.person_views import NobodyPage, PersonPage, ShelfView, ShelfWorkView
from web.present import UNTITLED, follow_button, path_of
from web.quotes import showing_posts
from web.respond import artist_of, back, head_for, number, page, show, to
from web.talk import remote_picture, remote_pictures
from web.text import plural
from web.views import ActorView, FollowButtonView, LinkView, PagerView, PictureView

LOOK_UPS = Rate("look-ups by network", 20, 6)  # each makes us fetch from elsewhere


async def person(request: web.Request) -> web.StreamResponse:
    """Show somebody elsewhere: who they are, what they showed lately, their series."""
    known, artist = flows(request), artist_of(request)
    handle, domain = request.match_info["handle"], request.match_info["domain"]
    if known.remote.is_us(domain.lower()):
        return to(f"/@{quote(handle)}")
    actor = await known.profiles.find(handle, domain)
    if actor is None:
        words = "Nobody here has met them yet. Look them up, to ask their server."
        return await nobody(request, f"@{handle}@{domain}", NotFound(words))
    if actor.is_local:
        return to(path_of(actor))
    known.doors.demand(actor.uri)
    before = number(request.query.get("before", ""))
    await known.series_fetching.look_at(actor)
    found = await known.profiles.profile(actor, artist.id, PostId(before) if before else None)
    return await _page(request, found, is_first=before is None)


async def nobody(request: web.Request, query: str, problem: FixatifError) -> web.StreamResponse:
    """Say that whom somebody looked up was not found, and let them look again."""
    view = NobodyPage(query=query, problem=problem.message)
    head = head_for(request, title="Follow somebody", usage=flows(request).house.usage_of())
    status = status_of_typed(problem)
    return await page(request, "nobody.html", view, head=head, status=status)


async def follow_series(request: web.Request) -> web.StreamResponse:
    """Follow a series elsewhere, by the actor that announces its works."""
    known, artist = flows(request), artist_of(request)
    series_id = SeriesElsewhereId(number(request.match_info["id"], 0) or 0)
    series, owner = await known.profiles.series(series_id)
    if not series.speaker_uri or not same_origin(series.speaker_uri, owner.uri):
        raise Invalid("This series cannot be followed: follow its artist instead.")
    known.limits.demand(LOOK_UPS, artist.handle)
    speaker = await known.remote.actor(series.speaker_uri)
    await known.following.follow(artist, speaker)
    return to(back(request, path_of(owner)))


async def _page(request: web.Request, found: Profile, *, is_first: bool) -> web.StreamResponse:
    known, artist, actor = flows(request), artist_of(request), found.actor
    said = [one.said for one in (*found.pinned, *found.entries) if one.said is not None]
    showing = await showing_posts(request, [one.post for one in said])
    told = found.told
    view = PersonPage(
        actor=_portrayed(request, actor),
        page=LinkView(actor.domain, actor.url),
        summary_html=actor.summary_html,
        counts=_counts(found),
        moved_to=await _new_home(request, actor),
        follow=_follow(found) if actor.id != artist.id else None,
        dealings=dealings_of(artist, actor, is_blocked=found.is_blocked),
        is_blocked=found.is_blocked,
        is_asked=told is None or told.asked_at > told.fetched_at,
        pinned=tuple(showing.entry(one) for one in found.pinned),
        posts=tuple(showing.entry(one) for one in found.entries),
        shelves=tuple(_shelf(one) for one in found.shelves),
        pager=_pager(found),
        is_first=is_first,
    )
    about = usage.beside(known.house.usage_of(), [*said, *showing.cited])
    head = head_for(request, title=f"@{actor.address}", usage=about)
    return await page(request, "person.html", view, head=head, usage=about)


def _portrayed(request: web.Request, actor: Actor) -> ActorView:
    """Return somebody with their portrait, which their server gives to who is signed in here."""
    may_show = bool(actor.icon_url) and flows(request).doors.may_show(actor.icon_url)
    return replace(show(request).actor(actor), icon_url=actor.icon_url if may_show else "")


def _counts(found: Profile) -> tuple[str, ...]:
    told = found.told
    if told is None:
        return ()
    counts = ((told.posts, "post"), (told.followers, "follower"))
    return tuple(plural(number, what) for number, what in counts if number is not None)


def _follow(found: Profile) -> FollowButtonView | None:
    """Return the button; of an account that has moved, and of a blocked one, only to stop."""
    is_over = bool(found.actor.moved_to) or found.is_blocked
    if is_over and found.follows not in {FollowState.ACCEPTED, FollowState.PENDING}:
        return None
    return follow_button(found.actor, found.follows)


async def _new_home(request: web.Request, actor: Actor) -> LinkView | None:
    """Return the way to where somebody has moved, on a page that lets one follow them there."""
    if not actor.moved_to:
        return None
    target = await flows(request).viewing.known(actor.moved_to)
    if target is None or target.gone_at is not None:
        return LinkView(actor.moved_to, f"/authorize_interaction?uri={quote(actor.moved_to)}")
    return LinkView(f"@{target.address}", path_of(target))


def _pager(found: Profile) -> PagerView | None:
    if found.older_than is None:
        return None
    return PagerView(f"{path_of(found.actor)}?before={found.older_than}", PAGE)


def _shelf(shelf: Shelf) -> ShelfView:
    series = shelf.series
    follow = None
    if shelf.speaker is not None and shelf.speaker.gone_at is None:
        follow = follow_button(shelf.speaker, shelf.follows)
    elif series.speaker_uri:
        follow = FollowButtonView(f"/elsewhere/series/{series.id}/follow", "")
    return ShelfView(
        name=series.name,
        page=LinkView(host_of(series.url), series.url),
        total=series.total,
        summary_html=series.summary_html,
        cover=_cover(series) if series.cover_url else None,
        works=tuple(_work(post) for post in shelf.works),
        follow=follow,
    )


def _cover(series: SeriesElsewhere) -> PictureView:
    return remote_picture(RemotePicture(series.cover_url, "", series.cover_alt))


def _work(post: Post) -> ShelfWorkView:
    pictures = () if post.is_sensitive or post.warning else remote_pictures(post)[:1]
    words = post.title or next((one.alt for one in pictures if one.alt), "")
    title = words or post.warning or ("Sensitive" if post.is_sensitive else UNTITLED)
    return ShelfWorkView(f"/posts/{post.id}", title, next(iter(pictures), None))
