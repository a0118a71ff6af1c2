"""Between people: requests for the artist's word, and private messages."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from federation import permissions
from server.approving import REQUESTS_AGE, Asked
from server.conversing import PAGE, Message
from server.dealings import Request, RequestId
from server.errors import NotFound
from server.model import ActorId, Artist, Counts, Millis, Post, PostId, TargetId, Visibility
from server.passages import DAY
from server.permits import InteractionKind
from server.targets import OPEN, Target
from server.viewing import Said
from web import usage
from web.dealings import dealings_of
from web.documents import activity, seen
from web.flows import flows
from web.keys import ARTIST
from web.page_views import PostPage
from web.present import Show, target_link
from web.quotes import showing_posts, waiting
from web.respond import artist_of, head_for, number, page, show, to
from web.talk import emoji_views, host_of, only_you_and, without_refused
from web.talk_views import MessagesPage, RequestRow, RequestsPage
from web.text import plain_date, plural
from web.views import HeadView, LinkView, PagerView, PostView

_WISHES = {
    InteractionKind.LIKE: ("would like to like", "may like"),
    InteractionKind.REPLY: ("would like to comment on", "may comment on"),
    InteractionKind.BOOST: ("would like to boost", "may boost"),
    InteractionKind.QUOTE: ("would like to quote", "may quote"),
}
_TOLD = {"approve": "approved", "refuse": "refused", "withdraw": "taken-back"}


async def requests(request: web.Request) -> web.StreamResponse:
    """Show what waits for the artist's word."""
    known, artist = flows(request), artist_of(request)
    found = await known.approving.waiting(artist.id, _before(request))
    return await _requests_page(request, found, is_decided=False)


async def permissions_given(request: web.Request) -> web.StreamResponse:
    """Show what the artist agreed to, to be withdrawn."""
    known, artist = flows(request), artist_of(request)
    found = await known.approving.approved(artist.id, _before(request))
    return await _requests_page(request, found, is_decided=True)


async def answer(request: web.Request) -> web.StreamResponse:
    """Approve, refuse, or withdraw an approval."""
    approving, artist = flows(request).approving, artist_of(request)
    request_id = RequestId(number(request.match_info["id"], 0) or 0)
    kind = request.match_info["answer"]
    deeds = {
        "approve": approving.approve,
        "refuse": approving.refuse,
        "withdraw": approving.withdraw,
    }
    await deeds[kind](artist, request_id)
    where = "/studio/requests/given" if kind == "withdraw" else "/studio/requests"
    return to(where, _TOLD[kind])


async def messages(request: web.Request) -> web.StreamResponse:
    """Show private messages to and by who is signed in, newest first."""
    known, artist = flows(request), artist_of(request)
    before = number(request.query.get("before", ""))
    found = await known.conversing.messages(artist.id, PostId(before) if before else None)
    showing = await showing_posts(request, [one.said.post for one in found])
    more = None
    if len(found) == PAGE:
        more = PagerView(f"/messages?before={found[-1].said.post.id}", PAGE)
    view = MessagesPage(tuple(message_view(showing, artist, one) for one in found), more)
    about = usage.beside(known.house.usage_of(), [*(one.said for one in found), *showing.cited])
    head = head_for(request, title="Messages", usage=about)
    return await page(request, "messages.html", view, head=head, usage=about)


async def post_page(request: web.Request, post_id: PostId) -> web.Response:
    """Render a comment's page. Remote posts are shown to members alone: they are not ours."""
    known, viewer = flows(request), request.get(ARTIST)
    viewer_actor = viewer.id if viewer is not None else None
    said, parent = await known.viewing.post(post_id, viewer_actor)
    if viewer is None and not said.post.is_local:
        raise NotFound("There is no such comment.")
    received = await known.viewing.reception(post_id, viewer_actor)
    posts = [said.post, *(reply.post for reply in received.replies)]
    showing = await showing_posts(request, posts)
    post = showing.said_post(said, received.counts, received.mine)
    refused: frozenset[InteractionKind] = frozenset()
    if viewer is not None:
        refused = await known.conversing.refused(TargetId(post_id), viewer.id)
    wait = await waiting(request, post_id)
    view = PostPage(
        post=replace(
            post,
            reactions=without_refused(post.reactions, refused),
            note="" if wait else post.note,
        ),
        parent=await _parent(request, parent, viewer_actor),
        comments=tuple(showing.comment(reply, None) for reply in received.replies),
        comment_action=(
            "" if InteractionKind.REPLY in refused else _comment_action(said.post, viewer)
        ),
        delete_action=showing.comment(said, None).delete_action,
        edit_url=showing.comment(said, None).edit_url,
        dealings=dealings_of(viewer, said.author, about=post_id),
        wait=wait,
    )
    if viewer is not None and said.post.visibility is Visibility.DIRECT:
        view = await _private(request, view, said, viewer)
    if viewer is not None:
        await known.threads.look_at(posts)
    kind = "Message" if said.post.visibility is Visibility.DIRECT else "Comment"
    has_twin = said.post.is_local and said.post.visibility in OPEN
    about = usage.beside(usage.of_said(known.house, said), (*received.replies, *showing.cited))
    head = replace(
        head_for(request, title=f"{kind} by {said.author.name}", usage=about),
        activity_url=said.post.uri if has_twin else "",
    )
    response = await page(request, "post.html", view, head=head, usage=about)
    if said.post.visibility not in OPEN:
        response.headers["Cache-Control"] = "private, no-store"
    return response


async def authorization(request: web.Request) -> web.StreamResponse:
    """Answer an authorization (FEP-044f) to whoever may see what it is about."""
    known = flows(request)
    request_id = RequestId(number(request.match_info["id"], 0) or 0)
    found, target, artist = await known.approving.authorization(request_id)
    _, is_open = await seen(request, lambda viewer: _must_see(request, target.id, viewer))
    uri = known.addresses.authorization(found.id)
    document = permissions.authorization(found, target.uri, artist, uri)
    return activity(request, document, usage=known.house.usage_of(), is_open=is_open)


def message_view(showing: Show, viewer: Artist, message: Message) -> PostView:
    """Return a private message as a post that says who sees it."""
    view = showing.said_post(message.said, Counts(), frozenset())
    people = {actor.id: actor for actor in (message.said.author, *message.people)}
    return replace(view, note=only_you_and(list(people.values()), viewer.id))


async def _private(request: web.Request, view: PostPage, said: Said, viewer: Artist) -> PostPage:
    """Return the page of a private message: what it answers above, the answers below."""
    found = await flows(request).conversing.conversation(said, viewer.id)
    everything = (*found.earlier, found.message, *found.answers)
    showing = await showing_posts(request, [one.said.post for one in everything])
    message = message_view(showing, viewer, found.message)
    return replace(
        view,
        post=replace(message, reactions=view.post.reactions),
        parent=None if found.earlier else view.parent,
        earlier=tuple(message_view(showing, viewer, one) for one in found.earlier),
        answers=tuple(message_view(showing, viewer, one) for one in found.answers),
    )


async def _parent(
    request: web.Request, parent: Target | None, viewer: ActorId | None
) -> LinkView | None:
    known = flows(request)
    if parent is None or parent.work is None:
        return target_link(parent, "", known.addresses)
    _, owner, _ = await known.viewing.work(parent.work.id, viewer)
    return target_link(parent, owner.handle, known.addresses)


def _comment_action(post: Post, viewer: Artist | None) -> str:
    """Return where it is answered; what waits for approval is not."""
    may_answer = viewer is not None and post.visibility is not Visibility.DRAFT
    return f"/deeds/{post.id}/comment" if may_answer else ""


async def _must_see(request: web.Request, target_id: TargetId, viewer: ActorId | None) -> TargetId:
    found = await flows(request).viewing.target(target_id, viewer)
    if found is None:
        raise NotFound("There is no such authorization.")
    return target_id


async def _requests_page(
    request: web.Request, found: Sequence[Asked], *, is_decided: bool
) -> web.Response:
    path = request.path
    is_full = len(found) == PAGE
    view = RequestsPage(
        rows=tuple([await _row(request, one, is_decided=is_decided) for one in found]),
        is_decided=is_decided,
        pager=PagerView(f"{path}?before={found[-1].request.id}", PAGE) if is_full else None,
    )
    head = _head(request, "What you agreed to" if is_decided else "Requests")
    return await page(request, "requests.html", view, head=head)


async def _row(request: web.Request, asked: Asked, *, is_decided: bool) -> RequestRow:
    known, artist = flows(request), artist_of(request)
    showing = show(request)
    at = f"/studio/requests/{asked.request.id}"
    waiting, given = _WISHES[asked.request.kind]
    post = asked.post
    source = None
    if post is not None and not post.is_local:
        source = LinkView(host_of(post.url), post.url)
    return RequestRow(
        what=given if is_decided else waiting,
        actor=showing.actor(asked.actor),
        at=asked.request.created_at,
        age="" if is_decided else _age(request, asked.request),
        target=target_link(asked.target, artist.handle, known.addresses)
        or LinkView("a comment", f"/posts/{asked.target.id}"),
        excerpt_html=post.content_html if post is not None else "",
        warning=post.warning if post is not None else "",
        emojis=emoji_views(post.emojis) if post is not None else (),
        source=source,
        approve_action="" if is_decided else f"{at}/approve",
        refuse_action="" if is_decided else f"{at}/refuse",
        withdraw_action=f"{at}/withdraw" if is_decided else "",
    )


def _age(request: web.Request, asked: Request) -> str:
    """Return how old a request is, and until when it waits."""
    days = (flows(request).clock.now() - asked.created_at) // DAY
    age = plural(days, "day") + " old" if days else "new today"
    return f"{age}, waits until {plain_date(Millis(asked.created_at + REQUESTS_AGE))}"


def _before(request: web.Request) -> RequestId | None:
    before = number(request.query.get("before", ""))
    return RequestId(before) if before else None


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
