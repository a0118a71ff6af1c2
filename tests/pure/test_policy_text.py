"""A policy as text: what is refused and how that is said, and that nothing is lost on the way."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.model import ContentUsage, Preference, RenditionName
from server.policy import OPEN, PRESETS, STANDARD_NO_AI, Policy
from server.policy_text import read_policy, write_policy
from server.rules import ACTIONS, CONDITIONS, Condition, ConditionKind, Door, Rule
from server.visitors import VisitorClass

REFUSED_TEXTS = {
    "unknown preset": ('preset = "x"', "preset (line 1)", "standard-no-ai"),
    "unknown key": ('\ncolour = "red"', "colour (line 2)", "content_usage"),
    "unknown table": ("[colours]", "colours (line 1)", "content_usage"),
    "unknown preference": (
        '[content_usage]\ntrain = "n"',
        "content_usage.train (line 2)",
        "train-ai",
    ),
    "wrong answer": ('[content_usage]\nsearch = "no"', "content_usage.search (line 2)", '"n"'),
    "true is no answer": ("[content_usage]\nsearch = true", "content_usage.search", '"n"'),
    "unknown ai choice": ('[ai_works]\nlocal = "hold"', "ai_works.local (line 2)", "require-label"),
    "unknown audience": ("[renditions]\nboss = 9", "renditions.boss (line 2)", "visitor"),
    "no number": ('[renditions]\npeer = "9"', "renditions.peer (line 2)", "pixels"),
    "true is no number": ("[renditions]\npeer = true", "renditions.peer (line 2)", "pixels"),
    "too small": ("[renditions]\npeer = 0", "renditions.peer (line 2)", "160"),
    "too large": ("[renditions]\npeer = 70000", "renditions.peer (line 2)", "65535"),
    "person below visitor": ("[renditions]\nperson = 900", "renditions.person", "raise"),
    "rules no list": ("rules = 1", "rules (line 1)", "[[rules]]"),
    "preset no text": ("preset = []", "preset (line 1)", "open"),
    "table no table": ("ai_works = 1", "ai_works (line 1)", "[ai_works]"),
    "no toml": ("preset = \n", "line 1", "correct"),
    "huge number": (f"[renditions]\npeer = {'9' * 9000}", "too large", "shorten"),
    "huge hexadecimal": (f"[renditions]\npeer = 0x{'f' * 9000}", "renditions.peer", "pixels"),
    "deep nesting": ("a = " + "[" * 50_000, "too large", "shorten"),
}
RULE = '[[rules]]\nname = "a"\ndoor = "web"\nwhen = {}\nthen = "refuse"\nbecause = "So."\n'
REFUSED_RULES = {
    "no name": (RULE.replace('name = "a"\n', ""), "rules[1].name (line 1)", "text"),
    "twice": (RULE + RULE, "rules[2].name (line 8)", "another name"),
    "unknown key": (RULE + "colour = 1", "rules[1].colour (line 7)", "shadow"),
    "no door": (RULE.replace('door = "web"\n', ""), "rules[1].door (line 1)", "outbound"),
    "unknown door": (RULE.replace('"web"', '"cat"'), "rules[1].door (line 3)", "outbound"),
    "unknown action": (RULE.replace("refuse", "eat"), "rules[1].then (line 5)", "throttle"),
    "action of another door": (RULE.replace("refuse", "hold"), "rules[1].then", "throttle"),
    "no when": (RULE.replace("when = {}\n", ""), "rules[1].when", "when = {}"),
    "no reason": (RULE.replace('because = "So."\n', ""), "rules[1].because", "text"),
    "reason on two lines": (RULE.replace("So.", r"So\nit is"), "rules[1].because", "one line"),
    "shadow no boolean": (RULE + "shadow = 1", "rules[1].shadow (line 7)", "true"),
    "second rule is wrong": (
        RULE + RULE.replace('"a"', '"b"').replace('"web"', '"cat"'),
        "rules[2].door (line 9)",
        "web",
    ),
}
REFUSED_CONDITIONS = {
    "unknown condition": ("{ colour = 1 }", "rules[1].when.colour (line 4)", "user_agent"),
    "condition of another door": ('{ type = "Create" }', "at the door web", "user_agent"),
    "unknown class": ('{ class = "cat" }', "rules[1].when.class (line 4)", "ai-training"),
    "empty list": ("{ class = [] }", "rules[1].when.class (line 4)", "at least one"),
    "empty value": ('{ path = "" }', "rules[1].when.path (line 4)", "text"),
    "no text": ("{ path = 1 }", "rules[1].when.path (line 4)", "text"),
    "no path": ('{ path = "studio" }', "rules[1].when.path (line 4)", "slash"),
    "no domain": ('{ peer = "https://a.example/" }', "rules[1].when.peer (line 4)", "example.org"),
    "pattern": ('{ peer = "*.example" }', "rules[1].when.peer (line 4)", "example.org"),
}


@pytest.mark.parametrize(
    ("text", "where", "hint"),
    [
        *REFUSED_TEXTS.values(),
        *REFUSED_RULES.values(),
        *(
            (RULE.replace("{}", when), where, hint)
            for when, where, hint in REFUSED_CONDITIONS.values()
        ),
    ],
    ids=[*REFUSED_TEXTS, *REFUSED_RULES, *REFUSED_CONDITIONS],
)
def test_a_wrong_text_is_refused_by_key_and_line_with_what_may_stand_there(
    text: str, where: str, hint: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_policy(text)
    assert where in refusal.value.message
    assert hint in refusal.value.message
    assert "\n" not in refusal.value.message


def test_an_endless_text_is_refused() -> None:
    with pytest.raises(Invalid, match="shorten"):
        read_policy("#" * 5_000_000)


def test_an_empty_text_is_the_default_preset() -> None:
    assert read_policy("") == STANDARD_NO_AI


def test_what_is_left_out_is_the_presets_but_a_given_usage_is_given_whole() -> None:
    policy = read_policy(
        'preset = "open"\n[content_usage]\ntrain-ai = "n"\n[renditions]\nvisitor = 900\n'
    )
    assert policy.content_usage == ContentUsage(train_ai=Preference.NO)
    assert policy.renditions == replace(OPEN.renditions, visitor=900)
    assert (policy.rules, policy.ai_works) == (OPEN.rules, OPEN.ai_works)


def test_the_example_of_the_documentation_is_understood() -> None:
    policy = read_policy("""
preset = "standard-no-ai"
[content_usage]
train-ai = "n"
ai-use = "n"
[ai_works]
local = "require-label"
remote = "label"
[renditions]
visitor = 1280
person = 2048
peer = 2880
[[rules]]
name = "No training crawlers"
door = "web"                 # web | media | inbound | outbound
when = { class = ["ai-training", "dataset", "forged"] }
then = "refuse"
because = "All rights are reserved against AI training here."
shadow = false
""")
    assert policy == replace(STANDARD_NO_AI, rules=STANDARD_NO_AI.rules[:1])


def test_a_single_value_needs_no_list_and_a_domain_is_lowered() -> None:
    text = RULE.replace("{}", '{ class = "tool", peer = "Evil.Example" }')
    assert read_policy(text).rules[0].when == (
        Condition(ConditionKind.CLASS, ("tool",)),
        Condition(ConditionKind.PEER, ("evil.example",)),
    )


@pytest.mark.parametrize("policy", list(PRESETS.values()), ids=lambda policy: policy.preset)
def test_a_written_preset_reads_back_the_same(policy: Policy) -> None:
    assert read_policy(write_policy(policy)) == policy


def test_a_policy_without_rules_reads_back_without_rules() -> None:
    policy = replace(STANDARD_NO_AI, rules=())
    assert read_policy(write_policy(policy)) == policy


VALUES = {
    ConditionKind.CLASS: st.sampled_from([str(each) for each in VisitorClass]),
    ConditionKind.RENDITION: st.sampled_from([str(each) for each in RenditionName]),
    ConditionKind.PEER: st.from_regex(r"\A[a-z0-9]{1,9}(\.[a-z]{2,5})?(:[0-9]{2})?\Z"),
    ConditionKind.PATH: st.from_regex(r"\A/[ -~]{0,20}\Z"),
    ConditionKind.USER_AGENT: st.from_regex(r"\A[!-~]{1,20}\Z"),
    ConditionKind.TYPE: st.from_regex(r"\A[A-Za-z\"\\]{1,20}\Z"),
}
LETTERS = st.characters(categories=["L", "N", "P", "S"]) | st.just(" ")
TEXTS = st.text(LETTERS, max_size=40).map("x{}".format)


@st.composite
def any_rule(draw: st.DrawFn) -> Rule:
    door = draw(st.sampled_from(Door))
    kinds = draw(st.lists(st.sampled_from(CONDITIONS[door]), unique=True))
    when = tuple(
        Condition(kind, tuple(draw(st.lists(VALUES[kind], min_size=1, max_size=3))))
        for kind in kinds
    )
    then = draw(st.sampled_from(ACTIONS[door]))
    return Rule(draw(TEXTS), door, when, then, draw(TEXTS), draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(st.lists(any_rule(), max_size=4, unique_by=lambda rule: rule.name))
def test_whatever_rules_are_written_read_back_the_same(rules: list[Rule]) -> None:
    policy = replace(STANDARD_NO_AI, rules=tuple(rules))
    assert read_policy(write_policy(policy)) == policy
