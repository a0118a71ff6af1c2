"""Cases: reports and notices as moderators work on them, and as those concerned read them."""

from collections.abc import Awaitable, Sequence
from typing import Annotated, Protocol

from aiohttp import web

from federation.wording import plain
from server.casefiles import NoticeKind
from server.casework import DECISIONS, CaseFile, Concern, Decision, possible_outcomes
from server.contesting import MAX_SHOWN, may_appeal, must_label
from server.dealings import ABOUT_MACHINES, Outcome, Report, ReportId, ReportKind
from server.errors import FixatifError, Invalid
from server.model import Artist, Counts, TargetId
from server.reporting import MAX_WORDS, Case
from server.values import dataclass
from server.viewing import Hung, Said
from server.withholding import Thing
from web.dealing_views import (
    CaseNoteRow,
    CasePage,
    ConcernPage,
    NoticeView,
    ReportsPage,
    ThingRow,
)
from web.dealings import report_page
from web.errors import status_of
from web.fields import CHECKED, Fields, Line, Text, decode
from web.flows import flows
from web.forms import read_form, read_with_pictures
from web.pages.contests import (
    ACCEPT,
    LABELS,
    LIMITS,
    MACHINES,
    TRIES,
    making_of,
    shown_in,
    typed,
)
from web.pages.reports import row_of
from web.present import UNTITLED
from web.respond import artist_of, head_for, number, page, show, to
from web.views import FormView, HeadView, OptionView, PagerView, PostView, TileView

_LIST = "/admin/reports"
_PAGE = 50
_EXCERPT = 60  # characters
_HINTS = {
    Outcome.NOTHING: "What was hidden because of it is shown again.",
    Outcome.WARNED: "What was hidden is shown again; the account reads your reason.",
    Outcome.LABEL: "It is hidden until its artist chooses a label; then it comes back.",
    Outcome.HIDDEN: "Nobody but its artist and moderators sees it. It can come back.",
    Outcome.REMOVED: "Other servers are told to delete it too. This cannot be undone.",
    Outcome.SILENCED: "Do it on their page; this tells them why.",
    Outcome.SUSPENDED: "Do it on their page; this tells them why.",
    Outcome.SERVER: "Do it on the page of their server.",
}
_MARK = "You say that the mark of a machine in a file of yours is wrong."
_MARK_HINTS = {
    Outcome.NOTHING: "The mark is set aside, and the work hangs.",
    Outcome.LABEL: "It hangs once its artist chooses a label that the house rules allow.",
    Outcome.HIDDEN: "It does not hang, as before.",
}
NOTICE_KINDS = {
    NoticeKind.COPYRIGHT: "Copyright: it is my work, or of somebody for whom I speak",
    NoticeKind.ILLEGAL: "It breaks the law in another way",
    NoticeKind.PRIVACY: "It shows me, or something private of mine",
    NoticeKind.OTHER: "Something else",
}


class Send(Protocol):
    """An answer or an appeal."""

    def __call__(
        self,
        artist: Artist,
        report_id: ReportId,
        words: str,
        pictures: Sequence[bytes],
        *,
        points_to_shots: bool,
    ) -> Awaitable[None]:
        """Send it."""
        ...


@dataclass(frozen=True, slots=True)
class WordsForm:
    """A note, or an answer."""

    words: Annotated[str, Text("The text", MAX_WORDS)] = ""
    points_to_shots: bool = False


@dataclass(frozen=True, slots=True)
class ThingForm:
    """Which of the things that a case is about."""

    thing: Annotated[str, Line("The work or post", 19)]


@dataclass(frozen=True, slots=True)
class CloseForm:
    """A moderator's decision."""

    outcome: Outcome = Outcome.UNDECIDED
    reason: Annotated[str, Text("The reason", MAX_WORDS)] = ""
    note: Annotated[str, Text("The note", MAX_WORDS)] = ""
    seen: Annotated[str, Line("What you have read", 19)] = ""
    is_anew: bool = False


async def cases(request: web.Request) -> web.StreamResponse:
    """List reports for moderators."""
    known, reader = flows(request).reporting, artist_of(request)
    wanted = request.query.get("show", "open")
    wanted = wanted if wanted in {"mine", "all"} else "open"
    sought = number(request.query.get("before", ""))
    before = ReportId(sought) if sought else None
    if wanted == "mine":
        found = await known.mine(reader)
    else:
        found = await known.cases(reader, is_open=wanted == "open", before=before)
    goes_on = len(found) == _PAGE and wanted != "mine"
    more = f"{_LIST}?show={wanted}&before={found[-1].report.id}" if goes_on else ""
    view = ReportsPage(
        rows=tuple(row_of(show(request), one) for one in found),
        show=wanted,
        pager=PagerView(more, _PAGE) if more else None,
    )
    return await page(request, "reports.html", view, head=_head(request, "Reports"))


async def case(request: web.Request) -> web.StreamResponse:
    """Show one report to a moderator."""
    return await _case_page(request)


async def take(request: web.Request) -> web.StreamResponse:
    """Take a case, or put it back."""
    is_mine, casework = request.match_info["hand"] == "take", flows(request).casework
    seen = request.query.get("from", "")
    await casework.take(artist_of(request), _id(request), is_mine=is_mine, seen=seen)
    return to(report_page(_id(request)), "saved")


async def write(request: web.Request) -> web.StreamResponse:
    """Write a note for the other moderators."""
    sent = await read_form(request)
    try:
        asked = decode(WordsForm, sent)
        await flows(request).casework.write(artist_of(request), _id(request), asked.words)
    except Invalid as problem:
        form = FormView({"words": sent.first("words")}, {"words": problem.message})
        return await _case_page(request, note_form=form, problem=problem)
    return to(report_page(_id(request)), "saved")


async def hide(request: web.Request) -> web.StreamResponse:
    """Hide one of the things that a case is about, or show it again."""
    asked = decode(ThingForm, await read_form(request))
    target = TargetId(number(asked.thing, 0) or 0)
    is_hidden = request.match_info["sight"] == "hide"
    casework = flows(request).casework
    await casework.hide(artist_of(request), _id(request), target, is_hidden=is_hidden)
    return to(report_page(_id(request)), "saved")


async def forward(request: web.Request) -> web.StreamResponse:
    """Send a report on to the server of the accused."""
    await flows(request).casework.forward(artist_of(request), _id(request))
    return to(report_page(_id(request)), "saved")


async def close(request: web.Request) -> web.StreamResponse:
    """Close a report with a decision."""
    sent = await read_form(request)
    try:
        asked = decode(CloseForm, sent)
        seen = number(asked.seen)
        decision = Decision(asked.outcome, asked.reason, asked.note, seen, asked.is_anew)
        await flows(request).casework.close(artist_of(request), _id(request), decision)
    except Invalid as problem:
        values = {name: sent.first(name) for name in ("outcome", "reason", "note")}
        form = FormView(values, {problem.field: problem.message})
        return await _case_page(request, form=form, problem=problem)
    return to(_LIST, "closed")


async def reopen(request: web.Request) -> web.StreamResponse:
    """Open a closed report again."""
    await flows(request).casework.reopen(artist_of(request), _id(request))
    return to(report_page(_id(request)), "saved")


async def concern(request: web.Request) -> web.StreamResponse:
    """Show a case to whom it is about, or who reported."""
    return await _concern_page(request)


async def answer(request: web.Request) -> web.StreamResponse:
    """Answer what is said, or was decided, about oneself."""
    sent = await read_form(request)
    try:
        asked = decode(WordsForm, sent)
        await flows(request).casework.answer(artist_of(request), _id(request), asked.words)
    except Invalid as problem:
        form = FormView({"words": sent.first("words")}, {"words": problem.message})
        return await _concern_page(request, form, problem)
    return to(f"/cases/{_id(request)}", "answered")


async def show_how(request: web.Request) -> web.StreamResponse:
    """Answer what is said of how a work was made, with pictures, before it is decided."""
    return await _sent(request, flows(request).contesting.answer)


async def appeal(request: web.Request) -> web.StreamResponse:
    """Ask for another decision, once."""
    return await _sent(request, flows(request).contesting.appeal)


async def _sent(request: web.Request, send: Send) -> web.StreamResponse:
    artist, sent = artist_of(request), Fields(())
    try:
        flows(request).limits.demand(TRIES, artist.handle)
        sent, pictures = await read_with_pictures(request, LIMITS)
        asked = decode(WordsForm, sent)
        points = asked.points_to_shots
        await send(artist, _id(request), asked.words, pictures, points_to_shots=points)
    except Invalid as problem:
        form = typed(sent, problem)
        return await _concern_page(request, form, problem)
    return to(f"/cases/{_id(request)}", "answered")


def _answering(report: Report) -> str:
    return "show" if report.kind in ABOUT_MACHINES else "answer"


def _if(condition: bool, path: str) -> str:  # noqa: FBT001 - what is offered, or nothing
    return f"/cases/{path}" if condition else ""


def _asks_for_label(found: Concern) -> bool:
    is_hidden = any(one.is_hidden for one in found.things)
    return found.is_accused and is_hidden and must_label(found.report)


async def _concern_page(
    request: web.Request, form: FormView | None = None, problem: FixatifError | None = None
) -> web.Response:
    artist = artist_of(request)
    found = await flows(request).casework.concern(artist, _id(request))
    report = found.report
    is_shown = report.kind in {ReportKind.NOTICE, ReportKind.MARK}
    is_decided = report.closed_at is not None
    view = ConcernPage(
        at=report.created_at,
        is_accused=found.is_accused,
        outcome=DECISIONS.get(report.outcome, "") if is_decided else "",
        reason=report.reason if is_decided else "",
        closed_at=report.closed_at,
        words=report.content if is_shown or not found.is_accused else "",
        claimant=found.notice.name if found.notice else "",
        things=tuple(_thing(request, one, artist) for one in found.things),
        answer=report.answer if found.is_accused else "",
        action=f"/cases/{report.id}/{_answering(report)}" if found.may_answer else "",
        form=form or FormView({"points_to_shots": CHECKED}),
        shots=await making_of(request, report) if found.is_accused else (),
        points_to_shots=report.points_to_shots,
        about_machines=_MARK if report.kind is ReportKind.MARK else MACHINES.get(report.kind, ""),
        evidence=await shown_in(request, report) if found.is_accused else (),
        appeal=report.appeal if found.is_accused else "",
        appeal_action=_if(found.is_accused and may_appeal(report), f"{report.id}/appeal"),
        label_action=_if(_asks_for_label(found), f"{report.id}/label"),
        labels=LABELS,
        accept=ACCEPT,
        most_pictures=MAX_SHOWN,
    )
    title = "About you" if found.is_accused else "Your report"
    status = status_of(problem) if problem else 200
    return await page(request, "concern.html", view, head=_head(request, title), status=status)


async def _case_page(
    request: web.Request,
    *,
    form: FormView | None = None,
    note_form: FormView | None = None,
    problem: FixatifError | None = None,
) -> web.Response:
    known, reader, showing = flows(request), artist_of(request), show(request)
    found = await known.reporting.case(reader, _id(request))
    file = await known.casework.file(reader, found.report)
    report, accused = found.report, found.accused
    history = await known.reporting.history(reader, report.accused_id)
    is_here = accused is not None and accused.is_local
    is_open = report.closed_at is None
    view = CasePage(
        row=row_of(showing, found),
        about_machines=MACHINES.get(report.kind, ""),
        evidence=await shown_in(request, report),
        shots=await making_of(request, report) if report.points_to_shots else (),
        appeal=report.appeal,
        appealed_at=report.appealed_at,
        judged_by=report.judged_by,
        action=report_page(report.id),
        tiles=_tiles(request, found),
        posts=_posts(request, found),
        things=tuple(_thing(request, one, found.artist) for one in file.things),
        missing=0 if report.kind is ReportKind.MARK else len(report.objects) - len(file.things),
        is_forwarded=report.is_forwarded,
        is_accused_here=is_here,
        accused_url=f"/admin/people/{report.accused_id}" if accused else "",
        server_url=_server_url(found),
        notice=_notice(file),
        notes=tuple(CaseNoteRow(n.author, n.words, n.at, n.is_deed) for n in file.notes),
        earlier=tuple(row_of(showing, one) for one in history if one.report.id != report.id),
        answer=report.answer,
        answered_at=report.answered_at,
        reason=report.reason,
        note=report.note,
        closed_at=report.closed_at,
        is_mine=report.assigned_to == reader.handle,
        may_forward=is_open and accused is not None and not is_here and not report.is_forwarded,
        outcomes=_outcomes(report.kind) if is_open or form else (),
        seen=file.notes[-1].id if file.notes else 0,
        form=form or FormView(),
        note_form=note_form or FormView(),
    )
    status = status_of(problem) if problem else 200
    return await page(request, "case.html", view, head=_head(request, "Report"), status=status)


def _outcomes(kind: ReportKind) -> tuple[OptionView, ...]:
    hints = {**_HINTS, **(_MARK_HINTS if kind is ReportKind.MARK else {})}
    return tuple(OptionView(one, DECISIONS[one], hints[one]) for one in possible_outcomes(kind))


def _server_url(found: Case) -> str:
    if found.accused is None or found.accused.is_local:
        return ""
    return f"/admin/federation/{found.accused.domain}"


def _notice(file: CaseFile) -> NoticeView | None:
    one = file.notice
    if one is None:
        return None
    kind = NOTICE_KINDS[one.kind]
    return NoticeView(kind, one.name, one.email, one.standing, one.source, one.signature)


def _thing(request: web.Request, one: Thing, artist: Artist | None) -> ThingRow:
    if one.work is not None and artist is not None:
        url = show(request).page_of(one.work, artist)
        label = one.work.title or UNTITLED
        return ThingRow(one.id, label, url, is_hidden=one.is_hidden, is_gone=one.is_gone)
    words = plain(one.post.title or one.post.content_html) if one.post else ""
    label = words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()} …"
    return ThingRow(one.id, label or "A post", f"/posts/{one.id}", is_hidden=one.is_hidden)


def _tiles(request: web.Request, found: Case) -> tuple[TileView, ...]:
    if found.artist is None:
        return ()
    hung = [Hung(work, found.artist) for work in found.works if work.pictures]
    return tuple(show(request).tile(one, with_artist=False) for one in hung)


def _posts(request: web.Request, found: Case) -> tuple[PostView, ...]:
    if found.accused is None:
        return ()
    said = [Said(post, found.accused) for post in found.posts]
    return tuple(show(request).said_post(one, Counts(), frozenset()) for one in said)


def _id(request: web.Request) -> ReportId:
    return ReportId(number(request.match_info["id"], 0) or 0)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
