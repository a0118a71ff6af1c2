"""Polls, emoji, quotes and permissions in documents: read with patience, written for everybody."""

from typing import Any

import pytest

from federation.addressing import PUBLIC
from federation.emojis import MAX_EMOJIS, emojis_of
from federation.notes import read_note
from federation.permissions import Authorization, agrees, policy_terms, read_authorization
from server.model import Actor, ActorId, ActorKind, Millis, Poll, Visibility
from server.permits import InteractionPolicy, Permit

ANA = "https://art.test/users/ana"
FAR = "https://far.test"
ARTIST = Actor(
    ActorId(1),
    ANA,
    ActorKind.PERSON,
    "ana",
    "art.test",
    "",
    "",
    "",
    f"{ANA}/inbox",
    "",
    followers_uri=f"{ANA}/followers",
)


def note(**more: Any) -> dict[str, Any]:
    return {
        "id": f"{FAR}/1",
        "type": "Question",
        "attributedTo": f"{FAR}/bob",
        "to": [PUBLIC],
        **more,
    }


def option(name: Any, total: Any) -> dict[str, Any]:
    return {"type": "Note", "name": name, "replies": {"totalItems": total}}


# Refusals


@pytest.mark.parametrize(
    "options",
    [None, [], "oil", [1, None, "x"], [{"type": "Note"}], [{"name": ["a", "b"]}], {"name": 7}],
)
def test_a_poll_without_answers_is_none(options: Any) -> None:
    read = read_note(note(oneOf=options))
    assert read.poll is None or read.poll.options == (("a", 0),)


@pytest.mark.parametrize("total", [-1, 1.5, "7", None, True, 10**30, [], {}])
def test_votes_that_are_no_number_are_none(total: Any) -> None:
    assert read_note(note(oneOf=[option("oil", total)])).poll == Poll((("oil", 0),))


def test_a_poll_has_an_end() -> None:
    poll = read_note(note(oneOf=[option(f"{number}", 1) for number in range(5_000)])).poll
    assert poll is not None
    assert len(poll.options) == 50


@pytest.mark.parametrize(
    "tag",
    [
        None,
        "Emoji",
        {"type": "Emoji"},
        {"type": "Emoji", "name": ":blob:"},
        {"type": "Emoji", "name": ":blob:", "icon": "javascript:alert(1)"},
        {"type": "Emoji", "name": ":blob:", "icon": {"url": "data:image/png;base64,xx"}},
        {"type": "Emoji", "name": ":bl ob:", "icon": f"{FAR}/b.png"},
        {"type": "Emoji", "name": '"><script>', "icon": f"{FAR}/b.png"},
        {"type": "Emoji", "name": f":{'b' * 300}:", "icon": f"{FAR}/b.png"},
        {"type": "Mention", "name": ":blob:", "icon": f"{FAR}/b.png"},
    ],
)
def test_what_is_no_emoji_is_left_out(tag: Any) -> None:
    assert emojis_of({"tag": [tag]}) == ()


def test_a_post_brings_only_so_many_emoji() -> None:
    tags = [{"type": "Emoji", "name": f":b{n}:", "icon": f"{FAR}/{n}.png"} for n in range(150)]
    assert len(emojis_of({"tag": tags})) == MAX_EMOJIS


RIGHT = {
    "id": f"{FAR}/rights/1",
    "type": "QuoteAuthorization",
    "attributedTo": f"{FAR}/bob",
    "interactingObject": "https://other.test/9",
    "interactionTarget": f"{FAR}/1",
}
WANTED = {
    "uri": f"{FAR}/rights/1",
    "author": f"{FAR}/bob",
    "quoting": "https://other.test/9",
    "quoted": f"{FAR}/1",
}


@pytest.mark.parametrize("name", WANTED)
def test_an_authorization_with_one_other_word_does_not_count(name: str) -> None:
    said = read_authorization(RIGHT)
    assert said is not None
    assert agrees(said, **WANTED)
    assert not agrees(said, **(WANTED | {name: f"{FAR}/other"}))
    assert not agrees(said, **(WANTED | {name: ""}))


def test_an_authorization_stands_on_its_authors_server() -> None:
    elsewhere = Authorization(
        "https://evil.test/1", f"{FAR}/bob", "https://other.test/9", f"{FAR}/1"
    )
    assert not agrees(elsewhere, **(WANTED | {"uri": "https://evil.test/1"}))
    assert read_authorization(RIGHT | {"type": "Note"}) is None


# What is read and written


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"oneOf": [option("oil", 3)]}, Poll((("oil", 3),))),
        ({"anyOf": option("oil", 3), "votersCount": 2}, Poll((("oil", 3),), True, None, 2)),
        ({"oneOf": [option("oil", 3)], "endTime": "1970-01-01T00:00:09Z"},
         Poll((("oil", 3),), closes_at=Millis(9_000))),
        ({"oneOf": [option("oil", 3)], "closed": "1970-01-01T00:00:09Z", "endTime": "2030-01-01"},
         Poll((("oil", 3),), closes_at=Millis(9_000))),
        ({"oneOf": [option("oil", 3)], "closed": True}, Poll((("oil", 3),), closes_at=Millis(0))),
        ({"oneOf": [option("oil", 3)], "closed": False, "endTime": "1970-01-01T00:00:09Z"},
         Poll((("oil", 3),), closes_at=Millis(9_000))),
    ],
)  # fmt: skip
def test_a_poll_is_read_as_each_server_writes_it(more: dict[str, Any], expected: Poll) -> None:
    assert read_note(note(**more)).poll == expected


@pytest.mark.parametrize(
    "more",
    [
        {"quote": f"{FAR}/2"},
        {"quoteUrl": f"{FAR}/2"},
        {"quoteUri": f"{FAR}/2"},
        {"_misskey_quote": f"{FAR}/2"},
        {"tag": {"type": "Link", "mediaType": "application/activity+json", "href": f"{FAR}/2"}},
    ],
)
def test_a_quote_is_read_in_every_dialect(more: dict[str, Any]) -> None:
    read = read_note(note(**more, quoteAuthorization=f"{FAR}/rights/1"))
    assert (read.quote_uri, read.quote_approval) == (f"{FAR}/2", f"{FAR}/rights/1")


@pytest.mark.parametrize(
    ("permit", "automatic", "manual"),
    [
        (Permit.EVERYONE, PUBLIC, []),
        (Permit.FOLLOWERS, f"{ANA}/followers", []),
        (Permit.APPROVED, ANA, [PUBLIC]),
        (Permit.NOBODY, ANA, []),
    ],
)
def test_a_policy_is_written_in_old_and_new_words(
    permit: Permit, automatic: str, manual: list[str]
) -> None:
    said = policy_terms(InteractionPolicy(*(permit,) * 4), ARTIST)["interactionPolicy"]
    assert list(said) == ["canLike", "canReply", "canAnnounce", "canQuote"]
    new = {"automaticApproval": [automatic], "manualApproval": manual}
    assert said["canQuote"] == new
    for term in ("canLike", "canReply", "canAnnounce"):
        assert said[term] == new | {"always": [automatic], "approvalRequired": manual}


def test_a_mention_does_not_make_a_message_public() -> None:
    tag = {"type": "Mention", "href": ANA, "name": "@ana"}
    assert read_note(note(to=[ANA], tag=tag)).audience is Visibility.DIRECT
