"""What admins see of the queue, and artists of what did not arrive, through HTTP."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.dealings import Peer as Health
from server.model import Artist, JobKind, Role, Work
from server.ports import Unreachable
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import Peer, Stage, staged
from web.deliveries import _LABELS, plain_reason

__all__ = ["migrated_sqlite", "sqlite_url"]

HOST = "peer.test"
PAGE = "/admin/federation/deliveries"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class House:
    """art.test, where a work of Ana's reached nobody, and a server is dead."""

    stage: Stage
    client: TestClient[Any, Any]
    ana: Artist
    work: Work
    cookie: str = ""

    async def get(self, path: str) -> ClientResponse:
        headers = {"Host": "art.test", "Accept": "text/html", "Cookie": self.cookie}
        return await self.client.get(path, headers=headers, allow_redirects=False)

    async def page(self, path: str) -> str:
        answer = await self.get(path)
        assert answer.status == 200, path
        return await answer.text()

    async def send(self, path: str, token: str = "", **fields: str) -> ClientResponse:
        headers = {"Host": "art.test", "Cookie": self.cookie, "Origin": "https://art.test"}
        return await self.client.post(
            path, data={"csrf": token, **fields}, headers=headers, allow_redirects=False
        )

    async def token(self, path: str = "/settings") -> str:
        found = _TOKEN.search(await self.page(path))
        assert found is not None
        return found.group(1)

    async def sign_in(self, role: Role) -> Artist:
        accounts = self.stage.flows.accounts
        someone: Artist = self.ana
        if role is not Role.ARTIST:
            await self.stage.artist(role.value)
            someone = await accounts.set_role(role.value, role)
        signed_in = await self.stage.flows.sessions.start(someone)
        self.cookie = f"{self.stage.flows.forms.cookies.session_name}={signed_in.token}"
        return someone


@pytest_asyncio.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    library = open_library(sqlite_url)
    try:
        async with staged(library, tmp_path) as stage:
            ana = await stage.artist()
            await stage.befriend(Peer("bob"), ana)
            stage.net.inbox_status = 413
            work = await stage.hang(ana)
            await stage.drain()
            stage.net.answers[f"https://{HOST}/inbox"] = Unreachable("peer.test is not there.")
            await stage.hang(ana)
            await stage.drain()
            now = stage.clock.now()
            dead = Health("dead.test", failures=40, failing_days=7, failed_at=now, dead_at=now)
            async with library.transaction() as tx:
                await tx.peers.put(dead)
            server = TestServer(stage.instance.app())
            async with TestClient(server) as client:
                yield House(stage, client, ana, work)
    finally:
        await library.close()


@pytest.mark.parametrize("role", [Role.ARTIST, Role.MODERATOR, Role.READER])
async def test_nobody_else_learns_that_the_page_is_there(house: House, role: Role) -> None:
    await house.sign_in(role)
    token = await house.token()
    assert (await house.get(PAGE)).status == 404
    assert (await house.send("/admin/federation/try", token, host=HOST)).status == 404
    assert (await house.send("/admin/federation/retry", token, job="1")).status == 404
    assert PAGE not in await house.page("/settings")


async def test_strangers_are_sent_to_sign_in(house: House) -> None:
    answer = await house.get(PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, f"/login?next={PAGE}")


async def test_a_button_without_its_token_does_nothing(house: House) -> None:
    await house.sign_in(Role.OWNER)
    assert (await house.send("/admin/federation/try", "", host=HOST)).status == 403
    health = await house.stage.read(lambda tx: tx.peers.by_host(HOST))
    assert health.paused_until > house.stage.clock.now()


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
async def test_those_in_charge_see_what_waits_and_who_fails(house: House, role: Role) -> None:
    await house.sign_in(role)
    assert f'href="{PAGE}"' in await house.page("/admin/federation")
    page = await house.page(PAGE)
    assert "Deliveries to other servers" in page
    assert "peer.test is not there." in page
    assert "1 try in a row. Next try" in page
    assert "dead.test" in page
    assert "What was sent is too large for it (413)." in page


async def test_try_now_ends_a_pause_and_what_waits_goes(house: House) -> None:
    await house.sign_in(Role.OWNER)
    del house.stage.net.answers[f"https://{HOST}/inbox"]
    house.stage.net.inbox_status = 202
    answer = await house.send("/admin/federation/try", await house.token(PAGE), host=HOST)
    assert answer.status == 303
    await house.stage.drain()
    counts = (await house.stage.read(lambda tx: tx.jobs.counts()))[JobKind.DELIVER]
    assert (counts.waiting, counts.buried) == (0, 1)


@pytest.mark.parametrize("host", ["nowhere.test", "<script>", "x" * 299])
async def test_a_server_that_nobody_knows_cannot_be_tried(house: House, host: str) -> None:
    await house.sign_in(Role.OWNER)
    answer = await house.send("/admin/federation/try", await house.token(PAGE), host=host)
    assert answer.status == 404
    assert "<script>" not in (await answer.text()).partition("<main")[2]


async def test_a_given_up_delivery_is_sent_again(house: House) -> None:
    await house.sign_in(Role.OWNER)
    [(job, _)] = await house.stage.flows.queues.listed("buried")
    token = await house.token(PAGE)
    assert (await house.send("/admin/federation/retry", token, job=str(job.id))).status == 303
    assert (await house.send("/admin/federation/retry", token, job="77")).status == 404
    assert await house.stage.flows.queues.listed("buried") == []


async def test_an_artist_sees_which_servers_a_work_did_not_reach(house: House) -> None:
    await house.sign_in(Role.ARTIST)
    path = f"/@ana/{house.work.id}-{house.work.slug}"
    for page in (await house.page("/studio"), await house.page(path)):
        assert page.count("Did not reach 1 server") == 1
        assert "What was sent is too large for it (413)." in page


async def test_nobody_else_sees_what_did_not_arrive(house: House) -> None:
    path = f"/@ana/{house.work.id}-{house.work.slug}"
    assert "Did not reach" not in await house.page(path)
    await house.sign_in(Role.OWNER)
    assert "Did not reach" not in await house.page(path)


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        ("The inbox answered 403.", "It refuses what comes from this server (403)."),
        ("The inbox answered 503.", "It is broken at the moment (503)."),
        ("The inbox answered 406.", "It does not take it (406)."),
        ("far.example did not answer in time.", "far.example did not answer in time."),
    ],
)
def test_reasons_are_told_in_plain_words(reason: str, plain: str) -> None:
    assert plain_reason(reason) == plain


def test_every_kind_of_job_has_a_name_for_people() -> None:
    assert set(_LABELS) == set(JobKind)
