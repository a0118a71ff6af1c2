"""From one's own server: the form, the redirect, and what is shown where there is no way."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import Work
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

FINGER = "https://home.test/.well-known/webfinger?resource=acct%3Akim%40home.test"


class Site:
    """art.test as a visitor without an account uses it."""

    def __init__(self, stage: Stage, client: TestClient[Any, Any], work: Work) -> None:
        self.stage = stage
        self.client = client
        self.uri = f"https://art.test/works/{work.id}"

    async def send(self, address: str = "kim@home.test", **fields: str) -> ClientResponse:
        sent = {"uri": self.uri, "intent": "like", "address": address, **fields}
        return await self.client.post(
            "/interact", data=sent, headers={"Host": "art.test"}, allow_redirects=False
        )

    def serve(self, *links: dict[str, str]) -> None:
        body = json.dumps({"links": links}).encode()
        self.stage.net.serve(FINGER, body, content_type="application/jrd+json")


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        work = await stage.hang(await stage.artist("ana"))
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, work)
    await library.close()


@pytest.mark.parametrize(
    "uri", ["https://evil.test/1", "javascript:alert(1)", "", "//art.test/works/1"]
)
async def test_nobody_is_sent_anywhere_about_what_is_not_here(uri: str, site: Site) -> None:
    answer = await site.send(uri=uri)
    assert answer.status == 422
    assert site.stage.net.asked == []


@pytest.mark.parametrize("address", ["", "kim", "kim@art.test", "art.test", "kim@home.test/x y"])
async def test_what_is_no_place_elsewhere_is_said_beside_the_field(
    address: str, site: Site
) -> None:
    answer = await site.send(address)
    assert answer.status == 422
    assert 'id="address-error"' in await answer.text()
    assert site.stage.net.asked == []


async def test_a_network_has_us_look_up_only_so_often(site: Site) -> None:
    site.serve()
    answers = [(await site.send()).status for _ in range(22)]
    assert answers[-1] == 429


async def test_a_server_with_a_way_in_is_gone_to(site: Site) -> None:
    site.serve(
        {"rel": "https://w3id.org/fep/3b86/Like", "template": "https://home.test/l?o={object}"}
    )
    answer = await site.send()
    assert answer.status == 303
    assert answer.headers["Location"].startswith("https://home.test/l?o=https%3A%2F%2Fart.test%2F")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_without_a_way_in_the_address_to_paste_is_shown(site: Site) -> None:
    site.serve()
    answer = await site.send()
    text = await answer.text()
    assert answer.status == 200
    assert "paste it into the search" in text
    assert site.uri in text
    assert 'data-remember="address"' in text  # in the visitor's browser alone
