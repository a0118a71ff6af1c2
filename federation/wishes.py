"""`Accept-Signature`: how a server says which signatures it reads (RFC 9421, section 5). Pure.

A wish adds to what is covered anyway and never takes away: whoever asks for less would get a
signature that could be moved to another request.
"""

from typing import Any, Final

import http_sf

from server.values import dataclass

_MAX_LENGTH: Final = 2048  # characters; real ones take about 100
_MAX_NONCE: Final = 256
_COMPONENTS: Final = frozenset(  # what a request of ours can cover; the rest we do not send
    {
        "@method",
        "@target-uri",
        "@authority",
        "@scheme",
        "@request-target",
        "@path",
        "@query",
        "content-digest",
        "content-type",
        "content-usage",
        "accept",
        "host",
        "date",
    }
)
_ALGORITHMS: Final = frozenset({"", "rsa-v1_5-sha256", "ed25519"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A signature that a server asks for, and that we can make."""

    label: str = "sig1"
    components: tuple[str, ...] = ()
    algorithm: str = ""  # "rsa-v1_5-sha256", "ed25519", "" for either
    nonce: str = ""  # to be sent back, so that a signature serves once
    wants_expires: bool = False


def read_wish(text: str) -> Wish | None:
    """Return the first wish in an `Accept-Signature` header that we can fulfil, else None.

    A signature for another protocol (`tag`) is none of ours. Never raises: what a server says
    besides its answer is no reason to fail.
    """
    if not text or len(text) > _MAX_LENGTH:
        return None
    try:
        found = http_sf.parse(text.encode(), tltype="dictionary")
    except ValueError:  # StructuredFieldError and letters that are no Unicode
        return None
    if not isinstance(found, dict):
        return None
    wishes = (_wish(label, value) for label, value in found.items())
    return next((wish for wish in wishes if wish is not None), None)


def _wish(label: str, value: Any) -> Wish | None:  # noqa: ANN401  http-sf's nested unions say no more
    if not (isinstance(value, tuple) and isinstance(value[0], list)):
        return None
    components, parameters = value
    names = tuple(dict.fromkeys(name for name, _ in components))
    is_plain = not any(extra for _, extra in components) and _COMPONENTS.issuperset(names)
    algorithm, nonce = parameters.get("alg", ""), parameters.get("nonce", "")
    if not is_plain or "tag" in parameters or algorithm not in _ALGORITHMS:
        return None
    if not isinstance(nonce, str) or len(nonce) > _MAX_NONCE:
        return None
    return Wish(label, names, algorithm, nonce, wants_expires="expires" in parameters)
