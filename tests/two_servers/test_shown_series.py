"""An artist here follows one there: the series made there stands here in each of its states."""

from server.drafts import Draft
from server.model import Artist, FollowState, Work
from server.profiles import Shelf
from server.series import SeriesDraft
from tests.two_servers.instances import Town, settle
from tests.two_servers.test_walk import Towns, picture, towns

__all__ = ["towns"]


async def hang(town: Town, artist: Artist, title: str) -> Work:
    work: Work = await town.upload(artist, Draft(title=title), (picture(90, 60, (9, 9, 9)), title))
    return work


async def shelves(here: Town, ana: Artist, address: str) -> tuple[Shelf, ...]:
    found = await here.flows.profiles.profile(await here.find(address), ana.id)
    shown: tuple[Shelf, ...] = found.shelves
    return shown


async def test_a_series_there_is_shown_here_as_it_changes(towns: Towns) -> None:
    there, here = towns  # the second one is on each engine in turn
    ana, bob = await here.artist("ana"), await there.artist("bob")
    address = f"bob@{there.config.instance.domain}"
    found = await here.find(address)
    await here.flows.following.follow(ana, found)
    await settle(here, there)
    assert (await here.flows.following.relation(ana.id, found.id)).follows is FollowState.ACCEPTED
    await here.flows.series_fetching.look_at(found)
    await settle(here, there)
    assert await shelves(here, ana, address) == ()

    works = [await hang(there, bob, title) for title in ("One", "Two")]
    uris = [there.flows.addresses.work(work.id) for work in works]
    series = await there.flows.series.make(bob, SeriesDraft("Birches", "Bark"))
    await there.flows.series.add(bob, series.id, [work.id for work in works])
    await settled(here, there)
    (shelf,) = await shelves(here, ana, address)
    assert (shelf.series.name, shelf.series.works) == ("Birches", tuple(uris))
    assert [post.uri for post in shelf.works] == uris
    assert "Bark" in shelf.series.summary_html
    assert shelf.series.cover_url.startswith(there.url)

    turned, order = SeriesDraft("Birches II", "Bark"), [work.id for work in reversed(works)]
    await there.flows.series.change(bob, series.id, turned, order)
    await settled(here, there)
    (shelf,) = await shelves(here, ana, address)
    assert (shelf.series.name, shelf.series.works) == ("Birches II", tuple(reversed(uris)))

    await there.flows.series.change(bob, series.id, turned, order[:1], taken_out=order[1:])
    await settled(here, there)
    (shelf,) = await shelves(here, ana, address)
    assert (shelf.series.works, shelf.series.total) == ((uris[1],), 1)

    await there.flows.series.remove(bob, series.id)
    await settled(here, there)
    assert await shelves(here, ana, address) == ()


async def settled(here: Town, there: Town) -> None:
    """Let everything arrive, also what waits some minutes for the last change."""
    await settle(here, there)
    for _ in range(2):
        there.clock.advance(seconds=600)
        await settle(here, there)
