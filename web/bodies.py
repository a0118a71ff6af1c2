"""How large a body may be and how long it may take; what is too large is refused unread."""

from aiohttp import web

from server.values import dataclass
from web.forms import MULTIPART, URLENCODED
from web.headers import media_type
from web.keys import MAX_BODY_BYTES, MAX_BODY_SECONDS


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How many bytes a body may have, by kind of address, and how long it may take.

    Uploads, which only people who are signed in may send, take as long as their line does.
    """

    upload_bytes: int  # a whole upload, all its files together
    form_bytes: int = 262_144
    inbox_bytes: int = 1_048_576
    other_bytes: int = 1_048_576
    seconds: float = 30.0  # a mebibyte at 35 KiB a second

    def for_request(self, request: web.Request) -> int:
        """Return the limit for one request that is no delivery."""
        by_type = {MULTIPART: self.upload_bytes, URLENCODED: self.form_bytes}
        return by_type.get(media_type(request), self.other_bytes)


def bound(request: web.Request, max_bytes: int, seconds: float) -> None:
    """Note how much of a body may be read, and refuse what is too large by its own word.

    `web.forms` counts the rest. Raises HTTP 411, 413, 415.
    """
    request[MAX_BODY_BYTES] = max_bytes
    request[MAX_BODY_SECONDS] = seconds
    if not request.body_exists:
        return
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType  # unpacking is where small bodies become large ones
    length = request.content_length
    if length is None and media_type(request) == MULTIPART:
        raise web.HTTPLengthRequired  # browsers always say it, and then nobody can exceed it
    if length is not None and length > max_bytes:
        raise web.HTTPRequestEntityTooLarge(max_size=max_bytes, actual_size=length)
