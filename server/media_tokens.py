"""Tokens in the addresses of pictures: one opens a large copy, one names a server. Pure.

The law: a token that opens names the copy, its end and who may use it, and opens nothing else: not
another picture, another size, another browser, or a second later. Who holds one shows that a
browser asked for the page's style sheet and sent its cookie back; nothing of a person stands in it.
A token that names says which server the address of a work's picture was given to. It opens nothing.
"""

import base64
import hashlib
import hmac
import struct
from dataclasses import field
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from server.model import Millis, WorkId
from server.rules import Proof
from server.values import dataclass

LASTS: Final = Millis(3_600_000)  # of a token: long enough to look, too short to pass round
PROOF_LASTS: Final = Millis(86_400_000)  # of the proof of a browser that keeps a cookie
WORK_LASTS: Final = Millis(3_600_000)  # of one that solved a sum as well: to be earned anew
_EARLY: Final = Millis(120_000)  # clocks of two processes differ a little
_VERSION: Final = 1
_HEAD: Final = 5  # bytes: version, and a moment in seconds
_CODE: Final = 16  # bytes
_CHANCE: Final = 12  # bytes, in a proof
_TRACE: Final = 8  # bytes: enough to tell a day's tokens apart
_MOST_SECONDS: Final = 2**32 - 1
_PURPOSES: Final = {Proof.COOKIE: "proof", Proof.WORK: "work"}
_LASTING: Final = {Proof.COOKIE: PROOF_LASTS, Proof.WORK: WORK_LASTS}
PEER_LENGTH: Final = 22  # characters of a token that names a server
NOBODY: Final = 0  # the number of no server in particular
_PAIR: Final = struct.Struct(">QQ")  # one block of AES
_MAX_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MediaTokens:
    """Makes and checks them. `secret`: 32 bytes that outlive a restart."""

    secret: bytes = field(repr=False)

    def proof(self, chance: bytes, now: Millis, kind: Proof = Proof.COOKIE) -> str:
        """Return a proof for a browser's cookie. `chance`: 12 random bytes."""
        head = _head(now)
        return _text(head + chance + self._code(_PURPOSES[kind], head, chance))

    def proof_in(self, text: str, now: Millis) -> Proof:
        """Return what a cookie proves now; NONE where it holds no proof of ours."""
        packed = _packed(text, _CHANCE)
        if packed is None:
            return Proof.NONE
        head, chance, code = packed[:_HEAD], packed[_HEAD:-_CODE], packed[-_CODE:]
        age = now - _moment(head)
        for kind, lasts in _LASTING.items():
            if hmac.compare_digest(code, self._code(_PURPOSES[kind], head, chance)):
                return kind if -_EARLY <= age <= lasts else Proof.NONE
        return Proof.NONE

    def token(self, media_key: str, file: str, holder: str, now: Millis) -> str:
        """Return a token for one file ("large.avif") of a picture. `holder`: their proof."""
        head = _head(Millis(now + LASTS))
        return _text(head + self._token_code(head, media_key, file, holder))

    def opens(self, token: str, media_key: str, file: str, holder: str, now: Millis) -> bool:
        """Say whether a token opens this file to who holds that proof."""
        packed = _packed(token, 0)
        if packed is None:
            return False
        head, code = packed[:_HEAD], packed[_HEAD:]
        is_ours = hmac.compare_digest(code, self._token_code(head, media_key, file, holder))
        return is_ours and 0 <= _moment(head) - now <= LASTS + _EARLY

    def trace(self, token: str, day: int) -> str:
        """Return what is kept of a token on a day since 1970: of the next day it tells nothing."""
        return self._code("trace", day.to_bytes(4, "big"), token.encode())[:_TRACE].hex()

    def _token_code(self, head: bytes, media_key: str, file: str, holder: str) -> bytes:
        return self._code("token", head, media_key.encode(), file.encode(), holder.encode())

    def _code(self, purpose: str, *said: bytes) -> bytes:
        """Return an HMAC over the parts, each with its length, so that none runs into the next."""
        whole = b"".join(len(one).to_bytes(2, "big") + one for one in (purpose.encode(), *said))
        return hmac.digest(self.secret, whole, hashlib.sha256)[:_CODE]


class Given(NamedTuple):
    """Which server an address was given to, by number, and which work's it was."""

    peer: int
    work: WorkId


@dataclass(frozen=True, slots=True)
class PeerTokens:
    """Makes and reads them: always the same one for a server and a work. `key`: 16 bytes.

    A single block is a permutation: without the key, tokens of one server look like any others, and
    who invents one names, by chance, a work that is not the one in the address.
    """

    key: bytes = field(repr=False)

    def token(self, peer: int, work: WorkId) -> str:
        """Return the token of a server, or of nobody in particular (`NOBODY`), for a work."""
        encryptor = self._cipher().encryptor()
        return _text(encryptor.update(_PAIR.pack(peer, work)))

    def read(self, text: str) -> Given | None:
        """Return what a token says, None of what is none; whose work it is beside is not known."""
        if len(text) != PEER_LENGTH or not text.isascii():
            return None
        try:
            packed = base64.b64decode(text + "==", altchars=b"-_", validate=True)
        except ValueError:
            return None
        if len(packed) != _PAIR.size or _text(packed) != text:
            return None
        peer, work = _PAIR.unpack(self._cipher().decryptor().update(packed))
        return Given(peer, WorkId(work)) if max(peer, work) <= _MAX_ID else None

    def _cipher(self) -> Cipher[ECB]:
        return Cipher(AES(self.key), ECB())  # noqa: S305 - a single block each, and no two alike


def _head(at: Millis) -> bytes:
    return bytes([_VERSION]) + min(max(0, at // 1_000), _MOST_SECONDS).to_bytes(4, "big")


def _moment(head: bytes) -> Millis:
    return Millis(int.from_bytes(head[1:], "big") * 1_000)


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _packed(text: str, middle: int) -> bytes | None:
    """Return the bytes of what is of this length, version and spelling, None for all else."""
    size = _HEAD + middle + _CODE
    if len(text) != (size * 4 + 2) // 3 or not text.isascii():
        return None
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    is_whole = len(packed) == size and packed[0] == _VERSION and _text(packed) == text
    return packed if is_whole else None
