"""When a failed delivery is tried again. Pure.

Sixteen tries over about two days, each wait growing with the fourth power of the try,
as Mastodon does, so that a peer that is down for a weekend misses nothing.
"""

from server.model import Millis

MAX_ATTEMPTS = 16
_FIRST_WAIT_SECONDS = 15
_LONGEST_RETRY_AFTER_SECONDS = 86_400  # a peer may not park our queue for longer than a day
_MILLIS = 1_000


def next_attempt(
    attempts: int, now: Millis, *, jitter: float, retry_after_seconds: int | None = None
) -> Millis | None:
    """Return when to try again after `attempts` failed tries, or None to give up.

    `jitter` is a random number from 0 to 1: it spreads retries over half their wait.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    growth = float(attempts**4)
    wait = _FIRST_WAIT_SECONDS + growth + jitter * (growth / 2 + _FIRST_WAIT_SECONDS)
    if retry_after_seconds is not None:
        wait = max(wait, min(retry_after_seconds, _LONGEST_RETRY_AFTER_SECONDS))
    return Millis(now + int(wait * _MILLIS))
