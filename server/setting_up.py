"""The first owner comes in by a one-time link, never by being the first visitor."""

from dataclasses import replace

from server.accounts import Accounts, NewAccount, one_at_a_time
from server.addresses import Addresses
from server.clock import Clock
from server.errors import NotFound
from server.model import Millis, Role, Ticket, TicketPurpose
from server.ports import Library
from server.sessions import Sessions, SignedIn
from server.tokens import hash_token, new_token
from server.values import dataclass

SETUP_LENGTH = Millis(60 * 60_000)


@dataclass(frozen=True, slots=True)
class SettingUp:
    """Offer the link, and open the owner's account by it."""

    library: Library
    clock: Clock
    addresses: Addresses
    accounts: Accounts
    sessions: Sessions

    async def offer(self) -> str | None:
        """Return a fresh one-time token for the first owner, None where there is an owner."""
        if await self.accounts.has_owner():
            return None
        token, now = new_token(), self.clock.now()
        ticket = Ticket(hash_token(token), TicketPurpose.SETUP, now, Millis(now + SETUP_LENGTH))
        async with self.library.transaction() as tx:
            await tx.artists.add_ticket(ticket)
        return token

    async def check(self, token: str) -> None:
        """Raise `NotFound` with what to do where a set-up link is used, expired or made up."""
        async with self.library.reading() as tx:
            ticket = await tx.artists.ticket(
                hash_token(token), TicketPurpose.SETUP, self.clock.now()
            )
        if await self.accounts.has_owner():
            raise NotFound("This place has its owner, so no set-up link opens anything: sign in.")
        if ticket is None:
            raise NotFound(
                "This set-up link was used or has expired: run 'fixatif up' again for a new one."
            )

    async def set_up(self, token: str, wanted: NewAccount) -> SignedIn:
        """Open the owner's account by a set-up link, which is used up only when that worked."""
        await self.check(token)
        made = await self.accounts.prepared(replace(wanted, role=Role.OWNER))
        async with self.library.transaction() as tx:
            if not await tx.artists.use_ticket(
                hash_token(token), TicketPurpose.SETUP, self.clock.now()
            ):
                raise NotFound("This set-up link was just used: sign in instead.")
            await one_at_a_time(tx, self.addresses)
            if await tx.artists.count(Role.OWNER):
                raise NotFound("Another set-up link was just used: sign in instead.")
            await self.accounts.add(tx, made)
        return await self.sessions.start(made.artist)
