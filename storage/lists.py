"""Lists of servers, drafts of their next version, and what our own one says in public."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.list_changes import Said, Sayings
from server.lists import (
    EVERY_LIST,
    BlockList,
    DraftNote,
    EventKind,
    Exclude,
    FeedEvent,
    ListDraft,
    ListEntry,
    ListFormat,
    ListId,
    ListKind,
    ListSource,
    Severity,
)
from server.repositories.servers import Lists
from server.tiers import Listed
from server.values import dataclass
from storage.database import Connection, Row, json_text, listed

_AT_ONCE = 5_000  # rows of one statement: other writers wait for some 50 ms
_ALL = 2**31  # more entries than any list has
_DECODER = msgspec.json.Decoder(tuple[ListEntry, ...])
_SEVERITIES = {str(severity): severity for severity in Severity}


def lists_in(connection: Connection) -> Lists:
    """Return the lists as this transaction sees them."""
    return _Lists(connection)


@dataclass(frozen=True, slots=True)
class _Lists:
    _connection: Connection

    async def all(self) -> list[BlockList]:
        rows = await self._connection.fetch_all("SELECT * FROM lists")
        return sorted(map(_list, rows), key=lambda one: (one.position, one.id))

    async def by_id(self, list_id: ListId) -> BlockList | None:
        row = await self._connection.fetch_one("SELECT * FROM lists WHERE id = :id", id=list_id)
        return None if row is None else _list(row)

    async def by_name(self, name: str) -> BlockList | None:
        row = await self._connection.fetch_one("SELECT * FROM lists WHERE name = :name", name=name)
        return None if row is None else _list(row)

    async def own(self) -> BlockList | None:
        row = await self._connection.fetch_one("SELECT * FROM lists WHERE source = 'own'")
        return None if row is None else _list(row)

    async def add(self, new: BlockList) -> None:
        await self._connection.execute(
            """
            INSERT INTO lists (
                id, name, kind, source, format, position, created_at, url, leaves_out_hidden,
                applies_harmless, is_published, applied_at, fetched_at, etag, last_modified,
                problem, problem_at
            ) VALUES (
                :id, :name, :kind, :source, :format, :position, :created_at, :url,
                :leaves_out_hidden, :applies_harmless, :is_published, :applied_at, :fetched_at,
                :etag, :last_modified, :problem, :problem_at
            )
            """,
            kind=new.kind,
            source=new.source,
            created_at=new.created_at,
            **_changing(new),
        )

    async def update(self, changed: BlockList) -> None:
        await self._connection.execute(
            """
            UPDATE lists SET
                name = :name, format = :format, position = :position, url = :url,
                leaves_out_hidden = :leaves_out_hidden, applies_harmless = :applies_harmless,
                is_published = :is_published, applied_at = :applied_at, fetched_at = :fetched_at,
                etag = :etag, last_modified = :last_modified, problem = :problem,
                problem_at = :problem_at
            WHERE id = :id
            """,
            **_changing(changed),
        )

    async def arrange(self, order: Sequence[ListId]) -> None:
        for position, list_id in enumerate(order, start=1):
            await self._connection.execute(
                "UPDATE lists SET position = :position WHERE id = :id",
                position=position,
                id=list_id,
            )

    async def remove(self, list_id: ListId) -> None:
        if list_id != EVERY_LIST:
            await self._connection.execute(
                "DELETE FROM list_excludes WHERE list_id = :id", id=list_id
            )
        await self._connection.execute("DELETE FROM lists WHERE id = :id", id=list_id)

    async def entries(
        self, list_id: ListId, *, after: str = "", limit: int | None = None
    ) -> list[ListEntry]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM list_entries WHERE list_id = :id AND domain > :after
            ORDER BY domain LIMIT :limit
            """,
            id=list_id,
            after=after,
            limit=_ALL if limit is None else limit,
        )
        return [_entry(row) for row in rows]

    async def counts(self) -> dict[ListId, dict[Severity, int]]:
        rows = await self._connection.fetch_all(
            """
            SELECT list_id, severity, COUNT(*) AS entries FROM list_entries
            GROUP BY list_id, severity
            """
        )
        found: dict[ListId, dict[Severity, int]] = {}
        for row in rows:
            of_list = found.setdefault(ListId(row["list_id"]), {})
            of_list[Severity(row["severity"])] = row["entries"]
        return found

    async def change(
        self, list_id: ListId, *, put: Sequence[ListEntry] = (), drop: Sequence[str] = ()
    ) -> None:
        for begin in range(0, len(drop), _AT_ONCE):
            await self._connection.execute(
                """
                DELETE FROM list_entries
                WHERE list_id = :id AND domain IN (SELECT value FROM json_each(:domains))
                """,
                id=list_id,
                domains=json_text(drop[begin : begin + _AT_ONCE]),
            )
        for begin in range(0, len(put), _AT_ONCE):
            await self._put(list_id, put[begin : begin + _AT_ONCE])

    async def _put(self, list_id: ListId, entries: Sequence[ListEntry]) -> None:
        await self._connection.execute(
            """
            INSERT INTO list_entries (
                list_id, domain, severity, public_comment, private_comment, labels, reject_media,
                reject_reports, is_public
            ) SELECT
                CAST(:id AS BIGINT), line ->> 0, line ->> 1, line ->> 2, line ->> 3, line ->> 4,
                line ->> 5 = '1', line ->> 6 = '1', line ->> 7 = '1'
            FROM (SELECT value/*pg ::json */ AS line FROM json_each(:rows)) AS given WHERE TRUE
            ON CONFLICT (list_id, domain) DO UPDATE SET
                severity = excluded.severity, public_comment = excluded.public_comment,
                private_comment = excluded.private_comment, labels = excluded.labels,
                reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
                is_public = excluded.is_public
            """,
            id=list_id,
            rows=json_text(map(_columns, entries)),
        )

    async def naming(self, domains: Sequence[str]) -> list[tuple[ListId, ListEntry]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM list_entries WHERE domain IN (SELECT value FROM json_each(:domains))
            """,
            domains=json_text(domains),
        )
        return [(ListId(row["list_id"]), _entry(row)) for row in rows]

    async def draft(self, list_id: ListId) -> ListDraft | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM list_drafts WHERE list_id = :id", id=list_id
        )
        if row is None:
            return None
        entries = _DECODER.decode(row["entries"])
        return ListDraft(list_id, row["made_at"], entries, listed(row["remarks"], str))

    async def drafts(self) -> dict[ListId, DraftNote]:
        rows = await self._connection.fetch_all(
            "SELECT list_id, made_at, added, changed, removed FROM list_drafts"
        )
        return {
            ListId(row["list_id"]): DraftNote(
                ListId(row["list_id"]), row["made_at"], row["added"], row["changed"], row["removed"]
            )
            for row in rows
        }

    async def put_draft(self, draft: ListDraft, note: DraftNote) -> None:
        await self._connection.execute(
            """
            INSERT INTO list_drafts (list_id, made_at, entries, remarks, added, changed, removed)
            VALUES (:id, :made_at, :entries, :remarks, :added, :changed, :removed)
            ON CONFLICT (list_id) DO UPDATE SET
                made_at = excluded.made_at, entries = excluded.entries,
                remarks = excluded.remarks, added = excluded.added, changed = excluded.changed,
                removed = excluded.removed
            """,
            id=draft.list_id,
            made_at=draft.made_at,
            entries=json_text(draft.entries),
            remarks=json_text(draft.remarks),
            added=note.added,
            changed=note.changed,
            removed=note.removed,
        )

    async def drop_draft(self, list_id: ListId) -> None:
        await self._connection.execute("DELETE FROM list_drafts WHERE list_id = :id", id=list_id)

    async def excludes(self) -> list[Exclude]:
        rows = await self._connection.fetch_all("SELECT * FROM list_excludes ORDER BY domain")
        return [Exclude(ListId(row["list_id"]), row["domain"], row["at"]) for row in rows]

    async def exclude(self, new: Exclude) -> None:
        await self._connection.execute(
            """
            INSERT INTO list_excludes (list_id, domain, at) VALUES (:id, :domain, :at)
            ON CONFLICT (list_id, domain) DO NOTHING
            """,
            id=new.list_id,
            domain=new.domain,
            at=new.at,
        )

    async def include(self, list_id: ListId, domain: str) -> bool:
        count = await self._connection.execute(
            "DELETE FROM list_excludes WHERE list_id = :id AND domain = :domain",
            id=list_id,
            domain=domain,
        )
        return count > 0

    async def said(self) -> Sayings:
        said = [
            Said(one.id, one.name, await self._severities(one.id))
            for one in await self.all()
            if one.applied_at is not None
        ]
        return Sayings(tuple(said), tuple(await self.excludes()))

    async def in_force(self, *, is_closed: bool = False) -> Mapping[str, Listed]:
        return (await self.said()).together(is_closed=is_closed)

    async def _severities(self, list_id: ListId) -> dict[str, Severity]:
        rows = await self._connection.fetch_all(
            "SELECT domain, severity FROM list_entries WHERE list_id = :id", id=list_id
        )
        return {row["domain"]: _SEVERITIES[row["severity"]] for row in rows}

    async def add_events(self, events: Sequence[FeedEvent]) -> None:
        for begin in range(0, len(events), _AT_ONCE):
            await self._connection.execute(
                """
                INSERT INTO list_events (
                    id, at, kind, domain, severity, public_comment, labels, reject_media
                ) SELECT
                    CAST(line ->> 0 AS BIGINT), CAST(line ->> 1 AS BIGINT), line ->> 2, line ->> 3,
                    line ->> 4, line ->> 5, line ->> 6, line ->> 7 = '1'
                FROM (SELECT value/*pg ::json */ AS line FROM json_each(:rows)) AS given
                """,
                rows=json_text(map(_event_columns, events[begin : begin + _AT_ONCE])),
            )

    async def events(self, *, after: int = 0, limit: int = 100) -> list[FeedEvent]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM list_events WHERE id > :after ORDER BY id LIMIT :limit",
            after=after,
            limit=limit,
        )
        return [_event(row) for row in rows]


def _changing(one: BlockList) -> dict[str, Any]:
    """Return the columns that `update` may change, and the id."""
    return {
        "id": one.id,
        "name": one.name,
        "format": one.format,
        "position": one.position,
        "url": one.url,
        "leaves_out_hidden": one.leaves_out_hidden,
        "applies_harmless": one.applies_harmless,
        "is_published": one.is_published,
        "applied_at": one.applied_at,
        "fetched_at": one.fetched_at,
        "etag": one.etag,
        "last_modified": one.last_modified,
        "problem": one.problem,
        "problem_at": one.problem_at,
    }


def _columns(entry: ListEntry) -> tuple[str, ...]:
    return (
        entry.domain,
        entry.severity,
        entry.public_comment,
        entry.private_comment,
        json_text(entry.labels),
        "1" if entry.reject_media else "0",
        "1" if entry.reject_reports else "0",
        "1" if entry.is_public else "0",
    )


def _event_columns(event: FeedEvent) -> tuple[str, ...]:
    entry = event.entry
    return (
        str(event.id),
        str(event.at),
        event.kind,
        entry.domain,
        entry.severity,
        entry.public_comment,
        json_text(entry.labels),
        "1" if entry.reject_media else "0",
    )


def _list(row: Row) -> BlockList:
    return BlockList(
        id=ListId(row["id"]),
        name=row["name"],
        kind=ListKind(row["kind"]),
        source=ListSource(row["source"]),
        format=ListFormat(row["format"]),
        position=row["position"],
        created_at=row["created_at"],
        url=row["url"],
        leaves_out_hidden=bool(row["leaves_out_hidden"]),
        applies_harmless=bool(row["applies_harmless"]),
        is_published=bool(row["is_published"]),
        applied_at=row["applied_at"],
        fetched_at=row["fetched_at"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        problem=row["problem"],
        problem_at=row["problem_at"],
    )


def _entry(row: Row) -> ListEntry:
    return ListEntry(
        domain=row["domain"],
        severity=_SEVERITIES[row["severity"]],
        public_comment=row["public_comment"],
        private_comment=row["private_comment"],
        labels=listed(row["labels"], str),
        reject_media=bool(row["reject_media"]),
        reject_reports=bool(row["reject_reports"]),
        is_public=bool(row["is_public"]),
    )


def _event(row: Row) -> FeedEvent:
    entry = ListEntry(
        domain=row["domain"],
        severity=_SEVERITIES[row["severity"]],
        public_comment=row["public_comment"],
        labels=listed(row["labels"], str),
        reject_media=bool(row["reject_media"]),
        is_public=True,
    )
    return FeedEvent(row["id"], row["at"], EventKind(row["kind"]), entry)
