"""Names of servers as lists write them: one spelling comes out, all else is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.list_domains import covers, host_of, is_hidden, is_wildcard, parents, read_listed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no domain"),
        ("   ", "no domain"),
        (".", "no dot"),
        ("com", "no dot"),
        ("localhost", "no dot"),
        ("*", "hidden with stars"),
        ("ex***le.org", "hidden with stars"),
        ("*.ex*mple.org", "hidden with stars"),
        ("https://example.org", "address"),
        ("example.org/", "address"),
        ("someone@example.org", "account"),
        ("@someone@example.org", "account"),
        ("192.0.2.7", "IP address"),
        ("192.0.2.7:8443", "IP address"),
        ("192.0.2.0/24", "IP address"),
        ("::1", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("2001:db8::/32", "IP address"),
        ("example.org:8443", "port"),
        ("example..org", "no domain"),
        (".example.org", "no domain"),
        ("-example.org", "no domain"),
        ("exa mple.org", "no domain"),
        ("xn--.example", "no domain"),
        ("xn--0.example", "no domain"),
        ("example.123", "no domain"),
        ("\u202eexample.org", "no domain"),
        ("<b>example.org", "no domain"),
        (f"{'a' * 64}.org", "no domain"),
        (f"{'a.' * 130}org", "no domain"),
        ("=cmd|x.org", "no domain"),
    ],
)
def test_what_is_no_domain_is_refused_with_what_to_do(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        read_listed(text)
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.org", "example.org"),
        (" Example.ORG. ", "example.org"),
        ("*.example.org", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("art。example", "art.example"),
        ("a_b.example.org", "a_b.example.org"),
        ("4chan.example", "4chan.example"),
        ("1.2.3.example", "1.2.3.example"),
    ],
)
def test_a_domain_has_one_spelling(text: str, domain: str) -> None:
    assert read_listed(text) == domain


def test_an_entry_holds_for_everything_beneath_and_nothing_beside() -> None:
    assert covers("example.org", "example.org")
    assert covers("example.org", "a.b.example.org")
    assert not covers("example.org", "notexample.org")
    assert not covers("a.example.org", "example.org")
    assert parents("a.b.example.org") == ["a.b.example.org", "b.example.org", "example.org"]
    assert host_of("Art.Example:8443") == "art.example"


def test_stars_hide_a_name_or_mean_everything_beneath_it() -> None:
    assert is_hidden("ex***le.org")
    assert not is_hidden("*.example.org")
    assert is_wildcard("*.example.org")


@settings(deadline=None)
@given(st.text(max_size=80))
def test_whatever_comes_in_a_name_in_one_spelling_comes_out_or_a_sentence(text: str) -> None:
    try:
        domain = read_listed(text)
    except Invalid:
        return
    assert domain == domain.lower()
    assert domain.isascii()
    assert "." in domain
    assert read_listed(domain) == domain
