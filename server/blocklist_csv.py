"""Lists of servers as CSV: Mastodon's columns, and what other servers and tools make of them. Pure.

Read tolerantly where only the shape differs (BOM, line ends, quotes, order of columns, semicolons,
no row of names, one domain a line); strictly where the meaning would be a guess.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from server.errors import Invalid
from server.list_domains import is_hidden, is_wildcard, read_listed
from server.lists import (
    MAX_COMMENT,
    MAX_ROWS,
    BrokenList,
    Findings,
    ListEntry,
    ListKind,
    Problem,
    Row,
    Severity,
)

# The order in which Mastodon writes them; a file without names has the first few of these.
COLUMNS = (
    "domain",
    "severity",
    "reject_media",
    "reject_reports",
    "public_comment",
    "obfuscate",
)
_OTHER_NAMES = {
    "instance": "domain",
    "host": "domain",
    "comment": "public_comment",
    "reason": "public_comment",
}
_KNOWN = (*COLUMNS, "private_comment", *_OTHER_NAMES)
SEVERITIES = {
    "suspend": Severity.SUSPEND,
    "block": Severity.SUSPEND,
    "reject": Severity.SUSPEND,
    "silence": Severity.SILENCE,
    "limit": Severity.SILENCE,
    "noop": Severity.NOOP,
    "none": Severity.NOOP,
    "accept": Severity.ACCEPT,
    "allow": Severity.ACCEPT,
}
_TRUE = frozenset({"true", "t", "yes", "1"})
_FALSE = frozenset({"false", "f", "no", "0", ""})
_SEPARATORS = ",;\t"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

Cells = tuple[int, dict[str, str]]  # the row's number, and its cells by column


def read_csv(text: str, kind: ListKind, findings: Findings, *, leaves_out: bool) -> list[Row]:
    """Return the entries of a text without BOM; what is wrong goes to `findings`.

    `leaves_out`: rows whose domain is hidden with stars. Raise `BrokenList` where the text is no
    table.
    """
    entries: list[Row] = []
    for row, cells in _table(text):
        if leaves_out and is_hidden(cells["domain"]):
            findings.remark(row, f"{cells['domain']} is hidden with stars and is left out.")
            continue
        entry = _read(row, cells, kind, findings)
        if entry is not None:
            entries.append((row, entry))
    return entries


def write_csv(entries: Sequence[ListEntry]) -> str:
    """Return entries as Mastodon writes and reads them; private comments stay here."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"#{name}" for name in COLUMNS])
    for entry in entries:
        writer.writerow(
            (
                entry.domain,
                entry.severity,
                str(entry.reject_media).lower(),
                str(entry.reject_reports).lower(),
                _harmless(entry.public_comment),
                "false",
            )
        )
    return out.getvalue()


def read_severity(word: str, kind: ListKind) -> Severity:
    """Return what a word asks for. Raise `Invalid` where that does not fit the kind of list."""
    severity = SEVERITIES.get(word.strip().lower())
    if severity is None:
        shown = word.strip()[:40] or "nothing"
        raise Invalid(f"The severity is {shown}: write suspend, silence or noop.")
    if kind is ListKind.ALLOW and severity is not Severity.ACCEPT:
        raise Invalid(
            f"The row says {severity}, and this is a list of servers to allow:"
            " write accept, or take it in as a list to block."
        )
    return severity


def default_severity(kind: ListKind) -> Severity:
    """Return what a list without severities asks for."""
    return Severity.SUSPEND if kind is ListKind.BLOCK else Severity.ACCEPT


def read_comment(text: str) -> str:
    """Return a comment without control characters. Raise `Invalid` where it is too long."""
    if len(text) > MAX_COMMENT:
        raise Invalid(
            f"A comment has {len(text):,} characters: shorten it to {MAX_COMMENT:,}"
            " (or a quotation mark before it was never closed)."
        )
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n")).strip()


def _table(text: str) -> Iterator[Cells]:
    """Go through the rows with their cells by column, without blank ones and comments."""
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        raise BrokenList((Problem(0, "The list is empty: choose a file with a domain in it."),))
    names = _names(*first)
    if names is None:
        names = _names_of_bare(*first)
        yield _cells(*first, names)
    for number, row in rows:
        yield _cells(number, row, names)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    count = 0
    while True:
        begins_at = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            why = f"This is no proper CSV ({cause}): look for a quotation mark that is not closed."
            raise BrokenList((Problem(begins_at, why),)) from cause
        if not any(cell.strip() for cell in row) or _is_remark(row):
            continue
        count += 1
        if count > MAX_ROWS + 1:
            why = f"The list has more than {MAX_ROWS:,} rows, the most that are read: split it."
            raise BrokenList((Problem(0, why),))
        yield begins_at, row


def _separator(text: str) -> str:
    """Return what parts the cells: of the first line, as spreadsheets differ by country."""
    line = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=lambda mark: (line.count(mark), mark == ","))


def _is_remark(row: Sequence[str]) -> bool:
    """Spot lines for people: a # that begins no name of a column."""
    first = row[0].strip()
    return first.startswith("#") and first[1:].strip().lower() not in _KNOWN


def _names(number: int, row: Sequence[str]) -> tuple[str, ...] | None:
    """Return what a row of names calls its columns, None where it is none."""
    spelled = [cell.strip().lstrip("#").strip().lower().replace(" ", "_") for cell in row]
    names = tuple(_OTHER_NAMES.get(name, name) for name in spelled)
    if "domain" not in names:
        if row[0].strip().startswith("#"):
            why = "No column is called domain: name the columns as Mastodon does, #domain first."
            raise BrokenList((Problem(number, why),))
        return None
    twice = next((name for name in names if name in COLUMNS and names.count(name) > 1), None)
    if twice:
        why = f"Two columns are called {twice}: remove one of them."
        raise BrokenList((Problem(number, why),))
    return names


def _names_of_bare(number: int, row: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a list without a row of names: domains alone, or Mastodon's order."""
    is_known = len(row) == 1 or row[1].strip().lower() in SEVERITIES
    if not is_known or len(row) > len(COLUMNS):
        why = (
            "The first row names no columns, and the second cell is no severity: begin the list"
            " with #domain,#severity,#public_comment."
        )
        raise BrokenList((Problem(number, why),))
    return COLUMNS[:1] if len(row) == 1 else COLUMNS


def _cells(number: int, row: Sequence[str], names: Sequence[str]) -> Cells:
    if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
        why = (
            f"It has {len(row)} cells where {len(names)} belong:"
            " put a comment with commas in it in quotation marks."
        )
        raise BrokenList((Problem(number, why),))
    return number, dict(zip(names, (*row, *("",) * (len(names) - len(row))), strict=False))


def _read(row: int, cells: dict[str, str], kind: ListKind, findings: Findings) -> ListEntry | None:
    named = cells["domain"]
    try:
        entry = ListEntry(
            domain=read_listed(named),
            severity=_severity(cells, kind),
            public_comment=read_comment(cells.get("public_comment", "")),
            private_comment=read_comment(cells.get("private_comment", "")),
            reject_media=_flag(cells, "reject_media"),
            reject_reports=_flag(cells, "reject_reports"),
        )
    except Invalid as problem:
        findings.add(row, problem.message, is_hidden=is_hidden(named))
        return None
    if is_wildcard(named):
        findings.remark(row, f"{named.strip()} is taken as {entry.domain} and all beneath it.")
    return entry


def _severity(cells: dict[str, str], kind: ListKind) -> Severity:
    if "severity" not in cells:
        return default_severity(kind)
    return read_severity(cells["severity"], kind)


def _flag(cells: dict[str, str], name: str) -> bool:
    word = cells.get(name, "").strip().lower()
    if word in _TRUE:
        return True
    if word not in _FALSE:
        raise Invalid(f"{name} is {word[:40]}: write true or false.")
    return False


def _harmless(comment: str) -> str:
    """Keep spreadsheets from running a comment as a formula."""
    return f" {comment}" if comment.startswith(_FORMULAS) else comment
