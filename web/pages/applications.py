"""Asking to come in, and the moderators' queue of who does."""

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web

from server.applying import (
    MAX_REPLY,
    MAX_SAMPLE_BYTES,
    MAX_SAMPLES,
    MAX_WORDS,
    Wanted,
)
from server.arrivals import Application, ApplicationId, InviteState
from server.errors import FixatifError, Invalid, Refused
from server.model import Millis
from server.values import dataclass
from web.addresses import network_of
from web.errors import status_of
from web.fields import Fields, Line, Text, decode
from web.flows import flows
from web.forms import UploadLimits, read_form, read_with_pictures
from web.keys import CLIENT_ADDRESS
from web.limits import Rate
from web.people_views import ApplicationRow, ApplicationsPage, ApplyPage, ApplyStatusPage
from web.respond import artist_of, head_for, number, page, to
from web.views import FormView, HeadView, PagerView

_QUEUE = "/admin/people/applications"
_PAGE = 50
_ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"
_APPLICATIONS = Rate("applications by network", 2, 43_200)  # two at once, then one in half a day
_TRIES = Rate("tries to apply by network", 10, 60)  # pictures cost us time
_LIMITS = UploadLimits(max_fields=12, max_files=MAX_SAMPLES, max_file_bytes=MAX_SAMPLE_BYTES)
_SHORTEST_MILLIS = 4_000  # nobody fills the form faster
_FIELDS = ("name", "words", "links", "email")


@dataclass(frozen=True, slots=True)
class ApplyForm:
    """Who asks to come in."""

    name: Annotated[str, Line("Your name", 80)]
    words: Annotated[str, Text("What you make", MAX_WORDS)]
    links: Annotated[str, Text("The list of links", 3_000)] = ""
    email: Annotated[str, Line("The e-mail address", 320)] = ""
    website: Annotated[str, Line("The trap", 500)] = ""
    opened: Annotated[str, Line("The time", 19)] = ""


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What the applicant reads with the decision."""

    reply: Annotated[str, Text("The answer", MAX_REPLY)] = ""


async def form(request: web.Request) -> web.StreamResponse:
    """Offer to ask, where that is possible now."""
    try:
        await flows(request).applying.check_open()
    except Refused as closed:
        view = ApplyPage(closed=closed.message)
        head = _head(request, "Ask to come in")
        return await page(request, "apply.html", view, head=head, has_form=True)
    return await _form_page(request, FormView())


async def apply(request: web.Request) -> web.StreamResponse:
    """Take an application."""
    known, network = flows(request), str(network_of(request[CLIENT_ADDRESS]))
    sent = Fields(())
    try:
        await known.applying.check_open()
        known.limits.demand(_TRIES, network)
        sent, pictures = await read_with_pictures(request, _LIMITS)
        asked = decode(ApplyForm, sent)
        _refuse_programs(asked, known.clock.now())
        known.limits.demand(_APPLICATIONS, network)
        wanted = Wanted(asked.name, asked.words, asked.links, asked.email)
        applied = await known.applying.apply(wanted, pictures)
    except FixatifError as problem:
        if isinstance(problem, Invalid):
            known.limits.forgive(_APPLICATIONS, network)
        field = problem.field if isinstance(problem, Invalid) else ""
        values = {name: sent.first(name) for name in _FIELDS}
        return await _form_page(request, FormView(values, {field: problem.message}), problem)
    return to(f"/apply/{applied.token}?new=1")


async def status(request: web.Request) -> web.StreamResponse:
    """Show how an application stands to who has its link."""
    known, token = flows(request), request.match_info["token"]
    found, invite = await known.applying.status(token)
    base = known.addresses.base_url
    view = ApplyStatusPage(
        at=found.created_at,
        state=found.state,
        reply=found.reply,
        link=f"{base}/apply/{token}" if request.query.get("new") else "",
        invite_url=f"/invite/{token}" if invite is InviteState.OPEN else "",
        invite_state=invite or "",
    )
    head = _head(request, "Your application")
    response = await page(request, "apply_status.html", view, head=head, has_form=True)
    response.headers["Cache-Control"] = "no-store"
    return response


async def queue(request: web.Request) -> web.StreamResponse:
    """List who asks to come in."""
    return await _queue_page(request)


async def sample(request: web.Request) -> web.StreamResponse:
    """Send a small copy of a picture to a moderator."""
    place = int(request.match_info["picture"])
    found = await flows(request).applying.sample(artist_of(request), _id(request), place)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return web.Response(body=found.jpeg, content_type="image/jpeg", headers=headers)


async def decide(request: web.Request) -> web.StreamResponse:
    """Accept or decline."""
    known, reader, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(ReplyForm, sent)
        if request.match_info["word"] == "decline":
            await known.applying.decline(reader, _id(request), asked.reply)
            return to(_QUEUE, "declined")
        accepted = await known.applying.accept(reader, _id(request), asked.reply)
    except Invalid as problem:
        return await _queue_page(request, form=FormView({}, {"": problem.message}), status=422)
    link = f"{known.addresses.base_url}/invite/{accepted.token}"
    return await _queue_page(request, link=link, name=accepted.application.name)


def _refuse_programs(asked: ApplyForm, now: Millis) -> None:
    opened = number(asked.opened, 0) or 0
    if asked.website or now - opened < _SHORTEST_MILLIS:
        raise Invalid("This came faster than a person writes: wait a moment and send it again.")


async def _form_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    now = flows(request).clock.now()
    opened = Millis(now - _SHORTEST_MILLIS) if problem else now  # who corrects something is quick
    view = ApplyPage(form, most_pictures=MAX_SAMPLES, accept=_ACCEPT, opened=opened)
    answer = status_of(problem) if problem else 200
    head = _head(request, "Ask to come in")
    return await page(request, "apply.html", view, head=head, status=answer, has_form=True)


async def _queue_page(
    request: web.Request,
    *,
    link: str = "",
    name: str = "",
    form: FormView | None = None,
    status: int = 200,
) -> web.Response:
    sought = number(request.query.get("after", ""))
    after = ApplicationId(sought) if sought else None
    found = await flows(request).applying.waiting(artist_of(request), after)
    more = f"{_QUEUE}?after={found[-1][0].id}" if len(found) == _PAGE else ""
    view = ApplicationsPage(
        rows=_rows(found),
        pager=PagerView(more, _PAGE) if more else None,
        link=link,
        name=name,
        form=form or FormView(),
    )
    head = _head(request, "Applications")
    return await page(request, "applications.html", view, head=head, status=status)


def _rows(found: Sequence[tuple[Application, int]]) -> tuple[ApplicationRow, ...]:
    return tuple(
        ApplicationRow(
            name=one.name,
            words=one.words,
            links=one.links,
            email=one.email,
            at=one.created_at,
            pictures=tuple(f"{_QUEUE}/{one.id}/{place}.jpg" for place in range(pictures)),
            accept_action=f"{_QUEUE}/{one.id}/accept",
            decline_action=f"{_QUEUE}/{one.id}/decline",
        )
        for one, pictures in found
    )


def _id(request: web.Request) -> ApplicationId:
    return ApplicationId(number(request.match_info["id"], 0) or 0)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
