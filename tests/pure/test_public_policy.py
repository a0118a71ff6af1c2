"""What everybody may read of a policy, and what nobody else has to know."""

import json
from dataclasses import replace

import pytest

from server.model import ContentUsage, Preference
from server.policy import OPEN, PRESETS, STANDARD_NO_AI, Policy, RenditionLimits
from server.public_policy import changes, document, proof_sentence, public_rules
from server.rules import Action, Condition, ConditionKind, Door, Proof, Rule

SECRETS = {
    ConditionKind.NETWORK: "203.0.113.0/24",
    ConditionKind.PEER: "secret.example",
    ConditionKind.ACTOR: "eve@secret.example",
    ConditionKind.TOKEN: "secret.example",
    ConditionKind.USER_AGENT: "SecretBot",
    ConditionKind.HASHTAG: "secret",
    ConditionKind.PATH: "/secret",
}


def with_rules(*rules: Rule) -> Policy:
    return replace(STANDARD_NO_AI, rules=rules)


def secret_rule(kind: ConditionKind, *, shadow: bool = False) -> Rule:
    inbound = {ConditionKind.PEER, ConditionKind.ACTOR, ConditionKind.HASHTAG}
    door = Door.INBOUND if kind in inbound else Door.MEDIA
    door = Door.WEB if kind is ConditionKind.PATH else door
    when = (Condition(kind, (SECRETS[kind],)),)
    return Rule("Nobody's business", door, when, Action.REFUSE, "They scrape.", shadow)


@pytest.mark.parametrize("kind", list(SECRETS))
def test_whom_a_rule_names_is_not_told_but_that_and_why_it_acts_is(kind: ConditionKind) -> None:
    (told,) = public_rules(with_rules(secret_rule(kind)))
    assert told.sentence.startswith("Certain ")
    assert told.because == "They scrape."
    whole = json.dumps(document(with_rules(secret_rule(kind))))
    for text in (told.sentence, whole, *changes(OPEN, with_rules(secret_rule(kind)))):
        assert SECRETS[kind] not in text
        assert "business" not in text
    assert "They scrape." in whole


def test_a_shadow_acts_on_nobody_and_is_not_told() -> None:
    assert public_rules(with_rules(secret_rule(ConditionKind.PEER, shadow=True))) == ()


def test_every_preset_reads_as_sentences_at_its_doors() -> None:
    for policy in PRESETS.values():
        for rule in public_rules(policy):
            assert rule.sentence[0].isupper()
            assert rule.sentence.endswith(".")
        assert set(document(policy)["doors"]) == {str(door) for door in Door}  # type: ignore[call-overload]


def test_each_change_is_one_sentence() -> None:
    usage = ContentUsage(Preference.NO, Preference.YES)
    sizes = replace(STANDARD_NO_AI.renditions, visitor=800)
    after = replace(STANDARD_NO_AI, content_usage=usage, renditions=sizes, rules=())
    found = changes(STANDARD_NO_AI, after)
    assert found[0] == "Feeding works to AI is permitted now. Before, it was refused."
    assert found[1] == "Anybody may have up to 800 pixels on the longest side; before, 1,280."
    assert all(one.startswith("No longer: ") for one in found[2:])
    assert len(found) == 2 + len(public_rules(STANDARD_NO_AI))
    assert isinstance(sizes, RenditionLimits)


def test_what_is_asked_of_a_browser_is_told_and_so_is_its_change() -> None:
    asking = replace(
        STANDARD_NO_AI, renditions=replace(STANDARD_NO_AI.renditions, proof=Proof.WORK)
    )
    (said,) = changes(STANDARD_NO_AI, asking)
    assert "solves a small sum" in said
    assert "solves a small sum" in proof_sentence(asking)
    assert "keeps a cookie" in proof_sentence(STANDARD_NO_AI)
    assert proof_sentence(OPEN) == ""  # everybody sees all there is
    assert document(asking)["renditions"]["proof"] == "work"  # type: ignore[index]


def test_what_is_not_public_is_told_as_no_more_than_that() -> None:
    one = secret_rule(ConditionKind.PEER)
    other = replace(one, when=(Condition(ConditionKind.PEER, ("other.example",)),))
    assert changes(with_rules(one), with_rules(other)) == (
        "Nothing changed but details that are not public.",
    )
