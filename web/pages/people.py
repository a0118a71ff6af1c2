"""People for those who run the instance: found, looked at, dealt with."""

from typing import Annotated
from urllib.parse import urlencode

from aiohttp import web

from server.errors import FixatifError, Invalid
from server.members import MOST_INVITES, PAGE, Member
from server.model import Actor, ActorId, Artist, Role
from server.roles import is_at_least
from server.values import dataclass
from web.errors import status_of
from web.fields import Line, Number, Secret, decode
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.opened import Since, again, meet, on_top, opened
from web.pages.reports import row_of
from web.people_views import MemberPage, MemberRow, PeoplePage
from web.present import Show
from web.respond import artist_of, head_for, number, page, show, to
from web.views import FormView, HeadView, OptionView, PagerView

_HOME = "/admin/people"
_CONFIRMING = Rate("confirming a role by account", 10, 60)
_LABELS = {"role": "the role", "count": "how many may be invited"}
_ROLES = {
    Role.OWNER: "Owner: everything",
    Role.ADMIN: "Admin: the rules, people and settings",
    Role.MODERATOR: "Moderator: reports, applications, who is silenced or suspended",
    Role.ARTIST: "Artist: shows works",
    Role.READER: "Reader: follows and comments",
}


@dataclass(frozen=True, slots=True)
class RestrainForm:
    """Why somebody is silenced or suspended, or not any more."""

    reason: Annotated[str, Line("The reason", 500)] = ""


@dataclass(frozen=True, slots=True)
class RoleForm:
    """Another role, confirmed."""

    role: Role
    password: Annotated[str, Secret("Your password", 4_096)]


@dataclass(frozen=True, slots=True)
class InvitesForm:
    """How many invitations somebody may make."""

    count: Annotated[int, Number("The number of invitations", 0, MOST_INVITES)]


@dataclass(frozen=True, slots=True)
class EndForm:
    """The end of an account, or that it stays, confirmed."""

    end_password: Annotated[str, Secret("Your password", 4_096)]


async def people(request: web.Request) -> web.StreamResponse:
    """List accounts here, actors elsewhere, or those who are restrained."""
    reader, members, showing = artist_of(request), flows(request).members, show(request)
    wanted, query = request.query.get("show", "here"), request.query.get("q", "").strip()[:320]
    sought = number(request.query.get("before", ""))
    before = ActorId(sought) if sought else None
    if wanted == "elsewhere":
        found = await members.elsewhere(reader, query, before)
        rows = [_actor_row(showing, one) for one in found]
        last = str(found[-1].id) if len(found) == PAGE else ""
    elif wanted == "restrained":
        found = await members.restrained(reader, before)
        rows = [_actor_row(showing, one) for one in found]
        last = str(found[-1].id) if len(found) == PAGE else ""
    else:
        wanted = "here"
        here = await members.here(reader, query, request.query.get("after", "")[:30])
        rows = [_artist_row(showing, one) for one in here]
        last = here[-1].handle if len(here) == PAGE else ""
    step = {"show": wanted, "q": query, ("after" if wanted == "here" else "before"): last}
    more = PagerView(f"{_HOME}?{urlencode(step)}", PAGE) if last else None
    view = PeoplePage(tuple(rows), wanted, query, more)
    return await page(request, "people.html", view, head=_head(request, "People"))


async def member(request: web.Request) -> web.StreamResponse:
    """Show somebody, and what may be done."""
    return await _member_page(request)


async def silence(request: web.Request) -> web.StreamResponse:
    """Silence somebody, or end that."""
    return await _restrain(request, is_silence=True)


async def suspend(request: web.Request) -> web.StreamResponse:
    """Suspend somebody, or end that."""
    return await _restrain(request, is_silence=False)


async def give_role(request: web.Request) -> web.StreamResponse:
    """Change somebody's role."""
    known, reader, sent = flows(request), artist_of(request), await read_form(request)
    who = _actor_id(request)

    async def attempt() -> None:
        found = (await known.members.member(reader, who)).artist
        now, since = {"role": ""}, Since("Somebody")
        if found is not None:
            change = await known.members.last_role_change(reader, found)
            now = {"role": found.role.value}
            if change is not None and change.author:
                own = change.author == reader.handle
                since = Since("" if own else f"@{change.author}", change.at)
        asked = decode(RoleForm, meet(sent, now, since, _LABELS))
        seen = found.role if found else None
        await known.members.give_role(reader, who, asked.role, asked.password, seen)

    try:
        known.limits.demand(_CONFIRMING, reader.handle)
        await on_top(attempt)
    except Invalid as problem:
        form = again(sent, problem)
        return await _member_page(request, role_form=form, problem=problem)
    return to(_page_of(_actor_id(request)), "saved")


async def allow_invites(request: web.Request) -> web.StreamResponse:
    """Say how many invitations an artist may make."""
    known, reader, sent = flows(request), artist_of(request), await read_form(request)
    who = _actor_id(request)

    async def attempt() -> None:
        left = (await known.members.member(reader, who)).invites_left
        met = meet(sent, {"count": str(left)}, Since("Somebody"), _LABELS)
        await known.members.allow_invites(reader, who, decode(InvitesForm, met).count, left)

    try:
        await on_top(attempt)
    except Invalid as problem:
        form = again(sent, problem)
        return await _member_page(request, invites_form=form, problem=problem)
    return to(_page_of(_actor_id(request)), "saved")


async def end(request: web.Request) -> web.StreamResponse:
    """Begin the end of an account, or take it back."""
    known, reader, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(EndForm, sent)
        known.limits.demand(_CONFIRMING, reader.handle)
        is_on = request.match_info["end"] == "delete"
        await known.members.end(reader, _actor_id(request), asked.end_password, is_on=is_on)
    except Invalid as problem:
        form = FormView({}, {"end_password": problem.message})
        return await _member_page(request, end_form=form, problem=problem)
    return to(_page_of(_actor_id(request)), "saved")


async def _restrain(request: web.Request, *, is_silence: bool) -> web.StreamResponse:
    known, reader, sent = flows(request), artist_of(request), await read_form(request)
    asked_for = request.match_info["hush" if is_silence else "stay"]
    is_on = asked_for in {"silence", "suspend"}
    actor_id = _actor_id(request)
    try:
        asked = decode(RestrainForm, sent)
        deed = known.members.silence if is_silence else known.members.suspend
        await deed(reader, actor_id, asked.reason, is_on=is_on)
    except Invalid as problem:
        form = FormView({"reason": sent.first("reason")}, {problem.field: problem.message})
        return await _member_page(request, form=form, problem=problem)
    return to(_page_of(actor_id), "saved")


async def _member_page(
    request: web.Request,
    *,
    form: FormView | None = None,
    role_form: FormView | None = None,
    invites_form: FormView | None = None,
    end_form: FormView | None = None,
    problem: FixatifError | None = None,
) -> web.Response:
    known, reader, showing = flows(request), artist_of(request), show(request)
    found = await known.members.member(reader, _actor_id(request))
    actor, artist = found.actor, found.artist
    here = _page_of(actor.id)
    is_in_charge = is_at_least(reader.role, Role.ADMIN)
    view = MemberPage(
        actor=showing.actor(actor),
        is_here=artist is not None,
        role=artist.role if artist else "",
        joined_at=artist.created_at if artist else None,
        works=found.works,
        followers=found.followers,
        note=found.came_by.note if found.came_by else "",
        inviter=showing.artist(found.inviter) if found.inviter else None,
        silenced_at=actor.silenced_at,
        suspended_at=actor.suspended_at,
        cases=tuple(
            row_of(showing, one) for one in await known.reporting.history(reader, actor.id)
        ),
        roles=tuple(OptionView(role, _ROLES[role]) for role in found.may_give),
        silence_action=_restraint(found, "silence", "hear", is_on=bool(actor.silenced_at)),
        suspend_action=_restraint(found, "suspend", "restore", is_on=bool(actor.suspended_at)),
        role_action=f"{here}/role" if found.may_give else "",
        invites_action=f"{here}/invites" if artist and is_in_charge else "",
        server_url="" if artist else f"/admin/federation/{actor.domain}",
        end_action=_end_action(found) if artist and is_in_charge else "",
        ends_at=artist.ends_at if artist else None,
        end_form=end_form or FormView(),
        form=form or FormView(),
        role_form=role_form or opened(FormView({"role": artist.role if artist else ""})),
        invites_form=invites_form or opened(FormView({"count": str(found.invites_left)})),
    )
    status = status_of(problem) if problem else 200
    head = _head(request, view.actor.shown)
    return await page(request, "member.html", view, head=head, status=status)


def _end_action(found: Member) -> str:
    if found.artist is None or not found.may_restrain:
        return ""
    return f"{_page_of(found.actor.id)}/{'keep' if found.artist.ends_at else 'delete'}"


def _restraint(found: Member, begin: str, end: str, *, is_on: bool) -> str:
    return f"{_page_of(found.actor.id)}/{end if is_on else begin}" if found.may_restrain else ""


def _actor_row(showing: Show, actor: Actor) -> MemberRow:
    return MemberRow(
        showing.actor(actor),
        _page_of(actor.id),
        is_silenced=actor.silenced_at is not None,
        is_suspended=actor.suspended_at is not None,
    )


def _artist_row(showing: Show, artist: Artist) -> MemberRow:
    return MemberRow(
        showing.artist(artist),
        _page_of(artist.id),
        artist.role,
        is_silenced=artist.silenced_at is not None,
        is_suspended=artist.suspended_at is not None,
    )


def _page_of(actor_id: ActorId) -> str:
    return f"{_HOME}/{actor_id}"


def _actor_id(request: web.Request) -> ActorId:
    return ActorId(number(request.match_info["id"], 0) or 0)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
