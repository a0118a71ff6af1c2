"""Following, reacting, commenting: the feed, notifications, followers, and small deeds."""

from collections.abc import Sequence
from urllib.parse import quote

from aiohttp import web

from federation.vocabulary import RemoteNote
from server.errors import FixatifError, Gone, Invalid, NotFound, Unanswered
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Follow,
    FollowState,
    Notification,
    NotificationKind,
    Post,
    ReactionKind,
    TargetId,
    Visibility,
    WorkId,
)
from server.permits import Answer
from server.targets import Target
from server.viewing import PAGE
from web import usage
from web.addresses import network_of
from web.dealings import dealings_of, report_page
from web.errors import status_of_typed
from web.flows import flows
from web.forms import read_form
from web.keys import CLIENT_ADDRESS
from web.page_views import (
    FeedPage,
    FollowersPage,
    InteractPage,
    NotificationsPage,
    NotificationView,
    PersonRow,
)
from web.pages.moving import new_home
from web.pages.person import LOOK_UPS, nobody
from web.present import UNTITLED, anchor_of, path_of, target_link
from web.quotes import showing_posts
from web.respond import artist_of, back, head_for, number, page, show, to
from web.talk import emoji_views
from web.views import FormView, HeadView, Intent, LinkView, PagerView

_ABOUT_CASES = frozenset(
    {
        NotificationKind.REPORT,
        NotificationKind.CASE,
        NotificationKind.OUTCOME,
        NotificationKind.APPLICATION,
        NotificationKind.CLOSING,
        NotificationKind.LIKENESS,
    }
)
_ADDRESSES = ("https://", "http://")
_INTENTS: dict[str, Intent] = {
    "follow": "follow",
    "like": "like",
    "boost": "boost",
    "comment": "comment",
}


async def feed(request: web.Request) -> web.StreamResponse:
    """Show what those hung, said and boosted whom one follows, newest first."""
    known, artist = flows(request), artist_of(request)
    before = number(request.query.get("before", ""))
    found = await known.feeding.page(artist.id, TargetId(before) if before else None)
    entries = found.entries
    posts = [one.said.post for one in entries if one.said]
    works = [one.hung.work for one in entries if one.hung]
    showing = await showing_posts(request, posts, works)
    more = PagerView(f"/home?before={found.end}", PAGE) if found.end else None
    view = FeedPage(tuple(showing.entry(entry) for entry in entries), more)
    about = usage.beside(
        known.house.usage_of(), [*(one.said for one in entries if one.said), *showing.cited]
    )
    head = head_for(request, title="Following", usage=about)
    return await page(request, "home_feed.html", view, head=head, usage=about)


async def look_up(request: web.Request) -> web.StreamResponse:
    """Find somebody by address, to follow them."""
    known, artist = flows(request), artist_of(request)
    query = request.query.get("q", "").strip()
    if query.startswith(_ADDRESSES):  # as a browser shows it; what stands there, we find out
        raise web.HTTPSeeOther(f"/authorize_interaction?uri={quote(query)}")
    try:
        known.limits.demand(LOOK_UPS, artist.handle)
        found = await known.remote.by_address(query)
    except FixatifError as problem:
        return await nobody(request, query, problem)
    return to(path_of(found))


async def follow(request: web.Request) -> web.StreamResponse:
    """Follow an actor that we know."""
    await flows(request).following.follow(artist_of(request), await _actor(request))
    return to(back(request, "/home"))


async def unfollow(request: web.Request) -> web.StreamResponse:
    """End a follow, or take a request back."""
    await flows(request).following.unfollow(artist_of(request), await _actor(request))
    return to(back(request, "/home"))


async def show_boosts(request: web.Request) -> web.StreamResponse:
    """Show in the feed what somebody followed boosts, or hide it."""
    is_on = request.match_info["shown"] == "show"
    await flows(request).following.show_boosts(
        artist_of(request), await _actor(request), is_on=is_on
    )
    return to("/followers", "saved")


async def followers(request: web.Request) -> web.StreamResponse:
    """List requests, followers and those one follows."""
    known, artist = flows(request), artist_of(request)
    asked = await known.following.followers(artist.id, FollowState.PENDING)
    accepted = await known.following.followers(artist.id, FollowState.ACCEPTED)
    following = await known.following.following(artist.id, FollowState.ACCEPTED)
    waiting = await known.following.following(artist.id, FollowState.PENDING)
    view = FollowersPage(
        requests=_rows(request, asked, approve=True),
        followers=_rows(request, accepted, approve=False),
        following=_followed(request, following) + _followed(request, waiting, "not answered yet"),
    )
    return await page(request, "followers.html", view, head=_head(request, "Followers"))


async def answer(request: web.Request) -> web.StreamResponse:
    """Accept or refuse a request, or remove a follower."""
    follower = ActorId(number(request.match_info["id"], 0) or 0)
    is_accepted = request.match_info["answer"] == "approve"
    await flows(request).following.answer(artist_of(request), follower, is_accepted=is_accepted)
    return to("/followers", "saved")


async def react(request: web.Request) -> web.StreamResponse:
    """Like or boost, or take it back: the button toggles."""
    known, artist = flows(request), artist_of(request)
    target = _target_id(request)
    kind = ReactionKind(request.match_info["kind"])
    if await known.viewing.has_reacted(artist.id, target, kind):
        await known.reactions.take_back(artist, target, kind)
    elif await known.reactions.react(artist, target, kind) is Answer.ASK:
        return to(f"{back(request, '/home').partition('?')[0]}#{anchor_of(target)}", "asked")
    return to(f"{back(request, '/home')}#{anchor_of(target)}")


async def react_with(request: web.Request) -> web.StreamResponse:
    """Like with an emoji: one of those offered, or one that was typed."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    target = _target_id(request)
    said = await known.reactions.react_with(artist, target, sent.first("emoji"))
    where, told = back(request, "/home"), ""
    if said is Answer.ASK:
        where, told = where.partition("?")[0], "asked"
    return to(f"{where}#{anchor_of(target)}", told)


async def notifications(request: web.Request) -> web.StreamResponse:
    """Show what one was told, newest first."""
    known, artist = flows(request), artist_of(request)
    told = await known.notifications.page(artist.id, number(request.query.get("before", "")))
    more = PagerView(f"/notifications?before={told[-1].id}", 50) if len(told) == 50 else None
    view = NotificationsPage(
        items=tuple([await _notification(request, one) for one in told]),
        pager=more,
        waiting=await known.approving.count(artist.id),
        read_action=f"/notifications/read/{told[0].id}" if told else "",
    )
    head = _head(request, "Notifications")
    return await page(request, "notifications.html", view, head=head)


async def read_notifications(request: web.Request) -> web.StreamResponse:
    """Mark everything up to the newest that was shown as read."""
    up_to = number(request.match_info["id"], 0) or 0
    await flows(request).notifications.mark_read(artist_of(request).id, up_to)
    return to("/notifications")


async def interact_form(request: web.Request) -> web.StreamResponse:
    """Ask a visitor for their address, to act from their own server."""
    uri, intent = request.query.get("uri", ""), _intent(request.query.get("intent", ""))
    return await _interact_page(request, uri, intent, FormView())


async def interact(request: web.Request) -> web.StreamResponse:
    """Send a visitor to their own server, where they follow, like, boost or comment."""
    known, sent = flows(request), await read_form(request)
    uri, intent, address = sent.first("uri"), _intent(sent.first("intent")), sent.first("address")
    try:
        _refuse_foreign(request, uri)
        known.limits.demand(LOOK_UPS, str(network_of(request[CLIENT_ADDRESS])))
        way_in = await known.interaction.way_in(address, uri, intent)
    except FixatifError as problem:
        form = FormView({"address": address}, {"address": problem.message})
        return await _interact_page(request, uri, intent, form, problem=problem)
    if way_in is None:
        return await _interact_page(
            request, uri, intent, FormView({"address": address}), stuck=True
        )
    return web.Response(status=303, headers={"Location": way_in, "Cache-Control": "no-store"})


async def authorize(request: web.Request) -> web.StreamResponse:
    """Act from here on something elsewhere: where other servers send our people."""
    known, artist, showing = flows(request), artist_of(request), show(request)
    uri = request.query.get("uri", "").strip()
    known.limits.demand(LOOK_UPS, artist.handle)
    try:
        found = await known.remote.find(uri)
        if isinstance(found, RemoteNote):
            author = await known.remote.actor(found.attributed_to)
            post = await known.remote.keep_note(found, author)
            return to(f"/posts/{post.id}")
    except Unanswered as silence:  # whose address this is, is what somebody typed or followed
        raise Invalid(silence.message, "uri") from silence
    if isinstance(found, Target):
        if found.work is None:
            return to(f"/posts/{found.id}")
        work, owner, _ = await known.viewing.work(found.work.id, artist.id)
        return to(showing.page_of(work, owner))
    return to(path_of(found))


async def _actor(request: web.Request) -> Actor:
    actor = await flows(request).viewing.actor(ActorId(number(request.match_info["id"], 0) or 0))
    if actor is None:
        raise NotFound("There is nobody like that here.")
    return actor


def _target_id(request: web.Request) -> TargetId:
    return TargetId(number(request.match_info["id"], 0) or 0)


def _rows(
    request: web.Request, people: Sequence[tuple[Follow, Actor]], *, approve: bool
) -> tuple[PersonRow, ...]:
    showing = show(request)
    return tuple(
        PersonRow(
            actor=showing.actor(actor),
            since=follow.created_at,
            approve_action=f"/followers/{actor.id}/approve" if approve else "",
            refuse_action=f"/followers/{actor.id}/refuse" if approve else "",
            remove_action="" if approve else f"/followers/{actor.id}/remove",
            dealings=dealings_of(showing.viewer, actor),
        )
        for follow, actor in people
    )


def _followed(
    request: web.Request, people: Sequence[tuple[Follow, Actor]], note: str = ""
) -> tuple[PersonRow, ...]:
    showing = show(request)
    return tuple(
        PersonRow(
            actor=showing.actor(actor),
            since=follow.created_at,
            remove_action=f"/actors/{actor.id}/unfollow",
            note=note,
            boosts_action=_boosts_action(follow, actor),
            shows_boosts=follow.shows_boosts,
            dealings=dealings_of(showing.viewer, actor),
        )
        for follow, actor in people
    )


def _boosts_action(follow: Follow, actor: Actor) -> str:
    """Return where the switch leads, "" for groups: what they boost is all that they say."""
    if actor.kind is ActorKind.GROUP:
        return ""
    return f"/actors/{actor.id}/boosts/{'hide' if follow.shows_boosts else 'show'}"


async def _notification(request: web.Request, told: Notification) -> NotificationView:
    known, showing = flows(request), show(request)
    actor = await known.viewing.actor(told.actor_id) if told.actor_id else None
    link, excerpt = await _subject(request, told)
    post = await _told_post(request, told)
    return NotificationView(
        kind=told.kind,
        at=told.created_at,
        actor=showing.actor(actor) if actor else None,
        target=link,
        excerpt_html=excerpt,
        warning=post.warning if post is not None else "",
        is_unread=told.read_at is None,
        is_private=post is not None and post.visibility is Visibility.DIRECT,
        emojis=emoji_views(post.emojis) if post is not None else (),
        emoji=await _emoji(request, told),
        dealings=dealings_of(artist_of(request), actor) if actor else None,
    )


async def _emoji(request: web.Request, told: Notification) -> str:
    """Return what a like was said with, "" where with nothing."""
    is_like = told.kind is NotificationKind.LIKE and told.actor_id and told.target_id
    if not is_like or told.actor_id is None or told.target_id is None:
        return ""
    return await flows(request).reactions.emoji(told.actor_id, told.target_id)


async def _told_post(request: web.Request, told: Notification) -> Post | None:
    """Return the comment, mention or message that a notification is of."""
    if told.target_id is None or told.kind in _ABOUT_CASES:
        return None
    target = await flows(request).viewing.target(told.target_id, artist_of(request).id)
    return target.post if target is not None else None


async def _subject(request: web.Request, told: Notification) -> tuple[LinkView | None, str]:
    """Return a link to what a notification is about, and the words of a comment."""
    if told.kind is NotificationKind.MOVED and told.actor_id:
        moved = await flows(request).viewing.actor(told.actor_id)
        return (await new_home(request, moved) if moved else None), ""
    if told.target_id is None:
        return None, ""
    if told.kind in _ABOUT_CASES:
        return _case_link(told.kind, told.target_id), ""
    known, artist = flows(request), artist_of(request)
    target = await known.viewing.target(told.target_id, artist.id)
    if target is None:
        return await _out_of_sight(request, told.target_id), ""
    link = target_link(target, artist.handle, known.addresses)
    if target.post is not None:
        about = await _thread_of(request, target)
        return LinkView(about, f"/posts/{target.id}"), target.post.content_html
    return link, ""


async def _out_of_sight(request: web.Request, target: TargetId) -> LinkView:
    """Return a link to a work of one's own that does not hang, or words without one."""
    try:
        work = await flows(request).viewing.own(artist_of(request), WorkId(target))
    except NotFound:
        return LinkView("something that is not there any more", "")
    return LinkView(work.title or UNTITLED, f"/studio/works/{work.id}")


def _case_link(kind: NotificationKind, case: TargetId) -> LinkView:
    """Return where somebody reads a case: as a moderator, or as one whom it concerns."""
    if kind is NotificationKind.REPORT:
        return LinkView("somebody: read the report", report_page(case))
    if kind is NotificationKind.APPLICATION:
        return LinkView("Read it", "/admin/people/applications")
    if kind is NotificationKind.CLOSING:
        return LinkView("What you can do", "/settings/closing")
    if kind is NotificationKind.LIKENESS:
        return LinkView("Look at both", f"/likenesses/{case}")
    return LinkView("Read it", f"/cases/{case}")


async def _thread_of(request: web.Request, target: Target) -> str:
    """Return the title of the work that a comment stands under, or what it is."""
    if target.visibility is Visibility.DIRECT:
        return "a message"
    if target.thread_of is None:
        return "a comment" if target.post and target.post.in_reply_to_uri else "a post"
    work_id = TargetId(target.thread_of)
    found = await flows(request).viewing.target(work_id, artist_of(request).id)
    return (found.work.title or UNTITLED) if found and found.work else "a comment"


async def _interact_page(
    request: web.Request,
    uri: str,
    intent: Intent,
    form: FormView,
    *,
    problem: FixatifError | None = None,
    stuck: bool = False,
) -> web.Response:
    view = InteractPage(
        uri=uri,
        intent=intent,
        title=await _name_of(request, uri, intent),
        form=form,
        search_url=uri if stuck else "",
    )
    status = status_of_typed(problem) if problem else 200
    head = _head(request, "From your own server")
    return await page(request, "followfrom.html", view, head=head, status=status)


async def _name_of(request: web.Request, uri: str, intent: Intent) -> str:
    """Return the artist's name or the work's title that a form is about, "" where unknown."""
    known = flows(request)
    try:
        if intent == "follow":
            actor = await known.viewing.actor_at(uri)
            return (actor.name or actor.handle) if actor else ""
        work_id = number(known.addresses.local_part(uri, "/works/"), 0) or 0
        work, _, _ = await known.viewing.work(WorkId(work_id), None)
    except (Gone, NotFound):
        return ""
    return work.title or UNTITLED


def _refuse_foreign(request: web.Request, uri: str) -> None:
    if not flows(request).addresses.is_ours(uri):
        raise Invalid("This is about something that is not here: open it from its own page.", "uri")


def _intent(text: str) -> Intent:
    return _INTENTS.get(text, "follow")


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
