"""Commands about artists: their accounts, and what they hang and follow, from the shell."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from server.accounts import NewAccount
from server.drafts import Draft, Upload, read_tags
from server.errors import Invalid
from server.licences import LICENCES
from server.main import Instance
from server.model import AiLabel, Artist, JobKind, Role, Visibility, Work, WorkId, WorkState
from server.ports import StoredFile
from server.shell import (
    Commands,
    config_option,
    example,
    json_option,
    loaded,
    password,
    with_instance,
)
from server.values import dataclass
from server.worker import Worker

_POLL_SECONDS = 0.2


@click.group(
    cls=Commands, epilog=example("fixatif account create ana --role artist --password-stdin")
)
def account() -> None:
    """Make and manage accounts."""


@account.command(
    "create", epilog=example("pass show ana | fixatif account create ana --password-stdin")
)
@click.argument("handle")
@click.option("--email", default="")
@click.option("--name", default="", help="As shown to people.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="artist")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from stdin.")
@config_option
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
    wanted = NewAccount(handle, password(), Role(role), name, email)

    async def run(instance: Instance) -> None:
        made = await instance.flows.accounts.open(wanted)
        click.echo(instance.flows.addresses.portfolio(made.handle))

    with_instance(loaded(config_file), run)


@account.command("list", epilog=example("fixatif account list --json"))
@json_option
@config_option
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
                "ends_at": artist.ends_at,
                "silenced": artist.silenced_at is not None,
            }
            for artist in found
        ]
        if as_json:
            click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for row in rows:
            state = "being deleted" if row["ends_at"] else "suspended" if row["suspended"] else ""
            click.echo(f"{row['handle']:<30} {row['role']:<10} {row['name']}  {state}".rstrip())

    with_instance(loaded(config_file), run)


@account.command("role", epilog=example("fixatif account role ana moderator"))
@click.argument("handle")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@config_option
def account_role(handle: str, role: str, config_file: Path | None) -> None:
    """Give an account another role."""

    async def run(instance: Instance) -> None:
        changed = await instance.flows.accounts.set_role(handle, Role(role))
        click.echo(f"{changed.handle} is {changed.role} now.")

    with_instance(loaded(config_file), run)


@account.command("password", epilog=example("fixatif account password ana --password-stdin"))
@click.argument("handle")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from stdin.")
@config_option
def account_password(handle: str, password_stdin: bool, config_file: Path | None) -> None:
    """Set a new password and sign the account out everywhere."""
    del password_stdin
    wanted = password()

    async def run(instance: Instance) -> None:
        artist = await instance.flows.accounts.named(handle)
        await instance.flows.sessions.set_password(artist, wanted)
        click.echo("The password is set; every browser was signed out.")

    with_instance(loaded(config_file), run)


@account.command("suspend", epilog=example("fixatif account suspend ana"))
@click.argument("who")
@click.option("--reason", default="", help="For the log.")
@click.option("--undo", is_flag=True, help="Let them back in.")
@config_option
def account_suspend(who: str, reason: str, undo: bool, config_file: Path | None) -> None:
    """Hide somebody whole: an account here (HANDLE), or elsewhere (@name@server.example)."""

    async def run(instance: Instance) -> None:
        members = instance.flows.members
        found = await members.suspend(None, await members.find(who), reason, is_on=not undo)
        click.echo(f"{found.address} is {'back' if undo else 'suspended'}.")

    with_instance(loaded(config_file), run)


@account.command("silence", epilog=example("fixatif account silence @bo@other.example"))
@click.argument("who")
@click.option("--reason", default="", help="For the log.")
@click.option("--undo", is_flag=True, help="End the silence.")
@config_option
def account_silence(who: str, reason: str, undo: bool, config_file: Path | None) -> None:
    """Keep somebody out of public lists; followers and links still work."""

    async def run(instance: Instance) -> None:
        members = instance.flows.members
        found = await members.silence(None, await members.find(who), reason, is_on=not undo)
        click.echo(f"{found.address} is {'heard again' if undo else 'silenced'}.")

    with_instance(loaded(config_file), run)


@account.command("rotate-key", epilog=example("fixatif account rotate-key ana"))
@click.argument("handle")
@config_option
def account_rotate_key(handle: str, config_file: Path | None) -> None:
    """Give an account new signing keys and tell followers; the old ones stop counting."""

    async def run(instance: Instance) -> None:
        accounts = instance.flows.accounts
        artist = await accounts.named(handle)
        actor = await accounts.keys.rotate(artist)
        instance.flows.signing.forget(actor.id)
        click.echo(f"{artist.handle} signs with {actor.key_id} from now on.")

    with_instance(loaded(config_file), run)


@account.command("move", epilog=example("fixatif account move ana @ana@new.example"))
@click.argument("handle")
@click.argument("address")
@config_option
def account_move(handle: str, address: str, config_file: Path | None) -> None:
    """Move an account's followers to another one, which must name it as its former account."""

    async def run(instance: Instance) -> None:
        flows = instance.flows
        artist = await flows.accounts.named(handle)
        met = await flows.remote.by_address(address)
        target = await flows.remote.actor(met.uri, afresh=True)
        await flows.moving.move(artist, target)
        click.echo(f"{artist.handle} has moved to @{target.address}; followers are told.")

    with_instance(loaded(config_file), run)


@click.command(
    epilog=example('fixatif publish ana sea.jpg --title "Sea" --alt "Waves, in blue ink"')
)
@click.argument("handle")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--title", default="")
@click.option("--series", default="", help="Its title; a new one is begun where there is none.")
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
@click.option(
    "--licence",
    type=click.Choice(["all-rights-reserved", *(one.key for one in LICENCES if one.key)]),
    default="all-rights-reserved",
)
@click.option("--camera", is_flag=True, help="Show camera, lens and settings; never the place.")
@click.option("--sensitive", default="", help="The reason, where a work is sensitive.")
@click.option("--quiet", is_flag=True, help="Hang it without telling followers.")
@config_option
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
        licence=facts["licence"].removeprefix("all-rights-reserved"),
        shows_camera=facts["camera"],
    )
    if len(facts["alts"]) > len(files):
        raise Invalid("There are more descriptions than files: give one --alt for each file.")
    wanted = _Wanted(handle, files, facts["alts"], facts["series"])
    with_instance(loaded(config_file), lambda it: _publish(it, wanted, draft))


@click.command(epilog=example("fixatif follow ana @bo@other.example"))
@click.argument("handle")
@click.argument("address")
@config_option
def follow(handle: str, address: str, config_file: Path | None) -> None:
    """Follow somebody, here or on another server."""

    async def run(instance: Instance) -> None:
        artist = await instance.flows.accounts.named(handle)
        whom = await instance.flows.remote.by_address(address)
        state = await instance.flows.following.follow(artist, whom)
        click.echo(f"{handle} follows {whom.address}: {state}.")

    with_instance(loaded(config_file), run)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose files are to hang, and in which series."""

    handle: str
    files: Sequence[Path]
    alts: Sequence[str]
    series: str


async def _publish(instance: Instance, wanted: _Wanted, draft: Draft) -> None:
    flows, alts = instance.flows, wanted.alts
    artist = await flows.accounts.named(wanted.handle)
    uploads = [
        Upload(await _received(instance, file), file.name, alts[index] if index < len(alts) else "")
        for index, file in enumerate(wanted.files)
    ]
    if wanted.series:
        draft = replace(draft, series=((await flows.series.named(artist, wanted.series)).id,))
    work = await flows.publishing.receive(artist, draft, uploads)
    made = await _made(instance, artist, work.id)
    if made.state is WorkState.FAILED:
        await flows.publishing.withdraw(artist, work.id)
        raise Invalid(made.problem)
    click.echo(flows.addresses.work_page(artist.handle, made))


async def _made(instance: Instance, artist: Artist, work_id: WorkId) -> Work:
    """Make a work's pictures, here or in a server that claims the job first; return the work."""
    whole = instance.worker
    worker = Worker(whole.library, whole.clock, whole.bus, whole.runs, {JobKind.PICTURES: 1})
    while True:
        await worker.drain()
        work = await instance.flows.viewing.own(artist, work_id)
        if work.state is not WorkState.PROCESSING:
            return work
        await asyncio.sleep(_POLL_SECONDS)


async def _received(instance: Instance, file: Path) -> StoredFile:
    async def chunks() -> AsyncIterator[bytes]:
        yield await asyncio.to_thread(file.read_bytes)

    most = instance.config.media.max_upload_bytes
    return await instance.flows.media.receive(chunks(), max_bytes=most)
