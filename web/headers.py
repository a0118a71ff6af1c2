"""What a request says of itself, read at little cost whatever stands there.

aiohttp reads Content-Type by the library for mail, which takes seconds for a header full of quotes.
"""

from typing import Final

from aiohttp import web

# Of these, in characters.
_LONGEST: Final = (("Content-Type", 256), ("If-None-Match", 2_048), ("If-Match", 2_048))
_LONGEST_PATH: Final = (
    2_048  # aiohttp looks for each part of it again; no address of ours is as long
)
_MOST_FIELDS: Final = 256  # of a query
_PROBES: Final = frozenset({"/healthz", "/readyz"})
_EXPECTED: Final = "100-continue"  # RFC 9110, 10.1.1 knows no other expectation


def media_type(request: web.BaseRequest) -> str:
    """Return the type of a body without its parameters, "" where none is named."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def is_probe(request: web.BaseRequest) -> bool:
    """Say whether a program only asks whether we are well: nobody looks at anything."""
    return request.path in _PROBES


def excess(request: web.BaseRequest) -> int:
    """Return the status that refuses what costs more to read than to answer, 0 for all else."""
    headers, url = request.headers, request.rel_url
    if headers.get("Expect", _EXPECTED).lower() != _EXPECTED:
        return 417
    for name, most in _LONGEST:
        if len(headers.get(name, "")) > most:
            return 431
    is_long = len(url.raw_path) > _LONGEST_PATH
    return 414 if is_long or url.raw_query_string.count("&") > _MOST_FIELDS else 0
