"""Animations move on pages and, where they are GIFs, on other servers; within a budget."""

import io
import itertools

import pytest
from PIL import Image, ImageSequence

from server.animating import plain_gif
from server.imaging import make
from server.model import ImageFormat, RenditionName
from server.pictures import Made, MadeRendition
from tests.imaging.corpus import ENTRIES, FOLDER, INSCRIPTION, find, made_of

ANIMATED = [
    name
    for name, entry in ENTRIES.items()
    if entry["expected"] != "refuse" and entry.get("frames", 1) > 1 and name.startswith("formats/")
]
RED, BLUE = (200, 30, 30), (30, 30, 200)


def film(kind: str, *, size: tuple[int, int] = (60, 40), frames: int = 4, **said: object) -> bytes:
    """An animation that changes from red to blue and back."""
    colours = itertools.islice(itertools.cycle((RED, BLUE)), frames)
    first, *others = [Image.new("RGB", size, colour) for colour in colours]
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=others, **said)
    return out.getvalue()


def made(source: bytes) -> Made:
    answer = make(source, INSCRIPTION)
    assert isinstance(answer, Made), answer
    return answer


def on_white(image: Image.Image) -> Image.Image:
    shown = image.convert("RGBA")
    paper = Image.new("RGBA", shown.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, shown).convert("RGB")


def moving(of: Made) -> list[MadeRendition]:
    return [one for one in of.renditions if one.format in {ImageFormat.WEBP, ImageFormat.GIF}]


@pytest.mark.parametrize("name", ANIMATED)
def test_an_animation_of_every_kind_keeps_all_its_frames_and_their_times(name: str) -> None:
    source = Image.open(io.BytesIO((FOLDER / name).read_bytes()))
    copy = Image.open(io.BytesIO(find(made_of(name), RenditionName.VIEW, ImageFormat.WEBP).body))
    assert copy.n_frames == source.n_frames == ENTRIES[name]["frames"]  # type: ignore[attr-defined]
    for number in range(source.n_frames):  # type: ignore[attr-defined]
        source.seek(number)
        copy.seek(number)
        source.load()
        copy.load()
        wanted = source.info.get("duration", 100)
        assert copy.info["duration"] == pytest.approx(wanted if wanted >= 20 else 100, abs=1)
        pair = [on_white(image).resize((4, 4)).tobytes() for image in (source, copy)]
        assert max(abs(a - b) for a, b in zip(*pair, strict=True)) < 40, number


@pytest.mark.parametrize(
    ("kind", "said", "plays"),
    [
        ("GIF", {"loop": 0}, 0),
        ("GIF", {"loop": 2}, 3),
        ("GIF", {}, 1),
        ("WEBP", {"loop": 0}, 0),
        ("WEBP", {"loop": 5}, 5),
        ("PNG", {"loop": 3}, 3),
    ],
)
def test_it_plays_as_often_as_the_upload(kind: str, said: dict[str, int], plays: int) -> None:
    copy = find(made(film(kind, duration=100, **said)), RenditionName.VIEW, ImageFormat.WEBP)
    assert Image.open(io.BytesIO(copy.body)).info["loop"] == plays


def test_frames_too_fast_for_browsers_last_as_long_as_browsers_show_them() -> None:
    copy = find(made(film("WEBP", duration=[0, 10, 20, 300])), RenditionName.VIEW, ImageFormat.WEBP)
    image = Image.open(io.BytesIO(copy.body))
    times = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        times.append(frame.info["duration"])
    assert times == [100, 100, 20, 300]


def test_a_large_animation_is_made_smaller_and_one_beyond_the_budget_stays_still() -> None:
    copies = moving(made(film("WEBP", size=(1600, 900), frames=3)))
    assert [(one.name, one.width) for one in copies] == [
        (RenditionName.VIEW, 1280),
        (RenditionName.PREVIEW, 800),
    ]
    assert moving(made(film("GIF", size=(1500, 1000), frames=300, duration=50))) == []


def test_a_still_has_no_moving_copy() -> None:
    assert moving(made_of("formats/still.gif")) == []
    assert moving(made_of("formats/progressive.jpg")) == []


def test_a_gif_goes_to_others_with_its_frames_its_rights_and_nothing_else() -> None:
    secret = b"SN-7741092 home address"
    source = film("GIF", duration=80, loop=0, comment=secret) + b"PK\x03\x04 hidden archive"
    gif = find(made(source), RenditionName.FEDERATED, ImageFormat.GIF)
    assert secret in source
    assert secret not in gif.body
    assert b"hidden" not in gif.body
    assert INSCRIPTION.rights.encode() in gif.body
    copy = Image.open(io.BytesIO(gif.body))
    assert (copy.n_frames, copy.info["loop"]) == (4, 0)  # type: ignore[attr-defined]
    assert copy.info["xmp"].startswith(b"<?xpacket") if "xmp" in copy.info else True


@pytest.mark.parametrize("cut", [0, 5, 12, 13, 20, 40, -1, -5], ids=lambda cut: f"cut at {cut}")
def test_a_gif_that_ends_anywhere_is_walked_to_its_end_and_not_beyond(cut: int) -> None:
    assert plain_gif(film("GIF", duration=80)[:cut], b"") == b""


@pytest.mark.parametrize(
    "body",
    [
        b"GIF89a" + bytes(7) + b"\x21" * 100_000,
        b"GIF89a" + bytes(7) + b"\x2c" * 100_000,
        b"GIF89a" + b"\xff" * 100_000,
        b"GIF89a" + bytes(7) + b"\x21\xff" + bytes(100_000),
        b"GIF89a" + bytes(100_000),
    ],
)
def test_a_hostile_gif_ends_the_walk(body: bytes) -> None:
    plain_gif(body, b"")


def test_a_broken_frame_behind_good_ones_leaves_the_still() -> None:
    source = film("WEBP", size=(300, 200), frames=6, duration=100)
    answer = make(source[: len(source) * 2 // 3], INSCRIPTION)
    if isinstance(answer, Made):
        assert all(one.body for one in answer.renditions)
