"""Who is silenced or suspended, here and elsewhere: what that hides, and that it all comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from server.accounts import Profile
from server.errors import Gone, Invalid, NotAllowed, NotFound
from server.model import Actor, Artist, ImageFormat, RenditionName, Role, Visibility, Work
from server.permits import InteractionPolicy, Permit
from server.presence import Presence
from server.protections import Overlay, Sizes
from tests.flows.dealings import about, arrive, follow_from_here, follows, sent, told
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")


async def with_role(stage: Stage, handle: str, role: Role) -> Artist:
    artist = replace(await stage.artist(handle), role=role)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def front(stage: Stage) -> list[str]:
    return [one.work.title for one in (await stage.flows.viewing.front()).hung]


async def comments(stage: Stage, work: Work, viewer: Artist | None = None) -> int:
    room = await stage.flows.viewing.room(work.id, viewer.id if viewer else None)
    return len(room.comments)


async def commented(stage: Stage, peer: Peer, work: Work) -> None:
    await arrive(stage, peer.does("Create", peer.note(inReplyTo=about(stage, work))))


Deed = Callable[[Stage, Artist], Awaitable[object]]
AT_ONCE: dict[str, Deed] = {
    "profile": lambda stage, ana: stage.flows.accounts.edit_profile(
        ana, Profile("Ana", "", approves_follows=True)
    ),
    "permits": lambda stage, ana: stage.flows.accounts.set_permits(
        ana, InteractionPolicy(like=Permit.NOBODY)
    ),
    "presence": lambda stage, ana: stage.flows.presences.change(
        ana, Presence(is_discoverable=False, is_indexable=False, hides_follows=True)
    ),
    "protection": lambda stage, ana: stage.flows.protecting.change(ana, Overlay(sizes=Sizes(800))),
    "silence": lambda stage, ana: stage.flows.members.silence(None, ana.id),
    "leaving": lambda stage, ana: stage.flows.account_ends.ask(ana),
}


@pytest.mark.parametrize("deed", AT_ONCE)
async def test_what_somebody_changes_at_the_same_time_undoes_no_word_about_them(
    deed: str, stage: Stage
) -> None:
    await with_role(stage, "boss", Role.OWNER)
    ana = await with_role(stage, "ana", Role.ADMIN)
    async with stage.library.transaction() as tx:
        kept = await tx.artists.by_id(ana.id)
        assert kept is not None
        await tx.artists.update(replace(kept, role=Role.READER, suspended_at=stage.clock.now()))
        theirs = asyncio.ensure_future(AT_ONCE[deed](stage, ana))
        await asyncio.wait([theirs], timeout=0.2)  # until it waits for this to end
        assert not theirs.done()
    await theirs
    found = await stage.read(lambda tx: tx.artists.by_id(ana.id))
    assert (found.role, found.suspended_at is None) == (Role.READER, False)


# Who may


@pytest.mark.parametrize(
    ("reader", "accused"),
    [
        (Role.ARTIST, Role.READER),
        (Role.READER, Role.ARTIST),
        (Role.MODERATOR, Role.MODERATOR),
        (Role.MODERATOR, Role.ADMIN),
        (Role.ADMIN, Role.ADMIN),
        (Role.ADMIN, Role.OWNER),
        (Role.OWNER, Role.OWNER),
    ],
)
async def test_nobody_restrains_their_own_rank_or_above(
    stage: Stage, reader: Role, accused: Role
) -> None:
    one, other = await with_role(stage, "one", reader), await with_role(stage, "other", accused)
    members = stage.flows.members
    for deed in (members.silence, members.suspend):
        with pytest.raises((NotAllowed, NotFound)):
            await deed(one, other.id)
        with pytest.raises((NotAllowed, NotFound)):
            await deed(one, one.id)
    found = await stage.read(lambda tx: tx.artists.by_id(other.id))
    assert (found.silenced_at, found.suspended_at) == (None, None)
    assert await stage.read(lambda tx: tx.audit.page()) == []


async def test_the_server_itself_is_nobody_to_deal_with(stage: Stage) -> None:
    with pytest.raises(NotFound):
        await stage.flows.members.suspend(None, stage.flows.server_actor.id)


async def test_only_owners_make_admins_and_the_password_confirms(stage: Stage) -> None:
    members = stage.flows.members
    owner, admin, ana = (
        await with_role(stage, "otto", Role.OWNER),
        await with_role(stage, "ada", Role.ADMIN),
        await with_role(stage, "ana", Role.ARTIST),
    )
    password = "correct horse battery"
    for role in (Role.ADMIN, Role.OWNER):
        with pytest.raises(NotAllowed):
            await members.give_role(admin, ana.id, role, password)
    with pytest.raises(NotAllowed):
        await members.give_role(admin, owner.id, Role.READER, password)
    with pytest.raises(NotFound):
        await members.give_role(ana, admin.id, Role.READER, password)
    with pytest.raises(Invalid, match="password"):
        await members.give_role(owner, ana.id, Role.ADMIN, "wrong horse")
    with pytest.raises(NotAllowed, match="only owner"):
        await members.give_role(owner, owner.id, Role.ADMIN, password)
    await members.give_role(admin, ana.id, Role.MODERATOR, password)
    await members.give_role(owner, ana.id, Role.ADMIN, password)
    entries = await stage.read(lambda tx: tx.audit.page())
    assert [(one.author, one.act, one.subject) for one in entries] == [
        ("otto", "account.role", "@ana"),
        ("ada", "account.role", "@ana"),
    ]
    assert "-moderator\n+admin" in entries[0].difference


# Silence


async def test_a_silenced_artist_is_in_no_public_list_but_their_links_work(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana, tags=("oil",))
    await stage.flows.following.follow(ben, await stage.read(lambda tx: tx.actors.by_id(ana.id)))
    await stage.flows.members.silence(None, ana.id, "Only portraits of one man")
    viewing = stage.flows.viewing
    assert await front(stage) == []
    assert (await viewing.tagged("oil")).hung == ()
    assert [one.handle for one in await viewing.artists()] == ["ben"]
    assert (await viewing.work(work.id, None))[0].id == work.id
    assert (await viewing.portfolio("ana", None)).total == 1
    assert len((await stage.flows.feeding.page(ben.id)).entries) == 1
    await stage.flows.members.silence(None, ana.id, is_on=False)
    assert await front(stage) == ["Blue hour"]
    entries = await stage.read(lambda tx: tx.audit.page())
    assert [(one.author, one.act, one.reason) for one in entries] == [
        ("", "account.heard_again", ""),
        ("", "account.silenced", "Only portraits of one man"),
    ]


async def test_what_a_silenced_stranger_says_is_read_by_their_followers_alone(
    stage: Stage,
) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    bob = await follow_from_here(stage, ben, BOB)
    await commented(stage, BOB, work)
    assert await comments(stage, work) == 1
    await stage.flows.members.silence(None, bob.id)
    assert await comments(stage, work) == 0
    assert await comments(stage, work, ben) == 1
    replies = await stage.flows.registers.replies(work.id, None)
    assert (replies.total, replies.uris) == (0, ())
    await stage.flows.members.silence(None, bob.id, is_on=False)
    assert await comments(stage, work) == 1


async def test_what_moderators_said_outlives_a_fresh_look_at_the_profile(stage: Stage) -> None:
    bob = await stage.meet(BOB)
    await stage.flows.members.silence(None, bob.id)
    await stage.flows.members.suspend(None, bob.id)
    await stage.flows.remote.actor(BOB.uri, afresh=True)
    kept = await stage.read(lambda tx: tx.actors.by_id(bob.id))
    assert kept.silenced_at == kept.suspended_at == stage.clock.now()


# Suspension, here


async def test_a_suspended_artist_is_hidden_whole_and_comes_back_whole(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    moderator = await with_role(stage, "mo", Role.MODERATOR)
    work, theirs = await stage.hang(ana), await stage.hang(ben, title="Bridge")
    await stage.befriend(BOB, ana)
    await stage.flows.following.follow(ben, await stage.read(lambda tx: tx.actors.by_id(ana.id)))
    await stage.flows.commenting.comment(ana, theirs.id, "Fine")
    await sent(stage)
    signed_in = await stage.flows.sessions.start(ana)
    await stage.flows.members.suspend(moderator, ana.id, "Stolen pictures")
    viewing = stage.flows.viewing
    assert await stage.flows.sessions.session(signed_in.token) is None
    for ask in (
        viewing.portfolio("ana", None),
        viewing.work(work.id, None),
        viewing.room(work.id, ben.id),
        stage.flows.registers.featured("ana"),
    ):
        with pytest.raises(NotFound):
            await ask
    key = work.pictures[0].media_key
    with pytest.raises(Gone):
        await viewing.rendition(key, RenditionName.VIEW, ImageFormat.JPEG, None)
    assert await front(stage) == ["Bridge"]
    assert (await stage.flows.feeding.page(ben.id)).entries == ()
    assert await comments(stage, theirs) == 0
    assert not await viewing.target(work.id, ben.id)
    await stage.flows.members.suspend(moderator, ana.id, is_on=False)
    assert await front(stage) == ["Bridge", "Blue hour"]
    assert await comments(stage, theirs) == 1
    assert len((await stage.flows.feeding.page(ben.id)).entries) == 1
    assert await follows(stage, ben.id, ana.id) == "accepted"
    assert (await viewing.rendition(key, RenditionName.VIEW, ImageFormat.JPEG, None))[0] == work


async def test_of_a_suspended_artist_only_that_they_are_goes_out(stage: Stage) -> None:
    ana = await stage.artist("ana")
    await stage.befriend(BOB, ana)
    await stage.hang(ana)  # promised, and not said yet
    await stage.flows.members.suspend(None, ana.id)
    (said,) = await sent(stage)
    assert (said["type"], said["object"]["id"], said["object"]["suspended"]) == (
        "Update",
        ANA,
        True,
    )
    assert await stage.read(lambda tx: tx.jobs.waiting()) == []


async def test_nobody_can_follow_or_like_what_is_suspended(stage: Stage) -> None:
    ana = await stage.artist("ana")
    work = await stage.hang(ana)
    bob = await stage.meet(BOB)
    await stage.flows.members.suspend(None, ana.id)
    await arrive(stage, BOB.does("Follow", "https://art.test/users/ana"))
    await arrive(stage, BOB.does("Like", about(stage, work)))
    assert await follows(stage, bob.id, ana.id) is None
    assert await told(stage, ana) == []


async def test_a_profile_form_on_its_way_does_not_end_a_suspension(stage: Stage) -> None:
    from server.accounts import Profile  # noqa: PLC0415 - beside what it is for

    ana = await stage.artist("ana")
    await stage.flows.members.suspend(None, ana.id)
    await stage.flows.accounts.edit_profile(ana, Profile("Ana", "", approves_follows=False))
    kept = await stage.read(lambda tx: tx.artists.by_id(ana.id))
    assert (kept.name, kept.suspended_at) == ("Ana", stage.clock.now())


# Suspension, elsewhere


async def suspended_bob(stage: Stage, ana: Artist) -> Actor:
    bob = await stage.befriend(BOB, ana)
    await stage.flows.members.suspend(None, bob.id)
    return bob


async def test_a_suspended_stranger_is_neither_heard_nor_told(stage: Stage) -> None:
    ana = await stage.artist("ana")
    work = await stage.hang(ana)
    await sent(stage)
    await commented(stage, BOB, work) if await stage.befriend(BOB, ana) else None
    bob = await suspended_bob(stage, ana)
    assert await comments(stage, work) == 0
    await commented(stage, BOB, work)
    await arrive(stage, BOB.does("Like", about(stage, work)))
    room = await stage.flows.viewing.room(work.id, ana.id)
    assert (room.counts.likes, room.comments) == (0, ())
    await stage.hang(ana, title="For others")
    assert await sent(stage, BOB) == []
    assert await follows(stage, bob.id, ana.id) == "accepted"  # kept for when it ends
    with pytest.raises(NotFound):
        await stage.flows.following.follow(ana, bob)
    await stage.flows.members.suspend(None, bob.id, is_on=False)
    assert await comments(stage, work) == 1
    await stage.hang(ana, title="For all")
    assert len(await sent(stage, BOB)) == 1


async def test_a_suspended_stranger_sees_nothing_for_followers(stage: Stage) -> None:
    ana = await stage.artist("ana")
    work = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    bob = await stage.befriend(BOB, ana)
    assert await stage.flows.viewing.target(work.id, bob.id)
    await stage.flows.members.suspend(None, bob.id)
    assert not await stage.flows.viewing.target(work.id, bob.id)


async def test_what_a_suspended_stranger_takes_back_is_taken_back(stage: Stage) -> None:
    ana = await stage.artist("ana")
    bob = await suspended_bob(stage, ana)
    follow: Any = await stage.read(lambda tx: tx.relations.follow(bob.id, ana.id))
    undone = {"id": follow.uri, "type": "Follow", "actor": BOB.uri, "object": ANA}
    await arrive(stage, BOB.does("Undo", undone))
    assert await follows(stage, bob.id, ana.id) is None
    await arrive(stage, BOB.does("Delete", BOB.uri))
    gone = await stage.read(lambda tx: tx.actors.by_id(bob.id))
    assert gone.gone_at is not None


ANA = "https://art.test/users/ana"


# Finding


async def test_people_are_found_here_and_elsewhere(stage: Stage) -> None:
    mo = await with_role(stage, "mo", Role.MODERATOR)
    for handle in ("ana", "anton", "ben"):
        await stage.artist(handle)
    bob = await stage.meet(BOB)
    bobby = await stage.meet(Peer("bobby", "other.test", 2))
    members = stage.flows.members
    assert [one.handle for one in await members.here(mo, "@AN")] == ["ana", "anton"]
    assert [one.handle for one in await members.here(mo, "", "anton")] == ["ben", "mo"]
    found = await members.elsewhere(mo, "bob")
    assert [one.id for one in found] == [bob.id, bobby.id]
    assert [one.id for one in await members.elsewhere(mo, "bob", bob.id)] == [bobby.id]
    for sought in ("@peer.test", "bob@peer.test", "@bob@peer.test", "bo@peer.test"):
        assert [one.id for one in await members.elsewhere(mo, sought)] == [bob.id], sought
    assert await members.elsewhere(mo, "") == []
    assert await members.elsewhere(mo, "zoe") == []
    await members.silence(mo, bob.id)
    assert [one.id for one in await members.restrained(mo)] == [bob.id]
    with pytest.raises(NotFound):
        await members.here(await stage.artist("zoe"))
