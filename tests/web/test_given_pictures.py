"""Addresses of pictures name the server that they were given to, and open what they opened before.

Whatever is no token of ours changes nothing, whoever brings it.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from federation import proofs
from federation.keys import load_public_key
from server.given import GivenTo
from server.main import answering, listening
from server.media_tokens import PeerTokens
from server.model import Millis, Visibility
from server.visitors import VisitorClass
from server.work_visits import MOST_GIVEN, MOST_WAITING
from tests.two_servers.stage import ACTIVITY_JSON, Peer, Stage
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB, EVE = Peer("bob"), Peer("eve", "far.test", 2)
BOT = "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
TOOL = "python-requests/2.32.3"
RULE = """
    [[rules]]
    name = "Leaks"
    door = "media"
    when = { token = ["peer.test"] }
    then = "%s"
    because = "These addresses went round."
    """


@dataclass
class Room:
    """A site, what servers are given there, and the ways in which pictures are asked for."""

    site: Site

    async def asked(
        self, path: str, peer: Peer | None = None, *, is_true: bool = True
    ) -> tuple[dict[str, Any], Any]:
        """Ask for a document, signed where a peer asks; return it and its headers."""
        headers = {"Accept": ACTIVITY_JSON}
        if peer is not None:
            self.site.stage.net.serve(peer.uri, peer.document)
            headers = replace(peer, key_number=peer.key_number if is_true else 7).signed(
                b"", self.site.stage.clock.now(), target=path, method="GET", accept=ACTIVITY_JSON
            )
        answer = await self.site.client.get(path, headers=headers)
        assert answer.status == 200
        return json.loads(await answer.text()), answer.headers

    async def note(self, peer: Peer | None = None) -> tuple[dict[str, Any], Any]:
        return await self.asked(f"/works/{self.site.work.id}", peer)

    async def url(self, peer: Peer | None = None) -> str:
        """Return where a picture of the work is fetched, as a server is told."""
        note, _ = await self.note(peer)
        return str(note["attachment"][0]["url"]).removeprefix("https://art.test")

    async def whose(self, url: str) -> str:
        known = self.site.stage.flows.given_to
        return str(await known.host_of(url.partition("p=")[2], self.site.work.id))

    async def get(self, path: str, agent: str = TOOL) -> tuple[int, str, str]:
        answer = await self.site.get(path, **{"User-Agent": agent, "Accept": "image/*"})
        text = (await answer.read()).decode()
        return answer.status, text, answer.headers["Cache-Control"]


async def passages(stage: Stage) -> int:
    """Return how much was noted of what passed the doors between here and other servers."""
    await stage.flows.envelopes.flush()
    found = await stage.read(lambda tx: tx.neighbours.decisions_on("peer.test", Millis(0)))
    return len(found)


@pytest_asyncio.fixture
async def room(site: Site) -> Room:
    await site.separate_files()
    return Room(site)


async def verify(room: Room, note: dict[str, Any]) -> None:
    stage = room.site.stage
    actor = await stage.read(lambda tx: tx.actors.by_uri("https://art.test/users/ana"))
    ((key_id, multikey),) = actor.more_keys
    proof = proofs.read_proof(note)
    assert proof is not None
    key = load_public_key(multikey, key_id=key_id, owner=actor.uri)
    proofs.verify(note, proof, key, stage.clock.now())


async def test_a_stranger_is_given_the_address_of_nobody_and_a_proof_that_holds(room: Room) -> None:
    note, headers = await room.note()
    url = note["attachment"][0]["url"]
    assert url.partition("p=")[2] == room.site.stage.flows.given_to.tokens.token(
        0, room.site.work.id
    )
    assert await room.whose(url) == ""
    assert (headers["Cache-Control"], headers["Vary"]) == (
        "public, max-age=180",
        "Accept, Signature",
    )
    await verify(room, note)
    room.site.stage.clock.advance(seconds=60)
    assert (await room.note())[1]["ETag"] == headers["ETag"]


async def test_who_signs_is_given_an_address_of_its_own_that_no_cache_may_share(room: Room) -> None:
    for peer, host in ((BOB, "peer.test"), (EVE, "far.test")):
        note, headers = await room.note(peer)
        assert await room.whose(note["attachment"][0]["url"]) == host
        assert (headers["Cache-Control"], headers["Vary"]) == (
            "private, no-store",
            "Accept, Signature",
        )
        assert "ETag" not in headers
        await verify(room, note)


async def test_who_only_says_to_have_signed_is_given_no_address_of_anybodys(room: Room) -> None:
    path = f"/works/{room.site.work.id}"
    note, headers = await room.asked(path, BOB, is_true=False)
    assert await room.whose(note["attachment"][0]["url"]) == ""
    assert headers["Vary"] == "Accept, Signature"
    assert await room.whose(await room.url(BOB)) == "peer.test"


async def test_an_address_is_the_same_however_a_server_comes_by_it(room: Room) -> None:
    stage = room.site.stage
    await stage.drain()  # the work is told to nobody yet
    await stage.befriend(BOB, room.site.people["ana"])
    told = await stage.hang(room.site.people["ana"], title="Later")
    await stage.drain()
    (_, said), *_ = stage.net.delivered
    note, _ = await room.asked(f"/works/{told.id}", BOB)
    assert [one["url"] for one in note["attachment"]] == [
        one["url"] for one in said["object"]["attachment"]
    ]


@pytest.mark.parametrize("path", ["/users/ana/outbox?page=true", "/users/ana/featured"])
async def test_lists_of_works_give_each_server_its_own_addresses(room: Room, path: str) -> None:
    stage = room.site.stage
    await stage.flows.pinning.pin(room.site.people["ana"], room.site.work.id)
    for peer, host in ((None, ""), (BOB, "peer.test")):
        document, headers = await room.asked(path, peer)
        (item,) = document["orderedItems"]
        url = item.get("object", item)["attachment"][0]["url"]
        assert "?p=" in url
        assert await room.whose(url) == host
        assert headers["Vary"] == "Accept, Signature"
        assert ("private" in headers["Cache-Control"]) is (peer is not None)


async def test_followers_are_given_addresses_of_their_own_server(room: Room) -> None:
    await room.site.stage.befriend(BOB, room.site.people["ana"])
    hidden = await room.site.stage.hang(room.site.people["ana"], visibility=Visibility.FOLLOWERS)
    note, _ = await room.asked(f"/works/{hidden.id}", BOB)
    token = note["attachment"][0]["url"].partition("p=")[2]
    assert await room.site.stage.flows.given_to.host_of(token, hidden.id) == "peer.test"


async def test_an_address_opens_what_it_opened_without_its_token(room: Room) -> None:
    url = await room.url(BOB)
    bare = url.partition("?")[0]
    for path in (url, bare, await room.url()):
        assert await room.get(path) == (200, "federated.jpg", "public, max-age=86400")
    for query in ("", "x", "x" * 5_000, "%00", "%ff" * 22, "A" * 22, "A" * 22 + "&p=B", "=" * 22):
        assert (await room.get(f"{bare}?p={query}"))[:2] == (200, "federated.jpg")
    assert (await room.get(f"{bare}?size=preview&p={url[-22:]}"))[1] == "preview.jpg"
    larger = bare.replace("federated.jpg", "large.avif")
    assert (await room.get(f"{larger}?p={url[-22:]}"))[0] == (await room.get(larger))[0] == 403


async def test_an_address_is_good_for_what_its_server_may_have_now(room: Room) -> None:
    given, other = await room.url(BOB), await room.url(EVE)
    stage = room.site.stage
    noted = await passages(stage)
    for tier, (status, text) in {
        "limited": (200, "preview.jpg"),
        "refused": (403, ""),
        "ally": (200, "federated.jpg"),
    }.items():
        stage.stand(peer_test=tier)
        found = await room.get(given)
        assert (found[0], found[1] if status == 200 else "") == (status, text)
        assert (await room.get(other))[:2] == (200, "federated.jpg")
    assert await passages(stage) == noted  # nobody knows who fetched that


async def test_a_rule_can_be_about_addresses_given_to_one_server(room: Room) -> None:
    leaked, other = await room.url(BOB), await room.url(EVE)
    room.site.stage.rules(RULE % "refuse")
    assert (await room.get(leaked))[0] == 403
    assert (await room.get(other))[:2] == (200, "federated.jpg")
    room.site.stage.rules(RULE % "preview")
    assert (await room.get(leaked))[1] == "preview.jpg"
    assert (await room.get(other))[1] == "federated.jpg"


async def test_a_picture_made_anew_has_another_address_under_the_same_token(room: Room) -> None:
    old, stage = await room.url(BOB), room.site.stage
    (picture,) = (await stage.read(lambda tx: tx.works.by_id(room.site.work.id))).pictures
    async with stage.library.transaction() as tx:
        await tx.works.put_picture(replace(picture, media_key="b" * 40))
    new = await room.url(BOB)
    assert old.partition("?")[0] != new.partition("?")[0]
    assert old[-22:] == new[-22:]
    for url in (old, new):  # what servers were given stays valid, until the work is withdrawn
        assert (await room.get(url))[:2] == (200, "federated.jpg")
    await stage.flows.publishing.withdraw(room.site.people["ana"], room.site.work.id)
    for url in (old, new):
        assert (await room.get(url))[0] == 410


async def test_under_another_key_of_the_instance_old_tokens_mean_nothing(room: Room) -> None:
    stage, work = room.site.stage, room.site.work
    token = (await room.url(BOB)).partition("p=")[2]
    anew = GivenTo(stage.library, stage.clock, PeerTokens(b"n" * 16))
    assert await anew.host_of(token, work.id) == ""
    assert await anew.token("peer.test", work.id) != token


async def test_a_crawler_with_an_address_given_to_a_server_names_that_server(room: Room) -> None:
    leaked, neutral = await room.url(BOB), await room.url()
    invented = f"{leaked[:-22]}{'A' * 22}"
    listener = listening("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with answering(room.site.stage.instance.app(), listener, shutdown_seconds=1):
        for agent, status in ((BOT, 403), (TOOL, 200)):
            async with ClientSession(headers={"User-Agent": agent}) as client:
                for path in (leaked, leaked, neutral, invented):
                    async with client.get(base + path) as answer:
                        assert answer.status == status
    await room.site.stage.flows.work_visits.flush()
    found = await room.site.stage.read(lambda tx: tx.comers.visits_given(0))
    assert {(one.given_to, one.crawler, one.works, one.requests, one.refused) for one in found} == {
        ("peer.test", "GPTBot", 1, 2, 2),
        ("peer.test", "python-requests", 1, 2, 0),
    }
    page = await room.site.page("/admin/crawlers", "otto")
    assert "Crawler GPTBot came with an address given to peer.test" in page
    assert "Program python-requests came with an address given to peer.test" in page


async def test_a_server_that_signs_and_brings_anothers_address_is_told_apart_from_its_own(
    room: Room,
) -> None:
    leaked, stage = await room.url(BOB), room.site.stage
    stage.net.serve(EVE.uri, EVE.document)
    fetched = len(stage.net.fetched)
    lying, reader = replace(EVE, key_number=7), "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    listener = listening("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def fetch(path: str, peer: Peer | None, agent: str = "GoToSocial/0.20") -> int:
        headers = {"User-Agent": agent, "Host": "art.test"}
        if peer is not None:
            now = stage.clock.now()
            headers |= peer.signed(b"", now, target=path, method="GET", accept="image/*")
        async with ClientSession() as client, client.get(base + path, headers=headers) as answer:
            return answer.status

    async with answering(stage.instance.app(), listener, shutdown_seconds=1):
        for peer, agent in ((EVE, "x"), (lying, "x"), (BOB, "x"), (None, reader)):
            assert await fetch(leaked, peer, agent) == 200
        assert await fetch(await room.url(), EVE) == 200
        stage.stand(far_test="refused")
        assert await fetch(leaked, EVE) == 403  # and nobody looks whether it really signed
    await stage.flows.work_visits.flush()
    found = await stage.read(lambda tx: tx.comers.visits_given(0))
    assert [(one.given_to, one.visitor, one.crawler, one.requests) for one in found] == [
        ("peer.test", VisitorClass.PEER, "far.test", 1)
    ]
    assert set(stage.net.fetched[fetched:]) <= {EVE.uri}
    page = await room.site.page("/admin/crawlers", "otto")
    assert "Server far.test, signed, came with an address given to peer.test" in page
    assert "No machine asked for your works" in await room.site.page("/studio/visitors", "ana")


async def test_however_many_tokens_come_memory_has_a_bound_and_works_are_still_counted(
    room: Room,
) -> None:
    known = room.site.stage.flows
    for peer in range(MOST_WAITING + 5):
        token = known.given_to.tokens.token(peer + 1, room.site.work.id)
        known.work_visits.count(
            VisitorClass.DATASET,
            "CCBot",
            f"/works/{room.site.work.id}",
            1,
            given=known.given_to.tokens.read(token),
        )
    assert len(known.work_visits._sums) == MOST_GIVEN + 1
    assert sum(sums[0] for sums in known.work_visits._sums.values()) == MOST_WAITING + 5
