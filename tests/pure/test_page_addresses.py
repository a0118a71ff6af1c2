"""Of whom or what a page of ours is: as people copy its address from their browser."""

import pytest

from server.addresses import Addresses

ADDRESSES = Addresses("https://art.test", "art.test")


@pytest.mark.parametrize(
    ("page", "thing"),
    [
        ("https://art.test/@ana", "https://art.test/users/ana"),
        ("https://art.test/@Ana/", "https://art.test/users/ana"),
        ("https://art.test/@ana?told=profile#top", "https://art.test/users/ana"),
        ("https://art.test/@ana/12-harbour", "https://art.test/works/12"),
        ("https://art.test/@ana/12-harbour#comments", "https://art.test/works/12"),
        ("https://art.test/@ana/12", "https://art.test/works/12"),
    ],
)
def test_a_page_stands_for_its_artist_or_work(page: str, thing: str) -> None:
    assert ADDRESSES.shown_at(page) == thing


@pytest.mark.parametrize(
    "other",
    [
        "https://art.test/users/ana",
        "https://art.test/@ana/series/sea",
        "https://art.test/about",
        "https://art.test.evil.example/@ana",
        "https://other.test/@ana",
        "@ana@art.test",
        "",
    ],
)
def test_other_addresses_stay_as_they_are(other: str) -> None:
    assert ADDRESSES.shown_at(other) == other
