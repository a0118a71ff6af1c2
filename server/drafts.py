"""What an artist wants of a work, checked: limits, words, order and who may see it. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from server.errors import Invalid
from server.licences import read_licence
from server.model import AiLabel, CardShape, Picture, PictureId, SeriesId, Visibility, Work
from server.permits import InteractionPolicy
from server.ports import StoredFile
from server.protections import Overlay, checked_overlay
from server.values import dataclass

MAX_PICTURES = 50
MAX_TITLE = 200
MAX_CAPTION = 5_000
MAX_ALT = 1_000  # Pixelfed's limit; Mastodon takes more
MAX_TAGS = 20
MAX_TAG = 60
MAX_SHORT = 120  # medium, year, reason
_SLUG_LENGTH = 60
_HANGABLE = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DRAFT)
_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)
_TAG = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an artist says of a work, decoded but not yet checked. Text is plain."""

    title: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    medium: str = ""
    year: str = ""
    is_sensitive: bool = False
    sensitive_reason: str = ""
    visibility: Visibility = Visibility.PUBLIC
    ai_label: AiLabel = AiLabel.NONE
    language: str = ""
    is_quiet: bool = False
    interaction: InteractionPolicy | None = None  # None: as the artist says in general
    series: tuple[SeriesId, ...] | None = None  # None: those that it is in
    quote: str | None = None  # id of what it is after, once it may be quoted; None: as before
    licence: str = ""  # a key of `server.licences`
    shows_camera: bool = False
    bears_watermark: bool = True  # where its artist has one
    card: CardShape = CardShape.WHOLE
    overlay: Overlay | None = None  # None: as before


@dataclass(frozen=True, slots=True)
class Upload:
    """One original that is already in the MediaStore."""

    file: StoredFile
    name: str
    alt: str


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """What an artist changes of one picture; pictures that are not named are taken down."""

    id: PictureId
    alt: str
    focal_x: float = 0.0
    focal_y: float = 0.0


def slug_of(title: str) -> str:
    """Return the readable part of a page's address: lower-case ASCII words with hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")


def read_tags(text: str) -> tuple[str, ...]:
    """Split what an artist typed ("oil, #sea sky") into tags; order kept, repeats dropped."""
    words = (word.lstrip("#") for word in re.split(r"[\s,;]+", text))
    seen = {word.casefold(): word for word in reversed([w for w in words if w])}
    return tuple(reversed(seen.values()))


def refuse_too_many(count: int) -> None:
    """Raise `Invalid` for more pictures than one work may have."""
    if count > MAX_PICTURES:
        raise Invalid(
            f"A work has at most {MAX_PICTURES} pictures: hang the others as another work.",
            "pictures",
        )


def may_become(work: Work) -> tuple[Visibility, ...]:
    """Return for whom a work may be: anybody before it hung, no other audience afterwards."""
    if work.hung_at is None:
        return _HANGABLE
    return _OPEN if work.visibility in _OPEN else (work.visibility,)


def refuse_narrowing(work: Work, wanted: Visibility) -> None:
    """Raise `Invalid` for an audience that a hung work cannot have any more."""
    if wanted in may_become(work):
        return
    raise Invalid(
        "Who may see a work cannot be changed so once it hangs, because copies of it are out: "
        "withdraw it and hang it anew.",
        "visibility",
    )


def arranged(pictures: Sequence[Picture], edits: Sequence[PictureEdit]) -> tuple[Picture, ...]:
    """Return the pictures that stay, in their new order and words. Raise `Invalid` if none do."""
    known = {picture.id: picture for picture in pictures}
    wanted = {edit.id: edit for edit in edits if edit.id in known}
    if not wanted:
        raise Invalid("A work keeps at least one picture: withdraw it to take it down.", "pictures")
    return tuple(
        replace(
            known[edit.id],
            position=position,
            alt=checked_alt(edit.alt),
            focal_x=max(-1.0, min(1.0, edit.focal_x)),
            focal_y=max(-1.0, min(1.0, edit.focal_y)),
        )
        for position, edit in enumerate(wanted.values())
    )


def checked_draft(draft: Draft) -> Draft:
    """Return the draft trimmed and within limits. Raise `Invalid` with the field."""
    if draft.visibility not in _HANGABLE:
        raise Invalid("Choose who may see the work.", "visibility")
    if len(draft.tags) > MAX_TAGS:
        raise Invalid(f"These are more than {MAX_TAGS} tags: keep the ones that matter.", "tags")
    for tag in draft.tags:
        if not _TAG.fullmatch(tag) or len(tag) > MAX_TAG or tag.isdecimal():
            raise Invalid(
                f"'{tag}' cannot be a tag: use letters, digits and _ only, not digits alone.",
                "tags",
            )
    return replace(
        draft,
        title=_limited(draft.title, MAX_TITLE, "title"),
        caption=_limited(draft.caption, MAX_CAPTION, "caption"),
        medium=_limited(draft.medium, MAX_SHORT, "medium"),
        year=_limited(draft.year, MAX_SHORT, "year"),
        sensitive_reason=_limited(draft.sensitive_reason, MAX_SHORT, "reason"),
        licence=read_licence(draft.licence),
        overlay=checked_overlay(draft.overlay) if draft.overlay else None,
    )


def checked_alt(alt: str) -> str:
    """Return a description trimmed and within its limit. Raise `Invalid`."""
    return _limited(alt, MAX_ALT, "alt")


def _limited(text: str, most: int, field: str) -> str:
    stripped = text.strip()
    if len(stripped) > most:
        raise Invalid(
            f"The {'description' if field == 'alt' else field} is too long: "
            f"it has {len(stripped)} characters, {most} are allowed.",
            field,
        )
    return stripped
