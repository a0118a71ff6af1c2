"""RFC 9421, HTTP Message Signatures: what Fedify tries first and Mastodon 4.5 reads. Pure.

`http-sf` parses and serialises the structured fields; the signature base is built here,
because only requests are read, only components without parameters are taken, and every
refusal has to say which check failed.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final, NoReturn

import http_sf
from cryptography.hazmat.primitives.asymmetric import rsa

from federation import claims
from federation.claims import Scheme, SignatureClaim
from federation.keys import PrivateKey, PublicKey, sign_message
from federation.messages import Received, Unsigned, as_bytes, http_date
from federation.uris import Origin, origin_of
from federation.wishes import Wish
from server import errors
from server.model import Millis

_RSA: Final = {"", "rsa-v1_5-sha256"}  # what Mastodon 4.5 and Fedify 2.3 take; none uses PSS
_ED25519: Final = {"", "ed25519"}
_MAX_LABELS: Final = 8  # a proxy may add its own signature beside the server's
_SIGNED: Final = (  # Mastodon wants the first two and a digest, Fedify the first three
    "@method",
    "@target-uri",
    "@authority",
    "content-digest",
    "content-type",
    "content-usage",
)
_LIFE: Final = 300  # seconds that a signature lives where its reader wants an end
_WHERE: Final = (  # one of these sets must be covered, so that no request can be moved
    {"@target-uri"},
    {"@authority", "@request-target"},
    {"host", "@request-target"},
    {"@authority", "@path", "@query"},
    {"host", "@path", "@query"},
)


def read(signature_input: str, signature: str) -> SignatureClaim:
    """Read the headers `Signature-Input` and `Signature`. Raises `Untrusted`."""
    inputs = dictionary(signature_input, "Signature-Input")
    signatures = dictionary(signature, "Signature")
    refusal: errors.Untrusted | None = None
    for label in _candidates(inputs, signatures):
        try:
            return _claim(label, inputs[label], signatures[label])
        except errors.Untrusted as problem:  # one of a proxy's, say: the next may be readable
            refusal = refusal or problem
    raise refusal or errors.Untrusted("No signature here names an actor's key; send a keyid.")


def sign(
    request: Unsigned, key: PrivateKey, key_id: str, now: Millis, wish: Wish | None = None
) -> tuple[tuple[str, str], ...]:
    """Return the headers that make `request` a signed one, and fulfil the reader's wish if any.

    The base is built as its reader will build it. Without a Date: `created` says when.
    """
    wish = wish or Wish()
    added = _added(request, wish, now)
    sent = Received(
        method=request.method,
        target=request.target,
        host=request.host,
        headers=(("Host", request.host), *request.headers, *added),
        body=request.body,
        received_at=now,
        scheme=request.url.partition(":")[0].lower(),
    )
    names = dict.fromkeys((*_SIGNED, *wish.components))
    covered = tuple(name for name in names if name.startswith("@") or sent.values(name))
    parameters = _parameters(key, key_id, now, wish)
    text = written(wish.label, ([(name, {}) for name in covered], parameters))
    claim = SignatureClaim(Scheme.RFC9421, key_id, "", covered, b"", now, None, text)
    signature = base64.b64encode(sign_message(key, signature_base(sent, claim))).decode()
    return (
        *added,
        ("Signature-Input", f"{wish.label}={text}"),
        ("Signature", f"{wish.label}=:{signature}:"),
    )


def _added(request: Unsigned, wish: Wish, now: Millis) -> tuple[tuple[str, str], ...]:
    date = (("Date", http_date(now)),) if "date" in wish.components else ()
    if request.method in {"GET", "HEAD"}:
        return date
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    return (*date, ("Content-Digest", f"sha-256=:{digest}:"))


def _parameters(key: PrivateKey, key_id: str, now: Millis, wish: Wish) -> dict[str, object]:
    """Return the signature parameters (RFC 9421, 2.3)."""
    seconds = now // 1000
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    found: dict[str, object] = {"created": seconds, "keyid": key_id}
    found["alg"] = "rsa-v1_5-sha256" if is_rsa else "ed25519"
    if wish.wants_expires:
        found["expires"] = seconds + _LIFE
    return found | ({"nonce": wish.nonce} if wish.nonce else {})


def _claim(label: str, listed: tuple[Any, dict[str, object]], value: object) -> SignatureClaim:
    components, parameters = listed
    raw = value[0] if isinstance(value, tuple) else value
    if not isinstance(raw, bytes) or not raw:
        raise errors.Untrusted("The Signature header holds no byte sequence; send sig1=:…:.")
    return SignatureClaim(
        scheme=Scheme.RFC9421,
        key_id=claims.check_key_id(_text(parameters, "keyid")),
        algorithm=_text(parameters, "alg").lower(),
        covered=_covered(components),
        signature=raw,
        created=_seconds(parameters, "created"),
        expires=_seconds(parameters, "expires"),
        parameters=written(label, listed),
    )


def check(received: Received, claim: SignatureClaim, key: PublicKey, now: Millis) -> None:
    """Verify everything that this scheme promises. Raises `Untrusted` saying what failed."""
    claims.check_algorithm(claim, is_rsa=key.is_rsa, rsa=_RSA, ed25519=_ED25519)
    _check_coverage(received, set(claim.covered))
    claims.check_window(claim.created, claim.expires, now)
    if "content-digest" in claim.covered:
        _check_digest(received)
    if not key.has_signed(signature_base(received, claim), claim.signature):
        raise claims.WrongKey("The signature does not match the request and the actor's key.")


def signature_base(received: Received, claim: SignatureClaim) -> bytes:
    """Return the bytes that were signed (RFC 9421, 2.5). Raises `Untrusted`."""
    lines = [f'"{name}": {value_of(received, name)}' for name in claim.covered]
    return as_bytes([*lines, f'"@signature-params": {claim.parameters}'])


def dictionary(text: str, header: str) -> dict[str, Any]:
    """Parse a structured dictionary (RFC 9651). Raises `Untrusted`, naming the header."""
    try:
        found = http_sf.parse(text.encode(), tltype="dictionary", on_duplicate_key=_refuse_twice)
    except ValueError as problem:  # StructuredFieldError and letters that are no Unicode
        raise errors.Untrusted(
            f"The {header} header is no structured dictionary; see RFC 9421, section 4."
        ) from problem
    if not isinstance(found, dict) or len(found) > _MAX_LABELS:
        raise errors.Untrusted(f"The {header} header names too many signatures; send one.")
    return found


def _refuse_twice(name: str, _kind: str) -> NoReturn:
    raise errors.Untrusted(f"The signature headers name {name[:64]} twice; send it once.")


def _candidates(inputs: dict[str, Any], signatures: dict[str, Any]) -> list[str]:
    """Return the labels that may be an actor's: complete, with a keyid, without a tag.

    Tagged signatures serve somebody else's protocol (Web Bot Auth signs crawlers, say).
    """
    return [
        label
        for label, value in inputs.items()
        if isinstance(value, tuple)
        and isinstance(value[0], list)
        and label in signatures
        and "keyid" in value[1]
        and "tag" not in value[1]
    ]


def _covered(components: list[tuple[object, dict[str, object]]]) -> tuple[str, ...]:
    names: list[str] = []
    for name, parameters in components:
        if not isinstance(name, str) or name != name.lower():
            raise errors.Untrusted("A covered component is no lower-case name; see RFC 9421, 2.")
        if parameters:
            raise errors.Untrusted("Components with parameters are not read here; sign plain ones.")
        if name in names:
            raise errors.Untrusted("The signature covers a component twice; see RFC 9421, 2.5.")
        names.append(name)
    if len(names) > claims.MAX_COVERED:
        raise errors.Untrusted("The signature covers far too many components; sign about five.")
    return tuple(names)


def written(label: str, value: Any) -> str:  # noqa: ANN401  http-sf's nested unions say no more
    """Serialise the signature parameters anew, as RFC 9421, 2.3 wants them in the base."""
    member = http_sf.ser({label: value})  # codespell:ignore ser
    return member.removeprefix(f"{label}=")


def _text(parameters: dict[str, object], name: str) -> str:
    value = parameters.get(name, "")
    if type(value) is not str:
        raise errors.Untrusted(f"The signature's {name} is no string; see RFC 9421, 2.3.")
    return value


def _seconds(parameters: dict[str, object], name: str) -> Millis | None:
    value = parameters.get(name)
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise errors.Untrusted(f"The signature's {name} is no Unix time; send whole seconds.")
    return Millis(value * 1000)


def _check_coverage(received: Received, covered: set[str]) -> None:
    if "@method" not in covered:
        raise errors.Untrusted("The signature does not cover @method; sign it as well.")
    # "@query" is there to be left out where there is no query: "@path" then says it all
    has_query = "?" in received.target
    effective = covered if has_query else covered | {"@query"}
    if not any(effective >= wanted for wanted in _WHERE):
        raise errors.Untrusted("The signature does not cover the address; sign @target-uri.")
    if claims.needs_digest(received) and "content-digest" not in covered:
        raise errors.Untrusted("The signature does not cover content-digest; sign it as well.")


def _check_digest(received: Received) -> None:
    found: dict[str, bytes | None] = {}
    for name, value in dictionary(received.one("content-digest"), "Content-Digest").items():
        raw = value[0] if isinstance(value, tuple) else value
        found[name] = raw if isinstance(raw, bytes) else None
    claims.check_digests(found, received.body)


def value_of(received: Received, name: str) -> str:
    """Return what a component stands for in this request (RFC 9421, 2). Raises `Untrusted`."""
    if name.startswith("@"):
        derive = _DERIVED.get(name)
        if derive is None:
            raise errors.Untrusted(f"The component {name[:64]} is not read here; sign @target-uri.")
        return derive(received)
    values = received.values(name)
    if not values:
        raise errors.Untrusted(f"The signature covers {name[:64]}, which was not sent; send it.")
    return ", ".join(values)  # RFC 9421, 2.1


def _origin(received: Received) -> Origin:
    return origin_of(f"{received.scheme}://{received.host}/")


def _path(received: Received) -> str:
    return received.target.partition("?")[0] or "/"


def _query(received: Received) -> str:
    return "?" + received.target.partition("?")[2]  # "?" alone where there is none (2.2.7)


_DERIVED: Final[dict[str, Callable[[Received], str]]] = {  # RFC 9421, 2.2
    "@method": lambda received: received.method,
    "@target-uri": lambda received: (
        f"{received.scheme}://{_origin(received).authority}{received.target}"
    ),
    "@authority": lambda received: _origin(received).authority,
    "@scheme": lambda received: received.scheme,
    "@request-target": lambda received: received.target,
    "@path": _path,
    "@query": _query,
}
