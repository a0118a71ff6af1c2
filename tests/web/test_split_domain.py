"""An instance whose handles end in a domain where another website stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from federation.interaction import chosen
from federation.names import confirmed_domain
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import ACTIVITY_JSON, Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

HOST = "gallery.art.test"
ANA = f"https://{HOST}/users/ana"


class Site:
    """People called …@art.test, at gallery.art.test."""

    def __init__(self, stage: Stage, client: TestClient[Any, Any]) -> None:
        self.stage = stage
        self.client = client

    async def get(self, path: str, host: str = HOST) -> tuple[int, dict[str, Any]]:
        path = path.removeprefix(f"https://{HOST}")
        headers = {"Host": host, "Accept": ACTIVITY_JSON}
        answer = await self.client.get(path, headers=headers, allow_redirects=False)
        return answer.status, await answer.json(content_type=None)

    async def finger(self, resource: str, host: str = HOST) -> tuple[int, dict[str, Any]]:
        return await self.get(f"/.well-known/webfinger?resource={resource}", host)


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path, base_url=f"https://{HOST}") as stage:
        await stage.artist("ana")
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client)
    await library.close()


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nobody@art.test",
        "acct:ana@www.art.test",
        "acct:ana@gallery.art.test.evil.test",
        "https://art.test/",  # the other website's
        "https://art.test/@ana",
    ],
)
async def test_only_our_two_names_are_ours(resource: str, site: Site) -> None:
    assert (await site.finger(resource))[0] == 404


@pytest.mark.parametrize("host", [HOST, "art.test"])
@pytest.mark.parametrize(
    "resource",
    [
        "acct:ana@art.test",
        f"acct:ana@{HOST}",
        f"acct:ANA@{HOST.upper()}",
        ANA,
        f"https://{HOST}/@ana",
    ],
)
async def test_whichever_name_is_asked_the_subject_is_the_domains(
    resource: str, host: str, site: Site
) -> None:
    """A proxy of the domain may hand the request on, or lead here."""
    status, found = await site.finger(resource, host)
    assert (status, found["subject"]) == (200, "acct:ana@art.test")
    hrefs = {link["href"] for link in found["links"] if link["rel"] == "self"}
    assert hrefs == {ANA}


@pytest.mark.parametrize(
    "resource",
    ["acct:art.test@art.test", f"acct:{HOST}@{HOST}", f"https://{HOST}/", f"https://{HOST}/actor"],
)
async def test_the_server_itself_is_found_by_its_root_and_by_both_names(
    resource: str, site: Site
) -> None:
    status, found = await site.finger(resource)
    assert (status, found["subject"]) == (200, "acct:art.test@art.test")


async def test_our_documents_say_the_domain_and_both_ends_agree(site: Site) -> None:
    _, actor = await site.get(ANA)
    assert (actor["id"], actor["webfinger"]) == (ANA, "ana@art.test")

    async def look_up(text: str) -> dict[str, Any]:
        return (await site.finger(f"acct:{text}"))[1]

    ana = await site.stage.read(lambda tx: tx.actors.by_uri(ANA))
    for claimed in ("", "ana@art.test"):  # as another server finds out
        assert await confirmed_domain(look_up, ana, claimed, "peer.test") == "art.test"


async def test_templates_lead_to_where_we_are(site: Site) -> None:
    _, found = await site.finger("acct:ana@art.test")
    way = chosen(found, "https://peer.test/1", "like")
    assert way == f"https://{HOST}/authorize_interaction?uri=https%3A%2F%2Fpeer.test%2F1"
    for name in ("ana@art.test", f"ana@{HOST}"):
        assert (await site.stage.flows.remote.by_address(name)).uri == ANA
    assert site.stage.net.fetched == []
