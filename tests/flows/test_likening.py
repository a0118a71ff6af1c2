"""Somebody else shows an artist's picture: who hears of it, who does not, and what they may do."""

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from PIL import Image

from server.drafts import Draft
from server.errors import NotAllowed, NotFound
from server.likeness import Resemblance, ResemblanceId, Verdict
from server.likening import Pair
from server.model import Artist, NotificationKind, PictureId, RemotePicture, Visibility, Work
from server.ports import Unreachable
from server.sampleart import paint, sample_works
from tests.flows.dealings import arrive, follow_from_here, here, sent
from tests.two_servers.stage import Peer, Stage

BOB = Peer("bob")
PICTURE = "https://files.far.test/heron.jpg"


@cache
def painted(which: int = 2) -> Image.Image:
    with Image.open(io.BytesIO(paint(sample_works()[which], 0))) as image:
        return image.convert("RGB").resize((300, 375))


def file_of(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def original() -> bytes:
    return file_of(painted())


def copy() -> bytes:
    """Return the picture mirrored, made smaller and saved badly."""
    mirrored = painted().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return file_of(mirrored.resize((200, 250)), quality=40)


async def hung(stage: Stage, artist: Artist, data: bytes, **more: Any) -> Work:
    work = await stage.upload(artist, Draft(title="Heron", **more), (data, "A heron"))
    await stage.drain()
    return work


async def news(stage: Stage, artist: Artist) -> list[Resemblance]:
    """Return what an artist was told of pictures like theirs."""
    told = await stage.flows.notifications.page(artist.id)
    ids = [one.target_id for one in told if one.kind is NotificationKind.LIKENESS]
    found: list[Resemblance] = [
        await stage.read(lambda tx, one=one: tx.likenesses.resemblance(one)) for one in ids
    ]
    return found


async def post(stage: Stage, peer: Peer = BOB, url: str = PICTURE, **more: Any) -> None:
    """Let a picture arrive in a post of somebody elsewhere."""
    attached = {"type": "Document", "mediaType": "image/jpeg", "url": url, "name": "mine!"}
    note = peer.note(attachment=[attached], **more)
    await arrive(stage, peer.does("Create", note))


async def pair(stage: Stage, artist: Artist) -> Pair:
    (found,) = await news(stage, artist)
    shown: Pair = await stage.flows.likening.pair(artist, found.id)
    return shown


async def test_the_same_picture_by_somebody_else_here_is_told_to_both(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    hers = await hung(stage, ana, original())
    his = await hung(stage, ben, copy())
    (told,) = await news(stage, ana)
    assert (told.work_id, told.other_id, told.target_id) == (hers.id, ben.id, his.id)
    assert told.distance <= 31
    (also,) = await news(stage, ben)
    assert (also.work_id, also.other_id, also.target_id) == (his.id, ana.id, hers.id)


async def test_nobody_hears_of_what_they_hang_twice_or_of_another_picture(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    await hung(stage, ana, original())
    await hung(stage, ana, copy())
    await hung(stage, ben, file_of(painted(0)))
    assert await news(stage, ana) == []
    assert await news(stage, ben) == []


async def test_flat_pictures_are_like_nothing(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    flat = file_of(Image.new("RGB", (500, 400), (250, 250, 248)))
    await hung(stage, ana, flat)
    await hung(stage, ben, flat)
    assert await news(stage, ana) == []
    assert not await stage.read(lambda tx: tx.likenesses.is_any())


@pytest.mark.parametrize("audience", [Visibility.FOLLOWERS, Visibility.DRAFT])
async def test_what_an_artist_may_not_see_is_not_told(stage: Stage, audience: Visibility) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    await hung(stage, ana, original())
    await hung(stage, ben, copy(), visibility=audience)
    assert await news(stage, ana) == []
    if audience is Visibility.FOLLOWERS:
        assert len(await news(stage, ben)) == 1  # he may see hers


async def test_a_picture_from_elsewhere_is_brought_once_and_told(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    hers = await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    shown = await pair(stage, ana)
    assert shown.work.id == hers.id
    assert shown.other.uri == BOB.uri
    assert isinstance(shown.theirs, RemotePicture)
    assert shown.theirs.url == PICTURE
    assert stage.net.fetched.count(PICTURE) == 1
    request = next(one for one in stage.net.asked if one.url == PICTURE)
    assert "Signature" not in request.headers


async def test_nothing_is_brought_while_nothing_hangs_here(stage: Stage) -> None:
    await _followed(stage)
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    assert PICTURE not in stage.net.fetched


async def test_a_private_posts_picture_is_not_brought(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    await post(stage, to=[f"{BOB.uri}/followers"], cc=[])
    assert PICTURE not in stage.net.fetched


@pytest.mark.parametrize(
    "url",
    [
        "http://files.far.test/plain.jpg",
        "https://user:secret@files.far.test/heron.jpg",
        "https://art.test/media/heron.jpg",
        "ftp://files.far.test/heron.jpg",
    ],
)
async def test_unsafe_addresses_are_not_asked(stage: Stage, url: str) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    await post(stage, url=url)
    assert url not in stage.net.fetched
    assert await news(stage, ana) == []


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"<html>not a picture</html>", 200, {}),
        (copy(), 404, {}),
        (b"", 302, {"location": "http://10.0.0.1/heron.jpg"}),
        (b"", 302, {"location": PICTURE}),
        (b"", 302, {}),
    ],
)
async def test_what_is_no_picture_is_like_nothing(
    stage: Stage, body: bytes, status: int, headers: Mapping[str, str]
) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, body, status=status, headers=headers)
    await post(stage)
    assert await news(stage, ana) == []
    assert len([url for url in stage.net.fetched if "heron" in url]) <= 3


async def test_a_server_that_breaks_off_spends_its_measure(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    stage.net.answers[PICTURE] = Unreachable("too large")
    for _ in range(10):
        await post(stage)
    assert stage.net.fetched.count(PICTURE) == 7  # six of eight MiB, and what is left of fifty


async def test_a_redirect_to_a_safe_address_is_followed(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    other = "https://cdn.far.test/heron.jpg"
    stage.net.serve(PICTURE, b"", status=302, headers={"location": other})
    stage.net.serve(other, copy(), content_type="image/jpeg")
    await post(stage)
    assert len(await news(stage, ana)) == 1


async def test_an_account_that_the_artist_names_as_theirs_never_alarms(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    async with stage.library.transaction() as tx:
        actor = await tx.actors.by_id(ana.id)
        await tx.actors.put(replace(actor, also_known_as=(BOB.uri,)))
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    assert await news(stage, ana) == []


async def test_a_thief_who_names_the_artist_as_themself_alarms_all_the_same(stage: Stage) -> None:
    ana, bob = await _followed(stage)
    async with stage.library.transaction() as tx:
        await tx.actors.put(replace(bob, also_known_as=((await here(stage, ana)).uri,)))
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    assert len(await news(stage, ana)) == 1


async def test_a_boost_of_the_artists_own_work_never_alarms(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    work = await hung(stage, ana, original())
    await arrive(stage, BOB.does("Announce", stage.flows.addresses.work(work.id)))
    assert await news(stage, ana) == []


async def test_who_is_trusted_is_heard_of_no_more(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    (found,) = await news(stage, ana)
    await stage.flows.likening.settle(ana, found.id, is_trusted=True)
    await post(stage)
    assert [one.verdict for one in await news(stage, ana)] == [Verdict.TRUSTED]


async def test_one_that_is_fine_stays_fine_and_the_next_is_told(stage: Stage) -> None:
    ana, _ = await _followed(stage)
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    (found,) = await news(stage, ana)
    await stage.flows.likening.settle(ana, found.id, is_trusted=False)
    await post(stage)
    assert [one.verdict for one in await news(stage, ana)] == [Verdict.OPEN, Verdict.FINE]


async def test_a_report_becomes_a_case_and_a_flag_to_the_peer(stage: Stage) -> None:
    ana, bob = await _followed(stage)
    await hung(stage, ana, original())
    stage.net.serve(PICTURE, copy(), content_type="image/jpeg")
    await post(stage)
    (found,) = await news(stage, ana)
    stage.net.asked.clear()
    likening = stage.flows.likening
    report = await likening.report(ana, found.id, "It is mine.", is_forwarded=True)
    assert report.accused_id == bob.id
    assert len(report.objects) == 1
    flags = [one for one in await sent(stage, BOB) if one["type"] == "Flag"]
    assert [flag["content"] for flag in flags] == ["It is mine."]
    assert flags[0]["actor"] != (await here(stage, ana)).uri
    with pytest.raises(NotAllowed, match="have reported"):
        await likening.report(ana, found.id, "Again", is_forwarded=False)


async def test_only_the_artist_who_was_told_sees_the_two(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    await hung(stage, ana, original())
    await hung(stage, ben, copy())
    (found,) = await news(stage, ana)
    cy = await stage.artist("cy")
    for stranger in (cy, ben):
        with pytest.raises(NotFound):
            await stage.flows.likening.pair(stranger, found.id)
    with pytest.raises(NotFound):
        await stage.flows.likening.pair(ana, ResemblanceId(1))


async def test_what_was_taken_down_meanwhile_is_shown_as_gone(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    await hung(stage, ana, original())
    his = await hung(stage, ben, copy())
    await stage.flows.publishing.withdraw(ben, his.id)
    shown = await pair(stage, ana)
    assert (shown.target, shown.theirs) == (None, None)
    (found,) = await news(stage, ana)
    with pytest.raises(NotFound, match="gone already"):
        await stage.flows.likening.report(ana, found.id, "Mine", is_forwarded=False)


async def test_the_sweep_looks_at_pictures_from_before(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    hers = await hung(stage, ana, original())
    old = await stage.hang(ben)
    made = (await stage.read(lambda tx: tx.works.by_id(hers.id))).pictures[0]
    async with stage.library.transaction() as tx:
        await tx.works.put_picture(replace(old.pictures[0], renditions=made.renditions))
    assert await news(stage, ana) == []
    await stage.instance.sweeping.schedule()
    await stage.drain()
    (told,) = await news(stage, ana)
    assert told.target_id == old.id
    assert await stage.read(lambda tx: tx.likenesses.unknown(after=PictureId(0))) == []


async def _followed(stage: Stage) -> tuple[Artist, Any]:
    """Return an artist here, and somebody elsewhere whose posts arrive."""
    ana = await stage.artist("ana")
    return ana, await follow_from_here(stage, ana, BOB)
