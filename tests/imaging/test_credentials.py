"""Content Credentials: what uploads bring is read, what leaves is signed; C2PA's own reader looks.

Hostile manifests first: none keeps a picture from being made, and nobody is asked for anything.
"""

import io
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from PIL import Image, ImageSequence

from server.credentials import (
    Reading,
    Seal,
    may_have_credentials,
    mining_of,
    proved,
    said,
    training_entries,
)
from server.crediting import _reading
from server.imaging import make
from server.model import ImageFormat, RenditionName
from server.pictures import Made
from server.sealing import Sealing, library_version, sealing_workers
from server.workers import ProcessWorkers
from tests.imaging.corpus import FOLDER, INSCRIPTION, find, read_by_exiftool
from tests.imaging.credentials import (
    USES,
    a_jpeg,
    assertion,
    authority,
    by_c2pa,
    sealed,
    signed_file,
    uses,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPES = {
    ImageFormat.AVIF: "image/avif",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.GIF: "image/gif",
}
OPEN_TO_ALL = msgspec.structs.replace(INSCRIPTION, data_mining="DMI-UNSPECIFIED")


@pytest_asyncio.fixture(name="sealing", scope="module", loop_scope="module")
async def a_sealing() -> AsyncIterator[Sealing]:
    workers = sealing_workers()
    yield Sealing(workers, authority(), "1.2")
    await workers.close()


def fixture(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def in_segments(body: bytes) -> bytes:
    """Return a JPEG whose APP11 segments hold this as a manifest store."""
    jpeg, step = a_jpeg(), 60_000
    parts = [body[at : at + step] for at in range(0, len(body), step)]
    segments = b"".join(
        struct.pack(">HH2sHI", 0xFFEB, len(part) + 10, b"JP", 1, number) + part
        for number, part in enumerate(parts, 1)
    )
    return jpeg[:2] + segments + jpeg[2:]


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def store(inside: bytes, depth: int = 0) -> bytes:
    """Return a JUMBF store whose boxes stand in each other."""
    kind = bytes.fromhex("63327061 00110010 800000aa 00389b71") + b"\x03c2pa\0"
    body = inside
    for _ in range(depth):
        body = box(b"jumb", box(b"jumd", kind) + body)
    return box(b"jumb", box(b"jumd", kind) + body)


HOSTILE = {
    "no boxes at all": b"c2pa" + bytes(1000),
    "a store without a manifest": store(b""),
    "boxes in boxes in boxes": store(b"", 3_000),
    "a length beyond the end": b"\x7f\xff\xff\xffjumb" + store(b""),
    "a length of nothing": bytes(4) + b"jumb" + store(b""),
    "eight megabytes of it": store(box(b"json", b'{"a":' * 1_600_000)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_no_manifest_however_broken_keeps_a_picture_from_being_signed(
    sealing: Sealing, body: bytes
) -> None:
    made, kept, reading = await sealed(sealing, in_segments(body))
    assert reading is None or reading.seal in {Seal.UNREADABLE, Seal.BROKEN}
    assert (kept.is_signed, kept.has_parent) == (True, False)
    copy = find(made, RenditionName.TILE, ImageFormat.JPEG)
    assert by_c2pa(copy.body, "image/jpeg", sealing.authority.certificate)[0] == "Trusted"


async def test_a_manifest_cut_or_changed_anywhere_stops_nothing(sealing: Sealing) -> None:
    whole = fixture("ai/c2pa-ai-parent.jpg")
    start = whole.index(b"c2pa") - 30
    unspoilt = await sealing.read(whole)
    for at in range(start, start + 9_000, 450):
        spoilt = whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 3]) + whole[at + 3 :]
        reading = await sealing.read(spoilt)
        is_untouched = reading == unspoilt  # what was changed is padding
        assert is_untouched or reading is None or reading.seal is not Seal.INTACT
        made = make(a_jpeg())
        assert isinstance(made, Made)
        _, kept = await sealing.sign(made, spoilt, INSCRIPTION, reading)
        assert kept.is_signed, at


async def test_a_manifest_elsewhere_is_told_of_and_never_fetched(sealing: Sealing) -> None:
    source = fixture("hostile/c2pa-remote.jpg")
    with socket.create_server(("127.0.0.1", 0)) as ear:
        ear.setblocking(False)
        here = f"127.0.0.1:{ear.getsockname()[1]}/m".encode().ljust(26, b"/")
        told = source.replace(b"127.0.0.1:9/manifest.c2pa", here[:25])
        assert told != source
        _, kept, reading = await sealed(sealing, told)
        with pytest.raises(BlockingIOError):
            ear.accept()
    assert reading is not None
    assert reading.seal is Seal.ELSEWHERE
    assert (kept.is_signed, kept.has_parent) == (True, False)
    assert "kept at another address" in said(reading)
    assert "does not ask there" in proved(reading)


async def test_a_child_that_is_killed_costs_the_credentials_alone() -> None:
    workers = ProcessWorkers(tasks="tests.imaging.hostile_tasks:KILLERS")
    helpless = Sealing(workers, authority(), "1.2")
    source = fixture("ai/c2pa-ai.jpg")
    made = make(source, INSCRIPTION)
    assert isinstance(made, Made)
    reading = await helpless.read(source)
    same, kept = await helpless.sign(made, source, INSCRIPTION, reading)
    await workers.close()
    assert reading == Reading(Seal.UNREADABLE)
    assert same == made
    assert not kept.is_signed


@pytest.mark.parametrize(
    "name",
    ["formats/progressive.jpg", "formats/alpha.png", "formats/anim.webp", "formats/anim.gif"],
)
async def test_every_copy_is_signed_under_the_authority_and_still_a_picture(
    sealing: Sealing, name: str
) -> None:
    made, kept, reading = await sealed(sealing, fixture(name))
    assert reading is None
    assert (kept.read, kept.is_signed, kept.has_parent) == (None, True, False)
    stranger = authority("other.example").certificate
    for copy in made.renditions:
        media_type = TYPES[copy.format]
        state, manifest = by_c2pa(copy.body, media_type, sealing.authority.certificate)
        assert state == "Trusted", (copy.name, copy.format)
        assert by_c2pa(copy.body, media_type, stranger)[0] == "Valid"
        assert manifest["claim_generator_info"][0]["name"] == "Fixatif"
        assert manifest["signature_info"]["common_name"] == "art.example"
        assert [one["relationship"] for one in manifest["ingredients"]] == ["parentOf"]
        assert uses(manifest) == dict.fromkeys(USES[:3], "notAllowed")  # as in its XMP
        words = assertion(manifest, "cawg.metadata")
        assert words["dc:creator"] == [INSCRIPTION.creator]
        assert words["dc:rights"] == INSCRIPTION.rights
    spoilt = bytearray(made.renditions[0].body)
    spoilt[-20] ^= 1
    assert by_c2pa(bytes(spoilt), "image/jpeg", stranger)[0] == "Invalid"


async def test_signing_changes_no_pixel_and_hides_no_word_from_other_readers(
    sealing: Sealing, tmp_path: Path
) -> None:
    source = fixture("formats/anim.webp")
    plain = make(source, INSCRIPTION)
    assert isinstance(plain, Made)
    signed, _ = await sealing.sign(plain, source, INSCRIPTION, None)
    for number, (before, after) in enumerate(zip(plain.renditions, signed.renditions, strict=True)):
        with Image.open(io.BytesIO(before.body)) as one, Image.open(io.BytesIO(after.body)) as two:
            frames = zip(ImageSequence.Iterator(one), ImageSequence.Iterator(two), strict=True)
            assert all(a.tobytes() == b.tobytes() for a, b in frames), (after.name, after.format)
            assert one.info.get("icc_profile") == two.info.get("icc_profile")
        (tmp_path / f"{number}.{after.format}").write_bytes(after.body)
    for tags in read_by_exiftool(str(tmp_path)):
        if not tags["SourceFile"].endswith(".gif"):  # GIF has no place for EXIF
            assert tags["IFD0:Artist"] == INSCRIPTION.creator
        assert tags["XMP-plus:DataMining"] == INSCRIPTION.data_mining


async def test_a_history_that_goes_in_a_circle_ends() -> None:
    back = {"relationship": "parentOf"}
    circle = {
        "active_manifest": "a",
        "manifests": {
            "a": {
                "claim_generator": "Adobe_Photoshop/25.0 x",
                "ingredients": [back | {"active_manifest": "b"}],
            },
            "b": {"ingredients": [7, None, back | {"active_manifest": "a"}], "assertions": [None]},
        },
    }
    reading = _reading(circle, "Valid")
    assert reading.edited_with == "Adobe Photoshop"
    assert _reading({"active_manifest": "a"}, "Valid").seal is Seal.UNREADABLE
    assert _reading({"active_manifest": ["a"], "manifests": [1]}, "Valid").seal is Seal.UNREADABLE


async def test_copies_with_equal_pixels_stay_one_file(sealing: Sealing) -> None:
    made, _, _ = await sealed(sealing, a_jpeg())
    avif = {one.body for one in made.renditions if one.format is ImageFormat.AVIF}
    assert len(avif) == 1


@pytest.mark.parametrize(
    ("name", "seal", "words"),
    [
        ("ai/c2pa-ai.jpg", Seal.INTACT, "made with Example Image Model 2, generated by AI, signed"),
        ("ai/c2pa-ai.png", Seal.INTACT, "generated by AI, signed by Open Corpus Test Signer."),
        (
            "ai/c2pa-ai-parent.jpg",
            Seal.INTACT,
            "Model 2, then saved with Example Editor, generated",
        ),
        (
            "ai/c2pa-ai-tampered.jpg",
            Seal.BROKEN,
            "made with Example Image Model 2, generated by AI",
        ),
        ("ai/c2pa-human.jpg", Seal.INTACT, "made with Example Paint, signed by Open Corpus"),
    ],
)
async def test_what_an_upload_brings_is_told_and_kept_inside_every_copy(
    sealing: Sealing, name: str, seal: Seal, words: str
) -> None:
    made, kept, reading = await sealed(sealing, fixture(name))
    assert reading is not None
    assert reading.seal is seal
    assert words in said(reading)
    is_told = "changed after it was signed" if seal is Seal.BROKEN else "Nobody here checked who"
    assert is_told in proved(reading)
    assert (kept.read, kept.has_parent) == (reading, True)
    assert bool(made.declared_by) is ("human" not in name)
    if reading.ai:
        assert (made.declared_by, made.declared_where) == (
            "Example Image Model 2",
            "Content Credentials: trainedAlgorithmicMedia",
        )
    for copy in made.renditions:
        state, manifest = by_c2pa(copy.body, TYPES[copy.format], sealing.authority.certificate)
        assert state == "Trusted"
        assert manifest["ingredients"][0]["active_manifest"].startswith("urn:c2pa:")


async def test_a_copy_that_comes_back_is_known_as_our_own(sealing: Sealing) -> None:
    made, _, _ = await sealed(sealing, fixture("ai/c2pa-human.jpg"))
    again = await sealing.read(find(made, RenditionName.VIEW, ImageFormat.JPEG).body)
    assert again is not None
    assert again.seal is Seal.OURS
    assert "Example Paint, then saved with Fixatif, signed by art.example" in said(again)
    assert "this server's own" in proved(again)
    plain, _, _ = await sealed(sealing, a_jpeg())
    opened = await sealing.read(plain.renditions[0].body)
    assert opened is not None
    assert "made with" not in said(opened), "who opened a file did not make the picture"
    other = Sealing(sealing.workers, authority("other.example"), "1.2")
    elsewhere = await other.read(plain.renditions[0].body)
    assert elsewhere is not None
    assert elsewhere.seal is Seal.INTACT


async def test_what_an_artist_did_not_mean_to_publish_is_redacted(sealing: Sealing) -> None:
    source = signed_file(
        {
            "label": "stds.exif",
            "kind": "Json",
            "data": {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPS": "SECRET"},
        },
        {"label": "org.example.notes", "data": {"text": "SECRET"}},
        thumbnail=True,
    )
    assert b"SECRET" in source
    assert b"c2pa.thumbnail" in source
    made, kept, reading = await sealed(sealing, source)
    assert reading is not None
    assert kept.has_parent
    for copy in made.renditions:
        assert b"SECRET" not in copy.body
        assert b"image/jpeg" not in copy.body.partition(b"c2pa.thumbnail.claim\0")[2][:200]
        state, _ = by_c2pa(copy.body, TYPES[copy.format], sealing.authority.certificate)
        assert state == "Trusted"


async def test_a_history_that_tells_too_much_or_is_too_large_is_not_carried_on(
    sealing: Sealing,
) -> None:
    prompt = {"action": "c2pa.edited", "parameters": {"org.example.prompt": "SECRET"}}
    many = {"action": "c2pa.edited", "softwareAgent": {"name": "x" * 150}}
    for actions in ([prompt], [many] * 600):
        made, kept, reading = await sealed(sealing, signed_file(actions=actions))
        assert reading is not None
        assert reading.made_with == "Example Paint"
        assert (kept.is_signed, kept.has_parent) == (True, False)
        assert all(b"SECRET" not in copy.body for copy in made.renditions)
        assert all(len(copy.body) < 20_000 for copy in made.renditions)


async def test_the_stricter_of_file_and_work_stands_in_every_form(sealing: Sealing) -> None:
    made, _, reading = await sealed(sealing, fixture("ai/c2pa-human.jpg"), OPEN_TO_ALL)
    assert reading is not None
    assert "not to be used to train AI" in said(reading)
    copy = find(made, RenditionName.VIEW, ImageFormat.JPEG)
    _, manifest = by_c2pa(copy.body, "image/jpeg", sealing.authority.certificate)
    assert uses(manifest) == dict.fromkeys(USES, "notAllowed")
    assert b'DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"' in copy.body


async def test_who_reserves_nothing_says_nothing(sealing: Sealing) -> None:
    made, _, _ = await sealed(sealing, a_jpeg(), OPEN_TO_ALL)
    copy = find(made, RenditionName.VIEW, ImageFormat.JPEG)
    _, manifest = by_c2pa(copy.body, "image/jpeg", sealing.authority.certificate)
    assert "cawg.training-mining" not in {one["label"] for one in manifest["assertions"]}


async def test_names_from_a_manifest_are_one_short_clean_line(sealing: Sealing) -> None:
    name = "Adobe\u202e Firefly\n<script>" + "x" * 500
    reading = await sealing.read(signed_file(name=name))
    assert reading is not None
    assert reading.made_with.startswith("Adobe Firefly <script>xxx")
    assert len(reading.made_with) == 80


async def test_the_library_tells_its_version_from_inside_a_child(sealing: Sealing) -> None:
    assert (await library_version(sealing.workers))[0].isdigit()


async def test_mining_is_said_alike_in_both_vocabularies() -> None:
    assert training_entries("") == training_entries("DMI-UNSPECIFIED") == {}
    assert training_entries("DMI-PROHIBITED-SEECONSTRAINT") == training_entries("DMI-PROHIBITED")
    assert "cawg.ai_inference" not in training_entries("DMI-PROHIBITED-GENAIMLTRAINING")
    assert "cawg.ai_inference" not in training_entries("DMI-ALLOWED")
    no, yes = {"use": "notAllowed"}, {"use": "allowed"}
    assert mining_of({"c2pa.ai_training": no, "c2pa.data_mining": yes}).endswith("-AIMLTRAINING")
    assert mining_of({"cawg.ai_generative_training": {"use": "constrained"}}).endswith(
        "GENAIMLTRAINING"
    )
    assert mining_of({"cawg.data_mining": yes}) == mining_of("none") == mining_of([]) == ""


async def test_files_without_any_are_never_handed_to_a_child() -> None:
    edge = 1_048_576
    for at in range(edge - 5, edge + 2):
        assert may_have_credentials(bytes(at) + b"c2pa" + bytes(9)), at
    assert not may_have_credentials(a_jpeg())
    assert may_have_credentials(signed_file())
