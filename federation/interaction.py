"""Follow, like or comment from one's own server: finds that server's way in.

The chain: an activity intent (FEP-3b86) for exactly that deed, the older OStatus `subscribe`,
the general intent, then the path that the software is known to have, by its NodeInfo. A server
that has none of these gets no guess: its people are shown the address to paste into their
search.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from federation import names, uris
from federation.discovery import INTENTS, SUBSCRIBE
from federation.documents import Document, is_document, text_of, values
from federation.fetching import Fetching
from federation.remote import Remote
from server.errors import FixatifError, Invalid, Untrusted
from server.values import dataclass

_VERBS: Final[Mapping[str, str]] = {
    "follow": "Follow",
    "like": "Like",
    "boost": "Announce",
    "comment": "Create",
}
_SUBJECTS: Final = frozenset({"uri", "object", "inReplyTo", "id"})  # what templates call it
_PLACE = re.compile(r"\{\??([\w-]{1,40})\}")
# Where software takes the address of anything, however it came to be installed.
_MASTODONS: Final = "/authorize_interaction?uri="
_MISSKEYS: Final = "/authorize-follow?acct="
_PLEROMAS: Final = "/ostatus_subscribe?acct="
_PATHS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("mastodon", "hometown", "friendica", "pixelfed", "fixatif"), _MASTODONS),
    **dict.fromkeys(
        ("misskey", "sharkey", "firefish", "calckey", "foundkey", "iceshrimp", "cherrypick"),
        _MISSKEYS,
    ),
    **dict.fromkeys(("pleroma", "akkoma"), _PLEROMAS),
}
_NODEINFO: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_HOST = re.compile(r"(?:https?://)?([A-Za-z0-9.\-\[\]:]{1,255})(?:/(?:@([\w.\-~]{1,100}))?)?/?")


@dataclass(frozen=True, slots=True)
class Interaction:
    """Finds ways in."""

    fetching: Fetching
    remote: Remote

    async def way_in(self, address: str, uri: str, intent: str) -> str | None:
        """Return where a browser goes to act on `uri` from `address`' server; None: nowhere.

        `address`: `name@server`, or as people also type it: a profile's address, or the server
        alone. Raises `Invalid` for what is none of these, `NotFound`, `Unavailable`.
        """
        handle, domain = read_home(address)
        if self.remote.is_us(domain):
            raise Invalid("That is this very server: sign in here instead.", "address")
        host = domain
        if handle:
            jrd = await self.fetching.look_up(f"{handle}@{domain}")
            way = chosen(jrd, uri, intent)
            if way is not None:
                return way
            host = _authority(names.self_link(jrd)) or domain
        return known_way(await self._software(host), host, uri)

    async def _software(self, host: str) -> str:
        """Return what runs at a host, by its own word; "" where it says nothing readable."""
        try:
            target = _nodeinfo_of(await self.fetching.at_host(host, "/.well-known/nodeinfo"), host)
            found = await self.fetching.at_host(host, target) if target else {}
        except FixatifError:
            return ""
        software = found.get("software")
        return text_of(software.get("name"), 50).lower() if is_document(software) else ""


def read_home(text: str) -> tuple[str, str]:
    """Return (name or "", server) of whatever people call their place. Raises `Invalid`."""
    typed = text.strip().removeprefix("acct:")
    if names.is_account(typed):
        return names.read_address(typed)
    found = _HOST.fullmatch(typed)
    domain = found[1].lower() if found else ""
    if found is None or not _authority(f"https://{domain}/") or "." not in domain.strip("."):
        raise Invalid("An address reads name@server, such as ana@art.example.", "address")
    return found[2] or "", domain


def chosen(jrd: Document, uri: str, intent: str) -> str | None:
    """Return the best template of a JRD, filled in. Pure."""
    templates = {
        str(link.get("rel")): str(link.get("template"))
        for link in values(jrd.get("links"), 50)
        if is_document(link) and isinstance(link.get("template"), str)
    }
    wanted = (f"{INTENTS}{_VERBS.get(intent, 'Object')}", SUBSCRIBE, f"{INTENTS}Object")
    for rel in wanted:
        filled = _filled(templates.get(rel, ""), uri)
        if filled:
            return filled
    return None


def known_way(software: str, host: str, uri: str) -> str | None:
    """Return the way into software that offers none by WebFinger. Pure."""
    path = _PATHS.get(software)
    return f"https://{host}{path}{quote(uri, safe='')}" if path else None


def _filled(template: str, uri: str) -> str:
    """Put the subject where a template wants it; what else it asks for stays empty (FEP-3b86)."""
    subject = quote(uri, safe="")
    names_used = set(_PLACE.findall(template))
    filled = _PLACE.sub(lambda found: subject if found[1] in _SUBJECTS else "", template)
    is_usable = not names_used.isdisjoint(_SUBJECTS) and "{" not in filled
    return filled if is_usable and _authority(filled) else ""


def _nodeinfo_of(links: Document, host: str) -> str:
    """Return the path and query of the newest NodeInfo, where it is on the host that was asked."""
    found = {
        str(link.get("rel")): str(link.get("href"))
        for link in values(links.get("links"), 20)
        if is_document(link)
    }
    for rel in (f"{_NODEINFO}2.1", f"{_NODEINFO}2.0", f"{_NODEINFO}1.0"):
        href = found.get(rel, "")
        if href and _authority(href) == host:
            return uris.target_of(href)
    return ""


def _authority(address: str) -> str:
    """Return the host, with its port, of a safe web address; "" for all others."""
    try:
        return uris.origin_of(address).authority
    except Untrusted:
        return ""
