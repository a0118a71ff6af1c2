"""How long a failing server is left alone, when it is given up, and what brings it back."""

import pytest

from server.dealings import Peer, Signature
from server.model import Millis
from server.peers import (
    DEAD_AFTER_DAYS,
    Trouble,
    after_failure,
    after_pardon,
    after_sign_of_life,
    after_success,
    is_dead,
    is_open,
)

NOON = Millis(1_795_003_200_000)  # 12:00 UTC, on a day in November 2026
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
SILENT, BROKEN, BUSY, GONE = Trouble.SILENT, Trouble.BROKEN, Trouble.BUSY, Trouble.GONE
WELL = Peer("peer.test")


def failed(times: int, trouble: Trouble = BROKEN, *, every: int = MINUTE) -> Peer:
    """Return a peer that failed so often, the last time at noon."""
    peer = WELL
    for left in reversed(range(times)):
        peer = after_failure(peer, Millis(NOON - left * every), trouble, "It is broken.")
    return peer


def at(millis: int) -> Millis:
    return Millis(NOON + millis)


def test_a_host_that_is_not_known_is_well() -> None:
    assert is_open(None, NOON)
    assert not is_dead(None)


@pytest.mark.parametrize(
    ("trouble", "times", "seconds"),
    [
        (SILENT, 1, 15),
        (SILENT, 3, 15),
        (SILENT, 4, 30),
        (SILENT, 5, 60),
        (BROKEN, 1, 0),
        (BROKEN, 4, 0),
        (BROKEN, 5, 60),
        (BROKEN, 6, 120),
        (BROKEN, 10, 1_920),
        (BROKEN, 11, 3_600),
        (BROKEN, 400, 3_600),
        (BUSY, 4, 0),
        (BUSY, 5, 60),
        (GONE, 50, 0),
    ],
)
def test_a_failing_host_is_left_alone_for_longer_each_time(
    trouble: Trouble, times: int, seconds: int
) -> None:
    peer = failed(times, trouble, every=1)
    assert peer.failures == times
    assert is_open(peer, at(seconds * SECOND))
    assert is_open(peer, at(seconds * SECOND - 1)) is (seconds == 0)


@pytest.mark.parametrize(
    ("wished", "seconds"),
    [(600, 600), (0, 0), (-5, 0), (None, 0), (86_400, 86_400), (10**9, 86_400)],
)
@pytest.mark.parametrize("trouble", [BUSY, BROKEN])
def test_a_wish_for_patience_is_heard_but_not_beyond_a_day(
    trouble: Trouble, wished: int | None, seconds: int
) -> None:
    peer = after_failure(WELL, NOON, trouble, "Too much to do.", wished)
    assert is_open(peer, at(seconds * SECOND))
    assert is_open(peer, at(seconds * SECOND - 1)) is (seconds == 0)


def test_a_wish_never_shortens_a_pause() -> None:
    peer = after_failure(failed(9), NOON, BUSY, "Too much to do.", 1)
    assert not is_open(peer, at(30 * MINUTE))


def test_seven_distinct_days_of_failures_are_its_death() -> None:
    assert not is_dead(failed(DEAD_AFTER_DAYS - 1, every=DAY))
    peer = failed(DEAD_AFTER_DAYS, every=DAY)
    assert is_dead(peer)
    assert peer.dead_at == NOON
    assert peer.failing_since == at(-6 * DAY)
    assert not is_open(peer, at(300 * DAY))


def test_many_failures_on_one_day_are_one_day() -> None:
    peer = failed(500, every=SECOND)
    assert (peer.failing_days, is_dead(peer)) == (1, False)


def test_midnight_parts_two_days_in_utc() -> None:
    evening = after_failure(WELL, at(12 * HOUR - 1), SILENT, "No answer.")
    assert after_failure(evening, at(12 * HOUR - 1), SILENT, "No answer.").failing_days == 1
    assert after_failure(evening, at(12 * HOUR), SILENT, "No answer.").failing_days == 2


def test_a_host_that_is_only_busy_never_dies() -> None:
    assert not is_dead(failed(40, BUSY, every=DAY))


def test_a_host_where_every_inbox_is_gone_dies() -> None:
    assert is_dead(failed(DEAD_AFTER_DAYS, GONE, every=DAY))


def test_a_success_forgets_everything_but_how_it_reads_signatures() -> None:
    broken = after_failure(
        Peer("peer.test", Signature.RFC9421, seen_at=NOON), NOON, SILENT, "No answer."
    )
    assert after_success(broken, at(5)) == Peer(
        "peer.test", Signature.RFC9421, seen_at=NOON, reached_at=at(5)
    )


@pytest.mark.parametrize("peer", [failed(6), failed(DEAD_AFTER_DAYS, every=DAY)])
def test_a_sign_of_life_opens_the_door_but_counts_failures_on(peer: Peer) -> None:
    alive = after_sign_of_life(peer, at(1))
    assert is_open(alive, at(1))
    assert (alive.failures, alive.failing_days, alive.seen_at) == (peer.failures, 0, at(1))
    again = after_failure(alive, at(2), BROKEN, "Still broken.")
    assert not is_open(again, at(2))
    assert not is_dead(again)


def test_a_pardoned_host_is_tried_once_and_paused_again() -> None:
    pardoned = after_pardon(failed(8))
    assert is_open(pardoned, NOON)
    assert pardoned.failing_days == 1
    assert not is_open(after_failure(pardoned, NOON, SILENT, "No answer."), at(MINUTE))


def test_a_pardoned_dead_host_has_seven_days_again() -> None:
    pardoned = after_pardon(failed(DEAD_AFTER_DAYS, every=DAY))
    assert is_open(pardoned, NOON)
    assert not is_dead(after_failure(pardoned, at(DAY), SILENT, "No answer."))
