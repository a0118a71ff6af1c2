"""The queue: rows with a lease.

A job is waiting, running (until its lease runs out) or buried; a finished one is deleted.
Of one non-empty queue name, one job runs at a time: the first of those that are due. The others
are "behind" and come forward one by one, so that who claims never walks through a long queue.
"""

from collections.abc import Sequence

from server.model import Job, JobId, JobKind, Millis
from server.repositories.jobs import JobCounts, Jobs
from server.values import dataclass
from storage.database import Connection, Row, Value, ids_text, json_text

_MAX_REASON = 500  # characters
_ADD = """
    INSERT INTO jobs (
        id, kind, state, payload, run_at, leased_until, attempts, queue, priority, reason
    ) VALUES (
        :id, :kind, CASE WHEN :queue <> '' AND (EXISTS (
            SELECT 1 FROM jobs AS other
            WHERE other.queue = :queue AND other.queue <> '' AND other.state = 'running'
        ) OR EXISTS (
            SELECT 1 FROM jobs AS other
            WHERE other.queue = :queue AND other.queue <> '' AND other.state = 'waiting'
                AND other.priority <= :priority AND other.run_at <= :run_at
        ) OR (EXISTS (
            SELECT 1 FROM jobs AS other
            WHERE other.queue = :queue AND other.queue <> '' AND other.state = 'behind'
        ) AND NOT EXISTS (
            SELECT 1 FROM jobs AS other
            WHERE other.queue = :queue AND other.queue <> '' AND other.state = 'waiting'
        ))) THEN 'behind' ELSE 'waiting' END,
        :payload, :run_at, 0, 0, :queue, :priority, ''
    )
"""
# Every pair of kind and priority that waits, found by skipping along the index: so neither jobs
# for later nor other kinds' jobs are ever walked through.
_LEVELS = """
    WITH RECURSIVE level (kind, priority) AS (
        SELECT value, (
            SELECT MIN(priority) FROM jobs WHERE kind = value AND state = 'waiting'
        ) FROM json_each(:kinds)
        UNION ALL
        SELECT kind, (
            SELECT MIN(jobs.priority) FROM jobs
            WHERE jobs.kind = level.kind AND jobs.priority > level.priority
                AND state = 'waiting'
        ) FROM level WHERE priority IS NOT NULL
    )
"""


def jobs_in(connection: Connection) -> Jobs:
    """Return the queue as this transaction sees it."""
    return _Jobs(connection)


@dataclass(frozen=True, slots=True)
class _Jobs:
    _connection: Connection

    async def add(
        self,
        kind: JobKind,
        payload: bytes,
        *,
        job_id: JobId,
        run_at: Millis,
        queue: str = "",
        priority: int = 5,
    ) -> None:
        new = Job(job_id, kind, payload, run_at, 0, queue, priority)
        await self._connection.execute(_ADD, **_columns(new))

    async def add_all(self, jobs: Sequence[Job]) -> None:
        await self._connection.execute_each(_ADD, [_columns(job) for job in jobs])

    async def claim(
        self, now: Millis, *, lease_until: Millis, limit: int, kinds: Sequence[JobKind] = ()
    ) -> list[Job]:
        await self._take_back_leases(now)
        # `due` is the head of each queue: PostgreSQL passes over what another claimer has.
        rows = await self._connection.fetch_all(
            _LEVELS  # noqa: S608 - both texts are ours
            + """
            , due AS MATERIALIZED (
                SELECT jobs.id AS id FROM level
                    JOIN jobs ON jobs.id /*pg = ANY (ARRAY( -- */ IN (
                        SELECT head.id FROM jobs AS head
                        WHERE head.state = 'waiting' AND head.kind = level.kind
                            AND head.priority = level.priority AND head.run_at <= :now
                            AND NOT EXISTS (
                                SELECT 1 FROM jobs AS other
                                WHERE other.queue = head.queue AND other.queue <> ''
                                    AND other.state = 'running'
                            )
                            AND NOT EXISTS (
                                SELECT 1 FROM jobs AS other
                                WHERE other.queue = head.queue AND other.queue <> ''
                                    AND other.state = 'waiting' AND other.run_at <= :now
                                    AND other.kind IN (SELECT value FROM json_each(:kinds))
                                    AND (other.priority, other.run_at, other.id)
                                        < (head.priority, head.run_at, head.id)
                            )
                        ORDER BY head.run_at, head.id LIMIT :candidates
                    ) /*pg ) */
                WHERE jobs.state = 'waiting'
                ORDER BY jobs.priority, jobs.run_at, jobs.id
                LIMIT :limit /*pg FOR UPDATE OF jobs SKIP LOCKED */
            )
            UPDATE jobs SET
                state = 'running', leased_until = :lease_until, attempts = attempts + 1
            WHERE id IN (SELECT id FROM due)
            RETURNING *
            """,
            now=now,
            lease_until=lease_until,
            limit=limit,
            candidates=4 * limit,  # enough for a few claimers at once, before they pass others over
            kinds=json_text(kinds or JobKind),
        )
        claimed = [_job(row) for row in rows]
        return sorted(claimed, key=lambda job: (job.priority, job.run_at, job.id))

    async def done(self, *job_ids: JobId) -> None:
        rows = await self._connection.fetch_all(
            """
            DELETE FROM jobs WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            RETURNING queue
            """,
            ids=ids_text(job_ids),
        )
        queues = {row["queue"] for row in rows} - {""}
        if queues:
            await self._bring_forward_first(json_text(queues), Millis(0))

    async def again(
        self,
        job_id: JobId,
        run_at: Millis,
        reason: str,
        *,
        others_at: Millis = Millis(0),
        is_tried: bool = True,
    ) -> None:
        row = await self._connection.fetch_one(
            """
            UPDATE jobs SET
                state = 'waiting', leased_until = 0, run_at = :run_at, reason = :reason,
                attempts = attempts - :returned
            WHERE id = :id RETURNING queue
            """,
            returned=0 if is_tried else 1,
            id=job_id,
            run_at=run_at,
            reason=reason[:_MAX_REASON],
        )
        await self._bring_forward(row, others_at)

    async def bury(self, job_id: JobId, reason: str, *, others_at: Millis = Millis(0)) -> bool:
        row = await self._connection.fetch_one(
            """
            UPDATE jobs SET state = 'buried', leased_until = 0, reason = :reason
            WHERE id = :id RETURNING queue
            """,
            id=job_id,
            reason=reason[:_MAX_REASON],
        )
        await self._bring_forward(row, others_at)
        return row is not None

    async def counts(self) -> dict[JobKind, JobCounts]:
        rows = await self._connection.fetch_all(
            """
            SELECT kind, COUNT(CASE WHEN state IN ('waiting', 'behind') THEN 1 END) AS waiting,
                COUNT(CASE WHEN state = 'running' THEN 1 END) AS running,
                COUNT(CASE WHEN state = 'buried' THEN 1 END) AS buried
            FROM jobs GROUP BY kind
            """
        )
        return {
            JobKind(row["kind"]): JobCounts(row["waiting"], row["running"], row["buried"])
            for row in rows
        }

    async def by_id(self, job_id: JobId) -> Job | None:
        row = await self._connection.fetch_one("SELECT * FROM jobs WHERE id = :id", id=job_id)
        return None if row is None else _job(row)

    async def buried(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM jobs WHERE state = 'buried' AND :kind IN ('', kind)
            ORDER BY id DESC LIMIT :limit
            """,
            kind=kind or "",
            limit=limit,
        )
        return [(_job(row), row["reason"]) for row in rows]

    async def waiting(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM jobs WHERE state = 'waiting' AND :kind IN ('', kind)
            ORDER BY run_at LIMIT :limit
            """,
            kind=kind or "",
            limit=limit,
        )
        return [(_job(row), row["reason"]) for row in rows]

    async def running(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM jobs WHERE state = 'running' AND :kind IN ('', kind)
            ORDER BY leased_until LIMIT :limit
            """,
            kind=kind or "",
            limit=limit,
        )
        return [(_job(row), row["reason"]) for row in rows]

    async def retry(self, job_id: JobId, now: Millis) -> bool:
        count = await self._connection.execute(
            """
            UPDATE jobs SET state = 'waiting', run_at = :now, attempts = CASE
                WHEN state = 'buried' THEN 0 ELSE attempts
            END
            WHERE id = :id AND state IN ('buried', 'waiting', 'behind')
            """,
            id=job_id,
            now=now,
        )
        return count == 1

    async def hasten(self, queues: Sequence[str], now: Millis) -> int:
        return await self._connection.execute(
            """
            UPDATE jobs SET run_at = :now
            WHERE queue IN (SELECT value FROM json_each(:queues)) AND queue <> ''
                AND state = 'waiting' AND run_at > :now
            """,
            queues=json_text(queues),
            now=now,
        ) + await self._connection.execute(
            # those behind that were put off too, as they came while their server was paused
            """
            UPDATE jobs SET run_at = :now
            WHERE queue IN (SELECT value FROM json_each(:queues)) AND state = 'behind'
                AND run_at > :now
            """,
            queues=json_text(queues),
            now=now,
        )

    async def retry_all(self, queues: Sequence[str], now: Millis) -> int:
        named = json_text(queues)
        count = await self._connection.execute(
            """
            UPDATE jobs SET state = 'behind', run_at = :now, attempts = 0
            WHERE queue IN (SELECT value FROM json_each(:queues)) AND queue <> ''
                AND state = 'buried'
            """,
            queues=named,
            now=now,
        )
        count += await self.hasten(queues, now)
        await self._bring_forward_first(named, Millis(0))
        return count

    async def mend(self) -> int:
        # `crowd` is every queue that has jobs behind, found by skipping along the index.
        return await self._connection.execute(
            """
            UPDATE jobs SET state = 'waiting' WHERE id IN (
                WITH RECURSIVE crowd (queue) AS (
                    SELECT MIN(queue) FROM jobs WHERE state = 'behind'
                    UNION ALL
                    SELECT (
                        SELECT MIN(jobs.queue) FROM jobs
                        WHERE jobs.queue > crowd.queue AND jobs.state = 'behind'
                    ) FROM crowd WHERE crowd.queue IS NOT NULL
                )
                SELECT (
                    SELECT first.id FROM jobs AS first
                    WHERE first.queue = crowd.queue AND first.state = 'behind'
                    ORDER BY first.priority, first.run_at, first.id LIMIT 1
                ) FROM crowd
                WHERE NOT EXISTS (
                    SELECT 1 FROM jobs AS other
                    WHERE other.queue = crowd.queue AND other.queue <> ''
                        AND other.state = 'running'
                ) AND NOT EXISTS (
                    SELECT 1 FROM jobs AS other
                    WHERE other.queue = crowd.queue AND other.queue <> ''
                        AND other.state = 'waiting'
                )
            )
            """
        )

    async def sweep(self, before: JobId, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs WHERE state = 'buried' AND id < :before
                ORDER BY id LIMIT :limit
            )
            """,
            before=before,
            limit=limit,
        )

    async def due_kinds(self, now: Millis) -> set[JobKind]:
        rows = await self._connection.fetch_all(
            _LEVELS  # noqa: S608 - both texts are ours
            + """
            SELECT kind FROM level WHERE EXISTS (
                SELECT 1 FROM jobs
                WHERE jobs.kind = level.kind AND jobs.priority = level.priority
                    AND run_at <= :now AND state = 'waiting'
            )
            UNION SELECT kind FROM jobs WHERE state = 'running' AND leased_until <= :now
            """,
            kinds=json_text(JobKind),
            now=now,
        )
        return {JobKind(row["kind"]) for row in rows}

    async def oldest_due(self, now: Millis) -> Millis | None:
        waiting = await self._connection.fetch_one(
            """
            SELECT run_at FROM jobs WHERE state = 'waiting' AND run_at <= :now
            ORDER BY run_at LIMIT 1
            """,
            now=now,
        )
        left_behind = await self._connection.fetch_one(
            """
            SELECT run_at FROM jobs WHERE state = 'running' AND leased_until <= :now
            ORDER BY leased_until LIMIT 1
            """,
            now=now,
        )
        return min(
            (Millis(row["run_at"]) for row in (waiting, left_behind) if row is not None),
            default=None,
        )

    async def next_run_at(self) -> Millis | None:
        row = await self._connection.fetch_one(
            "SELECT run_at FROM jobs WHERE state = 'waiting' ORDER BY run_at LIMIT 1"
        )
        return None if row is None else Millis(row["run_at"])

    async def _bring_forward(self, ended: Row | None, not_before: Millis = Millis(0)) -> None:
        """Let the next of a queue wait in front, after the row that stood there."""
        if ended is not None and ended["queue"]:
            await self._bring_forward_first(json_text([ended["queue"]]), not_before)

    async def _bring_forward_first(self, queues: str, not_before: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE jobs SET state = 'waiting', run_at = CASE
                WHEN run_at < :not_before THEN CAST(:not_before AS BIGINT) ELSE run_at
            END
            WHERE id IN (
                SELECT (
                    SELECT first.id FROM jobs AS first
                    WHERE first.queue = named.value AND first.state = 'behind'
                    ORDER BY first.priority, first.run_at, first.id LIMIT 1
                ) FROM json_each(:queues) AS named
            ) AND NOT EXISTS (
                SELECT 1 FROM jobs AS other
                WHERE other.queue = jobs.queue AND other.queue <> '' AND other.state = 'running'
            ) AND NOT EXISTS (
                SELECT 1 FROM jobs AS other
                WHERE other.queue = jobs.queue AND other.queue <> '' AND other.state = 'waiting'
                    AND other.priority <= jobs.priority AND other.run_at <= jobs.run_at
            )
            """,
            queues=queues,
            not_before=not_before,
        )

    async def _take_back_leases(self, now: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE jobs SET state = 'waiting', leased_until = 0
            WHERE state = 'running' AND leased_until <= :now
            """,
            now=now,
        )


def _columns(job: Job) -> dict[str, Value]:
    return {
        "id": job.id,
        "kind": job.kind,
        "payload": job.payload,
        "run_at": job.run_at,
        "queue": job.queue,
        "priority": job.priority,
    }


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        payload=row["payload"],
        run_at=row["run_at"],
        attempts=row["attempts"],
        queue=row["queue"],
        priority=row["priority"],
    )
