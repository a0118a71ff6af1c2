"""Plain interactions answered once approved, deleted actors noticed, changed permits told."""

from typing import Any

import pytest

from server.dealings import RequestId
from server.model import Artist, Work
from server.permits import InteractionPolicy, Permit
from tests.flows.dealings import ANA, arrive, sent
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob", shares_inbox=False)
ASKS = InteractionPolicy(*(Permit.APPROVED,) * 4)


def about(work: Work) -> str:
    return f"https://art.test/works/{work.id}"


async def asked(stage: Stage, kind: str) -> tuple[Artist, RequestId, dict[str, Any]]:
    """Have Bob like, boost or answer a work of Ana's, who wants to be asked."""
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana, interaction=ASKS)
    await sent(stage)
    note = BOB.note(inReplyTo=about(work))
    does = BOB.does(kind, note if kind == "Create" else about(work))
    await arrive(stage, does)
    (waiting,) = await stage.flows.approving.waiting(ana.id)
    stage.net.asked.clear()
    return ana, waiting.request.id, note if kind == "Create" else does


@pytest.mark.parametrize("kind", ["Like", "Announce", "Create"])
async def test_a_plain_interaction_that_was_refused_is_rejected(stage: Stage, kind: str) -> None:
    ana, request_id, thing = await asked(stage, kind)
    await stage.flows.approving.refuse(ana, request_id)
    (said,) = await sent(stage, BOB)
    assert (said["type"], said["object"], said["to"]) == ("Reject", thing["id"], [BOB.uri])
    assert "result" not in said


@pytest.mark.parametrize("kind", ["Like", "Announce", "Create"])
async def test_a_plain_interaction_that_waited_is_accepted_with_its_authorization(
    stage: Stage, kind: str
) -> None:
    ana, request_id, thing = await asked(stage, kind)
    await stage.flows.approving.approve(ana, request_id)
    (said,) = [one for one in await sent(stage, BOB) if one["type"] == "Accept"]
    assert (said["actor"], said["object"], said["to"]) == (ANA, thing["id"], [BOB.uri])
    assert said["result"] == f"https://art.test/authorizations/{request_id}"


@pytest.mark.parametrize("status", [200, 404, 410, 503])
async def test_an_inbox_that_is_gone_is_believed_where_the_actor_is_gone_too(
    stage: Stage, status: int
) -> None:
    ana = await stage.artist()
    bob = await stage.befriend(BOB, ana)
    stage.net.serve(BOB.uri, BOB.document, status=status)
    stage.net.inbox_status = 410
    await stage.hang(ana)
    await stage.drain()
    kept = await stage.read(lambda tx: tx.actors.by_id(bob.id))
    assert (kept.gone_at is not None) == (status == 410)
    follow = await stage.read(lambda tx: tx.relations.follow(bob.id, ana.id))
    assert (follow is None) == (status == 410)


async def test_changed_permits_reach_other_servers_with_the_newest_works(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    own = await stage.hang(ana, interaction=InteractionPolicy())
    plain = await stage.hang(ana)
    await sent(stage)
    await stage.flows.accounts.set_permits(ana, InteractionPolicy(quote=Permit.NOBODY))
    updates = {one["object"]["id"]: one["object"] for one in await sent(stage, BOB)}
    assert set(updates) == {ANA, about(plain)}
    assert about(own) not in updates
    for said in updates.values():
        assert said["interactionPolicy"]["canQuote"]["automaticApproval"] == [ANA]


async def test_permits_that_stay_are_told_to_nobody(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.flows.accounts.set_permits(ana, ana.interaction)
    assert await sent(stage) == []
