"""A dry run says what a change would do, by the engine that will do it."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.changes import NewPolicy, NewWord
from server.errors import Invalid
from server.impact import Impact, document_of
from server.model import ActorId, AiLabel, Follow, FollowState, RenditionName
from server.policy import STANDARD_NO_AI, decide
from server.policy_text import write_policy
from server.rules import Door, InboundFacts, OutboundFacts
from server.tiers import Tier
from server.visitors import VisitorClass
from server.visits import Visit
from tests.two_servers.peers import Peer
from tests.two_servers.stage import Stage

STANDARD = write_policy(STANDARD_NO_AI)


def rule(name: str, door: str, when: str, then: str) -> str:
    return (
        f'\n[[rules]]\nname = "{name}"\ndoor = "{door}"\nwhen = {{ {when} }}\n'
        f'then = "{then}"\nbecause = "Because."\n'
    )


async def preview(stage: Stage, change: Any, days: int = 7) -> Impact:
    await stage.flows.envelopes.flush()
    await stage.flows.visits.flush()
    found: Impact = await stage.flows.governing.preview(None, change, days)
    return found


def note(stage: Stage, facts: Any, times: int = 1, artist: int = 0) -> None:
    now = stage.flows.house.now
    known = replace(facts, tier=now.tiers.tier_of(facts.peer))
    for _ in range(times):
        stage.flows.envelopes.note(known, decide(facts.door, known, now.compiled), ActorId(artist))


def visit(stage: Stage, **fields: Any) -> None:
    stage.flows.visits.count(
        Visit(
            **{
                "door": Door.WEB,
                "visitor": VisitorClass.SEARCH,
                "user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)",
                "path": "/@ana/1-hare",
                "network": "203.0.113.0/24",
                "bytes": 1_000,
                **fields,
            }
        )
    )


@pytest.mark.parametrize("days", [0, 31])
async def test_a_dry_run_of_other_than_one_to_thirty_days_is_refused(
    stage: Stage, days: int
) -> None:
    with pytest.raises(Invalid, match="1 to 30 days"):
        await preview(stage, NewPolicy(STANDARD), days)


async def test_where_nothing_was_recorded_a_dry_run_says_so_with_zeroes(stage: Stage) -> None:
    impact = await preview(stage, NewPolicy(STANDARD + rule("X", "inbound", "", "refuse")))
    assert (impact.replay.activities, impact.replay.requests, impact.replay.changed) == (0, 0, 0)
    assert impact.severed_follows == ()


async def test_activities_are_counted_by_rule_peer_and_artist(stage: Stage) -> None:
    ana = await stage.artist()
    far = InboundFacts(peer="far.example", type="Create", actor="bo@far.example")
    note(stage, far, 5, ana.id)
    note(stage, replace(far, peer="near.example", actor="cy@near.example"), 2)
    note(stage, OutboundFacts(peer="far.example", type="Create"), 3, ana.id)
    change = NewPolicy(STANDARD + rule("No far", "inbound", 'peer = ["far.example"]', "refuse"))
    replay = (await preview(stage, change)).replay
    assert (replay.activities, replay.changed, replay.newly_refused) == (10, 5, 5)
    by_rule = {(each.rule, each.action): (each.before, each.after) for each in replay.by_rule}
    assert by_rule == {("No far", "refuse"): (0, 5), ("", "allow"): (7, 2), ("", "full"): (3, 3)}
    assert [(each.peer, each.toll.total, each.toll.refused_after) for each in replay.by_peer] == [
        ("far.example", 8, 5),
        ("near.example", 2, 0),
    ]
    assert [(each.handle, each.toll.changed) for each in replay.by_artist] == [("ana", 5)]


async def test_a_rule_that_only_logs_is_told_with_what_it_would_log_and_changes_nothing(
    stage: Stage,
) -> None:
    far = InboundFacts(peer="far.example", type="Create", actor="bo@far.example")
    note(stage, far, 5)
    note(stage, replace(far, peer="near.example"), 2)
    visit(stage)
    rules = (
        rule("Nobody", "inbound", 'peer = ["none.example"]', "refuse") + "shadow = true\n",
        rule("No far", "inbound", 'peer = ["far.example"]', "hold") + "shadow = true\n",
        rule("Small", "inbound", 'peer = ["far.example"]', "strip-media"),
        rule("Too late", "inbound", "", "refuse") + "shadow = true\n",
        rule("No search", "web", 'class = ["search"]', "refuse") + "shadow = true\n",
    )
    replay = (await preview(stage, NewPolicy(STANDARD + "".join(rules)))).replay
    assert (replay.changed, replay.newly_refused) == (5, 0)
    told = {(one.rule, one.action): (one.before, one.after) for one in replay.by_rule}
    assert told["Small", "strip-media"] == (0, 5)
    assert {one.rule: one.after for one in replay.by_rule if one.is_logged} == {
        "No far": 5,
        "Nobody": 0,
        "Too late": 2,  # the others were decided before it
        "No search": 1,
    }
    await stage.flows.governing.apply(None, NewPolicy(STANDARD + "".join(rules)))
    again = (await preview(stage, NewPolicy(STANDARD))).replay
    assert {one.rule: (one.before, one.after) for one in again.by_rule if one.is_logged} == {
        "No far": (5, 0),
        "Nobody": (0, 0),
        "Too late": (2, 0),
        "No search": (1, 0),
    }


async def test_a_word_changes_the_tier_that_is_asked_and_what_is_allowed_again_is_told(
    stage: Stage,
) -> None:
    note(stage, InboundFacts(peer="sub.far.example", type="Create"), 4)
    await stage.flows.governing.apply(None, NewWord("far.example", Tier.REFUSED))
    replay = (await preview(stage, NewWord("far.example", Tier.ALLY))).replay
    assert (replay.newly_allowed, replay.newly_refused) == (4, 0)
    assert (replay.by_peer[0].tier_before, replay.by_peer[0].tier_after) == (
        Tier.REFUSED,
        Tier.ALLY,
    )


async def test_crawlers_are_told_by_name_with_requests_and_bytes(stage: Stage) -> None:
    for _ in range(3):
        visit(stage)
    visit(stage, door=Door.MEDIA, path="/media/x/view.jpg", rendition="view", bytes=90_000)
    visit(stage, visitor=VisitorClass.VISITOR, user_agent="Mozilla/5.0 Firefox/140.0")
    change = NewPolicy(
        STANDARD
        + rule("Nobody searches", "web", 'class = ["search"]', "refuse")
        + rule("Nor looks", "media", 'rendition = ["view"]', "preview")
    )
    document = document_of(await preview(stage, change))
    assert document["crawlers"] == [
        {
            "class": "search",
            "crawler": "Googlebot",
            "requests": 4,
            "bytes": 93_000,
            "refused_before": 0,
            "refused_after": 3,
            "changed": 4,
        }
    ]
    assert [each["class"] for each in document["visitors"]] == ["visitor"]
    assert {each["rule_after"] for each in document["samples"]} >= {"Nobody searches", "Nor looks"}


async def test_networks_and_first_segments_are_what_rules_can_be_tried_on(stage: Stage) -> None:
    visit(stage)
    visit(stage, network="198.51.100.0/24", path="/browse")
    change = NewPolicy(
        STANDARD
        + rule("No net", "web", 'network = ["203.0.0.0/16"]', "refuse")
        + rule("No browsing", "web", 'path = ["/browse"]', "refuse")
    )
    assert (await preview(stage, change)).replay.newly_refused == 2


async def test_what_visits_cannot_tell_is_said(stage: Stage) -> None:
    impact = await preview(
        stage,
        NewPolicy(
            STANDARD
            + rule("Deep", "web", 'path = ["/@ana/12"]', "refuse")
            + rule("Odd", "web", 'user_agent = ["Lynx"]', "throttle")
            + rule("Narrow", "web", 'network = ["203.0.113.7/32"]', "refuse")
        ),
    )
    assert len(impact.caveats) == 3
    assert "first part" in impact.caveats[0]


async def test_samples_are_twenty_spread_over_rules_changed_ones_first(stage: Stage) -> None:
    for number in range(30):
        note(stage, InboundFacts(peer=f"p{number}.example", type="Create"))
        note(stage, InboundFacts(peer=f"p{number}.example", type="Like"))
        note(stage, InboundFacts(peer=f"p{number}.example", type="X", ai_label=AiLabel.GENERATED))
    change = NewPolicy(
        STANDARD
        + rule("One", "inbound", 'type = ["Create"]', "hold")
        + rule("Two", "inbound", 'type = ["Like"]', "refuse")
    )
    samples = (await preview(stage, change)).replay.samples
    assert len(samples) == 20
    assert [each.rule_after for each in samples[:4]].count("One") == 2
    assert all(each.before != each.after for each in samples)


async def test_only_the_days_asked_for_are_replayed(stage: Stage) -> None:
    note(stage, InboundFacts(peer="far.example", type="Create"))
    visit(stage)
    await stage.flows.envelopes.flush()
    await stage.flows.visits.flush()
    stage.clock.advance(hours=8 * 24)
    assert (await preview(stage, NewPolicy(STANDARD))).replay.activities == 0
    month = (await preview(stage, NewPolicy(STANDARD), 30)).replay
    assert (month.activities, month.requests) == (1, 1)


async def test_a_rendition_of_another_version_is_passed_over(stage: Stage) -> None:
    visit(stage, door=Door.MEDIA, rendition="poster")
    visit(stage, door=Door.MEDIA, rendition=str(RenditionName.TILE))
    assert (await preview(stage, NewPolicy(STANDARD))).replay.requests == 1


CONDITIONS = st.sampled_from(
    [
        "",
        'peer = ["p0.test"]',
        'peer = ["p1.test", "p2.test"]',
        'peer = ["test"]',
        'actor = ["u0@p0.test"]',
        'actor = ["https://p1.test/users/u1"]',
        'type = ["Follow"]',
        'type = ["Create"]',
        'tier = ["limited", "ally"]',
        'follows = ["follows-here"]',
    ]
)
DECIDED = {"inbound": ["allow", "hold", "refuse"], "outbound": ["full", "link-only", "refuse"]}


@st.composite
def rules(draw: Any) -> str:
    text = STANDARD
    for number in range(draw(st.integers(0, 4))):
        door = draw(st.sampled_from(sorted(DECIDED)))
        when = draw(CONDITIONS)
        if door == "outbound" and when.startswith(("actor", "follows")):
            when = 'visibility = ["public"]'
        text += rule(f"r{number}", door, when, draw(st.sampled_from(DECIDED[door])))
    return text


async def crowd(stage: Stage) -> None:
    """Let artists here and people elsewhere follow each other, some not yet accepted."""
    chance = random.Random(4)  # noqa: S311 - the same crowd each time
    artists = [await stage.artist(f"a{number}") for number in range(2)]
    for number in range(4):
        peer = Peer(f"u{number}", f"p{number % 3}.test")
        actor = await stage.meet(peer)
        async with stage.library.transaction() as tx:
            for artist in artists:
                for pair in ((actor, artist), (artist, actor)):
                    state = chance.choice([FollowState.ACCEPTED, FollowState.PENDING])
                    uri = f"https://x.test/{pair[0].id}/{pair[1].id}"
                    await tx.relations.put_follow(
                        Follow(pair[0].id, pair[1].id, state, uri, stage.clock.now())
                    )


async def suspended(stage: Stage) -> set[tuple[str, str, bool]]:
    async with stage.library.reading() as tx:
        found = await tx.severances.suspended()
    return {(each.local_handle, each.remote_address, each.is_theirs) for _, each in found}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(rules() | st.sampled_from(list(Tier)) | st.none(), min_size=1, max_size=4))
async def test_what_a_dry_run_says_is_cut_and_restored_is_what_is_cut_and_restored(
    stage: Stage, changes: list[Any]
) -> None:
    async with stage.library.reading() as tx:
        is_new = await tx.artists.by_handle("a0") is None
    if is_new:
        await crowd(stage)
    for each in changes:
        change = NewPolicy(each) if isinstance(each, str) and "=" in each else None
        if change is None:
            change = NewWord("p1.test", None if each is None else Tier(each))
        was = await suspended(stage)
        impact = await stage.flows.governing.preview(None, change)
        applied = await stage.flows.governing.apply(None, change, typed="art.test")
        cut = {(one.local, one.remote, one.is_theirs) for one in impact.severed_follows}
        back = {(one.local, one.remote, one.is_theirs) for one in impact.restored_follows}
        now = await suspended(stage)
        assert (now - was, was - now) == (cut, back)
        assert (applied.severed, applied.restored) == (len(cut), len(back))


async def test_a_dry_run_says_for_how_many_pictures_a_sum_would_be_solved(stage: Stage) -> None:
    person = {"user_agent": "Mozilla/5.0 Firefox/140.0", "path": f"/media/{'a' * 40}/large.avif"}
    for visitor in (VisitorClass.PERSON, VisitorClass.PERSON, VisitorClass.MEMBER):
        visit(
            stage, door=Door.MEDIA, visitor=visitor, rendition=RenditionName.LARGE.value, **person
        )
    asking = STANDARD.replace('proof = "cookie"', 'proof = "work"')
    impact = await preview(stage, NewPolicy(asking))
    found = {(one.rule, one.action): (one.before, one.after) for one in impact.replay.by_rule}
    assert found["renditions.proof", "work"] == (0, 2)
    assert impact.replay.changed == 2
    await stage.flows.governing.apply(None, NewPolicy(asking))
    again = await preview(stage, NewPolicy(STANDARD))
    assert [(one.before, one.after) for one in again.replay.by_rule if one.action == "work"] == [
        (2, 0)
    ]
