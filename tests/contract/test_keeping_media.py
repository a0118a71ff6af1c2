"""The MediaStore, in a folder and in a bucket of a real S3-compatible server."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from server.errors import Invalid, NotFound, Unavailable
from server.model import Millis
from server.ports import MediaStore, StoredFile
from storage.disk import open_disk
from storage.s3 import Bucket, BucketStore, open_bucket
from tests.bucket import bucket

Kept = Callable[[], Awaitable[list[str]]]

PICTURE = hashlib.shake_256(b"a picture").digest(700_000)  # more than two chunks
DIGEST = hashlib.sha256(PICTURE).hexdigest()
LARGE = hashlib.shake_256(b"a scan").digest(20_000_000)  # more than two parts of an upload
FAR_FUTURE = Millis(2**50)


@pytest.fixture(params=["disk", "bucket"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MediaStore]:
    if request.param == "disk":
        yield open_disk(tmp_path / "media")
        return
    store = await made(bucket(f"test-{secrets.token_hex(8)}"))
    yield store
    await store.close()


@pytest.fixture
def kept(store: MediaStore, tmp_path: Path) -> Kept:
    """What is there, by name, half-written files too."""

    async def names() -> list[str]:
        if isinstance(store, BucketStore):
            keys = [entry["Key"] async for entry in store._listed("")]
            uploads = (await store._ask("list_multipart_uploads")).get("Uploads", ())
            return [key.rpartition("/")[2] for key in [*keys, *(one["Key"] for one in uploads)]]
        return await asyncio.to_thread(files_in, tmp_path)

    return names


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def made(place: Bucket) -> MediaStore:
    """Make a bucket and return the store in it."""
    store = open_bucket(place)
    assert isinstance(store, BucketStore)
    await store._ask("create_bucket")
    return store


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        DIGEST.upper(),
        DIGEST + "\n",
        DIGEST[:-1],
        f"{DIGEST}/..",
        "\0" * 64,
        "é" * 64,
    ],
)
async def test_what_is_no_digest_reaches_no_store(store: MediaStore, name: str) -> None:
    await store.put(PICTURE)
    assert store.link(name) is None
    for attempt in (
        store.read(name),
        store.size(name),
        store.delete(name),
        whole(store.open(name)),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await store.read(DIGEST) == PICTURE


async def test_a_missing_file_is_not_found(store: MediaStore) -> None:
    assert store.link(DIGEST) is None
    for attempt in (store.read(DIGEST), store.size(DIGEST), whole(store.open(DIGEST))):
        with pytest.raises(NotFound):
            await attempt


async def test_a_stream_beyond_the_limit_is_refused_and_leaves_nothing(
    store: MediaStore, kept: Kept
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)

    with pytest.raises(Invalid, match="at most 1000000 bytes"):
        await store.receive(endless(), max_bytes=1_000_000)
    assert await kept() == []


async def test_a_stream_that_breaks_off_leaves_nothing(store: MediaStore, kept: Kept) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PICTURE
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receive(broken(), max_bytes=1_000_000)
    assert await kept() == []


async def test_bytes_come_back_as_they_were(store: MediaStore, kept: Kept) -> None:
    stored = StoredFile(DIGEST, len(PICTURE))
    assert await store.put(PICTURE) == stored
    assert await store.receive(stream(PICTURE[:10], b"", PICTURE[10:]), max_bytes=700_000) == stored
    assert await store.read(DIGEST) == PICTURE
    assert await whole(store.open(DIGEST)) == PICTURE
    assert await store.size(DIGEST) == len(PICTURE)
    assert await kept() == [DIGEST]


async def test_an_empty_file_is_a_file(store: MediaStore) -> None:
    stored = await store.put(b"")
    assert await store.receive(stream(), max_bytes=0) == stored
    assert await whole(store.open(stored.digest)) == b""


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 1, PICTURE[:1]),
        (5, None, PICTURE[5:]),
        (262_143, 300_000, PICTURE[262_143:562_143]),
        (699_999, 99, PICTURE[-1:]),
        (700_000, None, b""),
        (800_000, 5, b""),
        (3, 0, b""),
    ],
)
async def test_a_part_can_be_streamed(
    store: MediaStore, start: int, length: int | None, expected: bytes
) -> None:
    await store.put(PICTURE)
    assert await whole(store.open(DIGEST, start=start, length=length)) == expected


async def test_a_deleted_file_is_gone_and_may_be_deleted_again(store: MediaStore) -> None:
    await store.put(PICTURE)
    await store.delete(DIGEST)
    await store.delete(DIGEST)
    with pytest.raises(NotFound):
        await store.read(DIGEST)


async def test_equal_files_stored_at_once_are_one(store: MediaStore, kept: Kept) -> None:
    await asyncio.gather(
        *(store.put(PICTURE) for _ in range(4)),
        *(store.receive(stream(PICTURE), max_bytes=2**40) for _ in range(4)),
    )
    assert await kept() == [DIGEST]


async def test_a_large_stream_comes_back_as_it_was(store: MediaStore, kept: Kept) -> None:
    chunks = [LARGE[at : at + 777_777] for at in range(0, len(LARGE), 777_777)]
    stored = await store.receive(stream(*chunks), max_bytes=len(LARGE))
    assert stored == StoredFile(hashlib.sha256(LARGE).hexdigest(), len(LARGE))
    assert await store.read(stored.digest) == LARGE
    assert (
        await whole(store.open(stored.digest, start=9_000_000, length=5)) == LARGE[9_000_000:][:5]
    )
    assert await kept() == [stored.digest]


async def test_a_large_stream_that_breaks_off_leaves_nothing(store: MediaStore, kept: Kept) -> None:
    async def broken() -> AsyncIterator[bytes]:
        for at in range(0, len(LARGE), 1_000_000):
            yield LARGE[at : at + 1_000_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receive(broken(), max_bytes=2**40)
    assert await kept() == []


async def test_all_files_can_be_gone_through(store: MediaStore) -> None:
    stored = [await store.put(bytes([number])) for number in range(5)]
    assert [one async for one in store.list_older_than(Millis(0))] == []
    found = [one async for one in store.list_older_than(FAR_FUTURE)]
    assert sorted(found, key=lambda one: one.digest) == sorted(stored, key=lambda one: one.digest)


async def test_a_bucket_that_is_not_there_says_so() -> None:
    store = open_bucket(bucket("nobody-made-this"))
    with pytest.raises(Unavailable, match="no such bucket"):
        await store.put(PICTURE)
    await store.close()


@pytest.mark.parametrize(
    ("access_key", "secret_key"), [("test:tester", "guessed"), ("test:nobody", "testing")]
)
async def test_a_wrong_key_is_told_as_one(access_key: str, secret_key: str) -> None:
    store = open_bucket(bucket("anything", secret_key, access_key))
    with pytest.raises(Unavailable, match="refuses our key"):
        await store.put(PICTURE)
    with pytest.raises(Unavailable, match="refuses our key"):
        await store.read(DIGEST)
    await store.close()


async def test_a_bucket_that_is_down_is_unavailable_and_never_not_found(
    unused_tcp_port: int,
) -> None:
    store = open_bucket(Bucket(f"http://127.0.0.1:{unused_tcp_port}", "a", "b", "c", "d"))
    for attempt in (store.put(PICTURE), store.read(DIGEST), store.size(DIGEST)):
        with pytest.raises(Unavailable, match="does not answer"):
            await attempt
    await store.close()


async def test_a_bucket_that_never_says_a_word_is_given_up() -> None:
    held: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    store = open_bucket(Bucket(f"http://127.0.0.1:{port}", "a", "b", "c", "d", 1))
    with pytest.raises(Unavailable, match="does not answer"):
        await store.put(PICTURE)
    await store.close()
    silent.close()
    for writer in held:
        writer.close()


async def test_an_upload_to_a_bucket_that_is_cancelled_leaves_nothing() -> None:
    store = await made(bucket(f"test-{secrets.token_hex(8)}"))
    assert isinstance(store, BucketStore)
    has_begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield LARGE
        has_begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store.receive(slow(), max_bytes=2**40))
    await has_begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clearing = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
    await asyncio.gather(*clearing)  # what was shielded ends by itself
    assert [entry async for entry in store._listed("")] == []
    assert "Uploads" not in await store._ask("list_multipart_uploads")
    await store.close()


async def test_other_things_in_the_bucket_are_not_ours(store: MediaStore) -> None:
    if not isinstance(store, BucketStore):
        return
    stored = await store.put(PICTURE)
    for key in ("notes.txt", f"media/{DIGEST}.txt", "media/aa/x"):
        await store._ask("put_object", Key=key, Body=b"x")
    assert [one async for one in store.list_older_than(FAR_FUTURE)] == [stored]


def test_the_secret_key_is_never_shown() -> None:
    assert "testing" not in repr(Bucket("http://x", "a", "b", "c", "testing"))
