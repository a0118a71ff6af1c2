"""The guarded client against real servers on loopback: refusals first."""

import asyncio
import gzip
import json
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.errors import Invalid
from server.ports import Incoming, Outgoing, Unreachable
from web.client import GuardedTransport, compose_user_agent, look_up

AGENT = "Fixatif/1 (+https://art.example/)"
Serve = Callable[[web.Application], Awaitable[TestServer]]


class Names:
    """DNS of our own: answers change from one question to the next; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        assert port
        self.questions.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture
async def transport() -> AsyncIterator[GuardedTransport]:
    made = GuardedTransport(user_agent=AGENT, allow_private_addresses=True)
    yield made
    await made.close()


@asynccontextmanager
async def guarded(names: Names, *, is_open: bool) -> AsyncIterator[GuardedTransport]:
    made = GuardedTransport(user_agent=AGENT, allow_private_addresses=is_open, lookup=names)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def raw_server(answer: bytes, *, stays_open: bool = False) -> AsyncIterator[str]:
    """Answer every request with these bytes, whatever HTTP thinks of them."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            if stays_open:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/"


def get(url: str, **more: float) -> Outgoing:
    return Outgoing("GET", url, {}, **more)  # type: ignore[arg-type]  # tests pass the right ones


async def refusal_of(transport: GuardedTransport, request: Outgoing) -> Unreachable:
    with pytest.raises(Unreachable) as refusal:
        await transport.send(request)
    message = str(refusal.value)
    assert message.endswith(".")
    assert "Error" not in message
    return refusal.value


@pytest.fixture
async def echo(aiohttp_server: Serve) -> TestServer:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(
            {
                "method": request.method,
                "target": request.raw_path,
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": (await request.read()).decode(),
            }
        )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    return await aiohttp_server(app)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "http://art.example.org/",
    ],
)
async def test_a_private_address_in_the_url_is_refused_before_any_question_to_dns(url: str) -> None:
    names = Names(["127.0.0.1"])
    async with guarded(names, is_open=False) as transport:
        assert (await refusal_of(transport, get(url))).is_final
    assert names.questions == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1%lo",
        "0.0.0.1",
    ],
)
async def test_a_name_that_leads_to_a_private_address_is_refused_for_good(address: str) -> None:
    async with guarded(Names([address]), is_open=False) as transport:
        refusal = await refusal_of(transport, get("https://evil.example.org/"))
    assert refusal.is_final
    assert "not public" in str(refusal)


async def test_a_redirecting_name_on_a_private_address_sends_nothing(echo: TestServer) -> None:
    async with guarded(Names(["127.0.0.1"]), is_open=False) as transport:
        refusal = await refusal_of(transport, get(f"https://evil.example.org:{echo.port}/"))
    assert refusal.is_final


async def test_a_name_that_changes_its_answer_is_looked_up_once_and_pinned(
    echo: TestServer,
) -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    async with guarded(names, is_open=True) as transport:
        for _ in range(2):
            answer = await transport.send(get(f"http://x.localhost:{echo.port}/"))
            assert answer.status == 200
    assert names.questions == ["x.localhost"]


async def test_a_name_that_rebinds_before_the_next_connection_is_checked_again(
    echo: TestServer,
) -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    url = f"http://x.localhost:{echo.port}/"
    async with guarded(names, is_open=True) as transport:
        assert (await transport.send(get(url))).status == 200
        await transport.close()
        assert (await refusal_of(transport, get(url))).is_final
    assert len(names.questions) == 2


async def test_localhost_stays_on_this_machine_even_on_a_test_network() -> None:
    async with guarded(Names(["10.0.0.1"]), is_open=True) as transport:
        assert (await refusal_of(transport, get("http://localhost:8401/"))).is_final


async def test_requests_that_wait_for_one_forbidden_name_are_all_refused() -> None:
    names = Names(["10.0.0.1"])
    async with guarded(names, is_open=False) as transport:
        url = "https://evil.example.org/"
        refusals = await asyncio.gather(*(refusal_of(transport, get(url)) for _ in range(5)))
    assert all(refusal.is_final for refusal in refusals)


def test_an_unreadable_file_of_authorities_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "junk.pem").write_text("no certificate")
    for name in ("absent.pem", "junk.pem"):
        with pytest.raises(Invalid, match=rf"{name} .*federation\.ca_file"):
            GuardedTransport(user_agent=AGENT, ca_file=tmp_path / name)


async def test_forbidden_addresses_among_others_are_left_out(echo: TestServer) -> None:
    names = Names(["64:ff9b::7f00:1", "169.254.1.1", "127.0.0.1"])
    async with guarded(names, is_open=True) as transport:
        assert (await transport.send(get(f"http://x.localhost:{echo.port}/"))).status == 200


async def test_the_socket_itself_refuses_what_slipped_past_the_checks() -> None:
    transport = GuardedTransport(user_agent=AGENT)
    for address in ("127.0.0.1", "::1", "localhost", "127.1"):
        with pytest.raises(PermissionError):
            transport._open_socket((2, 1, 6, "", (address, 443)))


async def test_a_name_without_addresses_may_be_tried_again() -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError(f"{host}:{port}")

    transport = GuardedTransport(user_agent=AGENT, lookup=nowhere)
    refusal = await refusal_of(transport, get("https://gone.example.org/"))
    assert not refusal.is_final
    assert "gone.example.org" in str(refusal)
    await transport.close()


async def test_a_redirect_is_handed_back_and_not_followed(
    aiohttp_server: Serve, transport: GuardedTransport
) -> None:
    visits: list[str] = []

    async def lead(request: web.Request) -> web.Response:
        visits.append(request.path)
        return web.Response(status=302, headers={"Location": "/secret"})

    app = web.Application()
    app.router.add_get("/{tail:.*}", lead)
    server = await aiohttp_server(app)
    answer = await transport.send(get(str(server.make_url("/start"))))
    assert (answer.status, answer.headers["location"]) == (302, "/secret")
    assert visits == ["/start"]


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


BOMB = gzip.compress(b"\0" * 50_000_000, mtime=0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (head("Content-Length: 5000000") + b"x", "larger"),
        (head("Connection: close") + b"x" * 5_000, "larger"),
        (
            head("Transfer-Encoding: chunked") + b"1388\r\n" + b"x" * 5_000 + b"\r\n0\r\n\r\n",
            "larger",
        ),
        (head("Content-Length: 900") + b"only this", "broken"),
        (head("Transfer-Encoding: chunked") + b"ffffffffffffffffff\r\nx", ""),
        (head(f"Content-Length: {len(BOMB)}", "Content-Encoding: gzip") + BOMB, "larger"),
        (head("Connection: close", "Content-Encoding: gzip") + BOMB, "larger"),
        (head("Content-Length: 4", "Content-Encoding: gzip") + b"junk", "broken"),
        (
            head("Connection: close", "Content-Encoding: gzip")
            + gzip.compress(b"x" * 99, mtime=0)[:-4],
            "broken",
        ),
        (head("Content-Length: 9", "Content-Encoding: br") + b"123456789", "packed"),
        (head("Content-Length: 9", "Content-Encoding: gzip, gzip") + b"123456789", "packed"),
        (head("Content-Length: 8", "Content-Encoding: deflate") + zlib.compress(b""), "packed"),
        (head(*(f"X-{number}: 1" for number in range(500))), "proper HTTP"),
        (head("X-Long: " + "x" * 100_000), "proper HTTP"),
        (head("Content-Length: -1"), "proper HTTP"),
        (head("Content-Length: 1", "Content-Length: 2") + b"xx", ""),
        (b"HTTP/1.1 " + b"9" * 10_000 + b"\r\n\r\n", "proper HTTP"),
        (b"220 mail.example.org ESMTP\r\n", "proper HTTP"),
        (b"\x16\x03\x01 not http", "proper HTTP"),
        (b"", "reached"),
    ],
)
async def test_a_hostile_answer_is_refused_and_may_be_tried_again(
    transport: GuardedTransport, answer: bytes, words: str
) -> None:
    async with raw_server(answer) as url:
        refusal = await refusal_of(transport, get(url, max_bytes=1_000))
    assert words in str(refusal)
    assert not refusal.is_final


async def test_a_bomb_does_not_go_off_in_memory(transport: GuardedTransport) -> None:
    async with raw_server(head("Connection: close", "Content-Encoding: gzip") + BOMB) as url:
        tracemalloc.start()
        try:
            await refusal_of(transport, get(url, max_bytes=1_000))
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak_bytes < 5_000_000


@pytest.mark.parametrize(
    "answer", [b"", head("Content-Length: 100") + b"x", head("Transfer-Encoding: chunked")]
)
async def test_a_server_that_never_ends_its_answer_is_left(
    transport: GuardedTransport, answer: bytes
) -> None:
    async with raw_server(answer, stays_open=True) as url:
        refusal = await refusal_of(transport, get(url, total_seconds=0.2))
    assert "in time" in str(refusal)


async def test_a_flood_of_interim_answers_ends_with_the_time(transport: GuardedTransport) -> None:
    async with raw_server(b"HTTP/1.1 102 Processing\r\n\r\n" * 500, stays_open=True) as url:
        await refusal_of(transport, get(url, total_seconds=0.2))


async def test_a_closed_port_is_reported_plainly(
    transport: GuardedTransport, unused_tcp_port: int
) -> None:
    refusal = await refusal_of(transport, get(f"http://127.0.0.1:{unused_tcp_port}/"))
    assert not refusal.is_final


async def test_cookies_are_neither_kept_nor_sent(
    aiohttp_server: Serve, transport: GuardedTransport
) -> None:
    seen: list[str | None] = []

    async def bake(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "id=1; Path=/"})

    app = web.Application()
    app.router.add_get("/", bake)
    server = await aiohttp_server(app)
    for _ in range(2):
        await transport.send(get(str(server.make_url("/"))))
    assert seen == [None, None]


async def test_proxies_of_the_environment_are_ignored(
    echo: TestServer, transport: GuardedTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert (await transport.send(get(str(echo.make_url("/"))))).status == 200


async def test_the_request_arrives_byte_for_byte_with_our_name_on_it(
    echo: TestServer, transport: GuardedTransport
) -> None:
    url = f"http://127.0.0.1:{echo.port}/%7Ejo/a%2Fb?q=%20+&r"
    sent = Outgoing("POST", url, {"Content-Type": "application/activity+json"}, b'{"a":1}')
    heard = parsed(await transport.send(sent))
    assert heard["method"] == "POST"
    assert heard["target"] == "/%7Ejo/a%2Fb?q=%20+&r"
    assert heard["body"] == '{"a":1}'
    assert heard["headers"]["user-agent"] == AGENT
    assert heard["headers"]["content-type"] == "application/activity+json"
    assert heard["headers"]["host"] == f"127.0.0.1:{echo.port}"


async def test_headers_of_the_caller_win(echo: TestServer, transport: GuardedTransport) -> None:
    sent = Outgoing("GET", str(echo.make_url("/")), {"user-agent": "Test", "accept": "text/plain"})
    headers = parsed(await transport.send(sent))["headers"]
    assert headers["user-agent"] == "Test"
    assert headers["accept"] == "text/plain"


async def test_a_packed_answer_is_unpacked_within_the_limit(transport: GuardedTransport) -> None:
    body = b"x" * 900
    packed = gzip.compress(body, mtime=0)
    answer = head("Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed
    async with raw_server(answer) as url:
        incoming = await transport.send(get(url, max_bytes=900))
    assert incoming.body == body
    assert "content-encoding" not in incoming.headers
    assert "content-length" not in incoming.headers


async def test_a_body_exactly_at_the_limit_is_taken(transport: GuardedTransport) -> None:
    async with raw_server(head("Content-Length: 100") + b"x" * 100) as url:
        assert len((await transport.send(get(url, max_bytes=100))).body) == 100


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "500 Oops", "410 Gone"])
async def test_every_status_is_handed_back(transport: GuardedTransport, status: str) -> None:
    async with raw_server(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as url:
        answer = await transport.send(get(url))
    assert answer == Incoming(int(status[:3]), {"content-length": "0"}, b"")


async def test_a_kept_connection_that_died_meanwhile_is_replaced(
    transport: GuardedTransport,
) -> None:
    connections: list[int] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readuntil(b"\r\n\r\n")
        if len(connections) == 1:  # promises to stay, and leaves at the second request
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbox"
        for _ in range(2):
            assert (await transport.send(Outgoing("POST", url, {}, b"{}"))).status == 202
    assert len(connections) == 2


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def tls_echo(authority: trustme.CA) -> AsyncIterator[TestServer]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = web.Application()
    app.router.add_get("/", answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("peer.example.org").configure_cert(context)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=context)
    yield server
    await server.close()


async def test_an_unknown_authority_is_refused(tls_echo: TestServer) -> None:
    async with guarded(Names(["127.0.0.1"]), is_open=True) as transport:
        refusal = await refusal_of(transport, get(f"https://peer.example.org:{tls_echo.port}/"))
    assert "certificate" in str(refusal)


async def test_a_certificate_for_another_name_is_refused(
    tls_echo: TestServer, authority: trustme.CA, tmp_path: Path
) -> None:
    transport = private_tls(authority, tmp_path)
    refusal = await refusal_of(transport, get(f"https://other.example.org:{tls_echo.port}/"))
    assert "certificate" in str(refusal)
    await transport.close()


async def test_an_authority_from_the_settings_is_trusted(
    tls_echo: TestServer, authority: trustme.CA, tmp_path: Path
) -> None:
    transport = private_tls(authority, tmp_path)
    answer = await transport.send(get(f"https://peer.example.org:{tls_echo.port}/"))
    assert answer.body == b"secret"
    await transport.close()


async def test_the_systems_own_resolver_finds_this_machine() -> None:
    assert "127.0.0.1" in await look_up("localhost", 80)


def test_we_say_who_we_are() -> None:
    assert compose_user_agent("1.0", "https://art.example") == "Fixatif/1.0 (+https://art.example/)"
    assert compose_user_agent("1.0", "https://a.b/", "test") == "Fixatif/1.0 (+https://a.b/) test"


def private_tls(authority: trustme.CA, folder: Path) -> GuardedTransport:
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return GuardedTransport(
        user_agent=AGENT,
        allow_private_addresses=True,
        ca_file=folder / "ca.pem",
        lookup=Names(["127.0.0.1"]),
    )


def parsed(answer: Incoming) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads(answer.body)
    return read
