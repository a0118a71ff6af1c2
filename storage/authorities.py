"""The authority that certifies who signs pictures here."""

from server.model import SigningAuthority
from server.repositories.house import Authorities
from server.values import dataclass
from storage.database import Connection


def authorities_in(connection: Connection) -> Authorities:
    """Return the authority as this transaction sees it."""
    return _Authorities(connection)


@dataclass(frozen=True, slots=True)
class _Authorities:
    _connection: Connection

    async def current(self) -> SigningAuthority | None:
        row = await self._connection.fetch_one("SELECT * FROM authorities WHERE id = 1")
        if row is None:
            return None
        return SigningAuthority(row["private_pem"], row["certificate_pem"], row["made_at"])

    async def add_first(self, authority: SigningAuthority) -> None:
        await self._connection.execute(
            """
            INSERT INTO authorities (id, private_pem, certificate_pem, made_at)
            VALUES (1, :private_pem, :certificate_pem, :made_at)
            ON CONFLICT (id) DO NOTHING
            """,
            private_pem=authority.private_pem,
            certificate_pem=authority.certificate_pem,
            made_at=authority.made_at,
        )
