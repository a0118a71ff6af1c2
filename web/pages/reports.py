"""Reports, as anybody signed in makes them; how they stand in lists."""

from typing import Annotated

from aiohttp import web

from federation.wording import plain
from server.casework import DECISIONS
from server.dealings import ReportKind
from server.errors import FixatifError, Invalid, NotFound
from server.model import Actor, ActorId, AiLabel, TargetId
from server.reporting import MAX_WORDS, Case
from server.targets import Target
from server.values import dataclass
from web.dealing_views import ReportPage, ReportRow
from web.dealings import report_page
from web.errors import status_of
from web.fields import Fields, Line, Text, decode
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.present import UNTITLED, Show
from web.respond import artist_of, back, head_for, number, own_path, page, show, to
from web.views import FormView, HeadView

REPORTS = Rate("reports by account", 10, 360)  # ten at once, then ten an hour
_PAGE = 50
_EXCERPT = 60  # characters


@dataclass(frozen=True, slots=True)
class ReportForm:
    """A report as somebody sends it."""

    actor: Annotated[str, Line("Whom it is about", 19)]
    about: Annotated[str, Line("What it is about", 19)] = ""
    text: Annotated[str, Text("The text", MAX_WORDS)] = ""
    is_forwarded: bool = False
    is_unlabelled: bool = False


async def report_form(request: web.Request) -> web.StreamResponse:
    """Offer to report somebody, or something that they made."""
    wanted = Fields((name, request.query.get(name, "")) for name in ("actor", "about"))
    return await _report_page(request, wanted, FormView())


async def report(request: web.Request) -> web.StreamResponse:
    """Tell the moderators."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(ReportForm, sent)
        known.limits.demand(REPORTS, artist.handle)
        about = number(asked.about, 0) or 0
        await known.reporting.report(
            artist,
            ActorId(number(asked.actor, 0) or 0),
            asked.text,
            about=[TargetId(about)] if about else [],
            is_forwarded=asked.is_forwarded,
            is_unlabelled=asked.is_unlabelled,
        )
    except Invalid as problem:
        form = FormView({"text": sent.first("text")}, {problem.field: problem.message})
        return await _report_page(request, sent, form, problem)
    return to(own_path(sent.first("back"), "/home").partition("?")[0], "reported")


async def _report_page(
    request: web.Request, wanted: Fields, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    known, artist, showing = flows(request), artist_of(request), show(request)
    accused = await known.viewing.actor(ActorId(number(wanted.first("actor"), 0) or 0))
    if accused is None or accused.id == artist.id:
        raise NotFound("There is nobody like that to report.")
    about = number(wanted.first("about"), 0) or 0
    target = await known.viewing.target(TargetId(about), artist.id) if about else None
    is_theirs = target is not None and target.owner_id == accused.id
    view = ReportPage(
        accused=showing.actor(accused),
        actor_id=accused.id,
        about_id=about if is_theirs else 0,
        about=_title_of(target) if target is not None and is_theirs else "",
        server="" if accused.is_local else accused.domain,
        form=form,
        may_be_unlabelled=_may_be_unlabelled(target) if is_theirs else False,
        cancel_url=_back_to(request, wanted, accused),
    )
    status = status_of(problem) if problem else 200
    return await page(request, "report.html", view, head=_head(request, "Report"), status=status)


def _back_to(request: web.Request, wanted: Fields, accused: Actor) -> str:
    otherwise = f"/@{accused.handle}" if accused.is_local else "/home"
    return own_path(wanted.first("back"), back(request, otherwise))


def _may_be_unlabelled(target: Target | None) -> bool:
    work = target.work if target is not None else None
    return work is not None and work.ai_label is AiLabel.NONE


def _title_of(target: Target) -> str:
    if target.work is not None:
        return target.work.title or UNTITLED
    words = plain(target.post.title or target.post.content_html) if target.post else ""
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()} …"


def row_of(showing: Show, case: Case) -> ReportRow:
    """Return a report as it stands in a list."""
    report = case.report
    return ReportRow(
        url=report_page(report.id),
        at=report.created_at,
        accused=showing.actor(case.accused) if case.accused else None,
        reporter=showing.actor(case.reporter) if case.reporter else None,
        words=report.content,
        things=len(report.objects),
        closed_by=report.closed_by,
        is_notice=report.kind is ReportKind.NOTICE,
        assigned_to=report.assigned_to,
        has_answer=report.answered_at is not None,
        outcome=DECISIONS.get(report.outcome, "") if report.closed_at else "",
    )


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
