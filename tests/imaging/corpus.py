"""The picture corpus: what each upload is, and what we make of it, made once."""

import functools
import io
import json
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from server.imaging import make
from server.inscription import Inscription
from server.model import ImageFormat, RenditionName
from server.pictures import Answer, Made, MadeRendition, Refusal
from server.sniffing import plain_png

Entry = dict[str, Any]
Proof = Callable[[Entry], None]

FOLDER = Path(__file__).parents[1] / "fixtures" / "images"
ENTRIES: dict[str, Entry] = {
    entry["file"]: entry for entry in json.loads((FOLDER / "manifest.json").read_text())["files"]
}
# Seconds each, and about size alone: tested one by one where that matters.
_SLOW = ("formats/mp24-6000x4000.jpg", "formats/side-5200.png")


# What the work says, in letters of three scripts.
INSCRIPTION = Inscription(
    creator="Ana Žižková · 絵師",
    rights="© 2026 Ana Žižková",
    terms='May not be used to train "AI" & more.',
    statement_url="https://art.example/policy",
    work_url="https://art.example/works/1",
    data_mining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-GENAIMLTRAINING",
)


@functools.cache
def answer_to(name: str) -> Answer:
    return make((FOLDER / name).read_bytes(), INSCRIPTION)


def source_of(entry: Entry) -> bytes:
    return (FOLDER / entry["file"]).read_bytes()


def made(entry: Entry) -> Made | None:
    """Return what was made of it, None where it was refused."""
    answer = answer_to(entry["file"])
    return answer if isinstance(answer, Made) else None


def opened(entry: Entry) -> Image.Image:
    """Open an upload as Pillow does, but for what it will not: text that inflates too far."""
    source = source_of(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # strange files are what the corpus is for
        try:
            return Image.open(io.BytesIO(source))
        except ValueError:
            return Image.open(io.BytesIO(plain_png(source)))


def made_of(name: str) -> Made:
    answer = answer_to(name)
    assert isinstance(answer, Made), answer
    return answer


def refusal_of(name: str) -> Refusal:
    answer = answer_to(name)
    assert isinstance(answer, Refusal), f"{name} was accepted"
    return answer


def accepted(*, with_key: str = "file", folder: str = "", slow: bool = False) -> list[str]:
    return [
        name
        for name, entry in ENTRIES.items()
        if name.startswith(folder)
        and entry["expected"] != "refuse"
        and not name.endswith(".heic")  # the one kind that we refuse where others need not
        and entry.get(with_key)
        and (slow or name not in _SLOW)
    ]


def rendition(
    name: str, which: RenditionName, form: ImageFormat = ImageFormat.JPEG
) -> MadeRendition:
    return find(made_of(name), which, form)


def find(made: Made, which: RenditionName, form: ImageFormat = ImageFormat.JPEG) -> MadeRendition:
    [found] = [one for one in made.renditions if (one.name, one.format) == (which, form)]
    return found


def shown(one: MadeRendition) -> Image.Image:
    image = Image.open(io.BytesIO(one.body))
    image.load()
    return image


def mean_colour(image: Image.Image, frac: list[float]) -> list[float]:
    """Average the inner half of a patch, whose `frac` is x, y, width, height from 0 to 1."""
    x, y, width, height = frac
    box = (
        round((x + width / 4) * image.width),
        round((y + height / 4) * image.height),
        max(round((x + 3 * width / 4) * image.width), 1),
        max(round((y + 3 * height / 4) * image.height), 1),
    )
    inner = image.convert("RGB").crop(box)
    one = inner.resize((1, 1), Image.Resampling.BOX).tobytes()
    return [float(value) for value in one]


def read_by_exiftool(folder: str) -> list[dict[str, Any]]:
    """Ask ExifTool about every file of a folder."""
    done = subprocess.run(
        ["exiftool", "-json", "-G1", "-n", "-q", folder],  # noqa: S607 - its place differs
        check=True,
        capture_output=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
