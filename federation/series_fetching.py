"""Brings the series of somebody elsewhere, and how many posts and followers they have.

Only for whom somebody here looks at or follows, not oftener than every few hours unless they tell
of something new, and within a budget of documents, whatever their server answers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from federation import quoting
from federation.actors import read_actor
from federation.documents import Document, id_of
from federation.doors import Doors, treatment_of
from federation.fetching import Fetching, RemoteGone
from federation.remote import Remote
from federation.remote_series import RemoteSeries, read_series, series_address, works_in
from federation.uris import same_origin
from federation.vocabulary import RemoteCollection, read_collection
from federation.wording import sanitised
from server.clock import Clock
from server.errors import FixatifError, Invalid, Unavailable, Untrusted
from server.model import Actor, ActorId, Millis
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, FetchKind, FetchPromise, promise
from server.rules import Hold, Refuse
from server.series_elsewhere import (
    MAX_SERIES,
    MAX_WORKS,
    LookedAt,
    SeriesElsewhere,
    SeriesElsewhereId,
    due_in,
    is_noted,
    merged,
)
from server.treatments import TreatmentKind
from server.values import dataclass

log = structlog.get_logger(__name__)

MAX_DOCUMENTS: Final = 80  # of one run: an actor, two counts, a list, 50 series and some pages
MAX_PAGES: Final = 5  # of one collection


@dataclass(frozen=True, slots=True)
class SeriesFetching:
    """Fetches, keeps."""

    library: Library
    clock: Clock
    bus: Bus
    fetching: Fetching
    remote: Remote
    doors: Doors

    async def look_at(self, actor: Actor) -> None:
        """Note that somebody here looks at somebody elsewhere; promise to bring what is due."""
        if actor.is_local or actor.gone_at is not None or actor.suspended_at is not None:
            return
        now = self.clock.now()
        person = await self.library.look(lambda tx: tx.elsewhere.person(actor.id))
        is_known = person is not None and is_noted(person, now)
        if person is not None and is_known and due_in(person, now, is_told=False) is None:
            return
        await self.library.join(lambda tx: ask(tx, self.clock, actor, is_told=False))
        self.bus.wake(JOBS_TOPIC)

    async def bring(self, what: FetchPromise) -> None:
        """Do one `FetchPromise`. What cannot be had now is left until it is due again."""
        actor = await self.library.look(lambda tx: _wanted(tx, what.because_of))
        if actor is None:
            return
        asked = self.clock.now()
        walk = _Walk(self.fetching, actor.uri)
        try:
            self.doors.demand(actor.uri)
            document = await walk.document(actor.uri)
            actor = await self.remote.keep(read_actor(document))
            person = LookedAt(
                actor.id,
                series_uri=series_address(document),
                posts=await walk.count(actor.outbox),
                followers=await walk.count(actor.followers_uri),
            )
            series = await self._series(walk, actor, person.series_uri)
        except FixatifError as problem:
            log.info("series_not_brought", reason=problem.message)
            await self.library.join(lambda tx: _note_failure(tx, what.because_of, asked))
            return
        await self.library.join(lambda tx: self._keep(tx, person, series, asked))

    async def _series(
        self, walk: "_Walk", actor: Actor, list_uri: str
    ) -> list[SeriesElsewhere | str]:
        """Return somebody's series in order; by their ids alone those that could not be had."""
        decision = self.doors.of_series(actor)
        if not list_uri or isinstance(decision, (Refuse, Hold)):
            return []
        treatment = treatment_of(decision)
        if treatment is not None and treatment.kind is TreatmentKind.HIDE:
            return []
        has_covers = treatment is None or treatment.kind is not TreatmentKind.STRIP_MEDIA
        try:
            listed = await walk.items(read_collection(await walk.document(list_uri)), MAX_SERIES)
        except RemoteGone:
            return []
        found: list[SeriesElsewhere | str] = []
        for uri in listed:
            try:
                said = await walk.series(uri)
            except (RemoteGone, Invalid, Untrusted) as problem:
                log.info("series_left_out", reason=problem.message)
            except Unavailable:
                found.append(uri)
            else:
                found.append(self.kept_from(said, actor.id, has_covers=has_covers))
        return found

    def kept_from(
        self, said: RemoteSeries, owner: ActorId, *, has_covers: bool = True
    ) -> SeriesElsewhere:
        """Return a series as it is kept, harmless, under an id of ours."""
        is_shown = has_covers and said.cover_url and self.doors.may_show(said.cover_url)
        return SeriesElsewhere(
            id=SeriesElsewhereId(self.clock.new_id()),
            actor_id=owner,
            uri=said.uri,
            name=said.name,
            summary_html=sanitised(said.summary_html),
            url=said.url,
            cover_url=said.cover_url if is_shown else "",
            cover_alt=said.cover_alt if is_shown else "",
            grows_at_end=said.grows_at_end,
            total=said.total,
            works=said.works,
            speaker_uri=said.speaker_uri,
            updated_at=said.updated,
        )

    async def _keep(
        self,
        tx: Transaction,
        person: LookedAt,
        series: Sequence[SeriesElsewhere | str],
        asked: Millis,
    ) -> None:
        before = await tx.elsewhere.person(person.actor_id)
        if before is None:  # forgotten meanwhile
            return
        now = self.clock.now()
        await tx.elsewhere.put_person(
            replace(
                person, looked_at=before.looked_at, asked_at=before.asked_at, fetched_at=Millis(now)
            )
        )
        kept = await tx.elsewhere.series_of(person.actor_id)
        known = {one.uri: one for one in kept}
        fetched = [known.get(one) if isinstance(one, str) else one for one in series]
        found = merged(kept, [one for one in fetched if one is not None], asked)
        await tx.elsewhere.keep_only(person.actor_id, found)


@dataclass(slots=True)
class _Walk:
    """One run through what somebody's server shows: bounded, and never away from that server."""

    fetching: Fetching
    owner_uri: str
    left: int = MAX_DOCUMENTS

    async def document(self, uri: str) -> Document:
        """Fetch a document of that server. Raises as `Fetching.document`, `Untrusted`."""
        if not same_origin(uri, self.owner_uri):
            raise Untrusted("What belongs to the series is on another server.")
        if self.left == 0:
            raise Unavailable("Their server shows more than is fetched at once.")
        self.left -= 1
        found = await self.fetching.document(uri)
        if not same_origin(id_of(found), self.owner_uri):
            raise Untrusted("What belongs to the series is on another server.")
        return found

    async def series(self, uri: str) -> RemoteSeries:
        """Fetch a series, with the works of its pages where it has some. Raises as `document`."""
        said = read_series(await self.document(uri), self.owner_uri)
        if said.uri != uri:
            raise Untrusted("The series does not stand at its own address.")
        if said.is_whole:
            return said
        return replace(said, works=await self.items(said.collection, MAX_WORKS))

    async def items(self, collection: RemoteCollection, most: int) -> tuple[str, ...]:
        """Return the ids in a collection and its pages, in order, as far as pages are walked."""
        found = dict.fromkeys(works_in(collection, self.owner_uri))
        page, seen = collection.first_page, {collection.uri}
        following = collection.first_uri
        if page is not None:
            found |= dict.fromkeys(works_in(page, self.owner_uri))
            following = page.next_uri
        for _ in range(MAX_PAGES):
            if not following or following in seen or len(found) >= most:
                break
            seen.add(following)
            page = read_collection(await self.document(following))
            found |= dict.fromkeys(works_in(page, self.owner_uri))
            following = page.next_uri
        return tuple(found)[:most]

    async def count(self, uri: str) -> int | None:
        """Return how many a collection holds by its server's word, None where it does not say."""
        try:
            return read_collection(await self.document(uri)).total_items if uri else None
        except FixatifError:
            return None


async def ask(tx: Transaction, clock: Clock, actor: Actor, *, is_told: bool) -> None:
    """Note that somebody is looked at or tells of a series; promise to bring what is due."""
    now = clock.now()
    person = await tx.elsewhere.person(actor.id) or LookedAt(actor.id)
    delay = due_in(person, now, is_told=is_told)
    asked_at = person.asked_at if delay is None else Millis(now + delay)
    await tx.elsewhere.put_person(replace(person, looked_at=now, asked_at=asked_at))
    if delay is not None:
        what = FetchPromise(actor.uri, actor.id, FetchKind.SERIES)
        await promise(tx, clock, what, queue=quoting.fetch_queue(actor.uri), delay=delay)


async def _wanted(tx: Transaction, actor_id: ActorId) -> Actor | None:
    actor = await tx.actors.by_id(actor_id)
    if actor is None or actor.is_local or actor.gone_at or actor.suspended_at:
        return None
    return actor if await tx.elsewhere.person(actor_id) is not None else None


async def _note_failure(tx: Transaction, actor_id: ActorId, at: Millis) -> None:
    """Leave what is kept as it is; it is asked for again when it is due."""
    person = await tx.elsewhere.person(actor_id)
    if person is not None:
        await tx.elsewhere.put_person(replace(person, fetched_at=at))
