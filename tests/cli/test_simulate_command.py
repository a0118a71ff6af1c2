"""`fixatif policy simulate`: what a policy would do, told before it is applied."""

import asyncio
import json
from pathlib import Path

import pytest

from server.config import load
from server.main import opened
from server.rules import Allow, Door, InboundFacts
from server.visitors import VisitorClass
from server.visits import Visit
from tests.cli.program import Place, fixatif, quickly

NO_FAR = """preset = "standard-no-ai"

[[rules]]
name = "Nothing from far"
door = "inbound"
when = { peer = "far.example" }
then = "refuse"
because = "They scrape."
"""


@pytest.fixture(autouse=True)
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in the instance's folder, where its settings are found."""
    monkeypatch.chdir(place.folder)


@pytest.fixture
def policy(place: Place) -> Path:
    file = place.folder / "new.toml"
    file.write_text(NO_FAR, encoding="utf-8")
    return file


def record(place: Place) -> None:
    """Let three posts come from far, and a crawler once."""

    async def inside() -> None:
        async with opened(load(place.config)) as instance:
            flows = instance.flows
            for _ in range(3):
                facts = InboundFacts(peer="far.example", type="Create", actor="bo@far.example")
                flows.envelopes.note(facts, Allow())
            bot = "Mozilla/5.0 (compatible; GPTBot/1.2)"
            flows.visits.count(
                Visit(Door.WEB, VisitorClass.AI_TRAINING, bot, "/", "203.0.113.0/24", 2_048)
            )
            await flows.envelopes.flush()
            await flows.visits.flush()

    asyncio.run(inside())


def test_what_is_wrong_is_said_in_one_line_and_nothing_is_tried(place: Place) -> None:
    file = place.folder / "broken.toml"
    file.write_text('rules = "none"', encoding="utf-8")
    for arguments in ((file,), (file, "--json")):
        done = quickly("policy", "simulate", *arguments)
        assert done.status == 1
        assert "line 1" in done.err
    assert quickly("policy", "simulate", file, "--days", "31").status == 2


def test_a_dry_run_says_what_would_change_and_changes_nothing(place: Place, policy: Path) -> None:
    record(place)
    told = quickly("policy", "simulate", policy).out
    assert "The last 7 days, against version 1: 3 activities and 1 request." in told
    assert "inbound: Nothing from far, refuse" in told
    assert "GPTBot (ai-training)" in told
    assert "inbound: bo@far.example Create: allow → refuse (Nothing from far)" in told
    assert "preset" in quickly("policy", "show").out
    assert len(json.loads(quickly("policy", "history", "--json").out)) == 1


def test_its_json_has_everything_that_programs_look_for(place: Place, policy: Path) -> None:
    record(place)
    document = json.loads(quickly("policy", "simulate", policy, "--days", "30", "--json").out)
    assert {"by_rule", "by_peer", "by_artist", "severed_follows", "crawlers"} <= set(document)
    assert document["days"] == 30
    assert document["by_peer"][0]["peer"] == "far.example"
    assert document["by_peer"][0]["refused_after"] == 3
    (crawler,) = document["crawlers"]
    assert (crawler["crawler"], crawler["requests"], crawler["bytes"]) == ("GPTBot", 1, 2_048)
    assert document["severed_follows"] == []


def test_a_rule_that_only_logs_stands_in_the_same_table(place: Place, policy: Path) -> None:
    record(place)
    policy.write_text(NO_FAR + "shadow = true\n", encoding="utf-8")
    told = quickly("policy", "simulate", policy).out
    (line,) = [line for line in told.splitlines() if "would be logged" in line]
    assert " ".join(line.split()) == "inbound: Nothing from far, would be logged: refuse 0 3"
    assert "1 would be treated otherwise: 0 newly refused" in told  # the crawler is let in
    (row,) = [
        row
        for row in json.loads(quickly("policy", "simulate", policy, "--json").out)["by_rule"]
        if row["is_logged"]
    ]
    assert (row["rule"], row["action"], row["after"]) == ("Nothing from far", "refuse", 3)


def test_in_a_pipe_there_is_no_progress_bar(place: Place, policy: Path) -> None:
    record(place)
    done = fixatif("policy", "simulate", "-", "--json", cwd=place.folder, stdin=NO_FAR)
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["activities"] == 3
    assert policy.exists()
