"""A sum is solved once, by the browser that it was set for, within ten minutes, or not at all."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.challenges import LASTS, MAX_BYTES, Challenges
from server.errors import Invalid, NotAllowed, Refused
from server.ports import Library
from tests.two_servers.stage import HandClock, Stage

HOLDER, SECRET, SOON = "the proof in a cookie", b"s" * 32, 600
Json = dict[str, Any]


@pytest.fixture
def challenges(library: Library) -> Challenges:
    return Challenges(library, HandClock(), 20, SECRET)


def later(challenges: Challenges, seconds: float) -> Challenges:
    clock = HandClock()
    clock.advance(seconds=seconds)
    return replace(challenges, clock=clock)


def solved(challenge: Json) -> Json:
    """Solve as a browser's worker does."""
    found = solve_challenge(Challenge.from_dict(challenge))
    assert found is not None
    return Payload(Challenge.from_dict(challenge), found).to_dict()


def packed(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


async def test_the_solution_of_a_sum_is_taken_once(challenges: Challenges) -> None:
    solution = packed(solved(challenges.sum_for(HOLDER)))
    await challenges.take(HOLDER, solution)
    spaced = base64.b64encode(base64.b64decode(solution).replace(b": ", b" :  ")).decode()
    for again in (solution, spaced):  # also in another spelling, and asked of another process
        with pytest.raises(NotAllowed, match="solved before"):
            await replace(challenges).take(HOLDER, again)
    await challenges.take(HOLDER, packed(solved(challenges.sum_for(HOLDER))))


async def test_a_sum_takes_no_less_than_half_of_its_trials_and_never_more(
    challenges: Challenges,
) -> None:
    for _ in range(20):
        counter = solved(challenges.sum_for(HOLDER))["solution"]["counter"]
        assert challenges.trials // 2 <= counter < challenges.trials


async def test_a_sum_ends_and_none_is_older_or_younger_than_the_clock_allows(
    challenges: Challenges,
) -> None:
    solution = packed(solved(challenges.sum_for(HOLDER)))
    for seconds in (LASTS / 1_000 + 1, LASTS / 1_000 + 0.001, 86_400, -121, -86_400):
        with pytest.raises(NotAllowed, match="too old"):
            await later(challenges, seconds).take(HOLDER, solution)
    await later(challenges, LASTS / 1_000).take(HOLDER, solution)


@pytest.mark.parametrize("holder", ["", "another", HOLDER[:-1], "é\udcff"])
async def test_what_one_browser_solved_is_of_no_use_to_another(
    challenges: Challenges, holder: str
) -> None:
    solution = packed(solved(challenges.sum_for(HOLDER)))
    with pytest.raises(NotAllowed, match="another browser"):
        await challenges.take(holder, solution)
    await challenges.take(HOLDER, solution)


async def test_a_sum_of_another_instance_is_none(challenges: Challenges) -> None:
    other = replace(challenges, secret=b"o" * 32)
    with pytest.raises(Invalid, match="no solution of a sum from here"):
        await challenges.take(HOLDER, packed(solved(other.sum_for(HOLDER))))


def changed(*path: str, to: object) -> Callable[[Json], object]:
    def change(payload: Json) -> Json:
        part = payload
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = to
        return payload

    return change


PARAMETERS = ("challenge", "parameters")
ALTERED: dict[str, Callable[[Json], object]] = {
    "easier": changed(*PARAMETERS, "cost", to=1),
    "shorter": changed(*PARAMETERS, "keyPrefix", to="00"),
    "for ever": changed(*PARAMETERS, "data", "until", to=9**16),
    "for others": changed(*PARAMETERS, "data", "for", to="x"),
    "without data": changed(*PARAMETERS, "data", to=None),
    "other algorithm": changed(*PARAMETERS, "algorithm", to="SHA-256"),
    "expiring": changed(*PARAMETERS, "expiresAt", to=1),
    "never expiring": changed(*PARAMETERS, "expiresAt", to=1e999),
    "unsigned": changed("challenge", "signature", to=None),
    "signed by a number": changed("challenge", "signature", to=12),
    "signed by nothing": changed("challenge", "signature", to=""),
    "wrong key": changed("solution", "derivedKey", to="00" * 32),
    "no key": changed("solution", "derivedKey", to=""),
    "key of another kind": changed("solution", "derivedKey", to=["00"]),
    "a list for a solution": changed("solution", to=[]),
    "a word for a sum": changed("challenge", to="sum"),
    "nothing": lambda _: None,
    "a list": lambda payload: [payload],
    "a number": lambda _: 10**4000,
    "nested": lambda _: json.loads("[" * 900 + "]" * 900),
    "a prototype": changed(*PARAMETERS, "data", to={"__proto__": {"for": "x"}}),
    "too large": changed("extra", to="x" * MAX_BYTES),
}


async def test_what_was_altered_is_refused_in_a_sentence(challenges: Challenges) -> None:
    for change in ALTERED.values():
        payload = solved(challenges.sum_for(HOLDER))
        with pytest.raises(Invalid, match=r"^This is no solution of a sum from here; .*\.$"):
            await challenges.take(HOLDER, packed(change(payload)))


@pytest.mark.parametrize(
    "text", ["", "=", "A", "e30=", "\x00", "é", "\udcff", "bnVsbA==", "/w==", "x" * 100_000]
)
async def test_what_is_no_payload_is_refused_in_a_sentence(
    challenges: Challenges, text: str
) -> None:
    with pytest.raises(Invalid, match="no solution"):
        await challenges.take(HOLDER, text)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(at=st.integers(0, 2_000), to=st.integers(0, 255))
async def test_a_changed_byte_is_refused_or_makes_no_other_solution(
    challenges: Challenges, at: int, to: int
) -> None:
    right = packed(solved(challenges.sum_for(HOLDER)))
    body = bytearray(base64.b64decode(right))
    body[at % len(body)] = to
    try:
        await challenges.take(HOLDER, base64.b64encode(bytes(body)).decode())
    except (Invalid, Refused):
        return
    with pytest.raises(NotAllowed, match="solved before"):
        await challenges.take(HOLDER, right)


async def test_the_sweep_forgets_sums_that_nobody_could_take_any_more(stage: Stage) -> None:
    known = stage.flows.challenges
    challenges = replace(known, trials=20)
    solution = packed(solved(challenges.sum_for(HOLDER)))
    await challenges.take(HOLDER, solution)
    stage.clock.advance(hours=20)
    await stage.instance.sweeping.sweep(b"")
    stage.clock.advance(hours=-20)  # set back: it is known still
    with pytest.raises(NotAllowed, match="solved before"):
        await challenges.take(HOLDER, solution)
    stage.clock.advance(hours=48)
    await stage.instance.sweeping.sweep(b"")
    async with stage.library.transaction() as tx:
        assert await tx.proofs.spend(
            json.loads(base64.b64decode(solution))["challenge"]["signature"][:32], stage.clock.now()
        )
