"""What is refused and what is warned of before a policy is applied."""

from dataclasses import replace

import pytest

from server.errors import Invalid
from server.policy import OPEN, PRESETS, STANDARD_NO_AI, FederationTerms, Policy
from server.rulechecks import Weight, check, refuse_lock_out
from server.rules import Proof
from server.tiers import FederationMode
from tests.pure.policy_table import read_rules


def with_rules(door: str, text: str) -> Policy:
    return replace(OPEN, rules=read_rules(door, text))


@pytest.mark.parametrize(
    "rules",
    [
        "a: -> refuse",
        "a: class=member -> refuse",
        "a: path=/ -> refuse",
        "a: path=/login -> refuse",
        "a: path=/admin -> refuse",
        "a: path=/admin/policy -> refuse",
        "a: user_agent=Mozilla -> refuse",
        "a: network=0.0.0.0/0 -> refuse",
        "a: network=0.0.0.0/1,128.0.0.0/1 -> refuse",
        "a: network=::/0 -> refuse",
        "b: class=tool -> allow; a: -> refuse",
        "b: class=member path=/admin -> allow; a: -> refuse",
        "!b: -> allow; a: -> refuse",
    ],
)
def test_a_policy_that_locks_everybody_out_is_refused_by_the_rules_name(rules: str) -> None:
    with pytest.raises(Invalid, match="“a” would refuse"):
        refuse_lock_out(with_rules("web", rules))
    [first, *_] = check(with_rules("web", rules))
    assert (first.weight, first.rule) == (Weight.REFUSAL, "a")


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "a: class=tool -> refuse",
        "a: user_agent=Firefox -> refuse",
        "a: network=10.0.0.0/8 -> refuse",
        "a: path=/@ana -> refuse",
        "a: -> throttle",
        "!a: -> refuse",
        "b: path=/login,/admin -> allow; a: -> refuse",
        "a: class=peer -> refuse",
        "a: class=visitor path=/tags -> refuse",
        "a: class=visitor -> refuse",
        "b: class=member -> throttle; a: -> refuse",
    ],
)
def test_a_policy_that_leaves_a_way_in_is_not_refused(rules: str) -> None:
    refuse_lock_out(with_rules("web", rules))


@pytest.mark.parametrize("policy", PRESETS.values(), ids=PRESETS)
def test_nothing_is_wrong_with_the_presets(policy: Policy) -> None:
    assert check(policy) == ()


@pytest.mark.parametrize(
    ("door", "rules", "said"),
    [
        ("inbound", "a: -> refuse", "every follow would end"),
        ("inbound", "a: tier=ally,known,neutral -> refuse", "every follow would end"),
        ("outbound", "a: -> refuse", "every follow would end"),
        ("web", "a: class=peer -> refuse", "nobody could follow"),
        ("web", "a: class=feed -> refuse", "feed readers"),
        ("web", "a: class=visitor -> refuse", "everybody who is not signed in"),
        ("web", "a: class=visitor -> refuse", "add the class person to it"),
        ("web", "b: class=tool -> allow; a: class=tool -> refuse", "“b” stands before it"),
        ("web", "b: class=tool -> refuse; a: class=tool -> refuse", "does the same already"),
        ("web", "b: class=tool,seo -> refuse; a: class=seo path=/x -> throttle", "never reached"),
        ("web", "b: path=/x -> throttle; a: path=/x/y,/x/z -> refuse", "never reached"),
        ("web", "b: path=/ -> throttle; a: class=tool -> refuse", "never reached"),
        ("web", "b: network=10.0.0.0/8 -> throttle; a: network=10.1.0.0/16 -> refuse", "never"),
        ("web", "b: user_agent=Odd -> throttle; a: user_agent=Odd/2 -> refuse", "never"),
        ("inbound", "b: peer=x.example -> hide; a: peer=y.x.example -> refuse", "never reached"),
        ("inbound", "b: younger_than_days=9 -> hide; a: younger_than_days=2 -> hold", "never"),
        ("inbound", "b: hashtag=x,y -> hide; a: hashtag=y type=Create -> hold", "never reached"),
        ("inbound", "b: peer=q.example -> hide; !a: peer=q.example -> refuse", "never reached"),
        ("inbound", "a: hashtag=art -> allow", "servers that are refused"),
        ("outbound", "a: sensitive=false -> full", "servers that are refused"),
        ("web", "a: path=/robots.txt -> refuse", "no effect"),
    ],
)
def test_what_its_author_can_hardly_have_meant_is_told(door: str, rules: str, said: str) -> None:
    told = [each.message for each in check(with_rules(door, rules)) if each.rule == "a"]
    assert any(said in message for message in told), told


@pytest.mark.parametrize(
    ("door", "rules"),
    [
        ("web", "a: class=tool -> throttle; b: class=tool,seo -> refuse"),
        ("web", "a: class=tool path=/x -> throttle; b: class=tool -> refuse"),
        ("web", "!a: class=tool -> throttle; b: class=tool -> refuse"),
        ("web", "a: network=10.1.0.0/16 -> throttle; b: network=10.0.0.0/8 -> refuse"),
        ("web", "a: user_agent=Odd -> throttle; b: user_agent=Oddity -> refuse"),
        ("web", "a: class=unknown -> throttle; b: path=/x -> refuse"),
        ("media", "a: proof=none class=tool -> preview; b: class=tool -> refuse"),
        ("inbound", "a: peer=y.x.example -> hide; b: peer=x.example -> refuse"),
        ("inbound", "a: younger_than_days=2 -> hold; b: younger_than_days=9 -> hide"),
        ("inbound", "a: type=Create -> hold; b: -> hide"),
        ("inbound", "a: actor=eve@x.example -> allow"),
    ],
)
def test_rules_that_each_do_something_are_left_alone(door: str, rules: str) -> None:
    assert check(with_rules(door, rules)) == ()


def test_a_reservation_that_nothing_enforces_is_told() -> None:
    [concern] = check(replace(STANDARD_NO_AI, rules=()))
    assert "train-ai" in concern.message


def test_an_allow_list_is_told_to_end_follows() -> None:
    closed = replace(OPEN, federation=FederationTerms(FederationMode.ALLOW_LIST))
    [concern] = check(closed)
    assert "not on it" in concern.message


def test_a_sum_that_nobody_has_to_solve_is_told() -> None:
    asking = replace(OPEN, renditions=replace(OPEN.renditions, proof=Proof.WORK))
    (concern,) = check(asking)
    assert "visitors see as much without" in concern.message
    assert check(replace(asking, renditions=replace(asking.renditions, visitor=800))) == ()
    assert check(replace(asking, rules=read_rules("media", "a: class=visitor -> prove"))) == ()
