"""The command line: one function a command, each with an example in its help.

What commands share stands in `server.shell`.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from server import config as settings
from server import logs, shell
from server.commands.artists import account, follow, publish
from server.commands.closing import close_instance
from server.commands.crawlers import crawlers
from server.commands.database import db
from server.commands.ends import account_delete, account_keep
from server.commands.evidence import evidence
from server.commands.jobs import jobs
from server.commands.media import media
from server.commands.own_list import blocklist
from server.commands.people import invite
from server.commands.policy import policy
from server.commands.simulate import policy_simulate
from server.config import Config
from server.doctor import DATABASE, Finding, examine
from server.errors import Invalid
from server.main import Instance, answering, listening, looking, opened, prepare
from server.model import JobKind
from server.seams import VERSION
from server.serving import (
    SHUTDOWN_SECONDS,
    WORKER_PROCESS,
    Refreshed,
    listen_for_stop,
    raise_file_limit,
    recording,
    siblings,
    spare_what_stays,
    until_stopped,
    vouching_for,
    watching,
    working,
)
from server.shell import (
    Progress,
    config_option,
    example,
    found,
    json_option,
    loaded,
    place_options,
    run,
    with_instance,
    write_config,
)
from server.strangers import visit
from server.worker import Worker

if TYPE_CHECKING:
    from server.exhibition import Studio

_SQLITE_WRITERS = 2  # measured: beyond it, waits for the writer reach a second


@click.group(cls=shell.Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="fixatif")
def main() -> None:
    """Fixatif: a self-hostable, federating server for art."""
    logs.configure("error", "console")  # commands say what people want to know; servers log


@main.command(epilog=example("fixatif up gallery.example.org"))
@click.argument("domain")
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@place_options
@config_option
def up(
    domain: str, data: Path, base_url: str, host: str, port: int | None, config_file: Path | None
) -> None:
    """Do everything for a first start: settings, keys, database, checks, start, set-up link."""
    file = config_file or data / "config.toml"
    if not file.exists():
        write_config(file, data, domain, base_url, host, port)
        click.echo(f"Settings are in {file}")
    config = settings.load(file)
    if config.instance.domain != domain.lower():
        raise Invalid(f"{file} is for {config.instance.domain}: name that, or another --data.")
    if base_url and base_url.rstrip("/") != config.base_url:
        raise Invalid(
            f"{file} says that it is at {config.base_url}: change instance.base_url there."
        )
    run(prepare(config))
    for finding in run(_looked(config, is_whole=False)):
        click.echo(finding.line())
    _serve(config, file, workers=1, has_worker=True, is_first=True)


@main.command(epilog=example("fixatif init --domain gallery.example.org --data /var/lib/fixatif"))
@click.option("--domain", required=True, help="What stands behind the @ of your artists. For good.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="A folder of its own.")
@place_options
@config_option
def init(
    domain: str, data: Path, base_url: str, host: str, port: int | None, config_file: Path | None
) -> None:
    """Write settings, make keys and database; start nothing."""
    file = config_file or data / "config.toml"
    if file.exists():
        raise Invalid(f"{file} is there already: start it with 'fixatif serve --config {file}'.")
    write_config(file, data, domain, base_url, host, port)
    run(prepare(settings.load(file)))
    click.echo(f"Ready. Settings are in {file}; start with: fixatif serve --config {file}")


@main.command(epilog=example("fixatif serve --config /var/lib/fixatif/config.toml"))
@click.option("--workers", type=click.IntRange(1, 64), default=1, help="Processes that answer.")
@click.option("--no-worker", is_flag=True, help="Only answer; 'fixatif work' does the jobs.")
@config_option
def serve(workers: int, no_worker: bool, config_file: Path | None) -> None:
    """Answer the web, and do the jobs too."""
    file = found(config_file)
    config = settings.load(file)
    is_first = WORKER_PROCESS not in os.environ
    if is_first and workers > _SQLITE_WRITERS and config.database.url.startswith("sqlite"):
        click.echo(
            f"{workers} processes want PostgreSQL: on SQLite more than {_SQLITE_WRITERS} only wait "
            "for each other. Set database.url, or --workers 2.",
            err=True,
        )
    _serve(config, file, workers=workers, has_worker=not no_worker, is_first=is_first)


@main.command(epilog=example("fixatif work --config /var/lib/fixatif/config.toml"))
@config_option
def work(config_file: Path | None) -> None:
    """Do the jobs alone, beside 'fixatif serve --no-worker'."""
    config = loaded(config_file)
    logs.configure(config.log.level, config.log.format)

    async def inside(instance: Instance) -> None:
        stopped = listen_for_stop()
        await instance.schedule()
        async with (
            recording(instance.flows.envelopes),
            working(instance.worker),
            watching(instance.flows.house, instance.flows.closing_now),
        ):
            spare_what_stays()
            await until_stopped(stopped)

    with_instance(config, inside)


@main.command(epilog=example("fixatif doctor --json"))
@json_option
@config_option
def doctor(as_json: bool, config_file: Path | None) -> None:
    """Look for what would keep this instance from working; exit 1 where something is wrong."""
    findings = run(_looked(loaded(config_file), is_whole=True))
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(finding.line())
    count = sum(finding.is_wrong for finding in findings)
    if count:
        raise Invalid(f"{count} of {len(findings)} checks failed: see the lines with ✗.")


@main.command(epilog=example("fixatif demo"))
@click.option("--port-a", type=click.IntRange(1, 65_535), help="[default: 8401, if it is free]")
@click.option("--port-b", type=click.IntRange(1, 65_535), help="[default: 8402, if it is free]")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Keep both instances in this new folder afterwards.",
)
@click.option("--works", type=click.IntRange(1, 6), default=6, hidden=True)
def demo(port_a: int | None, port_b: int | None, keep: Path | None, works: int) -> None:
    """Show two throw-away instances with sample art that federate; Ctrl-C ends it."""
    from server import demo as stages  # noqa: PLC0415  loads an image library: when first used

    progress = Progress()
    tools = stages.Tools(prepare, _studio, progress.tell, progress.show)
    try:
        run(stages.run(stages.Wish(port_a, port_b, keep, works), tools))
    finally:
        progress.clear()


@asynccontextmanager
async def _studio(name: str, config: Config) -> AsyncIterator["Studio"]:
    """Open an instance that a server answers for too; help that server with its pictures."""
    from server.exhibition import Studio  # noqa: PLC0415  loads an image library

    async with opened(config) as instance:
        flows, worker = instance.flows, instance.worker
        painter = Worker(
            worker.library, worker.clock, worker.bus, worker.runs, {JobKind.PICTURES: 1}
        )
        async with working(painter):
            yield Studio(
                name=name,
                addresses=flows.addresses,
                library=instance.seams.library,
                media=flows.media,
                accounts=flows.accounts,
                publishing=flows.publishing,
                series=flows.series,
                following=flows.following,
                reactions=flows.reactions,
                commenting=flows.commenting,
                find=flows.remote.by_address,
            )


def _serve(config: Config, file: Path, *, workers: int, has_worker: bool, is_first: bool) -> None:
    logs.configure(config.log.level, config.log.format)
    raise_file_limit()
    try:
        listener = listening(config.server.host, config.server.port, beside_others=not is_first)
    except OSError as taken:
        raise Invalid(
            f"Port {config.server.port} on {config.server.host} cannot be used "
            f"({taken.strerror}): stop what uses it, or set server.port."
        ) from taken

    async def inside(instance: Instance) -> None:
        stopped = listen_for_stop()
        async with AsyncExitStack() as stack:
            known = instance.flows
            books = recording(
                *(known.envelopes, known.visits, known.work_visits, known.looking, known.ledger)
            )
            await stack.enter_async_context(books)
            site = answering(instance.app(), listener, shutdown_seconds=SHUTDOWN_SECONDS)
            await stack.enter_async_context(site)
            flows = instance.flows
            others: list[Refreshed] = [flows.crawlers, flows.egress, flows.preparing]
            if workers > 1 or not config.database.url.startswith("sqlite"):
                others.append(flows.tidings)
            news = watching(flows.house, flows.closing_now, *others)
            await stack.enter_async_context(news)
            await stack.enter_async_context(vouching_for(flows.vouching))
            if is_first:
                await _say_where(instance)
            if has_worker and is_first:
                await instance.schedule()
            if has_worker:
                worker = instance.worker.among(workers, is_first=is_first)
                await stack.enter_async_context(working(worker))
            if is_first:
                command = ["serve", "--config", str(file), "--workers", str(workers)]
                command += [] if has_worker else ["--no-worker"]
                await stack.enter_async_context(siblings(workers - 1, command))
            spare_what_stays()
            await until_stopped(stopped)

    with_instance(config, inside)


async def _looked(config: Config, *, is_whole: bool) -> list[Finding]:
    async with looking(config) as means:
        near = await examine(config, means)
        if not is_whole:
            return near
        has_database = not any(finding.is_wrong and finding.name == DATABASE for finding in near)
        return [*near, *await visit(config, means, has_database=has_database)]


async def _say_where(instance: Instance) -> None:
    base = instance.config.base_url
    click.echo(f"Fixatif {VERSION} answers at {base}", err=True)
    token = await instance.flows.setting_up.offer()
    if token is not None:
        click.echo(f"Nobody owns it yet. Open {base}/setup?t={token}\n(valid 60 minutes, once)")


for _command in (account_delete, account_keep):
    account.add_command(_command)
policy.add_command(policy_simulate)
for _command in (
    account,
    close_instance,
    evidence,
    invite,
    publish,
    follow,
    blocklist,
    jobs,
    media,
    policy,
    crawlers,
    db,
):
    main.add_command(_command)

if __name__ == "__main__":
    main()
