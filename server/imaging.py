"""Turn one hostile upload into renditions: sniff, bound, decode, upright, shrink, encode.

Law: runs in a child process, synchronously, bytes in and bytes out. Nothing of the upload
but its pixels, its colour profile (where it has one that holds) and the few words that
`server.inscribing` names reaches a rendition, so no position, serial number, prompt, comment,
thumbnail or trailing file can. An animation
has moving copies beside those of its first frame (`server.animating`).

Which renditions exist, never enlarged: `tile`, `preview`, `view`, `federated` and `card`
always, so that pages and peers may rely on them (a small picture's are all its own size);
`large` where the picture is larger than `view`; `full`, if asked for, where it is larger
than `large` and has at most 50 megapixels. Page renditions (AVIF, and JPEG for what cannot
show it; a huge `full` is JPEG alone) keep a wide gamut and embed its profile; `federated`
and `card` are sRGB JPEG.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

import msgspec
from PIL import Image

from server.animating import count_moving, moving_copies
from server.camera import NOTHING
from server.colour import Colour, read_colour, to_page, to_srgb
from server.credentials import Reading
from server.decoding import (
    Opened,
    Size,
    Unusable,
    decode,
    fitted,
    opaque_if_it_looks_so,
    open_picture,
    plain,
    scaled,
)
from server.embedded import read_embedded
from server.encoding import avif, blurhash_of, is_huge, jpeg, jpeg_within, placeholder
from server.inscribing import Marks, marks_for
from server.inscription import Inscription
from server.model import ImageFormat, RenditionName
from server.pdq import hashes_of
from server.pictures import (
    FULL_MAX_PIXELS,
    Answer,
    Made,
    MadeRendition,
    PictureTask,
    Refusal,
    RefusalCode,
    pack_answer,
    read_task,
)
from server.portraits import (
    SHAPES,
    WHOLE_SIDE,
    PortraitTask,
    Portrayed,
    pack_portrayed,
    read_portrait_task,
)
from server.provenance import declaration
from server.recipes import Focus
from server.shaping import Rgb, around, flat_on, ground_for, on_neutral, resized
from server.stealth import hidden_magic
from server.steps import Report
from server.values import dataclass
from server.watermarking import stamped
from server.watermarks import Stamp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What all page renditions of one picture share."""

    profile: bytes  # b"" = sRGB
    ground: Rgb  # beneath what is transparent, where a format has no alpha
    marks: Marks
    stamp: Stamp | None = None  # a watermark on some of them


# What the policy lets peers have by default: a larger copy would be announced and then not
# served. Its square is 3840 × 2160 pixels, above which Mastodon re-encodes; Pixelfed drops the
# whole post above 5,000 a side.
FEDERATED_MAX_SIDE: Final = 2_880
FEDERATED_MAX_BYTES: Final = 10_000_000  # Vernissage's limit, the lowest
CARD_SIZE: Final = (1200, 630)

_SIDES: Final = (
    (RenditionName.LARGE, 2048),
    (RenditionName.VIEW, 1280),
    (RenditionName.PREVIEW, 800),
    (RenditionName.TILE, 480),
)
_OF_WORKS: Final = frozenset({RenditionName.FEDERATED, RenditionName.CARD})
_VIEW_SIDE: Final = 1280
_SAMPLE_SIDE: Final = 1_000  # of what somebody shows who asks to come in
_SAMPLE_QUALITY: Final = 80
_LARGE_SIDE: Final = 2048


def answer(data: bytes, report: Report) -> bytes:
    """Do the "picture" task: a packed `PictureTask` in, a packed `Answer` out.

    `report` hears of each copy that is made.
    """
    return pack_answer(make_as(read_task(data), report))


def make(
    source: bytes,
    inscription: Inscription | None = None,
    reading: Reading | None = None,
    *,
    full_side: int = 0,
) -> Answer:
    """Make every rendition of one upload, inscribed, or say why not.

    `reading`: what the upload's Content Credentials say, where somebody looked.
    """
    return make_as(PictureTask(source, full_side, inscription, reading))


def make_as(task: PictureTask, report: Report = lambda _done, _of: None) -> Answer:
    """Make every rendition of one upload as a task wants them, or say why not."""
    return _made(task.source, lambda opened: _derive(task, opened, report))


def sample(data: bytes) -> bytes:
    """Do the "sample" task: a packed `PictureTask` in, a packed `Answer` with one small JPEG out.

    Nothing of the upload but its pixels is in it.
    """
    return pack_answer(_made(read_task(data).source, _sampled))


def portrait(data: bytes) -> bytes:
    """Do the "portrait" task: a packed `PortraitTask` in, a packed `Portrayed` or `Refusal` out.

    Nothing of the upload but its pixels is in either copy.
    """
    task = read_portrait_task(data)
    return pack_portrayed(_made(task.source, lambda opened: _portrayed(task, opened)))


def _made(source: bytes, derive: Callable[[Opened], T]) -> T | Refusal:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata is none of our business
            return derive(open_picture(source))
    except Unusable as unusable:
        return unusable.refusal
    except MemoryError:
        return Refusal(
            RefusalCode.TOO_MANY_PIXELS,
            "This picture needs more memory than one picture may take here; "
            "make it smaller, or save it as JPEG, and upload that.",
        )


def federated_size(size: Size) -> Size:
    """Return the size that every known server takes without re-encoding or refusing it."""
    return fitted(size, FEDERATED_MAX_SIDE)


def _derive(task: PictureTask, opened: Opened, report: Report) -> Made:
    displayed = opened.displayed
    is_possible = displayed[0] * displayed[1] <= FULL_MAX_PIXELS
    with_full = is_possible and _LARGE_SIDE < max(displayed) <= task.full_side
    largest = displayed if with_full else federated_size(displayed)
    count = _count(opened, with_full=with_full)
    report(0, count)
    found = replace(read_embedded(opened, task.source), reading=task.reading)
    page, colour, stealth = _page_picture(opened, largest)
    said = declaration(found, stealth)
    marks = marks_for(task.inscription, found, said)
    federated = to_srgb(resized(page, federated_size(displayed)), colour)
    small = resized(federated, fitted(displayed, _VIEW_SIDE))
    ground = ground_for(small)
    flat, stamp = flat_on(small, ground), task.stamp
    look = Look(colour.embed, ground, marks, stamp)

    def copies() -> Iterator[MadeRendition]:
        if not task.is_shot:
            shared = _stamped(federated, RenditionName.FEDERATED, stamp)
            yield _federated(flat_on(shared, ground), marks)
            yield _card(flat, marks, task.card_focus, stamp)
        yield from _page_renditions(page, look, with_full=with_full)
        moving = moving_copies(opened, marks, _frame_maker(opened))
        yield from (one for one in moving if not (task.is_shot and one.name in _OF_WORKS))

    return Made(
        media_type=opened.kind.value,
        width=displayed[0],
        height=displayed[1],
        frames=opened.frames,
        placeholder=placeholder(small),
        blurhash=blurhash_of(flat),
        icc_name=colour.name,
        renditions=tuple(_reported(copies(), count, report)),
        declared_by=said.by if said else "",
        declared_where=said.where if said else "",
        camera=found.camera if task.inscription and task.inscription.with_camera else NOTHING,
        data_mining=marks.written.data_mining,
        written=marks.written,
        likeness=hashes_of(flat),
    )


def _count(opened: Opened, *, with_full: bool) -> int:
    """Return how many copies there will be, unless some moving one does not succeed."""
    full = (1 if is_huge(opened.displayed) else 2) if with_full else 0
    return 2 + full + 2 * len(_names(opened.displayed)) + count_moving(opened)


def _names(size: Size) -> tuple[tuple[RenditionName, int], ...]:
    return _SIDES if max(size) > _VIEW_SIDE else _SIDES[1:]


def _reported(
    copies: Iterator[MadeRendition], count: int, report: Report
) -> Iterator[MadeRendition]:
    for done, copy in enumerate(copies, start=1):
        report(done, max(done, count))
        yield copy


def _sampled(opened: Opened) -> Made:
    size = fitted(opened.displayed, _SAMPLE_SIDE)
    page, colour, _ = _page_picture(opened, size)
    plain = to_srgb(resized(page, size), colour)
    flat = flat_on(plain, ground_for(plain))
    body = jpeg(flat, Marks(), quality=_SAMPLE_QUALITY)
    copy = MadeRendition(RenditionName.PREVIEW, ImageFormat.JPEG, *flat.size, body)
    return Made(opened.kind.value, *opened.displayed, opened.frames, "", "", "", (copy,))


def _portrayed(task: PortraitTask, opened: Opened) -> Portrayed:
    size, displayed = SHAPES[task.kind], opened.displayed
    factor = min(1.0, max(size[0] / displayed[0], size[1] / displayed[1]))
    page, colour, _ = _page_picture(opened, scaled(displayed, factor))
    plain = to_srgb(page, colour)
    flat = flat_on(plain, ground_for(plain))
    whole = resized(flat, fitted(flat.size, WHOLE_SIDE))
    return Portrayed(
        jpeg(around(flat, size, task.focus), Marks()),
        jpeg(whole, Marks(), quality=_SAMPLE_QUALITY),
        *whole.size,
    )


def _page_picture(opened: Opened, largest: Size) -> tuple[Image.Image, Colour, bytes]:
    """Return the picture upright at `largest`, what its colours mean, and what its pixels hide."""
    stored = opened.turned(largest)
    decoded = decode(opened, stored)
    stealth = hidden_magic(decoded)
    decoded = opaque_if_it_looks_so(decoded)
    colour = read_colour(opened.image.info.get("icc_profile"), decoded.mode)
    image = resized(decoded, stored)
    if image is not opened.image:
        opened.image.close()  # it would keep every decoded pixel until the end
    if opened.turn is not None:
        image = image.transpose(opened.turn)
    page = to_page(image, colour)
    page.info = {}  # Pillow writes some of it into every file that it saves
    return page, colour if colour.embed else Colour(name=colour.name), stealth


def _frame_maker(opened: Opened) -> Callable[[Image.Image], Image.Image]:
    """Return how a frame of an animation is shown: in sRGB, upright."""

    def shown(frame: Image.Image) -> Image.Image:
        flat = plain(frame)
        image = to_srgb(flat, read_colour(frame.info.get("icc_profile"), flat.mode))
        return image if opened.turn is None else image.transpose(opened.turn)

    return shown


def _page_renditions(page: Image.Image, look: Look, *, with_full: bool) -> Iterator[MadeRendition]:
    """Encode from large to small, each resized from the one before, equal sizes once."""
    if with_full:
        yield from _both_formats(
            RenditionName.FULL, _stamped(page, RenditionName.FULL, look.stamp), look
        )
    encoded: list[MadeRendition] = []
    is_marked = False
    for name, side in _names(page.size):
        smaller, was_marked = resized(page, fitted(page.size, side)), is_marked
        is_marked = look.stamp is not None and look.stamp.watermark.is_on(name)
        if not encoded or smaller.size != page.size or is_marked != was_marked:
            encoded = list(_both_formats(name, _stamped(smaller, name, look.stamp), look))
        yield from (msgspec.structs.replace(one, name=name) for one in encoded)
        page = smaller


def _stamped(image: Image.Image, name: RenditionName, stamp: Stamp | None) -> Image.Image:
    """Return the picture as a copy of this name shows it: with the watermark, if it bears one."""
    if stamp is None or not stamp.watermark.is_on(name):
        return image
    return stamped(image, stamp)


def _both_formats(name: RenditionName, page: Image.Image, look: Look) -> Iterator[MadeRendition]:
    marks, profile = look.marks, look.profile
    if not is_huge(page.size):
        body = avif(page, marks, profile=profile)
        yield MadeRendition(name, ImageFormat.AVIF, *page.size, body)
    body = jpeg(flat_on(page, look.ground), marks, profile=profile)
    yield MadeRendition(name, ImageFormat.JPEG, *page.size, body)


def _federated(flat: Image.Image, marks: Marks) -> MadeRendition:
    body = jpeg_within(flat, marks, FEDERATED_MAX_BYTES)
    return MadeRendition(RenditionName.FEDERATED, ImageFormat.JPEG, *flat.size, body)


def _card(
    flat: Image.Image, marks: Marks, focus: Focus | None, stamp: Stamp | None
) -> MadeRendition:
    """Show the whole picture on a neutral ground, or, cut to shape, what is around its focus."""
    card = on_neutral(flat, CARD_SIZE) if focus is None else around(flat, CARD_SIZE, focus)
    card = _stamped(card, RenditionName.CARD, stamp)
    return MadeRendition(RenditionName.CARD, ImageFormat.JPEG, *CARD_SIZE, jpeg(card, marks))
