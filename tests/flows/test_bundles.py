"""A bundle of evidence: all that was recorded about one work, and nothing that can be altered."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from server.bundle_page import page
from server.bundles import moment, problems, read
from server.errors import Invalid, NotFound
from server.model import RenditionName
from server.shots import Shot, ShotId, Video
from server.videos import VideoType
from server.visitors import VisitorClass
from tests.two_servers.stage import Stage


async def bundle(stage: Stage) -> dict[str, Any]:
    known = stage.flows
    ana = await stage.artist("ana")
    other = await stage.artist("ben")
    await stage.hang(other)
    work = await stage.hang(ana)
    await known.ledger.begin()
    known.work_visits.count(
        VisitorClass.AI_TRAINING, "GPTBot", f"/@ana/{work.id}-x", 90, is_refused=True
    )
    await known.work_visits.flush()
    opened = f"/media/{work.pictures[0].media_key}/large.avif"
    for token in ("one", "one", "two"):
        known.looking.count(token, opened, RenditionName.LARGE, 7)
    await known.looking.flush()
    await known.ledger.seal()
    made = await known.evidence.bundle(f"https://art.test/@ana/{work.id}-hare")
    signed: dict[str, Any] = await known.attesting.attested(made)
    return json.loads(json.dumps(signed))  # type: ignore[no-any-return]  # as a reader has it


@pytest.mark.parametrize(
    "url", ["https://art.test/@ana/7-x", "https://far.test/@ana/7", "x", "", "https://art.test/"]
)
async def test_an_address_that_is_no_work_here_is_refused(stage: Stage, url: str) -> None:
    with pytest.raises(NotFound):
        await stage.flows.evidence.bundle(url)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"format":"x"}', b"[" * 99_999])
async def test_what_is_no_bundle_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(Invalid, match="no bundle of evidence"):
        read(body)


async def test_a_bundle_says_what_was_served_who_was_refused_and_can_be_checked(
    stage: Stage,
) -> None:
    made = await bundle(stage)
    (served,) = made["served"]
    assert (served["contentUsage"], served["until"]) == ("train-ai=n, ai-use=n", None)
    assert ["X-Robots-Tag", "noai, noimageai, noarchive"] in served["headers"]
    (came,) = made["machines"]
    assert (came["crawler"], came["requests"], came["refused"]) == ("GPTBot", 1, 1)
    looks = sorted(made["closerLooks"], key=lambda one: int(one["requests"]))
    assert [(one["rendition"], one["requests"], one["bytes"]) for one in looks] == [
        ("large", 1, 7),
        ("large", 2, 14),
    ]
    assert problems(made) == []
    assert await stage.flows.attesting.is_ours(made)
    written = page(made, "hare.json")
    assert "<td>large</td><td>2</td><td>3</td>" in written
    del made["closerLooks"]
    assert "Nobody is recorded" in page(made, "hare.json")  # one of before
    assert "GPTBot" in written
    assert "noai, noimageai, noarchive" in written
    entries = {one["scope"] for one in made["ledger"]["entries"]}
    assert entries == {"house", "artist", "work"}
    assert len(made["ledger"]["chain"]) > len(made["ledger"]["entries"])  # of others: hashes alone


async def test_a_bundle_names_what_shows_how_the_work_was_made(stage: Stage) -> None:
    ana = await stage.artist("ana")
    work = await stage.hang(ana)
    await stage.flows.ledger.begin()
    await stage.flows.ledger.seal()
    film = Video("key", VideoType.WEBM, "f" * 64, 2**40, 640, 360)
    day = stage.clock.now()
    shots = [
        Shot(ShotId(8), work.id, ana.id, 0, "day.webm", day, caption="Day <1>", video=film),
        Shot(ShotId(9), work.id, ana.id, 1, "ink.webm", day, video=replace(film, media_key="two")),
    ]
    async with stage.library.transaction() as tx:
        for shot in shots:
            await tx.shots.put(shot)
    made = await stage.flows.evidence.bundle(f"https://art.test/@ana/{work.id}-hare")
    named = {"video": {"sha256": "f" * 64, "bytes": 2**40}, "added": moment(day)}
    assert made["work"]["process"] == [{"caption": "Day <1>", **named}, {"caption": "", **named}]
    written = page(made, "hare.json")
    assert "SHA-256 of video 2 of how it was made" in written
    assert "Day &lt;1&gt;" in written
    assert problems(json.loads(json.dumps(made))) == []
    del made["work"]["process"]
    assert "how it was made" not in page(made, "hare.json").partition("How to verify")[0]


ALTERED: list[tuple[tuple[str | int, ...], object]] = [
    (("served", 0, "contentUsage"), "train-ai=y"),
    (("served", 0, "from"), "2020-01-01T00:00:00.000+00:00"),
    (("ledger", "entries", 0, "at"), 1),
    (("ledger", "entries", 0, "usage"), "train-ai=y"),
    (("ledger", "entries", 0, "subject"), "aa"),
    (("ledger", "salt"), "00" * 32),
    (("ledger", "end"), "00" * 32),
    (("ledger", "chain", 0), "00" * 32),
    (("ledger", "heads", 0, "hash"), "00" * 32),
    (("ledger", "entries"), None),
    (("ledger", "chain"), [1]),
    (("work", "number"), "x"),
]


async def test_whatever_is_altered_in_a_bundle_shows_even_to_who_knows_no_key(stage: Stage) -> None:
    made = await bundle(stage)
    for path, value in ALTERED:
        altered = copy.deepcopy(made)
        inside: Any = altered
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value
        assert problems(altered), path
        assert not await stage.flows.attesting.is_ours(altered)


async def test_a_title_that_is_markup_stays_text_on_the_printed_page(stage: Stage) -> None:
    made = await bundle(stage)
    made["work"]["title"] = "<script>alert(1)</script>"
    assert "<script" not in page(made, "x.json")
