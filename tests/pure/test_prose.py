"""Typed text: whom it names, its tags, and the HTML made of it."""

import pytest

from server.model import Actor, ActorId, ActorKind
from server.prose import MAX_NAMED, addresses_in, paragraphs_of, people_named, tags_in


def somebody(handle: str, host: str) -> Actor:
    uri = f"https://{host}/users/{handle}"
    return Actor(
        ActorId(1), uri, ActorKind.PERSON, handle, host, "", "", f'{uri}?"', f"{uri}/inbox", ""
    )


BOB = somebody("bob", "far.example")
NAMED = {("bob", "far.example"): BOB}


def tag_page(tag: str) -> str:
    return f"https://art.example/tags/{tag.lower()}"


@pytest.mark.parametrize(
    "text",
    [
        "mail bob@far.example",
        "x@bob@far.example",
        "https://far.example/@bob@far.example",
        "@bob",
        "@@far.example",
        "@bob@-",
    ],
)
def test_what_only_looks_like_a_mention_names_nobody(text: str) -> None:
    assert addresses_in(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello @bob@far.example.", (("bob", "far.example"),)),
        ("(@Bob@FAR.example) and @bob@far.example", (("bob", "far.example"),)),
        ("@a.b@x.example:8443!", (("a.b", "x.example:8443"),)),
    ],
)
def test_people_are_named_by_their_address(
    text: str, expected: tuple[tuple[str, str], ...]
) -> None:
    assert addresses_in(text) == expected


def test_nobody_can_name_a_crowd() -> None:
    text = " ".join(f"@user{number}@far.example" for number in range(200))
    assert len(addresses_in(text)) == MAX_NAMED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Oil and #oil, #Öl", ("Oil", "Öl")),
        ("#1 #__ a#b https://x.example/#c &#39;", ()),
        ("#year2026", ("year2026",)),
    ],
)
def test_tags_are_words_behind_a_hash(text: str, expected: tuple[str, ...]) -> None:
    assert tags_in(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"onmouseover="x',
        'https://x.example/"onmouseover="x',
        "@bob@far.example<img src=x>",
        "https://bank.example@evil.example/",
        "javascript:alert(1)",
    ],
)
def test_no_text_makes_markup_of_its_own(text: str) -> None:
    made = paragraphs_of(text, NAMED, tag_page)
    assert "<script" not in made
    assert "<img" not in made
    assert '"onmouseover' not in made
    assert 'href="javascript' not in made
    assert "@evil.example" not in made.partition('href="')[2].partition('"')[0]


def test_people_who_were_found_tags_and_addresses_become_links() -> None:
    made = paragraphs_of(
        "@bob@far.example see https://x.example/a.\n#Oil\n\n@no@x.example", NAMED, tag_page
    )
    assert made == (
        '<p><span class="h-card"><a href="https://far.example/users/bob?&quot;" '
        'class="u-url mention">@<span>bob</span></a></span> see '
        '<a href="https://x.example/a">https://x.example/a</a>.<br>'
        '<a href="https://art.example/tags/oil" class="mention hashtag" rel="tag">'
        "#<span>Oil</span></a></p><p>@no@x.example</p>"
    )


def test_each_person_found_is_counted_once() -> None:
    assert people_named("@bob@far.example @BOB@far.example @no@x.example", NAMED) == (BOB,)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a", "<p>a</p>"),
        ("a\n\n\n\nb", "<p>a</p><p>b</p>"),
        ("a\r\nb", "<p>a<br>b</p>"),
        ("<script>&", "<p>&lt;script&gt;&amp;</p>"),
        ("\"'", "<p>&quot;&#x27;</p>"),
        ("\n\n", ""),
    ],
)
def test_plain_text_becomes_escaped_paragraphs(text: str, html: str) -> None:
    assert paragraphs_of(text, {}) == html
