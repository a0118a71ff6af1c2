"""What those who run the instance did, as nouns: pure.

The law: an entry holds no secret: no password, no token, no private text.
"""

import difflib
from enum import StrEnum
from typing import NewType

from server.model import Millis
from server.values import dataclass

AuditId = NewType("AuditId", int)
_CONTEXT = 2  # lines around a change
_MAX_DIFFERENCE = 100_000  # characters: a policy of ten thousand rules written anew


class Act(StrEnum):
    """What can be done. The part before the dot is what it is done to."""

    REPORT_CLOSED = "report.closed"
    SERVER_TRIED = "server.tried"
    DELIVERY_RETRIED = "delivery.retried"
    LIST_IMPORTED = "list.import"
    LIST_SUBSCRIBED = "list.subscribe"
    LIST_APPLIED = "list.apply"
    LIST_DISCARDED = "list.discard"
    LIST_REMOVED = "list.remove"
    LIST_ARRANGED = "list.arrange"
    LIST_SETTLED = "list.settle"
    LIST_KEPT_OUT = "list.keep-out"
    LIST_LET_IN = "list.let-in"
    LIST_PUBLISHED = "list.publish"
    LIST_UNPUBLISHED = "list.unpublish"
    HELD_LET_IN = "held.let-in"
    HELD_DROPPED = "held.dropped"
    REPORT_REOPENED = "report.reopened"
    THING_HIDDEN = "thing.hidden"
    THING_SHOWN = "thing.shown"
    ROLE_CHANGED = "account.role"
    SUSPENDED = "account.suspended"
    SILENCED = "account.silenced"
    LET_BACK = "account.let_back"
    HEARD_AGAIN = "account.heard_again"
    END_BEGUN = "account.deleted"
    END_TAKEN_BACK = "account.kept"
    INVITES_ALLOWED = "account.invites"
    APPLICATION_ACCEPTED = "application.accepted"
    APPLICATION_DECLINED = "application.declined"
    TEXTS_CHANGED = "texts.changed"
    CLOSING_ANNOUNCED = "instance.closing"
    CLOSING_CANCELLED = "instance.stays"
    INVITE_MADE = "invite.made"
    INVITE_REVOKED = "invite.revoked"
    POLICY_CHANGED = "policy.changed"
    POLICY_REVERTED = "policy.reverted"
    SERVER_WORD = "server.word"
    FOLLOW_RESTORED = "follow.restored"
    FOLLOWS_CUT = "follows.cut"
    FOLLOWS_RESTORED = "follows.restored"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `difference` is a unified diff, "" where nothing had a text before and after."""

    id: AuditId
    at: Millis
    author: str  # handle; "" = at the command line
    act: str  # an `Act`, or one that another version knew
    subject: str  # what it was done to: a handle, a domain, a number
    reason: str = ""
    difference: str = ""


def difference_of(before: str, after: str) -> str:
    """Return a unified diff of two texts, without its head; "" where they are equal."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=_CONTEXT)
    return "\n".join(list(lines)[2:])[:_MAX_DIFFERENCE]
