"""Media in a folder: `ab/cd/<sha256>`, each file written whole and then renamed into place.

Nothing blocks the event loop. No file stays open between two steps, so a caller that goes away
leaves neither a descriptor nor a half-written file behind.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

from server.errors import Invalid, NotFound, Unavailable
from server.model import Millis
from server.ports import MediaStore, StoredFile

P = ParamSpec("P")
T = TypeVar("T")

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = ".incoming"  # in the same file system, so that renaming is atomic
_STALE_MILLIS = 24 * 3600 * 1000  # no upload takes a day; what is older was left by a crash
_CHUNK_BYTES = 256 * 1024
_OWN = (0o600, 0o700)  # of files and folders
_GROUP = (0o640, 0o750)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def open_disk(folder: Path, *, is_shared: bool = False) -> MediaStore:
    """Return the store in `folder`, which is created with the first file.

    `is_shared`: with its group, which may read: a reverse proxy sends files from it.
    """
    return DiskStore(folder, is_shared=is_shared)


class DiskStore:
    """The MediaStore in a folder that belongs to Fixatif alone."""

    def __init__(self, folder: Path, *, is_shared: bool = False) -> None:
        self._folder = folder.absolute()  # a later change of directory must not move the store
        self._modes = _GROUP if is_shared else _OWN

    async def put(self, data: bytes) -> StoredFile:
        """Store bytes whole or not at all. Raise `Unavailable` where there is no space."""
        return await self._in_thread(self._put, data)

    async def receive(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> StoredFile:
        """Store a stream whole or not at all. Raise `Invalid` once it exceeds `max_bytes`."""
        hasher = hashlib.sha256()
        incoming = self._incoming()
        size = 0
        try:
            await self._in_thread(self._create, incoming)
            async for piece in _gathered(chunks):
                size += len(piece)
                if size > max_bytes:
                    raise Invalid(f"The file is too large: send one of at most {max_bytes} bytes.")
                await self._in_thread(_append, incoming, hasher, piece)
            return await self._in_thread(self._settle, incoming, hasher.hexdigest(), size)
        finally:
            _clear(incoming)

    async def read(self, digest: str) -> bytes:
        """Return a whole file. Raise `NotFound`."""
        return await self._in_thread(self._place(digest).read_bytes)

    async def open(
        self, digest: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Stream a file, or a part of it. Raise `NotFound`."""
        place = self._place(digest)
        size = await self.size(digest)
        end = size if length is None else min(size, start + length)
        while start < end:
            chunk = await self._in_thread(_read_at, place, start, min(_CHUNK_BYTES, end - start))
            yield chunk
            start += len(chunk)

    async def size(self, digest: str) -> int:
        """Return the size in bytes. Raise `NotFound`."""
        return (await self._in_thread(self._place(digest).stat)).st_size

    async def delete(self, digest: str) -> None:
        """Delete; a missing file is no error."""
        await self._in_thread(self._place(digest).unlink, missing_ok=True)

    async def list_older_than(self, at: Millis) -> AsyncIterator[StoredFile]:
        """Go through files stored before `at`; clear away what crashes left a day before that."""
        await self._in_thread(self._sweep_incoming, at - _STALE_MILLIS)
        for first in range(256):
            for stored in await self._in_thread(self._older, f"{first:02x}", at):
                yield stored

    def link(self, digest: str) -> Path | None:
        """Return the file's absolute path, None where it is not there."""
        with suppress(NotFound):
            place = self._place(digest)
            return place if place.is_file() else None
        return None

    async def free_bytes(self) -> int | None:
        """Return the space that is left to us in the folder's file system."""
        return await self._in_thread(self._free_bytes)

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    async def _in_thread(self, step: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a step off the event loop; one that began is waited for, also when cancelled."""
        running = asyncio.ensure_future(asyncio.to_thread(step, *args, **kwargs))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            running.exception()  # nobody is left to hear it
            raise
        except FileNotFoundError as cause:
            raise _not_there() from cause
        except OSError as cause:
            raise _unusable(cause) from cause

    def _place(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:  # a path in disguise never reaches the disk
            raise _not_there()
        return self._folder / digest[:2] / digest[2:4] / digest

    def _put(self, data: bytes) -> StoredFile:
        hasher = hashlib.sha256()
        incoming = self._incoming()
        try:
            self._create(incoming)
            _append(incoming, hasher, data)
            return self._settle(incoming, hasher.hexdigest(), len(data))
        finally:
            _clear(incoming)

    def _incoming(self) -> Path:
        return self._folder / _INCOMING / secrets.token_hex(16)

    def _create(self, incoming: Path) -> None:
        self._make_folder(incoming.parent)
        incoming.touch(mode=self._modes[0], exist_ok=False)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(mode=self._modes[1], exist_ok=True)

    def _settle(self, incoming: Path, digest: str, size: int) -> StoredFile:
        place = self._place(digest)
        try:
            os.utime(place)  # young again: a sweep that just judged it old must list it anew
        except FileNotFoundError:
            self._make_folder(place.parent)
            _sync(incoming)
            incoming.replace(place)
            _sync(place.parent)
        return StoredFile(digest, size)

    def _sweep_incoming(self, at: int) -> None:
        for entry in _entries(self._folder / _INCOMING):
            if _stored_at(entry) < at:
                Path(entry).unlink(missing_ok=True)

    def _older(self, first: str, at: int) -> list[StoredFile]:
        return [
            StoredFile(entry.name, entry.stat().st_size)
            for folder in _entries(self._folder / first)
            for entry in _entries(Path(folder))
            if _DIGEST.fullmatch(entry.name) and _stored_at(entry) < at
        ]

    def _free_bytes(self) -> int:
        self._make_folder(self._folder)
        space = os.statvfs(self._folder)
        return space.f_bavail * space.f_frsize


async def _gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small chunks: each costs a hop to a thread."""
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= _CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _append(incoming: Path, hasher: "hashlib._Hash", piece: bytes) -> None:
    with incoming.open("ab") as file:
        file.write(piece)
    hasher.update(piece)


def _read_at(place: Path, start: int, size: int) -> bytes:
    with place.open("rb") as file:
        file.seek(start)
        return file.read(size)


def _sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        yield from entries


def _clear(incoming: Path) -> None:
    """Remove what was on its way, if it is there; a disk that refuses this too is swept later."""
    with suppress(OSError):
        incoming.unlink()


def _stored_at(entry: "os.DirEntry[str]") -> int:
    return entry.stat().st_mtime_ns // 1_000_000


def _not_there() -> NotFound:
    return NotFound("This file is not here: it may have been taken down.")


def _unusable(cause: OSError) -> Unavailable:
    if cause.errno in _NO_SPACE:
        return Unavailable("The disk is full: free some space on the server, then try again.")
    reason = os.strerror(cause.errno) if cause.errno else type(cause).__name__
    return Unavailable(f"Media files cannot be used ({reason}): check the media folder's rights.")
