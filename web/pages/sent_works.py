"""What the form of a work says once it is sent: facts, series, and each picture's words.

Law: what the form did not ask stays as it is, or is left to publishing.
"""

from collections.abc import Sequence
from typing import Annotated

from server.drafts import (
    MAX_CAPTION,
    MAX_SHORT,
    MAX_TITLE,
    Draft,
    PictureEdit,
    read_tags,
)
from server.model import AiLabel, CardShape, Picture, PictureId, SeriesId, Visibility
from server.permits import InteractionPolicy
from server.recipes import Focus
from server.values import dataclass
from web.fields import Fields, Line, Text
from web.respond import number


@dataclass(frozen=True, slots=True)
class Facts:
    """What the forms of upload and edit page say of a work."""

    title: Annotated[str, Line("The title", MAX_TITLE)] = ""
    caption: Annotated[str, Text("The caption", MAX_CAPTION)] = ""
    tags: Annotated[str, Line("The tags", 1_000)] = ""
    medium: Annotated[str, Line("The medium", MAX_SHORT)] = ""
    year: Annotated[str, Line("The year", MAX_SHORT)] = ""
    is_sensitive: bool = False
    sensitive_reason: Annotated[str, Line("The reason", MAX_SHORT)] = ""
    visibility: Visibility = Visibility.PUBLIC
    ai_label: AiLabel = AiLabel.NONE
    is_quiet: bool = False
    language: Annotated[str, Line("The language", 35)] = ""
    licence: Annotated[str, Line("The licence", 20)] = ""
    shows_camera: bool = False
    bears_watermark: bool = False
    card: CardShape = CardShape.WHOLE
    then: Annotated[str, Line("What to do", 10)] = "hang"
    quote: Annotated[str, Line("The address", 2_000)] = ""

    def draft(
        self,
        visibility: Visibility | None = None,
        series: tuple[SeriesId, ...] | None = None,
        interaction: InteractionPolicy | None = None,
    ) -> Draft:
        """Return the facts as publishing takes them."""
        return Draft(
            title=self.title,
            caption=self.caption,
            tags=read_tags(self.tags),
            medium=self.medium,
            year=self.year,
            is_sensitive=self.is_sensitive,
            sensitive_reason=self.sensitive_reason,
            visibility=visibility or self.visibility,
            ai_label=self.ai_label,
            language=self.language,
            licence=self.licence,
            shows_camera=self.shows_camera,
            bears_watermark=self.bears_watermark,
            card=self.card,
            is_quiet=self.is_quiet,
            series=series,
            interaction=interaction,
        )


def series_in(sent: Fields, present: Sequence[SeriesId]) -> tuple[SeriesId, ...]:
    """Return which series a work is to be in; what the form did not show stays as it is."""
    shown = [SeriesId(found) for one in sent.all("series-shown") if (found := number(one))]
    ticked = [one for one in shown if sent.first(f"series-{one}")]
    return (*(one for one in present if one not in shown), *ticked)


def picture_edits(pictures: Sequence[Picture], sent: Fields) -> list[PictureEdit]:
    """Return what the form says of the pictures that stay, in the order that it says."""
    kept = [one for one in pictures if not sent.first(f"remove-{one.id}")]
    ordered = sorted(kept, key=lambda one: _position(sent, one))
    return [_picture_edit(one, sent) for one in ordered]


def focus_in(sent: Fields, left: str, top: str) -> Focus:
    """Return the focal point that two fields say in per cent."""
    return _share(sent.first(left)) * 2 - 1, 1 - _share(sent.first(top)) * 2


def _position(sent: Fields, picture: Picture) -> int:
    typed = number(sent.first(f"position-{picture.id}").strip())
    return picture.position + 1 if typed is None else typed


def _picture_edit(picture: Picture, sent: Fields) -> PictureEdit:
    focus = focus_in(sent, f"left-{picture.id}", f"top-{picture.id}")
    alt = sent.first(f"alt-{picture.id}") if sent.all(f"alt-{picture.id}") else picture.alt
    return PictureEdit(
        id=PictureId(picture.id),
        alt=Text("The description", 100_000).read((alt,), f"alt-{picture.id}"),
        focal_x=focus[0],
        focal_y=focus[1],
    )


def _share(text: str) -> float:
    """Return per cent as 0 … 1; the middle where nothing usable was typed."""
    typed = text.strip().replace(",", ".")
    is_number = typed.replace(".", "", 1).isdecimal() and len(typed) < 8
    return min(float(typed), 100.0) / 100 if is_number else 0.5
