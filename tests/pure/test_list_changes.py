"""What a new version of a list changes, and what all lists say together."""

import pytest

from server.list_changes import Said, difference, resolve, too_much
from server.lists import EVERY_LIST, Difference, Exclude, ListEntry, ListId, Severity
from server.model import Millis
from server.tiers import FederationMode, Listed, Tier, build_tiers

SUSPEND, SILENCE, NOOP, ACCEPT = Severity.SUSPEND, Severity.SILENCE, Severity.NOOP, Severity.ACCEPT


def said(number: int, **severities: Severity) -> Said:
    """Return what list `number` says; _ stands for a dot."""
    named = {name.replace("_", "."): severity for name, severity in severities.items()}
    return Said(ListId(number), f"List {number}", named)


def out(domain: str, number: int = EVERY_LIST) -> Exclude:
    return Exclude(ListId(number), domain, Millis(0))


def tiers(*lists: Said, excludes: tuple[Exclude, ...] = ()) -> dict[str, Tier]:
    return {domain: one.tier for domain, one in resolve(lists, excludes).items()}


def test_severities_become_tiers_and_a_mere_name_becomes_nothing() -> None:
    one = said(1, a_example=SUSPEND, b_example=SILENCE, c_example=NOOP, d_example=ACCEPT)
    assert resolve([one], []) == {
        "a.example": Listed(Tier.REFUSED, "List 1"),
        "b.example": Listed(Tier.LIMITED, "List 1"),
        "d.example": Listed(Tier.NEUTRAL, "List 1"),
    }


def test_the_first_list_that_says_anything_decides() -> None:
    first, second = said(1, a_example=ACCEPT), said(2, a_example=SUSPEND, b_example=SUSPEND)
    assert tiers(first, second) == {"a.example": Tier.NEUTRAL, "b.example": Tier.REFUSED}
    assert tiers(second, first) == {"a.example": Tier.REFUSED, "b.example": Tier.REFUSED}


def test_a_mere_name_leaves_the_word_to_the_next_list() -> None:
    assert tiers(said(1, a_example=NOOP), said(2, a_example=SILENCE)) == {"a.example": Tier.LIMITED}


def test_a_later_list_cannot_soften_what_an_earlier_one_says_of_the_domain_above() -> None:
    first, second = said(1, bad_example=SUSPEND), said(2, a_bad_example=SILENCE)
    assert tiers(first, second) == {"bad.example": Tier.REFUSED}
    assert tiers(second, first) == {"a.bad.example": Tier.LIMITED, "bad.example": Tier.REFUSED}


def test_within_a_list_the_most_specific_entry_stands_too() -> None:
    one = said(1, bad_example=SUSPEND, good_bad_example=ACCEPT)
    assert tiers(one) == {"bad.example": Tier.REFUSED, "good.bad.example": Tier.NEUTRAL}


def test_what_is_kept_out_is_on_no_list_nor_is_what_lies_beneath() -> None:
    one, two = said(1, a_example=SUSPEND, x_a_example=SUSPEND), said(2, a_example=SILENCE)
    assert tiers(one, two, excludes=(out("a.example"),)) == {}
    assert tiers(one, two, excludes=(out("a.example", 1),)) == {"a.example": Tier.LIMITED}


def test_what_is_kept_out_beneath_a_listed_domain_is_spared() -> None:
    one = said(1, bad_example=SUSPEND)
    listed = resolve([one], [out("good.bad.example")])
    book = build_tiers({}, listed, (), FederationMode.OPEN)
    assert book.tier_of("bad.example") is Tier.REFUSED
    assert book.tier_of("good.bad.example") is Tier.NEUTRAL
    assert book.tier_of("x.good.bad.example") is Tier.NEUTRAL


def test_one_list_spares_what_another_still_names() -> None:
    one, two = said(1, bad_example=SUSPEND), said(2, good_bad_example=SILENCE)
    found = tiers(one, two, excludes=(out("good.bad.example", 1),))
    assert found == {"bad.example": Tier.REFUSED, "good.bad.example": Tier.LIMITED}


@pytest.mark.parametrize("severity", [SUSPEND, ACCEPT])
def test_where_nobody_is_let_in_unnamed_keeping_out_of_lists_lets_nobody_in(
    severity: Severity,
) -> None:
    one = said(1, wide_example=severity)
    listed = resolve([one], [out("a.wide.example")], is_closed=True)
    book = build_tiers({}, listed, (), FederationMode.ALLOW_LIST)
    assert book.tier_of("a.wide.example") is Tier.REFUSED
    assert (book.tier_of("wide.example") is Tier.NEUTRAL) == (severity is ACCEPT)


def test_a_difference_names_what_comes_changes_and_goes() -> None:
    a, b, c = (ListEntry(f"{name}.example", SUSPEND) for name in "abc")
    softer = ListEntry("b.example", SILENCE)
    assert difference([a, b], [softer, c]) == Difference((c,), ((b, softer),), (a,))
    assert not difference([a, b], [b, a])


def test_a_version_that_changes_a_lot_is_looked_at_by_somebody() -> None:
    entries = [ListEntry(f"n{number}.example", SUSPEND) for number in range(100)]
    assert "first version" in too_much(difference([], entries[:1]), 0)
    assert not too_much(difference(entries[:90], entries), 90)
    assert not too_much(difference(entries, entries[:80]), 100)
    assert "21 of 100" in too_much(difference(entries, entries[:79]), 100)
    assert not too_much(difference(entries[:5], entries[:9]), 5)
