"""Series of people on other servers, as far as they are kept here, and when they are asked for.

The law: kept only of whom somebody here follows or looks at, and never more than these bounds.
Pure.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NewType

from server.model import ActorId, Millis
from server.values import dataclass

SeriesElsewhereId = NewType("SeriesElsewhereId", int)

MAX_SERIES: Final = 50  # of one actor
MAX_WORKS: Final = 200  # of one series whose ids are kept; what is beyond is counted
KEPT: Final = Millis(30 * 86_400_000)  # after the last look, where nobody here follows
_AGAIN: Final = Millis(6 * 3_600_000)  # between two looks that ask their server
_TOLD_AGAIN: Final = Millis(15 * 60_000)  # where they told us of what we do not know
_LOST: Final = Millis(3_600_000)  # by then a promise was kept, or never will be
_LOOK_NOTED: Final = Millis(3_600_000)  # so long a second look changes nothing


@dataclass(frozen=True, slots=True)
class SeriesElsewhere:
    """A series on another server, as it last told us."""

    id: SeriesElsewhereId
    actor_id: ActorId  # whose it is
    uri: str
    name: str
    summary_html: str  # sanitised
    url: str  # its page there
    cover_url: str  # "" = none
    cover_alt: str
    grows_at_end: bool  # where a work that is added stands last; else only its server knows where
    total: int  # works, by its server's count
    works: tuple[str, ...]  # their ids in order, at most `MAX_WORKS`
    speaker_uri: str  # the actor by which it can be followed, "" = none
    position: int = 0  # among its owner's
    updated_at: Millis = Millis(0)  # by its own server's clock; 0 = not said
    changed_at: Millis = Millis(0)  # here


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Somebody elsewhere of whom more than their name is asked for."""

    actor_id: ActorId
    series_uri: str = ""  # of the collection of their series, "" = they name none
    looked_at: Millis = Millis(0)
    asked_at: Millis = Millis(0)
    fetched_at: Millis = Millis(0)
    posts: int | None = None  # by their server's count
    followers: int | None = None


def with_work(series: SeriesElsewhere, work: str, at: Millis) -> SeriesElsewhere:
    """Return a series with a work at its end; one that is there already stays where it is."""
    if work in series.works:
        return series
    works = (*series.works, work)[:MAX_WORKS]
    return replace(series, works=works, total=series.total + 1, changed_at=at)


def without_work(series: SeriesElsewhere, work: str, at: Millis) -> SeriesElsewhere:
    """Return a series without a work; one that we never knew of may be beyond what is kept."""
    works = tuple(one for one in series.works if one != work)
    is_known = len(works) < len(series.works)
    if not is_known and series.total <= len(works):
        return series
    total = max(series.total - 1, len(works))
    return replace(series, works=works, total=total, changed_at=at)


def merged(
    kept: Sequence[SeriesElsewhere], fetched: Sequence[SeriesElsewhere], asked: Millis
) -> list[SeriesElsewhere]:
    """Return what was fetched, in its order, under the ids that it has here.

    What an activity changed after we had asked stays: the answer may be older.
    """
    known = {one.uri: one for one in kept}
    found = []
    for place, one in enumerate(fetched[:MAX_SERIES]):
        before = known.get(one.uri)
        if before is None:
            found.append(replace(one, position=place))
        elif before.changed_at > asked:
            found.append(replace(before, position=place))
        else:
            found.append(replace(one, id=before.id, position=place))
    return found


def due_in(person: LookedAt, now: Millis, *, is_told: bool) -> Millis | None:
    """Return how long to wait before their server is asked, None where it is not to be.

    `is_told`: they told us of something that we do not know.
    """
    is_promised = person.asked_at > person.fetched_at and now - person.asked_at < _LOST
    if is_promised:
        return None
    since = now - person.fetched_at
    is_silent = person.fetched_at > 0 and not person.series_uri  # they have no series to tell of
    if is_told and not is_silent:
        return Millis(max(0, _TOLD_AGAIN - since)) if person.fetched_at else Millis(0)
    return Millis(0) if since >= _AGAIN or not person.fetched_at else None


def is_noted(person: LookedAt, now: Millis) -> bool:
    """Say whether a look was noted so lately that another one need not be."""
    return now - person.looked_at < _LOOK_NOTED
