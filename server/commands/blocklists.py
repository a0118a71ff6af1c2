"""Commands about lists of servers: take in, look at, agree, end."""

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from server.blocklists import Proposal
from server.errors import Conflict, Invalid
from server.governing import MANY_FOLLOWS
from server.impact import Impact
from server.list_domains import read_listed
from server.list_keeping import Wanted
from server.list_telling import (
    applied_words,
    proposal_document,
    proposal_lines,
    shelf_document,
    shelf_lines,
)
from server.listing import KeptOut, LetIn, ListApplied, ListRemoved, ListsArranged, ListsChange
from server.lists import (
    EVERY_LIST,
    MAX_BYTES,
    BlockList,
    ListFormat,
    ListId,
    ListKind,
    ListSource,
)
from server.main import Instance
from server.shell import (
    Command,
    Commands,
    Progress,
    config_option,
    example,
    json_option,
    loaded,
    with_instance,
)

_WAITS = "It waits as a draft: see 'fixatif blocklist diff', then 'fixatif blocklist apply'."


@click.group(cls=Commands, epilog=example("fixatif blocklist list"))
def blocklist() -> None:
    """Keep lists of servers: taken in as drafts, in force once you agree."""


def _taking_options(command: Command) -> Command:
    for option in (
        click.option(
            "--leave-out-hidden", is_flag=True, help="Skip rows whose domain is hidden by stars."
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice([one.value for one in ListFormat]),
            help="How it is written [default: whatever it looks like].",
        ),
        click.option(
            "--kind",
            type=click.Choice([one.value for one in ListKind]),
            default=ListKind.BLOCK.value,
            show_default=True,
            help="What standing on it means.",
        ),
        click.option("--name", default="", help="What it is called here."),
    ):
        command = option(command)
    return command


@blocklist.command(
    "import", epilog=example("fixatif blocklist import domain_blocks.csv --name Friends")
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_taking_options
@json_option
@config_option
def import_(
    file: Path,
    name: str,
    kind: str,
    form: str | None,
    leave_out_hidden: bool,
    as_json: bool,
    config_file: Path | None,
) -> None:
    """Take a list in as a draft: CSV, JSON or FIRES, from FILE or - for what is piped in.

    A file for a list that is here already, by its --name, is its next version.
    """
    is_piped = str(file) == "-"
    with nullcontext(sys.stdin.buffer) if is_piped else file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    wanted = _wanted(name or ("" if is_piped else file.stem), kind, form, leave_out_hidden)

    async def run(instance: Instance) -> None:
        progress = Progress()
        progress.tell("Reading the list")
        one = await instance.flows.blocklists.take_in(None, data, wanted)
        progress.clear()
        await _show_what_waits(instance, one, as_json=as_json)

    with_instance(loaded(config_file), run)


@blocklist.command(
    "subscribe",
    epilog=example("fixatif blocklist subscribe https://lists.example/blocks.csv --name Coop"),
)
@click.argument("url")
@_taking_options
@json_option
@config_option
def subscribe(
    url: str,
    name: str,
    kind: str,
    form: str | None,
    leave_out_hidden: bool,
    as_json: bool,
    config_file: Path | None,
) -> None:
    """Fetch the list at URL now and once a day; each new version waits as a draft."""
    wanted = _wanted(name, kind, form, leave_out_hidden)

    async def run(instance: Instance) -> None:
        progress = Progress()
        progress.tell("Fetching the list")
        one = await instance.flows.blocklists.subscribe(None, url, wanted)
        progress.clear()
        await _show_what_waits(instance, one, as_json=as_json)

    with_instance(loaded(config_file), run)


@blocklist.command("fetch", epilog=example("fixatif blocklist fetch Coop"))
@click.argument("name", metavar="LIST")
@config_option
def fetch(name: str, config_file: Path | None) -> None:
    """Fetch a subscribed list now."""

    async def run(instance: Instance) -> None:
        lists = instance.flows.blocklists
        one = await lists.find(None, name)
        if one.source is not ListSource.ADDRESS:
            raise Invalid(f"{one.name} comes from no address: import a file for it.")
        progress = Progress()
        progress.tell("Fetching the list")
        is_waiting = await instance.flows.list_renewing.fetch(one)
        progress.clear()
        now = await lists.find(None, name)
        if now.problem:
            raise Invalid(now.problem)
        click.echo(f"{one.name} has a new version. {_WAITS}" if is_waiting else "Nothing is new.")

    with_instance(loaded(config_file), run)


@blocklist.command("list", epilog=example("fixatif blocklist list --json"))
@json_option
@config_option
def list_(as_json: bool, config_file: Path | None) -> None:
    """Show every list in the order in which they are asked, and what is kept out of them."""

    async def run(instance: Instance) -> None:
        lists = instance.flows.blocklists
        shelves, out = await lists.shelves(None), await lists.excludes(None)
        if as_json:
            _show(shelf_document(shelves, out))
        for line in () if as_json else shelf_lines(shelves, out):
            click.echo(line)

    with_instance(loaded(config_file), run)


@blocklist.command("diff", epilog=example("fixatif blocklist diff Coop"))
@click.argument("name", metavar="[LIST]", required=False, default="")
@json_option
@config_option
def diff(name: str, as_json: bool, config_file: Path | None) -> None:
    """Show what waits for a list, or for all, and what it would change here."""

    async def run(instance: Instance) -> None:
        lists = instance.flows.blocklists
        wanted = [await lists.find(None, name)] if name else []
        if not name:
            wanted = [shelf.one for shelf in await lists.shelves(None) if shelf.draft]
        found = [await _looked(instance, one.id) for one in wanted]
        if as_json:
            _show([proposal_document(*each) for each in found])
            return
        for each in found:
            for line in proposal_lines(*each):
                click.echo(line)
        if not found:
            click.echo("Nothing waits.")

    with_instance(loaded(config_file), run)


def _agreeing_options(command: Command) -> Command:
    for option in (
        click.option(
            "--confirm",
            default="",
            metavar="DOMAIN",
            help="This instance's domain, where many follows would be cut.",
        ),
        click.option("--yes", is_flag=True, help="Do not ask."),
    ):
        command = option(command)
    return command


@blocklist.command(
    "apply", epilog=example("fixatif blocklist apply Coop --exclude friend.example --yes")
)
@click.argument("name", metavar="LIST")
@click.option("--exclude", "excludes", multiple=True, metavar="DOMAIN", help="For good without it.")
@_agreeing_options
@config_option
def apply(
    name: str, excludes: tuple[str, ...], yes: bool, confirm: str, config_file: Path | None
) -> None:
    """Put what waits for a list in force, after showing what that does."""
    left_out = tuple(read_listed(domain) for domain in excludes)

    async def run(instance: Instance) -> None:
        one = await instance.flows.blocklists.find(None, name)
        proposal, _ = await _looked(instance, one.id)
        change = ListApplied(one.id, proposal.draft.made_at, left_out)
        impact = await instance.flows.governing.preview(None, change)
        effect = await instance.flows.blocklists.effect_of(None, change)
        lines = proposal_lines(proposal, impact, effect)
        typed = _agreed(lines, impact, instance, confirm, yes=yes)
        done = await instance.flows.governing.apply(None, change, typed=typed)
        click.echo(f"{one.name} is in force.{applied_words(done)}")

    with_instance(loaded(config_file), run)


@blocklist.command("discard", epilog=example("fixatif blocklist discard Coop"))
@click.argument("name", metavar="LIST")
@config_option
def discard(name: str, config_file: Path | None) -> None:
    """Drop what waits for a list; its next version waits again."""

    async def run(instance: Instance) -> None:
        one = await instance.flows.blocklists.find(None, name)
        await instance.flows.blocklists.discard(None, one.id)
        click.echo(f"What waited for {one.name} is dropped.")

    with_instance(loaded(config_file), run)


@blocklist.command("remove", epilog=example("fixatif blocklist remove Coop"))
@click.argument("name", metavar="LIST")
@_agreeing_options
@config_option
def remove(name: str, yes: bool, confirm: str, config_file: Path | None) -> None:
    """End a list or a subscription, and all that it says, after showing what that lifts."""

    async def run(instance: Instance) -> None:
        one = await instance.flows.blocklists.find(None, name)
        done = await _changed(instance, ListRemoved(one.id), confirm, yes=yes)
        click.echo(f"{one.name} is gone.{done}")

    with_instance(loaded(config_file), run)


@blocklist.command("move", epilog=example("fixatif blocklist move Coop 1"))
@click.argument("name", metavar="LIST")
@click.argument("place", type=click.IntRange(1, 1_000))
@_agreeing_options
@config_option
def move(name: str, place: int, yes: bool, confirm: str, config_file: Path | None) -> None:
    """Have a list asked at another place: the first list that says anything decides."""

    async def run(instance: Instance) -> None:
        lists = instance.flows.blocklists
        one = await lists.find(None, name)
        order = [shelf.one.id for shelf in await lists.shelves(None) if shelf.one.id != one.id]
        order.insert(place - 1, one.id)
        done = await _changed(instance, ListsArranged(tuple(order)), confirm, yes=yes)
        click.echo(f"{one.name} is asked at place {order.index(one.id) + 1}.{done}")

    with_instance(loaded(config_file), run)


@blocklist.command("exclude", epilog=example("fixatif blocklist exclude friend.example"))
@click.argument("domain")
@click.option("--list", "name", default="", help="Of this list alone [default: of all].")
@_agreeing_options
@config_option
def exclude(domain: str, name: str, yes: bool, confirm: str, config_file: Path | None) -> None:
    """Keep a domain, and what lies beneath it, out of lists for good."""
    plain = read_listed(domain)

    async def run(instance: Instance) -> None:
        change = KeptOut(await _id_of(instance, name), plain)
        done = await _changed(instance, change, confirm, yes=yes)
        click.echo(f"No {'entry of ' + name if name else 'list'} holds for {plain}.{done}")

    with_instance(loaded(config_file), run)


@blocklist.command("include", epilog=example("fixatif blocklist include friend.example"))
@click.argument("domain")
@click.option("--list", "name", default="", help="Of this list alone [default: of all].")
@_agreeing_options
@config_option
def include(domain: str, name: str, yes: bool, confirm: str, config_file: Path | None) -> None:
    """Undo 'exclude'."""
    plain = read_listed(domain)

    async def run(instance: Instance) -> None:
        list_id = await _id_of(instance, name)
        out = await instance.flows.blocklists.excludes(None)
        if not any((one.list_id, one.domain) == (list_id, plain) for one in out):
            raise Invalid(f"{plain} is not kept out: 'fixatif blocklist list' shows what is.")
        done = await _changed(instance, LetIn(list_id, plain), confirm, yes=yes)
        click.echo(f"Lists may speak of {plain} again.{done}")

    with_instance(loaded(config_file), run)


async def _show_what_waits(instance: Instance, one: BlockList, *, as_json: bool) -> None:
    shelves = await instance.flows.blocklists.shelves(None)
    shelf = next(shelf for shelf in shelves if shelf.one.id == one.id)
    if as_json:
        _show(shelf_document([shelf], [])["lists"][0])
        return
    if shelf.draft is None:
        click.echo(f"{one.name} is as it was: nothing waits.")
        return
    draft = shelf.draft
    counts = f"{draft.added:,} added, {draft.changed:,} changed, {draft.removed:,} removed"
    click.echo(f"{one.name}: {counts}. {_WAITS}")
    proposal = await instance.flows.blocklists.proposal(None, one.id)
    for remark in proposal.draft.remarks:
        click.echo(f"  {remark}")


async def _looked(instance: Instance, list_id: ListId) -> tuple[Proposal, Impact]:
    proposal = await instance.flows.blocklists.proposal(None, list_id)
    change = ListApplied(list_id, proposal.draft.made_at)
    return proposal, await instance.flows.governing.preview(None, change)


async def _id_of(instance: Instance, name: str) -> ListId:
    return (await instance.flows.blocklists.find(None, name)).id if name else EVERY_LIST


async def _changed(instance: Instance, change: ListsChange, confirm: str, *, yes: bool) -> str:
    """Show what a change does, ask, and make it; return what became of follows."""
    effect = await instance.flows.blocklists.effect_of(None, change)
    impact = await instance.flows.governing.preview(None, change)
    lines = proposal_lines(None, impact, effect)
    typed = _agreed(lines, impact, instance, confirm, yes=yes)
    return applied_words(await instance.flows.governing.apply(None, change, typed=typed))


def _agreed(
    lines: Sequence[str], impact: Impact, instance: Instance, confirm: str, *, yes: bool
) -> str:
    """Ask on a terminal, unless told not to; return the domain where it was typed."""
    if yes:
        return confirm
    for line in lines:
        click.echo(line)
    if not sys.stdin.isatty():
        raise Conflict("Nothing was changed: agree with --yes, once you have read what it does.")
    if len(impact.severed_follows) > MANY_FOLLOWS:
        domain = instance.config.instance.domain
        typed: str = confirm or click.prompt(f"Type {domain} to go on", default="")
        return typed
    if not click.confirm("Go on?"):
        raise Conflict("Nothing was changed.")
    return confirm


def _wanted(name: str, kind: str, form: str | None, leaves_out_hidden: bool) -> Wanted:
    return Wanted(name, ListKind(kind), ListFormat(form) if form else None, leaves_out_hidden)


def _show(document: Any) -> None:  # noqa: ANN401 - JSON is anything
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
