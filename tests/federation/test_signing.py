"""What we sign by either standard, and what other servers may ask of our signatures."""

import base64
import re
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import http_sf
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import rfc9421
from federation.claims import Scheme
from federation.messages import Received, Unsigned
from federation.signatures import (
    PublicKey,
    Verified,
    Wish,
    generate_ed25519_pem,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
    read_signature,
    read_wish,
    sign,
    verify,
)
from server import errors
from server.model import Millis

NOW = Millis(1_795_361_104_000)
OWNER = "https://peer.test/users/kim"
KEY_ID = f"{OWNER}#main-key"
BODY = b'{"type":"Like"}'
POST = Unsigned(
    "POST",
    "https://art.test/inbox?x=1",
    (("Content-Type", "application/activity+json"), ("Content-Usage", "train-ai=n")),
    BODY,
)
GET = Unsigned("GET", "https://art.test/users/ana", (("Accept", "*/*"),))


@cache
def pair(kind: str) -> tuple[Any, PublicKey]:
    if kind == "rsa":
        private, public = generate_rsa_pem()
    else:
        private, _, public = generate_ed25519_pem()
    return load_private_key(private), load_public_key(public, key_id=KEY_ID, owner=OWNER)


def sent(
    request: Unsigned, kind: str = "rsa", scheme: Scheme = Scheme.RFC9421, wish: Wish | None = None
) -> Received:
    added = sign(request, pair(kind)[0], KEY_ID, NOW, scheme, wish)
    headers = (("Host", "art.test"), *request.headers, *added)
    return Received(request.method, request.target, "art.test", headers, request.body, NOW)


def check(received: Received, kind: str = "rsa") -> Verified:
    return verify(received, read_signature(received), pair(kind)[1], NOW)


def parameters(received: Received) -> dict[str, Any]:
    found = http_sf.parse(received.one("signature-input").encode(), tltype="dictionary")
    (value,) = found.values()
    return dict(value[1])


# Refusals


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize(
    "change",
    [
        {"target": "/inbox"},
        {"target": "/inbox?x=2"},
        {"method": "PUT"},
        {"body": BODY + b" "},
        {"scheme": "http"},
    ],
)
def test_what_we_signed_by_rfc_9421_cannot_be_moved(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(errors.Untrusted, match=r"does not match|digest differs|use https"):
        check(replace(sent(POST, kind), **change), kind)


@pytest.mark.parametrize("name", ["Content-Type", "Content-Usage"])
def test_what_we_say_of_the_body_is_signed_too(name: str) -> None:
    received = sent(POST)
    headers = tuple((key, "text/html" if key == name else value) for key, value in received.headers)
    with pytest.raises(errors.Untrusted, match="does not match"):
        check(replace(received, headers=headers))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sig1",
        "sig1=x",
        'sig1="@method"',
        'sig1=("@method";req)',
        'sig1=("@status")',
        'sig1=("x-mood")',
        'sig1=("@query-param";name="a")',
        'sig1=("@method");tag="web-bot-auth"',
        'sig1=("@method");alg="rsa-pss-sha512"',
        'sig1=("@method");alg="hmac-sha256"',
        'sig1=("@method");nonce=7',
        f'sig1=("@method");nonce="{"n" * 257}"',
        "sig1=(1 2)",
        "sig1=(@method)",
        "\udcff",
        "sig1=(" + '"@method" ' * 300 + ")",
    ],
)
def test_a_wish_that_we_cannot_fulfil_is_none(text: str) -> None:
    assert read_wish(text) is None


@given(st.text('sig1=("@method" "date");nonce,created:?0', max_size=120))
@settings(max_examples=300, deadline=None)
def test_no_accept_signature_header_raises_anything(text: str) -> None:
    wish = read_wish(text)
    if wish is not None:
        assert check(sent(POST, wish=wish))


def test_a_wish_for_less_takes_nothing_away() -> None:
    wish = read_wish('weak=("@method")')
    assert wish is not None
    covered = read_signature(sent(POST, wish=wish)).covered
    assert set(covered) >= {"@method", "@target-uri", "@authority", "content-digest"}


def test_no_private_key_shows_in_a_repr() -> None:
    for kind in ("rsa", "ed25519"):
        key = pair(kind)[0]
        assert re.fullmatch(r"<[\w. ]+ at 0x[0-9a-f]+>|<[\w. ]+>", repr(key))


# What holds


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("request_", [POST, GET], ids=["POST", "GET"])
def test_what_we_sign_by_rfc_9421_verifies(kind: str, request_: Unsigned) -> None:
    made = check(sent(request_, kind), kind)
    assert (made.actor_uri, made.scheme) == (OWNER, Scheme.RFC9421)
    assert made.algorithm == ("rsa-v1_5-sha256" if kind == "rsa" else "ed25519")


def test_a_post_covers_what_mastodon_and_fedify_ask_for() -> None:
    received = sent(POST)
    claim = read_signature(received)
    assert claim.covered == (
        "@method", "@target-uri", "@authority", "content-digest", "content-type", "content-usage",
    )  # fmt: skip
    digest = base64.b64encode(sha256(BODY).digest()).decode()
    assert received.one("content-digest") == f"sha-256=:{digest}:"
    assert parameters(received) == {
        "created": NOW // 1000,
        "keyid": KEY_ID,
        "alg": "rsa-v1_5-sha256",
    }
    assert received.one("signature").startswith("sig1=:")
    assert not received.one("date")


def test_a_get_covers_method_and_address() -> None:
    claim = read_signature(sent(GET))
    assert claim.covered == ("@method", "@target-uri", "@authority")


def test_the_base_reads_as_the_standard_writes_it() -> None:
    received = sent(POST)
    digest = base64.b64encode(sha256(BODY).digest()).decode()
    assert rfc9421.signature_base(received, read_signature(received)).decode() == (
        '"@method": POST\n'
        '"@target-uri": https://art.test/inbox?x=1\n'
        '"@authority": art.test\n'
        f'"content-digest": sha-256=:{digest}:\n'
        '"content-type": application/activity+json\n'
        '"content-usage": train-ai=n\n'
        '"@signature-params": ("@method" "@target-uri" "@authority" "content-digest"'
        ' "content-type" "content-usage");'
        f'created={NOW // 1000};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    )


def test_a_loopback_port_stands_in_the_address() -> None:
    request = Unsigned("GET", "http://127.0.0.1:8401/actor")
    added = sign(request, pair("rsa")[0], KEY_ID, NOW, Scheme.RFC9421)
    host = "127.0.0.1:8401"
    headers = (("Host", host), *added)
    assert check(Received("GET", "/actor", host, headers, b"", NOW, scheme="http"))


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ('sig1=("@method" "@target-uri");created', Wish("sig1", ("@method", "@target-uri"))),
        ("sig2=()", Wish("sig2")),
        (
            'a=("@status"), b=("date" "content-digest");alg="ed25519";nonce="n";created;expires',
            Wish("b", ("date", "content-digest"), "ed25519", "n", wants_expires=True),
        ),
        ('proxy=("@method");tag="x", own=("host")', Wish("own", ("host",))),
    ],
)
def test_the_first_wish_that_we_can_fulfil_is_read(text: str, wish: Wish) -> None:
    assert read_wish(text) == wish


def test_a_wish_is_fulfilled_with_its_label_nonce_and_end() -> None:
    wish = read_wish('pass=("@method" "date" "host");nonce="once";expires')
    received = sent(POST, wish=wish)
    assert check(received)
    assert received.one("signature-input").startswith("pass=(")
    assert {"date", "host", "@target-uri"} <= set(read_signature(received).covered)
    found = parameters(received)
    assert (found["nonce"], found["expires"]) == ("once", NOW // 1000 + 300)


def test_cavage_stays_what_is_sent_unless_asked_otherwise() -> None:
    assert check(sent(POST, scheme=Scheme.CAVAGE)).scheme is Scheme.CAVAGE
    assert check(sent(POST, "ed25519", Scheme.CAVAGE), "ed25519").algorithm == "ed25519"


# Several signatures on one request


def _with(received: Received, *lines: tuple[str, str]) -> Received:
    return replace(received, headers=(*received.headers, *lines))


def test_the_readable_signature_among_several_is_taken() -> None:
    whole = sent(POST)
    first = (
        ("Signature-Input", 'proxy=("@status");keyid="proxy-1"'),
        ("Signature", "proxy=:AAAA:"),
    )
    received = replace(whole, headers=(*first, *whole.headers))
    assert check(received).actor_uri == OWNER


def test_labels_may_stand_in_several_lines_or_one() -> None:
    whole = sent(POST)
    extra = ("Signature-Input", 'own=("@method");keyid="https://proxy.test/k"')
    assert check(_with(whole, extra, ("Signature", "own=:AAAA:"))).actor_uri == OWNER
    joined = replace(
        whole,
        headers=tuple(
            (name, f"{value}, own=:AAAA:" if name == "Signature" else value)
            for name, value in whole.headers
        ),
    )
    assert check(joined).actor_uri == OWNER


def test_where_no_signature_is_readable_the_first_ones_fault_is_told() -> None:
    headers = (
        ("Signature-Input", 'a=("@method";req);keyid="https://p.test/k", b=("@path");keyid="x"'),
        ("Signature", "a=:AAAA:, b=:AAAA:"),
    )
    with pytest.raises(errors.Untrusted, match="with parameters"):
        read_signature(Received("POST", "/inbox", "art.test", headers, b"", NOW))


def test_both_kinds_of_private_key_load() -> None:
    assert isinstance(pair("rsa")[0], rsa.RSAPrivateKey)
    assert isinstance(pair("ed25519")[0], ed25519.Ed25519PrivateKey)
