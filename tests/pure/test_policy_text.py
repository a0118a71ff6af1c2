"""A policy as text: what is refused and how that is said, and that nothing is lost on the way."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.condition_text import CHOICES, read_condition
from server.errors import Invalid
from server.model import ContentUsage, Preference
from server.policy import OPEN, PRESETS, STANDARD_NO_AI, FederationTerms, Policy
from server.policy_text import read_policy, write_policy
from server.rules import ACTIONS, CONDITIONS, Condition, ConditionKind, Door, Proof, Rule
from server.tiers import FederationMode

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
    "unknown mode": ('[federation]\nmode = "shut"', "federation.mode (line 2)", "allow-list"),
    "true is no number": ("[renditions]\npeer = true", "renditions.peer (line 2)", "pixels"),
    "no proof": ('[renditions]\nproof = "none"', "renditions.proof (line 2)", "cookie"),
    "unknown proof": ("[renditions]\nproof = 3", "renditions.proof (line 2)", "work"),
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
REFUSED_INBOUND = {
    "nobody": ('{ actor = "ana" }', "rules[1].when.actor (line 4)", "name@example.org"),
    "type in small": ('{ type = "create" }', "rules[1].when.type (line 4)", "write Create"),
    "no type": ('{ type = "a b" }', "rules[1].when.type (line 4)", "Announce"),
    "two tags": ('{ hashtag = "a b" }', "rules[1].when.hashtag (line 4)", "one word"),
    "days in quotes": ('{ younger_than_days = "7" }', "younger_than_days (line 4)", "quotes"),
    "no days": ("{ younger_than_days = 0 }", "younger_than_days (line 4)", "1 to"),
    "true days": ("{ younger_than_days = true }", "younger_than_days (line 4)", "1 to"),
    "several days": ("{ younger_than_days = [7, 8] }", "younger_than_days (line 4)", "single"),
    "unknown ai": ('{ ai = "yes" }', "rules[1].when.ai (line 4)", "assisted"),
    "unknown medium": ('{ media = "text" }', "rules[1].when.media (line 4)", "video"),
    "unknown bond": ('{ follows = "me" }', "rules[1].when.follows (line 4)", "followed-here"),
}
REFUSED_OUTBOUND = {
    "sensitive text": ('{ sensitive = "true" }', "rules[1].when.sensitive (line 4)", "false"),
    "draft": ('{ visibility = "draft" }', "rules[1].when.visibility (line 4)", "unlisted"),
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
    "pattern": ('{ peer = "*.a.example" }', "rules[1].when.peer (line 4)", "write a.example"),
    "network": ('{ network = "1.2.3" }', "rules[1].when.network (line 4)", "192.0.2.0/24"),
    "long prefix": ('{ network = "192.0.2.0/33" }', "when.network (line 4)", "192.0.2.0/24"),
    "inside": ('{ network = "192.0.2.9/24" }', "when.network (line 4)", "write 192.0.2.0/24"),
    "network card": ('{ network = "fe80::1%eth0" }', "when.network (line 4)", "network"),
    "starred path": ('{ path = "/@ada/*" }', "rules[1].when.path (line 4)", "below"),
    "starred agent": ('{ user_agent = "GPT*" }', "rules[1].when.user_agent (line 4)", "GPTBot"),
    "unknown tier": ('{ tier = "friend" }', "rules[1].when.tier (line 4)", "ally"),
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
        *(
            (RULE.replace("{}", when).replace('"web"', f'"{door}"'), where, hint)
            for door, refused in (("inbound", REFUSED_INBOUND), ("outbound", REFUSED_OUTBOUND))
            for when, where, hint in refused.values()
        ),
    ],
    ids=[
        *(*REFUSED_TEXTS, *REFUSED_RULES, *REFUSED_CONDITIONS),
        *(*REFUSED_INBOUND, *REFUSED_OUTBOUND),
    ],
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


def test_the_presets_ask_for_a_cookie_and_a_policy_may_ask_for_a_sum() -> None:
    assert {each.renditions.proof for each in PRESETS.values()} == {Proof.COOKIE}
    policy = read_policy('[renditions]\nproof = "work"')
    assert policy.renditions.proof is Proof.WORK
    assert read_policy(write_policy(policy)) == policy
    assert 'proof = "work"' in write_policy(policy)


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


@pytest.mark.parametrize(
    ("door", "when", "kind", "values"),
    [
        ("web", 'peer = "Bücher.Example."', "peer", ("xn--bcher-kva.example",)),
        ("web", 'peer = ["a.example", "A.example", "a.example:8443"]', "peer", None),
        ("web", 'peer = "[2001:DB8::1]:8443"', "peer", ("[2001:db8::1]:8443",)),
        ("web", 'network = "192.0.2.7"', "network", ("192.0.2.7/32",)),
        ("web", 'network = "::ffff:192.0.2.0/120"', "network", ("192.0.2.0/24",)),
        ("media", 'network = "2001:0db8::/32"', "network", ("2001:db8::/32",)),
        ("inbound", 'hashtag = ["#Art", "STRASSE"]', "hashtag", ("art", "strasse")),
        ("inbound", 'actor = "@Ana@A.Example"', "actor", ("ana@a.example",)),
        ("inbound", "younger_than_days = 7", "younger_than_days", ("7",)),
        ("outbound", "sensitive = true", "sensitive", ("true",)),
    ],
)
def test_each_value_has_one_spelling(
    door: str, when: str, kind: str, values: tuple[str, ...] | None
) -> None:
    text = RULE.replace("{}", f"{{ {when} }}").replace('"web"', f'"{door}"')
    expected = values or ("a.example", "a.example:8443")
    assert read_policy(text).rules[0].when == (Condition(ConditionKind(kind), expected),)


@pytest.mark.parametrize("policy", list(PRESETS.values()), ids=lambda policy: policy.preset)
def test_a_written_preset_reads_back_the_same(policy: Policy) -> None:
    assert read_policy(write_policy(policy)) == policy


def test_a_closed_house_reads_back_closed() -> None:
    policy = replace(OPEN, federation=FederationTerms(FederationMode.ALLOW_LIST))
    assert read_policy(write_policy(policy)) == policy


def test_a_policy_without_rules_reads_back_without_rules() -> None:
    policy = replace(STANDARD_NO_AI, rules=())
    assert read_policy(write_policy(policy)) == policy


VALUES: dict[ConditionKind, st.SearchStrategy[str]] = {
    **{kind: st.sampled_from([str(each) for each in named]) for kind, named in CHOICES.items()},
    ConditionKind.PEER: st.from_regex(r"\A[a-z0-9]{1,9}(\.[a-z]{2,5})?(:[0-9]{2})?\Z"),
    ConditionKind.TOKEN: st.from_regex(r"\A[a-z0-9]{1,9}\.[a-z]{2,5}\Z"),
    ConditionKind.PATH: st.from_regex(r"\A/[!-)+->@-~]{0,20}\Z"),
    ConditionKind.USER_AGENT: st.from_regex(r"\A[!-)+-9;-~]{1,20}\Z"),
    ConditionKind.NETWORK: st.ip_addresses().map(lambda address: str(ip_network(address)))
    | st.sampled_from(["192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0"]),
    ConditionKind.ACTOR: st.sampled_from(
        ["ana@a.example", "https://a.example/users/Ana", "o'neil@b.example:8443"]
    ),
    ConditionKind.HASHTAG: st.sampled_from(["art", "straße".casefold(), "絵", "猫-2"]),
    ConditionKind.TYPE: st.sampled_from(["Create", "Announce", "Sculpture"]),
    ConditionKind.YOUNGER_THAN_DAYS: st.integers(1, 900).map(str),
    ConditionKind.SENSITIVE: st.sampled_from(["true", "false"]),
}
SINGLE = {ConditionKind.YOUNGER_THAN_DAYS, ConditionKind.SENSITIVE}
LETTERS = st.characters(categories=["L", "N", "P", "S"]) | st.just(" ")
TEXTS = st.text(LETTERS, max_size=40).map("x{}".format)


def values_of(kind: ConditionKind) -> st.SearchStrategy[list[str]]:
    most = 1 if kind in SINGLE else 3
    plain = VALUES[kind].map(lambda text: read_condition(kind, toml_of(kind, text)).values[0])
    return st.lists(plain, min_size=1, max_size=most, unique=True)


def toml_of(kind: ConditionKind, text: str) -> object:
    if kind is ConditionKind.YOUNGER_THAN_DAYS:
        return int(text)
    return text == "true" if kind is ConditionKind.SENSITIVE else text


@st.composite
def any_rule(draw: st.DrawFn) -> Rule:
    door = draw(st.sampled_from(Door))
    kinds = draw(st.lists(st.sampled_from(CONDITIONS[door]), unique=True))
    when = tuple(Condition(kind, tuple(draw(values_of(kind)))) for kind in kinds)
    then = draw(st.sampled_from(ACTIONS[door]))
    return Rule(draw(TEXTS), door, when, then, draw(TEXTS), draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(st.lists(any_rule(), max_size=4, unique_by=lambda rule: rule.name))
def test_whatever_rules_are_written_read_back_the_same(rules: list[Rule]) -> None:
    policy = replace(STANDARD_NO_AI, rules=tuple(rules))
    assert read_policy(write_policy(policy)) == policy
