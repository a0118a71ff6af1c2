"""Animations kept as animations: WebP for pages, a cleaned GIF for other servers.

Law: within a budget of pixels, since each frame costs as much as a picture; what is beyond it is
shown as its first frame. One frame is held at a time. A GIF for others keeps its frames' very
bytes and loses everything that is none: comments, texts, unknown blocks, what follows its end.
Sources: the WebP container specification, GIF89a, XMP part 3 (1.1.2).
"""

import io
from collections.abc import Callable, Iterator
from typing import Final

from PIL import Image

from server.decoding import UNREADABLE, Opened, Size, fitted
from server.inscribing import Marks
from server.model import ImageFormat, RenditionName
from server.pictures import MadeRendition
from server.sniffing import Kind

_SIDES: Final = ((RenditionName.VIEW, 1280), (RenditionName.PREVIEW, 800))
_MAX_DECODED: Final = 400_000_000  # pixels of all frames together: about ten seconds
_MAX_ENCODED: Final = 100_000_000  # likewise, of one copy
_QUALITY: Final = 80
_METHOD: Final = 2  # 4 costs three times the CPU for 4 % fewer bytes
_FAST: Final = 20  # milliseconds; below, browsers take a frame's time for a mistake
_USUAL: Final = 100  # which they then show instead
_MAX_GIF_SIDE: Final = 1_280  # Mastodon makes a film of it, frame by frame
_MAX_GIF_BYTES: Final = 10_000_000
_LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP_TRAILER: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"

ToPage = Callable[[Image.Image], Image.Image]  # a stored frame in sRGB, upright


class Reel(Image.Image):
    """An animation as Pillow's encoders want it, of which one frame at a time is in memory."""

    def __init__(self, source: Image.Image, size: Size, to_page: ToPage) -> None:
        super().__init__()
        # The first picture of an APNG may be for those who show no animations (PNG 3, 11.3.4.2).
        self._skipped = int(bool(getattr(source, "default_image", False)))
        self.n_frames = int(getattr(source, "n_frames", 1)) - self._skipped
        self.durations = [_USUAL] * self.n_frames
        self._source, self._wanted, self._to_page, self._at = source, size, to_page, -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Make a frame the picture."""
        if frame == self._at:
            return
        self._source.seek(frame + self._skipped)
        shown = self._to_page(self._source)
        if shown.size != self._wanted:
            shown = shown.resize(self._wanted, Image.Resampling.BICUBIC)
        said = self._source.info.get("duration", _USUAL)
        millis = round(said) if isinstance(said, (int, float)) else _USUAL
        self.durations[frame] = millis if millis >= _FAST else _USUAL
        self.im, self._mode, self._size = shown.im, shown.mode, shown.size
        self._at = frame

    def tell(self) -> int:
        """Return which frame is the picture."""
        return self._at


def count_moving(opened: Opened) -> int:
    """Return how many moving copies `moving_copies` tries to make."""
    return len(_sizes(opened)) + _is_gif_kept(opened)


def moving_copies(opened: Opened, marks: Marks, to_page: ToPage) -> Iterator[MadeRendition]:
    """Give an animation's moving copies: none of a still, nor where it would take too long."""
    for size, name in _sizes(opened).items():
        body = _webp(opened.again(), size, marks, to_page)
        if body:
            yield MadeRendition(name, ImageFormat.WEBP, *size, body)
    if _is_gif_kept(opened):
        gif = plain_gif(opened.source, marks.xmp)
        if gif and len(gif) <= _MAX_GIF_BYTES:
            yield MadeRendition(RenditionName.FEDERATED, ImageFormat.GIF, *opened.displayed, gif)


def _is_affordable(opened: Opened) -> bool:
    stored = opened.size[0] * opened.size[1]
    return opened.frames > 1 and opened.frames * stored <= _MAX_DECODED


def _sizes(opened: Opened) -> dict[Size, RenditionName]:
    """Return which sizes move, each once, by the first name that it has."""
    found: dict[Size, RenditionName] = {}
    for name, side in _SIDES if _is_affordable(opened) else ():
        size = fitted(opened.displayed, side)
        if opened.frames * size[0] * size[1] <= _MAX_ENCODED:
            found.setdefault(size, name)
    return found


def _is_gif_kept(opened: Opened) -> bool:
    is_small = max(opened.displayed) <= _MAX_GIF_SIDE
    return opened.kind is Kind.GIF and is_small and _is_affordable(opened)


def _webp(image: Image.Image, size: Size, marks: Marks, to_page: ToPage) -> bytes:
    out = io.BytesIO()
    try:
        reel = Reel(image, size, to_page)
        reel.save(
            out,
            "WEBP",
            save_all=True,
            duration=reel.durations,
            loop=_plays(image),
            quality=_QUALITY,
            method=_METHOD,
            allow_mixed=True,
            xmp=marks.xmp,
            exif=marks.exif,
        )
    except UNREADABLE:  # a broken frame behind a good first one
        return b""
    return out.getvalue()


def _plays(image: Image.Image) -> int:
    """Return how often it plays, 0 for ever. A GIF says how often it is repeated."""
    said = image.info.get("loop")
    if image.format == "GIF":
        return 1 if said is None else int(said) + 1 if said else 0
    return int(said) if isinstance(said, int) else 0


def plain_gif(source: bytes, xmp: bytes) -> bytes:
    """Return a GIF of these very frames with a packet of ours; b"" where it cannot be walked."""
    if len(source) < 13:
        return b""
    at = 13 + _table(source[10])
    kept = [source[:at]]
    while at < len(source):
        start, kind = at, source[at]
        if kind == 0x3B:
            kept.append(_packet(xmp))
            return b"".join((*kept, b"\x3b"))
        if kind == 0x2C and at + 10 <= len(source):
            at = _blocks_end(source, at + 11 + _table(source[at + 9]))
            kept.append(source[start:at])
        elif kind == 0x21 and at + 2 < len(source):
            at = _blocks_end(source, at + 2)
            label = source[start + 1]
            is_loop = label == 0xFF and source[start + 3 : start + 14] in _LOOPS
            if label == 0xF9 or is_loop:
                kept.append(source[start:at])
        else:
            return b""
        if at <= start:
            return b""
    return b""  # it ends without an end: half a picture


def _packet(xmp: bytes) -> bytes:
    return b"\x21\xff\x0bXMP DataXMP" + xmp + _XMP_TRAILER + b"\x00" if xmp else b""


def _table(flags: int) -> int:
    """Return the bytes of a colour table that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(source: bytes, at: int) -> int:
    """Return where a row of sub-blocks ends; -1 where the file ends before."""
    while at < len(source) and source[at]:
        at += source[at] + 1
    return at + 1 if at < len(source) else -1
