"""How a work was made, through the pages: said, answered, decided, appealed, without scripts."""

import re
from collections.abc import AsyncIterator

from aiohttp import FormData

from server.documenting import ShotsWish
from server.drafts import Draft
from server.model import Role
from tests.films import mp4
from tests.flows.artists import IMAGES, SMALL
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


async def send_pictures(
    site: Site, path: str, name: str, page: str, words: str, **fields: str
) -> str:
    """Send a form with one picture; return where it leads."""
    token = _TOKEN.search(await site.page(page, name))
    assert token is not None
    form = FormData()
    form.add_field("csrf", token[1])
    form.add_field("words", words)
    for field, value in fields.items():
        form.add_field(field, value)
    form.add_field("pictures", SMALL, filename="table.jpg", content_type="image/jpeg")
    answer = await site.client.post(
        path,
        data=form,
        headers={
            "Host": "art.test",
            "Cookie": await site.sign_in(name),
            "Origin": "https://art.test",
            "Referer": f"https://art.test{page}",
        },
        allow_redirects=False,
    )
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"].partition("?")[0]


async def test_a_work_said_to_be_machine_made_goes_through_its_whole_case(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    about = f"/report?actor={site.id('ana')}&about={site.work.id}"
    assert "made by a machine" in await site.page(about, "otto")
    fields = {"actor": str(site.id("ana")), "about": str(site.work.id), "text": "Six fingers"}
    await site.send("/report", "otto", about, is_unlabelled="yes", **fields)
    case = re.search(r"/cases/\d+", await site.page("/notifications", "ana"))
    assert case is not None
    concern = await site.page(case[0], "ana")
    assert "no verdict on you" in concern
    assert "otto" not in concern
    assert "Six fingers" not in concern
    assert await send_pictures(site, f"{case[0]}/show", "ana", case[0], "My table") == case[0]
    file = f"/admin/reports/{case[0].rpartition('/')[2]}"
    shown = await site.page(file, "ben")
    assert "My table" in shown
    assert f"{case[0]}/0.jpg" in shown
    assert "suspended" not in shown
    picture = await site.get(f"{case[0]}/0.jpg", "ben")
    assert picture.headers["Cache-Control"] == "private, no-store"
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert (await site.get(f"{case[0]}/0.jpg")).status == 303
    await site.send(f"{file}/close", "ben", file, outcome="label", reason="Say so.")
    decided = await site.page(case[0], "ana")
    assert "Label it and show it again" in decided
    assert "Send the appeal" in decided
    labelled = await site.send(f"{case[0]}/label", "ana", case[0], label="assisted")
    assert labelled.status == 303
    assert (await site.get(f"/@ana/{site.work.id}")).status in {200, 301, 302, 308}
    await send_pictures(site, f"{case[0]}/appeal", "ana", case[0], "It is all by hand")
    assert "It is all by hand" in await site.page(file, "otto")
    again = await site.send(f"{file}/close", "ben", file, outcome="label", reason="Still.")
    assert again.status == 403


async def test_an_artist_contests_a_mark_from_the_studio(site: Site) -> None:
    marked = (IMAGES / "ai" / "a1111-parameters.png").read_bytes()
    await site.stage.upload(site.people["ana"], Draft(title="Heron"), (marked, "A heron"))
    await site.stage.drain()
    page = re.search(r"/studio/works/\d+/contest", await site.page("/studio", "ana"))
    assert page is not None
    assert "declares" in await site.page(page[0], "ana")
    assert (await site.get(page[0], "ben")).status == 404
    case = await send_pictures(site, page[0], "ana", page[0], "I scanned it")
    concern = await site.page(case, "ana")
    assert "I scanned it" in concern
    assert "declares" in concern
    assert f"{case}/1.jpg" in concern


async def test_an_artist_points_moderators_to_how_a_work_was_made(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    known, ana = site.stage.flows, site.people["ana"]
    site.people["cy"] = await site.stage.artist("cy")

    async def whole(body: bytes) -> AsyncIterator[bytes]:
        yield body

    files = [
        await known.shot_files.receive(whole(body), "table", room=10**6) for body in (SMALL, mp4())
    ]
    still, film = await known.documenting.change(ana, site.work.id, ShotsWish(added=tuple(files)))
    await site.stage.drain()
    about = f"/report?actor={site.id('ana')}&about={site.work.id}"
    fields = {"actor": str(site.id("ana")), "about": str(site.work.id), "text": "Six fingers"}
    await site.send("/report", "otto", about, is_unlabelled="yes", **fields)
    case = re.search(r"/cases/\d+", await site.page("/notifications", "ana"))
    assert case is not None
    file = f"/admin/reports/{case[0].rpartition('/')[2]}"
    paths = (f"{case[0]}/process/{still.id}.jpg", f"{case[0]}/process/{film.id}/video")
    assert 'name="points_to_shots" value="yes" checked' in await site.page(case[0], "ana")
    assert paths[1] not in await site.page(file, "ben")
    for path in paths:
        assert (await site.get(path, "ben")).status == 404
    await send_pictures(site, f"{case[0]}/show", "ana", case[0], "See it", points_to_shots="yes")
    shown = await site.get(file, "ben")
    text = await shown.text()
    assert all(path in text for path in paths)
    assert "media-src 'self'" in shown.headers["Content-Security-Policy"]
    for path, kind in zip(paths, ("image/jpeg", "video/mp4"), strict=True):
        answer = await site.get(path, "ben")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert (await site.get(path, "cy")).status == 404
        assert (await site.get(path)).status == 303
