"""draft-cavage-http-signatures-12, the dialect that all of the fediverse speaks. Pure.

Two headers: `Signature` names the key and what is covered, `Digest` (RFC 3230) binds the
body. `rsa-sha256`, `hs2019` and no algorithm at all mean the same to every server: what
the key is good for.
"""

import base64
import hashlib
import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from federation import claims
from federation.claims import Scheme, SignatureClaim
from federation.keys import PrivateKey, PublicKey, sign_message
from federation.messages import Received, Unsigned, as_bytes, http_date, parse_http_date
from server import errors
from server.model import Millis

TARGET: Final = "(request-target)"
_CREATED: Final = "(created)"
_EXPIRES: Final = "(expires)"

# hs2019 hides the algorithm: the key decides. With RSA keys, GoToSocial and Mastodon mean
# RSA-SHA256 PKCS #1 v1.5 by it, whatever the draft says of PSS and SHA-512.
_RSA: Final = {"", "hs2019", "rsa-sha256"}
_ED25519: Final = {"", "hs2019", "ed25519"}
_DEFAULT_COVERED: Final = "date"  # draft 2.1.6: what a signature without `headers` covers
_PARAMETER = re.compile(r"""\s*+([a-zA-Z]++)\s*+=\s*+(?:"([^"]*+)"|([0-9]++))\s*+(?:,|$)""")
# As nearly everybody writes it: one match instead of five.
_USUAL = re.compile(
    r"""keyId="(?P<keyid>[^"]*+)",algorithm="(?P<algorithm>[^"]*+)","""
    r'''headers="(?P<headers>[^"]*+)",signature="(?P<signature>[^"]*+)"'''
)
_SIGNED_POST: Final = (TARGET, "host", "date", "digest", "content-type")
_SIGNED_GET: Final = (TARGET, "host", "date", "accept")


def read(text: str) -> SignatureClaim:
    """Read a `Signature` header. Raises `Untrusted`."""
    found = _parameters(text)
    signature = claims.decode_base64(found.get("signature", ""))
    if not signature:
        raise errors.Untrusted("The Signature header holds no signature in base64; send one.")
    covered = tuple(found.get("headers", _DEFAULT_COVERED).lower().split())
    if not 0 < len(covered) <= claims.MAX_COVERED:
        raise errors.Untrusted("The signature covers no header, or far too many; sign about five.")
    return SignatureClaim(
        scheme=Scheme.CAVAGE,
        key_id=claims.check_key_id(found.get("keyid", "")),
        algorithm=found.get("algorithm", "").lower(),
        covered=covered,
        signature=signature,
        created=_seconds(found.get("created")),
        expires=_seconds(found.get("expires")),
    )


def check(received: Received, claim: SignatureClaim, key: PublicKey, now: Millis) -> None:
    """Verify everything that this scheme promises. Raises `Untrusted` saying what failed."""
    claims.check_algorithm(claim, is_rsa=key.is_rsa, rsa=_RSA, ed25519=_ED25519)
    _check_coverage(received, claim)
    _check_time(received, claim, now)
    if "digest" in claim.covered:
        _check_digest(received)
    for target in _targets(received.target):
        if key.has_signed(signing_string(received, claim, target), claim.signature):
            return
    raise claims.WrongKey("The signature does not match the request and the actor's key.")


def signing_string(received: Received, claim: SignatureClaim, target: str) -> bytes:
    """Return the bytes that were signed (draft 2.3). Raises `Untrusted`."""
    return as_bytes([f"{name}: {_value(received, claim, name, target)}" for name in claim.covered])


def sign(
    request: Unsigned, key: PrivateKey, key_id: str, now: Millis
) -> tuple[tuple[str, str], ...]:
    """Return the headers that make `request` a signed one: Date, Digest with a body, Signature.

    `rsa-sha256` by name for an RSA key, because Pixelfed and older servers know nothing else
    (an Ed25519 key's `hs2019` is read by hardly anybody); Host is signed as the client will
    send it.
    """
    added = _added(request, now)
    values = {name.lower(): value for name, value in (*request.headers, *added)}
    values[TARGET] = f"{request.method.lower()} {request.target}"
    values["host"] = request.host
    wanted = _SIGNED_POST if "digest" in values else _SIGNED_GET
    covered = [name for name in wanted if name in values]
    message = as_bytes(f"{name}: {values[name]}" for name in covered)
    signature = base64.b64encode(sign_message(key, message)).decode()
    algorithm = "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "hs2019"
    text = (
        f'keyId="{key_id}",algorithm="{algorithm}",'
        f'headers="{" ".join(covered)}",signature="{signature}"'
    )
    return (*added, ("Signature", text))


def _added(request: Unsigned, now: Millis) -> tuple[tuple[str, str], ...]:
    date = ("Date", http_date(now))
    if request.method in {"GET", "HEAD"}:
        return (date,)
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    return (date, ("Digest", f"SHA-256={digest}"))


def _parameters(text: str) -> dict[str, str]:
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return usual.groupdict()
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        part = _PARAMETER.match(text, position)
        if part is None or part[1].lower() in found:
            raise errors.Untrusted("The Signature header is malformed; see draft-cavage-12, 4.1.")
        found[part[1].lower()] = part[2] if part[2] is not None else part[3]
        position = part.end()
    return found


def _seconds(text: str | None) -> Millis | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):  # within BIGINT as ms
        raise errors.Untrusted("The signature's created or expires is no Unix time; send seconds.")
    return Millis(int(text) * 1000)


def _check_coverage(received: Received, claim: SignatureClaim) -> None:
    required = [TARGET, "host"]
    if claims.needs_digest(received):
        required.append("digest")
    for name in required:
        if name not in claim.covered:
            raise errors.Untrusted(f"The signature does not cover {name}; sign it as well.")


def _check_time(received: Received, claim: SignatureClaim, now: Millis) -> None:
    """Use only times that are signed: an unsigned `expires` may end a life, never lengthen it."""
    is_end_signed = _EXPIRES in claim.covered
    if _CREATED in claim.covered:
        start = claim.created
    else:
        start = parse_http_date(received.one("date")) if "date" in claim.covered else None
    claims.check_window(start, claim.expires if is_end_signed else None, now)
    if claim.expires is not None and not is_end_signed:
        claims.check_window(start, claim.expires, now)


def _check_digest(received: Received) -> None:
    found: dict[str, bytes | None] = {}
    for part in received.one("digest").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() in found:
            raise errors.Untrusted("The Digest header names one algorithm twice; send it once.")
        found[name.lower()] = claims.decode_base64(value)
    claims.check_digests(found, received.body)


def _targets(target: str) -> tuple[str, ...]:
    """With the query and without: some sign only the path; GoToSocial tries both for them."""
    path, mark, _ = target.partition("?")
    return (target, path) if mark else (target,)


def _value(received: Received, claim: SignatureClaim, name: str, target: str) -> str:
    if name == TARGET:
        return f"{received.method.lower()} {target}"
    if name in {_CREATED, _EXPIRES}:
        moment = claim.created if name == _CREATED else claim.expires
        if moment is None:
            raise errors.Untrusted(f"The signature covers {name} but does not give it; send it.")
        return str(moment // 1000)
    if not received.has(name):
        raise errors.Untrusted(f"The signature covers {name[:64]}, which was not sent; send it.")
    return received.joined(name)  # draft 2.3: repeated fields are joined in order
