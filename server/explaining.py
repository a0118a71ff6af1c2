"""Why the policy says what it says to certain facts; pure.

The law: an explanation names the rule, the version it stands in and its public reason, and is
made with the very engine that the doors ask.
"""

from server.matching import holds, is_always_open
from server.phrasing import sentence_of
from server.policy import CompiledPolicy, weigh
from server.rules import ConditionKind, Facts, Rule, action_of
from server.tiers import Standing
from server.values import dataclass

_SHOWN = 20  # rules that were passed over


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule that came before and did not decide: `failed` is the condition that did not fit."""

    rule: str
    failed: ConditionKind | None  # None: it holds, and is a shadow or gives more than the decision


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with where it comes from."""

    door: str
    action: str
    rule: str  # "tier.refused", "ai_works.remote", or "" where nothing decided
    reason: str
    version: int
    number: int = 0  # of the rule among all of the policy's, from 1; 0 = it is no rule
    sentence: str = ""  # the rule in plain words
    shadows: tuple[str, ...] = ()  # would have decided, were they no shadows
    passed: tuple[Passed, ...] = ()
    is_always_open: bool = False
    standing: Standing | None = None


def explain(
    facts: Facts, compiled: CompiledPolicy, version: int, standing: Standing | None = None
) -> Explanation:
    """Return what `decide` says to these facts, and why. `standing`: of the facts' peer."""
    weighed = weigh(facts.door, facts, compiled)
    decision = weighed.decision
    rules = compiled.policy.rules
    number = next((at for at, rule in enumerate(rules, 1) if rule.name == decision.rule), 0)
    return Explanation(
        door=facts.door,
        action=action_of(decision),
        rule=decision.rule,
        reason=decision.reason,
        version=version,
        number=number,
        sentence=sentence_of(rules[number - 1]) if number else "",
        shadows=tuple(each.rule for each in weighed.shadows),
        passed=_passed(facts, rules[: number - 1] if number else rules),
        is_always_open=is_always_open(facts),
        standing=standing,
    )


def lines_of(explained: Explanation) -> tuple[str, ...]:
    """Return an explanation as lines for people."""
    told = [f"{explained.action} at the door {explained.door}, by {_source(explained)}."]
    if explained.sentence:
        told.append(f"  In plain words: {explained.sentence}")
    if explained.reason:
        told.append(f"  Public reason: {explained.reason}")
    if explained.standing is not None:
        one = explained.standing
        told.append(f"  That server is {one.tier} ({one.source}{_detail(one.detail)}).")
    told.extend(f"  Only logged so far, would have decided: {name}" for name in explained.shadows)
    told.extend(f"  Passed over: {each.rule} ({_why(each)})" for each in explained.passed[:_SHOWN])
    more = len(explained.passed) - _SHOWN
    return (*told, *([f"  … and {more} more rules that did not fit."] if more > 0 else []))


def document_of(explained: Explanation) -> dict[str, object]:
    """Return an explanation for machines."""
    one = explained.standing
    return {
        "door": explained.door,
        "action": explained.action,
        "rule": explained.rule or None,
        "rule_number": explained.number or None,
        "reason": explained.reason,
        "version": explained.version,
        "sentence": explained.sentence,
        "always_open": explained.is_always_open,
        "shadows": list(explained.shadows),
        "passed": [{"rule": each.rule, "failed": each.failed} for each in explained.passed],
        "standing": {"tier": one.tier, "source": one.source, "detail": one.detail} if one else None,
    }


def _passed(facts: Facts, rules: tuple[Rule, ...]) -> tuple[Passed, ...]:
    if is_always_open(facts):
        return ()
    return tuple(
        Passed(rule.name, _failed(facts, rule)) for rule in rules if rule.door is facts.door
    )


def _failed(facts: Facts, rule: Rule) -> ConditionKind | None:
    return next((each.kind for each in rule.when if not holds(facts, each)), None)


def _source(explained: Explanation) -> str:
    where = f"version {explained.version} of the policy"
    if explained.is_always_open:
        return f"what no rule can close ({where})"
    if explained.number:
        return f"rule {explained.number}, “{explained.rule}”, of {where}"
    return f"“{explained.rule}” ({where})" if explained.rule else f"no rule: it is open ({where})"


def _detail(text: str) -> str:
    return f": {text}" if text else ""


def _why(passed: Passed) -> str:
    return f"{passed.failed} does not fit" if passed.failed else "it holds, but does not decide"
