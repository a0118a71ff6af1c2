"""Why the policy says what it says; rules as sentences."""

import pytest

from server.explaining import Passed, document_of, explain, lines_of
from server.phrasing import PRESET_MEANINGS, effect_of, sentence_of
from server.policy import PRESETS, compile_policy
from server.rules import ACTIONS, ConditionKind, Door
from server.tiers import Standing, Tier, TierSource
from tests.pure.policy_table import ROWS, facts_of, policy_of, read_rules

RULES = "a: class=seo -> refuse; !b: class=tool -> refuse; c: class=tool path=/x -> throttle"


def test_an_explanation_names_the_rule_its_version_and_its_reason() -> None:
    compiled = compile_policy(policy_of("web", RULES))
    told = explain(facts_of("web", "as=tool path=/x/y"), compiled, 7)
    assert (told.action, told.rule, told.number, told.version) == ("throttle", "c", 3, 7)
    assert (told.reason, told.shadows) == ("Because of c.", ("b",))
    assert told.passed == (Passed("a", ConditionKind.CLASS), Passed("b", None))
    text = "\n".join(lines_of(told))
    assert "rule 3, “c”, of version 7" in text
    assert "Automatic programs are served slowly below /x." in text
    assert document_of(told)["rule"] == "c"


def test_an_explanation_says_who_says_so_of_a_server() -> None:
    standing = Standing(Tier.REFUSED, TierSource.LIST, "The big list")
    facts = facts_of("inbound", "peer=bad.example tier=refused")
    told = explain(facts, compile_policy(policy_of("inbound", "")), 1, standing)
    assert (told.action, told.rule, told.number) == ("refuse", "tier.refused", 0)
    assert "refused (list: The big list)" in "\n".join(lines_of(told))


def test_what_no_rule_can_close_says_so() -> None:
    compiled = compile_policy(policy_of("web", "a: -> refuse"))
    told = explain(facts_of("web", "as=ai-training path=/robots.txt"), compiled, 1)
    assert told.is_always_open
    assert told.passed == ()
    assert "no rule can close" in lines_of(told)[0]


@pytest.mark.parametrize(("door", "rules", "facts", "action", "who"), ROWS)
def test_an_explanation_says_what_the_engine_decides(
    door: str, rules: str, facts: str, action: str, who: str
) -> None:
    told = explain(facts_of(door, facts), compile_policy(policy_of(door, rules)), 1)
    assert told.action == action
    assert told.rule == who or not who
    assert lines_of(told)


@pytest.mark.parametrize(
    ("door", "rule", "sentence"),
    [
        (
            *("web", "a: class=ai-training -> refuse"),
            "Crawlers that gather training data are refused on pages.",
        ),
        ("web", "a: -> throttle", "Everybody is served slowly."),
        (
            *("web", "a: class=tool,seo user_agent=Odd network=10.0.0.0/8 path=/x -> refuse"),
            "Automatic programs and marketing crawlers calling themselves Odd from the network ",
        ),
        (
            *("media", "a: class=visitor proof=none rendition=large,full -> preview"),
            "Visitors with a browser without any proof that want the size large or full get small ",
        ),
        (
            *("inbound", "a: type=Create ai=generated peer=x.example -> hold"),
            "New posts made by AI from x.example wait for a moderator.",
        ),
        (
            *("inbound", "a: hashtag=nft,coin younger_than_days=7 -> hide"),
            "Everything tagged #nft or #coin from accounts younger than 7 days is kept out of ",
        ),
        ("inbound", "a: follows=none -> hold", "Everything from people whom nobody here knows "),
        (
            *("outbound", "a: tier=limited sensitive=true -> link-only"),
            "Works and posts for limited servers marked as sensitive are sent as a link.",
        ),
        (
            *("inbound", "a: peer=a.example,b.example,c.example,d.example,e.example -> refuse"),
            "Everything from a.example, b.example, c.example and 2 more is refused.",
        ),
    ],
)
def test_a_rule_is_one_plain_sentence(door: str, rule: str, sentence: str) -> None:
    assert sentence_of(read_rules(door, rule)[0]).startswith(sentence)


@pytest.mark.parametrize(("door", "rules"), [(row[0].partition(":")[0], row[1]) for row in ROWS])
def test_every_rule_of_the_table_can_be_said(door: str, rules: str) -> None:
    for rule in read_rules(door, rules):
        assert sentence_of(rule).endswith(".")


def test_every_action_and_preset_has_words() -> None:
    assert PRESET_MEANINGS.keys() == PRESETS.keys()
    for door in Door:
        assert all(effect_of(door, action) for action in ACTIONS[door])
