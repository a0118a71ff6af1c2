"""Media in an S3 bucket: `media/ab/<sha256>`, written whole or not at all.

What comes as a stream goes up in parts under a name of its own and is copied by the bucket itself
to its digest, once that is known. The bucket needs no public address: the server sends everything
on, since who may have which picture is decided here.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from server.errors import Invalid, NotFound, Unavailable
from server.model import Millis
from server.ports import MediaStore, StoredFile
from server.values import dataclass

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FOLDER = "media/"
_INCOMING = "incoming/"
_STALE_MILLIS = 24 * 3600 * 1000  # no upload takes a day; what is older was left by a crash
_PART_BYTES = 8 * 1024 * 1024  # S3 wants at least 5 MiB in each part but the last
_CHUNK_BYTES = 256 * 1024
_CONNECT_SECONDS = 10
_TRIES = 3
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_OUTSIDE = frozenset({"416", "InvalidRange"})  # asked for bytes behind the end
_TELLING = (
    (
        {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden"},
        "The bucket refuses our key: check media.access_key, media.secret_key and its rights.",
    ),
    ({"NoSuchBucket"}, "There is no such bucket: make it, or check media.bucket."),
    (
        {"QuotaExceeded", "InsufficientStorage", "507", "EntityTooLarge", "XMinioStorageFull"},
        "The bucket is full: make room in it, then try again.",
    ),
    (
        {"SlowDown", "ServiceUnavailable", "503", "RequestTimeout", "InternalError", "500"},
        "The bucket is too busy at the moment: try again in a while.",
    ),
    (
        {"RequestTimeTooSkewed"},
        "The bucket finds our clock wrong: let this machine's clock be set by the network.",
    ),
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and the key to it."""

    endpoint: str  # https://s3.example
    name: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    patience_seconds: int = 30  # of silence, before it is asked again


def open_bucket(bucket: Bucket) -> MediaStore:
    """Return the store in a bucket; connections open with the first file."""
    return BucketStore(bucket)


def address_of(bucket: Bucket, digest: str) -> str:
    """Return where a stranger would ask a bucket for a file."""
    return f"{bucket.endpoint.rstrip('/')}/{bucket.name}/{_key(digest)}"


class BucketStore:
    """The MediaStore in a bucket; what stands outside of its two folders is not ours."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._opened = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._client: Any = None  # the library makes its classes while it runs

    async def put(self, data: bytes) -> StoredFile:
        """Store bytes whole or not at all. Raise `Unavailable`."""
        digest = hashlib.sha256(data).hexdigest()
        await self._ask("put_object", Key=_key(digest), Body=data)
        return StoredFile(digest, len(data))

    async def receive(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> StoredFile:
        """Store a stream whole or not at all. Raise `Invalid` once it exceeds `max_bytes`."""
        parts = _parts(chunks, max_bytes)
        first = await anext(parts, b"")
        if len(first) < _PART_BYTES:
            return await self.put(first)
        upload = _Upload(f"{_INCOMING}{secrets.token_hex(16)}")
        try:
            return await self._receive(upload, first, parts)
        finally:
            # whoever went away must not leave gigabytes that are paid for by the month
            await asyncio.shield(self._clear(upload))

    async def read(self, digest: str) -> bytes:
        """Return a whole file. Raise `NotFound`."""
        return b"".join([chunk async for chunk in self.open(digest)])

    async def open(
        self, digest: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Stream a file, or a part of it. Raise `NotFound`."""
        if length == 0:
            await self.size(digest)
            return
        end = "" if length is None else str(start + length - 1)
        part = {"Range": f"bytes={start}-{end}"} if start or length is not None else {}
        try:
            answer = await self._ask("get_object", Key=_key(digest), **part)
        except _Outside:
            return
        with _translated():
            async with answer["Body"] as body:
                async for chunk in body.iter_chunks(_CHUNK_BYTES):
                    yield chunk

    async def size(self, digest: str) -> int:
        """Return the size in bytes. Raise `NotFound`."""
        return int((await self._ask("head_object", Key=_key(digest)))["ContentLength"])

    async def delete(self, digest: str) -> None:
        """Delete; a missing file is no error."""
        await self._ask("delete_object", Key=_key(digest))

    async def list_older_than(self, at: Millis) -> AsyncIterator[StoredFile]:
        """Go through files stored before `at`; clear away what crashes left a day before that."""
        await self._sweep_incoming(at - _STALE_MILLIS)
        async for entry in self._listed(_FOLDER):
            digest = entry["Key"].rpartition("/")[2]
            if _DIGEST.fullmatch(digest) and _millis(entry["LastModified"]) < at:
                yield StoredFile(digest, entry["Size"])

    def link(self, digest: str) -> None:
        """Return None: there is no file on this machine."""
        del digest

    async def free_bytes(self) -> None:
        """Return None: a bucket does not say."""

    async def close(self) -> None:
        """Close every connection."""
        self._client = None
        await self._opened.aclose()

    async def _receive(
        self, upload: "_Upload", first: bytes, rest: AsyncIterator[bytes]
    ) -> StoredFile:
        hasher, size = hashlib.sha256(), 0
        done: list[dict[str, object]] = []
        begun = await self._ask("create_multipart_upload", Key=upload.key)
        upload.id = begun["UploadId"]
        async for part in _with(first, rest):
            hasher.update(part)
            size += len(part)
            number = len(done) + 1
            answer = await self._ask(
                "upload_part", Key=upload.key, UploadId=upload.id, PartNumber=number, Body=part
            )
            done.append({"PartNumber": number, "ETag": answer["ETag"]})
        await self._ask(
            "complete_multipart_upload",
            Key=upload.key,
            UploadId=upload.id,
            MultipartUpload={"Parts": done},
        )
        upload.id = ""
        digest = hasher.hexdigest()
        source = {"Bucket": self._bucket.name, "Key": upload.key}
        await self._ask("copy_object", Key=_key(digest), CopySource=source)
        return StoredFile(digest, size)

    async def _clear(self, upload: "_Upload") -> None:
        try:
            if upload.id:
                await self._ask("abort_multipart_upload", Key=upload.key, UploadId=upload.id)
            await self._ask("delete_object", Key=upload.key)
        except (NotFound, Unavailable):
            return  # the sweep finds it

    async def _sweep_incoming(self, before: int) -> None:
        async for entry in self._listed(_INCOMING):
            if _millis(entry["LastModified"]) < before:
                await self._ask("delete_object", Key=entry["Key"])
        found = await self._ask("list_multipart_uploads", Prefix=_INCOMING)
        for begun in found.get("Uploads", ()):
            if _millis(begun["Initiated"]) < before:
                upload = _Upload(begun["Key"], begun["UploadId"])
                await self._clear(upload)

    async def _listed(self, prefix: str) -> AsyncIterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = await self._ask("list_objects_v2", Prefix=prefix, **token)
            for entry in page.get("Contents", ()):
                yield entry
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    async def _ask(self, deed: str, **what: object) -> Any:  # noqa: ANN401  a dict of the library's
        # The library waits for ever where a server never says whether it wants the body (RFC 9110,
        # 10.1.1); nobody's upload may hang on that.
        whole = self._bucket.patience_seconds * (_TRIES + 1)
        with _translated():
            async with asyncio.timeout(whole):
                client = await self._connected()
                return await getattr(client, deed)(Bucket=self._bucket.name, **what)

    async def _connected(self) -> Any:  # noqa: ANN401  the library makes its classes while it runs
        async with self._opening:
            if self._client is None:
                self._client = await self._opened.enter_async_context(_client_for(self._bucket))
            return self._client


@dataclass(slots=True)
class _Upload:
    """Parts on their way; `id` "" = none is open."""

    key: str
    id: str = ""


class _Outside(Exception):
    """A part was asked for that begins behind the end."""


def _client_for(bucket: Bucket) -> Any:  # noqa: ANN401  see `_connected`
    try:
        from aiobotocore.config import AioConfig  # noqa: PLC0415  an extra, and slow to load
        from aiobotocore.session import get_session  # noqa: PLC0415
    except ImportError as absent:
        raise Unavailable(
            "A bucket needs Fixatif's extra for it: pip install 'fixatif[s3]', then start again."
        ) from absent
    config = AioConfig(
        connect_timeout=min(_CONNECT_SECONDS, bucket.patience_seconds),
        read_timeout=bucket.patience_seconds,
        retries={"max_attempts": _TRIES, "mode": "standard"},
        s3={"addressing_style": "path"},  # names with dots have no certificate of their own
        # Servers other than Amazon's know the older checksums alone.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return get_session().create_client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=config,
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into ours."""
    from aiohttp import ClientError  # noqa: PLC0415  beside the extra
    from botocore import exceptions  # noqa: PLC0415

    try:
        yield
    except exceptions.ClientError as refused:
        raise _meaning_of(str(refused.response.get("Error", {}).get("Code", ""))) from refused
    except (exceptions.BotoCoreError, ClientError, OSError, TimeoutError) as cause:
        raise Unavailable(
            "The bucket does not answer: check media.endpoint, then try again."
        ) from cause


def _meaning_of(code: str) -> Exception:
    if code in _MISSING:
        return NotFound("This file is not here: it may have been taken down.")
    if code in _OUTSIDE:
        return _Outside()
    for codes, words in _TELLING:
        if code in codes:
            return Unavailable(words)
    return Unavailable(f"The bucket refuses ({code or 'it does not say why'}): see its settings.")


async def _parts(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes]:
    """Join chunks to parts; refuse the first byte too many."""
    gathered, size = bytearray(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise Invalid(f"The file is too large: send one of at most {max_bytes} bytes.")
        gathered += chunk
        while len(gathered) >= _PART_BYTES:
            yield bytes(gathered[:_PART_BYTES])
            del gathered[:_PART_BYTES]
    if gathered:
        yield bytes(gathered)


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


def _key(digest: str) -> str:
    if _DIGEST.fullmatch(digest) is None:  # nobody names another key of the bucket
        raise NotFound("This file is not here: it may have been taken down.")
    return f"{_FOLDER}{digest[:2]}/{digest}"


def _millis(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)
