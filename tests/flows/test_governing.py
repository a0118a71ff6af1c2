"""One flow changes what is in force; what it cuts is suspended, and comes back whole."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.changes import Change, NewPolicy, NewWord, Revert
from server.errors import Conflict, Invalid, NotFound
from server.model import Artist, Follow, FollowState, Role
from server.policy import STANDARD_NO_AI, decide
from server.policy_text import write_policy
from server.rules import Door, InboundFacts, Refuse
from server.tiers import Tier
from tests.two_servers.peers import Peer
from tests.two_servers.stage import Stage

STANDARD = write_policy(STANDARD_NO_AI)
NO_FAR = (
    STANDARD
    + """
[[rules]]
name = "Nothing from far"
door = "inbound"
when = { peer = ["far.example"] }
then = "refuse"
because = "They scrape."
"""
)


async def admin(stage: Stage, role: Role = Role.ADMIN) -> Artist:
    artist = replace(await stage.artist("boss"), role=role)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def apply(stage: Stage, author: Artist | None, change: Change, **more: Any) -> Any:
    return await stage.flows.governing.apply(author, change, **more)


async def follow_of(stage: Stage, follower: Any, followee: Any) -> Follow | None:
    async with stage.library.reading() as tx:
        found: Follow | None = await tx.relations.follow(follower.id, followee.id)
        return found


async def test_who_is_no_admin_changes_nothing_and_is_told_nothing(stage: Stage) -> None:
    moderator = await admin(stage, Role.MODERATOR)
    for attempt in (stage.flows.governing.apply, stage.flows.governing.preview):
        with pytest.raises(NotFound):
            await attempt(moderator, NewPolicy(NO_FAR))
    assert stage.flows.house.now.version.version == 1


async def test_a_policy_that_cannot_be_read_is_refused_with_its_line(stage: Stage) -> None:
    boss = await admin(stage)
    with pytest.raises(Invalid, match="line 1"):
        await apply(stage, boss, NewPolicy('presets = "open"'))
    with pytest.raises(NotFound, match="no version 7"):
        await apply(stage, boss, Revert(7))
    with pytest.raises(Invalid, match="no domain"):
        await apply(stage, boss, NewWord("not a domain", Tier.REFUSED))


async def test_a_change_is_in_force_at_once_and_stands_in_the_log(stage: Stage) -> None:
    boss = await admin(stage)
    facts = InboundFacts(peer="far.example", type="Create")
    applied = await apply(stage, boss, NewPolicy(NO_FAR), reason="They scrape.")
    assert applied.version == 2
    assert isinstance(decide(Door.INBOUND, facts, stage.flows.house.now.compiled), Refuse)
    entry = (await stage.flows.audit.page(boss))[0]
    assert (entry.author, entry.act, entry.reason) == ("boss", "policy.changed", "They scrape.")
    assert '+name = "Nothing from far"' in entry.difference


async def test_what_is_in_force_already_makes_no_new_version(stage: Stage) -> None:
    boss = await admin(stage)
    applied = await apply(stage, boss, NewPolicy(STANDARD))
    assert (applied.is_changed, applied.version) == (False, 1)
    assert (await apply(stage, boss, NewWord("far.example", None))).is_changed is False
    assert await stage.flows.audit.page(boss) == []


async def test_of_two_admins_at_once_the_second_is_told(stage: Stage) -> None:
    boss = await admin(stage)
    outcomes = await asyncio.gather(
        apply(stage, boss, NewPolicy(NO_FAR), expected=1),
        apply(stage, boss, NewPolicy('preset = "open"'), expected=1),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(refused) == 1
    assert "boss made version 2, while this was made from version 1" in refused[0].message
    async with stage.library.reading() as tx:
        assert len(await tx.policies.history()) == 2


async def test_a_word_of_refused_suspends_follows_both_ways_and_taking_it_back_restores_them(
    stage: Stage,
) -> None:
    boss, ana, far = await admin(stage), await stage.artist(), Peer("bo", "far.example")
    them = await stage.befriend(far, ana)
    ours = Follow(ana.id, them.id, FollowState.ACCEPTED, "https://art.test/a/1", stage.clock.now())
    async with stage.library.transaction() as tx:
        await tx.relations.put_follow(ours)
    theirs = await follow_of(stage, them, ana)
    word = NewWord("far.example", Tier.REFUSED, "They scrape.")
    impact = await stage.flows.governing.preview(boss, word)
    assert [(each.local, each.direction) for each in impact.severed_follows] == [
        ("ana", "followed-by-us"),
        ("ana", "follows-us"),
    ]
    assert (await apply(stage, boss, word)).severed == 2
    for pair in ((them, ana), (ana, them)):
        cut = await follow_of(stage, *pair)
        assert cut is not None
        assert cut.state is FollowState.SUSPENDED
    stage.clock.advance(hours=6 * 24)
    await stage.drain()
    assert (await apply(stage, boss, NewWord("far.example", None))).restored == 2
    assert await follow_of(stage, them, ana) == theirs
    assert await follow_of(stage, ana, them) == ours
    assert stage.net.delivered == []
