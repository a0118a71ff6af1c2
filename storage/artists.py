"""Local accounts, their keys, sessions and one-time links."""

from collections.abc import Sequence

import msgspec

from server.errors import Conflict
from server.model import (
    Actor,
    ActorId,
    Artist,
    KeyAlgorithm,
    Millis,
    Role,
    Session,
    SigningKey,
    Sizes,
    Ticket,
    TicketPurpose,
)
from server.permits import InteractionPolicy
from server.repositories.accounts import Artists
from server.values import dataclass
from server.watermarks import Watermark
from storage.actors import actors_in
from storage.database import BEYOND, Connection, Row, fold, json_text, listed
from storage.permits import permits_in, permits_text, usage_in

_TICKETS_KEPT = 24 * 3600 * 1000  # milliseconds: a used link is still recognised for a day


def artists_in(connection: Connection) -> Artists:
    """Return the accounts as this transaction sees them."""
    return _Artists(connection)


@dataclass(frozen=True, slots=True)
class _Artists:
    _connection: Connection

    async def add(self, artist: Artist, actor: Actor, password_hash: str, key: SigningKey) -> None:
        actors = actors_in(self._connection)
        named = await actors.by_address(actor.handle, actor.domain)  # a series' actor, it may be
        is_gone = named is not None and named.gone_at is not None
        is_used = named is not None and named.is_local and (is_gone or named.uri != actor.uri)
        if is_used or await self.by_handle(artist.handle) is not None:
            raise _taken(artist.handle)
        await actors.put(actor)
        count = await self._connection.execute(
            """
            INSERT INTO artists (
                id, handle, handle_folded, name, role, created_at, bio, email, suspended_at,
                approves_follows, content_usage, password_hash, interaction, hides_follows,
                is_discoverable, is_indexable, attribution_domains, moved_at, ends_at,
                is_barred, silenced_at, visitor_px, peer_px, watermark, watermark_logo,
                avatar, banner
            ) VALUES (
                :id, :handle, :handle_folded, :name, :role, :created_at, :bio, :email,
                :suspended_at, :approves_follows, :content_usage, :password_hash, :interaction,
                :hides_follows, :is_discoverable, :is_indexable, :attribution_domains, :moved_at,
                :ends_at, :is_barred, :silenced_at, :visitor_px, :peer_px, :watermark,
                :watermark_logo, :avatar, :banner
            ) ON CONFLICT (handle_folded) DO NOTHING
            """,
            id=artist.id,
            created_at=artist.created_at,
            password_hash=password_hash,
            **_changeable(artist),
        )
        if count == 0:  # somebody else was quicker
            raise _taken(artist.handle)
        await actors.restrain(
            artist.id, silenced_at=artist.silenced_at, suspended_at=artist.suspended_at
        )
        await self.add_key(key)

    async def by_id(self, artist_id: ActorId) -> Artist | None:
        row = await self._connection.fetch_one("SELECT * FROM artists WHERE id = :id", id=artist_id)
        return None if row is None else artist_from(row)

    async def hold(self, artist_id: ActorId) -> Artist | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM artists WHERE id = :id /*pg FOR UPDATE */", id=artist_id
        )
        return None if row is None else artist_from(row)

    async def by_handle(self, handle: str) -> Artist | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM artists WHERE handle_folded = :handle", handle=fold(handle)
        )
        return None if row is None else artist_from(row)

    async def page(self, *, after_handle: str = "", limit: int = 100) -> list[Artist]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM artists WHERE handle_folded > :after
            ORDER BY handle_folded LIMIT :limit
            """,
            after=fold(after_handle),
            limit=limit,
        )
        return [artist_from(row) for row in rows]

    async def search(self, start: str, *, after_handle: str = "", limit: int = 50) -> list[Artist]:
        folded = fold(start)
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM artists
            WHERE handle_folded >= :start AND handle_folded < :beyond AND handle_folded > :after
            ORDER BY handle_folded LIMIT :limit
            """,
            start=folded,
            beyond=folded + BEYOND,
            after=fold(after_handle),
            limit=limit,
        )
        return [artist_from(row) for row in rows]

    async def staff(self) -> list[Artist]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM artists
            WHERE role IN ('owner', 'admin', 'moderator') AND suspended_at IS NULL
            ORDER BY handle_folded
            """
        )
        return [artist_from(row) for row in rows]

    async def count(self, role: Role | None = None) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM artists WHERE :role IN ('', role)", role=role or ""
        )
        return 0 if row is None else int(row["number"])

    async def update(self, artist: Artist) -> None:
        await self._connection.execute(
            """
            UPDATE artists SET
                handle = :handle, handle_folded = :handle_folded, name = :name, role = :role,
                created_at = :created_at, bio = :bio, email = :email,
                suspended_at = :suspended_at, approves_follows = :approves_follows,
                content_usage = :content_usage, interaction = :interaction,
                hides_follows = :hides_follows, is_discoverable = :is_discoverable,
                is_indexable = :is_indexable, attribution_domains = :attribution_domains,
                moved_at = :moved_at, ends_at = :ends_at, is_barred = :is_barred,
                silenced_at = :silenced_at, visitor_px = :visitor_px, peer_px = :peer_px,
                watermark = :watermark, watermark_logo = :watermark_logo, avatar = :avatar,
                banner = :banner
            WHERE id = :id
            """,
            id=artist.id,
            created_at=artist.created_at,
            **_changeable(artist),
        )
        await actors_in(self._connection).restrain(
            artist.id, silenced_at=artist.silenced_at, suspended_at=artist.suspended_at
        )

    async def sizes(self) -> dict[ActorId, Sizes]:
        rows = await self._connection.fetch_all(
            """
            SELECT id, visitor_px, peer_px FROM artists
            WHERE visitor_px IS NOT NULL OR peer_px IS NOT NULL
            """
        )
        return {ActorId(row["id"]): Sizes(row["visitor_px"], row["peer_px"]) for row in rows}

    async def password_hash(self, artist_id: ActorId) -> str | None:
        row = await self._connection.fetch_one(
            "SELECT password_hash FROM artists WHERE id = :id", id=artist_id
        )
        return None if row is None else str(row["password_hash"])

    async def set_password_hash(self, artist_id: ActorId, password_hash: str) -> None:
        await self._connection.execute(
            "UPDATE artists SET password_hash = :password_hash WHERE id = :id",
            id=artist_id,
            password_hash=password_hash,
        )

    async def key_of(
        self, actor_id: ActorId, algorithm: KeyAlgorithm = KeyAlgorithm.RSA
    ) -> SigningKey | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM signing_keys WHERE actor_id = :actor_id AND algorithm = :algorithm
            ORDER BY created_at DESC LIMIT 1
            """,
            actor_id=actor_id,
            algorithm=algorithm,
        )
        return None if row is None else _key(row)

    async def add_key(self, key: SigningKey) -> None:
        await self._connection.execute(
            """
            INSERT INTO signing_keys (
                key_id, actor_id, private_pem, public_pem, created_at, algorithm
            ) VALUES (:key_id, :actor_id, :private_pem, :public_pem, :created_at, :algorithm)
            """,
            key_id=key.key_id,
            actor_id=key.actor_id,
            private_pem=key.private_pem,
            public_pem=key.public_pem,
            created_at=key.created_at,
            algorithm=key.algorithm,
        )

    async def drop_keys(self, actor_id: ActorId, *, but: Sequence[str]) -> None:
        await self._connection.execute(
            """
            DELETE FROM signing_keys WHERE actor_id = :actor_id
            AND key_id NOT IN (SELECT value FROM json_each(:kept))
            """,
            actor_id=actor_id,
            kept=json_text(but),
        )

    async def lacking_key(self, algorithm: KeyAlgorithm, *, limit: int = 100) -> list[ActorId]:
        rows = await self._connection.fetch_all(
            """
            SELECT DISTINCT actor_id FROM signing_keys AS any_key WHERE NOT EXISTS (
                SELECT 1 FROM signing_keys WHERE actor_id = any_key.actor_id
                AND algorithm = :algorithm
            ) ORDER BY actor_id LIMIT :limit
            """,
            algorithm=algorithm,
            limit=limit,
        )
        return [ActorId(row["actor_id"]) for row in rows]

    async def add_session(self, session: Session) -> None:
        await self._connection.execute(
            """
            INSERT INTO sessions (token_hash, artist_id, csrf, created_at, expires_at)
            VALUES (:token_hash, :artist_id, :csrf, :created_at, :expires_at)
            """,
            token_hash=session.token_hash,
            artist_id=session.artist_id,
            csrf=session.csrf,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )

    async def session(self, token_hash: str, now: Millis) -> tuple[Session, Artist] | None:
        row = await self._connection.fetch_one(
            """
            SELECT artists.*, token_hash, csrf, expires_at, sessions.created_at AS signed_in_at
            FROM sessions JOIN artists ON artists.id = sessions.artist_id
            WHERE token_hash = :token_hash AND expires_at > :now
            """,
            token_hash=token_hash,
            now=now,
        )
        return None if row is None else (_session(row), artist_from(row))

    async def end_session(self, token_hash: str) -> None:
        await self._connection.execute(
            "DELETE FROM sessions WHERE token_hash = :token_hash", token_hash=token_hash
        )

    async def end_sessions_of(self, artist_id: ActorId) -> None:
        await self._connection.execute(
            "DELETE FROM sessions WHERE artist_id = :artist_id", artist_id=artist_id
        )

    async def add_ticket(self, ticket: Ticket) -> None:
        await self._connection.execute(
            """
            INSERT INTO tickets (token_hash, purpose, created_at, expires_at, used_at)
            VALUES (:token_hash, :purpose, :created_at, :expires_at, :used_at)
            """,
            token_hash=ticket.token_hash,
            purpose=ticket.purpose,
            created_at=ticket.created_at,
            expires_at=ticket.expires_at,
            used_at=ticket.used_at,
        )

    async def ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> Ticket | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM tickets
            WHERE token_hash = :token_hash AND purpose = :purpose
                AND used_at IS NULL AND expires_at > :now
            """,
            token_hash=token_hash,
            purpose=purpose,
            now=now,
        )
        return None if row is None else _ticket(row)

    async def use_ticket(self, token_hash: str, purpose: TicketPurpose, now: Millis) -> bool:
        count = await self._connection.execute(
            """
            UPDATE tickets SET used_at = :now
            WHERE token_hash = :token_hash AND purpose = :purpose
                AND used_at IS NULL AND expires_at > :now
            """,
            token_hash=token_hash,
            purpose=purpose,
            now=now,
        )
        return count == 1

    async def sweep(self, now: Millis) -> None:
        await self._connection.execute("DELETE FROM sessions WHERE expires_at <= :now", now=now)
        await self._connection.execute(
            "DELETE FROM tickets WHERE expires_at <= :ended", ended=now - _TICKETS_KEPT
        )


def _taken(handle: str) -> Conflict:
    return Conflict(f"The handle {handle} is taken: choose another one.", field="handle")


def _changeable(artist: Artist) -> dict[str, str | int | None]:
    return {
        "handle": artist.handle,
        "handle_folded": fold(artist.handle),
        "name": artist.name,
        "role": artist.role,
        "bio": artist.bio,
        "email": artist.email,
        "suspended_at": artist.suspended_at,
        "approves_follows": artist.approves_follows,
        "content_usage": msgspec.json.encode(artist.content_usage).decode(),
        "interaction": permits_text(artist.interaction),
        "hides_follows": artist.hides_follows,
        "is_discoverable": artist.is_discoverable,
        "is_indexable": artist.is_indexable,
        "attribution_domains": json_text(artist.attribution_domains),
        "moved_at": artist.moved_at,
        "ends_at": artist.ends_at,
        "is_barred": artist.is_barred,
        "silenced_at": artist.silenced_at,
        "visitor_px": artist.sizes.visitor,
        "peer_px": artist.sizes.peer,
        "watermark": msgspec.json.encode(artist.watermark).decode() if artist.watermark else "",
        "watermark_logo": artist.watermark.logo if artist.watermark else "",
        "avatar": artist.avatar,
        "banner": artist.banner,
    }


def artist_from(row: Row) -> Artist:
    """Return the account in a row that has all columns of `artists`."""
    return Artist(
        id=row["id"],
        handle=row["handle"],
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        bio=row["bio"],
        email=row["email"],
        suspended_at=row["suspended_at"],
        approves_follows=bool(row["approves_follows"]),
        content_usage=usage_in(row["content_usage"]),
        interaction=permits_in(row["interaction"]) or InteractionPolicy(),
        hides_follows=bool(row["hides_follows"]),
        is_discoverable=bool(row["is_discoverable"]),
        is_indexable=bool(row["is_indexable"]),
        attribution_domains=listed(row["attribution_domains"], str),
        moved_at=row["moved_at"],
        ends_at=row["ends_at"],
        is_barred=bool(row["is_barred"]),
        silenced_at=row["silenced_at"],
        sizes=Sizes(row["visitor_px"], row["peer_px"]),
        watermark=(
            msgspec.json.decode(row["watermark"], type=Watermark) if row["watermark"] else None
        ),
        avatar=row["avatar"],
        banner=row["banner"],
    )


def _key(row: Row) -> SigningKey:
    return SigningKey(
        actor_id=row["actor_id"],
        key_id=row["key_id"],
        private_pem=row["private_pem"],
        public_pem=row["public_pem"],
        created_at=row["created_at"],
        algorithm=KeyAlgorithm(row["algorithm"]),
    )


def _session(row: Row) -> Session:
    return Session(
        token_hash=row["token_hash"],
        artist_id=row["id"],
        csrf=row["csrf"],
        created_at=row["signed_in_at"],
        expires_at=row["expires_at"],
    )


def _ticket(row: Row) -> Ticket:
    return Ticket(
        token_hash=row["token_hash"],
        purpose=TicketPurpose(row["purpose"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )
