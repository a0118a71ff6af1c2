"""Which emoji a reaction shows: symbols and names between colons, never words."""

import json

import pytest

from federation.emoji import emoji_of
from federation.vocabulary import read_activity


def emoji(**fields: object) -> str:
    activity = {"type": "EmojiReact", "actor": "https://b.test/a", "object": "https://a.test/1"}
    return emoji_of(read_activity(json.dumps({**activity, **fields}).encode()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "👍 nice",
        "1",
        "12",
        "*",
        "<img src=x>",
        "<b>🎨</b>",
        ":)",
        ":two words:",
        "::",
        f":{'x' * 65}:",
        ":blobcat:blobcat:",
        "🎨" * 25,
        "\u202e",
        "é",
        "漢",
        7,
        {"x": 1},
    ],
)
def test_what_is_no_emoji_shows_nothing(text: object) -> None:
    assert emoji(content=text) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("🎨", "🎨"),
        (" ❤️ ", "❤️"),
        ("👩🏽‍🎨", "👩🏽‍🎨"),
        ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
        ("🇦🇹", "🇦🇹"),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
        ("3️⃣", "3️⃣"),
        ("™", "™"),
        (":blobcat:", ":blobcat:"),
        (":blob_cat-2:", ":blob_cat-2:"),
        (":blobcat@b.test:", ":blobcat:"),
    ],
)
def test_emoji_are_shown_and_custom_ones_by_their_name(text: str, shown: str) -> None:
    assert emoji(content=text) == shown
    assert emoji(_misskey_reaction=text) == shown
