"""FIRES: datasets of recommendations about servers, read and written. Pure.

A *snapshot* is a collection of what holds now; *changes* are a collection of everything that was
ever said, in order: Recommendation, Advisory, Retraction, Tombstone. Both come in pages. Of the
protocol (fedimod/fires, context https://fires.fedimod.org/context/fires.jsonld) our sources
give the kinds and members of changes; the collections are read in every shape that
ActivityStreams knows, and written in the plainest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from server.blocklist_csv import read_comment
from server.blocklist_json import text_of
from server.errors import Invalid
from server.list_domains import is_hidden, is_wildcard, read_listed
from server.lists import (
    MAX_LABEL,
    MAX_LABELS,
    MAX_ROWS,
    BrokenList,
    EventKind,
    FeedEvent,
    Findings,
    ListEntry,
    ListKind,
    Problem,
    Row,
    Severity,
)

CONTEXT: Final = (
    "https://www.w3.org/ns/activitystreams",
    "https://fires.fedimod.org/context/fires.jsonld",
)
LABELS: Final = {  # our own; FIRES itself names no label about AI
    "ai-scraper": "Collects works, or lets others collect them, to train or feed AI systems.",
    "ai-dataset-export": "Hands posts and works of other servers out as a data set.",
    "undeclared-ai-media": "Shows machine-made pictures without saying so.",
}
MAX_PAGES: Final = 200
_POLICIES: Final = {
    "accept": Severity.ACCEPT,
    "filter": Severity.SILENCE,
    "reject": Severity.SUSPEND,
    "drop": Severity.SUSPEND,
}
_POLICY_OF: Final = {
    Severity.ACCEPT: "accept",
    Severity.SILENCE: "filter",
    Severity.SUSPEND: "reject",
}
_SAYS_NOTHING = frozenset({"Retraction", "Tombstone"})
_SAYS = frozenset({"Recommendation", "Advisory"})
_REJECT_MEDIA = "reject-media"
_REJECT_REPORTS = "reject-reports"


def collection_of(document: Mapping[str, Any]) -> list[object] | None:
    """Return the changes in a collection or in one page of it, None where it is neither."""
    for name in ("orderedItems", "items", "changes", "entries"):
        found = document.get(name)
        if isinstance(found, list):
            return list(found)
    first = document.get("first")
    if isinstance(first, Mapping) and "first" not in first:  # one page in its collection
        return collection_of(first)
    return None


def next_of(document: Mapping[str, Any], *, seen: Sequence[str] = ()) -> str:
    """Return the address where a dataset or collection goes on, "" at its end.

    A dataset goes on at its snapshot; where it has none, at its changes.
    """
    endpoints = document.get("endpoints")
    known = endpoints if isinstance(endpoints, Mapping) else document
    names = ("snapshot", "changes") if collection_of(document) is None else ()
    first = document.get("first")
    inner = first.get("next") if isinstance(first, Mapping) else None
    page = first if isinstance(first, str) else None
    for one in (*(known.get(name) for name in names), document.get("next"), inner, page):
        address = one.get("id") if isinstance(one, Mapping) else one
        if isinstance(address, str) and address and address not in seen:
            return address
    return ""


def read_fires(
    items: Sequence[object], kind: ListKind, findings: Findings, *, leaves_out: bool
) -> list[Row]:
    """Return what holds after all these changes, in order; later ones take earlier ones' place.

    A recommendation for a domain takes an advisory's place and the other way round.
    """
    if len(items) > MAX_ROWS:
        why = f"The list has more than {MAX_ROWS:,} changes, the most that are read: ask its"
        raise BrokenList((Problem(0, f"{why} makers for the snapshot."),))
    held: dict[str, Row] = {}
    for row, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            findings.add(row, "It is no object, as changes are.")
            continue
        named = item.get("entityKey")
        is_starred = isinstance(named, str) and is_hidden(named)
        if is_starred and leaves_out:
            findings.remark(row, f"{named} is hidden with stars and is left out.")
            continue
        try:
            _apply(row, item, kind, held, findings)
        except Invalid as problem:
            findings.add(row, problem.message, is_hidden=is_starred)
    return list(held.values())


def write_change(event: FeedEvent, base_url: str) -> dict[str, Any]:
    """Return one line of our history. A retraction says what it takes back, and no more."""
    entry = event.entry
    document: dict[str, Any] = {
        "id": f"{base_url}/datasets/own/changes/{event.id}",
        "type": event.kind.value,
        "entityKind": "domain",
        "entityKey": entry.domain,
        "published": stamp(event.at),
    }
    if event.kind is EventKind.RETRACTION:
        return document
    document["labels"] = [label_address(label, base_url) for label in entry.labels]
    document["comment"] = entry.public_comment
    if event.kind is EventKind.RECOMMENDATION:
        document["recommendedPolicy"] = _POLICY_OF[entry.severity]
        document["recommendedFilters"] = [_REJECT_MEDIA] if entry.reject_media else []
    return document


def kind_of(entry: ListEntry) -> EventKind:
    """Return what we say of an entry: one that asks for nothing only informs."""
    return EventKind.ADVISORY if entry.severity is Severity.NOOP else EventKind.RECOMMENDATION


def label_address(label: str, base_url: str) -> str:
    """Return where one of our labels is explained; others' labels are addresses or plain words."""
    return f"{base_url}/labels/{label}" if label in LABELS else label


def stamp(at: int) -> str:
    """Return a time as JSON-LD writes it."""
    moment = datetime.fromtimestamp(at / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _apply(
    row: int,
    item: Mapping[str, Any],
    kind: ListKind,
    held: dict[str, Row],
    findings: Findings,
) -> None:
    what = text_of(item, "type")
    if what not in _SAYS | _SAYS_NOTHING:
        raise Invalid(f"{what[:40] or 'Nothing'} is no kind of change that is known.")
    if text_of(item, "entityKind") not in {"domain", ""}:
        findings.remark(row, "It is about an account; lists here name servers. It is left out.")
        return
    named = text_of(item, "entityKey")
    domain = read_listed(named)
    if what in _SAYS_NOTHING:
        held.pop(domain, None)
        return
    entry = _entry(domain, item, kind, is_advisory=what == "Advisory")
    if is_wildcard(named):
        findings.remark(row, f"{named} is taken as {domain} and all beneath it.")
    held[domain] = row, entry


def _entry(domain: str, item: Mapping[str, Any], kind: ListKind, *, is_advisory: bool) -> ListEntry:
    filters = _texts(item.get("recommendedFilters"))
    entry = ListEntry(
        domain=domain,
        severity=Severity.NOOP,
        public_comment=read_comment(_comment(item)),
        labels=tuple(_labels(item.get("labels"))),
        reject_media=_REJECT_MEDIA in filters,
        reject_reports=_REJECT_REPORTS in filters,
    )
    if is_advisory:
        return entry
    policy = text_of(item, "recommendedPolicy").lower()
    severity = _POLICIES.get(policy)
    if severity is None:
        shown = policy[:40] or "nothing"
        raise Invalid(f"It recommends {shown}; known are accept, filter, reject and drop.")
    if kind is ListKind.ALLOW and severity is not Severity.ACCEPT:
        raise Invalid(f"It recommends {policy}, and this is a list of servers to allow.")
    return replace(entry, severity=severity)


def _comment(item: Mapping[str, Any]) -> str:
    """Return the comment; by language, the first that is there."""
    for name in ("commentMap", "contentMap", "summaryMap"):
        found = item.get(name)
        if isinstance(found, Mapping):
            texts = [text for text in (found.get("en"), *found.values()) if isinstance(text, str)]
            if texts:
                return texts[0]
    return text_of(item, "comment", "content", "summary")


def _labels(value: object) -> list[str]:
    """Return labels: ours by their plain name, others' as they stand."""
    found = list(dict.fromkeys(_texts(value)))
    if len(found) > MAX_LABELS or any(len(label) > MAX_LABEL for label in found):
        raise Invalid(
            f"It has too many labels, or too long ones: {MAX_LABELS} of {MAX_LABEL}"
            " characters are read."
        )
    return [plain_label(label) for label in found]


def plain_label(label: str) -> str:
    """Return the name of a label that means the same as ours, wherever it is explained."""
    name = label.rstrip("/").rpartition("/")[2].rpartition("#")[2].lower()
    return name if name in LABELS else label


def _texts(value: object) -> list[str]:
    """Return texts, or what objects are called, of one or several."""
    several = value if isinstance(value, list) else [value]
    named = [
        one.get("id") or one.get("name") if isinstance(one, Mapping) else one for one in several
    ]
    return [one for one in named if isinstance(one, str)]
