"""Takes uploads in: files are streamed into the MediaStore as they come.

Law: whatever goes wrong with a file, the words that came with it are read to the end, so that the
page can show them again. What was stored by then and belongs to nothing is swept.
"""

from collections.abc import Awaitable, Callable
from dataclasses import field, replace

import structlog
from aiohttp import web

from server.errors import FixatifError, Invalid, Unavailable
from server.ports import StoredFile
from server.values import dataclass
from web.fields import Fields
from web.flows import flows
from web.forms import FilePart, UploadLimits, read_multipart

Receive = Callable[[FilePart], Awaitable[StoredFile]]

_MOST_PARTS = 500  # of files that are passed over
_OUT_OF_REACH = (
    "Files cannot be stored here at the moment, so nothing of this was changed or shown. What you "
    "typed is kept: choose your files once more and send it again in a few minutes."
)
_log = structlog.get_logger("web.intake")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that came: in the form's field `name`, called `filename` by who sent it."""

    name: str
    filename: str
    file: StoredFile


@dataclass(slots=True)
class Intake:
    """What came, and the first thing that was wrong with it."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: list[Taken] = field(default_factory=list)
    problem: FixatifError | None = None

    @property
    def fields(self) -> Fields:
        """The words."""
        return Fields(self.pairs)

    def named(self, name: str) -> list[Taken]:
        """Return the files of one field, in order."""
        return [one for one in self.files if one.name == name]

    def demand_whole(self) -> None:
        """Raise what was wrong, if anything was."""
        if self.problem is not None:
            raise self.problem


def for_people(problem: FixatifError) -> FixatifError:
    """Return a problem in words for who uploads: what is wrong with a disk or bucket is logged."""
    if not isinstance(problem, Unavailable):
        return problem
    _log.warning("files_out_of_reach", reason=problem.message)
    return Unavailable(_OUT_OF_REACH)


async def take_in(
    request: web.Request, limits: UploadLimits, receive: Receive | None = None
) -> Intake:
    """Read an upload to its end. Raises `NotAllowed` where it came without its token.

    `receive`: stores a file whose kind has to be looked at first.
    """
    intake, count = Intake(), 0

    async def store(part: FilePart) -> StoredFile:
        return await flows(request).media.receive(part.chunks, max_bytes=limits.max_file_bytes)

    try:
        async for part in read_multipart(request, replace(limits, max_files=_MOST_PARTS)):
            if not isinstance(part, FilePart):
                intake.pairs.append((part.name, part.value))
                continue
            count += 1
            if intake.problem is None:
                await _keep(intake, part, limits, count, receive or store)
    except Invalid as broken:  # nothing more can be read
        intake.problem = intake.problem or broken
    return intake


async def _keep(
    intake: Intake, part: FilePart, limits: UploadLimits, count: int, receive: Receive
) -> None:
    try:
        if count > limits.max_files:
            raise Invalid(
                f"There may be at most {limits.max_files} files at once; send the rest afterwards.",
                part.name,
            )
        stored = await receive(part)
        if stored.size == 0:
            raise Invalid(f"{part.filename} is empty: choose another file.", part.name)
        intake.files.append(Taken(part.name, part.filename, stored))
    except FixatifError as problem:
        intake.problem = problem
