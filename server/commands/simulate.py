"""The dry run from the shell: what a policy would do, before it is applied."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from server.changes import NewPolicy
from server.commands.policy import read_file
from server.governing import MANY_FOLLOWS, USUAL_DAYS
from server.impact import CrawlerImpact, Impact, SeveredFollow, document_of
from server.main import Instance
from server.shell import Progress, config_option, example, json_option, loaded, with_instance
from server.simulation import MOST_DAYS

_SHOWN = 20  # lines of each list; --json has all
_WIDTH = 60  # of a rule with what it does: with two numbers a line of a terminal
_BAR = 30  # characters
_KIB = 1_024


@click.command(
    "simulate",
    epilog=example(
        "fixatif policy simulate policy.toml --days 30\n"
        "  fixatif policy show | fixatif policy simulate - --json"
    ),
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=USUAL_DAYS,
    show_default=True,
    help="How much of what was recorded it is tried on.",
)
@json_option
@config_option
def policy_simulate(file: Path, days: int, as_json: bool, config_file: Path | None) -> None:
    """Say what a policy would do, from a FILE or the standard input (-). Changes nothing."""
    text = read_file(file)

    async def run(instance: Instance) -> None:
        progress = Progress()
        try:
            impact = await instance.flows.governing.preview(
                None, NewPolicy(text), days, lambda done, whole: progress.tell(_bar(done, whole))
            )
        finally:
            progress.clear()
        if as_json:
            click.echo(json.dumps(document_of(impact), indent=2, ensure_ascii=False))
            return
        for line in _lines(impact):
            click.echo(line)

    with_instance(loaded(config_file), run)


def _bar(done: int, whole: int) -> str:
    filled = _BAR * done // max(whole, 1)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {100 * done // max(whole, 1)} %"


def _lines(impact: Impact) -> Iterator[str]:
    replay = impact.replay
    yield (
        f"The last {_plural(impact.days, 'day')}, against version {impact.version}: "
        f"{_plural(replay.activities, 'activity', 'activities')} and "
        f"{_plural(replay.requests, 'request')}."
    )
    yield (
        f"{replay.changed:,} would be treated otherwise: {replay.newly_refused:,} newly refused, "
        f"{replay.newly_allowed:,} newly allowed."
    )
    yield from _rules(impact)
    yield from _peers(impact)
    yield from _artists(impact)
    yield from _visitors("Crawlers", impact.replay.crawlers)
    yield from _visitors("Other visitors", impact.replay.people)
    yield from _follows("Follows that would be cut", impact.severed_follows)
    yield from _follows("Suspended follows that would come back", impact.restored_follows)
    yield from _samples(impact)
    if len(impact.severed_follows) > MANY_FOLLOWS:
        yield "\nApplying it asks for the domain of this instance to be typed."
    for sentence in (*impact.warnings, *impact.caveats):
        yield f"Careful: {sentence}"


def _rules(impact: Impact) -> Iterator[str]:
    if impact.replay.by_rule:
        yield f"\n{'By rule':{_WIDTH}}{'today':>10}{'then':>10}"
    for each in impact.replay.by_rule[:_SHOWN]:
        what = f"would be logged: {each.action}" if each.is_logged else each.action
        line = f"{each.door}: {each.rule or '(no rule)'}"[: _WIDTH - len(what) - 3]
        yield f"{f'{line}, {what}':{_WIDTH}}{each.before:>10,}{each.after:>10,}"


def _peers(impact: Impact) -> Iterator[str]:
    changed = [each for each in impact.replay.by_peer if each.toll.changed]
    if changed:
        yield f"\n{'By server':44}{'all':>10}{'refused':>10}{'then':>10}"
    for each in changed[:_SHOWN]:
        toll, tier = each.toll, f"{each.tier_before} → {each.tier_after}"
        name = each.peer if each.tier_before is each.tier_after else f"{each.peer} ({tier})"
        yield f"{name[:43]:44}{toll.total:>10,}{toll.refused_before:>10,}{toll.refused_after:>10,}"


def _artists(impact: Impact) -> Iterator[str]:
    changed = [each for each in impact.replay.by_artist if each.toll.changed]
    if changed:
        yield f"\n{'By artist':44}{'all':>10}{'refused':>10}{'then':>10}"
    for each in changed[:_SHOWN]:
        toll = each.toll
        yield (
            f"{f'@{each.handle}'[:43]:44}{toll.total:>10,}"
            f"{toll.refused_before:>10,}{toll.refused_after:>10,}"
        )


def _visitors(title: str, visitors: tuple[CrawlerImpact, ...]) -> Iterator[str]:
    if visitors:
        yield f"\n{title:34}{'requests':>10}{'KiB':>10}{'refused':>10}{'then':>10}"
    for each in visitors[:_SHOWN]:
        name = f"{each.crawler} ({each.visitor})" if each.crawler else str(each.visitor)
        yield (
            f"{name[:33]:34}{each.requests:>10,}{each.bytes // _KIB:>10,}"
            f"{each.refused_before:>10,}{each.refused_after:>10,}"
        )


def _follows(title: str, follows: tuple[SeveredFollow, ...]) -> Iterator[str]:
    if not follows:
        return
    yield f"\n{title}: {len(follows):,}"
    for each in follows[:_SHOWN]:
        ends = f"@{each.remote} → @{each.local}", f"@{each.local} → @{each.remote}"
        yield f"  {ends[0] if each.is_theirs else ends[1]}  ({each.rule or 'no rule'})"
    if len(follows) > _SHOWN:
        yield f"  and {len(follows) - _SHOWN:,} more: --json lists them all"


def _samples(impact: Impact) -> Iterator[str]:
    if impact.replay.samples:
        yield "\nExamples"
    for each in impact.replay.samples:
        change = each.before if each.before == each.after else f"{each.before} → {each.after}"
        who = each.who or each.peer
        yield f"  {each.door}: {who} {each.what}: {change} ({each.rule_after or each.rule_before})"


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
