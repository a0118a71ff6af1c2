"""Applications: what is taken, how many, who sees them, and that nothing stays."""

from dataclasses import replace

import pytest

from server.accounts import NewAccount
from server.applying import MAX_SAMPLES, Applied, Applying, Wanted
from server.arrivals import ApplicationState, InviteState
from server.errors import Invalid, NotAllowed, NotFound, TooMany
from server.model import Artist, Role
from tests.flows.artists import NO_PICTURE, SMALL
from tests.flows.dealings import told
from tests.flows.test_inviting import PASSWORD, inviting
from tests.two_servers.stage import Stage

GOOD = Wanted("Zoë", "I draw hares in the snow, with ink.", "https://zoe.example/", "z@zoe.example")


def applying(stage: Stage, **more: int) -> Applying:
    found: Applying = replace(stage.flows.applying, is_open=True, **more)
    return found


async def moderator(stage: Stage) -> Artist:
    artist = replace(await stage.artist("mo"), role=Role.MODERATOR)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def applied(stage: Stage, *pictures: bytes) -> Applied:
    return await applying(stage).apply(GOOD, pictures)


async def test_nobody_may_ask_where_the_settings_do_not_say_so(stage: Stage) -> None:
    with pytest.raises(NotAllowed, match="by invitation"):
        await stage.flows.applying.apply(GOOD, [])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"words": "Hi"}, "words"),
        ({"words": "x" * 2_001}, "words"),
        ({"links": "javascript:alert(1)"}, "links"),
        ({"links": "\n".join(f"https://a.example/{n}" for n in range(6))}, "links"),
        ({"email": "nobody"}, "email"),
    ],
)
async def test_what_is_missing_or_wrong_is_named(
    stage: Stage, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await applying(stage).apply(replace(GOOD, **wrong), [])
    assert caught.value.field == field


async def test_files_that_are_no_pictures_are_refused_and_nothing_is_kept(stage: Stage) -> None:
    for pictures in ([NO_PICTURE], [SMALL, NO_PICTURE], [SMALL] * (MAX_SAMPLES + 1)):
        with pytest.raises(Invalid) as caught:
            await applying(stage).apply(GOOD, pictures)
        assert caught.value.field == "pictures"
    assert await stage.flows.applying.count() == 0


async def test_a_day_takes_only_so_many(stage: Stage) -> None:
    flow = applying(stage, per_day=2)
    for _ in range(2):
        await flow.apply(GOOD, [])
    with pytest.raises(TooMany, match="tomorrow"):
        await flow.apply(GOOD, [])
    stage.clock.advance(hours=25)
    await flow.apply(GOOD, [])


async def test_moderators_alone_see_an_application_and_its_pictures(stage: Stage) -> None:
    ana, mo = await stage.artist("ana"), await moderator(stage)
    made = await applied(stage, SMALL)
    flow = applying(stage)
    for deed in (
        flow.waiting(ana),
        flow.sample(ana, made.application.id, 0),
        flow.accept(ana, made.application.id),
        flow.decline(ana, made.application.id),
        flow.sample(mo, made.application.id, 1),
    ):
        with pytest.raises(NotFound):
            await deed
    assert (await told(stage, ana), await told(stage, mo)) == ([], ["application"])
    ((found, pictures),) = await flow.waiting(mo)
    assert (found.name, found.links, pictures) == ("Zoë", ("https://zoe.example/",), 1)
    sample = await flow.sample(mo, found.id, 0)
    assert sample.jpeg.startswith(b"\xff\xd8")
    assert b"Exif" not in sample.jpeg
    assert max(sample.width, sample.height) <= 1_000


async def test_who_is_accepted_comes_in_by_their_own_link_or_the_one_passed_on(
    stage: Stage,
) -> None:
    mo = await moderator(stage)
    made = await applied(stage, SMALL)
    flow = applying(stage)
    accepted = await flow.accept(mo, made.application.id, "Come in!")
    with pytest.raises(NotFound):
        await flow.sample(mo, made.application.id, 0)
    found, state = await flow.status(made.token)
    assert (found.state, found.reply, state) == (
        *(ApplicationState.ACCEPTED, "Come in!", InviteState.OPEN),
    )
    with pytest.raises(NotAllowed):
        await flow.decline(mo, made.application.id)
    assert (await inviting(stage).check(accepted.token)).id == found.invite_id
    joined = await inviting(stage).join(made.token, NewAccount("zoe", PASSWORD))
    assert joined.artist.role is Role.ARTIST
    with pytest.raises(NotFound, match="used already"):
        await inviting(stage).join(accepted.token, NewAccount("eve", PASSWORD))
    assert (await flow.status(made.token))[1] is InviteState.USED_UP
    acts = [one.act for one in await stage.read(lambda tx: tx.audit.page())]
    assert acts == ["application.accepted"]


async def test_whose_moderator_was_suspended_meanwhile_is_told_that_the_way_in_is_shut(
    stage: Stage,
) -> None:
    mo, made = await moderator(stage), await applied(stage)
    await applying(stage).accept(mo, made.application.id)
    await stage.flows.accounts.suspend("mo")
    assert (await applying(stage).status(made.token))[1] is InviteState.REVOKED
    with pytest.raises(NotFound, match="taken back"):
        await inviting(stage).check(made.token)


async def test_a_link_of_a_waiting_or_declined_application_opens_nothing(stage: Stage) -> None:
    mo = await moderator(stage)
    made = await applied(stage)
    with pytest.raises(NotFound):
        await inviting(stage).check(made.token)
    await applying(stage).decline(mo, made.application.id, "Not now.")
    with pytest.raises(NotFound):
        await inviting(stage).check(made.token)
    found, state = await applying(stage).status(made.token)
    assert (found.state, found.reply, state) == (ApplicationState.DECLINED, "Not now.", None)


async def test_nothing_of_a_declined_application_remains_after_thirty_days(stage: Stage) -> None:
    mo = await moderator(stage)
    made, left = await applied(stage, SMALL), await applied(stage, SMALL)
    await applying(stage).decline(mo, made.application.id)
    assert await stage.read(lambda tx: tx.applications.samples(made.application.id)) == []
    for _ in range(30):
        stage.clock.advance(hours=24)
        await stage.instance.sweeping.sweep(b"")
    with pytest.raises(NotFound, match="gone"):
        await applying(stage).status(made.token)
    assert (await applying(stage).status(left.token))[0].state is ApplicationState.WAITING
    stage.clock.advance(hours=24 * 61)
    await stage.instance.sweeping.sweep(b"")
    with pytest.raises(NotFound):
        await applying(stage).status(left.token)
