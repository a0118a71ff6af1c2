"""What proves what a file is and what it becomes: verdict, type, sizes, frames, marks of AI."""

import hashlib
import io
import struct
from collections.abc import Mapping
from typing import Final

from PIL import Image, ImageSequence

from server.model import ImageFormat, RenditionName
from server.pictures import RefusalCode
from server.sniffing import Kind, count_frames, sniff
from tests.imaging.corpus import (
    FOLDER,
    Entry,
    Proof,
    find,
    made,
    made_of,
    opened,
    refusal_of,
    shown,
    source_of,
)
from tests.imaging.credentials import authority, by_c2pa
from tests.imaging.proofs_of_metadata import tags_of_uploads

ANCHOR: Final = "trust/test-ca.pem"
_VISIBLE: Final = 250  # alpha below which somebody sees the difference
_NAMED: Final[dict[str | None, str]] = {
    "image/svg+xml": "SVG",
    "text/html": "web page",
    "video/mp4": "video",
}
_NAMED |= {"application/json": "text file", "image/heic": "HEIC", None: "empty"}
_WHERE: Final = {"EXIF": "EXIF", "PNG": "PNG text", "alpha": "hidden in the pixels"}
_WHERE |= {"XMP": "XMP", "C2PA": "Content Credentials"}


# ---- verdicts ---------------------------------------------------------------------------------


def _verdict(entry: Entry) -> None:
    found = made(entry)
    verdict = "refuse" if found is None else "accept-with-label" if found.declared_by else "accept"
    assert verdict in {entry["expected"], *entry["also_ok"]}
    if found is None:
        message = refusal_of(entry["file"]).message
        assert message.startswith("This ")
        assert message.endswith(".")
        assert any(deed in message for deed in ("upload", "export", "choose"))


def _mime(entry: Entry) -> None:
    said = tags_of_uploads()[entry["file"]].get("File:MIMEType")
    assert (said or "").replace("apng", "png") == (entry["mime"] or "")
    kind, found = sniff(source_of(entry)), made(entry)
    if found is not None:
        assert found.media_type == entry["mime"]
    elif isinstance(kind, Kind):
        assert kind.value == entry["mime"]
    else:
        assert _NAMED[entry["mime"]] in kind.message


# ---- sizes and frames -------------------------------------------------------------------------


def _stored(entry: Entry, axis: int) -> int | None:
    """Return a side as ExifTool reads it, or, of a cut WebP, as its frame says (RFC 6386, 9.1)."""
    tags = tags_of_uploads()[entry["file"]]
    if entry["mime"] == "image/webp" and "File:ImageWidth" not in tags and made(entry) is None:
        return int(struct.unpack_from("<HH", source_of(entry), 26)[axis]) & 0x3FFF
    names = ("ImageWidth", "ImageHeight")
    found = [value for key, value in tags.items() if key.endswith(f":{names[axis]}")]
    return found[0] if found else None


def _size(axis: int, key: str) -> Proof:
    def proof(entry: Entry) -> None:
        if entry[key] is not None:
            assert _stored(entry, axis) == entry[key]
        if (found := made(entry)) is None:
            refusal_of(entry["file"])
            return
        assert sorted((found.width, found.height)) == sorted((entry["width"], entry["height"]))

    return proof


def _displayed(axis: int, key: str) -> Proof:
    def proof(entry: Entry) -> None:
        if (found := made(entry)) is not None:
            assert (found.width, found.height)[axis] == entry[key]

    return proof


def _orientation(entry: Entry) -> None:
    if made(entry) is None:
        return
    assert tags_of_uploads()[entry["file"]].get("IFD0:Orientation", 1) == entry["orientation"]
    assert entry["orientation"] == 1 or entry["patches"], "who knows then that it is upright"
    for one in made_of(entry["file"]).renditions:
        assert shown(one).getexif().get(0x0112, 1) == 1, "a viewer would turn it again"


def _frames(entry: Entry) -> None:
    found, kind = made(entry), sniff(source_of(entry))
    if found is None:
        if isinstance(kind, Kind) and entry["frames"] > 1:
            assert count_frames(kind, source_of(entry), at_most=10_000) == entry["frames"]
            assert refusal_of(entry["file"]).code is RefusalCode.TOO_MANY_FRAMES
        return
    assert found.frames == entry["frames"]
    moving = [one for one in found.renditions if one.format in {ImageFormat.WEBP, ImageFormat.GIF}]
    assert bool(moving) is (entry["frames"] > 1)
    for one in moving:
        assert shown(one).n_frames == entry["frames"]  # type: ignore[attr-defined]


def _alpha(entry: Entry) -> None:
    if made(entry) is None:
        return
    copy = shown(find(made_of(entry["file"]), RenditionName.TILE, ImageFormat.AVIF))
    with opened(entry) as source:
        assert source.has_transparency_data is entry["alpha"] or entry["frames"] > 1
        seen = source.convert("RGBA").getchannel("A").getextrema()[0] if entry["alpha"] else 255
    assert (copy.mode == "RGBA") is (int(seen) < _VISIBLE)  # type: ignore[arg-type]  # one channel


def _moving(entry: Entry) -> list[Image.Image]:
    body = find(made_of(entry["file"]), RenditionName.VIEW, ImageFormat.WEBP).body
    return [frame.copy() for frame in ImageSequence.Iterator(Image.open(io.BytesIO(body)))]


def _durations(entry: Entry) -> None:
    assert [frame.info["duration"] for frame in _moving(entry)] == entry["durations_ms"]


def _loop(entry: Entry) -> None:
    assert {frame.info["loop"] for frame in _moving(entry)} == {entry["loop"]}


# ---- AI ---------------------------------------------------------------------------------------


def _ai_marker(entry: Entry) -> None:
    found = made(entry)
    if entry["ai_marker"] is None:
        assert found is None or (found.declared_by, found.declared_where) == ("", "")
        return
    assert found is not None
    words = f"{found.declared_by} {found.declared_where}".lower()
    wanted = [entry["ai_marker"], *entry.get("ai_marker_alternatives", ())]
    if "A1111" in entry["ai_marker"]:  # what those three programs write has one format
        wanted = ["Stable Diffusion"]
    assert any(part.lower() in words for one in wanted for part in one.replace("/", " ").split())


def _ai_where(entry: Entry) -> None:
    places = [one.split()[0] for one in entry["ai_where"].split(" + ")]
    where = made_of(entry["file"]).declared_where
    assert any(where.startswith(_WHERE[place]) for place in places if place in _WHERE)


def _c2pa_state(entry: Entry) -> None:
    source, anchor = source_of(entry), (FOLDER / ANCHOR).read_text()
    assert by_c2pa(source, entry["mime"], anchor)[0] == entry["c2pa_state"]
    stranger = "Valid" if entry["c2pa_state"] == "Trusted" else entry["c2pa_state"]
    assert by_c2pa(source, entry["mime"], authority().certificate)[0] == stranger


# ---- the file itself --------------------------------------------------------------------------


def _is_this_file(entry: Entry) -> None:
    assert (FOLDER / entry["file"]).is_file()


def _bytes(entry: Entry) -> None:
    assert len(source_of(entry)) == entry["bytes"]


def _sha256(entry: Entry) -> None:
    assert hashlib.sha256(source_of(entry)).hexdigest() == entry["sha256"]


def _category(entry: Entry) -> None:
    assert entry["file"].startswith(f"{entry['category']}/")


def _what(entry: Entry) -> None:
    assert entry["what"].strip()


def _base(entry: Entry) -> None:
    said = entry["base"]
    assert set(said) == {"name", "licence", "source"}
    assert "CC0" in said["licence"] or "public domain" in said["licence"]


PROOFS: Final[Mapping[str, Proof]] = {
    "file": _is_this_file,
    "bytes": _bytes,
    "sha256": _sha256,
    "category": _category,
    "what": _what,
    "base": _base,
    "expected": _verdict,
    "also_ok": _verdict,
    "mime": _mime,
    "width": _size(0, "width"),
    "height": _size(1, "height"),
    "display_width": _displayed(0, "display_width"),
    "display_height": _displayed(1, "display_height"),
    "orientation": _orientation,
    "frames": _frames,
    "durations_ms": _durations,
    "loop": _loop,
    "alpha": _alpha,
    "ai_marker": _ai_marker,
    "ai_marker_alternatives": _ai_marker,
    "ai_where": _ai_where,
    "c2pa_state": _c2pa_state,
}
