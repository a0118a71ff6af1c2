"""Commands about the list that is made here: what we say of others, and who may read it."""

from pathlib import Path

import click

from server.blocklist_fires import LABELS
from server.commands.blocklists import blocklist
from server.lists import ListEntry, Severity
from server.main import Instance
from server.shell import config_option, example, loaded, with_instance

__all__ = ["blocklist"]  # with the commands of this module in it

_SAYABLE = (Severity.SUSPEND, Severity.SILENCE, Severity.NOOP)
_WAITS = "It waits as a draft: see 'fixatif blocklist diff', then 'fixatif blocklist apply'."


@blocklist.command(
    "say",
    epilog=example(
        "fixatif blocklist say scraper.example --reason 'Feeds works to trainers.'"
        " --label ai-scraper --public"
    ),
)
@click.argument("domain")
@click.option(
    "--severity",
    type=click.Choice([one.value for one in _SAYABLE]),
    default=Severity.SUSPEND.value,
    show_default=True,
    help="suspend refuses, silence limits, noop only names.",
)
@click.option("--reason", default="", help="Why, in public.")
@click.option("--note", default="", help="Why, for those who run this place alone.")
@click.option("--label", "labels", multiple=True, type=click.Choice(list(LABELS)), help="What for.")
@click.option("--public", "is_public", is_flag=True, help="Show it in the export and the feed.")
@config_option
def say(
    domain: str,
    severity: str,
    reason: str,
    note: str,
    labels: tuple[str, ...],
    is_public: bool,
    config_file: Path | None,
) -> None:
    """Put a domain on our own list."""
    entry = ListEntry(
        domain, Severity(severity), reason, note, tuple(dict.fromkeys(labels)), is_public=is_public
    )

    async def run(instance: Instance) -> None:
        own = await instance.flows.own_list.say(None, entry)
        click.echo(f"{own.name} says {severity} of {domain}. {_WAITS}")

    with_instance(loaded(config_file), run)


@blocklist.command("unsay", epilog=example("fixatif blocklist unsay scraper.example"))
@click.argument("domain")
@config_option
def unsay(domain: str, config_file: Path | None) -> None:
    """Take a domain off our own list."""

    async def run(instance: Instance) -> None:
        own = await instance.flows.own_list.unsay(None, domain)
        click.echo(f"{own.name} says nothing of {domain}. {_WAITS}")

    with_instance(loaded(config_file), run)


@blocklist.command("publish", epilog=example("fixatif blocklist publish on"))
@click.argument("switch", type=click.Choice(["on", "off"]))
@config_option
def publish_list(switch: str, config_file: Path | None) -> None:
    """Publish our own list for others to subscribe to, or stop that."""

    async def run(instance: Instance) -> None:
        await instance.flows.list_feed.switch(None, is_on=switch == "on")
        base = instance.config.base_url
        click.echo(
            f"It stands at {base}/datasets/own and {base}/datasets/own.csv."
            if switch == "on"
            else "It is published no more."
        )

    with_instance(loaded(config_file), run)


@blocklist.command("export", epilog=example("fixatif blocklist export -o our-list.csv"))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File [default: stdout].")
@config_option
def export(output: Path | None, config_file: Path | None) -> None:
    """Write what our own list says in public as CSV that Mastodon reads."""
    texts: list[str] = []

    async def run(instance: Instance) -> None:
        texts.append(await instance.flows.list_feed.export(None))

    with_instance(loaded(config_file), run)
    if output is None:
        click.echo(texts[0], nl=False)
        return
    output.write_text(texts[0], encoding="utf-8")
    click.echo(f"Written to {output}.")
