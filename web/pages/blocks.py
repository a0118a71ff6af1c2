"""Whom one blocks: begun and ended beside a name, listed in the settings."""

from aiohttp import web

from server.errors import NotFound
from server.model import Actor, ActorId, Millis
from web.dealing_views import BlockedRow, BlocksPage
from web.flows import flows
from web.respond import artist_of, back, head_for, number, page, show, to
from web.views import HeadView, PagerView

_PAGE = 50


async def block(request: web.Request) -> web.StreamResponse:
    """Block somebody whom we know."""
    await flows(request).blocking.block(artist_of(request), await named_actor(request))
    return to(_where(request), "blocked")


async def unblock(request: web.Request) -> web.StreamResponse:
    """End a block."""
    await flows(request).blocking.unblock(artist_of(request), await named_actor(request))
    return to(_where(request), "unblocked")


async def blocks(request: web.Request) -> web.StreamResponse:
    """List whom one blocks, newest first."""
    known, artist, showing = flows(request), artist_of(request), show(request)
    before = number(request.query.get("before", ""))
    found = await known.blocking.blocked(artist.id, Millis(before) if before else None)
    rows = tuple(
        BlockedRow(showing.actor(actor), f"/actors/{actor.id}/unblock", made.created_at)
        for made, actor in found
    )
    is_full = len(found) >= _PAGE
    more = PagerView(f"/settings/blocks?before={rows[-1].since}", _PAGE) if is_full else None
    return await page(request, "blocks.html", BlocksPage(rows, more), head=_head(request))


async def named_actor(request: web.Request) -> Actor:
    """Return the actor whose id stands in the address. Raise `NotFound`."""
    actor = await flows(request).viewing.actor(ActorId(number(request.match_info["id"], 0) or 0))
    if actor is None:
        raise NotFound("There is nobody like that here.")
    return actor


def _where(request: web.Request) -> str:
    return back(request, "/settings/blocks").partition("?")[0]


def _head(request: web.Request) -> HeadView:
    return head_for(request, title="Blocked", usage=flows(request).house.usage_of())
