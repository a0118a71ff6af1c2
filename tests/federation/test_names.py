"""What actors elsewhere are called: only what both ends say."""

from dataclasses import replace
from typing import Any

import pytest

from federation import names
from federation.documents import Document
from server.errors import NotFound, Unavailable
from tests.federation.test_translate import ACTOR

BOB = replace(
    ACTOR, uri="https://social.peer.test/users/bob", handle="bob", domain="x", is_local=False
)
HOST = "social.peer.test"


def jrd(subject: str, uri: str = BOB.uri) -> dict[str, Any]:
    link = {"rel": "self", "type": "application/activity+json", "href": uri}
    return {"subject": subject, "links": [link]}


PLAIN = {f"bob@{HOST}": jrd(f"acct:bob@{HOST}")}
SPLIT = {f"bob@{HOST}": jrd("acct:bob@peer.test"), "bob@peer.test": jrd("acct:bob@peer.test")}
EVE = "https://evil.test/users/bob"


async def called(answers: dict[str, Any], claimed: str = "") -> str:
    async def look_up(text: str) -> Document:
        if text not in answers:
            raise NotFound("Nobody.")
        found: Document = answers[text]
        return found

    return await names.confirmed_domain(look_up, BOB, claimed, "art.test")


@pytest.mark.parametrize(
    ("answers", "claimed"),
    [
        ({}, ""),
        ({f"bob@{HOST}": jrd("acct:bob@well-known.test")}, ""),  # which does not know of it
        ({**SPLIT, "bob@peer.test": jrd("acct:bob@peer.test", EVE)}, ""),
        ({**SPLIT, "bob@peer.test": jrd("acct:eve@peer.test")}, ""),
        ({**SPLIT, "bob@peer.test": jrd("acct:bob@other.test")}, ""),
        ({**SPLIT, "bob@peer.test": {"subject": "acct:bob@peer.test", "links": "x"}}, ""),
        (
            {f"bob@{HOST}": jrd("acct:eve@peer.test"), "eve@peer.test": jrd("acct:eve@peer.test")},
            "",
        ),
        ({"bob@peer.test": jrd("acct:bob@peer.test", EVE)}, "bob@peer.test"),
        ({"bob@peer.test": jrd("acct:bob@peer.test")}, "eve@peer.test"),
        ({"bob@art.test": jrd("acct:bob@art.test")}, "bob@art.test"),  # our own domain
        ({f"bob@{HOST}": jrd("acct:bob@art.test"), "bob@art.test": jrd("acct:bob@art.test")}, ""),
        ({"bob@PEER.test.": jrd("acct:bob@peer.test.")}, "bob@peer.test."),
        ({"bob@peer.test:443": jrd("acct:bob@peer.test:443")}, "bob@peer.test:443"),
        ({f"bob@{HOST}": jrd("acct:bob@peer.test/@evil.test")}, ""),
        ({f"bob@{HOST}": jrd("https://peer.test/users/bob")}, ""),
        ({f"bob@{HOST}": {"subject": 7}}, ""),
    ],
)
async def test_a_name_that_one_end_alone_says_is_not_believed(
    answers: dict[str, Any], claimed: str
) -> None:
    """CVE-2023-42451: whoever could choose a name would choose a well-known one."""
    assert await called(answers, claimed) == HOST


async def test_while_a_server_is_away_its_people_are_called_by_it() -> None:
    async def away(_text: str) -> Document:
        raise Unavailable("Away.")

    assert await names.confirmed_domain(away, BOB, "bob@peer.test", "art.test") == HOST


@pytest.mark.parametrize(
    ("answers", "claimed", "domain"),
    [
        (PLAIN, "", HOST),
        (SPLIT, "", "peer.test"),
        (SPLIT, "bob@peer.test", "peer.test"),
        ({"bob@peer.test": jrd("acct:bob@peer.test")}, "bob@peer.test", "peer.test"),
        ({"Bob@peer.test": jrd("acct:BOB@Peer.Test")}, "Bob@Peer.test", "peer.test"),
        ({}, f"bob@{HOST}", HOST),
    ],
)
async def test_a_name_is_believed_where_both_ends_say_it(
    answers: dict[str, Any], claimed: str, domain: str
) -> None:
    assert await called(answers, claimed) == domain


@pytest.mark.parametrize("text", ["", "bob", "@bob", "bob@", "bob@peer.test/x", "b b@peer.test"])
def test_what_is_no_account_is_none(text: str) -> None:
    assert not names.is_account(text)


@pytest.mark.parametrize("text", ["bob@peer.test", "@bob@peer.test", "b-o.b~_@127.0.0.1:8401"])
def test_accounts_are_known_by_their_shape(text: str) -> None:
    assert names.is_account(text)
