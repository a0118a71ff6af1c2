"""Commands about the database."""

from pathlib import Path

import click

from server.errors import Invalid
from server.main import Instance, pending, upgrade
from server.shell import Commands, config_option, example, loaded, run, with_instance


@click.group(cls=Commands, epilog=example("fixatif db upgrade"))
def db() -> None:
    """Look after the database."""


@db.command("upgrade", epilog=example("fixatif db upgrade"))
@config_option
def db_upgrade(config_file: Path | None) -> None:
    """Apply what is new in this version to the database."""
    applied = run(upgrade(loaded(config_file).database_url))
    click.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do.")


@db.command("check", epilog=example("fixatif db check"))
@config_option
def db_check(config_file: Path | None) -> None:
    """Say whether the database can be read and is up to date."""
    config = loaded(config_file)
    missing = run(pending(config.database_url))
    if missing:
        raise Invalid(f"Not applied yet: {', '.join(missing)}. Run 'fixatif db upgrade'.")

    async def check(instance: Instance) -> None:
        await instance.seams.library.check()

    with_instance(config, check)
    click.echo("The database answers and is up to date.")
