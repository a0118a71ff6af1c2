"""How an artist is found elsewhere: what they allow, and which sites may name them as author."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import idna

from server.clock import Clock
from server.errors import Invalid, refuse_outdated
from server.model import Artist
from server.ports import Bus, Library
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.values import dataclass

MAX_DOMAINS: Final = 100  # Mastodon reads 256 of an actor
_MAX_HOST: Final = 253  # characters (RFC 1035, 2.3.4)
_BETWEEN = re.compile(r"[\s,;]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Presence:
    """What an artist chose. `attribution_domains`: as `read_domains` returns them."""

    is_discoverable: bool
    is_indexable: bool
    hides_follows: bool
    attribution_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presences:
    """Change them; followers' servers are told."""

    library: Library
    clock: Clock
    bus: Bus

    async def change(
        self, artist: Artist, presence: Presence, seen: Artist | None = None
    ) -> Artist:
        """Store what an artist chose, and return how they stand now.

        `seen`: as they stood when this was decided. Raise `Outdated` where they changed since.
        """
        async with self.library.transaction() as tx:
            known = await tx.artists.hold(artist.id) or artist
            refuse_outdated(
                seen,
                known,
                "is_discoverable",
                "is_indexable",
                "hides_follows",
                "attribution_domains",
            )
            changed = replace(
                known,
                is_discoverable=presence.is_discoverable,
                is_indexable=presence.is_indexable,
                hides_follows=presence.hides_follows,
                attribution_domains=presence.attribution_domains,
            )
            await tx.artists.update(changed)
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
        self.bus.wake(JOBS_TOPIC)
        return changed


def read_domains(text: str) -> tuple[str, ...]:
    """Return the sites in a text, each once, as other servers compare them (FEP-2345). Pure.

    Addresses are taken for their host, and `*.` for what stands behind it: subdomains count
    anyway. Raises `Invalid` (field "attribution_domains").
    """
    typed = [one for one in _BETWEEN.split(text) if one]
    if len(typed) > MAX_DOMAINS:
        raise Invalid(
            f"These are {len(typed)} sites: at most {MAX_DOMAINS} fit.", "attribution_domains"
        )
    return tuple(dict.fromkeys(_domain(one) for one in typed))


def _domain(typed: str) -> str:
    host = re.sub(r"^(?:https?://)?(?:\*\.)?", "", typed.lower()).rstrip("/").removesuffix(".")
    try:
        plain = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        plain = ""
    if not _is_site(plain.split(".")) or len(plain) > _MAX_HOST:
        raise Invalid(
            f"'{typed[:60]}' is no site's name: write one in each line, such as magazine.example.",
            "attribution_domains",
        )
    return plain


def _is_site(labels: Sequence[str]) -> bool:
    """Say whether these are the parts of a name below a registry's, and of no IP address."""
    is_name = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return is_name and not labels[-1].isdecimal()
