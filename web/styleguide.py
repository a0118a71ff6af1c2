"""Sample values for the style guide, which shows every part in every state.

Law: reachable in development alone; nothing here is about a real person or work.
"""

from server.emoji import CHOICES
from server.model import Counts, Millis
from server.values import dataclass
from web.views import (
    ActorView,
    CommentView,
    FormView,
    OptionView,
    PictureView,
    PostView,
    ReactionsView,
    SourceView,
    TileView,
)

_SAMPLE_DAY = Millis(1_795_305_600_000)  # 2026-11-22
_RATIOS = ((3, 2), (2, 3), (1, 1), (5, 1), (4, 5), (16, 9), (1, 4), (3, 2))
_BAD_FORM = {  # the guide shows its fields twice; "2-" names the second time
    "2-title": "This title is 240 characters long; shorten it to 200.",
    "2-caption": "This caption is too long; shorten it to 5,000 characters.",
    "2-visibility": "Choose who may see the work.",
    "2-ai_label": "Say whether AI was used.",
    "2-is_quiet": "A draft cannot be hung quietly; hang it or leave this out.",
    "2-pictures": "This file is no picture that we know; send JPEG, PNG, WebP, AVIF or TIFF.",
    "2-left": "130 is outside the picture; give a number from 0 to 100.",
}


@dataclass(frozen=True, slots=True)
class StyleguidePage:
    """styleguide.html: every token, macro and state; in development only."""

    tiles: tuple[TileView, ...]
    picture: PictureView
    actor: ActorView
    comment: CommentView
    post: PostView
    options: tuple[OptionView, ...]
    form: FormView
    bad_form: FormView


def styleguide() -> StyleguidePage:
    """Return what styleguide.html shows."""
    actor = ActorView("Ada Example", "@ada@gallery.example", "/@ada", is_local=True)
    picture = _picture(3, 2)
    return StyleguidePage(
        tiles=tuple(_tile(index) for index in range(len(_RATIOS))),
        picture=picture,
        actor=actor,
        comment=CommentView(
            id=1,
            author=actor,
            content_html="<p>The light on the water is what stays with me.</p>",
            published_at=_SAMPLE_DAY,
            url="/posts/1",
            delete_action="/posts/1/remove",
            reply_url="/posts/1",
        ),
        post=_post(actor, picture),
        options=(
            OptionView("a", "The first", "What choosing it means."),
            OptionView("b", "The second"),
        ),
        form=FormView(values={"1-title": "Heron at Dusk", "1-ai_label": "a"}),
        bad_form=FormView(values={"2-title": "Heron at Dusk"}, errors=_BAD_FORM),
    )


def _post(actor: ActorView, picture: PictureView) -> PostView:
    return PostView(
        author=actor,
        url="/@ada/1",
        published_at=_SAMPLE_DAY,
        title="Hills",
        text="A #sample, see https://gallery.example/policy.",
        pictures=(picture,),
        boosted_by=ActorView("", "@ben@elsewhere.example", "https://elsewhere.example/@ben"),
        reactions=ReactionsView(
            Counts(likes=12, boosts=1, comments=3),
            "/like",
            "/boost",
            has_liked=True,
            emoji_action="/emoji",
            emojis=(("🎨", 7), ("👏", 2)),
            own_emoji="🎨",
            choices=CHOICES,
        ),
        comment_url="/@ada/1",
    )


def _tile(index: int) -> TileView:
    width, height = _RATIOS[index]
    is_last = index == len(_RATIOS) - 1
    return TileView(
        url="/styleguide",
        title="" if index == 2 else f"Hills {index + 1}",
        picture=_picture(width, height),
        byline=f"{width} : {height}",
        is_sensitive=is_last,
        warning="Nudity" if is_last else "",
        badge="3 pictures" if index == 0 else "",
    )


def _picture(width: int, height: int) -> PictureView:
    scale = 1280 // max(width, height)
    return PictureView(
        alt="Grey hills below a pale sun: a sample.",
        width=width * scale,
        height=height * scale,
        jpeg=(SourceView("/static/sample.svg", width * scale),),
    )
