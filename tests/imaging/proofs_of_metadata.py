"""What proves that words of an upload are gone from its copies, or stay in them: by ExifTool."""

import functools
import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from server.model import ImageFormat
from tests.imaging.corpus import ENTRIES, FOLDER, Entry, Proof, made, source_of

_STRICTNESS: Final = ("GENAIMLTRAINING", "AIMLTRAINING", "PROHIBITED")


def _exiftool(folder: str | Path, *said: str) -> list[Entry]:
    done = subprocess.run(
        ["exiftool", "-json", "-G1", "-q", *said, folder],  # noqa: S607 - its place differs
        check=False,  # 1 where a file is strange, and some are
        capture_output=True,
    )
    found: list[Entry] = json.loads(done.stdout)
    return found


def _flat(name: str) -> str:
    return name.replace("/", "~")


@functools.cache
def tags_of_uploads() -> dict[str, Entry]:
    """Return what ExifTool finds in every upload, by its name in the manifest."""
    found = _exiftool(FOLDER, "-r", "-n", "-fast", "-ext", "*")
    return {str(Path(one["SourceFile"]).relative_to(FOLDER)): one for one in found}


@functools.cache
def tags_of_copies() -> dict[str, Entry]:
    """Return what ExifTool finds in every copy of what may bring words of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, entry in ENTRIES.items():
            may_speak = entry["category"] in {"private", "ai", "ai-negative", "hostile"}
            found = made(entry) if may_speak or entry["metadata_stay"] else None
            for one in found.renditions if found is not None else ():
                path = Path(folder) / f"{_flat(name)}.{one.name}.{one.format}"
                path.write_bytes(one.body)
        return {Path(one["SourceFile"]).name: one for one in _exiftool(folder, "-a", "-u", "-ee")}


def copies_by_exiftool(entry: Entry) -> list[Entry]:
    start = _flat(entry["file"]) + "."
    found = [tags for name, tags in tags_of_copies().items() if name.startswith(start)]
    assert made(entry) is None or found, "ExifTool was not asked about this file"
    return found


def _has(tags: Entry, wanted: str) -> bool:
    group, _, name = wanted.partition(":")
    everything = name in {"", "all"}
    return any(key.startswith(f"{group}:") for key in tags) if everything else wanted in tags


def _tags_gone(entry: Entry, wanted: list[str]) -> None:
    for tag in wanted:
        # ExifTool sees a trailer only where it is told to; the needles prove that it was there.
        is_there = _has(tags_of_uploads()[entry["file"]], tag)
        assert is_there or tag in {"Trailer", "XMP-dcterms:Provenance"}, f"never there: {tag}"
        assert not [one["SourceFile"] for one in copies_by_exiftool(entry) if _has(one, tag)]


def _needles_gone(entry: Entry, wanted: list[str]) -> None:
    source, found = source_of(entry), made(entry)
    for needle in wanted:
        forms = [needle.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
        assert any(form in source for form in forms) or b"zTXt" in source or b"iTXt" in source
        for one in found.renditions if found is not None else ():
            if needle == "ftyp" and one.format is ImageFormat.AVIF:
                continue  # every AVIF begins with that word
            assert not [form for form in forms if form in one.body], (needle, one.name)


def _place_gone(entry: Entry, place: list[float]) -> None:
    degrees = [f"{value:.2f}" for value in place]
    degrees += [f"{int(value)} deg {int(value * 60 % 60)}'" for value in place]

    def tells(tags: Entry) -> list[str]:
        return [
            key
            for key, value in tags.items()
            if "GPS" in key or any(one in str(value) for one in degrees)
        ]

    if made(entry) is not None:
        assert tells(tags_of_uploads()[entry["file"]]), "the place was never there"
        assert not [key for tags in copies_by_exiftool(entry) for key in tells(tags)]


GONE: Final[Mapping[str, Callable[[Entry, Any], None]]] = {
    "tags": _tags_gone,
    "needles": _needles_gone,
    "gps": _place_gone,
}


def _artist_stays(tags: Entry, wanted: str) -> None:
    said = tags["XMP-dc:Creator"]
    assert wanted in {*(said if isinstance(said, list) else [said]), tags.get("IFD0:Artist")}


def _copyright_stays(tags: Entry, wanted: str) -> None:
    assert tags["XMP-dc:Rights"] == wanted
    assert tags.get("IFD0:Copyright", wanted) == wanted


def _source_type_stays(tags: Entry, wanted: str) -> None:
    assert _key(tags["XMP-iptcExt:DigitalSourceType"]) == _key(wanted)


def _key(said: str) -> str:
    """Return a word of a vocabulary without the spaces that ExifTool puts into it."""
    return said.rpartition("/")[2].replace(" ", "").lower()


def _mining_stays(tags: Entry, wanted: str) -> None:
    said = tags["XMP-plus:DataMining"].rpartition("-")[2]
    assert _STRICTNESS.index(_mining(said)) >= _STRICTNESS.index(wanted.rpartition("-")[2])


def _mining(said: str) -> str:
    """Return PLUS's own word for the sentence that ExifTool says instead."""
    if "generative" in said.lower():
        return "GENAIMLTRAINING"
    return "AIMLTRAINING" if "training" in said.lower() else said.upper()


STAY: Final[Mapping[str, Callable[[Entry, str], None]]] = {
    "artist": _artist_stays,
    "copyright": _copyright_stays,
    "digital_source_type": _source_type_stays,
    "data_mining": _mining_stays,
}


def _gone(entry: Entry) -> None:
    for key, wanted in entry["metadata_gone"].items():
        GONE[key](entry, wanted)


def _stay(entry: Entry) -> None:
    for key, wanted in entry["metadata_stay"].items():
        for tags in copies_by_exiftool(entry):
            if not tags["SourceFile"].endswith(".gif"):  # which has no place for EXIF
                STAY[key](tags, wanted)


PROOFS: Final[Mapping[str, Proof]] = {"metadata_gone": _gone, "metadata_stay": _stay}
