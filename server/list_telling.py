"""Lists of servers, and what changes of them do, told in words and as JSON."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from server.blocklists import Proposal, Shelf
from server.impact import Applied, Impact, SeveredFollow
from server.lists import EVERY_LIST, Effect, Exclude, ListEntry
from server.model import Millis
from server.tiers import Tier

_SHOWN = 20  # rows of one kind; --json has all
TIER_WORDS = {
    Tier.REFUSED: "refused",
    Tier.LIMITED: "limited",
    Tier.NEUTRAL: "let be",
    None: "not spoken of",
}


def shelf_lines(shelves: Sequence[Shelf], out: Sequence[Exclude]) -> list[str]:
    """Return lists and excludes as a terminal shows them."""
    if not shelves and not out:
        return ["There is no list yet: see 'fixatif blocklist import --help'."]
    lines = [_shelf_line(shelf) for shelf in shelves]
    lines += [
        f"{shelf.one.name} was not fetched: {shelf.one.problem}"
        for shelf in shelves
        if shelf.one.problem
    ]
    names = {shelf.one.id: shelf.one.name for shelf in shelves}
    for one in out:
        where = "every list" if one.list_id == EVERY_LIST else names.get(one.list_id, "a list")
        lines.append(f"{one.domain} is kept out of {where}.")
    return lines


def proposal_lines(
    proposal: Proposal | None, impact: Impact, effect: Effect | None = None
) -> list[str]:
    """Return what a draft, or another change of lists, does."""
    lines: list[str] = []
    moved = effect
    if proposal is not None:
        moved = proposal.effect if effect is None else effect
        change = proposal.difference
        lines.append(f"{proposal.one.name}:")
        lines += _some([f"  + {_words(one)}" for one in change.added], "added")
        lines += _some(
            [f"  ~ {_words(new)} (was {old.severity})" for old, new in change.changed], "changed"
        )
        lines += _some([f"  - {_words(one)}" for one in change.removed], "removed")
        lines += [f"  {remark}" for remark in proposal.draft.remarks]
    lines.append(_moved_words(moved or ()))
    lines += [words] if (words := lately_words(impact)) else []
    lines += _follows("Follows that it would cut", impact.severed_follows)
    lines += _follows("Follows that come back", impact.restored_follows)
    return [*lines, *impact.warnings]


def lately_words(impact: Impact) -> str:
    """Say what the traffic of the last days would have met, "" where nothing is recorded."""
    replay = impact.replay
    total = replay.activities + replay.requests
    if not total:
        return ""
    return (
        f"Of {total:,} things that came or went in the last {impact.days} days,"
        f" {replay.newly_refused:,} more would have been refused, and {replay.newly_allowed:,} no"
        " longer."
    )


def applied_words(done: Applied) -> str:
    """Return what became of follows, to be added to a sentence."""
    parts = [
        f" {count:,} {'follow' if count == 1 else 'follows'} {what}."
        for count, what in ((done.severed, "cut"), (done.restored, "restored"))
        if count
    ]
    return "".join(parts)


def shelf_document(shelves: Sequence[Shelf], out: Sequence[Exclude]) -> dict[str, Any]:
    """Return lists and excludes for machines."""
    names = {shelf.one.id: shelf.one.name for shelf in shelves}
    return {
        "lists": [_shelf(shelf) for shelf in shelves],
        "excludes": [
            {"domain": one.domain, "list": names.get(one.list_id), "since": stamp(one.at)}
            for one in out
        ],
    }


def proposal_document(proposal: Proposal, impact: Impact) -> dict[str, Any]:
    """Return what waits for a list for machines."""
    change = proposal.difference
    return {
        "list": proposal.one.name,
        "id": str(proposal.one.id),
        "added": [_entry(one) for one in change.added],
        "changed": [
            {"before": _entry(before), "after": _entry(after)} for before, after in change.changed
        ],
        "removed": [_entry(one) for one in change.removed],
        "remarks": list(proposal.draft.remarks),
        "effect": [
            {"domain": one.domain, "before": one.before, "after": one.after}
            for one in proposal.effect
        ],
        "severed_follows": [_follow(one) for one in impact.severed_follows],
        "restored_follows": [_follow(one) for one in impact.restored_follows],
        "warnings": [str(one) for one in impact.warnings],
    }


def stamp(at: Millis | None) -> str | None:
    """Return a time for machines."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="seconds")


def _shelf_line(shelf: Shelf) -> str:
    one = shelf.one
    waits = ""
    if shelf.draft is not None:
        draft = shelf.draft
        waits = f"  waiting: +{draft.added:,} ~{draft.changed:,} -{draft.removed:,}"
    count = sum(shelf.counts.values())
    state = f"{count:,} in force" if one.applied_at is not None else "not in force"
    return f"{one.position:>3}  {one.name:<30} {one.kind:<6} {state:<18}{waits}  {one.url}".rstrip()


def _shelf(shelf: Shelf) -> dict[str, Any]:
    one, draft = shelf.one, shelf.draft
    return {
        "id": str(one.id),  # beyond what JavaScript and jq read exactly
        "name": one.name,
        "kind": one.kind,
        "source": one.source,
        "format": one.format,
        "position": one.position,
        "url": one.url,
        "entries": {severity.value: count for severity, count in shelf.counts.items()},
        "in_force": one.applied_at is not None,
        "applied": stamp(one.applied_at),
        "fetched": stamp(one.fetched_at),
        "problem": one.problem,
        "applies_harmless": one.applies_harmless,
        "is_published": one.is_published,
        "draft": None
        if draft is None
        else {
            "made": stamp(draft.made_at),
            "added": draft.added,
            "changed": draft.changed,
            "removed": draft.removed,
        },
    }


def _entry(entry: ListEntry) -> dict[str, Any]:
    return {
        "domain": entry.domain,
        "severity": entry.severity,
        "public_comment": entry.public_comment,
        "private_comment": entry.private_comment,
        "labels": list(entry.labels),
    }


def _follow(one: SeveredFollow) -> dict[str, str]:
    return {"local": one.local, "remote": one.remote, "direction": one.direction}


def _words(entry: ListEntry) -> str:
    why = f"  {entry.public_comment.splitlines()[0][:80]}" if entry.public_comment else ""
    return f"{entry.severity:<8} {entry.domain}{why}"


def _some(lines: list[str], what: str) -> list[str]:
    more = len(lines) - _SHOWN
    rest = [f"  and {more:,} more {what}; --json shows all"] if more > 0 else []
    return [*lines[:_SHOWN], *rest]


def _moved_words(moved: Effect) -> str:
    if not moved:
        return "No server would stand differently here."
    counts: dict[str, int] = {}
    for one in moved:
        words = TIER_WORDS[one.after]
        counts[words] = counts.get(words, 0) + 1
    told = ", ".join(f"{count:,} {words}" for words, count in counts.items())
    return f"Servers that would stand differently: {told}."


def _follows(title: str, follows: Iterable[SeveredFollow]) -> list[str]:
    told = [
        f"  {one.remote} follows @{one.local}"
        if one.is_theirs
        else f"  @{one.local} follows {one.remote}"
        for one in follows
    ]
    return [f"{title}: {len(told):,}", *_some(told, "follows")] if told else []
