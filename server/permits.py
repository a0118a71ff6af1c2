"""Who may like, answer, boost and quote a work or comment. Pure.

Decisions are functions of facts that one query gathered (`server.permitting`).
"""

from enum import StrEnum

from server.values import dataclass


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


class Answer(StrEnum):
    """What somebody hears who wants to do something to a work."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Asker:
    """How somebody stands to what they want to react to."""

    is_author: bool = False
    is_named: bool = False  # mentioned in it
    is_follower: bool = False  # accepted
    is_blocked: bool = False  # in either direction


def answer(policy: InteractionPolicy, kind: InteractionKind, asker: Asker) -> Answer:
    """Decide. Authors may do everything to their own, and who is named may always answer."""
    if asker.is_author:
        return Answer.ALLOW
    if asker.is_blocked:
        return Answer.REFUSE
    if asker.is_named and kind is InteractionKind.REPLY:
        return Answer.ALLOW
    answers = {
        Permit.EVERYONE: Answer.ALLOW,
        Permit.FOLLOWERS: Answer.ALLOW if asker.is_follower else Answer.REFUSE,
        Permit.APPROVED: Answer.ASK,
        Permit.NOBODY: Answer.REFUSE,
    }
    return answers[policy.permit(kind)]


def within(policy: InteractionPolicy, *, is_open: bool) -> InteractionPolicy:
    """Return what holds of something that is, or is not, for everybody to see.

    What is for some people alone is boosted and quoted by nobody else: both would show it on.
    """
    if is_open:
        return policy
    return InteractionPolicy(policy.like, policy.reply, Permit.NOBODY, Permit.NOBODY)


def strictest(*answers: Answer) -> Answer:
    """Return the least that several say."""
    order = list(Answer)
    return max(answers, key=order.index, default=Answer.ALLOW)
