"""What a change cuts is suspended for a week, ended then, and forgotten in the end."""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from federation.followers_sync import digest_of
from server.changes import NewPolicy, NewWord, Revert
from server.errors import Invalid, NotAllowed, NotFound
from server.model import Actor, Artist, Follow, FollowState, Role, Visibility
from server.passages import Severance
from server.policy import STANDARD_NO_AI
from server.policy_text import write_policy
from server.severing import Restored
from server.tiers import Tier
from tests.flows.dealings import arrive, follow_from_here, sent
from tests.two_servers.peers import Peer
from tests.two_servers.stage import Stage

DAY = 24
BOB = Peer("bob", "far.test")
ANA = "https://art.test/users/ana"
REFUSED = NewWord("far.test", Tier.REFUSED, "They scrape.")
MUTE = (
    write_policy(STANDARD_NO_AI)
    + """
[[rules]]
name = "Bob is not heard"
door = "inbound"
when = { actor = ["bob@far.test"] }
then = "refuse"
because = "Enough."
"""
)


@dataclass
class Scene:
    """Ana and Bob follow each other; a boss may cut that."""

    stage: Stage
    boss: Artist
    ana: Artist
    bob: Actor
    ours: Follow
    theirs: Follow

    async def follows(self) -> tuple[Follow | None, Follow | None]:
        """Return ours and theirs, as they are now."""
        ours = await self.stage.read(lambda tx: tx.relations.follow(self.ana.id, self.bob.id))
        theirs = await self.stage.read(lambda tx: tx.relations.follow(self.bob.id, self.ana.id))
        return ours, theirs

    async def cut(self, change: Any = REFUSED) -> None:
        """Apply a change that cuts both follows."""
        applied = await self.stage.flows.governing.apply(self.boss, change)
        assert applied.severed == 2

    async def passes(self, days: float) -> list[dict[str, Any]]:
        """Let days pass; return what was sent to Bob meanwhile."""
        self.stage.clock.advance(hours=days * DAY)
        return await sent(self.stage, BOB)

    async def severances(self) -> dict[bool, Severance]:
        """Return what waits to be restored: theirs under True, ours under False."""
        found = await self.stage.flows.severing.page(self.boss)
        return {cross.is_theirs: severance for severance, cross in found}

    async def restore(self) -> dict[Restored, int]:
        """Restore everything; return what became of it."""
        ids = [each.id for each in (await self.severances()).values()]
        outcomes = await self.stage.flows.severing.restore(self.boss, ids)
        return {each: count for each, count in outcomes.items() if count}

    async def allow(self) -> None:
        """Take the word back, so that nothing is refused, without restoring what it cut."""
        async with self.stage.library.transaction() as tx:
            await tx.neighbours.drop_word("far.test")
            await tx.policies.bump()
        await self.stage.flows.house.refresh()


@pytest_asyncio.fixture
async def scene(stage: Stage) -> Scene:
    boss = replace(await stage.artist("boss"), role=Role.ADMIN)
    async with stage.library.transaction() as tx:
        await tx.artists.update(boss)
    ana = await stage.artist("ana")
    bob = await follow_from_here(stage, ana, BOB)
    await stage.befriend(BOB, ana)
    made = Scene(stage, boss, ana, bob, None, None)  # type: ignore[arg-type]  # read next
    ours, theirs = await made.follows()
    assert ours is not None
    assert theirs is not None
    return replace(made, ours=ours, theirs=theirs)


async def test_who_is_no_admin_sees_and_restores_nothing(scene: Scene) -> None:
    await scene.cut()
    ids = [each.id for each in (await scene.severances()).values()]
    for stranger in (scene.ana, replace(scene.ana, role=Role.MODERATOR)):
        with pytest.raises(NotFound):
            await scene.stage.flows.severing.page(stranger)
        with pytest.raises(NotFound):
            await scene.stage.flows.severing.restore(stranger, ids)


async def test_nothing_is_restored_while_the_rules_still_refuse(scene: Scene) -> None:
    await scene.cut()
    with pytest.raises(NotAllowed, match=r"still refuse bob@far\.test"):
        await scene.restore()
    assert len(await scene.severances()) == 2


async def test_more_than_ten_follows_are_cut_only_by_who_types_the_domain(scene: Scene) -> None:
    stage = scene.stage
    for number in range(9):
        await stage.befriend(Peer(f"p{number}", "far.test"), scene.ana)
    for typed in ("", "far.test", "art"):
        with pytest.raises(Invalid, match=r"cut 11 follows: type art\.test"):
            await stage.flows.governing.apply(scene.boss, REFUSED, typed=typed)
    assert (await scene.follows())[0] == scene.ours
    assert await stage.read(lambda tx: tx.neighbours.words()) == {}
    assert [each.act for each in await stage.flows.audit.page(scene.boss)] == []
    applied = await stage.flows.governing.apply(scene.boss, REFUSED, typed=" ART.test ")
    assert applied.severed == 11


async def test_while_suspended_nothing_is_delivered_shown_or_counted(scene: Scene) -> None:
    stage = scene.stage
    work = await stage.hang(scene.ana, visibility=Visibility.FOLLOWERS)
    assert len(await sent(stage, BOB)) == 1
    await scene.cut()
    assert work.visibility is Visibility.FOLLOWERS
    await stage.hang(scene.ana, title="Hare")
    assert await sent(stage) == []
    following = stage.flows.following
    assert await following.followers(scene.ana.id, FollowState.ACCEPTED) == []
    assert await following.following(scene.ana.id, FollowState.ACCEPTED) == []
    assert await stage.read(lambda tx: tx.relations.count_followers(scene.ana.id)) == 0
    assert await stage.read(lambda tx: tx.relations.count_following(scene.ana.id)) == 0
    relation = await following.relation(scene.ana.id, scene.bob.id)
    assert relation.followed_by is False
    with pytest.raises(NotAllowed, match="house rules suspended"):
        await following.follow(scene.ana, scene.bob)
    with pytest.raises(NotAllowed, match="house rules suspended"):
        await following.answer(scene.ana, scene.bob.id, is_accepted=True)


async def test_on_the_sixth_day_a_revert_restores_all_as_it_was_and_nobody_was_told(
    scene: Scene,
) -> None:
    await scene.cut(NewPolicy(MUTE))
    assert await scene.passes(6) == []
    applied = await scene.stage.flows.governing.apply(scene.boss, Revert(1))
    assert (applied.version, applied.restored) == (3, 2)
    assert await scene.follows() == (scene.ours, scene.theirs)
    assert await scene.passes(3) == []
    assert await scene.severances() == {}


async def test_a_follow_whose_cause_went_otherwise_is_restored_by_hand_and_logged(
    scene: Scene,
) -> None:
    await scene.cut()
    await scene.allow()
    await scene.passes(6)
    assert await scene.restore() == {Restored.WHOLE: 2}
    assert await scene.follows() == (scene.ours, scene.theirs)
    assert await sent(scene.stage) == []
    log = await scene.stage.flows.audit.page(scene.boss, act="follow.restored")
    assert {each.subject for each in log} == {
        "ana@art.test → bob@far.test",
        "bob@far.test → ana@art.test",
    }
    with pytest.raises(NotFound, match="any more"):
        await scene.stage.flows.severing.restore(scene.boss, [1, 2])


async def test_on_the_eighth_day_both_have_ended_and_who_may_be_told_is(scene: Scene) -> None:
    await scene.cut(NewPolicy(MUTE))  # refuses what he says; he may still be told
    assert await scene.passes(6.9) == []
    told = await scene.passes(1.1)
    assert sorted(each["type"] for each in told) == ["Reject", "Undo"]
    assert [each["object"]["id"] for each in told if each["type"] == "Reject"] == [scene.theirs.uri]
    assert await scene.follows() == (None, None)
    assert {each.is_told for each in (await scene.severances()).values()} == {True}
    assert await scene.passes(1) == []


async def test_who_may_not_be_told_is_not(scene: Scene) -> None:
    await scene.cut()  # nothing is sent to a server that is refused
    assert await scene.passes(8) == []
    assert await scene.follows() == (None, None)
    assert {each.is_told for each in (await scene.severances()).values()} == {False}
    assert await scene.stage.read(lambda tx: tx.jobs.buried()) == []


async def test_after_its_end_ours_is_asked_for_anew_and_theirs_may_come_back_by_itself(
    scene: Scene,
) -> None:
    stage = scene.stage
    locked = replace(await stage.read(lambda tx: tx.actors.by_id(scene.ana.id)))
    await scene.cut(NewPolicy(MUTE))
    await scene.passes(8)
    async with stage.library.transaction() as tx:
        await tx.actors.put(replace(locked, approves_follows=True))
    assert (await stage.flows.governing.apply(scene.boss, Revert(1))).restored == 0
    assert await scene.restore() == {Restored.ASKED: 1, Restored.INVITED: 1}
    ours, theirs = await scene.follows()
    assert ours is not None
    assert (ours.state, theirs) == (FollowState.PENDING, None)
    asked = await sent(stage, BOB)
    assert [(each["type"], each["id"]) for each in asked] == [("Follow", ours.uri)]
    await arrive(stage, BOB.does("Accept", ours.uri))
    await arrive(stage, BOB.does("Follow", ANA))
    ours, theirs = await scene.follows()
    assert ours is not None
    assert theirs is not None
    assert (ours.state, theirs.state) == (FollowState.ACCEPTED, FollowState.ACCEPTED)
    assert await scene.severances() == {}


async def test_who_was_never_told_follows_again_at_once(scene: Scene) -> None:
    await scene.cut()
    await scene.passes(8)
    await scene.allow()
    assert await scene.restore() == {Restored.ASKED: 1, Restored.WHOLE: 1}
    assert (await scene.follows())[1] == scene.theirs


async def test_on_the_ninety_seventh_day_nothing_is_known_any_more(scene: Scene) -> None:
    await scene.cut(NewPolicy(MUTE))
    await scene.passes(96.9)
    await scene.stage.instance.sweeping.sweep(b"")
    await scene.stage.drain()
    assert len(await scene.severances()) == 2
    await scene.passes(0.2)
    await scene.stage.instance.sweeping.sweep(b"")
    await scene.stage.drain()
    assert await scene.severances() == {}
    assert await scene.stage.read(lambda tx: tx.severances.by_ids([1])) == []


async def test_a_server_that_slept_for_months_ends_what_it_should_have_ended(scene: Scene) -> None:
    await scene.cut(NewPolicy(MUTE))
    told = await scene.passes(200)
    assert sorted(each["type"] for each in told) == ["Reject", "Undo"]
    assert await scene.severances() == {}


async def test_an_undo_while_suspended_counts(scene: Scene) -> None:
    await scene.cut(NewWord("far.test", Tier.REFUSED))
    await scene.allow()
    await arrive(scene.stage, BOB.does("Undo", BOB.does("Follow", ANA, id=scene.theirs.uri)))
    assert set(await scene.severances()) == {False}
    assert await scene.restore() == {Restored.WHOLE: 1}
    assert await scene.follows() == (scene.ours, None)


async def test_a_reject_while_suspended_counts(scene: Scene) -> None:
    await scene.cut()
    await scene.allow()
    await arrive(scene.stage, BOB.does("Reject", scene.ours.uri))
    assert set(await scene.severances()) == {True}


async def test_a_follow_while_suspended_is_answered_once_it_is_restored(scene: Scene) -> None:
    await scene.cut()
    await scene.allow()
    again = BOB.does("Follow", ANA)
    await arrive(scene.stage, again)
    assert (await scene.follows())[1] == replace(scene.theirs, state=FollowState.SUSPENDED)
    assert await sent(scene.stage) == []
    await scene.restore()
    assert (await scene.follows())[1] == replace(scene.theirs, uri=again["id"])
    told = await sent(scene.stage, BOB)
    assert [(each["type"], each["object"]["id"]) for each in told] == [("Accept", again["id"])]


async def test_an_accept_while_suspended_is_remembered(scene: Scene) -> None:
    async with scene.stage.library.transaction() as tx:
        await tx.relations.put_follow(replace(scene.ours, state=FollowState.PENDING))
    await scene.cut()
    await scene.allow()
    await arrive(scene.stage, BOB.does("Accept", scene.ours.uri))
    await scene.restore()
    assert (await scene.follows())[0] == scene.ours


async def test_who_moved_meanwhile_is_followed_where_they_are_now_and_who_left_is_not(
    scene: Scene,
) -> None:
    await scene.cut()
    await scene.allow()
    moved = Peer("bob", "new.test")
    scene.stage.net.serve(moved.uri, moved.document | {"alsoKnownAs": [BOB.uri]})
    await arrive(scene.stage, BOB.does("Move", BOB.uri, target=moved.uri))
    assert await scene.restore() == {Restored.ASKED: 1, Restored.GONE: 1}
    asked = await sent(scene.stage, moved)
    assert [(each["type"], each["object"]) for each in asked] == [("Follow", moved.uri)]
    assert set(await scene.severances()) == {True}
    await arrive(scene.stage, BOB.does("Delete", BOB.uri))
    assert await scene.severances() == {}
    assert await scene.follows() == (None, None)


async def test_a_digest_says_what_the_other_side_still_believes(scene: Scene) -> None:
    """A host with another follower gets followers-only posts, and with them a digest."""
    stage, eve = scene.stage, Peer("eve", "far.test")
    await stage.befriend(eve, scene.ana)
    await scene.cut(NewPolicy(MUTE))
    await stage.hang(scene.ana, visibility=Visibility.FOLLOWERS)
    await stage.drain()
    (header,) = [
        request.headers["Collection-Synchronization"]
        for request in stage.net.asked
        if "Collection-Synchronization" in request.headers
    ]
    assert f'digest="{digest_of([BOB.uri, eve.uri])}"' in header
    await scene.passes(8)
    stage.net.asked.clear()
    await stage.hang(scene.ana, visibility=Visibility.FOLLOWERS)
    await stage.drain()
    (header,) = [
        request.headers["Collection-Synchronization"]
        for request in stage.net.asked
        if "Collection-Synchronization" in request.headers
    ]
    assert f'digest="{digest_of([eve.uri])}"' in header


async def test_a_digest_that_counts_a_suspended_follower_of_ours_agrees(scene: Scene) -> None:
    stage = scene.stage
    await scene.cut()
    await scene.allow()
    listed = f"{BOB.uri}/followers_synchronization"
    async with TestClient(TestServer(stage.instance.app())) as client:
        body = json.dumps(BOB.does("Create", BOB.note(to=[f"{BOB.uri}/followers"], cc=[])))
        said = f'collectionId="{BOB.uri}/followers", url="{listed}", digest="{digest_of([ANA])}"'
        signed = BOB.signed(body.encode(), stage.clock.now())
        headers = {**signed, "Collection-Synchronization": said}
        assert (await client.post("/inbox", data=body, headers=headers)).status == 202
    stage.clock.advance(seconds=60)
    await stage.drain()
    assert listed not in stage.net.fetched
    assert len(await scene.severances()) == 2


async def test_a_crash_in_the_middle_of_a_change_leaves_all_as_it_was(scene: Scene) -> None:
    class Dying:
        """A severing whose process dies when all is written but the commit."""

        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        async def restore_allowed(self, *_: Any) -> int:
            raise ConnectionResetError

    flows = scene.stage.flows
    dying = replace(flows.governing, severing=Dying(flows.severing))
    with pytest.raises(ConnectionResetError):
        await dying.apply(scene.boss, NewPolicy(MUTE))
    assert await scene.follows() == (scene.ours, scene.theirs)
    assert await scene.severances() == {}
    async with scene.stage.library.reading() as tx:
        assert len(await tx.policies.history()) == 1
    await flows.house.refresh()
    assert flows.house.now.version.version == 1
    assert await flows.audit.page(scene.boss) == []


async def test_what_one_process_applies_another_takes_up_and_restores(scene: Scene) -> None:
    stage = scene.stage
    flows = stage.flows
    other_house = replace(flows.house)
    severing = replace(flows.severing, house=other_house)
    governing = replace(flows.governing, house=other_house, severing=severing)
    await scene.cut()
    await other_house.refresh()
    assert other_house.now.tiers.tier_of("far.test") is Tier.REFUSED
    first, second = await asyncio.gather(
        flows.governing.apply(scene.boss, NewWord("far.test", None)),
        governing.apply(scene.boss, NewWord("far.test", None)),
    )
    assert sorted([first.restored, second.restored]) == [0, 2]
    assert sorted([first.is_changed, second.is_changed]) == [False, True]
    assert await scene.follows() == (scene.ours, scene.theirs)
