"""Which part of a file a request asks for (RFC 9110, 14). Pure.

Several parts at once are not given: such a header is passed over, as the RFC lets us, and the whole
file is sent.
"""

import re
from typing import Final

from server.values import dataclass

_ONE_PART: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


class Unsatisfiable(Exception):
    """The file has no such part."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file: the first, and how many."""

    start: int
    length: int

    def said(self, size: int) -> str:
        """Return what `Content-Range` says of it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def part_of(header: str, size: int) -> Part | None:
    """Return the part that a `Range` header wants, None for all. Raise `Unsatisfiable`."""
    found = _ONE_PART.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None  # no range at all (14.1.1)
    if start >= size or start >= end:
        raise Unsatisfiable
    return Part(start, end - start)
