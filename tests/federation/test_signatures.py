"""HTTP signatures: refusals first, then real servers' bytes, then the standards' vectors."""

import ast
import base64
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import http_sf
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import cavage, rfc9421
from federation.claims import Scheme, SignatureClaim
from federation.messages import Received, Unsigned, http_date, parse_http_date
from federation.signatures import (
    PublicKey,
    Verified,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
    read_signature,
    sign,
    verify,
)
from server import errors
from server.model import Millis
from tests.federation import recorded

VECTORS = Path(__file__).parents[1] / "vectors"
NOW = Millis(1_795_361_104_000)
MINUTE, HOUR = 60_000, 3_600_000
KEY_ID = "https://peer.test/users/kim#main-key"
OWNER = "https://peer.test/users/kim"
BODY = b'{"type":"Like"}'

Edit = Callable[[Received], Received]


@cache
def rsa_pair() -> tuple[rsa.RSAPrivateKey, PublicKey]:
    private, public = generate_rsa_pem()
    key = load_private_key(private)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key, load_public_key(public, key_id=KEY_ID, owner=OWNER)


@cache
def ed25519_pair() -> tuple[ed25519.Ed25519PrivateKey, PublicKey]:
    private = ed25519.Ed25519PrivateKey.generate()
    return private, PublicKey(KEY_ID, OWNER, private.public_key())


@cache
def published(key_id: str) -> PublicKey:
    owner = recorded.owners()[key_id]
    return load_public_key(recorded.pems()[owner], key_id=key_id, owner=owner)


def request(method: str = "POST", target: str = "/inbox", body: bytes = BODY) -> Unsigned:
    return Unsigned(
        method,
        f"https://art.test{target}",
        (("Content-Type", "application/activity+json"),) if body else (("Accept", "*/*"),),
        body,
    )


def arrive(wanted: Unsigned, added: tuple[tuple[str, str], ...]) -> Received:
    return Received(
        method=wanted.method,
        target=wanted.target,
        host="art.test",
        headers=(("Host", wanted.host), *wanted.headers, *added),
        body=wanted.body,
        received_at=NOW,
    )


def signed_post() -> Received:
    return arrive(request(), sign(request(), rsa_pair()[0], KEY_ID, NOW))


def signed_get(target: str = "/users/ana") -> Received:
    wanted = request("GET", target, b"")
    return arrive(wanted, sign(wanted, rsa_pair()[0], KEY_ID, NOW))


def check(received: Received, key: PublicKey | None = None, now: Millis = NOW) -> Verified:
    return verify(received, read_signature(received), key or rsa_pair()[1], now)


def with_header(received: Received, name: str, value: str | None) -> Received:
    """Replace a header; None takes it away."""
    kept = tuple((key, old) for key, old in received.headers if key.lower() != name.lower())
    return replace(received, headers=kept if value is None else (*kept, (name, value)))


def hand_signed(
    covered: str, extra: str = "", *, algorithm: str = "hs2019", **changes: Any
) -> Received:
    """Sign by hand what `sign` never would; `extra` goes into the Signature header."""
    digest = base64.b64encode(sha256(BODY).digest()).decode()
    headers = (
        ("Host", "art.test"),
        ("Date", http_date(NOW)),
        ("Digest", f"SHA-256={digest}"),
    )
    received = replace(Received("POST", "/inbox", "art.test", headers, BODY, NOW), **changes)
    unsigned = f'keyId="{KEY_ID}",algorithm="{algorithm}",headers="{covered}"{extra},signature='
    claim = cavage.read(f'{unsigned}"AA=="')
    message = cavage.signing_string(received, claim, received.target)
    raw = rsa_pair()[0].sign(message, padding.PKCS1v15(), hashes.SHA256())
    text = f'{unsigned}"{base64.b64encode(raw).decode()}"'
    return replace(received, headers=(*received.headers, ("Signature", text)))


ALL = '("@method" "@target-uri" "content-digest")'
PARAMETERS = f';created={NOW // 1000};keyid="{KEY_ID}"'


def standard(
    components: str = ALL,
    parameters: str = PARAMETERS,
    *,
    use_ed25519: bool = False,
    headers: tuple[tuple[str, str], ...] = (),
    label: str = "sig1",
    **changes: Any,
) -> Received:
    """Sign a POST by RFC 9421."""
    digest = base64.b64encode(sha256(BODY).digest()).decode()
    base_headers = (("Host", "art.test"), ("Content-Digest", f"sha-256=:{digest}:"))
    received = replace(
        Received("POST", "/inbox", "art.test", (*base_headers, *headers), BODY, NOW), **changes
    )
    names = tuple(item for item, _ in http_sf.parse(components.encode(), tltype="list")[0][0])
    claim = SignatureClaim(
        Scheme.RFC9421, KEY_ID, "", names, b"", NOW, None, components + parameters
    )
    message = rfc9421.signature_base(received, claim)
    if use_ed25519:
        raw = ed25519_pair()[0].sign(message)
    else:
        raw = rsa_pair()[0].sign(message, padding.PKCS1v15(), hashes.SHA256())
    added = (
        ("Signature-Input", f"{label}={components}{parameters}"),
        ("Signature", f"{label}=:{base64.b64encode(raw).decode()}:"),
    )
    return replace(received, headers=(*received.headers, *added))


def refused(received: Received, says: str, key: PublicKey | None = None, now: Millis = NOW) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        check(received, key, now)


# ---- refusals: any scheme


def test_an_unsigned_request_is_refused() -> None:
    refused(with_header(signed_post(), "Signature", None), "not signed")


@pytest.mark.parametrize("name", ["Signature", "Host", "Digest", "Date"])
def test_a_header_that_stands_twice_is_refused(name: str) -> None:
    whole = signed_post()
    doubled = replace(whole, headers=(*whole.headers, (name.lower(), whole.one(name.lower()))))
    refused(doubled, "stands twice")


@pytest.mark.parametrize("name", ["Signature", "Signature-Input", "Content-Digest", "Host"])
def test_a_doubled_header_is_refused_in_rfc_9421_too(name: str) -> None:
    whole = standard()
    doubled = replace(whole, headers=(*whole.headers, (name, whole.one(name.lower()))))
    refused(doubled, "stands twice|sig1 twice")


@pytest.mark.parametrize(
    ("signature", "says"),
    [
        ("", "not signed"),
        ("x", "malformed"),
        ('keyId="https://peer.test/k"', "no signature"),
        ('keyId="https://peer.test/k",signature="not base64!"', "no signature"),
        ('keyId="https://peer.test/k",signature=""', "no signature"),
        ('keyId="nobody",signature="AAAA"', "no web address"),
        ('signature="AAAA"', "no web address"),
        ('keyId="https://a@peer.test/k",signature="AAAA"', "no web address"),
        ('keyId="https://peer.test/k",keyId="https://b.test/k",signature="AAAA"', "malformed"),
        ('keyId="https://peer.test/k",headers="",signature="AAAA"', "covers no header"),
        ('keyId="https://peer.test/k",created="soon",signature="AAAA"', "no Unix time"),
        (f'keyId="https://peer.test/k",created={"9" * 16},signature="AAAA"', "no Unix time"),
        (f'keyId="https://peer.test/k",headers="{"a " * 65}",signature="AAAA"', "far too many"),
        (f'keyId="https://peer.test/{"k" * 9000}",signature="AAAA"', "far too long"),
        (f'keyId="https://peer.test/{"k" * 3000}",signature="AAAA"', "no web address"),
    ],
)
def test_a_malformed_signature_header_is_refused_with_its_reason(signature: str, says: str) -> None:
    refused(with_header(signed_post(), "Signature", signature), says)


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_signature_header_raises_anything_but_untrusted(one: str, two: str) -> None:
    headers = (("Signature", one), ("Signature-Input", two))
    received = Received("POST", "/inbox", "art.test", headers, b"", NOW)
    try:
        read_signature(received)
    except errors.Untrusted as refusal:
        assert refusal.message.endswith(".")  # noqa: PT017  most texts are refused, not all


@given(st.text('sig1=("@method");keyid:,*?0123456789 ', max_size=200))
@settings(max_examples=300, deadline=None)
def test_nothing_like_a_structured_field_raises_anything_but_untrusted(text: str) -> None:
    for pair in ((text, "sig1=:AAAA:"), (f"sig1={text}", text), ("sig1=()", f"sig1={text}")):
        try:
            rfc9421.read(*pair)
        except errors.Untrusted as refusal:
            assert refusal.message.endswith(".")  # noqa: PT017  most texts are refused, not all


def test_a_request_for_another_host_is_refused() -> None:
    whole = signed_post()
    refused(replace(whole, host="other.test"), "another server")
    refused(with_header(whole, "Host", "evil.test"), "another server")
    refused(with_header(whole, "Host", "art.test/evil"), "another server")
    refused(with_header(whole, "Host", None), "no web address")


def test_a_host_in_capitals_or_with_the_default_port_is_the_same_host() -> None:
    for host in ("ART.test", "art.test:443"):
        received = with_header(signed_post(), "Host", host)
        refused(received, "does not match")  # it is the signed text that changed, nothing else


def test_a_target_that_is_no_path_is_refused() -> None:
    refused(replace(signed_post(), target="https://art.test/inbox"), "no path")
    refused(replace(signed_post(), method="post"), "not in capitals")


def test_the_key_of_another_id_is_refused() -> None:
    other = replace(rsa_pair()[1], key_id="https://peer.test/users/max#main-key")
    refused(signed_post(), "another key", other)


def test_the_wrong_key_is_refused() -> None:
    _, public = generate_rsa_pem()
    refused(signed_post(), "does not match", load_public_key(public, key_id=KEY_ID, owner=OWNER))


@pytest.mark.parametrize("make", [signed_post, standard])
def test_a_changed_body_is_refused(make: Callable[[], Received]) -> None:
    refused(replace(make(), body=BODY + b" "), "digest differs")


@pytest.mark.parametrize("make", [signed_post, standard])
@pytest.mark.parametrize(
    "change",
    [
        lambda received: replace(received, target="/users/ana/inbox"),
        lambda received: replace(received, target="/inbox?x=1#"),
        lambda received: replace(received, method="PUT"),
    ],
)
def test_a_moved_request_is_refused(make: Callable[[], Received], change: Edit) -> None:
    received = change(make())
    if "?" in received.target and make is signed_post:
        assert check(received)  # draft-cavage alone is tried without its query
        return
    refused(received, "does not match")


@pytest.mark.parametrize("use_ed25519", [False, True])
def test_a_signature_of_another_kind_of_key_is_refused(*, use_ed25519: bool) -> None:
    other = rsa_pair()[1] if use_ed25519 else ed25519_pair()[1]
    refused(standard(use_ed25519=use_ed25519), "does not match", other)


# ---- refusals: draft-cavage


@pytest.mark.parametrize(
    ("covered", "says"),
    [
        ("host date digest", r"does not cover \(request-target\)"),
        ("(request-target) date digest", "does not cover host"),
        ("(request-target) host date", "does not cover digest"),
        ("(request-target) host digest", "covers no readable time"),
        ("date", r"does not cover \(request-target\)"),
    ],
)
def test_an_uncovered_header_is_refused(covered: str, says: str) -> None:
    refused(hand_signed(covered), says)


def test_a_covered_header_that_was_not_sent_is_refused() -> None:
    text = signed_post().one("signature").replace("content-type", "x-missing")
    refused(with_header(signed_post(), "Signature", text), "x-missing, which was not sent")


def test_a_get_with_a_body_needs_a_digest() -> None:
    refused(replace(signed_get(), body=b"x"), "does not cover digest")


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "hmac-sha256", "rsa-sha512", "none"])
def test_another_algorithm_is_refused(algorithm: str) -> None:
    refused(hand_signed("(request-target) host date digest", algorithm=algorithm), "not accepted")


def test_an_algorithm_that_does_not_fit_the_key_is_refused() -> None:
    received = hand_signed("(request-target) host date digest", algorithm="rsa-sha256")
    refused(received, "does not fit the key", ed25519_pair()[1])


@pytest.mark.parametrize(
    ("later", "says"),
    [
        (65 * MINUTE + 1, "too old"),
        (24 * HOUR, "too old"),
        (-HOUR - 1, "from the future"),
        (65 * MINUTE, ""),
        (-HOUR, ""),
    ],
)
def test_a_date_holds_from_an_hour_before_to_65_minutes_after(later: int, says: str) -> None:
    now = Millis(NOW + later)
    if says:
        refused(signed_post(), says, now=now)
    else:
        assert check(signed_post(), now=now)


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 31 Feb 2026 00:00:00 GMT", "0"])
def test_a_date_that_cannot_be_read_is_refused(date: str) -> None:
    headers = (*signed_post().headers[:1], ("Date", date), *signed_post().headers[3:])
    refused(replace(signed_post(), headers=headers), "covers no readable time|does not cover|match")


SECONDS = NOW // 1000
SIGNED_TIMES = "(request-target) host (created) (expires) digest"


@pytest.mark.parametrize(
    ("expires_in", "later", "says"),
    [
        (600, 70 * MINUTE - 1, ""),
        (600, 70 * MINUTE + 1, "too old"),
        (48 * 3600, 13 * HOUR - 1, ""),
        (48 * 3600, 13 * HOUR + 1, "too old"),
        (-7200, 0, "too old"),
    ],
)
def test_an_explicit_end_counts_for_at_most_twelve_hours(
    expires_in: int, later: int, says: str
) -> None:
    times = f",created={SECONDS},expires={SECONDS + expires_in}"
    received = hand_signed(SIGNED_TIMES, times)
    if says:
        refused(received, says, now=Millis(NOW + later))
    else:
        assert check(received, now=Millis(NOW + later))


def test_an_end_that_is_not_signed_never_lengthens_a_life() -> None:
    covered = "(request-target) host date digest"
    received = hand_signed(covered, f",expires={SECONDS + 40_000}")
    refused(received, "too old", now=Millis(NOW + 2 * HOUR))
    assert check(received)
    refused(hand_signed(covered, f",expires={SECONDS - 4000}"), "too old")


def test_a_covered_time_that_is_not_given_is_refused() -> None:
    signature = (
        f'keyId="{KEY_ID}",headers="(request-target) host (created) digest",signature="AA=="'
    )
    refused(with_header(signed_post(), "Signature", signature), "covers no readable time")


@pytest.mark.parametrize(
    ("digest", "says"),
    [
        ("", "does not cover|which was not sent|missing"),
        ("MD5=AAAA", "unknown kind"),
        ("SHA-256", "digest differs"),
        ("SHA-256=AAAA", "digest differs"),
        ("SHA-256=%%%", "digest differs"),
    ],
)
def test_a_digest_that_says_nothing_is_refused(digest: str, says: str) -> None:
    refused(with_header(signed_post(), "Digest", digest or None), says)


def test_one_wrong_digest_among_right_ones_is_refused() -> None:
    right = base64.b64encode(sha256(BODY).digest()).decode()
    wrong = base64.b64encode(sha512(b"other").digest()).decode()
    digest = f"SHA-256={right},SHA-512={wrong}"
    refused(with_header(signed_post(), "Digest", digest), "digest differs")
    twice = f"SHA-256={right},sha-256={right}"
    refused(with_header(signed_post(), "Digest", twice), "one algorithm twice")


# ---- refusals: RFC 9421


@pytest.mark.parametrize(
    ("components", "says"),
    [
        ('("@target-uri" "content-digest")', "does not cover @method"),
        ('("@method" "content-digest")', "does not cover the address"),
        ('("@method" "@path" "content-digest")', "does not cover the address"),
        ('("@method" "@authority" "content-digest")', "does not cover the address"),
        ('("@method" "@target-uri")', "does not cover content-digest"),
        ("()", "does not cover @method"),
    ],
)
def test_an_uncovered_component_is_refused(components: str, says: str) -> None:
    refused(standard(components), says)


def test_a_path_without_its_query_is_refused_where_there_is_a_query() -> None:
    parts = '("@method" "@authority" "@path" "content-digest")'
    assert check(standard(parts))
    refused(standard(parts, target="/inbox?page=2"), "does not cover the address")
    whole = '("@method" "@authority" "@path" "@query" "content-digest")'
    assert check(standard(whole, target="/inbox?page=2"))


@pytest.mark.parametrize(
    ("signature_input", "says"),
    [
        ('sig1=("@method";req "@target-uri");keyid="https://peer.test/k"', "with parameters"),
        ('sig1=("date";bs);keyid="https://peer.test/k"', "with parameters"),
        ('sig1=("@query-param";name="a");keyid="https://peer.test/k"', "with parameters"),
        ('sig1=("@method" "@method");keyid="https://peer.test/k"', "a component twice"),
        ('sig1=("Date");keyid="https://peer.test/k"', "no lower-case name"),
        ('sig1=(date);keyid="https://peer.test/k"', "no lower-case name"),
        ('sig1=("@method")', "names an actor's key"),
        ('other=("@method");keyid="https://peer.test/k"', "names an actor's key"),
        ('sig1=("@method");keyid="https://peer.test/k";tag="web-bot-auth"', "names an actor's key"),
        ('sig1=("@method");keyid="nobody"', "no web address"),
        ('sig1=("@method");keyid=4', "keyid is no string"),
        ('sig1=("@method");created="1";keyid="https://peer.test/k"', "created is no Unix time"),
        ('sig1=("@method");created=-1;keyid="https://peer.test/k"', "created is no Unix time"),
        ('sig1=("@method");keyid="https://a.test/";keyid="https://b.test/"', "keyid twice"),
        ('sig1=("@method"), sig1=("@path")', "sig1 twice"),
        ('sig1="@method"', "names an actor's key"),
        ("sig1=(", "no structured dictionary"),
        (",".join(f"s{n}=()" for n in range(9)), "too many signatures"),
    ],
)
def test_a_malformed_signature_input_is_refused_with_its_reason(
    signature_input: str, says: str
) -> None:
    refused(with_header(standard(), "Signature-Input", signature_input), says)


def test_a_component_that_is_not_known_is_refused() -> None:
    text = standard().one("signature-input").replace('"@target-uri"', '"@target-uri" "@status"')
    refused(with_header(standard(), "Signature-Input", text), "@status is not read here")


@pytest.mark.parametrize("algorithm", ["rsa-pss-sha512", "hmac-sha256", "ecdsa-p256-sha256", "x"])
def test_another_algorithm_is_refused_in_rfc_9421_too(algorithm: str) -> None:
    refused(standard(parameters=f'{PARAMETERS};alg="{algorithm}"'), "not accepted")


def test_rfc_9421_needs_a_created_time_in_the_window() -> None:
    refused(standard(parameters=f';keyid="{KEY_ID}"'), "covers no readable time")
    refused(standard(), "too old", now=Millis(NOW + 65 * MINUTE + 1))
    refused(standard(), "from the future", now=Millis(NOW - HOUR - 1))
    refused(standard(parameters=f"{PARAMETERS};expires={SECONDS - 3601}"), "too old")


def test_a_content_digest_of_unknown_kind_is_refused() -> None:
    refused(with_header(standard(), "Content-Digest", "md5=:AAAA:"), "unknown kind")
    refused(with_header(standard(), "Content-Digest", "sha-256=7"), "digest differs")
    refused(with_header(standard(), "Content-Digest", "sha-256=:"), "no structured dictionary")


# ---- refusals: keys


def _pem(key: Any) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, kind).decode())


def _small_rsa() -> str:
    weak = 1024
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=weak))


def _other_curve() -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (str, "cannot be read"),
        (lambda: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "cannot be read"),
        (lambda: "\ud800", "cannot be read"),
        (lambda: "z0OIl", "cannot be read"),
        (lambda: "z6Mk", "neither RSA nor Ed25519"),
        (lambda: "x" * 9000, "far too long"),
        (_small_rsa, "weaker than 2048"),
        (_other_curve, "neither RSA nor Ed25519"),
    ],
)
def test_a_key_that_is_not_sound_is_refused(make: Callable[[], str], says: str) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        load_public_key(make(), key_id=KEY_ID, owner=OWNER)


@pytest.mark.parametrize(("exponent", "modulus_bits", "says"), [
    (2**40 + 1, 2048, "huge exponent"),
    (65537, 8200, "larger than 8192"),
])  # fmt: skip
def test_a_key_that_costs_too_much_is_refused(exponent: int, modulus_bits: int, says: str) -> None:
    number = rsa.RSAPublicNumbers(exponent, 2 ** (modulus_bits - 1) + 1).public_key()
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = number.public_bytes(serialization.Encoding.PEM, kind).decode()
    with pytest.raises(errors.Untrusted, match=says):
        load_public_key(pem, key_id=KEY_ID, owner=OWNER)


def test_a_private_key_of_another_kind_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(errors.Invalid, match="neither RSA nor Ed25519"):
        load_private_key(other.decode())
    with pytest.raises(errors.Invalid, match="cannot be read"):
        load_private_key("nothing")


# ---- what holds


def test_what_we_sign_verifies_and_names_its_sender() -> None:
    for received in (signed_post(), signed_get(), signed_get("/users/ana/outbox?page=1")):
        made = check(received)
        assert (made.actor_uri, made.key_id, made.scheme) == (OWNER, KEY_ID, Scheme.CAVAGE)
        assert made.received is received


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256"])
@pytest.mark.parametrize("covered", ["date", "(created)", "(created) (expires)", "date (created)"])
@pytest.mark.parametrize("signs_query", [True, False])
def test_every_dialect_of_cavage_in_use_is_accepted(
    algorithm: str, covered: str, *, signs_query: bool
) -> None:
    """GoToSocial and Mastodon verify both ways of signing a target that has a query."""
    whole = "/inbox?page=2"
    received = hand_signed(
        f"(request-target) host {covered} digest",
        f",created={SECONDS},expires={SECONDS + 300}",
        algorithm=algorithm,
        target=whole if signs_query else "/inbox",
    )
    assert check(replace(received, target=whole)).algorithm == "rsa-v1_5-sha256"


def test_we_sign_what_mastodon_and_pixelfed_ask_for() -> None:
    posted = read_signature(signed_post())
    assert posted.covered == ("(request-target)", "host", "date", "digest", "content-type")
    assert posted.algorithm == "rsa-sha256"
    asked = read_signature(signed_get())
    assert asked.covered == ("(request-target)", "host", "date", "accept")


def test_we_refuse_to_sign_for_an_address_that_is_none() -> None:
    with pytest.raises(errors.Untrusted, match="web address"):
        sign(Unsigned("GET", "https://peer.test/ä"), rsa_pair()[0], KEY_ID, NOW)
    with pytest.raises(errors.Untrusted, match="Plain http"):
        sign(Unsigned("GET", "http://peer.test/a"), rsa_pair()[0], KEY_ID, NOW)


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://Peer.test", "peer.test", "/"),
        ("https://peer.test:443/a?b=c#d", "peer.test", "/a?b=c"),
        ("https://peer.test:8443?b", "peer.test:8443", "/?b"),
        ("http://127.0.0.1:8401/x%2Fy", "127.0.0.1:8401", "/x%2Fy"),
    ],
)
def test_host_and_target_are_those_of_the_request_line(url: str, host: str, target: str) -> None:
    assert (Unsigned("GET", url).host, Unsigned("GET", url).target) == (host, target)


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256", "RSA-SHA256"])
def test_all_names_of_rsa_sha256_verify(algorithm: str) -> None:
    assert check(hand_signed("(request-target) host date digest", algorithm=algorithm))


def test_a_signature_without_an_algorithm_verifies() -> None:
    whole = signed_post()
    text = whole.one("signature").replace('algorithm="rsa-sha256",', "")
    assert check(with_header(whole, "Signature", text))


def test_parameters_may_come_in_any_order_with_blanks() -> None:
    whole = signed_post()
    parts = re.findall(r'\w+="[^"]*"', whole.one("signature"))
    text = " , ".join(reversed(parts))
    assert check(with_header(whole, "Signature", text))


def test_an_ed25519_key_verifies_under_hs2019() -> None:
    private, public = ed25519_pair()
    whole = hand_signed("(request-target) host date digest")
    claim = read_signature(whole)
    raw = private.sign(cavage.signing_string(whole, claim, whole.target))
    old = base64.b64encode(claim.signature).decode()
    text = whole.one("signature").replace(old, base64.b64encode(raw).decode())
    made = check(with_header(whole, "Signature", text), public)
    assert made.algorithm == "ed25519"


def test_repeated_headers_are_joined_before_they_are_signed() -> None:
    headers = (("Host", "art.test"), ("Date", http_date(NOW)), ("X-A", "1"), ("x-a", " 2 "))
    received = hand_signed(
        "(request-target) host date x-a", method="GET", body=b"", headers=headers
    )
    claim = read_signature(received)
    assert cavage.signing_string(received, claim, "/").endswith(b"x-a: 1, 2")
    assert check(received)


def test_a_signature_over_the_path_alone_holds_with_a_query() -> None:
    whole = signed_get("/users/ana/outbox")
    assert check(replace(whole, target="/users/ana/outbox?page=1"))


def test_a_digest_may_be_spelled_in_any_case_and_stand_beside_others() -> None:
    one = base64.b64encode(sha256(BODY).digest()).decode()
    two = base64.b64encode(sha512(BODY).digest()).decode()
    headers = (
        ("Host", "art.test"),
        ("Date", http_date(NOW)),
        ("dIgEsT", f"unixsum=30637, sha-256={one}, ShA-512={two}"),
    )
    assert check(hand_signed("(request-target) host date digest", headers=headers))


@pytest.mark.parametrize("use_ed25519", [False, True])
@pytest.mark.parametrize("is_named", [False, True])
def test_rfc_9421_verifies_with_both_kinds_of_key(*, use_ed25519: bool, is_named: bool) -> None:
    name = "ed25519" if use_ed25519 else "rsa-v1_5-sha256"
    parameters = PARAMETERS + (f';alg="{name}"' if is_named else "")
    key = ed25519_pair()[1] if use_ed25519 else rsa_pair()[1]
    made = check(standard(parameters=parameters, use_ed25519=use_ed25519), key)
    assert (made.scheme, made.algorithm) == (Scheme.RFC9421, name)


def test_an_explicit_end_lengthens_a_life_in_rfc_9421() -> None:
    received = standard(parameters=f"{PARAMETERS};expires={SECONDS + 4 * 3600}")
    assert check(received, now=Millis(NOW + 4 * HOUR))


def test_another_protocols_signature_beside_ours_is_passed_over() -> None:
    received = standard()
    bot = f'bot=("@authority");keyid="x";tag="web-bot-auth", {received.one("signature-input")}'
    both = f"bot=:AAAA:, {received.one('signature')}"
    received = with_header(with_header(received, "Signature-Input", bot), "Signature", both)
    assert check(received)


def test_a_loopback_instance_verifies_over_plain_http() -> None:
    received = standard(
        host="127.0.0.1:8401",
        scheme="http",
        headers=(),
    )
    received = with_header(received, "Host", "127.0.0.1:8401")
    assert check(received)
    base = rfc9421.signature_base(received, read_signature(received))
    assert b'"@target-uri": http://127.0.0.1:8401/inbox\n' in base


def test_keys_load_from_every_form_in_use() -> None:
    private, public = rsa_pair()
    old = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
    )
    assert load_public_key(old.decode(), key_id=KEY_ID, owner=OWNER) == public
    kinds = [
        load_public_key(one["publicKeyMultibase"], key_id=key_id, owner=one["controller"]).is_rsa
        for key_id, one in recorded.multikeys().items()
    ]
    assert kinds == [True, False]


# ---- real servers' bytes


def _name(value: object) -> str:
    return value.name if isinstance(value, recorded.Recorded) else ""


@pytest.mark.parametrize("one", recorded.signed(), ids=_name)
def test_every_recorded_signature_verifies_at_its_time(one: recorded.Recorded) -> None:
    claim = read_signature(one.received)
    made = verify(one.received, claim, published(claim.key_id), one.at)
    assert made.actor_uri == recorded.owners()[claim.key_id]
    if one.is_post:
        assert made.actor_uri == one.json["actor"]
    is_standard = "rfc9421" in one.name
    assert made.scheme is (Scheme.RFC9421 if is_standard else Scheme.CAVAGE)


def _changed_copies(received: Received) -> dict[str, Received]:
    claim = read_signature(received)
    changed = {
        "target": replace(received, target=received.target.replace("/", "/x", 1)),
        "method": replace(received, method="DELETE"),
        "host": replace(with_header(received, "Host", "other.test"), host="other.test"),
    }
    if "date" in claim.covered:
        later = http_date(Millis((parse_http_date(received.one("date")) or 0) + 1000))
        changed["date"] = with_header(received, "Date", later)
    if received.body:
        changed["body"] = replace(received, body=received.body.replace(b'"type"', b'"typf"', 1))
    return changed


@pytest.mark.parametrize("one", recorded.signed(), ids=_name)
def test_every_changed_copy_of_a_recorded_request_fails(one: recorded.Recorded) -> None:
    claim = read_signature(one.received)
    key = published(claim.key_id)
    for changed in _changed_copies(one.received).values():
        with pytest.raises(errors.Untrusted):
            verify(changed, claim, key, one.at)
    with pytest.raises(errors.Untrusted, match="too old"):
        verify(one.received, claim, key, Millis(one.at + 2 * HOUR))


def test_the_recording_holds_what_its_description_counts() -> None:
    names = [one.name for one in recorded.signed()]
    assert len(recorded.posts()) == 120
    assert len(names) == 147
    assert sum("rfc9421" in name for name in names) == 30


# ---- the standards' own vectors


def _vectors(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / name).read_bytes())


def _vector_request(vectors: dict[str, Any]) -> Received:
    wanted = vectors["request"]
    headers = tuple((name, value) for name, value in wanted["headers"])
    body = wanted["body"].encode()
    return Received(wanted["method"], wanted["target"], "example.com", headers, body, NOW)


@pytest.mark.parametrize("number", [0, 1])
def test_draft_cavage_appendix_c_gives_its_signing_strings(number: int) -> None:
    vectors = _vectors("cavage-appendix-c.json")
    case = vectors["cases"][number]
    named = case["header"].replace('"Test"', '"https://example.com/Test"')  # ids are URLs here
    claim = cavage.read(named)
    received = _vector_request(vectors)
    message = cavage.signing_string(received, claim, received.target)
    assert message.decode() == case["signing_string"]
    key = serialization.load_pem_public_key(vectors["public_key_pem"].encode())
    assert isinstance(key, rsa.RSAPublicKey)
    assert PublicKey("", "", key).has_signed(message, claim.signature)


@pytest.mark.parametrize("case", _vectors("rfc9421-b2.json")["cases"], ids=lambda it: it["section"])
def test_rfc_9421_appendix_b_gives_its_signature_bases(case: dict[str, Any]) -> None:
    vectors = _vectors("rfc9421-b2.json")
    signature = base64.b64decode(case["signature"])
    claim = SignatureClaim(
        Scheme.RFC9421, "", "", tuple(case["components"]), signature, None, None,
        case["parameters"],
    )  # fmt: skip
    message = rfc9421.signature_base(_vector_request(vectors), claim)
    assert message.decode() == case["base"]
    if "shared_secret" in case:
        secret = base64.b64decode(case["shared_secret"])
        assert hmac.digest(secret, message, "sha256") == signature
        return
    key = serialization.load_pem_public_key(case["public_key_pem"].encode())
    if isinstance(key, rsa.RSAPublicKey):
        scheme = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
        key.verify(signature, message, scheme, hashes.SHA512())
    else:
        assert isinstance(key, ed25519.Ed25519PublicKey)
        assert PublicKey("", "", key).has_signed(message, signature)


def test_parameters_are_serialised_as_they_were_signed() -> None:
    case = _vectors("rfc9421-b2.json")["cases"][-1]
    signature_input = f"{case['label']}={case['parameters']}".replace(
        "test-key-ed25519", "https://example.com/k"
    )
    claim = rfc9421.read(signature_input, f"{case['label']}=:{case['signature']}:")
    assert claim.parameters == signature_input.partition("=")[2]
    assert claim.covered == tuple(case["components"])


# ---- the law


@pytest.mark.parametrize(
    ("noun", "home"), [("Verified", "signatures.py"), ("Activity", "vocabulary.py")]
)
def test_one_module_alone_makes_a_checked_step(noun: str, home: str) -> None:
    root = Path(__file__).parents[2]
    for folder in ("server", "federation", "storage", "web"):
        for path in (root / folder).rglob("*.py"):
            calls = [
                node for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == noun
            ]  # fmt: skip
            assert not calls or path.name == home, path


@pytest.mark.parametrize("at", [0, 1_414_284_361_000, 4_102_444_799_000, int(NOW)])
def test_dates_are_written_and_read_alike(at: int) -> None:
    assert parse_http_date(http_date(Millis(at))) == at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777000),  # RFC 9110, 5.6.7
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000),  # a leap second
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("Sun Nov  6 08:49:37 1994", None),
        ("Sun, 06 Nov 1994 08:49:37 +0000", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("", None),
    ],
)
def test_a_date_header_is_read_as_the_standard_writes_it(text: str, at: int | None) -> None:
    assert parse_http_date(text) == at
