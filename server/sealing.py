"""Content Credentials of pictures: an upload's own are read, its copies are signed.

Law: nothing here keeps a picture from being hung. A child that dies, a library that is gone or a
manifest that cannot be carried on costs the picture its credentials, and the log says so. Where no
child can start at all (`Unavailable`), the job waits, as it does for the pixels.
"""

import asyncio
import importlib.util
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
import structlog

from server.authority import Authority
from server.credentials import (
    EXTRA,
    LOOK_TASK,
    READ_TASK,
    SIGN_TASK,
    Copy,
    Credentials,
    Reading,
    ReadOrder,
    Seal,
    Signed,
    SignOrder,
    may_have_credentials,
)
from server.errors import Invalid, Unavailable
from server.inscription import Inscription
from server.model import ImageFormat
from server.pictures import Made, MadeRendition
from server.ports import Workers
from server.sniffing import Kind, sniff
from server.values import dataclass
from server.workers import Limits, ProcessWorkers

T = TypeVar("T")

_LIBRARY: Final = "c2pa"
_LIMITS: Final = Limits(
    cpu_seconds=20,  # signing the copies of 24 megapixels takes a fifth of a second
    wall_seconds=40.0,
)
_KINDS: Final = {
    ImageFormat.AVIF: "image/avif",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.GIF: "image/gif",
}
# Of these an upload's own history is carried on; nobody knows what the others are about.
_CARRIED: Final = (Seal.INTACT, Seal.OURS, Seal.BROKEN)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Reads and signs, in children of its own."""

    workers: Workers
    authority: Authority
    version: str  # of this program

    async def read(self, source: bytes) -> Reading | None:
        """Return what an upload's own credentials say; None where it has none."""
        kind = sniff(source)
        is_worth_it = await asyncio.to_thread(may_have_credentials, source)
        if not isinstance(kind, Kind) or not is_worth_it:
            return None
        order = ReadOrder(kind.value, source, self.authority.certificate)
        try:
            answer = await self.workers.run(READ_TASK, msgspec.msgpack.encode(order))
            reading = msgspec.msgpack.decode(answer, type=Reading | None)
        except (Invalid, msgspec.DecodeError) as problem:
            _log.warning("credentials_unreadable", why=repr(problem))
            return Reading(Seal.UNREADABLE)
        if reading is not None:
            _log.info("credentials_read", seal=reading.seal.value, why=reading.why)
        return reading

    async def sign(
        self, made: Made, source: bytes, inscription: Inscription, reading: Reading | None
    ) -> tuple[Made, Credentials]:
        """Return a picture with its copies signed, and what is to be kept of that."""
        leaf = self.authority.leaf()
        is_carried = reading is not None and reading.seal in _CARRIED
        order = SignOrder(
            copies=tuple(Copy(_KINDS[one.format], one.body) for one in made.renditions),
            chain=leaf.chain,
            key=leaf.key,
            version=self.version,
            parent_type=made.media_type,
            parent=source if is_carried else None,
            data_mining=made.data_mining,
            creator=inscription.creator,
            rights=inscription.rights,
            source_type=inscription.source_type,
        )
        signed = await self._signed(order)
        if signed is None and is_carried:  # what the upload brought may be what killed the child
            signed = await self._signed(msgspec.structs.replace(order, parent=None))
        if signed is None or len(signed.bodies) != len(made.renditions):
            return made, Credentials(reading)
        renditions = _with_bodies(made.renditions, signed.bodies)
        kept = Credentials(reading, is_signed=True, has_parent=signed.has_parent)
        return msgspec.structs.replace(made, renditions=renditions), kept

    async def _signed(self, order: SignOrder) -> Signed | None:
        try:
            answer = await self.workers.run(SIGN_TASK, msgspec.msgpack.encode(order))
            return msgspec.msgpack.decode(answer, type=Signed)
        except (Invalid, msgspec.DecodeError) as problem:
            _log.warning("copies_not_signed", why=repr(problem))
            return None


def sealing_workers() -> ProcessWorkers:
    """Return the children that read and sign, a pool of their own: they alone load the library."""
    return ProcessWorkers(tasks="server.crediting:TASKS", limits=_LIMITS)


def is_installed() -> bool:
    """Say whether the library is there, without loading it."""
    return importlib.util.find_spec(_LIBRARY) is not None


async def library_version(workers: Workers) -> str:
    """Return the library's version as a child sees it. Raise `Unavailable` where it fails."""
    try:
        return (await workers.run(LOOK_TASK, b"")).decode()
    except (Invalid, Unavailable) as problem:
        said = f"Their library fails, so none are read or signed: reinstall fixatif[{EXTRA}]."
        raise Unavailable(said) from problem


def _with_bodies(
    renditions: Sequence[MadeRendition], bodies: Sequence[bytes]
) -> tuple[MadeRendition, ...]:
    return tuple(
        msgspec.structs.replace(one, body=body)
        for one, body in zip(renditions, bodies, strict=True)
    )
