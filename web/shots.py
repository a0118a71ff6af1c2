"""How works were made: from shots to what templates show."""

from collections.abc import Collection, Sequence

from server.codecs import remark_on
from server.model import ImageFormat, PictureState, RenditionName, Work
from server.protections import Audience
from server.rules import Proof
from server.shots import MAX_CAPTION, MAX_SHOTS, Shot, Video
from web.opened import opened
from web.present import Show
from web.shot_views import ShotEditView, ShotsForm, ShotView, VideoView
from web.text import weight
from web.videos import closer_path, is_given, path_of
from web.views import FormView, PictureView

PICTURES = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/tiff"
VIDEOS = "video/mp4,video/webm"
_THUMBS = (RenditionName.TILE, RenditionName.PREVIEW)
_WIDE = (16, 9)


def shot_views(
    showing: Show,
    work: Work,
    shots: Sequence[Shot],
    kept_from_proven: Collection[RenditionName] | None = None,
) -> tuple[ShotView, ...]:
    """Return what a work's page shows of how it was made, as far as it is ready.

    `kept_from_proven`: what a rule keeps from this visitor even once their browser gave a proof;
    None where a proof opens nothing to them.
    """
    return tuple(
        view for shot in shots if (view := _shot_view(showing, work, shot, kept_from_proven))
    )


def _shot_view(
    showing: Show, work: Work, shot: Shot, kept_from_proven: Collection[RenditionName] | None
) -> ShotView | None:
    if shot.video is not None:
        video = _video_view(showing, work, shot, shot.video, kept_from_proven)
        return ShotView(shot.alt, shot.caption, video=video)
    picture = shot.picture
    if picture is None or picture.state is not PictureState.READY:
        return None
    declares = f"{picture.declared_by} ({picture.declared_where})" if picture.declared_by else ""
    shown = showing.whole_picture(work, picture, alt=shot.alt)
    return ShotView(shot.alt, shot.caption, picture=shown, declares=declares)


def _video_view(
    showing: Show,
    work: Work,
    shot: Shot,
    video: Video,
    kept_from_proven: Collection[RenditionName] | None,
) -> VideoView:
    """Return a video with what stands for it: a picture of its own, else the work's first."""
    poster = _poster(showing, work, shot)
    largest = poster.jpeg[-1] if poster and poster.jpeg else None
    framed = (poster.width, poster.height) if poster and poster.width and shot.picture else _WIDE
    size = (video.width, video.height) if video.width else framed
    is_own = showing.viewer is not None and showing.viewer.id == work.artist_id
    policy = showing.policy_for(work)
    may = is_own or is_given(showing.audience, video, policy, showing.kept_from)
    is_behind_proof = (
        not may
        and kept_from_proven is not None
        and is_given(Audience.PERSON, video, policy, kept_from_proven)
    )
    return VideoView(
        *(video.type, *size),
        url=path_of(video) if may else "",
        closer_url=closer_path(work, shot) if is_behind_proof else "",
        asks_work=policy.renditions.proof is Proof.WORK,
        poster_url=largest.url if largest else "",
        size=weight(video.bytes),
    )


def _poster(showing: Show, work: Work, shot: Shot) -> PictureView | None:
    if work.is_sensitive and shot.picture is None:
        return None
    own = shot.picture if shot.picture and shot.picture.state is PictureState.READY else None
    ready = [one for one in work.pictures if one.state is PictureState.READY]
    picture = own or (ready[0] if ready else None)
    names = (RenditionName.TILE, RenditionName.PREVIEW, RenditionName.VIEW)
    return showing.picture(work, picture, names) if picture else None


def shots_form(
    showing: Show,
    work: Work,
    shots: Sequence[Shot],
    *,
    limits: tuple[int, int],
    room: int,
    form: FormView | None = None,
) -> ShotsForm:
    """Return the part of the edit page. `limits`: of a picture and of a video, in bytes."""
    most_picture, most_video = limits
    return ShotsForm(
        action=f"/studio/works/{work.id}/process",
        shots=tuple(_edit_view(showing, work, shot) for shot in shots),
        form=form or opened(form_of(shots)),
        accept=f"{PICTURES},{VIDEOS}" if most_video else PICTURES,
        picture_accept=PICTURES,
        most=MAX_SHOTS,
        most_picture=weight(most_picture),
        most_video=weight(most_video) if most_video else "",
        room=weight(room),
        max_caption=MAX_CAPTION,
    )


def form_of(shots: Sequence[Shot]) -> FormView:
    """Return what the fields hold as things stand."""
    values: dict[str, str] = {}
    for place, shot in enumerate(shots, start=1):
        values[f"alt-{shot.id}"] = shot.alt
        values[f"caption-{shot.id}"] = shot.caption
        values[f"position-{shot.id}"] = str(place)
    return FormView(values)


def _edit_view(showing: Show, work: Work, shot: Shot) -> ShotEditView:
    picture = shot.picture
    is_ready = picture is not None and picture.state is PictureState.READY
    return ShotEditView(
        id=shot.id,
        name=shot.name,
        size=weight(shot.bytes),
        is_video=shot.video is not None,
        picture=showing.picture(work, picture, _THUMBS) if picture and is_ready else None,
        is_waiting=picture is not None and picture.state is PictureState.WAITING,
        problem=picture.problem if picture else "",
        has_poster=shot.video is not None and picture is not None,
        open_url=path_of(shot.video) if shot.video else "",
        remark=remark_on(shot.video.coding) if shot.video else "",
    )


def still_of(shot: Shot) -> str:
    """Return the digest of the small copy of a shot's picture, "" while there is none."""
    picture = shot.picture
    for one in picture.renditions if picture else ():
        if (one.name, one.format) == (RenditionName.PREVIEW, ImageFormat.JPEG):
            return one.digest
    return ""
