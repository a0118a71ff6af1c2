"""Commands about how people come."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from server.arrivals import InviteId
from server.errors import NotFound
from server.inviting import MAX_DAYS, MAX_USES, Listed, WantedInvite
from server.main import Instance
from server.model import Millis, Role
from server.shell import Commands, config_option, example, json_option, loaded, with_instance

_MAX_ID = 2**63 - 1
_ROLES = tuple(role.value for role in Role if role is not Role.OWNER)


@click.group(cls=Commands, epilog=example("fixatif invite create --role artist --days 14"))
def invite() -> None:
    """Make and manage invitations: links with which people open accounts."""


@invite.command("create", epilog=example('fixatif invite create --uses 5 --note "The print class"'))
@click.option("--role", type=click.Choice(_ROLES), default="artist", show_default=True)
@click.option("--uses", type=click.IntRange(1, MAX_USES), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, MAX_DAYS), default=14, show_default=True)
@click.option("--note", default="", help="So that you know later whom it was for.")
@json_option
@config_option
def invite_create(
    role: str, uses: int, days: int, note: str, as_json: bool, config_file: Path | None
) -> None:
    """Make an invitation and print its link, which cannot be read again."""
    wanted = WantedInvite(Role(role), uses, days, note)

    async def run(instance: Instance) -> None:
        made = await instance.flows.inviting.make(None, wanted)
        link = f"{instance.config.base_url}/invite/{made.token}"
        if not as_json:
            click.echo(link)
            return
        until = _time(made.invite.expires_at)
        row = {"id": str(made.invite.id), "link": link, "role": role, "expires_at": until}
        click.echo(json.dumps(row, indent=2))

    with_instance(loaded(config_file), run)


@invite.command("list", epilog=example("fixatif invite list --json"))
@json_option
@config_option
def invite_list(as_json: bool, config_file: Path | None) -> None:
    """List every invitation, newest first, with who came by it."""

    async def run(instance: Instance) -> None:
        found: list[Listed] = []
        while page := await instance.flows.inviting.all(found[-1].invite.id if found else None):
            found += page
        if as_json:
            rows = [_row(one) for one in found]
            click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for one in found:
            known = one.invite
            until = _time(known.expires_at)[:10]
            click.echo(f"{known.id:<20} {known.role:<10} {one.state:<8} {until} {known.note}")

    with_instance(loaded(config_file), run)


@invite.command("revoke", epilog=example("fixatif invite revoke 117599395840000001"))
@click.argument("invite_id", metavar="ID")
@config_option
def invite_revoke(invite_id: str, config_file: Path | None) -> None:
    """Take an invitation back: its link opens nothing any more."""

    async def run(instance: Instance) -> None:
        is_id = invite_id.isdecimal() and len(invite_id) <= 19 and int(invite_id) <= _MAX_ID
        if not is_id:
            raise NotFound("There is no such invitation: 'fixatif invite list' shows all.")
        await instance.flows.inviting.revoke(None, InviteId(int(invite_id)))
        click.echo("The invitation is taken back.")

    with_instance(loaded(config_file), run)


def _row(one: Listed) -> dict[str, object]:
    return {
        "id": str(one.invite.id),
        "role": one.invite.role.value,
        "state": one.state.value,
        "note": one.invite.note,
        "uses_left": one.invite.uses_left,
        "expires_at": _time(one.invite.expires_at),
        "made_by": one.maker.handle if one.maker else None,
        "came": [guest.handle for guest in one.guests],
    }


def _time(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
