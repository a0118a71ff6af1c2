"""What passes the doors is counted: cheaply, within bounds, and without a word about people."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from server.changes import NewPolicy
from server.envelopes import MOST_AN_HOUR, Envelopes
from server.errors import Unavailable
from server.looking import Looking
from server.main import answering, listening
from server.model import ActorId, AiLabel, RenditionName, Visibility
from server.passages import DAY, Envelope, VisitSum
from server.policy import STANDARD_NO_AI
from server.policy_text import write_policy
from server.rules import Allow, Door, Hold, InboundFacts, OutboundFacts
from server.tiers import Tier
from server.visitors import VisitorClass
from server.visits import MOST_A_DAY, Visit, Visits
from tests.two_servers.stage import START, Stage
from tests.web.house import recorded_log

SHADOWED = (
    write_policy(STANDARD_NO_AI)
    + """
[[rules]]
name = "Perhaps no far"
door = "inbound"
when = { peer = ["far.example"] }
then = "refuse"
because = "They scrape."
shadow = true

[[rules]]
name = "Perhaps no search"
door = "web"
when = { class = ["search"] }
then = "refuse"
because = "Nobody is to be found."
shadow = true
"""
)
INBOUND = InboundFacts(
    peer="far.example",
    type="Create",
    tier=Tier.KNOWN,
    actor="bo@far.example",
    actor_uri="https://far.example/users/bo",
    ai_label=AiLabel.NONE,
)


async def envelopes_of(stage: Stage) -> list[Envelope]:
    async with stage.library.reading() as tx:
        return await tx.envelopes.page(START, limit=100_000)


async def visits_of(stage: Stage) -> list[VisitSum]:
    async with stage.library.reading() as tx:
        return await tx.visits.page(stage.clock.now() // DAY)


def visit(**fields: object) -> Visit:
    given = {
        "door": Door.WEB,
        "visitor": VisitorClass.VISITOR,
        "user_agent": "Mozilla/5.0 (X11) Firefox/140.0",
        "path": "/@ana/12-blue-hour",
        "network": "203.0.113.0/24",
        "bytes": 1_000,
        **fields,
    }
    return Visit(**given)  # type: ignore[arg-type]


async def test_decisions_are_kept_without_text_and_counted_within_the_hour(stage: Stage) -> None:
    envelopes: Envelopes = stage.flows.envelopes
    outbound = OutboundFacts(peer="far.example", type="Create", visibility=Visibility.PUBLIC)
    for _ in range(3):
        envelopes.note(INBOUND, Hold("A rule", "why"))
    envelopes.note(outbound, Allow(), ActorId(5))
    await envelopes.flush()
    stage.clock.advance(seconds=1)
    envelopes.note(INBOUND, Hold("A rule", "why"))
    await envelopes.flush()
    kept = {each.facts.door: each for each in await envelopes_of(stage)}
    assert kept[Door.INBOUND] == Envelope(
        replace(INBOUND, tier=None), "hold", "A rule", at=stage.clock.now(), number=4
    )
    assert kept[Door.OUTBOUND].artist_id == 5


async def test_a_flood_of_names_is_remembered_by_server_and_then_not_at_all(stage: Stage) -> None:
    envelopes: Envelopes = stage.flows.envelopes
    for number in range(MOST_AN_HOUR + 500):
        envelopes.note(replace(INBOUND, actor=f"u{number}@far.example"), Allow())
    for number in range(500):
        envelopes.note(replace(INBOUND, peer=f"p{number}.example"), Allow())
    assert len(envelopes._waiting) <= MOST_AN_HOUR + 1
    await envelopes.flush()
    kept = await envelopes_of(stage)
    assert sum(each.number for each in kept) == MOST_AN_HOUR + 1_000
    stage.clock.advance(hours=1)
    envelopes.note(INBOUND, Allow())
    await envelopes.flush()
    assert (await envelopes_of(stage))[-1].facts == replace(INBOUND, tier=None)


async def test_names_from_elsewhere_have_a_length_that_we_choose(stage: Stage) -> None:
    envelopes: Envelopes = stage.flows.envelopes
    tags = frozenset(f"tag{number}" for number in range(1_000))
    envelopes.note(replace(INBOUND, type="x" * 10_000, hashtags=tags), Allow())
    await envelopes.flush()
    facts = (await envelopes_of(stage))[0].facts
    assert isinstance(facts, InboundFacts)
    assert (len(facts.type), len(facts.hashtags)) == (200, 30)


async def test_what_cannot_be_written_waits_for_the_next_time(stage: Stage) -> None:
    class Away:
        async def join(self, _deed: object) -> None:
            raise Unavailable("The disk is full.")

    envelopes, visits = stage.flows.envelopes, stage.flows.visits
    library, envelopes.library, visits.library = stage.library, Away(), Away()
    envelopes.note(INBOUND, Allow())
    visits.count(visit())
    await envelopes.flush()
    await visits.flush()
    envelopes.note(INBOUND, Allow())
    visits.count(visit())
    envelopes.library = visits.library = library
    await envelopes.flush()
    await visits.flush()
    assert [each.number for each in await envelopes_of(stage)] == [2]
    assert [each.requests for each in await visits_of(stage)] == [2]


async def test_a_million_networks_cost_bounded_memory_and_rows(stage: Stage) -> None:
    visits: Visits = stage.flows.visits
    for number in range(MOST_A_DAY + 20_000):
        network = f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.0/24"
        visits.count(visit(network=network))
    assert len(visits._sums) <= MOST_A_DAY + 1
    assert sum(sums[0] for sums in visits._sums.values()) == MOST_A_DAY + 20_000


async def test_visits_know_crawlers_by_name_and_paths_by_their_first_segment(stage: Stage) -> None:
    visits: Visits = stage.flows.visits
    visits.count(
        visit(user_agent="Mozilla/5.0 (compatible; GPTBot/1.2)", visitor=VisitorClass.AI_TRAINING)
    )
    visits.count(visit(path="", is_refused=True))
    await visits.flush()
    kept = await visits_of(stage)
    assert {(each.key.crawler, each.key.segment, each.refused) for each in kept} == {
        ("GPTBot", "@ana", 0),
        ("", "", 1),
    }


async def test_every_answer_is_counted_with_the_bytes_that_went_out(stage: Stage) -> None:
    listener = listening("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    bot = {"User-Agent": "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"}
    async with (
        answering(stage.instance.app(), listener, shutdown_seconds=1),
        ClientSession(headers={"User-Agent": "Mozilla/5.0 (X11) Firefox/140.0"}) as visitor,
    ):
        async with visitor.get(f"{address}/policy?secret=1") as page:
            body = await page.read()
        async with visitor.get(f"{address}/", headers=bot) as refused:
            assert refused.status == 403
        async with visitor.get(f"{address}/no/such/place") as nothing:
            assert nothing.status == 404
        async with visitor.get(f"{address}/healthz") as healthy:
            await healthy.read()
    await stage.flows.visits.flush()
    kept = {(each.key.crawler, each.key.segment): each for each in await visits_of(stage)}
    assert set(kept) == {("", "policy"), ("GPTBot", ""), ("", "")}
    assert kept["", "policy"].bytes > len(body)
    assert kept["", "policy"].key.network == "127.0.0.0/24"
    assert (kept["GPTBot", ""].refused, kept["GPTBot", ""].requests) == (1, 1)


NO_HTTP = (
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000 + b"\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /inbox HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /inbox HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
)


@pytest.mark.parametrize("sent", NO_HTTP)
async def test_what_is_no_http_is_refused_without_a_word_in_the_log(
    stage: Stage, sent: bytes
) -> None:
    listener = listening("127.0.0.1", 0)
    with recorded_log() as log:
        async with answering(stage.instance.app(), listener, shutdown_seconds=1):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(sent)
            answer = await reader.read(12)
            await reader.read()
            writer.close()
            async with (
                ClientSession() as visitor,
                visitor.get(f"http://127.0.0.1:{listener.getsockname()[1]}/healthz") as healthy,
            ):
                assert healthy.status == 200
    assert answer.partition(b" ")[2][:1] == b"4"
    assert "Traceback" not in log.getvalue()
    assert "127.0.0.1" not in log.getvalue()


async def test_shadow_rules_leave_their_mark_and_are_told_with_numbers(stage: Stage) -> None:
    boss = await stage.artist("boss")
    await stage.flows.governing.apply(None, NewPolicy(SHADOWED))
    for _ in range(3):
        stage.flows.envelopes.note(INBOUND, Allow())
    stage.flows.envelopes.note(replace(INBOUND, peer="other.example"), Allow())
    facts = stage.flows.watch.over(INBOUND)
    assert facts == ("Perhaps no far",)
    stage.flows.visits.count(visit(shadow_rules=("Perhaps no search",), bytes=50))
    await stage.flows.envelopes.flush()
    await stage.flows.visits.flush()
    told = await stage.flows.shadows.so_far(replace(boss, role="admin"))
    assert set(told) == {"Perhaps no far", "Perhaps no search"}
    far = told["Perhaps no far"]
    assert (far.requests, far.by_peer) == (3, (("far.example", 3),))
    assert [each.facts.peer for each in far.samples] == ["far.example"]
    assert (told["Perhaps no search"].bytes, told["Perhaps no search"].by_crawler) == (
        50,
        (("visitor", 1),),
    )


async def test_closer_looks_keep_a_hash_that_is_another_one_tomorrow(stage: Stage) -> None:
    work = await stage.hang(await stage.artist("ana"))
    path = f"/media/{work.pictures[0].media_key}/large.avif"
    looking = stage.flows.looking
    for token in ("one", "one", "two"):
        looking.count(token, path, RenditionName.LARGE, 100)
    looking.count("one", "/artists", RenditionName.LARGE, 100)
    await looking.flush()
    stage.clock.advance(hours=24)
    looking.count("one", path, RenditionName.LARGE, 100)
    await looking.flush()
    async with stage.library.reading() as tx:
        later, *first = await tx.comers.looks_of_work(work.id)
    assert sorted((one.requests, one.bytes) for one in first) == [(1, 100), (2, 200)]
    assert later.token not in {one.token for one in first}
    assert all(len(one.token) == 16 for one in (later, *first))
    stage.clock.advance(hours=24 * 90)
    await stage.instance.sweeping.sweep(b"")
    async with stage.library.reading() as tx:
        assert await tx.comers.looks_of_work(work.id) == [later]


async def test_beyond_a_days_bound_closer_looks_are_counted_without_their_tokens(
    stage: Stage,
) -> None:
    work = await stage.hang(await stage.artist("ana"))
    path = f"/media/{work.pictures[0].media_key}/large.avif"
    looking = Looking(stage.library, stage.clock, stage.flows.media_tokens, most_a_day=3)
    for number in range(9):
        looking.count(f"token {number}", path, RenditionName.LARGE, 1)
    await looking.flush()
    async with stage.library.reading() as tx:
        found = await tx.comers.looks_of_work(work.id)
    assert sorted(one.requests for one in found) == [1, 1, 1, 6]
    assert [one.requests for one in found if not one.token] == [6]


async def test_the_sweep_forgets_what_is_older_than_a_month(stage: Stage) -> None:
    stage.flows.envelopes.note(INBOUND, Allow())
    stage.flows.visits.count(visit())
    await stage.flows.envelopes.flush()
    await stage.flows.visits.flush()
    stage.clock.advance(hours=30 * 24)
    await stage.instance.sweeping.sweep(b"")
    assert len(await envelopes_of(stage)) == 1
    stage.clock.advance(hours=25)
    await stage.instance.sweeping.sweep(b"")
    assert await envelopes_of(stage) == []
    async with stage.library.reading() as tx:
        assert await tx.visits.page(START // DAY) == []
