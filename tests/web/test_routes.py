"""Every address: closed ones stay closed, all answer decently, none breaks on odd input."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from yarl import URL

from tests.security.gallery import ACTIVITY, FIREFOX, Answer, Gallery, a_gallery  # noqa: F401 - fixture
from web.routes import ROUTES, Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "0" * 40
TOKEN = "x" * 43
IDS = ("0", "1", "9" * 19, "9223372036854775808", "9223372036854775807", "%D9%A3")
PARTS = {
    "id": "1",
    "picture": "1",
    "handle": "ana",
    "slug": "hare",
    "key": KEY,
    "rendition": "tile",
    "ext": "jpg",
    "version": "2.1",
    "host": "peer.test",
    "domain": "peer.test",
    "answer": "approve",
    "kind": "like",
    "portrait": "avatar",
    "film": "mp4",
    "shot": "1",
    "pin": "pin",
    "name": "fixatif.css",
    "tag": "hare",
    "token": TOKEN,
    "hush": "silence",
    "stay": "suspend",
    "word": "decline",
    "hand": "take",
    "sight": "hide",
    "door": "drop",
    "end": "delete",
    "verdict": "fine",
    "label": "ai-scraper",
    "what": "ask",
    "shown": "hide",
}
# What a route answers to a stranger who asks for what is there, unless it is 200.
STATUSES = {
    "/nothing-here/": 404,
    "/works/1/larger/1": 404,
    "/works/1/process/1/video": 404,
    "/proof/sum": 403,
    "/@ana/1-hare": 404,
    "/@ana/1": 404,
    "/@ana/series/hare": 404,
    "/users/ana/series/1": 404,
    **{f"/series/1{part}": 404 for part in ("", "/outbox", "/followers", "/following")},
    "/posts/1": 404,
    "/authorizations/1": 404,
    f"/media/{KEY}/tile.jpg": 404,
    "/.well-known/webfinger": 400,
    "/users/ana": 302,
    "/works/1": 404,
    "/works/1/replies": 404,
    "/works/1/likes": 404,
    "/works/1/shares": 404,
    "/users/ana/followers_synchronization": 401,
    "/oembed": 404,
    f"/media/{KEY}/avatar.jpg": 404,
    f"/media/{KEY}/video.mp4": 404,
    "/setup": 404,
    "/datasets": 404,
    **{f"/datasets/own{part}": 404 for part in ("", "/snapshot", "/changes", ".csv")},
    f"/invite/{TOKEN}": 404,
    f"/takedown/{TOKEN}": 404,
    f"/apply/{TOKEN}": 404,
    "/styleguide": 404,
}
GETS = [route for route in ROUTES if route.method == "GET"]
POSTS = [route for route in ROUTES if route.method == "POST"]
MACHINES = {"/inbox", "/users/ana/inbox", "/series/1/inbox"}


def path_of(route: Route, **parts: str) -> str:
    """Return the route's path with its variable parts filled in."""
    return "".join(
        {**PARTS, **parts}[piece[1:-1].partition(":")[0]] if piece.startswith("{") else piece
        for piece in pieces(route.path)
    )


def pieces(pattern: str) -> Iterator[str]:
    """Split `/a/{id:\\d{1,19}}-{slug}` at its variable parts; braces may stand in braces."""
    depth, start = 0, 0
    for at, character in enumerate(pattern):
        if character == "{":
            if depth == 0:
                yield pattern[start:at]
                start = at
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield pattern[start : at + 1]
                start = at + 1
    yield pattern[start:]


def variables(route: Route) -> list[str]:
    return [piece[1:-1].partition(":")[0] for piece in pieces(route.path) if piece[:1] == "{"]


def named(route: Route) -> str:
    return f"{route.method} {path_of(route)}"


def check_decent(answer: Answer) -> None:
    """Every answer names its request, says what machines may do, and is safe to show."""
    headers = answer.headers
    assert answer.status < 500, answer.text
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "Fixatif"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers.getall("Content-Usage") == ["train-ai=n, ai-use=n"]
    assert headers.getall("tdm-reservation") == ["1"]
    assert "noai, noimageai, noarchive" in headers.getall("X-Robots-Tag")
    assert any('rel="license"' in link for link in headers.getall("Link"))


async def raw(gallery: Gallery, request: bytes) -> bytes:
    """Send bytes as they are, and return the whole answer."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(gallery.base.rpartition(":")[2])
    )
    try:
        writer.write(request)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("route", [r for r in GETS if not r.is_public], ids=named)
async def test_a_closed_page_sends_a_stranger_to_sign_in_and_back(
    gallery: Gallery, route: Route
) -> None:
    path = path_of(route)
    answer = await gallery.stranger().get(f"{path}?a=b&c=//evil.example")
    assert answer.status == 303
    where = URL(answer.location)
    assert (where.host, where.path) == (None, "/login")
    assert where.query == {"next": f"{path}?a=b&c=//evil.example"}
    check_decent(answer)


@pytest.mark.parametrize("route", [r for r in POSTS if path_of(r) not in MACHINES], ids=named)
async def test_a_form_without_its_token_does_nothing(gallery: Gallery, route: Route) -> None:
    path = path_of(route)
    if path == "/interact":  # changes nothing here, and stands on cached pages
        return
    for browser in (gallery.stranger(), await gallery.member()):
        browser.csrf = ""
        for headers in ({}, {"Content-Type": "multipart/form-data; boundary=x"}):
            answer = await browser.post(path, {"text": "hello"}, **headers)
            assert answer.status in {403, 422}, answer.text  # 422: the body is no multipart at all
            check_decent(answer)


@pytest.mark.parametrize("route", [r for r in POSTS if not r.is_public], ids=named)
async def test_a_closed_form_does_nothing_for_a_stranger_with_a_token(
    gallery: Gallery, route: Route
) -> None:
    browser = gallery.stranger()
    await browser.open_form()
    answer = await browser.post(path_of(route), {"text": "hello"})
    assert (answer.status, answer.location) == (303, "/login")
    check_decent(answer)


@pytest.mark.parametrize("route", [r for r in GETS if r.is_public], ids=named)
async def test_a_public_address_answers_a_stranger(gallery: Gallery, route: Route) -> None:
    path = path_of(route)
    answer = await gallery.stranger().get(path)
    assert answer.status == STATUSES.get(path, 200)
    check_decent(answer)


@pytest.mark.parametrize("route", [r for r in GETS if not r.is_public], ids=named)
async def test_a_closed_page_answers_a_member(gallery: Gallery, route: Route) -> None:
    work = gallery.works["public"]
    path = path_of(route, id=str(work.id), picture=str(work.pictures[0].id))
    answer = await (await gallery.member()).get(path)
    wrong = {"/home/follow": 422, "/authorize_interaction": 422}
    wrong |= {
        "/settings/avatar/whole.jpg": 404,
        "/settings/watermark/sample.jpg": 404,
    }  # there is none
    wrong |= {"/@ana@peer.test": 404}  # nobody here met them
    wrong |= {"/report": 404, f"/admin/reports/{work.id}": 404}  # about nothing; no such case
    wrong |= {f"/admin/policy/history/{work.id}": 404}  # no such version
    wrong |= {f"/posts/{work.id}/edit": 404}  # a work is no comment
    wrong |= {f"/studio/series/{work.id}{part}": 404 for part in ("", "/add", "/delete")}
    wrong |= {f"/admin/blocklists/{work.id}{part}": 404 for part in ("", "/draft")}
    wrong |= {f"/admin/people/{work.id}": 404, f"/cases/{work.id}": 404}  # a work is nobody
    wrong |= {f"/likenesses/{work.id}": 404}  # nor like another
    wrong |= {f"/studio/works/{work.id}/contest": 404}  # no mark keeps it out
    wrong |= {f"/cases/{work.id}/{work.pictures[0].id}.jpg": 404}
    wrong |= {f"/cases/{work.id}/process/1{part}": 404 for part in (".jpg", "/video")}
    if path.startswith("/admin/people/applications/"):  # and nobody applied
        wrong[path] = 200 if path.endswith("applications") else 404
    assert answer.status == wrong.get(path, 200)
    assert "no-store" in answer.headers["Cache-Control"]
    check_decent(answer)


@pytest.mark.parametrize("route", GETS, ids=named)
async def test_head_answers_as_get_without_a_body(gallery: Gallery, route: Route) -> None:
    for browser in (gallery.stranger(), await gallery.member()):
        got = await browser.get(path_of(route))
        headed = await browser.ask("HEAD", path_of(route))
        assert (headed.status, headed.body) == (got.status, b"")
        assert headed.headers.get("Content-Type") == got.headers.get("Content-Type")
        check_decent(headed)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(gallery: Gallery, method: str) -> None:
    for path in ("/", "/studio", "/inbox", gallery.page("public"), gallery.media("public")):
        answer = await gallery.stranger().ask(method, path)
        assert answer.status in {403, 405}, path
        check_decent(answer)


@pytest.mark.parametrize("route", [r for r in ROUTES if variables(r)], ids=named)
async def test_odd_parts_of_an_address_break_nothing(gallery: Gallery, route: Route) -> None:
    odd = {
        "handle": ("x" * 30, "x" * 31, "%00", "..", "ana%2f..", "ANA", "%ff", "%D0%B0na"),
        "slug": ("", "x" * 5_000, "%00", "..%2f..", "%0d%0aSet-Cookie:a=b", "<script>"),
        "name": ("..%2f..%2fetc%2fpasswd", "%00", "x" * 5_000, "%ff"),
        "tag": ("%00", "%ff", "x" * 5_000, "%F0%9F%90%87", "..", "<b>"),
        "key": ("f" * 40, "F" * 40, "x", "%00" * 13, "../" * 13),
        "rendition": ("original", "tile", "nonsense", "%00"),
        "host": ("%00", "..", "x" * 300, "%ff", "<b>", "a%20b.example", "1", "-.example"),
        "ext": ("avif", "jpeg", "svg", "html", "php"),
    }
    for browser in (gallery.stranger(), await gallery.member()):
        for name in variables(route):
            for value in odd.get(name, IDS):
                path = path_of(route, **{name: value})
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                data = f"csrf={browser.csrf}".encode() if route.method == "POST" else None
                for accept in ("text/html", ACTIVITY):
                    headers["Accept"] = accept
                    answer = await browser.ask(route.method, path, headers=headers, data=data)
                    assert answer.status != 200 or name in {"handle", "tag", "slug", "id", "ext"}
                    check_decent(answer)


@pytest.mark.parametrize(
    "query",
    [
        "before=0",
        "before=9999999999999999999",
        "before=9223372036854775808",
        "before=-1",
        "before=%D9%A3",
        "before=%00",
        "before=%ff&q=%ff&uri=%ff&resource=%ff&t=%ff&next=%ff&told=%ff",
        "q=%00&uri=%00&resource=%00&t=%00&next=%00&intent=%00",
        "page=true&before=9999999999999999999",
        "uri=http://[&q=a@[&resource=http://[&next=http://[",
        "uri=https://a%E2%84%80.example/&resource=https://a%E2%84%80.example/",
        "resource=acct:ana@[&q=@@@&t=" + "x" * 4_000,
        "x=" + "x" * 7_000,
        "&".join(f"a{number}={number}" for number in range(500)),
        "&&==%%%",
        "told=saved&told=nonsense",
        "\udcff",
    ],
    ids=lambda query: ascii(query)[:40],
)
@pytest.mark.parametrize("who", ["stranger", "member"])
async def test_odd_queries_break_nothing(gallery: Gallery, who: str, query: str) -> None:
    browser = gallery.stranger() if who == "stranger" else await gallery.member()
    gallery.studio.clock.move(3_600_000)  # so that look-ups are not refused as too many
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for route in GETS:
        path = path_of(route, id=str(gallery.works["public"].id))
        if "\udcff" not in query:
            check_decent(await browser.get(f"{path}?{query}"))
            continue
        request = f"GET {path}?q={query}&uri={query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        request += f"User-Agent: {FIREFOX}\r\nCookie: {cookie}\r\n\r\n"
        answer = await raw(gallery, request.encode(errors="surrogateescape"))
        assert re.match(rb"HTTP/1.[01] [234]", answer), (path, answer[:200])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "Accept",
            (
                "",
                "*/*",
                ",;,;",
                "text/html;q=nan",
                'application/ld+json; profile="' + "x" * 6_000,
                "application/activity+json;q=1e999",
                "a/b," * 1_500,
                "\xff",
            ),
        ),
        ("User-Agent", ("", "x" * 7_000, "\xff\xfe", "Mozilla/5.0 GPTBot", "((((")),
        ("Referer", ("http://[", "\xff", "x" * 7_000, "//evil.example")),
        ("Accept-Language", ("\xff", "x" * 7_000)),
        ("Range", ("bytes=9-1", "bytes=-0", "bytes=0-,5-", "lines=1", "bytes=" + "9" * 30 + "-")),
        ("If-None-Match", ('"', "*", "W/", '"\xff"')),
        ("If-Modified-Since", ("nonsense", "Thu, 01 Jan 0000 00:00:00 GMT")),
        ("X-Forwarded-For", ("", ",,,", "1.2.3.4" * 500, "\xff", "::1%eth0", "unknown")),
        ("X-Forwarded-Proto", ("", "\xff", "https,http")),
        ("Host", ("", "evil.example", "a b", "x" * 3_000, "\xff")),
        ("Signature", ('keyId="', "x", "\xff", 'keyId="http://[",signature="x",headers="x"')),
        ("Sec-Fetch-Site", ("\xff", "cross-site")),
        ("Accept-Encoding", ("gzip;q=0", "\xff", "br")),
        ("Connection", ("close, \xff",)),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_odd_headers_break_nothing(
    gallery: Gallery, name: str, values: tuple[str, ...]
) -> None:
    member = await gallery.member()
    paths = (
        "/",
        gallery.page("public"),
        gallery.media("public"),
        "/users/ana",
        f"/works/{gallery.works['followers'].id}",
        "/studio",
        "/static/fixatif.css",
        "/login",
        "/.well-known/webfinger?resource=acct:ana@x",
    )
    for value in values:
        for path in paths:
            for cookies in ({}, member.cookies):
                lines = {
                    "Host": "127.0.0.1",
                    "Connection": "close",
                    "User-Agent": FIREFOX,
                    "Accept": ACTIVITY if name == "Signature" else "text/html",
                    "Cookie": "; ".join(f"{one}={cookies[one]}" for one in cookies),
                    name: value,
                }
                head = "".join(
                    f"{one}: {said}\r\n" for one, said in lines.items() if said or one == name
                )
                answer = await raw(gallery, f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
                assert re.match(rb"HTTP/1.[01] [234]", answer), (path, value[:40], answer[:200])


@pytest.mark.parametrize(
    "cookie",
    [
        "{name}=\xff",
        "{name}=",
        "{name}",
        "{name}=" + "x" * 5_000,
        '{name}="a\\"b',
        ";;;=;",
        "{name}=\x01",
        "{form}=\xff",
        "surround=<script>",
        "a=b; " * 500,
    ],
    ids=lambda cookie: ascii(cookie)[:20],
)
async def test_broken_cookies_sign_nobody_in_and_break_nothing(
    gallery: Gallery, cookie: str
) -> None:
    names = gallery.instance.flows.forms.cookies
    value = cookie.format(name=names.session_name, form=names.form_name).encode("latin-1")
    for path in ("/", "/studio", "/login", gallery.page("public"), gallery.media("draft")):
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: {FIREFOX}\r\n"
        answer = await raw(gallery, head.encode() + b"Cookie: " + value + b"\r\n\r\n")
        assert re.match(rb"HTTP/1.[01] [234]", answer), answer[:200]
        assert b"<script>" not in answer.partition(b"<body")[0]
        if path == "/studio":
            assert re.match(rb"HTTP/1.[01] (303|400)", answer), answer[:200]


async def test_every_route_is_asked_with_its_own_parts() -> None:
    for route in ROUTES:
        assert "{" not in path_of(route)
        assert set(variables(route)) <= set(PARTS)


async def test_unknown_addresses_are_decent_too(gallery: Gallery) -> None:
    for path in (
        "/nope",
        "/@",
        "//",
        "/.git/config",
        "/wp-login.php",
        "/%2e%2e/etc",
        "/*",
    ):
        answer = await gallery.stranger().get(path)
        assert answer.status == 404, path
        check_decent(answer)
