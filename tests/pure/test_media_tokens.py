"""Tokens open one copy to one browser for an hour, and nothing else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media_tokens import LASTS, PROOF_LASTS, MediaTokens
from server.model import Millis
from server.rules import Proof

TOKENS = MediaTokens(b"s" * 32)
NOW = Millis(1_790_000_000_000)
KEY, FILE = "a" * 40, "large.avif"
HOLDER = TOKENS.proof(b"chance-12345", NOW)
TOKEN = TOKENS.token(KEY, FILE, HOLDER, NOW)


def test_a_token_opens_what_it_names_until_it_ends() -> None:
    assert TOKENS.opens(TOKEN, KEY, FILE, HOLDER, NOW)
    assert TOKENS.opens(TOKEN, KEY, FILE, HOLDER, Millis(NOW + LASTS))
    assert not TOKENS.opens(TOKEN, KEY, FILE, HOLDER, Millis(NOW + LASTS + 1))


@pytest.mark.parametrize(
    ("key", "file", "holder"),
    [
        ("b" * 40, FILE, HOLDER),
        (KEY, "full.avif", HOLDER),
        (KEY, "large.jpg", HOLDER),
        (KEY, FILE, TOKENS.proof(b"chance-54321", NOW)),
        (KEY, FILE, ""),
        (KEY + FILE[:1], FILE[1:], HOLDER),
    ],
)
def test_it_opens_nothing_else(key: str, file: str, holder: str) -> None:
    assert not TOKENS.opens(TOKEN, key, file, holder, NOW)


def test_a_clock_set_back_makes_no_token_last_longer() -> None:
    assert not TOKENS.opens(TOKEN, KEY, FILE, HOLDER, Millis(NOW - 600_000))
    assert TOKENS.proof_in(HOLDER, Millis(NOW - 600_000)) is Proof.NONE


def test_another_instance_opens_nothing() -> None:
    other = MediaTokens(b"o" * 32)
    assert not other.opens(TOKEN, KEY, FILE, HOLDER, NOW)
    assert other.proof_in(HOLDER, NOW) is Proof.NONE


def test_a_proof_holds_a_day() -> None:
    assert TOKENS.proof_in(HOLDER, Millis(NOW + PROOF_LASTS)) is Proof.COOKIE
    assert TOKENS.proof_in(HOLDER, Millis(NOW + PROOF_LASTS + 1_000)) is Proof.NONE
    assert TOKENS.proof_in(TOKEN, NOW) is Proof.NONE
    assert not TOKENS.opens(HOLDER, KEY, FILE, HOLDER, NOW)


@pytest.mark.parametrize("length", [0, 1, 27, 28, 44, 5_000])
def test_what_is_no_token_opens_nothing(length: int) -> None:
    for text in ("A" * length, "é" * length, "=" * length, "\0" * length):
        assert not TOKENS.opens(text, KEY, FILE, HOLDER, NOW)
        assert TOKENS.proof_in(text, NOW) is Proof.NONE


@given(st.integers(0, 20), st.integers(1, 255))
def test_no_changed_byte_passes(at: int, change: int) -> None:
    packed = bytearray(base64.urlsafe_b64decode(TOKEN))
    packed[at] ^= change
    changed = base64.urlsafe_b64encode(packed).decode()
    assert not TOKENS.opens(changed, KEY, FILE, HOLDER, NOW)
