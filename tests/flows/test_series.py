"""Series: what artists may do with them, who sees them, and what other servers hear."""

from dataclasses import replace
from typing import Any

import pytest

from server.accounts import NewAccount
from server.drafts import Draft, PictureEdit
from server.errors import Conflict, FixatifError, Gone, Invalid, NotAllowed, NotFound
from server.model import (
    Actor,
    Artist,
    FollowState,
    Role,
    Series,
    SeriesId,
    Visibility,
    Work,
    WorkId,
)
from server.series import MAX_SERIES, MAX_SUMMARY, SeriesDraft
from server.series_telling import SETTLING
from tests.flows.dealings import here
from tests.flows.test_apply import arrive
from tests.two_servers.stage import PUBLIC, Peer, Stage

ANA = "https://art.test/users/ana"
BOB, CAROL = Peer("bob"), Peer("carol", "third.test", 2, shares_inbox=False)


async def begun(stage: Stage, artist: Artist, *works: Work, title: str = "Birches") -> Series:
    """Begin a series with works in it, and let the world hear of it."""
    made: Series = await stage.flows.series.make(artist, SeriesDraft(title, "Among trees."))
    await stage.flows.series.add(artist, made.id, [work.id for work in works])
    await settled(stage)
    stage.net.asked.clear()
    return made


async def settled(stage: Stage) -> None:
    """Do every job, those that wait for an artist's next move as well."""
    await stage.drain()
    stage.clock.advance(seconds=SETTLING // 1_000 + 1)
    await stage.drain()


async def heard(stage: Stage) -> list[dict[str, Any]]:
    """Do every job; return what was delivered by that, in the order of its kinds."""
    stage.net.asked.clear()
    await settled(stage)
    return sorted((one for _, one in stage.net.delivered), key=lambda one: str(one["type"]))


async def order(stage: Stage, series: Series) -> list[WorkId]:
    found: list[WorkId] = await stage.read(lambda tx: tx.series.works(series.id))
    return found


async def opened(stage: Stage, artist: Artist, series: Series, name: str = "birches") -> Actor:
    actor: Actor = await stage.flows.series.open_to_followers(artist, series.id, name)
    return actor


async def follows(stage: Stage, peer: Peer, speaker: Actor) -> Actor:
    """Have a peer follow a series by an activity of its own."""
    actor = await stage.meet(peer)
    await arrive(stage, peer.does("Follow", speaker.uri))
    return actor


def address_of(work: Work) -> str:
    return f"https://art.test/works/{work.id}"


def id_of(series: Series) -> str:
    return f"{ANA}/series/{series.id}"


async def edited(stage: Stage, artist: Artist, work: Work, **facts: Any) -> Work:
    draft = Draft(title=work.title, visibility=work.visibility)
    pictures = [PictureEdit(one.id, one.alt) for one in work.pictures]
    changed: Work = await stage.flows.publishing.edit(
        artist, work.id, replace(draft, **facts), pictures
    )
    return changed


# What is refused


async def test_a_reader_makes_no_series(stage: Stage) -> None:
    ana = replace(await stage.artist(), role=Role.READER)
    with pytest.raises(NotAllowed):
        await stage.flows.series.make(ana, SeriesDraft("Birches"))


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (SeriesDraft(""), "title"),
        (SeriesDraft("  \n "), "title"),
        (SeriesDraft("x" * 201), "title"),
        (SeriesDraft("Birches", "x" * (MAX_SUMMARY + 1)), "summary"),
    ],
)
async def test_a_series_needs_a_title_and_keeps_within_limits(
    draft: SeriesDraft, field: str, stage: Stage
) -> None:
    ana = await stage.artist()
    with pytest.raises(Invalid) as refused:
        await stage.flows.series.make(ana, draft)
    assert refused.value.field == field


async def test_two_series_of_an_artist_have_two_titles(stage: Stage) -> None:
    ana = await stage.artist()
    made = await begun(stage, ana)
    other = await begun(stage, ana, title="Beeches")
    with pytest.raises(Conflict):
        await stage.flows.series.make(ana, SeriesDraft(" BIRCHES "))
    with pytest.raises(Conflict):
        await stage.flows.series.change(ana, other.id, SeriesDraft("birches"), [])
    assert (await stage.flows.series.make(ana, SeriesDraft("Birches!"))).slug == "birches-2"
    assert [(await stage.flows.series.named(ana, name)).id for name in ("birches", "Birches")] == [
        made.id,
        made.id,
    ]


async def test_titles_that_no_address_can_spell_get_numbers(stage: Stage) -> None:
    ana = await stage.artist()
    slugs = [(await begun(stage, ana, title=title)).slug for title in ("白樺", "海", "山")]
    assert slugs == ["series", "series-2", "series-3"]


async def test_an_artist_has_so_many_series_and_no_more(stage: Stage) -> None:
    ana = await stage.artist()
    for number in range(MAX_SERIES):
        await stage.flows.series.make(ana, SeriesDraft(f"Number {number}"))
    with pytest.raises(Invalid, match="delete one"):
        await stage.flows.series.make(ana, SeriesDraft("One more"))


async def test_nobody_touches_anothers_series_or_puts_anothers_work_into_theirs(
    stage: Stage,
) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    work, theirs = await stage.hang(ana), await stage.hang(ben)
    made = await begun(stage, ana, work)
    flows = stage.flows.series
    for deed in (
        flows.change(ben, made.id, SeriesDraft("Mine"), []),
        flows.add(ben, made.id, [theirs.id]),
        flows.add(ana, made.id, [theirs.id]),
        flows.remove(ben, made.id),
        flows.open_to_followers(ben, made.id, "mine"),
        flows.remove(ana, SeriesId(12345)),
    ):
        with pytest.raises(NotFound):
            await deed
    with pytest.raises(Invalid):
        await edited(stage, ben, theirs, series=(made.id,))
    assert await order(stage, made) == [work.id]


@pytest.mark.parametrize("name", ["", "ä", "with space", "x" * 40, "../up"])
async def test_a_handle_is_one_that_every_server_takes(name: str, stage: Stage) -> None:
    ana = await stage.artist("a" * 30) if name == "" else await stage.artist()
    made = await begun(stage, ana)
    if name == "":
        actor = await opened(stage, ana, made, name)
        assert actor.handle == "a" * 20 + "_"
        return
    with pytest.raises(Invalid):
        await opened(stage, ana, made, name)


async def test_no_two_share_a_handle_not_even_with_the_gone(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.artist("ana_oaks")
    made, other = await begun(stage, ana), await begun(stage, ana, title="Oaks")
    with pytest.raises(Conflict):
        await opened(stage, ana, other, "oaks")  # an account's
    await opened(stage, ana, made)
    with pytest.raises(Conflict):
        await opened(stage, ana, made, "again")  # it has one
    with pytest.raises(Conflict):
        await opened(stage, ana, other, "birches")  # another series'
    await stage.flows.series.remove(ana, made.id)
    with pytest.raises(Conflict):
        await opened(stage, ana, other, "birches")
    with pytest.raises(Conflict) as refused:
        await stage.flows.accounts.open(NewAccount("Ana_Birches", "correct horse battery"))
    assert refused.value.field == "handle"


# Who sees what


async def test_a_series_without_anything_for_strangers_is_absent_to_them(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    secret = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    unlisted = await stage.hang(ana, visibility=Visibility.UNLISTED)
    draft = await stage.hang(ana, visibility=Visibility.DRAFT, hung_at=None)
    made = await begun(stage, ana, secret, unlisted, draft)
    rooms = stage.flows.series_rooms
    for viewer in (None, ben.id):
        with pytest.raises(NotFound):
            await rooms.page("ana", made.slug, viewer)
        assert await rooms.cards(ana.id, viewer) == []
    with pytest.raises(NotFound):
        await rooms.public("ana", made.id)
    assert (await rooms.public_list("ana"))[2] == []
    assert [one.id for one in (await rooms.page("ana", made.slug, ana.id)).works] == [
        secret.id,
        unlisted.id,
    ]
    await stage.flows.following.follow(ben, await stage.read(lambda tx: tx.actors.by_id(ana.id)))
    shown = await rooms.page("ana", made.slug, ben.id)
    assert [one.id for one in shown.works] == [secret.id]


async def test_a_suspended_artists_series_are_gone_with_them(stage: Stage) -> None:
    ana = await stage.artist()
    made = await begun(stage, ana, await stage.hang(ana))
    speaker = await opened(stage, ana, made)
    await stage.flows.accounts.suspend("ana")
    rooms = stage.flows.series_rooms
    for look in (
        rooms.page("ana", made.slug, None),
        rooms.announced(made.id),
        rooms.speaker_named(speaker.handle),
    ):
        with pytest.raises(NotFound):
            await look


async def test_places_in_a_series_count_what_the_viewer_may_list(stage: Stage) -> None:
    ana = await stage.artist()
    first, secret, last = [
        await stage.hang(ana, visibility=one)
        for one in (Visibility.PUBLIC, Visibility.FOLLOWERS, Visibility.PUBLIC)
    ]
    await begun(stage, ana, first, secret, last)
    (place,) = await stage.flows.series_rooms.places(last, None)
    assert (place.number, place.total) == (2, 2)
    assert place.previous is not None
    assert place.previous.id == first.id
    assert place.next is None
    (own,) = await stage.flows.series_rooms.places(last, ana.id)
    assert (own.number, own.total) == (3, 3)


# Arranging


async def test_works_are_arranged_taken_out_and_one_is_the_cover(stage: Stage) -> None:
    ana = await stage.artist()
    one, two, three = [await stage.hang(ana) for _ in range(3)]
    made = await begun(stage, ana, one, two, three)
    wanted = SeriesDraft("Birches", cover_id=three.id)
    await stage.flows.series.change(ana, made.id, wanted, [three.id, one.id])
    assert await order(stage, made) == [three.id, one.id, two.id]  # unnamed ones stay
    changed = await stage.flows.series.change(ana, made.id, wanted, [two.id], [three.id])
    assert await order(stage, made) == [two.id, one.id]
    assert changed.cover_id is None  # it left
    room = await stage.flows.series_rooms.page("ana", made.slug, None)
    assert room.cover is not None
    assert room.cover.id == two.id


async def test_a_pages_address_stays_once_others_may_have_linked_to_it(stage: Stage) -> None:
    ana = await stage.artist()
    made = await begun(stage, ana, title="Bitches")
    fixed = await stage.flows.series.change(ana, made.id, SeriesDraft("Birches"), [])
    assert fixed.slug == "birches"
    await stage.flows.series.add(ana, made.id, [(await stage.hang(ana)).id])
    renamed = await stage.flows.series.change(ana, made.id, SeriesDraft("Silver Birches"), [])
    assert (renamed.slug, renamed.title) == ("birches", "Silver Birches")


async def test_an_upload_goes_into_its_series_and_is_told_of_once_it_hangs(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    made = await begun(stage, ana)
    work = await stage.hang(ana, visibility=Visibility.DRAFT, hung_at=None)
    await edited(stage, ana, work, series=(made.id,))
    assert await heard(stage) == []
    assert await order(stage, made) == [work.id]
    await edited(stage, ana, work, visibility=Visibility.PUBLIC)
    kinds = [(one["type"], one.get("target")) for one in await heard(stage)]
    assert kinds == [("Add", id_of(made)), ("Create", None)]
    await edited(stage, ana, await stage.flows.viewing.own(ana, work.id), series=())
    assert await order(stage, made) == []
    assert [one["type"] for one in await heard(stage)] == ["Remove", "Update"]


async def test_a_quiet_upload_enters_its_series_quietly(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    made = await begun(stage, ana)
    work = await stage.hang(ana, visibility=Visibility.DRAFT, hung_at=None, is_quiet=True)
    await edited(stage, ana, work, series=(made.id,))
    await settled(stage)
    await edited(stage, ana, work, visibility=Visibility.PUBLIC)
    assert await heard(stage) == []
    assert len((await stage.flows.series_rooms.public("ana", made.id)).works) == 1


# What followers of the artist hear


async def test_of_works_for_followers_nothing_is_said_in_a_series(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    made = await begun(stage, ana, await stage.hang(ana))
    for visibility in (Visibility.FOLLOWERS, Visibility.UNLISTED):
        work = await stage.hang(ana, visibility=visibility)
        await settled(stage)
        await stage.flows.series.add(ana, made.id, [work.id])
        (update,) = await heard(stage)
        assert update["type"] == "Update"
        assert update["object"]["totalItems"] == 1
        assert str(work.id) not in str(update)
        await stage.flows.series.change(ana, made.id, SeriesDraft("Birches"), [], [work.id])
        assert "Remove" not in [one["type"] for one in await heard(stage)]


async def test_followers_hear_of_works_that_come_and_go(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    made = await begun(stage, ana)
    await stage.flows.series.add(ana, made.id, [work.id])
    add, update = await heard(stage)
    assert (add["type"], add["object"], add["target"]) == ("Add", address_of(work), id_of(made))
    assert (add["actor"], add["to"], add["cc"]) == (ANA, [PUBLIC], [f"{ANA}/followers"])
    assert (update["type"], update["object"]["orderedItems"]) == ("Update", [address_of(work)])
    await stage.flows.series.change(ana, made.id, SeriesDraft("Birches"), [], [work.id])
    (remove,) = await heard(stage)
    assert (remove["type"], remove["object"]) == ("Remove", address_of(work))


async def test_a_withdrawn_work_leaves_its_series(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work, other = await stage.hang(ana), await stage.hang(ana)
    made = await begun(stage, ana, work, other)
    await stage.flows.publishing.withdraw(ana, work.id)
    assert [one["type"] for one in await heard(stage)] == ["Delete", "Remove", "Update"]
    assert await order(stage, made) == [other.id]


async def test_a_work_that_leaves_the_lists_leaves_the_public_series(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    made = await begun(stage, ana, work, await stage.hang(ana))
    unlisted = await edited(stage, ana, work, visibility=Visibility.UNLISTED)
    assert [one["type"] for one in await heard(stage)] == ["Remove", "Update"]
    assert work.id not in (await stage.flows.series_rooms.public("ana", made.id)).works
    await edited(stage, ana, unlisted, visibility=Visibility.PUBLIC)
    assert [one["type"] for one in await heard(stage)] == ["Add", "Update"]


async def test_ten_moves_are_told_once(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    works = [await stage.hang(ana) for _ in range(3)]
    made = await begun(stage, ana, *works)
    wanted = [work.id for work in works]
    for _ in range(10):
        wanted = [*wanted[1:], wanted[0]]
        await stage.flows.series.change(ana, made.id, SeriesDraft("Birches"), wanted)
    (update,) = await heard(stage)
    items = [f"https://art.test/works/{one}" for one in wanted]
    assert update["object"]["orderedItems"] == items


async def test_an_ended_series_is_taken_from_the_list(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    made = await begun(stage, ana, await stage.hang(ana))
    empty = await begun(stage, ana, title="Never shown")
    await stage.flows.series.remove(ana, empty.id)
    assert await heard(stage) == []
    await stage.flows.series.remove(ana, made.id)
    (remove,) = await heard(stage)
    assert (remove["type"], remove["object"]) == ("Remove", id_of(made))
    assert remove["target"] == f"{ANA}/series"


async def test_a_work_says_in_its_note_which_series_it_is_in(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    work = await stage.hang(ana)
    made = await begun(stage, ana, work)
    await edited(stage, ana, work, title="Bark")
    note = (await heard(stage))[0]["object"]
    assert note["inSeries"] == [id_of(made)]
    page = "https://art.test/@ana/series/birches"
    assert f'From the series <a href="{page}"><em>Birches</em></a>' in note["content"]
    friends = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.flows.series.add(ana, made.id, [friends.id])
    await settled(stage)
    await edited(stage, ana, friends, title="Sap")
    assert "inSeries" not in (await heard(stage))[0]["object"]


# Following a series by itself


async def test_a_follow_is_accepted_and_its_artist_is_not_told_that_they_are_followed(
    stage: Stage,
) -> None:
    ana = await stage.artist(approves_follows=True)
    made = await begun(stage, ana)
    speaker = await opened(stage, ana, made)
    bob = await follows(stage, BOB, speaker)
    follow = await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id))
    assert follow.state is FollowState.ACCEPTED
    assert [(one["type"], one["actor"]) for _, one in stage.net.delivered] == [
        ("Accept", speaker.uri)
    ]
    assert stage.net.delivered[0][0] == BOB.inbox
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, ana.id)) is None
    assert await stage.flows.notifications.page(ana.id) == []
    undone = BOB.does("Undo", {"type": "Follow", "actor": BOB.uri, "object": speaker.uri})
    await arrive(stage, undone)
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id)) is None


async def test_whom_the_artist_blocks_follows_no_series_of_theirs(stage: Stage) -> None:
    ana = await stage.artist()
    speaker = await opened(stage, ana, await begun(stage, ana))
    bob = await follows(stage, BOB, speaker)
    await stage.flows.blocking.block(ana, bob)
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id)) is None
    await stage.drain()
    stage.net.asked.clear()
    await arrive(stage, BOB.does("Follow", speaker.uri))
    assert "Accept" not in [one["type"] for _, one in stage.net.delivered]
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id)) is None


async def test_whom_the_artist_blocks_sees_no_series_of_theirs(stage: Stage) -> None:
    ana, ben = await stage.artist(), await stage.artist("ben")
    series = await begun(stage, ana)
    await stage.flows.series.add(ana, series.id, [(await stage.hang(ana)).id])
    await stage.flows.series_rooms.page("ana", series.slug, ben.id)
    await stage.flows.blocking.block(ana, await here(stage, ben))
    await stage.flows.series_rooms.page("ana", series.slug, None)
    with pytest.raises(NotFound, match="blocked you"):
        await stage.flows.series_rooms.page("ana", series.slug, ben.id)


async def test_nobody_follows_the_series_of_a_suspended_artist(stage: Stage) -> None:
    ana = await stage.artist()
    speaker = await opened(stage, ana, await begun(stage, ana))
    await stage.flows.accounts.suspend("ana")
    bob = await follows(stage, BOB, speaker)
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id)) is None


async def test_who_follows_a_series_hears_of_its_works_and_of_no_others(stage: Stage) -> None:
    ana = await stage.artist()
    made = await begun(stage, ana, await stage.hang(ana))
    speaker = await opened(stage, ana, made)
    await follows(stage, CAROL, speaker)
    await settled(stage)
    work, _other = await stage.hang(ana), await stage.hang(ana)
    friends = await stage.hang(ana, visibility=Visibility.FOLLOWERS)
    await stage.flows.series.add(ana, made.id, [work.id, friends.id])
    announce, update = await heard(stage)
    assert (announce["type"], announce["actor"]) == ("Announce", speaker.uri)
    assert announce["object"] == address_of(work)
    assert announce["to"] == [PUBLIC]
    assert update["object"]["type"] == "Group"
    assert [inbox for inbox, _ in stage.net.delivered] == [CAROL.inbox] * 2
    await stage.flows.series.change(ana, made.id, SeriesDraft("Birches"), [], [work.id])
    undo = (await heard(stage))[0]
    assert (undo["type"], undo["object"]["id"]) == ("Undo", announce["id"])
    await stage.flows.series.add(ana, made.id, [work.id])
    again = (await heard(stage))[0]
    assert (again["type"], again["object"]) == ("Announce", address_of(work))
    assert again["id"] != announce["id"]  # else it would count as known
    await stage.flows.publishing.withdraw(ana, work.id)
    assert (await heard(stage))[0]["object"]["id"] == again["id"]


async def test_an_ended_series_says_so_to_its_followers_and_is_a_tombstone(stage: Stage) -> None:
    ana = await stage.artist()
    made = await begun(stage, ana, await stage.hang(ana))
    speaker = await opened(stage, ana, made)
    bob = await follows(stage, BOB, speaker)
    await settled(stage)
    await stage.flows.series.remove(ana, made.id)
    (delete,) = await heard(stage)
    assert (delete["type"], delete["actor"]) == ("Delete", speaker.uri)
    assert delete["object"] == {"id": speaker.uri, "type": "Tombstone"}
    assert await stage.read(lambda tx: tx.relations.follow(bob.id, speaker.id)) is None
    for look in (
        stage.flows.series_rooms.announced(made.id),
        stage.flows.series_rooms.speaker_named(speaker.handle),
    ):
        with pytest.raises(Gone):
            await look
    assert await stage.flows.viewing.actor_at(speaker.uri) is None


async def test_a_comment_that_names_a_series_tells_nobody_and_breaks_nothing(stage: Stage) -> None:
    ana = await stage.artist()
    speaker = await opened(stage, ana, await begun(stage, ana, await stage.hang(ana)))
    bob = await follows(stage, BOB, speaker)
    mention = {"type": "Mention", "href": speaker.uri, "name": f"@{speaker.address}"}
    note = BOB.note(content="<p>Look</p>", to=[PUBLIC, speaker.uri], tag=[mention])
    await arrive(stage, BOB.does("Create", note))
    assert await stage.read(lambda tx: tx.jobs.buried()) == []
    assert await stage.flows.notifications.page(ana.id) == []
    assert bob.id


async def test_an_add_to_somebody_elses_collection_is_passed_over(stage: Stage) -> None:
    ana = await stage.artist()
    work = await stage.hang(ana)
    made = await begun(stage, ana, work)
    await stage.meet(BOB)
    for kind in ("Add", "Remove"):
        for target in (id_of(made), f"{BOB.uri}/series/1"):
            await arrive(stage, BOB.does(kind, address_of(work), target=target))
    assert await order(stage, made) == [work.id]
    assert await stage.read(lambda tx: tx.jobs.buried()) == []


async def test_every_refusal_is_a_sentence(stage: Stage) -> None:
    ana = await stage.artist()
    with pytest.raises(FixatifError) as refused:
        await stage.flows.series.make(ana, SeriesDraft(""))
    assert refused.value.message.endswith(".")
