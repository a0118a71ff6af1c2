"""What stands inside the copies of the corpus, read by ExifTool; and what uploads declare."""

import io
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image, TiffImagePlugin

from server.camera import NOTHING, sentence
from server.embedded import Embedded
from server.imaging import make
from server.inscribing import marks_for
from server.model import ImageFormat, RenditionName
from server.pictures import Made
from server.provenance import declaration
from server.stealth import hidden_magic
from server.xmp import DC, IPTC_EXT, read_properties, write_packet
from tests.imaging.corpus import (
    FOLDER,
    INSCRIPTION,
    find,
    made_of,
    read_by_exiftool,
)

SEEN = (
    (RenditionName.VIEW, ImageFormat.AVIF),
    (RenditionName.VIEW, ImageFormat.JPEG),
    (RenditionName.TILE, ImageFormat.AVIF),
    (RenditionName.FEDERATED, ImageFormat.JPEG),
    (RenditionName.CARD, ImageFormat.JPEG),
)


def tags_of(made: Made) -> list[dict[str, Any]]:
    """Ask ExifTool about the copies of `SEEN`, all at once."""
    with tempfile.TemporaryDirectory() as folder:
        for which, form in SEEN:
            (Path(folder) / f"{which}.{form}").write_bytes(find(made, which, form).body)
        return read_by_exiftool(folder)


@pytest.mark.parametrize(
    "name",
    ["formats/progressive.jpg", "formats/alpha.png", "formats/still.avif", "formats/anim.webp"],
)
def test_every_copy_says_whose_it_is_and_what_machines_may_do(name: str) -> None:
    for tags in tags_of(made_of(name)):
        assert tags["XMP-dc:Creator"] == INSCRIPTION.creator
        assert tags["XMP-dc:Rights"] == INSCRIPTION.rights
        assert tags["XMP-xmpRights:Marked"] is True
        assert tags["XMP-xmpRights:UsageTerms"] == INSCRIPTION.terms
        assert tags["XMP-xmpRights:WebStatement"] == INSCRIPTION.statement_url
        assert tags["XMP-plus:LicensorURL"] == INSCRIPTION.work_url
        assert tags["XMP-plus:DataMining"] == INSCRIPTION.data_mining
        assert tags["IFD0:Artist"] == INSCRIPTION.creator
        assert tags["IFD0:Copyright"] == INSCRIPTION.rights
        assert "XMP-iptcExt:DigitalSourceType" not in tags  # nobody said how it came to be


def test_a_licence_for_people_stands_beside_what_machines_may_do() -> None:
    source = (FOLDER / "formats/alpha.png").read_bytes()
    url = "https://creativecommons.org/licenses/by/4.0/"
    given = make(source, msgspec.structs.replace(INSCRIPTION, licence_url=url))
    assert isinstance(given, Made)
    for tags in tags_of(given):
        assert tags["XMP-cc:License"] == tags["XMP-xmpRights:WebStatement"] == url
        assert tags["XMP-xmpRights:Marked"] is True
        assert tags["XMP-plus:DataMining"] == INSCRIPTION.data_mining
    free = make(source, msgspec.structs.replace(INSCRIPTION, licence_url=url, is_free=True))
    assert isinstance(free, Made)
    assert all(tags["XMP-xmpRights:Marked"] is False for tags in tags_of(free))


def photograph(form: str) -> bytes:
    """Return a picture with everything that a camera writes, its place and serial number too."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Examplecam", "EC-1"
    exif[0x8769] = {
        0x829A: TiffImagePlugin.IFDRational(1, 250),
        0x829D: TiffImagePlugin.IFDRational(28, 10),
        0x8827: 400,
        0x920A: TiffImagePlugin.IFDRational(35, 1),
        0xA434: "EC 35mm",
        0xA431: "SN-0001",
        0x9003: "2026:01:01 10:00:00",
    }
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    file = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(file, form, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_camera_and_settings_stay_only_where_wanted_and_nothing_else_ever(form: str) -> None:
    wanted = msgspec.structs.replace(INSCRIPTION, with_camera=True)
    made = make(photograph(form), wanted)
    assert isinstance(made, Made)
    assert sentence(made.camera) == "Examplecam EC-1, EC 35mm, 35 mm, f/2.8, 1/250 s, ISO 400"
    for tags in tags_of(made):
        assert (tags["IFD0:Make"], tags["IFD0:Model"]) == ("Examplecam", "EC-1")
        settings = ("ExposureTime", "FNumber", "ISO", "FocalLength", "LensModel")
        assert [tags[f"ExifIFD:{one}"] for one in settings] == [0.004, 2.8, 400, 35, "EC 35mm"]
        assert not [tag for tag in tags if "GPS" in tag or "Serial" in tag or "Original" in tag]
    without = make(photograph(form), INSCRIPTION)
    assert isinstance(without, Made)
    assert without.camera == NOTHING
    assert not [tag for tags in tags_of(without) for tag in tags if tag.startswith("ExifIFD:")]


@pytest.mark.parametrize(
    ("ours", "theirs", "kept"),
    [
        ("DMI-ALLOWED", "", "DMI-ALLOWED"),
        ("", "", ""),
        ("", "DMI-PROHIBITED", "DMI-PROHIBITED"),
        ("DMI-UNSPECIFIED", "DMI-ALLOWED", "DMI-UNSPECIFIED"),
        ("DMI-ALLOWED", "DMI-PROHIBITED-GENAIMLTRAINING", "DMI-PROHIBITED-GENAIMLTRAINING"),
        ("DMI-PROHIBITED", "DMI-PROHIBITED-AIMLTRAINING", "DMI-PROHIBITED"),
        ("DMI-ALLOWED", "DMI-PROHIBITED-SEECONSTRAINT", "DMI-PROHIBITED"),
        ("DMI-ALLOWED", 'nonsense"/><x', "DMI-PROHIBITED"),
    ],
)
def test_the_stricter_of_work_and_file_wins(ours: str, theirs: str, kept: str) -> None:
    said = _written(Embedded(data_mining=theirs), data_mining=ours)
    assert said.get("XMP-plus:DataMining", "").rpartition("/")[2] == kept


@pytest.mark.parametrize(
    ("ours", "theirs", "kept"),
    [
        ("", "digitalCreation", "digitalCreation"),
        ("trainedAlgorithmicMedia", "digitalCapture", "trainedAlgorithmicMedia"),
        ("", "trainedAlgorithmicMedia", "trainedAlgorithmicMedia"),
        (
            "compositeWithTrainedAlgorithmicMedia",
            "trainedAlgorithmicMedia",
            "trainedAlgorithmicMedia",
        ),
        ("", "<script>", ""),
    ],
)
def test_what_says_more_about_machines_goes_first(ours: str, theirs: str, kept: str) -> None:
    said = _written(Embedded(source_type=theirs), source_type=ours)
    assert said.get("XMP-iptcExt:DigitalSourceType", "").rpartition("/")[2] == kept


def test_words_with_every_awkward_letter_come_back_as_they_were() -> None:
    words = "a<b> & \"c\" 'd' ]]> \u202e\ud7ff 🖋"
    packet = write_packet({}, lists={(DC, "creator"): [words]}, translated={(DC, "rights"): words})
    assert read_properties(packet)[DC, "creator"] == (words,)
    assert words in read_properties(packet)[DC, "rights"]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"<",
        b"\xff\xfe<",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"<x>" * 100_000,
        b"<x>" + b"<y/>" * 10_000 + b"</x>",
        b"<x " + b'a="b" ' * 1_000_000 + b"/>",
        b"x" * 5_000_000,
    ],
    ids=["empty", "cut", "utf-16", "laughs", "outside", "deep", "wide", "attributes", "large"],
)
def test_a_hostile_packet_says_nothing_and_costs_nothing(packet: bytes) -> None:
    assert not [name for name in read_properties(packet) if name[0]]


def test_a_property_is_read_as_attribute_element_resource_and_list() -> None:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    head = f'<r:RDF xmlns:r="{rdf}" xmlns:d="{DC}" xmlns:i="{IPTC_EXT}">'
    said = read_properties(
        f"""{head}<r:Description d:format="a"><d:title>b</d:title><i:Kind r:resource="c"/>
        <d:creator><r:Seq><r:li>d</r:li><r:li>e</r:li></r:Seq></d:creator></r:Description></r:RDF>""".encode()
    )
    assert said[DC, "format"] == ("a",)
    assert said[DC, "title"] == ("b",)
    assert said[IPTC_EXT, "Kind"] == ("c",)
    assert said[DC, "creator"] == ("d", "e")


@pytest.mark.parametrize("channels", [("A",), ("R", "G", "B")])
@pytest.mark.parametrize("size", [(16, 16), (300, 7), (7, 300), (1, 120), (120, 1)])
def test_a_word_hidden_in_pixels_is_found_in_every_shape(
    size: tuple[int, int], channels: tuple[str, ...]
) -> None:
    word = b"stealth_pngcomp" if channels == ("A",) else b"stealth_rgbinfo"
    bits = [byte >> (7 - place) & 1 for byte in word for place in range(8)]
    image = Image.new("RGBA", size, (200, 200, 200, 254))
    pixels = [(x, y) for x in range(size[0]) for y in range(size[1])]
    for number, bit in enumerate(bits):
        at, channel = (
            pixels[number // len(channels)],
            "RGBA".index(channels[number % len(channels)]),
        )
        value = list(image.getpixel(at))  # type: ignore[arg-type]  # four channels
        value[channel] |= bit
        image.putpixel(at, tuple(value))
    assert hidden_magic(image) == word
    assert hidden_magic(Image.new("RGBA", size)) == b""


@pytest.mark.parametrize(
    "text",
    [
        "Steps: 20, " + "a: b, " * 200_000,
        "Steps: 1, " * 200_000,
        "Steps: " + "1" * 1_000_000,
        "-s1 -S1 " * 100_000,
        "{" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=["pairs", "starts", "digits", "commands", "open", "nested"],
)
def test_no_text_takes_long_to_look_at(text: str) -> None:
    texts = (("parameters", text), ("Dream", text), ("prompt", text), ("Description", text))
    declaration(Embedded(texts=texts, user_comment=text, description=text))


def test_the_file_of_a_camera_is_read_for_its_artist_alone() -> None:
    source = (FOLDER / "private" / "everything.jpg").read_bytes()
    made = make(source, INSCRIPTION)
    assert isinstance(made, Made)
    exif = Image.open(io.BytesIO(find(made, RenditionName.FEDERATED).body)).getexif()
    assert set(exif) <= {0x013B, 0x8298}


def _written(found: Embedded, **said: str) -> dict[str, Any]:
    """Return what a reader that is not ours finds in marks."""
    bare = INSCRIPTION.__class__(**said)
    marks = marks_for(bare, found)
    with tempfile.TemporaryDirectory() as folder:
        image = Image.new("RGB", (8, 8))
        image.save(Path(folder) / "a.jpg", xmp=marks.xmp, exif=marks.exif)
        return read_by_exiftool(folder)[0]
