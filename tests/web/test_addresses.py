"""Which addresses are refused, in every spelling, and whose address a request came from."""

from ipaddress import ip_address

import pytest

from server.errors import Invalid
from server.ports import Unreachable
from web.addresses import (
    client_address,
    is_allowed,
    is_public,
    is_trusted_proxy,
    network_of,
    read_networks,
    read_target,
)

FORBIDDEN = [
    "0.0.0.0",  # noqa: S104 - nothing is bound here
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b:1::1",
    "100::1",  # discard
    "2001::1",  # Teredo
    "2001:10::1",  # ORCHID
    "2001:20::1",
    "2001:2::1",  # benchmarks
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",  # segment routing
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "9.9.9.9",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.0.1",
    "198.20.0.1",
    "223.255.255.254",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a01:4f8::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["0.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1", "255.255.255.255", "::"]
)
def test_the_setting_for_test_networks_does_not_open_what_no_test_network_uses(
    address: str,
) -> None:
    assert not is_allowed(ip_address(address), allow_private_addresses=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "fd00::1"])
def test_the_setting_for_test_networks_opens_private_addresses(address: str) -> None:
    assert is_allowed(ip_address(address), allow_private_addresses=True)
    assert not is_allowed(ip_address(address), allow_private_addresses=False)


def test_an_address_with_a_scope_is_refused() -> None:
    assert not is_allowed(ip_address("2606:4700::1111%eth0"), allow_private_addresses=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://art.example.org/",
        "ftp://art.example.org/",
        "file:///etc/passwd",
        "gopher://art.example.org/",
        "//art.example.org/",
        "art.example.org/x",
        "",
        "https://",
        "https:///x",
        "https://art.example.org/#part",
        "https://user@art.example.org/",
        "https://user:pw@art.example.org/",
        "https://art.example.org@127.0.0.1/",
        "https://art.example.org\\@127.0.0.1/",
        "https://art.example.org/a\\b",
        "https://münchen.example.org/",
        "https://art.example.org /x",
        "https://art.example.org\n/x",
        "https://art.example.org%00.evil.org/",
        "https://art.example.org:/x:y@z",
        "https://art.example.org:0/",
        "https://art.example.org:22/",
        "https://art.example.org:25/",
        "https://art.example.org:80/",
        "https://art.example.org:99999/",
        "https://art.example.org:-1/",
        "https://art.example.org:443:443/",
        "https://art.example.org./",
        "https://.example.org/",
        "https://art..example.org/",
        "https://-art.example.org/",
        f"https://{'a' * 64}.example.org/",
        f"https://example.org/{'a' * 5_000}",
        "https://localhost/",
        "https://intranet/",
        "https://printer.local/",
        "https://db.internal/",
        "https://hidden.onion/",
        "https://1.0.0.127.in-addr.arpa/",
        # one address, many spellings
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://256.256.256.256/",
        "https://8.8.8.08/",
        "https://1２7.0.0.1/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://0/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:ffff:127.0.0.1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1]/",
        "https://[v1.x]/",
        "https://[::1/",
        "https://::1/",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
def test_a_doubtful_url_is_refused_for_good(url: str) -> None:
    with pytest.raises(Unreachable) as refusal:
        read_target(url)
    assert refusal.value.is_final
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "url",
    [
        "http://art.example.org/",
        "http://10.0.0.1/",
        "http://192.168.0.9:8401/",
        "https://0x7f.1/",
        "https://169.254.169.254/",
        "https://[::ffff:127.0.0.1]/",
    ],
)
def test_the_setting_for_test_networks_opens_neither_plain_http_elsewhere_nor_odd_spellings(
    url: str,
) -> None:
    with pytest.raises(Unreachable):
        read_target(url, allow_private_addresses=True)


@pytest.mark.parametrize(
    ("url", "host", "port", "sent"),
    [
        ("https://Art.Example.ORG", "art.example.org", 443, "https://art.example.org/"),
        ("https://art.example.org?a=b", "art.example.org", 443, "https://art.example.org/?a=b"),
        (
            "HTTPS://art.example.org:8443/@jo",
            "art.example.org",
            8443,
            "https://art.example.org:8443/@jo",
        ),
        ("https://a_b.example.org/x", "a_b.example.org", 443, "https://a_b.example.org/x"),
        ("https://xn--mnchen-3ya.example.org/", "xn--mnchen-3ya.example.org", 443, None),
        ("https://example.org/%7Ejo/../x?q=%2F+a", "example.org", 443, None),
        (
            "https://example.org/@jürgen x",
            "example.org",
            443,
            "https://example.org/@j%C3%BCrgen%20x",
        ),
        ("https://[2606:4700::1111]/x", "2606:4700::1111", 443, "https://[2606:4700::1111]/x"),
        ("https://9.9.9.9/x", "9.9.9.9", 443, "https://9.9.9.9/x"),
    ],
)
def test_an_ordinary_url_goes_out_byte_for_byte(
    url: str, host: str, port: int, sent: str | None
) -> None:
    target = read_target(url)
    assert (target.host, target.port, target.url) == (host, port, sent or url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8401/x", "http://[::1]:8401/x", "http://localhost:8401/x"]
)
def test_plain_http_goes_to_this_machine_where_the_setting_says_so(url: str) -> None:
    assert read_target(url, allow_private_addresses=True).url == url


PROXIES = read_networks(["127.0.0.1", "::1", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("8.8.8.8", [], "8.8.8.8"),
        ("8.8.8.8", ["1.2.3.4"], "8.8.8.8"),  # no proxy of ours: it may claim what it likes
        ("8.8.8.8", ["127.0.0.1"], "8.8.8.8"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["8.8.8.8"], "8.8.8.8"),
        ("127.0.0.1", ["6.6.6.6, 8.8.8.8"], "8.8.8.8"),  # the visitor wrote 6.6.6.6
        ("127.0.0.1", ["6.6.6.6", "8.8.8.8"], "8.8.8.8"),  # in a line of their own
        ("127.0.0.1", ["127.0.0.1, 8.8.8.8"], "8.8.8.8"),
        ("127.0.0.1", ["6.6.6.6, 8.8.8.8, 10.0.0.5"], "8.8.8.8"),  # two proxies
        ("127.0.0.1", ["8.8.8.8, nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [","], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        ("127.0.0.1", ["8.8.8.8:1234"], "8.8.8.8"),
        ("127.0.0.1", ["[2606:4700::1111]:443"], "2606:4700::1111"),
        ("127.0.0.1", ["2606:4700::1111"], "2606:4700::1111"),
        ("::ffff:127.0.0.1", ["8.8.8.8"], "8.8.8.8"),  # a dual-stack socket
        ("::1", ["::ffff:8.8.8.8"], "8.8.8.8"),
    ],
)
def test_a_visitors_address_is_what_trusted_proxies_say_and_nothing_else(
    peer: str, forwarded_for: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == expected


def test_a_flood_of_forwarded_entries_is_cut() -> None:
    flood = ", ".join(["6.6.6.6"] * 100_000) + ", 8.8.8.8"
    assert client_address("127.0.0.1", [flood], PROXIES) == "8.8.8.8"


def test_only_our_proxies_are_trusted() -> None:
    assert is_trusted_proxy("10.9.9.9", PROXIES)
    assert not is_trusted_proxy("8.8.8.8", PROXIES)
    assert not is_trusted_proxy("", PROXIES)


def test_a_broken_network_in_the_settings_is_named() -> None:
    with pytest.raises(Invalid, match=r"10\.0\.0\.0/99"):
        read_networks(["10.0.0.0/99"])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("8.8.8.8", "8.8.8.0/24"),
        ("::ffff:8.8.8.8", "8.8.8.0/24"),
        ("2606:4700:1:2::3", "2606:4700:1::/48"),
        ("nonsense", "unknown"),
    ],
)
def test_rates_are_kept_by_network(address: str, network: str) -> None:
    assert network_of(address) == network
