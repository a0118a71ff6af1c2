"""Overlays can never widen what anybody gets, whatever the policy and the facts."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from server.model import (
    AiLabel,
    ContentUsage,
    ImageFormat,
    Preference,
    Rendition,
    RenditionName,
    Sizes,
)
from server.policy import (
    ALL_PIXELS,
    PRESETS,
    AiWorks,
    LocalAiWorks,
    Policy,
    RemoteAiWorks,
    RenditionLimits,
    decide,
    narrow,
    tighten,
)
from server.protections import Audience, best_for, is_open_to
from server.rules import Facts
from tests.pure.policy_table import ROWS, facts_of, policy_of
from tests.pure.test_policy_text import any_rule

PREFERENCES = st.sampled_from(Preference)
USAGES = st.builds(ContentUsage, PREFERENCES, PREFERENCES, PREFERENCES)
SIDES = st.integers(160, ALL_PIXELS)
SIZES = st.builds(Sizes, st.none() | st.integers(-9, 99_999), st.none() | st.integers(-9, 99_999))
FACTS = [facts_of(row[0], row[2]) for row in ROWS]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = draw(st.lists(any_rule(), max_size=4, unique_by=lambda rule: rule.name))
    return replace(
        draw(st.sampled_from(list(PRESETS.values()))),
        content_usage=draw(USAGES),
        ai_works=AiWorks(draw(st.sampled_from(LocalAiWorks)), draw(st.sampled_from(RemoteAiWorks))),
        renditions=RenditionLimits(draw(SIDES), draw(SIDES), draw(SIDES)),
        rules=tuple(rules),
    )


@st.composite
def copies(draw: st.DrawFn) -> Rendition:
    name = draw(st.sampled_from(RenditionName))
    width, height = draw(st.integers(1, 9_000)), draw(st.integers(1, 9_000))
    image_format = draw(st.sampled_from([ImageFormat.JPEG, ImageFormat.AVIF]))
    return Rendition(name, image_format, width, height, 9, f"{name}{width}x{height}")


@settings(max_examples=150, deadline=None)
@given(policies(), SIZES, SIZES, st.lists(copies(), max_size=6), st.sampled_from(FACTS))
def test_tightening_never_widens_what_anyone_gets(
    policy: Policy, artist: Sizes, work: Sizes, renditions: list[Rendition], facts: Facts
) -> None:
    narrowed = narrow(policy, artist, work)
    for audience in Audience:
        for rendition in renditions:
            assert is_open_to(audience, rendition, policy) or not is_open_to(
                audience, rendition, narrowed
            )
        before = best_for(audience, renditions, policy)
        after = best_for(audience, renditions, narrowed)
        if after is not None:
            assert before is not None
            assert after.width * after.height <= before.width * before.height
    assert decide(facts.door, facts, narrowed) == decide(facts.door, facts, policy)
    assert narrow(narrowed, artist, work) == narrowed


@settings(max_examples=150, deadline=None)
@given(USAGES, USAGES, USAGES)
def test_no_word_below_permits_what_a_word_above_does_not(
    house: ContentUsage, artist: ContentUsage, work: ContentUsage
) -> None:
    said = tighten(tighten(house, artist), work)
    for name in ("train_ai", "ai_use", "search"):
        above, below = getattr(house, name), getattr(said, name)
        assert below is Preference.NO or below is above


def test_generated_works_stay_refused_whatever_an_overlay_says() -> None:
    policy = policy_of("inbound:ai=refuse", "")
    facts = facts_of("inbound", "peer=a.example ai=generated")
    assert decide(facts.door, facts, narrow(policy, Sizes(1, 1))) == decide(
        facts.door, facts, policy
    )
    assert facts.ai_label == AiLabel.GENERATED  # type: ignore[union-attr]  # of what arrives
