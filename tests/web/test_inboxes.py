"""Deliveries to the shared inbox take a shorter way in, and nobody can tell."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, web

from server.closing import Plan
from server.ending import ClosingState
from server.main import answering, listening
from server.passages import DAY
from server.rules import Door
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import Peer
from tests.web.site import PASSWORD, Site, site
from web.keys import WAY_IN

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BEN = Peer("ben")
OF_ITS_OWN = frozenset({"Date", "X-Request-Id", "Content-Length"})  # an error's JSON names the id


@dataclass(frozen=True)
class Asked:
    """One request, and the status that it gets."""

    status: int
    method: str = "POST"
    path: str = "/inbox"
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "unsigned": Asked(401),
    "with a query": Asked(401, path="/inbox?from=somebody"),
    "badly signed": Asked(401, headers={"Signature": 'keyId="x"'}),
    "too large": Asked(413, body=b" " * 1_048_577),
    "packed": Asked(415, headers={"Content-Encoding": "gzip"}),
    "waiting for a 100": Asked(401, headers={"Expect": "100-continue"}),
    "expecting something else": Asked(417, headers={"Expect": "wonders"}),
    "of a long type": Asked(431, headers={"Content-Type": "a/" + "b" * 300}),
    "a page for it": Asked(405, method="GET", body=b""),
    "an actor's own": Asked(401, path="/users/ana/inbox"),
}


@asynccontextmanager
async def on_a_socket(app: web.Application) -> AsyncIterator[str]:
    listener = listening("127.0.0.1", 0)
    async with answering(app, listener, shutdown_seconds=1):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def told(base: str, asked: Asked) -> tuple[int, dict[str, Any]]:
    body = BytesIO(asked.body) if asked.body else None
    headers = {"Host": "art.test", "User-Agent": "Elsewhere/1.0", **asked.headers}
    async with (
        ClientSession() as session,
        session.request(
            asked.method,
            base + asked.path,
            data=body,
            headers=headers,
        ) as answer,
    ):
        await answer.read()
        said = {name: answer.headers.getall(name) for name in answer.headers}
        return answer.status, {n: v for n, v in said.items() if n.title() not in OF_ITS_OWN}


@pytest.mark.parametrize("name", CASES)
async def test_the_short_way_answers_as_the_usual_one(site: Site, name: str) -> None:
    asked, usual = CASES[name], site.stage.instance.app()
    del usual[WAY_IN]
    async with on_a_socket(usual) as base:
        before = await told(base, asked)
    async with on_a_socket(site.stage.instance.app()) as base:
        after = await told(base, asked)
    assert after == before
    assert after[0] == asked.status
    assert after[1]["Server"] == ["Fixatif"]
    assert asked.status in (417, 431) or "Content-Usage" in after[1]


async def test_what_is_delivered_is_kept_named_and_counted(site: Site) -> None:
    await site.stage.meet(BEN)
    follow = BEN.does("Follow", "https://art.test/users/ana")
    body = json.dumps(follow).encode()
    signed = BEN.signed(body, site.stage.clock.now())
    async with on_a_socket(site.stage.instance.app()) as base:
        status, headers = await told(base, Asked(202, body=body, headers=signed))
    assert (status, headers["Server"]) == (202, ["Fixatif"])
    await site.stage.flows.visits.flush()
    async with site.stage.library.reading() as tx:
        kept = await tx.activities.holds(follow["id"])
        visits = await tx.visits.page(site.stage.clock.now() // DAY)
    assert kept
    assert [(one.key.door, one.key.segment, one.requests) for one in visits] == [
        (Door.WEB, "inbox", 1)
    ]


async def test_a_closed_instance_takes_nothing_in(site: Site) -> None:
    known = site.stage.flows
    await known.closings.announce(site.people["otto"], PASSWORD, Plan("art.test", 7, "Goodbye."))
    site.stage.clock.advance(hours=24 * 7)
    for _ in range(10):
        await site.stage.drain()
        site.stage.clock.advance(hours=1)
    assert known.closing_now.now.state is ClosingState.CLOSED
    async with on_a_socket(site.stage.instance.app()) as base:
        status, _ = await told(base, Asked(410))
    assert status == 410
