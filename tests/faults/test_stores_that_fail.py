"""What an artist meets while files cannot be stored: one plain sentence, and nothing lost or shown.

The bucket is a real S3-compatible server behind a wire that a test can cut, hold or fill; the disk
is a real one that the kernel calls full.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.model import WorkId, WorkState
from storage.s3 import Bucket, BucketStore, open_bucket
from tests.bucket import KEY, REGION, SECRET, endpoint
from tests.flows.artists import SMALL
from tests.flows.test_making import files_of_at_most
from tests.security.gallery import Answer, Browser, Gallery, open_gallery

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SENTENCE = "Files cannot be stored here at the moment"
TYPED = "Hare in the snow, oil on panel"


class Trouble(Enum):
    """What the wire does; the value is what the bucket seems to say, b"" = nothing."""

    NONE = b""
    DOWN = b"down"
    SILENT = b"silent"
    FULL = b"507 Insufficient Storage|InsufficientStorage"
    FORBIDDEN = b"403 Forbidden|AccessDenied"
    BUSY = b"503 Slow Down|SlowDown"

    @property
    def answer(self) -> bytes:
        """Return a whole answer in HTTP."""
        status, _, code = self.value.partition(b"|")
        body = b"<Error><Code>" + code + b"</Code><Message>no</Message></Error>"
        head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/xml\r\nConnection: close"
        return head + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


@dataclass
class Wire:
    """Leads to the bucket, unless there is trouble; counts who came meanwhile."""

    port: int = 0
    trouble: Trouble = Trouble.NONE
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        task.add_done_callback(self.open.discard)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # the test has cut it
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.trouble:
            case Trouble.DOWN:
                return
            case Trouble.NONE:
                await self._through(reader, writer)
            case Trouble.SILENT:
                await asyncio.Event().wait()
            case _:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(self.trouble.answer)
                await writer.drain()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = urlsplit(endpoint())
        there, to_there = await asyncio.open_connection(host.hostname, host.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, to_there))
                both.create_task(self._pump(there, writer))
        finally:
            to_there.close()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while self.trouble is Trouble.NONE and (chunk := await source.read(65_536)):
            to.write(chunk)
            await to.drain()
        to.close()

    def cut(self, trouble: Trouble) -> None:
        """Begin trouble; whatever is on the wire ends there."""
        self.trouble = trouble
        for task in self.open:
            task.cancel()


@asynccontextmanager
async def a_wire() -> AsyncIterator[Wire]:
    wire = Wire()
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut(Trouble.DOWN)
        await asyncio.gather(*wire.open, return_exceptions=True)


@asynccontextmanager
async def gallery_on_a_bucket(folder: Path) -> AsyncIterator[tuple[Gallery, Wire]]:
    """Open an instance whose files are at the other end of a wire."""
    name = f"test-{secrets.token_hex(8)}"
    direct = open_bucket(Bucket(endpoint(), name, REGION, KEY, SECRET))
    assert isinstance(direct, BucketStore)
    await direct._ask("create_bucket")
    await direct.close()
    async with a_wire() as wire:
        media = f"""
        store = "s3"
        endpoint = "http://127.0.0.1:{wire.port}"
        bucket = "{name}"
        region = "{REGION}"
        access_key = "{KEY}"
        secret_key = "{SECRET}"
        patience_seconds = 1
        """
        async with open_gallery(folder, media=media) as gallery:
            yield gallery, wire


async def sent(browser: Browser, body: bytes = SMALL) -> Answer:
    return await browser.upload(body, title=TYPED, alt="A hare", caption="Snow & <b>ice</b>")


def assert_told(answer: Answer) -> None:
    """The artist reads one plain sentence, and everything that was typed."""
    page = unescape(answer.text)
    assert answer.status == 503
    assert SENTENCE in page
    assert TYPED in page
    assert "Snow & <b>ice</b>" in page
    for jargon in ("bucket", "access_key", "Errno", "Traceback", "InsufficientStorage"):
        assert jargon not in page, jargon


async def works(gallery: Gallery) -> int:
    return len(await gallery.studio.viewing.studio(gallery.ana, None))


async def hung(gallery: Gallery, answer: Answer) -> None:
    found = re.fullmatch(r"/studio/works/(\d+)/progress", answer.location)
    assert found, (answer.status, answer.location)
    await gallery.studio.worker.drain()
    assert (await gallery.studio.work(WorkId(int(found[1])))).state is WorkState.HUNG


async def test_whatever_is_wrong_with_a_bucket_an_upload_is_refused_whole_and_works_afterwards(
    tmp_path: Path,
) -> None:
    async with gallery_on_a_bucket(tmp_path) as (gallery, wire):
        ana = await gallery.member()
        before = await works(gallery)
        for trouble in (one for one in Trouble if one is not Trouble.NONE):
            wire.cut(trouble)
            assert_told(await sent(ana))
            assert await works(gallery) == before, trouble
        wire.cut(Trouble.NONE)
        await hung(gallery, await sent(ana))
        assert await works(gallery) == before + 1


async def test_a_bucket_that_goes_away_while_copies_are_made_shows_nothing_half(
    tmp_path: Path,
) -> None:
    async with gallery_on_a_bucket(tmp_path) as (gallery, wire):
        ana = await gallery.member()
        answer = await sent(ana)
        work_id = WorkId(int(answer.location.split("/")[3]))
        wire.cut(Trouble.FULL)
        await gallery.studio.worker.drain()
        work = await gallery.studio.work(work_id)
        assert (work.state, work.pictures[0].renditions) == (WorkState.PROCESSING, ())
        assert (await gallery.stranger().get(f"/@ana/{work_id}")).status == 404
        page = unescape((await ana.get(f"/studio/works/{work_id}/progress")).text)
        assert "goes on by itself" in page
        assert "Try again" in page
        wire.cut(Trouble.NONE)
        await ana.post(f"/studio/works/{work_id}/retry")
        await gallery.studio.worker.drain()
        assert (await gallery.studio.work(work_id)).state is WorkState.HUNG


async def test_pictures_of_a_bucket_that_is_away_are_told_to_be_and_pages_stand(
    tmp_path: Path,
) -> None:
    async with gallery_on_a_bucket(tmp_path) as (gallery, wire):
        wire.cut(Trouble.DOWN)
        stranger = gallery.stranger()
        assert (await stranger.get(gallery.page("public"))).status == 200
        picture = await stranger.get(gallery.media("public"))
        assert picture.status == 503
        assert "no-store" in picture.headers["Cache-Control"]
        wire.cut(Trouble.NONE)
        assert (await stranger.get(gallery.media("public"))).status == 200


async def test_a_disk_that_fills_while_a_file_comes_in_is_told_and_the_next_try_works(
    tmp_path: Path,
) -> None:
    # Above what the database needs, below what the picture has: only the picture finds no room.
    large = SMALL + bytes(5_000_000)
    async with open_gallery(tmp_path, max_upload_bytes=9_000_000) as gallery:
        ana = await gallery.member()
        before, files = await works(gallery), gallery.studio.files()
        with files_of_at_most(4_000_000):
            assert_told(await sent(ana, large))
        assert await works(gallery) == before
        assert gallery.studio.files() == files, "half a file was left"
        await hung(gallery, await sent(ana, large))
