"""How a work was made, from the edit page to what strangers get: refusals first."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from server.model import Visibility, Work
from server.policy import compile_policy
from server.policy_text import read_policy
from server.rules import Proof
from server.shots import Shot
from storage.s3 import BucketStore, open_bucket
from tests.bucket import bucket
from tests.films import mp4, sound, track, webm
from tests.flows.artists import NO_PICTURE, SMALL
from tests.security.gallery import Answer, Browser, Gallery, a_gallery  # noqa: F401 - fixture
from web.app import build_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

File = tuple[str, str, bytes]  # field, name, bytes


async def send(
    browser: Browser, work: Work, *files: File, csrf: str = "", **fields: str | list[str]
) -> Answer:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("csrf", csrf or browser.csrf)
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            form.add_field(name.replace("_", "-"), one)
    for field, name, body in files:
        form.add_field(field, body, filename=name, content_type="application/octet-stream")
    return await browser.ask("POST", f"/studio/works/{work.id}/process", data=form)


async def shots(gallery: Gallery, work: Work) -> tuple[Shot, ...]:
    return await gallery.instance.flows.documenting.of_work(work.id)


async def a_work(
    gallery: Gallery, visibility: Visibility = Visibility.PUBLIC, **of: object
) -> Work:
    return await gallery.studio.hung(gallery.ana, visibility, title="Made", slug="made", **of)


async def with_film(gallery: Gallery, body: bytes = b"", **of: object) -> tuple[Work, str]:
    """Return a work with a video, and the video's path."""
    work = await a_work(gallery, **of)  # type: ignore[arg-type]  # as tests name it
    answer = await send(await gallery.member(), work, ("shots", "lapse.mp4", body or mp4()))
    assert answer.status == 303, answer.text
    (shot,) = await shots(gallery, work)
    assert shot.video is not None
    extension = "webm" if body == webm() else "mp4"
    return work, f"/media/{shot.video.media_key}/video.{extension}"


def page_of(work: Work) -> str:
    return f"/@ana/{work.id}-{work.slug}"


async def test_strangers_others_and_forms_without_a_token_change_nothing(gallery: Gallery) -> None:
    ana, bea, work = await gallery.member(), await gallery.member("bea"), await a_work(gallery)
    film = ("shots", "lapse.mp4", mp4())
    assert (await send(gallery.stranger(), work, film)).status in {303, 403}
    assert (await send(ana, work, film, csrf="made-up")).status == 403
    assert (await send(bea, work, film)).status == 404
    assert await shots(gallery, work) == ()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("film.mp4", b"", "is empty"),
        ("film.mp4", NO_PICTURE, "film.mp4: This file is a text file"),
        ("film.mp4", b"MZ\x90\0" + bytes(500), "no picture that we can read"),
        ("film.mp4", b"<html><script>1</script>", "film.mp4: This file is a web page"),
        ("film.mp4", mp4(end=b"<html><script>1</script>"), "film.mp4 is cut off"),
        ("film.webm", webm(doc_type=b"matroska"), "film.webm is no WebM"),
        ("film.mp4", mp4(track(640, 360, b"apch")), "film.mp4 is in ProRes, which browsers do not"),
        ("big.png", b"\x89PNG\r\n\x1a\n" + bytes(500_001), "big.png is larger than 0 MiB"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_words_are_kept(
    gallery: Gallery, name: str, body: bytes, said: str
) -> None:
    work, _ = await with_film(gallery)
    (shot,) = await shots(gallery, work)
    words = {f"caption_{shot.id}": "Day <1>", f"alt_{shot.id}": "A table"}
    answer = await send(
        await gallery.member(), work, ("shots", name, body), shot=str(shot.id), **words
    )
    assert answer.status == 422
    assert said in answer.text
    assert 'id="shots-error"' in answer.text
    assert "Day &lt;1&gt;</textarea>" in answer.text
    assert await shots(gallery, work) == (shot,)


async def test_pictures_and_videos_are_added_described_ordered_and_taken_out(
    gallery: Gallery,
) -> None:
    ana, work = await gallery.member(), await a_work(gallery)
    edit = f"/studio/works/{work.id}"
    empty = (await ana.get(edit)).text
    assert "exactly as it is:</strong> what its file says of place, camera" in empty
    assert 'accept="image/jpeg,' in empty
    assert "MP4 or WebM up to 100 MB" in empty
    assert re.search(r"\d MB are left for all your works together|\d GB are left", empty)
    assert "How it was made" not in (await ana.get(page_of(work))).text
    files = (("shots", "table.jpg", SMALL), ("shots", "lapse.webm", webm()))
    answer = await send(ana, work, *files)
    assert answer.location == f"{edit}?told=shots#process"
    still, film = await shots(gallery, work)
    assert "Being prepared" in (await ana.get(edit)).text
    page = (await gallery.stranger().get(page_of(work))).text
    assert page.count("making__one") == 1  # what is not ready is not shown
    await gallery.studio.worker.drain()
    words = {
        f"caption_{still.id}": "Day <1>",
        f"alt_{still.id}": "A <table>",
        f"position_{still.id}": "2",
        f"position_{film.id}": "1",
        f"alt_{film.id}": "A hand draws",
    }
    answer = await send(ana, work, shot=[str(still.id), str(film.id)], **words)
    assert answer.location == f"{edit}?told=saved#process"
    page = (await gallery.stranger().get(page_of(work))).text
    section = page[page.index('id="making-title"') :]
    assert section.index("video.webm") < section.index("Day &lt;1&gt;")
    assert 'alt="A &lt;table&gt;" width="' in section
    assert 'aria-label="A hand draws"' in section
    kept = await shots(gallery, work)
    answer = await send(
        ana, work, shot=[str(one.id) for one in kept], **{f"remove_{film.id}": "yes"}
    )
    assert answer.status == 303
    (left,) = await shots(gallery, work)
    assert left.id == still.id
    assert (left.alt, left.caption) == ("A <table>", "Day <1>")


async def test_of_a_video_that_some_browsers_play_its_artist_reads_what_to_do(
    gallery: Gallery,
) -> None:
    ana, work = await gallery.member(), await a_work(gallery)
    phone = mp4(track(1_280, 720, b"hvc1"), sound(b"ac-3"))
    answer = await send(ana, work, ("shots", "phone.mp4", phone))
    assert answer.location == f"/studio/works/{work.id}?told=shots-remarked#process"
    for path in (answer.location.partition("#")[0], f"/studio/works/{work.id}"):  # and later too
        page = (await ana.get(path)).text
        assert "This video is in HEVC (H.265), which only some browsers play" in page
        assert "Its sound is AC-3, which many browsers do not play" in page
    assert "HEVC" not in (await gallery.stranger().get(page_of(work))).text
    fine = await send(ana, await a_work(gallery), ("shots", "lapse.mp4", mp4()))
    assert fine.location.endswith("?told=shots#process")


async def test_the_address_of_a_video_that_was_taken_out_says_that_it_is_gone(
    gallery: Gallery,
) -> None:
    work, path = await with_film(gallery)
    (shot,) = await shots(gallery, work)
    answer = await send(
        await gallery.member(), work, shot=str(shot.id), **{f"remove_{shot.id}": "yes"}
    )
    assert answer.status == 303
    for range_ in ("bytes=0-9", ""):
        assert (await gallery.stranger().get(path, Range=range_)).status == 410


async def test_a_video_waits_for_who_plays_it_and_the_page_lets_only_ours_in(
    gallery: Gallery,
) -> None:
    work, path = await with_film(gallery)
    answer = await gallery.stranger().get(page_of(work))
    (tag,) = re.findall(r"<video[^>]*>", answer.text)
    for word in ("controls", 'preload="none"', 'width="1280" height="720"', 'poster="/media/'):
        assert word in tag
    assert "autoplay" not in tag
    assert f'<source src="{path}" type="video/mp4">' in answer.text
    assert work.pictures[0].media_key in tag  # the work's own picture stands for it
    assert "media-src 'self';" in answer.headers["Content-Security-Policy"]
    plain = await gallery.stranger().get(gallery.page("public"))
    assert "media-src" not in plain.headers["Content-Security-Policy"]


async def test_a_picture_of_its_own_stands_for_a_video(gallery: Gallery) -> None:
    work, _ = await with_film(gallery)
    ana, (shot,) = await gallery.member(), await shots(gallery, work)
    wrong = await send(ana, work, (f"poster-{shot.id}", "a.mp4", mp4()), shot=str(shot.id))
    assert wrong.status == 422
    assert f'id="poster-{shot.id}-error"' in wrong.text
    poster = (f"poster-{shot.id}", "a.jpg", SMALL)
    assert (await send(ana, work, poster, shot=str(shot.id))).status == 303
    await gallery.studio.worker.drain()
    (shot,) = await shots(gallery, work)
    assert shot.picture is not None
    page = (await gallery.stranger().get(page_of(work))).text
    assert shot.picture.media_key in re.findall(r"<video[^>]*>", page)[0]


async def test_parts_of_a_video_are_given_as_they_are(gallery: Gallery) -> None:
    _, path = await with_film(gallery)
    stranger = gallery.stranger()
    whole = await stranger.get(path)
    assert (whole.status, whole.body) == (200, mp4())
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert "immutable" in whole.headers["Cache-Control"]
    assert whole.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    part = await stranger.get(path, Range="bytes=5-99")
    assert (part.status, part.body) == (206, mp4()[5:100])
    assert part.headers["Content-Range"] == f"bytes 5-99/{len(mp4())}"
    assert (await stranger.get(path, Range="bytes=-7")).body == mp4()[-7:]
    assert (await stranger.get(path, Range="bytes=999999-")).status == 416
    head = await stranger.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    for wrong in (path.replace("mp4", "webm"), f"/media/{'0' * 40}/video.mp4"):
        assert (await stranger.get(wrong)).status == 404


async def test_machines_that_collect_get_neither_video_nor_picture(gallery: Gallery) -> None:
    _, path = await with_film(gallery)
    for agent in ("GPTBot/1.2", "CCBot/2.0", "Bytespider"):
        answer = await gallery.stranger(agent).get(path)
        assert answer.status == 403
        assert mp4()[:40] not in answer.body


async def test_a_drafts_video_is_for_its_artist_and_a_withdrawn_ones_for_nobody(
    gallery: Gallery,
) -> None:
    work, path = await with_film(gallery, visibility=Visibility.DRAFT)
    ana = await gallery.member()
    for other in (gallery.stranger(), await gallery.member("bea")):
        assert (await other.get(path)).status == 404
    answer = await ana.get(path)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    await gallery.studio.publishing.withdraw(gallery.ana, work.id)
    assert (await ana.get(path)).status == 410
    followers, path = await with_film(gallery, visibility=Visibility.FOLLOWERS)
    kept = (await gallery.stranger().get(path)).headers["Cache-Control"]  # the address is the right
    assert kept == "private, max-age=86400"
    assert (await gallery.stranger().get(page_of(followers))).status == 404


@contextmanager
def in_force(gallery: Gallery, text: str) -> Iterator[None]:
    """Let a policy be in force for a while."""
    house = gallery.instance.flows.house
    before = house.now
    policy = read_policy(f'preset = "{house.preset}"\n{text}')
    house._in_force = replace(before, compiled=compile_policy(policy))
    try:
        yield
    finally:
        house._in_force = before


async def shrink(gallery: Gallery, work: Work) -> None:
    """Let guests who gave no proof have small copies of a work only."""
    async with gallery.studio.library.transaction() as tx:
        await tx.works.update(replace(work, sizes=replace(work.sizes, visitor=800)))


def closer_to(page: str) -> str:
    """Return the address on a work's page that leads to its video."""
    (found,) = re.findall(r'<source src="(/works/\d+/process/\d+/video)"', page)
    return str(found)


async def test_who_gets_small_pictures_only_gets_the_poster_and_is_told_why(
    gallery: Gallery,
) -> None:
    work, path = await with_film(gallery)
    guest = gallery.stranger()
    await guest.get("/proof.css")
    (shot,) = await shots(gallery, work)
    closer = f"/works/{work.id}/process/{shot.id}/video"
    with in_force(gallery, "[renditions]\nvisitor = 800\nperson = 800\n"):
        for browser in (gallery.stranger(), guest, await gallery.member("bea")):
            refused = await browser.get(path)
            assert refused.status == 403
            assert "sees small pictures only sees no videos" in refused.text
            assert (await browser.get(closer)).status == 403
            page = (await browser.get(page_of(work))).text
            assert "<video" not in page
            assert "It is not shown to you" in page
    tiny, path = await with_film(gallery, webm())
    await shrink(gallery, tiny)
    assert (await gallery.stranger().get(path)).status == 200  # it is no larger than that itself


async def test_a_proof_opens_a_video_to_one_browser_for_an_hour(gallery: Gallery) -> None:
    work, path = await with_film(gallery)
    await shrink(gallery, work)
    guest, page = gallery.stranger(), await gallery.stranger().get(page_of(work))
    assert "public" in page.headers["Cache-Control"]
    assert '<link rel="stylesheet" href="/proof.css">' in page.text
    assert "It plays where your browser loads style sheets and keeps cookies" in page.text
    assert path not in page.text
    closer = closer_to(page.text)
    told = await guest.get(closer)
    assert (told.status, told.headers["Cache-Control"]) == (303, "no-store")
    assert told.location.endswith("?told=no-proof-video#process")
    notice = await guest.get(told.location.removeprefix(guest.base).partition("#")[0])
    assert "yours sent none back. Play it once more" in notice.text
    await guest.get("/proof.css")
    led = await guest.get(closer)
    assert (led.status, led.headers["Cache-Control"]) == (303, "no-store")
    assert led.location.startswith(f"{path}?t=")
    for sent, status, body in (
        ({}, 200, mp4()),
        ({"Range": "bytes=0-"}, 206, mp4()),
        ({"Range": "bytes=5-99"}, 206, mp4()[5:100]),
        ({"Range": "bytes=-7"}, 206, mp4()[-7:]),
        ({"Range": "bytes=999999-"}, 416, b""),
    ):
        answer = await guest.get(led.location, **sent)
        assert (answer.status, answer.body) == (status, body), sent
        assert answer.headers["Cache-Control"] == "private, max-age=86400"
    other = gallery.stranger()
    await other.get("/proof.css")
    tool = replace(guest, agent="python-requests/2.32.3", cookies=dict(guest.cookies))
    for browser in (gallery.stranger(), other, tool):
        for sent in ({}, {"Range": "bytes=0-9"}):
            assert (await browser.get(led.location, **sent)).status == 403
    token = led.location.partition("?t=")[2]
    other_work, another = await with_film(gallery)
    await shrink(gallery, other_work)
    for wrong in (path, f"{path}?t={token}A", f"{path}?t={token[::-1]}", f"{another}?t={token}"):
        assert (await guest.get(wrong)).status == 403
    gallery.studio.clock.move(3_601_000)
    assert (await guest.get(led.location)).status == 403
    again = await guest.get(closer)
    assert (await guest.get(again.location)).status == 200
    await gallery.studio.publishing.withdraw(gallery.ana, work.id)
    for gone in (closer, again.location, path):
        assert (await guest.get(gone)).status == 410


async def test_the_walk_to_a_video_shows_nothing_that_its_page_does_not(gallery: Gallery) -> None:
    ana, bea, guest = await gallery.member(), await gallery.member("bea"), gallery.stranger()
    await guest.get("/proof.css")
    work, path = await with_film(gallery)
    still = await a_work(gallery)
    await send(ana, still, ("shots", "a.jpg", SMALL))
    (film,), (picture,) = await shots(gallery, work), await shots(gallery, still)
    for wrong in (
        f"/works/{still.id}/process/{picture.id}/video",  # a picture
        f"/works/{still.id}/process/{film.id}/video",  # of another work
        f"/works/{work.id}/process/{2**63}/video",
        f"/works/1/process/{film.id}/video",
    ):
        assert (await guest.get(wrong)).status == 404, wrong
    for member in (ana, bea):  # who needs no proof
        assert (await member.get(f"/works/{work.id}/process/{film.id}/video")).location == path
    draft, path = await with_film(gallery, visibility=Visibility.DRAFT)
    (film,) = await shots(gallery, draft)
    closer = f"/works/{draft.id}/process/{film.id}/video"
    assert (await ana.get(closer)).location == path
    for other in (guest, bea):
        assert (await other.get(closer)).status == 404


def rule(then: str, *classes: str) -> str:
    return f"""
        [[rules]]
        name = "Small only"
        door = "media"
        when = {{ class = {list(classes)} }}
        then = "{then}"
        because = "We said so."
        """


async def test_a_rule_that_gives_small_pictures_gives_no_video(gallery: Gallery) -> None:
    work, path = await with_film(gallery)
    guest = gallery.stranger()
    await guest.get("/proof.css")
    with in_force(gallery, rule("preview", "visitor", "person")):
        for browser in (gallery.stranger(), guest):
            assert (await browser.get(path)).status == 403
            assert "<video" not in (await browser.get(page_of(work))).text
        answer = await (await gallery.member("bea")).get(path)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "private, max-age=86400"


async def test_a_rule_that_asks_for_a_proof_is_met_by_one(gallery: Gallery) -> None:
    work, path = await with_film(gallery)
    guest = gallery.stranger()
    await guest.get("/proof.css")
    with in_force(gallery, rule("prove", "visitor", "person")):
        for browser in (gallery.stranger(), guest):  # who knows the address alone shows nothing
            assert (await browser.get(path)).status == 403
        closer = closer_to((await gallery.stranger().get(page_of(work))).text)
        led = await guest.get(closer)
        answer = await guest.get(led.location)
        assert (answer.status, answer.body) == (200, mp4())
        for browser in (guest, await gallery.member("bea")):  # no shared cache keeps it for others
            answer = await browser.get(led.location)
            assert answer.headers["Cache-Control"] == "private, max-age=86400"
        tool = gallery.stranger("python-requests/2.32.3")
        assert (await tool.get(closer)).location.endswith("?told=no-proof-video#process")


async def test_where_a_sum_is_asked_a_cookie_opens_no_video(gallery: Gallery) -> None:
    work, _ = await with_film(gallery)
    await shrink(gallery, work)
    guest = gallery.stranger()
    await guest.get("/proof.css")
    with in_force(gallery, '[renditions]\nproof = "work"\n'):
        page = (await guest.get(page_of(work))).text
        assert "<video" not in page
        (closer,) = re.findall(r'class="making__play" rel="nofollow" href="([^"]+)"', page)
        assert 'type="module" src="/static/larger.js' in page
        assert "<noscript> That takes a script: without one, it is not shown to you." in page
        led = await guest.get(closer)
        assert led.location.endswith("?told=no-work-video#process")
        tokens, clock = gallery.instance.flows.media_tokens, gallery.studio.clock
        name = next(iter(guest.cookies))
        guest.cookies[name] = tokens.proof(bytes(12), clock.now(), Proof.WORK)
        led = await guest.get(closer)
        assert (await guest.get(led.location)).body == mp4()


async def test_a_bucket_gives_parts_of_a_video_as_a_folder_does(gallery: Gallery) -> None:
    _, path = await with_film(gallery)
    store = open_bucket(bucket(f"test-{secrets.token_hex(8)}"))
    assert isinstance(store, BucketStore)
    await store._ask("create_bucket")
    flows = replace(gallery.instance.flows, media=store)
    async with TestServer(build_app(flows)) as server:
        other = replace(gallery.stranger(), base=str(server.make_url("")).rstrip("/"))
        assert (await other.get(path)).status == 404  # it is not there yet, and no half answer
        await store.put(mp4())
        whole = await other.get(path)
        assert (whole.status, whole.body) == (200, mp4())
        assert whole.headers["Content-Length"] == str(len(mp4()))
        tag = whole.headers["ETag"]
        part = await other.get(path, Range="bytes=5-99", If_Range=tag)
        assert (part.status, part.body) == (206, mp4()[5:100])
        assert part.headers["Content-Range"] == f"bytes 5-99/{len(mp4())}"
        assert (await other.get(path, Range="bytes=5-99", If_Range='"other"')).body == mp4()
        beyond = await other.get(path, Range="bytes=999999-")
        assert (beyond.status, beyond.body) == (416, b"")
        head = await other.ask("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(mp4()))
    await store.close()
