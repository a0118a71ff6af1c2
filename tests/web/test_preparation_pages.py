"""The page that follows an upload: by events, and by reloading itself where there is no script."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from server.model import Work
from server.preparing import MOST_OF_ONE
from tests.flows.artists import NO_PICTURE, SMALL
from tests.security.gallery import Browser, Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def uploaded(gallery: Gallery, browser: Browser, body: bytes = SMALL) -> Work:
    answer = await browser.upload(body, title="A hare in the snow")
    found = re.fullmatch(r"/studio/works/(\d+)/progress", answer.location)
    assert found, answer.location
    return await gallery.studio.work(int(found[1]))  # type: ignore[arg-type]  # an id


def path(work: Work) -> str:
    return f"/studio/works/{work.id}/progress"


@asynccontextmanager
async def listening(browser: Browser, work: Work) -> AsyncIterator[aiohttp.ClientResponse]:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookie, "User-Agent": browser.agent}
    url = f"{browser.base}{path(work)}/events"
    async with browser.session.get(url, headers=headers) as answer:
        yield answer


async def event(answer: aiohttp.ClientResponse) -> tuple[str, dict[str, object]]:
    """Return the next event that says something."""
    kind = "message"
    async for line in answer.content:
        name, _, value = line.decode().strip().partition(": ")
        if name == "event":
            kind = value
        if name == "data":
            return kind, json.loads(value)
    return "end", {}


async def test_strangers_and_other_artists_are_told_nothing(gallery: Gallery) -> None:
    ana, bea = await gallery.member(), await gallery.member("bea")
    work = await uploaded(gallery, ana)
    for where in (path(work), f"{path(work)}/events"):
        assert (await gallery.stranger().get(where)).status == 303
        assert (await bea.get(where)).status == 404


async def test_the_page_says_what_becomes_of_each_picture_and_reloads_itself(
    gallery: Gallery,
) -> None:
    ana = await gallery.member()
    work = await uploaded(gallery, ana)
    page = await ana.get(path(work))
    assert "Received. It waits for its turn." in page.text
    assert f'<noscript><meta http-equiv="refresh" content="3; url={path(work)}"></noscript>' in (
        page.text
    )
    assert "connect-src 'self'" in page.headers["Content-Security-Policy"]
    async with gallery.studio.library.transaction() as tx:
        await tx.works.note_copies(work.pictures[0].id, 3, 9)
    assert "Being prepared: 3 of 9 copies." in (await ana.get(path(work))).text
    await gallery.studio.worker.drain()
    page = await ana.get(path(work))
    assert "It hangs." in page.text
    assert "http-equiv" not in page.text
    assert "connect-src" not in page.headers["Content-Security-Policy"]
    assert "See it as it hangs" in page.text


async def test_what_cannot_be_used_is_said_and_can_be_tried_again(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await uploaded(gallery, ana, NO_PICTURE)
    await gallery.studio.worker.drain()
    page = (await ana.get(path(work))).text
    assert "is a text file" in page
    assert "Nothing of it is shown to anybody." in page
    answer = await ana.post(f"/studio/works/{work.id}/retry")
    assert answer.location == path(work)
    assert "Received." in (await ana.get(path(work))).text
    await gallery.studio.worker.drain()


async def test_events_tell_what_changes_and_that_it_is_over(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await uploaded(gallery, ana)
    preparing = gallery.instance.flows.preparing
    async with listening(ana, work) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        kind, told = await event(answer)
        assert (kind, told["ready"]) == ("message", 0)
        async with gallery.studio.library.transaction() as tx:
            await tx.works.note_copies(work.pictures[0].id, 3, 9)
        await preparing.refresh()
        _, told = await event(answer)
        assert told["steps"] == [
            {
                "id": str(work.pictures[0].id),
                "name": "hare.jpg",
                "words": "Being prepared: 3 of 9 copies.",
                "state": "waiting",
                "made": 3,
                "copies": 9,
            }
        ]
        await gallery.studio.worker.drain()
        await preparing.refresh()
        _, told = await event(answer)
        assert told["sentence"] == "It hangs."
        assert (await event(answer))[0] == "over"
        assert (await event(answer))[0] == "end"


async def test_too_many_tabs_are_told_to_reload(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await uploaded(gallery, ana)
    opened = [listening(ana, work) for _ in range(MOST_OF_ONE)]
    for one in opened:
        answer = await one.__aenter__()
        assert (await event(answer))[0] == "message"
    assert (await ana.get(f"{path(work)}/events")).status == 429
    await gallery.studio.worker.drain()
    await gallery.instance.flows.preparing.refresh()
    for one in opened:
        await one.__aexit__(None, None, None)
