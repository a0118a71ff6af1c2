"""Lists of servers as JSON, as FediBlockHole and most servers write them. Pure.

    [{"domain": "example.org", "severity": "suspend", "public_comment": "…"}, …]

Missing severities are the kind's own; unknown members are ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.blocklist_csv import default_severity, read_comment, read_severity
from server.errors import Invalid
from server.list_domains import is_hidden, is_wildcard, read_listed
from server.lists import MAX_ROWS, BrokenList, Findings, ListEntry, ListKind, Problem, Row


def decode_json(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return what a text of JSON says. Raise `BrokenList`."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as cause:
        why = f"This is no proper JSON ({cause}): get the file again from where it came from."
        raise BrokenList((Problem(0, why),)) from cause


def read_json(
    items: Sequence[object], kind: ListKind, findings: Findings, *, leaves_out: bool
) -> list[Row]:
    """Return the entries of decoded JSON; "row" in `findings` counts them from 1."""
    if not items:
        raise BrokenList((Problem(0, "The list is empty: choose a file with a domain in it."),))
    if len(items) > MAX_ROWS:
        why = f"The list has more than {MAX_ROWS:,} rows, the most that are read: split it."
        raise BrokenList((Problem(0, why),))
    entries: list[Row] = []
    for row, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            findings.add(row, 'It is no object: write {"domain": "example.org"}.')
            continue
        named = item.get("domain")
        if leaves_out and isinstance(named, str) and is_hidden(named):
            findings.remark(row, f"{named} is hidden with stars and is left out.")
            continue
        entry = _read(row, item, kind, findings)
        if entry is not None:
            entries.append((row, entry))
    return entries


def text_of(item: Mapping[str, Any], *names: str) -> str:
    """Return the first of these members that is there. Raise `Invalid` where it is no text."""
    for name in names:
        value = item.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise Invalid(f"{name} is no text: put it in quotation marks.")
        return value
    return ""


def _read(
    row: int, item: Mapping[str, Any], kind: ListKind, findings: Findings
) -> ListEntry | None:
    named = item.get("domain")
    try:
        entry = ListEntry(
            domain=read_listed(text_of(item, "domain")),
            severity=(
                read_severity(text_of(item, "severity"), kind)
                if item.get("severity") is not None
                else default_severity(kind)
            ),
            public_comment=read_comment(text_of(item, "public_comment", "comment")),
            private_comment=read_comment(text_of(item, "private_comment")),
            reject_media=_flag(item, "reject_media"),
            reject_reports=_flag(item, "reject_reports"),
        )
    except Invalid as problem:
        is_starred = isinstance(named, str) and is_hidden(named)
        findings.add(row, problem.message, is_hidden=is_starred)
        return None
    if is_wildcard(str(named)):
        findings.remark(row, f"{named} is taken as {entry.domain} and all beneath it.")
    return entry


def _flag(item: Mapping[str, Any], name: str) -> bool:
    value = item.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise Invalid(f"{name} is neither true nor false: write one of them.")
