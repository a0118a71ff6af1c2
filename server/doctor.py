"""Looks for what would keep an instance from working, and says what to do about it.

Law: looking changes nothing, and no finding is a traceback. What touches the world comes in as
`Means`; `server.strangers` looks from outside.
"""

import asyncio
import errno
import hmac
import resource
import secrets
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path

import msgspec

from server.clock import Clock
from server.config import Config
from server.crawler_book import CrawlerBook, age_of, range_lists
from server.credentials import EXTRA
from server.errors import FixatifError
from server.model import ImageFormat, Millis
from server.pictures import PICTURE_TASK, Made, PictureTask, pack_task, read_answer
from server.ports import MediaStore, Outgoing, Transport, Unreachable, Workers
from server.sealing import is_installed, library_version
from server.values import dataclass

DATABASE = "database"  # the finding without which nobody can be asked for
MADE_UP_ADDRESS = "192.0.2.77"  # nobody has it (RFC 5737)
MOST_PROBE_BYTES = 128  # of the file that shows by which way pictures go
_NARROWEST = {4: 12, 6: 24}  # bits: no network of proxies is larger, whoever's
_LOW_DISK_BYTES = 2 * 1024**3
_LOW_MEMORY_BYTES = 512 * 1024**2  # the server, and one large picture being made
_FEW_FILES = 4_096  # each visitor is one, each server that we deliver to another
_SET_BACK = Millis(60_000)  # what was written last may be of a moment ago, never of the future
_DAY = Millis(86_400_000)
_OLD_RANGES = Millis(90 * _DAY)  # operators add to theirs every few weeks
_MARKS = {"ok": "✓", "warn": "!", "wrong": "✗"}
_MEMORY = Path("/proc/meminfo")  # Linux alone has it
_OPEN_TO_ALL = 0o007
# The smallest PNG there is: a grey pixel.
_PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `level`: ok, warn or wrong."""

    name: str
    level: str
    message: str

    @property
    def is_wrong(self) -> bool:
        """Whether the instance cannot work so."""
        return self.level == "wrong"

    def line(self) -> str:
        """Return the finding for people."""
        return f"{_MARKS[self.level]} {self.name}: {self.message}"

    def as_json(self) -> dict[str, str]:
        """Return the finding for machines."""
        return {"name": self.name, "level": self.level, "message": self.message}


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What the database tells: an artist to ask for, "" where there is none, and a word.

    The word makes our own /healthz say how a request reached it.
    """

    handle: str
    proof: str


@dataclass(frozen=True, slots=True)
class Means:
    """What to look with; `server.main` fills it in."""

    clock: Clock
    transport: Transport  # one that may ask this machine, which no other part may
    workers: Workers
    sealers: Workers  # of Content Credentials
    media: MediaStore
    media_address: Callable[[str], str]  # where strangers would ask the bucket for a file
    pending: Callable[[], Awaitable[Sequence[str]]]  # migrations that are not applied
    look_up: Callable[[str, int], Awaitable[Sequence[str]]]  # DNS; raises OSError
    acquaintance: Callable[[], AbstractAsyncContextManager[Acquaintance]]  # opens the database


def proof_of(secret: bytes) -> str:
    """Return the word that shows /healthz that it is this instance's own doctor who asks."""
    return hmac.new(secret, b"fixatif doctor", "sha256").hexdigest()


def ok(name: str, message: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(name, "ok", message)


def warn(name: str, message: str) -> Finding:
    """Return that something should be better."""
    return Finding(name, "warn", message)


def wrong(name: str, message: str) -> Finding:
    """Return that something keeps the instance from working."""
    return Finding(name, "wrong", message)


async def examine(config: Config, means: Means) -> list[Finding]:
    """Run the checks that need no running server and no other one."""
    here = [check(config) for check in CHECKS]
    return [
        *[finding for finding in here if finding is not None],
        await check_database(config, means),
        check_clock(config, means),
        check_crawlers(config, means),
        await check_pictures(means),
        await check_credentials(config, means),
        *([await check_bucket(config, means)] if config.media.store == "s3" else []),
    ]


def check_settings(config: Config) -> Finding:
    """Say in one line what the settings amount to."""
    database = config.database.url.partition(":")[0]
    return ok(
        "settings",
        f"{config.instance.domain} at {config.base_url}, listening on {config.server.host}:"
        f"{config.server.port}, {database}, pictures in {_media(config)}",
    )


def _media(config: Config) -> str:
    media = config.media
    return str(config.media_path) if media.store == "disk" else f"the bucket {media.bucket}"


def check_proxies(config: Config) -> Finding | None:
    """Look whether the settings believe half the internet; None: they name proxies alone."""
    for text in config.server.trusted_proxies:
        network = ip_network(text.strip(), strict=False)
        if network.prefixlen < _NARROWEST[network.version] and not network.is_private:
            return wrong(
                "proxies",
                f"server.trusted_proxies believes {network}: who is there can pretend to be "
                "anybody. Name your proxy's own address.",
            )
    return None


def check_folder(config: Config) -> Finding | None:
    """Look whether the media folder can be written, and by us alone; None: it is not in use."""
    if config.media.store != "disk":
        return None
    folder = _existing(config.media_path)
    if not _takes_a_file(folder):
        return wrong("folder", f"{folder} cannot be written: give it to this user.")
    if _is_open(folder):
        return warn("folder", f"Everybody on this machine can look into {folder}: chmod 700 it.")
    return ok("folder", f"{folder} can be written")


def check_secrets(config: Config) -> Finding | None:
    """Look whether others on this machine can read keys and passwords; None: no such file."""
    files = [config.folder / "config.toml", *_sqlite_file(config)]
    kept = [file for file in files if file.exists()]
    for file in kept:
        if _is_open(file):
            return warn("secrets", f"Everybody on this machine can read {file}: chmod 600 it.")
    return ok("secrets", "settings and database are for this user alone") if kept else None


def check_disk(config: Config) -> Finding:
    """Look at the space left for pictures."""
    free = shutil.disk_usage(_existing(config.media_path)).free
    if free < _LOW_DISK_BYTES:
        return warn("disk", f"{_gigabytes(free)} free: make room before artists upload.")
    return ok("disk", f"{_gigabytes(free)} free")


def check_memory(_config: Config) -> Finding | None:
    """Look at the memory that is left; None where the system does not say."""
    if not _MEMORY.exists():
        return None
    lines = dict(line.split(":", 1) for line in _MEMORY.read_text(encoding="ascii").splitlines())
    free = int(lines.get("MemAvailable", "0 kB").split()[0]) * 1024
    if free < _LOW_MEMORY_BYTES:
        return warn(
            "memory", f"{_gigabytes(free)} available: large pictures may fail; add memory or swap."
        )
    return ok("memory", f"{_gigabytes(free)} available")


def check_files(_config: Config) -> Finding:
    """Look at how many files may be open at once, once the server raised its limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _FEW_FILES:
        return warn(
            "open files",
            f"At most {most} may be open, and each visitor is one: raise the hard limit "
            "(LimitNOFILE= in a systemd unit).",
        )
    return ok("open files", "unlimited" if most == resource.RLIM_INFINITY else f"up to {most:,}")


async def check_database(config: Config, means: Means) -> Finding:
    """Look whether the database answers and has every migration."""
    if any(not file.exists() for file in _sqlite_file(config)):
        return wrong(DATABASE, "There is none yet: run 'fixatif up', 'init' or 'db upgrade'.")
    try:
        missing = await means.pending()
    except FixatifError as problem:
        return wrong(DATABASE, problem.message)
    except OSError as problem:
        return wrong(DATABASE, f"It cannot be reached ({problem}): check database.url.")
    if missing:
        return wrong(DATABASE, f"{len(missing)} changes are missing: run 'fixatif db upgrade'.")
    return ok(DATABASE, "answers and is up to date")


def check_clock(config: Config, means: Means) -> Finding:
    """Look whether the clock was set back: ids are made of time and must not come twice."""
    for file in _sqlite_file(config):
        if file.exists() and file.stat().st_mtime * 1000 > means.clock.now() + _SET_BACK:
            return wrong(
                "clock",
                "It stands before the last change of the database: set it (timedatectl set-ntp "
                "true), because other servers refuse what is signed with a wrong time.",
            )
    return ok("clock", "not before what was written last")


def check_crawlers(config: Config, means: Means) -> Finding:
    """Say whether the address ranges of crawlers are here, and whether they are of today."""
    name, lists = "crawlers", range_lists(CrawlerBook(config.crawlers_path).now)
    here = [one for one in lists if one.networks]
    if not here:
        return ok(
            name,
            "No operator's address ranges are here: names such as GPTBot are believed as claimed, "
            "others checked by reverse DNS. 'fixatif crawlers sources --help' says how to bring "
            "them.",
        )
    age = age_of(config.crawlers_path, means.clock.now())
    if age is not None and age > _OLD_RANGES:
        return warn(
            name,
            f"The address ranges here were brought {age // _DAY} days ago, and crawlers from newer "
            "ones are taken for forged: bring them anew ('fixatif crawlers sources --help').",
        )
    return ok(name, f"the address ranges of {len(here)} of {len(lists)} operators' lists are here")


async def check_pictures(means: Means) -> Finding:
    """Make a picture of one pixel by the very way that uploads take."""
    try:
        answer = read_answer(await means.workers.run(PICTURE_TASK, pack_task(PictureTask(_PIXEL))))
    except (FixatifError, msgspec.DecodeError):
        answer = None
    if not isinstance(answer, Made):
        return wrong("pictures", "None can be made: reinstall Pillow 11.3 or newer, with AVIF.")
    if not any(made.format is ImageFormat.AVIF for made in answer.renditions):
        return wrong("pictures", "Pillow cannot write AVIF here: reinstall it from its wheel.")
    return ok("pictures", "AVIF and JPEG can be made")


async def check_credentials(config: Config, means: Means) -> Finding:
    """Say whether Content Credentials are read and signed; no instance needs them."""
    name = "content credentials"
    if not config.media.credentials:
        return ok(name, "Off (media.credentials): neither read nor signed.")
    if not is_installed():
        return ok(name, f"Off: install fixatif[{EXTRA}] to read them and to sign pictures.")
    try:
        version = await library_version(means.sealers)
    except FixatifError as problem:
        return warn(name, problem.message)
    return ok(name, f"read, and every copy is signed (C2PA library {version})")


async def check_bucket(config: Config, means: Means) -> Finding:
    """Write, read and delete a file in the bucket, and look whether strangers could read it."""
    try:
        probe = await means.media.put(_PIXEL + secrets.token_bytes(16))  # nobody's work
        try:
            await means.media.read(probe.digest)
            is_open = await _is_public(means, means.media_address(probe.digest))
        finally:
            await means.media.delete(probe.digest)
    except FixatifError as problem:
        return wrong("bucket", problem.message)
    if is_open:
        return wrong(
            "bucket",
            "Everybody can read the bucket by its own address, originals too, past every rule of "
            "this place: make it private.",
        )
    return ok("bucket", f"{config.media.bucket} can be written, and by us alone")


async def _is_public(means: Means, address: str) -> bool:
    try:
        answer = await means.transport.send(Outgoing("GET", address, {}))
    except Unreachable:
        return False  # it answered us by its own protocol a moment ago
    return answer.status == HTTPStatus.OK


async def is_port_free(host: str, port: int) -> bool:
    """Say whether nothing listens on a port. Raise `OSError` where it can never be ours."""
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            return False
        raise
    server.close()
    await server.wait_closed()
    return True


CHECKS: tuple[Callable[[Config], Finding | None], ...] = (
    check_settings,
    check_proxies,
    check_folder,
    check_secrets,
    check_disk,
    check_memory,
    check_files,
)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _takes_a_file(folder: Path) -> bool:
    """Try it: access rights alone say nothing of read-only disks and quotas."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _sqlite_file(config: Config) -> list[Path]:
    scheme, _, path = config.database_url.partition(":///")
    return [Path(path)] if scheme == "sqlite" else []


def _is_open(path: Path) -> bool:
    """Say whether everybody may open something, and may get to it."""
    return all(one.stat().st_mode & _OPEN_TO_ALL for one in (path, path.parent))


def _gigabytes(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count < 10 * 1024**3 else f"{count / 1024**3:.0f} GB"
