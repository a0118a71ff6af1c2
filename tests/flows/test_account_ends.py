"""The end of an account: refusals, two weeks to take it back, what is told, what is erased."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.account_ends import GRACE
from server.accounts import NewAccount
from server.drafts import Draft
from server.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from server.model import (
    Artist,
    FollowState,
    JobKind,
    Millis,
    ReactionKind,
    Role,
    TargetId,
    Visibility,
)
from server.portraits import PortraitKind
from server.promises import DeparturePromise, DepartureStep, promise
from server.series import SeriesDraft
from tests.flows.artists import SMALL
from tests.flows.dealings import ANA, arrive, follow_from_here, sent
from tests.two_servers.stage import Peer, Stage

PASSWORD = "correct horse battery"
BOB, CAROL, DORA = Peer("bob"), Peer("carol", "third.test", 2), Peer("dora", "fourth.test", 3)
DAYS = GRACE // 3_600_000  # in hours


async def of_role(stage: Stage, handle: str, role: Role) -> Artist:
    artist = replace(await stage.artist(handle), role=role)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def account(stage: Stage, artist: Artist) -> Artist:
    found: Artist = await stage.read(lambda tx: tx.artists.by_id(artist.id))
    return found


async def kinds(stage: Stage, peer: Peer | None = None) -> list[str]:
    return [one["type"] for one in await sent(stage, peer)]


async def erased(stage: Stage, artist: Artist) -> list[dict[str, Any]]:
    """End an account now; return what was sent."""
    await stage.flows.account_ends.ask(artist, at_once=True)
    return await sent(stage)


# ---- refusals ---------------------------------------------------------------------------------


async def test_the_only_owner_stays(stage: Stage) -> None:
    owner = await of_role(stage, "ana", Role.OWNER)
    with pytest.raises(NotAllowed, match="only owner"):
        await stage.flows.account_ends.ask(owner)
    assert (await account(stage, owner)).ends_at is None


async def test_of_two_owners_one_may_go_and_then_the_other_stays(stage: Stage) -> None:
    ana, bea = await of_role(stage, "ana", Role.OWNER), await of_role(stage, "bea", Role.OWNER)
    await stage.flows.account_ends.ask(ana)
    with pytest.raises(NotAllowed, match="only owner"):
        await stage.flows.account_ends.ask(bea)
    with pytest.raises(NotAllowed, match="only owner"):
        await stage.flows.accounts.set_role("bea", Role.ADMIN)


async def test_what_does_not_end_cannot_be_taken_back(stage: Stage) -> None:
    ana = await stage.artist()
    with pytest.raises(Invalid, match="not about to be deleted"):
        await stage.flows.account_ends.take_back(ana)
    await stage.flows.account_ends.ask(ana, at_once=True)
    await stage.drain()
    with pytest.raises(NotFound):
        await stage.flows.account_ends.take_back(ana)


async def test_who_is_suspended_cannot_come_back_by_leaving(stage: Stage) -> None:
    ana = await stage.artist()
    ends, accounts = stage.flows.account_ends, stage.flows.accounts
    await accounts.suspend("ana")
    await ends.ask(ana)
    with pytest.raises(NotAllowed):
        await stage.flows.sessions.sign_in("ana", PASSWORD)
    with pytest.raises(NotAllowed, match="suspended"):
        await ends.take_back(ana)
    kept = await ends.take_back(ana, is_staff=True)
    assert (kept.ends_at, kept.suspended_at is not None) == (None, True)


async def test_a_suspension_in_the_grace_shuts_the_way_back_until_it_is_lifted(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    ends, accounts = stage.flows.account_ends, stage.flows.accounts
    await ends.ask(ana)
    await accounts.suspend("ana")
    with pytest.raises(NotAllowed, match="suspended"):
        await ends.take_back(ana)
    await accounts.suspend("ana", is_suspended=False)
    assert (await account(stage, ana)).suspended_at is not None
    assert (await ends.take_back(ana)).suspended_at is None


# ---- the grace --------------------------------------------------------------------------------


async def test_asked_for_everything_is_out_of_sight_and_nothing_is_lost(stage: Stage) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    session = await stage.flows.sessions.sign_in("ana", PASSWORD)
    ends_at = await stage.flows.account_ends.ask(ana)
    assert ends_at == stage.clock.now() + GRACE
    for look in (
        stage.flows.viewing.artist("ana"),
        stage.flows.viewing.work(work.id, None),
        stage.flows.viewing.portfolio("ana", None),
    ):
        with pytest.raises(NotFound):
            await look
    assert (await stage.flows.viewing.front()).hung == ()
    assert await stage.flows.sessions.session(session.token) is None
    assert await stage.read(lambda tx: tx.works.by_id(work.id)) == work


async def test_asking_again_changes_nothing(stage: Stage) -> None:
    ana = await stage.artist()
    first = await stage.flows.account_ends.ask(ana)
    stage.clock.advance(hours=24)
    assert await stage.flows.account_ends.ask(ana) == first


async def test_other_servers_hide_what_they_hold_and_show_it_again(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.flows.account_ends.ask(ana)
    (hidden,) = await sent(stage)
    assert (hidden["type"], hidden["object"]["id"]) == ("Update", ANA)
    assert hidden["object"]["suspended"] is True
    assert "summary" not in hidden["object"]
    await stage.flows.account_ends.take_back(ana)
    (shown,) = await sent(stage)
    assert (shown["object"]["suspended"], shown["object"]["name"]) == (False, "ana")


async def test_a_suspension_is_told_and_so_is_its_end(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.flows.accounts.suspend("ana")
    await stage.flows.accounts.suspend("ana")
    assert [one["object"]["suspended"] for one in await sent(stage)] == [True]
    await stage.flows.accounts.suspend("ana", is_suspended=False)
    assert [one["object"]["suspended"] for one in await sent(stage)] == [False]


async def test_what_was_about_to_be_said_is_not_said_of_who_is_out_of_sight(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.hang(ana)  # its Create waits in the queue
    await stage.flows.account_ends.ask(ana)
    assert await kinds(stage) == ["Update"]


async def test_taken_back_everything_is_as_before_and_the_end_does_not_come(stage: Stage) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    await stage.befriend(BOB, ana)
    await stage.flows.account_ends.ask(ana)
    stage.clock.advance(hours=DAYS - 1)
    signed_in = await stage.flows.sessions.sign_in("ana", PASSWORD)
    assert signed_in.artist.ends_at is not None
    await stage.flows.account_ends.take_back(ana)
    stage.clock.advance(hours=48)
    await stage.drain()
    assert await account(stage, ana) == ana
    assert (await stage.flows.viewing.work(work.id, None))[0] == work
    assert "Delete" not in await kinds(stage)


async def test_an_end_asked_for_anew_counts_from_then(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.flows.account_ends.ask(ana)
    stage.clock.advance(hours=24)
    await stage.flows.account_ends.take_back(ana)
    await stage.flows.account_ends.ask(ana)
    stage.clock.advance(hours=DAYS - 12)  # the first promise is due, the second not yet
    await stage.drain()
    assert (await account(stage, ana)).ends_at is not None
    stage.clock.advance(hours=12)
    await stage.drain()
    assert await account(stage, ana) is None


# ---- the end ----------------------------------------------------------------------------------


async def test_every_server_that_may_know_the_artist_hears_of_it_once(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(ana)
    await stage.befriend(BOB, ana)
    await stage.befriend(replace(BOB, name="ben"), ana)  # shares Bob's inbox
    await stage.befriend(bea_s := Peer("eve", "nobody.test", 5), bea)  # knows Bea alone
    await follow_from_here(stage, ana, CAROL)
    await stage.meet(DORA)
    await arrive(stage, DORA.does("Like", f"https://art.test/works/{work.id}"))
    stage.net.asked.clear()
    await stage.flows.account_ends.ask(ana)
    await sent(stage)
    stage.clock.advance(hours=DAYS)
    await stage.drain()
    deletions = [(box, one) for box, one in stage.net.delivered if one["type"] == "Delete"]
    assert sorted(box for box, _ in deletions) == sorted(
        [BOB.shared_inbox, CAROL.shared_inbox, DORA.shared_inbox]
    )
    assert bea_s.shared_inbox not in {box for box, _ in stage.net.delivered}
    for _, said in deletions:
        assert (said["actor"], said["object"]) == (ANA, {"id": ANA, "type": "Person"})
        assert said["proof"]["verificationMethod"].startswith(f"{ANA}#")


async def test_those_named_answered_and_written_to_hear_of_it(stage: Stage) -> None:
    ana = await stage.artist()
    people = [Peer(name, f"{name}.test", place) for place, name in enumerate(("fay", "gus"), 4)]
    fay, gus = people
    for one in people:
        await stage.meet(one)
    await stage.hang(ana, caption="With @fay@fay.test", is_quiet=True)
    note = gus.note(
        to=[ANA], cc=[], tag=[{"type": "Mention", "href": ANA, "name": "@ana@art.test"}]
    )
    await arrive(stage, gus.does("Create", note, to=[ANA], cc=[]))
    stage.net.asked.clear()
    await stage.flows.account_ends.ask(ana, at_once=True)
    await stage.drain()
    boxes = sorted(box for box, _ in stage.net.delivered)
    assert boxes == [fay.shared_inbox, gus.shared_inbox]


async def test_series_that_can_be_followed_go_too(stage: Stage) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    series = await stage.flows.series.make(ana, SeriesDraft("Birches"))
    await stage.flows.series.add(ana, series.id, [work.id])
    speaker = await stage.flows.series.open_to_followers(ana, series.id, "birches")
    await stage.drain()
    await stage.meet(CAROL)
    await arrive(stage, CAROL.does("Follow", speaker.uri))
    stage.net.asked.clear()
    said = await erased(stage, ana)
    assert [one["object"]["id"] for one in said if one["type"] == "Delete"] == [speaker.uri]
    assert await stage.read(lambda tx: tx.series.by_id(series.id)) is None
    for _ in range(2):  # what the series had still to say goes first
        stage.clock.advance(hours=1)
        await stage.drain()
    assert await stage.read(lambda tx: tx.artists.key_of(speaker.id)) is None


async def test_everything_is_erased_but_the_handle(stage: Stage, tmp_path: Path) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.upload(ana, Draft(title="Blue hour"), (SMALL, "A door"))
    await stage.drain()
    face = await stage.instance.seams.media.put(SMALL)
    ana = await stage.flows.portraying.change(ana, PortraitKind.AVATAR, face)
    hers = await stage.flows.commenting.comment(bea, TargetId(work.id), "Lovely")
    his = await stage.flows.commenting.comment(ana, TargetId(work.id), "Thank you")
    await stage.flows.reactions.react(bea, TargetId(work.id), ReactionKind.LIKE)
    await stage.flows.following.follow(bea, await stage.flows.viewing.actor(ana.id))
    await stage.befriend(BOB, ana)
    theirs = BOB.note(inReplyTo=f"https://art.test/works/{work.id}")
    await arrive(stage, BOB.does("Create", theirs))
    await erased(stage, ana)
    assert [one for one in (tmp_path / "media").rglob("*") if one.is_file()] == []
    async with stage.library.reading() as tx:
        assert await tx.artists.by_id(ana.id) is None
        assert await tx.works.by_id(work.id) is None
        assert await tx.posts.by_id(his.id) is None
        assert await tx.posts.by_uri(theirs["id"]) is None
        kept = await tx.posts.by_id(hers.id)
        assert (kept.source, kept.work_id, kept.reply_to_id) == ("Lovely", None, None)
        assert await tx.relations.follow(bea.id, ana.id) is None
        actor = await tx.actors.by_id(ana.id)
        assert (actor.name, actor.icon_url, actor.key_id) == ("", "", "")
        assert actor.gone_at == stage.clock.now()
        assert await tx.portraits.by_media_key(ana.avatar) is None
        assert await tx.artists.key_of(ana.id) is None
    with pytest.raises(Gone):
        await stage.flows.viewing.artist("ana")
    for handle in ("ana", "Ana"):
        with pytest.raises(Conflict, match="taken"):
            await stage.flows.accounts.open(NewAccount(handle, PASSWORD))


async def test_files_that_others_need_stay(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    hers, theirs = [
        await stage.upload(artist, Draft(title="The same"), (SMALL, "A door"))
        for artist in (ana, bea)
    ]
    await stage.drain()
    kept = await stage.read(lambda tx: tx.works.by_id(theirs.id))
    gone = await stage.read(lambda tx: tx.works.by_id(hers.id))
    (mine,), (other,) = kept.pictures, gone.pictures
    assert mine.original_digest == other.original_digest
    await erased(stage, ana)
    media = stage.instance.seams.media
    for digest in (mine.original_digest, *(one.digest for one in mine.renditions)):
        assert await media.size(digest) > 0
    assert await stage.read(lambda tx: tx.works.by_id(hers.id)) is None


async def test_what_was_told_is_forgotten_but_for_the_deletion(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    await stage.hang(ana, title="A secret of mine")
    assert await kinds(stage) == ["Create"]
    await erased(stage, ana)
    assert not await stage.read(lambda tx: tx.activities.holds(f"out {ANA}/activity"))
    found = await stage.read(lambda tx: tx.activities.holds(f"out {ANA}#delete"))
    assert found


async def test_keys_stay_until_the_last_delivery_is_done(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    stage.net.inbox_status = 503
    await erased(stage, ana)
    assert (await stage.flows.account_ends.closed("ana")).key_id
    stage.net.inbox_status = 202
    stage.clock.advance(hours=3)
    assert "Delete" in await kinds(stage)
    stage.clock.advance(hours=1)
    await stage.drain()
    assert not (await stage.flows.account_ends.closed("ana")).key_id


async def test_keys_go_at_last_where_somebody_never_answers(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    stage.net.inbox_status = 503
    await erased(stage, ana)
    for _ in range(9):
        stage.clock.advance(hours=24)
        await stage.drain()
    assert not (await stage.flows.account_ends.closed("ana")).key_id


@pytest.mark.parametrize("step", list(DepartureStep))
async def test_each_step_may_run_twice(stage: Stage, step: DepartureStep) -> None:
    ana = await stage.artist()
    await stage.hang(ana)
    await stage.befriend(BOB, ana)
    await erased(stage, ana)
    again = DeparturePromise(ana.id, stage.clock.now(), step)
    async with stage.library.transaction() as tx:
        await promise(tx, stage.clock, again)
    assert await kinds(stage) == []
    stage.clock.advance(hours=1)
    await stage.drain()
    counts = await stage.read(lambda tx: tx.jobs.counts())
    assert counts.get(JobKind.END) is None


async def test_a_promise_made_before_a_restart_is_kept_after_it(stage: Stage) -> None:
    """The queue is the database: who claims the job later does the same."""
    ana = await stage.artist()
    await stage.flows.account_ends.ask(ana)
    await stage.drain()
    due = Millis(stage.clock.now() + GRACE)
    async with stage.library.transaction() as tx:
        lease = {"lease_until": Millis(due + 60_000), "limit": 9}
        assert await tx.jobs.claim(Millis(due - 1), kinds=[JobKind.END], **lease) == []
        (job,) = await tx.jobs.claim(due, kinds=[JobKind.END], **lease)
    assert json.loads(job.payload)["actor_id"] == ana.id
    await stage.flows.account_ends.run(job.payload)
    stage.clock.at = due
    await stage.drain()
    assert await account(stage, ana) is None


async def test_followers_only_works_and_pending_followers_count_as_well(stage: Stage) -> None:
    ana = await stage.artist(approves_follows=True)
    await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.befriend(BOB, ana, FollowState.PENDING)
    assert [one["type"] for one in await erased(stage, ana)] == ["Delete"]
