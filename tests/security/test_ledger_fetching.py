"""Where can we be sent? Every place that asks another server, and every address that none may.

Each refusal stands beside the same question at an address that is open: see `outside`. Plain
spellings of private addresses, rebinding and hostile answers are in `tests/web/test_client.py`.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from federation.restraint import WINDOW
from server.errors import FixatifError
from server.model import FollowState, Visibility
from server.promises import FetchPromise, promise
from tests.security.outside import OPEN, Outside
from web.addresses import is_allowed, is_public, read_ip

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Open to nobody, not even on a test network; the first four would reach 127.0.0.1 all the same.
CLOSED = (
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::127.0.0.1",  # IPv4-compatible (CVE-2026-22245)
    "0.0.0.0",  # noqa: S104  asked, not bound to
    "64:ff9b::7f00:1",  # NAT64
    "2002:7f00:1::1",  # 6to4
    "169.254.169.254",  # every cloud's metadata
    "fe80::1",
    "224.0.0.1",
)
Ask = Callable[[Outside, str], Awaitable[None]]


async def key_of_a_sender(outside: Outside, host: str) -> None:
    bob = outside.peer(host)
    await outside.town.tell(bob.does("Like", "https://x.test/1"), bob)


async def key_of_who_asks(outside: Outside, host: str) -> None:
    town = outside.town
    work = await town.stage.hang(await town.artist(), visibility=Visibility.FOLLOWERS)
    await town.ask(f"/works/{work.id}", outside.peer(host))


async def a_post_by_its_id(outside: Outside, host: str) -> None:
    bob, there = outside.peer(outside.host(OPEN)), outside.peer(host)
    note = there.note()
    outside.serve(note["id"], note)
    await outside.town.tell(bob.does("Create", note["id"]), bob)


async def an_address(outside: Outside, host: str) -> None:
    outside.finger(host, outside.peer(host).uri)
    await _quietly(outside.town.stage.flows.remote.by_address(f"bob@{host}"))


async def what_an_address_leads_to(outside: Outside, host: str) -> None:
    first = outside.host(OPEN)
    outside.finger(first, outside.peer(host).uri)
    await _quietly(outside.town.stage.flows.remote.by_address(f"bob@{first}"))


async def where_webfinger_redirects(outside: Outside, host: str) -> None:
    first = outside.host(OPEN)
    outside.finger(host, outside.peer(host).uri)
    way = f"https://{host}/.well-known/webfinger"
    outside.serve(f"https://{first}/.well-known/webfinger", leads_to=way)
    await _quietly(outside.town.stage.flows.remote.by_address(f"bob@{first}"))


async def where_an_actor_redirects(outside: Outside, host: str) -> None:
    bob = outside.peer(outside.host(OPEN))
    outside.serve(bob.uri, leads_to=outside.peer(host).uri)
    await outside.town.tell(bob.does("Like", "https://x.test/1"), bob)


async def what_somebody_pastes(outside: Outside, host: str) -> None:
    await _quietly(outside.town.stage.flows.remote.find(outside.peer(host).uri))


async def an_actor_to_be_brought_anew(outside: Outside, host: str) -> None:
    stage = outside.town.stage
    asker = stage.flows.server_actor.id
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, FetchPromise(outside.peer(host).uri, asker))
    await stage.drain()


async def an_inbox(outside: Outside, host: str) -> None:
    town = outside.town
    there = outside.peer(host)
    bob = outside.peer(outside.host(OPEN), inbox=there.shared_inbox, endpoints={})
    ana = await town.artist()
    await town.tell(bob.does("Follow", town.artist_uri(ana)), bob)
    assert await town.follow_of(bob, ana) is FollowState.ACCEPTED


async def _quietly(asked: Awaitable[object]) -> None:
    with suppress(FixatifError):
        await asked


PLACES: tuple[Ask, ...] = (
    key_of_a_sender,
    key_of_who_asks,
    a_post_by_its_id,
    an_address,
    what_an_address_leads_to,
    where_webfinger_redirects,
    where_an_actor_redirects,
    what_somebody_pastes,
    an_actor_to_be_brought_anew,
    an_inbox,
)


@pytest.mark.parametrize("ask", PLACES, ids=lambda ask: ask.__name__)
async def test_no_place_leads_to_an_address_that_is_nobodys(outside: Outside, ask: Ask) -> None:
    """CVE-2026-22245, 2025-23221, 2025-25194, 2025-32948, 2022-23644: one guard was forgotten."""
    for address in CLOSED:
        outside.town.stage.clock.advance(seconds=WINDOW / 1_000)
        host = outside.host(address)
        await ask(outside, host)
        assert not outside.came_to(host), address
    host = outside.host(OPEN)
    await ask(outside, host)
    assert outside.came_to(host)


@pytest.mark.parametrize("ask", PLACES, ids=lambda ask: ask.__name__)
async def test_one_open_address_among_closed_ones_is_the_one_that_is_used(
    outside: Outside, ask: Ask
) -> None:
    outside.town.stage.clock.advance(seconds=WINDOW / 1_000)
    host = outside.host(OPEN)
    outside.names[host.partition(":")[0]] = [*CLOSED, OPEN]
    await ask(outside, host)
    assert outside.came_to(host)


@pytest.mark.parametrize("address", [*CLOSED, "127.0.0.1", "10.0.0.1", "192.168.1.1", "fd00::1"])
async def test_outside_of_test_networks_only_public_addresses_are_open(address: str) -> None:
    found = read_ip(address)
    assert found is not None
    assert not is_public(found)
    assert is_allowed(found, allow_private_addresses=True) is (address not in CLOSED)
    public = read_ip("1.1.1.1" if found.version == 4 else "2606:4700:4700::1111")
    assert public is not None
    assert is_allowed(public, allow_private_addresses=False)


async def test_how_a_sender_could_not_be_reached_is_not_told(outside: Outside) -> None:
    """GHSA-gwhw: answers that differ show what stands in the network behind us."""
    said = set()
    for address in (*CLOSED, "127.0.0.2"):  # forbidden; and allowed, but nobody listens
        outside.town.stage.clock.advance(seconds=WINDOW / 1_000)
        host = outside.host(address)
        bob = outside.peer(host)
        answer = await outside.town.send(bob.does("Like", "https://x.test/1"), bob)
        assert answer.status == 401
        said.add((await answer.text()).replace(host.partition(":")[0], "…"))
    assert len(said) == 1
    bob = outside.peer(outside.host(OPEN))
    answer = await outside.town.send(bob.does("Like", "https://x.test/1"), bob)
    assert answer.status == 202
