"""Rules of a policy added, changed, moved and taken out; pure.

The law: an edit gives a new policy, or `Invalid` where the rule that it is about is not there any
more. Rules move among those of their own door, as those of others do not concern them.
"""

from dataclasses import replace
from enum import StrEnum

from server.errors import Conflict, Invalid
from server.policy import Policy
from server.rules import Rule


class Edit(StrEnum):
    """What a button beside a rule does."""

    UP = "up"
    DOWN = "down"
    REMOVE = "remove"
    PROMOTE = "promote"  # what only logged acts
    SHADOW = "shadow"  # what acted only logs


def put_rule(policy: Policy, rule: Rule, number: int | None = None) -> Policy:
    """Return the policy with a rule in the place of another one, or behind all others."""
    others = [one for at, one in enumerate(policy.rules) if at != number]
    if any(one.name == rule.name for one in others):
        raise Conflict(f"Another rule is called “{rule.name}”; give this one another name.", "name")
    if number is None:
        return replace(policy, rules=(*policy.rules, rule))
    _rule(policy, number)
    changed = (rule if at == number else one for at, one in enumerate(policy.rules))
    return replace(policy, rules=tuple(changed))


def edit_rule(policy: Policy, number: int, edit: Edit) -> Policy:
    """Return the policy after one of the buttons beside a rule; `number` counts from 0."""
    rules = list(policy.rules)
    rule = _rule(policy, number)
    if edit is Edit.REMOVE:
        del rules[number]
    elif edit in {Edit.PROMOTE, Edit.SHADOW}:
        rules[number] = replace(rule, shadow=edit is Edit.SHADOW)
    else:
        other = _neighbour(rules, number, -1 if edit is Edit.UP else 1)
        if other is not None:
            rules[number], rules[other] = rules[other], rule
    return replace(policy, rules=tuple(rules))


def number_of(policy: Policy, name: str) -> int:
    """Return which rule has a name, from 0."""
    for number, rule in enumerate(policy.rules):
        if rule.name == name:
            return number
    raise Invalid(f"There is no rule called “{name}” any more; reload the page.")


def _rule(policy: Policy, number: int) -> Rule:
    if not 0 <= number < len(policy.rules):
        raise Invalid("This rule is not there any more; reload the page.")
    return policy.rules[number]


def _neighbour(rules: list[Rule], number: int, step: int) -> int | None:
    """Return the nearest rule of the same door in one direction."""
    at = number + step
    while 0 <= at < len(rules):
        if rules[at].door is rules[number].door:
            return at
        at += step
    return None
