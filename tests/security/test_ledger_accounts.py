"""Whose is it? Numbers of other people's things, and markup that pretends, beside what is right."""

import json

import pytest

from federation.wording import sanitised
from server.model import Artist, FollowState, PostId, TargetId
from tests.security.gallery import ACTIVITY, Gallery, a_gallery  # noqa: F401 - fixture
from web.text import remote_html

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("who", ["bea", "ana"])
@pytest.mark.parametrize("deed", ["", "/withdraw", "/retry"])
async def test_nobody_changes_anothers_work_by_its_number(
    gallery: Gallery, deed: str, who: str
) -> None:
    """CVE-2024-25108 and CVE-2026-28431: being signed in was taken for being allowed."""
    work = await gallery.studio.hung(gallery.ana, title="Hers")
    member = await gallery.member(who)
    for path in (f"/studio/works/{work.id}", f"/studio/works/{work.id}/withdraw"):
        assert (await member.get(path)).status == (200 if who == "ana" else 404)
    answer = await member.post(f"/studio/works/{work.id}{deed}", {"title": "Mine"})
    after = await gallery.studio.work(work.id)
    if who == "bea":
        assert answer.status == 404
        assert after == work
    else:
        assert answer.status in {303, 409, 422}


@pytest.mark.parametrize("who", ["bea", "ana"])
async def test_nobody_fetches_anothers_original(gallery: Gallery, who: str) -> None:
    work = gallery.works["public"]
    path = f"/studio/works/{work.id}/original/{work.pictures[0].id}"
    assert (await (await gallery.member(who)).get(path)).status == (200 if who == "ana" else 404)


@pytest.mark.parametrize("who", ["bea", "ana"])
async def test_nobody_sends_anothers_followers_away(gallery: Gallery, who: str) -> None:
    """Pixelfed 6643: removing a follower asked for no right to do so."""
    await gallery.studio.befriend(gallery.zoe.id, gallery.ana.id)
    await (await gallery.member(who)).post(f"/followers/{gallery.zoe.id}/remove")
    async with gallery.studio.library.reading() as tx:
        left = await tx.relations.follow(gallery.zoe.id, gallery.ana.id)
    assert (left is None) is (who == "ana")
    assert left is None or left.state is FollowState.ACCEPTED


@pytest.mark.parametrize("who", ["bea", "ana"])
async def test_nobody_reads_anothers_notices_away(gallery: Gallery, who: str) -> None:
    """CVE-2026-22246: other people's records could be had by their numbers."""
    studio = gallery.studio
    work = await studio.hung(gallery.ana, title="Noticed")
    await studio.commenting.comment(await _named(gallery, "cy"), TargetId(work.id), "Fine ears")
    await gallery.instance.worker.drain()
    notice, *_ = await studio.notifications.page(gallery.ana.id)
    assert notice.read_at is None
    member = await gallery.member(who)
    assert ("Fine ears" in (await member.get("/notifications")).text) is (who == "ana")
    await member.post(f"/notifications/read/{notice.id}")
    now, *_ = await studio.notifications.page(gallery.ana.id)
    assert (now.read_at is not None) is (who == "ana")


@pytest.mark.parametrize("who", ["bea", "cy"])
async def test_nobody_deletes_anothers_comment(gallery: Gallery, who: str) -> None:
    """CVE-2025-32946 and its kin: the number was enough."""
    cy = await _named(gallery, "cy")
    said = await gallery.studio.commenting.comment(cy, TargetId(gallery.works["public"].id), "Hm")
    await (await gallery.member(who)).post(f"/posts/{said.id}/delete")
    async with gallery.studio.library.reading() as tx:
        left = await tx.posts.by_id(PostId(said.id))
    assert (left is None) is (who == "cy")


@pytest.mark.parametrize("accept", [ACTIVITY, "application/ld+json", "*/*", "application/json"])
async def test_no_file_of_ours_speaks_as_an_actor(gallery: Gallery, accept: str) -> None:
    """CVE-2024-25623 and Pleroma 2024.03: an upload was served as if the server said it."""
    for path in (
        gallery.media("public"),
        gallery.media("public", "federated.jpg?p=x"),
        "/static/fixatif.css",
        "/robots.txt",
    ):
        answer = await gallery.stranger().get(path, Accept=accept)
        assert "activity+json" not in answer.headers["Content-Type"]
        assert "ld+json" not in answer.headers["Content-Type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src" not in answer.headers["Content-Security-Policy"]
    own = await gallery.stranger().get("/users/ana", Accept=ACTIVITY)
    assert own.headers["Content-Type"].startswith(ACTIVITY)
    assert json.loads(own.body)["type"] == "Person"


@pytest.mark.parametrize(
    "dressed",
    [
        '<a href="https://evil.test/"><b class="invisible">evil.test/?</b><i>bank.test</i></a>',
        '<a href="https://evil.test/" title="https://bank.test/" style="font-size:0">evil.test</a>',
        '<a href="https://evil.test/" class="u-url mention"><b hidden>evil.test</b></a>',
        '<a href="https://evil.test/">evil.test<!-- --></a><style>a{display:none}</style>',
        '<a href="https://evil.test/">\u202etset.live\u202c evil.test</a>',
    ],
    ids=range(5),
)
async def test_no_part_of_a_link_is_hidden(dressed: str) -> None:
    """CVE-2023-36462: some markup hid where a verified link really leads."""
    for cleaned in (sanitised(dressed), str(remote_html(dressed))):
        for hiding in ("class=", "style", "hidden", "title=", "<!--"):
            assert hiding not in cleaned
        assert 'href="https://evil.test/"' in cleaned
        assert "evil.test" in cleaned.partition(">")[2]
    plain = sanitised('<p><a href="https://far.test/">far.test</a></p>')
    assert 'href="https://far.test/"' in plain


async def _named(gallery: Gallery, handle: str) -> Artist:
    artist, _ = await gallery.studio.viewing.artist(handle)
    return artist
