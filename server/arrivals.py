"""Nouns of how people come: invitations and applications, frozen. No I/O.

Of every link only the hash of its token is kept: whoever reads the database can use none.
"""

from enum import StrEnum
from typing import NewType

from server.model import ActorId, Millis, Role
from server.values import dataclass

InviteId = NewType("InviteId", int)
ApplicationId = NewType("ApplicationId", int)


class InviteState(StrEnum):
    """Whether an invitation lets anybody in, and why not."""

    OPEN = "open"
    USED_UP = "used up"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Invite:
    """A link with which people open accounts of `role`."""

    id: InviteId
    token_hash: str
    maker_id: ActorId | None  # None: at the command line
    role: Role
    note: str  # of its maker, for its maker
    uses_left: int
    created_at: Millis
    expires_at: Millis
    revoked_at: Millis | None = None

    def state_at(self, now: Millis) -> InviteState:
        """Return whether it lets anybody in."""
        if self.revoked_at is not None:
            return InviteState.REVOKED
        if self.uses_left < 1:
            return InviteState.USED_UP
        return InviteState.EXPIRED if self.expires_at <= now else InviteState.OPEN


class ApplicationState(StrEnum):
    """WAITING → ACCEPTED | DECLINED."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody asks to come in. `token_hash` is of the link to the page where its state stands."""

    id: ApplicationId
    token_hash: str
    name: str
    words: str
    links: tuple[str, ...]
    email: str  # "" if none
    state: ApplicationState
    created_at: Millis
    reply: str = ""  # to the applicant
    invite_id: InviteId | None = None  # of an accepted one
    decided_at: Millis | None = None
    decided_by: str = ""  # handle


@dataclass(frozen=True, slots=True)
class Sample:
    """A small copy of a picture that came with an application: JPEG bytes, sizes in pixels."""

    width: int
    height: int
    jpeg: bytes
