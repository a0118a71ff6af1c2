"""What is found in the application and in a request, each under one typed key.

Middlewares put these in; handlers read them. SESSION and ARTIST are missing for strangers, and
VISITOR_CLASS where no gate stands: read them with `request.get`.
"""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from server.model import Artist, Session
from server.rules import MediaFacts, Proof, WebFacts
from server.visitors import VisitorClass


class AnswerCounter(Protocol):
    """Counts answers that have gone out."""

    def note(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count one."""
        ...


RenderError = Callable[[web.Request, int, str], web.Response]

# (request, status, message) → a page for people; without it errors are shown on plain pages
RENDER_ERROR: web.AppKey[RenderError] = web.AppKey("render_error", Callable)  # type: ignore[arg-type]  # mypy: a Callable is no type[RenderError]

# What answers deliveries to the shared inbox, see `web.inboxes`.
WAY_IN: web.AppKey[Handler] = web.AppKey("way_in", Callable)  # type: ignore[arg-type]  # mypy: as above

COUNTER: web.AppKey["AnswerCounter"] = web.AppKey("counter", object)  # type: ignore[arg-type]  # mypy: a Protocol is no type

REQUEST_ID = web.RequestKey("request_id", str)  # made by us, never taken from outside
CLIENT_ADDRESS = web.RequestKey("client_address", str)  # of who really asks
PROXY_BYTES = web.RequestKey("proxy_bytes", int)  # that the proxy sends in our name
IS_SECURE = web.RequestKey("is_secure", bool)  # the visitor's own connection has TLS
# Host of who says to have signed, "" where that cannot be read: good for giving less, never more.
CLAIMED_PEER = web.RequestKey("claimed_peer", str)
# Host of who did sign it, "" where that does not hold; missing where nobody has looked.
PROVEN_PEER = web.RequestKey("proven_peer", str)
NETWORK = web.RequestKey("network", str)  # of who really asks: /24 or /48
# Of a crawler whose operator says how it is told: whether that bore it out. Missing for all others.
IS_VOUCHED = web.RequestKey("is_vouched", bool)
VISITOR_CLASS = web.RequestKey("visitor_class", VisitorClass)  # set by the gate
# What a browser proved, set by the gate; missing where none was looked at.
PROOF: web.RequestKey[Proof] = web.RequestKey("proof", Proof)
# What the last door that was asked looked at, for counting.
DOOR_FACTS: web.RequestKey[WebFacts | MediaFacts] = web.RequestKey("door_facts", object)  # type: ignore[arg-type]  # mypy: a union is no type
SESSION = web.RequestKey("session", Session)
ARTIST = web.RequestKey("artist", Artist)
LEAVING = web.RequestKey(
    "leaving", Artist
)  # signed in, but about to be deleted: in place of ARTIST
MAX_BODY_BYTES = web.RequestKey("max_body_bytes", int)
MAX_BODY_SECONDS = web.RequestKey("max_body_seconds", float)  # from first byte to last
FORM_COOKIE = web.RequestKey("form_cookie", str)  # set with this answer, see `web.csrf`
# Set once `web.csrf` found that no other site sent this request; uploads are read only then.
IS_OUR_FORM = web.RequestKey("is_our_form", bool)
# Set once a handler said what machines may do with its answer, be it nothing at all.
IS_USAGE_SAID = web.RequestKey("is_usage_said", bool)
