"""A bundle of evidence as a page to print. Pure; it needs nothing but itself."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """\
body { font: 11pt/1.45 Georgia, serif; color: #000; background: #fff; max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem } h3 { font-size: 1rem }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th, td { border: 1px solid #999; padding: .25rem .4rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
code { font-size: .8rem; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }"""


def page(document: Mapping[str, Any], file_name: str) -> str:
    """Return the page. `file_name`: of the JSON that it was made from."""
    work, instance = document["work"], document["instance"]
    title = f"Evidence about “{work['title'] or 'Untitled'}” by {work['artist']}"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>{escape(title)}</h1>",
            (
                f"<p>Made on {escape(document['made'])} by {escape(instance['name'])}, "
                f"{escape(instance['url'])}. What can be checked by machines stands in "
                f"{escape(file_name)}; this page is the same for people.</p>"
            ),
            *_work(work),
            *_served(document["served"]),
            *_machines(document["machines"]),
            *_looks(document.get("closerLooks", ())),  # not in those of before
            *_copies(document["copies"]),
            *_ledger(document["ledger"]),
            "<h2>How to verify this</h2>\n<ol>",
            *(f"<li>{escape(one)}</li>" for one in document["howToVerify"]),
            "</ol>\n</main>\n</body>\n</html>\n",
        )
    )


def _work(work: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>The work</h2>"
    yield _table(
        ("What", "As recorded"),
        [
            ("Address", work["url"]),
            ("Artist", f"{work['artist']} (@{work['handle']})"),
            ("Licence", work["licence"]),
            ("First shown", work["firstShown"] or "not yet"),
            ("Withdrawn", work["withdrawn"] or "no"),
            *(
                (f"SHA-256 of the file of picture {place}", one["original"]["sha256"])
                for place, one in enumerate(work["pictures"], start=1)
            ),
            *_process(work.get("process", ())),  # not in those of before
        ],
    )


def _process(process: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for place, one in enumerate(process, start=1):
        said = f", {one['caption']}" if one["caption"] else ""
        for kind in ("video", "picture"):
            if kind in one:
                what = f"SHA-256 of {kind} {place} of how it was made"
                yield what, f"{one[kind]['sha256']}, handed in {one['added']}{said}"


def _served(served: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "<h2>What was reserved, and how it was served</h2>"
    if not served:
        yield "<p>Nothing is recorded: the work was not shown, or the ledger began later.</p>"
    for one in served:
        until = f"until {one['until']}" if one["until"] else "and still is"
        yield f"<h3>From {escape(one['from'])} {escape(until)}</h3>"
        yield f"<p>Shown to: {escape(one['shownTo'])}. Policy version {one['policyVersion']}.</p>"
        yield _table(("Header of every page and picture", "Its value"), one["headers"])


def _machines(visits: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "<h2>Which machines came</h2>"
    if not visits:
        yield "<p>None is recorded within the last 90 days.</p>"
        return
    yield _table(
        ("Day", "Kind", "Crawler", "Requests", "Refused", "First given to"),
        [
            (
                *(one["day"], one["class"], one["crawler"] or "unnamed"),
                *(one["requests"], one["refused"], one["firstGivenTo"]),
            )
            for one in visits
        ],
    )


def _looks(looks: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "<h2>Who looked closer</h2>"
    if not looks:
        yield "<p>Nobody is recorded within the last 90 days.</p>"
        return
    opened: Counter[tuple[str, str]] = Counter()
    requests: Counter[tuple[str, str]] = Counter()
    for one in looks:
        opened[one["day"], one["rendition"]] += 1
        requests[one["day"], one["rendition"]] += one["requests"]
    yield (
        "<p>Copies larger than visitors' own, opened by browsers that gave a proof: by how many "
        "addresses, each of one browser for one hour, and with how many requests.</p>"
    )
    yield _table(
        ("Day", "Copy", "Opened", "Requests"),
        [(*key, opened[key], requests[key]) for key in sorted(opened, reverse=True)],
    )


def _copies(copies: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "<h2>Which servers it was sent to, with its conditions</h2>"
    if not copies:
        yield "<p>None is recorded.</p>"
        return
    yield _table(
        ("Server", "Sent", "Arrived"),
        [(one["server"], one["sent"], "yes" if one["arrived"] else "no") for one in copies],
    )


def _ledger(ledger: Mapping[str, Any]) -> Iterable[str]:
    yield "<h2>The ledger behind it</h2>"
    yield (
        f"<p>{len(ledger['entries'])} entries about this work in a chain of "
        f"{len(ledger['chain'])}, which ends with <code>{escape(ledger['end'])}</code>.</p>"
    )
    if ledger["heads"]:
        yield _table(
            ("Published for", "Entries", "End of the chain"),
            [(one["day"], one["number"], one["hash"]) for one in ledger["heads"]],
        )


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "\n".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
