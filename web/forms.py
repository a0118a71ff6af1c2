"""Reads bodies, forms and uploads, as streams with limits. What they mean is read in `web.fields`.

Law: nothing of an upload reaches a handler before `web.csrf` saw its token; so the token is the
first part of every upload, and this module refuses one that was not checked.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from server.errors import Invalid, NotAllowed
from server.values import dataclass
from web.fields import Fields, clean_filename
from web.headers import media_type
from web.keys import IS_OUR_FORM, MAX_BODY_BYTES, MAX_BODY_SECONDS

CSRF_FIELD = "csrf"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_DEFAULT_MAX_BODY_BYTES = 1_048_576
_DEFAULT_MAX_BODY_SECONDS = 30.0
_MAX_FIELDS = 500  # of an urlencoded form: the largest page (settings of a policy) has fewer
_MAX_NAME_CHARACTERS = 100
_MAX_CSRF_BYTES = 512
_CHUNK_BYTES = 65_536
_BROKEN = "The form arrived broken or cut off; send it again."


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one upload may hold."""

    max_fields: int = 200
    max_field_bytes: int = 65_536
    max_files: int = 20
    max_file_bytes: int = 67_108_864


_LIMITS = UploadLimits()


@dataclass(frozen=True, slots=True)
class TextPart:
    """One field of an upload."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of an upload. Read `chunks` before asking for the next part, or lose it."""

    name: str
    filename: str  # to show; the bytes decide what it is
    chunks: AsyncIterator[bytes]  # raises `Invalid` once the file is too large


Part = TextPart | FilePart


class Upload:
    """A multipart body that is being read, part by part."""

    def __init__(self, reader: MultipartReader) -> None:
        self._reader = reader

    async def first_field(self, name: str, max_bytes: int) -> str:
        """Return the first part's value where it is the field `name`, else ""."""
        part = await self._next()
        if part is None or part.name != name or part.filename is not None:
            return ""
        return await _read_text(part, max_bytes)

    async def parts(self, limits: UploadLimits) -> AsyncIterator[Part]:
        """Go through what is left. Raises `Invalid` where a limit is passed."""
        fields = files = 0
        while (part := await self._next()) is not None:
            name = _name_of(part)
            if part.filename is None:
                fields += 1
                _refuse_too_many(fields, limits.max_fields, "fields")
                yield TextPart(name, await _read_text(part, limits.max_field_bytes))
            elif part.filename:  # "": a file input that was left empty
                files += 1
                _refuse_too_many(files, limits.max_files, "files")
                shown = clean_filename(part.filename) or "file"
                yield FilePart(name, shown, _chunks(part, name, shown, limits.max_file_bytes))

    async def _next(self) -> BodyPartReader | None:
        with _broken_forms():
            part = await self._reader.next()
        if isinstance(part, MultipartReader):  # RFC 7578, 4.3 did away with parts inside parts
            raise Invalid(_BROKEN)
        return part


FIELDS = web.RequestKey("fields", Fields)
UPLOAD = web.RequestKey("upload", Upload)


async def read_body(request: web.Request) -> bytes:
    """Return the body, within the limits of its kind of address. It may be read again.

    Raises HTTP 413 above the size, 408 where it trickles in: a byte now and then would hold a
    connection for ever (CVE-2023-36461).
    """
    max_bytes = request.get(MAX_BODY_BYTES, _DEFAULT_MAX_BODY_BYTES)
    if request.content.is_eof():  # it is all here: nothing to wait for
        return _within(max_bytes, await request.read())
    try:
        async with asyncio.timeout(request.get(MAX_BODY_SECONDS, _DEFAULT_MAX_BODY_SECONDS)):
            body = await request.read()  # stops at the application's own limit, keeps what it read
    except TimeoutError as slow:
        raise web.HTTPRequestTimeout from slow
    return _within(max_bytes, body)


async def read_form(request: web.Request) -> Fields:
    """Return the fields of an urlencoded or multipart form without files.

    Raises `Invalid` where it is broken or of another kind.
    """
    if FIELDS not in request:
        request[FIELDS] = await _read_fields(request)
    return request[FIELDS]


async def read_multipart(
    request: web.Request, limits: UploadLimits = _LIMITS
) -> AsyncIterator[Part]:
    """Go through fields and files in the order sent, the csrf field left out.

    Raises `NotAllowed` where `web.csrf` did not find its token in front, `Invalid` where the body
    is broken or passes a limit.
    """
    if not request.get(IS_OUR_FORM, False):
        raise NotAllowed("This form came without its token; reload the page and send it again.")
    upload = await open_upload(request)
    async for part in upload.parts(limits):
        if not (isinstance(part, TextPart) and part.name == CSRF_FIELD):
            yield part


async def read_with_pictures(
    request: web.Request, limits: UploadLimits
) -> tuple[Fields, list[bytes]]:
    """Read fields and small uploads; what passes a limit is refused while it comes in."""
    fields: list[tuple[str, str]] = []
    pictures: list[bytes] = []
    async for part in read_multipart(request, limits):
        if isinstance(part, FilePart):
            pictures.append(b"".join([chunk async for chunk in part.chunks]))
        else:
            fields.append((part.name, part.value))
    return Fields(fields), [one for one in pictures if one]


async def open_upload(request: web.Request) -> Upload:
    """Return the upload that is being read, opened with the first call. Raises `Invalid`."""
    if UPLOAD not in request:
        if media_type(request) != MULTIPART:
            raise Invalid("This address reads uploads only; send them as multipart/form-data.")
        with _broken_forms():
            request[UPLOAD] = Upload(await request.multipart())
    return request[UPLOAD]


async def sent_token(request: web.Request) -> str:
    """Return what the csrf field says, "" where there is none, or not in front of an upload."""
    if media_type(request) == URLENCODED:
        return (await read_form(request)).first(CSRF_FIELD)
    if media_type(request) == MULTIPART:
        return await (await open_upload(request)).first_field(CSRF_FIELD, _MAX_CSRF_BYTES)
    return ""


async def _read_fields(request: web.Request) -> Fields:
    if media_type(request) == MULTIPART:
        return Fields([_pair(part) async for part in read_multipart(request)])
    if media_type(request) == URLENCODED:
        return Fields(_parse_urlencoded(await read_body(request)))
    raise Invalid("This address reads forms only; send its fields as a form.")


def _pair(part: Part) -> tuple[str, str]:
    if isinstance(part, FilePart):
        raise Invalid("This form takes no files; send it without them.", part.name)
    return part.name, part.value


def _parse_urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),  # URL standard, 5.2: everything else comes percent-encoded
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as cause:
        raise Invalid(_BROKEN) from cause


def _name_of(part: BodyPartReader) -> str:
    name = part.name
    if not name or len(name) > _MAX_NAME_CHARACTERS:
        raise Invalid(_BROKEN)
    return name


async def _read_text(part: BodyPartReader, max_bytes: int) -> str:
    data = bytearray()
    async for chunk in _pieces(part):
        data += chunk
        if len(data) > max_bytes:
            raise Invalid("One field is far too long; shorten it.", part.name or "")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Invalid(_BROKEN, part.name or "") from cause


async def _chunks(
    part: BodyPartReader, name: str, filename: str, max_bytes: int
) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in _pieces(part):
        size += len(chunk)
        if size > max_bytes:
            most = max_bytes // 1_048_576
            raise Invalid(f"{filename} is larger than {most} MiB; send a smaller file.", name)
        yield chunk


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    if part.headers.get("Content-Transfer-Encoding", "binary").lower() not in (
        "binary",
        "8bit",
        "7bit",
    ):
        raise Invalid(_BROKEN)  # RFC 7578, 4.7: nobody sends others, and decoding is attack surface
    while not part.at_eof():
        with _broken_forms():
            chunk = await part.read_chunk(_CHUNK_BYTES)
        if chunk:
            yield bytes(chunk)


def _refuse_too_many(count: int, most: int, what: str) -> None:
    if count > most:
        raise Invalid(f"There may be at most {most} {what} at once; send the rest afterwards.")


@contextmanager
def _broken_forms() -> Iterator[None]:
    """Turn what aiohttp raises at broken multipart bodies into one plain sentence."""
    try:
        yield
    except (ValueError, RuntimeError, HttpProcessingError) as cause:
        raise Invalid(_BROKEN) from cause


def _within(max_bytes: int, body: bytes) -> bytes:
    if len(body) > max_bytes:
        raise web.HTTPRequestEntityTooLarge(max_size=max_bytes, actual_size=len(body))
    return body
