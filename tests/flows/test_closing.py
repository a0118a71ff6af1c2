"""The end of an instance: announced by an owner, taken back until the day, carried out whole."""

from dataclasses import replace
from typing import Any

import pytest

from server.closing import Plan
from server.ending import Closing, ClosingState
from server.errors import Invalid, NotAllowed, NotFound
from server.model import Artist, Role
from tests.flows.dealings import ANA, sent, told
from tests.flows.test_inviting import inviting
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
NEW = Peer("ana", "new.test", 2)
PASSWORD = "correct horse battery"
PLAN = Plan("art.test", 10, "Thank you all.")


async def owner(stage: Stage) -> Artist:
    artist = replace(await stage.artist("otto"), role=Role.OWNER)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def now(stage: Stage) -> Closing | None:
    found: Closing | None = (await stage.flows.closings.status())[0]
    return found


async def day_comes(stage: Stage) -> None:
    stage.clock.advance(hours=24 * 10)
    await stage.drain()


async def until_silent(stage: Stage) -> None:
    for _ in range(20):
        stage.clock.advance(hours=1)
        await stage.drain()


@pytest.mark.parametrize(
    ("plan", "password", "field"),
    [
        (replace(PLAN, domain="art.tes"), PASSWORD, "domain"),
        (replace(PLAN, domain=""), PASSWORD, "domain"),
        (replace(PLAN, days=6), PASSWORD, "days"),
        (replace(PLAN, days=366), PASSWORD, "days"),
        (replace(PLAN, words="x" * 1_001), PASSWORD, "words"),
        (PLAN, "wrong horse", "password"),
    ],
)
async def test_nothing_is_announced_by_chance(
    stage: Stage, plan: Plan, password: str, field: str
) -> None:
    otto = await owner(stage)
    with pytest.raises(Invalid) as caught:
        await stage.flows.closings.announce(otto, password, plan)
    assert caught.value.field == field
    assert await now(stage) is None


async def test_nobody_but_an_owner_closes_or_keeps_a_place(stage: Stage) -> None:
    otto = await owner(stage)
    admin = replace(await stage.artist("ada"), role=Role.ADMIN)
    with pytest.raises(NotFound):
        await stage.flows.closings.announce(admin, PASSWORD, PLAN)
    await stage.flows.closings.announce(otto, PASSWORD, PLAN)
    with pytest.raises(NotFound):
        await stage.flows.closings.cancel(admin, PASSWORD)
    with pytest.raises(NotAllowed):
        await stage.flows.closings.announce(otto, PASSWORD, PLAN)


async def test_everybody_is_told_and_nobody_new_comes(stage: Stage) -> None:
    otto, ana = await owner(stage), await stage.artist("ana")
    await stage.flows.closings.announce(otto, PASSWORD, PLAN)
    assert await told(stage, ana) == ["closing"]
    assert stage.flows.closing_now.now == await now(stage)
    with pytest.raises(NotFound, match="nobody new"):
        await inviting(stage).check("anything")


async def test_what_was_taken_back_never_happens(stage: Stage) -> None:
    otto, ana = await owner(stage), await stage.artist("ana")
    closings = stage.flows.closings
    with pytest.raises(NotAllowed):
        await closings.cancel(otto, PASSWORD)
    await closings.announce(otto, PASSWORD, PLAN)
    with pytest.raises(Invalid):
        await closings.cancel(otto, "wrong horse")
    await closings.cancel(otto, PASSWORD)
    await closings.announce(otto, PASSWORD, replace(PLAN, days=40))  # anew, for another day
    await day_comes(stage)
    found = await now(stage)
    assert found is not None
    assert found.state is ClosingState.ANNOUNCED
    assert (await stage.flows.viewing.artist("ana"))[0].id == ana.id


async def test_on_the_day_accounts_move_or_are_deleted_and_the_world_is_told(
    stage: Stage,
) -> None:
    otto, ana, ben = await owner(stage), await stage.artist("ana"), await stage.artist("ben")
    await stage.befriend(BOB, ana)
    await stage.befriend(BOB, ben)
    await stage.flows.closings.announce(otto, PASSWORD, PLAN)
    target = await stage.meet(NEW)
    with pytest.raises(Invalid, match="does not name this account"):
        await stage.flows.closings.name_home(ana, target)
    stage.net.serve(NEW.uri, {**NEW.document, "alsoKnownAs": [ANA]})
    target = await stage.flows.remote.actor(NEW.uri, afresh=True)
    await stage.flows.closings.name_home(ana, target)
    assert await stage.flows.closings.home_of(ana) == NEW.uri
    stage.clock.advance(hours=24 * 10)
    with pytest.raises(NotAllowed, match="cannot be undone"):
        await stage.flows.closings.cancel(otto, PASSWORD)
    await until_silent(stage)
    said: Any = {(one["type"], one["actor"]) for one in await sent(stage, BOB)}
    assert {("Move", ANA), ("Delete", "https://art.test/users/ben")} <= said
    gone = await stage.read(lambda tx: tx.actors.by_id(ben.id))
    moved = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    assert gone.gone_at is not None
    assert (moved.moved_to, moved.gone_at) == (NEW.uri, None)
    last = await stage.read(lambda tx: tx.actors.by_id(otto.id))
    assert last.gone_at is not None  # the only owner, too
    found = await now(stage)
    assert found is not None
    assert found.state is ClosingState.CLOSED


async def test_a_new_account_that_does_not_agree_any_more_takes_nobody(stage: Stage) -> None:
    otto, ana = await owner(stage), await stage.artist("ana")
    await stage.flows.closings.announce(otto, PASSWORD, PLAN)
    stage.net.serve(NEW.uri, {**NEW.document, "alsoKnownAs": [ANA]})
    target = await stage.flows.remote.actor(NEW.uri, afresh=True)
    await stage.flows.closings.name_home(ana, target)
    stage.net.serve(NEW.uri, NEW.document)
    await day_comes(stage)
    await until_silent(stage)
    left = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    assert left.gone_at is not None


async def test_each_step_can_run_twice(stage: Stage) -> None:
    import msgspec  # noqa: PLC0415 - beside what it is for

    from server.promises import ClosingPromise  # noqa: PLC0415 - the same

    otto, ana = await owner(stage), await stage.artist("ana")
    made = await stage.flows.closings.announce(otto, PASSWORD, PLAN)
    steps = [
        ClosingPromise(made.ends_at),
        ClosingPromise(made.ends_at, ana.id),
        ClosingPromise(made.ends_at, is_last=True),
    ]
    await stage.flows.closings.run(msgspec.json.encode(steps[0]))  # before its day
    assert await now(stage) == made
    await day_comes(stage)
    for step in (*steps, *steps):
        await stage.flows.closings.run(msgspec.json.encode(step))
    await until_silent(stage)
    found = await now(stage)
    assert found is not None
    assert found.state is ClosingState.CLOSED
