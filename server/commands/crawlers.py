"""Commands about the crawler table: what it holds, and bringing a new one without a release."""

import json
from pathlib import Path
from typing import Any

import click

from server.config import Config
from server.crawler_book import (
    CrawlerBook,
    owner_of,
    read_file,
    replace,
    shipped_text,
    with_ranges,
)
from server.crawler_claims import is_verifiable
from server.errors import Invalid, Unavailable
from server.shell import Commands, config_option, example, json_option, loaded
from server.visitors import Crawler, VisitorClass


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


@crawlers.command("refresh", epilog=example("fixatif crawlers refresh gptbot.json"))
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--ranges-of", "token", default="", help="FILE is this crawler's published ranges.")
@click.option("--shipped", is_flag=True, help="Go back to the table of this release.")
@config_option
def crawlers_refresh(
    file: Path | None, token: str, shipped: bool, config_file: Path | None
) -> None:
    """Put another table in force: checked first; a running server takes it up within a second.

    Nothing is fetched. FILE may also be what a crawler's operator publishes about its addresses
    (where stands in 'crawlers list --json' as ranges_url): known by its name, or with --ranges-of.
    """
    config = loaded(config_file)
    path = config.crawlers_path
    if shipped == (file is not None):
        raise Invalid("Name one file, or say --shipped to go back to the table of this release.")
    if file is None:
        path.unlink(missing_ok=True)
        click.echo("The table of this release is in force again.")
        return
    text = read_file(file)
    whose = token or owner_of(_in_force(config), file.name, text)
    try:
        table = replace(path, with_ranges(_in_force(config), text, whose) if whose else text)
    except OSError as cause:
        raise Unavailable(f"{path} cannot be written ({cause.strerror}).") from cause
    if whose:
        rows = [row for row in table.entries if row.token == whose]
        click.echo(f"{whose}: {len(rows[0].networks)} ranges.")
    known = sum(is_verifiable(row) for row in table.entries)
    click.echo(
        f"{len(table.entries)} crawlers are in force, {known} of them told by more than name."
    )


def _in_force(config: Config) -> str:
    path = config.crawlers_path
    return read_file(path) if path.exists() else shipped_text()


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
