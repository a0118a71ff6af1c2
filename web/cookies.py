"""Our cookies.

Their names carry the instance's domain: cookies do not know ports, and several instances may live
on one host.
"""

import re

from aiohttp import web

from server.values import dataclass

_MAX_COOKIE_CHARACTERS = 256  # ours are 43; a longer value is not ours
_NO_NAME_CHARACTER = re.compile(r"[^a-z0-9]+")


def read_cookie(request: web.Request, name: str) -> str:
    """Return a cookie's value as it was sent, "" if none; the last of several counts.

    Looked up by its name: to parse all that a hostile header holds costs more than a page.
    """
    header = request.headers.get("Cookie", "")
    if name not in header:
        return ""
    parts = (part.strip().partition("=") for part in header.split(";"))
    return next((value for key, _, value in reversed([*parts]) if key == name), "")


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and writes the cookies of one instance. `domain` comes with its port, if any."""

    domain: str
    is_https: bool

    @property
    def session_name(self) -> str:
        """The cookie that holds the session's token."""
        return self._name("fixatif")

    @property
    def form_name(self) -> str:
        """The cookie that ties a stranger's forms to their browser, see `web.csrf`."""
        return self._name("fixatif_form")

    @property
    def proof_name(self) -> str:
        """The cookie that shows that a browser keeps cookies, see `web.proofs`."""
        return self._name("fixatif_proof")

    def proof(self, request: web.Request) -> str:
        """Return the proof as the browser sent it, "" if none."""
        return self._value(request, self.proof_name)

    def set_proof(self, response: web.StreamResponse, proof: str, *, max_age_seconds: int) -> None:
        """Give a browser its proof."""
        self._set(response, self.proof_name, proof, max_age_seconds)

    def session_token(self, request: web.Request) -> str:
        """Return the session's token as the browser sent it, "" if none."""
        return self._value(request, self.session_name)

    def form_token(self, request: web.Request) -> str:
        """Return the form cookie's value, "" if none."""
        return self._value(request, self.form_name)

    def set_session(
        self, response: web.StreamResponse, token: str, *, max_age_seconds: int
    ) -> None:
        """Sign a browser in."""
        self._set(response, self.session_name, token, max_age_seconds)

    def clear_session(self, response: web.StreamResponse) -> None:
        """Sign a browser out."""
        self._set(response, self.session_name, "", 0)

    def form_line(self, token: str) -> str:
        """Return the Set-Cookie line that ties a stranger's forms to this browser session.

        A line, because aiohttp has written a response's own cookies when this one is added.
        """
        secure = "; Secure" if self.is_https else ""
        return f"{self.form_name}={token}; HttpOnly{secure}; Path=/; SameSite=Lax"

    def _set(self, response: web.StreamResponse, name: str, value: str, max_age: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path="/",
            secure=self.is_https,
            httponly=True,
            samesite="Lax",  # Strict would sign people out who follow a link to here
        )

    def _name(self, kind: str) -> str:
        # __Host- : no other host, not even a subdomain, can set it (RFC 6265bis, 4.1.3.2)
        prefix = "__Host-" if self.is_https else ""
        return f"{prefix}{kind}_{_NO_NAME_CHARACTER.sub('_', self.domain.lower())}"

    @staticmethod
    def _value(request: web.Request, name: str) -> str:
        value = read_cookie(request, name)
        return value if len(value) <= _MAX_COOKIE_CHARACTERS else ""
