"""Followers in step: digests as FEP-8fcf has them, and headers that are believed or not."""

import pytest

from federation.addressing import PUBLIC
from federation.followers_sync import (
    SyncClaim,
    digest_of,
    header_value,
    host_prefix,
    is_for_followers,
    items_of,
    read_header,
)

BOB = "https://peer.test/users/bob"
FOLLOWERS = f"{BOB}/followers"
URL = f"{BOB}/followers_synchronization"
DIGEST = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
USERS = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]


def header(collection: str = FOLLOWERS, url: str = URL, digest: str = DIGEST) -> str:
    return f'collectionId="{collection}", url="{url}", digest="{digest}"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        header(collection="https://peer.test/users/eve/followers"),
        header(collection="https://victim.test/users/ana/followers"),
        header(url="https://victim.test/users/bob/followers_synchronization"),
        header(url="https://peer.test:8443/users/bob"),
        header(url="http://peer.test/users/bob"),
        header(url="javascript:alert(1)"),
        header(url=""),
        header(digest=""),
        header(digest=DIGEST[1:]),
        header(digest="x" * 64),
        header(digest=DIGEST + "00"),
        f'url="{URL}", digest="{DIGEST}"',
        header() + " " * 9_000,
    ],
)
def test_a_header_that_is_not_about_its_sender_counts_for_nothing(text: str) -> None:
    assert read_header(text, FOLLOWERS, BOB) is None


def test_an_actor_without_a_followers_collection_has_none_in_step() -> None:
    assert read_header(header(collection=""), "", BOB) is None


@pytest.mark.parametrize("text", [header(), header(digest=DIGEST.upper()).replace(", ", ",\t")])
def test_a_header_about_its_sender_is_read(text: str) -> None:
    assert read_header(text, FOLLOWERS, BOB) == SyncClaim(FOLLOWERS, URL, DIGEST)


def test_what_we_write_is_what_we_read() -> None:
    claim = SyncClaim(FOLLOWERS, URL, DIGEST)
    assert read_header(header_value(claim), FOLLOWERS, BOB) == claim


def test_the_digest_is_the_one_of_the_proposal() -> None:
    assert digest_of(USERS) == DIGEST
    assert digest_of(reversed(USERS)) == DIGEST
    assert digest_of([*USERS, *USERS]) == DIGEST
    assert digest_of([]) == "0" * 64


@pytest.mark.parametrize(
    ("uri", "prefix"),
    [
        ("https://peer.test/inbox", "https://peer.test/"),
        ("https://PEER.test:443/users/bob/inbox", "https://peer.test/"),
        ("https://peer.test:8443/inbox", "https://peer.test:8443/"),
        ("peer.test", ""),
        ("http://peer.test/inbox", ""),
    ],
)
def test_actors_of_one_host_share_their_beginning(uri: str, prefix: str) -> None:
    assert host_prefix(uri) == prefix


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([FOLLOWERS], [], True),
        (FOLLOWERS, None, True),
        ([], [FOLLOWERS], True),
        ([PUBLIC], [FOLLOWERS], False),
        ([FOLLOWERS], [PUBLIC], False),
        ([FOLLOWERS], "as:Public", False),
        (["https://peer.test/users/eve"], [], False),
        ([{"id": FOLLOWERS}], [], False),
    ],
)
def test_only_what_is_for_followers_needs_their_list(
    to: object, cc: object, *, expected: bool
) -> None:
    assert is_for_followers({"to": to, "cc": cc}, FOLLOWERS) is expected


@pytest.mark.parametrize(
    ("document", "ids", "following", "is_whole"),
    [
        ({"orderedItems": USERS}, USERS, "", True),
        ({"items": USERS[0]}, USERS[:1], "", True),
        ({"items": [{"id": USERS[0]}]}, USERS[:1], "", True),
        ({"type": "OrderedCollection", "totalItems": 3}, [], "", True),
        ({"first": "https://a.test/1"}, [], "https://a.test/1", True),
        ({"first": {"items": USERS, "next": "https://a.test/2"}}, USERS, "https://a.test/2", True),
        ({"items": [*USERS, 7]}, USERS, "", False),
        ({"items": ["javascript:alert(1)"]}, [], "", False),
        ({"first": {"items": [None]}}, [], "", False),
    ],
)
def test_a_list_is_read_in_every_form_and_says_where_it_is_broken(
    document: dict[str, object], ids: list[str], following: str, *, is_whole: bool
) -> None:
    assert items_of(document) == (tuple(ids), following, is_whole)
