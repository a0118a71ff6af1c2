"""Content Credentials (C2PA): what a file's own say, and what children are asked about them. Pure.

Law: a reading is the word of whoever signed the file. That a signature fits proves that the file
is as it was signed; who holds the key is proved by nobody here, and no sentence says more.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

EXTRA: Final = "provenance"  # of the package: brings the library
READ_TASK: Final = "read-credentials"  # in `server.crediting`
SIGN_TASK: Final = "sign-credentials"
LOOK_TASK: Final = "look-at-credentials"  # b"" in, the library's version out

_GENERATED: Final = "trainedAlgorithmicMedia"
# Every container names its manifest store so; the last is XMP's word for one kept elsewhere.
_HINTS: Final = (b"c2pa", b"C2PA", b"dcterms:provenance")
_STEP: Final = 1_048_576  # bytes looked through at once
_OVERLAP: Final = max(map(len, _HINTS))
_PROHIBITED: Final = "DMI-PROHIBITED"
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=T|$)")
_MINING: Final = ("cawg.data_mining", "cawg.ai_training", "cawg.ai_generative_training")
_ALL_USES: Final = (*_MINING, "cawg.ai_inference")
# PLUS's key is what the file's XMP says, the stricter of work and upload: both forms say the same.
_FORBIDDEN: Final = {
    "DMI-PROHIBITED-GENAIMLTRAINING": _MINING,
    "DMI-PROHIBITED-AIMLTRAINING": _ALL_USES,
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": _ALL_USES,
    _PROHIBITED: _ALL_USES,
}


class Seal(StrEnum):
    """How a file's credentials were found."""

    INTACT = "intact"  # the file is as it was signed
    OURS = "ours"  # and this instance signed it
    BROKEN = "broken"  # the file was changed since, or the manifest is wrong in itself
    UNREADABLE = "unreadable"
    ELSEWHERE = "elsewhere"  # the file names an address, which nobody here asks


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the credentials of a file say. Texts are a stranger's, one clean line each."""

    seal: Seal
    made_with: str = ""  # the tool that made the picture; "" where its making is not told
    edited_with: str = ""  # the program that signed last, where another made it
    signer: str = ""  # as the certificate calls itself
    signed_on: str = ""  # 2026-03-03; "" where no timestamp was signed
    ai: str = ""  # IPTC's key of a source type that names a trained model, anywhere in the history
    ai_by: str = ""  # the tool that it is said of
    data_mining: str = ""  # PLUS's key for what is said of mining and training
    why: str = ""  # what the reader found wrong, for the log

    @property
    def is_composite(self) -> bool:
        """Whether AI is said to have made a part alone."""
        return self.ai not in {"", _GENERATED}


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one picture: what its upload's own say, and whether its copies were signed here."""

    read: Reading | None = None
    is_signed: bool = False
    has_parent: bool = False  # what the upload brought is kept inside the copies


class ReadOrder(msgspec.Struct, frozen=True):
    """One upload as it came, and the certificate of this instance's own authority (PEM)."""

    media_type: str
    source: bytes
    authority: str = ""


class Copy(msgspec.Struct, frozen=True):
    """One finished copy."""

    media_type: str
    body: bytes


class SignOrder(msgspec.Struct, frozen=True):
    """Copies of one upload, what they shall say, and the leaf that signs (PEM).

    `parent`: the upload, where its own credentials are to be kept; None: only its kind is named.
    """

    copies: tuple[Copy, ...]
    chain: str
    key: str
    version: str  # of this program
    parent_type: str
    parent: bytes | None = None
    data_mining: str = ""
    creator: str = ""
    rights: str = ""
    source_type: str = ""  # IPTC's address


class Signed(msgspec.Struct, frozen=True):
    """The copies in the order asked for. `has_parent`: the upload's own credentials are in them."""

    bodies: tuple[bytes, ...]
    has_parent: bool


def may_have_credentials(source: bytes) -> bool:
    """Say whether a file is worth asking; quick, and wrong in one direction alone.

    Looked through in steps: one search of 64 MiB would hold up every other thread for 30 ms.
    """
    return any(
        source.find(hint, at, at + _STEP + _OVERLAP) >= 0
        for at in range(0, len(source), _STEP)
        for hint in _HINTS
    )


def training_entries(data_mining: str) -> dict[str, dict[str, str]]:
    """Return CAWG's entries (training and data mining 1.1) for one of PLUS's keys; {}: unsaid."""
    if data_mining == "DMI-ALLOWED":
        return {use: {"use": "allowed"} for use in _MINING}
    if not data_mining.startswith(_PROHIBITED):
        return {}
    return {use: {"use": "notAllowed"} for use in _FORBIDDEN.get(data_mining, _ALL_USES)}


def mining_of(entries: object) -> str:
    """Return PLUS's key for what a stranger's assertion forbids; "" where it forbids nothing."""
    if not isinstance(entries, dict):
        return ""
    closed = {
        str(name).rpartition(".")[2]
        for name, said in entries.items()
        if isinstance(said, dict) and said.get("use") in {"notAllowed", "constrained"}
    }
    if "data_mining" in closed:
        return _PROHIBITED
    if closed & {"ai_training", "ai_inference"}:
        return "DMI-PROHIBITED-AIMLTRAINING"
    return "DMI-PROHIBITED-GENAIMLTRAINING" if "ai_generative_training" in closed else ""


def date_of(time: str) -> str:
    """Return the day of an ISO time, "" for anything else."""
    found = _DATE.match(time)
    return found[0] if found else ""


def said(reading: Reading) -> str:
    """Return one sentence for people: what the file says."""
    if reading.seal is Seal.UNREADABLE:
        return "This file carries Content Credentials, but they cannot be read."
    if reading.seal is Seal.ELSEWHERE:
        return "This file says that its Content Credentials are kept at another address."
    parts = [f"made with {reading.made_with}" if reading.made_with else ""]
    if reading.edited_with:
        then = "then " if reading.made_with else ""
        parts.append(f"{then}saved with {reading.edited_with}")
    if reading.ai:
        parts.append("partly generated by AI" if reading.is_composite else "generated by AI")
    if reading.signer:
        when = f" on {reading.signed_on}" if reading.signed_on else ""
        parts.append(f"signed by {reading.signer}{when}")
    if reading.data_mining:
        parts.append("not to be used to train AI")
    told = ", ".join(filter(None, parts)) or "nothing of how it was made"
    return f"This file says: {told}."


def proved(reading: Reading) -> str:
    """Return what that proves, and what it does not."""
    return _PROVED[reading.seal]


_PROVED: Final = {
    Seal.INTACT: (
        "The signature fits: the picture is as it was when it was signed. Nobody here checked who "
        "signed, and anybody can sign under any name; it shows what was said, not that it is true."
    ),
    Seal.OURS: (
        "The signature fits, and it is this server's own: the file is a copy that came from here."
    ),
    Seal.BROKEN: (
        "The signature does not fit: the file was changed after it was signed, so that this may "
        "be about another picture."
    ),
    Seal.UNREADABLE: "So they prove nothing, for or against the picture.",
    Seal.ELSEWHERE: "This server does not ask there, so they prove nothing here.",
}
