"""Counts each answer once it has gone out: with the bytes that really did, streams included.

aiohttp tells its access log when an answer is over, and it alone knows; what is counted, and that
no person is among it, is `server.visits`' part.
"""

from functools import lru_cache
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from server.comers import FILM, MACHINES
from server.crawler_book import CrawlerBook, brief
from server.egress import Egress
from server.given import QUERY
from server.looking import Looking
from server.media_tokens import Given, PeerTokens
from server.rules import Door, Facts, MediaFacts, Proof
from server.shadows import ShadowWatch
from server.values import dataclass
from server.visitors import VisitorClass
from server.visits import Visit, Visits
from server.work_visits import WorkVisits
from web.addresses import network_of
from web.headers import is_probe
from web.inboxes import is_inbox
from web.keys import (
    CLIENT_ADDRESS,
    COUNTER,
    DOOR_FACTS,
    NETWORK,
    PROVEN_PEER,
    PROXY_BYTES,
    VISITOR_CLASS,
)

_PICTURES: Final = "/media/"
_REFUSED: Final = frozenset({403, 429})
_NOTHING_HERE: Final = 404
_WITH_BODY: Final = frozenset({200, 206})
_NETWORKS_KEPT: Final = 4_096

_network_of = lru_cache(_NETWORKS_KEPT)(network_of)


@dataclass(frozen=True, slots=True)
class Counter:
    """Turns a finished answer into a visit."""

    visits: Visits
    watch: ShadowWatch
    book: CrawlerBook
    work_visits: WorkVisits
    egress: Egress
    tokens: PeerTokens
    looking: Looking

    def note(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count one answer."""
        if is_probe(request):
            return
        if is_inbox(request):
            self._note_delivery(request, response)
            return
        facts: Facts | None = request.get(DOOR_FACTS)
        user_agent = brief(request.headers.get("User-Agent", ""))
        sent = bytes_sent(request, response)
        self.egress.note(sent)
        is_media = isinstance(facts, MediaFacts)
        # Of pictures, what their door took them for: a proof counts where its token was shown.
        known = facts.visitor if isinstance(facts, MediaFacts) else request.get(VISITOR_CLASS)
        visitor = known or self.book.claim(user_agent).visitor_class
        is_refused = response.status in _REFUSED
        self.visits.count(
            Visit(
                door=Door.MEDIA if is_media else Door.WEB,
                visitor=visitor,
                user_agent=user_agent,
                path="" if response.status == _NOTHING_HERE else request.path,
                network=request.get(NETWORK) or _network_of(request[CLIENT_ADDRESS]),
                bytes=sent,
                is_refused=is_refused,
                rendition=str(facts.rendition) if isinstance(facts, MediaFacts) else "",
                shadow_rules=self.watch.over(facts) if facts is not None else (),
            )
        )
        if (
            isinstance(facts, MediaFacts)
            and facts.proof is not Proof.NONE
            and response.status in _WITH_BODY
            and request.method != "HEAD"
        ):
            token = request.query.get("t", "")
            is_film = request.path.rpartition("/")[2].startswith("video.")
            rendition = FILM if is_film else facts.rendition.value
            self.looking.count(token, request.path, rendition, sent)
        signer = request.get(PROVEN_PEER, "") if is_media else ""
        if visitor in MACHINES or is_refused or signer:
            given, path = self._given(request), request.path
            crawler, count = self.visits.crawler_of(user_agent), self.work_visits.count
            count(visitor, crawler, path, sent, given=given, is_refused=is_refused)
            if signer:  # whose address it was is known when it is written
                count(VisitorClass.PEER, signer, path, sent, given=given, is_refused=is_refused)

    def _note_delivery(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count an answer to a server: what doors and proofs say of visitors is not asked."""
        user_agent = brief(request.headers.get("User-Agent", ""))
        sent = request.writer.output_size
        self.egress.note(sent)
        self.visits.count(
            Visit(
                door=Door.WEB,
                visitor=self.book.claim(user_agent).visitor_class,
                user_agent=user_agent,
                path="" if response.status == _NOTHING_HERE else request.path,
                network=_network_of(request[CLIENT_ADDRESS]),
                bytes=sent,
                is_refused=response.status in _REFUSED,
            )
        )

    def _given(self, request: web.Request) -> Given | None:
        """Return what the token in a picture's address says; who is refused never gets to it."""
        if not request.path.startswith(_PICTURES):
            return None
        return self.tokens.read(request.query.get(QUERY, ""))


class AnswerLog(AbstractAccessLogger):
    """What aiohttp tells of each finished answer. Writes no log."""

    __slots__ = ()

    def log(self, request: web.BaseRequest, response: web.StreamResponse, _time: float) -> None:
        """Count an answer; what was no HTTP request at all is passed over."""
        if isinstance(request, web.Request) and CLIENT_ADDRESS in request:  # it found its way in
            counter = request.app.get(COUNTER)
            if counter is not None:
                counter.note(request, response)


def bytes_sent(request: web.BaseRequest, response: web.StreamResponse) -> int:
    """Return how many bytes an answer took, its head included."""
    sent: int = request.writer.output_size + request.get(PROXY_BYTES, 0)
    if not isinstance(response, web.FileResponse) or request.method == "HEAD":
        return sent
    length = response.content_length or 0
    is_by_kernel = sent < length and response.status in _WITH_BODY  # sendfile passes the writer by
    return sent + length if is_by_kernel else sent
