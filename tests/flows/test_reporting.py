"""Reports: taken from here and from other servers, shown to moderators, sent on, closed."""

from dataclasses import replace
from typing import Any

import pytest

from server.casework import Decision
from server.dealings import Outcome
from server.errors import Invalid, NotFound, Outdated
from server.model import ActorId, Artist, NotificationKind, Role, TargetId, Visibility
from server.reporting import MAX_PER_HOUR, MAX_WORDS, Case
from tests.flows.dealings import ANA, about, arrive, here, sent, told
from tests.two_servers.stage import Peer, Stage


def settled(note: str) -> Decision:
    return Decision(Outcome.NOTHING, note=note)


async def owner(stage: Stage) -> Artist:
    """Open an account that reads reports."""
    made = await stage.artist("otto")
    changed = replace(made, role=Role.OWNER)
    async with stage.library.transaction() as tx:
        await tx.artists.update(changed)
    return changed


async def cases(stage: Stage, reader: Artist) -> list[Case]:
    found: list[Case] = await stage.flows.reporting.cases(reader)
    return found


# Refusals


@pytest.mark.parametrize("role", [Role.ARTIST, Role.READER])
async def test_reports_do_not_exist_for_who_is_no_moderator(role: Role, stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    made = await stage.flows.reporting.report(ben, ana.id, "Look")
    reader = replace(ana, role=role)
    for ask in (
        stage.flows.reporting.cases(reader),
        stage.flows.reporting.case(reader, made.id),
        stage.flows.casework.close(reader, made.id, settled("Mine")),
    ):
        with pytest.raises(NotFound):
            await ask


async def test_nobody_reports_oneself_or_nobody_or_without_end(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    reporting = stage.flows.reporting
    with pytest.raises(Invalid, match="yourself"):
        await reporting.report(ana, ana.id, "Me")
    with pytest.raises(NotFound):
        await reporting.report(ana, ActorId(2**62), "Nobody")
    with pytest.raises(Invalid, match="2001 characters, 2000 are allowed") as refusal:
        await reporting.report(ana, ben.id, "x" * (MAX_WORDS + 1))
    assert refusal.value.field == "text"


@pytest.mark.parametrize(
    "objects",
    [
        [],
        ["https://peer.test/users/bob"],
        ["https://art.test/users/nobody", "https://art.test/works/1"],
        ["https://art.test/actor"],
        [f"https://art.test/works/{2**70}"],
    ],
)
async def test_a_flag_about_nobody_here_is_passed_over(objects: Any, stage: Stage) -> None:
    otto, bob = await owner(stage), Peer("bob")
    await stage.meet(bob)
    await arrive(stage, bob.does("Flag", objects, content="Bad"))
    assert await cases(stage, otto) == []
    assert await told(stage, otto) == []


async def test_a_flood_of_flags_from_one_server_ends_after_some(stage: Stage) -> None:
    otto, bob, eve = await owner(stage), Peer("bob"), Peer("eve", "evil.test", 2)
    await stage.artist()
    await stage.meet(bob)
    await stage.meet(eve)
    for _ in range(MAX_PER_HOUR + 3):
        await arrive(stage, eve.does("Flag", ANA, content="Bad"))
    await arrive(stage, bob.does("Flag", ANA, content="Really bad"))
    found = await stage.read(lambda tx: tx.reports.page(limit=100))
    assert len(found) == MAX_PER_HOUR + 1
    assert found[0].content == "Really bad"
    stage.clock.advance(hours=1.1)
    await arrive(stage, eve.does("Flag", ANA, content="Again"))
    assert (await cases(stage, otto))[0].report.content == "Again"


async def test_a_report_names_only_what_its_accused_made_and_its_reporter_sees(
    stage: Stage,
) -> None:
    otto, ana, ben = await owner(stage), await stage.artist(), await stage.artist("ben")
    open_one, bens = await stage.hang(ana), await stage.hang(ben)
    hidden = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    things = [TargetId(work.id) for work in (open_one, bens, hidden)]
    made = await stage.flows.reporting.report(ben, ana.id, "These", about=things)
    assert made.objects == (about(stage, open_one),)
    (case,) = await cases(stage, otto)
    assert case.report == made


async def test_a_flag_opens_no_private_message_that_was_for_others(stage: Stage) -> None:
    """Moderators read what is reported: who merely knows its address must not show it to them."""
    otto, ana = await owner(stage), await stage.artist()
    bob, eve = Peer("bob"), Peer("eve", "evil.test", 2)
    await stage.meet(bob)
    await stage.meet(eve)
    note = bob.note(to=[ANA], cc=[], tag=[{"type": "Mention", "href": ANA}])
    await arrive(stage, bob.does("Create", note))
    asked = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert asked is not None
    message = await stage.flows.commenting.comment(ana, TargetId(asked.id), "For you alone")
    assert message.visibility is Visibility.DIRECT
    await arrive(stage, eve.does("Flag", [ANA, message.uri], content="Bad"))
    await arrive(stage, eve.does("Flag", message.uri, content="Bad"))
    await arrive(stage, bob.does("Flag", [ANA, message.uri], content="Rude"))
    found = [case.report.objects for case in await cases(stage, otto)]
    assert found == [(message.uri,), ()]


async def test_a_closed_report_is_not_closed_again(stage: Stage) -> None:
    otto, ana, ben = await owner(stage), await stage.artist(), await stage.artist("ben")
    made = await stage.flows.reporting.report(ben, ana.id, "Look")
    with pytest.raises(Invalid, match="too long"):
        await stage.flows.casework.close(otto, made.id, settled("x" * (MAX_WORDS + 1)))
    await stage.flows.casework.close(otto, made.id, settled(" We talked. "))
    with pytest.raises(Outdated, match="@otto decided"):
        await stage.flows.casework.close(otto, made.id, settled("Me too"))
    closed = (await stage.flows.reporting.case(otto, made.id)).report
    assert (closed.closed_by, closed.note) == ("otto", "We talked.")
    assert await cases(stage, otto) == []
    assert [one.report.id for one in await stage.flows.reporting.cases(otto, is_open=False)] == [
        made.id
    ]


# What happens


@pytest.mark.parametrize("order", [1, -1])
async def test_a_flag_is_kept_as_plain_text_with_what_it_is_about(order: int, stage: Stage) -> None:
    otto, ana, bob = await owner(stage), await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    bob_here = await stage.meet(bob)
    objects = [ANA, about(stage, work), "https://art.test/works/7"][::order]
    words = "<p>Bad &amp; <script>alert(1)</script><b>worse</b></p>"
    flag = bob.does("Flag", objects, content=words)
    await arrive(stage, flag)
    await arrive(stage, flag)
    (case,) = await cases(stage, otto)
    report = case.report
    assert (report.uri, report.content) == (flag["id"], "Bad & worse")
    assert (report.accused_id, report.reporter_id) == (ana.id, bob_here.id)
    assert report.objects == (about(stage, work),)
    assert not report.is_local
    assert await told(stage, otto) == ["report"]
    assert await told(stage, ana) == []
    whole = await stage.flows.reporting.case(otto, report.id)
    assert [one.id for one in whole.works] == [work.id]


async def test_a_flag_that_names_a_work_alone_is_about_its_artist(stage: Stage) -> None:
    otto, ana, bob = await owner(stage), await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    await arrive(stage, bob.does("Flag", about(stage, work), content="x" * 9_000))
    (case,) = await cases(stage, otto)
    assert case.report.accused_id == ana.id
    assert len(case.report.content) == MAX_WORDS


async def test_a_report_can_be_sent_on_in_the_servers_name(stage: Stage) -> None:
    otto, ana, bob = await owner(stage), await stage.artist(), Peer("bob")
    bob_here = await stage.befriend(bob, ana)
    mention = {"type": "Mention", "href": ANA, "name": "@ana@art.test"}
    note = bob.note(tag=[mention])
    await arrive(stage, bob.does("Create", note))
    post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    stage.net.asked.clear()
    made = await stage.flows.reporting.report(
        ana, bob_here.id, "Rude", about=[post.id], is_forwarded=True
    )
    await stage.drain()
    ((inbox, flag),) = stage.net.delivered
    assert inbox == bob.shared_inbox
    assert flag["type"] == "Flag"
    assert flag["actor"] == "https://art.test/actor"
    assert flag["object"] == [bob.uri, note["id"]]
    assert flag["content"] == "Rude"
    assert ANA not in str(flag)  # who reported stays here
    assert made.is_forwarded
    assert await told(stage, otto) == [NotificationKind.REPORT.value]


async def test_a_report_stays_here_unless_it_is_wished_otherwise(stage: Stage) -> None:
    ana, ben, bob = await stage.artist(), await stage.artist("ben"), Peer("bob")
    bob_here = await stage.meet(bob)
    await stage.flows.reporting.report(ana, bob_here.id, "Rude")
    kept = await stage.flows.reporting.report(ana, ben.id, "Rude", is_forwarded=True)
    assert not kept.is_forwarded  # there is nobody to send it to
    assert await sent(stage) == []
    assert (await here(stage, ben)).gone_at is None
