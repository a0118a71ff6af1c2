"""What the rules hold: let in or dropped by moderators."""

from aiohttp import web

from server.holding import PAGE
from server.holdings import KEPT, POST, Held, HeldId
from server.model import Millis
from web.flows import flows
from web.held_views import HeldPage, HeldRow
from web.respond import artist_of, head_for, number, page, to
from web.talk import host_of
from web.views import LinkView, PagerView

_WORDS = {
    POST: "posted something",
    "Follow": "would like to follow somebody here",
    "Like": "likes something here",
    "EmojiReact": "likes something here",
    "Announce": "boosts something",
    "Flag": "reports somebody here",
    "Move": "says that they moved",
    "Block": "blocks somebody here",
    "Add": "pinned something",
}
_OTHERWISE = "did something here"
_TOLD = {"let-in": "let-in", "drop": "dropped"}


async def held(request: web.Request) -> web.StreamResponse:
    """List what waits for a moderator."""
    before = number(request.query.get("before", ""))
    found = await flows(request).holding.waiting(
        artist_of(request), HeldId(before) if before else None
    )
    is_full = len(found) == PAGE
    view = HeldPage(
        rows=tuple(_row(one) for one in found),
        pager=PagerView(f"/admin/held?before={found[-1].id}", PAGE) if is_full else None,
    )
    usage = flows(request).house.usage_of()
    return await page(request, "held.html", view, head=head_for(request, title="Held", usage=usage))


async def decide(request: web.Request) -> web.StreamResponse:
    """Let something in, or drop it."""
    holding, answer = flows(request).holding, request.match_info["door"]
    deed = {"let-in": holding.let_in, "drop": holding.drop}[answer]
    await deed(artist_of(request), HeldId(number(request.match_info["id"], 0) or 0))
    return to("/admin/held", _TOLD[answer])


def _row(one: Held) -> HeldRow:
    at = f"/admin/held/{one.id}"
    return HeldRow(
        words=_WORDS.get(one.kind, _OTHERWISE),
        address=f"@{one.address}",
        at=one.held_at,
        ends_at=Millis(one.held_at + KEPT),
        rule=one.rule,
        reason=one.reason,
        let_in_action=f"{at}/let-in",
        drop_action=f"{at}/drop",
        excerpt=one.excerpt,
        pictures=one.pictures,
        source=LinkView(host_of(one.link), one.link) if one.link else None,
    )
