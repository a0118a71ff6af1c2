"""What every command of the shell shares: settings found, refusals shown, an event loop.

Exit status: 0 done, 1 refused or failed with one plain line on stderr, 2 wrong usage.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from server import config as settings
from server.config import Config
from server.errors import FixatifError, Invalid
from server.main import Instance, opened

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., None])

_LONGEST_SENTENCE = 300  # letters: longer than any that a command says of itself
_DATA_VARIABLE = "FIXATIF_DATA"
_USUAL_FOLDER = Path("/var/lib/fixatif")


class Commands(click.Group):
    """Says of each of its commands, in a whole sentence, what it does."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list, where click would cut sentences off."""
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [
            (name, one.get_short_help_str(limit=_LONGEST_SENTENCE))
            for name, one in known.items()
            if one is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Group(Commands):
    """Shows refusals as one plain line and status 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run a command."""
        try:
            return super().invoke(ctx)
        except FixatifError as problem:
            raise click.ClickException(problem.message) from problem
        except BrokenPipeError:
            raise  # whoever read what we print has enough; click ends without a word
        except OSError as problem:
            raise click.ClickException(_of_the_system(problem)) from problem


class Progress:
    """The step at hand on one line of a terminal; silent in a pipe."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def tell(self, step: str) -> None:
        """Show a step in the place of the one before."""
        if self._is_shown:
            click.echo(f"\r\x1b[K{step} …", err=True, nl=False)

    def show(self, result: str) -> None:
        """Print what was asked for."""
        self.clear()
        click.echo(result)

    def clear(self) -> None:
        """Take the last step away."""
        if self._is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def config_option(command: Command) -> Command:
    """Give a command its `--config`."""
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="The settings [default: ./config.toml, else the data folder's].",
    )(command)


def json_option(command: Command) -> Command:
    """Give a command its `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="For machines.")(command)


def place_options(command: Command) -> Command:
    """Give a command what a first start is asked: where it is reached, where it listens."""
    for option in (
        click.option("--port", type=click.IntRange(1, 65_535), help="Port [default: 8400]."),
        click.option("--host", default="", help="Address to listen on [default: 127.0.0.1]."),
        click.option(
            "--base-url", default="", help="Where the world reaches it [default: https://DOMAIN]."
        ),
    ):
        command = option(command)
    return command


def example(text: str) -> str:
    """Return the end of a command's help."""
    return f"\b\nExample:\n  {text}"


def found(config_file: Path | None) -> Path:
    """Return the settings' file: as named, here, or in a data folder. Raise `Invalid`."""
    if config_file is not None:
        return config_file
    for folder in (Path(), Path(os.environ.get(_DATA_VARIABLE, "data")), _USUAL_FOLDER):
        if (folder / "config.toml").exists():
            return folder / "config.toml"
    raise Invalid(
        "There is no config.toml here or in a data folder: run 'fixatif init', or use --config."
    )


def loaded(config_file: Path | None) -> Config:
    """Return the settings. Raise `Invalid`."""
    return settings.load(found(config_file))


def write_config(
    file: Path, data: Path, domain: str, base_url: str, host: str, port: int | None
) -> None:
    """Write the settings of a first start, for its user alone, once they are known to hold."""
    text = settings.first_text(
        domain=domain.lower(),
        base_url=base_url.rstrip("/"),
        host=host,
        port=port or 0,
        data=os.path.relpath(data.resolve(), file.resolve().parent),
    )
    settings.parse(text, {}, folder=file.parent, source=str(file))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")


def password() -> str:
    """Return the first line of stdin."""
    return sys.stdin.readline().rstrip("\r\n")


def run(work: Awaitable[T]) -> T:
    """Run something to its end on a fresh event loop."""

    async def whole() -> T:
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(whole())


def with_instance(config: Config, deed: Callable[[Instance], Awaitable[None]]) -> None:
    """Open the instance, do something with it, and close it."""

    async def inside() -> None:
        async with opened(config) as instance:
            await deed(instance)

    run(inside())


def _of_the_system(problem: OSError) -> str:
    what = problem.strerror or str(problem)
    return f"{problem.filename}: {what}." if problem.filename else f"{what}."
