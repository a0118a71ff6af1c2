"""What other sites show of a link to us: never more than a stranger may have."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import Visibility, Work
from server.policy import compile_policy
from server.policy_text import read_policy
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]


class Site:
    """art.test as other sites ask it."""

    def __init__(self, stage: Stage, client: TestClient[Any, Any]) -> None:
        self.stage = stage
        self.client = client

    async def ask(self, url: str, **more: str) -> ClientResponse:
        parameters = "".join(f"&{name}={value}" for name, value in more.items())
        path = f"/oembed?url={quote(url, safe='')}{parameters}"
        return await self.client.get(path, headers={"Host": "art.test"})

    async def embed(self, url: str, **more: str) -> dict[str, Any]:
        answer = await self.ask(url, **more)
        assert answer.status == 200, url
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        found: dict[str, Any] = await answer.json()
        return found

    async def hang(self, **more: Any) -> tuple[Work, str]:
        ana = await self.stage.flows.accounts.named("ana")
        work = await self.stage.hang(ana, **more)
        return work, f"https://art.test/@ana/{work.id}-blue-hour"


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        await stage.artist("ana")
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client)
    await library.close()


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DRAFT])
async def test_what_is_not_for_everybody_is_not_embedded(
    visibility: Visibility, site: Site
) -> None:
    work, page = await site.hang(visibility=visibility)
    for url in (page, f"https://art.test/works/{work.id}"):
        assert (await site.ask(url)).status == 404


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://elsewhere.test/@ana/1-x",
        "http://art.test/@ana",
        "https://art.test/@nobody",
        "https://art.test/@ana/1-x",
        "https://art.test/@ana/" + "9" * 19 + "-x",
        "https://art.test/@ana/" + "9" * 40,
        "https://art.test/works/x",
        "https://art.test/",
        "https://art.test/settings",
        "https://[::1/x",
        "https://art.test/@ana/\u0661-x",
        "https://art.test/works/" + "1" * 3_000,
    ],
)
async def test_what_is_not_here_is_not_found(url: str, site: Site) -> None:
    assert (await site.ask(url)).status == 404


async def test_what_was_withdrawn_is_gone(site: Site) -> None:
    work, page = await site.hang()
    ana = await site.stage.flows.accounts.named("ana")
    await site.stage.flows.publishing.withdraw(ana, work.id)
    assert (await site.ask(page)).status == 410


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"format": "yaml"}, 501),
        ({"format": ""}, 501),
        ({"maxwidth": "wide"}, 400),
        ({"maxwidth": "-5"}, 400),
        ({"maxheight": "0"}, 400),
        ({"maxwidth": "9" * 40}, 400),
        ({"maxwidth": "%D9%A1"}, 400),
    ],
)
async def test_odd_wishes_are_refused_with_a_sentence(
    more: dict[str, str], status: int, site: Site
) -> None:
    _, page = await site.hang()
    assert (await site.ask(page, **more)).status == status


async def test_a_work_is_a_photo_that_a_stranger_may_have(site: Site) -> None:
    work, page = await site.hang(pictures=2)
    found = await site.embed(page)
    assert (found["type"], found["version"]) == ("photo", "1.0")
    assert (found["title"], found["author_name"]) == ("Blue hour", "ana")
    assert found["author_url"] == "https://art.test/@ana"
    assert found["provider_url"] == "https://art.test"
    assert found["alt_text"] == "Alt text 1"
    key = work.pictures[0].media_key
    assert found["url"] == f"https://art.test/media/{key}/view.jpg"
    limit = site.stage.flows.house.now.policy.renditions.visitor
    assert max(found["width"], found["height"]) <= limit
    assert max(found["thumbnail_width"], found["thumbnail_height"]) <= 800
    assert await site.embed(f"https://art.test/works/{work.id}") == found
    assert await site.embed(f"{page}?before=1#comments") == found


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"maxwidth": "800"}, "preview"),
        ({"maxwidth": "799"}, "tile"),
        ({"maxwidth": "100000", "maxheight": "600"}, "preview"),
    ],
)
async def test_a_picture_fits_into_the_room_that_there_is(
    more: dict[str, str], name: str, site: Site
) -> None:
    _, page = await site.hang()
    assert f"/{name}.jpg" in (await site.embed(page, **more))["url"]


async def test_where_no_picture_fits_or_may_be_shown_the_link_stands_alone(site: Site) -> None:
    _, page = await site.hang()
    _, veiled = await site.hang(is_sensitive=True, sensitive_reason="blood")
    for found in (await site.embed(page, maxwidth="50"), await site.embed(veiled)):
        assert found["type"] == "link"
        assert not {"url", "thumbnail_url", "alt_text"} & set(found)


async def test_a_smaller_limit_for_strangers_counts_here_too(site: Site) -> None:
    _, page = await site.hang()
    house = site.stage.flows.house
    text = f'preset = "{house.preset}"\n[renditions]\nvisitor = 480\n'
    house._in_force = replace(house.now, compiled=compile_policy(read_policy(text)))
    found = await site.embed(page)
    assert "/tile.jpg" in found["url"]
    assert max(found["width"], found["height"]) <= 480


async def test_an_artist_is_a_link(site: Site) -> None:
    found = await site.embed("https://art.test/@ana")
    assert (found["type"], found["title"]) == ("link", "ana")
    await site.stage.flows.accounts.suspend("ana")
    assert (await site.ask("https://art.test/@ana")).status == 404


async def test_the_same_comes_as_xml_whatever_a_title_holds(site: Site) -> None:
    _, page = await site.hang(title="Blue hour", caption="")
    work, _ = await site.hang(title="<Blue> & \u0001 hour")
    answer = await site.ask(f"https://art.test/works/{work.id}", format="xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = ET.fromstring(await answer.text())  # noqa: S314  our own text
    assert root.tag == "oembed"
    assert root.findtext("title") == "<Blue> &  hour"
    plain = await site.embed(page)
    assert {child.tag for child in root} == set(plain)


async def test_anybody_may_read_it_and_it_says_what_machines_may_do(site: Site) -> None:
    _, page = await site.hang()
    answer = await site.ask(page)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"


async def test_a_page_names_its_embed(site: Site) -> None:
    _, page = await site.hang()
    hidden, _ = await site.hang(visibility=Visibility.UNLISTED)
    for url in (page, "https://art.test/@ana", f"https://art.test/@ana/{hidden.id}-blue-hour"):
        path = url.removeprefix("https://art.test")
        answer = await site.client.get(path, headers={"Host": "art.test", "Accept": "text/html"})
        text = await answer.text()
        address = f"https://art.test/oembed?format=json&amp;url={quote(url, safe='')}"
        assert f'href="{address}" type="application/json+oembed"' in text
        found = await site.client.get(
            address.removeprefix("https://art.test").replace("&amp;", "&"),
            headers={"Host": "art.test"},
        )
        assert found.status == 200
