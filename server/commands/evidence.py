"""Commands about evidence: a bundle about one work, and whether ledger or bundle are whole."""

import json
from pathlib import Path

import click
import msgspec

from server.bundle_page import page
from server.bundles import Document, problems, read
from server.errors import Invalid, Unavailable
from server.main import Instance
from server.shell import (
    Commands,
    Progress,
    config_option,
    example,
    json_option,
    loaded,
    with_instance,
)


@click.group(cls=Commands, epilog=example("fixatif evidence verify"))
def evidence() -> None:
    """Show what machines were told of a work, and when."""


@evidence.command(
    "bundle",
    epilog=example("fixatif evidence bundle https://gallery.example.org/@ada/12 -o heron.json"),
)
@click.argument("work_url")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file; a page to print is put beside it.",
)
@config_option
def bundle(work_url: str, output: Path, config_file: Path | None) -> None:
    """Write all evidence about one work: signed JSON, and a page to print beside it."""
    beside = output.with_suffix(".html")
    if beside == output:
        raise Invalid("The page to print gets the ending .html: name the bundle itself .json.")

    async def run(instance: Instance) -> None:
        known = instance.flows
        await known.ledger.begin()
        await known.ledger.seal()
        document = await known.attesting.attested(await known.evidence.bundle(work_url))
        _write(document, output, beside)

    with_instance(loaded(config_file), run)


@evidence.command("verify", epilog=example("fixatif evidence verify heron.json"))
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False
)
@json_option
@config_option
def verify(file: Path | None, as_json: bool, config_file: Path | None) -> None:
    """Rehash the ledger from its first entry; with FILE, check a bundle that was made here."""
    body = file.read_bytes() if file is not None else b""

    async def run(instance: Instance) -> None:
        if file is not None:
            await _verify_bundle(instance, body)
            return
        progress = Progress()
        await instance.flows.ledger.begin()
        await instance.flows.ledger.seal()
        found = await instance.flows.ledger.verify(progress.tell)
        progress.clear()
        if as_json:
            result = {"entries": found.entries, "broken_at": found.broken_at}
            click.echo(json.dumps({**result, "is_whole": found.is_whole}, indent=2))
        if found.broken_at:
            raise Unavailable(
                f"Entry {found.broken_at} of the ledger was altered, added or left out: bring the "
                "database back from a backup, and find out who could write to it."
            )
        if found.lost_head is not None:
            raise Unavailable(
                f"The ledger is not what was published as its end, at entry "
                f"{found.lost_head.number}: it was rewritten. Bring it back from a backup."
            )
        if not as_json:
            click.echo(f"{found.entries:,} entries, and each follows from the one before.")

    with_instance(loaded(config_file), run)


def _write(document: Document, output: Path, beside: Path) -> None:
    output.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))
    beside.write_text(page(document, output.name), encoding="utf-8")
    click.echo(f"{output}\n{beside}")


async def _verify_bundle(instance: Instance, body: bytes) -> None:
    document = read(body)
    found = problems(document)
    if not await instance.flows.attesting.is_ours(document):
        found = ["It is not signed by this instance's present key, or was changed since.", *found]
    if found:
        raise Invalid(" ".join(found))
    click.echo("Signed here, and everything in it follows from the ledger.")
