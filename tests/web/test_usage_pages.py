"""What a post from elsewhere says of machines is said again wherever it is shown here."""

from dataclasses import replace
from typing import Any

import pytest

from server.camera import Camera
from server.house import House
from server.policy import PRESETS, compile_policy
from tests.engines import migrated_sqlite, sqlite_url
from tests.flows.dealings import arrive, follow_from_here
from tests.two_servers.stage import ACTIVITY_JSON, Peer
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")
PICTURE = {"type": "Image", "mediaType": "image/jpeg", "url": "https://peer.test/1.jpg"}


def open_up(site: Site) -> None:
    """Have the house itself permit everything, so that what is said is the post's own word."""
    house: House = site.stage.flows.house
    house._in_force = replace(house.now, compiled=compile_policy(PRESETS["open"]))


async def answered(site: Site, **said: Any) -> int:
    """Have Bob, whom Ana follows, answer her work; return the post's number."""
    await follow_from_here(site.stage, site.people["ana"], BOB)
    note = BOB.note(inReplyTo=f"https://art.test/works/{site.work.id}", **said)
    await arrive(site.stage, BOB.does("Create", note, to=note["to"]))
    post = await site.stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert post is not None
    return int(post.id)


@pytest.mark.parametrize("words", [{"contentUsage": "train-ai=n"}, {"xRobotsTag": "noai"}])
async def test_a_posts_own_page_says_what_its_origin_says(
    site: Site, words: dict[str, str]
) -> None:
    open_up(site)
    number = await answered(site, **words)
    answer = await site.get(f"/posts/{number}", "ana")
    assert answer.headers["Content-Usage"] == "train-ai=n"
    assert "noai" in answer.headers["X-Robots-Tag"]
    assert answer.headers["tdm-reservation"] == "1"
    text = await answer.text()
    assert '<meta name="robots" content="noai, noimageai, noarchive">' in text
    assert "May not be used to train AI, its server says." in text


async def test_what_is_not_ours_is_permitted_by_nobody_here(site: Site) -> None:
    open_up(site)
    number = await answered(site)
    answer = await site.get(f"/posts/{number}", "ana")
    assert "Content-Usage" not in answer.headers
    assert "tdm-reservation" not in answer.headers
    assert "its server says" not in await answer.text()


async def test_our_refusal_stands_whatever_a_post_permits(site: Site) -> None:
    number = await answered(site, contentUsage="train-ai=y, ai-use=y, search=y")
    answer = await site.get(f"/posts/{number}", "ana")
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"


async def test_a_thread_carries_what_its_answers_refuse_and_marks_what_hides(site: Site) -> None:
    open_up(site)
    await answered(site, contentUsage="train-ai=n", indexable=False)
    page = site.stage.flows.addresses.work_page("ana", site.work).removeprefix("https://art.test")
    answer = await site.get(page)
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=y, search=y"
    text = await answer.text()
    assert " data-nosnippet><article" in text
    assert "noindex" not in text


async def test_a_feed_carries_what_its_posts_refuse_and_shows_their_licence(site: Site) -> None:
    open_up(site)
    await follow_from_here(site.stage, site.people["ana"], BOB)
    note = BOB.note(
        contentUsage="ai-use=n",
        attachment=[PICTURE],
        license="https://creativecommons.org/licenses/by/4.0/",
    )
    await arrive(site.stage, BOB.does("Create", note, to=note["to"]))
    answer = await site.get("/home", "ana")
    assert answer.headers["Content-Usage"] == "train-ai=y, ai-use=n, search=y"
    text = await answer.text()
    assert "May not be used to feed AI, its server says." in text
    assert 'href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>' in text


@pytest.mark.parametrize(
    "path",
    [
        "/actor", "/actor/outbox", "/users/ana", "/users/ana/outbox", "/users/ana/followers",
        "/users/ana/following", "/users/ana/featured", "/users/ana/featured-tags",
        "/users/ana/series", "/works/WORK", "/works/WORK/replies", "/works/WORK/likes",
        "/works/WORK/shares", "/users/nobody", "/works/1", "/posts/1",
    ],
)  # fmt: skip
async def test_every_activitypub_answer_says_what_machines_may_do(site: Site, path: str) -> None:
    answer = await site.get(path.replace("WORK", str(site.work.id)), Accept=ACTIVITY_JSON)
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    assert answer.headers["X-Robots-Tag"] == "noai, noimageai, noarchive"


async def test_an_artist_gives_a_licence_and_everybody_sees_it(site: Site) -> None:
    path = f"/studio/works/{site.work.id}"
    facts = {"title": "Blue", "visibility": "public", "ai_label": "none", "then": "save"}
    refused = await site.send(path, "ana", path, **facts, licence="mine")
    assert refused.status == 422
    assert "Choose one of the licences" in await refused.text()
    changed = await site.send(path, "ana", path, **facts, licence="cc-by")
    assert changed.status == 303
    page = await site.get(path, "ana")
    assert '<option value="cc-by" selected>' in await page.text()
    shown = await site.get(str((await site.get(f"/works/{site.work.id}")).headers["Location"]))
    text = await shown.text()
    assert (
        '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>' in text
    )
    assert '"license": "https://creativecommons.org/licenses/by/4.0/"' in text or (
        '"license":"https://creativecommons.org/licenses/by/4.0/"' in text
    )


async def test_an_artist_shows_how_a_photograph_was_taken(site: Site) -> None:
    path = f"/studio/works/{site.work.id}"
    camera = Camera("Canon", "EOS R5", exposure="1/250")
    async with site.stage.flows.viewing.library.transaction() as tx:
        await tx.works.put_picture(replace(site.work.pictures[0], camera=camera))
    facts = {"title": "Blue", "visibility": "public", "ai_label": "none", "then": "save"}
    await site.send(path, "ana", path, **facts, shows_camera="yes")
    assert 'name="shows_camera" value="yes" checked' in await (await site.get(path, "ana")).text()
    shown = await site.get(str((await site.get(f"/works/{site.work.id}")).headers["Location"]))
    assert "Taken with Canon EOS R5, 1/250 s." in await shown.text()
