"""Moves: out, in and within this server; who must agree, and who follows."""

from dataclasses import replace
from typing import Any

import pytest

from server.errors import Invalid, NotAllowed
from server.model import Actor, Artist, FollowState
from server.moving import COOLDOWN, MAX_ALIASES
from tests.flows.dealings import ANA, arrive, follow_from_here, follows, here, sent, told
from tests.two_servers.stage import Peer, Stage

BOB, NEW = Peer("bob"), Peer("bob", "new.test", 2)


def publish(stage: Stage, peer: Peer, **more: Any) -> None:
    """Let a peer's origin describe it anew."""
    stage.net.serve(peer.uri, {**peer.document, **more})


async def moves(stage: Stage, who: Peer, to: str, **more: Any) -> None:
    await arrive(stage, who.does("Move", who.uri, target=to, **more))


async def has_moved(stage: Stage, follower: Artist, old: Actor, new: str) -> bool:
    """Say whether somebody follows the new account instead of the old one; else the old alone."""
    target = await stage.read(lambda tx: tx.actors.by_uri(new))
    at_new = await follows(stage, follower.id, target.id) if target else None
    at_old = await follows(stage, follower.id, old.id)
    assert (at_new is None) != (at_old is None)
    return at_new is not None


# Refusals of moves that come in


@pytest.mark.parametrize(
    "also_known_as", [None, [], "https://peer.test/users/eve", [f"{BOB.uri}/"], [{"id": "x"}]]
)
async def test_a_move_to_who_does_not_agree_takes_nobody_along(
    also_known_as: Any, stage: Stage
) -> None:
    ana = await stage.artist()
    bob_here = await follow_from_here(stage, ana, BOB)
    more = {} if also_known_as is None else {"alsoKnownAs": also_known_as}
    publish(stage, NEW, **more)
    await moves(stage, BOB, NEW.uri)
    assert not await has_moved(stage, ana, bob_here, NEW.uri)
    assert await told(stage, ana) == ["follow_accepted"]


async def test_the_new_account_is_asked_at_its_origin_now_and_not_from_memory(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    bob_here = await follow_from_here(stage, ana, BOB)
    publish(stage, NEW, alsoKnownAs=[BOB.uri])
    await stage.flows.remote.actor(NEW.uri)
    publish(stage, NEW)  # agrees no more
    await moves(stage, BOB, NEW.uri)
    assert not await has_moved(stage, ana, bob_here, NEW.uri)


async def test_nothing_is_fetched_for_the_move_of_whom_nobody_follows(stage: Stage) -> None:
    await stage.artist()
    await stage.meet(BOB)
    publish(stage, NEW, alsoKnownAs=[BOB.uri])
    await moves(stage, BOB, NEW.uri)
    assert NEW.uri not in stage.net.fetched


@pytest.mark.parametrize("to", [BOB.uri, "", "https://art.test/users/nobody", "http://x.test/a"])
async def test_a_move_to_nowhere_has_no_effect(to: str, stage: Stage) -> None:
    ana = await stage.artist()
    bob_here = await follow_from_here(stage, ana, BOB)
    await moves(stage, BOB, to)
    assert await follows(stage, ana.id, bob_here.id) is FollowState.ACCEPTED


async def test_nobody_moves_twice_in_thirty_days(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    bob_here = await follow_from_here(stage, ana, BOB)
    third = Peer("bob", "third.test", 3)
    for peer in (NEW, third):
        publish(stage, peer, alsoKnownAs=[BOB.uri])
    await moves(stage, BOB, NEW.uri)
    assert await has_moved(stage, ana, bob_here, NEW.uri)
    publish(stage, BOB)
    await follow_from_here(stage, ben, BOB)
    await moves(stage, BOB, third.uri)
    assert await follows(stage, ben.id, bob_here.id) is FollowState.ACCEPTED
    stage.clock.advance(hours=COOLDOWN / 3_600_000 + 1)
    await moves(stage, BOB, third.uri)
    assert await has_moved(stage, ben, bob_here, third.uri)


async def test_who_blocks_the_new_account_is_not_made_to_follow_it(stage: Stage) -> None:
    ana = await stage.artist()
    bob_here = await follow_from_here(stage, ana, BOB)
    publish(stage, NEW, alsoKnownAs=[BOB.uri])
    new_here = await stage.flows.remote.actor(NEW.uri)
    await stage.flows.blocking.block(ana, new_here)
    await moves(stage, BOB, NEW.uri)
    assert await follows(stage, ana.id, new_here.id) is None
    assert await follows(stage, ana.id, bob_here.id) is None


# Moves that come in


async def test_followers_here_go_along_once_and_are_told(stage: Stage) -> None:
    ana, ben, cat = await stage.artist(), await stage.artist("ben"), await stage.artist("cat")
    for artist in (ana, ben):
        bob_here = await follow_from_here(stage, artist, BOB)
    publish(stage, NEW, alsoKnownAs=[BOB.uri])
    new_here = await stage.flows.remote.actor(NEW.uri)
    await stage.flows.following.follow(ben, new_here)  # knows of it already
    await sent(stage)
    await moves(stage, BOB, NEW.uri)
    assert await has_moved(stage, ana, bob_here, NEW.uri)
    assert await has_moved(stage, ben, bob_here, NEW.uri)
    assert await follows(stage, ana.id, new_here.id) is FollowState.PENDING  # theirs to accept
    said = [(inbox, one["type"], one["actor"]) for inbox, one in stage.net.delivered]
    assert sorted(said) == [
        (NEW.inbox, "Follow", ANA),
        (BOB.inbox, "Undo", ANA),
        (BOB.inbox, "Undo", "https://art.test/users/ben"),
    ]
    assert (await told(stage, ana))[0] == "moved"
    assert await told(stage, cat) == []
    moved = await stage.read(lambda tx: tx.actors.by_id(bob_here.id))
    assert moved.moved_to == NEW.uri


async def test_somebody_elsewhere_moves_to_an_account_here(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    bob_here = await follow_from_here(stage, ana, BOB)
    await moves(stage, BOB, "https://art.test/users/ben")
    assert await follows(stage, ana.id, ben.id) is None  # ben names nobody yet
    await stage.flows.moving.add_alias(ben, bob_here)
    await moves(stage, BOB, "https://art.test/users/ben")
    assert await has_moved(stage, ana, bob_here, "https://art.test/users/ben")
    assert await follows(stage, ana.id, ben.id) is FollowState.ACCEPTED
    assert await told(stage, ben) == ["follow"]


# Refusals of moves that go out


async def test_a_move_out_needs_the_new_accounts_word(stage: Stage) -> None:
    ana = await stage.artist()
    moving = stage.flows.moving
    with pytest.raises(Invalid, match="this very account"):
        await moving.move(ana, await here(stage, ana))
    new_here = await stage.meet(NEW)
    with pytest.raises(Invalid, match=r"@bob@new.test does not name .* add @ana@art.test"):
        await moving.move(ana, new_here)
    gone = replace(new_here, also_known_as=(ANA,), moved_to="https://x.test/a")
    with pytest.raises(Invalid, match="used no more"):
        await moving.move(ana, gone)
    assert (await here(stage, ana)).moved_to == ""
    assert await sent(stage) == []


async def test_an_artist_moves_once_in_thirty_days_even_after_coming_back(stage: Stage) -> None:
    ana = await stage.artist()
    publish(stage, NEW, alsoKnownAs=[ANA])
    new_here = await stage.flows.remote.actor(NEW.uri)
    await stage.flows.moving.move(ana, new_here)
    await stage.flows.moving.cancel(ana)
    with pytest.raises(NotAllowed, match=r"you can move again from \d+ December 2026 on"):
        await stage.flows.moving.move(ana, new_here)
    stage.clock.advance(hours=COOLDOWN / 3_600_000)
    await stage.flows.moving.move(ana, new_here)


async def test_a_moved_artist_takes_no_new_followers(stage: Stage) -> None:
    ana, ben, eve = await stage.artist(), await stage.artist("ben"), Peer("eve", "evil.test", 3)
    publish(stage, NEW, alsoKnownAs=[ANA])
    await stage.flows.moving.move(ana, await stage.flows.remote.actor(NEW.uri))
    with pytest.raises(NotAllowed, match="They have moved"):
        await stage.flows.following.follow(ben, await here(stage, ana))
    eve_here = await stage.meet(eve)
    await arrive(stage, eve.does("Follow", ANA))
    assert await follows(stage, eve_here.id, ana.id) is None
    assert [one["type"] for one in await sent(stage, eve)] == ["Reject"]


# Moves that go out


async def test_a_move_out_tells_followers_and_takes_those_here_along(stage: Stage) -> None:
    ana, ben, zoe = await stage.artist(), await stage.artist("ben"), Peer("zoe", "zoe.test", 3)
    await stage.befriend(zoe, ana)
    await stage.flows.following.follow(ben, await here(stage, ana))
    publish(stage, NEW, alsoKnownAs=[ANA])
    new_here = await stage.flows.remote.actor(NEW.uri)
    await sent(stage)
    await stage.flows.moving.move(ana, new_here)
    said = {one["type"]: one for one in await sent(stage)}
    assert set(said) == {"Update", "Move", "Follow"}
    assert said["Update"]["object"]["movedTo"] == NEW.uri
    move = said["Move"]
    assert (move["actor"], move["object"], move["target"]) == (ANA, ANA, NEW.uri)
    assert move["to"] == [f"{ANA}/followers"]
    assert (said["Follow"]["actor"], said["Follow"]["object"]) == (
        "https://art.test/users/ben",
        NEW.uri,
    )
    assert await follows(stage, ben.id, ana.id) is None
    assert await told(stage, ben) == ["moved"]
    await stage.flows.moving.cancel(ana)
    (update,) = await sent(stage)
    assert "movedTo" not in update["object"]


async def test_an_artist_moves_to_another_account_of_this_server(stage: Stage) -> None:
    ana, ben, cat = await stage.artist(), await stage.artist("ben"), await stage.artist("cat")
    await stage.flows.following.follow(cat, await here(stage, ana))
    await stage.flows.moving.add_alias(ben, await here(stage, ana))
    await stage.flows.moving.move(ana, await here(stage, ben))
    assert await follows(stage, cat.id, ben.id) is FollowState.ACCEPTED
    assert await follows(stage, cat.id, ana.id) is None


# Aliases


async def test_former_accounts_are_named_to_the_world_and_are_few(stage: Stage) -> None:
    ana, bob_here = await stage.artist(), await stage.befriend(BOB, await stage.artist("ben"))
    moving = stage.flows.moving
    with pytest.raises(Invalid, match="this very account"):
        await moving.add_alias(ana, await here(stage, ana))
    await stage.befriend(BOB, ana)
    await moving.add_alias(ana, bob_here)
    await moving.add_alias(ana, bob_here)
    (update,) = await sent(stage)
    assert update["object"]["alsoKnownAs"] == [BOB.uri]
    for number in range(1, MAX_ALIASES):
        await moving.add_alias(ana, replace(bob_here, uri=f"https://peer.test/{number}"))
    with pytest.raises(Invalid, match="named 10 accounts already"):
        await moving.add_alias(ana, replace(bob_here, uri="https://peer.test/more"))
    await moving.remove_alias(ana, BOB.uri)
    _, former = await moving.standing(ana)
    assert len(former) == MAX_ALIASES - 1
    assert BOB.uri not in (await here(stage, ana)).also_known_as
