"""The command line: one function a command, each with an example in its help.

Exit status: 0 done, 1 refused or failed with one plain line on stderr, 2 wrong usage.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from server import config as settings
from server import logs
from server.accounts import NewAccount
from server.config import Config
from server.doctor import examine
from server.errors import FixatifError, Invalid
from server.main import (
    VERSION,
    Instance,
    answering,
    listening,
    opened,
    pending,
    prepare,
    upgrade,
)
from server.model import AiLabel, Role, Visibility, WorkState
from server.ports import StoredFile
from server.publishing import Draft, Upload, read_tags
from server.serving import (
    SHUTDOWN_SECONDS,
    WORKER_PROCESS,
    siblings,
    until_stopped,
    watching,
    working,
)

T = TypeVar("T")
_DATA_VARIABLE = "FIXATIF_DATA"
_SQLITE_WRITERS = 2  # measured: beyond it, waits for the writer reach a second


class Group(click.Group):
    """Shows refusals as one plain line and status 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run a command."""
        try:
            return super().invoke(ctx)
        except FixatifError as problem:
            raise click.ClickException(problem.message) from problem
        except OSError as problem:
            raise click.ClickException(f"{problem.strerror or problem}.") from problem


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="fixatif")
def main() -> None:
    """Fixatif: a self-hostable, federating server for art."""


def _config_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="The settings [default: ./config.toml, else the data folder's].",
    )(command)


def _example(text: str) -> str:
    return f"\b\nExample:\n  {text}"


@main.command(epilog=_example("fixatif up gallery.example.org"))
@click.argument("domain")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.option(
    "--base-url", default="", help="Where the world reaches it [default: https://DOMAIN]."
)
@click.option("--host", default="", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, default=0, help="Port to listen on [default: 8400].")
@_config_option
def up(
    domain: str, data: Path, base_url: str, host: str, port: int, config_file: Path | None
) -> None:
    """Do everything for a first start: settings, keys, database, checks, start, set-up link."""
    file = config_file or data / "config.toml"
    if not file.exists():
        _write_config(file, data, domain, base_url, host, port)
        click.echo(f"Settings are in {file}")
    config = settings.load(file)
    if config.instance.domain != domain.lower():
        raise Invalid(f"{file} is for {config.instance.domain}: name that, or another --data.")
    _run(prepare(config))
    for finding in _run(examine(config)):
        click.echo(finding.line())
    _serve(config, file, workers=1, has_worker=True, offers_setup=True)


@main.command(epilog=_example("fixatif init --domain gallery.example.org --data /var/lib/fixatif"))
@click.option("--domain", required=True, help="What stands behind the @ of your artists. For good.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder of its own.")
@click.option(
    "--base-url", default="", help="Where the world reaches it [default: https://DOMAIN]."
)
@click.option("--host", default="", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, default=0, help="Port to listen on [default: 8400].")
@_config_option
def init(
    domain: str, data: Path, base_url: str, host: str, port: int, config_file: Path | None
) -> None:
    """Write settings, make keys and database; start nothing."""
    file = config_file or data / "config.toml"
    if file.exists():
        raise Invalid(f"{file} is there already: start it with 'fixatif serve --config {file}'.")
    _write_config(file, data, domain, base_url, host, port)
    _run(prepare(settings.load(file)))
    click.echo(f"Ready. Settings are in {file}; start with: fixatif serve --config {file}")


@main.command(epilog=_example("fixatif serve --config /var/lib/fixatif/config.toml"))
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that answer.")
@click.option("--no-worker", is_flag=True, help="Only answer; 'fixatif work' does the jobs.")
@_config_option
def serve(workers: int, no_worker: bool, config_file: Path | None) -> None:
    """Answer the web, and do the jobs too."""
    file = _found(config_file)
    config = settings.load(file)
    if workers > _SQLITE_WRITERS and config.database.url.startswith("sqlite"):
        click.echo(
            f"{workers} processes want PostgreSQL: on SQLite more than {_SQLITE_WRITERS} only wait "
            "for each other. Set database.url, or --workers 2.",
            err=True,
        )
    is_first = WORKER_PROCESS not in os.environ
    _serve(
        config,
        file,
        workers=workers if is_first else 1,
        has_worker=is_first and not no_worker,
        offers_setup=is_first,
    )


@main.command(epilog=_example("fixatif work --config /var/lib/fixatif/config.toml"))
@_config_option
def work(config_file: Path | None) -> None:
    """Do the jobs alone, beside 'fixatif serve --no-worker'."""
    config = _loaded(config_file)
    logs.configure(config.log.level, config.log.format)

    async def run(instance: Instance) -> None:
        await instance.sweeping.schedule()
        async with working(instance.worker), watching(instance.flows.house):
            await until_stopped()

    _with_instance(config, run)


@main.command(epilog=_example("fixatif doctor --json"))
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_config_option
def doctor(as_json: bool, config_file: Path | None) -> None:
    """Look for what would keep this instance from working; exit 1 where something is wrong."""
    findings = _run(examine(_loaded(config_file)))
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(finding.line())
    if any(finding.is_wrong for finding in findings):
        raise SystemExit(1)


@main.group(epilog=_example("fixatif account create ana --role artist --password-stdin"))
def account() -> None:
    """Make and manage accounts."""


@account.command(
    "create", epilog=_example("pass show ana | fixatif account create ana --password-stdin")
)
@click.argument("handle")
@click.option("--email", default="")
@click.option("--name", default="", help="As shown to people.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="artist")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from stdin.")
@_config_option
def account_create(
    handle: str,
    email: str,
    name: str,
    role: str,
    password_stdin: bool,
    config_file: Path | None,
) -> None:
    """Open an account; its password is the first line of stdin."""
    del password_stdin
    wanted = NewAccount(handle, _password(), Role(role), name, email)

    async def run(instance: Instance) -> None:
        made = await instance.flows.accounts.open(wanted)
        click.echo(instance.flows.addresses.portfolio(made.handle))

    _with_instance(_loaded(config_file), run)


@account.command("list", epilog=_example("fixatif account list --json"))
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@_config_option
def account_list(as_json: bool, config_file: Path | None) -> None:
    """List every account."""

    async def run(instance: Instance) -> None:
        found = await instance.flows.accounts.all()
        rows = [
            {
                "handle": artist.handle,
                "name": artist.name,
                "role": artist.role.value,
                "suspended": artist.suspended_at is not None,
            }
            for artist in found
        ]
        if as_json:
            click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for row in rows:
            click.echo(f"{row['handle']:<30} {row['role']:<10} {row['name']}")

    _with_instance(_loaded(config_file), run)


@account.command("role", epilog=_example("fixatif account role ana moderator"))
@click.argument("handle")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@_config_option
def account_role(handle: str, role: str, config_file: Path | None) -> None:
    """Give an account another role."""

    async def run(instance: Instance) -> None:
        changed = await instance.flows.accounts.set_role(handle, Role(role))
        click.echo(f"{changed.handle} is {changed.role} now.")

    _with_instance(_loaded(config_file), run)


@account.command("password", epilog=_example("fixatif account password ana --password-stdin"))
@click.argument("handle")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from stdin.")
@_config_option
def account_password(handle: str, password_stdin: bool, config_file: Path | None) -> None:
    """Set a new password and sign the account out everywhere."""
    del password_stdin
    password = _password()

    async def run(instance: Instance) -> None:
        await instance.flows.accounts.set_password(handle, password)
        click.echo("The password is set; every browser was signed out.")

    _with_instance(_loaded(config_file), run)


@account.command("suspend", epilog=_example("fixatif account suspend ana"))
@click.argument("handle")
@click.option("--undo", is_flag=True, help="Let the account back in.")
@_config_option
def account_suspend(handle: str, undo: bool, config_file: Path | None) -> None:
    """Hide an account's pages and sign it out."""

    async def run(instance: Instance) -> None:
        await instance.flows.accounts.suspend(handle, is_suspended=not undo)
        click.echo(f"{handle} is {'back' if undo else 'suspended'}.")

    _with_instance(_loaded(config_file), run)


@main.command(
    epilog=_example('fixatif publish ana sea.jpg --title "Sea" --alt "Waves, in blue ink"')
)
@click.argument("handle")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--title", default="")
@click.option("--alt", "alts", multiple=True, help="A description; once for each file, in order.")
@click.option("--caption", default="")
@click.option("--tags", default="", help='Such as "oil sea".')
@click.option("--medium", default="")
@click.option("--year", default="")
@click.option(
    "--visibility",
    type=click.Choice(["public", "unlisted", "followers", "draft"]),
    default="public",
)
@click.option("--ai", type=click.Choice([label.value for label in AiLabel]), default="none")
@click.option("--sensitive", default="", help="The reason, where a work is sensitive.")
@click.option("--quiet", is_flag=True, help="Hang it without telling followers.")
@_config_option
def publish(handle: str, files: Sequence[Path], config_file: Path | None, **facts: Any) -> None:  # noqa: ANN401 - click's options
    """Hang a work from files, by the same flow as the web form; print its address."""
    draft = Draft(
        title=facts["title"],
        caption=facts["caption"],
        tags=read_tags(facts["tags"]),
        medium=facts["medium"],
        year=facts["year"],
        is_sensitive=bool(facts["sensitive"]),
        sensitive_reason=facts["sensitive"],
        visibility=Visibility(facts["visibility"]),
        ai_label=AiLabel(facts["ai"]),
        is_quiet=facts["quiet"],
    )
    if len(facts["alts"]) > len(files):
        raise Invalid("There are more descriptions than files: give one --alt for each file.")
    _with_instance(
        _loaded(config_file), lambda it: _publish(it, handle, files, facts["alts"], draft)
    )


@main.command(epilog=_example("fixatif follow ana @bo@other.example"))
@click.argument("handle")
@click.argument("address")
@_config_option
def follow(handle: str, address: str, config_file: Path | None) -> None:
    """Follow somebody, here or on another server."""

    async def run(instance: Instance) -> None:
        artist = await instance.flows.accounts.named(handle)
        whom = await instance.flows.remote.by_address(address)
        state = await instance.flows.following.follow(artist, whom)
        click.echo(f"{handle} follows {whom.address}: {state}.")

    _with_instance(_loaded(config_file), run)


@main.group(epilog=_example("fixatif db upgrade"))
def db() -> None:
    """Look after the database."""


@db.command("upgrade", epilog=_example("fixatif db upgrade"))
@_config_option
def db_upgrade(config_file: Path | None) -> None:
    """Apply what is new in this version to the database."""
    applied = _run(upgrade(_loaded(config_file).database_url))
    click.echo("\n".join(f"applied {name}" for name in applied) or "Nothing to do.")


@db.command("check", epilog=_example("fixatif db check"))
@_config_option
def db_check(config_file: Path | None) -> None:
    """Say whether the database can be read and is up to date."""
    config = _loaded(config_file)
    missing = _run(pending(config.database_url))
    if missing:
        raise Invalid(f"Not applied yet: {', '.join(missing)}. Run 'fixatif db upgrade'.")

    async def run(instance: Instance) -> None:
        await instance.seams.library.check()

    _with_instance(config, run)
    click.echo("The database answers and is up to date.")


async def _publish(
    instance: Instance, handle: str, files: Sequence[Path], alts: Sequence[str], draft: Draft
) -> None:
    flows = instance.flows
    artist = await flows.accounts.named(handle)
    uploads = [
        Upload(await _received(instance, file), file.name, alts[index] if index < len(alts) else "")
        for index, file in enumerate(files)
    ]
    work = await flows.publishing.receive(artist, draft, uploads)
    await flows.publishing.finish(work.id)
    made = await flows.viewing.own(artist, work.id)
    if made.state is WorkState.FAILED:
        raise Invalid(made.problem)
    click.echo(flows.addresses.work_page(artist.handle, made))


async def _received(instance: Instance, file: Path) -> StoredFile:
    async def chunks() -> AsyncIterator[bytes]:
        yield await asyncio.to_thread(file.read_bytes)

    most = instance.config.media.max_upload_bytes
    return await instance.flows.media.receive(chunks(), max_bytes=most)


def _serve(
    config: Config, file: Path, *, workers: int, has_worker: bool, offers_setup: bool
) -> None:
    logs.configure(config.log.level, config.log.format)
    try:
        listener = listening(config.server.host, config.server.port)
    except OSError as taken:
        raise Invalid(
            f"Port {config.server.port} on {config.server.host} cannot be used "
            f"({taken.strerror}): stop what uses it, or set server.port."
        ) from taken

    async def run(instance: Instance) -> None:
        site = answering(instance.app(), listener, shutdown_seconds=SHUTDOWN_SECONDS)
        async with site, watching(instance.flows.house):
            if offers_setup:
                await _say_where(instance)
            if not has_worker:
                await until_stopped()
                return
            await instance.sweeping.schedule()
            async with working(instance.worker):
                await until_stopped()

    with siblings(workers - 1, ["serve", "--config", str(file)]):
        _with_instance(config, run)


async def _say_where(instance: Instance) -> None:
    base = instance.config.base_url
    click.echo(f"Fixatif {VERSION} answers at {base}", err=True)
    token = await instance.flows.accounts.offer_setup()
    if token is not None:
        click.echo(f"Nobody owns it yet. Open {base}/setup?t={token}\n(valid 60 minutes, once)")


def _write_config(file: Path, data: Path, domain: str, base_url: str, host: str, port: int) -> None:
    text = settings.first_text(
        domain=domain.lower(),
        base_url=base_url.rstrip("/"),
        host=host,
        port=port,
        data=os.path.relpath(data.resolve(), file.resolve().parent),
    )
    settings.parse(text, {}, folder=file.parent, source=str(file))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(text, encoding="utf-8")


def _found(config_file: Path | None) -> Path:
    """Return the settings' file: as named, here, or in a data folder."""
    if config_file is not None:
        return config_file
    folders = [Path(), Path(os.environ.get(_DATA_VARIABLE, "data")), Path("/var/lib/fixatif")]
    for folder in folders:
        if (folder / "config.toml").exists():
            return folder / "config.toml"
    raise Invalid(
        "There is no config.toml here or in a data folder: run 'fixatif init', or use --config."
    )


def _loaded(config_file: Path | None) -> Config:
    return settings.load(_found(config_file))


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _with_instance(config: Config, run: Callable[[Instance], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with opened(config) as instance:
            await run(instance)

    _run(inside())


def _run(work: Awaitable[T]) -> T:
    async def whole() -> T:
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(whole())


if __name__ == "__main__":
    main()
