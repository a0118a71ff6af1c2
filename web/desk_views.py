"""One frozen value per page template of the artist's desk: upload, preparation, edit, studio.

Law: as in `views`. `docs/design-system.md` lists which template takes which type.
"""

from dataclasses import field

from server.model import Counts, Millis, PictureState, WorkState
from server.values import dataclass
from web.delivery_views import MissedView
from web.shot_views import ShotsForm
from web.views import (
    FormView,
    OptionView,
    OverlayOptions,
    PagerView,
    PictureView,
    ReactionsView,
    TileView,
)

_EMPTY_FORM = FormView()
_NO_REACTIONS = ReactionsView()
_NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class UploadPage:
    """upload.html: choose files, say what they are.

    Sends `pictures` (files), `alt` (once per picture, in order; may be fewer), `title`, `year`,
    `medium`, `caption`, `tags`, `ai_label`, `licence`, `card`, `shows_camera`,
    `bears_watermark`, `visibility`, `is_sensitive`, `sensitive_reason`, `is_quiet`, and `then`:
    `hang` or `draft`.
    """

    form: FormView
    accept: str  # of the file input: "image/jpeg,image/png,…"
    types: str  # the same for people: "JPEG, PNG, WebP, AVIF or TIFF"
    max_pictures: int
    max_megabytes: int  # each
    max_megapixels: int
    shown_px: int  # what strangers will get
    ai_labels: tuple[OptionView, ...]
    visibilities: tuple[OptionView, ...]
    action: str = "/studio/upload"
    alts: tuple[str, ...] = ()  # typed before the form was refused, for the files chosen anew
    permits: tuple[OptionView, ...] = ()  # of `may_like` …, where `own_permits` is ticked
    series: tuple[OptionView, ...] = ()  # sends `series-shown` for each, `series-ID` where ticked
    licences: tuple[OptionView, ...] = ()
    cards: tuple[OptionView, ...] = ()
    has_watermark: bool = False  # then `bears_watermark` is asked
    overlay: OverlayOptions = field(default_factory=OverlayOptions)


@dataclass(frozen=True, slots=True)
class StepView:
    """How far one picture of an upload is; told to the script under these very names."""

    id: str
    name: str  # of the file
    words: str
    state: PictureState
    made: int
    copies: int  # at least 1


@dataclass(frozen=True, slots=True)
class PreparationPage:
    """preparation.html: what becomes of each picture of an upload."""

    title: str
    sentence: str
    steps: tuple[StepView, ...]
    edit_url: str
    ready: int = 0
    problem: str = ""
    is_over: bool = False
    events_url: str = ""  # "" = nothing changes any more
    work_url: str = ""  # once it hangs
    retry_action: str = ""


@dataclass(frozen=True, slots=True)
class CopyView:
    """Who can fetch which copy of a picture."""

    audience: str
    width: int  # pixels; 0 = none
    height: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class WordView:
    """One thing that copies say of themselves."""

    what: str
    words: str


@dataclass(frozen=True, slots=True)
class PictureEditView:
    """One picture on the edit page.

    Its fields are `alt-{id}`, `position-{id}` (from 1), `left-{id}` and `top-{id}` (focal point,
    per cent), `remove-{id}`; their present values stand in the page's form.
    """

    id: int
    picture: PictureView | None  # None while it is being prepared
    state: PictureState = PictureState.READY
    problem: str = ""
    file_name: str = ""
    copies: tuple[CopyView, ...] = ()  # () while it is being prepared
    shared_url: str = ""  # of the small copy that others get, with the watermark if it bears one
    kept: tuple[str, ...] = ()  # sentences on what is stored of the file, and what it says
    written: tuple[WordView, ...] = ()  # what every copy says of itself


@dataclass(frozen=True, slots=True)
class WatermarkPage:
    """watermark.html: sends `text`, a file `logo`, `style`, `reach`, and `then`: keep or remove."""

    form: FormView = _EMPTY_FORM
    styles: tuple[OptionView, ...] = ()
    reaches: tuple[OptionView, ...] = ()
    max_letters: int = 60
    has_logo: bool = False
    sample_url: str = ""  # "" = there is no watermark
    action: str = "/settings/watermark"


@dataclass(frozen=True, slots=True)
class EditPage:
    """edit.html: everything about one work, for its artist.

    Sends the facts named as on the upload page, the pictures' fields, and `then`: `save` or `hang`.
    """

    title: str
    work_url: str
    form: FormView
    pictures: tuple[PictureEditView, ...]
    action: str
    withdraw_url: str
    ai_labels: tuple[OptionView, ...]
    visibilities: tuple[OptionView, ...]
    state: WorkState = WorkState.HUNG
    is_draft: bool = False
    permits: tuple[OptionView, ...] = ()  # of `may_like` …, where `own_permits` is ticked
    series: tuple[OptionView, ...] = ()
    licences: tuple[OptionView, ...] = ()
    cards: tuple[OptionView, ...] = ()
    has_watermark: bool = False  # then `bears_watermark` is asked
    overlay: OverlayOptions = field(default_factory=OverlayOptions)
    shots: ShotsForm = field(default_factory=ShotsForm)


@dataclass(frozen=True, slots=True)
class WithdrawPage:
    """withdraw.html: asks before a work goes for good."""

    title: str
    action: str
    cancel_url: str
    tile: TileView | None = None
    counts: Counts = _NO_COUNTS
    is_draft: bool = False
    may_unlist: bool = False


@dataclass(frozen=True, slots=True)
class StudioWorkView:
    """A row of the studio."""

    title: str
    edit_url: str
    state: WorkState
    url: str = ""  # its public page, once hung
    picture: PictureView | None = None
    is_draft: bool = False
    visibility: str = ""  # "Public", "Followers", …
    ready: int = 0  # pictures prepared, of `total`
    total: int = 0
    missing_alt: int = 0
    problem: str = ""  # FAILED: why
    retry_action: str = ""  # FAILED: POST here to try again
    contest_url: str = ""  # FAILED for a mark: where to say that it is wrong
    hung_at: Millis | None = None
    counts: Counts = _NO_COUNTS
    is_pinned: bool = False
    pin_action: str = ""  # POST here to pin or unpin; "" = it cannot be pinned
    missed: tuple[MissedView, ...] = ()  # servers that did not take it


@dataclass(frozen=True, slots=True)
class StudioPage:
    """studio.html: the artist's works, drafts and failures."""

    works: tuple[StudioWorkView, ...] = ()
    pager: PagerView | None = None
    portfolio_url: str = ""
    upload_url: str = "/studio/upload"
