"""The crawler table in force: the one of the release, or the admin's own beside the settings.

The law: a table that cannot be read changes nothing; the one before it stays. Nothing is fetched:
who brings a new one is the admin, by `fixatif crawlers refresh`.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import field
from functools import lru_cache, partial
from importlib import resources
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import structlog

from server.errors import Invalid
from server.model import Millis
from server.values import dataclass
from server.visitors import MAX_AGENT_CHARACTERS, Claim, Crawler, Crawlers, claim_of, read_crawlers

log = structlog.get_logger(__name__)

MAX_BYTES: Final = 16_777_216  # Google's lists are 300 KB; whatever is larger is something else
_CLAIMS_KEPT: Final = 4_096
_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class CrawlerBook:
    """Holds the table, and what user agents of it were read. `path`: where an own one would be."""

    path: Path
    now: Crawlers = field(init=False)
    claim: Callable[[str], Claim] = field(init=False)  # of a user agent, cut to `brief`
    is_own: bool = field(init=False, default=False)
    _stamp: _Stamp | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Start with the table in force."""
        self._open(read_crawlers(shipped_text()), is_own=False)
        self._look()

    async def refresh(self) -> None:
        """Take up a table that was brought, or taken away, meanwhile."""
        if _stamp_of(self.path) != self._stamp:
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        self._stamp = _stamp_of(self.path)
        if self._stamp is None:
            if self.is_own:
                self._open(read_crawlers(shipped_text()), is_own=False)
            return
        try:
            self._open(read_crawlers(read_file(self.path)), is_own=True)
        except Invalid as broken:
            log.warning("crawler_table_not_read", file=str(self.path), reason=broken.message)

    def _open(self, table: Crawlers, *, is_own: bool) -> None:
        self.now, self.is_own = table, is_own
        self.claim = lru_cache(_CLAIMS_KEPT)(partial(claim_of, crawlers=table))


@dataclass(frozen=True, slots=True)
class RangeList:
    """A list of address ranges that an operator publishes, and what of it is in a table."""

    operator: str
    url: str
    file_name: str  # under which `owner_of` knows it
    names: tuple[str, ...]  # of the crawlers that it is about
    networks: int  # 0: it was never brought


def range_lists(table: Crawlers) -> list[RangeList]:
    """Return every list that operators publish, in the order of the table."""
    rows: dict[str, list[Crawler]] = {}
    for row in table.entries:
        if row.ranges_url:
            rows.setdefault(row.ranges_url, []).append(row)
    return [
        RangeList(
            operator=every[0].operator,
            url=url,
            file_name=f"{url.rpartition('/')[2].removesuffix('.json')}.json",
            names=tuple(row.token for row in every),
            networks=len(every[0].networks),
        )
        for url, every in rows.items()
    ]


def age_of(path: Path, now: Millis) -> Millis | None:
    """Return how long ago an own table was brought, None where there is none."""
    stamp = _stamp_of(path)
    return None if stamp is None else Millis(max(0, now - stamp[0] // 1_000_000))


def brief(user_agent: str) -> str:
    """Return as much of a user agent as counts: a hostile one must not fill memory."""
    return user_agent[:MAX_AGENT_CHARACTERS]


def shipped_text() -> str:
    """Return the table of this release."""
    return resources.files("server").joinpath("data/crawlers.json").read_text(encoding="utf-8")


def read_file(path: Path) -> str:
    """Return a file's text. Raise `Invalid` where it cannot be read or is far too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Invalid(
                f"{path} is larger than {MAX_BYTES // 1_048_576} MiB: no crawler table is."
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as absent:
        raise Invalid(f"There is no {path}: check its name.") from absent
    except (OSError, UnicodeDecodeError) as cause:
        raise Invalid(f"{path} cannot be read ({cause}): check its name and owner.") from cause


def with_ranges(table_text: str, ranges_text: str, token: str) -> str:
    """Return a table with an operator's published ranges at one row, and at all rows of that list.

    Operators publish {"prefixes": [{"ipv4Prefix": …}, {"ipv6Prefix": …}]}. Raise `Invalid`.
    """
    table = json.loads(table_text)
    rows: list[dict[str, Any]] = table["crawlers"]
    named = next((row for row in rows if row["token"] == token), None)
    if named is None:
        raise Invalid(f"The table has no crawler {token}: 'fixatif crawlers list' shows all names.")
    found = _prefixes(ranges_text)
    source = named.get("ranges")
    for row in rows:
        if row is named or (source and row.get("ranges") == source):
            row["networks"] = found
    return json.dumps(table, ensure_ascii=False, indent=1)


def owner_of(table_text: str, file_name: str, text: str) -> str:
    """Return whose published ranges a file holds, by the name under which its operator keeps it.

    Return "" where it is no list of ranges. Raise `Invalid` where nobody's list is called so.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict) or "prefixes" not in document or "crawlers" in document:
        return ""
    rows: list[dict[str, Any]] = json.loads(table_text)["crawlers"]
    wanted = file_name.lower().removesuffix(".json")
    for row in rows:
        name = str(row.get("ranges", "")).rpartition("/")[2]
        if name.lower().removesuffix(".json") == wanted:
            return str(row["token"])
    raise Invalid(
        f"{file_name} holds address ranges, but no crawler's list is called so: say whose they are"
        " with --ranges-of NAME."
    )


def replace(path: Path, text: str) -> Crawlers:
    """Put a table in force: checked first, whole or not at all. Raise `Invalid`."""
    table = read_crawlers(text)
    if not table.entries:
        raise Invalid("This table names no crawler at all: nobody would be known any more.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)  # the server's own user has to read it
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return table


def _prefixes(text: str) -> list[str]:
    try:
        listed = json.loads(text)["prefixes"]
        found = [one.get("ipv4Prefix") or one["ipv6Prefix"] for one in listed]
        networks = [str(ip_network(one)) for one in found]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise Invalid(
            f"This is no list of address ranges ({cause!r}): it must hold `prefixes`, each with"
            " `ipv4Prefix` or `ipv6Prefix`."
        ) from cause
    if not networks:
        raise Invalid("This list holds no range: everybody of that name would be called forged.")
    return networks


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
