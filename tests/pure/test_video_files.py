"""What a video file is, by its own bytes: refusals first."""

import random
from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest

from server.codecs import Coding, remark_on
from server.errors import Invalid
from server.videos import HEAD_BYTES, Looks, VideoType, watch_for
from tests.films import box, described, element, mp4, sound, track, webm

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
    vp9, h264 = Coding("V_VP9"), Coding("avc1.100", "mp4a")
    assert looks(mp4(), piece=piece) == Looks(VideoType.MP4, 1_280, 720, h264)
    assert looks(webm(), piece=piece) == Looks(VideoType.WEBM, 640, 360, vp9)
    assert looks(webm(is_endless=True), piece=piece) == Looks(VideoType.WEBM, 640, 360, vp9)


def test_what_a_browser_records_is_taken() -> None:
    webm_file, mp4_file = ((VIDEOS / f"recorded.{kind}").read_bytes() for kind in ("webm", "mp4"))
    assert looks(webm_file) == Looks(VideoType.WEBM, 640, 360, Coding("V_VP9"))
    assert looks(mp4_file) == Looks(VideoType.MP4, 640, 360, Coding("av01"))


def test_a_film_that_a_phone_turned_is_as_large_as_it_is_shown() -> None:
    found = looks(mp4(track(1_920, 1_080, is_turned=True)))
    assert (found.width, found.height) == (1_080, 1_920)


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


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (mp4(track(640, 360, b"apch")), "film is in ProRes, which browsers do not play: export"),
        (mp4(track(640, 360, b"mjpa")), "film is in Motion JPEG"),
        (mp4(track(640, 360, b"vvc1")), "film is in VVC"),
        (mp4(track(640, 360, b"encv")), "film is in a locked form"),
        (mp4(track(640, 360, b"XYZ1")), r"film is in a form \(XYZ1\), which browsers do not play"),
        (mp4(track(640, 360, b"\0\xff<\n")), r"film is in a form \(\?\?<\?\)"),
        (webm(codec=b"V_MS/VFW/FOURCC"), "film is in a form"),
        (webm(codec=b"V_PRORES"), "film is in ProRes"),
        (webm(codec=b"x" * 9_000), r"film is in a form \(x{32}\)"),
        # nothing says how it is coded, or that it is a picture
        (mp4(sound()), "shows no picture"),
        (mp4(track(640, 360)[:92] + bytes(4) + track(640, 360)[96:]), "shows no picture"),
        (webm(codec=b""), "shows no picture"),
    ],
)
def test_what_no_browser_plays_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        looks(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (mp4(track(640, 360, b"hvc1")), "in HEVC (H.265), which only some browsers play"),
        (mp4(track(640, 360, b"hev1")), "in HEVC (H.265), which only some browsers play"),
        (mp4(track(640, 360, b"mp4v")), "in MPEG-4 Part 2, which only some"),
        (mp4(track(640, 360, b"dvh1")), "in Dolby Vision, which only some"),
        (mp4(track(640, 360, b"avc1", 110)), "H.264 in the profile High 10, that is with 10 bits"),
        (mp4(track(640, 360, b"avc3", 122)), "H.264 in the profile High 4:2:2, which only some"),
        (mp4(track(640, 360, b"avc1", 7)), "H.264 in the profile 7, which only some"),
        (webm(codec=b"V_MPEG4/ISO/AVC"), "H.264 inside WebM, which only some"),
        (mp4(track(640, 360), sound(b"ac-3")), "Its sound is AC-3, which many browsers do not"),
        (webm(audio=b"A_DTS"), "Its sound is in a form (A_DTS) of its own"),
        (mp4(track(640, 360), sound(b"\0\0\0\1")), "Its sound is in a form (????) of its own"),
    ],
)
def test_what_some_browsers_play_is_taken_with_a_remark(data: bytes, said: str) -> None:
    remark = remark_on(looks(data, piece=13).coding)
    assert said in remark
    assert "export it" in remark


@pytest.mark.parametrize(
    "data",
    [
        mp4(),
        webm(),
        *(mp4(track(640, 360, b"avc1", profile), sound(b"Opus")) for profile in (66, 77, 100)),
        *(mp4(track(640, 360, code)) for code in (b"av01", b"vp09")),
        *(webm(codec=code, audio=b"A_OPUS") for code in (b"V_VP8", b"V_AV1")),
        # of several pictures the one counts that most browsers play
        mp4(track(640, 360, b"jpeg"), track(640, 360, b"hvc1"), track(640, 360)),
        *((VIDEOS / f"recorded.{kind}").read_bytes() for kind in ("webm", "mp4")),
    ],
)
def test_of_what_all_browsers_play_nothing_is_said(data: bytes) -> None:
    assert remark_on(looks(data).coding) == ""


def test_a_large_film_whose_index_stands_at_its_end_is_said_to_begin_late() -> None:
    head, index = box(b"ftyp", b"mp42", bytes(4), b"mp42"), box(b"moov", track(64, 48))
    large, small = box(b"mdat", bytes(10_000_000)), box(b"mdat", bytes(1_000_000))
    assert "starts to play a little late" in remark_on(
        looks(head + large + index, piece=10**6).coding
    )
    for quick in (head + index + large, head + small + index):
        assert remark_on(looks(quick, piece=10**6).coding) == ""


@pytest.mark.parametrize("kind", [b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avcC", b"free"])
def test_an_index_of_lies_costs_little(kind: bytes) -> None:
    """Boxes without end, in each other, longer and shorter than what is around them."""
    empty = box(kind, b"") * 200_000
    deep = b""
    for _ in range(5_000):
        deep = box(kind, deep)
    long = (2**31).to_bytes(4) + kind
    short = (3).to_bytes(4) + kind
    began = process_time()
    for inside in (
        empty,
        deep,
        long,
        short,
        box(b"trak", empty),
        box(b"trak", box(b"mdia", empty)),
    ):
        for more in (b"", track(640, 360)):
            with suppress(Invalid):
                looks(mp4(more, inside), piece=65_536)
    assert process_time() - began < 5


def test_whatever_a_description_says_a_sentence_or_a_size_is_the_answer() -> None:
    chance = random.Random(6)  # noqa: S311 - not for secrets
    for whole in (described(b"avc1"), described(b"mp4a", is_sound=True)):
        for _ in range(600):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 8, 127, 255))
            cut = bytes(data[: chance.randint(0, len(data))])
            one = track(640, 360)
            with suppress(Invalid):
                remark = remark_on(looks(mp4(one[:100] + cut)).coding)
                assert remark.isprintable()
