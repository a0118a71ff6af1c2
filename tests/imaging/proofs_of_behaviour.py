"""What proves how a file is dealt with: the manifest's `must` and its notes."""

import ast
import functools
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image

from server.imaging import make
from server.model import ImageFormat, RenditionName
from server.stealth import hidden_magic
from tests.imaging.corpus import (
    FOLDER,
    Entry,
    Proof,
    answer_to,
    find,
    made,
    made_of,
    mean_colour,
    refusal_of,
    shown,
    source_of,
)
from tests.imaging.credentials import by_c2pa
from tests.imaging.proofs_of_colour import PROOFS as COLOUR_PROOFS
from tests.imaging.proofs_of_files import ANCHOR
from tests.imaging.proofs_of_files import PROOFS as FILE_PROOFS

_MORE_KIB: Final = 65_536  # "well under the decoded size": the smallest bomb inflates to 60 MB


@functools.cache
def _cost(name: str) -> Entry:
    done = subprocess.run(
        [sys.executable, "-m", "tests.imaging.measured", FOLDER / name],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    found: Entry = json.loads(done.stdout)
    return found


def _within_memory(entry: Entry) -> None:
    assert _cost(entry["file"])["kib"] < _MORE_KIB


def _within_time(entry: Entry) -> None:
    assert _cost(entry["file"])["seconds"] < 5


def _within_both(entry: Entry) -> None:
    _within_memory(entry)
    _within_time(entry)


def _asks_nobody(entry: Entry) -> None:
    assert _cost(entry["file"])["heard"] == []


def _from_the_header(entry: Entry) -> None:
    assert make(source_of(entry)[:64]) == answer_to(entry["file"])


def _no_label(entry: Entry) -> None:
    assert made_of(entry["file"]).declared_by == ""


def _by_content(entry: Entry) -> None:
    found = made(entry)
    assert found is None or found.media_type == entry["mime"]


def _never_inflated(entry: Entry) -> None:
    _within_memory(entry)
    for one in made_of(entry["file"]).renditions:
        assert len(one.body) < 100_000


def _no_profile(entry: Entry) -> None:
    assert made_of(entry["file"]).icc_name == ""
    for one in made_of(entry["file"]).renditions:
        assert len(one.body) < 100_000


def _no_chunks(entry: Entry) -> None:
    assert source_of(entry).count(b"tEXt") == 10_000
    for one in made_of(entry["file"]).renditions:
        assert b"tEXt" not in one.body
        assert b"k9999" not in one.body


def _opt_out_is_no_mark(entry: Entry) -> None:
    assert b"ai_training" in source_of(entry)
    _no_label(entry)


def _elsewhere(module: str, test: str) -> Proof:
    """Say which test proves it, of a page or of a server: it must be there and name the file."""

    def proof(entry: Entry) -> None:
        text = (Path(__file__).parents[2] / module).read_text()
        names = {node.name for node in ast.walk(ast.parse(text)) if hasattr(node, "name")}
        assert test in names, f"{module} has no {test}"
        assert entry["file"].partition("/")[2] in text, f"{module} does not look at this file"

    return proof


MUST: Final[Mapping[str, Proof]] = {
    "no connection, no file read: the entity is never resolved": _asks_nobody,
    "no connection to 127.0.0.1:9": _asks_nobody,
    "type from content": _by_content,
    "type from content; served with the true or re-encoded type": _by_content,
    "no AI label": _no_label,
    "words like ai_training inside the manifest are an opt-out, no AI mark": _opt_out_is_no_mark,
    "the garbage profile is not kept": _no_profile,
    "3 MB are not copied into every rendition": _no_profile,
    "the profile is dropped, colours read as sRGB": _no_profile,
    "no unbounded memory: peak well under the decoded size": _within_memory,
    "answer within 5 s": _within_time,
    "no hang, no crash": _within_both,
    "bounded time and memory; if accepted, as a still or with a frame limit": _within_both,
    "refuse from the header, before decoding": _from_the_header,
    "the inflated text is never held in full, and never kept": _never_inflated,
    "none of the chunks is kept": _no_chunks,
    "shown escaped wherever the page shows it": _elsewhere(
        "tests/web/test_picture_words.py", "test_words_of_a_file_are_shown_and_never_obeyed"
    ),
    "whatever is kept is escaped wherever the page shows it": _elsewhere(
        "tests/web/test_picture_words.py", "test_words_of_a_file_are_shown_and_never_obeyed"
    ),
    "never served back as JSON or HTML from the media path": _elsewhere(
        "tests/web/test_picture_words.py",
        "test_what_is_no_picture_is_never_served_as_what_it_is",
    ),
}


def _musts(entry: Entry) -> None:
    for must in entry["must"]:
        MUST[must](entry)


# Notes that say how a file came to be, or what it may be refused for: nothing to prove in them.
REMARKS: Final = frozenset(
    {
        "TIFF may be an unsupported upload type: refusing it with a clear message is fine",
        "HEIC may be an unsupported upload type",
        "ignored_profile_srgb is the naive 255-C-K formula",
        "imitation of the tool's format, written by hand; the picture is not AI-made",
        "dcterms:provenance in XMP names http://127.0.0.1:9/manifest.c2pa",
    }
)


def _profile_or_colours(entry: Entry) -> None:
    COLOUR_PROOFS["patches"](entry)


def _paper_is_white(entry: Entry) -> None:
    image = shown(find(made_of(entry["file"]), RenditionName.VIEW))
    assert min(mean_colour(image, [0.0, 0.97, 1.0, 0.02])) > 200


def _thumbnail_gone(entry: Entry) -> None:
    assert "IFD1:ThumbnailImage" in entry["metadata_gone"]["tags"]
    for one in made_of(entry["file"]).renditions:
        assert one.format is not ImageFormat.JPEG or one.body.count(b"\xff\xd8\xff") == 1


def _ends_at_the_end(entry: Entry) -> None:
    assert not source_of(entry).endswith(b"\xff\xd9")
    for one in made_of(entry["file"]).renditions:
        assert one.format is not ImageFormat.JPEG or one.body.endswith(b"\xff\xd9")


def _opt_out_stays(entry: Entry) -> None:
    assert "data_mining" in entry["metadata_stay"]
    _no_label(entry)


def _looks_opaque(entry: Entry) -> None:
    assert shown(find(made_of(entry["file"]), RenditionName.TILE, ImageFormat.AVIF)).mode == "RGB"


def _hidden_is_cleared(entry: Entry) -> None:
    assert hidden_magic(Image.open(io.BytesIO(source_of(entry)))) == b"stealth_pngcomp"
    for one in made_of(entry["file"]).renditions:
        assert hidden_magic(shown(one)) == b""


def _signed_by_the_corpus(entry: Entry) -> None:
    assert entry["c2pa_state"] == "Trusted"


def _by_its_parent(entry: Entry) -> None:
    anchor = (FOLDER / ANCHOR).read_text()
    _, newest = by_c2pa(source_of(entry), entry["mime"], anchor)
    assert "rainedAlgorithmic" not in json.dumps(newest["assertions"])
    FILE_PROOFS["ai_marker"](entry)


def _invalid_and_labelled(entry: Entry) -> None:
    assert entry["c2pa_state"] == "Invalid"
    FILE_PROOFS["ai_marker"](entry)


def _refused(entry: Entry) -> None:
    refusal_of(entry["file"])


# Notes may be several, with "; " between them.
NOTES: Final[Mapping[str, Proof]] = {
    "full rendition may be grey with this profile or RGB with a converted one; colours decide": (
        _profile_or_colours
    ),
    "no correct value is defined; must not crash and must not come out inverted: "
    "the strip background is paper white": _paper_is_white,
    "rendition must be upright and must not keep a second rotation": FILE_PROOFS["orientation"],
    "the training opt-out must survive (or a stricter one replace it); it is no AI mark": (
        _opt_out_stays
    ),
    "the EXIF thumbnail must go: it leaks what was cropped away": _thumbnail_gone,
    "everything after the JPEG end marker must go": _ends_at_the_end,
    "a reader that clips instead of scaling shows mostly white": COLOUR_PROOFS["bits"],
    "imitation of the tool's format, written by hand; the picture is not AI-made; "
    "alpha is 254/255 only: visually opaque": _looks_opaque,
    "imitation of the tool's format, written by hand; the picture is not AI-made; the payload "
    "sits in pixels and survives lossless re-encoding: clear it or keep the label": (
        _hidden_is_cleared
    ),
    "signed by this corpus's own test CA (trust/test-ca.pem): Trusted with that anchor, else "
    "Valid but untrusted": _signed_by_the_corpus,
    "signed by this corpus's own test CA (trust/test-ca.pem): Trusted with that anchor, else "
    "Valid but untrusted; the active manifest has no AI action, only the ingredient's manifest "
    "has": _by_its_parent,
    "state Invalid; a declared AI mark is still a declaration, labelling is the careful answer": (
        _invalid_and_labelled
    ),
    "an instance may show 'made by an algorithm'; it is no AI mark": _no_label,
    "a half-grey picture must not be published silently": _refused,
}


def _notes(entry: Entry) -> None:
    if entry["notes"] and entry["notes"] not in REMARKS:
        NOTES[entry["notes"]](entry)


PROOFS: Final[Mapping[str, Proof]] = {"must": _musts, "notes": _notes}
