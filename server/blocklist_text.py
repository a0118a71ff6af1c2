"""Lists of servers as bytes, in every format: the front door. Pure; run in a child process.

The law: a list is taken whole or not at all, and says at which row and what to do. It never
lists this instance, nor a domain above it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

import msgspec

from server.blocklist_csv import read_csv
from server.blocklist_fires import collection_of, read_fires
from server.blocklist_json import decode_json, read_json
from server.errors import Invalid
from server.list_domains import covers, host_of
from server.lists import (
    MAX_BYTES,
    BrokenList,
    Findings,
    ListEntry,
    ListFormat,
    ListKind,
    Problem,
    Reading,
    Row,
    Severity,
)

LIST_TASK = "list"  # of the child processes
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|\?xml|!--)", re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True):
    """How a list is to be read. `us`: hosts and domains of this instance."""

    kind: ListKind
    us: tuple[str, ...]
    format: ListFormat | None = None  # None = whatever it looks like
    excludes: tuple[str, ...] = ()  # kept out of this list anyway: never a problem
    leaves_out_hidden: bool = False


class _Task(msgspec.Struct, frozen=True):
    asked: Asked
    parts: tuple[bytes, ...]


class _Answer(msgspec.Struct, frozen=True):
    entries: tuple[ListEntry, ...] = ()
    format: ListFormat = ListFormat.MASTODON
    remarks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    count: int = 0


def read_list(parts: Iterable[bytes], asked: Asked) -> Reading:
    """Return what a list says; a dataset may come in several parts, one for each page.

    Raise `BrokenList`.
    """
    texts = [_text(part) for part in parts]
    findings, found = Findings(), _format(texts[0], asked.format)
    rows = _rows(texts, found, asked, findings)
    _refuse_us(rows, asked, findings)
    entries = _once(rows, findings)
    _tell_what_is_not_known(entries, findings)
    return Reading(tuple(entries), found, findings.end())


def encode_task(parts: Iterable[bytes], asked: Asked) -> bytes:
    """Return what a child process is told."""
    return msgspec.msgpack.encode(_Task(asked, tuple(parts)))


def answer(task: bytes) -> bytes:
    """Do the task in a child process: problems are an answer, not a failure."""
    told = msgspec.msgpack.decode(task, type=_Task)
    try:
        reading = read_list(told.parts, told.asked)
    except BrokenList as broken:
        return msgspec.msgpack.encode(_Answer(problems=broken.problems, count=broken.count))
    return msgspec.msgpack.encode(_Answer(reading.entries, reading.format, reading.remarks))


def decode_answer(data: bytes) -> Reading:
    """Return what the child process found. Raise `BrokenList`."""
    found = msgspec.msgpack.decode(data, type=_Answer)
    if found.problems:
        raise BrokenList(found.problems, found.count)
    return Reading(found.entries, found.format, found.remarks)


def refuse_too_large(size: int) -> None:
    """Raise `BrokenList` where a list has more bytes than are read."""
    if size > MAX_BYTES:
        raise _broken(
            f"The list has more than {MAX_BYTES // 1_000_000} MB, the most that are read."
        )


def refuse_us(domain: str, us: Iterable[str]) -> None:
    """Raise `Invalid` where an entry for `domain` would hold for this instance itself."""
    if any(covers(domain, host_of(one)) for one in us):
        raise Invalid(
            f"{domain} is this instance, or the domain above it, and is never listed:"
            f" remove the row, or keep {domain} out of the list.",
            "domain",
        )


def _text(data: bytes) -> str:
    refuse_too_large(len(data))
    mark, encoding = next((one for one in _BOMS if data.startswith(one[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as cause:
        raise _broken("This is no text, or not in UTF-8: save it again as CSV in UTF-8.") from cause
    if "\0" in text:
        raise _broken("This is no text: choose the CSV or JSON file of a list.")
    if _PAGE.match(text):
        raise _broken(
            "This is a web page and no list: open it, and take the link to its CSV or JSON file."
        )
    if not text.strip():
        raise _broken("The list is empty: choose a file with a domain in it.")
    return text


def _rows(texts: Sequence[str], found: ListFormat, asked: Asked, findings: Findings) -> list[Row]:
    leaves_out = asked.leaves_out_hidden
    match found:
        case ListFormat.FIRES:
            pages = [decode_json(text) for text in texts]
            return read_fires(_changes(pages), asked.kind, findings, leaves_out=leaves_out)
        case ListFormat.FEDIBLOCKHOLE:
            document = decode_json(texts[0])
            if not isinstance(document, list):
                raise _broken(
                    "This is no list in JSON, which begins with [: choose another format."
                )
            return read_json(document, asked.kind, findings, leaves_out=leaves_out)
        case ListFormat.MASTODON:
            return read_csv(texts[0], asked.kind, findings, leaves_out=leaves_out)
        case _:
            assert_never(found)


def _changes(pages: Sequence[object]) -> list[object]:
    """Return the changes of all pages, in order."""
    found: list[object] = []
    for page in pages:
        changes = collection_of(page) if isinstance(page, Mapping) else None
        if changes is None:
            raise _broken(
                "This is no FIRES collection with orderedItems in it: take the dataset's"
                " snapshot, or choose another format."
            )
        found += changes
    return found


def _format(text: str, asked: ListFormat | None) -> ListFormat:
    if asked is not None:
        return asked
    begin = text.lstrip()[:1]
    return {"{": ListFormat.FIRES, "[": ListFormat.FEDIBLOCKHOLE}.get(begin, ListFormat.MASTODON)


def _once(rows: Iterable[Row], findings: Findings) -> list[ListEntry]:
    """Return one entry a domain; rows that contradict each other are a problem."""
    first: dict[str, Row] = {}
    for row, entry in rows:
        before_row, before = first.setdefault(entry.domain, (row, entry))
        if before is entry:
            continue
        if before.severity is not entry.severity:
            findings.add(
                row,
                f"{entry.domain} is {entry.severity} here and {before.severity} in row"
                f" {before_row:,}: remove one of the rows.",
            )
        else:
            findings.remark(row, f"{entry.domain} stood in row {before_row:,} already.")
    return [entry for _, entry in first.values()]


def _refuse_us(rows: Iterable[Row], asked: Asked, findings: Findings) -> None:
    hosts = [host_of(one) for one in asked.us]
    for row, entry in rows:
        is_ours = any(covers(entry.domain, host) for host in hosts)
        if is_ours and not _is_in(entry.domain, asked.excludes):
            try:
                refuse_us(entry.domain, asked.us)
            except Invalid as problem:
                findings.add(row, problem.message)


def _tell_what_is_not_known(entries: Iterable[ListEntry], findings: Findings) -> None:
    """Say what an entry asks for that is not done here, rather than dropping it silently."""
    count = sum(
        (one.reject_media or one.reject_reports)
        and one.severity in {Severity.NOOP, Severity.ACCEPT}
        for one in entries
    )
    if count:
        findings.remarks.append(
            f"{count:,} {'entry asks' if count == 1 else 'entries ask'} only for media or reports"
            " to be refused, which a list alone does not do here: write a rule for it."
        )


def _is_in(domain: str, excludes: Iterable[str]) -> bool:
    return any(covers(exclude, domain) for exclude in excludes)


def _broken(message: str) -> BrokenList:
    return BrokenList((Problem(0, message),))
