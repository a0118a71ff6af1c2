"""`invite`: links made, listed and taken back from the shell."""

import json
from typing import Any

from tests.cli.program import Place, fixatif


def invite(place: Place, *arguments: str) -> Any:
    return fixatif("invite", *arguments, "--config", place.config, cwd=place.folder)


def test_an_invitation_is_made_listed_and_taken_back(place: Place) -> None:
    made = invite(place, "create", "--uses", "2", "--note", "Print class", "--json")
    assert made.status == 0, made.err
    row = json.loads(made.out)
    assert "/invite/" in row["link"]
    (listed,) = json.loads(invite(place, "list", "--json").out)
    assert (listed["id"], listed["state"], listed["uses_left"]) == (row["id"], "open", 2)
    assert listed["note"] == "Print class"
    assert row["link"].rpartition("/")[2] not in json.dumps(listed)
    assert invite(place, "revoke", row["id"]).status == 0
    again = invite(place, "revoke", row["id"])
    assert (again.status, again.err) == (1, "Error: This invitation has ended already.\n")
    unknown = invite(place, "revoke", "12x")
    assert unknown.status == 1
    assert "invite list" in unknown.err


def test_nobody_becomes_an_owner_by_a_link(place: Place) -> None:
    done = invite(place, "create", "--role", "owner")
    assert done.status == 2
