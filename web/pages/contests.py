"""How a work was made: evidence, appeal, label, and marks that are wrong."""

from typing import Annotated

from aiohttp import web

from server.applying import MAX_SAMPLE_BYTES
from server.contesting import MAX_SHOWN
from server.dealings import ABOUT_MACHINES, Report, ReportId, ReportKind
from server.errors import FixatifError, Invalid, NotFound
from server.model import AiLabel, Work, WorkId, WorkState
from server.reporting import MAX_WORDS
from server.shots import Shot, ShotId
from server.values import dataclass
from web.dealing_views import ContestPage
from web.errors import status_of
from web.fields import CHECKED, Fields, Text, decode
from web.flows import flows
from web.forms import UploadLimits, read_form, read_with_pictures
from web.limits import Rate
from web.media import send
from web.present import UNTITLED
from web.respond import artist_of, head_for, number, page, to
from web.shot_views import CaseShotView
from web.shots import still_of
from web.videos import send_video
from web.views import FormView, OptionView

ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"
MACHINES = {
    ReportKind.UNLABELLED: "Somebody says that a machine made this and that it does not say so.",
    ReportKind.MARK: "The artist says that the mark of a machine in this file is wrong.",
}
LABELS = (
    OptionView(AiLabel.ASSISTED, "Made by hand, with help of a machine"),
    OptionView(AiLabel.GENERATED, "Made by a machine"),
)
TRIES = Rate("evidence by account", 10, 120)  # pictures cost us time
LIMITS = UploadLimits(max_fields=4, max_files=MAX_SHOWN, max_file_bytes=MAX_SAMPLE_BYTES)


@dataclass(frozen=True, slots=True)
class WordsForm:
    """Why a mark is wrong."""

    words: Annotated[str, Text("The text", MAX_WORDS)] = ""
    points_to_shots: bool = False


@dataclass(frozen=True, slots=True)
class LabelForm:
    """Which part a machine had."""

    label: AiLabel = AiLabel.NONE


async def label(request: web.Request) -> web.StreamResponse:
    """Say which part a machine had."""
    asked = decode(LabelForm, await read_form(request))
    await flows(request).contesting.label(artist_of(request), _case(request), asked.label)
    return to(f"/cases/{_case(request)}", "saved")


async def evidence(request: web.Request) -> web.StreamResponse:
    """Send a small copy of what an artist showed, to them or a moderator."""
    place = int(request.match_info["picture"])
    known, reader = flows(request), artist_of(request)
    found = await known.contesting.evidence(reader, _case(request), place)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return web.Response(body=found.jpeg, content_type="image/jpeg", headers=headers)


async def contest_form(request: web.Request) -> web.StreamResponse:
    """Offer to contest a mark."""
    return await _contest_page(request, FormView({"points_to_shots": CHECKED}))


async def contest(request: web.Request) -> web.StreamResponse:
    """Contest the mark for which a work was not hung."""
    known, artist, sent = flows(request), artist_of(request), Fields(())
    try:
        known.limits.demand(TRIES, artist.handle)
        sent, pictures = await read_with_pictures(request, LIMITS)
        asked = decode(WordsForm, sent)
        points = asked.points_to_shots
        made = await known.contesting.contest(
            artist, _work(request), asked.words, pictures, points_to_shots=points
        )
    except Invalid as problem:
        form = typed(sent, problem)
        return await _contest_page(request, form, problem)
    return to(f"/cases/{made.id}", "reported")


async def shown_in(request: web.Request, report: Report) -> tuple[str, ...]:
    """Return the addresses of what an artist showed in a case."""
    if report.kind not in ABOUT_MACHINES:
        return ()
    count = await flows(request).contesting.count_evidence(report.id)
    return tuple(f"/cases/{report.id}/{place}.jpg" for place in range(count))


def typed(sent: Fields, problem: Invalid) -> FormView:
    """Return what was typed, with the problem at its field."""
    values = {name: sent.first(name) for name in ("words", "points_to_shots")}
    return FormView(values, {problem.field: problem.message})


async def making_of(request: web.Request, report: Report) -> tuple[CaseShotView, ...]:
    """Return how the works of a case were made, for moderators and the artist."""
    found = await flows(request).contesting.shots_of(report)
    return tuple(_case_shot(report, work, shot) for work, shot in found)


def _case_shot(report: Report, work: Work, shot: Shot) -> CaseShotView:
    path = f"/cases/{report.id}/process/{shot.id}"
    return CaseShotView(
        title=work.title or UNTITLED,
        added_at=shot.added_at,
        still_url=f"{path}.jpg" if still_of(shot) else "",
        video_url=f"{path}/video" if shot.video else "",
        alt=shot.alt,
        caption=shot.caption,
        problem=shot.picture.problem if shot.picture else "",
        declares=shot.picture.declared_by if shot.picture else "",
    )


async def shot_still(request: web.Request) -> web.StreamResponse:
    """Send a small copy of a picture that an artist points to, to them or a moderator."""
    found = await _pointed(request)
    digest = still_of(found)
    if not digest:
        raise NotFound("There is no such picture, or not yet.")
    return _for_case(await send(request, digest, "image/jpeg"))


async def shot_video(request: web.Request) -> web.StreamResponse:
    """Send a video that an artist points to, to them or a moderator."""
    found = await _pointed(request)
    if found.video is None:
        raise NotFound("There is no such video.")
    return _for_case(await send_video(request, found.video))


async def _pointed(request: web.Request) -> Shot:
    shot_id = ShotId(number(request.match_info["shot"], 0) or 0)
    return await flows(request).contesting.shot(artist_of(request), _case(request), shot_id)


def _for_case(response: web.StreamResponse) -> web.StreamResponse:
    response.headers["Cache-Control"] = "private, no-store"
    return response


async def _contest_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    known, artist = flows(request), artist_of(request)
    work = await known.viewing.own(artist, _work(request))
    is_marked = any(one.declared_by for one in work.pictures)
    if work.state is not WorkState.FAILED or not is_marked:
        raise NotFound("No mark keeps this work from hanging.")
    view = ContestPage(
        title=work.title or UNTITLED,
        problem=work.problem,
        action=f"/studio/works/{work.id}/contest",
        back="/studio",
        form=form,
        accept=ACCEPT,
        most_pictures=MAX_SHOWN,
        shots=len(await known.documenting.of_work(work.id)),
        process_url=f"/studio/works/{work.id}#process",
    )
    head = head_for(request, title="The mark is wrong", usage=known.house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, "contest.html", view, head=head, status=status)


def _case(request: web.Request) -> ReportId:
    return ReportId(number(request.match_info["id"], 0) or 0)


def _work(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)
