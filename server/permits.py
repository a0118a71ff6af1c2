"""Who may like, answer, boost and quote a work or comment. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Permit(StrEnum):
    """Who may do one thing to a work without being asked. The artist always may."""

    EVERYONE = "everyone"
    FOLLOWERS = "followers"  # accepted ones
    APPROVED = "approved"  # whoever the artist approves, each time
    NOBODY = "nobody"


class InteractionKind(StrEnum):
    """What can be done to a work or comment (GoToSocial's interactionPolicy, FEP-044f)."""

    LIKE = "like"
    REPLY = "reply"
    BOOST = "boost"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class InteractionPolicy:
    """Who may like, answer, boost and quote."""

    like: Permit = Permit.EVERYONE
    reply: Permit = Permit.EVERYONE
    boost: Permit = Permit.EVERYONE
    quote: Permit = Permit.EVERYONE

    def permit(self, kind: InteractionKind) -> Permit:
        """Return who may do `kind`."""
        return Permit(getattr(self, kind.value))
