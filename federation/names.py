"""What an account is called: `name@domain`, believed only where both ends agree.

Law: a domain speaks for itself alone. An actor on host H is called `name@D` only if D's
WebFinger answers with exactly that actor, and the actor's own side (its document, or H's
WebFinger) names D; else anybody could wear a well-known name (CVE-2023-42451). What is not
confirmed is called by its host.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from federation import uris
from federation.content_types import is_activity_type
from federation.documents import Document, id_of, is_document, text_of, values
from server.errors import FixatifError, Invalid, NotFound, Untrusted
from server.model import Actor

LookUp = Callable[[str], Awaitable[Document]]

_ADDRESS = re.compile(r"@?([\w.\-~]{1,100})@([A-Za-z0-9.\-\[\]:]{1,255})")
_MAX_SUBJECT: Final = 400
_MAX_LINKS: Final = 50


def is_account(text: str) -> bool:
    """Say whether a text reads `name@server`, with or without an @ in front."""
    return _ADDRESS.fullmatch(text) is not None


def read_address(text: str) -> tuple[str, str]:
    """Return (name, server) of `@name@server`. Raises `Invalid`."""
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        raise Invalid("An address reads name@server, such as ana@art.example.", "address")
    return found[1], found[2].lower()


def read_jrd(body: bytes, domain: str) -> Document:
    """Decode a WebFinger answer. Raises `Invalid`."""
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError) as broken:
        raise Invalid(f"{domain} answered the look-up with something unreadable.") from broken
    if not is_document(found):
        raise Invalid(f"{domain} answered the look-up with something unreadable.")
    return found


def self_link(jrd: Document) -> str:
    """Return the actor's address in a JRD, "" if there is none."""
    for link in values(jrd.get("links"), _MAX_LINKS):
        if is_document(link) and link.get("rel") == "self":
            uri = id_of(link.get("href"))
            if uri and is_activity_type(str(link.get("type", ""))):
                return uri
    return ""


def actor_link(jrd: Document, text: str) -> str:
    """Return the actor's address in a JRD for `text`. Raises `NotFound` where there is none."""
    handle, domain = read_address(text)
    uri = self_link(jrd)
    if not uri:
        raise NotFound(f"{domain} has no ActivityPub account called {handle}.")
    return uri


def subject_of(jrd: Document) -> tuple[str, str]:
    """Return (name, domain) of a JRD's subject; two empty texts where it is no plain account."""
    scheme, _, rest = text_of(jrd.get("subject"), _MAX_SUBJECT).partition(":")
    return _plain(rest) if scheme.lower() == "acct" else ("", "")


async def confirmed_domain(look_up: LookUp, actor: Actor, claimed: str, ours: str) -> str:
    """Return the domain that an actor elsewhere is called by; its host's where none is confirmed.

    `claimed`: `name@domain` as its document says (FEP-2c59), "" where it says nothing. `ours`:
    our own domain, which nobody elsewhere is called by.
    """
    host = uris.origin_of(actor.uri).authority
    try:
        handle, domain = _plain(claimed)
        if not domain:
            handle, domain = subject_of(await look_up(f"{actor.handle}@{host}"))
        if domain in {"", host, ours} or handle.casefold() != actor.handle.casefold():
            return host
        jrd = await look_up(f"{handle}@{domain}")
    except FixatifError:  # away, absent, unreadable: it is called by its host meanwhile
        return host
    is_theirs = self_link(jrd) == actor.uri and _agrees(jrd, handle, domain)
    return domain if is_theirs else host


def _agrees(jrd: Document, handle: str, domain: str) -> bool:
    name, place = subject_of(jrd)
    return (name.casefold(), place) == (handle.casefold(), domain)


def _plain(text: str) -> tuple[str, str]:
    """Take `name@domain` apart where its domain is one in its only spelling."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return "", ""
    domain = found[2].lower()
    try:
        is_canonical = uris.origin_of(f"https://{domain}/").authority == domain
    except Untrusted:
        is_canonical = False
    return (found[1], domain) if is_canonical else ("", "")
