"""Commands about the queue: what waits, runs and was given up, and what to do about it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from server.dealings import Peer
from server.errors import Invalid
from server.main import Instance
from server.model import Job, JobId, JobKind, Millis
from server.queues import JobState, Overview
from server.shell import Commands, config_option, example, json_option, loaded, with_instance

_MOST = 100
_UNITS = ((60, "minute"), (60, "hour"), (24, "day"))  # how many of one make the next


@click.group(cls=Commands, epilog=example("fixatif jobs list"))
def jobs() -> None:
    """See and move what waits in the queue."""


@jobs.command("list", epilog=example("fixatif jobs list --state buried --kind deliver"))
@click.option(
    "--state",
    type=click.Choice([state.value for state in JobState]),
    help="List these one by one [default: those that were given up].",
)
@click.option("--kind", type=click.Choice([kind.value for kind in JobKind]), help="Only these.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=_MOST, show_default=True, help="At most."
)
@json_option
@config_option
def jobs_list(
    state: str | None, kind: str | None, limit: int, as_json: bool, config_file: Path | None
) -> None:
    """Count the jobs of each kind, name the servers that fail, and list jobs of one state."""
    wanted = JobState(state) if state else JobState.BURIED
    only = JobKind(kind) if kind else None

    async def run(instance: Instance) -> None:
        queues = instance.flows.queues
        found = await queues.overview(limit=limit)
        listed = await queues.listed(wanted, only, limit=limit)
        if as_json:
            click.echo(json.dumps(_document(found, wanted, listed), indent=2, ensure_ascii=False))
            return
        for line in (*_counts(found), *_hosts(found), *_listed(wanted, listed, found.now)):
            click.echo(line)

    with_instance(loaded(config_file), run)


@jobs.command(
    "retry",
    epilog=example("fixatif jobs retry 3761584701440\n  fixatif jobs retry --all-of peer.example"),
)
@click.argument("job", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--all-of", "host", default="", help="Everything for this server, given up or not.")
@config_option
def jobs_retry(job: int | None, host: str, config_file: Path | None) -> None:
    """Try a job, or everything for one server, now."""
    if (job is None) == (not host):
        raise click.UsageError("Name one job, or a server with --all-of.")

    async def run(instance: Instance) -> None:
        if job is not None:
            await instance.flows.queues.retry(JobId(job))
            click.echo(f"Job {job} is due now.")
            return
        count = await instance.flows.queues.retry_host(host.lower())
        if not count:
            raise Invalid(f"Nothing waits for {host}: see 'fixatif jobs list --kind deliver'.")
        click.echo(f"{_plural(count, 'job')} for {host.lower()} {_are(count)} due now.")

    with_instance(loaded(config_file), run)


@jobs.command("bury", epilog=example("fixatif jobs bury 3761584701440"))
@click.argument("job", type=click.IntRange(1, 2**63 - 1))
@config_option
def jobs_bury(job: int, config_file: Path | None) -> None:
    """Give a job up; it stays in the list until somebody retries it or a month is over."""

    async def run(instance: Instance) -> None:
        await instance.flows.queues.bury(JobId(job))
        click.echo(f"Job {job} is given up.")

    with_instance(loaded(config_file), run)


def _counts(found: Overview) -> list[str]:
    if not found.counts:
        return ["Nothing waits."]
    lines = [f"{'kind':<10} {'waiting':>9} {'running':>9} {'buried':>9}"]
    for kind, count in sorted(found.counts.items()):
        lines.append(f"{kind:<10} {count.waiting:>9,} {count.running:>9,} {count.buried:>9,}")
    if found.oldest_due is not None:
        lines.append(f"The oldest that is due waits for {_span(found.now - found.oldest_due)}.")
    return lines


def _hosts(found: Overview) -> list[str]:
    lines = [
        f"{peer.host:<30} {_standing(peer, found.now)}: {peer.reason}" for peer in found.failing
    ]
    lines += [f"{peer.host:<30} given up: {peer.reason}" for peer in found.dead]
    return ["", "Servers in trouble:", *lines] if lines else []


def _standing(peer: Peer, now: Millis) -> str:
    since = f" for {_span(now - peer.failing_since)}" if peer.failing_since else ""
    pause = peer.paused_until - now
    rest = f", paused for another {_span(pause)}" if pause > 0 else ""
    return f"failing{since}, {_plural(peer.failures, 'time')} in a row{rest}"


def _listed(state: JobState, listed: Sequence[tuple[Job, str]], now: Millis) -> list[str]:
    if not listed:
        return []
    heading = {
        JobState.WAITING: "Waiting, each server's first:",
        JobState.RUNNING: "Running:",
        JobState.BURIED: "Given up:",
    }
    return ["", heading[state], *(_line(job, reason, now) for job, reason in listed)]


def _line(job: Job, reason: str, now: Millis) -> str:
    when = f"in {_span(job.run_at - now)}" if job.run_at > now else "due"
    tries = f"{job.attempts} {'try' if job.attempts == 1 else 'tries'}"
    return f"{job.id}  {job.kind:<9} {job.queue:<30} {tries}, {when}  {reason}".rstrip()


def _document(
    found: Overview, state: JobState, listed: Sequence[tuple[Job, str]]
) -> dict[str, Any]:
    return {
        "counts": {
            kind.value: {
                "waiting": count.waiting,
                "running": count.running,
                "buried": count.buried,
            }
            for kind, count in sorted(found.counts.items())
        },
        "oldest_due": _stamp(found.oldest_due),
        "servers": [
            {
                "host": peer.host,
                "failures": peer.failures,
                "failing_since": _stamp(peer.failing_since),
                "paused_until": _stamp(peer.paused_until) if peer.paused_until else None,
                "given_up": _stamp(peer.dead_at),
                "last_seen": _stamp(peer.seen_at),
                "reason": peer.reason,
            }
            for peer in (*found.failing, *found.dead)
        ],
        state.value: [
            {
                "id": str(job.id),  # beyond what JavaScript and jq read exactly
                "kind": job.kind.value,
                "host": job.queue,
                "attempts": job.attempts,
                "due": _stamp(job.run_at),
                "reason": reason,
            }
            for job, reason in listed
        ],
    }


def _stamp(at: Millis | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="seconds")


def _span(millis: int) -> str:
    """Return a length of time as people say it: two hours less a second are two hours."""
    count, unit = (millis + 500) // 1_000, "second"
    for many, larger in _UNITS:
        if count < many:
            break
        count, unit = (count + many // 2) // many, larger
    return _plural(count, unit)


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
