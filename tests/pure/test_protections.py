"""Which copy of a picture an audience may have."""

from dataclasses import replace

import pytest

from server.model import AiLabel, ImageFormat, Rendition, RenditionName
from server.policy import (
    OPEN,
    STANDARD_NO_AI,
    STRICT_STUDIO,
    AiWorks,
    LocalAiWorks,
    Policy,
    RenditionLimits,
)
from server.protections import Audience, best_for, decide_own_work, is_open_to, may_have, plan
from server.rules import Action, Allow, Refuse

SIDES = {
    "tile": (480, 320),
    "preview": (800, 533),
    "view": (1280, 853),
    "large": (2048, 1365),
    "full": (5000, 3333),
    "card": (1200, 630),
    "federated": (3526, 2350),
    "original": (5000, 3333),
}
ALL = tuple(
    Rendition(RenditionName(name), image_format, *size, bytes=1000, digest=f"{name}.{image_format}")
    for name, size in SIDES.items()
    for image_format in ImageFormat
)


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("policy", [STANDARD_NO_AI, STRICT_STUDIO, OPEN])
def test_nobody_may_have_the_original(audience: Audience, policy: Policy) -> None:
    original = next(each for each in ALL if each.name is RenditionName.ORIGINAL)
    assert not is_open_to(audience, original, policy)


@pytest.mark.parametrize("audience", Audience)
def test_link_card_and_tile_are_for_all(audience: Audience) -> None:
    for each in ALL:
        if each.name in {RenditionName.CARD, RenditionName.TILE}:
            assert is_open_to(audience, each, STRICT_STUDIO)


@pytest.mark.parametrize(
    ("audience", "longest", "expected"),
    [
        ("visitor", 1280, True),
        ("visitor", 1281, False),
        ("person", 2048, True),
        ("person", 2049, False),
        ("peer", 2880, True),
        ("peer", 2881, False),
    ],
)
def test_an_audience_may_have_what_is_within_its_limit(
    audience: str, longest: int, *, expected: bool
) -> None:
    assert may_have(Audience(audience), longest, STANDARD_NO_AI) is expected


@pytest.mark.parametrize(
    ("policy", "audience", "best"),
    [
        (STANDARD_NO_AI, "visitor", "view"),
        (STANDARD_NO_AI, "person", "large"),
        (STANDARD_NO_AI, "peer", "large"),
        (STRICT_STUDIO, "visitor", "preview"),
        (STRICT_STUDIO, "peer", "view"),
        (OPEN, "visitor", "full"),
        (replace(OPEN, renditions=RenditionLimits(peer=65_535)), "peer", "federated"),
    ],
)
def test_the_best_copy_is_the_largest_within_the_limit(
    policy: Policy, audience: str, best: str
) -> None:
    found = best_for(Audience(audience), ALL, policy)
    assert found is not None
    assert (found.name, found.format) == (RenditionName(best), ImageFormat.JPEG)


def test_a_small_picture_goes_to_peers_as_the_copy_made_for_them() -> None:
    small = tuple(replace(each, width=300, height=200) for each in ALL)
    found = best_for(Audience.PEER, small, STANDARD_NO_AI)
    assert found is not None
    assert found.name is RenditionName.FEDERATED


def test_there_is_no_best_copy_where_there_is_none() -> None:
    assert best_for(Audience.VISITOR, (), STANDARD_NO_AI) is None


@pytest.mark.parametrize(
    ("policy", "longest", "has_full"),
    [
        (STANDARD_NO_AI, 5000, False),
        (OPEN, 5000, True),
        (OPEN, 2048, False),
        (replace(OPEN, renditions=RenditionLimits(1280, 4000)), 5000, False),
    ],
)
def test_all_pixels_are_only_made_where_somebody_may_have_them(
    policy: Policy, longest: int, *, has_full: bool
) -> None:
    names = plan(longest, policy)
    assert (RenditionName.FULL in names) is has_full
    assert set(RenditionName) - {RenditionName.FULL} <= set(names)


@pytest.mark.parametrize(
    ("choice", "label", "is_marked", "expected"),
    [
        ("refuse", "generated", False, Refuse),
        ("refuse", "none", True, Refuse),
        ("refuse", "assisted", True, Refuse),
        ("refuse", "assisted", False, Allow),
        ("refuse", "none", False, Allow),
        ("require-label", "none", True, Refuse),
        ("require-label", "assisted", True, Allow),
        ("require-label", "generated", False, Allow),
        ("require-label", "none", False, Allow),
        ("allow", "none", True, Allow),
        ("allow", "generated", True, Allow),
    ],
)
def test_own_generated_works_meet_what_the_policy_says(
    choice: str, label: str, *, is_marked: bool, expected: type
) -> None:
    policy = replace(STANDARD_NO_AI, ai_works=AiWorks(local=LocalAiWorks(choice)))
    assert isinstance(decide_own_work(AiLabel(label), policy, is_marked=is_marked), expected)


def test_a_declared_work_is_shown_with_its_label() -> None:
    decision = decide_own_work(AiLabel.GENERATED, STANDARD_NO_AI)
    assert isinstance(decision, Allow)
    assert decision.action is Action.LABEL
