"""The manifest of the picture corpus, file by file and word by word; what nobody proves fails."""

import copy
import io
import json
from typing import Any

import pytest
from PIL import Image

from server.model import ImageFormat, RenditionName
from tests.imaging.corpus import ENTRIES, FOLDER, Entry, accepted, made_of
from tests.imaging.proofs import PROOFS
from tests.imaging.proofs_of_behaviour import MUST, NOTES, REMARKS
from tests.imaging.proofs_of_files import ANCHOR
from tests.imaging.proofs_of_metadata import GONE, STAY, tags_of_copies

MANIFEST = json.loads((FOLDER / "manifest.json").read_text())
PATCH_WORDS = {
    *("name", "rect", "frac", "source", "srgb", "tol"),
    *("in_gamut", "ignored_profile_srgb", "lab_d50"),
}

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


def unproved(entry: Entry) -> set[str]:
    """Return the words of an entry that no proof knows."""
    return {
        *(set(entry) - set(PROOFS)),
        *(set(entry["metadata_gone"]) - set(GONE)),
        *(set(entry["metadata_stay"]) - set(STAY)),
        *(set(entry["must"]) - set(MUST)),
        *({word for patch in entry["patches"] for word in patch} - PATCH_WORDS),
        *({entry["notes"]} - set(NOTES) - REMARKS - {""}),
    }


def test_every_file_of_the_corpus_stands_in_its_manifest() -> None:
    described = {*ENTRIES, ANCHOR, "manifest.json", "LICENCES.txt", "README.md"}
    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} == (
        described
    )
    assert MANIFEST["trust_anchor"] == ANCHOR
    assert MANIFEST["schema"] == 1


def wrong_about(entry: Entry) -> dict[str, str]:
    """Return the words of an entry that are not so."""
    wrong = {}
    for word in entry:
        try:
            PROOFS[word](entry)
        except (AssertionError, LookupError, ValueError) as problem:
            wrong[word] = f"{type(problem).__name__}: {problem}"
    return wrong


@pytest.mark.parametrize("name", ENTRIES)
def test_what_the_manifest_says_of_a_file_is_so_of_what_we_make(name: str) -> None:
    assert not unproved(ENTRIES[name])
    assert not wrong_about(ENTRIES[name])


@pytest.mark.parametrize("name", accepted())
def test_pages_and_peers_find_the_renditions_that_they_rely_on(name: str) -> None:
    made = made_of(name)
    assert {(one.name, one.format) for one in made.renditions} >= ALWAYS
    assert made.placeholder.startswith("data:image/webp;base64,")
    assert len(made.placeholder) < 250
    assert 6 <= len(made.blurhash) <= 164  # Pixelfed drops the whole post outside this
    for one in made.renditions:
        image = Image.open(io.BytesIO(one.body))
        assert image.size == (one.width, one.height)
        assert image.format == (
            "JPEG" if one.format is ImageFormat.JPEG else one.format.value.upper()
        )
        if one.name is not RenditionName.CARD:
            assert max(image.size) <= max(made.width, made.height), "enlarged"


def test_exiftool_finds_nothing_but_structure_colour_and_rights_in_any_rendition() -> None:
    copies = tags_of_copies()
    assert len(copies) > 400
    for name, tags in copies.items():
        groups = {key.partition(":")[0] for key in set(tags) - INSCRIBED if ":" in key}
        assert not {group for group in groups if not _is_harmless(group)}, name
        assert "File:Comment" not in tags


def _is_harmless(group: str) -> bool:
    return group in HARMLESS_GROUPS or group.startswith("ICC")


# A file, and what would be untrue of it: word by word.
UNTRUE: tuple[tuple[str, str, Any], ...] = (
    ("formats/still.gif", "file", "formats/none.gif"),
    ("formats/still.gif", "bytes", 7),
    ("formats/still.gif", "sha256", "00"),
    ("formats/still.gif", "category", "colour"),
    ("formats/still.gif", "what", " "),
    ("formats/still.gif", "base", {"name": "", "licence": "all rights reserved", "source": ""}),
    ("formats/still.gif", "expected", "refuse"),
    ("hostile/empty.png", "expected", "accept"),
    ("formats/still.gif", "mime", "image/png"),
    ("formats/still.gif", "width", 221),
    ("hostile/truncated.webp", "height", 301),
    ("formats/still.gif", "display_height", 161),
    ("orientation/o6.jpg", "orientation", 8),
    ("formats/anim.gif", "frames", 8),
    ("formats/anim.gif", "durations_ms", [60, 80, 100, 120, 140, 160, 200]),
    ("formats/anim.gif", "loop", 2),
    ("formats/alpha.png", "alpha", False),
    ("formats/still.gif", "ai_marker", "Midjourney"),
    ("ai/comfyui.png", "ai_marker", "InvokeAI"),
    ("ai/comfyui.png", "ai_where", "EXIF UserComment (ASCII)"),
    ("ai/c2pa-human.jpg", "c2pa_state", "Valid"),
    ("colour/adobergb.jpg", "icc_embedded", "ProPhoto RGB"),
    ("colour/adobergb.jpg", "icc_full", "ProPhoto RGB"),
    ("colour/adobergb.jpg", "icc_sha256", "00"),
    ("formats/still.gif", "icc_full_alternatives", ["any"]),
    ("formats/still.gif", "bits", 16),
    ("private/everything.jpg", "metadata_stay", {"artist": "Somebody Else"}),
    ("private/everything.jpg", "metadata_stay", {"copyright": "none"}),
    ("private/everything.jpg", "metadata_stay", {"digital_source_type": "digitalCapture"}),
    ("private/everything.jpg", "metadata_stay", {"data_mining": "DMI-PROHIBITED"}),
    ("private/everything.jpg", "metadata_gone", {"tags": ["IFD0:Artist"]}),
    ("private/everything.jpg", "metadata_gone", {"tags": ["IPTC:City"]}),
    ("private/everything.jpg", "metadata_gone", {"needles": ["Mira Okonjo-Lind"]}),
    ("private/everything.jpg", "metadata_gone", {"needles": ["never there"]}),
    ("private/exif-thumbnail-uncropped.jpg", "metadata_gone", {"gps": [48.2, 16.4]}),
    ("ai/comfyui.png", "must", ["no AI label"]),
    ("formats/alpha.png", "must", ["refuse from the header, before decoding"]),
    ("colour/adobergb.jpg", "must", ["the garbage profile is not kept"]),
    ("formats/still.gif", "must", ["shown escaped wherever the page shows it"]),
    ("formats/still.gif", "notes", "a half-grey picture must not be published silently"),
)


@pytest.mark.parametrize(("name", "word", "said"), UNTRUE)
def test_a_word_that_is_not_so_is_found_out(name: str, word: str, said: Any) -> None:
    with pytest.raises((AssertionError, LookupError, OSError)):
        PROOFS[word]({**ENTRIES[name], word: said})


@pytest.mark.parametrize("word", ["tol", "srgb", "source", "rect", "frac", "lab_d50"])
def test_a_colour_that_is_not_so_is_found_out(word: str) -> None:
    entry = copy.deepcopy(ENTRIES["colour/display-p3.png"])
    patch = entry["patches"][1]
    patch[word] = -5 if word == "tol" else [value + 40 for value in patch[word]]
    with pytest.raises(AssertionError):
        PROOFS["patches"](entry)


def test_words_that_nobody_proves_are_found() -> None:
    entry = copy.deepcopy(ENTRIES["private/everything.jpg"])
    entry |= {"hue": 1, "must": ["sing"], "notes": "it must dance"}
    entry["metadata_gone"]["faces"] = entry["metadata_stay"]["title"] = ""
    entry["patches"] = [{"gloss": 1}]
    assert unproved(entry) == {"hue", "sing", "it must dance", "faces", "title", "gloss"}


def test_every_kind_of_word_is_shown_to_be_one_that_can_fail() -> None:
    said = {word for _, word, _ in UNTRUE}
    assert set(PROOFS) - said == {
        *("also_ok", "ai_marker_alternatives"),  # other words that are as good
        *("display_width", "patches"),  # as its height; below
    }
