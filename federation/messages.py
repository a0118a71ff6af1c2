"""HTTP messages as signatures see them. Pure: bytes and header lines, no sockets.

`Received` is a request as it came, before anything about it is believed.
"""

import re
from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from federation import uris
from server import errors
from server.model import Millis
from server.values import dataclass

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(  # RFC 9110, 5.6.7: IMF-fixdate; nobody signs the obsolete forms
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), "
    r"(\d{2}) (" + "|".join(_MONTHS) + r") (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came. `headers` keep order, letter case and repetition."""

    method: str
    target: str  # as on the request line: path and query, percent-encoding untouched
    host: str  # the name that *we* have, with a port that is not the default; never the sender's
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: Millis
    scheme: str = "https"  # ours as the world sees it; "http" on loopback alone
    _fields: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the headers by name once; a signature asks for ten of them."""
        fields: dict[str, list[str]] = {}
        for name, value in self.headers:
            key = name.lower()
            if key in fields:
                fields[key].append(value.strip())
            else:
                fields[key] = [value.strip()]
        object.__setattr__(self, "_fields", fields)

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of the header `name` (lower case), in order, blanks trimmed."""
        return tuple(self._fields.get(name, ()))

    def has(self, name: str) -> bool:
        """Say whether the header `name` was sent."""
        return name in self._fields

    def joined(self, name: str) -> str:
        """Return the lines of a header as one (RFC 9651, 4.2), "" if there are none."""
        found = self._fields.get(name, ())
        return found[0] if len(found) == 1 else ", ".join(found)

    def one(self, name: str) -> str:
        """Return the only value of the header `name`, "" if there is none.

        Raises `Untrusted` where it stands twice: readers that pick differently can be
        played against each other.
        """
        found = self._fields.get(name, ())
        if len(found) > 1:
            raise errors.Untrusted(f"The header {name.title()} stands twice; send it once.")
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A request of ours that still wants its signature.

    `url` goes on the wire exactly as it stands here; a client that re-quotes it breaks
    the signature. `headers` holds what else is to be sent.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def host(self) -> str:
        """The Host header that belongs to `url`."""
        return uris.origin_of(self.url).authority

    @property
    def target(self) -> str:
        """Path and query, as on the request line."""
        return uris.target_of(self.url)

    def value(self, name: str) -> str:
        """Return the value of the header `name` (lower case), "" if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def as_bytes(lines: Iterable[str]) -> bytes:
    """Join the lines of a signature base; bytes that were no UTF-8 come out as they came."""
    return "\n".join(lines).encode("utf-8", "surrogateescape")


@lru_cache(maxsize=64)  # many requests bear the date of one second
def parse_http_date(text: str) -> Millis | None:
    """Return the moment that a Date header names, None if it names none."""
    found = _HTTP_DATE.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC
        )
    except ValueError:
        return None
    # added, not passed: RFC 9110 allows a leap second, datetime does not
    return Millis((moment - _EPOCH) // timedelta(milliseconds=1) + int(second) * 1000)


def http_date(at: Millis) -> str:
    """Write a moment as a Date header."""
    return _date_of(at // 1_000)


@lru_cache(maxsize=4)  # hundreds of deliveries leave in one second
def _date_of(second: int) -> str:
    moment = _EPOCH + timedelta(seconds=second)
    weekday, month = _WEEKDAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{weekday}, {moment:%d} {month} {moment:%Y %H:%M:%S} GMT"
