"""The policy engine: who is refused at which door, and what a policy text may say."""

import itertools
from dataclasses import replace

import pytest

from server.model import AiLabel, ContentUsage, Preference, RenditionName
from server.policy import (
    OPEN,
    PRESETS,
    STANDARD_NO_AI,
    STRICT_STUDIO,
    AiWorks,
    Policy,
    RemoteAiWorks,
    RenditionLimits,
    compile_policy,
    decide,
    shadow_decisions,
    tighten,
)
from server.rules import (
    Action,
    Allow,
    Condition,
    ConditionKind,
    Decision,
    Door,
    Facts,
    Hold,
    InboundFacts,
    MediaFacts,
    OutboundFacts,
    Refuse,
    Rule,
    WebFacts,
)
from server.visitors import VisitorClass

AI_CLASSES = ("ai-training", "dataset", "forged", "ai-search", "ai-user")
TOOLS_AT_ADA = (
    Condition(ConditionKind.PATH, ("/@ada",)),
    Condition(ConditionKind.CLASS, ("tool", "seo")),
)
Y, N, U = Preference.YES, Preference.NO, Preference.UNSET


def a_rule(
    door: str = "web",
    then: str = "refuse",
    name: str = "rule",
    *,
    shadow: bool = False,
    **when: str,
) -> Rule:
    conditions = tuple(
        Condition(ConditionKind(key), tuple(values.split())) for key, values in when.items()
    )
    return Rule(name, Door(door), conditions, Action(then), f"because of {name}", shadow)


def a_policy(*rules: Rule) -> Policy:
    return replace(STANDARD_NO_AI, rules=rules)


def asked(facts: Facts, *rules: Rule) -> Decision:
    return decide(facts.door, facts, a_policy(*rules))


def visiting(visitor: str, path: str = "/@ada", agent: str = "", peer: str = "") -> WebFacts:
    return WebFacts(VisitorClass(visitor), agent, path, peer)


@pytest.mark.parametrize("visitor", AI_CLASSES)
@pytest.mark.parametrize("preset", ["standard-no-ai", "strict-studio"])
def test_ai_is_refused_pages_and_pictures_with_a_reason(visitor: str, preset: str) -> None:
    policy = PRESETS[preset]
    for facts in (
        visiting(visitor),
        MediaFacts(VisitorClass(visitor), RenditionName.TILE),
    ):
        decision = decide(facts.door, facts, policy)
        assert isinstance(decision, Refuse)
        assert decision.rule
        assert decision.reason.endswith(".")


@pytest.mark.parametrize(
    "path",
    ["/robots.txt", "/.well-known/tdmrep.json", "/policy", "/rsl.xml", "/ai.txt"],
)
def test_no_rule_can_refuse_the_pages_that_state_the_policy(path: str) -> None:
    assert asked(visiting("ai-training", path), a_rule()) == Allow()
    assert asked(visiting("ai-training", f"/@ada{path}"), a_rule()) != Allow()


@pytest.mark.parametrize(
    "visitor", ["member", "peer", "person", "visitor", "search", "preview", "feed"]
)
@pytest.mark.parametrize("policy", list(PRESETS.values()), ids=lambda policy: policy.preset)
def test_no_preset_refuses_people_peers_search_cards_or_feeds(visitor: str, policy: Policy) -> None:
    for facts in (visiting(visitor), MediaFacts(VisitorClass(visitor), RenditionName.VIEW)):
        assert decide(facts.door, facts, policy) == Allow()


@pytest.mark.parametrize(
    ("policy", "action"), [(STANDARD_NO_AI, Action.ALLOW), (STRICT_STUDIO, Action.PREVIEW)]
)
def test_programs_are_slowed_and_get_small_works_in_a_strict_studio(
    policy: Policy, action: Action
) -> None:
    page = decide(Door.WEB, visiting("tool"), policy)
    picture = decide(Door.MEDIA, MediaFacts(VisitorClass.TOOL, RenditionName.VIEW), policy)
    assert isinstance(page, Allow)
    assert isinstance(picture, Allow)
    assert (page.action, picture.action) == (Action.THROTTLE, action)


def test_the_open_preset_refuses_nobody() -> None:
    for visitor in VisitorClass:
        assert isinstance(decide(Door.WEB, visiting(visitor), OPEN), Allow)


def test_the_first_matching_rule_decides() -> None:
    first = a_rule(then="throttle", name="first", path="/@ada")
    second = a_rule(name="second", path="/")
    assert asked(visiting("visitor"), first, second) == Allow(
        "first", "because of first", Action.THROTTLE
    )
    assert asked(visiting("visitor"), second, first) == Refuse("second", "because of second")


def test_every_condition_of_a_rule_must_hold() -> None:
    rule = replace(a_rule(), when=TOOLS_AT_ADA)
    assert isinstance(asked(visiting("tool"), rule), Refuse)
    assert asked(visiting("visitor"), rule) == Allow()
    assert asked(visiting("tool", "/@eve"), rule) == Allow()


def test_a_shadow_rule_decides_nothing_but_tells_what_it_would() -> None:
    shadow = a_rule(name="shadow", shadow=True)
    late = a_rule(name="late", shadow=True)
    live = a_rule(then="throttle", name="live")
    policy = a_policy(shadow, live, late)
    facts = visiting("visitor")
    assert decide(Door.WEB, facts, policy) == Allow("live", "because of live", Action.THROTTLE)
    assert shadow_decisions(Door.WEB, facts, policy) == (Refuse("shadow", "because of shadow"),)
    assert shadow_decisions(Door.WEB, visiting("visitor", "/robots.txt"), policy) == ()


def test_a_rule_of_one_door_says_nothing_at_another() -> None:
    assert asked(InboundFacts("evil.example"), a_rule()) == Allow()


def test_facts_at_the_wrong_door_are_a_mistake_and_no_yes() -> None:
    with pytest.raises(ValueError, match="door"):
        decide(Door.INBOUND, visiting("visitor"), STANDARD_NO_AI)


@pytest.mark.parametrize(
    ("peer", "is_refused"),
    [
        ("evil.example", True),
        ("a.b.evil.example", True),
        ("EVIL.example", True),
        ("evil.example.", True),
        ("evil.example:8443", True),
        ("a.evil.example.:8443", True),
        ("127.0.0.1:8401", True),
        ("127.0.0.1:8402", False),
        ("notevil.example", False),
        ("evil.example.org", False),
        ("example", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("door", ["inbound", "outbound", "web"])
def test_a_peer_rule_means_the_domain_and_its_subdomains(
    door: str, peer: str, *, is_refused: bool
) -> None:
    doors: dict[str, Facts] = {
        "inbound": InboundFacts(peer),
        "outbound": OutboundFacts(peer),
        "web": visiting("peer", peer=peer),
    }
    decision = asked(doors[door], a_rule(door, peer="evil.example 127.0.0.1:8401"))
    assert isinstance(decision, Refuse) is is_refused


@pytest.mark.parametrize(
    ("agent", "is_refused"),
    [
        ("Odd/1.0", True),
        ("Mozilla/5.0 (compatible; Odd; x)", True),
        ("odd/1.0", False),
        ("Oddity/1.0", False),
        ("Not-Odd/1.0", False),
        ("Mastodon/4.5 (+https://Odd/)", False),
    ],
)
def test_a_user_agent_rule_means_a_whole_word_outside_of_addresses(
    agent: str, *, is_refused: bool
) -> None:
    decision = asked(visiting("unknown", agent=agent), a_rule(user_agent="Odd"))
    assert isinstance(decision, Refuse) is is_refused


@pytest.mark.parametrize(
    ("path", "is_refused"),
    [("/studio", True), ("/studio/new", True), ("/studios", False), ("/", False)],
)
def test_a_path_rule_means_the_path_and_all_below(path: str, *, is_refused: bool) -> None:
    assert (
        isinstance(asked(visiting("visitor", path), a_rule(path="/studio")), Refuse) is is_refused
    )


def test_a_type_rule_holds_for_that_activity_alone() -> None:
    rule = a_rule("inbound", "hold", type="Announce")
    assert asked(InboundFacts("a.example", "Announce"), rule) == Hold("rule", "because of rule")
    assert asked(InboundFacts("a.example", "Create"), rule) == Allow()


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("refuse", Refuse),
        ("hold", Hold),
        ("label", Allow),
        ("allow", Allow),
    ],
)
def test_generated_works_from_elsewhere_meet_what_the_policy_says(
    remote: str, expected: type[Decision]
) -> None:
    policy = replace(STANDARD_NO_AI, ai_works=AiWorks(remote=RemoteAiWorks(remote)))
    made = InboundFacts("a.example", "Create", AiLabel.GENERATED)
    decision = decide(Door.INBOUND, made, policy)
    assert isinstance(decision, expected)
    if isinstance(decision, Allow):
        assert decision.action.value == remote
    assert decide(Door.INBOUND, replace(made, ai_label=AiLabel.ASSISTED), policy) == Allow()


def test_a_rule_goes_before_what_is_said_of_generated_works() -> None:
    policy = replace(STRICT_STUDIO, rules=(a_rule("inbound", "allow", peer="ally.example"),))
    facts = InboundFacts("ally.example", "Create", AiLabel.GENERATED)
    assert isinstance(decide(Door.INBOUND, facts, policy), Allow)


def test_a_peer_gets_full_works_where_no_rule_speaks() -> None:
    assert asked(OutboundFacts("a.example")) == Allow(action=Action.FULL)


def test_a_compiled_policy_decides_the_same() -> None:
    compiled = compile_policy(STANDARD_NO_AI)
    for visitor in VisitorClass:
        facts = visiting(visitor)
        assert decide(Door.WEB, facts, compiled) == decide(Door.WEB, facts, STANDARD_NO_AI)


@pytest.mark.parametrize(("base", "overlay"), list(itertools.product((Y, N, U), (Y, N, U))))
def test_tightening_adds_refusals_and_nothing_else(base: Preference, overlay: Preference) -> None:
    expected = N if N in {base, overlay} else base
    for field in ("train_ai", "ai_use", "search"):
        tight = tighten(ContentUsage(**{field: base}), ContentUsage(**{field: overlay}))
        assert tight == ContentUsage(**{field: expected})


def test_the_presets_differ_in_what_they_state() -> None:
    assert STANDARD_NO_AI.content_usage == ContentUsage(N, N, U)
    assert STRICT_STUDIO.content_usage == ContentUsage(N, N, N)
    assert OPEN.content_usage == ContentUsage(Y, Y, Y)
    assert STANDARD_NO_AI.renditions == RenditionLimits(1280, 2048, 2880)
    assert STRICT_STUDIO.renditions.visitor == 800
