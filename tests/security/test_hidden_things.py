"""What must not be found out: originals, other files, drafts, works for followers."""

import json
import re

import pytest

from server.model import PictureState, WorkId
from tests.flows.artists import IMAGES
from tests.security.gallery import ACTIVITY, Answer, Gallery, a_gallery  # noqa: F401 - fixture
from tests.security.harmless import check_harmless

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fserver%2fconfig.py",
        "/static/%2e%2e/config.toml",
        "/static/....//x",
        "/static/fixatif.css%00.jpg",
        "/media/../fixatif.db",
        "/media/%2e%2e/%2e%2e/fixatif.db",
        "/media/{digest}",
        "/media/{digest}/original.jpg",
        "/media/{short}/original.jpg",
        "/media/{key}/original.jpg",
        "/media/{key}/original.png",
        "/media/{key}/ORIGINAL.jpg",
        "/media/{key}/original",
        "/media/{key}/",
        "/media/{key}/tile.jpg/..",
        "/media/{place}",
        "/studio/works/{work}/original/{picture}",
        "/config.toml",
        "/fixatif.db",
    ],
)
async def test_no_path_leads_to_an_original_or_to_any_other_file(
    gallery: Gallery, path: str
) -> None:
    picture = gallery.works["public"].pictures[0]
    digest = picture.original_digest
    asked = path.format(
        digest=digest,
        short=digest[:40],
        key=picture.media_key,
        place=f"{digest[:2]}/{digest[2:4]}/{digest}",
        work=gallery.works["public"].id,
        picture=picture.id,
    )
    original = await gallery.studio.media.read(digest)
    for browser in (gallery.stranger(), await gallery.member("bea")):
        answer = await browser.get(asked)
        assert answer.status in {303, 404}, asked
        assert original not in answer.body
        assert b"SQLite format" not in answer.body


async def test_an_artist_gets_the_original_back_as_a_download(gallery: Gallery) -> None:
    work = gallery.works["public"]
    path = f"/studio/works/{work.id}/original/{work.pictures[0].id}"
    answer = await (await gallery.member("ana")).get(path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("file", "claimed"),
    [
        ("hostile/script.svg", "image/svg+xml"),
        ("hostile/script.svg", "image/jpeg"),
        ("hostile/html-named.png", "image/png"),
        ("hostile/html-named.png", "text/html"),
        ("hostile/svg-named.png", "image/png"),
        ("hostile/note-named.png", "application/activity+json"),
        ("hostile/polyglot.gif", "image/gif"),
        ("hostile/php-comment.jpg", "application/x-httpd-php"),
        ("private/script-in-artist.jpg", "image/jpeg"),
        ("hostile/truncated.jpg", "image/jpeg"),
        ("hostile/empty.png", "image/png"),
    ],
)
async def test_an_upload_is_what_its_bytes_are_and_is_never_served_as_anything_else(
    gallery: Gallery, file: str, claimed: str
) -> None:
    body = (IMAGES / file).read_bytes()
    member = await gallery.member("cy")
    answer = await member.upload(body, "hare.html", claimed, title="Odd", then="draft")
    if answer.status == 422:  # empty
        assert body == b""
        return
    assert answer.status == 303, answer.text
    await gallery.instance.worker.drain()
    found = re.search(r"/studio/works/(\d+)", answer.location)
    assert found is not None
    work = await gallery.studio.work(WorkId(int(found[1])))
    check_harmless(await member.get(f"/studio/works/{work.id}"))
    for picture in work.pictures:
        if picture.state is PictureState.REFUSED:
            assert picture.problem.endswith(".")
            assert picture.renditions == ()
        for one in picture.renditions:
            sent = await member.get(f"/media/{picture.media_key}/{one.name}.{one.format}")
            if sent.status != 200:
                continue
            assert sent.headers["Content-Type"] in {"image/jpeg", "image/avif"}
            assert sent.headers["X-Content-Type-Options"] == "nosniff"
            assert sent.body.startswith((b"\xff\xd8\xff", b"\0\0\0"))  # JPEG, AVIF
            if file != "private/script-in-artist.jpg":  # whose notice stays, as any artist's does
                for bad in (b"<script", b"<?php", b"<svg", b"<html"):
                    assert bad not in sent.body


async def test_what_is_hidden_answers_as_what_never_was(gallery: Gallery) -> None:
    def shape(answer: Answer) -> tuple[int, str, int]:
        body = re.sub(r"\d{6,}", "N", answer.text)
        return answer.status, answer.headers.get("Content-Type", ""), len(body)

    for browser in (gallery.stranger(), await gallery.member("cy")):
        absent = gallery.works["public"].id + 1
        hidden = [gallery.works["draft"].id, gallery.works["followers"].id]
        for pattern, accept in (
            ("/works/{}", "text/html"),
            ("/works/{}", ACTIVITY),
            ("/works/{}/replies", ACTIVITY),
            ("/@ana/{}", "text/html"),
            ("/@ana/{}-draft-hare", "text/html"),
            ("/studio/works/{}", "text/html"),
            ("/posts/{}", "text/html"),
        ):
            expected = shape(await browser.get(pattern.format(absent), Accept=accept))
            for work_id in hidden:
                found = shape(await browser.get(pattern.format(work_id), Accept=accept))
                assert found == expected, pattern


async def test_what_was_withdrawn_is_gone_at_every_address(gallery: Gallery) -> None:
    work = gallery.works["withdrawn"].id
    for browser in (gallery.stranger(), await gallery.member("ana")):
        for path, accept in (
            (gallery.page("withdrawn"), "text/html"),
            (f"/works/{work}", "text/html"),
            (f"/works/{work}", ACTIVITY),
            (gallery.page("withdrawn"), ACTIVITY),
            (gallery.media("withdrawn"), "image/avif"),
            (gallery.media("withdrawn", "federated.jpg?p=x"), "*/*"),
        ):
            answer = await browser.get(path, Accept=accept)
            assert answer.status == 410, path
            if accept == ACTIVITY:
                assert json.loads(answer.body)["type"] == "Tombstone"


async def test_pages_name_no_picture_that_their_reader_may_not_have(gallery: Gallery) -> None:
    for browser, is_member in ((gallery.stranger(), False), (await gallery.member("bea"), True)):
        text = (await browser.get(gallery.page("public"))).text
        assert ("/large.jpg" in text) is is_member
        assert "original" not in text
        for hidden in ("draft", "withdrawn"):
            assert gallery.works[hidden].pictures[0].media_key not in text


@pytest.mark.parametrize("accept", ["text/html", ACTIVITY])
async def test_followers_pictures_are_named_to_followers_alone(
    gallery: Gallery, accept: str
) -> None:
    key = gallery.works["followers"].pictures[0].media_key
    for browser in (gallery.stranger(), await gallery.member("cy")):
        for path in (
            "/",
            "/@ana",
            "/users/ana/outbox?page=true",
            "/users/ana/featured",
            gallery.page("followers"),
        ):
            assert key not in (await browser.get(path, Accept=accept)).text
    assert key in (await (await gallery.member("bea")).get(gallery.page("followers"))).text
