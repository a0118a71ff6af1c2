"""Forms that other sites cannot send in a visitor's name.

Two walls. The browser's own word where a request comes from (Fetch metadata, Origin), and a
token that only our pages know: the session's, or for strangers one that is tied to a cookie, so
that nobody can sign another person in to the wrong account.
"""

import hashlib
import hmac
import secrets
from dataclasses import field

from aiohttp import web

from server.errors import NotAllowed
from server.model import Session
from server.values import dataclass
from web.cookies import Cookies
from web.forms import sent_token
from web.keys import FORM_COOKIE, IS_OUR_FORM, SESSION

CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})  # "none": typed, a bookmark, a restored tab
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class FormGuard:
    """Makes and checks tokens. `secret` is 32 random bytes that outlive a restart."""

    cookies: Cookies
    origin: str  # of base_url: scheme and host, and the port unless it is the usual one
    secret: bytes = field(repr=False)

    def token_for(self, request: web.Request) -> str:
        """Return the token for the forms of this answer; a stranger's makes a cookie.

        A page with a stranger's token must not be cached.
        """
        session: Session | None = request.get(SESSION)
        if session is not None:
            return session.csrf
        cookie = self.cookies.form_token(request)
        if not cookie:
            cookie = request.setdefault(FORM_COOKIE, secrets.token_urlsafe(_TOKEN_BYTES))
        return self._token_of(cookie)

    async def check(self, request: web.Request) -> None:
        """Let a request pass that cannot come from another site. Raises `NotAllowed`."""
        if request.method not in _SAFE_METHODS:
            self._check_origin(request)
            await self._check_token(request)
            request[IS_OUR_FORM] = True

    def _check_origin(self, request: web.Request) -> None:
        site = request.headers.get("Sec-Fetch-Site", "none")
        origin = request.headers.get("Origin", self.origin)
        if site not in _OWN_SITES or origin != self.origin:
            raise NotAllowed(
                "This form was sent from another site; open the page here and send it from there."
            )

    async def _check_token(self, request: web.Request) -> None:
        expected = self._expected(request)
        sent = request.headers.get(CSRF_HEADER) or await sent_token(request)
        if not expected or not _is_equal(sent, expected):
            raise NotAllowed(
                "This form is too old, or your browser keeps no cookies; allow them, reload the"
                " page and send it again."
            )

    def _expected(self, request: web.Request) -> str:
        session: Session | None = request.get(SESSION)
        if session is not None:
            return session.csrf
        cookie = self.cookies.form_token(request)
        return self._token_of(cookie) if cookie else ""

    def _token_of(self, cookie: str) -> str:
        said = cookie.encode("utf-8", "surrogateescape")  # a made-up one may be no UTF-8
        return hmac.new(self.secret, said, hashlib.sha256).hexdigest()


def _is_equal(sent: str, expected: str) -> bool:
    # Bytes of a header that are no UTF-8 arrive as lone surrogates.
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), expected.encode())
