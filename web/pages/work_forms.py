"""What the fields of a work's form hold as the work stands, and what they are called. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from server.model import SeriesId, Visibility, Work
from server.permits import InteractionKind, InteractionPolicy
from web.fields import CHECKED
from web.overlay_forms import overlay_values
from web.pages.permits import own_permit_values

_PERMITS = "who may do what with it"
LABELS: Final[Mapping[str, str]] = {  # in the middle of a sentence
    "title": "the title",
    "caption": "the caption",
    "tags": "the tags",
    "medium": "the medium",
    "year": "the year",
    "is_sensitive": "whether it is sensitive",
    "sensitive_reason": "why it is sensitive",
    "visibility": "who sees it",
    "ai_label": "what a machine had to do with it",
    "is_quiet": "whether it hangs quietly",
    "language": "the language",
    "licence": "the licence",
    "shows_camera": "whether the camera is shown",
    "bears_watermark": "the watermark",
    "card": "the cut of its card",
    "quote": "what it is after",
    "series": "its series",
    "alt": "a description",
    "position": "the order",
    "left": "a focus",
    "top": "a focus",
    "own": "what machines may do with it",
    "own_permits": _PERMITS,
    **{f"may_{kind}": _PERMITS for kind in InteractionKind},
}


def work_values(
    work: Work, series: Sequence[SeriesId], general: InteractionPolicy
) -> dict[str, str]:
    """Return what stands in the fields. `general`: what its artist lets people do elsewhere."""
    is_draft = work.visibility is Visibility.DRAFT
    values = {
        "title": work.title,
        "caption": work.caption,
        "tags": " ".join(work.tags),
        "medium": work.medium,
        "year": work.year,
        "is_sensitive": CHECKED if work.is_sensitive else "",
        "sensitive_reason": work.sensitive_reason,
        "visibility": Visibility.PUBLIC.value if is_draft else work.visibility.value,
        "ai_label": work.ai_label.value,
        "is_quiet": CHECKED if work.is_quiet else "",
        "language": work.language,
        "licence": work.licence,
        "shows_camera": CHECKED if work.shows_camera else "",
        "bears_watermark": CHECKED if work.bears_watermark else "",
        "card": work.card.value,
        "quote": work.quote.uri if work.quote else "",
    }
    values |= {f"series-{one}": CHECKED for one in series}
    for index, picture in enumerate(work.pictures, start=1):
        values[f"alt-{picture.id}"] = picture.alt
        values[f"position-{picture.id}"] = str(index)
        values[f"left-{picture.id}"] = f"{(picture.focal_x + 1) * 50:.0f}"
        values[f"top-{picture.id}"] = f"{(1 - picture.focal_y) * 50:.0f}"
    own = own_permit_values(work, general) | overlay_values(work.content_usage, work.sizes)
    return {**values, **own}
