"""Invitations: whom they let in, when they end, and who may make them."""

import asyncio
from dataclasses import replace

import pytest

from server.accounts import NewAccount
from server.arrivals import InviteState
from server.errors import Conflict, Invalid, NotAllowed, NotFound
from server.inviting import Inviting, WantedInvite
from server.model import Artist, Millis, Role
from server.sessions import SignedIn
from tests.two_servers.peers import pair
from tests.two_servers.stage import Stage

PASSWORD = "correct horse battery"


def inviting(stage: Stage) -> Inviting:
    """Return the flow with a key made before: making one takes longer than most tests."""
    accounts = stage.flows.accounts
    quick = replace(accounts.keys, make_rsa=lambda: pair(0)[1:])
    found: Inviting = replace(stage.flows.inviting, accounts=replace(accounts, keys=quick))
    return found


async def with_role(stage: Stage, handle: str, role: Role, *, may_invite: int = 0) -> Artist:
    artist = replace(await stage.artist(handle), role=role)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
        await tx.invites.allow(artist.id, may_invite)
    return artist


async def join(stage: Stage, token: str, handle: str) -> SignedIn:
    return await inviting(stage).join(token, NewAccount(handle, PASSWORD, name=handle))


@pytest.mark.parametrize("token", ["", "made-up", "\udcff"])
async def test_a_made_up_link_lets_nobody_in(stage: Stage, token: str) -> None:
    with pytest.raises(NotFound, match="leads nowhere"):
        await join(stage, token, "ben")


async def test_a_link_lets_in_as_many_as_it_says(stage: Stage) -> None:
    made = await inviting(stage).make(None, WantedInvite(Role.READER, uses=2))
    for handle in ("ben", "cleo"):
        signed_in = await join(stage, made.token, handle)
        assert (signed_in.artist.handle, signed_in.artist.role) == (handle, Role.READER)
        assert await stage.flows.sessions.session(signed_in.token) is not None
    with pytest.raises(NotFound, match="used already"):
        await join(stage, made.token, "dora")
    (listed,) = await inviting(stage).all()
    assert listed.state is InviteState.USED_UP
    assert [guest.handle for guest in listed.guests] == ["ben", "cleo"]


async def test_two_who_come_at_once_by_a_link_for_one_are_one(stage: Stage) -> None:
    made = await inviting(stage).make(None, WantedInvite())
    came = await asyncio.gather(
        *(join(stage, made.token, handle) for handle in ("ben", "cleo", "dora")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, SignedIn) for one in came) == 1
    assert len(await stage.flows.accounts.all()) == 1


async def test_a_link_that_ended_lets_nobody_in(stage: Stage) -> None:
    flow = inviting(stage)
    old, ended = await flow.make(None, WantedInvite(days=2)), await flow.make(None, WantedInvite())
    await flow.revoke(None, ended.invite.id)
    with pytest.raises(NotFound, match="taken back"):
        await join(stage, ended.token, "ben")
    with pytest.raises(NotAllowed, match="ended already"):
        await flow.revoke(None, ended.invite.id)
    stage.clock.advance(hours=47)
    await flow.check(old.token)
    stage.clock.advance(hours=1)
    with pytest.raises(NotFound, match="expired"):
        await join(stage, old.token, "ben")


async def test_a_join_that_fails_uses_nothing_up(stage: Stage) -> None:
    await stage.artist("ana")
    made = await inviting(stage).make(None, WantedInvite())
    with pytest.raises(Conflict, match="taken"):
        await join(stage, made.token, "ana")
    with pytest.raises(Invalid):
        await inviting(stage).join(made.token, NewAccount("ben", "short"))
    assert (await join(stage, made.token, "ben")).artist.handle == "ben"


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (Role.OWNER, WantedInvite(Role.OWNER)),
        (Role.ADMIN, WantedInvite(Role.ADMIN)),
        (Role.MODERATOR, WantedInvite(Role.MODERATOR)),
        (Role.ARTIST, WantedInvite(Role.MODERATOR)),
        (Role.ARTIST, WantedInvite(uses=2)),
        (Role.ARTIST, WantedInvite(days=31)),
        (Role.OWNER, WantedInvite(uses=0)),
        (Role.OWNER, WantedInvite(uses=501)),
        (Role.OWNER, WantedInvite(days=366)),
        (Role.OWNER, WantedInvite(note="x" * 201)),
    ],
)
async def test_nobody_invites_beyond_what_they_may(
    stage: Stage, role: Role, wanted: WantedInvite
) -> None:
    maker = await with_role(stage, "ana", role, may_invite=3)
    with pytest.raises((Invalid, NotAllowed)):
        await inviting(stage).make(maker, wanted)
    assert await inviting(stage).all() == []


async def test_an_artist_invites_as_many_as_they_were_given(stage: Stage) -> None:
    flow = inviting(stage)
    ana = await with_role(stage, "ana", Role.ARTIST, may_invite=1)
    assert await flow.left_to(ana) == 1
    await flow.make(ana, WantedInvite())
    assert await flow.left_to(ana) == 0
    with pytest.raises(NotAllowed, match="no invitation left"):
        await flow.make(ana, WantedInvite())
    assert await flow.left_to(await with_role(stage, "otto", Role.ADMIN)) is None


async def test_a_link_ends_with_its_makers_account_or_power(stage: Stage) -> None:
    flow = inviting(stage)
    admin = await with_role(stage, "otto", Role.ADMIN)
    made = await flow.make(admin, WantedInvite(Role.MODERATOR))
    async with stage.library.transaction() as tx:
        await tx.artists.update(replace(admin, role=Role.ARTIST))
    with pytest.raises(NotFound, match="taken back"):
        await join(stage, made.token, "ben")
    suspended = replace(admin, suspended_at=stage.clock.now())
    async with stage.library.transaction() as tx:
        await tx.artists.update(suspended)
    with pytest.raises(NotFound, match="taken back"):
        await flow.check(made.token)


async def test_only_its_maker_and_those_in_charge_take_a_link_back(stage: Stage) -> None:
    flow = inviting(stage)
    ana = await with_role(stage, "ana", Role.ARTIST, may_invite=1)
    ben, otto = (
        await with_role(stage, "ben", Role.MODERATOR),
        await with_role(stage, "otto", Role.ADMIN),
    )
    made = await flow.make(ana, WantedInvite(note="for cleo"))
    with pytest.raises(NotFound):
        await flow.revoke(ben, made.invite.id)
    await flow.revoke(otto, made.invite.id)
    entries = await stage.read(lambda tx: tx.audit.page())
    assert [(one.act, one.author, one.reason) for one in entries] == [
        ("invite.revoked", "otto", "for cleo"),
        ("invite.made", "ana", "for cleo"),
    ]


async def test_where_registration_is_closed_nothing_opens(stage: Stage) -> None:
    made = await inviting(stage).make(None, WantedInvite())
    closed = replace(inviting(stage), is_open=False)
    with pytest.raises(NotFound, match="nobody new"):
        await closed.check(made.token)
    with pytest.raises(NotAllowed, match="registration"):
        await closed.make(None, WantedInvite())


async def test_the_database_holds_no_token(stage: Stage) -> None:
    made = await inviting(stage).make(None, WantedInvite())
    kept = await stage.read(lambda tx: tx.invites.by_id(made.invite.id))
    assert made.token not in repr(kept)
    assert made.token not in repr(made)


async def test_ended_links_that_nobody_used_are_forgotten(stage: Stage) -> None:
    flow = inviting(stage)
    used, unused = await flow.make(None, WantedInvite()), await flow.make(None, WantedInvite())
    await join(stage, used.token, "ben")
    later = Millis(unused.invite.expires_at + 31 * 86_400_000)
    async with stage.library.transaction() as tx:
        await tx.invites.sweep(Millis(later - 30 * 86_400_000))
    assert [one.invite.id for one in await flow.all()] == [used.invite.id]
