"""Files of how a work was made, as they come: looked at, counted, kept whole or not at all.

Law: what is no picture and no video is found out by its own bytes, and nothing of it stays; a
picture's pixels are read later, in a child process, a video's never.
"""

from collections.abc import AsyncIterator
from typing import Final

from server.errors import Invalid
from server.model import Artist
from server.pictures import Refusal
from server.ports import Library, MediaStore, StoredFile
from server.shots import FIELD
from server.sniffing import HEAD_BYTES, sniff
from server.values import dataclass
from server.videos import Looks, Watch, watch_for

_MIB: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was looked at and is in the MediaStore. `looks`: of a video."""

    file: StoredFile
    name: str  # what its artist calls it
    looks: Looks | None = None


@dataclass(frozen=True, slots=True)
class ShotFiles:
    """Take files in. Limits are in bytes; `most_of_video` 0: no videos are taken."""

    library: Library
    media: MediaStore
    most_of_picture: int
    most_of_video: int
    most_of_artist: int

    async def room(self, artist: Artist) -> int:
        """Return how many bytes an artist's shots may still take."""
        used = await self.library.look(lambda tx: tx.shots.bytes_of(artist.id))
        return max(0, self.most_of_artist - used)

    async def receive(
        self, chunks: AsyncIterator[bytes], name: str, *, room: int, field: str = FIELD
    ) -> Received:
        """Store a picture, or (in the field `FIELD`) a video, as it comes.

        `room`: how many bytes there are for it. Raise `Invalid` with the field, `Unavailable`.
        """
        try:
            return await self._received(chunks, name, room, may_move=field == FIELD)
        except Invalid as problem:
            raise Invalid(problem.message, field) from problem

    async def _received(
        self, chunks: AsyncIterator[bytes], name: str, room: int, *, may_move: bool
    ) -> Received:
        head = await _head(chunks)
        watch = watch_for(head, name)
        if watch is None:
            _refuse_no_picture(head, name)
        elif not may_move:
            raise Invalid(f"{name} is a video: choose a picture that stands for yours.")
        elif not self.most_of_video:
            raise Invalid(f"{name} is a video, and none are taken here: add pictures instead.")
        most = self.most_of_video if watch else self.most_of_picture
        whole = _watched(head, chunks, watch)
        bounded = self._bounded(whole, name, most, room)
        file = await self.media.receive(bounded, max_bytes=most)
        return Received(file, name, watch.end() if watch else None)

    async def _bounded(
        self, chunks: AsyncIterator[bytes], name: str, most: int, room: int
    ) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise Invalid(f"{name} is larger than {most // _MIB} MiB: add a smaller file.")
            if size > room:
                raise no_room(self.most_of_artist)
            yield chunk


def no_room(most: int) -> Invalid:
    """Return what is said where an artist's files together take too much."""
    return Invalid(
        f"What you show of how your works were made may take {most // _MIB} MiB together, and this "
        "would be more: take something out first, or add smaller files.",
        FIELD,
    )


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the first chunks: enough to tell what a file is, or all of a small one."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return head


async def _watched(
    head: bytes, chunks: AsyncIterator[bytes], watch: Watch | None
) -> AsyncIterator[bytes]:
    """Give a file's bytes, each only once the watch let it pass, the last once all is well."""
    if watch is not None:
        watch.see(head)
    yield head
    async for chunk in chunks:
        if watch is not None:
            watch.see(chunk)
        yield chunk
    if watch is not None:
        watch.end()


def _refuse_no_picture(head: bytes, name: str) -> None:
    found = sniff(head)
    if isinstance(found, Refusal):
        raise Invalid(f"{name}: {found.message}")
