"""What other servers publish, what is said of them, and what lies between here and there."""

from collections.abc import Mapping, Sequence

from server.model import Millis, WorkId
from server.neighbours import (
    Neighbours,
    PeerCounts,
    PeerDecision,
    PeerFollow,
    PeerPolicy,
    PeerWord,
    PolicyState,
)
from server.passages import HOUR
from server.rules import Door
from server.tiers import Tier, Word
from server.values import dataclass
from storage.database import Connection, Row, json_text

_AFTER_SLASH = "0"  # what comes next after "/" where texts compare by bytes


def neighbours_in(connection: Connection) -> Neighbours:
    """Return what is said of other servers as this transaction sees it."""
    return _Neighbours(connection)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    _connection: Connection

    async def words(self) -> Mapping[str, Word]:
        rows = await self._connection.fetch_all("SELECT domain, tier, reason FROM words")
        return {row["domain"]: Word(Tier(row["tier"]), row["reason"]) for row in rows}

    async def word_of(self, domain: str) -> PeerWord | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM words WHERE domain = :domain", domain=domain
        )
        return None if row is None else _word(row)

    async def put_word(self, word: PeerWord) -> None:
        await self._connection.execute(
            """
            INSERT INTO words (domain, tier, reason, author, at)
            VALUES (:domain, :tier, :reason, :author, :at)
            ON CONFLICT (domain) DO UPDATE SET
                tier = excluded.tier, reason = excluded.reason, author = excluded.author,
                at = excluded.at
            """,
            domain=word.domain,
            tier=word.tier,
            reason=word.reason,
            author=word.author,
            at=word.at,
        )
        await self._connection.execute(
            """
            INSERT INTO peer_policies (
                host, met_at, due_at, checked_at, state, problem, is_enforced, is_known,
                fetched_at, document, actor_uri, content_usage, version, updated_at
            ) VALUES (
                :host, NULL, 0, NULL, '', '', FALSE, FALSE, NULL, '', '', '', 0, NULL
            ) ON CONFLICT (host) DO NOTHING
            """,
            host=word.domain,
        )

    async def drop_word(self, domain: str) -> bool:
        count = await self._connection.execute(
            "DELETE FROM words WHERE domain = :domain", domain=domain
        )
        return count == 1

    async def claims(self) -> frozenset[str]:
        rows = await self._connection.fetch_all("SELECT host FROM peer_policies WHERE is_known")
        return frozenset(row["host"] for row in rows)

    async def policy_of(self, host: str) -> PeerPolicy | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM peer_policies WHERE host = :host", host=host
        )
        return None if row is None else _policy(row)

    async def put_policy(self, policy: PeerPolicy) -> None:
        await self._connection.execute(
            """
            INSERT INTO peer_policies (
                host, met_at, due_at, checked_at, state, problem, is_enforced, is_known,
                fetched_at, document, actor_uri, content_usage, version, updated_at
            ) VALUES (
                :host, :met_at, :due_at, :checked_at, :state, :problem, :is_enforced, :is_known,
                :fetched_at, :document, :actor_uri, :content_usage, :version, :updated_at
            ) ON CONFLICT (host) DO UPDATE SET
                checked_at = excluded.checked_at, state = excluded.state,
                problem = excluded.problem, is_enforced = excluded.is_enforced,
                is_known = excluded.is_known, fetched_at = excluded.fetched_at,
                document = excluded.document, actor_uri = excluded.actor_uri,
                content_usage = excluded.content_usage, version = excluded.version,
                updated_at = excluded.updated_at
            """,
            host=policy.host,
            met_at=policy.met_at,
            due_at=policy.due_at,
            checked_at=policy.checked_at,
            state=policy.state,
            problem=policy.problem,
            is_enforced=policy.is_enforced,
            is_known=policy.is_known,
            fetched_at=policy.fetched_at,
            document=policy.document,
            actor_uri=policy.actor_uri,
            content_usage=policy.content_usage,
            version=policy.version,
            updated_at=policy.updated_at,
        )

    async def page(self, *, after: str = "", search: str = "", limit: int = 50) -> list[PeerPolicy]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM peer_policies
            WHERE host > :after AND host LIKE :pattern ESCAPE '!'
            ORDER BY host LIMIT :limit
            """,
            after=after,
            pattern=_containing(search),
            limit=limit,
        )
        return [_policy(row) for row in rows]

    async def speakers(self, since: Millis) -> list[str]:
        rows = await self._connection.fetch_all(
            """
            SELECT DISTINCT actor_uri FROM activities
            WHERE NOT is_outgoing AND received_at > :since
            """,
            since=since,
        )
        return [row["actor_uri"] for row in rows]

    async def companions(self) -> list[str]:
        rows = await self._connection.fetch_all(
            """
            SELECT uri FROM actors WHERE NOT is_local AND (
                EXISTS (SELECT 1 FROM follows WHERE followee_id = actors.id)
                OR EXISTS (SELECT 1 FROM follows WHERE follower_id = actors.id)
            )
            """
        )
        return [row["uri"] for row in rows]

    async def meet(self, hosts: Sequence[str], at: Millis, due_at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO peer_policies (
                host, met_at, due_at, checked_at, state, problem, is_enforced, is_known,
                fetched_at, document, actor_uri, content_usage, version, updated_at
            ) SELECT
                value, CAST(:at AS BIGINT), CAST(:due_at AS BIGINT), NULL, '', '', FALSE, FALSE,
                NULL, '', '', '', 0, NULL
            FROM json_each(:hosts) WHERE TRUE
            ON CONFLICT (host) DO UPDATE SET met_at = excluded.met_at
            """,
            hosts=json_text(dict.fromkeys(hosts)),
            at=at,
            due_at=due_at,
        )

    async def due_policies(
        self, now: Millis, *, met_since: Millis, limit: int = 20
    ) -> list[PeerPolicy]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM peer_policies WHERE due_at <= :now AND met_at >= :met_since
            ORDER BY due_at LIMIT :limit
            """,
            now=now,
            met_since=met_since,
            limit=limit,
        )
        return [_policy(row) for row in rows]

    async def put_off(self, host: str, until: Millis) -> None:
        await self._connection.execute(
            "UPDATE peer_policies SET due_at = :until WHERE host = :host", host=host, until=until
        )

    async def is_companion(self, origin: str) -> bool:
        row = await self._connection.fetch_one(
            """
            SELECT 1 FROM actors
            WHERE uri /*pg COLLATE "C" */ >= :first AND uri /*pg COLLATE "C" */ < :end
                AND NOT is_local AND (
                    EXISTS (SELECT 1 FROM follows WHERE followee_id = actors.id)
                    OR EXISTS (SELECT 1 FROM follows WHERE follower_id = actors.id)
                )
            LIMIT 1
            """,
            first=origin,
            end=_end_of(origin),
        )
        return row is not None

    async def follows_with(self, origin: str, *, limit: int = 200) -> list[PeerFollow]:
        rows = await self._connection.fetch_all(
            """
            SELECT ours.handle AS local, theirs.handle AS name, theirs.domain AS place,
                follows.follower_id = ours.id AS is_ours
            FROM actors AS theirs
            JOIN follows ON follows.follower_id = theirs.id OR follows.followee_id = theirs.id
            JOIN actors AS ours
                ON ours.id = follows.follower_id + follows.followee_id - theirs.id
            WHERE theirs.uri /*pg COLLATE "C" */ >= :first
                AND theirs.uri /*pg COLLATE "C" */ < :end
                AND NOT theirs.is_local AND follows.state = 'accepted'
            ORDER BY local, name, place, is_ours LIMIT :limit
            """,
            first=origin,
            end=_end_of(origin),
            limit=limit,
        )
        return [
            PeerFollow(row["local"], f"{row['name']}@{row['place']}", bool(row["is_ours"]))
            for row in rows
        ]

    async def counts_with(self, origin: str, host: str) -> PeerCounts:
        row = await self._connection.fetch_one(
            """
            WITH residents AS (
                SELECT id FROM actors
                WHERE uri /*pg COLLATE "C" */ >= :first AND uri /*pg COLLATE "C" */ < :end
                    AND NOT is_local
            )
            SELECT
                (
                    SELECT COUNT(*) FROM residents JOIN follows ON follower_id = residents.id
                    WHERE state = 'accepted'
                ) AS followers,
                (
                    SELECT COUNT(*) FROM residents JOIN follows ON followee_id = residents.id
                    WHERE state = 'accepted'
                ) AS following,
                (SELECT COUNT(*) FROM residents JOIN posts ON actor_id = residents.id) AS posts,
                (
                    SELECT COUNT(*) FROM copies WHERE host = :host AND NOT EXISTS (
                        SELECT 1 FROM undelivered
                        WHERE target_id = work_id AND undelivered.host = copies.host
                    )
                ) AS works
            """,
            first=origin,
            end=_end_of(origin),
            host=host,
        )
        if row is None:
            return PeerCounts()
        return PeerCounts(row["followers"], row["following"], row["posts"], row["works"])

    async def decisions_on(
        self, host: str, since: Millis, *, limit: int = 20
    ) -> list[PeerDecision]:
        rows = await self._connection.fetch_all(
            """
            SELECT door, type, action, rule, CAST(SUM(number) AS BIGINT) AS total, MAX(at) AS latest
            FROM envelopes
            WHERE peer = :host AND hour >= :since AND action NOT IN ('allow', 'full')
            GROUP BY door, type, action, rule ORDER BY latest DESC LIMIT :limit
            """,
            host=host,
            since=since // HOUR,
            limit=limit,
        )
        return [
            PeerDecision(
                Door(row["door"]), row["type"], row["action"], row["rule"], row["total"],
                row["latest"],
            )
            for row in rows
        ]  # fmt: skip

    async def inboxes_with_copy(self, work: WorkId) -> list[str]:
        rows = await self._connection.fetch_all(
            """
            SELECT (
                SELECT shared_inbox FROM actors
                WHERE actors.domain = copies.host AND actors.shared_inbox <> ''
                    AND NOT actors.is_local AND actors.gone_at IS NULL
                LIMIT 1
            ) AS inbox
            FROM copies WHERE copies.work_id = :work
            """,
            work=work,
        )
        return [row["inbox"] for row in rows if row["inbox"]]

    async def numbers(self, hosts: Sequence[str]) -> Mapping[str, int]:
        rows = await self._connection.fetch_all(
            """
            SELECT id, host FROM peer_numbers
            WHERE host IN (SELECT value FROM json_each(:hosts))
            """,
            hosts=json_text(hosts),
        )
        return {row["host"]: row["id"] for row in rows}

    async def number(self, numbers: Mapping[str, int]) -> None:
        # In order, so that two processes that give numbers never wait for each other.
        await self._connection.execute(
            """
            INSERT INTO peer_numbers (id, host)
            SELECT CAST(item ->> 1 AS BIGINT), item ->> 0
            FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items WHERE TRUE
            ON CONFLICT (host) DO NOTHING
            """,
            rows=json_text(sorted(numbers.items())),
        )

    async def host_numbered(self, number: int) -> str:
        row = await self._connection.fetch_one(
            "SELECT host FROM peer_numbers WHERE id = :number", number=number
        )
        return row["host"] if row else ""

    async def token_key(self, drawn: str) -> str:
        await self._connection.execute(
            "INSERT INTO peer_token_key (id, key) VALUES (1, :drawn) ON CONFLICT (id) DO NOTHING",
            drawn=drawn,
        )
        row = await self._connection.fetch_one("SELECT key FROM peer_token_key WHERE id = 1")
        return row["key"] if row else drawn

    async def note_copies(self, work: WorkId, hosts: Sequence[str], at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO copies (host, work_id, at)
            SELECT value, CAST(:work AS BIGINT), CAST(:at AS BIGINT)
            FROM json_each(:hosts) WHERE TRUE
            ON CONFLICT (host, work_id) DO NOTHING
            """,
            hosts=json_text(dict.fromkeys(hosts)),
            work=work,
            at=at,
        )


def _end_of(origin: str) -> str:
    """Return where the addresses that begin with `origin` end, in the order of bytes."""
    return origin.removesuffix("/") + _AFTER_SLASH


def _containing(search: str) -> str:
    """Return a LIKE pattern for what contains exactly these letters."""
    plain = search.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{plain}%"


def _word(row: Row) -> PeerWord:
    return PeerWord(row["domain"], Tier(row["tier"]), row["reason"], row["author"], row["at"])


def _policy(row: Row) -> PeerPolicy:
    return PeerPolicy(
        host=row["host"],
        met_at=row["met_at"],
        due_at=row["due_at"],
        checked_at=row["checked_at"],
        state=PolicyState(row["state"]),
        problem=row["problem"],
        is_enforced=bool(row["is_enforced"]),
        is_known=bool(row["is_known"]),
        fetched_at=row["fetched_at"],
        document=row["document"],
        actor_uri=row["actor_uri"],
        content_usage=row["content_usage"],
        version=row["version"],
        updated_at=row["updated_at"],
    )
