"""Comments: said, with what they quote, edited and removed by their authors."""

from aiohttp import web

from server.commenting import MAX_COMMENT
from server.errors import FixatifError, Invalid, NotFound
from server.model import Artist, Post, PostId, Quote, TargetId, Visibility
from web.errors import status_of
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.opened import Since, again, meet, on_top, opened
from web.respond import artist_of, back, head_for, number, page, to
from web.talk_views import CommentPage
from web.views import FormView

_LABELS = {"text": "the comment", "quote": "what it quotes"}
_LOOK_UPS = Rate("quotes looked up", 20, 6)  # each makes us fetch from elsewhere


async def comment(request: web.Request) -> web.StreamResponse:
    """Answer a work or post; a private message is answered to its own people."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    text = sent.first("text") or sent.first("comment")
    target_id = TargetId(number(request.match_info["id"], 0) or 0)
    target = await known.viewing.target(target_id, artist.id)
    if target is not None and target.visibility is Visibility.DIRECT:
        await known.people.partners(target.post.mentions if target.post else ())
        made = await known.commenting.comment(artist, target_id, text)
        return to(f"/posts/{made.id}", "sent")
    try:
        quote = await quotable(request, sent.first("quote"), None)
        named = await known.people.people(text[:MAX_COMMENT])
        made = await known.commenting.comment(artist, target_id, text, named, quote or "")
    except Invalid as problem:
        form = FormView(
            {"text": text, "quote": sent.first("quote")}, {problem.field: problem.message}
        )
        view = CommentPage("Your comment", request.path, form, do="Comment")
        return await _comment_page(request, view, problem)
    told = "asked" if made.visibility is Visibility.DRAFT else "said"
    return to(f"{back(request, '/home').partition('?')[0]}#comments", told)


async def edit_form(request: web.Request) -> web.StreamResponse:
    """Offer one's own comment for change."""
    post = await _own(request, artist_of(request))
    return await _comment_page(request, _edit_view(post, opened(FormView(_values(post)))))


async def edit(request: web.Request) -> web.StreamResponse:
    """Change one's own comment; whoever has it is told."""
    known, artist, typed = flows(request), artist_of(request), await read_form(request)

    async def save() -> None:
        seen = await _own(request, artist)
        sent = meet(typed, _values(seen), Since(at=seen.edited_at), _LABELS)
        text = sent.first("text")
        quote = await quotable(request, sent.first("quote"), seen.quote)
        named = await known.people.people(text[:MAX_COMMENT])
        await known.commenting.edit(artist, seen.id, text, named, quote, seen)

    try:
        await on_top(save)
    except Invalid as problem:
        post = await _own(request, artist)
        return await _comment_page(request, _edit_view(post, again(typed, problem)), problem)
    return to(f"/posts/{number(request.match_info['id'], 0)}", "edited")


async def remove(request: web.Request) -> web.StreamResponse:
    """Delete one's own comment, or somebody's under one's own work."""
    post_id = PostId(number(request.match_info["id"], 0) or 0)
    await flows(request).commenting.remove(artist_of(request), post_id)
    where = back(request, "/home").partition("?")[0]
    return to("/home" if where.startswith(f"/posts/{post_id}") else where, "removed")


async def quotable(request: web.Request, typed: str, before: Quote | None) -> str | None:
    """Return the id of what somebody wants to quote, "" for nothing, None where it is as before.

    Raise `Invalid` (field "quote") where it cannot be quoted.
    """
    known, artist = flows(request), artist_of(request)
    if typed.strip() == (before.uri if before else ""):
        return None
    if typed.strip():
        known.limits.demand(_LOOK_UPS, artist.handle)
    return await known.quotables.find(artist, typed)


def _values(post: Post) -> dict[str, str]:
    return {"text": post.source, "quote": post.quote.uri if post.quote else ""}


def _edit_view(post: Post, form: FormView) -> CommentPage:
    return CommentPage(
        title="Edit your comment",
        action=f"/posts/{post.id}/edit",
        form=form,
        do="Save",
        cancel_url=f"/posts/{post.id}",
        may_quote=post.visibility is not Visibility.DIRECT,
    )


async def _own(request: web.Request, artist: Artist) -> Post:
    """Return one's own comment from here. Raise `NotFound`."""
    post_id = PostId(number(request.match_info["id"], 0) or 0)
    said, _ = await flows(request).viewing.post(post_id, artist.id)
    if said.post.actor_id != artist.id or not said.post.is_local:
        raise NotFound("There is no such comment of yours.")
    return said.post


async def _comment_page(
    request: web.Request, view: CommentPage, problem: FixatifError | None = None
) -> web.Response:
    head = head_for(request, title=view.title, usage=flows(request).house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, "comment.html", view, head=head, status=status)
