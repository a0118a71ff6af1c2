"""Who may do what: every permit against every relation."""

import pytest

from server.permits import (
    Answer,
    Asker,
    InteractionKind,
    InteractionPolicy,
    Permit,
    answer,
    strictest,
    within,
)

STRANGER, FOLLOWER = Asker(), Asker(is_follower=True)
NAMED, AUTHOR = Asker(is_named=True), Asker(is_author=True)
BLOCKED = Asker(is_follower=True, is_named=True, is_blocked=True)
ALLOW, ASK, REFUSE = Answer.ALLOW, Answer.ASK, Answer.REFUSE
KINDS = tuple(InteractionKind)


def all_by(permit: Permit) -> InteractionPolicy:
    return InteractionPolicy(permit, permit, permit, permit)


@pytest.mark.parametrize("permit", Permit)
@pytest.mark.parametrize("kind", KINDS)
def test_who_is_blocked_may_do_nothing_even_if_named(permit: Permit, kind: InteractionKind) -> None:
    assert answer(all_by(permit), kind, BLOCKED) is REFUSE


@pytest.mark.parametrize("permit", Permit)
@pytest.mark.parametrize("kind", KINDS)
def test_an_author_may_do_everything_to_their_own(permit: Permit, kind: InteractionKind) -> None:
    assert answer(all_by(permit), kind, AUTHOR) is ALLOW


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("permit", "asker", "expected"),
    [
        (Permit.EVERYONE, STRANGER, ALLOW),
        (Permit.FOLLOWERS, STRANGER, REFUSE),
        (Permit.FOLLOWERS, FOLLOWER, ALLOW),
        (Permit.APPROVED, STRANGER, ASK),
        (Permit.APPROVED, FOLLOWER, ASK),
        (Permit.NOBODY, STRANGER, REFUSE),
        (Permit.NOBODY, FOLLOWER, REFUSE),
    ],
)
def test_a_permit_says_who_may(
    permit: Permit, asker: Asker, expected: Answer, kind: InteractionKind
) -> None:
    assert answer(all_by(permit), kind, asker) is expected


@pytest.mark.parametrize("permit", Permit)
def test_who_is_named_may_always_answer_and_nothing_more(permit: Permit) -> None:
    policy = all_by(permit)
    assert answer(policy, InteractionKind.REPLY, NAMED) is ALLOW
    for kind in (InteractionKind.LIKE, InteractionKind.BOOST, InteractionKind.QUOTE):
        assert answer(policy, kind, NAMED) is answer(policy, kind, STRANGER)


def test_what_is_not_for_everybody_is_boosted_and_quoted_by_nobody_else() -> None:
    policy = within(all_by(Permit.EVERYONE), is_open=False)
    assert (policy.boost, policy.quote) == (Permit.NOBODY, Permit.NOBODY)
    assert (policy.like, policy.reply) == (Permit.EVERYONE, Permit.EVERYONE)
    assert within(all_by(Permit.EVERYONE), is_open=True) == all_by(Permit.EVERYONE)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [((), ALLOW), ((ALLOW, ASK), ASK), ((REFUSE, ASK), REFUSE), ((ALLOW, ALLOW), ALLOW)],
)
def test_the_strictest_of_several_answers_holds(
    answers: tuple[Answer, ...], expected: Answer
) -> None:
    assert strictest(*answers) is expected
