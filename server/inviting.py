"""Invitations: links that open accounts, made by those in charge and by artists who may.

The law: a link gives no role that its maker may not give now, and ends with its maker's account.
"""

from collections.abc import Sequence
from dataclasses import field, replace

from server.accounts import Accounts, NewAccount
from server.acts import Act
from server.arrivals import Application, ApplicationState, Invite, InviteId, InviteState
from server.audit import note
from server.clock import Clock
from server.errors import Invalid, NotAllowed, NotFound
from server.model import Artist, Millis, Role
from server.ports import Library, Transaction
from server.roles import is_at_least
from server.sessions import Sessions, SignedIn
from server.tokens import hash_token, new_token
from server.values import dataclass

MAX_NOTE = 200
MAX_USES = 500
MAX_DAYS = 365
ARTISTS_DAYS = 30  # the longest that an artist's own invitation stays open
_DAY = 86_400_000
_CLOSED = "Nobody can join here now: the settings say instance.registration = 'closed'."
_ENDED = {
    InviteState.USED_UP: "This invitation was used already: ask whoever sent it for another one.",
    InviteState.EXPIRED: "This invitation has expired: ask whoever sent it for another one.",
    InviteState.REVOKED: "This invitation was taken back: ask whoever sent it for another one.",
}


@dataclass(frozen=True, slots=True)
class WantedInvite:
    """What a new invitation is to be like."""

    role: Role = Role.ARTIST
    uses: int = 1
    days: int = 14
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An invitation with who made it and who came by it."""

    invite: Invite
    maker: Artist | None
    guests: Sequence[Artist]
    state: InviteState


@dataclass(frozen=True, slots=True)
class Made:
    """A new invitation. `token` goes into its link and nowhere else."""

    invite: Invite
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Inviting:
    """Make, list, revoke and accept invitations."""

    library: Library
    clock: Clock
    accounts: Accounts
    sessions: Sessions
    is_open: bool  # whether anybody can join at all, as the settings say

    async def make(self, maker: Artist | None, wanted: WantedInvite) -> Made:
        """Make an invitation. `maker` is None at the command line. Raise `Invalid`, `NotAllowed`.

        An artist's own lets one person in, and is one of those that they may make.
        """
        if not self.is_open:
            raise NotAllowed(_CLOSED)
        _refuse_nonsense(wanted)
        is_counted = maker is not None and not is_at_least(maker.role, Role.ADMIN)
        if maker is not None:
            _refuse_too_much(maker, wanted)
        token = new_token()
        async with self.library.transaction() as tx:
            if maker is not None and is_counted and not await tx.invites.spend(maker.id):
                raise NotAllowed("You have no invitation left: ask those who run this place.")
            invite = await self.add(tx, maker, wanted, hash_token(token))
            what = f"{wanted.role}, for {wanted.uses}, open {wanted.days} days"
            await note(tx, self.clock, maker, Act.INVITE_MADE, what, reason=invite.note)
        return Made(invite, token)

    async def add(
        self, tx: Transaction, maker: Artist | None, wanted: WantedInvite, token_hash: str
    ) -> Invite:
        """Keep an invitation in a transaction at hand."""
        now = self.clock.now()
        invite = Invite(
            id=InviteId(self.clock.new_id()),
            token_hash=token_hash,
            maker_id=maker.id if maker else None,
            role=wanted.role,
            note=wanted.note.strip(),
            uses_left=wanted.uses,
            created_at=now,
            expires_at=Millis(now + wanted.days * _DAY),
        )
        await tx.invites.add(invite)
        return invite

    async def left_to(self, artist: Artist) -> int | None:
        """Return how many invitations somebody may still make; None where nobody counts."""
        if is_at_least(artist.role, Role.ADMIN):
            return None
        async with self.library.reading() as tx:
            return await tx.invites.left_to(artist.id)

    async def mine(self, maker: Artist, before: InviteId | None = None) -> list[Listed]:
        """List somebody's own invitations, newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await self._listed(tx, await tx.invites.page(maker.id, before=before))

    async def all(self, before: InviteId | None = None) -> list[Listed]:
        """List everybody's invitations, newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await self._listed(tx, await tx.invites.page(before=before))

    async def revoke(self, who: Artist | None, invite_id: InviteId) -> None:
        """End an invitation: one's own, or any of them for those in charge. Raise `NotFound`."""
        is_in_charge = who is None or is_at_least(who.role, Role.ADMIN)
        async with self.library.transaction() as tx:
            invite = await tx.invites.by_id(invite_id)
            if invite is None or not (is_in_charge or (who and invite.maker_id == who.id)):
                raise NotFound("There is no such invitation: 'fixatif invite list' shows all.")
            if not await tx.invites.revoke(invite_id, self.clock.now()):
                raise NotAllowed("This invitation has ended already.")
            what = f"{invite.role} {invite.id}"
            await note(tx, self.clock, who, Act.INVITE_REVOKED, what, reason=invite.note)

    async def check(self, token: str) -> Invite:
        """Return the open invitation that a link stands for. Raise `NotFound` with what to do."""
        async with self.library.reading() as tx:
            return await self._open(tx, token)

    async def join(self, token: str, wanted: NewAccount) -> SignedIn:
        """Open an account by an invitation, which is used only when that worked.

        Raise `Invalid` with the field that is wrong, `NotFound` where the invitation has ended.
        """
        invite = await self.check(token)
        made = await self.accounts.prepared(replace(wanted, role=invite.role))
        async with self.library.transaction() as tx:
            await self.accounts.add(tx, made)
            current = await self._open(tx, token)
            if not await tx.invites.use(current.id, made.artist.id, self.clock.now()):
                raise NotFound(_ENDED[InviteState.USED_UP])
        return await self.sessions.start(made.artist)

    async def _open(self, tx: Transaction, token: str) -> Invite:
        if not self.is_open or await tx.closing.current() is not None:
            raise NotFound("This place takes nobody new now.")
        hashed = hash_token(token)
        invite = await tx.invites.by_token(hashed)
        if invite is None:
            invite = await _accepted(tx, await tx.applications.by_token(hashed))
        if invite is None:
            raise NotFound("This link leads nowhere: check that you have all of it.")
        state = await self.state(tx, invite)
        if state is not InviteState.OPEN:
            raise NotFound(_ENDED[state])
        return invite

    async def state(self, tx: Transaction, invite: Invite) -> InviteState:
        """Return how an invitation stands: it ends with its maker's account, or their rank."""
        state = invite.state_at(self.clock.now())
        if state is not InviteState.OPEN or invite.maker_id is None:
            return state
        maker = await tx.artists.by_id(invite.maker_id)
        actor = await tx.actors.by_id(invite.maker_id)
        is_here = maker is not None and maker.suspended_at is None
        is_here = is_here and actor is not None and actor.gone_at is None
        may = maker is not None and invite.role in _grants(maker.role)
        return state if is_here and may else InviteState.REVOKED

    async def _listed(self, tx: Transaction, invites: Sequence[Invite]) -> list[Listed]:
        guests = await tx.invites.guests([one.id for one in invites])
        found: list[Listed] = []
        for one in invites:
            maker = await tx.artists.by_id(one.maker_id) if one.maker_id else None
            found.append(Listed(one, maker, guests.get(one.id, []), await self.state(tx, one)))
        return found


def _grants(role: Role) -> frozenset[Role]:
    """Return the roles that somebody may give by invitation."""
    if role is Role.OWNER:
        return frozenset({Role.ADMIN, Role.MODERATOR, Role.ARTIST, Role.READER})
    if role is Role.ADMIN:
        return frozenset({Role.MODERATOR, Role.ARTIST, Role.READER})
    return frozenset({Role.ARTIST, Role.READER})


def _refuse_nonsense(wanted: WantedInvite) -> None:
    if wanted.role is Role.OWNER:
        raise Invalid("Nobody becomes an owner by a link: invite them, then give the role.", "role")
    if not 1 <= wanted.uses <= MAX_USES:
        raise Invalid(f"An invitation is for 1 to {MAX_USES} people.", "uses")
    if not 1 <= wanted.days <= MAX_DAYS:
        raise Invalid(f"An invitation stays open for 1 to {MAX_DAYS} days.", "days")
    if len(wanted.note) > MAX_NOTE:
        raise Invalid(f"The note may have at most {MAX_NOTE} characters.", "note")


def _refuse_too_much(maker: Artist, wanted: WantedInvite) -> None:
    if wanted.role not in _grants(maker.role):
        raise NotAllowed("Only owners invite admins, and only those in charge invite moderators.")
    if is_at_least(maker.role, Role.ADMIN):
        return
    if wanted.uses != 1:
        raise Invalid("Your invitations let one person in each.", "uses")
    if wanted.days > ARTISTS_DAYS:
        raise Invalid(f"Your invitations stay open for at most {ARTISTS_DAYS} days.", "days")


async def _accepted(tx: Transaction, application: Application | None) -> Invite | None:
    """Return the invitation of an accepted application, whose private link opens it too."""
    if application is None or application.state is not ApplicationState.ACCEPTED:
        return None
    return await tx.invites.by_id(application.invite_id) if application.invite_id else None
