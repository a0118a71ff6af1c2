"""`close-instance`: announced with a domain, an owner and a password; shown; taken back."""

import json
from typing import Any

from tests.cli.program import Place, fixatif

PASSWORD = "correct horse battery"


def close(place: Place, *arguments: str, stdin: str = "") -> Any:
    where = ("--config", place.config)
    return fixatif("close-instance", *arguments, *where, cwd=place.folder, stdin=stdin)


def test_a_place_is_closed_on_purpose_and_taken_back(place: Place) -> None:
    shown = close(place, "--status", "--json")
    assert json.loads(shown.out)["state"] == "open"
    refused = close(place, "--domain", "x.example")
    assert (refused.status, refused.out) == (1, "")
    assert "--owner" in refused.err
    nobody = close(place, "--owner", "nobody", "--password-stdin", stdin=PASSWORD)
    assert (nobody.status, nobody.out) == (1, "")
    assert "no account 'nobody'" in nobody.err
    early = close(place, "--days", "1", "--status")
    assert early.status == 2
