"""The instrument's front page, and the log of what was done with it."""

from aiohttp import web

from server.acts import Act, AuditId
from server.audit import PAGE
from server.egress import GIGABYTE, Egress
from server.model import Role
from server.roles import demand
from web.acts import WORDS, audit_rows
from web.admin_sections import sections_for
from web.admin_views import AdminPage, AuditPage
from web.flows import flows
from web.respond import artist_of, head_for, number, page
from web.views import HeadView, PagerView


async def overview(request: web.Request) -> web.StreamResponse:
    """Show what can be governed here, and what waits."""
    reader = demand(artist_of(request), Role.MODERATOR)
    known = flows(request)
    view = AdminPage(await sections_for(reader, known), _brake(known.egress))
    return await page(request, "admin.html", view, head=_head(request, "Running this place"))


async def audit(request: web.Request) -> web.StreamResponse:
    """Show what was done, latest first."""
    reader, known = artist_of(request), flows(request)
    act, before = request.query.get("act", ""), number(request.query.get("before", ""))
    act = act if act in set(Act) else ""
    found = await known.audit.page(reader, act=act, before=AuditId(before) if before else None)
    kept = f"act={act}&" if act else ""
    view = AuditPage(
        rows=audit_rows(found),
        pager=PagerView(f"/admin/audit?{kept}before={found[-1].id}", PAGE)
        if len(found) == PAGE
        else None,
        act=act,
        acts=tuple((str(each), words) for each, words in WORDS.items()),
    )
    return await page(request, "audit.html", view, head=_head(request, "What was done"))


def _brake(egress: Egress) -> str:
    if not egress.is_braking:
        return ""
    limit = egress.limit_bytes // GIGABYTE
    return (
        f"More than {limit} GB went out today, the most that gate.daily_gigabytes allows: until"
        " midnight (UTC) strangers get small pictures. Members, link cards and other servers go on"
        " as ever."
    )


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
