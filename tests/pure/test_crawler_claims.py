"""Telling crawlers from those who borrow their names, and browsers from programs."""

import json
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from server.crawler_book import CrawlerBook, with_ranges
from server.crawler_book import replace as put_in_force
from server.crawler_claims import (
    Verdict,
    by_ranges,
    is_nearby,
    is_signer,
    is_verifiable,
    own_names,
    together,
)
from server.errors import Invalid
from server.visitors import Crawler, VisitorClass, read_crawlers
from web.bearing import is_disguised, is_led_here, is_prefetch

TABLE = Path(__file__).parents[2] / "server" / "data" / "crawlers.json"
BOT = Crawler(
    "Findbot",
    VisitorClass.SEARCH,
    "Find",
    ranges_url="https://find.example/bots.json",
    networks=tuple(
        ip_network(one)
        for one in ("192.0.2.0/25", "192.0.2.128/25", "198.51.100.7", "2001:db8::/32")
    ),
    reverse_dns=("crawl.find.example",),
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
OLD_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/15.6 Safari/605.1.15"
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.255", Verdict.CONFIRMED),
        ("198.51.100.7", Verdict.CONFIRMED),
        ("2001:db8:ffff::1", Verdict.CONFIRMED),
        ("192.0.3.0", Verdict.DENIED),
        ("198.51.100.8", Verdict.DENIED),
        ("0.0.0.0", Verdict.DENIED),  # noqa: S104 - asks nobody to listen
        ("2001:db9::", Verdict.DENIED),
    ],
)
def test_published_ranges_say_yes_and_no(address: str, expected: Verdict) -> None:
    assert by_ranges(BOT, ip_address(address)) is expected
    assert by_ranges(replace(BOT, networks=()), ip_address(address)) is Verdict.OPEN


def test_a_name_counts_only_below_the_operators_suffix() -> None:
    names = ["a.crawl.find.example.", "crawl.find.example", "notcrawl.find.example", "evil.test"]
    assert own_names(BOT, names) == names[:2]
    assert is_signer(BOT, "keys.crawl.find.example")
    assert is_signer(BOT, "find.example")  # where the ranges are published
    assert not is_signer(BOT, "find.example.evil.test")
    assert not is_verifiable(replace(BOT, networks=(), reverse_dns=()))


def test_one_proof_is_enough_and_silence_is_none() -> None:
    yes, no, nobody = Verdict.CONFIRMED, Verdict.DENIED, Verdict.OPEN
    assert together((no, yes, nobody)) is yes
    assert together((nobody, no)) is no
    assert together((nobody, nobody)) is nobody


def test_addresses_of_our_own_network_name_nobody() -> None:
    near = ("127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.1", "::1", "fd00::1", "fe80::1")
    assert all(is_nearby(ip_address(one)) for one in near)
    assert not any(is_nearby(ip_address(one)) for one in ("203.0.113.9", "2001:db8::1", "8.8.8.8"))


@pytest.mark.parametrize(
    ("agent", "headers", "is_secure", "expected"),
    [
        (FIREFOX, {"Accept": "*/*"}, False, True),
        (FIREFOX, {"Accept-Language": "de"}, False, True),
        (FIREFOX, {"Accept": "*/*", "Accept-Language": "de"}, False, False),
        (FIREFOX, {"Accept": "*/*", "Accept-Language": "de"}, True, True),
        (
            FIREFOX,
            {"Accept": "*/*", "Accept-Language": "de", "Sec-Fetch-Site": "none"},
            True,
            False,
        ),
        (OLD_SAFARI, {"Accept": "*/*", "Accept-Language": "de"}, True, False),
        ("Lynx/2.9.2 libwww-FM/2.14", {}, True, False),
        ("Mozilla/5.0 (compatible; Miniflux/2.2.13; +https://miniflux.app)", {}, True, False),
        ("python-requests/2.32", {}, True, False),  # hides nothing
    ],
)
def test_a_browser_is_known_by_what_it_always_sends(
    agent: str, headers: dict[str, str], *, is_secure: bool, expected: bool
) -> None:
    sent = CIMultiDictProxy(CIMultiDict(headers))
    assert is_disguised(agent, sent, is_secure=is_secure) is expected


def test_who_was_led_to_an_address_is_told_from_who_found_it_alone() -> None:
    def led(**headers: str) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return is_led_here(CIMultiDictProxy(CIMultiDict(named)), "https://art.example")

    assert not led()
    assert not led(Sec_Fetch_Site="same-origin", Referer="https://art.example/@ana")
    assert led(Sec_Fetch_Site="same-origin", Sec_Fetch_User="?1")  # a person clicked
    assert led(Sec_Fetch_Site="cross-site")
    assert led(Referer="https://art.example.evil.test/")
    assert is_prefetch(CIMultiDictProxy(CIMultiDict({"Sec-Purpose": "prefetch;prerender"})))


def test_published_ranges_come_to_every_crawler_of_that_list() -> None:
    published = {"prefixes": [{"ipv4Prefix": "66.249.64.0/27"}, {"ipv6Prefix": "2001:4860::/32"}]}
    table = read_crawlers(with_ranges(TABLE.read_text(), json.dumps(published), "Googlebot"))
    rows = {row.token: [str(each) for each in row.networks] for row in table.entries}
    assert rows["Googlebot"] == rows["Googlebot-Image"] == ["66.249.64.0/27", "2001:4860::/32"]
    assert rows["GPTBot"] == rows["bingbot"] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"prefixes": []}',
        '{"prefixes": [{}]}',
        '{"prefixes": [{"ipv4Prefix": "a"}]}',
        '{"prefixes": [{"ipv4Prefix": "192.0.2.1/24"}]}',
        "[" * 100_000,
    ],
)
def test_a_list_that_is_no_list_of_ranges_changes_nothing(text: str) -> None:
    with pytest.raises(Invalid, match="range"):
        with_ranges(TABLE.read_text(), text, "Googlebot")


def test_ranges_of_somebody_unknown_are_refused() -> None:
    with pytest.raises(Invalid, match="no crawler Nobody"):
        with_ranges(TABLE.read_text(), '{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}', "Nobody")


def put_away(file: Path) -> None:
    file.unlink()


def spoil(file: Path) -> None:
    file.write_text("{}")


def listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_new_table_is_taken_up_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    book = CrawlerBook(tmp_path / "crawlers.json")
    assert book.claim("Newbot/1").crawler is None
    text = json.dumps(
        {
            "source": "us",
            "date": "2026-01-01",
            "crawlers": [{"token": "Newbot", "class": "dataset", "operator": "New"}],
        }
    )
    put_in_force(book.path, text)
    await book.refresh()
    assert book.claim("Newbot/1").visitor_class is VisitorClass.DATASET
    spoil(book.path)
    await book.refresh()
    assert book.claim("Newbot/1").visitor_class is VisitorClass.DATASET
    put_away(book.path)
    await book.refresh()
    assert book.claim("GPTBot/1").visitor_class is VisitorClass.AI_TRAINING
    for broken in ("{}", '{"source": "", "date": "", "crawlers": []}'):
        with pytest.raises(Invalid):
            put_in_force(book.path, broken)
    assert listed(tmp_path) == []
