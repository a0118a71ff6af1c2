"""Requests that would make us ask others, fill the disk, or stand still."""

import asyncio
import re

import pytest

from server.accounts import NewAccount
from server.drafts import MAX_ALT, MAX_CAPTION, MAX_SHORT, MAX_TITLE
from server.model import Role
from tests.flows.artists import PASSWORD, SMALL
from tests.security.gallery import FIREFOX, Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRIVATE = (
    "127.0.0.1",
    "127.0.0.1:5432",
    "localhost",
    "10.0.0.1",
    "169.254.169.254",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "0.0.0.0",  # noqa: S104 - asked, not bound to
    "2130706433",
    "0x7f.1",
    "127.1",
    "192.168.1.1:8080",
    "router.local",
    "metadata.google.internal",
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_nobody_makes_us_ask_a_private_address(gallery: Gallery, host: str) -> None:
    gallery.studio.clock.move(3_600_000)
    member = await gallery.member("bea")
    uri = f"{gallery.instance.config.base_url}/users/ana"
    for answer in (
        await gallery.stranger().post("/interact", {"uri": uri, "address": f"x@{host}"}),
        await member.get(f"/home/follow?q=x@{host}"),
        await member.get(f"/authorize_interaction?uri=https://{host}/users/x"),
        await member.get(f"/authorize_interaction?uri=http://{host}/users/x"),
    ):
        assert answer.status in {401, 404, 422, 503}
        assert answer.location == ""
        assert "refused" not in answer.text.lower() or "Connect call" not in answer.text


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "gopher://x/",
        "http://[",
        "https://user@evil.example/",
        "https://a\\b/",
        "//x",
        "ftp://x/y",
    ],
)
async def test_only_web_addresses_are_asked(gallery: Gallery, uri: str) -> None:
    gallery.studio.clock.move(3_600_000)
    member = await gallery.member("bea")
    answer = await member.get(f"/authorize_interaction?uri={uri}")
    assert answer.status in {401, 404, 422}
    posted = await gallery.stranger().post("/interact", {"uri": uri, "address": "x@far.example"})
    assert posted.status == 422


async def test_looking_up_is_slowed_down(gallery: Gallery) -> None:
    gallery.studio.clock.move(3_600_000)
    member = await gallery.member("bea")
    statuses = [(await member.get("/home/follow?q=x@10.0.0.1")).status for _ in range(22)]
    assert statuses[-1] == 429
    gallery.studio.clock.move(3_600_000)


def multipart(csrf: str, *parts: bytes) -> bytes:
    first = b'Content-Disposition: form-data; name="csrf"\r\n\r\n' + csrf.encode()
    whole = b"".join(b"--x\r\n" + part + b"\r\n" for part in (first, *parts))
    return whole + b"--x--\r\n"


FILE = b'Content-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n\r\n'


@pytest.mark.parametrize(
    "parts",
    [
        [FILE + b"x" * 600_000],
        [FILE + SMALL] * 51,
        [b'Content-Disposition: form-data; name="title"\r\n\r\n' + b"x" * 70_000, FILE + SMALL],
        [b'Content-Disposition: form-data; name="a"\r\n\r\nb'] * 300,
        [b"Content-Disposition: form-data\r\n\r\nx"],
        [b"\r\n"],
        [b'Content-Disposition: form-data; name="title"\r\n\r\n\xff\xfe', FILE + SMALL],
        [b'Content-Disposition: form-data; name="title"\r\n\r\na\0b', FILE + SMALL],
        [b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nx\r\n--y--"],
        [FILE.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"AAAA"],
        [b"x: " + b"y" * 20_000 + b"\r\n\r\n"],
        [FILE],
        [],
    ],
    ids=range(13),
)
async def test_a_huge_or_broken_upload_is_refused_and_hangs_nothing(
    gallery: Gallery, parts: list[bytes]
) -> None:
    member = await gallery.member("cy")
    cy, _ = await gallery.studio.viewing.artist("cy")
    before = await gallery.studio.viewing.studio(cy)
    answer = await member.ask(
        "POST",
        "/studio/upload",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        data=multipart(member.csrf, *parts),
    )
    assert answer.status in {400, 413, 422}, answer.text
    assert await gallery.studio.viewing.studio(cy) == before
    assert not [path for path in gallery.studio.files() if len(path) != 64]


async def test_an_upload_from_a_stranger_is_not_even_read(gallery: Gallery) -> None:
    before = gallery.studio.files()
    body = multipart("made-up", FILE + b"stranger's bytes" * 10_000)
    answer = await gallery.stranger().ask(
        "POST",
        "/studio/upload",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        data=body,
    )
    assert answer.status == 403
    assert gallery.studio.files() == before


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        ("Transfer-Encoding: chunked", {b"411"}),
        ("Content-Length: 999999999999", {b"413"}),
        ("Content-Encoding: gzip\r\nContent-Length: 3", {b"415"}),
        ("Content-Length: -1", {b"400"}),
        ("Content-Length: 3\r\nContent-Length: 4", {b"400"}),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", {b"400", b"411"}),
    ],
)
async def test_a_body_that_lies_about_itself_is_refused_at_once(
    gallery: Gallery, head: str, statuses: set[bytes]
) -> None:
    member = await gallery.member("cy")
    [(name, token)] = member.cookies.items()
    request = (
        f"POST /studio/upload HTTP/1.1\r\nHost: x\r\nUser-Agent: {FIREFOX}\r\n"
        f"Cookie: {name}={token}\r\nContent-Type: multipart/form-data; boundary=x\r\n{head}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(gallery.base.rpartition(":")[2])
    )
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(200), 20)
    writer.close()
    await writer.wait_closed()
    assert answer.split(b" ")[1] in statuses, answer


async def test_a_slow_upload_holds_up_nobody_and_leaves_nothing_when_it_breaks_off(
    gallery: Gallery,
) -> None:
    member = await gallery.member("cy")
    before = gallery.studio.files()
    [(name, token)] = member.cookies.items()
    body = multipart(member.csrf, FILE + b"x" * 400_000)
    head = (
        f"POST /studio/upload HTTP/1.1\r\nHost: x\r\nUser-Agent: {FIREFOX}\r\n"
        f"Cookie: {name}={token}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    port = int(gallery.base.rpartition(":")[2])
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
    for _, writer in slow:
        writer.write(head.encode() + body[: len(body) // 2])
        await writer.drain()
    assert (await asyncio.wait_for(member.get("/studio"), 20)).status == 200
    for _, writer in slow:
        writer.close()
        await writer.wait_closed()
    for _ in range(200):  # until the server has noticed
        if gallery.studio.files() == before:
            break
        await member.get("/healthz")
    assert gallery.studio.files() == before


async def test_a_reader_cannot_hang_works_by_the_form_either(gallery: Gallery) -> None:
    accounts = gallery.studio.accounts
    await accounts.open(NewAccount("rea", PASSWORD, role=Role.READER))
    answer = await (await gallery.member("rea")).upload(SMALL)
    assert answer.status == 403


async def test_an_edit_keeps_a_warning_that_nobody_unchecked(gallery: Gallery) -> None:
    cy, _ = await gallery.studio.viewing.artist("cy")
    work = await gallery.studio.hung(cy, is_sensitive=True)
    page = (await (await gallery.member("cy")).get(f"/studio/works/{work.id}")).text
    assert re.search(r'name="is_sensitive"[^>]* checked', page)
    await gallery.studio.publishing.withdraw(cy, work.id)


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("title", MAX_TITLE),
        ("caption", MAX_CAPTION),
        ("alt", MAX_ALT),
        ("medium", MAX_SHORT),
        ("year", MAX_SHORT),
        ("sensitive_reason", MAX_SHORT),
    ],
)
async def test_the_form_lets_nobody_type_what_would_be_refused_after_the_upload(
    gallery: Gallery, field: str, most: int
) -> None:
    page = (await (await gallery.member("cy")).get("/studio/upload")).text
    [limit] = re.findall(rf'name="{field}"[^>]* maxlength="(\d+)"', page)
    assert int(limit) <= most
