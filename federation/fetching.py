"""Fetches from other servers: signed, guarded, at most three redirects, each checked anew.

Law: an answer counts only if its media type is ActivityPub's (an uploaded JSON file is not)
and its id is of the origin that was asked, after redirects.
"""

from dataclasses import field
from urllib.parse import quote, urljoin, urlsplit

import structlog

from federation import names, origin, uris
from federation.content_types import ACTIVITY_JSON, LD_JSON, is_activity_type
from federation.documents import Document, id_of, read_document
from federation.doors import Doors
from federation.knocking import Knocking
from federation.restraint import Restraint
from federation.signatures import Unsigned
from server.addresses import Addresses
from server.clock import Clock
from server.errors import NotFound, Unanswered, Unavailable, Untrusted
from server.model import ActorId
from server.ports import Incoming, Unreachable
from server.values import dataclass

log = structlog.get_logger(__name__)

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_DELETED = 410


class RemoteGone(NotFound):
    """The other server says that it is not there, or not any more."""


class RemoteDeleted(RemoteGone):
    """The other server says that it was there, and was deleted (410)."""


@dataclass(slots=True)
class Fetching:
    """Asks, follows, checks."""

    knocking: Knocking
    clock: Clock
    addresses: Addresses
    speaker: ActorId  # the server actor, who asks
    doors: Doors
    allows_loopback: bool = False
    _restraint: Restraint = field(init=False)

    def __post_init__(self) -> None:
        self._restraint = Restraint(self.clock)

    async def document(self, uri: str) -> Document:
        """Fetch a document by its id. Its own id must be of the origin that answered.

        Raises `RemoteGone`, `Untrusted`, `Invalid`, `Unavailable`.
        """
        return (await self.with_usage(uri))[0]

    async def with_usage(self, uri: str) -> tuple[Document, str]:
        """Fetch a document by its id; return it with the Content-Usage that came with it.

        Raises as `document`.
        """
        if self.addresses.is_ours(uri):
            raise Untrusted("This address is ours and is not fetched.")
        answer, answered_by = await self._get(uri, f"{LD_JSON}, {ACTIVITY_JSON}")
        if not is_activity_type(answer.headers.get("content-type", "")):
            raise Untrusted("The other server answered with something that is no ActivityPub.")
        document = read_document(answer.body)
        origin.check_document(id_of(document), answered_by)
        own_id = id_of(document)
        if own_id.partition("#")[0] != answered_by.partition("#")[0]:
            return await self._confirmed(own_id)
        return document, answer.headers.get("content-usage", "")

    async def look_up(self, text: str) -> Document:
        """Return the WebFinger document of `name@domain`.

        Raises `Invalid`, `NotFound`, `Unavailable`.
        """
        handle, domain = names.read_address(text)
        target = f"/.well-known/webfinger?resource={quote(f'acct:{handle}@{domain}')}"
        try:
            return await self.at_host(domain, target, "application/jrd+json, application/json")
        except RemoteGone as absent:
            raise NotFound(f"{domain} knows nobody called {handle}.") from absent

    async def at_host(self, domain: str, target: str, accept: str = "application/json") -> Document:
        """Return JSON that is no ActivityPub: WebFinger, NodeInfo. Raises as `look_up`."""
        schemes = ["https"]
        if self.allows_loopback and uris.is_loopback(urlsplit(f"//{domain}").hostname or ""):
            schemes.append("http")
        for scheme in schemes:
            try:
                answer, _ = await self._get(f"{scheme}://{domain}{target}", accept)
            except Unavailable:
                if scheme == schemes[-1]:
                    raise
            else:
                return names.read_jrd(answer.body, domain)
        raise Unanswered(f"{domain} cannot be reached; try again later.")

    async def _confirmed(self, own_id: str) -> tuple[Document, str]:
        """Fetch a document by the id that it gives itself: a page's address was asked before."""
        answer, answered_by = await self._get(own_id, f"{LD_JSON}, {ACTIVITY_JSON}")
        confirmed = read_document(answer.body)
        origin.check_document(id_of(confirmed), answered_by)
        if id_of(confirmed) != own_id or not is_activity_type(
            answer.headers.get("content-type", "")
        ):
            raise Untrusted("The other server's document does not stand at its own address.")
        return confirmed, answer.headers.get("content-usage", "")

    async def _get(self, uri: str, accept: str) -> tuple[Incoming, str]:
        """GET, signed by the server actor; return the answer and the address that gave it."""
        for _ in range(MAX_REDIRECTS + 1):
            host = uris.origin_of(uri).authority
            if self.addresses.is_ours(uri):  # a redirect may lead back here
                raise Untrusted("This address is ours and is not fetched.")
            self.doors.demand(uri)
            self._restraint.ask(host)
            plain = uri.partition("#")[0]
            answer = await self._ask(Unsigned("GET", plain, (("Accept", accept),)))
            if answer.status not in _REDIRECTS:
                _check_status(answer)
                return answer, plain
            uri = _joined(plain, answer.headers.get("location", ""))
        raise Unanswered("The other server redirects in a circle.")

    async def _ask(self, request: Unsigned) -> Incoming:
        try:
            return await self.knocking.send(request, self.speaker)
        except Unreachable as problem:
            # Why is for our log: told to whom asked, it would show what stands behind us
            log.info("not_reached", host=request.host, reason=str(problem))
            raise Unanswered("The other server cannot be reached; try again later.") from problem


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as problem:  # such as an unclosed [ of an IPv6 address
        raise Untrusted("The other server redirects to what is no web address.") from problem


def _check_status(answer: Incoming) -> None:
    if answer.status == _DELETED:
        raise RemoteDeleted("The other server says that this was deleted.")
    if answer.status in _GONE:
        raise RemoteGone("The other server says that this does not exist.")
    if answer.status != 200:
        raise Unanswered(f"The other server answered {answer.status}.")
