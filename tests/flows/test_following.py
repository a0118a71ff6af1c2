"""Who follows whom: asked, approved, refused, removed; both here and elsewhere."""

import pytest

from server.errors import Invalid, NotFound
from server.model import ActorId, Artist, FollowState, NotificationKind
from server.promises import Deed
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCEPTED, PENDING, REJECTED = FollowState.ACCEPTED, FollowState.PENDING, FollowState.REJECTED


async def standing(studio: Studio, follower: Artist, followee: ActorId) -> FollowState | None:
    return (await studio.following.relation(follower.id, followee)).follows


async def test_nobody_follows_oneself(studio: Studio) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="yourself"):
        await studio.following.follow(ana, await studio.actor(ana))
    assert await standing(studio, ana, ana.id) is None


async def test_who_has_left_cannot_be_followed(studio: Studio) -> None:
    ana = await studio.artist("ana")
    gone = await studio.stranger("zoe", gone_at=studio.clock.now())
    with pytest.raises(NotFound, match="has left"):
        await studio.following.follow(ana, gone)


async def test_who_is_suspended_cannot_be_followed(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await studio.accounts.suspend("bea")
    with pytest.raises(NotFound):
        await studio.following.follow(ana, await studio.actor(bea))


async def test_the_server_itself_cannot_be_followed(studio: Studio) -> None:
    ana = await studio.artist("ana")
    speaker = await studio.accounts.ensure_server_actor()
    with pytest.raises(NotFound, match="nobody to follow"):
        await studio.following.follow(ana, speaker)


async def test_an_answer_to_nobody_is_not_found(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    for is_accepted in (True, False):
        with pytest.raises(NotFound):
            await studio.following.answer(ana, bea.id, is_accepted=is_accepted)
        with pytest.raises(NotFound):
            await studio.following.answer(ana, ActorId(2**62), is_accepted=is_accepted)


async def test_nobody_answers_in_anothers_name(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea", approves=True)
    eve = await studio.artist("eve")
    await studio.following.follow(ana, await studio.actor(bea))
    with pytest.raises(NotFound):
        await studio.following.answer(eve, ana.id, is_accepted=True)
    assert await standing(studio, ana, bea.id) is PENDING


async def test_an_open_artist_here_is_followed_at_once_and_told(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    assert await studio.following.follow(ana, await studio.actor(bea)) is ACCEPTED
    relation = await studio.following.relation(bea.id, ana.id)
    assert (relation.follows, relation.followed_by) == (None, True)
    assert await studio.told(bea) == [NotificationKind.FOLLOW]
    assert await studio.deeds() == []


async def test_following_twice_changes_nothing_and_tells_once(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    for _ in range(2):
        assert await studio.following.follow(ana, await studio.actor(bea)) is ACCEPTED
    assert await studio.told(bea) == [NotificationKind.FOLLOW]
    assert len(await studio.following.followers(bea.id, ACCEPTED)) == 1


async def test_who_approves_follows_is_asked_first(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea", approves=True)
    assert await studio.following.follow(ana, await studio.actor(bea)) is PENDING
    assert await studio.told(bea) == [NotificationKind.FOLLOW_REQUEST]
    assert not (await studio.following.relation(bea.id, ana.id)).followed_by
    await studio.following.answer(bea, ana.id, is_accepted=True)
    assert await standing(studio, ana, bea.id) is ACCEPTED
    assert await studio.told(ana) == [NotificationKind.FOLLOW_ACCEPTED]


async def test_a_refused_request_is_gone_and_may_be_made_again(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea", approves=True)
    whom = await studio.actor(bea)
    await studio.following.follow(ana, whom)
    await studio.following.answer(bea, ana.id, is_accepted=False)
    assert await standing(studio, ana, bea.id) is None
    assert await studio.told(ana) == []
    assert await studio.following.follow(ana, whom) is PENDING


async def test_a_removed_follower_follows_no_more(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await studio.following.follow(ana, await studio.actor(bea))
    await studio.following.answer(bea, ana.id, is_accepted=False)
    assert await studio.following.followers(bea.id, ACCEPTED) == []
    assert await studio.deeds() == []


async def test_a_request_is_taken_back(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea", approves=True)
    await studio.following.follow(ana, await studio.actor(bea))
    await studio.following.unfollow(ana, await studio.actor(bea))
    assert await studio.following.followers(bea.id, PENDING) == []
    await studio.following.unfollow(ana, await studio.actor(bea))


async def test_somebody_elsewhere_is_asked_and_the_server_there_told(studio: Studio) -> None:
    ana, zoe = await studio.artist("ana"), await studio.stranger("zoe")
    assert await studio.following.follow(ana, zoe) is PENDING
    [said] = await studio.said()
    assert (said.deed, said.actor_id, said.target_id) == (Deed.FOLLOW_ASKED, ana.id, zoe.id)
    async with studio.library.reading() as tx:
        follow = await tx.relations.follow_by_uri(said.uri)
    assert follow is not None
    assert follow.followee_id == zoe.id
    assert await studio.following.follow(ana, zoe) is PENDING
    assert await studio.said() == []


async def test_after_a_rejection_from_elsewhere_one_may_ask_anew(studio: Studio) -> None:
    ana, zoe = await studio.artist("ana"), await studio.stranger("zoe")
    await studio.befriend(ana.id, zoe.id, REJECTED)
    assert await studio.following.follow(ana, zoe) is PENDING
    assert await studio.deeds() == [Deed.FOLLOW_ASKED]


async def test_unfollowing_somebody_elsewhere_undoes_the_very_follow(studio: Studio) -> None:
    ana, zoe = await studio.artist("ana"), await studio.stranger("zoe")
    await studio.following.follow(ana, zoe)
    [asked] = await studio.said()
    await studio.following.unfollow(ana, zoe)
    [undone] = await studio.said()
    assert (undone.deed, undone.uri) == (Deed.FOLLOW_UNDONE, asked.uri)
    await studio.following.unfollow(ana, zoe)
    assert await studio.said() == []


@pytest.mark.parametrize(
    ("is_accepted", "deed"), [(True, Deed.FOLLOW_ACCEPTED), (False, Deed.FOLLOW_REJECTED)]
)
async def test_an_answer_to_somebody_elsewhere_is_said_to_their_server(
    studio: Studio, deed: Deed, *, is_accepted: bool
) -> None:
    ana, zoe = await studio.artist("ana", approves=True), await studio.stranger("zoe")
    async with studio.library.transaction() as tx:
        whom = await tx.actors.by_id(ana.id)
        assert whom is not None
        state = await studio.following.request(tx, zoe.id, whom, "https://far.example/follows/1")
    assert state is PENDING
    await studio.following.answer(ana, zoe.id, is_accepted=is_accepted)
    [said] = await studio.said()
    assert (said.deed, said.uri) == (deed, "https://far.example/follows/1")
    assert await studio.told(ana) == [NotificationKind.FOLLOW_REQUEST]


async def test_asking_again_under_a_new_id_keeps_an_accepted_follow(studio: Studio) -> None:
    ana, zoe = await studio.artist("ana", approves=True), await studio.stranger("zoe")
    whom = await studio.actor(ana)
    async with studio.library.transaction() as tx:
        await studio.following.request(tx, zoe.id, whom, "https://far.example/follows/1")
    await studio.following.answer(ana, zoe.id, is_accepted=True)
    async with studio.library.transaction() as tx:
        state = await studio.following.request(tx, zoe.id, whom, "https://far.example/follows/2")
    assert state is ACCEPTED
    [(follow, _)] = await studio.following.followers(ana.id, ACCEPTED)
    assert follow.uri == "https://far.example/follows/2"


@pytest.mark.parametrize("is_accepted", [True, False])
async def test_what_the_other_server_answers_is_noted(studio: Studio, *, is_accepted: bool) -> None:
    ana, zoe = await studio.artist("ana"), await studio.stranger("zoe")
    await studio.following.follow(ana, zoe)
    for _ in range(2):  # servers repeat themselves
        async with studio.library.transaction() as tx:
            follow = await tx.relations.follow(ana.id, zoe.id)
            if follow is not None:
                await studio.following.answered(tx, follow, is_accepted=is_accepted)
    assert await standing(studio, ana, zoe.id) is (ACCEPTED if is_accepted else None)
    told = [NotificationKind.FOLLOW_ACCEPTED] if is_accepted else []
    assert await studio.told(ana) == told


async def test_only_accepted_follows_count(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    for handle, state in (("x", ACCEPTED), ("y", PENDING), ("z", REJECTED)):
        await studio.befriend((await studio.stranger(handle)).id, ana.id, state)
    await studio.befriend(bea.id, ana.id)
    portfolio = await studio.viewing.portfolio("ana", None)
    assert (portfolio.followers, portfolio.following) == (2, 0)
