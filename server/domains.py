"""Domains of servers, as people type them; pure.

The law: one server has one spelling: lower case, in ASCII (xn-- for others), without a final
dot, with its port if it has one. A domain always means its subdomains too, so no star is needed.
"""

import re
from ipaddress import IPv6Address

import idna

from server.errors import Invalid

_MAX_HOST = 253  # characters, RFC 1035
_SHOWN = 60  # characters of what was typed that a message repeats
_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT = re.compile(r":\d{1,5}")
_BRACKETS = re.compile(r"\[([0-9a-f:.]+)\]")


def read_domain(typed: str) -> str:
    """Return the one spelling of a domain; raise `Invalid` with what to write instead."""
    text = typed.strip()
    if "*" in text:
        plain = text.replace("*.", "").replace("*", "").strip(".") or "example.org"
        raise Invalid(
            f"{text[:_SHOWN]!r} has a star; write {plain[:_SHOWN]}, which means all below it too."
        )
    host, port = _parted(text)
    spelled = _spelled(host)
    if spelled is None or (port and not _PORT.fullmatch(port)):
        raise Invalid(f"{text[:_SHOWN]!r} is no domain; write only the name, such as example.org.")
    return spelled + port


def _parted(text: str) -> tuple[str, str]:
    """Return host and port, with its colon."""
    head, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and (":" not in head or head.endswith("]")):
        return head, f":{port}"
    return text, ""


def _spelled(host: str) -> str | None:
    bracketed = _BRACKETS.fullmatch(host.lower())
    try:
        if bracketed:
            return f"[{IPv6Address(bracketed[1])}]"
        # IDNA 2008, as addresses of other servers are read: "ß" is not "ss"
        plain = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except ValueError:  # idna's errors are among them
        return None
    plain = plain.removesuffix(".")
    return plain if len(plain) <= _MAX_HOST and _HOST.fullmatch(plain) else None
