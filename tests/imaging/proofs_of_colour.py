"""What proves the colours that the manifest gives: by value, by profile, by depth."""

import hashlib
import io
import struct
from collections.abc import Mapping
from typing import Final

from PIL import Image, ImageCms

from server.model import ImageFormat, RenditionName
from tests.imaging.corpus import (
    Entry,
    Proof,
    find,
    made,
    made_of,
    mean_colour,
    opened,
    shown,
)

LOSSY: Final = 4  # what our own JPEG and AVIF may add to a colour's error
_FORMATS: Final = (ImageFormat.AVIF, ImageFormat.JPEG)
_ON_PAGES: Final = (RenditionName.TILE, RenditionName.PREVIEW, RenditionName.VIEW)
_COLOUR_TAGS: Final = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"A2B0", b"wtpt")
_LAB: Final = 8  # 8-bit L*a*b* of a lossy copy is this near


def near(found: list[float], expected: list[float], tolerance: float) -> bool:
    wanted = expected * 3 if len(expected) == 1 else expected
    return all(abs(a - b) <= tolerance for a, b in zip(found, wanted, strict=True))


def profile_of(image: Image.Image) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))


def profile_name(image: Image.Image) -> str:
    if not image.info.get("icc_profile"):
        return ""
    return ImageCms.getProfileDescription(profile_of(image)).strip()


def tags_of_icc(icc: bytes) -> dict[bytes, bytes]:
    """Return what decides colours in a profile, tag by tag."""
    count = int.from_bytes(icc[128:132])
    table = struct.iter_unpack(">4sII", icc[132 : 132 + 12 * count])
    return {name: icc[at : at + length] for name, at, length in table if name in _COLOUR_TAGS}


def _converted(image: Image.Image, to: ImageCms.core.CmsProfile, mode: str) -> Image.Image:
    source = profile_of(image) if image.info.get("icc_profile") else ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(
        image.convert("RGB"),
        source,
        to,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode=mode,
    )
    assert converted is not None
    return converted


def _in_srgb(image: Image.Image) -> Image.Image:
    return _converted(image, ImageCms.createProfile("sRGB"), "RGB")


def _in_lab(image: Image.Image, frac: list[float]) -> list[float]:
    """Return L*a*b* as 8 bits hold it: a and b end at -128 and 127."""
    square = Image.new("RGB", (4, 4), tuple(round(value) for value in mean_colour(image, frac)))
    square.info = image.info
    lab = _converted(square, ImageCms.createProfile("LAB"), "LAB")
    lightness, a, b = lab.tobytes()[:3]
    return [lightness * 100 / 255, *(value - 256 if value > 127 else value for value in (a, b))]


def _upright(entry: Entry) -> Image.Image:
    """Return an upload as a reader shows it that knows how it is turned, and no profile."""
    image = opened(entry)
    image.load()
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(entry["orientation"])
    return image if turn is None else image.transpose(turn)


def _patches(entry: Entry) -> None:
    if not entry["patches"]:
        return
    found, upload = made_of(entry["file"]), _upright(entry)
    federated = shown(find(found, RenditionName.FEDERATED))
    views = [shown(find(found, RenditionName.VIEW, form)) for form in _FORMATS]
    keeps_numbers = entry["icc_full"] and entry.get("icc_full_alternatives") is None
    for patch in entry["patches"]:
        _stands_where_it_says(entry, patch)
        _is_what_the_upload_holds(entry, patch, upload)
        tolerance = patch["tol"] + LOSSY
        if patch["in_gamut"]:
            for image in (federated, *(_in_srgb(view) for view in views)):
                assert near(mean_colour(image, patch["frac"]), patch["srgb"], tolerance), patch
        for view in views:
            if patch["lab_d50"] is not None:
                clipped = [max(-128.0, min(127.0, value)) for value in patch["lab_d50"]]
                assert near(_in_lab(view, patch["frac"]), clipped, tolerance + _LAB), patch
        if keeps_numbers:  # the very numbers of the upload, outside sRGB too
            for which, form in ((name, form) for name in _ON_PAGES for form in _FORMATS):
                copy = shown(find(found, which, form))
                assert near(mean_colour(copy, patch["frac"]), _source(entry, patch), tolerance)


def _source(entry: Entry, patch: Entry) -> list[float]:
    return [value / (257 if entry.get("bits") == 16 else 1) for value in patch["source"]]


def _stands_where_it_says(entry: Entry, patch: Entry) -> None:
    assert patch["name"]
    sides = [entry["display_width"], entry["display_height"]] * 2
    for value, share, side in zip(patch["rect"], patch["frac"], sides, strict=True):
        assert abs(value / side - share) < 0.001


def _is_what_the_upload_holds(entry: Entry, patch: Entry, upload: Image.Image) -> None:
    """Prove the manifest's own claims: what a reader sees that ignores the profile."""
    if patch["ignored_profile_srgb"] is not None:
        seen = mean_colour(upload, patch["frac"])
        if upload.mode == "CMYK":  # the formula of the manifest leaves out what black takes away
            return
        assert near(seen, patch["ignored_profile_srgb"], patch["tol"] + LOSSY), patch
    assert near(mean_colour(upload, patch["frac"]), _source(entry, patch), patch["tol"]), patch


def _icc_embedded(entry: Entry) -> None:
    if made(entry) is not None:
        if entry["icc_embedded"]:
            assert profile_name(opened(entry)) == entry["icc_embedded"]
        assert made_of(entry["file"]).icc_name == (entry["icc_embedded"] or "")


def _icc_sha256(entry: Entry) -> None:
    icc = opened(entry).info["icc_profile"]
    assert hashlib.sha256(icc).hexdigest() == entry["icc_sha256"]
    if entry.get("icc_full_alternatives") is None:
        copy = shown(find(made_of(entry["file"]), RenditionName.VIEW))
        assert tags_of_icc(copy.info["icc_profile"]) == tags_of_icc(icc)


def _icc_full(entry: Entry) -> None:
    if entry["icc_full"] is None or entry.get("icc_full_alternatives") is not None:
        return  # the patches decide
    copies = [copy for copy in made_of(entry["file"]).renditions if copy.name in _ON_PAGES]
    assert {profile_name(shown(copy)) for copy in copies} == {entry["icc_full"]}


def _icc_alternatives(entry: Entry) -> None:
    assert entry["patches"], "colours decide, and there are none"
    _patches(entry)


def _bits(entry: Entry) -> None:
    """Prove that 16 bits are scaled, not clipped: light and dark are where they were."""
    with opened(entry) as header:
        said = header.tile[0][3]  # how its decoder was told to read: "RGB;16B", "I;16B"
    assert str(entry["bits"]) in str(said)
    upload, copy = opened(entry), shown(find(made_of(entry["file"]), RenditionName.VIEW))
    if upload.mode.startswith("I"):
        upload = upload.convert("F").point(lambda value: value / 257 + 0).convert("L")
    parts = [[left / 4, top / 4, 0.25, 0.25] for left in range(4) for top in range(4)]
    pairs = [(mean_colour(upload, part), mean_colour(copy, part)) for part in parts]
    assert all(near(ours, theirs, 2 * LOSSY) for theirs, ours in pairs)
    assert len({tuple(theirs) for theirs, _ in pairs}) > 2, "it shows nothing by which to tell"


PROOFS: Final[Mapping[str, Proof]] = {
    "patches": _patches,
    "icc_embedded": _icc_embedded,
    "icc_full": _icc_full,
    "icc_sha256": _icc_sha256,
    "icc_full_alternatives": _icc_alternatives,
    "bits": _bits,
}
