"""From lists of servers to what templates show."""

from collections.abc import Iterable, Sequence

from server.blocklist_fires import LABELS
from server.blocklists import Proposal, Shelf
from server.governing import MANY_FOLLOWS
from server.impact import Impact, SeveredFollow
from server.list_telling import lately_words
from server.lists import (
    EVERY_LIST,
    BlockList,
    Effect,
    Exclude,
    ListEntry,
    ListFormat,
    ListId,
    ListKind,
    ListSource,
    Severity,
)
from server.tiers import Tier
from web.list_views import (
    EntryRow,
    ExcludeRow,
    FollowLine,
    ImpactView,
    ListDraftPage,
    ListRow,
    MovedLine,
)
from web.text import plural
from web.views import OptionView

ALL = "/admin/blocklists"
KINDS = (
    OptionView(ListKind.BLOCK, "Servers to block or limit"),
    OptionView(ListKind.ALLOW, "Servers to allow"),
)
FORMATS = (
    OptionView("", "Whatever it looks like"),
    OptionView(ListFormat.MASTODON, "Mastodon's CSV, or one domain a line"),
    OptionView(ListFormat.FEDIBLOCKHOLE, "JSON, as FediBlockHole writes it"),
    OptionView(ListFormat.FIRES, "A FIRES dataset"),
)
SEVERITIES = (
    OptionView(Severity.SUSPEND, "Refuse it", "Nothing comes in, nothing goes out."),
    OptionView(Severity.SILENCE, "Limit it", "Out of public feeds; small pictures go out."),
    OptionView(Severity.NOOP, "Only name it", "Nothing is done; others are told."),
)
OWN_LABELS = tuple(OptionView(name, name, words) for name, words in LABELS.items())
_WORDS = {
    Severity.SUSPEND: "refused",
    Severity.SILENCE: "limited",
    Severity.NOOP: "only named",
    Severity.ACCEPT: "allowed",
}
_TIERS = {
    Tier.REFUSED: "refused",
    Tier.LIMITED: "limited",
    Tier.NEUTRAL: "let be by a list",
    Tier.KNOWN: "known",
    Tier.ALLY: "an ally",
    None: "on no list",
}


def list_rows(shelves: Sequence[Shelf]) -> tuple[ListRow, ...]:
    """Return every list with the orders that moving it would make."""
    order = [shelf.one.id for shelf in shelves]
    return tuple(_row(shelf, place, order) for place, shelf in enumerate(shelves))


def list_row(shelf: Shelf) -> ListRow:
    """Return one list by itself."""
    return _row(shelf, shelf.one.position - 1, [shelf.one.id])


def exclude_rows(out: Iterable[Exclude], lists: Sequence[Shelf]) -> tuple[ExcludeRow, ...]:
    """Return what is kept out, and of which list."""
    names = {shelf.one.id: shelf.one.name for shelf in lists}
    return tuple(
        ExcludeRow(
            one.domain,
            "every list" if one.list_id == EVERY_LIST else names.get(one.list_id, ""),
            one.list_id,
            one.at,
        )
        for one in out
    )


def list_options(lists: Iterable[Shelf]) -> tuple[OptionView, ...]:
    """Return what a domain can be kept out of."""
    named = (OptionView(str(shelf.one.id), shelf.one.name) for shelf in lists)
    return (OptionView("0", "Every list"), *named)


def entry_row(entry: ListEntry, before: ListEntry | None = None) -> EntryRow:
    """Return what a list says of one domain."""
    words = _WORDS[entry.severity]
    is_same = before is None or before.severity is entry.severity
    return EntryRow(
        domain=entry.domain,
        words=words,
        reason=entry.public_comment,
        private=entry.private_comment,
        labels=entry.labels,
        was="" if is_same or before is None else _WORDS[before.severity],
        is_public=entry.is_public,
    )


def draft_page(
    found: Proposal, impact: ImpactView, *, chosen: tuple[str, ...] = ()
) -> ListDraftPage:
    """Return what a draft's page shows; forms are added by its handler."""
    change, where = found.difference, list_url(found.one)
    most = ListDraftPage("", "", 0).most
    return ListDraftPage(
        name=found.one.name,
        back_url=where,
        made_at=found.draft.made_at,
        added=tuple(entry_row(one) for one in change.added[:most]),
        changed=tuple(entry_row(new, old) for old, new in change.changed[:most]),
        removed=tuple(entry_row(one) for one in change.removed[:most]),
        added_count=len(change.added),
        changed_count=len(change.changed),
        removed_count=len(change.removed),
        remarks=found.draft.remarks,
        impact=impact,
        chosen=chosen,
        apply_action=f"{ALL}/{found.one.id}/apply",
        discard_action=f"{ALL}/{found.one.id}/discard",
    )


def impact_view(effect: Effect, impact: Impact, domain: str) -> ImpactView:
    """Return what a change does; `domain` is ours, to be typed where many follows are cut."""
    most = ImpactView().most
    counts: dict[str, int] = {}
    for one in effect:
        counts[_TIERS[one.after]] = counts.get(_TIERS[one.after], 0) + 1
    severed, restored = impact.severed_follows, impact.restored_follows
    return ImpactView(
        moved=tuple(
            MovedLine(one.domain, _TIERS[one.before], _TIERS[one.after]) for one in effect[:most]
        ),
        moved_words=tuple(f"{plural(count, 'server')}: {words}" for words, count in counts.items()),
        severed=tuple(_follow(one) for one in severed[:most]),
        severed_count=len(severed),
        restored=tuple(_follow(one) for one in restored[:most]),
        restored_count=len(restored),
        warnings=impact.warnings,
        lately=lately_words(impact),
        peers=tuple(
            f"{one.peer or 'all others'}: {one.toll.changed:,} of {one.toll.total:,}"
            for one in impact.replay.by_peer
            if one.toll.changed
        )[:most],
        domain=domain if len(severed) > MANY_FOLLOWS else "",
    )


def list_url(one: BlockList) -> str:
    """Return a list's own page."""
    return f"{ALL}/own" if one.source is ListSource.OWN else f"{ALL}/{one.id}"


def draft_words(shelf: Shelf) -> str:
    """Say what waits, "" where nothing does."""
    draft = shelf.draft
    if draft is None:
        return ""
    parts = ((draft.added, "added"), (draft.changed, "changed"), (draft.removed, "removed"))
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return told or "nothing in it"


def _row(shelf: Shelf, place: int, order: Sequence[ListId]) -> ListRow:
    one = shelf.one
    return ListRow(
        id=one.id,
        name=one.name,
        url=list_url(one),
        kind_words=_kind(one),
        counts=tuple(f"{count:,} {_WORDS[severity]}" for severity, count in shelf.counts.items()),
        place=place + 1,
        draft_url=f"{ALL}/{one.id}/draft" if shelf.draft else "",
        draft_words=draft_words(shelf),
        source=one.url,
        fetched_at=one.fetched_at,
        problem=one.problem,
        is_in_force=one.applied_at is not None,
        up=_moved(order, place, -1),
        down=_moved(order, place, 1),
    )


def _kind(one: BlockList) -> str:
    if one.source is ListSource.OWN:
        return "what we say ourselves"
    words = "servers to allow" if one.kind is ListKind.ALLOW else "servers to block or limit"
    return f"{words}, {'fetched daily' if one.source is ListSource.ADDRESS else 'from a file'}"


def _moved(order: Sequence[ListId], place: int, step: int) -> str:
    """Return the order in which a list has changed places with its neighbour."""
    other = place + step
    if not (0 <= other < len(order) and place < len(order)):
        return ""
    changed = list(order)
    changed[place], changed[other] = changed[other], changed[place]
    return " ".join(str(list_id) for list_id in changed)


def _follow(one: SeveredFollow) -> FollowLine:
    local = f"@{one.local}"
    remote = one.remote if one.remote.startswith("@") else f"@{one.remote}"
    return FollowLine(remote, local) if one.is_theirs else FollowLine(local, remote)
