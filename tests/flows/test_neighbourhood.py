"""Who publishes a policy is asked for it, and only what is signed and claimed counts."""

import json
from dataclasses import replace
from typing import Any

import pytest

from federation.messages import Received
from federation.neighbourhood import ASK_EVERY, MAX_BYTES, ROUND_EVERY
from server.dealings import Peer as Health
from server.model import Millis
from server.neighbours import PeerPolicy, PeerWord, PolicyState
from server.ports import Unreachable
from server.signals import ENFORCEMENT
from server.tiers import Tier, TierSource
from tests.two_servers.peers import Peer
from tests.two_servers.publisher import LD, Publisher
from tests.two_servers.stage import ACTIVITY_JSON, Stage

HOST = "peer.test"
VALID, BROKEN = PolicyState.VALID, PolicyState.BROKEN


async def asked(stage: Stage, publisher: Publisher, **policy: Any) -> PeerPolicy:
    """Serve, ask, and return what is kept."""
    publisher.serve(stage.net, **policy)
    found: PeerPolicy = await stage.flows.neighbourhood.renew(publisher.domain)
    kept = await stage.read(lambda tx: tx.neighbours.policy_of(publisher.domain))
    assert kept == found
    return found


def tier_of(stage: Stage, host: str = HOST) -> Tier:
    found: Tier = stage.flows.house.now.tiers.tier_of(host)
    return found


def deep(levels: int) -> bytes:
    return b'{"uid":' + b"[" * levels + b"]" * levels + b"}"


def _tampered(publisher: Publisher) -> None:
    publisher.policy["contentUsage"] = "train-ai=y"


def _unsigned(publisher: Publisher) -> None:
    del publisher.policy["proof"]


def _of_another_address(publisher: Publisher) -> None:
    publisher.policy["uid"] = "https://other.test/.well-known/ai-policy"
    publisher.sign()


def _with_somebody_elses_key(publisher: Publisher) -> None:
    publisher.sign(key_number=7)


def _with_an_unpublished_key(publisher: Publisher) -> None:
    publisher.sign(key_id="https://peer.test/actor#other")


def _with_a_key_of_another_host(publisher: Publisher) -> None:
    publisher.sign(key_id="https://other.test/actor#policy")
    publisher.actor["assertionMethod"][0]["id"] = "https://other.test/actor#policy"


def _with_a_key_of_another_actor(publisher: Publisher) -> None:
    publisher.actor["assertionMethod"][0]["controller"] = "https://peer.test/users/eve"


def _from_the_future(publisher: Publisher) -> None:
    publisher.signed_at = Millis(publisher.signed_at + 2 * 3_600_000)
    publisher.sign()


def _by_an_actor_that_is_none(publisher: Publisher) -> None:
    publisher.actor["type"] = "Note"


@pytest.mark.parametrize(
    "spoil",
    [
        _tampered,
        _unsigned,
        _of_another_address,
        _with_somebody_elses_key,
        _with_an_unpublished_key,
        _with_a_key_of_another_host,
        _with_a_key_of_another_actor,
        _from_the_future,
        _by_an_actor_that_is_none,
    ],
)
async def test_a_policy_that_is_not_signed_by_its_server_changes_nothing_but_a_note(
    stage: Stage, spoil: Any
) -> None:
    publisher = Publisher()
    spoil(publisher)
    found = await asked(stage, publisher)
    assert (found.state, found.is_known, found.document) == (BROKEN, False, "")
    assert found.problem.endswith(".")
    assert tier_of(stage) is Tier.NEUTRAL


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"document": b"no JSON"}, BROKEN),
        ({"document": b"[1]"}, BROKEN),
        ({"document": b'{"uid": 1, "uid": 2}'}, BROKEN),
        ({"document": deep(30)}, BROKEN),
        ({"document": deep(30_000)}, BROKEN),
        ({"document": b""}, BROKEN),
        ({"status": 302, "headers": {"location": "https://other.test/x"}}, BROKEN),
        ({"status": 302, "headers": {"location": "http://127.0.0.1/x"}}, BROKEN),
        ({"status": 302, "headers": {"location": "https://peer.test:8443/x"}}, BROKEN),
        ({"status": 302, "headers": {"location": "https://art.test/actor"}}, BROKEN),
        ({"status": 302, "headers": {"location": "/.well-known/ai-policy"}}, BROKEN),
        ({"status": 302, "headers": {"location": "https://["}}, BROKEN),
        ({"status": 302}, BROKEN),
        ({"status": 404}, PolicyState.NONE),
        ({"status": 410}, PolicyState.NONE),
        ({"content_type": "text/html"}, PolicyState.NONE),
        ({"content_type": ""}, PolicyState.NONE),
        ({"status": 500}, PolicyState.AWAY),
    ],
)
async def test_an_answer_that_is_no_policy_changes_nothing_but_a_note(
    stage: Stage, answer: dict[str, Any], state: PolicyState
) -> None:
    found = await asked(stage, Publisher(), **answer)
    assert (found.state, found.is_known) == (state, False)
    assert tier_of(stage) is Tier.NEUTRAL
    assert all("other.test" not in one and "127.0.0.1" not in one for one in stage.net.fetched)


async def test_what_is_asked_for_is_bounded_in_bytes_and_time(stage: Stage) -> None:
    await asked(stage, Publisher())
    assert len(stage.net.asked) == 3
    for request in stage.net.asked:
        assert (request.method, request.max_bytes) == ("GET", MAX_BYTES)
        assert request.total_seconds <= 10
        assert "Signature" not in request.headers


async def test_a_server_actor_on_another_host_signs_for_nobody_here(stage: Stage) -> None:
    publisher = Publisher()
    publisher.serve(stage.net)
    other = "https://other.test/actor"
    links = {"links": [{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": other}]}
    for address in ("nodeinfo", "webfinger?resource=https://peer.test/"):
        stage.net.serve(f"https://peer.test/.well-known/{address}", links)
    found = await stage.flows.neighbourhood.renew(HOST)
    assert (found.state, found.is_known) == (BROKEN, False)
    assert other not in stage.net.fetched


async def test_a_published_signed_and_claimed_policy_makes_a_server_known(stage: Stage) -> None:
    publisher = Publisher()
    found = await asked(stage, publisher)
    assert (found.state, found.is_enforced, found.is_known) == (VALID, True, True)
    assert (found.content_usage, found.version) == ("train-ai=n", 3)
    assert json.loads(found.document) == publisher.policy
    assert found.actor_uri == "https://peer.test/actor"
    standing = stage.flows.house.now.tiers.standing_of(HOST)
    assert (standing.tier, standing.source) == (Tier.KNOWN, TierSource.CLAIM)
    assert tier_of(stage, "sub.peer.test") is Tier.NEUTRAL


@pytest.mark.parametrize(
    "implements",
    [None, [], "x", [{"href": "https://other"}], [1, None], {"name": ENFORCEMENT}],
)
async def test_who_claims_nothing_is_not_known_whatever_it_publishes(
    stage: Stage, implements: Any
) -> None:
    publisher = Publisher()
    publisher.actor["implements"] = implements
    found = await asked(stage, publisher)
    assert (found.state, found.is_enforced, found.is_known) == (VALID, False, False)
    assert tier_of(stage) is Tier.NEUTRAL


@pytest.mark.parametrize(
    "claim",
    [
        {"implements": ENFORCEMENT},
        {"implements": {"href": ENFORCEMENT}},
        {"implements": [], "generator": {"implements": [{"href": ENFORCEMENT}]}},
    ],
)
async def test_a_claim_is_read_in_every_shape_that_servers_write(
    stage: Stage, claim: dict[str, Any]
) -> None:
    publisher = Publisher()
    publisher.actor |= claim
    assert (await asked(stage, publisher)).is_known


async def test_a_server_actor_is_found_by_webfinger_too(stage: Stage) -> None:
    publisher = Publisher()
    publisher.serve(stage.net)
    stage.net.serve(f"{publisher.base}/.well-known/nodeinfo", {"links": []})
    jrd = {"links": [{"rel": "self", "type": ACTIVITY_JSON, "href": publisher.actor["id"]}]}
    stage.net.serve(f"{publisher.base}/.well-known/webfinger?resource=https://peer.test/", jrd)
    assert (await stage.flows.neighbourhood.renew(HOST)).is_known


async def test_a_policy_may_move_on_its_own_host(stage: Stage) -> None:
    publisher = Publisher()
    publisher.serve(stage.net, status=301, headers={"location": "/policies/ai.json"})
    stage.net.serve(f"{publisher.base}/policies/ai.json", publisher.policy, content_type=LD)
    assert (await stage.flows.neighbourhood.renew(HOST)).is_known


async def test_who_stops_publishing_or_signing_is_known_no_more(stage: Stage) -> None:
    publisher = Publisher()
    await asked(stage, publisher)
    _tampered(publisher)
    found = await asked(stage, publisher)
    assert (found.state, found.is_known) == (BROKEN, False)
    assert "train-ai=y" not in found.document
    assert tier_of(stage) is Tier.NEUTRAL


async def test_who_is_away_stays_known_for_some_weeks(stage: Stage) -> None:
    publisher = Publisher()
    await asked(stage, publisher)
    stage.net.answers[publisher.address] = Unreachable("down")
    stage.clock.advance(hours=24 * 27)
    found = await stage.flows.neighbourhood.renew(HOST)
    assert (found.state, found.is_known) == (PolicyState.AWAY, True)
    assert tier_of(stage) is Tier.KNOWN
    stage.clock.advance(hours=24 * 2)
    assert not (await stage.flows.neighbourhood.renew(HOST)).is_known
    assert tier_of(stage) is Tier.NEUTRAL


async def test_nobody_is_asked_who_only_has_an_account_that_was_looked_up(stage: Stage) -> None:
    publisher = Publisher()
    publisher.serve(stage.net)
    await stage.meet(Peer("ben"))
    await stage.instance.neighbourhood.schedule()
    await stage.drain()
    assert publisher.address not in stage.net.fetched


async def test_who_follows_or_sent_something_is_asked_once_and_again_after_a_week(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    publisher = Publisher()
    await stage.befriend(Peer("ben"), ana)
    publisher.serve(stage.net)
    await stage.instance.neighbourhood.schedule()
    await stage.instance.neighbourhood.schedule()
    await stage.drain()
    assert stage.net.fetched.count(publisher.address) == 1
    assert tier_of(stage) is Tier.KNOWN
    stage.clock.advance(seconds=ROUND_EVERY / 1000)
    await stage.drain()
    assert stage.net.fetched.count(publisher.address) == 1
    stage.clock.advance(seconds=ASK_EVERY / 1000 + 86_400 + 600)
    await stage.drain()
    assert stage.net.fetched.count(publisher.address) == 2


async def test_a_follow_that_came_in_leads_to_one_question_at_the_next_round(
    stage: Stage,
) -> None:
    await stage.artist()
    await stage.instance.neighbourhood.schedule()
    await stage.drain()
    ben, publisher = Peer("ben"), Publisher()
    stage.net.serve(ben.uri, ben.document)
    publisher.serve(stage.net)
    follow = ben.does("Follow", "https://art.test/users/ana")
    body = json.dumps(follow).encode()
    received = _received(ben, body, stage)
    await stage.flows.inbox.receive(received)
    await stage.drain()
    assert publisher.address not in stage.net.fetched
    stage.clock.advance(seconds=ROUND_EVERY / 1000)
    await stage.drain()
    assert stage.net.fetched.count(publisher.address) == 1


async def test_the_dead_are_not_asked_and_few_at_once_are(stage: Stage) -> None:
    hosts = [f"p{number}.test" for number in range(30)]
    async with stage.library.transaction() as tx:
        await tx.neighbours.meet(hosts, stage.clock.now(), stage.clock.now())
        await tx.peers.put(Health("p0.test", dead_at=stage.clock.now()))
    await stage.instance.neighbourhood.schedule()
    await stage.drain()
    assert len(stage.net.fetched) <= 20
    stage.clock.advance(seconds=ROUND_EVERY / 1000)
    await stage.drain()
    asked_for = {url for url in stage.net.fetched if url.endswith("/.well-known/ai-policy")}
    assert len(asked_for) == 29
    assert "https://p0.test/.well-known/ai-policy" not in asked_for


async def test_plain_http_is_for_this_very_machine_and_only_where_that_is_allowed(
    stage: Stage,
) -> None:
    publisher = Publisher("127.0.0.1:8402", "http")
    publisher.serve(stage.net)
    assert not (await stage.flows.neighbourhood.renew(publisher.domain)).is_known
    allowed = replace(stage.flows.neighbourhood, allows_loopback=True)
    assert (await allowed.renew(publisher.domain)).is_known
    outside = Publisher("peer.test", "http")
    outside.serve(stage.net)
    assert not (await allowed.renew(outside.domain)).is_known


async def test_whom_the_house_refuses_it_asks_nothing(stage: Stage) -> None:
    async with stage.library.transaction() as tx:
        await tx.neighbours.meet([HOST], stage.clock.now(), stage.clock.now())
        await tx.neighbours.put_word(PeerWord(HOST, Tier.REFUSED, "", "", stage.clock.now()))
        await tx.policies.bump()
    await stage.flows.house.refresh()
    await stage.instance.neighbourhood.schedule()
    await stage.drain()
    assert stage.net.fetched == []


async def test_our_own_policy_is_believed_by_the_very_rules(stage: Stage) -> None:
    document = json.loads(await stage.flows.own_policy.document())
    assert document["uid"] == "https://art.test/.well-known/ai-policy"
    assert document["proof"]["verificationMethod"].startswith("https://art.test/actor#")
    again = await stage.flows.own_policy.document()
    assert json.loads(again) == document


def _received(peer: Peer, body: bytes, stage: Stage) -> Received:
    headers = tuple(peer.signed(body, stage.clock.now()).items())
    return Received("POST", "/inbox", "art.test", headers, body, stage.clock.now())
