"""Who is addressed, and which inboxes that means."""

import pytest

from federation.addressing import PUBLIC, audience, inboxes
from server.model import Visibility

FOLLOWERS = "https://art.test/users/ana/followers"
KIM, MAX = "https://peer.test/users/kim", "https://other.test/users/max"
OURS = ("https://art.test",)


def test_a_draft_is_for_nobody() -> None:
    assert audience(Visibility.DRAFT, FOLLOWERS, [KIM]) == ((), ())


@pytest.mark.parametrize(
    ("visibility", "mentions", "to", "cc"),
    [
        (Visibility.PUBLIC, [], (PUBLIC,), (FOLLOWERS,)),
        (Visibility.PUBLIC, [KIM, MAX, KIM], (PUBLIC,), (FOLLOWERS, KIM, MAX)),
        (Visibility.UNLISTED, [KIM], (FOLLOWERS,), (PUBLIC, KIM)),
        (Visibility.FOLLOWERS, [KIM], (FOLLOWERS,), (KIM,)),
        (Visibility.FOLLOWERS, [FOLLOWERS], (FOLLOWERS,), ()),
        (Visibility.DIRECT, [KIM, KIM], (KIM,), ()),
        (Visibility.DIRECT, [], (), ()),
    ],
)
def test_each_visibility_has_its_recipients(
    visibility: Visibility, mentions: list[str], to: tuple[str, ...], cc: tuple[str, ...]
) -> None:
    assert audience(visibility, FOLLOWERS, mentions) == (to, cc)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_the_public_is_addressed_by_public_works_alone(visibility: Visibility) -> None:
    to, cc = audience(visibility, FOLLOWERS, [KIM])
    is_public = visibility in {Visibility.PUBLIC, Visibility.UNLISTED}
    assert (PUBLIC in (*to, *cc)) is is_public


def test_an_artist_without_a_followers_collection_addresses_the_rest() -> None:
    assert audience(Visibility.FOLLOWERS, "", [KIM]) == ((), (KIM,))


def test_nothing_is_delivered_to_ourselves() -> None:
    pairs = [
        ("https://art.test/users/ben/inbox", ""),
        ("https://peer.test/a", "https://art.test/inbox"),
        ("", ""),
    ]
    assert inboxes(pairs, pairs, OURS) == ()


def test_a_name_that_only_begins_like_ours_is_not_ours() -> None:
    pairs = [("https://art.test.example/inbox", ""), ("https://art.testing/inbox", "")]
    assert len(inboxes(pairs, ours=OURS)) == 2
    assert inboxes([("https://art.test/inbox", "")], ours=("https://art.test/",)) == ()


def test_shared_inboxes_stand_for_all_who_have_them_in_stable_order() -> None:
    followers = [
        ("https://b.test/1/inbox", "https://b.test/inbox"),
        ("https://gts.test/1/inbox", ""),
        ("https://b.test/2/inbox", "https://b.test/inbox"),
        ("https://gts.test/2/inbox", ""),
        ("https://a.test/1/inbox", "https://a.test/inbox"),
    ]
    extra = [("https://gts.test/1/inbox", ""), ("https://c.test/1/inbox", "https://c.test/inbox")]
    assert inboxes(followers, extra, OURS) == (
        "https://b.test/inbox",
        "https://gts.test/1/inbox",
        "https://gts.test/2/inbox",
        "https://a.test/inbox",
        "https://c.test/inbox",
    )
