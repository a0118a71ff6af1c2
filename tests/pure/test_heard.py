"""What is said here of others' posts: the more restrictive of their word and ours."""

import itertools
from dataclasses import replace

import pytest

from server.heard import joined, of_post, said, stricter
from server.model import ContentUsage, Heard, Preference, RemotePicture
from tests.contract.samples import post, remote_actor

Y, N, U = Preference.YES, Preference.NO, Preference.UNSET
NOTHING = ContentUsage()


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [(Y, Y, Y), (Y, U, U), (Y, N, N), (U, Y, U), (U, U, U), (U, N, N), (N, Y, N), (N, U, N)],
)
def test_a_refusal_by_either_side_counts_and_a_permission_by_both_alone(
    ours: Preference, theirs: Preference, shown: Preference
) -> None:
    for place in ("train_ai", "ai_use", "search"):
        one, other = ContentUsage(**{place: ours}), ContentUsage(**{place: theirs})
        assert stricter(one, other) == ContentUsage(**{place: shown})


def test_nothing_that_either_side_says_is_loosened() -> None:
    order = {N: 0, U: 1, Y: 2}
    for answers in itertools.product((Y, N, U), repeat=6):
        ours, theirs = ContentUsage(*answers[:3]), ContentUsage(*answers[3:])
        shown = stricter(ours, theirs)
        for place in ("train_ai", "ai_use", "search"):
            strictest = min(order[getattr(ours, place)], order[getattr(theirs, place)])
            assert order[getattr(shown, place)] == strictest


@pytest.mark.parametrize(
    ("heard", "usage"),
    [
        (Heard(), NOTHING),
        (Heard(usage="train-ai=n, ai-use=y"), ContentUsage(N, Y)),
        (Heard(usage="Train-AI=n"), NOTHING),
        (Heard(usage="\x00", header="é", robots_tag=",,"), NOTHING),
        (Heard(usage="train-ai=y", header="train-ai=n"), ContentUsage(N)),
        (Heard(usage="train-ai=n", header="train-ai=y"), ContentUsage(N)),
        (Heard(usage="train-ai=y", robots_tag="noai"), ContentUsage(N)),
        (Heard(robots_tag="NoAI, noimageai"), ContentUsage(N)),
        (Heard(robots_tag="noimageai"), ContentUsage(N)),
        (Heard(robots_tag="noarchive"), ContentUsage(U, N)),
        (Heard(robots_tag="noindex"), ContentUsage(U, U, N)),
        (Heard(robots_tag="none"), ContentUsage(U, U, N)),
        (Heard(robots_tag="index, follow"), NOTHING),
        (Heard(is_indexable=False), ContentUsage(U, U, N)),
        (Heard(is_indexable=True), NOTHING),
        (Heard(usage="search=y", is_indexable=False), ContentUsage(U, U, N)),
    ],
)
def test_every_way_to_refuse_is_understood(heard: Heard, usage: ContentUsage) -> None:
    assert said(heard) == usage


def test_a_post_is_bound_by_what_its_author_itself_and_its_pictures_say() -> None:
    author = replace(remote_actor(1), heard=Heard(is_indexable=False))
    picture = RemotePicture("https://far.example/1.jpg", "image/jpeg", "", heard=Heard("ai-use=n"))
    plain = replace(picture, heard=None)
    found = post(2, 1, heard=Heard("train-ai=n"), pictures=(plain, picture))
    assert of_post(found, author) == ContentUsage(N, N, N)


def test_statements_of_one_side_meet_as_the_draft_says() -> None:
    assert joined([]) == NOTHING
    assert joined([ContentUsage(Y), ContentUsage(U, Y)]) == ContentUsage(Y, Y)
    assert joined([ContentUsage(Y), ContentUsage(N), ContentUsage(Y)]) == ContentUsage(N)
