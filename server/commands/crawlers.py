"""Commands about the crawler table: what it holds, and bringing a new one without a release."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from server.crawler_book import (
    CrawlerBook,
    RangeList,
    owner_of,
    range_lists,
    read_file,
    replace,
    shipped_text,
    with_ranges,
)
from server.crawler_claims import is_verifiable
from server.errors import Invalid, Unavailable
from server.shell import Commands, config_option, example, json_option, loaded
from server.visitors import Crawler, VisitorClass

# No list of ranges takes so long or is so large; what a list's address leads to is the operator's.
_CURL = ("create-dirs", "fail", "location", "silent", "show-error", "max-time = 60")


@click.group(cls=Commands, epilog=example("fixatif crawlers list --class ai-training"))
def crawlers() -> None:
    """Look at the table of crawlers, or bring a newer one."""


@crawlers.command("list", epilog=example("fixatif crawlers list --json"))
@click.option(
    "--class",
    "visitor_class",
    type=click.Choice([str(each) for each in VisitorClass]),
    help="Only those of one class.",
)
@json_option
@config_option
def crawlers_list(visitor_class: str | None, as_json: bool, config_file: Path | None) -> None:
    """Show every crawler that is known by name, and how it is told from those who borrow it."""
    book = CrawlerBook(loaded(config_file).crawlers_path)
    rows = [row for row in book.now.entries if visitor_class in (None, row.visitor_class)]
    if as_json:
        document = {
            "source": book.now.source,
            "date": book.now.date,
            "is_own": book.is_own,
            "crawlers": [_document(row) for row in rows],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(
            f"{row.token:32} {row.visitor_class:12} {_told_by(row):30} {row.operator}".rstrip()
        )
    whose = "brought here" if book.is_own else "of this release"
    click.echo(f"{len(rows)} crawlers, from the table {whose}, last checked {book.now.date}")


@crawlers.command("sources", epilog=example("fixatif crawlers sources --curl | curl --config -"))
@click.option("--curl", "as_curl", is_flag=True, help="As settings by which curl fetches them.")
@json_option
@config_option
def crawlers_sources(*, as_curl: bool, as_json: bool, config_file: Path | None) -> None:
    """Show which operators publish their crawlers' address ranges, where, and which are here.

    Nothing is fetched. 'fixatif crawlers sources --curl | curl --config -' brings all of them into
    a folder named ranges, then 'fixatif crawlers refresh ranges/*.json' puts them in force.
    """
    lists = range_lists(CrawlerBook(loaded(config_file).crawlers_path).now)
    if as_json:
        click.echo(json.dumps([_list_document(one) for one in lists], indent=2))
    elif as_curl:
        click.echo("\n".join((*_CURL, *(_fetching(one) for one in lists))))
    else:
        for one in lists:
            here = f"{one.networks} ranges" if one.networks else "not here"
            click.echo(f"{one.operator:14} {here:14} {one.url}  {', '.join(one.names)}")
        click.echo(f"{sum(bool(one.networks) for one in lists)} of {len(lists)} lists are here.")


@crawlers.command("refresh", epilog=example("fixatif crawlers refresh ranges/*.json"))
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, metavar="[FILE]...")
@click.option("--ranges-of", "token", default="", help="FILE is this crawler's published ranges.")
@click.option("--shipped", is_flag=True, help="Go back to the table of this release.")
@config_option
def crawlers_refresh(
    files: tuple[Path, ...], token: str, *, shipped: bool, config_file: Path | None
) -> None:
    """Put another table in force: checked first; a running server takes it up within a second.

    Nothing is fetched. FILE may also be what a crawler's operator publishes about its addresses
    ('crawlers sources' says where, and how to fetch it): known by its name, or with --ranges-of.
    Of several files those that cannot be read are named, and the others are in force.
    """
    path = loaded(config_file).crawlers_path
    if shipped == bool(files):
        raise Invalid("Name a file, or say --shipped to go back to the table of this release.")
    if token and len(files) > 1:
        raise Invalid("With --ranges-of name one file: each crawler has its own ranges.")
    if shipped:
        path.unlink(missing_ok=True)
        click.echo("The table of this release is in force again.")
        return
    _bring(path, files, token)


def _bring(path: Path, files: Sequence[Path], token: str) -> None:
    """Put files in force, each for itself. Raise `Invalid`, naming those that are not."""
    broken: list[str] = []
    for file in files:
        try:
            click.echo(_brought(path, file, token))
        except Invalid as problem:
            message = problem.message
            broken.append(message if file.name in message else f"{file.name}: {message}")
    if len(broken) < len(files):
        rows = CrawlerBook(path).now.entries
        known = sum(is_verifiable(row) for row in rows)
        click.echo(f"{len(rows)} crawlers are in force, {known} of them told by more than name.")
    if broken:
        raise Invalid(" ".join(broken))


def _brought(path: Path, file: Path, token: str) -> str:
    """Put one file in force; return what it changed. Raise `Invalid`."""
    text, present = read_file(file), _in_force(path)
    whose = token or owner_of(present, file.name, text)
    try:
        table = replace(path, with_ranges(present, text, whose) if whose else text)
    except OSError as cause:
        raise Unavailable(f"{path} cannot be written ({cause.strerror}).") from cause
    row = next((row for row in table.entries if row.token == whose), None)
    return f"{whose}: {len(row.networks)} ranges." if row else f"{file.name} is the table now."


def _in_force(path: Path) -> str:
    return read_file(path) if path.exists() else shipped_text()


def _fetching(one: RangeList) -> str:
    return f'url = "{one.url}"\noutput = "ranges/{one.file_name}"'


def _list_document(one: RangeList) -> dict[str, Any]:
    return {
        "operator": one.operator,
        "url": one.url,
        "crawlers": list(one.names),
        "networks": one.networks,
    }


def _document(row: Crawler) -> dict[str, Any]:
    return {
        "token": row.token,
        "class": str(row.visitor_class),
        "operator": row.operator,
        "also": list(row.also),
        "robots_only": row.robots_only,
        "ranges_url": row.ranges_url,
        "networks": [str(each) for each in row.networks],
        "reverse_dns": list(row.reverse_dns),
        "signers": list(row.signers),
    }


def _told_by(row: Crawler) -> str:
    if row.robots_only:
        return "robots.txt only"
    ways = (
        f"{len(row.networks)} ranges" if row.networks else "",
        "reverse DNS" if row.reverse_dns else "",
        "signature" if row.signers else "",
    )
    unknown = "name only; ranges to bring" if row.ranges_url else "name only"
    return ", ".join(filter(None, ways)) or unknown
