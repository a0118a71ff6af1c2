"""What is fetched from other servers, and what of it is believed."""

import itertools
import json
from typing import Any

import pytest

from federation.fetching import MAX_REDIRECTS, RemoteGone
from federation.messages import Received
from federation.names import read_address
from federation.signatures import load_public_key, read_signature, verify
from server.errors import FixatifError, Invalid, NotFound, Unavailable, Untrusted
from server.model import Actor
from server.ports import Unreachable
from tests.federation import recorded
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
JRD = "application/jrd+json"


def jrd(*links: dict[str, Any]) -> dict[str, Any]:
    return {"subject": "acct:bob@peer.test", "links": list(links)}


def self_link(uri: str, kind: str = "application/activity+json") -> dict[str, Any]:
    return {"rel": "self", "type": kind, "href": uri}


FINGER = "https://peer.test/.well-known/webfinger?resource=acct%3Abob%40peer.test"


# Refusals


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/ld+json",
        "text/html",
        "image/jpeg",
        "",
        "application/activity+json2",
    ],
)
async def test_a_document_of_another_type_is_no_actor(content_type: str, stage: Stage) -> None:
    """CVE-2024-25623: an uploaded file is not what its server says."""
    stage.net.serve(BOB.uri, BOB.document, content_type=content_type)
    with pytest.raises(Untrusted):
        await stage.flows.remote.actor(BOB.uri)
    assert await stage.read(lambda tx: tx.actors.by_uri(BOB.uri)) is None


@pytest.mark.parametrize(
    "own_id",
    [
        "https://evil.test/users/bob",
        "http://peer.test/users/bob",
        "https://peer.test:8443/users/bob",
        "",
        None,
    ],
)
async def test_a_document_that_names_itself_elsewhere_is_refused(
    own_id: str | None, stage: Stage
) -> None:
    """CVE-2024-23832: the id that counts is the one in the document."""
    stage.net.serve(BOB.uri, BOB.document | {"id": own_id})
    with pytest.raises((Untrusted, Invalid)):
        await stage.flows.remote.actor(BOB.uri)
    assert await stage.read(lambda tx: tx.actors.by_uri(BOB.uri)) is None


async def test_a_document_is_confirmed_at_the_address_that_it_gives_itself(stage: Stage) -> None:
    page = "https://peer.test/@bob"
    stage.net.serve(page, BOB.document)
    stage.net.serve(BOB.uri, status=404)
    with pytest.raises(RemoteGone):
        await stage.flows.remote.actor(page)
    stage.net.serve(BOB.uri, BOB.document)
    actor = await stage.flows.remote.actor(page)
    assert actor.uri == BOB.uri


@pytest.mark.parametrize(
    "uri",
    [
        "https://art.test/users/ana",
        "https://ART.test/users/ana",
        "https://art.test:443/users/ana",
        "https://art.test./users/ana",
    ],
)
async def test_we_never_fetch_ourselves(uri: str, stage: Stage) -> None:
    with pytest.raises((Untrusted, NotFound)):
        await stage.flows.remote.actor(uri)
    assert stage.net.asked == []


@pytest.mark.parametrize("uri", ["http://peer.test/users/bob", "ftp://peer.test/", "peer.test"])
async def test_only_https_is_fetched(uri: str, stage: Stage) -> None:
    with pytest.raises(FixatifError):
        await stage.flows.remote.actor(uri)
    assert stage.net.asked == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, RemoteGone), (410, RemoteGone), (401, Unavailable), (500, Unavailable)],
)
async def test_an_answer_without_a_document_is_none(
    status: int, error: type[Exception], stage: Stage
) -> None:
    stage.net.serve(BOB.uri, status=status)
    with pytest.raises(error):
        await stage.flows.remote.actor(BOB.uri)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":' * 30 + b"1" + b"}" * 30, b"\xff"])
async def test_what_is_no_document_is_refused(body: bytes, stage: Stage) -> None:
    stage.net.serve(BOB.uri, body)
    with pytest.raises(Invalid):
        await stage.flows.remote.actor(BOB.uri)


async def test_a_local_actor_is_never_replaced_from_outside(stage: Stage) -> None:
    ana = await stage.artist()
    forged = BOB.document | {"id": "https://art.test/users/ana"}
    stage.net.serve(BOB.uri, forged)
    with pytest.raises(Untrusted):
        await stage.flows.remote.actor(BOB.uri)
    kept: Actor = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    assert kept.is_local
    assert kept.inbox == "https://art.test/users/ana/inbox"


async def test_the_post_of_one_server_is_not_signed_by_an_author_of_another(stage: Stage) -> None:
    note = BOB.note(attributedTo="https://evil.test/users/bob")
    stage.net.serve(note["id"], note)
    with pytest.raises((Untrusted, Invalid)):
        await stage.flows.remote.note(note["id"])


# Redirects


async def test_redirects_are_followed_three_times_and_signed_anew(stage: Stage) -> None:
    first = "https://old.test/users/bob"
    hops = [first, "https://old.test/b", "https://peer.test/c", BOB.uri]
    for here, there in itertools.pairwise(hops):
        stage.net.serve(here, status=302, headers={"location": there})
    stage.net.serve(BOB.uri, BOB.document)
    assert (await stage.flows.remote.actor(first)).uri == BOB.uri
    assert stage.net.fetched[: MAX_REDIRECTS + 1] == hops
    signatures = {request.headers["Signature"] for request in stage.net.asked}
    assert len(signatures) == len(stage.net.asked)
    stage.net.serve(BOB.uri, status=302, headers={"location": "https://peer.test/d"})
    with pytest.raises(Unavailable):
        await stage.flows.remote.actor(first)


@pytest.mark.parametrize(
    "location",
    [
        "http://peer.test/x",
        "file:///etc/passwd",
        "https://user@peer.test/x",
        "https://art.test/actor",
        "//",
        "https://[::1/x",
        "",
    ],
)
async def test_a_redirect_to_where_nothing_is_fetched_is_refused(
    location: str, stage: Stage
) -> None:
    stage.net.serve(BOB.uri, status=301, headers={"location": location})
    with pytest.raises(FixatifError):
        await stage.flows.remote.actor(BOB.uri)
    assert all(url == BOB.uri for url in stage.net.fetched)


# What is believed


async def test_every_fetch_is_signed_by_the_server_actor(stage: Stage) -> None:
    await stage.meet(BOB)
    await stage.flows.remote.actor(BOB.uri, afresh=True)
    stage.clock.advance(hours=25)
    await stage.flows.remote.actor(BOB.uri)
    request = stage.net.asked[-1]
    sent = (("Host", "peer.test"), *request.headers.items())
    received = Received("GET", "/users/bob", "peer.test", sent, b"", stage.clock.now())
    speaker = stage.flows.server_actor
    key = load_public_key(speaker.public_key_pem, key_id=speaker.key_id, owner=speaker.uri)
    verified = verify(received, read_signature(received), key, stage.clock.now())
    assert verified.actor_uri == "https://art.test/actor"
    assert "application/activity+json" in request.headers["Accept"]


async def test_an_actor_is_fetched_once_a_day_and_an_old_copy_outlives_an_outage(
    stage: Stage,
) -> None:
    await stage.meet(BOB)
    await stage.flows.remote.actor(BOB.uri)
    assert stage.net.fetched == []
    stage.clock.advance(hours=25)
    stage.net.serve(BOB.uri, BOB.document | {"name": "Robert"})
    assert (await stage.flows.remote.actor(BOB.uri)).name == "Robert"
    stage.clock.advance(hours=25)
    stage.net.answers[BOB.uri] = Unreachable("peer.test is away")
    assert (await stage.flows.remote.actor(BOB.uri)).name == "Robert"


async def test_a_key_in_a_document_of_its_own_must_be_confirmed_by_its_owner(
    stage: Stage,
) -> None:
    """GoToSocial's key ids are addresses of their own."""
    key_id = f"{BOB.uri}/main-key"
    own = {"id": key_id, "owner": BOB.uri, "publicKeyPem": BOB.public_pem}
    stage.net.serve(BOB.uri, BOB.document | {"publicKey": own})
    assert (await stage.flows.remote.key(key_id, BOB.uri)).owner == BOB.uri
    stage.net.serve(f"{BOB.uri}/stolen", own | {"id": f"{BOB.uri}/stolen", "owner": "x"})
    with pytest.raises(FixatifError):
        await stage.flows.remote.key(f"{BOB.uri}/stolen", BOB.uri)


# By address


@pytest.mark.parametrize(
    "text",
    ["", "bob", "@bob", "bob@", "@peer.test", "bob@peer.test/x", "b b@peer.test", "a@b@c", "@@"],
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_address(text)
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("text", ["bob@peer.test", "@bob@PEER.test", " @bob@peer.test "])
async def test_somebody_is_found_by_address(text: str, stage: Stage) -> None:
    stage.net.serve(FINGER, jrd(self_link(BOB.uri)), content_type=JRD)
    stage.net.serve(BOB.uri, BOB.document)
    found = await stage.flows.remote.by_address(text)
    assert found.uri == BOB.uri


@pytest.mark.parametrize(
    "document",
    [
        jrd(),
        jrd(self_link(BOB.uri, "text/html")),
        jrd({"rel": "profile", "href": BOB.uri}),
        jrd(self_link("javascript:alert(1)")),
        {"links": "none"},
        {},
        [],
        "x",
        b"{",
        b"[" * 100_000,
        jrd(self_link("https://art.test/users/ana")),
        jrd(self_link("http://peer.test/users/bob")),
    ],
    ids=range(12),
)
async def test_a_look_up_that_leads_nowhere_says_so(document: Any, stage: Stage) -> None:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    stage.net.serve(FINGER, raw, content_type=JRD)
    stage.net.serve(BOB.uri, BOB.document)
    with pytest.raises(FixatifError) as refusal:
        await stage.flows.remote.by_address("bob@peer.test")
    assert refusal.value.message.endswith(".")
    assert await stage.read(lambda tx: tx.actors.by_uri(BOB.uri)) is None


async def test_nobody_there_and_nobody_here_are_both_said(stage: Stage) -> None:
    stage.net.serve(FINGER, status=404)
    with pytest.raises(NotFound, match=r"peer\.test knows nobody called bob"):
        await stage.flows.remote.by_address("bob@peer.test")
    stage.net.asked.clear()
    with pytest.raises(NotFound, match="nobody called bob here"):
        await stage.flows.remote.by_address("bob@art.test")
    assert stage.net.asked == []


def serve_recorded(stage: Stage) -> None:
    """Answer as real servers did: status, media type and bytes."""
    for one in recorded.everything():
        if one.document["direction"] == "fetched" and "unsigned" not in one.name:
            given = {name.lower(): value for name, value in one.headers}
            url = one.document["url"].replace("=acct:", "=acct%3A").replace("@", "%40")
            for address in {url, one.document["url"]} - set(stage.net.answers):
                stage.net.serve(
                    address,
                    one.body,
                    status=one.document["status"],
                    content_type=given.get("content-type", ""),
                )


@pytest.mark.parametrize("address", ["alice@gts.test", "sam@snac.test", "fay@fedify.test"])
async def test_people_of_recorded_servers_are_found_by_what_these_answered(
    address: str, stage: Stage
) -> None:
    serve_recorded(stage)
    handle, host = address.split("@")
    found = await stage.flows.remote.by_address(address)
    assert (found.handle, found.domain) == (handle, host)
    assert found.public_key_pem.strip() == recorded.pems()[found.uri].strip()
    with pytest.raises(NotFound, match=f"{host} knows nobody called nobody"):
        await stage.flows.remote.by_address(f"nobody@{host}")
