"""`fixatif jobs`: what waits and fails, for people and for machines, and what can be done."""

import json
from dataclasses import replace

import msgspec
import pytest

from server import config as settings
from server.dealings import Peer
from server.main import opened
from server.model import ActivityId, JobId, JobKind, Millis, TargetId
from server.promises import DeliverPromise
from tests.cli.program import Place, fixatif, quickly

HOST = "peer.example"
_AGES_AGO = Millis(1_000)


async def fill(place: Place) -> None:
    """Have one delivery given up, two waiting, and a server fail."""
    async with opened(settings.load(place.config, {})) as instance:
        ana = await instance.flows.accounts.named("ana")
        now = instance.seams.clock.now()
        failing = Peer(
            HOST,
            failures=6,
            failing_since=Millis(now - 7_300_000),
            failed_at=now,
            paused_until=Millis(now + 119_000),
            reason="The inbox answered 502.",
        )
        promised = DeliverPromise(ActivityId(1), f"https://{HOST}/inbox", ana.id, 5)
        async with instance.seams.library.transaction() as tx:
            for number in (1, 2, 3):
                await tx.jobs.add(
                    JobKind.DELIVER,
                    msgspec.json.encode(promised),
                    job_id=JobId(number),
                    run_at=_AGES_AGO,
                    queue=HOST,
                    priority=6,
                )
            await tx.jobs.bury(JobId(1), "The inbox answered 413.")
            await tx.peers.put(failing)
            await tx.peers.put(replace(failing, host="dead.example", dead_at=now))


async def undelivered(place: Place) -> list[str]:
    async with (
        opened(settings.load(place.config, {})) as instance,
        instance.seams.library.reading() as tx,
    ):
        found = await tx.peers.undelivered([TargetId(5)])
    return [one.reason for one in found.get(TargetId(5), [])]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("retry", "9"), "No job 9 waits or was given up: see 'fixatif jobs list'."),
        (("bury", "9"), "There is no job 9: see 'fixatif jobs list'."),
        (
            ("retry", "--all-of", "x.example"),
            "Nothing waits for x.example: see 'fixatif jobs list --kind deliver'.",
        ),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(
    place: Place, words: tuple[str, ...], complaint: str
) -> None:
    done = quickly("jobs", *words, "--config", place.config)
    assert (done.status, done.out, done.err) == (1, "", f"Error: {complaint}\n")


@pytest.mark.parametrize(
    "words",
    [
        ("retry",),
        ("retry", "1", "--all-of", HOST),
        ("retry", "x"),
        ("retry", "0"),
        ("bury",),
        ("list", "--state", "lost"),
        ("list", "--kind", "poetry"),
        ("list", "--limit", "0"),
    ],
)
def test_wrong_usage_is_status_2(place: Place, words: tuple[str, ...]) -> None:
    assert quickly("jobs", *words, "--config", place.config).status == 2


def test_an_empty_queue_says_so(place: Place) -> None:
    done = quickly("jobs", "list", "--config", place.config)
    assert (done.status, done.out) == (0, "Nothing waits.\n")


async def test_the_list_counts_names_and_explains(place: Place) -> None:
    await fill(place)
    shown = fixatif("jobs", "list", cwd=place.folder).out.splitlines()
    assert shown[1].split() == ["deliver", "2", "0", "1"]
    assert shown[2].startswith("The oldest that is due waits for ")
    text = "\n".join(shown)
    assert "failing for 2 hours, 6 times in a row, paused for another 2 minutes" in text
    assert "dead.example" in text
    assert "given up: The inbox answered 502." in text
    assert shown[-1].split(maxsplit=3)[:3] == ["1", "deliver", HOST]
    assert shown[-1].endswith("The inbox answered 413.")


async def test_machines_get_the_same(place: Place) -> None:
    await fill(place)
    done = fixatif("jobs", "list", "--json", "--state", "waiting", cwd=place.folder)
    found = json.loads(done.out)
    assert found["counts"] == {"deliver": {"waiting": 2, "running": 0, "buried": 1}}
    assert found["oldest_due"] == "1970-01-01T00:00:01+00:00"
    assert [one["id"] for one in found["waiting"]] == ["2"]  # each server's first
    assert {one["host"]: one["given_up"] is None for one in found["servers"]} == {
        HOST: True,
        "dead.example": False,
    }
    none = fixatif("jobs", "list", "--json", "--kind", "sweep", cwd=place.folder)
    assert json.loads(none.out)["buried"] == []


async def test_a_job_is_retried_and_given_up_by_hand(place: Place) -> None:
    await fill(place)
    done = fixatif("jobs", "retry", "1", cwd=place.folder)
    assert (done.status, done.out) == (0, "Job 1 is due now.\n")
    assert await undelivered(place) == []
    done = fixatif("jobs", "bury", "1", cwd=place.folder)
    assert (done.status, done.out) == (0, "Job 1 is given up.\n")
    assert await undelivered(place) == ["It was given up by hand."]


async def test_everything_for_a_server_is_retried_at_once(place: Place) -> None:
    await fill(place)
    done = fixatif("jobs", "retry", "--all-of", HOST.upper(), cwd=place.folder)
    assert (done.status, done.out) == (0, f"1 job for {HOST} is due now.\n")
    async with (
        opened(settings.load(place.config, {})) as instance,
        instance.seams.library.reading() as tx,
    ):
        counts = (await tx.jobs.counts())[JobKind.DELIVER]
        peer = await tx.peers.by_host(HOST)
    assert (counts.waiting, counts.buried) == (3, 0)
    assert peer is not None
    assert peer.paused_until == 0
