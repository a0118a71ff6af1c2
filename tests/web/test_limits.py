"""Token buckets with a clock moved by hand."""

import pytest

from server.errors import TooMany
from server.model import Millis
from web.limits import Rate, RateLimiter

RATE = Rate("login", burst=3, refill_seconds=10)


class HandClock:
    def __init__(self) -> None:
        self.at = 1_000_000

    def now(self) -> Millis:
        return Millis(self.at)

    def new_id(self) -> int:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += int(seconds * 1_000)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def limiter(clock: HandClock) -> RateLimiter:
    return RateLimiter(clock, max_buckets=4)


def test_one_too_many_is_refused_and_told_how_long_to_wait(limiter: RateLimiter) -> None:
    for _ in range(3):
        limiter.demand(RATE, "net")
    with pytest.raises(TooMany, match="wait 10 seconds") as refusal:
        limiter.demand(RATE, "net")
    assert refusal.value.retry_after_seconds == 10


def test_a_refusal_costs_no_tokens(limiter: RateLimiter, clock: HandClock) -> None:
    for _ in range(50):
        limiter.take(RATE, "net")
    clock.move(10)
    assert limiter.take(RATE, "net") == 0


def test_a_dear_deed_is_refused_whole(limiter: RateLimiter) -> None:
    assert limiter.take(RATE, "net", cost=2) == 0
    assert limiter.take(RATE, "net", cost=2) == 10
    assert limiter.take(RATE, "net") == 0


def test_a_clock_that_is_set_back_neither_fills_nor_empties(
    limiter: RateLimiter, clock: HandClock
) -> None:
    for _ in range(3):
        limiter.take(RATE, "net")
    clock.move(-3_600)
    assert limiter.take(RATE, "net") == 10


def test_tokens_come_back_one_by_one_up_to_the_burst(
    limiter: RateLimiter, clock: HandClock
) -> None:
    for _ in range(3):
        limiter.take(RATE, "net")
    clock.move(4)
    assert limiter.take(RATE, "net") == 6
    clock.move(6)
    assert limiter.take(RATE, "net") == 0
    clock.move(3_600)
    assert [limiter.take(RATE, "net") for _ in range(4)] == [0, 0, 0, 10]


def test_rates_and_keys_do_not_share_a_bucket(limiter: RateLimiter) -> None:
    other = Rate("search", burst=1, refill_seconds=10)
    for _ in range(3):
        limiter.take(RATE, "net")
    assert limiter.take(RATE, "other net") == 0
    assert limiter.take(other, "net") == 0
    assert limiter.take(RATE, "net") > 0


def test_a_flood_of_keys_pushes_out_the_longest_unused_and_takes_no_more_memory(
    limiter: RateLimiter,
) -> None:
    for _ in range(3):
        limiter.take(RATE, "busy")
    for number in range(100):
        limiter.take(RATE, f"net {number}")
        assert limiter.take(RATE, "busy") > 0
    assert len(limiter) == 4


def test_a_forgiven_bucket_is_full_again(limiter: RateLimiter) -> None:
    for _ in range(3):
        limiter.take(RATE, "net")
    limiter.forgive(RATE, "net")
    assert limiter.take(RATE, "net") == 0


def test_long_waits_are_told_in_minutes(limiter: RateLimiter) -> None:
    slow = Rate("sign-up", burst=1, refill_seconds=3_600)
    limiter.demand(slow, "net")
    with pytest.raises(TooMany, match="60 minutes"):
        limiter.demand(slow, "net")
