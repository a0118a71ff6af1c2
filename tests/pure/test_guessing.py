"""Which passwords are refused because they are guessed first, and which are not."""

import pytest

from server.guessing import why_guessed
from server.passwords import MIN_PASSWORD_LENGTH, common_passwords

NAMES = ("ana", "Ana Birches", "ana@mail.example", "art.example")


def why(password: str) -> str:
    return why_guessed(password, common_passwords(), NAMES)


@pytest.mark.parametrize(
    "password",
    [
        *("password", "PASSWORD", "12345678", "password1", "p@ssw0rd", "iloveyou"),
        *("Password2026!", "sunshine-99", "passwordpassword", "ｐａｓｓｗｏｒｄ"),
        *("aaaaaaaa", "abababab", "abcabcab", "🐇" * 8),
        *("87654321", "asdf1234", "qwertz123", "1q2w3e4r5t", "abcdefghij"),
    ],
)
def test_what_is_tried_first_is_refused_with_what_to_do(password: str) -> None:
    assert "among the first that are tried: choose another" in why(password)


@pytest.mark.parametrize(
    "password",
    [
        *("AnaBirches", "ana birches 2026", "ana12345", "anabirchesana", "birches1"),
        *("ana@mail.example", "ana@art.example", "art.example", "ArtExample1", "fixatif1"),
    ],
)
def test_what_is_made_of_names_is_refused_with_what_to_do(password: str) -> None:
    assert "made of your name or this place's" in why(password)


@pytest.mark.parametrize(
    "password",
    [
        *("correct horse battery", "four quiet grey horses", "three herons and a ladder"),
        *("ana paints the sea", "anabelle & co", "hunter2hunter2", "d3ed8748", "4cbb6858"),
        *("  spaces  ", "Wk3-vR9x", "глубокое море", "40721936"),
    ],
)
def test_everything_else_is_taken(password: str) -> None:
    assert why(password) == ""


def test_the_list_holds_what_could_be_typed_here() -> None:
    common = common_passwords()
    assert len(common) > 8_000
    assert all(len(one) >= MIN_PASSWORD_LENGTH and one == one.casefold() for one in common)
