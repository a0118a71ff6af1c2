"""The one table from errors to HTTP, and how an error is shown: as a page or as JSON."""

import html
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from server.errors import (
    Conflict,
    FixatifError,
    Gone,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    TooMany,
    Unanswered,
    Unavailable,
    Untrusted,
)
from server.ports import Unreachable
from web.headers import media_type
from web.keys import RENDER_ERROR, REQUEST_ID

_STATUSES: Mapping[type[Exception], int] = {
    NotFound: 404,
    Gone: 410,
    NotAllowed: 403,
    Untrusted: 401,
    TooMany: 429,
    Refused: 403,
    Conflict: 409,
    Invalid: 422,  # what Mastodon's clients expect of a failed validation
    Unavailable: 503,
    FixatifError: 500,
    Unreachable: 502,
    # The visitor's own bytes break while they are read: cut off, badly packed, no HTTP.
    web.RequestPayloadError: 400,
    HttpProcessingError: 400,
}
EXPECTED = (FixatifError, Unreachable, web.RequestPayloadError, HttpProcessingError)

_SENTENCES: Mapping[int, str] = {
    400: "This request arrived broken; reload the page and try again.",
    401: "Sign in first; then this address will answer.",
    403: "You may not do this; sign in with an account that may.",
    404: "There is nothing at this address; check the link, or start from the front page.",
    405: "This address does not answer to that method; go back and use the page's own buttons.",
    408: "What you send comes too slowly; send it again over a better line.",
    409: "This contradicts what is already there; reload the page and try again.",
    410: "What was here has been withdrawn; its artist's page shows what there is now.",
    411: "Say how large the body is: send it again with a Content-Length.",
    413: "That is too large for this address; send something smaller.",
    414: "That address is too long; shorten it.",
    415: "This address cannot read that kind of body; send a form, or JSON where it is an API.",
    417: "Nothing can be expected here but 100-continue; leave Expect out and send it again.",
    422: "What was sent cannot be used; check each field and try again.",
    429: "That was too often in a short time; wait a minute and try again.",
    431: "That request says too much of itself; send it again with shorter headers.",
    500: "Something broke on our side, and it has been noted; try again in a minute.",
    502: "Another server gave no usable answer; try again in a minute.",
    503: "A part of this server is out of reach; try again in a minute.",
}
_UNAVAILABLE_SECONDS = 30
_KEPT = frozenset({"Allow", "Retry-After", "WWW-Authenticate"})  # what an HTTP error itself says
_PROTOCOL_PATHS = (
    "/api/", "/oauth/token", "/oauth/revoke", "/.well-known/", "/users/", "/series/", "/inbox",
)  # fmt: skip
_JSON_TYPES = ("application/json", "application/activity+json", "application/ld+json")
_PLAIN_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title>'
    "<h1>{title}</h1><p>{message}</p></html>"
)


def status_of(error: Exception) -> int:
    """Return the status for an error: its own class's row, else its nearest ancestor's."""
    if isinstance(error, web.HTTPException):
        return error.status
    return next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), 500)


def status_of_typed(error: Exception) -> int:
    """Return the status where somebody typed the name of a server that does not answer.

    That is no outage of ours: the form says it, as of any other name that is wrong.
    """
    return 422 if isinstance(error, Unanswered) else status_of(error)


def sentence_for(status: int) -> str:
    """Return what people read where an error brings no sentence of its own."""
    return _SENTENCES.get(status, _SENTENCES[500 if status >= 500 else 400])


def problem(request: web.Request, error: Exception) -> web.Response:
    """Return the answer that shows `error`, as JSON or as a page, whatever the asker reads.

    Only messages of our own errors are shown; any other error says nothing about itself.
    """
    status = status_of(error)
    response = show(request, status, _message_of(error) or sentence_for(status), _field_of(error))
    if isinstance(error, web.HTTPException):
        response.headers.update({name: error.headers[name] for name in _KEPT & {*error.headers}})
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(_UNAVAILABLE_SECONDS)
    return response


def show(request: web.Request, status: int, message: str, field: str = "") -> web.Response:
    """Return an error's answer from its parts. It is never cached."""
    if wants_json(request):
        response = _as_json(request, status, message, field)
    else:
        response = _as_page(request, status, message)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Vary", "Accept")
    return response


def plain_page(status: int, message: str) -> web.Response:
    """Return a page that needs no template, for when templates are what broke."""
    title = f"{status} {HTTPStatus(status).phrase}"
    text = _PLAIN_PAGE.format(title=html.escape(title), message=html.escape(message))
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def wants_json(request: web.Request) -> bool:
    """Say whether the asker reads JSON rather than pages.

    Browsers name text/html; who names neither is judged by the address.
    """
    weights = _accepted(request.headers.get("Accept", ""))
    json_weight = max((weights.get(kind, 0.0) for kind in _JSON_TYPES), default=0.0)
    html_weight = weights.get("text/html", 0.0)
    if json_weight or html_weight:
        return json_weight > html_weight
    return media_type(request) in _JSON_TYPES or request.path.startswith(_PROTOCOL_PATHS)


def _as_json(request: web.Request, status: int, message: str, field: str) -> web.Response:
    body = {"error": message}  # the key that Mastodon's clients show
    if field:
        body["field"] = field
    if status >= 500:
        body["request_id"] = request.get(REQUEST_ID, "")
    return web.json_response(body, status=status)


def _as_page(request: web.Request, status: int, message: str) -> web.Response:
    render = request.app.get(RENDER_ERROR)
    return plain_page(status, message) if render is None else render(request, status, message)


def _message_of(error: Exception) -> str:
    """Return what may be shown of an error: our own words, never a library's."""
    if isinstance(error, FixatifError):
        return error.message
    return str(error) if isinstance(error, Unreachable) else ""


def _field_of(error: Exception) -> str:
    return error.field if isinstance(error, Invalid) else ""


def _accepted(header: str) -> dict[str, float]:
    """Return media types with their weights (RFC 9110, 12.4.2); unreadable weights count 0."""
    weights: dict[str, float] = {}
    for entry in header.lower().split(",")[:32]:
        kind, *parameters = (part.strip() for part in entry.split(";"))
        weights[kind] = max(weights.get(kind, 0.0), _weight(parameters))
    return weights


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
