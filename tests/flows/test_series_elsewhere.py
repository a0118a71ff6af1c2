"""Series of other servers: brought, changed as their owners say, and forgotten, on both engines."""

from typing import Any

import pytest

from server.model import Millis
from server.series_elsewhere import KEPT
from tests.flows.dealings import arrive, follow_from_here
from tests.flows.shelves import kept, list_uri, look, series_document, serve_series
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
SERIES = f"{list_uri(BOB)}/1"


def work(number: int) -> str:
    return f"https://peer.test/works/{number}"


async def works(stage: Stage) -> tuple[str, ...]:
    (one,) = await kept(stage, BOB)
    return one.works


# Asked for


async def test_a_look_asks_once_in_some_hours(stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB))
    for _ in range(3):
        await look(stage, BOB)
    assert stage.net.fetched.count(list_uri(BOB)) == 1
    stage.clock.advance(hours=5.9)
    await look(stage, BOB)
    assert stage.net.fetched.count(list_uri(BOB)) == 1
    stage.clock.advance(hours=0.2)
    await look(stage, BOB)
    assert stage.net.fetched.count(list_uri(BOB)) == 2


async def test_what_is_gone_there_goes_here_and_what_is_away_stays(stage: Stage) -> None:
    one, two, three = (series_document(BOB, number) for number in (1, 2, 3))
    serve_series(stage, BOB, one, two, three)
    await look(stage, BOB)
    serve_series(stage, BOB, three, {**one, "name": "Beeches"}, two)
    stage.net.serve(two["id"], status=503)
    stage.net.serve(three["id"], status=410)
    stage.clock.advance(hours=7)
    await look(stage, BOB)
    assert [one.name for one in await kept(stage, BOB)] == ["Beeches", "Birches 2"]
    stage.net.serve(BOB.uri, status=503)
    stage.clock.advance(hours=7)
    await look(stage, BOB)
    assert len(await kept(stage, BOB)) == 2
    serve_series(stage, BOB)
    stage.clock.advance(hours=7)
    await look(stage, BOB)
    assert await kept(stage, BOB) == []


async def test_who_is_followed_and_tells_of_a_series_has_it_brought(stage: Stage) -> None:
    ana = await stage.artist()
    await follow_from_here(stage, ana, BOB)
    serve_series(stage, BOB, series_document(BOB))
    await arrive(stage, BOB.does("Add", work(9), target=SERIES))
    assert [one.name for one in await kept(stage, BOB)] == ["Birches 1"]


async def test_a_whole_update_needs_no_fetch(stage: Stage) -> None:
    ana = await stage.artist()
    await follow_from_here(stage, ana, BOB)
    await arrive(stage, BOB.does("Update", series_document(BOB)))
    assert [one.name for one in await kept(stage, BOB)] == ["Birches 1"]
    assert stage.net.fetched == []


# Changed


async def test_works_enter_leave_and_are_ordered_as_their_owner_says(stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB, works=[work(1)]))
    await look(stage, BOB)
    await arrive(stage, BOB.does("Add", work(2), target=SERIES))
    await arrive(stage, BOB.does("Add", work(3), target=SERIES))
    await arrive(stage, BOB.does("Add", work(3), target=SERIES))
    assert await works(stage) == (work(1), work(2), work(3))
    turned = series_document(BOB, works=[work(3), work(1), work(2)], name="Turned")
    await arrive(stage, BOB.does("Update", {**turned, "updated": "2026-11-21T10:00:00Z"}))
    assert await works(stage) == (work(3), work(1), work(2))
    await arrive(stage, BOB.does("Remove", work(1), target=SERIES))
    (one,) = await kept(stage, BOB)
    assert (one.name, one.works, one.total) == ("Turned", (work(3), work(2)), 2)


async def test_an_older_update_that_comes_late_changes_nothing(stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB, name="Now"))
    await look(stage, BOB)
    late = series_document(BOB, name="Then", updated="2026-11-19T10:00:00Z")
    await arrive(stage, BOB.does("Update", late))
    assert [one.name for one in await kept(stage, BOB)] == ["Now"]
    newer = series_document(BOB, name="Later", updated="2026-11-23T10:00:00Z")
    await arrive(stage, BOB.does("Update", newer))
    assert [one.name for one in await kept(stage, BOB)] == ["Later"]


@pytest.mark.parametrize("sent", ["its id", "its first page"])
async def test_an_update_that_does_not_hold_all_of_it_is_fetched(sent: str, stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB))
    await look(stage, BOB)
    now = series_document(BOB, name="Beeches")
    serve_series(stage, BOB, now)
    bare: Any = SERIES if sent == "its id" else {**now, "first": f"{SERIES}?page=1"}
    await arrive(stage, BOB.does("Update", bare))
    stage.clock.advance(hours=0.3)
    await stage.drain()
    assert [one.name for one in await kept(stage, BOB)] == ["Beeches"]


async def test_a_series_in_another_order_is_asked_for_where_works_stand(stage: Stage) -> None:
    newest_first = {"orderType": "https://w3id.org/fep/1985/ReverseChronological"}
    serve_series(stage, BOB, series_document(BOB, works=[work(1)], **newest_first))
    await look(stage, BOB)
    now = series_document(BOB, works=[work(2), work(1)], **newest_first)
    serve_series(stage, BOB, now)
    await arrive(stage, BOB.does("Add", work(2), target=SERIES))
    assert await works(stage) == (work(1),)
    stage.clock.advance(hours=0.3)
    await stage.drain()
    assert await works(stage) == (work(2), work(1))


@pytest.mark.parametrize("how", ["Delete", "Tombstone", "Remove"])
async def test_a_series_ends_as_its_owner_says(how: str, stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB), series_document(BOB, 2))
    await look(stage, BOB)
    said = {
        "Delete": BOB.does("Delete", SERIES),
        "Tombstone": BOB.does("Delete", {"id": SERIES, "type": "Tombstone"}),
        "Remove": BOB.does("Remove", SERIES, target=list_uri(BOB)),
    }
    await arrive(stage, said[how])
    assert [one.name for one in await kept(stage, BOB)] == ["Birches 2"]


# Forgotten


async def test_who_is_gone_takes_their_series_along(stage: Stage) -> None:
    serve_series(stage, BOB, series_document(BOB))
    await look(stage, BOB)
    await arrive(stage, BOB.does("Delete", BOB.uri))
    assert await kept(stage, BOB) == []


@pytest.mark.parametrize(
    ("is_followed", "has_moved", "left"),
    [(False, False, 0), (True, False, 1), (True, True, 0)],
)
async def test_series_are_swept_once_nobody_looks_at_them(
    is_followed: bool,  # noqa: FBT001 - a case of the table
    has_moved: bool,  # noqa: FBT001
    left: int,
    stage: Stage,
) -> None:
    ana = await stage.artist()
    if is_followed:
        await follow_from_here(stage, ana, BOB)
    more = {"movedTo": "https://new.test/users/bob"} if has_moved else {}
    serve_series(stage, BOB, series_document(BOB), **more)
    await stage.flows.remote.actor(BOB.uri, afresh=True)
    await look(stage, BOB)
    before = Millis(stage.clock.now() - KEPT)
    async with stage.library.transaction() as tx:
        assert await tx.elsewhere.sweep(before, limit=10) == 0
    stage.clock.advance(seconds=KEPT / 1_000 + 1)
    before = Millis(stage.clock.now() - KEPT)
    async with stage.library.transaction() as tx:
        assert await tx.elsewhere.sweep(before, limit=10) == 1 - left
    assert len(await kept(stage, BOB)) == left
