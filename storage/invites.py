"""Invitations, and who came by them."""

from collections.abc import Sequence

from server.arrivals import Invite, InviteId
from server.model import ActorId, Artist, Millis, Role
from server.repositories.people import Invites
from server.values import dataclass
from storage.artists import artist_from
from storage.database import MAX_ID, Connection, Row, ids_text


def invites_in(connection: Connection) -> Invites:
    """Return the invitations as this transaction sees them."""
    return _Invites(connection)


@dataclass(frozen=True, slots=True)
class _Invites:
    _connection: Connection

    async def add(self, invite: Invite) -> None:
        await self._connection.execute(
            """
            INSERT INTO invites (
                id, token_hash, maker_id, role, note, uses_left, created_at, expires_at, revoked_at
            ) VALUES (
                :id, :token_hash, :maker, :role, :note, :uses_left, :created_at, :expires_at,
                :revoked_at
            )
            """,
            id=invite.id,
            token_hash=invite.token_hash,
            maker=invite.maker_id,
            role=invite.role,
            note=invite.note,
            uses_left=invite.uses_left,
            created_at=invite.created_at,
            expires_at=invite.expires_at,
            revoked_at=invite.revoked_at,
        )

    async def by_id(self, invite_id: InviteId) -> Invite | None:
        row = await self._connection.fetch_one("SELECT * FROM invites WHERE id = :id", id=invite_id)
        return None if row is None else _invite(row)

    async def by_token(self, token_hash: str) -> Invite | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM invites WHERE token_hash = :token_hash", token_hash=token_hash
        )
        return None if row is None else _invite(row)

    async def page(
        self, maker: ActorId | None = None, *, before: InviteId | None = None, limit: int = 50
    ) -> list[Invite]:
        before_id = MAX_ID if before is None else before
        rows = (
            await self._connection.fetch_all(
                "SELECT * FROM invites WHERE id < :before ORDER BY id DESC LIMIT :limit",
                before=before_id,
                limit=limit,
            )
            if maker is None
            else await self._connection.fetch_all(
                """
                SELECT * FROM invites WHERE maker_id = :maker AND id < :before
                ORDER BY id DESC LIMIT :limit
                """,
                maker=maker,
                before=before_id,
                limit=limit,
            )
        )
        return [_invite(row) for row in rows]

    async def use(self, invite_id: InviteId, guest: ActorId, now: Millis) -> bool:
        count = await self._connection.execute(
            """
            UPDATE invites SET uses_left = uses_left - 1
            WHERE id = :id AND uses_left > 0 AND revoked_at IS NULL AND expires_at > :now
            """,
            id=invite_id,
            now=now,
        )
        if count == 0:
            return False
        await self._connection.execute(
            """
            INSERT INTO invite_guests (artist_id, invite_id, came_at)
            VALUES (:guest, :id, :now)
            """,
            guest=guest,
            id=invite_id,
            now=now,
        )
        return True

    async def revoke(self, invite_id: InviteId, at: Millis) -> bool:
        count = await self._connection.execute(
            """
            UPDATE invites SET revoked_at = :at
            WHERE id = :id AND revoked_at IS NULL AND expires_at > :at AND uses_left > 0
            """,
            id=invite_id,
            at=at,
        )
        return count == 1

    async def guests(self, invites: Sequence[InviteId]) -> dict[InviteId, list[Artist]]:
        rows = await self._connection.fetch_all(
            """
            SELECT artists.*, invite_guests.invite_id AS invited_by
            FROM invite_guests JOIN artists ON artists.id = invite_guests.artist_id
            WHERE invite_guests.invite_id IN (
                SELECT CAST(value AS BIGINT) FROM json_each(:invites)
            ) ORDER BY invite_guests.came_at, artists.id
            """,
            invites=ids_text(invites),
        )
        found: dict[InviteId, list[Artist]] = {}
        for row in rows:
            found.setdefault(row["invited_by"], []).append(artist_from(row))
        return found

    async def of_guest(self, guest: ActorId) -> Invite | None:
        row = await self._connection.fetch_one(
            """
            SELECT invites.* FROM invite_guests JOIN invites ON invites.id = invite_id
            WHERE artist_id = :guest
            """,
            guest=guest,
        )
        return None if row is None else _invite(row)

    async def left_to(self, maker: ActorId) -> int:
        row = await self._connection.fetch_one(
            "SELECT invites_left FROM artists WHERE id = :maker", maker=maker
        )
        return 0 if row is None else int(row["invites_left"])

    async def allow(self, maker: ActorId, count: int) -> None:
        await self._connection.execute(
            "UPDATE artists SET invites_left = :count WHERE id = :maker", maker=maker, count=count
        )

    async def spend(self, maker: ActorId) -> bool:
        count = await self._connection.execute(
            """
            UPDATE artists SET invites_left = invites_left - 1
            WHERE id = :maker AND invites_left > 0
            """,
            maker=maker,
        )
        return count == 1

    async def sweep(self, before: Millis) -> None:
        await self._connection.execute(
            """
            DELETE FROM invites
            WHERE (expires_at < :before OR revoked_at < :before) AND NOT EXISTS (
                SELECT 1 FROM invite_guests WHERE invite_id = invites.id
            ) AND NOT EXISTS (
                SELECT 1 FROM applications WHERE applications.invite_id = invites.id
            )
            """,
            before=before,
        )


def _invite(row: Row) -> Invite:
    return Invite(
        id=row["id"],
        token_hash=row["token_hash"],
        maker_id=row["maker_id"],
        role=Role(row["role"]),
        note=row["note"],
        uses_left=row["uses_left"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
