"""How far an upload is: a page that follows it, by server-sent events or by reloading itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
from aiohttp import web

from server.model import Artist, PictureState, Visibility, WorkId, WorkState
from server.preparation import Preparation, Step
from web.desk_views import PreparationPage, StepView
from web.flows import flows
from web.present import UNTITLED
from web.respond import artist_of, head_for, number, page, show
from web.text import plural

_REFRESH_SECONDS: Final = 3
_RETRY_MILLIS: Final = 3_000  # after which a browser asks again where a stream has ended
_BEAT: Final = b": still here\n\n"  # by which a connection that is gone is noticed


async def preparation(request: web.Request) -> web.StreamResponse:
    """Show where an upload stands."""
    known, artist = flows(request), artist_of(request)
    found = await known.preparing.of(artist, _work_id(request))
    work = await known.viewing.own(artist, found.work_id)
    here, is_hung = f"/studio/works/{work.id}", work.state is WorkState.HUNG
    view = PreparationPage(
        title=work.title,
        sentence=_sentence(found),
        steps=tuple(_step_view(step) for step in found.steps),
        ready=found.ready,
        problem=found.problem,
        is_over=found.is_over,
        events_url="" if found.is_over else f"{here}/progress/events",
        work_url=show(request).page_of(work, artist) if is_hung and work.is_visible else "",
        edit_url=here,
        retry_action=f"{here}/retry" if found.problem else "",
    )
    head = head_for(request, title=work.title or UNTITLED, usage=known.house.usage_of())
    if not found.is_over:
        head = replace(head, refresh_seconds=_REFRESH_SECONDS, is_refreshed_by_script=True)
    return await page(request, "preparation.html", view, head=head)


async def events(request: web.Request) -> web.StreamResponse:
    """Tell how an upload goes on, as it goes on; to its artist alone, for some minutes."""
    known, artist = flows(request), artist_of(request)
    found = await known.preparing.of(artist, _work_id(request))
    with known.preparing.seat(artist, found.work_id):
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # nginx would keep it until it is over
            }
        )
        await response.prepare(request)
        await response.write(f"retry: {_RETRY_MILLIS}\n\n".encode())
        await _tell(request, artist, found.work_id, response)
    return response


async def _tell(
    request: web.Request, artist: Artist, work_id: WorkId, response: web.StreamResponse
) -> None:
    async for standing in flows(request).preparing.follow(artist, work_id):
        if standing is None:
            await response.write(_BEAT)
            continue
        await response.write(b"data: " + msgspec.json.encode(_told(standing)) + b"\n\n")
        if standing.is_over:
            await response.write(b"event: over\ndata: {}\n\n")


def _told(standing: Preparation) -> Mapping[str, object]:
    return {
        "sentence": _sentence(standing),
        "ready": standing.ready,
        "problem": standing.problem,
        "steps": [_step_view(step) for step in standing.steps],
    }


def _sentence(standing: Preparation) -> str:
    count = len(standing.steps)
    if not standing.is_over:
        return (
            f"{standing.ready} of {plural(count, 'picture')} ready. You can leave this page: "
            "it goes on by itself."
        )
    if standing.state is WorkState.FAILED:
        return "It does not hang: a picture cannot be used. Nothing of it is shown to anybody."
    if standing.visibility is Visibility.DRAFT:
        return "Your draft is ready. Look at it, then hang it."
    return "It hangs."


def _step_view(step: Step) -> StepView:
    return StepView(str(step.picture_id), step.name, _words(step), step.state, *_share(step))


def _words(step: Step) -> str:
    match step.state:
        case PictureState.READY:
            return "Ready."
        case PictureState.REFUSED:
            return step.problem
        case PictureState.WAITING if not step.copies:
            return "Received. It waits for its turn."
        case PictureState.WAITING if step.made < step.copies:
            return f"Being prepared: {step.made} of {step.copies} copies."
        case PictureState.WAITING:
            return f"All {step.copies} copies are made; they are being stored."


def _share(step: Step) -> tuple[int, int]:
    if step.state is PictureState.READY:
        return 1, 1
    return step.made, max(step.copies, 1)


def _work_id(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)
