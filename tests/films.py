"""Videos for tests, made by hand: the skeletons that tell what a file is, with noise for frames."""

FRAMES = bytes(range(256)) * 40


def box(kind: bytes, *body: bytes) -> bytes:
    """Return a box of an MP4."""
    whole = b"".join(body)
    return (8 + len(whole)).to_bytes(4) + kind + whole


def described(code: bytes, profile: int = 100, *, is_sound: bool = False) -> bytes:
    """Return the part of a track that says how it is coded."""
    more = box(b"avcC", bytes((1, profile, 0, 31)), b"\xff\xe0\0") if code[:3] == b"avc" else b""
    entry = box(code, bytes(28 if is_sound else 78), more)
    said = box(b"stsd", bytes(4), (1).to_bytes(4), entry)
    handler = box(b"hdlr", bytes(8), b"soun" if is_sound else b"vide", bytes(13))
    return box(b"mdia", handler, box(b"minf", box(b"stbl", box(b"stts", bytes(8)), said)))


def sound(code: bytes = b"mp4a") -> bytes:
    """Return a track of sound."""
    return box(b"trak", box(b"tkhd", bytes(84)), described(code, is_sound=True))


def track(
    width: int, height: int, code: bytes = b"avc1", profile: int = 100, *, is_turned: bool = False
) -> bytes:
    """Return a track with its size, as version 0 of its header says it, and its coding."""
    one, none = (65_536).to_bytes(4), bytes(4)
    turned = (none, one, none, b"\xff\xff\0\0", none, none, none, none, b"\x40\0\0\0")
    upright = (one, none, none, none, one, none, none, none, b"\x40\0\0\0")
    matrix = b"".join(turned if is_turned else upright)
    size = (width << 16).to_bytes(4) + (height << 16).to_bytes(4)
    return box(b"trak", box(b"tkhd", bytes(40), matrix, size), described(code, profile))


def mp4(
    *tracks: bytes, brand: bytes = b"isom", compatible: bytes = b"isomavc1", end: bytes = b""
) -> bytes:
    """Return an MP4 whose index stands before its frames."""
    head = box(b"ftyp", brand, bytes(4), compatible)
    index = box(b"moov", *(tracks or (sound(), track(1_280, 720))))
    return head + index + box(b"free", b"") + box(b"mdat", FRAMES) + end


def element(kind: int, *body: bytes, is_endless: bool = False) -> bytes:
    """Return an element of a WebM."""
    whole = b"".join(body)
    width = (kind.bit_length() + 7) // 8
    length = b"\x01" + b"\xff" * 7 if is_endless else (len(whole) | 1 << 56).to_bytes(8)
    return kind.to_bytes(width) + length + whole


def webm(
    width: int = 640,
    height: int = 360,
    *,
    doc_type: bytes = b"webm",
    codec: bytes = b"V_VP9",
    audio: bytes = b"",
    is_endless: bool = False,
    end: bytes = b"",
) -> bytes:
    """Return a WebM; `is_endless` as browsers record it, without its length."""
    head = element(0x1A45DFA3, element(0x4282, doc_type))
    size = element(0xB0, width.to_bytes(2)) + element(0xBA, height.to_bytes(2))
    one = element(0xAE, element(0x83, b"\1"), element(0x86, codec), element(0xE0, size))
    other = element(0xAE, element(0x83, b"\2"), element(0x86, audio)) if audio else b""
    tracks = element(0x1654AE6B, other, one)
    frames = element(0x1F43B675, FRAMES, is_endless=is_endless)
    return head + element(0x18538067, tracks, frames, is_endless=is_endless) + end
