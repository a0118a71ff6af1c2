"""Tokens open one copy to one browser for an hour, or name a server, and nothing else."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media_tokens import (
    LASTS,
    NOBODY,
    PROOF_LASTS,
    WORK_LASTS,
    MediaTokens,
    PeerTokens,
)
from server.model import Millis, WorkId
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


def test_a_solved_sum_proves_more_than_a_cookie_and_for_an_hour() -> None:
    worked = TOKENS.proof(b"chance-12345", NOW, Proof.WORK)
    assert worked != HOLDER
    assert TOKENS.proof_in(worked, Millis(NOW + WORK_LASTS)) is Proof.WORK
    assert TOKENS.proof_in(worked, Millis(NOW + WORK_LASTS + 1)) is Proof.NONE
    assert TOKENS.proof_in(worked, Millis(NOW - 600_000)) is Proof.NONE
    suffices = [(one, other) for one in Proof for other in Proof if one.suffices(other)]
    cookie, work, none = Proof.COOKIE, Proof.WORK, Proof.NONE
    assert suffices == [
        *((none, none), (cookie, none), (cookie, cookie)),
        *((work, none), (work, cookie), (work, work)),
    ]


def test_what_is_kept_of_a_token_tells_a_days_tokens_apart_and_nothing_else() -> None:
    traces = {TOKENS.trace(token, day) for token in ("a", "b") for day in (1, 2)}
    assert len(traces) == 4
    assert TOKENS.trace("a", 1) == TOKENS.trace("a", 1)
    assert MediaTokens(b"o" * 32).trace("a", 1) not in traces


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


PEERS = PeerTokens(b"k" * 16)
WORK = WorkId(3_765_758_949_175_853_163)
GIVEN = PEERS.token(77, WORK)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_token_names_the_server_and_the_work_that_it_was_made_for(peer: int, work: int) -> None:
    token = PEERS.token(peer, WorkId(work))
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
    assert token == PEERS.token(peer, WorkId(work))
    assert PEERS.read(token) == (peer, work)


def test_tokens_of_one_server_do_not_look_alike_and_another_key_reads_nothing_of_them() -> None:
    assert len({PEERS.token(77, WorkId(work))[:4] for work in range(50)}) == 50
    assert len({PEERS.token(NOBODY, WorkId(work)) for work in range(50)}) == 50
    assert PeerTokens(b"o" * 16).read(GIVEN) != (77, WORK)


def _last_changed(token: str) -> str:
    """Spell the same bytes with another last letter, whose lower bits nobody reads."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) + 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        GIVEN[:-1],
        f"{GIVEN}A",
        f"{GIVEN}==",
        f"{GIVEN[:-2]}==",
        f" {GIVEN[1:]}",
        f"+{GIVEN[1:]}",
        f"/{GIVEN[1:]}",
        f"\0{GIVEN[1:]}",
        f"{GIVEN[:-1]}\n",
        f"é{GIVEN[1:]}",
        "\udcff" * 22,
        "=" * 22,
        "'" * 22,
        "A" * 5_000,
        _last_changed(GIVEN),
    ],
)
def test_what_is_no_token_of_a_server_says_nothing(text: str) -> None:
    assert PEERS.read(text) is None


@given(st.binary(min_size=16, max_size=16))
def test_an_invented_token_says_nothing_that_a_database_could_not_hold(packed: bytes) -> None:
    found = PEERS.read(base64.urlsafe_b64encode(packed).decode().rstrip("="))
    assert found is None or max(found) < 2**63
