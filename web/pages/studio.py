"""The artist's desk: upload, describe, hang, edit, withdraw. Signed in only."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from server.drafts import (
    MAX_PICTURES,
    Draft,
    Upload,
    may_become,
)
from server.errors import FixatifError
from server.model import (
    AiLabel,
    Artist,
    ContentUsage,
    Counts,
    PictureState,
    RenditionName,
    Sizes,
    TargetId,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.pictures import MAX_PIXELS
from server.viewing import Hung
from web.copies import copies_of, kept_of, shared_url, written_of
from web.deliveries import missed
from web.desk_views import EditPage, PictureEditView, StudioPage, UploadPage, WithdrawPage
from web.errors import status_of
from web.fields import CHECKED, Fields, decode
from web.flows import flows
from web.forms import UploadLimits, read_form
from web.intake import for_people, take_in
from web.opened import Since, again, meet, on_top, opened
from web.overlay_forms import OVERLAY, overlay_values, read_overlay
from web.pages.comments import quotable
from web.pages.permits import PERMITS, own_permit_values, own_permits
from web.pages.sent_works import Facts, picture_edits, series_in
from web.pages.work_forms import LABELS, work_values
from web.present import AI_LABELS, CARDS, LICENCES, VISIBILITIES
from web.respond import artist_of, head_for, number, page, show, to
from web.shot_views import ShotsForm
from web.shots import shots_form
from web.views import FormView, HeadView, OptionView, PagerView

_ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"
_TYPES = "JPEG, PNG, WebP, AVIF, GIF or TIFF"
_STUDIO_PAGE = 50
_REFRESH_SECONDS = 3  # while pictures are being prepared, without JavaScript


async def studio(request: web.Request) -> web.StreamResponse:
    """List the artist's works, drafts and failures."""
    known, artist, showing = flows(request), artist_of(request), show(request)
    before = number(request.query.get("before", ""))
    works = await known.viewing.studio(artist, WorkId(before) if before else None)
    counts = await known.viewing.counts([TargetId(work.id) for work in works])
    undelivered = await known.queues.undelivered(artist, works)
    rows = tuple(
        replace(
            showing.studio_row(work, artist, counts.get(TargetId(work.id), Counts())),
            missed=missed(undelivered.get(TargetId(work.id), ())),
        )
        for work in works
    )
    more = PagerView(f"/studio?before={works[-1].id}", _STUDIO_PAGE) if _is_full(works) else None
    view = StudioPage(rows, more, portfolio_url=f"/@{artist.handle}")
    is_waiting = any(work.state is WorkState.PROCESSING for work in works)
    return await page(
        request, "studio.html", view, head=_head(request, "Studio", is_waiting=is_waiting)
    )


async def upload_form(request: web.Request) -> web.StreamResponse:
    """Offer the upload form."""
    chosen = {"visibility": Visibility.PUBLIC.value, "ai_label": AiLabel.NONE.value}
    chosen |= own_permit_values(None, artist_of(request).interaction)
    chosen |= overlay_values(ContentUsage(), Sizes()) | {"bears_watermark": CHECKED}
    return await _upload_page(request, FormView(chosen))


async def upload(request: web.Request) -> web.StreamResponse:
    """Take an upload in: originals are streamed to disk as they come, then kept with the work."""
    known, artist = flows(request), artist_of(request)
    came = await take_in(request, _limits(known.config.media.max_upload_bytes))
    sent = came.fields
    alts = sent.all("alt")
    try:
        came.demand_whole()
        facts = decode(Facts, sent)
        uploads = [
            Upload(one.file, one.filename, alts[index] if index < len(alts) else "")
            for index, one in enumerate(came.files)
        ]
        visibility = Visibility.DRAFT if facts.then == "draft" else None
        draft = facts.draft(visibility, series_in(sent, ()), own_permits(sent))
        draft = _with_watermark(draft, artist, is_on=True)
        quote = await quotable(request, facts.quote, None)
        draft = replace(draft, quote=quote, overlay=read_overlay(sent))
        await known.people.people(draft.caption)
        work = await known.publishing.receive(artist, draft, uploads)
    except FixatifError as found:
        problem = for_people(found)
        return await _upload_page(request, again(sent, problem), problem, alts)
    if visibility is Visibility.DRAFT:
        return to(f"/studio/works/{work.id}", "kept")
    return to(f"/studio/works/{work.id}/progress")


async def edit_form(request: web.Request) -> web.StreamResponse:
    """Offer everything about one work for change."""
    known = flows(request)
    work = await known.viewing.own(artist_of(request), _work_id(request))
    return await edit_page(request, work, await stored_form(request, work))


async def edit(request: web.Request) -> web.StreamResponse:
    """Change a work, and hang a draft."""
    typed = await read_form(request)
    try:
        told = await on_top(lambda: _edit(request, typed))
    except FixatifError as problem:
        work = await flows(request).viewing.own(artist_of(request), _work_id(request))
        return await edit_page(request, work, again(typed, problem), problem)
    return to(f"/studio/works/{_work_id(request)}", told)


async def _edit(request: web.Request, typed: Fields) -> str:
    """Change a work as it stands, by what was typed; return what to tell."""
    known, artist = flows(request), artist_of(request)
    seen = await known.viewing.sight(artist, _work_id(request))
    work, series = seen.work, seen.series
    now = work_values(work, series, artist.interaction)
    sent = meet(typed, now, Since(at=work.edited_at), LABELS)
    facts = decode(Facts, sent)
    is_hanging = work.visibility is not Visibility.DRAFT or facts.then == "hang"
    wanted = None if is_hanging else Visibility.DRAFT
    pictures = picture_edits(work.pictures, sent)
    draft = facts.draft(wanted, series_in(sent, series), own_permits(sent))
    draft = _with_watermark(draft, artist, is_on=work.bears_watermark)
    quote = await quotable(request, facts.quote, work.quote)
    draft = replace(draft, quote=quote, overlay=read_overlay(sent))
    await known.people.people(draft.caption)
    await known.publishing.edit(artist, work.id, draft, pictures, seen)
    return "hung" if work.visibility is Visibility.DRAFT and is_hanging else "saved"


async def retry(request: web.Request) -> web.StreamResponse:
    """Make the pictures of a failed work once more."""
    work_id = _work_id(request)
    await flows(request).publishing.try_again(artist_of(request), work_id)
    return to(f"/studio/works/{work_id}/progress")


async def pin(request: web.Request) -> web.StreamResponse:
    """Put a work on top of the profile elsewhere, or take it from there."""
    known, artist, is_pin = flows(request), artist_of(request), request.match_info["pin"] == "pin"
    deed = known.pinning.pin if is_pin else known.pinning.unpin
    await deed(artist, _work_id(request))
    return to("/studio", "pinned" if is_pin else "unpinned")


async def withdraw_form(request: web.Request) -> web.StreamResponse:
    """Ask before a work goes for good."""
    known, artist = flows(request), artist_of(request)
    work = await known.viewing.own(artist, _work_id(request))
    counts = await known.viewing.counts([TargetId(work.id)])
    is_ready = work.state is WorkState.HUNG
    view = WithdrawPage(
        title=work.title,
        action=f"/studio/works/{work.id}/withdraw",
        cancel_url=f"/studio/works/{work.id}",
        tile=show(request).tile(Hung(work, artist), with_artist=False) if is_ready else None,
        counts=counts[TargetId(work.id)],
        is_draft=work.hung_at is None,
        may_unlist=work.hung_at is not None and work.visibility is Visibility.PUBLIC,
    )
    return await page(request, "withdraw.html", view, head=_head(request, "Withdraw"))


async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take a work down for good."""
    await flows(request).publishing.withdraw(artist_of(request), _work_id(request))
    return to("/studio", "withdrawn")


async def original(request: web.Request) -> web.StreamResponse:
    """Give an artist their own untouched file back."""
    known, artist = flows(request), artist_of(request)
    work = await known.viewing.own(artist, _work_id(request))
    wanted = number(request.match_info["picture"], 0)
    picture = next((one for one in work.pictures if one.id == wanted), None)
    if picture is None:
        raise web.HTTPNotFound
    response = web.Response(body=await known.media.read(picture.original_digest))
    # never shown in a page's context: an original may be anything that its artist had
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _limits(max_bytes: int) -> UploadLimits:
    return UploadLimits(max_files=MAX_PICTURES, max_file_bytes=max_bytes)


async def _upload_page(
    request: web.Request,
    form: FormView,
    problem: FixatifError | None = None,
    alts: Sequence[str] = (),
) -> web.Response:
    known = flows(request)
    view = UploadPage(
        form=form,
        accept=_ACCEPT,
        types=_TYPES,
        max_pictures=MAX_PICTURES,
        max_megabytes=known.config.media.max_upload_bytes // 1_048_576,
        max_megapixels=MAX_PIXELS // 1_000_000,
        shown_px=known.house.now.policy.renditions.visitor,
        ai_labels=AI_LABELS,
        licences=LICENCES,
        cards=CARDS,
        has_watermark=artist_of(request).watermark is not None,
        overlay=OVERLAY,
        permits=PERMITS,
        visibilities=VISIBILITIES,
        alts=tuple(alts),
        series=await _series_options(request),
    )
    head = _head(request, "Hang a work")
    return await page(request, "upload.html", view, head=head, status=_status(problem))


async def stored_form(request: web.Request, work: Work) -> FormView:
    """Return what the fields of the edit page hold as things stand."""
    series = await flows(request).series_rooms.of_work(work.id)
    return opened(FormView(work_values(work, series, artist_of(request).interaction)))


async def edit_page(
    request: web.Request,
    work: Work,
    form: FormView,
    problem: FixatifError | None = None,
    typed_shots: FormView | None = None,
) -> web.Response:
    """Show everything about one work for change. `typed_shots`: of how it was made, as typed."""
    artist, showing = artist_of(request), show(request)
    policy = flows(request).house.policy_for(work)
    bears_watermark = work.bears_watermark and artist.watermark is not None
    view = EditPage(
        title=work.title,
        work_url=showing.page_of(work, artist) if work.state is WorkState.HUNG else "",
        form=form,
        pictures=tuple(
            PictureEditView(
                id=picture.id,
                picture=(
                    showing.picture(work, picture, (RenditionName.TILE, RenditionName.PREVIEW))
                    if picture.state is PictureState.READY
                    else None
                ),
                state=picture.state,
                problem=picture.problem,
                file_name=picture.original_name,
                copies=copies_of(picture, policy),
                shared_url=shared_url(picture, flows(request).addresses),
                kept=kept_of(picture, bears_watermark=bears_watermark),
                written=written_of(picture),
            )
            for picture in work.pictures
        ),
        action=f"/studio/works/{work.id}",
        withdraw_url=f"/studio/works/{work.id}/withdraw",
        ai_labels=AI_LABELS,
        licences=LICENCES,
        cards=CARDS,
        has_watermark=artist.watermark is not None,
        overlay=OVERLAY,
        permits=PERMITS,
        visibilities=tuple(one for one in VISIBILITIES if one.value in may_become(work)),
        state=work.state,
        is_draft=work.visibility is Visibility.DRAFT,
        series=await _series_options(request),
        shots=await _shots_form(request, work, typed_shots),
    )
    head = _head(request, work.title or "Untitled")
    return await page(request, "edit.html", view, head=head, status=_status(problem))


async def _shots_form(request: web.Request, work: Work, form: FormView | None) -> ShotsForm:
    known, media = flows(request), flows(request).config.media
    shots = await known.documenting.of_work(work.id)
    limits = (media.max_upload_bytes, media.max_video_bytes)
    room = await known.shot_files.room(artist_of(request))
    return shots_form(show(request), work, shots, limits=limits, room=room, form=form)


async def _series_options(request: web.Request) -> tuple[OptionView, ...]:
    found = await flows(request).series.all_of(artist_of(request))
    return tuple(OptionView(str(one.id), one.title) for one in found)


def _with_watermark(draft: Draft, artist: Artist, *, is_on: bool) -> Draft:
    """Return a draft that says of the watermark what it is to say where nobody was asked."""
    return draft if artist.watermark is not None else replace(draft, bears_watermark=is_on)


def _work_id(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)


def _is_full(works: Sequence[Work]) -> bool:
    return len(works) == _STUDIO_PAGE


def _status(problem: FixatifError | None) -> int:
    return 200 if problem is None else status_of(problem)


def _head(request: web.Request, title: str, *, is_waiting: bool = False) -> HeadView:
    head = head_for(request, title=title, usage=flows(request).house.usage_of())
    return replace(head, refresh_seconds=_REFRESH_SECONDS) if is_waiting else head
