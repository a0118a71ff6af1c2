"""Forms from other sites, sessions and cookies: refusals first."""

import pytest
from aiohttp import CookieJar, FormData, web

from tests.web.house import ORIGIN, Client, Connect, House
from web.cookies import Cookies


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House, aiohttp_client: Connect) -> Client:
    return await aiohttp_client(house.app(), cookie_jar=CookieJar(unsafe=True))


@pytest.fixture
def signed_in(house: House) -> dict[str, str]:
    return {"Cookie": f"{house.guard.cookies.session_name}=token-one"}


@pytest.mark.parametrize("token", [None, "", "csrf-2", "csrf-1 ", "CSRF-1", "ü"])
async def test_a_form_without_its_sessions_token_is_refused(
    house: House, client: Client, signed_in: dict[str, str], token: str | None
) -> None:
    data = {"text": "x"} if token is None else {"text": "x", "csrf": token}
    async with client.post("/send", data=data, headers=signed_in) as response:
        assert response.status == 403
        assert "reload the page" in await response.text()
    assert house.done == []


@pytest.mark.parametrize("token", ["wrong", "\udcff", ""])
async def test_a_wrong_token_in_the_header_is_refused(
    house: House, client: Client, signed_in: dict[str, str], token: str
) -> None:
    headers = {
        **signed_in,
        "X-CSRF-Token": token.encode("utf-8", "surrogateescape").decode("latin"),
    }
    async with client.post("/send", data={"text": "x"}, headers=headers) as response:
        assert response.status == 403
    assert house.done == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://art.example"},
        {"Origin": "http://art.example:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    ],
)
async def test_a_form_from_another_site_is_refused_even_with_its_token(
    house: House, client: Client, signed_in: dict[str, str], headers: dict[str, str]
) -> None:
    data = {"text": "x", "csrf": "csrf-1"}
    async with client.post("/send", data=data, headers={**signed_in, **headers}) as response:
        assert response.status == 403
        assert "another site" in await response.text()
    assert house.done == []


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/octet-stream"])
async def test_a_body_that_is_no_form_cannot_bring_a_token(
    house: House, client: Client, signed_in: dict[str, str], kind: str
) -> None:
    headers = {**signed_in, "Content-Type": kind}
    async with client.post("/send", data=b"csrf=csrf-1&text=x", headers=headers) as response:
        assert response.status == 403
    assert house.done == []


def upload_of(*names: str) -> FormData:
    form = FormData(default_to_multipart=True)
    for name in names:
        if name == "file":
            form.add_field("file", b"x" * 10_000, filename="a.jpg")
        else:
            form.add_field(name, "csrf-1" if name == "csrf" else "words")
    return form


@pytest.mark.parametrize("names", [("file", "csrf"), ("title", "csrf"), ("title",), ()])
async def test_an_upload_whose_token_does_not_come_first_is_refused_before_its_handler(
    house: House, client: Client, signed_in: dict[str, str], names: tuple[str, ...]
) -> None:
    async with client.post("/upload", data=upload_of(*names), headers=signed_in) as response:
        assert response.status in (403, 422)
    assert house.done == []


async def test_a_stranger_without_the_form_cookie_is_refused(house: House, client: Client) -> None:
    async with client.post("/send", data={"text": "x", "csrf": "anything"}) as response:
        assert response.status == 403
        assert "cookies" in await response.text()
    async with client.post("/send", data={"text": "x", "csrf": ""}) as response:
        assert response.status == 403
    assert house.done == []


async def test_a_strangers_token_of_another_browser_is_refused(
    house: House, client: Client, aiohttp_client: Connect
) -> None:
    other = await aiohttp_client(house.app(), cookie_jar=CookieJar(unsafe=True))
    async with other.get("/form") as response:
        stolen = await response.text()
    async with client.get("/form") as response:
        own = await response.text()
    assert stolen != own
    async with client.post("/send", data={"text": "x", "csrf": stolen}) as response:
        assert response.status == 403
    assert house.done == []


async def test_a_strangers_own_form_is_taken(house: House, client: Client) -> None:
    async with client.get("/form") as response:
        token = await response.text()
        cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age" not in cookie
    assert token not in cookie
    async with client.get("/form") as response:
        assert await response.text() == token
        assert "Set-Cookie" not in response.headers
    async with client.post("/send", data={"text": "x", "csrf": token}) as response:
        assert response.status == 200
    assert house.done == ["x"]


async def test_a_cookie_is_set_only_where_a_stranger_gets_a_form(client: Client) -> None:
    for path in ("/", "/nowhere", "/stream"):
        async with client.get(path) as response:
            assert "Set-Cookie" not in response.headers


async def test_a_signed_in_form_is_taken_by_field_or_header(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    async with client.get("/form", headers=signed_in) as response:
        token = await response.text()
    assert token == "csrf-1"
    same = {**signed_in, "Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
    async with client.post("/send", data={"text": "a", "csrf": token}, headers=same) as response:
        assert response.status == 200
    by_header = {**signed_in, "X-CSRF-Token": token}
    async with client.post("/send", data={"text": "b"}, headers=by_header) as response:
        assert response.status == 200
    async with client.post("/upload", data=upload_of("title", "file"), headers=by_header) as sent:
        assert sent.status == 200
    assert house.done == ["a", "b", "words", "10000"]


async def test_an_upload_with_its_token_in_front_is_streamed(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    data = upload_of("csrf", "title", "file", "alt")
    async with client.post("/upload", data=data, headers=signed_in) as response:
        assert response.status == 200
    assert house.done == ["words", "10000", "words"]


async def test_machines_addresses_need_no_form_token_and_know_no_cookie(
    house: House, client: Client, signed_in: dict[str, str]
) -> None:
    for path in ("/inbox", "/users/jo/inbox", "/api/v1/statuses"):
        async with client.post(path, data=b"{}", headers=signed_in) as response:
            assert response.status == 202
    assert house.asked == []


async def test_an_unknown_or_monstrous_cookie_is_a_stranger(house: House, client: Client) -> None:
    name = house.guard.cookies.session_name
    for value in ("gone", "x" * 257, "a b"):
        async with client.get("/", headers={"Cookie": f"{name}={value}"}) as response:
            assert (await response.json())["artist"] is None
    assert "x" * 257 not in house.asked


async def test_a_strangers_request_costs_no_question_to_the_database(
    house: House, client: Client
) -> None:
    async with client.get("/") as response:
        assert response.status == 200
    assert house.asked == []


async def test_a_session_is_recognised_and_its_pages_stay_private(
    client: Client, signed_in: dict[str, str]
) -> None:
    async with client.get("/", headers=signed_in) as response:
        assert (await response.json())["artist"] == "artist1"
        assert response.headers["Cache-Control"] == "private, no-cache"


async def test_instances_on_one_host_do_not_mix_up_their_cookies(aiohttp_client: Connect) -> None:
    one, two = House("127.0.0.1:8401"), House("127.0.0.1:8402")
    first, second = await aiohttp_client(one.app()), await aiohttp_client(two.app())
    jar = {
        one.guard.cookies.session_name: "token-one",
        two.guard.cookies.session_name: "token-two",
    }
    assert len(jar) == 2
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    async with first.get("/", headers=headers) as response:
        assert (await response.json())["artist"] == "artist1"
    async with second.get("/", headers=headers) as response:
        assert (await response.json())["artist"] == "artist2"


def test_cookies_are_locked_to_the_host_where_there_is_tls() -> None:
    response = web.Response()
    cookies = Cookies("Art.Example", is_https=True)
    cookies.set_session(response, "secret", max_age_seconds=60)
    text = response.cookies.output()
    assert "__Host-fixatif_art_example=secret" in text
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"):
        assert part in text
    assert "Domain" not in text
    cookies.clear_session(response)
    assert "Max-Age=0" in response.cookies.output()
    assert Cookies("127.0.0.1:8401", is_https=False).session_name == "fixatif_127_0_0_1_8401"
