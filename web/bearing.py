"""How a request bears itself: whether a "browser" asks as browsers do. Pure.

The law: only what every browser of that make and version sends is missed, so that no person is
taken for a program; and who is, is served as programs are, never shut out for this alone.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

_AGENTS_KEPT = 2_048
# They show words alone, load no style sheet, and lead along every link that a page holds.
_TEXT_BROWSERS = (
    *("Lynx/", "w3m/", "Links (", "Links/", "ELinks (", "ELinks/", "edbrowse/", "Offpunk"),
)
# Since when each sends Sec-Fetch-Site with every request to a safe origin (MDN's table).
_FETCH_METADATA_SINCE = {"Chrome": 76, "Firefox": 90, "Version": 17}
# Safari's own version stands behind "Version"; Android's old browser wrote 4.0 there.
_MAKE = re.compile(r"\b(Chrome|Firefox|Version)/(\d{1,4})\b")


def is_disguised(agent: str, headers: Mapping[str, str], *, is_secure: bool) -> bool:
    """Say whether `agent` names a usual browser and the request lacks what that always sends.

    `is_secure`: by https; browsers send no fetch metadata to other origins.
    """
    sends_metadata = _make_of(agent)
    if sends_metadata is None:
        return False
    if "Accept" not in headers or "Accept-Language" not in headers:
        return True
    return is_secure and sends_metadata and "Sec-Fetch-Site" not in headers


def is_text_browser(agent: str) -> bool:
    """Say whether an agent says to be a browser of words, as people use at a terminal."""
    return agent.startswith(_TEXT_BROWSERS)


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Say whether a browser asks ahead of its person."""
    said = " ".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return "prefetch" in said.lower()


def is_led_here(headers: Mapping[str, str], origin: str) -> bool:
    """Say whether a person, or another site, led the asker to this address.

    A link that somebody put elsewhere must not turn those who follow it into scrapers.
    """
    if "Sec-Fetch-User" in headers:  # only ever sent for what a person did
        return True
    site = headers.get("Sec-Fetch-Site", "same-origin")
    referrer = headers.get("Referer", "")
    is_from_elsewhere = (
        bool(referrer) and referrer != origin and not referrer.startswith(f"{origin}/")
    )
    return site != "same-origin" or is_from_elsewhere


@lru_cache(_AGENTS_KEPT)
def _make_of(agent: str) -> bool | None:
    """Return whether a usual browser sends fetch metadata, None for all other programs."""
    if not agent.startswith("Mozilla/5.0 ("):
        return None
    makes = {name: int(number) for name, number in _MAKE.findall(agent)}
    if not makes:
        return None
    make = next(name for name in ("Chrome", "Firefox", "Version") if name in makes)
    return makes[make] >= _FETCH_METADATA_SINCE[make]
