"""Whose series is it, and how much of it? What another server may make us keep, fetch and show.

Each refusal stands beside the same thing as its owner rightly does it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from federation.series_fetching import MAX_DOCUMENTS, MAX_PAGES
from server.series_elsewhere import MAX_SERIES, MAX_WORKS
from tests.flows.shelves import WORKS, kept, list_uri, look, series_document, serve_series
from tests.security.town import Peer, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

Change = Callable[[dict[str, Any]], dict[str, Any]]


async def shown(town: Town, peer: Peer, *series: dict[str, Any]) -> None:
    serve_series(town.stage, peer, *series)
    await look(town.stage, peer)


# Whose it is


@pytest.mark.parametrize("is_attack", [True, False])
async def test_only_the_owner_adds_to_a_series(town: Town, *, is_attack: bool) -> None:
    bob, eve = town.peer(), town.peer()  # on the same server: its origin alone says nothing
    series = series_document(bob)
    await shown(town, bob, series)
    await look(town.stage, eve)
    by, work = eve if is_attack else bob, "https://peer.test/works/77"
    assert await town.tell(by.does("Add", work, target=series["id"]), by) == 202
    (one,) = await kept(town.stage, bob)
    assert (work in one.works) is not is_attack
    assert one.total == WORKS + (0 if is_attack else 1)


@pytest.mark.parametrize("is_attack", [True, False])
async def test_only_the_owner_takes_out_of_a_series(town: Town, *, is_attack: bool) -> None:
    bob, eve = town.peer(), town.peer()
    series = series_document(bob)
    await shown(town, bob, series)
    by, work = eve if is_attack else bob, series["orderedItems"][0]
    await town.tell(by.does("Remove", work, target=series["id"]), by)
    (one,) = await kept(town.stage, bob)
    assert (work in one.works) is is_attack


@pytest.mark.parametrize("how", ["Remove", "Delete"])
@pytest.mark.parametrize("is_attack", [True, False])
async def test_only_the_owner_ends_a_series(town: Town, how: str, *, is_attack: bool) -> None:
    bob, eve = town.peer(), town.peer()
    series = series_document(bob)
    await shown(town, bob, series)
    serve_series(town.stage, eve)
    await look(town.stage, eve)
    by = eve if is_attack else bob
    more = {"target": list_uri(by)} if how == "Remove" else {}
    await town.tell(by.does(how, series["id"], **more), by)
    assert len(await kept(town.stage, bob)) == (1 if is_attack else 0)


@pytest.mark.parametrize(
    "author",
    ["https://peer.test/users/somebody", None, ["https://peer.test/users/x", "own"], "own"],
)
async def test_a_series_is_taken_from_its_author_alone(town: Town, author: Any) -> None:
    bob = town.peer()
    said = [bob.uri if one == "own" else one for one in author] if type(author) is list else author
    series = series_document(bob, attributedTo=bob.uri if said == "own" else said)
    await shown(town, bob, series)
    assert len(await kept(town.stage, bob)) == (1 if author == "own" else 0)
    bob.serial += 1
    await town.tell(bob.does("Update", {**series, "id": f"{list_uri(bob)}/9"}), bob)
    assert len(await kept(town.stage, bob)) == (2 if author == "own" else 0)


@pytest.mark.parametrize("is_attack", [True, False])
async def test_an_update_takes_over_nobodys_series(town: Town, *, is_attack: bool) -> None:
    bob, eve = town.peer(), town.peer()
    series = series_document(bob)
    await shown(town, bob, series)
    await look(town.stage, eve)
    by = eve if is_attack else bob
    await town.tell(by.does("Update", {**series, "name": "Mine", "attributedTo": by.uri}), by)
    (one,) = await kept(town.stage, bob)
    assert one.name == ("Birches 1" if is_attack else "Mine")


@pytest.mark.parametrize("domain", ["evil.test", "peer.test"])
async def test_what_a_series_names_of_other_servers_is_left_out(town: Town, domain: str) -> None:
    bob = town.peer()
    there = f"https://{domain}"
    series = series_document(bob, works=[f"{there}/works/1"], announcedBy=f"{there}/series/1")
    series |= {"url": f"{there}/page"}
    await shown(town, bob, series)
    (one,) = await kept(town.stage, bob)
    is_own = domain == "peer.test"
    assert one.works == ((f"{there}/works/1",) if is_own else ())
    assert one.speaker_uri == (f"{there}/series/1" if is_own else "")
    assert one.url == (f"{there}/page" if is_own else series["id"])
    await town.tell(bob.does("Add", f"{there}/works/2", target=series["id"]), bob)
    (one,) = await kept(town.stage, bob)
    assert (f"{there}/works/2" in one.works) is is_own


@pytest.mark.parametrize("domain", ["evil.test", "peer.test"])
async def test_no_list_and_no_page_leads_to_another_server(town: Town, domain: str) -> None:
    bob = town.peer()
    there = f"https://{domain}/list-of-{bob.name}"
    series = series_document(bob)
    paged = series_document(bob, 2, works=[], first=f"{there}/1", totalItems=4)
    serve_series(town.stage, bob, series, paged)
    town.stage.net.serve(bob.uri, {**bob.document, "series": there})
    listed = [series["id"], paged["id"], f"{there}/3"]
    town.stage.net.serve(there, {"id": there, "type": "Collection", "items": listed})
    if domain == "peer.test":
        page = {"id": f"{there}/1", "type": "OrderedCollectionPage"}
        page |= {"orderedItems": ["https://peer.test/works/5"]}
        town.stage.net.serve(f"{there}/1", page)
    town.forget_asking()
    await look(town.stage, bob)
    is_own = domain == "peer.test"
    assert (there in town.stage.net.fetched) is is_own
    names = [one.name for one in await kept(town.stage, bob)]
    assert names == (["Birches 1", "Birches 2"] if is_own else [])


# How much of it


async def test_ten_thousand_ids_are_counted_but_not_kept(town: Town) -> None:
    bob = town.peer()
    many, few = [f"https://peer.test/w/{n}" for n in range(10_000)], ["https://peer.test/w/1"]
    await shown(town, bob, series_document(bob, 1, works=many), series_document(bob, 2, works=few))
    large, small = await kept(town.stage, bob)
    assert (large.total, large.works) == (10_000, tuple(many[:MAX_WORKS]))
    assert (small.total, small.works) == (1, tuple(few))


async def test_of_a_thousand_series_fifty_are_fetched(town: Town) -> None:
    bob = town.peer()
    await shown(town, bob, *(series_document(bob, n, works=[]) for n in range(1_000)))
    assert len(await kept(town.stage, bob)) == MAX_SERIES
    assert len(town.stage.net.fetched) < MAX_DOCUMENTS + 5
    await town.tell(bob.does("Update", series_document(bob, 7_777)), bob)
    assert len(await kept(town.stage, bob)) == MAX_SERIES


@pytest.mark.parametrize("is_endless", [True, False])
async def test_pages_without_end_come_to_one(town: Town, *, is_endless: bool) -> None:
    bob = town.peer()
    here = f"{list_uri(bob)}/1"
    series = series_document(bob, works=[], first=f"{here}?page=0", totalItems=3)
    serve_series(town.stage, bob, series)
    for number in range(40 if is_endless else 2):
        page = {
            "id": f"{here}?page={number}",
            "type": "OrderedCollectionPage",
            "orderedItems": [f"https://peer.test/w/{number}"],
            "next": f"{here}?page={number + 1}" if is_endless or number < 1 else None,
        }
        town.stage.net.serve(f"{here}?page={number}", page)
    await look(town.stage, bob)
    (one,) = await kept(town.stage, bob)
    assert len(one.works) == (MAX_PAGES if is_endless else 2)


async def test_a_page_that_leads_to_itself_is_read_once(town: Town) -> None:
    bob = town.peer()
    here = f"{list_uri(bob)}/1"
    serve_series(town.stage, bob, series_document(bob, works=[], first=f"{here}?page=0"))
    page = {"id": f"{here}?page=0", "type": "OrderedCollectionPage", "next": f"{here}?page=0"}
    town.stage.net.serve(f"{here}?page=0", page)
    await look(town.stage, bob)
    assert town.stage.net.fetched.count(f"{here}?page=0") == 1
    assert len(await kept(town.stage, bob)) == 1


async def test_a_list_that_names_itself_makes_us_ask_no_further(town: Town) -> None:
    bob = town.peer()
    here = list_uri(bob)
    serve_series(town.stage, bob)
    looped = {"id": here, "type": "Collection", "items": [here] * 90, "attributedTo": bob.uri}
    town.stage.net.serve(here, looped)
    town.forget_asking()
    await look(town.stage, bob)
    assert town.stage.net.fetched.count(here) == 2  # as the list, and as the one series in it


async def test_names_without_end_are_cut_and_a_document_too_large_is_none(town: Town) -> None:
    bob = town.peer()
    long = series_document(bob, 1, name="N" * 900_000)
    too_long = series_document(bob, 2, name="N" * 1_100_000)
    await shown(town, bob, long, too_long)
    (one,) = await kept(town.stage, bob)
    assert one.name == "N" * 500


@pytest.mark.parametrize("total", [-1, 2**70, 1.5, "9", True, None])
async def test_a_count_that_is_none_is_counted_here(town: Town, total: Any) -> None:
    bob = town.peer()
    await shown(town, bob, series_document(bob, totalItems=total))
    assert [one.total for one in await kept(town.stage, bob)] == [WORKS]


async def test_a_flood_of_adds_makes_us_ask_their_server_once(town: Town) -> None:
    bob = town.peer()
    ana = await town.artist()
    serve_series(town.stage, bob, series_document(bob))
    actor = await town.stage.flows.remote.actor(bob.uri)
    await town.stage.flows.following.follow(ana, actor)
    asked = await town.stage.read(lambda tx: tx.relations.follow(ana.id, actor.id))
    await town.tell(bob.does("Accept", asked.uri), bob)
    town.forget_asking()
    for number in range(60):
        target = f"{list_uri(bob)}/{number}"
        await town.send(bob.does("Add", f"https://peer.test/w/{number}", target=target), bob)
    await town.stage.drain()
    assert town.stage.net.fetched.count(list_uri(bob)) == 1
    assert len(await kept(town.stage, bob)) == 1


async def test_adds_to_one_series_fill_it_to_its_bound(town: Town) -> None:
    bob = town.peer()
    series = series_document(bob, works=[])
    await shown(town, bob, series)
    for number in range(MAX_WORKS + 3):
        work = f"https://peer.test/w/{number}"
        await town.send(bob.does("Add", work, target=series["id"]), bob)
    await town.stage.drain()
    (one,) = await kept(town.stage, bob)
    assert (len(one.works), one.total) == (MAX_WORKS, MAX_WORKS + 3)


# Of whom nothing is kept


@pytest.mark.parametrize("is_looked_at", [True, False])
async def test_nothing_is_kept_of_whom_nobody_here_follows_or_looks_at(
    town: Town, *, is_looked_at: bool
) -> None:
    bob = town.peer()
    series = series_document(bob)
    serve_series(town.stage, bob, series)
    if is_looked_at:
        await look(town.stage, bob)
    await town.stage.flows.remote.actor(bob.uri)
    town.forget_asking()
    await town.tell(bob.does("Add", "https://peer.test/w/9", target=series["id"]), bob)
    await town.tell(bob.does("Update", series_document(bob, 2)), bob)
    await town.tell(bob.does("Remove", series["id"], target=list_uri(bob)), bob)
    assert town.stage.net.fetched == []
    assert [one.name for one in await kept(town.stage, bob)] == (
        ["Birches 2"] if is_looked_at else []
    )


# What is shown of it


@pytest.mark.parametrize(
    "hostile",
    [
        {"name": "<script>alert(1)</script>"},
        {"name": '"><img src=x onerror=alert(1)>'},
        {"summary": "<script>alert(1)</script><p onclick=x>a</p><a href='javascript:x'>b</a>"},
        {"url": "javascript:alert(1)"},
        {"image": "javascript:alert(1)"},
        {"image": {"type": "Image", "url": "data:text/html,x", "name": '" onload="x'}},
        {"orderType": ["<b>", {}], "announcedBy": {"id": "javascript:x"}, "updated": "<b>"},
    ],
)
async def test_a_hostile_series_stays_words(town: Town, hostile: dict[str, Any]) -> None:
    bob = town.peer()
    await shown(town, bob, series_document(bob, **hostile))
    (one,) = await kept(town.stage, bob)
    assert one.url.startswith("https://peer.test/")
    assert one.cover_url == ""
    assert one.speaker_uri == ""
    for trace in ("<script", "onclick", "javascript"):
        assert trace not in one.summary_html


@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_refused_server_shows_no_cover_and_is_not_asked(
    town: Town, *, is_refused: bool
) -> None:
    bob = town.peer("shut.test" if is_refused else "open.test")
    eve = town.peer()
    if is_refused:
        town.stage.refuse("inbound", "shut.test")
    cover = {"type": "Image", "url": f"https://{bob.domain}/c.jpg"}
    await shown(town, eve, series_document(eve, image=cover))
    (one,) = await kept(town.stage, eve)
    assert one.cover_url == ("" if is_refused else f"https://{bob.domain}/c.jpg")
