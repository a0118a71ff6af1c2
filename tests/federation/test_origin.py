"""Origin rules: each refusal is a takeover that happened somewhere."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.messages import Received
from federation.origin import (
    RefetchObject,
    Trust,
    Trusted,
    check_activity,
    check_document,
    is_loopback,
    origin_of,
    same_origin,
)
from federation.signatures import (
    Unsigned,
    Verified,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
    read_signature,
    sign,
    verify,
)
from federation.uris import is_address, target_of
from federation.vocabulary import read_activity
from server import errors
from server.model import Millis
from tests.federation import recorded

KIM = "https://peer.test/users/kim"
MAX = "https://peer.test/users/max"
EVE = "https://evil.test/users/eve"
ANA = "https://art.test/users/ana"
NOTE = "https://peer.test/notes/1"
THEIRS = "https://evil.test/notes/1"
NOW = Millis(1_795_361_104_000)
KEY_ID = f"{KIM}#main-key"
PRIVATE, PUBLIC_PEM = generate_rsa_pem()


def judge(signer: str = KIM, **document: Any) -> Trust:
    """Sign an activity for real, verify it, and hold it against its signer."""
    body = json.dumps({"id": "https://peer.test/a/1", "actor": KIM} | document).encode()
    wanted = Unsigned("POST", "https://art.test/inbox", body=body)
    headers = (("Host", "art.test"), *sign(wanted, load_private_key(PRIVATE), KEY_ID, NOW))
    received = Received("POST", "/inbox", "art.test", headers, body, NOW)
    key = load_public_key(PUBLIC_PEM, key_id=KEY_ID, owner=signer)
    verified = verify(received, read_signature(received), key, NOW)
    return check_activity(verified, read_activity(body))


def refuse(says: str, signer: str = KIM, **document: Any) -> None:
    with pytest.raises(errors.Untrusted, match=says):
        judge(signer, **document)


def cannot_use(says: str, **document: Any) -> None:
    with pytest.raises(errors.Invalid, match=says):
        judge(**document)


# ---- refusals


def test_another_signer_than_the_actor_is_refused() -> None:
    refuse("not the activity's actor", EVE, type="Like", object=ANA)
    refuse("not the activity's actor", MAX, type="Like", object=ANA)
    refuse("not the activity's actor", "", type="Like", object=ANA)


def test_an_activity_id_on_another_server_is_refused() -> None:
    refuse("id is on another server", id="https://evil.test/a/1", type="Like", object=ANA)


def test_an_actor_over_plain_http_is_refused() -> None:
    plain = "http://peer.test/users/kim"
    refuse("use https", plain, actor=plain, id="http://peer.test/1", type="Like", object=ANA)


@pytest.mark.parametrize("name", ["Update", "Delete"])
@pytest.mark.parametrize(
    ("object_", "says"),
    [
        (THEIRS, "Only its own server"),
        ({"id": THEIRS, "type": "Note", "attributedTo": KIM}, "Only its own server"),
        ({"id": THEIRS, "type": "Tombstone"}, "Only its own server"),
        ({"id": NOTE, "type": "Note", "attributedTo": MAX}, "Only its author"),
        ({"id": NOTE, "type": "Note", "attributedTo": []}, "Only its author"),
        ({"id": NOTE, "type": "Note", "attributedTo": 7}, "Only its author"),
        ({"id": MAX, "type": "Person"}, "itself alone"),
    ],
)
def test_only_the_author_changes_or_deletes(name: str, object_: Any, says: str) -> None:
    refuse(says, type=name, object=object_)


@pytest.mark.parametrize(
    ("object_", "says"),
    [
        ({"id": "https://peer.test/l/1", "type": "Like", "actor": MAX}, "its own activities"),
        ({"id": "https://evil.test/l/1", "type": "Like", "actor": KIM}, "on another server"),
        ("https://evil.test/l/1", "on another server"),
        ({"id": "https://peer.test/l/1", "type": "Follow", "actor": EVE}, "its own activities"),
    ],
)
def test_only_the_doer_undoes(object_: Any, says: str) -> None:
    refuse(says, type="Undo", object=object_)


@pytest.mark.parametrize("name", ["Accept", "Reject"])
def test_only_the_actor_that_was_asked_answers(name: str) -> None:
    follow = {"id": f"{ANA}#follow", "type": "Follow", "actor": ANA}
    for asked in (MAX, EVE):
        refuse("that was asked", type=name, object=follow | {"object": asked})
    quote = {"id": f"{ANA}#q", "type": "QuoteRequest", "actor": ANA, "object": THEIRS}
    refuse("that was asked", type=name, object=quote)


@pytest.mark.parametrize("object_", [MAX, EVE, None])
def test_an_actor_moves_itself_alone(object_: str | None) -> None:
    refuse("move itself", type="Move", object=object_, target=ANA)


@pytest.mark.parametrize("name", ["Add", "Remove"])
@pytest.mark.parametrize("target", [f"{EVE}/featured", None, ""])
def test_collections_of_others_are_left_alone(name: str, target: str | None) -> None:
    refuse("its own collections", type=name, object=NOTE, target=target)


def test_what_names_nothing_cannot_be_used_whoever_signed_it() -> None:
    """No 401: after that servers sign in another way and send it all again."""
    cannot_use("no object with an id", type="Create", object={"type": "Note"})
    cannot_use("no object with an id", type="Create")
    cannot_use("has no id", type="Announce", object={"type": "Note"})
    cannot_use("names no activity", type="Undo")
    for name in ("Update", "Delete"):
        cannot_use("names no object", type=name)
        cannot_use("names no object", type=name, object={"type": "Note"})


@pytest.mark.parametrize(
    ("document_id", "fetched"),
    [
        (THEIRS, NOTE),
        ("https://peer.test:8443/notes/1", NOTE),
        ("http://peer.test/notes/1", NOTE),
        (NOTE, "http://peer.test/notes/1"),
        ("https://sub.peer.test/notes/1", NOTE),
        ("", NOTE),
        ("urn:x", NOTE),
    ],
)
def test_a_document_from_another_origin_than_its_id_is_refused(
    document_id: str, fetched: str
) -> None:
    with pytest.raises(errors.Untrusted):
        check_document(document_id, fetched)


# ---- what holds


FOLLOW = {"id": f"{ANA}#follow", "type": "Follow", "actor": ANA, "object": KIM}


@pytest.mark.parametrize(
    ("document", "trust"),
    [
        ({"type": "Create", "object": {"id": NOTE, "attributedTo": KIM}}, Trusted()),
        ({"type": "Create", "object": {"id": NOTE, "attributedTo": [MAX, KIM]}}, Trusted()),
        ({"type": "Create", "object": {"id": NOTE, "attributedTo": MAX}}, RefetchObject(NOTE)),
        ({"type": "Create", "object": {"id": THEIRS, "attributedTo": KIM}}, RefetchObject(THEIRS)),
        ({"type": "Create", "object": NOTE}, RefetchObject(NOTE)),
        ({"type": "Announce", "object": THEIRS}, Trusted()),
        ({"type": "Announce", "object": {"id": THEIRS}}, RefetchObject(THEIRS)),
        ({"type": "Announce", "object": {"id": NOTE}}, Trusted()),
        ({"type": "Update", "object": {"id": NOTE, "attributedTo": KIM}}, Trusted()),
        ({"type": "Update", "object": {"id": KIM, "type": "Person"}}, Trusted()),
        ({"type": "Update", "object": NOTE}, RefetchObject(NOTE)),
        ({"type": "Delete", "object": NOTE}, Trusted()),
        ({"type": "Delete", "object": KIM}, Trusted()),
        ({"type": "Delete", "object": {"id": KIM, "type": "Person"}}, Trusted()),  # Takahē
        ({"type": "Delete", "object": {"id": NOTE, "attributedTo": KIM}}, Trusted()),
        ({"type": "Delete", "object": {"id": NOTE, "type": "Tombstone"}}, Trusted()),
        ({"type": "Undo", "object": "https://peer.test/l/1"}, Trusted()),
        ({"type": "Undo", "object": {"type": "Like", "object": ANA}}, Trusted()),
        ({"type": "Accept", "object": FOLLOW}, Trusted()),
        ({"type": "Reject", "object": f"{ANA}#follow"}, Trusted()),
        ({"type": "Move", "object": KIM, "target": ANA}, Trusted()),
        ({"type": "Add", "object": NOTE, "target": f"{KIM}/featured"}, Trusted()),
        ({"type": "Add", "object": {"id": THEIRS}, "target": f"{KIM}/f"}, RefetchObject(THEIRS)),
        ({"type": "Like", "object": {"id": THEIRS}}, Trusted()),
        ({"type": "Flag", "object": [ANA, THEIRS]}, Trusted()),
        ({"type": "Like", "object": ANA, "id": None}, Trusted()),
        ({"type": "Ping"}, Trusted()),
        ({"type": "Unheard", "object": {"id": THEIRS}}, RefetchObject(THEIRS)),
    ],
)
def test_an_embedded_object_is_trusted_on_its_own_origin_alone(
    document: dict[str, Any], trust: Trust
) -> None:
    assert judge(**document) == trust


def _verified(one: recorded.Recorded) -> Verified:
    claim = read_signature(one.received)
    owner = recorded.owners()[claim.key_id]
    key = load_public_key(recorded.pems()[owner], key_id=claim.key_id, owner=owner)
    return verify(one.received, claim, key, one.at)


@pytest.mark.parametrize("one", recorded.posts(), ids=lambda one: one.name)
def test_every_recorded_activity_is_its_signers_to_say(one: recorded.Recorded) -> None:
    assert check_activity(_verified(one), read_activity(one.body)) == Trusted()


@pytest.mark.parametrize(
    "one",
    [one for one in recorded.documents() if "id" in one.json],
    ids=lambda one: one.name,
)
def test_every_recorded_document_is_its_servers_to_serve(one: recorded.Recorded) -> None:
    check_document(one.json["id"], one.document["url"])
    with pytest.raises(errors.Untrusted):
        check_document(one.json["id"], "https://art.test/")


# ---- addresses


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://peer.test/a", "https://peer.test/b?c#d"),
        ("https://peer.test", "HTTPS://PEER.TEST:443/a"),
        ("https://peer.test./a", "https://peer.test/a"),
        ("https://bücher.test/a", "https://xn--bcher-kva.test/a"),
        ("https://BÜCHER.test/a", "https://bücher.test/b"),
        ("http://localhost:80/a", "http://localhost/b"),
        ("http://127.0.0.1:8401/a", "http://127.0.0.1:8401/b"),
        ("http://[::1]:8401/a", "http://[::1]:8401/b"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/b"),
    ],
)
def test_two_spellings_of_one_origin_are_the_same(one: str, other: str) -> None:
    assert same_origin(one, other)
    assert same_origin(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://peer.test/", "https://other.test/"),
        ("https://peer.test/", "https://sub.peer.test/"),
        ("https://peer.test/", "https://peer.test:8443/"),
        ("https://peer.test/", "https://peer.test.evil.test/"),
        ("https://localhost/", "http://localhost/"),
        ("http://peer.test/", "http://peer.test/"),  # plain http is nobody's origin
        ("https://peer.test@evil.test/", "https://evil.test/"),
        ("https://peer.test\\@evil.test/", "https://peer.test/"),
        ("https://peer.test%2f@evil.test/", "https://peer.test/"),
        ("https://faß.test/", "https://fass.test/"),  # IDNA 2008 tells them apart
        ("https://../", "https://../"),
        ("https://./", "https://./"),
        ("https://.peer.test/", "https://.peer.test/"),
        ("https://xn--/ä", "https://peer.test/"),
        ("https://ä..test/", "https://ä..test/"),
        ("", ""),
        ("urn:a", "urn:a"),
    ],
)
def test_two_origins_are_told_apart(one: str, other: str) -> None:
    assert not same_origin(one, other)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://peer.test", True),
        ("https://peer.test?a=b", True),
        ("https://peer.test/ünïcode", True),
        ("https://peer.test/@kim@peer.test/#main-key", True),  # Takahē's key ids
        ("https://peer.test/" + "a" * 2030, True),
        ("https://peer.test/" + "a" * 2031, False),
        ("https://", False),
        ("https:///a", False),
        ("//peer.test/", False),
        ("ftp://peer.test/", False),
        ("javascript:alert(1)", False),
        ("https://a@peer.test/", False),
        ("https://a:b@peer.test/", False),
        ("https://peer.test:99999999/", False),
        ("https://peer.test/a b", False),
        ("https://peer.test/a\u2028b", False),
        ("https://peer.test/\x00", False),
        ("https://peer.test/\n", False),
        ('https://peer.test/"', False),
        ("https://peer.test/<", False),
        ("https://peer.test/\\", False),
        (" https://peer.test/", False),
        ("https://[::1]/a", True),
        ("https://[:::::]/a", False),
        ("https://[.]/a", False),
        ("https://a\u2100b.test/a", False),  # a/c to whoever normalises; urlsplit raises
        ("https://\uff0f.test/a", False),
    ],
)
def test_an_address_is_one_or_is_not(text: str, *, is_one: bool) -> None:
    assert is_address(text) is is_one


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("127.0.0.1.evil.test", False),
        ("localhost.evil.test", False),
        ("10.0.0.1", False),
        ("0x7f.1", False),
        ("[::ffff:8.8.8.8]", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_else(host: str, *, is_it: bool) -> None:
    assert is_loopback(host) is is_it


@given(st.text(max_size=60) | st.text("https://peer.test:[]@%\\ä.0123/?#", max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_text_raises_anything_but_untrusted(text: str) -> None:
    for address in (text, f"https://{text}"):
        for read in (origin_of, target_of):
            try:
                read(address)
            except errors.Untrusted as refusal:
                assert refusal.message.endswith(".")  # noqa: PT017  some texts are addresses
