"""Other servers, for those who run the instance: how each stands, and the word about it."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from aiohttp import web

from federation import uris
from server.changes import NewWord
from server.domains import read_domain
from server.errors import Invalid, NotFound
from server.governing import MANY_FOLLOWS
from server.model import Artist, Role
from server.neighbours import PeerWord
from server.peer_book import PAGE
from server.roles import demand, is_at_least
from server.tiers import Tier
from server.values import dataclass
from web.errors import status_of
from web.fields import Fields, Line, decode
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.opened import Clash, Since, meet, opened
from web.peer_views import LookAhead, PeersPage
from web.peers import BASE, TIERS, ahead_of, page_of, rows_of, url_of
from web.respond import artist_of, head_for, page, to
from web.views import FormView, HeadView, PagerView

_MOST_LETTERS = 260
_DAYS = 7  # of traffic that a word is tried on
_ASKING = Rate("policies of other servers by artist", 20, 60)


@dataclass(frozen=True, slots=True)
class WordForm:
    """What is said of a server."""

    tier: Annotated[str, Line("The tier", 20)] = ""
    reason: Annotated[str, Line("The reason", 500)] = ""
    typed: Annotated[str, Line("The domain", 300)] = ""
    then: Annotated[str, Line("What to do", 10)] = "look"


async def peers(request: web.Request) -> web.StreamResponse:
    """List servers, or those whose name holds what is searched for."""
    reader, known = artist_of(request), flows(request)
    search = request.query.get("q", "").strip().lower()[:_MOST_LETTERS]
    after = request.query.get("after", "")[:_MOST_LETTERS]
    found = await known.peer_book.page(reader, search=search, after=after)
    kept = f"q={quote(search)}&" if search else ""
    unlisted = _domain(search) if not any(one.policy.host == search for one in found) else ""
    view = PeersPage(
        rows=rows_of(found),
        search=search,
        pager=PagerView(f"{BASE}?{kept}after={found[-1].policy.host}", PAGE)
        if len(found) == PAGE
        else None,
        unlisted=unlisted,
        unlisted_url=url_of(unlisted) if unlisted else "",
    )
    return await page(request, "peers.html", view, head=_head(request, "Federation"))


async def peer(request: web.Request) -> web.StreamResponse:
    """Show one server."""
    demand(artist_of(request), Role.MODERATOR)
    host = _host(request)
    if request.match_info["host"] != host:
        raise web.HTTPMovedPermanently(url_of(host))
    return await _page(request, host, await _form(request, host))


async def say(request: web.Request) -> web.StreamResponse:
    """Look what a word would do; say it, once that was looked at."""
    author, known, host = demand(artist_of(request), Role.ADMIN), flows(request), _host(request)
    sent = await read_form(request)
    form = FormView({name: sent.first(name) for name in sent.names()})
    ahead = None
    try:
        asked = decode(WordForm, await _met(request, host, sent))
        change = NewWord(host, _tier(asked.tier), asked.reason)
        ahead = await _look(request, author, change, asked)
        if asked.then != "set":
            return await _page(request, host, form, ahead)
        await known.governing.apply(author, change, asked.reason, typed=asked.typed)
    except Clash as problem:
        return await _page(request, host, problem.form, None, status_of(problem))
    except Invalid as problem:
        form = replace(form, errors={problem.field or "tier": problem.message})
        shown = ahead if problem.field == "typed" else None
        return await _page(request, host, form, shown, status_of(problem))
    return to(url_of(host), "word-said")


async def ask(request: web.Request) -> web.StreamResponse:
    """Ask a server for its policy now."""
    author, known, host = demand(artist_of(request), Role.ADMIN), flows(request), _host(request)
    known.limits.demand(_ASKING, author.handle)
    await known.neighbourhood.renew(host)
    return to(url_of(host), "policy-asked")


async def _look(
    request: web.Request, author: Artist, change: NewWord, asked: WordForm
) -> LookAhead:
    """Return what a word would do, and what must be typed for it."""
    known = flows(request)
    impact = await known.governing.preview(author, change, _DAYS)
    is_many = len(impact.severed_follows) > MANY_FOLLOWS
    return ahead_of(
        impact,
        change.domain,
        tier=asked.tier,
        reason=asked.reason,
        must_type=known.config.instance.domain if is_many else "",
    )


async def _page(
    request: web.Request,
    host: str,
    form: FormView,
    ahead: LookAhead | None = None,
    status: int = 200,
) -> web.Response:
    reader, known = artist_of(request), flows(request)
    found = await known.peer_book.file(reader, host, _origin(request, host))
    view = page_of(found)
    if is_at_least(reader.role, Role.ADMIN):
        view = replace(
            view,
            tiers=TIERS,
            form=form,
            action=f"{url_of(host)}/word",
            ask_action=f"{url_of(host)}/ask",
            ahead=ahead,
        )
    return await page(request, "peer.html", view, head=_head(request, host), status=status)


async def _form(request: web.Request, host: str) -> FormView:
    """Return the form with the word about exactly this server."""
    word = await flows(request).peer_book.word_about(host)
    return opened(FormView(_values(word)))


async def _met(request: web.Request, host: str, sent: Fields) -> Fields:
    """Return what is to be said, unless somebody else has said another thing meanwhile."""
    word = await flows(request).peer_book.word_about(host)
    is_own = word is not None and word.author == artist_of(request).handle
    who = f"@{word.author}" if word and word.author else "Another admin"
    since = Since("" if is_own else who, word.at if word else None)
    return meet(sent, _values(word), since, {"tier": "the word", "reason": "the reason"})


def _values(word: PeerWord | None) -> dict[str, str]:
    return {"tier": word.tier if word else "", "reason": word.reason if word else ""}


def _origin(request: web.Request, host: str) -> str:
    """Return where a server's addresses begin; plain http is for this very machine alone."""
    known = flows(request)
    is_plain = known.addresses.base_url.startswith("http:")
    name = host.partition(":")[0]
    scheme = "http" if is_plain and uris.is_loopback(name) else "https"
    return f"{scheme}://{host}/"


def _host(request: web.Request) -> str:
    try:
        return _canonical(request.match_info["host"])
    except Invalid as none:
        raise NotFound("There is no server of this name.") from none


def _canonical(typed: str) -> str:
    """Return a server's name in its one spelling, without the port that goes without saying."""
    found = read_domain(typed).removesuffix(":443")
    is_whole = "." in found or found.startswith("[") or found.partition(":")[0] == "localhost"
    if not is_whole:
        raise Invalid("This is no server's name: write it whole, such as art.example.")
    return found


def _domain(search: str) -> str:
    """Return the server that a search names whole, "" where it names none."""
    try:
        found = _canonical(search)
    except Invalid:
        return ""
    return found


def _tier(text: str) -> Tier | None:
    if text and text not in set(Tier):
        raise Invalid("Choose how far the server is trusted.", "tier")
    return Tier(text) if text else None


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
