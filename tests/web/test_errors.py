"""How errors are shown, to people and to programs."""

import io
from collections.abc import Iterator

import pytest
from aiohttp import CookieJar, web

from tests.web.house import (
    ERRORS,
    Client,
    Connect,
    House,
    check_signals,
    lines,
    recorded_log,
)
from web.keys import (
    RENDER_ERROR,
)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House, aiohttp_client: Connect) -> Client:
    return await aiohttp_client(house.app(), cookie_jar=CookieJar(unsafe=True))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with recorded_log() as stream:
        yield stream


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_is_shown_as_json_to_programs(client: Client, name: str) -> None:
    error, status = ERRORS[name]
    async with client.get(f"/error/{name}", headers={"Accept": "application/json"}) as response:
        assert response.status == status
        body = await response.json()
        assert body["error"] == str(error)
        assert body.get("field", "") == getattr(error, "field", "")
        assert response.headers["Cache-Control"] == "no-store"
        check_signals(response.headers)


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_is_shown_as_a_page_to_people(client: Client, name: str) -> None:
    _, status = ERRORS[name]
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    async with client.get(f"/error/{name}", headers={"Accept": accept}) as response:
        assert response.status == status
        assert response.content_type == "text/html"
        text = await response.text()
    assert "<title>" in text
    assert "<title>." not in text  # the message of "invalid" is text, not markup


async def test_waiting_times_are_said_in_a_header(client: Client) -> None:
    async with client.get("/error/too-many") as response:
        assert response.headers["Retry-After"] == "17"
    async with client.get("/error/unavailable") as response:
        assert response.headers["Retry-After"] == "30"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_an_unexpected_error_is_logged_with_its_traceback_and_says_nothing(
    client: Client, log: io.StringIO, accept: str
) -> None:
    async with client.get("/error/bug", headers={"Accept": accept}) as response:
        assert response.status == 500
        text = await response.text()
        request_id = response.headers["X-Request-Id"]
        check_signals(response.headers)
    assert "hunter2" not in text
    assert "Traceback" not in text
    failed = next(line for line in lines(log) if line["event"] == "request failed")
    assert failed["request_id"] == request_id
    assert "hunter2" in str(failed["exception"])


async def test_an_error_after_the_answer_began_cuts_it_off(client: Client) -> None:
    async with client.get("/cut") as response:
        assert response.status == 200
        with pytest.raises(Exception, match=r"(?i)payload|closed|disconnect"):
            await response.read()


async def test_a_broken_error_page_still_answers(
    house: House, aiohttp_client: Connect, log: io.StringIO
) -> None:
    def render(_: web.Request, __: int, ___: str) -> web.Response:
        raise ValueError("no such template")

    app = house.app()
    app[RENDER_ERROR] = render
    client = await aiohttp_client(app)
    async with client.get("/nowhere") as response:
        assert response.status == 500
        assert "template" not in await response.text()
    assert any(line["event"] == "error page failed" for line in lines(log))


async def test_the_instances_own_page_shows_errors(house: House, aiohttp_client: Connect) -> None:
    def render(request: web.Request, status: int, message: str) -> web.Response:
        return web.Response(status=status, text=f"{request.path} {status} {message}")

    app = house.app()
    app[RENDER_ERROR] = render
    client = await aiohttp_client(app)
    async with client.get("/nowhere") as response:
        assert response.status == 404
        assert (await response.text()).startswith("/nowhere 404 There is nothing")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/send", 405), ("HEAD", "/nowhere", 404)],
)
async def test_the_routers_own_refusals_are_our_pages_with_signals(
    client: Client, method: str, path: str, status: int
) -> None:
    async with client.request(method, path, headers={"Accept": "text/html"}) as response:
        assert response.status == status
        check_signals(response.headers)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers.get("Allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/nowhere", {"Accept": "*/*"}, "text/html"),
        ("/nowhere", {"Accept": ""}, "text/html"),
        ("/nowhere", {"Accept": "text/html;q=0.5, application/json"}, "application/json"),
        ("/nowhere", {"Accept": "application/json;q=0.1, text/html"}, "text/html"),
        ("/nowhere", {"Accept": "application/json;q=x"}, "text/html"),
        ("/nowhere", {"Accept": "application/activity+json"}, "application/json"),
        ("/nowhere", {"Accept": "*/*", "Content-Type": "application/json"}, "application/json"),
        ("/api/v1/nothing", {"Accept": "*/*"}, "application/json"),
        ("/users/nobody", {"Accept": "*/*"}, "application/json"),
        ("/.well-known/nothing", {"Accept": "*/*"}, "application/json"),
    ],
)
async def test_an_error_speaks_the_askers_language(
    client: Client, path: str, headers: dict[str, str], kind: str
) -> None:
    async with client.get(path, headers=headers) as response:
        assert response.status == 404
        assert response.content_type == kind


async def test_a_redirect_is_no_error(client: Client) -> None:
    async with client.get("/error/redirect", allow_redirects=False) as response:
        assert response.status == 303
        check_signals(response.headers)
