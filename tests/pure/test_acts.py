"""Differences of texts, and how acts are told."""

import pytest

from server.acts import Act, difference_of
from server.errors import NotFound
from server.model import ActorId, Artist, Millis, Role
from server.roles import demand, is_at_least
from web.acts import WORDS, difference_lines, words_of


def test_every_act_has_its_words() -> None:
    assert set(WORDS) == set(Act)
    assert words_of("older.word") == "older.word"


def test_equal_texts_have_no_difference() -> None:
    assert difference_of("a\nb", "a\nb") == ""


def test_a_difference_says_what_went_and_what_came() -> None:
    lines = difference_lines(difference_of("a\nb\nc", "a\nB\nc"))
    told = [(line.kind, line.text) for line in lines if line.kind != "place"]
    assert told == [("", "a"), ("removed", "b"), ("added", "B"), ("", "c")]


def test_lines_that_begin_like_a_diffs_own_marks_stay_lines() -> None:
    lines = difference_lines(difference_of("", "+++ x\n--- y\n@@ z"))
    assert [line.text for line in lines if line.kind == "added"] == ["+++ x", "--- y", "@@ z"]


def test_a_difference_without_end_is_cut() -> None:
    assert len(difference_of("", "x" * 500_000)) == 100_000


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("least", Role)
def test_each_role_may_all_that_the_roles_after_it_may(role: Role, least: Role) -> None:
    order = list(Role)
    may = order.index(role) <= order.index(least)
    assert is_at_least(role, least) is may
    artist = Artist(ActorId(1), "ada", "Ada", role, Millis(0))
    if may:
        assert demand(artist, least) is artist
    else:
        with pytest.raises(NotFound):
            demand(artist, least)


def test_nobody_is_let_in_without_an_account() -> None:
    with pytest.raises(NotFound):
        demand(None, Role.READER)
