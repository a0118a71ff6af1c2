"""Two instances ask each other what they publish about machines, over real TLS."""

import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from federation.neighbourhood import MAX_BYTES, ROUND_EVERY
from server.model import Millis
from server.neighbours import PeerPolicy, PolicyState
from server.tiers import Tier
from tests.two_servers.instances import Town, free_port, settle
from tests.two_servers.test_walk import Towns, towns

__all__ = ["towns"]

EVIL = "127.0.0.3"


def name_of(town: Town) -> str:
    return town.config.instance.domain


def tier_of(town: Town, host: str) -> Tier:
    found: Tier = town.flows.house.now.tiers.tier_of(host)
    return found


async def kept(town: Town, host: str) -> PeerPolicy:
    found: PeerPolicy = await town.read(lambda tx: tx.neighbours.policy_of(host))
    return found


async def acquainted(here: Town, there: Town) -> None:
    """Have Bob, there, follow Ana, here; let the next rounds pass."""
    await here.artist("ana")
    bob = await there.artist("bob")
    await there.flows.following.follow(bob, await there.find(f"ana@{name_of(here)}"))
    await settle(here, there)
    for town in (here, there):
        await town.instance.schedule()
    here.clock.advance(seconds=ROUND_EVERY / 1000)
    await settle(here, there)


async def test_two_instances_that_deal_with_each_other_are_known_to_each_other(
    towns: Towns,
) -> None:
    here, there = towns
    await acquainted(here, there)
    for one, other in ((here, there), (there, here)):
        policy = await kept(one, name_of(other))
        assert (policy.state, policy.problem) == (PolicyState.VALID, "")
        assert (policy.is_enforced, policy.is_known) == (True, True)
        assert policy.content_usage == "train-ai=n, ai-use=n"
        assert policy.actor_uri == f"{other.url}/actor"
        assert tier_of(one, name_of(other)) is Tier.KNOWN


async def test_a_policy_that_was_changed_on_its_way_makes_nobody_known(towns: Towns) -> None:
    here, there = towns
    own = there.flows.own_policy
    document = json.loads(await own.document())
    changed = json.dumps(document | {"contentUsage": "train-ai=y"}).encode()
    own._made = replace(own._made, body=changed, until=Millis(own._made.until + ROUND_EVERY))
    await acquainted(here, there)
    policy = await kept(here, name_of(there))
    assert (policy.state, policy.is_known, policy.document) == (PolicyState.BROKEN, False, "")
    assert policy.problem == "The proof does not match the document and the actor's key."
    assert tier_of(here, name_of(there)) is Tier.NEUTRAL
    assert tier_of(there, name_of(here)) is Tier.KNOWN


@asynccontextmanager
async def answering(town: Town, answer: web.Response) -> AsyncIterator[str]:
    """Have a server answer so at every address, over TLS; yield its name."""
    port = free_port(EVIL)

    async def everywhere(_request: web.Request) -> web.Response:
        return answer

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", everywhere)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    town.authority.issue_cert(EVIL).configure_cert(context)
    await web.TCPSite(runner, EVIL, port, ssl_context=context).start()
    try:
        yield f"{EVIL}:{port}"
    finally:
        await runner.cleanup()


JSON = {"Content-Type": "application/ld+json"}
BOMB = gzip.compress(b'{"a":"' + b"a" * 30_000_000 + b'"}')


@pytest.mark.parametrize(
    "answer",
    [
        {"body": b" " * (MAX_BYTES + 1), "headers": JSON},
        {"body": BOMB, "headers": {**JSON, "Content-Encoding": "gzip"}},
        {"body": b"\x1f\x8b", "headers": {**JSON, "Content-Encoding": "gzip"}},
        {"body": b"{", "headers": {**JSON, "Content-Encoding": "br"}},
        {"status": 302, "headers": {"Location": "http://169.254.169.254/latest"}},
        {"status": 302, "headers": {"Location": "https://127.0.0.1/actor"}},
        {"body": b"[" * 60_000, "headers": JSON},
        {"body": b"\xff\xfe", "headers": JSON},
    ],
    ids=["huge", "bomb", "cut-off", "packed-oddly", "metadata", "inward", "deep", "no-text"],
)
async def test_a_hostile_answer_leaves_a_note_and_nothing_else(
    towns: Towns, answer: dict[str, Any]
) -> None:
    here, _ = towns
    async with answering(here, web.Response(**answer)) as host:
        found = await here.flows.neighbourhood.renew(host)
    assert found.state in {PolicyState.BROKEN, PolicyState.AWAY}
    assert (found.is_known, found.document) == (False, "")
    assert found.problem.endswith(".")
    assert tier_of(here, host) is Tier.NEUTRAL
