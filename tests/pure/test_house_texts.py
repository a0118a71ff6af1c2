"""Rules and legal pages: what is missing is said, what is kept is what the program keeps."""

import pytest

from server import retention
from server.house_texts import Answers, Kept, Place, TextKind, compose
from server.sweeping import NOTICES_AGE

PLACE = Place("Atelier", "atelier.example", "", (Kept("Something", 1, "after it came"),), 14)
FULL = Answers(
    operator="Ada Example",
    address="Lane 1\n1000 Town",
    country="Elsewhere",
    contact="ada@atelier.example",
    age=16,
    rules="- Be kind.\n\n* Show your own work.",
    privacy="One.\n\nTwo.",
    terms="Three.",
)


@pytest.mark.parametrize("kind", [TextKind.PRIVACY, TextKind.TERMS, TextKind.IMPRINT])
def test_who_runs_a_place_is_said_to_be_missing_until_it_is_filled_in(kind: TextKind) -> None:
    first = compose(kind, Answers(), PLACE)[0]
    assert first.is_missing
    assert "is not filled in" in first.paragraphs[0]
    assert not any(part.is_missing for part in compose(kind, FULL, PLACE))


def test_a_place_without_rules_says_so() -> None:
    assert compose(TextKind.RULES, Answers(), PLACE)[0].is_missing


def test_answers_stand_where_they_belong() -> None:
    rules = compose(TextKind.RULES, FULL, PLACE)
    assert rules[0].points == ("Be kind.", "Show your own work.")
    assert any("16 years" in text for part in rules for text in part.paragraphs)
    (imprint,) = compose(TextKind.IMPRINT, FULL, PLACE)
    assert imprint.paragraphs == (
        *("Ada Example", "Lane 1", "1000 Town", "Elsewhere", "ada@atelier.example"),
    )
    privacy = compose(TextKind.PRIVACY, FULL, PLACE)
    assert privacy[-1].paragraphs == ("One.", "Two.")
    assert ("Something: one day after it came",) in [part.points for part in privacy]
    assert any("after 14 days" in text for part in privacy for text in part.paragraphs)


def test_how_long_things_are_kept_is_what_the_sweeps_go_by() -> None:
    kept = {one.what: one.days for one in retention.kept()}
    assert kept["Who gave a legal notice"] == NOTICES_AGE // 86_400_000 + 1
    assert kept["An application that was decided"] == 30
    assert kept["A deleted account"] == 14
    assert kept["A post from elsewhere that came by a boost alone"] == 31
