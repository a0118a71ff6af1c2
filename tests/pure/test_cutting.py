"""Whether the rules let a follow stand, as a table."""

import pytest

from server.cutting import Judge, host_of
from server.model import ActorId, Follow, FollowState, Millis
from server.passages import CrossFollow
from server.policy import compile_policy
from server.policy_text import read_policy
from server.rulings import Rules
from server.tiers import FederationMode, Tier, Word, build_tiers

THEIRS, OURS = True, False
NOT_CUT = ""


def crossing(*, is_theirs: bool, called: str = "bob@far.example") -> CrossFollow:
    follow = Follow(ActorId(1), ActorId(2), FollowState.ACCEPTED, "https://x.example/1", Millis(0))
    uri = "https://far.example/users/bob"
    return CrossFollow(follow, is_theirs, "ana", ActorId(1), uri, called, f"{uri}/inbox")


def rules(door: str = "", when: str = "", then: str = "refuse", **words: Tier) -> Rules:
    rule = (
        f'[[rules]]\nname = "R"\ndoor = "{door}"\nwhen = {{ {when} }}\nthen = "{then}"\n'
        'because = "So."\n'
    )
    policy = read_policy('preset = "open"\n' + (rule if door else "rules = []"))
    said = {domain.replace("_", "."): Word(tier, "") for domain, tier in words.items()}
    return Rules(compile_policy(policy), build_tiers(said, {}, (), FederationMode.OPEN))


@pytest.mark.parametrize(
    ("is_theirs", "made", "rule"),
    [
        (THEIRS, rules(), NOT_CUT),
        (THEIRS, rules("inbound", 'peer = "far.example"'), "R"),
        (OURS, rules("inbound", 'peer = "far.example"'), "R"),
        (OURS, rules("inbound", 'peer = "example"'), "R"),
        (OURS, rules("inbound", 'peer = "other.example"'), NOT_CUT),
        (THEIRS, rules("inbound", 'type = "Follow"'), "R"),
        (OURS, rules("inbound", 'type = "Follow"'), NOT_CUT),  # their posts still come
        (THEIRS, rules("inbound", 'type = "Create"'), NOT_CUT),  # they still get ours
        (OURS, rules("inbound", 'type = "Create"'), "R"),
        (OURS, rules("inbound", 'type = "Create", media = "video"'), NOT_CUT),  # only some
        (OURS, rules("inbound", 'type = "Create"', "hold"), NOT_CUT),
        (OURS, rules("inbound", 'type = "Create", younger_than_days = 3'), NOT_CUT),
        (THEIRS, rules("inbound", 'actor = "bob@far.example"'), "R"),
        (THEIRS, rules("inbound", 'actor = "eve@far.example"'), NOT_CUT),
        (THEIRS, rules("outbound", 'peer = "far.example"'), "R"),
        (THEIRS, rules("outbound", 'type = "Create"'), "R"),
        (OURS, rules("outbound", 'type = "Create"'), NOT_CUT),
        (OURS, rules("outbound", 'type = "Follow"'), "R"),
        (THEIRS, rules("outbound", 'visibility = "followers"'), NOT_CUT),  # public ones still go
        (THEIRS, rules("outbound", 'peer = "far.example"', "link-only"), NOT_CUT),
        (THEIRS, rules("web", 'peer = "far.example"'), NOT_CUT),
    ],
)
def test_a_follow_is_cut_where_nothing_could_come_of_it(
    *, is_theirs: bool, made: Rules, rule: str
) -> None:
    refusal = Judge(made).refusal(crossing(is_theirs=is_theirs))
    assert (refusal.rule if refusal else NOT_CUT) == rule


@pytest.mark.parametrize("is_theirs", [THEIRS, OURS])
def test_a_tier_cuts_as_a_rule_does(*, is_theirs: bool) -> None:
    follow = crossing(is_theirs=is_theirs)
    assert Judge(rules(far_example=Tier.REFUSED)).refusal(follow) is not None
    assert Judge(rules(far_example=Tier.LIMITED)).refusal(follow) is None


def test_what_is_said_of_a_name_holds_wherever_its_server_stands() -> None:
    follow = crossing(is_theirs=True, called="bob@called.example")
    assert Judge(rules(called_example=Tier.REFUSED)).refusal(follow) is not None
    assert Judge(rules("inbound", 'peer = "called.example"')).refusal(follow) is not None


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://far.example/users/bob", "far.example"),
        ("https://FAR.example:443/inbox", "far.example"),
        ("https://far.example:8443/inbox", "far.example:8443"),
        ("", ""),
    ],
)
def test_a_host_is_named_as_the_doors_name_it(uri: str, host: str) -> None:
    assert host_of(uri) == host
