"""Cut and brought back between two real instances, over TLS."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from server.changes import NewPolicy, NewWord, Revert
from server.drafts import Draft
from server.errors import NotAllowed
from server.model import Actor, Artist, FollowState, Role, Visibility
from server.severing import Restored
from server.tiers import Tier
from tests.postgres import empty, postgres_url
from tests.two_servers.instances import Town, settle, two_towns
from tests.two_servers.test_walk import picture

A_WEEK = 8 * 24
FOLLOWED = FollowState.ACCEPTED


@dataclass
class Friends:
    """Ana here and Bob there follow each other."""

    here: Town
    there: Town
    ana: Artist
    bob: Artist
    bob_here: Actor
    ana_there: Actor

    @property
    def domain(self) -> str:
        return self.there.config.instance.domain

    async def states(self) -> tuple[FollowState | None, ...]:
        """Return how it stands here (ours, theirs), then there (theirs, ours)."""
        found = []
        for town, one, other in (
            (self.here, self.ana.id, self.bob_here.id),
            (self.here, self.bob_here.id, self.ana.id),
            (self.there, self.bob.id, self.ana_there.id),
            (self.there, self.ana_there.id, self.bob.id),
        ):
            follow = await town.read(
                lambda tx, one=one, other=other: tx.relations.follow(one, other)
            )
            found.append(follow.state if follow else None)
        return tuple(found)

    async def hang(self, title: str) -> None:
        """Let Ana hang a work for her followers, and wait until it arrived."""
        draft = Draft(title=title, visibility=Visibility.FOLLOWERS)
        await self.here.upload(self.ana, draft, (picture(80, 60, (200, 30, 30)), "Red"))
        await settle(self.here, self.there)

    async def seen(self) -> int:
        """Return how many works are in Bob's feed."""
        return len(await self.there.feed(self.bob))


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def friends(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path
) -> AsyncIterator[Friends]:
    url = ""
    if request.param == "postgres":
        url = postgres_url()
        await empty(url)
    async with two_towns(tmp_path, migrated_sqlite, url) as (here, there):
        ana, bob = await here.artist("ana"), await there.artist("bob")
        bob_here = await here.find(f"bob@{there.config.instance.domain}")
        ana_there = await there.find(f"ana@{here.config.instance.domain}")
        await here.flows.following.follow(ana, bob_here)
        await there.flows.following.follow(bob, ana_there)
        await settle(here, there)
        yield Friends(here, there, ana, bob, bob_here, ana_there)


async def test_what_is_cut_and_restored_within_a_week_is_noticed_by_nobody_there(
    friends: Friends,
) -> None:
    assert await friends.states() == (FOLLOWED,) * 4
    governing = friends.here.flows.governing
    word = NewWord(friends.domain, Tier.REFUSED, "A mistake.")
    impact = await governing.preview(None, word)
    assert {(each.local, each.direction) for each in impact.severed_follows} == {
        ("ana", "follows-us"),
        ("ana", "followed-by-us"),
    }
    assert (await governing.apply(None, word)).severed == 2
    await friends.hang("Nobody there sees it")
    cut = FollowState.SUSPENDED
    assert await friends.states() == (cut, cut, FOLLOWED, FOLLOWED)
    assert await friends.seen() == 0
    friends.here.clock.advance(hours=6 * 24)
    await settle(friends.here, friends.there)
    assert (await governing.apply(None, NewWord(friends.domain, None))).restored == 2
    await settle(friends.here, friends.there)
    assert await friends.states() == (FOLLOWED,) * 4
    await friends.hang("Bob sees it")
    assert await friends.seen() == 1


async def test_after_a_week_the_other_side_is_told_and_asked_anew(friends: Friends) -> None:
    """A rule refuses what comes from there; what goes there still does, the end included."""
    here, boss = friends.here, await friends.here.artist("boss")
    boss = await here.flows.accounts.set_role(boss.handle, Role.ADMIN)
    async with here.instance.seams.library.reading() as tx:
        toml = (await tx.policies.history())[0].toml
    rule = f"""
[[rules]]
name = "Not from there"
door = "inbound"
when = {{ peer = ["{friends.domain}"], type = ["Create", "Follow"] }}
then = "refuse"
because = "A mistake."
"""
    assert (await here.flows.governing.apply(boss, NewPolicy(toml + rule))).severed == 2
    friends.here.clock.advance(hours=A_WEEK)
    await settle(friends.here, friends.there)
    assert await friends.states() == (None,) * 4
    listed = await here.flows.severing.page(boss)
    ids = [severance.id for severance, _ in listed]
    with pytest.raises(NotAllowed):
        await here.flows.severing.restore(boss, ids)
    await here.flows.governing.apply(boss, Revert(1))
    outcomes = await here.flows.severing.restore(boss, ids)
    assert (outcomes[Restored.ASKED], outcomes[Restored.INVITED]) == (1, 1)
    await settle(friends.here, friends.there)
    assert await friends.states() == (FOLLOWED, None, None, FOLLOWED)
    await here.lock(friends.ana)
    await friends.there.flows.following.follow(friends.bob, friends.ana_there)
    await settle(friends.here, friends.there)
    assert await friends.states() == (FOLLOWED,) * 4
