"""`fixatif policy`: read, changed, taken back and questioned from the shell."""

import json
from pathlib import Path

import pytest

from server.policy import PRESETS
from server.policy_text import read_policy
from tests.cli.program import Place, quickly

NO_ANNOUNCES = """preset = "standard-no-ai"

[[rules]]  # ours
name = "No boosts from there"
door = "inbound"
when = { type = "Announce", peer = "loud.example" }
then = "refuse"
because = "Too loud."
"""


@pytest.fixture(autouse=True)
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in the instance's folder, where its settings are found."""
    monkeypatch.chdir(place.folder)


def written(place: Place, text: str) -> Path:
    file = place.folder / "new.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_what_is_shown_can_be_applied_again(place: Place) -> None:
    shown = quickly("policy", "show")
    assert read_policy(shown.out) == PRESETS["standard-no-ai"]
    same = quickly("policy", "apply", written(place, shown.out))
    assert same.out == "Nothing changed: version 1 of the policy says the same.\n"
    other = shown.out.replace("visitor = 1280", "visitor = 800")
    applied = quickly("policy", "apply", written(place, other))
    assert (applied.status, applied.out) == (0, "Version 2 of the policy is in force.\n")


def test_a_policy_is_applied_explained_and_taken_back(place: Place) -> None:
    file = written(place, NO_ANNOUNCES)
    applied = quickly("policy", "apply", file, "--reason", "Loud.")
    assert applied.status == 0
    assert "Careful: Training is reserved" in applied.err
    assert read_policy(quickly("policy", "show").out) == read_policy(NO_ANNOUNCES)
    asked = ("policy", "explain", "inbound", "--peer", "a.LOUD.example", "--type", "Announce")
    told = json.loads(quickly(*asked, "--json").out)
    assert (told["action"], told["rule"], told["version"]) == ("refuse", "No boosts from there", 2)
    assert told["reason"] == "Too loud."
    assert "rule 1, “No boosts from there”, of version 2" in quickly(*asked).out
    back = quickly("policy", "revert", "1")
    assert "Version 3" in back.out
    told = json.loads(quickly(*asked, "--json").out)
    assert (told["action"], told["version"]) == ("allow", 3)
    before = json.loads(quickly(*asked, "--version", "2", "--json").out)
    assert (before["action"], before["version"]) == ("refuse", 2)
    history = json.loads(quickly("policy", "history", "--json").out)
    assert [(one["version"], one["reason"]) for one in history] == [
        (3, "Back to version 1."),
        (2, "Loud."),
        (1, "The preset of the settings."),
    ]
    differences = quickly("policy", "history", "--differences").out
    assert '+name = "No boosts from there"' in differences


def test_rules_are_said_in_plain_words() -> None:
    said = quickly("policy", "show", "--sentences").out
    assert "AI search engines and AI assistants are refused on pages." in said


def test_a_user_agent_alone_says_who_asks() -> None:
    asked = ("policy", "explain", "web", "--agent", "Mozilla/5.0 (compatible; GPTBot/1.2)")
    told = json.loads(quickly(*asked, "--json").out)
    assert (told["action"], told["rule"]) == ("refuse", "No training crawlers")


@pytest.mark.parametrize(
    ("words", "text", "complaint"),
    [
        (("apply", "new.toml"), NO_ANNOUNCES.replace("Announce", "announce"), "write Announce"),
        (("apply", "new.toml"), NO_ANNOUNCES.replace("inbound", "in"), "rules[1].door (line 5)"),
        (
            ("apply", "new.toml"),
            '[[rules]]\nname = "All"\ndoor = "web"\nwhen = {}\nthen = "refuse"\nbecause = "So."\n',
            "“All” would refuse",
        ),
        (("apply", "new.toml"), " \n", "This policy is empty."),
        (("apply", "nowhere.toml"), "", "nowhere.toml: No such file"),
        (("revert", "9"), "", "There is no version 9"),
        (("show", "--version", "9"), "", "There is no version 9"),
        (("explain", "web", "--address", "here"), "", "192.0.2.7"),
        (("explain", "inbound", "--peer", "*.a.example"), "", "write a.example"),
        (("explain", "inbound"), "", "--peer"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence_and_changes_nothing(
    place: Place, words: tuple[str, ...], text: str, complaint: str
) -> None:
    written(place, text)
    refused = quickly("policy", *words)
    assert refused.status != 0
    assert complaint in refused.err
    assert len(json.loads(quickly("policy", "history", "--json").out)) == 1


def test_a_policy_can_be_checked_without_being_applied(place: Place) -> None:
    file = written(place, NO_ANNOUNCES)
    checked = quickly("policy", "apply", file, "--check")
    assert checked.out == "This policy can be applied.\n"
    assert len(json.loads(quickly("policy", "history", "--json").out)) == 1
