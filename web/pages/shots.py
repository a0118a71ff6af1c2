"""How a work was made, on its edit page: added, ordered, described and taken out."""

from collections.abc import Sequence

from aiohttp import web

from server.codecs import remark_on
from server.documenting import ShotEdit, ShotsWish
from server.drafts import MAX_ALT
from server.errors import FixatifError, Invalid
from server.model import WorkId
from server.ports import StoredFile
from server.shot_files import Received
from server.shots import FIELD, MAX_CAPTION, MAX_SHOTS, Shot, ShotId
from web.fields import Fields, Text
from web.flows import flows
from web.forms import FilePart, UploadLimits
from web.intake import take_in
from web.opened import Clash, Since, meet, on_top
from web.pages.studio import edit_page, stored_form
from web.respond import artist_of, number, to
from web.shots import form_of
from web.views import FormView

_LABELS = {"alt": "a description", "caption": "words beside a picture", "position": "the order"}
_FIELDS_OF_ONE = 8  # of each shot, and some more


async def change(request: web.Request) -> web.StreamResponse:
    """Keep what the form says, all or nothing."""
    known, artist = flows(request), artist_of(request)
    work = await known.viewing.own(artist, _work_id(request))
    media = known.config.media
    limits = UploadLimits(
        max_fields=_FIELDS_OF_ONE * (MAX_SHOTS + 1),
        max_files=2 * MAX_SHOTS,
        max_file_bytes=max(media.max_upload_bytes, media.max_video_bytes),
    )
    room, received = await known.shot_files.room(artist), dict[str, Received]()

    async def receive(part: FilePart) -> StoredFile:
        nonlocal room
        came = await known.shot_files.receive(
            part.chunks, part.filename, room=room, field=part.name
        )
        room -= came.file.size
        received[came.file.digest] = came
        return came.file

    came = await take_in(request, limits, receive)
    sent = came.fields
    try:
        came.demand_whole()
        added = tuple(received[one.file.digest] for one in came.named(FIELD))
        posters = {one.name: received[one.file.digest] for one in came.files}

        async def save() -> None:
            shots = await known.documenting.of_work(work.id)
            met = meet(sent, form_of(shots).values, Since(), _LABELS)
            wish = _wish(met, shots, posters, added)
            await known.documenting.change(artist, work.id, wish, shots)

        await on_top(save)
    except FixatifError as problem:
        form = await stored_form(request, work)
        return await edit_page(request, work, form, problem, _form_with(sent, problem))
    has_remarks = any(remark_on(one.looks.coding) for one in added if one.looks)
    told = "shots-remarked" if has_remarks else "shots" if added else "saved"
    return to(f"/studio/works/{work.id}#process", told)


def _wish(
    sent: Fields, shots: Sequence[Shot], posters: dict[str, Received], added: tuple[Received, ...]
) -> ShotsWish:
    shown = [ShotId(found) for one in sent.all("shot") if (found := number(one))]
    kept = [one for one in shown if not sent.first(f"remove-{one}")]
    places = {shot.id: shot.position for shot in shots}
    ordered = sorted(kept, key=lambda one: _place(sent, one, places.get(one, MAX_SHOTS)))
    known = {shot.id: shot for shot in shots}
    edits = tuple(_edit(sent, one, known.get(one), posters.get(f"poster-{one}")) for one in ordered)
    return ShotsWish(frozenset(shown), edits, added)


def _edit(sent: Fields, shot_id: ShotId, present: Shot | None, poster: Received | None) -> ShotEdit:
    """Return what is typed of one; what the form did not send stays as it is."""
    names = (f"alt-{shot_id}", f"caption-{shot_id}")
    before = (present.alt, present.caption) if present else ("", "")
    alt, caption = (
        sent.first(name) if sent.all(name) else old for name, old in zip(names, before, strict=True)
    )
    return ShotEdit(
        id=shot_id,
        alt=Text("The description", MAX_ALT).read((alt,), names[0]),
        caption=Text("The words beside it", MAX_CAPTION).read((caption,), names[1]),
        poster=poster,
        drops_poster=bool(sent.first(f"no-poster-{shot_id}")),
    )


def _place(sent: Fields, shot_id: ShotId, present: int) -> int:
    typed = number(sent.first(f"position-{shot_id}").strip())
    return present + 1 if typed is None else typed


def _form_with(sent: Fields, problem: FixatifError) -> FormView:
    """Return what was typed, with the problem at its field."""
    if isinstance(problem, Clash):
        return problem.form
    field = problem.field if isinstance(problem, Invalid) else ""
    values = {name: sent.first(name) for name in sent.names()}
    return FormView(values, {field or FIELD: problem.message})


def _work_id(request: web.Request) -> WorkId:
    return WorkId(number(request.match_info["id"], 0) or 0)
