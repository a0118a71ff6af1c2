"""An artist looks at a picture like theirs and says what it is, without scripts."""

import re

from server.likeness import Resemblance, ResemblanceId
from server.model import NotificationKind, RemotePicture, TargetId
from server.notifications import tell
from tests.contract.samples import post
from tests.two_servers.stage import Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")
PICTURE = "https://files.far.test/heron.jpg"


async def told(site: Site) -> str:
    """Let ana be told of bob's post; return the page where she reads it."""
    bob, clock = await site.stage.meet(BOB), site.stage.clock
    shown = (RemotePicture(PICTURE, "image/jpeg", "Mine!", 400, 300),)
    async with site.stage.library.transaction() as tx:
        target = await tx.posts.put(
            post(clock.new_id(), bob.id, pictures=shown, uri=f"{BOB.uri}/1")
        )
        found = Resemblance(
            ResemblanceId(clock.new_id()),
            artist_id=site.id("ana"),
            picture_id=site.work.pictures[0].id,
            work_id=site.work.id,
            other_id=bob.id,
            target_id=TargetId(target),
            position=0,
            distance=4,
            at=clock.now(),
        )
        assert await tx.likenesses.note(found)
        kind, about = NotificationKind.LIKENESS, TargetId(found.id)
        await tell(tx, clock, found.artist_id, kind, bob.id, about)
    link = re.search(r"/likenesses/\d+", await site.page("/notifications", "ana"))
    assert link is not None
    return link[0]


async def test_both_pictures_stand_side_by_side(site: Site) -> None:
    page = await told(site)
    text = await site.page(page, "ana")
    assert PICTURE in text
    assert f"/media/{site.work.pictures[0].media_key}/" in text
    assert "Blue hour" in text
    answer = await site.get(page, "ana")
    assert "img-src 'self' data: https:" in answer.headers["Content-Security-Policy"]


async def test_nobody_else_reads_it(site: Site) -> None:
    page = await told(site)
    assert (await site.get(page, "ben")).status == 404
    assert (await site.get(page)).status == 303
    for deed in ("fine", "mine", "report"):
        assert (await site.send(f"{page}/{deed}", "ben", text="x")).status == 404


async def test_fine_and_mine_are_kept(site: Site) -> None:
    page = await told(site)
    await site.send(f"{page}/fine", "ana", page)
    assert "You said that this one is fine" in await site.page(page, "ana")
    await site.send(f"{page}/mine", "ana", page)
    assert "you hear of it no more" in await site.page(page, "ana")


async def test_a_report_reaches_the_moderators_and_the_other_server(site: Site) -> None:
    page = await told(site)
    fields = {"text": "It is mine: /@ana", "is_forwarded": "yes"}
    sent = await site.send(f"{page}/report", "ana", page, **fields)
    assert sent.headers["Location"] == f"{page}?told=reported"
    assert "You reported it" in await site.page(page, "ana")
    assert "It is mine" in await site.page("/admin/reports", "otto")
    await site.stage.drain()
    assert [one["type"] for _, one in site.stage.net.delivered] == ["Flag"]


async def test_too_long_a_report_comes_back_with_its_words(site: Site) -> None:
    page = await told(site)
    sent = await site.send(f"{page}/report", "ana", page, text="x" * 2_001)
    assert sent.status == 422
    assert "x" * 2_001 in await sent.text()
