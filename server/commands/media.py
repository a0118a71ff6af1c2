"""Commands about the files of works: how much there is, what is spare or broken, and moving."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from server.errors import Unavailable
from server.main import Instance
from server.seams import media_store
from server.shell import (
    Commands,
    Progress,
    config_option,
    example,
    json_option,
    loaded,
    with_instance,
)
from server.storeroom import Fault, Storeroom

_STEP = 1024
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@click.group(cls=Commands, epilog=example("fixatif media usage"))
def media() -> None:
    """Look after the files of works."""


@media.command("usage", epilog=example("fixatif media usage"))
@json_option
@config_option
def media_usage(as_json: bool, config_file: Path | None) -> None:
    """Say how many files there are, and how large they are together."""

    async def run(instance: Instance) -> None:
        found = await _storeroom(instance).usage()
        if as_json:
            click.echo(json.dumps(asdict(found), indent=2))
            return
        click.echo(f"Needed by works: {_files(found.needed)}, {_size(found.needed_bytes)}")
        click.echo(f"Spare: {_files(found.spare)}, {_size(found.spare_bytes)}")

    with_instance(loaded(config_file), run)


@media.command("clean", epilog=example("fixatif media clean --dry-run"))
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@json_option
@config_option
def media_clean(dry_run: bool, as_json: bool, config_file: Path | None) -> None:
    """Delete files that no work needs any more; the server does so by itself once a day."""

    async def run(instance: Instance) -> None:
        found = await _storeroom(instance).clean(is_trial=dry_run)
        if as_json:
            click.echo(json.dumps([asdict(file) for file in found], indent=2))
            return
        verb = "would be deleted" if dry_run else "deleted"
        size = sum(file.size for file in found)
        click.echo(f"{_files(len(found))} {verb}, {_size(size)}")

    with_instance(loaded(config_file), run)


@media.command("verify", epilog=example("fixatif media verify"))
@json_option
@config_option
def media_verify(as_json: bool, config_file: Path | None) -> None:
    """Read every file that a work needs, and name those that are missing or damaged."""

    async def run(instance: Instance) -> None:
        progress = Progress()
        count, faults = await _storeroom(instance, progress).verify()
        progress.clear()
        if as_json:
            click.echo(json.dumps({"files": count, "faults": _listed(faults)}, indent=2))
        else:
            for digest, fault in faults:
                click.echo(f"{fault.value:8} {digest}")
            click.echo(f"{_files(count)} read, {len(faults)} with a fault")
        if faults:
            raise Unavailable("Some files are not as they were: bring them back from a backup.")

    with_instance(loaded(config_file), run)


@media.command("move", epilog=example("fixatif media move --to s3"))
@click.option(
    "--to",
    "target",
    type=click.Choice(["disk", "s3"]),
    required=True,
    help="Where to; its settings must stand in config.toml already.",
)
@config_option
def media_move(target: str, config_file: Path | None) -> None:
    """Copy the files of all works to another store. Can be stopped and begun again."""
    config = loaded(config_file)
    if config.media.store == target:
        raise Unavailable(f'Pictures are kept there already: media.store is "{target}".')

    async def run(instance: Instance) -> None:
        progress = Progress()
        other = media_store(config, target)
        try:
            moved = await _storeroom(instance, progress).move(other)
        finally:
            progress.clear()
            await other.close()
        click.echo(f"{_files(moved.copied)} copied, {moved.were_there} were there already")
        for digest, fault in moved.faults:
            click.echo(f"{fault.value:8} {digest}")
        if moved.faults:
            raise Unavailable(
                "Some files could not be moved: bring them back from a backup, then move again."
            )
        click.echo(
            f'Now set media.store = "{target}", start again, and run this once more for what came '
            "meanwhile. The old files stay until you delete them."
        )

    with_instance(config, run)


def _storeroom(instance: Instance, progress: Progress | None = None) -> Storeroom:
    seams = instance.seams
    tell = progress.tell if progress else lambda _step: None
    return Storeroom(seams.library, seams.media, seams.clock, tell)


def _listed(faults: tuple[tuple[str, Fault], ...]) -> list[dict[str, str]]:
    return [{"digest": digest, "fault": fault.value} for digest, fault in faults]


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"


def _size(count: float) -> str:
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:,.1f} {_UNITS[unit]}" if unit else f"{count:,.0f} {_UNITS[0]}"
