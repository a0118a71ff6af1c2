"""Custom emoji as pictures: only between tags, only from web addresses, never without end."""

import pytest
from markupsafe import Markup

from web.text import remote_html, with_emojis
from web.views import EmojiView

BLOB = EmojiView("blob", "https://far.example/blob.png")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:image/png;base64,xx", "", "//far.example/x", "blob:x"]
)
def test_an_emoji_without_a_web_address_stays_text(url: str) -> None:
    assert with_emojis("a :blob: b", [EmojiView("blob", url)]) == "a :blob: b"


def test_an_address_cannot_leave_its_attribute() -> None:
    hostile = EmojiView("blob", 'https://far.example/"onerror="alert(1)')
    made = with_emojis(":blob:", [hostile])
    assert 'onerror="' not in made


def test_plain_text_is_escaped_and_html_is_not_escaped_twice() -> None:
    assert with_emojis("<b> & :x:", [BLOB]) == "&lt;b&gt; &amp; :x:"
    assert with_emojis(Markup("<p>&amp;</p>"), [BLOB]) == "<p>&amp;</p>"


def test_nothing_is_drawn_inside_a_tag() -> None:
    made = with_emojis(remote_html('<p><a href="https://x.example/:blob:">:blob:</a></p>'), [BLOB])
    assert 'href="https://x.example/:blob:"' in made
    assert made.count("<img") == 1


@pytest.mark.parametrize("text", ["a:blob:b", ":blob: :blob:", "::blob::"])
def test_an_emoji_is_drawn_wherever_its_name_stands_between_colons(text: str) -> None:
    assert '<img class="emoji" src="https://far.example/blob.png" alt=":blob:"' in with_emojis(
        text, [BLOB]
    )


def test_nobody_makes_our_visitors_fetch_without_end() -> None:
    made = with_emojis(":blob:" * 500, [BLOB])
    assert made.count("<img") == 50
    assert made.count(":blob:") == 50 * 2 + 450  # alt and title of those drawn, and the rest
