"""Commands about the end of accounts: asked for, taken back."""

from datetime import UTC, datetime
from pathlib import Path

import click

from server.account_ends import GRACE
from server.errors import Invalid
from server.main import Instance
from server.model import Artist, JobKind, Millis
from server.shell import config_option, example, loaded, with_instance
from server.worker import Worker

_DAYS = GRACE // 86_400_000


@click.command("delete", epilog=example("fixatif account delete ana"))
@click.argument("handle")
@click.option("--now", "at_once", is_flag=True, help=f"Erase it now, without {_DAYS} days to wait.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def account_delete(handle: str, at_once: bool, yes: bool, config_file: Path | None) -> None:
    """Hide an account now, and erase it with all its works in two weeks."""

    async def run(instance: Instance) -> None:
        artist = await instance.flows.accounts.named(handle)
        if not yes:
            _ask(instance, artist, at_once=at_once)
        ends_at = await instance.flows.account_ends.ask(artist, at_once=at_once)
        if at_once:
            await _work_off(instance)
            click.echo(f"{artist.handle} is erased; other servers are told while this one runs.")
            return
        click.echo(
            f"{artist.handle} is out of sight and will be erased on {_day(ends_at)}. "
            f"Until then 'fixatif account keep {artist.handle}' takes it back, or signing in does."
        )

    with_instance(loaded(config_file), run)


@click.command("keep", epilog=example("fixatif account keep ana"))
@click.argument("handle")
@config_option
def account_keep(handle: str, config_file: Path | None) -> None:
    """Take the end of an account back while it waits; a suspended one stays suspended."""

    async def run(instance: Instance) -> None:
        artist = await instance.flows.accounts.named(handle)
        kept = await instance.flows.account_ends.take_back(artist, is_staff=True)
        state = "stays, suspended" if kept.suspended_at is not None else "stays"
        click.echo(f"{kept.handle} {state}.")

    with_instance(loaded(config_file), run)


def _ask(instance: Instance, artist: Artist, *, at_once: bool) -> None:
    """Have the handle typed: a wrong word erases somebody's whole work."""
    when = "now, for good" if at_once else f"in {_DAYS} days, for good"
    address = f"@{artist.handle}@{instance.flows.addresses.domain}"
    click.echo(f"This erases {address} with all works and pictures, {when}.", err=True)
    typed = click.prompt("Type the handle to go on", default="", show_default=False, err=True)
    if typed.strip().lstrip("@").lower() != artist.handle:
        raise Invalid("That is another handle: nothing was done. Scripts say --yes.")


async def _work_off(instance: Instance) -> None:
    """Tell and erase here and now; deliveries are the server's, which may be down."""
    whole = instance.worker
    lanes = {JobKind.SAY: 1, JobKind.END: 1}
    await Worker(whole.library, whole.clock, whole.bus, whole.runs, lanes).drain()


def _day(at: Millis) -> str:
    day = datetime.fromtimestamp(at // 1_000, UTC)
    return f"{day.day} {day:%B %Y}"
