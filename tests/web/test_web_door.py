"""The web door: who is refused, who is slowed down, and what frees from it."""

import pytest

from tests.flows.dealings import arrive
from tests.two_servers.stage import ACTIVITY_JSON, Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["arrive", "migrated_sqlite", "site", "sqlite_url"]

EVE = Peer("eve", "evil.test", 2)
BOB = Peer("bob")
WORK_LIMIT = 60
TOOL = "python-requests/2.32.3"


def rule(then: str, when: str, name: str = "House rule") -> str:
    return f"""
        [[rules]]
        name = "{name}"
        door = "web"
        when = {when}
        then = "{then}"
        because = "We said so."
        """


async def signed_get(site: Site, peer: Peer, path: str, *, is_true: bool = True) -> int:
    """Ask as a server does; a false signature is another key's."""
    signer = peer if is_true else Peer(peer.name, peer.domain, 7)
    site.stage.net.serve(peer.uri, peer.document)
    headers = signer.signed(
        b"", site.stage.clock.now(), target=path, method="GET", accept=ACTIVITY_JSON
    )
    return (await site.client.get(path, headers={**headers, "User-Agent": TOOL})).status


async def status(site: Site, path: str, name: str = "", agent: str = "") -> int:
    headers = {"User-Agent": agent} if agent else {}
    return (await site.get(path, name, **headers)).status


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


async def test_a_false_session_opens_nothing(site: Site) -> None:
    site.stage.rules(rule("refuse", '{ class = ["visitor"] }'))
    for number in range(20):
        cookie = "; ".join(f"{name}={number}" for name in ("session", "fixatif_art_test"))
        cookie += f"; __Host-fixatif_art_test=nonsense{number}"
        answer = await site.client.get("/@ana", headers={"User-Agent": FIREFOX, "Cookie": cookie})
        assert answer.status == 403


async def test_who_is_signed_in_is_a_member_before_any_rule_about_visitors(site: Site) -> None:
    await site.sign_in("otto")
    site.stage.rules(rule("refuse", '{ class = ["visitor"] }'))
    assert await status(site, "/admin", agent=FIREFOX) == 403
    assert await status(site, "/@ana", agent=FIREFOX) == 403
    for path in ("/admin", "/@ana", "/home"):
        assert await status(site, path, "otto", FIREFOX) == 200
    for path in ("/login", "/robots.txt", "/policy"):  # and how else would a member come in
        assert await status(site, path, agent=FIREFOX) == 200


async def test_a_rule_about_members_meets_members(site: Site) -> None:
    await site.sign_in("ben")
    site.stage.rules(rule("refuse", '{ class = ["member"], path = ["/home"] }'))
    assert await status(site, "/home", "ben", FIREFOX) == 403
    assert await status(site, "/@ana", "ben", FIREFOX) == 200


@pytest.mark.parametrize("path", ["/@ana", "/oembed?url=x", "/users/ana", "/tags/x", "/nope"])
async def test_a_network_is_refused_at_every_address(path: str, site: Site) -> None:
    site.stage.rules(rule("refuse", '{ network = ["127.0.0.0/8"] }'))
    assert await status(site, path) == 403
    site.stage.rules(rule("refuse", '{ network = ["192.0.2.0/24", "2001:db8::/32"] }'))
    assert await status(site, path) in {200, 302, 400, 404, 422}


@pytest.mark.parametrize("path", ["/robots.txt", "/policy", "/.well-known/nodeinfo", "/ai.txt"])
async def test_the_rules_can_be_read_by_whom_they_refuse(path: str, site: Site) -> None:
    for then in ("refuse", "throttle"):
        site.stage.rules(rule(then, '{ network = ["127.0.0.0/8"] }'))
        for _ in range(WORK_LIMIT + 5):
            assert await status(site, path) == 200


async def test_a_program_is_slowed_down_and_told_when_to_come_back(site: Site) -> None:
    site.stage.rules(rule("throttle", '{ user_agent = ["python-requests"] }'))
    for _ in range(WORK_LIMIT):
        assert await status(site, "/about", agent=TOOL) == 200
    answer = await site.get("/about", "", **{"User-Agent": TOOL})
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "We said so. Come back a little later." in await answer.text()
    assert await status(site, "/about", agent=FIREFOX) == 200
    site.stage.clock.advance(seconds=2)
    assert [await status(site, "/about", agent=TOOL) for _ in range(3)] == [200, 200, 429]


async def test_a_refused_servers_signed_request_gets_nothing_but_our_key(site: Site) -> None:
    work = f"/works/{site.work.id}"
    assert await signed_get(site, EVE, work) == 200
    site.stage.stand(evil_test="refused")
    before = site.stage.net.fetched
    for path in (work, "/users/ana", "/users/ana/outbox"):
        assert await signed_get(site, EVE, path) == 403
        assert await signed_get(site, EVE, path, is_true=False) == 403
    assert await signed_get(site, EVE, "/actor") == 200
    assert await signed_get(site, BOB, work) == 200
    assert site.stage.net.fetched == [*before, BOB.uri]


async def test_only_a_true_signature_frees_from_a_rule(site: Site) -> None:
    site.stage.rules(
        rule("allow", '{ tier = ["ally"] }', "Allies") + rule("refuse", '{ path = ["/works"] }')
    )
    site.stage.stand(peer_test="ally")
    work = f"/works/{site.work.id}"
    assert await status(site, work) == 403
    assert await signed_get(site, BOB, work, is_true=False) == 403
    assert await signed_get(site, BOB, work) == 200


async def test_no_more_than_some_false_signatures_are_looked_into(site: Site) -> None:
    site.stage.rules(rule("allow", '{ tier = ["ally"] }', "First") + rule("refuse", "{}"))
    site.stage.stand(peer_test="ally")
    for _ in range(40):
        assert await signed_get(site, BOB, "/users/ana", is_true=False) == 403
    assert len(site.stage.net.fetched) <= 20
