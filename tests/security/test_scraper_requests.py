"""Requests as scrapers and scanners write them by hand, on a real socket: never a 500, nor a copy
that was not due, nor a word of what we run on.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.security.gallery import FIREFOX, open_gallery
from web.server import answering, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINE = 15_000
GOOGLEBOT = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True, slots=True)
class Wire:
    """A socket's other end, and what hangs there."""

    port: int
    picture: str
    names: tuple[str, ...]  # of our cookies

    async def say(self, sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        try:
            async with asyncio.timeout(30):
                return await reader.read()
        finally:
            writer.close()

    async def ask(
        self,
        path: str | bytes,
        *lines: bytes,
        start: bytes = b"GET %s HTTP/1.1",
        agent: bytes = FIREFOX.encode(),
        host: bytes = b"127.0.0.1",
    ) -> bytes:
        """Return the whole answer to a request of these lines."""
        address = path.encode() if isinstance(path, str) else path
        head = (start % address, b"Host: " + host, b"User-Agent: " + agent, *lines)
        return await self.say(b"\r\n".join((*head, b"Connection: close", b"", b"")))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    """Serve a gallery as `fixatif serve` does."""
    folder = tmp_path_factory.mktemp("wire")
    async with open_gallery(folder, proxies='"127.0.0.1"') as gallery:
        listener = listening("127.0.0.1", 0)
        cookies = gallery.instance.flows.forms.cookies
        async with answering(gallery.instance.app(), listener, shutdown_seconds=1):
            yield Wire(
                listener.getsockname()[1],
                gallery.media("public", "")[:-1],
                (cookies.session_name, cookies.proof_name, cookies.form_name, "surround"),
            )


def status(answer: bytes) -> int:
    head = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").split(b"\r\n", 1)[0]
    return int(head.split(b" ", 2)[1])


def check(answer: bytes, case: object) -> None:
    assert status(answer) < 500, case
    assert b"aiohttp" not in answer, case
    assert b"Python" not in answer, case
    assert b"Server: Fixatif\r\n" in answer, case


@pytest.mark.parametrize(
    "start",
    [
        *(b"GET %s", b"GET  %s HTTP/1.1", b"%s", b"GET %s HTTP/1.7", b"GET %s HTTP/3.0"),
        *(b"<b> %s HTTP/1.1", b"A" * 5_000 + b" %s HTTP/1.1", b"GET %s\xff HTTP/1.1"),
        *(b"GET %s HTTP/1.1\r\nHost: other", b"GET http://x:99999%s HTTP/1.1", b"\x16\x03\x01%s"),
        *(b"GET http://[::1%s HTTP/1.1", b"GET %s HTTP/1.1\r\nContent-Length: -1"),
        *(b"GET %s HTTP/1.1\r\nUser-Agent: GPTBot/1", b"GET %s HTTP/1.1\r\n Folded: 1"),
        *(
            b"GET %s HTTP/1.1\r\nX : 1",
            b"GET %s HTTP/1.1\r\nX: a\rb",
            b"GET %s HTTP/1.1\r\nX: \x00",
        ),
        b"GET %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4",
        b"GET %s HTTP/1.1\r\nTransfer-Encoding: xchunked",
        b"GET %s HTTP/1.1\r\nX: " + b"x" * 70_000,
        b"GET %s" + b"x" * 70_000 + b" HTTP/1.1",
    ],
)
async def test_what_is_no_http_is_answered_briefly_and_repeated_by_nobody(
    start: bytes, wire: Wire
) -> None:
    answer = await wire.ask(f"{wire.picture}/large.jpg", start=start)
    assert status(answer) in {400, 403, 404, 431}
    check(answer, start)
    for told in (b"<b>", b"AAAA", b"xxxx", b"99999", b"chunked", wire.picture.encode()):
        assert told not in answer, (start, told)


@pytest.mark.parametrize("path", ["/about", "/no/such/place", "{}/view.jpg"])
async def test_odd_expectations_are_refused_in_our_own_words(path: str, wire: Wire) -> None:
    for expected in (b"\xff\xfe", b"anything", b"x" * LINE):
        answer = await wire.ask(path.format(wire.picture), b"Expect: " + expected)
        assert status(answer) == 417
        check(answer, expected)
        assert b"xxxx" not in answer
    usual = await wire.ask("/about", b"Expect: 100-Continue")
    assert (usual.startswith(b"HTTP/1.1 100 Continue"), status(usual)) == (True, 200)


COSTLY = (  # each took this program, or its libraries, between ten milliseconds and four seconds
    (b"Content-Type: multipart/form-data; " + b'"' * LINE, 431),
    (b"Content-Type: multipart/form-data; " + b"a=b;" * 3_000, 431),
    (b"If-None-Match: " + b'"a",' * 3_000, 431),
    (b"Cookie: " + b"a=b; " * 3_000, 200),
    (b"Signature-Input: " + b"a=()," * 3_000, 200),
    (b"Accept: " + b"a/b;q=0.1," * 1_500, 200),
)


@pytest.mark.parametrize(("line", "due"), COSTLY)
async def test_headers_that_cost_more_to_read_than_to_answer_are_not_read(
    line: bytes, due: int, wire: Wire
) -> None:
    for path in ("/about", "/no/such/place", f"{wire.picture}/view.jpg"):
        answer = await wire.ask(path, line)
        assert status(answer) == (404 if due == 200 and "such" in path else due)
        check(answer, line)


@pytest.mark.parametrize(
    "path", ["/" * LINE, "/../" * 3_000, "/@ana?" + "a=1&" * 3_000, "/media/" + "a/" * 5_000]
)
async def test_addresses_longer_than_any_of_ours_are_not_looked_for(path: str, wire: Wire) -> None:
    answer = await wire.ask(path)
    assert status(answer) == 414
    check(answer, path)


LARGE = (
    *("{}/large.jpg", "{}/large.avif", "{}/full.jpg", "{}/original.jpg", "http://x{}/large.jpg"),
    *("/media/..;{}/large.jpg", "/media/%2e%2e{}/large.jpg", "{}%2flarge.jpg", "/{}/large.jpg"),
    *("{}/%6carge.jpg", "{}/large.jpg%00", "{}/view.jpg%00/../large.jpg", "{}/large.jpg;view.jpg"),
    *("{}/large.jpg/", "{}\\large.jpg", "{}/%zz/large.jpg", "{}/large.jpg%0a", "{}/LARGE.jpg"),
    *("{}/large.jpg?t=", "{}/large.jpg?t=%00", "{}/large.jpg?t=%ff%fe", "{}/large.jpg?size=1"),
    *("{}/large.jpg?t=" + "A" * 28, "{}/large.jpg?t=a&t=b", "{}/large.jpg?t=" + "A" * 9_000),
)  # fmt: skip
BORN = (  # headers that others' programs were led astray by
    *(b"Range: bytes=0-99", b"Range: bytes=-1", b"Range: bytes=0-0,5-9", b"If-None-Match: *"),
    *(b"If-Match: *", b"If-Modified-Since: Fri, 01 Jan 2999 00:00:00 GMT", b'If-Range: "x"'),
    *(b"X-Accel-Redirect: /_pictures/x", b"X-Original-URL: /about", b"X-Rewrite-URL: /about"),
    *(b"X-HTTP-Method-Override: GET", b"X-Forwarded-Host: evil.test", b"X_Forwarded_For: 1.1.1.1"),
)


@pytest.mark.parametrize("way", [b"GET", b"HEAD"])
async def test_no_spelling_and_no_header_brings_a_copy_that_was_not_due(
    way: bytes, wire: Wire
) -> None:
    for version in (b" %s HTTP/1.1", b" %s HTTP/1.0"):
        for path in LARGE:
            answer = await wire.ask(path.format(wire.picture), start=way + version)
            assert status(answer) in {400, 403, 404}, path
            check(answer, path)
    for line in BORN:
        answer = await wire.ask(f"{wire.picture}/large.jpg", line, start=way + b" %s HTTP/1.1")
        assert status(answer) == 403, line
        refused = await wire.ask(f"{wire.picture}/view.jpg", line, agent=b"GPTBot/1.2")
        assert status(refused) == 403, line
        assert b"image/jpeg" not in answer + refused


RANGES = (
    *(b"99-0", b"0-0,5-9,1-2", b"0-" + b"9" * 400, b"a-b", b"", b"-", b"--1", b"99999999-"),
    *(b"\xd9\xa0-\xd9\xa1", b"0-" + b"9" * 5_000),
)
DATES = (
    *(b"garbage", b"9" * 3_000, b"Fri, 99 Jan 9999 99:99:99 GMT", b"1"),
    *(b"Mon, 01 Jan 0001 00:00:00 GMT", b"Thu, 01 Jan 99999999999 00:00:00 GMT"),
    b"Thu, 01 Jan 1970 00:00:00 +9999",
)
TAGS = (b"*", b'"x"', b'W/"x", y, "', b'"a",' * 3_000, b"\xff")


async def test_ranges_dates_and_tags_of_every_kind_break_no_picture(wire: Wire) -> None:
    dated = (b"If-Modified-Since: ", b"If-Unmodified-Since: ", b"If-Range: ")
    tagged = (b"If-None-Match: ", b"If-Match: ", b"If-Range: ")
    lines = [
        *(b"Range: bytes=" + each for each in RANGES),
        *(name + each for name in dated for each in DATES),
        *(name + each for name in tagged for each in TAGS),
    ]
    for line in lines:
        for path in (f"{wire.picture}/view.jpg", "/@ana"):
            answer = await wire.ask(path, line)
            assert status(answer) in {200, 206, 304, 400, 412, 416, 431}, (path, line)
            check(answer, line)


HOSTILE = (b"\xff\xfe", b"\xed\xa0\x80", b"\xc3\xa9", b"x" * LINE, b"[", b'"', b"", b"a,,;=;,")
NAMES = (
    *(b"User-Agent", b"X-Forwarded-For", b"X-Forwarded-Proto", b"Authorization", b"Signature"),
    *(b"Signature-Input", b"Signature-Agent", b"Accept", b"Accept-Language", b"Referer", b"Origin"),
    *(b"Sec-Purpose", b"Content-Type", b"Accept-Encoding", b"Digest", b"Date", b"X-Request-Id"),
)


async def test_hostile_bytes_in_any_header_break_nothing(wire: Wire) -> None:
    for name in NAMES:
        for value in HOSTILE:
            for path in ("/@ana", f"{wire.picture}/view.jpg", "/users/ana", "/nothing-here/"):
                line = name + b": " + value
                head = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n\r\n"
                answer = await wire.say(head % (path.encode(), line))
                assert status(answer) in {200, 302, 400, 403, 404, 431}, (line, path)
                check(answer, line)


FORWARDED = (
    *(b"::ffff:9.9.9.9", b"[2001:db8::1]:443", b"9.9.9.9:99", b"unknown", b'"9.9.9.9"', b"]:1"),
    *(b"fe80::1%eth0", b"fe80::1%" + b"a" * 300, b"9.9.9.9, " * 1_000, b"0x7f000001", b"01.2.3.4"),
    *(b"\xd9\xa1.\xd9\xa1.\xd9\xa1.\xd9\xa1", b"999.1.1.1", b"2001:db8::1:80", b"_a, for=9.9.9.9"),
    b"9.9.9.9\r\nX-Forwarded-For: 8.8.8.8",
)  # fmt: skip


async def test_forwarded_addresses_of_every_spelling_are_read_or_passed_over(wire: Wire) -> None:
    for value in FORWARDED:
        for agent in (FIREFOX.encode(), GOOGLEBOT):
            answer = await wire.ask("/users/ana", b"X-Forwarded-For: " + value, agent=agent)
            assert status(answer) == 302, value


COOKIES = (
    *(b"\xff", b"x", b"A" * 44, b"A" * 43, b"A\x7fB", b'"\\141\\000"', b'"\xd9\xa1"', b"x" * LINE),
    *(b"%00", b"<x>", b"; " * 5_000, b"$Version=1"),
)


async def test_broken_cookies_open_nothing_and_break_nothing(wire: Wire) -> None:
    paths = (f"{wire.picture}/large.jpg?t=" + "A" * 28, "/proof.css", "/login", "/@ana", "/home")
    for name in wire.names:
        for value in COOKIES:
            for path in paths:
                answer = await wire.ask(path, f"Cookie: {name}=".encode() + value)
                due = {403} if "large" in path else {303} if path == "/home" else {200}
                assert status(answer) in due | {400}, (name, value, path)
                check(answer, value)


HOSTS = (
    b"evil.test",
    b"",
    b"a" * 5_000,
    b"\xff\xfe",
    b"[::1]",
    b"x@evil.test",
    b"<script>",
    b"a, b",
)


async def test_no_page_repeats_the_host_that_a_request_names(wire: Wire) -> None:
    for host in HOSTS:
        for path in ("/@ana", "/users/ana", "/robots.txt", "/login?next=//evil.test", "/home"):
            answer = await wire.ask(path, b"X-Forwarded-Host: evil.test", host=host)
            assert status(answer) in {200, 302, 303, 400}, (host, path)
            assert b"http://evil.test" not in answer
            assert b"<script>" not in answer.split(b"\r\n\r\n", 1)[0]
            check(answer, host)
