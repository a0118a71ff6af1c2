"""Where the rules ask for a sum, a browser solves one for an hour of large pictures."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestClient, TestServer
from altcha import Challenge, Payload, solve_challenge
from yarl import URL

from server.main import answering, listening
from server.passages import DAY
from server.rules import Door
from server.visitors import VisitorClass
from storage.library import open_library
from tests.two_servers.stage import staged
from tests.web.site import Site, migrated_sqlite, sqlite_url
from tests.web.test_larger import HOUR, altered, ask, led_to, path_of, proof
from tests.web.test_media_door import FIREFOX, TOOL, Room, room, rule
from web.assets import STATIC_FOLDER
from web.proofs import SUMS

__all__ = ["migrated_sqlite", "room", "sqlite_url"]

WORK = '[renditions]\nproof = "work"\n'
SUM = "/proof/sum"
# dist/workers/pbkdf2.js in altcha 3.2.2
WORKER = "7862add9c9d3d847ded3da928edcf406b46478754b9883351111414825b9c86f"


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """Build a site like others, with easy sums."""
    library = open_library(sqlite_url)
    async with staged(library, tmp_path, more="[gate]\ntrials = 20\n") as stage:
        people = {name: await stage.artist(name) for name in ("ana", "ben")}
        work = await stage.hang(people["ana"])
        stage.rules(WORK)
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, people, work)
    await library.close()


async def get_sum(site: Site, cookie: str, agent: str = FIREFOX) -> Any:
    headers = {"User-Agent": agent, "Accept": "application/json"}
    return await site.get(SUM, "", **headers, **({"Cookie": cookie} if cookie else {}))


async def send(
    site: Site, cookie: str, body: bytes | str, agent: str = FIREFOX, **more: str
) -> ClientResponse:
    headers = {"Host": "art.test", "User-Agent": agent, "Accept": "application/json"}
    return await site.client.post(SUM, data=body, headers={**headers, "Cookie": cookie, **more})


async def solution(site: Site, cookie: str) -> str:
    answer = await get_sum(site, cookie)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    challenge = Challenge.from_dict(await answer.json())
    found = solve_challenge(challenge)
    assert found is not None
    return Payload(challenge, found).to_base64()


async def work(site: Site, cookie: str) -> str:
    """Solve a sum as a browser does; return the cookie that it sends from then on."""
    answer = await send(site, cookie, await solution(site, cookie))
    assert answer.status == 204
    return str(answer.headers["Set-Cookie"].split(";", 1)[0])


async def test_a_browser_that_solved_a_sum_sees_the_large_copy(room: Room) -> None:
    site = room.site
    page = await ask(site, f"/@ana/{site.work.id}-blue-hour")
    text, csp = await page.text(), page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"].startswith("public")
    assert ("worker-src 'self'" in csp, "connect-src 'self'" in csp) == (True, True)
    assert 'type="module" src="/static/larger.js' in text
    assert "solves a small sum" in text
    assert "<noscript> That takes a script: without one, this is the largest" in text
    cookie = await proof(site)
    assert (await led_to(site, cookie)).endswith("?told=no-work")
    earned = await work(site, cookie)
    assert earned != cookie
    shown = await ask(site, await led_to(site, earned), earned)
    assert (shown.status, await shown.text()) == (200, "large.avif")
    assert (await get_sum(site, earned)).status == 204  # it needs no other
    sheet = await ask(site, "/proof.css", earned)
    assert "Set-Cookie" not in sheet.headers  # the better proof stays


async def test_without_a_script_one_is_told_in_a_sentence_and_keeps_the_picture(
    room: Room,
) -> None:
    site = room.site
    back = await led_to(site, await proof(site))
    text = await (await ask(site, back)).text()
    assert "solves it, where scripts run; else this is the largest that we show" in text
    assert f"/media/{room.key}/view.jpg" in text
    assert (await led_to(site, "")).endswith("?told=no-proof")


async def test_the_proof_of_a_cookie_opens_nothing_that_takes_a_sum(room: Room) -> None:
    site = room.site
    cookie = await proof(site)
    site.stage.rules("")
    url = await led_to(site, cookie)
    assert (await ask(site, url, cookie)).status == 200
    site.stage.rules(WORK)
    assert (await ask(site, url, cookie)).status == 403
    site.stage.rules(WORK + rule("prove", '{ class = ["visitor", "person"] }'))
    assert await room.body("view.avif") == "preview.avif"
    earned = await work(site, cookie)
    assert (await ask(site, await led_to(site, earned), earned)).status == 200


async def test_a_solved_sum_holds_for_an_hour(room: Room) -> None:
    site = room.site
    earned = await work(site, await proof(site))
    site.stage.clock.advance(seconds=HOUR)
    url = await led_to(site, earned)
    assert "?t=" in url
    site.stage.clock.advance(seconds=1)
    assert (await ask(site, url, earned)).status == 403
    assert (await led_to(site, earned)).endswith("?told=no-proof")
    site.stage.clock.advance(hours=-2)  # set back
    assert (await ask(site, url, earned)).status == 403


async def test_what_is_wrong_with_a_solution_is_told_in_a_sentence(room: Room) -> None:
    site = room.site
    cookie, other = await proof(site), await proof(site)
    right = await solution(site, cookie)
    payload = json.loads(base64.b64decode(right))
    payload["challenge"]["parameters"]["data"]["until"] += 1
    other_sum = base64.b64encode(json.dumps(payload).encode())
    refusals: list[tuple[str, str | bytes, int, str]] = [
        ("", right, 403, "keep a cookie"),
        (altered(cookie), right, 403, "keep a cookie"),
        (other, right, 403, "another browser"),
        (cookie, "", 422, "no solution"),
        (cookie, b"\xff\x00", 422, "no solution"),
        (cookie, other_sum, 422, "no solution"),
        (cookie, "A" * 5_000, 413, "smaller"),
    ]
    for sent_by, body, status, words in refusals:
        answer = await send(site, sent_by, body)
        assert answer.status == status, body
        assert words in (await answer.json())["error"]
        assert "Set-Cookie" not in answer.headers
    taken = await send(site, cookie, right)
    assert taken.status == 204
    again = await send(site, cookie, right)
    assert (again.status, "solved before" in await again.text()) == (403, True)
    late = await solution(site, cookie)
    site.stage.clock.advance(seconds=601)
    answer = await send(site, cookie, late)
    assert (answer.status, "too old" in await answer.text()) == (403, True)


async def test_programs_are_set_no_sum_whatever_they_keep(room: Room) -> None:
    cookie = await proof(room.site)
    assert (await get_sum(room.site, cookie, TOOL)).status == 403
    assert (await get_sum(room.site, "")).status == 403
    right = await solution(room.site, cookie)
    assert (await send(room.site, cookie, right, TOOL)).status == 403


async def test_a_network_is_set_so_many_sums_and_no_more(room: Room) -> None:
    cookie = await proof(room.site)
    answers = [(await get_sum(room.site, cookie)).status for _ in range(SUMS.burst + 1)]
    assert answers == [200] * SUMS.burst + [429]


@pytest.mark.parametrize("when", ["{}", '{ class = "member" }'])
async def test_members_are_never_asked(when: str, room: Room) -> None:
    site = room.site
    site.stage.rules(WORK + rule("prove", when))
    page = await site.get(f"/@ana/{site.work.id}-blue-hour", "ben", **{"User-Agent": FIREFOX})
    text = await page.text()
    assert ("/static/larger.js" in text, "small sum" in text) == (False, False)
    answer = await site.get(path_of(site), "ben", **{"User-Agent": FIREFOX})
    assert str(answer.headers["Location"]).endswith("/large.jpg")
    assert await room.body("large.jpg", name="ben") == "large.jpg"


async def test_who_gave_a_proof_is_a_person_at_the_door(room: Room) -> None:
    site = room.site
    shut = '{ class = ["visitor", "tool"], path = ["/artists"] }'
    site.stage.rules(rule("refuse", shut, "web"))
    cookie = await proof(site)
    assert (await ask(site, "/artists")).status == 403
    opened = await ask(site, "/artists", cookie)
    assert opened.status == 200
    assert opened.headers["Cache-Control"].startswith("private")  # others may not have it
    for agent, wrong in ((TOOL, cookie), (FIREFOX, altered(cookie)), (FIREFOX, "x=y")):
        assert (await ask(site, "/artists", wrong, agent)).status == 403
    site.stage.rules(rule("refuse", '{ class = ["person"], path = ["/artists"] }', "web"))
    assert (await ask(site, "/artists", cookie)).status == 403
    assert (await ask(site, "/artists")).status == 200


async def test_who_gave_a_proof_is_counted_as_a_person(room: Room) -> None:
    site, listener = room.site, listening("127.0.0.1", 0)
    site.stage.rules("")
    cookie = await proof(site)
    large = await led_to(site, cookie)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    headers = {"User-Agent": FIREFOX, "Cookie": cookie}
    async with (
        answering(site.stage.instance.app(), listener, shutdown_seconds=1),
        ClientSession(headers=headers) as browser,
    ):
        for path in ("/artists", f"/media/{room.key}/view.jpg", large):
            async with browser.get(URL(base + path, encoded=True)) as answer:
                assert answer.status == 200
            async with browser.head(URL(base + path, encoded=True)) as answer:
                assert answer.status == 200
    await site.stage.flows.visits.flush()
    await site.stage.flows.looking.flush()
    async with site.stage.library.reading() as tx:
        found = await tx.visits.page(site.stage.clock.now() // DAY)
        (look,) = await tx.comers.looks_of_work(site.work.id)
    assert (look.rendition, look.requests) == ("large", 1)
    assert look.bytes >= len("large.avif")
    assert "</a> 1 time<" in await site.page("/studio/visitors", "ana")
    classes = {(one.key.door, one.key.rendition, one.key.visitor) for one in found}
    assert classes == {
        (Door.WEB, "", VisitorClass.PERSON),
        (Door.MEDIA, "view", VisitorClass.VISITOR),  # an address like everybody's
        (Door.MEDIA, "large", VisitorClass.PERSON),
    }


async def test_where_a_sum_is_asked_a_cookie_makes_nobody_a_person(room: Room) -> None:
    site = room.site
    shut = rule("refuse", '{ class = ["visitor"], path = ["/artists"] }', "web")
    site.stage.rules(WORK + shut)
    cookie = await proof(site)
    assert (await ask(site, "/artists", cookie)).status == 403
    assert (await ask(site, "/artists", await work(site, cookie))).status == 200


async def test_who_proved_to_be_a_person_still_finds_the_way_in(room: Room) -> None:
    site = room.site
    cookie = await proof(site)
    site.stage.rules(rule("refuse", '{ class = ["visitor", "person"] }', "web"))
    assert (await ask(site, "/login", cookie)).status == 200
    assert (await ask(site, "/", cookie)).status == 403


def test_the_worker_is_the_published_one_with_its_licence() -> None:
    notice, _, body = (STATIC_FOLDER / "altcha-pbkdf2.js").read_bytes().partition(b"*/\n")
    assert hashlib.sha256(body).hexdigest() == WORKER
    assert b"MIT License" in notice
    assert b"Permission is hereby granted" in notice
