"""Every file of the corpus: verdict, sizes, uprightness, colours, nothing private left."""

import io
import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from server.model import ImageFormat, RenditionName
from server.pictures import Made
from tests.imaging.corpus import (
    ENTRIES,
    accepted,
    answer_to,
    made_of,
    mean_colour,
    refusal_of,
    rendition,
    shown,
)

LOSSY = 4  # what our own JPEG and AVIF may add to a colour's error
ALWAYS = {
    (RenditionName.TILE, ImageFormat.AVIF),
    (RenditionName.TILE, ImageFormat.JPEG),
    (RenditionName.PREVIEW, ImageFormat.AVIF),
    (RenditionName.PREVIEW, ImageFormat.JPEG),
    (RenditionName.VIEW, ImageFormat.AVIF),
    (RenditionName.VIEW, ImageFormat.JPEG),
    (RenditionName.FEDERATED, ImageFormat.JPEG),
    (RenditionName.CARD, ImageFormat.JPEG),
}
FORMATS = {
    ImageFormat.AVIF: "AVIF",
    ImageFormat.JPEG: "JPEG",
    ImageFormat.WEBP: "WEBP",
    ImageFormat.GIF: "GIF",
}
# What exiftool may find in a rendition: the file itself, its structure, its colour profile.
HARMLESS_GROUPS = {
    *("ExifTool", "System", "File", "JFIF", "Composite", "QuickTime", "Meta", "RIFF", "GIF"),
}
# And what we write of the work, and of its own file's words: these tags and no others.
INSCRIBED = {
    *("XMP-dc:Creator", "XMP-dc:Rights", "XMP-photoshop:Credit"),
    *("XMP-xmpRights:Marked", "XMP-xmpRights:WebStatement", "XMP-xmpRights:UsageTerms"),
    *("XMP-plus:DataMining", "XMP-plus:LicensorURL", "XMP-iptcExt:DigitalSourceType"),
    *("IFD0:Artist", "IFD0:Copyright"),
}


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e["expected"] == "refuse"])
def test_what_must_be_refused_gets_one_plain_sentence_or_a_defensible_yes(name: str) -> None:
    if "accept" in ENTRIES[name].get("also_ok", []) and isinstance(answer_to(name), Made):
        return
    message = refusal_of(name).message
    assert message.startswith("This ")
    assert message.endswith(".")
    assert any(deed in message for deed in ("upload", "export", "choose"))


@pytest.mark.parametrize("name", [name for name in ENTRIES if name.endswith(".heic")])
def test_heic_is_refused_with_a_way_out(name: str) -> None:
    assert "HEIC" in refusal_of(name).message


@pytest.mark.parametrize("name", accepted(slow=True))
def test_a_picture_is_described_as_it_is_displayed(name: str) -> None:
    made, entry = made_of(name), ENTRIES[name]
    assert (made.width, made.height) == (entry["display_width"], entry["display_height"])
    assert made.media_type == entry["mime"]
    assert made.frames == entry["frames"]
    assert made.placeholder.startswith("data:image/webp;base64,")
    assert len(made.placeholder) < 250
    assert 6 <= len(made.blurhash) <= 164  # Pixelfed drops the whole post outside this


@pytest.mark.parametrize("name", accepted())
def test_pages_and_peers_find_the_renditions_that_they_rely_on(name: str) -> None:
    made = made_of(name)
    assert {(one.name, one.format) for one in made.renditions} >= ALWAYS
    for one in made.renditions:
        image = Image.open(io.BytesIO(one.body))
        assert image.size == (one.width, one.height)
        assert image.format == FORMATS[one.format]
        if one.name is not RenditionName.CARD:
            assert max(image.size) <= max(made.width, made.height), "enlarged"


@pytest.mark.parametrize("name", accepted(with_key="patches", folder="orientation"))
def test_a_turned_picture_is_upright_and_not_turned_twice(name: str) -> None:
    for which in (RenditionName.VIEW, RenditionName.FEDERATED):
        image = shown(rendition(name, which))
        assert image.getexif().get(0x0112, 1) == 1
        for patch in ENTRIES[name]["patches"]:
            _assert_near(mean_colour(image, patch["frac"]), patch["srgb"], patch["tol"] + LOSSY)


@pytest.mark.parametrize("name", accepted(with_key="patches", folder="colour"))
def test_the_federated_copy_has_the_right_srgb_colours(name: str) -> None:
    image = shown(rendition(name, RenditionName.FEDERATED))
    for patch in ENTRIES[name]["patches"]:
        if patch["in_gamut"]:
            _assert_near(mean_colour(image, patch["frac"]), patch["srgb"], patch["tol"] + LOSSY)


@pytest.mark.parametrize("form", [ImageFormat.AVIF, ImageFormat.JPEG])
@pytest.mark.parametrize("name", accepted(with_key="patches", folder="colour"))
def test_page_renditions_show_the_right_colours_to_who_reads_their_profile(
    name: str, form: ImageFormat
) -> None:
    image = _managed(shown(rendition(name, RenditionName.VIEW, form)))
    for patch in ENTRIES[name]["patches"]:
        if patch["in_gamut"]:
            _assert_near(mean_colour(image, patch["frac"]), patch["srgb"], patch["tol"] + LOSSY)


@pytest.mark.parametrize("form", [ImageFormat.AVIF, ImageFormat.JPEG])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name in accepted(with_key="icc_full", folder="colour")
        if ENTRIES[name].get("icc_full_alternatives") is None
    ],
)
def test_page_renditions_keep_a_wide_gamut_and_its_profile(name: str, form: ImageFormat) -> None:
    entry = ENTRIES[name]
    assert made_of(name).icc_name == entry["icc_full"]
    for which in (RenditionName.TILE, RenditionName.PREVIEW, RenditionName.VIEW):
        image = shown(rendition(name, which, form))
        assert _profile_name(image) == entry["icc_full"]
        for patch in entry["patches"]:  # the very numbers of the upload, outside sRGB too
            depth = 257 if entry.get("bits") == 16 else 1
            expected = [value / depth for value in patch["source"]]
            _assert_near(mean_colour(image, patch["frac"]), expected, patch["tol"] + LOSSY)


def test_cmyk_without_a_profile_is_not_inverted() -> None:
    image = shown(rendition("colour/cmyk-untagged.jpg", RenditionName.VIEW))
    paper = mean_colour(image, [0.0, 0.97, 1.0, 0.02])
    assert min(paper) > 200, paper


@pytest.mark.parametrize("name", accepted())
def test_nothing_that_must_go_is_left_in_any_byte_of_a_rendition(name: str) -> None:
    needles = [needle.encode() for needle in ENTRIES[name]["metadata_gone"]["needles"]]
    needles += [needle.decode().encode("utf-16-le") for needle in needles]
    for one in made_of(name).renditions:
        if one.format is ImageFormat.AVIF and "ftyp" in ENTRIES[name]["metadata_gone"]["needles"]:
            continue  # every AVIF begins with that word
        assert not [needle for needle in needles if needle in one.body]


def test_exiftool_finds_nothing_but_structure_colour_and_rights_in_any_rendition(
    tmp_path: Path,
) -> None:
    for name in (*accepted(folder="private"), *accepted(folder="ai"), *accepted(folder="hostile")):
        for one in made_of(name).renditions:
            if one.name is not RenditionName.PREVIEW:
                target = f"{name.replace('/', '_')}.{one.name}.{one.format}"
                (tmp_path / target).write_bytes(one.body)
    found = subprocess.run(
        ["exiftool", "-json", "-G1", "-a", "-u", "-ee", "-q", tmp_path],  # noqa: S607 - its place differs
        check=True,
        capture_output=True,
    )
    files = json.loads(found.stdout)
    assert len(files) > 200
    for tags in files:
        groups = {key.partition(":")[0] for key in set(tags) - INSCRIBED if ":" in key}
        assert not {group for group in groups if not _is_harmless(group)}, tags["SourceFile"]
        assert "File:Comment" not in tags


def _is_harmless(group: str) -> bool:
    return group in HARMLESS_GROUPS or group.startswith("ICC")


def _assert_near(found: list[float], expected: list[float], tolerance: float) -> None:
    if len(expected) == 1:
        expected = expected * 3
    errors = [abs(a - b) for a, b in zip(found, expected, strict=True)]
    assert max(errors) <= tolerance, (found, expected)


def _managed(image: Image.Image) -> Image.Image:
    icc = image.info.get("icc_profile")
    if not icc:
        return image
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    converted = ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    assert converted is not None
    return converted


def _profile_name(image: Image.Image) -> str:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    return ImageCms.getProfileDescription(profile).strip()
