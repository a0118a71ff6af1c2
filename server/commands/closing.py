"""The command that closes the instance."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from server.closing import MAX_DAYS, MIN_DAYS, Plan
from server.ending import Closing
from server.errors import Invalid
from server.main import Instance
from server.model import Millis
from server.shell import config_option, example, json_option, loaded, password, with_instance

_EXAMPLE = (
    "pass show otto | fixatif close-instance --domain gallery.example.org --owner otto "
    '--days 30 --words "Thank you all." --password-stdin'
)


@click.command("close-instance", epilog=example(_EXAMPLE))
@click.option("--domain", default="", help="Typed in full, so that nobody does it by chance.")
@click.option("--owner", default="", help="Handle of an owner, whose password is on stdin.")
@click.option("--password-stdin", is_flag=True, help="Read the owner's password from stdin.")
@click.option("--days", type=click.IntRange(MIN_DAYS, MAX_DAYS), default=30, show_default=True)
@click.option("--words", default="", help="What everybody reads, on each page.")
@click.option("--cancel", is_flag=True, help="Take the announcement back before its day.")
@click.option("--status", is_flag=True, help="Say how it stands.")
@json_option
@config_option
def close_instance(  # noqa: PLR0913, PLR0917 - click passes every option by name
    domain: str,
    owner: str,
    password_stdin: bool,
    days: int,
    words: str,
    cancel: bool,
    status: bool,
    as_json: bool,
    config_file: Path | None,
) -> None:
    """Announce the end of this instance; on its day all accounts move or are deleted.

    On the day the running server lets each account go: to the new one that its artist named, else
    deleted, and other servers are told. When nothing is left to tell, everything answers 410. A
    crash loses nothing. Until the day --cancel takes it back. There are no archives to export
    yet: artists take their originals from their studio.
    """

    async def run(instance: Instance) -> None:
        closings = instance.flows.closings
        if status:
            now, left = await closings.status()
            _show(now, left, as_json=as_json)
            return
        if not (owner and password_stdin):
            raise Invalid("Name an owner with --owner, and give --password-stdin.")
        who = await instance.flows.accounts.named(owner)
        if cancel:
            await closings.cancel(who, password())
            click.echo("It is taken back: this place stays open.")
            return
        made = await closings.announce(who, password(), Plan(domain, days, words))
        _show(made, 0, as_json=as_json)

    with_instance(loaded(config_file), run)


def _show(closing: Closing | None, left: int, *, as_json: bool) -> None:
    if as_json:
        row = {
            "state": closing.state.value if closing else "open",
            "ends_at": _day(closing.ends_at) if closing else None,
            "left": left,
        }
        click.echo(json.dumps(row, indent=2))
    elif closing is None:
        click.echo("Nothing is announced: this place stays open.")
    else:
        click.echo(f"{closing.state.value}: closes on {_day(closing.ends_at)}; {left} things left.")


def _day(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d")
