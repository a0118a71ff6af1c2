"""Series through HTTP: pages for people, documents for other servers, and the artist's forms."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import Artist, Series, Visibility, Work
from server.series import SeriesDraft
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import ACTIVITY_JSON, PUBLIC, Peer, Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

ANA = "https://art.test/users/ana"
PAGE = "/@ana/series/birches"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Site:
    """art.test with a series of three works, one of them for followers."""

    stage: Stage
    client: TestClient[Any, Any]
    ana: Artist
    works: list[Work]
    series: Series
    cookie: str = ""

    async def get(self, path: str, accept: str = "text/html", **headers: str) -> ClientResponse:
        sent = {"Host": "art.test", "Accept": accept, **headers}
        if self.cookie:
            sent["Cookie"] = self.cookie
        path = path.removeprefix("https://art.test")
        return await self.client.get(path, headers=sent, allow_redirects=False)

    async def page(self, path: str) -> str:
        answer = await self.get(path)
        assert answer.status == 200, path
        return await answer.text()

    async def document(self, path: str) -> dict[str, Any]:
        answer = await self.get(path, ACTIVITY_JSON)
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == f"{ACTIVITY_JSON}; charset=utf-8"
        found: dict[str, Any] = await answer.json(content_type=ACTIVITY_JSON)
        return found

    async def send(self, path: str, page: str = "", **fields: str) -> ClientResponse:
        """Send a form as its page offers it."""
        token = _TOKEN.search(await self.page(page or path))
        assert token is not None
        return await self.client.post(
            path,
            data={"csrf": token.group(1), **fields},
            headers={"Host": "art.test", "Cookie": self.cookie, "Origin": "https://art.test"},
            allow_redirects=False,
        )

    async def sign_in(self) -> None:
        known = self.stage.flows
        signed_in = await known.sessions.start(self.ana)
        self.cookie = f"{known.forms.cookies.session_name}={signed_in.token}"

    @property
    def id(self) -> str:
        return f"{ANA}/series/{self.series.id}"

    @property
    def studio(self) -> str:
        return f"/studio/series/{self.series.id}"


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        ana = await stage.artist("ana")
        works = [
            await stage.hang(ana, title="Bark"),
            await stage.hang(ana, title="Sap", visibility=Visibility.FOLLOWERS),
            await stage.hang(ana, title="Leaf"),
        ]
        series = await stage.flows.series.make(ana, SeriesDraft("Birches", "Among\n<trees>."))
        await stage.flows.series.add(ana, series.id, [work.id for work in works])
        await stage.drain()
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, ana, works, series)
    await library.close()


# Refused


@pytest.mark.parametrize(
    "path",
    ["/@ana/series/oaks", "/@ben/series/birches", f"{ANA}/series/12345", "/series/12345"],
)
@pytest.mark.parametrize("accept", ["text/html", ACTIVITY_JSON])
async def test_what_is_no_series_is_absent(path: str, accept: str, site: Site) -> None:
    assert (await site.get(path, accept)).status == 404


async def test_a_series_that_cannot_be_followed_has_no_actor(site: Site) -> None:
    for path in ("", "/outbox", "/followers", "/following"):
        assert (await site.get(f"/series/{site.series.id}{path}", ACTIVITY_JSON)).status == 404
    answer = await site.client.post(f"/series/{site.series.id}/inbox", data=b"{}")
    assert answer.status == 404
    answer = await site.get("/.well-known/webfinger?resource=acct:ana_birches@art.test")
    assert answer.status == 404


async def test_strangers_see_nothing_of_a_series_for_followers_alone(site: Site) -> None:
    hidden = await site.stage.flows.series.make(site.ana, SeriesDraft("Hidden"))
    await site.stage.flows.series.add(site.ana, hidden.id, [site.works[1].id])
    for accept in ("text/html", ACTIVITY_JSON):
        for path in ("/@ana/series/hidden", f"{ANA}/series/{hidden.id}"):
            assert (await site.get(path, accept)).status == 404
    assert "Hidden" not in await site.page("/@ana")
    assert str(hidden.id) not in str(await site.document(f"{ANA}/series"))


async def test_the_studios_pages_are_for_their_artist(site: Site) -> None:
    for path in ("", "/add", "/delete"):
        assert (await site.get(f"{site.studio}{path}")).status == 303
    ben = await site.stage.artist("ben")
    site.ana, theirs = ben, site.studio
    await site.sign_in()
    for path in ("", "/add", "/delete"):
        assert (await site.get(f"{theirs}{path}")).status == 404
    for path in ("", "/add", "/delete", "/follow"):
        sent = await site.send(f"{theirs}{path}", "/studio/series/new", title="Mine", name="x")
        assert sent.status == 404
    assert (await site.stage.flows.series_rooms.page("ana", "birches", None)).total == 2


# For people


async def test_a_series_page_shows_its_works_in_order(site: Site) -> None:
    page = await site.page(PAGE)
    assert page.index("Bark") < page.index("Leaf")
    assert "Sap" not in page
    assert "Series, 2 works" in page
    assert "&lt;trees&gt;" in page
    assert f'href="{site.id}"' in page  # its twin for other servers
    assert "Follow this series" not in page
    row = await site.page("/@ana")
    assert f'href="{PAGE}"' in row
    assert row.index("Series") < row.index("Works</h2>")


async def test_a_works_page_leads_through_its_series(site: Site) -> None:
    path = site.stage.flows.addresses.work_page("ana", site.works[2])
    page = await site.page(path)
    assert re.search(r"From the series .*Birches</a>, 2 of 2", page)
    assert re.search(r'rel="prev" href="[^"]*-bark"', page)
    assert page.count('rel="prev"') == 1


async def test_pages_of_a_long_series_go_on(site: Site) -> None:
    more = [await site.stage.hang(site.ana, title=f"Leaf {number}") for number in range(100)]
    await site.stage.flows.series.add(site.ana, site.series.id, [one.id for one in more])
    first = await site.page(PAGE)
    assert "Leaf 97<" in first
    assert "Leaf 98<" not in first
    second = await site.page(f"{PAGE}?after={more[97].id}")
    assert "Leaf 98<" in second
    assert "Leaf 97<" not in second


async def test_ids_lead_people_to_the_page(site: Site) -> None:
    speaker = await site.stage.flows.series.open_to_followers(site.ana, site.series.id, "birches")
    answer = await site.get(site.id)
    assert (answer.status, answer.headers["Location"]) == (302, PAGE)
    answer = await site.get(speaker.uri)
    assert (answer.status, answer.headers["Location"]) == (302, PAGE)
    answer = await site.get("/@ana_birches")
    assert (answer.status, answer.headers["Location"]) == (302, f"/series/{site.series.id}")
    page = await site.page(PAGE)
    assert "Follow this series" in page
    assert "@ana_birches@art.test" in page


# For other servers


async def test_an_artist_names_their_series_and_each_names_its_works(site: Site) -> None:
    actor = await site.document(ANA)
    assert actor["series"] == f"{ANA}/series"
    assert "featuredCollections" not in actor
    listed = await site.document(actor["series"])
    assert (listed["type"], listed["items"], listed["totalItems"]) == ("Collection", [site.id], 1)
    series = await site.document(listed["items"][0])
    assert series["type"] == "OrderedCollection"
    assert (series["name"], series["attributedTo"]) == ("Birches", ANA)
    assert series["url"] == f"https://art.test{PAGE}"
    assert series["orderedItems"] == [
        f"https://art.test/works/{work.id}" for work in (site.works[0], site.works[2])
    ]
    assert series["totalItems"] == 2  # not a word of the third
    assert series["image"]["mediaType"] == "image/jpeg"
    assert await site.document(PAGE) == series
    for item in series["orderedItems"]:
        assert (await site.document(item))["inSeries"] == [site.id]


async def test_a_sensitive_work_is_nobodys_cover_elsewhere(site: Site) -> None:
    other = await site.stage.flows.series.make(site.ana, SeriesDraft("Blood"))
    work = await site.stage.hang(site.ana, is_sensitive=True)
    await site.stage.flows.series.add(site.ana, other.id, [work.id])
    assert "image" not in await site.document(f"{ANA}/series/{other.id}")


async def test_a_series_actor_is_found_and_read_by_every_server(site: Site) -> None:
    speaker = await site.stage.flows.series.open_to_followers(site.ana, site.series.id, "birches")
    for resource in ("acct:ana_birches@art.test", speaker.uri):
        answer = await site.get(f"/.well-known/webfinger?resource={resource}", "*/*")
        found = await answer.json(content_type="application/jrd+json")
        assert found["subject"] == "acct:ana_birches@art.test"
        self_link = next(link for link in found["links"] if link["rel"] == "self")
        assert self_link["href"] == speaker.uri
    actor = await site.document(speaker.uri)
    jsonschema.validate(actor, _ACTOR)
    assert actor["type"] == "Group"
    assert actor["preferredUsername"] == "ana_birches"
    assert actor["attributedTo"] == ANA
    assert actor["announces"] == site.id
    assert actor["manuallyApprovesFollowers"] is False
    assert actor["publicKey"]["owner"] == speaker.uri
    assert len(actor["assertionMethod"]) == 1
    assert (await site.document(site.id))["announcedBy"] == speaker.uri
    answer = await site.get("/@ana_birches", ACTIVITY_JSON)
    assert f"https://art.test{answer.headers['Location']}" == speaker.uri


_STRING = {"type": "string", "minLength": 1}
_ACTOR = {
    "type": "object",
    "required": ["id", "type", "preferredUsername", "inbox", "outbox", "followers", "url"],
    "properties": {
        **dict.fromkeys(("id", "inbox", "outbox", "followers", "following", "url"), _STRING),
        "publicKey": {"type": "object", "required": ["id", "owner", "publicKeyPem"]},
        "icon": {"type": "object", "required": ["type", "mediaType", "url"]},
        "image": {"type": "object", "required": ["type", "mediaType", "url"]},
    },
}


async def test_a_series_outbox_lists_what_it_announced_latest_first(site: Site) -> None:
    speaker = await site.stage.flows.series.open_to_followers(site.ana, site.series.id, "birches")
    more = [await site.stage.hang(site.ana) for _ in range(30)]
    await site.stage.flows.series.add(site.ana, site.series.id, [one.id for one in more])
    head = await site.document(speaker.outbox)
    assert head["totalItems"] == 32
    page = await site.document(head["first"])
    assert len(page["orderedItems"]) == 24
    assert {one["type"] for one in page["orderedItems"]} == {"Announce"}
    assert page["orderedItems"][0]["object"] == f"https://art.test/works/{more[-1].id}"
    assert page["orderedItems"][0]["to"] == [PUBLIC]
    rest = await site.document(page["next"])
    assert len(rest["orderedItems"]) == 8
    assert "next" not in rest
    assert str(site.works[1].id) not in str(page) + str(rest)
    assert (await site.document(speaker.followers_uri))["totalItems"] == 0
    assert (await site.document(f"{speaker.uri}/following"))["totalItems"] == 0


async def test_a_series_inbox_takes_a_signed_follow_and_no_other(site: Site) -> None:
    stage, bob = site.stage, Peer("bob")
    speaker = await stage.flows.series.open_to_followers(site.ana, site.series.id, "birches")
    actor = await stage.meet(bob)
    path = f"/series/{site.series.id}/inbox"
    headers = {"Host": "art.test", "Content-Type": ACTIVITY_JSON}
    assert (await site.client.post(path, data=b"{}", headers=headers)).status == 401
    follow = json.dumps(bob.does("Follow", speaker.uri)).encode()
    signed = bob.signed(follow, stage.clock.now(), target=path)
    answer = await site.client.post(path, data=follow, headers=signed)
    assert answer.status == 202
    await stage.drain()
    assert await stage.read(lambda tx: tx.relations.follow(actor.id, speaker.id)) is not None


async def test_an_ended_series_actor_is_a_tombstone(site: Site) -> None:
    speaker = await site.stage.flows.series.open_to_followers(site.ana, site.series.id, "birches")
    await site.stage.flows.series.remove(site.ana, site.series.id)
    answer = await site.get(speaker.uri, ACTIVITY_JSON)
    assert answer.status == 410
    assert (await answer.json(content_type=ACTIVITY_JSON))["type"] == "Tombstone"
    assert (await site.get("/@ana_birches")).status == 410
    assert (await site.get(PAGE)).status == 404
    assert (await site.get("/.well-known/webfinger?resource=acct:ana_birches@art.test")).status in {
        404,
        410,
    }


# The artist's forms


async def test_an_artist_makes_fills_arranges_and_ends_a_series(site: Site) -> None:
    await site.sign_in()
    sent = await site.send("/studio/series", "/studio/series/new", title="Oaks", summary="Old.")
    assert sent.status == 303
    place = sent.headers["Location"].partition("/add")[0]
    page = await site.page(f"{place}/add")
    assert all(title in page for title in ("Bark", "Sap", "Leaf"))
    first, _, last = site.works
    sent = await site.client.post(
        f"{place}/add",
        data=[
            ("csrf", _TOKEN.search(page).group(1)),  # type: ignore[union-attr]  # it has a form
            *(("work", str(work.id)) for work in (first, last)),
        ],
        headers={"Host": "art.test", "Cookie": site.cookie, "Origin": "https://art.test"},
        allow_redirects=False,
    )
    assert sent.status == 303
    sent = await site.send(place, title="Old Oaks", summary="", cover=str(last.id), then="save")
    sent = await site.send(place, title="Old Oaks", cover=str(last.id), then=f"up-{last.id}")
    assert sent.headers["Location"] == f"{place}#work-{last.id}"
    page = await site.page("/@ana/series/oaks")
    assert page.index("Leaf") < page.index("Bark")
    fields = {f"position-{last.id}": "2", f"position-{first.id}": "1"}
    await site.send(place, title="Old Oaks", then="save", **fields)
    page = await site.page("/@ana/series/oaks")
    assert page.index("Bark") < page.index("Leaf")
    await site.send(place, title="Old Oaks", then=f"out-{first.id}")
    assert "Series, 1 work<" in await site.page("/@ana/series/oaks")
    sent = await site.send(f"{place}/follow", place, name="oaks")
    assert sent.status == 303
    assert "@ana_oaks@art.test" in await site.page(place)
    sent = await site.send(f"{place}/delete")
    assert sent.headers["Location"] == "/studio/series?told=series-ended"
    assert (await site.get("/@ana/series/oaks")).status == 404
    assert "Leaf" in await site.page("/@ana")


async def test_a_refused_form_comes_back_as_it_was_typed(site: Site) -> None:
    await site.sign_in()
    sent = await site.send(site.studio, title="", summary="Kept words")
    assert sent.status == 422
    assert "Kept words" in await sent.text()
    sent = await site.send("/studio/series", "/studio/series/new", title="birches")
    assert sent.status == 409
    sent = await site.send(f"{site.studio}/follow", site.studio, name="no good")
    assert sent.status == 422
    assert "no good" in await sent.text()


async def test_the_edit_page_of_a_work_puts_it_into_series(site: Site) -> None:
    await site.sign_in()
    other = await site.stage.flows.series.make(site.ana, SeriesDraft("Oaks"))
    work = site.works[0]
    path = f"/studio/works/{work.id}"
    page = await site.page(path)
    assert f'name="series-{site.series.id}" value="yes" checked' in page
    facts = {"title": "Bark", "visibility": "public", "ai_label": "none", "then": "save"}
    await site.send(path, **facts)  # a form that shows no series leaves them alone
    assert await site.stage.flows.series_rooms.of_work(work.id) == [site.series.id]
    await site.send(path, **facts, **{"series-shown": str(other.id), f"series-{other.id}": "yes"})
    assert await site.stage.flows.series_rooms.of_work(work.id) == [site.series.id, other.id]
    await site.send(path, **facts, **{"series-shown": str(site.series.id)})
    assert await site.stage.flows.series_rooms.of_work(work.id) == [other.id]
