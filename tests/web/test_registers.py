"""Collections of actors and works, as other servers page through them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import (
    ActorId,
    Artist,
    Follow,
    FollowState,
    Millis,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
)
from server.targets import target_for
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import ACTIVITY_JSON, Peer, Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

ANA = "https://art.test/users/ana"
BOB = Peer("bob")


@dataclass
class Site:
    """art.test as other servers page through it."""

    stage: Stage
    client: TestClient[Any, Any]
    ana: Artist
    work: Work

    async def get(self, path: str, **headers: str) -> ClientResponse:
        sent = {"Host": "art.test", "Accept": ACTIVITY_JSON, **headers}
        path = path.removeprefix("https://art.test")
        return await self.client.get(path, headers=sent, allow_redirects=False)

    async def document(self, path: str, **headers: str) -> dict[str, Any]:
        answer = await self.get(path, **headers)
        assert answer.status == 200, path
        found: dict[str, Any] = await answer.json(content_type=ACTIVITY_JSON)
        return found

    async def pages(self, uri: str) -> list[Any]:
        """Return every item of a collection in pages, holding each page to its form."""
        head = await self.document(uri)
        assert (head["id"], head["type"]) == (uri, "OrderedCollection")
        assert "orderedItems" not in head
        items: list[Any] = []
        following = head["first"]
        while following:
            page = await self.document(following)
            assert (page["id"], page["type"]) == (following, "OrderedCollectionPage")
            assert (page["partOf"], page["totalItems"]) == (uri, head["totalItems"])
            items += page["orderedItems"]
            following = page.get("next", "")
        return items

    async def change(self, **fields: Any) -> None:
        async with self.stage.library.transaction() as tx:
            await tx.artists.update(replace(self.ana, **fields))

    def signed(self, peer: Peer, target: str) -> dict[str, str]:
        at = self.stage.clock.now()
        return peer.signed(b"", at, target=target, method="GET", accept=ACTIVITY_JSON)


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        ana = await stage.artist("ana")
        work = await stage.hang(ana, tags=("Oil", "hare"))
        await stage.drain()
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, ana, work)
    await library.close()


async def follow_many(site: Site, count: int) -> list[str]:
    """Have strangers follow Ana, and her them; return their addresses, the newest first."""
    known = await site.stage.meet(BOB)
    uris = [f"https://peer.test/users/{number}" for number in range(count)]
    async with site.stage.library.transaction() as tx:
        for number, uri in enumerate(uris):
            fresh = replace(known, id=ActorId(site.stage.clock.new_id()), uri=uri, key_id="")
            actor_id = await tx.actors.put(fresh)
            at = Millis(1_000 + number // 3)
            for pair in ((actor_id, site.ana.id), (site.ana.id, actor_id)):
                await tx.relations.put_follow(Follow(*pair, FollowState.ACCEPTED, "", at))
    return uris


@pytest.mark.parametrize("name", ["followers", "following", "featured", "featured-tags", "outbox"])
async def test_whoever_is_suspended_has_no_collections(name: str, site: Site) -> None:
    await site.stage.flows.accounts.suspend("ana")
    assert (await site.get(f"{ANA}/{name}?page=true")).status == 404
    assert (await site.get(f"https://art.test/users/nobody/{name}")).status == 404


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_hidden_follows_are_counted_and_not_listed(name: str, site: Site) -> None:
    await follow_many(site, 3)
    await site.change(hides_follows=True)
    for path in (f"{ANA}/{name}", f"{ANA}/{name}?page=true", f"{ANA}/{name}?page=true&before=9"):
        document = await site.document(path)
        assert (document["totalItems"], document["id"]) == (3, f"{ANA}/{name}")
        assert not {"first", "next", "orderedItems"} & set(document)


@pytest.mark.parametrize("mark", ["-1", "x", "9" * 30, "0", "%00", ""])
async def test_odd_page_marks_break_nothing(mark: str, site: Site) -> None:
    replies = f"https://art.test/works/{site.work.id}/replies"
    for uri in (f"{ANA}/followers", f"{ANA}/following", f"{ANA}/outbox", replies):
        for name in ("before", "after", "page"):
            answer = await site.get(f"{uri}?page=true&{name}={mark}")
            assert answer.status == 200


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_who_follows_comes_in_pages_that_lose_nobody(name: str, site: Site) -> None:
    uris = await follow_many(site, 120)
    found = await site.pages(f"{ANA}/{name}")
    assert sorted(found) == sorted(uris)
    assert found[0] in uris[-3:]  # the newest first
    assert (await site.document(f"{ANA}/{name}"))["totalItems"] == 120


async def test_the_newest_works_stand_on_top_until_some_are_pinned(site: Site) -> None:
    for _ in range(5):
        site.stage.clock.advance(seconds=1)
        await site.stage.hang(site.ana)
    newest = await site.document(f"{ANA}/featured")
    assert len(newest["orderedItems"]) == newest["totalItems"] == 4
    old = replace(site.work, pinned_at=site.stage.clock.now())
    hidden = await site.stage.hang(
        site.ana, visibility=Visibility.FOLLOWERS, pinned_at=site.stage.clock.now()
    )
    async with site.stage.library.transaction() as tx:
        await tx.works.update(old)
    pinned = await site.document(f"{ANA}/featured")
    (note,) = pinned["orderedItems"]
    assert note["id"] == f"https://art.test/works/{old.id}"
    assert str(hidden.id) not in str(pinned)


async def test_the_tags_that_an_artist_uses_are_hashtags_with_pages(site: Site) -> None:
    await site.stage.hang(site.ana, tags=("oil",))
    document = await site.document(f"{ANA}/featured-tags")
    assert (document["type"], document["totalItems"]) == ("Collection", 2)
    assert document["items"][0] == {
        "type": "Hashtag",
        "name": "#oil",
        "href": "https://art.test/tags/oil",
    }


async def test_answers_to_a_work_come_in_pages_and_only_open_ones(site: Site) -> None:
    flows, uri = site.stage.flows, f"https://art.test/works/{site.work.id}/replies"
    said = []
    for number in range(60):
        site.stage.clock.advance(seconds=1)
        said.append(await flows.commenting.comment(site.ana, site.work.id, f"No {number}"))
    await flows.commenting.comment(site.ana, TargetId(said[0].id), "An answer to an answer")
    assert await site.pages(uri) == [post.uri for post in said]
    assert (await site.document(uri))["totalItems"] == 60


async def test_a_note_names_how_it_was_received_in_bare_ids(site: Site) -> None:
    bob = await site.stage.meet(BOB)
    async with site.stage.library.transaction() as tx:
        flows = site.stage.flows
        target = await target_for(tx, flows.addresses, site.work.id, bob.id)
        for kind in ReactionKind:
            await flows.reactions.note_reaction(tx, kind, bob.id, target, BOB.new_uri())
    note = await site.document(f"/works/{site.work.id}")
    for name in ("likes", "shares"):
        assert note[name] == f"{note['id']}/{name}"
        document = await site.document(note[name])
        assert (document["id"], document["totalItems"]) == (note[name], 1)
        assert "first" not in document  # who it was is theirs to say


@pytest.mark.parametrize("name", ["likes", "shares", "replies"])
async def test_collections_of_a_hidden_work_are_there_for_its_followers_alone(
    name: str, site: Site
) -> None:
    await site.stage.befriend(BOB, site.ana)
    eve = Peer("eve", "evil.test", 2)
    site.stage.net.serve(eve.uri, eve.document)
    hidden = await site.stage.hang(site.ana, visibility=Visibility.FOLLOWERS)
    target = f"/works/{hidden.id}/{name}"
    assert (await site.get(target)).status == 404
    assert (await site.get(target, **site.signed(eve, target))).status == 404
    answer = await site.get(target, **site.signed(BOB, target))
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers


async def test_what_did_not_change_is_not_sent_again(site: Site) -> None:
    for path in (ANA, f"/works/{site.work.id}", f"{ANA}/followers", "/actor"):
        first = await site.get(path)
        tag = first.headers["ETag"]
        again = await site.get(path, **{"If-None-Match": tag})
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["ETag"] == tag
        other = await site.get(path, **{"If-None-Match": '"old"'})
        assert other.status == 200


async def test_head_has_everything_but_the_document(site: Site) -> None:
    for path in ("/users/ana", f"/works/{site.work.id}", "/users/ana/followers", "/oembed?url=x"):
        headers = {"Host": "art.test", "Accept": ACTIVITY_JSON}
        got = await site.client.get(path, headers=headers)
        answer = await site.client.head(path, headers=headers)
        assert (answer.status, await answer.read()) == (got.status, b"")
        assert answer.headers.get("Content-Type") == got.headers.get("Content-Type")


async def test_an_actor_says_what_its_artist_chose(site: Site) -> None:
    plain = await site.document(ANA)
    assert (plain["discoverable"], plain["indexable"]) == (True, False)
    assert plain["webfinger"] == "ana@art.test"
    assert "attributionDomains" not in plain
    domains = ("magazine.example",)
    await site.change(is_discoverable=False, is_indexable=True, attribution_domains=domains)
    changed = await site.document(ANA)
    assert (changed["discoverable"], changed["indexable"]) == (False, True)
    assert changed["attributionDomains"] == ["magazine.example"]


async def test_a_page_names_its_twin_for_servers_in_words_and_in_a_header(site: Site) -> None:
    """FEP-22b6: so that no reader has to guess, or to read HTML."""
    page = (await site.document(f"/works/{site.work.id}"))["url"]
    for path, twin in ((page, f"https://art.test/works/{site.work.id}"), ("/@ana", ANA)):
        answer = await site.get(path, Accept="text/html")
        expected = f'<{twin}>; rel="alternate"; type="application/activity+json"'
        assert expected in answer.headers.getall("Link")
        assert "Accept" in answer.headers["Vary"]
        assert f'rel="alternate" type="application/activity+json" href="{twin}"' in (
            await answer.text()
        )


async def test_a_profile_has_a_card_that_everybody_may_see(site: Site) -> None:
    site.stage.clock.advance(seconds=1)
    await site.stage.hang(site.ana, is_sensitive=True)
    page = await (await site.get("/@ana", Accept="text/html")).text()
    key = site.work.pictures[0].media_key
    assert f'property="og:image" content="https://art.test/media/{key}/card.jpg"' in page
    assert 'property="og:image:alt" content="Alt text 1"' in page
    assert 'name="twitter:card" content="summary_large_image"' in page
    assert 'name="fediverse:creator" content="@ana@art.test"' in page
