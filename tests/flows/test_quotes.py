"""Quotes of works here (FEP-044f): asked for, agreed to, refused, ended; never two at once."""

from typing import Any

import pytest

from server.errors import NotFound
from server.model import Post, Visibility
from server.permits import Permit
from tests.flows.dealings import here
from tests.flows.test_apply import about, arrive, post_at, told
from tests.flows.test_permissions import (
    ANA,
    all_by,
    only,
    only_request,
    said_to,
    waiting,
    wall_with,
)
from tests.two_servers.stage import Peer, Stage


def quoting(peer: Peer, uri: str, **more: Any) -> dict[str, Any]:
    return peer.note(quote=uri, quoteUrl=uri, content="<p>look at this</p>", **more)


def quote_request(peer: Peer, note: dict[str, Any], uri: str) -> dict[str, Any]:
    return peer.does("QuoteRequest", uri, instrument=note, to=[ANA])


# Refusals


async def test_a_request_for_what_is_somebody_elses_is_passed_over(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.EVERYONE))
    bob, eve = Peer("bob"), Peer("eve", "evil.test", 2)
    await stage.meet(bob)
    await stage.meet(eve)
    note = quoting(bob, about(stage, work))
    await arrive(stage, eve.does("QuoteRequest", about(stage, work), instrument=note))
    await arrive(stage, eve.does("QuoteRequest", about(stage, work), instrument=note["id"]))
    await arrive(stage, eve.does("QuoteRequest", about(stage, work)))
    await arrive(stage, eve.does("QuoteRequest", note["id"], instrument=eve.note()))
    assert said_to(stage, eve, "Accept") == []
    assert await told(stage, ana) == []


async def test_an_authorization_is_for_exactly_one_pair(stage: Stage) -> None:
    """CVE-2026-33869: an approval of one post must not carry another."""
    ana, work = await wall_with(stage, only(quote=Permit.APPROVED))
    other = await stage.hang(ana, interaction=only(quote=Permit.APPROVED))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    (accepted,) = said_to(stage, bob, "Accept")
    same_right = {"quoteAuthorization": accepted["result"]}
    second = quoting(bob, about(stage, work), **same_right)
    elsewhere = quoting(bob, about(stage, other), **same_right)
    for forged in (second, elsewhere):
        await arrive(stage, bob.does("Create", forged))
        kept = await post_at(stage, forged["id"])
        assert kept is not None
        assert kept.quote is not None
        assert not kept.quote.is_approved


async def test_a_quote_of_a_work_for_followers_is_never_a_card(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.EVERYONE), visibility=Visibility.FOLLOWERS)
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    await arrive(stage, bob.does("Create", note))
    kept = await post_at(stage, note["id"])
    assert kept is None or kept.quote is None or not kept.quote.is_approved
    assert len(said_to(stage, bob, "Reject")) == 1


async def test_whom_the_artist_blocks_sees_no_card_of_theirs(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.EVERYONE))
    ben, bob = await stage.artist("ben"), Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    (accepted,) = said_to(stage, bob, "Accept")
    await arrive(stage, bob.does("Create", note | {"quoteAuthorization": accepted["result"]}))
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert len(await stage.flows.conversing.quoted([kept], ben.id)) == 1
    await stage.flows.blocking.block(ana, await here(stage, ben))
    assert len(await stage.flows.conversing.quoted([kept], None)) == 1
    assert await stage.flows.conversing.quoted([kept], ben.id) == {}


async def test_a_quote_is_asked_for_shown_and_ended(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(quote=Permit.APPROVED))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    (asked,) = await waiting(stage, ana)
    assert asked.post is not None
    assert "look at this" in asked.post.content_html
    await arrive(stage, bob.does("Create", note))
    assert not await is_card(stage, note)
    await stage.flows.approving.approve(ana, asked.request.id)
    await stage.drain()
    assert await is_card(stage, note)
    assert await told(stage, ana) == ["quote", "request"]
    (accepted,) = said_to(stage, bob, "Accept")
    await arrive(stage, bob.does("Update", note | {"quoteAuthorization": accepted["result"]}))
    assert await is_card(stage, note)
    await stage.flows.approving.withdraw(ana, asked.request.id)
    await stage.drain()
    assert not await is_card(stage, note)
    (deleted,) = said_to(stage, bob, "Delete")
    assert deleted["object"]["id"] == accepted["result"]
    await arrive(stage, bob.does("Update", note | {"quoteAuthorization": accepted["result"]}))
    assert not await is_card(stage, note)
    with pytest.raises(NotFound):
        await stage.flows.approving.authorization(asked.request.id)


async def test_a_refused_quote_is_rejected_and_stays_a_link(stage: Stage) -> None:
    ana, work = await wall_with(stage, only(quote=Permit.APPROVED))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    await stage.flows.approving.refuse(ana, await only_request(stage, ana))
    await stage.drain()
    await arrive(stage, bob.does("Create", note))
    assert len(said_to(stage, bob, "Reject")) == 1
    assert not await is_card(stage, note)


async def test_where_everyone_may_quote_the_answer_comes_at_once(stage: Stage) -> None:
    ana, work = await wall_with(stage, all_by(Permit.EVERYONE))
    bob = Peer("bob")
    await stage.meet(bob)
    note = quoting(bob, about(stage, work))
    await arrive(stage, quote_request(bob, note, about(stage, work)))
    await arrive(stage, bob.does("Create", note))
    assert len(said_to(stage, bob, "Accept")) == 1
    assert await is_card(stage, note)
    assert await told(stage, ana) == ["quote"]


async def is_card(stage: Stage, note: dict[str, Any]) -> bool:
    post: Post | None = await post_at(stage, note["id"])
    return post is not None and post.quote is not None and post.quote.is_approved


@pytest.mark.parametrize("is_whole", [True, False], ids=["with the post", "by its address"])
@pytest.mark.parametrize("first", ["request", "post"])
async def test_a_request_and_its_post_come_in_either_order(
    stage: Stage, first: str, *, is_whole: bool
) -> None:
    ana, work = await wall_with(stage, only(quote=Permit.APPROVED))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = quoting(bob, about(stage, work), to=["https://www.w3.org/ns/activitystreams#Public"])
    instrument = note if is_whole else note["id"]
    asked = bob.does("QuoteRequest", about(stage, work), instrument=instrument, to=[ANA])
    made = bob.does("Create", note)
    for sent in (asked, made) if first == "request" else (made, asked):
        await arrive(stage, sent)
    assert await told(stage, ana) == ["request"]
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    (accepted,) = said_to(stage, bob, "Accept")
    assert accepted["object"]["id"] == asked["id"]
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.quote is not None
    assert kept.quote.is_approved


@pytest.mark.parametrize("first", ["request", "post"])
async def test_a_reply_request_and_its_post_come_in_either_order(stage: Stage, first: str) -> None:
    ana, work = await wall_with(stage, only(reply=Permit.APPROVED))
    bob = Peer("bob")
    await stage.befriend(bob, ana)
    note = bob.note(inReplyTo=about(stage, work), content="<p>so good</p>")
    asked = bob.does("ReplyRequest", about(stage, work), instrument=note["id"], to=[ANA])
    made = bob.does("Create", note)
    for sent in (asked, made) if first == "request" else (made, asked):
        await arrive(stage, sent)
    await stage.flows.approving.approve(ana, await only_request(stage, ana))
    await stage.drain()
    (accepted,) = said_to(stage, bob, "Accept")
    assert accepted["object"]["id"] == asked["id"]
    kept = await post_at(stage, note["id"])
    assert kept is not None
    assert kept.visibility is not Visibility.DRAFT
