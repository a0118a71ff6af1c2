"""Files of works counted, cleaned, verified and moved, on disk and into a real bucket."""

import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.model import Millis
from server.ports import MediaStore
from server.promises import PicturesPromise
from server.storeroom import Fault, Moved, Storeroom
from server.sweeping import AGE
from storage.disk import open_disk
from storage.s3 import BucketStore, open_bucket
from tests.bucket import bucket
from tests.flows.artists import OTHER, SMALL, Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=["disk", "bucket"], loop_scope="module")
async def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MediaStore]:
    if request.param == "disk":
        yield open_disk(tmp_path / "elsewhere")
        return
    store = open_bucket(bucket(f"test-{secrets.token_hex(8)}"))
    assert isinstance(store, BucketStore)
    await store._ask("create_bucket")
    yield store
    await store.close()


def room_of(studio: Studio) -> Storeroom:
    return Storeroom(studio.library, studio.media, studio.clock)


async def needed(studio: Studio) -> set[str]:
    """Publish a work; return the digests that it needs."""
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, OTHER)
    return {
        digest
        for picture in work.pictures
        for digest in (picture.original_digest, *(one.digest for one in picture.renditions))
    }


async def test_what_no_work_needs_is_spare_and_goes_after_a_day(studio: Studio) -> None:
    kept = await needed(studio)
    spare = await studio.media.put(b"nobody needs this")
    room = room_of(studio)
    usage = await room.usage()
    assert (usage.needed, usage.spare, usage.spare_bytes) == (len(kept), 1, spare.size)
    assert await room.clean() == ()  # it may belong to an upload of this very moment
    studio.clock.move(2 * AGE)
    later = Storeroom(studio.library, studio.media, _Later(studio))
    assert await later.clean(is_trial=True) == (spare,)
    assert await studio.media.size(spare.digest)
    assert await later.clean() == (spare,)
    assert studio.files() == kept


async def test_missing_and_damaged_files_are_named(studio: Studio) -> None:
    kept = sorted(await needed(studio))
    room = room_of(studio)
    assert await room.verify() == (len(kept), ())
    await studio.media.delete(kept[0])
    place = studio.media.link(kept[1])
    assert place is not None
    place.write_bytes(b"rot")
    assert await room.verify() == (
        len(kept),
        ((kept[0], Fault.MISSING), (kept[1], Fault.DAMAGED)),
    )


async def test_files_move_whole_and_a_second_move_copies_the_rest(
    studio: Studio, elsewhere: MediaStore
) -> None:
    kept = await needed(studio)
    room = room_of(studio)
    assert await room.move(elsewhere) == Moved(copied=len(kept))
    for digest in kept:
        assert hashlib.sha256(await elsewhere.read(digest)).hexdigest() == digest
    ben = await studio.artist("ben")
    work = await studio.received(ben, SMALL + b"more")
    await studio.making.make(PicturesPromise(work.id))
    moved = await room.move(elsewhere)
    assert moved.were_there >= len(kept)
    assert moved.copied >= 1
    assert (await Storeroom(studio.library, elsewhere, studio.clock).verify())[1] == ()


async def test_what_is_damaged_or_missing_is_told_and_not_moved(
    studio: Studio, elsewhere: MediaStore
) -> None:
    kept = sorted(await needed(studio))
    await studio.media.delete(kept[0])
    place = studio.media.link(kept[1])
    assert place is not None
    place.write_bytes(b"rot")
    moved = await room_of(studio).move(elsewhere)
    assert moved.copied == len(kept) - 2
    assert moved.faults == ((kept[0], Fault.MISSING), (kept[1], Fault.DAMAGED))
    there = {one.digest async for one in elsewhere.list_older_than(Millis(2**50))}
    assert there == set(kept[2:])


class _Later:
    """The system's clock, two days on: files on a disk are as old as their disk says."""

    def __init__(self, studio: Studio) -> None:
        self._clock = studio.clock

    def now(self) -> Millis:
        return Millis(int(time.time() * 1000) + 2 * AGE)

    def new_id(self) -> int:
        return self._clock.new_id()
