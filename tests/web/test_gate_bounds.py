"""What the gate remembers stays within bounds, whoever comes and whatever the clock does."""

from web.limits import MAX_BUCKETS, Rate, RateLimiter
from web.traps import Traps


class HandClock:
    def __init__(self) -> None:
        self.at = 1_000_000_000

    def now(self) -> int:
        return self.at


def test_a_million_networks_leave_memory_as_it_is() -> None:
    clock = HandClock()
    limits = RateLimiter(clock)  # type: ignore[arg-type]  # it is asked for the time alone
    rate = Rate("test", 2, 10.0)
    for number in range(1_000_000):
        limits.take(rate, str(number))
        if not number % 10_000:  # who goes on asking is not forgotten among those who come once
            limits.take(rate, "greedy")
    assert len(limits) == MAX_BUCKETS
    assert limits.take(rate, "greedy") > 0


def test_marks_are_bounded_end_after_a_day_and_outlive_a_clock_set_back() -> None:
    clock = HandClock()
    traps = Traps(clock)  # type: ignore[arg-type]  # it is asked for the time alone
    for number in range(60_000):
        traps.mark(str(number), "spider/1")
    assert len(traps) == 50_000
    assert not traps.holds("9999", "spider/1")
    assert traps.holds("59999", "spider/1")
    clock.at -= 3_600_000
    assert traps.holds("59999", "spider/1")
    clock.at += 25 * 3_600_000
    assert not traps.holds("59999", "spider/1")


def test_a_mark_is_for_one_program_whatever_bytes_it_names_itself_by() -> None:
    traps = Traps(HandClock())  # type: ignore[arg-type]  # it is asked for the time alone
    traps.mark("203.0.113.0/24", "\udcff\udcfe")
    assert traps.holds("203.0.113.0/24", "\udcff\udcfe")
    assert not traps.holds("203.0.113.0/24", "\udced\udca0")
    assert not traps.holds("203.0.113.0/24", "??")
