"""The MediaStore in a folder."""

import asyncio
import errno
import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.model import Millis
from server.ports import MediaStore
from storage.disk import _unusable, open_disk

PICTURE = hashlib.shake_256(b"a picture").digest(700_000)  # more than two chunks
DIGEST = hashlib.sha256(PICTURE).hexdigest()
FAR_FUTURE = Millis(2**50)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def store(folder: Path) -> MediaStore:
    return open_disk(folder)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("turns", range(8))
async def test_an_upload_that_is_cancelled_leaves_nothing(
    store: MediaStore, folder: Path, turns: int
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield PICTURE[:300_000]

    task = asyncio.create_task(store.receive(slow(), max_bytes=2**40))
    for _ in range(turns):
        await asyncio.sleep(0)  # one turn of the loop
        await asyncio.to_thread(int)  # and one of a thread
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.get_running_loop().shutdown_default_executor()  # whatever still ran has ended
    assert files_in(folder) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full: free some space"),
        (errno.EDQUOT, "disk is full: free some space"),
        (errno.EROFS, "Read-only file system.*check the media folder"),
    ],
)
def test_a_disk_that_takes_nothing_says_what_to_do(number: int, words: str) -> None:
    assert re.search(words, _unusable(OSError(number, "")).message)


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="media folder"):
        await open_disk(tmp_path / "media").put(PICTURE)


async def test_files_belong_to_their_owner_alone(store: MediaStore, folder: Path) -> None:
    await store.put(PICTURE)
    for path in (folder, *files_in(folder), *(file.parent for file in files_in(folder))):
        assert path.stat().st_mode & 0o077 == 0, path
    link = store.link(DIGEST)
    assert link is not None
    assert link.is_absolute()
    assert await asyncio.to_thread(link.read_bytes) == PICTURE


async def test_sweeping_lists_old_files_and_clears_what_crashes_left(
    store: MediaStore, folder: Path
) -> None:
    old = await store.put(b"old")
    await store.put(b"young")
    left_by_a_crash = folder / ".incoming" / "left"
    being_received = folder / ".incoming" / "new"
    for path, seconds in (
        (store.link(old.digest), 1000),
        (left_by_a_crash, 1000),
        (being_received, 200_000),
    ):
        assert path is not None
        path.touch()
        os.utime(path, (seconds, seconds))
    (folder / "notes.txt").write_text("not ours")
    at = Millis(100_000_000)
    assert [found async for found in store.list_older_than(at)] == [old]
    assert not left_by_a_crash.exists()
    assert being_received.exists()


async def test_storing_a_file_again_makes_it_young(store: MediaStore) -> None:
    stored = await store.put(b"again")
    place = store.link(stored.digest)
    assert place is not None
    os.utime(place, (1000, 1000))
    await store.put(b"again")
    assert [found async for found in store.list_older_than(Millis(2_000_000))] == []
    assert [found async for found in store.list_older_than(FAR_FUTURE)] == [stored]


async def test_free_space_is_known_before_the_first_file(store: MediaStore) -> None:
    free = await store.free_bytes()
    assert free is not None
    assert free > 0
