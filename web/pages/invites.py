"""Invitations: made, listed and taken back; and the page where somebody comes in by one."""

from typing import Annotated

from aiohttp import web

from server.accounts import MAX_NAME_LENGTH, NewAccount
from server.arrivals import InviteId, InviteState
from server.errors import FixatifError, Invalid
from server.inviting import ARTISTS_DAYS, MAX_DAYS, MAX_NOTE, MAX_USES, Listed, WantedInvite
from server.model import Role
from server.roles import demand, is_at_least
from server.values import dataclass
from web.addresses import network_of
from web.errors import status_of
from web.fields import Line, Number, Secret, decode
from web.flows import flows
from web.forms import read_form
from web.keys import CLIENT_ADDRESS
from web.limits import Rate
from web.pages.account import welcome
from web.people_views import InvitePage, InviteRow, InvitesPage
from web.present import Show
from web.respond import artist_of, head_for, number, page, show, to
from web.views import FormView, HeadView, OptionView, PagerView

_ALL = "/admin/people/invites"
_MINE = "/settings/invites"
_PAGE = 50
_TRIES = Rate("invitations by network", 20, 30)  # a token is 256 bits: this only saves work
_ROLES = (
    OptionView(Role.ARTIST, "Artist"),
    OptionView(Role.READER, "Reader, who shows no works"),
    OptionView(Role.MODERATOR, "Artist and moderator"),
)


@dataclass(frozen=True, slots=True)
class InviteForm:
    """A new invitation."""

    role: Role = Role.ARTIST
    uses: Annotated[int, Number("The number of people", 1, MAX_USES)] = 1
    days: Annotated[int, Number("The number of days", 1, MAX_DAYS)] = 14
    note: Annotated[str, Line("The note", MAX_NOTE)] = ""


@dataclass(frozen=True, slots=True)
class JoinForm:
    """Who comes in."""

    handle: Annotated[str, Line("The handle", 100)]
    password: Annotated[str, Secret("The password", 4_096)]
    name: Annotated[str, Line("The name", MAX_NAME_LENGTH)] = ""


async def mine(request: web.Request) -> web.StreamResponse:
    """List one's own invitations."""
    return await _list(request, FormView(), is_all=False)


async def make_mine(request: web.Request) -> web.StreamResponse:
    """Make an invitation of one's own."""
    return await _make(request, is_all=False)


async def everybodys(request: web.Request) -> web.StreamResponse:
    """List all invitations."""
    demand(artist_of(request), Role.ADMIN)
    return await _list(request, FormView(), is_all=True)


async def make(request: web.Request) -> web.StreamResponse:
    """Make an invitation for those who run the instance."""
    demand(artist_of(request), Role.ADMIN)
    return await _make(request, is_all=True)


async def revoke(request: web.Request) -> web.StreamResponse:
    """Take an invitation back."""
    artist, sent = artist_of(request), await read_form(request)
    invite_id = InviteId(number(request.match_info["id"], 0) or 0)
    await flows(request).inviting.revoke(artist, invite_id)
    return to(_ALL if sent.first("from") == "all" else _MINE, "revoked")


async def join_form(request: web.Request) -> web.StreamResponse:
    """Show an invitation to who has its link."""
    return await _join_page(request, FormView())


async def join(request: web.Request) -> web.StreamResponse:
    """Open an account by an invitation."""
    known, sent = flows(request), await read_form(request)
    known.limits.demand(_TRIES, str(network_of(request[CLIENT_ADDRESS])))
    try:
        asked = decode(JoinForm, sent)
        wanted = NewAccount(asked.handle, asked.password, name=asked.name)
        signed_in = await known.inviting.join(request.match_info["token"], wanted)
    except Invalid as problem:
        values = {name: sent.first(name) for name in ("handle", "name")}
        form = FormView(values, {problem.field: problem.message})
        return await _join_page(request, form, problem)
    where = "/home" if signed_in.artist.role is Role.READER else "/studio"
    return welcome(request, signed_in, where)


async def _make(request: web.Request, *, is_all: bool) -> web.StreamResponse:
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(InviteForm, sent)
        wanted = WantedInvite(asked.role, asked.uses, asked.days, asked.note)
        made = await known.inviting.make(artist, wanted)
    except FixatifError as problem:
        field = problem.field if isinstance(problem, Invalid) else ""
        values = {name: sent.first(name) for name in ("role", "uses", "days", "note")}
        form = FormView(values, {field: problem.message})
        return await _list(request, form, is_all=is_all, status=status_of(problem))
    link = f"{known.addresses.base_url}/invite/{made.token}"
    return await _list(request, FormView(), is_all=is_all, link=link)


async def _list(
    request: web.Request, form: FormView, *, is_all: bool, link: str = "", status: int = 200
) -> web.Response:
    known, artist = flows(request), artist_of(request)
    sought = number(request.query.get("before", ""))
    before = InviteId(sought) if sought else None
    inviting = known.inviting
    found = await (inviting.all(before) if is_all else inviting.mine(artist, before))
    is_in_charge = is_at_least(artist.role, Role.ADMIN)
    admin = (OptionView(Role.ADMIN, "Admin"),) if artist.role is Role.OWNER else ()
    where = _ALL if is_all else _MINE
    view = InvitesPage(
        rows=tuple(_row(show(request), one, is_all=is_all) for one in found),
        pager=PagerView(f"{where}?before={found[-1].invite.id}", _PAGE)
        if len(found) == _PAGE
        else None,
        form=form,
        roles=(*_ROLES, *admin) if is_in_charge else (),
        left=await inviting.left_to(artist),
        link=link,
        is_closed=not inviting.is_open,
        is_all=is_all,
        most_days=MAX_DAYS if is_in_charge else ARTISTS_DAYS,
        action=where,
    )
    return await page(
        request, "invites.html", view, head=_head(request, "Invitations"), status=status
    )


def _row(showing: Show, one: Listed, *, is_all: bool) -> InviteRow:
    is_open = one.state is InviteState.OPEN
    return InviteRow(
        role=one.invite.role,
        note=one.invite.note,
        state=one.state,
        uses_left=one.invite.uses_left,
        expires_at=one.invite.expires_at,
        maker=one.maker.handle if one.maker and is_all else "",
        guests=tuple(showing.artist(guest) for guest in one.guests),
        revoke_action=f"/invites/{one.invite.id}/revoke" if is_open else "",
    )


async def _join_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    invite = await flows(request).inviting.check(request.match_info["token"])
    view = InvitePage(role=invite.role, action=request.path, form=form)
    status = status_of(problem) if problem else 200
    head = _head(request, "An invitation")
    return await page(request, "invite.html", view, head=head, status=status, has_form=True)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
