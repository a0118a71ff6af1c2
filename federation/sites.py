"""Which hosts are run by one hand: everything below one registered domain. Pure.

Near enough to the Public Suffix List for what is decided by it: how often one hand may make
us ask, and which pages a document may point people to. Both fail on the careful side.
"""

from typing import Final

from federation.uris import origin_of
from server import errors

# Below a country's two letters these are registries and no names of anybody: art.co.uk is one
# site, and so is art.or.at. Registries of other names count as one hand: rarely wrong, never open.
_REGISTRIES: Final = frozenset(
    [
        "ac",
        "asso",
        "co",
        "com",
        "ed",
        "edu",
        "firm",
        "gen",
        "gob",
        "gouv",
        "gov",
        "gv",
        "id",
        "ltd",
        "me",
        "mil",
        "net",
        "ne",
        "nom",
        "or",
        "org",
        "plc",
        "sch",
    ]
)


def site_of(host: str) -> str:
    """Return the registered domain of a canonical host name; an IP address is its own site."""
    labels = host.split(".")
    if host.startswith("[") or labels[-1].isdecimal():
        return host
    is_country = len(labels[-1]) == 2 and len(labels) > 2
    return ".".join(labels[-3:] if is_country and labels[-2] in _REGISTRIES else labels[-2:])


def same_site(one: str, other: str) -> bool:
    """Say whether two addresses are run by one hand; False where either is unusable.

    Ids and pages may differ in host (www., social.), never in site: a page elsewhere would
    lend somebody else's name (CVE-2024-52593).
    """
    try:
        return site_of(origin_of(one).host) == site_of(origin_of(other).host)
    except errors.Untrusted:
        return False
