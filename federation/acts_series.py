"""Acts about series of people elsewhere: works enter and leave them, they change, they end.

The law: a series is its owner's alone to change, and nothing is kept of whom nobody here follows or
looks at.
"""

from dataclasses import replace

import structlog

from federation import series_fetching
from federation.dedupe import arranging_key, deletion_key
from federation.deeds import Arrived, Hands
from federation.remote_series import SERIES_TYPES, read_series
from federation.uris import same_origin
from federation.vocabulary import Activity
from server.errors import Invalid, Untrusted
from server.model import Actor
from server.ports import Transaction
from server.series_elsewhere import (
    MAX_SERIES,
    LookedAt,
    SeriesElsewhere,
    with_work,
    without_work,
)

log = structlog.get_logger(__name__)


async def is_about_kept(tx: Transaction, activity: Activity) -> bool:
    """Say whether somebody says by its id alone that a series which is kept here changed."""
    if activity.type != "Update" or activity.object is not None:
        return False
    return await tx.elsewhere.series_at(activity.object_uri) is not None


async def add(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Put a work into a series, at its end."""
    activity, now = deed.activity, hands.clock.now()
    await tx.activities.forget(arranging_key(activity, "Remove"), deed.actor.uri)
    series = await _own(tx, activity.target_uri, deed.actor)
    if series is None or not series.grows_at_end:
        await _ask(hands, tx, deed)
    elif same_origin(activity.object_uri, deed.actor.uri):
        await tx.elsewhere.put_series(with_work(series, activity.object_uri, now))


async def remove(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take a work out of a series, or a series out of those of its owner."""
    activity, now = deed.activity, hands.clock.now()
    await tx.activities.forget(arranging_key(activity, "Add"), deed.actor.uri)
    series = await _own(tx, activity.target_uri, deed.actor)
    if series is not None:
        await tx.elsewhere.put_series(without_work(series, activity.object_uri, now))
        return
    person = await tx.elsewhere.person(deed.actor.id)
    ended = await _own(tx, activity.object_uri, deed.actor)
    if person is not None and ended is not None and activity.target_uri == person.series_uri:
        await tx.elsewhere.remove_series(ended.id)


async def update(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take a series as its owner describes it, where all of it was sent along; else ask for it."""
    document = deed.activity.object
    if document is not None and deed.activity.object_type not in SERIES_TYPES:
        return
    if document is None or deed.treatment is not None:
        await _ask(hands, tx, deed)
        return
    try:
        said = read_series(document, deed.actor.uri)
    except (Invalid, Untrusted) as problem:
        log.info("series_unusable", reason=problem.message)
        return
    kept = await tx.elsewhere.series_at(said.uri)
    if kept is not None and (kept.actor_id != deed.actor.id or said.updated < kept.updated_at):
        return
    if await tx.activities.holds(deletion_key(deed.actor.uri, said.uri)):
        return
    if said.is_whole and await _is_of_concern(tx, deed):
        await _put(hands, tx, hands.series.kept_from(said, deed.actor.id), kept)
    else:
        await _ask(hands, tx, deed)


async def delete(tx: Transaction, deed: Arrived) -> None:
    """Forget a series that is gone."""
    series = await _own(tx, deed.activity.object_uri, deed.actor)
    if series is not None:
        await tx.elsewhere.remove_series(series.id)


async def _put(
    hands: Hands, tx: Transaction, series: SeriesElsewhere, kept: SeriesElsewhere | None
) -> None:
    """Store a series that was sent along: in the place of the one that is kept, else last."""
    now = hands.clock.now()
    if kept is not None:
        found = replace(series, id=kept.id, position=kept.position, changed_at=now)
        await tx.elsewhere.put_series(found)
        return
    others = await tx.elsewhere.series_of(series.actor_id)
    if len(others) >= MAX_SERIES:
        return
    if await tx.elsewhere.person(series.actor_id) is None:
        await tx.elsewhere.put_person(LookedAt(series.actor_id, looked_at=now))
    place = max((one.position for one in others), default=-1) + 1
    await tx.elsewhere.put_series(replace(series, position=place, changed_at=now))


async def _ask(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Promise to ask their server for all of it, where that is of concern here."""
    if await _is_of_concern(tx, deed):
        await series_fetching.ask(tx, hands.clock, deed.actor, is_told=True)


async def _is_of_concern(tx: Transaction, deed: Arrived) -> bool:
    """Say whether somebody here follows or looks at them."""
    if deed.ties.is_followed_here:
        return True
    return await tx.elsewhere.person(deed.actor.id) is not None


async def _own(tx: Transaction, uri: str, actor: Actor) -> SeriesElsewhere | None:
    series = await tx.elsewhere.series_at(uri) if uri else None
    return series if series is not None and series.actor_id == actor.id else None
