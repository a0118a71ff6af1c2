"""Asking to come in, through the pages that people and moderators use, without scripts."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from server.model import Role
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.flows.artists import NO_PICTURE, SMALL
from tests.two_servers.stage import staged
from tests.web.site import PASSWORD, Site

__all__ = ["migrated_sqlite", "sqlite_url"]

QUEUE = "/admin/people/applications"
GOOD = {"name": "Zoë <i>", "words": "I draw hares in the snow, with ink.", "links": ""}


@pytest_asyncio.fixture
async def open_site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """Open art.test for applications; mo moderates."""
    library = open_library(sqlite_url)
    async with staged(library, tmp_path, more='registration = "applications"\n') as stage:
        people = {name: await stage.artist(name) for name in ("ana", "mo")}
        work = await stage.hang(people["ana"])
        async with TestClient(TestServer(stage.instance.app())) as client:
            site = Site(stage, client, people, work)
            await site.give("mo", Role.MODERATOR)
            yield site
    await library.close()


def upload(site: Site, pictures: tuple[bytes, ...] = (), **more: str) -> Any:
    """Return what makes the form of an applicant who takes a minute to write."""
    opened = str(site.stage.clock.now() - 60_000)

    def made(token: str) -> FormData:
        data = FormData(default_to_multipart=True)
        for name, value in {"csrf": token, "opened": opened, **GOOD, **more}.items():
            data.add_field(name, value)
        for number, picture in enumerate(pictures):
            data.add_field("pictures", picture, filename=f"{number}.jpg")
        return data

    return made


async def send(site: Site, *pictures: bytes, **more: str) -> Any:
    return await site.send_as_stranger("/apply", "/apply", form=upload(site, pictures, **more))


async def test_from_asking_to_an_account(open_site: Site) -> None:
    site = open_site
    sent = await send(site, SMALL, links="https://zoe.example/")
    assert sent.status == 303, await sent.text()
    mine = sent.headers["Location"]
    assert "has not decided" not in mine
    assert "have not decided yet" in await (await site.get(mine)).text()
    queue = await site.page(QUEUE, "mo")
    assert "Zoë &lt;i&gt;" in queue
    picture = re.search(rf'src="({QUEUE}/\d+/0\.jpg)"', queue)
    assert picture is not None
    shown = await site.get(picture[1], "mo")
    assert (shown.status, shown.content_type) == (200, "image/jpeg")
    assert (await site.get(picture[1], "ana")).status == 404
    assert (await site.get(picture[1])).status == 303
    accept = re.search(rf'action="({QUEUE}/\d+/accept)"', queue)
    assert accept is not None
    assert (await site.send(accept[1], "ana", "/settings")).status == 404
    passed_on = await site.send(accept[1], "mo", QUEUE, reply="Come in!")
    assert re.search(r"https://art\.test/invite/[\w-]{43}", await passed_on.text())
    answer = await (await site.get(mine.partition("?")[0])).text()
    assert "You are welcome" in answer
    assert "Come in!" in answer
    door = re.search(r'href="(/invite/[\w-]{43})"', answer)
    assert door is not None
    came = await site.send_as_stranger(door[1], door[1], handle="zoe", password=PASSWORD)
    assert (came.status, came.headers["Location"]) == (303, "/studio")
    assert "Nobody waits" in await site.page(QUEUE, "mo")
    assert (await site.get(picture[1], "mo")).status == 404


async def test_what_is_wrong_is_said_and_nothing_is_lost(open_site: Site) -> None:
    for pictures, more, words in (
        ((NO_PICTURE,), {}, "pictures-error"),
        ((), {"words": "Hi"}, "Say a little"),
        ((), {"email": "x"}, "no e-mail address"),
        ((), {"website": "http://spam.example"}, "faster than a person"),
        ((), {"opened": str(open_site.stage.clock.now())}, "faster than a person"),
        ((SMALL,) * 5, {}, "at most 4 files"),
    ):
        sent = await send(open_site, *pictures, **more)
        assert sent.status == 422, more
        text = await sent.text()
        assert words in text, more
    assert "Nobody waits" in await open_site.page(QUEUE, "mo")


async def test_one_network_asks_twice_and_then_waits(open_site: Site) -> None:
    statuses = [(await send(open_site)).status for _ in range(3)]
    assert statuses == [303, 303, 429]


async def test_a_form_without_its_token_is_refused_before_its_files_are_read(
    open_site: Site,
) -> None:
    sent = await open_site.client.post(
        "/apply", data=upload(open_site, (SMALL,))("made up"), headers={"Host": "art.test"}
    )
    assert sent.status == 403


async def test_declined_words_are_read_at_the_private_link(open_site: Site) -> None:
    mine = (await send(open_site)).headers["Location"].partition("?")[0]
    decline = re.search(rf'formaction="({QUEUE}/\d+/decline)"', await open_site.page(QUEUE, "mo"))
    assert decline is not None
    sent = await open_site.send(decline[1], "mo", QUEUE, reply="Not <now>.")
    assert sent.headers["Location"] == f"{QUEUE}?told=declined"
    text = await (await open_site.get(mine)).text()
    assert "Not &lt;now&gt;." in text
    assert "/invite/" not in text
