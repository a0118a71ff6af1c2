"""Followers in step between two servers (FEP-8fcf): digests, and the header that carries them.

Pure. Each side names the followers that it believes to be on the other by one number; where
the numbers differ, the list itself is asked for and mended.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from federation.addressing import PUBLIC
from federation.documents import Document, first, id_of, is_document, values
from federation.uris import origin_of, same_origin
from server.errors import Untrusted
from server.values import dataclass

HEADER: Final = "Collection-Synchronization"
MOST_FOLLOWERS: Final = 25_000  # as Mastodon: above it, a digest for each host costs too much
_MAX_HEADER: Final = 8_192  # three addresses of at most 2,048 letters
_MAX_ITEMS: Final = 10_000  # of one page: 1 MiB holds no more addresses
_PARAMETER = re.compile(r'(\w++)\s*+=\s*+"([^"]*+)"')
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class SyncClaim:
    """What a server says of one actor's followers here."""

    collection: str  # the actor's followers collection
    url: str  # where the part of it is that is ours
    digest: str  # lower-case hexadecimal


def digest_of(uris: Iterable[str]) -> str:
    """Return the SHA-256 digests of the addresses, each once, XORed: order does not matter."""
    whole = 0
    for uri in set(uris):
        whole ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{whole:064x}"


def host_prefix(uri: str) -> str:
    """Return what all actor ids on the origin of `uri` begin with, "" where it is no address."""
    try:
        origin = origin_of(uri)
    except Untrusted:
        return ""
    return f"{origin.scheme}://{origin.authority}/"


def header_value(claim: SyncClaim) -> str:
    """Return the header's value."""
    return f'collectionId="{claim.collection}", url="{claim.url}", digest="{claim.digest}"'


def read_header(text: str, followers_uri: str, actor_uri: str) -> SyncClaim | None:
    """Read the header of an actor's delivery. None: it is unusable, or not about that actor.

    The collection must be the actor's own and the list on its own origin, else anybody could
    have us compare, fetch and unfollow in somebody else's name.
    """
    if not text or len(text) > _MAX_HEADER or not followers_uri:
        return None
    found = dict(_PARAMETER.findall(text))
    collection, url = found.get("collectionId", ""), found.get("url", "")
    digest = found.get("digest", "")
    is_theirs = collection == followers_uri and same_origin(url, actor_uri)
    if not is_theirs or _DIGEST.fullmatch(digest) is None:
        return None
    return SyncClaim(collection, url, digest.lower())


def is_for_followers(activity: Document, followers_uri: str) -> bool:
    """Say whether an activity is for followers and not for everybody: then their list matters."""
    to, cc = values(activity.get("to"), 500), values(activity.get("cc"), 500)
    everybody = {PUBLIC, "as:Public", "Public"}
    is_open = any(isinstance(one, str) and one in everybody for one in (*to, *cc))
    return bool(followers_uri) and followers_uri in (*to, *cc) and not is_open


def items_of(document: Document) -> tuple[tuple[str, ...], str, bool]:
    """Return a collection's or page's ids, the next page's address, and whether all were read.

    A collection without items of its own goes on at its first page.
    """
    listed = values(document.get("orderedItems", document.get("items")), _MAX_ITEMS + 1)
    ids = tuple(uri for one in listed if (uri := id_of(one)))
    head = first(document.get("first"))
    if is_document(head):  # the first page may stand in the collection
        more, following, is_whole = items_of({**head, "first": None})
        return (*ids, *more), following, is_whole and len(ids) == len(listed)
    following = id_of(document.get("next")) or id_of(head)
    return ids, following, len(ids) == len(listed) <= _MAX_ITEMS
