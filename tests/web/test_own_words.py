"""An artist's and a work's own word, through forms, pages, pictures and documents."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.security.gallery import Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING = {
    "own-train-ai": "",
    "own-ai-use": "",
    "own-search": "",
    "own-visitor": "",
    "own-peer": "",
}
ACTIVITY = "application/activity+json"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_stays(gallery: Gallery) -> AsyncIterator[None]:
    yield
    ana = await gallery.member("ana")
    await ana.open_form("/settings")
    await ana.post("/settings/protection", NOTHING)


async def test_an_artist_shows_less_and_reserves_more_at_once(gallery: Gallery) -> None:
    ana = await gallery.member("ana")
    await ana.open_form("/settings")
    view = gallery.media("public", "view.jpg")
    assert (await gallery.stranger().get(view)).status == 200
    said = {**NOTHING, "own-search": "n", "own-visitor": "480", "own-peer": "480"}
    sent = await ana.post("/settings/protection", said)
    assert (sent.status, sent.location) == (303, "/settings?told=protection#protection")
    assert (await gallery.stranger().get(view)).status == 403
    tile = await gallery.stranger().get(gallery.media("public", "tile.jpg"))
    assert tile.headers["Content-Usage"] == "train-ai=n, ai-use=n, search=n"
    work = gallery.works["public"]
    page = await gallery.stranger().get(f"/@ana/{work.id}-{work.slug}")
    assert page.status == 200
    assert "tile.jpg" in page.text
    assert "view." not in page.text
    member = await (await gallery.member("bea")).get(gallery.media("public", "large.jpg"))
    assert member.status == 200  # people who are signed in are the house's matter
    note = json.loads((await gallery.stranger().get(f"/works/{work.id}", Accept=ACTIVITY)).body)
    [attachment] = note["attachment"]
    assert max(attachment["width"], attachment["height"]) <= 480
    settings = (await ana.get("/settings")).text
    assert '<option value="480" selected>' in settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"own-train-ai": "y"},
        {"own-search": "maybe"},
        {"own-visitor": "12"},
        {"own-peer": "-1"},
        {"own-visitor": "9" * 40},
        {"own-peer": "many"},
    ],
)
async def test_what_would_loosen_is_refused_and_what_was_chosen_stays(
    gallery: Gallery, wrong: dict[str, str]
) -> None:
    ana = await gallery.member("ana")
    await ana.open_form("/settings")
    sent = await ana.post("/settings/protection", {**NOTHING, "own-ai-use": "n", **wrong})
    assert sent.status == 422
    assert gallery.studio.house.now.sizes == {}
    kept = await gallery.instance.flows.accounts.named("ana")
    assert kept.content_usage.train_ai == ""


async def test_a_work_can_say_more_than_its_artist(gallery: Gallery) -> None:
    ana = await gallery.member("ana")
    work = gallery.works["public"]
    edit = f"/studio/works/{work.id}"
    await ana.open_form(edit)
    facts = {
        "title": work.title,
        "caption": work.caption,
        "visibility": "public",
        **{f"alt-{one.id}": one.alt for one in work.pictures},
    }
    said = {**facts, **NOTHING, "own-visitor": "480", "own-search": "n"}
    assert (await ana.post(edit, said)).status == 303
    view = gallery.media("public", "view.jpg")
    assert (await gallery.stranger().get(view)).status == 403
    other = await gallery.stranger().get(gallery.media("unlisted", "view.jpg"))
    assert other.status == 200
    assert (await ana.post(edit, {**facts, "own-visitor": "800"})).status == 303
    assert (await gallery.stranger().get(view)).status == 403  # a form without the fields keeps all
    assert (await ana.post(edit, {**facts, **NOTHING, "own-visitor": "2"})).status == 422
    assert (await ana.post(edit, {**facts, **NOTHING})).status == 303
    assert (await gallery.stranger().get(view)).status == 200
