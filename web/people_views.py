"""One frozen value per page template about how people come and are dealt with.

Law: as in `views`.
"""

from dataclasses import dataclass

from server.model import Millis
from web.views import ActorView, FormView, OptionView, PagerView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class InviteRow:
    """One invitation in a list. `state` is "open", "used up", "expired" or "revoked"."""

    role: str
    note: str
    state: str
    uses_left: int
    expires_at: Millis
    maker: str = ""  # handle; "" = at the command line, or oneself
    guests: tuple[ActorView, ...] = ()
    revoke_action: str = ""


@dataclass(frozen=True, slots=True)
class InvitesPage:
    """invites.html: invitations, and a form for a new one.

    Sends `role`, `uses`, `days` and `note`; of an artist's own only `days` and `note`.
    """

    rows: tuple[InviteRow, ...] = ()
    pager: PagerView | None = None
    form: FormView = _EMPTY_FORM
    roles: tuple[OptionView, ...] = ()  # () = an artist's own: one person each
    left: int | None = None  # how many more one may make; None: nobody counts
    link: str = ""  # of the one just made: shown once
    is_closed: bool = False  # by the settings: nobody can join
    is_all: bool = False  # everybody's, for those in charge
    most_days: int = 365
    action: str = "/settings/invites"


@dataclass(frozen=True, slots=True)
class InvitePage:
    """invite.html: somebody was invited. Sends `handle`, `name`, `password`."""

    role: str
    action: str
    form: FormView = _EMPTY_FORM
