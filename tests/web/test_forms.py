"""Bodies, forms and uploads: what is refused, and what becomes of the rest."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient

from server.errors import FixatifError, Invalid
from web.errors import problem
from web.fields import (
    Fields,
    Flag,
    Line,
    Many,
    Number,
    Real,
    Rule,
    Secret,
    Text,
    clean,
    clean_filename,
    decode,
)
from web.forms import FilePart, UploadLimits, read_body, read_form, read_multipart
from web.keys import IS_OUR_FORM, MAX_BODY_BYTES

Client = TestClient[web.Request, web.Application]
Connect = Callable[[web.Application], Awaitable[Client]]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Sample:
    title: Annotated[str, Line("Title", 10, min_characters=2)]
    caption: Annotated[str, Text("Caption", 20)] = ""
    password: Annotated[str, Secret("Password", 12)] = ""
    count: Annotated[int | None, Number("Count", 1, 9)] = None
    focus: Annotated[float, Real("Focus", -1, 1)] = 0.0
    alts: Annotated[tuple[str, ...], Many(Line("Alt text", 5), 2)] = field(default_factory=tuple)
    colour: Colour = Colour.RED
    is_quiet: bool = False


def sample(**values: str | list[str]) -> Sample:
    pairs = [("title", "Sea")] if "title" not in values else []
    for name, value in values.items():
        pairs += [(name, one) for one in ([value] if isinstance(value, str) else value)]
    return decode(Sample, Fields(pairs))


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        ({"title": ""}, "title", "Title is missing; fill it in."),
        ({"title": " \r\n\t"}, "title", "missing"),
        ({"title": "x"}, "title", "at least 2"),
        ({"title": "x" * 11}, "title", "at most 10 characters; this has 11"),
        ({"title": "a\0b"}, "title", "cannot be kept"),
        ({"caption": "a\0b"}, "caption", "cannot be kept"),
        ({"password": "a\0b"}, "password", "cannot be kept"),
        ({"caption": "x" * 21}, "caption", "Caption may have at most 20"),
        ({"password": "x" * 13}, "password", "at most 12"),
        ({"count": "0"}, "count", "Count must be a number from 1 to 9."),
        ({"count": "10"}, "count", "from 1 to 9"),
        ({"count": "1.5"}, "count", "from 1 to 9"),
        ({"count": "1_0"}, "count", "from 1 to 9"),
        ({"count": "9" * 5_000}, "count", "from 1 to 9"),
        ({"count": "--1"}, "count", "from 1 to 9"),
        ({"count": "²"}, "count", "from 1 to 9"),
        ({"focus": "nan"}, "focus", "from -1 to 1"),
        ({"focus": "inf"}, "focus", "from -1 to 1"),
        ({"focus": "1.1"}, "focus", "from -1 to 1"),
        ({"focus": "left"}, "focus", "from -1 to 1"),
        ({"alts": ["a", "b", "c"]}, "alts", "at most 2"),
        ({"alts": ["a", "too long"]}, "alts", "Alt text may have at most 5"),
        ({"colour": "green"}, "colour", "choose one of 'red', 'blue'"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_what_is_wanted(
    values: dict[str, str | list[str]], name: str, words: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        sample(**values)
    assert refusal.value.field == name
    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"title": "  Blue \r\n  sea "}, "title", "Blue sea"),
        ({"title": "Blue\u202esea\x07"}, "title", "Bluesea"),
        ({"title": "e\u0301te\u0301"}, "title", "\xe9t\xe9"),
        ({"caption": " a\r\nb\rc\x1b[31m "}, "caption", "a\nb\nc[31m"),
        ({"caption": "a\u2028b"}, "caption", "a\nb"),
        ({"password": "  a\r\nb "}, "password", "  a\r\nb "),
        ({"password": "e\u0301"}, "password", "e\u0301"),
        ({"count": " 7 "}, "count", 7),
        ({"count": ""}, "count", None),
        ({"focus": "-0.25"}, "focus", -0.25),
        ({"alts": ["", "b"]}, "alts", ("", "b")),
        ({}, "alts", ()),
        ({"colour": "blue"}, "colour", Colour.BLUE),
        ({}, "colour", Colour.RED),
        ({"is_quiet": "on"}, "is_quiet", True),
        ({"is_quiet": "off"}, "is_quiet", False),
        ({}, "is_quiet", False),
    ],
)
def test_a_field_is_read_as_its_rule_says(
    values: dict[str, str | list[str]], name: str, expected: object
) -> None:
    assert getattr(sample(**values), name) == expected


def test_unknown_fields_are_ignored_and_the_first_of_several_counts() -> None:
    assert sample(title=["One", "Two"], hack="1").title == "One"


def test_a_field_without_a_rule_is_a_programmers_mistake() -> None:
    @dataclass(frozen=True)
    class Loose:
        title: str

    with pytest.raises(TypeError, match="title needs a rule"):
        decode(Loose, Fields([("title", "x")]))


def test_fields_keep_order_and_repeats() -> None:
    fields = Fields([("b", "1"), ("a", "2"), ("b", "3")])
    assert fields.names() == ("b", "a")
    assert fields.all("b") == ("1", "3")
    assert (fields.first("b"), fields.first("c"), fields.all("c")) == ("1", "", ())


def test_rules_are_rules() -> None:
    rules: list[Rule] = [Line("a", 1), Text("a", 1), Secret("a", 1), Flag(), Number("a", 1, 2)]
    assert all(callable(rule.read) for rule in rules)


def test_text_is_cleaned_the_same_way_everywhere() -> None:
    assert clean("a\x85b\ufeff\x00"[:-1], "x") == "a\nb"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\sea.jpg", "sea.jpg"),
        ("sea\0.jpg", "sea.jpg"),
        ("sea\r\nX-Evil: 1.jpg", "sea X-Evil: 1.jpg"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("\udcff.png", "?.png"),
        ("..", ""),
        ("x" * 500 + ".jpg", "x" * 196 + ".jpg"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_file_name_is_only_a_name(sent: str, shown: str) -> None:
    assert clean_filename(sent) == shown


LIMITS = UploadLimits(max_fields=3, max_field_bytes=20, max_files=2, max_file_bytes=1_000_000)


@pytest.fixture
async def client(aiohttp_client: Connect) -> Client:
    """Three addresses that say what they read; errors as JSON."""

    @web.middleware
    async def plumbing(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        request[MAX_BODY_BYTES] = 5_000
        if "unchecked" not in request.query:
            request[IS_OUR_FORM] = True
        try:
            return await handler(request)
        except FixatifError as error:
            return problem(request, error)

    async def form(request: web.Request) -> web.Response:
        fields = await read_form(request)
        assert await read_form(request) is fields
        return web.json_response({name: fields.all(name) for name in fields.names()})

    async def body(request: web.Request) -> web.Response:
        assert await read_body(request) == await read_body(request)
        return web.json_response(len(await read_body(request)))

    async def upload(request: web.Request) -> web.Response:
        seen: list[tuple[str, ...]] = []
        async for part in read_multipart(request, LIMITS):
            if isinstance(part, FilePart):
                size = sum([len(chunk) async for chunk in part.chunks])
                seen.append((part.name, part.filename, str(size)))
            else:
                seen.append((part.name, part.value))
        return web.json_response(seen)

    app = web.Application(middlewares=[plumbing], client_max_size=1_000_000)
    app.router.add_post("/form", form)
    app.router.add_post("/body", body)
    app.router.add_post("/upload", upload)
    return await aiohttp_client(app)


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=B", "Accept": "application/json"}


async def refused(client: Client, path: str, body: bytes, headers: dict[str, str]) -> str:
    async with client.post(path, data=body, headers=headers) as response:
        assert response.status in (403, 413, 422)
        text = await response.text()
        return str(json.loads(text)["error"]) if text.startswith("{") else text


@pytest.mark.parametrize(
    "body",
    [
        b"a=%ff",  # no UTF-8
        "a=ü".encode(),  # not percent-encoded
        b"&".join(b"a=1" for _ in range(501)),
    ],
)
async def test_a_broken_form_is_refused_in_one_sentence(client: Client, body: bytes) -> None:
    assert "send it again" in await refused(client, "/form", body, URLENCODED)


async def test_a_form_above_its_limit_is_refused_also_without_a_length(client: Client) -> None:
    async def pour() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b"a" * 100

    async with client.post("/form", data=pour(), headers=URLENCODED) as response:
        assert response.status == 413
    async with client.post("/body", data=b"a" * 5_001) as response:
        assert response.status == 413
    async with client.post("/body", data=b"a" * 5_000) as response:
        assert await response.json() == 5_000


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
async def test_a_body_that_is_no_form_is_refused(client: Client, kind: str) -> None:
    headers = {"Content-Type": kind, "Accept": "application/json"}
    assert "forms only" in await refused(client, "/form", b"a=1", headers)
    assert "uploads only" in await refused(client, "/upload", b"a=1", headers)


async def test_a_form_is_read_with_blanks_and_repeats(client: Client) -> None:
    body = b"a=1&b=&a=%C3%A9+x&csrf=t;c=2"
    async with client.post("/form", data=body, headers=URLENCODED) as response:
        assert await response.json() == {"a": ["1", "é x"], "b": [""], "csrf": ["t;c=2"]}


def parts(*each: tuple[str, bytes]) -> bytes:
    made = b"".join(
        b"--B\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"
        for head, body in each
    )
    return made + b"--B--\r\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "broken"),
        (b"nothing that looks like parts", "broken"),
        (b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\ncut off", "broken"),
        (b"--B\r\n" + b"X: y\r\n" * 200 + b"\r\n\r\n--B--\r\n", "broken"),
        (b"--B\r\nX: " + b"y" * 9_000 + b"\r\n\r\n\r\n--B--\r\n", "broken"),
        (b"--B\r\nno colon here\r\n\r\n\r\n--B--\r\n", "broken"),
        (parts(("x=1", b"v")), "broken"),
        (parts((f'name="{"n" * 101}"', b"v")), "broken"),
        (parts(('name="a"', b"\xff\xfe")), "broken"),
        (parts(('name="a"\r\nContent-Transfer-Encoding: base64', b"QUJD")), "broken"),
        (parts(('name="a"\r\nContent-Type: multipart/mixed; boundary=C', b"--C--")), "broken"),
        (parts(('name="a"', b"x" * 21)), "too long"),
        (parts(*(('name="a"', b"x") for _ in range(4))), "at most 3 fields"),
        (parts(*(('name="f"; filename="f.jpg"', b"x") for _ in range(3))), "at most 2 files"),
        (parts(('name="f"; filename="big.jpg"', b"x" * 1_000_001)), "big.jpg is larger"),
    ],
)
async def test_a_hostile_upload_is_refused(client: Client, body: bytes, words: str) -> None:
    assert words in await refused(client, "/upload", body, BOUNDARY)


async def test_an_upload_without_a_usable_boundary_is_refused(client: Client) -> None:
    for kind in ("multipart/form-data", f"multipart/form-data; boundary={'B' * 71}"):
        headers = {"Content-Type": kind, "Accept": "application/json"}
        assert "broken" in await refused(client, "/upload", parts(('name="a"', b"1")), headers)


async def test_an_upload_whose_token_nobody_checked_is_refused(client: Client) -> None:
    body = parts(('name="csrf"', b"anything"), ('name="a"', b"1"))
    assert "token" in await refused(client, "/upload?unchecked", body, BOUNDARY)


async def test_a_form_without_files_takes_no_file(client: Client) -> None:
    body = parts(('name="f"; filename="a.jpg"', b"x"))
    assert "takes no files" in await refused(client, "/form", body, BOUNDARY)


async def test_an_upload_comes_part_by_part_in_the_order_sent(client: Client) -> None:
    body = parts(
        ('name="csrf"', b"token"),
        ('name="title"', "Mé".encode()),
        ('name="f"; filename="../a.jpg"', b"\r\n--\r\n" * 100_000),
        ('name="f"; filename=""', b""),  # an empty file input
        ('name="alt"', b""),
        ('name="f"; filename="b.jpg"', b""),
    )
    async with client.post("/upload", data=body, headers=BOUNDARY) as response:
        assert await response.json() == [
            ["title", "Mé"],
            ["f", "a.jpg", "600000"],
            ["alt", ""],
            ["f", "b.jpg", "0"],
        ]


async def test_a_form_may_also_come_as_multipart(client: Client) -> None:
    form = FormData({"a": "1"}, default_to_multipart=True)
    form.add_field("a", "é\r\nx")
    async with client.post("/form", data=form) as response:
        assert await response.json() == {"a": ["1", "é\r\nx"]}
