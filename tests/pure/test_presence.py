"""The sites that may name an artist as author, as people write them."""

import pytest

from server.errors import Invalid
from server.presence import MAX_DOMAINS, read_domains


@pytest.mark.parametrize(
    "text",
    [
        "com",
        "localhost",
        "magazine",
        "magazine.example/articles",
        "https://magazine.example/articles",
        "https://user@magazine.example",
        "magazine.example:8080",
        "127.0.0.1",
        "[::1]",
        "-x.example",
        "x-.example",
        "a..example",
        ".example",
        "*",
        "javascript:alert(1)",
        "<b>.example",
        "x" * 64 + ".example",
        "a." * 130 + "example",
        "fine.example\nnot fine at all",
        "a\u2100b.example",
    ],
)
def test_what_is_no_sites_name_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_domains(text)
    assert refusal.value.field == "attribution_domains"
    assert refusal.value.message.endswith(".")


def test_there_is_an_end_to_a_list() -> None:
    many = [f"site{number}.example" for number in range(MAX_DOMAINS + 1)]
    assert len(read_domains("\n".join(many[:-1]))) == MAX_DOMAINS
    with pytest.raises(Invalid):
        read_domains(" ".join(many))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" \n ,; ", ()),
        ("magazine.example", ("magazine.example",)),
        ("Magazine.EXAMPLE.", ("magazine.example",)),
        ("https://magazine.example/", ("magazine.example",)),
        ("*.magazine.example", ("magazine.example",)),
        ("a.example, b.example\nc.example;a.example", ("a.example", "b.example", "c.example")),
        ("bücher.example", ("xn--bcher-kva.example",)),
        ("blog.magazine.co.uk", ("blog.magazine.co.uk",)),
    ],
)
def test_sites_are_read_as_people_write_them(text: str, expected: tuple[str, ...]) -> None:
    assert read_domains(text) == expected
