"""Which media types are ActivityPub, and who asks for it. Pure; never raises.

The type of a fetched document must be right: where any JSON is taken, an uploaded file
passes for an actor (CVE-2024-25623).
"""

import re
from typing import Final

from server.values import dataclass

ACTIVITY_JSON: Final = "application/activity+json"
PROFILE: Final = "https://www.w3.org/ns/activitystreams"
LD_JSON: Final = f'application/ld+json; profile="{PROFILE}"'

_MAX_LENGTH: Final = 4096  # browsers send 150 letters; what follows is not looked at
_MAX_RANGES: Final = 32
_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "text/*"})
# An Accept of plain application/json comes from scripts and old servers: they want no page.
_JSON: Final = frozenset({ACTIVITY_JSON, "application/ld+json", "application/json"})
_RANGE = re.compile(r'(?:[^,"]++|"(?:[^"\\]|\\.)*+"?)++')  # a comma inside quotes is no end
_PARAMETER = re.compile(r';\s*+([^\s=;,"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]++))')
_QUALITY = re.compile(r"[01](?:\.\d{0,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    parameters: dict[str, str]

    @property
    def quality(self) -> float:
        """RFC 9110, 12.4.2; what is no weight counts as not acceptable."""
        text = self.parameters.get("q", "1")
        return min(float(text), 1.0) if _QUALITY.fullmatch(text) else 0.0


def is_activity_type(content_type: str) -> bool:
    """Say whether a Content-Type is ActivityPub's.

    `application/ld+json` needs the profile, in any order and quoting: all known servers
    send it, and Mastodon and GoToSocial refuse documents without.
    """
    found = _read(content_type)
    if found.name == ACTIVITY_JSON:
        return True
    return (
        found.name == "application/ld+json"
        and PROFILE in found.parameters.get("profile", "").removesuffix("#").split()
    )


def wants_activity(accept: str) -> bool:
    """Say whether the asker prefers a document to a page.

    By quality; where both are equal, by what stands first. `*/*` alone is a browser's or a
    tool's, and gets the page.
    """
    ranges = [_read(text) for text in _RANGE.findall(accept[:_MAX_LENGTH])[:_MAX_RANGES]]
    page = _best(ranges, _HTML)
    document = _best(ranges, _JSON)
    return document > page


def _best(ranges: list[_Range], names: frozenset[str]) -> tuple[float, int]:
    """Return (quality, how early) of the best range among `names`; (0, 0) for none."""
    marks = [
        (one.quality, len(ranges) - place)
        for place, one in enumerate(ranges)
        if one.name in names and one.quality > 0
    ]
    return max(marks, default=(0.0, 0))


def _read(text: str) -> _Range:
    text = text[:_MAX_LENGTH]
    found = _PARAMETER.findall(text)
    parameters = {name.lower(): quoted or bare for name, quoted, bare in found}
    return _Range(text.partition(";")[0].strip().lower(), parameters)
