"""What machines may do is said with everything that is sent, and heard with what comes in."""

import json
from dataclasses import replace
from typing import Any

from federation.claims import Scheme
from federation.messages import Received, Unsigned
from federation.signatures import sign
from server.model import ContentUsage, Heard, Post, Preference
from server.neighbours import PeerCounts
from server.ports import Outgoing
from tests.two_servers.stage import ACTIVITY_JSON, Peer, Stage

BEN = Peer("ben")
N = Preference.NO


def posted(stage: Stage) -> Outgoing:
    (request,) = (one for one in stage.net.asked if one.method == "POST")
    return request


async def said(stage: Stage, note: dict[str, Any], **headers: str) -> Post:
    """Have Ben's post come in with these headers, all covered by a signature of RFC 9421."""
    ana = await stage.artist()
    await stage.befriend(BEN, ana)
    actor = await stage.read(lambda tx: tx.actors.by_uri(BEN.uri))
    async with stage.library.transaction() as tx:
        from_here = await tx.relations.follow(actor.id, ana.id)
        await tx.relations.put_follow(
            replace(from_here, follower_id=ana.id, followee_id=actor.id, uri="")
        )
    body = json.dumps(BEN.does("Create", note)).encode()
    given = (("Content-Type", ACTIVITY_JSON), *headers.items())
    unsigned = Unsigned("POST", "https://art.test/inbox", given, body)
    added = sign(unsigned, BEN.key, BEN.key_id, stage.clock.now(), Scheme.RFC9421)
    sent = (("Host", "art.test"), *given, *added)
    received = Received("POST", "/inbox", "art.test", sent, body, stage.clock.now())
    await stage.flows.inbox.receive(received)
    await stage.drain()
    post: Post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    return post


async def test_a_works_own_tighter_word_goes_with_it(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BEN, ana)
    work = await stage.hang(ana, content_usage=ContentUsage(search=N))
    await stage.drain()
    request = posted(stage)
    assert request.headers["Content-Usage"] == "train-ai=n, ai-use=n, search=n"
    note = json.loads(request.body)["object"]
    assert note["contentUsage"] == request.headers["Content-Usage"]
    counts = await stage.read(
        lambda tx: tx.neighbours.counts_with("https://peer.test/", "peer.test")
    )
    assert counts == PeerCounts(followers=1, works=1)
    stage.net.asked.clear()
    await stage.flows.publishing.withdraw(ana, work.id)
    await stage.drain()
    assert posted(stage).headers["Content-Usage"] == "train-ai=n, ai-use=n, search=n"


async def test_the_word_is_inside_the_signature_where_rfc_9421_is_used(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BEN, ana)
    stage.net.inbox_status = 401
    await stage.hang(ana)
    await stage.drain()
    signed = [one for one in stage.net.asked if "Signature-Input" in one.headers]
    assert len(signed) == 1
    assert '"content-usage"' in signed[0].headers["Signature-Input"]


async def test_a_signed_header_is_kept_with_the_post_that_came_with_it(stage: Stage) -> None:
    post = await said(stage, BEN.note(), **{"Content-Usage": "train-ai=n"})
    assert post.heard == Heard(header="train-ai=n")


async def test_a_header_that_the_signature_does_not_cover_is_nobodys_word(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BEN, ana)
    note = BEN.note(inReplyTo=f"https://art.test/works/{(await stage.hang(ana)).id}")
    body = json.dumps(BEN.does("Create", note)).encode()
    headers = (*BEN.signed(body, stage.clock.now()).items(), ("Content-Usage", "train-ai=y"))
    received = Received("POST", "/inbox", "art.test", headers, body, stage.clock.now())
    await stage.flows.inbox.receive(received)
    await stage.drain()
    post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert post.heard == Heard()


async def test_everything_that_a_post_says_is_kept(stage: Stage) -> None:
    picture = {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": "https://peer.test/1.jpg",
        "license": "Attribution",
        "contentUsage": "ai-use=n",
    }
    note = BEN.note(
        contentUsage="train-ai=n",
        xRobotsTag=["noai", "noimageai"],
        indexable=False,
        license="https://creativecommons.org/licenses/by/4.0/",
        aiPolicy="https://peer.test/.well-known/ai-policy",
        attachment=[picture],
    )
    post = await said(stage, note)
    assert post.heard == Heard(
        usage="train-ai=n",
        robots_tag="noai, noimageai",
        is_indexable=False,
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        policy_url="https://peer.test/.well-known/ai-policy",
    )
    assert post.pictures[0].heard == Heard(usage="ai-use=n", licence="Attribution")


async def test_nonsense_in_place_of_a_word_costs_no_post(stage: Stage) -> None:
    note = BEN.note(contentUsage={"a": 1}, xRobotsTag=7, indexable="no", license=[[]], aiPolicy=3)
    post = await said(stage, note, **{"Content-Usage": "x" * 2_000})
    assert post.heard == Heard()


async def test_a_fetched_post_is_bound_by_the_header_of_the_answer(stage: Stage) -> None:
    note = BEN.note()
    await stage.meet(BEN)
    stage.net.serve(note["id"], note, headers={"content-usage": "ai-use=n"})
    found = await stage.flows.remote.note(note["id"])
    assert found.heard == Heard(header="ai-use=n")
