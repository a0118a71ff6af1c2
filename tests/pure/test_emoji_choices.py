"""What counts as one emoji, and what is said where it is none."""

import pytest

from server.emoji import CHOICES, read_emoji
from server.errors import Invalid

ONE = [
    *CHOICES,
    "❤",
    "👍🏽",
    "👩🏿‍🎨",
    "👨‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇩🇰",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "1️⃣",
    "#️⃣",
    "☺️",
    "⭐",
    "🫠",
    "🦫",
]


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_asked_for_something(text: str) -> None:
    with pytest.raises(Invalid, match="no emoji: choose one"):
        read_emoji(text)


@pytest.mark.parametrize("text", ["🎨🎨", "🎨 ✨", "❤️👏", "🎨\n🎨"])
def test_several_are_refused_as_several(text: str) -> None:
    with pytest.raises(Invalid, match=r"several|no emoji"):
        read_emoji(text)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "wow",
        "1",
        "#",
        ":)",
        ":blobcat:",
        "🎨!",
        "♪",
        "→",
        "\u200d",
        "\ufe0f",
        "🏻",
        "🇩",
        "<b>",
        "🎨" * 200,
        "\ud800",
        "👨‍",
        "𝓐",
        "\U000e0041",
    ],
)
def test_what_is_no_single_emoji_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_emoji(text)
    assert refusal.value.field == "emoji"
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("emoji", ONE)
def test_one_emoji_is_one_however_many_characters_it_has(emoji: str) -> None:
    assert read_emoji(f" {emoji}\n") == emoji
