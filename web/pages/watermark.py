"""The watermark of an artist: chosen, and seen before it is on anything."""

from typing import Annotated, Final

from aiohttp import web

from server.errors import FixatifError
from server.values import dataclass
from server.watermarks import MAX_LETTERS, Watermark, WatermarkReach, WatermarkStyle
from web.desk_views import WatermarkPage
from web.errors import status_of
from web.fields import Fields, Line, decode
from web.flows import flows
from web.forms import FilePart, UploadLimits, read_multipart
from web.intake import for_people
from web.opened import Since, again, meet, on_top, opened
from web.respond import artist_of, head_for, page, to
from web.views import FormView, OptionView

_HERE: Final = "/settings/watermark"
_LIMITS: Final = UploadLimits(max_fields=8, max_files=1, max_file_bytes=5_242_880)
STYLES: Final = (
    OptionView(WatermarkStyle.CORNER, "In the corner"),
    OptionView(WatermarkStyle.TILED, "All over, faintly"),
)
REACHES: Final = (
    OptionView(
        WatermarkReach.SHARED,
        "Copies for other servers, and the small one",
        "Whoever looks at the work here sees it clean.",
    ),
    OptionView(WatermarkReach.ALL, "Every copy but the tile on your wall"),
)


_LABELS = {"text": "the words", "style": "where it stands", "reach": "which copies bear it"}


@dataclass(frozen=True, slots=True)
class WatermarkForm:
    """What the form says; a logo comes beside it."""

    text: Annotated[str, Line("The text", MAX_LETTERS)] = ""
    style: WatermarkStyle = WatermarkStyle.CORNER
    reach: WatermarkReach = WatermarkReach.SHARED
    then: Annotated[str, Line("What to do", 10)] = "keep"


async def watermark_form(request: web.Request) -> web.StreamResponse:
    """Show the watermark, and offer to change it."""
    return await _page(request, opened(FormView(_values(artist_of(request).watermark))))


async def watermark(request: web.Request) -> web.StreamResponse:
    """Keep a watermark, or take it off."""
    artist, sent = artist_of(request), Fields(())
    try:
        sent, logo = await _received(request)

        async def save() -> None:
            seen = await flows(request).accounts.named(artist.handle)
            form = decode(WatermarkForm, meet(sent, _values(seen.watermark), Since(), _LABELS))
            # A text that is typed takes the place of a logo that was there
            kept = seen.watermark.logo if seen.watermark and not form.text else ""
            wish = Watermark(form.text, kept, form.style, form.reach)
            is_end = form.then == "remove"
            wish, image = (Watermark(), b"") if is_end else (wish, logo)
            await flows(request).marking.change(seen, wish, image, seen)

        await on_top(save)
    except FixatifError as found:
        problem = for_people(found)
        return await _page(request, again(sent, problem), status=status_of(problem))
    return to(_HERE, "watermark")


async def watermark_sample(request: web.Request) -> web.StreamResponse:
    """Send a plain picture with the watermark, to its artist alone."""
    jpeg = await flows(request).marking.sample(artist_of(request))
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return web.Response(body=jpeg, content_type="image/jpeg", headers=headers)


async def _received(request: web.Request) -> tuple[Fields, bytes]:
    fields: list[tuple[str, str]] = []
    logo = b""
    async for part in read_multipart(request, _LIMITS):
        if isinstance(part, FilePart):
            logo = b"".join([chunk async for chunk in part.chunks])
        else:
            fields.append((part.name, part.value))
    return Fields(fields), logo


async def _page(request: web.Request, form: FormView, status: int = 200) -> web.Response:
    now = artist_of(request).watermark
    view = WatermarkPage(
        form=form,
        styles=STYLES,
        reaches=REACHES,
        max_letters=MAX_LETTERS,
        has_logo=bool(now and now.logo),
        sample_url=f"{_HERE}/sample.jpg" if now else "",
    )
    usage = flows(request).house.usage_of()
    head = head_for(request, title="Watermark", usage=usage)
    return await page(request, "watermark.html", view, head=head, status=status)


def _values(watermark: Watermark | None) -> dict[str, str]:
    if watermark is None:
        return {"text": "", "style": WatermarkStyle.CORNER, "reach": WatermarkReach.SHARED}
    return {"text": watermark.text, "style": watermark.style, "reach": watermark.reach}
