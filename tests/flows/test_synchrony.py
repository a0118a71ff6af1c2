"""Followers kept in step with other servers (FEP-8fcf), through the real flows."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from federation.followers_sync import digest_of
from server.model import Actor, Artist, Follow, FollowState, Visibility
from server.ports import Unreachable
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
LIST = f"{BOB.uri}/followers_synchronization"
ANA, EVE = "https://art.test/users/ana", "https://art.test/users/eve"
PENDING, ACCEPTED = FollowState.PENDING, FollowState.ACCEPTED


@dataclass
class Step:
    """Bob elsewhere, whom Ana follows; both servers may think differently of it."""

    stage: Stage
    client: TestClient[Any, Any]
    bob: Actor
    ana: Artist

    async def follow(self, artist: Artist, state: FollowState = ACCEPTED) -> Follow:
        uri = f"https://art.test/activities/{artist.id}"
        follow = Follow(artist.id, self.bob.id, state, uri, self.stage.clock.now())
        async with self.stage.library.transaction() as tx:
            await tx.relations.put_follow(follow)
        return follow

    async def tells(self, *uris: str, **changed: str) -> int:
        """Deliver a post of Bob's, which says who he thinks follows him from here."""
        body = json.dumps(BOB.does("Create", BOB.note(to=[f"{BOB.uri}/followers"], cc=[]))).encode()
        said = {"collection": f"{BOB.uri}/followers", "url": LIST, "digest": digest_of(uris)}
        said |= changed
        header = 'collectionId="{collection}", url="{url}", digest="{digest}"'.format(**said)
        signed = BOB.signed(body, self.stage.clock.now())
        sent = {**signed, "Collection-Synchronization": header}
        answer = await self.client.post("/inbox", data=body, headers=sent)
        self.stage.clock.advance(seconds=60)
        await self.stage.drain()
        return answer.status

    def lists(self, *uris: str, url: str = LIST, **more: Any) -> None:
        """Have Bob's server list who follows him from here."""
        document = {"id": url, "type": "OrderedCollection", "orderedItems": list(uris)}
        self.stage.net.serve(url, document | more)

    async def state(self, artist: Artist) -> FollowState | None:
        found = await self.stage.read(lambda tx: tx.relations.follow(artist.id, self.bob.id))
        return found.state if found else None

    @property
    def fetches(self) -> int:
        return self.stage.net.fetched.count(LIST)


@pytest_asyncio.fixture
async def step(stage: Stage) -> AsyncIterator[Step]:
    bob, ana = await stage.meet(BOB), await stage.artist("ana")
    async with TestClient(TestServer(stage.instance.app())) as client:
        yield Step(stage, client, bob, ana)


@pytest.mark.parametrize(
    "changed",
    [
        {"collection": "https://peer.test/users/eve/followers"},
        {"url": "https://victim.test/users/bob/followers_synchronization"},
        {"url": "https://art.test/users/ana/followers_synchronization"},
        {"digest": "none"},
    ],
)
async def test_a_header_about_somebody_else_has_us_fetch_nothing(
    changed: dict[str, str], step: Step
) -> None:
    await step.follow(step.ana)
    assert await step.tells(**changed) == 202
    assert [url for url in step.stage.net.fetched if "followers" in url] == []
    assert await step.state(step.ana) is ACCEPTED


async def test_who_passes_on_somebodys_post_says_nothing_of_their_followers(step: Step) -> None:
    """Its headers are the bringer's own: any empty list on Bob's server would end all follows."""
    await step.follow(step.ana)
    eve, note = Peer("eve", domain="evil.test", key_number=2), BOB.note()
    step.stage.net.serve(eve.uri, eve.document)
    step.stage.net.serve(note["id"], note)
    step.lists()
    body = json.dumps(BOB.does("Create", note)).encode()
    header = f'collectionId="{BOB.uri}/followers", url="{LIST}", digest="{digest_of(())}"'
    sent = {**eve.signed(body, step.stage.clock.now()), "Collection-Synchronization": header}
    assert (await step.client.post("/inbox", data=body, headers=sent)).status == 202
    step.stage.clock.advance(seconds=60)
    await step.stage.drain()
    assert await step.stage.read(lambda tx: tx.posts.by_uri(note["id"])) is not None
    assert step.fetches == 0
    assert await step.state(step.ana) is ACCEPTED


async def test_where_both_agree_nothing_is_fetched(step: Step) -> None:
    await step.follow(step.ana)
    await step.follow(await step.stage.artist("eve"), PENDING)  # not one, until Bob says so
    assert await step.tells(ANA) == 202
    assert step.fetches == 0


@pytest.mark.parametrize(
    "document",
    [
        {"orderedItems": [], "totalItems": 3},  # it hides them, or broke
        {"orderedItems": [{"name": "?"}]},
        {"orderedItems": [], "next": "https://evil.test/page"},
        {"orderedItems": [], "next": LIST},  # without end
        {"type": "Note"},
        {"id": "https://peer.test/elsewhere"},
    ],
)
async def test_a_list_that_is_not_whole_ends_nobodys_follow(
    document: dict[str, Any], step: Step
) -> None:
    await step.follow(step.ana)
    step.lists(**document)
    await step.tells()
    assert step.fetches > 0
    assert await step.state(step.ana) is ACCEPTED
    assert await step.stage.read(lambda tx: tx.jobs.buried()) == []


async def test_while_the_other_server_is_away_everything_stays(step: Step) -> None:
    await step.follow(step.ana)
    step.stage.net.answers[LIST] = Unreachable("away")
    await step.tells()
    assert await step.state(step.ana) is ACCEPTED
    step.lists()
    step.stage.clock.advance(hours=2)
    await step.stage.drain()
    assert await step.state(step.ana) is None


async def test_a_follow_that_the_other_side_does_not_know_ends_here(step: Step) -> None:
    await step.follow(step.ana)
    step.lists()
    await step.tells()
    assert await step.state(step.ana) is None
    assert step.stage.net.delivered == []  # there is nothing to take back


async def test_a_follow_that_only_the_other_side_knows_is_undone_there(step: Step) -> None:
    await step.stage.artist("eve")
    step.lists(EVE, "https://art.test/users/nobody", "https://third.test/users/kim")
    await step.tells(EVE)
    ((inbox, undone),) = step.stage.net.delivered
    assert (inbox, undone["type"], undone["actor"]) == (BOB.inbox, "Undo", EVE)
    assert (undone["object"]["type"], undone["object"]["object"]) == ("Follow", BOB.uri)


async def test_whoever_waits_and_is_listed_was_accepted(step: Step) -> None:
    await step.follow(step.ana, PENDING)
    step.lists(ANA)
    await step.tells(ANA)
    assert await step.state(step.ana) is ACCEPTED
    assert step.stage.net.delivered == []


async def test_whoever_waits_and_is_not_listed_goes_on_waiting(step: Step) -> None:
    await step.follow(step.ana, PENDING)
    step.lists()
    await step.tells("https://art.test/users/long-gone")
    assert await step.state(step.ana) is PENDING


async def test_a_list_comes_in_pages_of_one_origin(step: Step) -> None:
    eve = await step.stage.artist("eve")
    await step.follow(step.ana)
    await step.follow(eve)
    step.lists(first=f"{LIST}?page=1", totalItems=1)
    step.lists(ANA, url=f"{LIST}?page=1", type="OrderedCollectionPage")
    await step.tells()
    assert (await step.state(step.ana), await step.state(eve)) == (ACCEPTED, None)


async def test_one_list_is_fetched_once_an_hour(step: Step) -> None:
    await step.follow(step.ana)
    step.lists(ANA)
    await step.tells()
    await step.tells()
    assert step.fetches == 1
    step.stage.clock.advance(hours=1)
    await step.tells()
    assert step.fetches == 2


# What we say


def said(stage: Stage) -> list[str | None]:
    return [
        dict(request.headers).get("Collection-Synchronization")
        for request in stage.net.asked
        if request.method == "POST"
    ]


async def test_only_what_is_for_followers_says_who_they_are(step: Step) -> None:
    await step.stage.befriend(BOB, step.ana)
    await step.stage.hang(step.ana)
    await step.stage.drain()
    assert said(step.stage) == [None]


async def test_what_is_for_followers_carries_each_hosts_digest(step: Step) -> None:
    kim = Peer("kim", "third.test", 2)
    await step.stage.befriend(BOB, step.ana)
    await step.stage.befriend(kim, step.ana)
    await step.stage.befriend(Peer("lou"), step.ana, PENDING)
    await step.stage.hang(step.ana, visibility=Visibility.FOLLOWERS)
    await step.stage.drain()
    by_host = {
        request.url: dict(request.headers)["Collection-Synchronization"]
        for request in step.stage.net.asked
        if request.method == "POST"
    }
    for peer in (BOB, kim):
        assert by_host[peer.shared_inbox] == (
            f'collectionId="{ANA}/followers", url="{ANA}/followers_synchronization",'
            f' digest="{digest_of([peer.uri])}"'
        )


async def ask(step: Step, peer: Peer | None) -> tuple[int, Any]:
    target = "/users/ana/followers_synchronization"
    headers = {"Accept": "application/activity+json", "Host": "art.test"}
    if peer is not None:
        step.stage.net.serve(peer.uri, peer.document)
        at = step.stage.clock.now()
        headers = peer.signed(b"", at, target=target, method="GET", accept=headers["Accept"])
    answer = await step.client.get(target, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def test_nobody_unsigned_learns_who_follows(step: Step) -> None:
    status, document = await ask(step, None)
    assert status == 401
    assert "orderedItems" not in document


async def test_each_host_learns_of_its_own_people_alone(step: Step) -> None:
    kim = Peer("kim", "third.test", 2)
    await step.stage.befriend(BOB, step.ana)
    await step.stage.befriend(kim, step.ana)
    await step.stage.befriend(Peer("lou"), step.ana, PENDING)
    for peer, expected in ((BOB, [BOB.uri]), (kim, [kim.uri]), (Peer("max", "far.test", 3), [])):
        status, document = await ask(step, peer)
        assert (status, document["orderedItems"]) == (200, expected)
        assert document["id"] == f"{ANA}/followers_synchronization"
