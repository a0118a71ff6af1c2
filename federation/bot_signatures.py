"""Web Bot Auth (draft-ietf-webbotauth-httpsig-protocol-00): which operator signed a request. Pure.

The law: a signature counts where it covers our name and the signer's, has an end and is fresh;
the key is one that the signer's own directory lists under its thumbprint (RFC 7638). What is no
such signature says nothing, neither good nor bad.
"""

import base64
import hashlib
import json
from typing import Any, Final
from urllib.parse import urlsplit

import http_sf
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.messages import Received, as_bytes
from federation.rfc9421 import dictionary, value_of, written
from server.errors import Untrusted
from server.model import Millis
from server.values import dataclass

TAG: Final = "web-bot-auth"
DIRECTORY_TYPE: Final = "application/http-message-signatures-directory+json"
_WELL_KNOWN: Final = "/.well-known/http-message-signatures-directory"
_SIGNER: Final = "signature-agent"
_OUR_NAME: Final = frozenset({"@authority", "@target-uri"})  # one of them, else it could be moved
_MOST_COVERED: Final = 16
_MOST_KEYS: Final = 32
_MOST_URL: Final = 512  # characters
_LATE: Final = 60_000  # clocks differ
_LONGEST_LIFE: Final = 24 * 3_600_000  # the draft's own advice

Component = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class BotSignature:
    """A signature as it came, before its key is known."""

    directory_url: str
    host: str  # whose directory it is
    key_id: str
    components: tuple[Component, ...]
    parameters: str
    signature: bytes
    created: Millis
    expires: Millis

    def is_fresh(self, now: Millis) -> bool:
        """Say whether it counts at that time."""
        is_brief = self.expires - self.created <= _LONGEST_LIFE
        return is_brief and self.created - _LATE <= now <= self.expires + _LATE


def read(received: Received) -> BotSignature | None:
    """Return the first signature of this kind, None where there is none that can be read."""
    try:
        inputs = dictionary(received.joined("signature-input"), "Signature-Input")
        signatures = dictionary(received.joined("signature"), "Signature")
        for label, value in inputs.items():
            if isinstance(value, tuple) and value[1].get("tag") == TAG:
                return _read(received, label, value, signatures.get(label))
    except (Untrusted, ValueError, KeyError, TypeError, AttributeError):
        return None
    return None


def keys_in(document: bytes) -> dict[str, Ed25519PublicKey]:
    """Return the Ed25519 keys of a directory (a JWK set) by thumbprint; none where it is broken."""
    try:
        listed = json.loads(document)["keys"]
        found = [each for each in listed[:_MOST_KEYS] if each.get("crv") == "Ed25519"]
        return {thumbprint(each["x"]): _key(each["x"]) for each in found}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def thumbprint(x: str) -> str:
    """Return the name of an Ed25519 key whose `x` is given (RFC 7638, 3.2; RFC 8037, A.3)."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def holds(received: Received, claim: BotSignature, key: Ed25519PublicKey) -> bool:
    """Say whether a key made a signature."""
    try:
        key.verify(claim.signature, base_of(received, claim.components, claim.parameters))
    except (InvalidSignature, Untrusted, ValueError):
        return False
    return True


def base_of(received: Received, components: tuple[Component, ...], parameters: str) -> bytes:
    """Return the bytes that were signed (RFC 9421, 2.5). Raises `Untrusted`."""
    lines = [f"{_name(each)}: {_value(received, *each)}" for each in components]
    return as_bytes([*lines, f'"@signature-params": {parameters}'])


def _read(
    received: Received,
    label: str,
    value: Any,  # noqa: ANN401 - what http-sf parsed
    signature: Any,  # noqa: ANN401
) -> BotSignature | None:
    listed, parameters = value
    components: tuple[Component, ...] = tuple((str(name), dict(more)) for name, more in listed)
    names = {name for name, _ in components}
    is_whole = _SIGNER in names and bool(names & _OUR_NAME) and len(components) <= _MOST_COVERED
    made, ends, key_id = (parameters[name] for name in ("created", "expires", "keyid"))
    raw = signature[0]
    is_typed = type(made) is int and type(ends) is int and type(key_id) is str
    if not (is_whole and is_typed and type(raw) is bytes):
        return None
    url = _directory(received, next(more for name, more in components if name == _SIGNER))
    return BotSignature(
        directory_url=url,
        host=urlsplit(url).hostname or "",
        key_id=key_id,
        components=components,
        parameters=written(label, value),
        signature=raw,
        created=Millis(made * 1_000),
        expires=Millis(ends * 1_000),
    )


def _directory(received: Received, parameters: dict[str, object]) -> str:
    """Return where the signer's keys are. Raises `ValueError` where it is no https address.

    Older drafts had one string, and the signer's origin in it: browsers' agents still send that.
    """
    text = received.joined(_SIGNER)
    if "key" in parameters:
        said = dictionary(text, "Signature-Agent")[str(parameters["key"])][0]
    else:
        said = http_sf.parse(text.encode(), tltype="item")[0]  # type: ignore[index]
    parts = urlsplit(str(said))
    if (
        parts.scheme != "https"
        or not parts.hostname
        or "@" in parts.netloc
        or len(said) > _MOST_URL
    ):
        raise ValueError("the signer's address is no https address")
    path = parts.path if parts.path not in ("", "/") else _WELL_KNOWN
    return f"https://{parts.netloc.lower()}{path}"


def _name(component: Any) -> str:  # noqa: ANN401 - http-sf's nested unions say no more
    return http_sf.ser(component)  # codespell:ignore ser


def _value(received: Received, name: str, parameters: dict[str, object]) -> str:
    if not parameters:
        return value_of(received, name)
    if set(parameters) != {"key"}:  # no other one is read here, so none can be misread
        raise ValueError(f"{name} has parameters that are not read here")
    member = dictionary(received.joined(name), name)[str(parameters["key"])]
    return written(str(parameters["key"]), member)


def _key(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
