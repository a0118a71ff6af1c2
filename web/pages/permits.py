"""Who may like, answer, boost and quote: the choices, on the settings page and a work's own."""

from server.model import Work
from server.permits import InteractionKind, InteractionPolicy, Permit
from server.values import dataclass
from web.fields import CHECKED, Fields, decode
from web.views import OptionView

PERMITS = (
    OptionView(Permit.EVERYONE, "Everyone"),
    OptionView(Permit.FOLLOWERS, "My followers"),
    OptionView(Permit.APPROVED, "Whoever asks me first"),
    OptionView(Permit.NOBODY, "Nobody"),
)


@dataclass(frozen=True, slots=True)
class PermitsForm:
    """Four choices; on a work's form `own_permits` says whether they count."""

    may_like: Permit = Permit.EVERYONE
    may_reply: Permit = Permit.EVERYONE
    may_boost: Permit = Permit.EVERYONE
    may_quote: Permit = Permit.EVERYONE
    own_permits: bool = False

    @property
    def policy(self) -> InteractionPolicy:
        """What was chosen."""
        return InteractionPolicy(self.may_like, self.may_reply, self.may_boost, self.may_quote)


def permit_values(policy: InteractionPolicy) -> dict[str, str]:
    """Return what the four fields hold."""
    return {f"may_{kind}": policy.permit(kind).value for kind in InteractionKind}


def own_permit_values(work: Work | None, policy: InteractionPolicy) -> dict[str, str]:
    """Return the fields of a work's form; `policy`: its artist's, for a work without its own."""
    own = work.interaction if work is not None else None
    values = permit_values(own or policy)
    return values | ({"own_permits": CHECKED} if own is not None else {})


def own_permits(sent: Fields) -> InteractionPolicy | None:
    """Return what a work's form chose for itself, None where the artist's general word holds."""
    form = decode(PermitsForm, sent)
    return form.policy if form.own_permits else None
