"""Commands about the policy: read it, change it, go back, ask why."""

import difflib
import json
import sys
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from server.changes import NewPolicy, Revert
from server.condition_text import read_condition
from server.domains import read_domain
from server.errors import Invalid, NotFound
from server.explaining import document_of, explain, lines_of
from server.impact import Applied
from server.main import Instance
from server.model import AiLabel, PolicyVersion, RenditionName, Visibility
from server.phrasing import sentence_of
from server.policy import Policy, compile_policy
from server.policy_text import MAX_POLICY_CHARACTERS, read_policy
from server.rulechecks import check, refuse_lock_out
from server.rules import (
    Address,
    ConditionKind,
    Door,
    Facts,
    Follows,
    InboundFacts,
    MediaFacts,
    Medium,
    OutboundFacts,
    Proof,
    WebFacts,
)
from server.shell import (
    Command,
    Commands,
    config_option,
    example,
    json_option,
    loaded,
    with_instance,
)
from server.tiers import Standing, Tier
from server.visitors import Crawlers, VisitorClass, VisitorFacts, classify

_MOST_VERSIONS = 50


def typed_option(command: Command) -> Command:
    """Give a command the domain that must be typed where many follows would be cut."""
    return click.option(
        "--domain", "typed", default="", help="This instance's, where many follows would be cut."
    )(command)


@click.group(cls=Commands, epilog=example("fixatif policy show > policy.toml"))
def policy() -> None:
    """See, change and question the house rules."""


@policy.command("show", epilog=example("fixatif policy show --version 3"))
@click.option("--version", "number", type=click.IntRange(1), help="This one [default: in force].")
@click.option("--sentences", is_flag=True, help="The rules in plain words.")
@json_option
@config_option
def policy_show(
    number: int | None, sentences: bool, as_json: bool, config_file: Path | None
) -> None:
    """Print the policy as TOML, as `policy apply` reads it."""

    async def run(instance: Instance) -> None:
        found = await _version(instance, number)
        if as_json:
            click.echo(json.dumps(_version_document(found), indent=2, ensure_ascii=False))
        elif sentences:
            for at, rule in enumerate(read_policy(found.toml).rules, 1):
                shadow = " (only logged)" if rule.shadow else ""
                click.echo(f"{at}. {sentence_of(rule)}{shadow} “{rule.because}”")
        else:
            click.echo(found.toml, nl=False)

    with_instance(loaded(config_file), run)


@policy.command("history", epilog=example("fixatif policy history --differences"))
@click.option("--differences", is_flag=True, help="With what each version changed.")
@json_option
@config_option
def policy_history(differences: bool, as_json: bool, config_file: Path | None) -> None:
    """List the versions, newest first: who changed the policy, when and why."""

    async def run(instance: Instance) -> None:
        async with instance.seams.library.reading() as tx:
            found = await tx.policies.history(limit=_MOST_VERSIONS)
        if as_json:
            documents = [_version_document(one) for one in found]
            click.echo(json.dumps(documents, indent=2, ensure_ascii=False))
            return
        for one, before in zip(found, [*found[1:], None], strict=True):
            click.echo(_heading(one))
            if differences and before is not None:
                click.echo("".join(f"    {line}\n" for line in _difference(before, one)), nl=False)

    with_instance(loaded(config_file), run)


@policy.command("apply", epilog=example('fixatif policy apply policy.toml --reason "No bots."'))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--reason", default="", help="Why; kept with the version.")
@typed_option
@click.option("--check", "only_check", is_flag=True, help="Only say what is wrong with it.")
@config_option
def policy_apply(
    file: Path, reason: str, typed: str, only_check: bool, config_file: Path | None
) -> None:
    """Put a policy in force, from a FILE or from the standard input (-)."""
    text = read_file(file)

    async def run(instance: Instance) -> None:
        _tell_concerns(read_policy(text))
        if only_check:
            click.echo("This policy can be applied.")
            return
        applied = await instance.flows.governing.apply(None, NewPolicy(text), reason, typed=typed)
        click.echo(_told(applied))

    with_instance(loaded(config_file), run)


@policy.command("revert", epilog=example("fixatif policy revert 3"))
@click.argument("number", metavar="VERSION", type=click.IntRange(1))
@click.option("--reason", default="", help="Why; kept with the version.")
@typed_option
@config_option
def policy_revert(number: int, reason: str, typed: str, config_file: Path | None) -> None:
    """Put an earlier VERSION in force again, as a new version."""

    async def run(instance: Instance) -> None:
        found = await _version(instance, number)
        _tell_concerns(read_policy(found.toml))
        applied = await instance.flows.governing.apply(None, Revert(number), reason, typed=typed)
        click.echo(_told(applied))

    with_instance(loaded(config_file), run)


@policy.command(
    "explain",
    epilog=example(
        "fixatif policy explain web --agent GPTBot/1.2 --path /@ana\n"
        "  fixatif policy explain inbound --peer mastodon.example --type Create --ai generated"
    ),
)
@click.argument("door", type=click.Choice([str(door) for door in Door]))
@click.option("--as", "visitor", type=click.Choice([str(each) for each in VisitorClass]))
@click.option("--agent", default="", help="User agent; says the class where --as does not.")
@click.option("--address", default="", help="Of the visitor, such as 192.0.2.7.")
@click.option("--path", default="/", help="What is asked for.")
@click.option("--peer", default="", help="The other server's domain.")
@click.option("--tier", type=click.Choice([str(each) for each in Tier]), help="Instead of its own.")
@click.option(
    "--rendition", type=click.Choice([str(each) for each in RenditionName]), default="view"
)
@click.option("--proof", type=click.Choice([str(each) for each in Proof]), default="none")
@click.option("--token", default="", help="Domain that the picture's address was given to.")
@click.option("--actor", default="", help="name@example.org, or their address.")
@click.option("--type", "kind", default="", help="Of the activity, such as Create.")
@click.option("--ai", type=click.Choice([str(each) for each in AiLabel]))
@click.option("--media", multiple=True, type=click.Choice([str(each) for each in Medium]))
@click.option("--hashtag", multiple=True)
@click.option("--age-days", type=click.IntRange(0), help="Age of the account.")
@click.option("--follows", multiple=True, type=click.Choice([str(each) for each in Follows]))
@click.option("--visibility", type=click.Choice([str(each) for each in Visibility]))
@click.option("--sensitive/--not-sensitive", default=None)
@click.option("--version", "number", type=click.IntRange(1), help="Ask this version instead.")
@json_option
@config_option
def policy_explain(
    door: str,
    number: int | None,
    as_json: bool,
    config_file: Path | None,
    **asked: Any,  # noqa: ANN401 - one a fact
) -> None:
    """Say what the policy answers at a DOOR, by which rule, and why."""

    async def run(instance: Instance) -> None:
        now = instance.flows.house.now
        compiled, version = now.compiled, now.version.version
        if number is not None:
            found = await _version(instance, number)
            compiled, version = compile_policy(read_policy(found.toml)), number
        peer = read_domain(asked["peer"]) if asked["peer"] else ""
        standing = now.tiers.standing_of(peer) if peer and not asked["tier"] else None
        facts = _facts(Door(door), asked, peer, standing, instance.flows.crawlers.now)
        explained = explain(facts, compiled, version, standing)
        if as_json:
            click.echo(json.dumps(document_of(explained), indent=2, ensure_ascii=False))
            return
        for line in lines_of(explained):
            click.echo(line)

    with_instance(loaded(config_file), run)


async def _version(instance: Instance, number: int | None) -> PolicyVersion:
    if number is None:
        return instance.flows.house.now.version
    async with instance.seams.library.reading() as tx:
        found = await tx.policies.version(number)
    if found is None:
        raise NotFound(f"There is no version {number}: see 'fixatif policy history'.")
    return found


def _told(applied: Applied) -> str:
    if not applied.is_changed:
        return f"Nothing changed: version {applied.version} of the policy says the same."
    said = [f"Version {applied.version} of the policy is in force."]
    if applied.severed:
        said.append(f"{applied.severed} follows are suspended for 7 days, then cut.")
    if applied.restored:
        said.append(f"{applied.restored} follows are restored.")
    return " ".join(said)


def _tell_concerns(checked: Policy) -> None:
    """Say on stderr what is wrong with a policy; raise `Invalid` where it cannot be applied."""
    refuse_lock_out(checked)
    for concern in check(checked):
        click.echo(f"Careful: {concern.message}", err=True)


def read_file(file: Path) -> str:
    """Return a policy's text; `-` is the standard input. Raise `Invalid` where it is none."""
    if str(file) == "-":
        raw = sys.stdin.buffer.read(4 * MAX_POLICY_CHARACTERS + 1)
    else:
        with file.open("rb") as opened:
            raw = opened.read(4 * MAX_POLICY_CHARACTERS + 1)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        raise Invalid(f"{file} is no text in UTF-8: save it as that.") from cause
    if not text.strip():
        raise Invalid("This policy is empty. `fixatif policy show` prints the one in force.")
    return text


def _heading(one: PolicyVersion) -> str:
    at = datetime.fromtimestamp(one.created_at / 1_000, UTC).strftime("%Y-%m-%d %H:%M")
    who = f"@{one.author}" if one.author else "at the command line"
    return f"{one.version}  {at}  {who}  {one.reason}".rstrip()


def _difference(before: PolicyVersion, after: PolicyVersion) -> list[str]:
    old, new = before.toml.splitlines(), after.toml.splitlines()
    return list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]


def _version_document(one: PolicyVersion) -> dict[str, object]:
    return {
        "version": one.version,
        "created_at": datetime.fromtimestamp(one.created_at / 1_000, UTC).isoformat(),
        "author": one.author,
        "reason": one.reason,
        "toml": one.toml,
    }


def _facts(
    door: Door,
    asked: dict[str, Any],
    peer: str,
    standing: Standing | None,
    crawlers: Crawlers,
) -> Facts:
    """Return the facts that the options describe, with their values as rules spell them."""
    tier = Tier(asked["tier"]) if asked["tier"] else standing.tier if standing else None
    label = AiLabel(asked["ai"]) if asked["ai"] else None
    if door is Door.WEB:
        visitor = _visitor(asked, peer, crawlers)
        address = _address(asked["address"])
        return WebFacts(visitor, asked["agent"], asked["path"], peer, tier, address)
    if door is Door.MEDIA:
        return MediaFacts(
            _visitor(asked, peer, crawlers),
            RenditionName(asked["rendition"]),
            asked["agent"],
            _address(asked["address"]),
            Proof(asked["proof"]),
            tier,
            read_domain(asked["token"]) if asked["token"] else "",
        )
    if not peer and not asked["actor"]:
        raise click.UsageError(f"Name the other server with --peer at the door {door}.")
    if door is Door.OUTBOUND:
        visibility = Visibility(asked["visibility"]) if asked["visibility"] else None
        return OutboundFacts(peer, asked["kind"], tier, visibility, label, asked["sensitive"])
    actor = read_condition(ConditionKind.ACTOR, asked["actor"]).values[0] if asked["actor"] else ""
    tags = (read_condition(ConditionKind.HASHTAG, one).values[0] for one in asked["hashtag"])
    is_address = actor.startswith(("https://", "http://"))
    return InboundFacts(
        peer=peer or actor.rpartition("@")[2],
        type=asked["kind"],
        ai_label=label,
        tier=tier,
        actor="" if is_address else actor,
        actor_uri=actor if is_address else "",
        media=frozenset(asked["media"]),
        hashtags=frozenset(tags),
        account_age_days=asked["age_days"],
        follows=frozenset(asked["follows"]),
    )


def _visitor(asked: dict[str, Any], peer: str, crawlers: Crawlers) -> VisitorClass:
    if asked["visitor"]:
        return VisitorClass(asked["visitor"])
    return classify(
        VisitorFacts(asked["agent"], asked["path"], has_peer_signature=bool(peer)), crawlers
    )


def _address(text: str) -> Address | None:
    try:
        return ip_address(text) if text else None
    except ValueError as cause:
        raise Invalid(f"{text[:60]!r} is no address; write one like 192.0.2.7.") from cause
