"""How the pictures and the sound of a video are coded, and which browsers play that. Pure.

Law: nothing is decoded. What a file says of itself is read from an index that is here and bounded,
never deeper than the boxes named below, never more of them than real files have. What cannot be
told is no problem of the artist's: only what is known to play nowhere is refused. Sources: ISO/IEC
14496-12 (sample descriptions), -14 (esds), -15 (avcC); RFC 9559 and the Matroska codec registry.
"""

from collections.abc import Iterator
from typing import Final

from server.values import dataclass

_MOST_TRACKS: Final = 64  # looked at; cameras write three, editors ten
_MOST_BOXES: Final = 64  # looked at in each box
_VIDEO_FIELDS: Final = 86  # bytes of a picture's description before the boxes in it
_PLAIN_H264: Final = frozenset({66, 77, 100})  # Baseline, Main, High
_ODD_H264: Final = {
    44: "CAVLC 4:4:4",
    88: "Extended",
    110: "High 10, that is with 10 bits a colour",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_H264: Final = frozenset({"avc1", "avc3"})

# What every browser of today plays: AV1 in the newest Safari on some machines only.
_PLAYED: Final = frozenset({"vp08", "vp09", "av01", "V_VP8", "V_VP9", "V_AV1"})
_PLAYED_BY_SOME: Final = {
    **dict.fromkeys(("hvc1", "hev1", "V_MPEGH/ISO/HEVC"), "HEVC (H.265)"),
    **dict.fromkeys(("dvh1", "dvhe", "dva1", "dvav", "dav1"), "Dolby Vision"),
    **dict.fromkeys(("mp4v", "V_MPEG4/ISO/SP", "V_MPEG4/ISO/ASP"), "MPEG-4 Part 2"),
    "V_MPEG4/ISO/AVC": "H.264 inside WebM",
}
_PLAYED_BY_NONE: Final = {
    **dict.fromkeys(
        ("apco", "apcs", "apcn", "apch", "ap4h", "ap4x", "aprn", "aprh", "V_PRORES"), "ProRes"
    ),
    **dict.fromkeys(("jpeg", "mjpa", "mjpb", "mjpg", "MJPG", "V_MJPEG"), "Motion JPEG"),
    **dict.fromkeys(("vvc1", "vvi1", "vvcN"), "VVC (H.266)"),
    **dict.fromkeys(("s263", "h263", "H263"), "H.263"),
    **dict.fromkeys(("AVdn", "AVdh"), "DNxHD"),
    **dict.fromkeys(("encv", "drmi"), "a locked form"),
    **dict.fromkeys(("raw ", "2vuy", "yuv2", "v210", "V_UNCOMPRESSED"), "an uncompressed form"),
    "V_THEORA": "Theora",
    "CFHD": "CineForm",
}
_SOUND_PLAYED: Final = frozenset(
    {"mp4a", "Opus", ".mp3", "fLaC", "A_OPUS", "A_VORBIS", "A_VORBIS/", "A_FLAC"}
)
_SOUND_NAMES: Final = {
    **dict.fromkeys(("ac-3", "A_AC3"), "AC-3"),
    **dict.fromkeys(("ec-3", "A_EAC3"), "E-AC-3"),
    **dict.fromkeys(("sowt", "twos", "lpcm", "ipcm", "fpcm", "in24"), "uncompressed"),
    **dict.fromkeys(("samr", "sawb"), "AMR"),
    **dict.fromkeys(("dtsc", "dtse", "dtsh", "dtsl"), "DTS"),
    "alac": "Apple Lossless",
    "enca": "locked",
}
_DO: Final = "export it as MP4 with H.264, or as WebM with VP9 or AV1"


@dataclass(frozen=True, slots=True)
class Coding:
    """What a file says of its first picture and sound; "" of what it does not have or say.

    Of H.264 the profile stands behind the code, as "avc1.100".
    """

    video: str = ""
    audio: str = ""
    is_index_last: bool = False  # so that a player asks for the end before it can begin


def refusal_of(coding: Coding) -> str:
    """Return what follows the name of a file that no browser plays, "" for all others."""
    code = coding.video.partition(".")[0]
    if not code or code in _H264 | _PLAYED | _PLAYED_BY_SOME.keys():
        return ""
    name = _PLAYED_BY_NONE.get(code, f"a form ({code})")
    return f" is in {name}, which browsers do not play: {_DO}, and add that."


def remark_on(coding: Coding) -> str:
    """Return what its artist is told of a video that is taken, "" where there is nothing to say."""
    return " ".join(filter(None, (_of_pictures(coding), _of_sound(coding), _of_place(coding))))


def coding_of(index: bytes) -> Coding:
    """Return what an MP4's index (the inside of its `moov`) says of its tracks.

    Of several pictures the one counts that most browsers play, as they look for it themselves.
    """
    pictures: list[str] = []
    sounds: list[str] = []
    for kind, start, end in boxes(index, 0, len(index), _MOST_TRACKS):
        if kind != b"trak":
            continue
        code, is_picture = _track(index, start, end)
        (pictures if is_picture else sounds).append(code)
    video = min(pictures, key=_rank, default="")
    return Coding(video, next(filter(None, sounds), ""))


def boxes(
    data: bytes, at: int, end: int, most: int = _MOST_BOXES
) -> Iterator[tuple[bytes, int, int]]:
    """Give kind, start and end of the boxes in a box; the last may be longer than what is here."""
    for _ in range(most):
        length = int.from_bytes(data[at : at + 4])
        if at + 8 > end or length < 8:
            return
        yield data[at + 4 : at + 8], at + 8, min(at + length, end)
        at += length


def code_of(said: bytes) -> str:
    """Return a codec's id as plain text, at most as long as any in Matroska's registry."""
    plain = said[:32].rstrip(b"\0")
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in plain)


def _track(data: bytes, start: int, end: int) -> tuple[str, bool]:
    """Return how a track is coded, and whether it is one of pictures."""
    media = _first(data, start, end, b"mdia")
    handler = _first(data, *media, b"hdlr") if media else None
    is_picture = handler is not None and data[handler[0] + 8 : handler[0] + 12] == b"vide"
    is_sound = handler is not None and data[handler[0] + 8 : handler[0] + 12] == b"soun"
    place = media
    for kind in (b"minf", b"stbl", b"stsd"):
        place = _first(data, *place, kind) if place else None
    if place is None or not (is_picture or is_sound):
        return "", is_picture
    kind, at, after = next(boxes(data, place[0] + 8, place[1], 1), (b"", 0, 0))
    code = code_of(kind)
    if is_picture and code in _H264:
        return f"{code}.{_profile(data, at - 8 + _VIDEO_FIELDS, after)}".rstrip("."), True
    return code, is_picture


def _profile(data: bytes, start: int, end: int) -> str:
    """Return the profile of H.264 by its number, "" where it is not said."""
    found = _first(data, start, end, b"avcC")
    return str(data[found[0] + 1]) if found and found[0] + 1 < found[1] else ""


def _first(data: bytes, start: int, end: int, kind: bytes) -> tuple[int, int] | None:
    return next(((a, b) for one, a, b in boxes(data, start, end) if one == kind), None)


def _rank(code: str) -> int:
    """Return how few browsers play a picture: 0 for all; what is not said comes last."""
    coding = Coding(code)
    if not code:
        return 3
    return 2 if refusal_of(coding) else 1 if _of_pictures(coding) else 0


def _of_pictures(coding: Coding) -> str:
    code, _, profile = coding.video.partition(".")
    name = _PLAYED_BY_SOME.get(code, "")
    if code in _H264 and profile.isdecimal() and int(profile) not in _PLAIN_H264:
        name = f"H.264 in the profile {_ODD_H264.get(int(profile), profile)}"
    if not name:
        return ""
    return (
        f"This video is in {name}, which only some browsers play; in others it stays still. For "
        f"all to see it, {_DO}, and add that in its place."
    )


def _of_sound(coding: Coding) -> str:
    if not coding.audio or coding.audio in _SOUND_PLAYED:
        return ""
    name = _SOUND_NAMES.get(coding.audio, f"in a form ({coding.audio}) of its own")
    return (
        f"Its sound is {name}, which many browsers do not play: export it with AAC (MP4) or Opus "
        "(WebM) if it is to be heard."
    )


def _of_place(coding: Coding) -> str:
    if not coding.is_index_last:
        return ""
    return (
        "Its index stands at its end, so that it starts to play a little late: most programs can "
        "export it “for the web” or with “fast start”."
    )
