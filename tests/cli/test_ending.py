"""Accounts deleted and kept from the shell."""

import json

import pytest

from tests.cli.program import PASSWORD, Place, fixatif


@pytest.fixture
def bo(place: Place) -> Place:
    """An instance where bo has an account besides ana."""
    made = fixatif(
        *("account", "create", "bo", "--password-stdin"), cwd=place.folder, stdin=PASSWORD
    )
    assert made.status == 0
    return place


def listed(place: Place) -> dict[str, dict[str, object]]:
    rows = json.loads(fixatif("account", "list", "--json", cwd=place.folder).out)
    return {row["handle"]: row for row in rows}


def test_nothing_is_deleted_without_the_right_word(bo: Place) -> None:
    for typed in ("", "ana\n"):
        asked = fixatif("account", "delete", "bo", cwd=bo.folder, stdin=typed)
        assert asked.status == 1
    assert listed(bo)["bo"]["ends_at"] is None


def test_the_only_owner_is_not_deleted(bo: Place) -> None:
    fixatif("account", "role", "bo", "owner", cwd=bo.folder)
    for more in ((), ("--now",)):
        refused = fixatif("account", "delete", "bo", "--yes", *more, cwd=bo.folder)
        assert refused.status == 1
        assert "only owner" in refused.err


def test_an_account_is_deleted_and_kept_and_erased(bo: Place) -> None:
    asked = fixatif("account", "delete", "bo", cwd=bo.folder, stdin="@bo\n")
    assert (asked.status, "will be erased on" in asked.out) == (0, True)
    assert "being deleted" in fixatif("account", "list", cwd=bo.folder).out
    kept = fixatif("account", "keep", "bo", cwd=bo.folder)
    assert (kept.status, kept.out) == (0, "bo stays.\n")
    gone = fixatif("account", "delete", "bo", "--now", "--yes", cwd=bo.folder)
    assert (gone.status, gone.out[:13]) == (0, "bo is erased;")
    assert set(listed(bo)) == {"ana"}
    again = fixatif(*("account", "create", "bo", "--password-stdin"), cwd=bo.folder, stdin=PASSWORD)
    assert (again.status, "taken" in again.err) == (1, True)
