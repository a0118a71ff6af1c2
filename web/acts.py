"""How the acts of those who run the instance are told to people. Pure."""

from collections.abc import Iterable

from server.acts import Act, AuditEntry
from web.admin_views import AuditLineView, AuditRow

WORDS = {
    Act.REPORT_CLOSED: "closed the report",
    Act.SERVER_TRIED: "had this server tried again",
    Act.DELIVERY_RETRIED: "had this delivery tried again",
    Act.LIST_IMPORTED: "took in a list of servers:",
    Act.LIST_SUBSCRIBED: "subscribed to a list of servers:",
    Act.LIST_APPLIED: "put a list of servers in force:",
    Act.LIST_DISCARDED: "discarded what waited for a list of servers:",
    Act.LIST_REMOVED: "ended a list of servers:",
    Act.LIST_ARRANGED: "changed the order of",
    Act.LIST_SETTLED: "changed how a list of servers is taken in:",
    Act.LIST_KEPT_OUT: "kept a server out of lists:",
    Act.LIST_LET_IN: "let lists speak of a server again:",
    Act.LIST_PUBLISHED: "published a list of servers:",
    Act.LIST_UNPUBLISHED: "stopped publishing a list of servers:",
    Act.HELD_LET_IN: "let in what a rule held:",
    Act.HELD_DROPPED: "dropped what a rule held:",
    Act.REPORT_REOPENED: "opened again the report",
    Act.THING_HIDDEN: "hid",
    Act.THING_SHOWN: "showed again",
    Act.ROLE_CHANGED: "changed the role of",
    Act.SUSPENDED: "suspended",
    Act.SILENCED: "silenced",
    Act.LET_BACK: "ended the suspension of",
    Act.HEARD_AGAIN: "ended the silence of",
    Act.END_BEGUN: "had deleted, in two weeks,",
    Act.END_TAKEN_BACK: "took back the deletion of",
    Act.INVITES_ALLOWED: "changed how many invitations may be made by",
    Act.APPLICATION_ACCEPTED: "accepted the application",
    Act.APPLICATION_DECLINED: "declined the application",
    Act.TEXTS_CHANGED: "changed the rules and legal pages:",
    Act.CLOSING_ANNOUNCED: "announced the end of this place",
    Act.CLOSING_CANCELLED: "took back the end of",
    Act.INVITE_MADE: "made an invitation:",
    Act.INVITE_REVOKED: "took back an invitation:",
    Act.POLICY_CHANGED: "changed the house rules to",
    Act.POLICY_REVERTED: "brought earlier house rules back as",
    Act.SERVER_WORD: "said how far this server is trusted:",
    Act.FOLLOW_RESTORED: "restored the follow",
    Act.FOLLOWS_CUT: "cut follows by a change:",
    Act.FOLLOWS_RESTORED: "restored follows by a change:",
}
_KINDS = {"+": "added", "-": "removed", "@": "place"}


def audit_rows(entries: Iterable[AuditEntry]) -> tuple[AuditRow, ...]:
    """Return what a page of the log shows."""
    return tuple(
        AuditRow(
            at=entry.at,
            author=entry.author,
            words=words_of(entry.act),
            subject=entry.subject,
            reason=entry.reason,
            difference=difference_lines(entry.difference),
        )
        for entry in entries
    )


def words_of(act: str) -> str:
    """Return what somebody did, in words; an act of another version by its own name."""
    return WORDS[Act(act)] if act in set(Act) else act


def difference_lines(difference: str) -> tuple[AuditLineView, ...]:
    """Return the lines of a unified diff, each with what became of it."""
    return tuple(
        AuditLineView(line[1:] if line[:1] in {"+", "-", " "} else line, _KINDS.get(line[:1], ""))
        for line in difference.splitlines()
    )
