"""What posts quote by right, as cards for one visitor, and the emoji that they are liked with."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aiohttp import web

from server.conversing import Quoted
from server.model import ActorId, Post, TargetId, Work
from server.viewing import Hung, Said
from web.flows import flows
from web.keys import ARTIST
from web.present import UNTITLED, Show
from web.respond import artist_of, back, number, show, to, viewer_id
from web.talk import emoji_views, plain_name, remote_pictures
from web.text import plain_date
from web.views import QuoteView, QuoteWaitView


async def showing_posts(
    request: web.Request, posts: Sequence[Post], works: Iterable[Work] = ()
) -> Show:
    """Return how these posts and works are shown to this visitor, with what they quote."""
    known, showing, viewer = flows(request), show(request), viewer_id(request)
    viewer_actor = ActorId(viewer) if viewer else None
    hung = tuple(works)
    quoted = await known.conversing.quoted([*posts, *hung], viewer_actor)
    cards = {uri: card for uri, one in quoted.items() if (card := _card(showing, one))}
    shown = [TargetId(one.id) for one in posts] + [TargetId(one.id) for one in hung]
    tallies = await known.reactions.tallies(shown, viewer_actor)
    cited = tuple(Said(one.post, one.author) for one in quoted.values() if one.post is not None)
    return replace(showing, quotes=cards, tallies=tallies, cited=cited)


async def waiting(request: web.Request, note_id: int) -> QuoteWaitView | None:
    """Return for whose word the quote in one's own work or comment waits."""
    artist = request.get(ARTIST)
    if artist is None:
        return None
    found = await flows(request).quote_asking.standing(artist, TargetId(note_id))
    if found is None:
        return None
    name = plain_name(found.quoted) if found.quoted else "its author"
    since = f" since {plain_date(found.asked_at)}" if found.asked_at else ""
    here = f"/deeds/{note_id}/quote"
    if found.is_unanswered:
        words = f"No answer from {name}{since}. You can ask again, or take the quote out."
        return QuoteWaitView(words, f"{here}/ask", f"{here}/withdraw")
    words = f"This waits{since} for {name} to let you quote them. Until then others see a link."
    return QuoteWaitView(words, withdraw_action=f"{here}/withdraw")


async def change(request: web.Request) -> web.StreamResponse:
    """Ask once more for what one quotes, or take the quote out."""
    asking, artist = flows(request).quote_asking, artist_of(request)
    note_id = TargetId(number(request.match_info["id"], 0) or 0)
    is_asking = request.match_info["what"] == "ask"
    deed = asking.ask_again if is_asking else asking.withdraw
    await deed(artist, note_id)
    return to(back(request, "/studio").partition("?")[0], "quote-asked" if is_asking else "saved")


def _card(showing: Show, quoted: Quoted) -> QuoteView | None:
    if quoted.hung is not None:
        return _work(showing, quoted.hung)
    return _post(showing, quoted, quoted.post) if quoted.post is not None else None


def _work(showing: Show, hung: Hung) -> QuoteView:
    work = hung.work
    warning = work.sensitive_reason or "Sensitive"
    return QuoteView(
        author=showing.artist(hung.artist),
        url=showing.page_of(work, hung.artist),
        title=work.title or UNTITLED,
        text=work.caption,
        warning=warning if work.is_sensitive else "",
        picture=showing.picture(work, work.pictures[0]) if work.pictures else None,
    )


def _post(showing: Show, quoted: Quoted, post: Post) -> QuoteView:
    pictures = () if post.is_sensitive else remote_pictures(post)
    is_shown_here = post.is_local or showing.viewer is not None
    return QuoteView(
        author=showing.actor(quoted.author),
        url=f"/posts/{post.id}" if is_shown_here else post.url,
        title=post.title,
        content_html=post.content_html,
        warning=post.warning,
        picture=next(iter(pictures), None),
        emojis=emoji_views(post.emojis),
    )
