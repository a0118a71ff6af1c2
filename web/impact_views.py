"""From a dry run to what its page shows: sentences and tables, in plain words. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from server.impact import CrawlerImpact, Impact, RuleImpact, Sample, SeveredFollow, Toll
from server.model import Millis
from server.phrasing import CLASSES
from server.rules import Door
from web.policy_views import ImpactView, TableView
from web.text import plural

_ROWS = 40  # of a table; nobody reads on
_DOORS = {
    Door.WEB: "pages",
    Door.MEDIA: "pictures",
    Door.INBOUND: "arriving",
    Door.OUTBOUND: "leaving",
}
_ACTIONS = {
    "allow": "let in",
    "full": "in full",
    "throttle": "slowly",
    "prove": "after a proof",
    "work": "after a small sum",
    "preview": "small pictures",
    "label": "with a label",
    "hide": "not in public feeds",
    "strip-media": "without pictures",
    "link-only": "a link only",
    "hold": "waits for a moderator",
    "refuse": "refused",
}


def impact_view(impact: Impact, refusal: str = "") -> ImpactView:
    """Return what the page of a dry run shows. `refusal`: why it cannot be applied."""
    replay = impact.replay
    rules = [row for row in replay.by_rule if row.before != row.after or row.is_logged]
    peers = [row for row in replay.by_peer if row.toll.changed or row.tier_before != row.tier_after]
    artists = [row for row in replay.by_artist if row.toll.changed]
    visitors = [*replay.crawlers, *(row for row in replay.people if row.changed)]
    tables = (
        _table(
            "By rule",
            ("Rule", "Where", "What happens", "Today", "Then"),
            [_rule(row) for row in rules],
        ),
        _table(
            "By server",
            ("Server", "Activities", "Otherwise", "Refused today", "Refused then"),
            [(row.peer or "all others", *_toll(row.toll)) for row in peers],
        ),
        _table(
            "By artist",
            ("Artist", "Activities", "Otherwise", "Refused today", "Refused then"),
            [(f"@{row.handle}", *_toll(row.toll)) for row in artists],
        ),
        _table(
            "Crawlers and other visitors",
            ("Visitor", "Requests", "Traffic", "Refused today", "Refused then"),
            [_visitor(row) for row in visitors],
        ),
    )
    return ImpactView(
        days=impact.days,
        summary=_summary(impact),
        refusal=refusal,
        warnings=tuple(each for each in impact.warnings if each != refusal),
        caveats=impact.caveats,
        severed=_follows("Follows that would be cut", impact.severed_follows),
        severed_count=len(impact.severed_follows),
        restored=_follows("Follows that would come back", impact.restored_follows),
        tables=tuple(each for each in tables if each),
        samples=_table(
            "Examples",
            ("When", "Who", "What", "Today", "Then"),
            [_sample(row) for row in replay.samples],
        ),
    )


def traffic(count: int) -> str:
    """Return a number of bytes for people: 3.4 MB."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1_000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1_000
    return f"{size:,.1f} TB"


def _summary(impact: Impact) -> str:
    replay = impact.replay
    seen = (
        f"{plural(replay.activities, 'activity', 'activities')} and "
        f"{plural(replay.requests, 'request')} in the last {plural(impact.days, 'day')}"
    )
    if not replay.activities and not replay.requests:
        return f"Nothing is recorded of the last {plural(impact.days, 'day')} yet."
    if not replay.changed:
        return f"Of {seen}, all would have been treated as they were."
    refused = f"{replay.newly_refused:,} would have been refused that were not"
    allowed = f"{replay.newly_allowed:,} let in that were refused"
    return f"Of {seen}, {replay.changed:,} would have been treated otherwise: {refused}, {allowed}."


def _table(
    caption: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> TableView | None:
    if not rows:
        return None
    return TableView(caption, headings, tuple(rows[:_ROWS]), max(0, len(rows) - _ROWS))


def _follows(caption: str, found: Iterable[SeveredFollow]) -> TableView | None:
    rows = [
        (
            f"@{each.local}",
            "is followed by" if each.is_theirs else "follows",
            each.remote,
            _source(each.rule),
        )
        for each in found
    ]
    table = _table(caption, ("Here", "", "Elsewhere", "Because of"), rows)
    # named one by one, however many: whoever applies this must be able to read every name
    return table and TableView(table.caption, table.headings, tuple(rows))


def _rule(row: RuleImpact) -> tuple[str, ...]:
    name = _source(row.rule) or "no rule"
    what = f"would be logged: {_did(row.action)}" if row.is_logged else _did(row.action)
    return (name, _DOORS[row.door], what, f"{row.before:,}", f"{row.after:,}")


def _toll(toll: Toll) -> tuple[str, ...]:
    numbers = (toll.total, toll.changed, toll.refused_before, toll.refused_after)
    return tuple(f"{number:,}" for number in numbers)


def _visitor(row: CrawlerImpact) -> tuple[str, ...]:
    kind = CLASSES[row.visitor]
    name = f"{row.crawler} ({kind})" if row.crawler else kind
    numbers = (f"{row.refused_before:,}", f"{row.refused_after:,}")
    return (name, f"{row.requests:,}", traffic(row.bytes), *numbers)


def _sample(row: Sample) -> tuple[str, ...]:
    return (
        _minute(row.at),
        row.who or row.peer,
        row.what,
        _did(row.before),
        f"{_did(row.after)}{f' ({_source(row.rule_after)})' if row.rule_after else ''}",
    )


def _did(action: str) -> str:
    return _ACTIONS.get(action, action)


def _source(rule: str) -> str:
    return {
        "tier.refused": "a refused server",
        "tier.limited": "a limited server",
        "ai_works.remote": "works made by AI",
        "renditions.proof": "the proof asked of visitors",
    }.get(rule, rule)


def _minute(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%d %b, %H:%M")
