"""How an activity reaches an inbox: signed afresh, tried again where that helps, given up else."""

import base64
import hashlib
from typing import Any

import pytest

from federation.messages import Received
from federation.signatures import load_public_key, read_signature, verify
from server.model import Artist, Job, JobKind
from server.ports import Outgoing, Unreachable
from server.retry import MAX_ATTEMPTS
from tests.two_servers.stage import ACTIVITY_JSON, Peer, Stage

BOB = Peer("bob")
INBOX = "https://peer.test/inbox"


async def send(stage: Stage) -> Artist:
    """Have Ana hang a work that Bob is to hear of; the first try is made."""
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.hang(ana)
    await stage.drain()
    return ana


async def waiting(stage: Stage) -> tuple[int, int]:
    """Return how many deliveries wait and how many were given up."""
    counts = (await stage.read(lambda tx: tx.jobs.counts())).get(JobKind.DELIVER)
    return (counts.waiting, counts.buried) if counts else (0, 0)


async def buried(stage: Stage) -> list[tuple[Job, str]]:
    found: list[tuple[Job, str]] = await stage.read(lambda tx: tx.jobs.buried())
    return found


def received(request: Outgoing, stage: Stage) -> Received:
    """Return our request as the other server gets it."""
    headers = (("Host", "peer.test"), *request.headers.items())
    return Received("POST", "/inbox", "peer.test", headers, request.body, stage.clock.now())


@pytest.mark.parametrize("status", [400, 405, 406, 410, 413, 415, 422, 451, 301, 302, 308])
async def test_a_refusal_that_no_other_try_cures_ends_it(status: int, stage: Stage) -> None:
    stage.net.inbox_status = status
    await send(stage)
    assert await waiting(stage) == (0, 1)
    ((_, reason),) = await buried(stage)
    assert reason == f"The inbox answered {status}."


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409, 421, 425, 429, 500, 502, 503, 504])
async def test_what_a_bad_day_explains_is_tried_again(status: int, stage: Stage) -> None:
    stage.net.inbox_status = status
    await send(stage)
    assert await waiting(stage) == (1, 0)
    stage.net.inbox_status = 202
    stage.clock.advance(hours=1)
    await stage.drain()
    assert await waiting(stage) == (0, 0)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_one(status: int, stage: Stage) -> None:
    stage.net.inbox_status = status
    await send(stage)
    assert await waiting(stage) == (0, 0)
    assert len(stage.net.delivered) == 1


@pytest.mark.parametrize(("is_final", "left"), [(True, (0, 1)), (False, (1, 0))])
async def test_a_forbidden_address_is_given_up_and_silence_is_not(
    *, is_final: bool, left: tuple[int, int], stage: Stage
) -> None:
    stage.net.answers[INBOX] = Unreachable("No answer.", is_final=is_final)
    await send(stage)
    assert await waiting(stage) == left


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7200", 7200), ("soon", 0), ("-1", 0), ("99999999", 0), ("", 0), ("9999999", 86_400)],
)
async def test_a_peer_may_ask_for_patience_but_not_for_more_than_a_day(
    header: str, seconds: int, stage: Stage
) -> None:
    stage.net.inbox_status, stage.net.inbox_headers = 429, {"retry-after": header}
    await send(stage)
    next_try = await stage.read(lambda tx: tx.jobs.next_run_at())
    assert next_try is not None
    wait = (next_try - stage.clock.now()) / 1000
    assert wait == seconds if seconds else 15 <= wait <= 60


async def test_after_two_days_of_silence_it_is_given_up(stage: Stage) -> None:
    stage.net.inbox_status = 503
    await send(stage)
    began = stage.clock.now()
    while (await waiting(stage))[0]:
        stage.clock.at = await stage.read(lambda tx: tx.jobs.next_run_at())
        await stage.drain()
    assert len(stage.net.delivered) == MAX_ATTEMPTS
    assert await waiting(stage) == (0, 1)
    days = (stage.clock.now() - began) / 86_400_000
    assert 1.5 < days < 4


async def test_every_try_is_signed_afresh_and_verifies(stage: Stage) -> None:
    stage.net.inbox_status = 503
    ana = await send(stage)
    stage.clock.advance(hours=3)
    await stage.drain()
    key = await stage.read(lambda tx: tx.artists.key_of(ana.id))
    public = load_public_key(key.public_pem, key_id=key.key_id, owner="https://art.test/users/ana")
    first, second = (request for request in stage.net.asked if request.method == "POST")
    assert first.headers["Date"] != second.headers["Date"]
    assert first.body == second.body
    verified = verify(
        received(second, stage),
        read_signature(received(second, stage)),
        public,
        stage.clock.now(),
    )
    assert verified.actor_uri == "https://art.test/users/ana"


async def test_a_delivery_has_the_headers_that_every_server_wants(stage: Stage) -> None:
    await send(stage)
    (request,) = (one for one in stage.net.asked if one.method == "POST")
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    assert request.headers["Digest"] == f"SHA-256={digest}"
    assert request.headers["Content-Type"] == ACTIVITY_JSON
    assert request.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    signature = request.headers["Signature"]
    assert 'algorithm="rsa-sha256"' in signature
    assert 'headers="(request-target) host date digest content-type"' in signature
    assert 'keyId="https://art.test/users/ana#main-key"' in signature


@pytest.mark.parametrize(
    "inbox",
    [INBOX, "https://PEER.test/inbox", "https://peer.test:443/inbox", "https://peer.test./inbox"],
)
async def test_a_refused_domain_gets_nothing_however_it_spells_itself(
    inbox: str, stage: Stage
) -> None:
    ana = await stage.artist()
    stage.net.serve(BOB.uri, BOB.document | {"endpoints": {"sharedInbox": inbox}})
    bob = await stage.flows.remote.actor(BOB.uri)
    asked: dict[str, Any] = BOB.does("Follow", "https://art.test/users/ana")
    async with stage.library.transaction() as tx:
        followee = await tx.actors.by_id(ana.id)
        assert followee is not None
        await stage.flows.following.request(tx, bob.id, followee, asked["id"])
    stage.refuse("outbound", "peer.test")
    await stage.hang(ana)
    await stage.drain()
    assert stage.net.delivered == []
    ((_, reason),) = await buried(stage)
    assert reason == "The policy refuses deliveries there: No thank you."
