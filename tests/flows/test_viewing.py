"""Who sees what: each kind of visitor at each page, for each visibility."""

from collections.abc import Awaitable, Callable

import pytest

from server.errors import Gone, NotFound
from server.model import (
    ActorId,
    Artist,
    FollowState,
    ImageFormat,
    Picture,
    PictureState,
    RenditionName,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.viewing import PAGE
from tests.flows.artists import DAY, Studio, a_pool, a_studio, ids  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC, UNLISTED, FOLLOWERS, DRAFT = (
    Visibility.PUBLIC,
    Visibility.UNLISTED,
    Visibility.FOLLOWERS,
    Visibility.DRAFT,
)
KINDS = ("nobody", "stranger", "pending", "rejected", "follower", "elsewhere", "artist")
ALL = frozenset(KINDS)
FOLLOWING = frozenset({"follower", "elsewhere"})
ITSELF = frozenset({"artist"})
NONE: frozenset[str] = frozenset()

# page, visibility: who sees a work there
SEEN: dict[tuple[str, Visibility], frozenset[str]] = {
    ("portfolio", PUBLIC): ALL,
    ("portfolio", UNLISTED): ITSELF,
    ("portfolio", FOLLOWERS): FOLLOWING | ITSELF,
    ("portfolio", DRAFT): NONE,
    ("work", PUBLIC): ALL,
    ("work", UNLISTED): ALL,
    ("work", FOLLOWERS): FOLLOWING | ITSELF,
    ("work", DRAFT): ITSELF,
    ("front", PUBLIC): ALL,
    ("front", UNLISTED): NONE,
    ("front", FOLLOWERS): NONE,
    ("front", DRAFT): NONE,
    ("feed", PUBLIC): FOLLOWING,
    ("feed", UNLISTED): FOLLOWING,
    ("feed", FOLLOWERS): FOLLOWING,
    ("feed", DRAFT): NONE,
    # the key in a picture's address is the right to see it; a draft's are its artist's alone
    ("media", PUBLIC): ALL,
    ("media", UNLISTED): ALL,
    ("media", FOLLOWERS): ALL,
    ("media", DRAFT): ITSELF,
    ("neighbour", PUBLIC): ALL,
    ("neighbour", UNLISTED): ITSELF,
    ("neighbour", FOLLOWERS): FOLLOWING | ITSELF,
    ("neighbour", DRAFT): NONE,
}


async def viewer(studio: Studio, kind: str, artist: Artist) -> ActorId | None:
    if kind == "nobody":
        return None
    if kind == "artist":
        return artist.id
    if kind == "elsewhere":
        found = (await studio.stranger("zoe")).id
        await studio.befriend(found, artist.id)
        return found
    found = (await studio.artist(kind)).id
    states = {
        "pending": FollowState.PENDING,
        "rejected": FollowState.REJECTED,
        "follower": FollowState.ACCEPTED,
    }
    if kind in states:
        await studio.befriend(found, artist.id, states[kind])
    return found


async def shown(studio: Studio, page: str, work: Work, asker: ActorId | None) -> bool:
    return await PAGES[page](studio, work, asker)


async def on_portfolio(studio: Studio, work: Work, asker: ActorId | None) -> bool:
    portfolio = await studio.viewing.portfolio("ana", asker)
    found = work.id in ids(portfolio.works)
    assert portfolio.total == len(portfolio.works)  # the count tells no more than the list
    return found


async def on_its_page(studio: Studio, work: Work, asker: ActorId | None) -> bool:
    outcomes = set()
    for ask in (studio.viewing.work, studio.viewing.room):
        try:
            await ask(work.id, asker)
            outcomes.add(True)
        except NotFound:
            outcomes.add(False)
    [outcome] = outcomes
    return outcome


async def on_front(studio: Studio, work: Work, _asker: ActorId | None) -> bool:
    return work.id in [one.work.id for one in (await studio.viewing.front()).hung]


async def in_feed(studio: Studio, work: Work, asker: ActorId | None) -> bool:
    entries = (await studio.feeding.page(asker)).entries if asker else []
    return work.id in [entry.hung.work.id for entry in entries if entry.hung]


async def by_media(studio: Studio, work: Work, asker: ActorId | None) -> bool:
    key = work.pictures[0].media_key
    try:
        await studio.viewing.rendition(key, RenditionName.TILE, ImageFormat.JPEG, asker)
    except NotFound:
        return False
    return True


async def beside(studio: Studio, work: Work, asker: ActorId | None) -> bool:
    """Look for the work beside an older, public one."""
    older = (await studio.viewing.portfolio("ana", None)).works[-1]
    room = await studio.viewing.room(older.id, asker)
    return room.newer is not None and room.newer.id == work.id


PAGES: dict[str, Callable[[Studio, Work, ActorId | None], Awaitable[bool]]] = {
    "portfolio": on_portfolio,
    "work": on_its_page,
    "front": on_front,
    "feed": in_feed,
    "media": by_media,
    "neighbour": beside,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("visibility", [PUBLIC, UNLISTED, FOLLOWERS, DRAFT])
async def test_each_sees_what_is_meant_for_them_and_nothing_else(
    studio: Studio, visibility: Visibility, kind: str
) -> None:
    ana = await studio.artist("ana")
    await studio.hung(ana)
    work = await studio.hung(ana, visibility)
    asker = await viewer(studio, kind, ana)
    seen = {page: await shown(studio, page, work, asker) for page in PAGES}
    assert seen == {page: kind in SEEN[page, visibility] for page in PAGES}


@pytest.mark.parametrize("state", [WorkState.PROCESSING, WorkState.FAILED])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_ready_is_seen_by_nobody(
    studio: Studio, kind: str, state: WorkState
) -> None:
    ana = await studio.artist("ana")
    await studio.hung(ana)
    work = await studio.hung(ana, PUBLIC, state=state, hung_at=None)
    asker = await viewer(studio, kind, ana)
    for page in PAGES:
        expected = page == "media" and kind == "artist"
        assert await shown(studio, page, work, asker) is expected, page
    assert work.id in ids(await studio.viewing.studio(ana))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_withdrawn_is_gone_for_all(studio: Studio, kind: str) -> None:
    ana = await studio.artist("ana")
    await studio.hung(ana)
    work = await studio.hung(ana)
    await studio.publishing.withdraw(ana, work.id)
    asker = await viewer(studio, kind, ana)
    for page in PAGES:
        assert not await shown(studio, page, work, asker), page
    with pytest.raises(Gone):
        await studio.viewing.work(work.id, asker)
    with pytest.raises(NotFound):
        await studio.viewing.own(ana, work.id)
    assert ids(await studio.viewing.studio(ana)) == ids(
        (await studio.viewing.portfolio("ana", None)).works
    )


async def test_that_a_work_for_followers_was_there_is_not_told_to_strangers(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana, visibility=Visibility.FOLLOWERS)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound) as refused:
        await studio.viewing.work(work.id, None)
    assert not isinstance(refused.value, Gone)


@pytest.mark.parametrize("kind", KINDS)
async def test_of_a_suspended_artist_nothing_is_seen(studio: Studio, kind: str) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    asker = await viewer(studio, kind, ana)
    await studio.accounts.suspend("ana")
    for page in ("work", "front", "feed", "media"):
        assert not await shown(studio, page, work, asker), page
    with pytest.raises(NotFound):
        await studio.viewing.portfolio("ana", asker)
    assert ana.id not in [one.id for one in await studio.viewing.artists()]


async def test_absent_and_forbidden_look_the_same(studio: Studio) -> None:
    ana = await studio.artist("ana")
    hidden = [await studio.hung(ana, DRAFT), await studio.hung(ana, FOLLOWERS)]
    said = set()
    for work_id in (*ids(hidden), WorkId(1), WorkId(0), WorkId(2**62)):
        with pytest.raises(NotFound) as absent:
            await studio.viewing.work(work_id, None)
        said.add((type(absent.value), absent.value.message))
    assert len(said) == 1


async def test_another_artists_studio_is_not_shown(studio: Studio) -> None:
    ana, eve = await studio.artist("ana"), await studio.artist("eve")
    work = await studio.hung(ana, DRAFT)
    with pytest.raises(NotFound):
        await studio.viewing.own(eve, work.id)
    assert await studio.viewing.studio(eve) == []
    assert (await studio.viewing.own(ana, work.id)).id == work.id


@pytest.mark.parametrize("key", ["", "0" * 40, "x", "%", "' OR '1'='1"])
async def test_no_guess_is_a_media_key(studio: Studio, key: str) -> None:
    ana = await studio.artist("ana")
    await studio.hung(ana, pictures=())
    with pytest.raises(NotFound):
        await studio.viewing.rendition(key, RenditionName.TILE, ImageFormat.JPEG, ana.id)


async def test_a_waiting_picture_has_no_address(studio: Studio) -> None:
    ana = await studio.artist("ana")
    waiting = Picture(
        id=studio.clock.new_id(),  # type: ignore[arg-type]  # an id of any kind
        work_id=WorkId(7),
        position=0,
        alt="",
        original_digest="0" * 64,
        original_type="",
        original_name="x",
        original_bytes=1,
        state=PictureState.WAITING,
    )
    await studio.hung(ana, DRAFT, id=WorkId(7), pictures=(waiting,))
    with pytest.raises(NotFound):
        await studio.viewing.rendition("", RenditionName.TILE, ImageFormat.JPEG, ana.id)


async def test_the_original_has_no_address_even_for_its_artist(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    key = work.pictures[0].media_key
    for image_format in ImageFormat:
        with pytest.raises(NotFound):
            await studio.viewing.rendition(key, RenditionName.ORIGINAL, image_format, ana.id)


async def test_long_lists_are_walked_page_by_page_without_gap_or_repeat(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await studio.befriend(bea.id, ana.id)
    hung = [await studio.hung(ana) for _ in range(PAGE + 3)]
    newest_first = ids(hung)[::-1]
    first = await studio.viewing.portfolio("ana", None)
    rest = await studio.viewing.portfolio("ana", None, first.works[-1].id)
    assert ids(first.works) + ids(rest.works) == newest_first
    assert first.total == PAGE + 3
    front = await studio.viewing.front()
    more = await studio.viewing.front(front.hung[-1].work.id)
    assert [one.work.id for one in front.hung + more.hung] == newest_first
    assert [front.goes_on, more.goes_on, first.goes_on, rest.goes_on] == [True, False] * 2
    feed = await studio.feeding.page(bea.id)
    later = await studio.feeding.page(bea.id, feed.end)
    assert later.end is None
    assert [one.hung.work.id for one in feed.entries + later.entries if one.hung] == newest_first


async def test_the_neighbours_of_a_work_are_the_next_in_time(studio: Studio) -> None:
    ana = await studio.artist("ana")
    old, middle, new = [await studio.hung(ana) for _ in range(3)]
    await studio.hung(await studio.artist("bea"))
    found = {}
    for work in (old, middle, new):
        room = await studio.viewing.room(work.id, None)
        found[work.id] = (room.newer and room.newer.id, room.older and room.older.id)
    assert found == {
        old.id: (middle.id, None),
        middle.id: (new.id, old.id),
        new.id: (None, middle.id),
    }


@pytest.mark.parametrize("spelling", ["ana", "ANA", "Ana"])
async def test_a_portfolio_is_found_in_any_case(studio: Studio, spelling: str) -> None:
    ana = await studio.artist("ana")
    assert (await studio.viewing.portfolio(spelling, None)).artist.id == ana.id


@pytest.mark.parametrize(
    "path",
    ["/users/ana", "/@ana", "/works/{id}"],
)
async def test_our_own_addresses_name_their_artist(studio: Studio, path: str) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    found = await studio.viewing.actor_at("https://art.example" + path.format(id=work.id))
    assert found is not None
    assert found.id == ana.id


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DRAFT])
async def test_a_hidden_works_address_names_nobody(studio: Studio, visibility: Visibility) -> None:
    work = await studio.hung(await studio.artist("ana"), visibility=visibility)
    assert await studio.viewing.actor_at(studio.addresses.work(work.id)) is None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://art.example/works/9999999999999999999",
        "https://art.example/works/9223372036854775808",
        "https://art.example/works/٣",
        "https://art.example/works/-1",
        "https://far.example/users/ana",
        "https://art.example.evil.example/users/ana",
        "http://[",
        "https://art.example/works/1/../2",
    ],
)
async def test_no_other_address_names_anybody(studio: Studio, uri: str) -> None:
    await studio.artist("ana")
    assert await studio.viewing.actor_at(uri) is None
    assert not studio.addresses.is_ours(uri) or uri.startswith("https://art.example/works/")


async def test_the_census_counts_what_is_there(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await studio.hung(ana)
    await studio.hung(ana, UNLISTED)
    await studio.hung(bea, FOLLOWERS)
    await studio.hung(bea, DRAFT)
    studio.clock.move(60 * DAY)
    census = await studio.viewing.census(studio.clock.now())
    assert (census.artists, census.works, census.comments) == (2, 2, 0)
    assert (census.active_month, census.active_half) == (0, 2)
