"""What an inbox refuses, forgets and keeps: through HTTP, with real signatures."""

import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from federation.dedupe import dedupe_key
from federation.vocabulary import read_activity
from server.model import FollowState, JobKind, Visibility
from server.ports import Unreachable
from tests.two_servers.stage import Peer, Stage

ANA = "https://art.test/users/ana"


@dataclass
class Post:
    """The inbox of art.test, and Bob, who sends there."""

    stage: Stage
    client: TestClient[Any, Any]
    bob: Peer

    async def send(
        self, body: bytes | dict[str, Any], *, target: str = "/inbox", **headers: str | None
    ) -> ClientResponse:
        """Send as Bob. `headers` replace what his signature brought; None leaves one out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = self.bob.signed(raw, self.stage.clock.now(), target=target)
        changed = {name.replace("_", "-").title(): value for name, value in headers.items()}
        final = {k: v for k, v in {**signed, **changed}.items() if v is not None}
        return await self.client.post(target, data=raw, headers=final)

    async def kept(self) -> int:
        """Return how many activities wait to be applied."""
        counts = await self.stage.read(lambda tx: tx.jobs.counts())
        found = counts.get(JobKind.APPLY)
        return found.waiting if found else 0


@pytest_asyncio.fixture
async def post(stage: Stage) -> AsyncIterator[Post]:
    bob = Peer("bob")
    stage.net.serve(bob.uri, bob.document)
    await stage.artist("ana")
    async with TestClient(TestServer(stage.instance.app())) as client:
        yield Post(stage, client, bob)


async def sentence(answer: ClientResponse) -> str:
    found: str = (await answer.json())["error"]
    return found


BAD = {"signature": 'keyId="https://peer.test/users/bob#main-key",headers="date",signature="!"'}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"signature": None}, "This request is not signed; sign it with your actor's key."),
        ({"signature": "what"}, "The Signature header is malformed; see draft-cavage-12, 4.1."),
        (BAD, "The Signature header holds no signature in base64; send one."),
        ({"digest": None}, "The body's digest is missing or of an unknown kind; use SHA-256."),
        (
            {"digest": "SHA-256=AAAA"},
            "The body is not the one that was signed: its digest differs.",
        ),
        ({"digest": "MD5=AAAA"}, None),
        ({"date": "Sun, 22 Nov 2026 00:00:00 GMT"}, None),
        ({"date": "yesterday"}, None),
        ({"content_type": "text/plain"}, None),  # it was signed
        ({"host": "other.test"}, "The Host header names another server; send the one asked."),
    ],
)
async def test_what_cannot_be_believed_is_refused_with_a_sentence(
    headers: dict[str, str | None], reason: str | None, post: Post
) -> None:
    answer = await post.send(post.bob.does("Follow", ANA), **headers)
    assert answer.status == 401
    said = await sentence(answer)
    assert said == reason or (reason is None and said.endswith("."))
    assert await post.kept() == 0


@pytest.mark.parametrize("hours", [-25, -13, 2, 25])
async def test_a_signature_of_another_time_is_refused(hours: int, post: Post) -> None:
    body = json.dumps(post.bob.does("Follow", ANA)).encode()
    signed = post.bob.signed(body, post.stage.clock.now())
    post.stage.clock.advance(hours=-hours)
    answer = await post.client.post("/inbox", data=body, headers=signed)
    assert answer.status == 401
    assert await post.kept() == 0


async def test_a_body_that_was_changed_on_its_way_is_refused(post: Post) -> None:
    body = json.dumps(post.bob.does("Follow", ANA)).encode()
    signed = post.bob.signed(body, post.stage.clock.now())
    answer = await post.client.post("/inbox", data=body + b" ", headers=signed)
    assert answer.status == 401
    assert await post.kept() == 0


async def test_a_signature_for_another_inbox_is_refused(post: Post) -> None:
    body = json.dumps(post.bob.does("Follow", ANA)).encode()
    signed = post.bob.signed(body, post.stage.clock.now(), target="/inbox")
    answer = await post.client.post("/users/ana/inbox", data=body, headers=signed)
    assert answer.status == 401


async def test_nobody_signs_for_somebody_else(post: Post) -> None:
    carol = Peer("carol", key_number=2)
    post.stage.net.serve(carol.uri, carol.document)
    for actor in (carol.uri, "https://third.test/users/dan", ANA):
        answer = await post.send({**post.bob.does("Follow", ANA), "actor": actor})
        assert answer.status == 401, actor
    assert await post.kept() == 0


async def test_an_id_on_another_server_is_refused(post: Post) -> None:
    answer = await post.send({**post.bob.does("Follow", ANA), "id": "https://x.test/1"})
    assert answer.status == 401


async def test_a_key_on_another_host_than_its_actor_is_refused_without_a_fetch(
    post: Post,
) -> None:
    mallory = Peer("bob", domain="evil.test", key_number=2)
    post.stage.net.serve(mallory.uri, mallory.document)
    body = json.dumps(post.bob.does("Follow", ANA)).encode()
    signed = mallory.signed(body, post.stage.clock.now())
    answer = await post.client.post("/inbox", data=body, headers=signed)
    assert answer.status == 401
    assert post.stage.net.fetched == []


async def test_a_key_that_its_owner_does_not_publish_is_refused(post: Post) -> None:
    document = post.bob.document
    document["publicKey"]["id"] = f"{post.bob.uri}#other"
    post.stage.net.serve(post.bob.uri, document)
    post.stage.net.serve(post.bob.key_id, status=404)
    answer = await post.send(post.bob.does("Follow", ANA))
    assert answer.status == 401
    assert await post.kept() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"Follow"',
        b"null",
        b"\xff\xfe",
        b'{"type": "Follow", "actor": "https://peer.test/users/bob", "n": NaN}',
        b'{"type": "Follow", "actor": "https://peer.test/users/bob", "actor": "x"}',
        b'{"type": "Follow"}',
        b'{"actor": "https://peer.test/users/bob"}',
        b'{"type": "Follow", "actor": ["https://peer.test/users/bob", "https://b.test/c"]}',
        b'{"type": "Follow", "actor": "javascript:alert(1)"}',
        b"[" * 100_000,
        b'{"type":"Follow","actor":"https://peer.test/users/bob","object":%s1%s}'
        % (b"[" * 21, b"]" * 21),
        b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    ],
    ids=range(15),
)
async def test_what_is_no_activity_is_refused_with_a_sentence(body: bytes, post: Post) -> None:
    answer = await post.send(body)
    assert answer.status in {400, 401, 422}
    assert (await sentence(answer)).endswith(".")
    assert await post.kept() == 0


async def test_more_than_a_mebibyte_is_refused_before_it_is_read(post: Post) -> None:
    body = json.dumps(post.bob.does("Follow", ANA, padding="x" * 1_048_576)).encode()
    signed = post.bob.signed(body, post.stage.clock.now())
    answer = await post.client.post("/inbox", data=io.BytesIO(body), headers=signed)
    assert answer.status == 413
    assert (await sentence(answer)) == "That is too large for this address; send something smaller."
    assert post.stage.net.fetched == []


async def test_a_mebibyte_that_does_not_say_its_length_is_refused_too(post: Post) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 65_536

    signed = post.bob.signed(b"", post.stage.clock.now())
    answer = await post.client.post("/inbox", data=endless(), headers=signed)
    assert answer.status == 413


async def test_a_packed_body_is_refused(post: Post) -> None:
    answer = await post.send(b"{}", content_encoding="gzip")
    assert answer.status == 415


@pytest.mark.parametrize("target", ["/inbox", "/users/ana/inbox"])
async def test_an_inbox_is_not_read(target: str, post: Post) -> None:
    answer = await post.client.get(target, headers={"Host": "art.test"})
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


async def test_an_inbox_of_nobody_is_not_found(post: Post) -> None:
    answer = await post.send(post.bob.does("Follow", ANA), target="/users/nobody/inbox")
    assert answer.status == 404
    assert post.stage.net.fetched == []


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ],
)
async def test_the_signature_counts_and_not_the_content_type(content_type: str, post: Post) -> None:
    """Bodies are read as JSON whatever they call themselves: some servers say nothing right."""
    body = json.dumps(post.bob.does("Follow", ANA)).encode()
    signed = post.bob.signed(body, post.stage.clock.now(), content_type=content_type)
    answer = await post.client.post("/inbox", data=body, headers=signed)
    assert answer.status == 202
    assert await post.kept() == 1


async def test_the_deletion_of_a_stranger_is_forgotten_without_a_fetch(post: Post) -> None:
    answer = await post.send(post.bob.does("Delete", post.bob.uri))
    assert answer.status == 202
    assert post.stage.net.asked == []
    assert await post.kept() == 0


async def test_a_second_deletion_of_somebody_gone_is_forgotten_without_a_fetch(
    post: Post,
) -> None:
    bob = await post.stage.meet(post.bob)
    async with post.stage.library.transaction() as tx:
        await tx.actors.mark_gone(bob.id, post.stage.clock.now())
    answer = await post.send(post.bob.does("Delete", post.bob.uri))
    assert answer.status == 202
    assert post.stage.net.asked == []
    assert await post.kept() == 0


async def test_a_deletion_is_only_believed_with_the_key_that_we_know(post: Post) -> None:
    await post.stage.meet(post.bob)
    thief = replace(post.bob, key_number=2)
    body = json.dumps(post.bob.does("Delete", post.bob.uri)).encode()
    signed = thief.signed(body, post.stage.clock.now())
    answer = await post.client.post("/inbox", data=body, headers=signed)
    assert answer.status == 401
    assert post.stage.net.fetched == []


async def test_a_deletion_by_an_account_that_is_gone_is_forgotten(post: Post) -> None:
    post.stage.net.serve(post.bob.uri, status=410)
    answer = await post.send(post.bob.does("Delete", f"{post.bob.uri}/notes/1"))
    assert answer.status == 202
    assert await post.kept() == 0
    answer = await post.send(post.bob.does("Follow", ANA))
    assert answer.status == 401


async def test_a_server_that_is_away_is_not_believed(post: Post) -> None:
    post.stage.net.answers[post.bob.uri] = Unreachable("peer.test is away")
    answer = await post.send(post.bob.does("Follow", ANA))
    assert answer.status == 401
    assert await post.kept() == 0


async def test_a_refused_domain_is_told_202_before_any_fetch(post: Post) -> None:
    post.stage.refuse("inbound", "peer.test")
    answer = await post.send(post.bob.does("Follow", ANA))
    assert answer.status == 202
    assert await answer.read() == b""
    assert post.stage.net.asked == []
    assert await post.kept() == 0


async def test_a_believed_activity_is_kept_once(post: Post) -> None:
    activity = post.bob.does("Follow", ANA)
    for target in ("/inbox", "/users/ana/inbox", "/inbox"):
        answer = await post.send(activity, target=target)
        assert answer.status == 202
    assert await post.kept() == 1
    assert post.stage.net.fetched == [post.bob.uri]


async def test_a_key_is_fetched_once_for_many_activities(post: Post) -> None:
    for _ in range(5):
        assert (await post.send(post.bob.does("Like", "https://x.test/1"))).status == 202
    assert post.stage.net.fetched == [post.bob.uri]


async def test_a_changed_key_is_fetched_again_but_not_for_every_forgery(post: Post) -> None:
    await post.send(post.bob.does("Follow", ANA))
    post.bob.key_number = 3
    post.stage.net.serve(post.bob.uri, post.bob.document)
    answer = await post.send(post.bob.does("Like", "https://x.test/1"))
    assert answer.status == 202
    assert post.stage.net.fetched == [post.bob.uri] * 2
    forger = replace(post.bob, key_number=2)
    for _ in range(5):
        body = json.dumps(post.bob.does("Like", "https://x.test/2")).encode()
        signed = forger.signed(body, post.stage.clock.now())
        answer = await post.client.post("/inbox", data=body, headers=signed)
        assert answer.status == 401
    assert post.stage.net.fetched == [post.bob.uri] * 2
    post.stage.clock.advance(seconds=61)
    post.bob.key_number = 4
    post.stage.net.serve(post.bob.uri, post.bob.document)
    assert (await post.send(post.bob.does("Like", "https://x.test/1"))).status == 202
    assert post.stage.net.fetched == [post.bob.uri] * 3


async def test_what_no_other_key_would_mend_fetches_none_and_is_told_each_time(post: Post) -> None:
    await post.send(post.bob.does("Follow", ANA))
    for headers, reason in (
        ({"digest": "SHA-256=AAAA"}, "its digest differs"),
        ({"date": "Sun, 22 Nov 2020 00:00:00 GMT"}, "The signature is too old"),
        ({"date": "Sun, 22 Nov 2037 00:00:00 GMT"}, "The signature is from the future"),
    ):
        answer = await post.send(post.bob.does("Like", "https://x.test/1"), **headers)
        assert answer.status == 401
        assert reason in await sentence(answer)
    assert post.stage.net.fetched == [post.bob.uri]
    post.bob.key_number = 3  # and a key that did change is fetched at once
    post.stage.net.serve(post.bob.uri, post.bob.document)
    assert (await post.send(post.bob.does("Like", "https://x.test/1"))).status == 202


async def test_a_work_for_followers_is_shown_to_no_pending_follower(post: Post) -> None:
    stage = post.stage
    ana = await stage.flows.accounts.named("ana")
    work = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.befriend(post.bob, ana, FollowState.PENDING)
    target = f"/works/{work.id}"

    async def ask(headers: dict[str, str]) -> int:
        return (await post.client.get(target, headers=headers)).status

    accept = "application/activity+json"
    bare = {"Host": "art.test", "Accept": accept}
    signed = post.bob.signed(b"", stage.clock.now(), target=target, method="GET", accept=accept)
    assert await ask(bare) == 404
    assert await ask({**bare, "Signature": "nonsense"}) == 404
    assert await ask(signed) == 404
    await stage.befriend(post.bob, ana, FollowState.ACCEPTED)
    assert await ask(signed) == 200
    assert await ask({**signed, "Date": "Sun, 22 Nov 2026 00:00:00 GMT"}) == 404
    answer = await post.client.get(target, headers=signed)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Signature" in answer.headers["Vary"]
    assert (await answer.json())["to"] == [f"{ANA}/followers"]
    for collection in ("outbox?page=true", "featured"):
        answer = await post.client.get(f"/users/ana/{collection}", headers=bare)
        assert (await answer.json())["orderedItems"] == []


def keys_of(*documents: dict[str, Any]) -> list[str]:
    bodies = [json.dumps(one).encode() for one in documents]
    return [dedupe_key(read_activity(body), body) for body in bodies]


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("kind", "change", "is_same"),
    [
        ("Like", lambda one: one | {"published": "2026-01-01"}, True),
        ("Like", lambda one: one | {"id": "https://peer.test/2"}, False),
        ("Update", lambda one: one, True),
        ("Update", lambda one: one | {"object": "https://peer.test/3"}, False),  # Takahē: same id
        ("Add", lambda one: {k: v for k, v in one.items() if k != "id"}, False),
        ("Remove", lambda one: one | {"object": "https://peer.test/3"}, False),
    ],
)
def test_what_counts_as_the_same_activity_again(
    *, kind: str, change: Change, is_same: bool
) -> None:
    activity = Peer("bob").does(kind, "https://peer.test/notes/1")
    one, other = keys_of(activity, change(activity))
    assert (one == other) is is_same
