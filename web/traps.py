"""Links that no person sees and robots.txt forbids: who follows one is a program without manners.

The law: nobody who may be a person is marked, and nobody for a link that others put elsewhere: no
member, no verified search engine, no link card, no feed, no server, no text browser, nothing that a
person clicked or a browser asked for ahead. A mark holds a day, for one program in one network.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from aiohttp import web

from server.clock import Clock
from server.crawler_claims import is_nearby
from server.model import Millis
from server.values import dataclass
from server.visitors import VisitorClass
from web.addresses import read_ip
from web.bearing import is_led_here, is_prefetch, is_text_browser
from web.keys import ARTIST, CLIENT_ADDRESS, IS_VOUCHED, LEAVING, VISITOR_CLASS

_DAY: Final = 24 * 3_600_000
_MOST_TOLD: Final = 500
_MARKS_KEPT: Final = 50_000  # about 10 MiB; the oldest are forgotten first
# Others fetch what somebody else chose for them, a card for a link say, or carry no name to mark.
_MARKED: Final = frozenset(
    {
        *(VisitorClass.VISITOR, VisitorClass.UNKNOWN, VisitorClass.TOOL, VisitorClass.SEARCH),
        *(VisitorClass.SEO, VisitorClass.DATASET, VisitorClass.AI_TRAINING, VisitorClass.AI_SEARCH),
    }
)


@dataclass(slots=True)
class Traps:
    """Remembers who is marked; processes tell each other (`server.tidings`).

    `secret`: equal in processes that do.
    """

    clock: Clock
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _marks: OrderedDict[str, Millis] = field(default_factory=OrderedDict)
    _untold: dict[str, int] | None = None  # None: nobody asks

    def mark(self, network: str, agent: str) -> None:
        """Mark a program in a network, for a day from now."""
        key = self._key(network, agent)
        self._keep(key)
        if self._untold is not None and len(self._untold) < _MOST_TOLD:
            self._untold[key] = 1

    def tell(self) -> dict[str, int]:
        """Return who was marked here since the last call."""
        untold, self._untold = self._untold or {}, {}
        return untold

    def hear(self, told: Mapping[str, int]) -> None:
        """Mark whom another process marked."""
        for key in told:
            self._keep(key)

    def _keep(self, key: str) -> None:
        self._marks[key] = self.clock.now()
        self._marks.move_to_end(key)
        while len(self._marks) > _MARKS_KEPT:
            self._marks.popitem(last=False)

    def holds(self, network: str, agent: str) -> bool:
        """Say whether a program in a network is marked."""
        if not self._marks:  # mostly
            return False
        key = self._key(network, agent)
        since = self._marks.get(key)
        if since is None:
            return False
        if abs(self.clock.now() - since) < _DAY:  # and no longer where the clock was set back
            return True
        del self._marks[key]
        return False

    def __len__(self) -> int:
        return len(self._marks)

    def _key(self, network: str, agent: str) -> str:
        """Return what stands for both: a long user agent takes no more room than a short one."""
        whole = f"{network}\0{agent}".encode(errors="surrogatepass")
        return hashlib.blake2b(whole, key=self.secret, digest_size=16).hexdigest()


def may_be_marked(request: web.Request, origin: str) -> bool:
    """Say whether who followed a hidden link is to be marked."""
    is_known = ARTIST in request or LEAVING in request or request.get(IS_VOUCHED, False)
    visitor = request.get(VISITOR_CLASS)
    if is_known or visitor not in _MARKED:
        return False
    address = read_ip(request[CLIENT_ADDRESS])
    is_anybody = address is None or is_nearby(address)  # a proxy does not say who asks
    if is_anybody and visitor is VisitorClass.VISITOR:
        return False
    if is_text_browser(request.headers.get("User-Agent", "")):  # it offers the link to its person
        return False
    return not (is_prefetch(request.headers) or is_led_here(request.headers, origin))
