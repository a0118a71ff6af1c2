"""What every request passes and every answer carries, over real sockets: refusals first."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import CookieJar, web

from tests.web.house import (
    Client,
    Connect,
    House,
    check_signals,
)
from web.addresses import read_networks
from web.middleware import BodyLimits, Plumbing, install


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House, aiohttp_client: Connect) -> Client:
    return await aiohttp_client(house.app(), cookie_jar=CookieJar(unsafe=True))


@pytest.fixture
def signed_in(house: House) -> dict[str, str]:
    return {"Cookie": f"{house.guard.cookies.session_name}=token-one"}


async def test_a_refused_class_gets_a_short_no_before_the_database(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    headers = {"User-Agent": "GPTBot/1.2", **signed_in}
    async with client.get("/", headers=headers) as response:
        assert response.status == 403
        assert await response.text() == "All rights are reserved here.\n"
        assert response.headers["Retry-After"] == "3600"
        assert response.headers["Cache-Control"] == "no-store"
        check_signals(response.headers)
    assert house.asked == []


async def test_a_refused_class_gets_no_form_through(house: House, client: Client) -> None:
    async with client.post("/send", data={"text": "x"}, headers={"User-Agent": "GPTBot/1.2"}) as no:
        assert no.status == 403
    assert house.done == []


@pytest.mark.parametrize(
    "path", ["/robots.txt", "/policy", "/rsl.xml", "/ai.txt", "/.well-known/webfinger"]
)
async def test_whoever_is_to_obey_the_rules_may_read_them(client: Client, path: str) -> None:
    async with client.get(path, headers={"User-Agent": "GPTBot/1.2"}) as response:
        assert response.status == 200


async def test_asking_for_a_document_opens_no_gate(client: Client) -> None:
    for accept in ("application/activity+json", 'application/ld+json; profile="x"'):
        headers = {"User-Agent": "GPTBot/1.2", "Accept": accept}
        async with client.get("/", headers=headers) as response:
            assert response.status == 403


async def test_a_delivery_is_never_refused_by_user_agent(house: House, client: Client) -> None:
    agent = {"User-Agent": "GPTBot/1.2"}
    for path in ("/inbox", "/users/jo/inbox"):
        async with client.post(path, data=b"{}", headers=agent) as response:
            assert response.status == 202
    assert house.gated == []


async def test_a_body_that_says_it_is_too_large_is_refused_unread(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    for data in ({"text": "x" * 1_001}, {"text": "x", "csrf": "csrf-1", "more": "y" * 1_000}):
        async with client.post("/send", data=data, headers=signed_in) as response:
            assert response.status == 413
    async with client.post("/inbox", data=io.BytesIO(b"x" * 1_048_577)) as response:
        assert response.status == 413
    assert house.done == []


async def test_a_packed_body_is_refused(client: Client) -> None:
    async with client.post("/inbox", data=b"x", headers={"Content-Encoding": "gzip"}) as response:
        assert response.status in (400, 415)


async def test_an_upload_of_unknown_length_is_refused(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    async def pour() -> AsyncIterator[bytes]:
        yield b"--B\r\n"

    headers = {**signed_in, "Content-Type": "multipart/form-data; boundary=B"}
    async with client.post("/upload", data=pour(), headers=headers) as response:
        assert response.status == 411
    assert house.done == []


@pytest.mark.parametrize("path", ["/", "/stream", "/nowhere", "/error/bug", "/error/refused"])
async def test_every_answer_carries_id_signals_and_security(client: Client, path: str) -> None:
    async with client.get(path, headers={"X-Request-Id": "mine"}) as response:
        headers = response.headers
        check_signals(headers)
        assert len(headers["X-Request-Id"]) == 16
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers


async def test_what_a_handler_says_of_its_own_work_wins(client: Client) -> None:
    async with client.get("/own") as response:
        headers = response.headers
        assert headers.getall("Content-Usage") == ["train-ai=n, ai-use=n, search=n"]
        assert headers.getall("X-Robots-Tag") == ["noindex", "noai, noimageai, noarchive"]
        assert headers["Content-Security-Policy"] == "default-src 'self'"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "public, max-age=60"


async def test_tls_is_insisted_on_where_the_instance_has_it(aiohttp_client: Connect) -> None:
    client = await aiohttp_client(House(is_https=True).app())
    async with client.get("/") as response:
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_request_ids_are_ours_and_never_repeat(client: Client) -> None:
    ids: set[str] = set()
    for _ in range(5):  # on one kept connection
        async with client.get("/", headers={"X-Request-Id": "mine"}) as response:
            assert (await response.json())["id"] == response.headers["X-Request-Id"]
            ids.add(response.headers["X-Request-Id"])
    assert len(ids) == 5
    assert "mine" not in ids


async def test_a_trusted_proxy_says_who_asks_and_how(client: Client) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6, 8.8.8.8", "X-Forwarded-Proto": "http, https"}
    async with client.get("/", headers=headers) as response:
        body = await response.json()
    assert (body["from"], body["secure"]) == ("8.8.8.8", True)


async def test_a_stranger_cannot_say_who_they_are(house: House, aiohttp_client: Connect) -> None:
    app = web.Application()
    plumbing = Plumbing(
        house.clock, house.guard, BodyLimits(1), (), lambda _: (), house.gate, house.load
    )
    install(app, replace(plumbing, trusted_proxies=read_networks(["10.0.0.1"])))
    app.router.add_get("/", house.page)
    client = await aiohttp_client(app)
    headers = {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "https"}
    async with client.get("/", headers=headers) as response:
        body = await response.json()
    assert (body["from"], body["secure"]) == ("127.0.0.1", False)


async def test_who_looks_is_noted_and_who_delivers_or_only_asks_whether_we_are_well_is_not(
    house: House, aiohttp_client: Connect
) -> None:
    noted: list[str] = []
    app = web.Application()
    plumbing = Plumbing(
        house.clock, house.guard, BodyLimits(1), (), lambda _: (), house.gate, house.load
    )
    install(app, replace(plumbing, note_visitor=lambda: noted.append("somebody")))
    app.router.add_get("/", house.page)
    app.router.add_get("/healthz", house.page)
    app.router.add_post("/inbox", house.page)
    client = await aiohttp_client(app)
    async with client.post("/inbox", data=b"") as response:
        assert response.status == 200
    async with client.get("/healthz") as response:
        assert response.status == 200
    assert noted == []
    async with client.get("/") as response:
        assert response.status == 200
    assert noted == ["somebody"]
