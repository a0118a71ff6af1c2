"""Quotes and requests that nobody answers: asked once more, told, withdrawn, dropped."""

import pytest

from server.approving import REQUESTS_AGE
from server.errors import Conflict, NotFound
from server.model import TargetId, Work
from server.permits import Permit
from tests.flows.dealings import arrive, sent, told
from tests.flows.test_quotes import about, only, quote_request, waiting, wall_with
from tests.flows.test_quoting import ASKS, BOB, after, agreed, asked, edited, quote_of, stamp
from tests.two_servers.stage import Stage


def note(work: Work) -> TargetId:
    return TargetId(work.id)


async def days(stage: Stage, number: int) -> None:
    stage.clock.advance(hours=24 * number)
    await stage.drain()


async def asked_again(stage: Stage) -> list[str]:
    """Return the requests that went out since the last look."""
    return [one["id"] for one in await sent(stage, BOB) if one["type"] == "QuoteRequest"]


async def test_a_server_that_does_not_answer_is_asked_once_more_and_its_author_told(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    work, _, request = await asked(stage, ana)
    standing = await stage.flows.quote_asking.standing(ana, note(work))
    assert standing is not None
    assert standing.quoted is not None
    assert (standing.quoted.uri, standing.is_unanswered) == (BOB.uri, False)
    assert standing.asked_at is not None
    assert 0 <= stage.clock.now() - standing.asked_at < 60_000
    with pytest.raises(Conflict, match="may still answer"):
        await stage.flows.quote_asking.ask_again(ana, note(work))
    await days(stage, 3)
    assert await asked_again(stage) == [f"{request['id']}#again"]
    assert await told(stage, ana) == []
    await days(stage, 4)
    assert await told(stage, ana) == ["unanswered"]
    await days(stage, 30)
    assert await asked_again(stage) == []
    assert await told(stage, ana) == ["unanswered"]
    standing = await stage.flows.quote_asking.standing(ana, note(work))
    assert standing is not None
    assert standing.is_unanswered
    # they may be asked again, and the first request's answer counts no more
    await stage.flows.quote_asking.ask_again(ana, note(work))
    await stage.drain()
    (third,) = await asked_again(stage)
    assert not third.startswith(request["id"])
    standing = await stage.flows.quote_asking.standing(ana, note(work))
    assert standing is not None
    assert not standing.is_unanswered


@pytest.mark.parametrize("to_which", ["first", "second"])
async def test_an_answer_to_either_request_is_one_to_both(stage: Stage, to_which: str) -> None:
    ana = await stage.artist()
    work, post, request = await asked(stage, ana)
    await days(stage, 3)
    answered = request if to_which == "first" else {**request, "id": f"{request['id']}#again"}
    await arrive(stage, BOB.does("Accept", answered, result=stamp(stage, work, post)))
    quote = await quote_of(stage, work)
    assert quote is not None
    assert quote.is_approved
    assert await stage.flows.quote_asking.standing(ana, note(work)) is None
    await days(stage, 9)
    assert "unanswered" not in await told(stage, ana)
    with pytest.raises(Conflict, match="Nothing waits"):
        await stage.flows.quote_asking.ask_again(ana, note(work))


async def test_what_was_agreed_to_is_not_asked_for_again(stage: Stage) -> None:
    ana = await stage.artist()
    await agreed(stage, ana)
    await days(stage, 9)
    assert await asked_again(stage) == []
    assert await told(stage, ana) == []


async def test_a_quote_that_waits_is_taken_out_and_a_late_answer_changes_nothing(
    stage: Stage,
) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work, post, request = await asked(stage, ana)
    for deed in (stage.flows.quote_asking.withdraw, stage.flows.quote_asking.ask_again):
        with pytest.raises(NotFound):
            await deed(ben, note(work))
    assert await stage.flows.quote_asking.standing(ben, note(work)) is None
    await stage.flows.quote_asking.withdraw(ana, note(work))
    assert await quote_of(stage, work) is None
    await arrive(stage, BOB.does("Accept", request, result=stamp(stage, work, post)))
    assert await quote_of(stage, work) is None
    await days(stage, 9)
    assert await asked_again(stage) == []
    assert await told(stage, ana) == []


async def test_another_quote_in_its_place_is_asked_for_on_its_own(stage: Stage) -> None:
    ana = await stage.artist()
    work, _, _ = await asked(stage, ana)
    await edited(stage, ana, work, "")
    await days(stage, 9)
    assert await asked_again(stage) == []
    assert await told(stage, ana) == []


async def test_an_artist_here_who_does_not_answer_is_asked_again_after_a_month(
    stage: Stage,
) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    theirs = await stage.hang(ben, interaction=ASKS)
    work = await after(stage, ana, f"https://art.test/works/{theirs.id}")
    (one,) = await waiting(stage, ben)
    standing = await stage.flows.quote_asking.standing(ana, note(work))
    assert standing is not None
    assert (standing.asked_at, standing.is_unanswered) == (one.request.created_at, False)
    await days(stage, 31)
    await stage.instance.sweeping.sweep(b"")
    assert await waiting(stage, ben) == []
    assert await told(stage, ana) == ["unanswered"]
    standing = await stage.flows.quote_asking.standing(ana, note(work))
    assert standing is not None
    assert (standing.asked_at, standing.is_unanswered) == (None, True)
    await stage.flows.quote_asking.ask_again(ana, note(work))
    assert len(await waiting(stage, ben)) == 1
    await stage.flows.quote_asking.withdraw(ana, note(work))
    assert await waiting(stage, ben) == []


async def test_an_old_request_from_elsewhere_falls_out_and_no_refusal_is_sent(
    stage: Stage,
) -> None:
    ana, work = await wall_with(stage, only(quote=Permit.APPROVED))
    await stage.meet(BOB)
    post = BOB.note(quote=about(stage, work), content="<p>look</p>")
    await arrive(stage, quote_request(BOB, post, about(stage, work)))
    (one,) = await waiting(stage, ana)
    stage.clock.advance(seconds=REQUESTS_AGE / 1_000 - 60)
    await stage.instance.sweeping.sweep(b"")
    assert len(await waiting(stage, ana)) == 1
    stage.clock.advance(hours=1)
    await sent(stage, BOB)
    await stage.instance.sweeping.sweep(b"")
    assert await waiting(stage, ana) == []
    assert await sent(stage, BOB) == []
    assert await stage.read(lambda tx: tx.requests.by_id(one.request.id)) is None
    # who asks again is heard again
    other = {**post, "id": BOB.new_uri("notes")}
    await arrive(stage, quote_request(BOB, other, about(stage, work)))
    assert len(await waiting(stage, ana)) == 1
