"""The engine, row by row, and how quickly it answers what is hostile."""

import time

import pytest

from server.errors import Invalid
from server.matching import holds
from server.policy import compile_policy, decide, refused_already, weigh
from server.policy_text import read_policy
from server.rulechecks import check
from server.rules import Door, InboundFacts, Refuse, WebFacts, action_of
from server.tiers import Tier
from server.visitors import VisitorClass
from tests.pure.policy_table import ROWS, facts_of, policy_of, read_rules


def test_the_table_is_long_and_has_every_door() -> None:
    assert len(ROWS) >= 150
    assert {row[0].partition(":")[0] for row in ROWS} == {str(door) for door in Door}


@pytest.mark.parametrize(("door", "rules", "facts", "action", "who"), ROWS)
def test_the_engine_decides_as_the_table_says(
    door: str, rules: str, facts: str, action: str, who: str
) -> None:
    asked = facts_of(door, facts)
    decision = decide(asked.door, asked, policy_of(door, rules))
    assert action_of(decision) == action
    if who:
        assert decision.rule == who


@pytest.mark.parametrize(
    ("rules", "facts", "is_refused"),
    [
        ("a: peer=bad.example -> refuse", "peer=bad.example", True),
        ("a: actor=ok@bad.example -> allow; b: peer=bad.example -> refuse", "", False),
        ("a: hashtag=art -> allow; b: peer=bad.example -> refuse", "type=Create", False),
        ("a: type=Flag -> allow; b: peer=bad.example -> refuse", "type=Create", True),
        ("a: type=Flag -> allow; b: peer=bad.example -> refuse", "type=Flag", False),
        ("a: hashtag=art -> hold; b: peer=bad.example -> refuse", "type=Create", False),
        ("a: hashtag=art -> refuse; b: peer=bad.example -> refuse", "type=Create", True),
        ("a: hashtag=art -> refuse", "type=Create", False),
        ("!a: hashtag=art -> allow; b: peer=bad.example -> refuse", "type=Create", True),
        ("", "tier=refused", True),
        ("a: hashtag=art -> label", "tier=refused", True),
        ("a: hashtag=art -> allow", "tier=refused", False),
        ("", "tier=limited", False),
    ],
)
def test_nobody_is_refused_early_whom_a_rule_above_may_yet_let_in(
    rules: str, facts: str, *, is_refused: bool
) -> None:
    asked = facts_of("inbound", f"peer=bad.example {facts}")
    early = refused_already(Door.INBOUND, asked, policy_of("inbound", rules))
    assert isinstance(early, Refuse) is is_refused


def test_shadows_before_the_first_live_match_are_told_in_order() -> None:
    policy = policy_of(
        "web", "!a: -> refuse; !b: class=seo -> refuse; !c: -> throttle; d: -> allow"
    )
    weighed = weigh(Door.WEB, WebFacts(VisitorClass.TOOL), policy)
    assert [each.rule for each in weighed.shadows] == ["a", "c"]
    assert weighed.decision.rule == "d"


def test_one_condition_can_be_asked_by_itself() -> None:
    [rule] = read_rules("web", "a: class=tool path=/x -> refuse")
    facts = WebFacts(VisitorClass.TOOL, path="/y")
    assert [holds(facts, each) for each in rule.when] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a" * 4_000_000,
        '"' * 1_000_000,
        "[[rules]]\n" * 100_000,
        "a." * 100_000 + "b = 1",
        '"a"."' + "b" * 9 + '".' + "'a'." * 400_000 + "b = 1",
        "[" + "a . " * 400_000 + "b]",
        '"""' * 500_000,
        '"\\' * 500_000,
        "x = 1\n" * 100_000,
        f"[[rules]]\nname = '{'n' * 1_000_000}'",
    ],
    ids=[
        "deep",
        "long word",
        "quotes",
        "empty rules",
        "dotted",
        "dotted quotes",
        "dotted head",
        "threes",
        "escapes",
        "double",
        "long name",
    ],
)
def test_a_hostile_text_is_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(Invalid):
        read_policy(text)
    assert time.process_time() - started < 5


def test_endless_facts_are_answered_quickly() -> None:
    compiled = compile_policy(
        policy_of("web", "a: path=/a/b/c -> refuse; b: user_agent=Odd -> refuse")
    )
    facts = WebFacts(VisitorClass.TOOL, "Odd " * 1_000_000, "/" * 1_000_000)
    many = InboundFacts("a." * 2_000 + "example", "Create", tier=Tier.NEUTRAL)
    started = time.process_time()
    for _ in range(20):
        decide(Door.WEB, facts, compiled)
        decide(Door.INBOUND, many, compiled)
    assert time.process_time() - started < 1


def test_ten_thousand_rules_are_read_checked_and_asked_in_seconds() -> None:
    started = time.process_time()
    policy = read_policy(many_rules(2_500))
    assert len(policy.rules) == 10_000
    assert {concern.rule for concern in check(policy)} == {""}
    compiled = compile_policy(policy)
    assert time.process_time() - started < 20
    started = time.process_time()
    for n in range(1_000):
        facts = InboundFacts("a.example", "Create", hashtags=frozenset({f"tag{n}"}))
        assert decide(Door.INBOUND, facts, compiled).rule == f"inbound {n}"
    assert time.process_time() - started < 1


def many_rules(count: int) -> str:
    return "".join(
        f'[[rules]]\nname = "{door} {n}"\ndoor = "{door}"\nwhen = {{ {when} }}\n'
        'then = "refuse"\nbecause = "So."\n'
        for n in range(count)
        for door, when in (
            ("web", f'user_agent = "Bot{n}", path = "/x/{n}"'),
            ("media", f'network = "10.{n % 250}.{n // 250}.0/24"'),
            ("inbound", f'hashtag = "tag{n}", type = "Create"'),
            ("outbound", f'peer = "host{n}.example"'),
        )
    )
