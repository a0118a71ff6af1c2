"""Sayings about series: of the artist, to their followers; of a series' actor, to its own.

Law: what not everyone may list is never named. Nothing is said of a series that holds nothing
for everyone.
"""

from collections.abc import Mapping
from typing import Final

from federation import activities, series_documents
from federation.sayings import Message, Mouth, Say
from federation.series_documents import Shown
from federation.translate import Voice
from server.addresses import all_series_of, series_of
from server.model import Actor, Artist, Series, SeriesId, WorkId
from server.ports import Transaction
from server.promises import Deed, SayPromise
from server.series_rooms import public_series
from server.series_telling import is_listed, update_of


async def series_changed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update of a series, to the artist's followers; of its latest state alone."""
    series = await tx.series.by_id(SeriesId(what.target_id))
    if series is None or what.uri != update_of(series_of(actor, series.id), series):
        return None  # a later change promised to tell of itself
    found = await _shown(mouth, tx, series, actor)
    if found is None or not found[0].works:
        return None
    speaker = await tx.actors.by_id(series.actor_id) if series.actor_id else None
    document = series_documents.series_document(*found, mouth.addresses, speaker)
    message = series_documents.update(document, actor, what.uri)
    return Message(message, await tx.relations.follower_inboxes(actor.id))


async def series_removed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Remove of a series from the artist's series, to followers."""
    target = all_series_of(actor)
    if not what.uri.startswith(f"{target}/"):
        return None
    activity = activities.arrange("Remove", what.uri, target, actor, f"{what.uri}#removed")
    del mouth
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def series_work_added(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Add of a work to a series, to the artist's followers."""
    work = await tx.works.bare(WorkId(what.target_id))
    if work is None or not is_listed(work):
        return None
    uri = mouth.addresses.work(work.id)
    activity = activities.arrange("Add", uri, what.uri, actor, mouth.new_uri())
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def series_work_removed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Remove of a work from a series, to the artist's followers."""
    if not what.uri.startswith(f"{all_series_of(actor)}/"):
        return None
    uri = mouth.addresses.work(WorkId(what.target_id))
    activity = activities.arrange("Remove", uri, what.uri, actor, mouth.new_uri())
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def series_work_announced(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Announce of a work by a series' actor, to who follows the series."""
    series, work = await tx.series.by_actor(actor.id), WorkId(what.target_id)
    owner = await tx.actors.by_id(series.artist_id) if series else None
    kept = await tx.works.bare(work)
    added_at = await tx.series.added_at(series.id, work) if series else None
    if owner is None or kept is None or added_at is None or not is_listed(kept):
        return None
    activity = series_documents.announce(actor, owner, work, added_at, mouth.addresses)
    return Message(activity, await tx.relations.follower_inboxes(actor.id))


async def series_work_withdrawn(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Undo of such an Announce."""
    work = await tx.works.bare(WorkId(what.target_id))
    owner = await tx.actors.by_id(work.artist_id) if work else None
    if work is None or owner is None or not what.uri.startswith(f"{actor.uri}/"):
        return None
    said = series_documents.announce_by_id(actor, owner, work.id, what.uri, mouth.addresses)
    undone = activities.undo(said, f"{what.uri}/undo")
    return Message(undone, await tx.relations.follower_inboxes(actor.id))


async def series_actor_changed(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Update of a series' actor, to who follows the series; of its latest state alone."""
    series = await tx.series.by_actor(actor.id)
    if series is None or what.uri != update_of(actor.uri, series):
        return None
    owner = await tx.actors.by_id(series.artist_id)
    found = await _shown(mouth, tx, series, owner) if owner else None
    if found is None:
        return None
    shown, voice = found
    document = series_documents.series_actor(shown, actor, voice, mouth.addresses)
    message = series_documents.update(document, actor, what.uri)
    return Message(message, await tx.relations.follower_inboxes(actor.id))


async def series_actor_gone(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete of a series' actor, to who followed it; here, too, nobody follows it afterwards."""
    del what
    if actor.gone_at is None:
        return None
    recipients = await tx.relations.follower_inboxes(actor.id)
    await tx.actors.mark_gone(actor.id, actor.gone_at)
    del mouth
    return Message(activities.delete(actor.uri, actor, f"{actor.uri}#delete"), recipients)


async def _shown(
    mouth: Mouth, tx: Transaction, series: Series, owner: Actor
) -> tuple[Shown, Voice] | None:
    artist: Artist | None = await tx.artists.by_id(series.artist_id)
    if artist is None or artist.id != owner.id:
        return None
    found = await public_series(tx, series, artist, owner)
    voice = Voice(artist, owner, mouth.house.usage_of(artist), mouth.house.now.policy)
    return Shown(series, found.works, found.cover), voice


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.SERIES_CHANGED: series_changed,
    Deed.SERIES_REMOVED: series_removed,
    Deed.SERIES_WORK_ADDED: series_work_added,
    Deed.SERIES_WORK_REMOVED: series_work_removed,
    Deed.SERIES_WORK_ANNOUNCED: series_work_announced,
    Deed.SERIES_WORK_WITHDRAWN: series_work_withdrawn,
    Deed.SERIES_ACTOR_CHANGED: series_actor_changed,
    Deed.SERIES_ACTOR_GONE: series_actor_gone,
}
