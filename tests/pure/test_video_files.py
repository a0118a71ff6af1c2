"""What a video file is, by its own bytes: refusals first."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from server.errors import Invalid
from server.videos import HEAD_BYTES, Looks, VideoType, watch_for
from tests.films import box, element, mp4, track, webm

VIDEOS = Path(__file__).parents[1] / "fixtures" / "videos"
PAGE = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(60) + b"PE\0\0" + bytes(400)


def looks(data: bytes, *, piece: int = 1_000) -> Looks:
    """Look at a file as it comes, in pieces."""
    watch = watch_for(data[:HEAD_BYTES], "film")
    assert watch is not None
    for at in range(0, len(data), piece):
        watch.see(data[at : at + piece])
    return watch.end()


@pytest.mark.parametrize(
    "data",
    [b"", b"a", EXE, PAGE, b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypavif", b"RIFF0000AVI "],
)
def test_what_begins_otherwise_is_no_video(data: bytes) -> None:
    assert watch_for(data[:HEAD_BYTES], "film") is None


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"crx ", b"avis"])
def test_pictures_in_boxes_are_left_to_who_reads_pictures(brand: bytes) -> None:
    assert watch_for(mp4(brand=brand)[:HEAD_BYTES], "film") is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        # something stands in front of the film, or is called one
        (b"<!--ftypisom" + PAGE + mp4(), "something else stands in it"),
        (b"\0\0\0\x08ftyp" + PAGE, "something else stands in it"),
        (b"\0\0\x10\0ftypisom" + bytes(5_000), "something else stands in it"),
        (b"\0\0\0\x14ftypisom" + bytes(4) + b"isom" + EXE, "something else stands in it"),
        # or behind it
        (mp4(end=PAGE), "cut off"),
        (mp4(end=EXE), "something else stands in it"),
        (mp4(end=b"PK\3\4" + bytes(90)), "something else stands in it"),
        (webm(end=PAGE), "something else stands in it"),
        (mp4(end=b"\0"), "cut off"),
        # half a film
        (mp4()[:-1], "cut off"),
        (mp4()[:40], "cut off"),
        (webm()[:-1], "cut off"),
        (webm()[:20], "cut off"),
        (b"\x1aE\xdf\xa3", "cut off"),
        # films of other kinds
        (mp4(brand=b"qt  ", compatible=b"qt  "), "a QuickTime film"),
        (mp4(brand=b"M4A ", compatible=b"M4A mp42"), "a sound file"),
        (mp4(brand=b"3gp4", compatible=b"3gp4"), "a kind that browsers do not play"),
        (webm(doc_type=b"matroska"), "is no WebM"),
        (element(0x1A45DFA3, b"") + PAGE, "is no WebM"),
        (element(0x1A45DFA3, element(0x4282, b"webm")) + PAGE, "something else stands in it"),
        (element(0x1A45DFA3, bytes(5_000)), "something else stands in it"),
        # no picture in them
        (mp4(track(0, 0)), "shows no picture"),
        (mp4(track(65_535, 65_535)), "shows no picture"),
        (box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"mdat", b"x"), "holds no video"),
        (box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"moov", track(9, 9)), "holds no video"),
    ],
)
def test_what_is_no_whole_video_is_refused_in_one_sentence(data: bytes, said: str) -> None:
    for piece in (7, 1_000, len(data)):
        with pytest.raises(Invalid, match=said) as refusal:
            looks(data, piece=piece)
        assert refusal.value.message.startswith("film ")


def test_a_page_behind_a_video_is_refused_before_it_has_come() -> None:
    data = webm(end=PAGE * 50)
    watch = watch_for(data[:HEAD_BYTES], "film")
    assert watch is not None
    film = len(data) - 50 * len(PAGE)
    watch.see(data[:film])
    with pytest.raises(Invalid, match="something else stands in it"):
        watch.see(PAGE)


@pytest.mark.parametrize("piece", [1, 13, 4_096, 10**6])
def test_mp4_and_webm_say_how_large_their_picture_is(piece: int) -> None:
    assert looks(mp4(), piece=piece) == Looks(VideoType.MP4, 1_280, 720)
    assert looks(webm(), piece=piece) == Looks(VideoType.WEBM, 640, 360)
    assert looks(webm(is_endless=True), piece=piece) == Looks(VideoType.WEBM, 640, 360)


def test_what_a_browser_records_is_taken() -> None:
    webm_file, mp4_file = ((VIDEOS / f"recorded.{kind}").read_bytes() for kind in ("webm", "mp4"))
    assert looks(webm_file) == Looks(VideoType.WEBM, 640, 360)
    assert looks(mp4_file) == Looks(VideoType.MP4, 640, 360)


def test_a_film_that_a_phone_turned_is_as_large_as_it_is_shown() -> None:
    assert looks(mp4(track(1_920, 1_080, is_turned=True))) == Looks(VideoType.MP4, 1_080, 1_920)


def test_the_index_may_stand_at_the_end_and_the_frames_go_on_to_it() -> None:
    head, index = box(b"ftyp", b"mp42", bytes(4), b"mp42"), box(b"moov", track(64, 48))
    assert looks(head + box(b"mdat", bytes(999)) + index).width == 64
    long = (1).to_bytes(4) + b"mdat" + (16 + 999).to_bytes(8) + bytes(999)
    assert looks(head + long + index).width == 64
    assert looks(head + index + bytes(4) + b"mdat" + bytes(999)).width == 64
    fragments = (box(b"moof", bytes(40)) + box(b"mdat", bytes(90))) * 50
    assert looks(head + index + fragments).height == 48


def test_whatever_comes_a_sentence_or_a_size_is_the_answer() -> None:
    chance = random.Random(5)  # noqa: S311 - not for secrets
    for whole in (mp4(), webm(), webm(is_endless=True)):
        for _ in range(400):
            data = bytearray(whole[: chance.choice((60, 300, len(whole)))])
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(HEAD_BYTES, min(len(data), 400))] = chance.randrange(256)
            with suppress(Invalid):
                assert 0 <= looks(bytes(data), piece=5_000).width <= 16_384


def test_a_file_of_nothing_but_beginnings_costs_little() -> None:
    many = box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"free", b"") * 30_000
    with pytest.raises(Invalid, match="something else stands in it"):
        looks(many, piece=65_536)
    void = element(0xEC, b"") * 2_000
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    with pytest.raises(Invalid, match="something else stands in it"):
        looks(head + element(0x18538067, void), piece=65_536)
