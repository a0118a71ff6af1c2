"""Legal notices: what is refused, what is hidden meanwhile, and that artists are not silenced."""

from dataclasses import replace
from typing import Any

import pytest

from server.casefiles import NoticeKind
from server.casework import Decision
from server.dealings import Outcome
from server.errors import Invalid, NotFound, TooMany
from server.model import Artist, Role, TargetId, Visibility, Work
from server.notices import (
    ANYBODYS,
    HIDDEN_A_DAY,
    HIDDEN_BY_SENDER,
    NOTICES_A_DAY,
    NOTICES_OF_SENDER,
    Given,
    NoticeForm,
    read_addresses,
)
from tests.flows.dealings import sent, told
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
GOOD = NoticeForm(
    kind=NoticeKind.COPYRIGHT,
    name="Dora Example",
    email="dora@d.example",
    standing="my own",
    addresses=(),
    source="https://d.example/heron",
    words="This heron is a photograph of my painting from 1998.",
    signature="dora  example",
    is_true=True,
)


def page_of(work: Work) -> str:
    return f"https://art.test/@ana/{work.id}-blue-hour"


NETWORK = "203.0.113.0/24"


async def give(stage: Stage, *works: Work, network: str = NETWORK, **more: Any) -> Given:
    form = replace(GOOD, addresses=[page_of(work) for work in works], **more)
    found: Given = await stage.flows.notices.give(form, network)
    return found


def network_number(number: int) -> str:
    return f"198.51.{number}.0/24"


async def moderator(stage: Stage) -> Artist:
    artist = replace(await stage.artist("mo"), role=Role.MODERATOR)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def is_open(stage: Stage, work: Work) -> bool:
    try:
        await stage.flows.viewing.work(work.id, None)
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"standing": ""}, "standing"),
        ({"words": "Mine!"}, "words"),
        ({"words": "x" * 2_001}, "words"),
        ({"source": ""}, "source"),
        ({"signature": ""}, "signature"),
        ({"signature": "Dora"}, "signature"),
        ({"is_true": False}, "is_true"),
    ],
)
async def test_an_incomplete_notice_hides_nothing(
    stage: Stage, wrong: dict[str, Any], field: str
) -> None:
    work = await stage.hang(await stage.artist("ana"))
    with pytest.raises(Invalid) as caught:
        await give(stage, work, **wrong)
    assert caught.value.field == field
    assert await is_open(stage, work)
    assert await stage.read(lambda tx: tx.reports.page()) == []


async def test_addresses_of_nothing_and_of_several_people_are_refused(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work, other = await stage.hang(ana), await stage.hang(ben)
    secret = await stage.hang(ana, visibility=Visibility.DRAFT, hung_at=None)
    for address in (
        "https://art.test/",
        "https://art.test/@ana",
        "https://art.test/@ana/7-x",
        "https://art.test/works/99999999999999999999",
        f"https://art.test/works/{secret.id}",
        "https://elsewhere.test/@ana/1",
        "javascript:alert(1)",
        "https://art.test/media/" + "0" * 40 + "/tile.jpg",
    ):
        with pytest.raises(Invalid, match="no work or post here"):
            await stage.flows.notices.give(replace(GOOD, addresses=[address]), NETWORK)
    with pytest.raises(Invalid, match="several people"):
        await stage.flows.notices.give(
            replace(GOOD, addresses=[page_of(work), f"https://art.test/works/{other.id}"]), NETWORK
        )
    for text in ("", " \n", "\n".join(f"https://art.test/works/{i}" for i in range(21))):
        with pytest.raises(Invalid):
            read_addresses(text)
    assert await is_open(stage, work)


async def test_a_work_is_found_by_each_of_its_addresses(stage: Stage) -> None:
    work = await stage.hang(await stage.artist("ana"))
    for address in (
        page_of(work),
        f"https://art.test/@ana/{work.id}?x=1#y",
        f"https://art.test/works/{work.id}",
        f"https://art.test/media/{work.pictures[0].media_key}/view.jpg",
    ):
        given = await stage.flows.notices.give(replace(GOOD, addresses=[address]), NETWORK)
        assert given.report.objects == (f"https://art.test/works/{work.id}",), address


async def test_a_complete_notice_hides_the_work_until_it_is_decided(stage: Stage) -> None:
    ana, mo = await stage.artist("ana"), await moderator(stage)
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    await sent(stage)
    given = await give(stage, work)
    assert given.is_hidden
    assert not await is_open(stage, work)
    assert await sent(stage) == []
    assert (await told(stage, ana), await told(stage, mo)) == (["case"], ["report"])
    seen = await stage.flows.casework.concern(ana, given.report.id)
    assert (seen.notice.name, seen.may_answer) == ("Dora Example", True)
    status = await stage.flows.notices.status(given.token)
    assert (status.hidden, status.report.closed_at) == (1, None)
    await stage.flows.casework.answer(ana, given.report.id, "I painted it; here are my sketches.")
    await stage.flows.casework.close(mo, given.report.id, Decision(Outcome.NOTHING, "It is hers."))
    assert await is_open(stage, work)
    assert await stage.read(lambda tx: tx.works.by_id(work.id)) == work
    status = await stage.flows.notices.status(given.token)
    assert (status.hidden, status.report.outcome, status.report.reason) == (
        *(0, Outcome.NOTHING, "It is hers."),
    )


async def test_what_was_found_right_once_is_not_hidden_by_the_next_notice(stage: Stage) -> None:
    ana, mo = await stage.artist("ana"), await moderator(stage)
    work = await stage.hang(ana)
    first = await give(stage, work)
    await stage.flows.casework.close(mo, first.report.id, Decision(Outcome.NOTHING))
    again = await give(stage, work, name="Eve", signature="eve")
    assert not again.is_hidden
    assert await is_open(stage, work)
    await stage.flows.casework.close(mo, again.report.id, Decision(Outcome.HIDDEN, "After all."))
    assert not await is_open(stage, work)


async def test_what_moderators_hide_for_other_reports_leaves_notices_their_share(
    stage: Stage,
) -> None:
    ana, ben, mo = await stage.artist("ana"), await stage.artist("ben"), await moderator(stage)
    for number in range(HIDDEN_A_DAY):
        about = TargetId((await stage.hang(ana, title=f"{number}")).id)
        report = await stage.flows.reporting.report(ben, ana.id, "Not hers", about=[about])
        await stage.flows.casework.hide(mo, report.id, about, is_hidden=True)
    assert (await give(stage, await stage.hang(ana, title="Named"))).is_hidden


async def test_a_flood_of_notices_hides_a_few_works_and_then_none(stage: Stage) -> None:
    ana = await stage.artist("ana")
    works = [await stage.hang(ana, title=f"{number}") for number in range(HIDDEN_A_DAY + 2)]
    hidden = [
        (await give(stage, work, network=network_number(at))).is_hidden
        for at, work in enumerate(works)
    ]
    assert hidden == [True] * HIDDEN_A_DAY + [False] * 2
    for at in range(len(works), NOTICES_A_DAY):
        await give(stage, works[-1], network=network_number(at))
    with pytest.raises(TooMany, match="Too many notices came today"):
        await give(stage, works[-1], network=network_number(NOTICES_A_DAY))
    stage.clock.advance(hours=25)
    assert (await give(stage, works[-1])).is_hidden


async def test_one_network_neither_uses_up_the_notices_of_a_day_nor_what_they_hide(
    stage: Stage,
) -> None:
    ana = await stage.artist("ana")
    works = [await stage.hang(ana, title=f"{number}") for number in range(HIDDEN_BY_SENDER + 2)]
    first = await give(stage, *works)
    assert first.is_hidden
    assert [await is_open(stage, work) for work in works] == [False] * HIDDEN_BY_SENDER + [True] * 2
    for _ in range(NOTICES_OF_SENDER - 1):
        assert not (await give(stage, works[-1])).is_hidden
    with pytest.raises(TooMany, match="5 notices came from your network today") as caught:
        await give(stage, works[-1])
    assert "write to the people who run this place" in caught.value.message
    reachable = replace(stage.flows.notices, contact="desk@art.test")
    with pytest.raises(TooMany, match=r"write to desk@art\.test"):
        await reachable.give(replace(GOOD, addresses=[page_of(works[-1])]), NETWORK)
    assert 0 < caught.value.retry_after_seconds <= 86_400
    assert (await give(stage, works[-1], network="2001:db8:1::/48")).is_hidden
    stage.clock.advance(hours=24)
    assert (await give(stage, works[-1])).is_hidden


async def test_the_last_places_of_a_day_are_for_networks_from_which_none_came(
    stage: Stage,
) -> None:
    work = await stage.hang(await stage.artist("ana"))
    for at in range(ANYBODYS):
        await give(stage, work, network=network_number(at // NOTICES_OF_SENDER))
    again = network_number(ANYBODYS // NOTICES_OF_SENDER)
    await give(stage, work, network=again)
    with pytest.raises(TooMany, match="A notice came from your network today"):
        await give(stage, work, network=again)
    assert await give(stage, work, network="2001:db8:1::/48")


async def test_of_the_network_of_a_sender_nothing_is_kept_that_names_it(stage: Stage) -> None:
    work = await stage.hang(await stage.artist("ana"))
    await give(stage, work)
    kept = await stage.read(lambda tx: tx.cases.count_notices_of(""))
    assert kept == 0
    assert NETWORK not in repr(stage.flows.notices)


async def test_where_the_settings_say_so_a_notice_hides_nothing(stage: Stage) -> None:
    work = await stage.hang(await stage.artist("ana"))
    careful = replace(stage.flows.notices, hides=False)
    given = await careful.give(replace(GOOD, addresses=[page_of(work)]), NETWORK)
    assert not given.is_hidden
    assert await is_open(stage, work)


async def test_a_made_up_link_shows_nothing_and_who_gave_it_is_forgotten_in_time(
    stage: Stage,
) -> None:
    mo = await moderator(stage)
    work = await stage.hang(await stage.artist("ana"))
    given = await give(stage, work)
    with pytest.raises(NotFound):
        await stage.flows.notices.status("made-up")
    assert given.token not in repr(await stage.read(lambda tx: tx.cases.notice(given.report.id)))
    await stage.flows.casework.close(mo, given.report.id, Decision(Outcome.NOTHING))
    stage.clock.advance(hours=24 * 366)
    await stage.instance.sweeping.sweep(b"")
    assert await stage.read(lambda tx: tx.cases.notice(given.report.id)) is None
    assert await stage.read(lambda tx: tx.reports.by_id(given.report.id)) is not None
