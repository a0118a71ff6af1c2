"""Who may have which copy of a picture: pure, from the policy's `renditions`.

The law: an audience gets the largest copy whose longest side its limit allows; the tile and
the link card are made to be seen by all; the original is its artist's alone.
"""

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum

from server.errors import Invalid
from server.model import (
    AiLabel,
    ContentUsage,
    ImageFormat,
    Preference,
    Rendition,
    RenditionName,
    Sizes,
)
from server.policy import ALL_PIXELS, LocalAiWorks, Policy
from server.rules import Action, Allow, Decision, Refuse
from server.values import dataclass

SMALLEST = 480  # the tile, which all may have
LARGE_SIDE = 2048  # longest side of `large`; only beyond it is there a `full` to make
# A video comes in one size: who may have a picture of this side (`view`) may have any video.
SIDE_OF_VIDEO = 1280
_FOR_ALL = frozenset({RenditionName.TILE, RenditionName.CARD})
SMALL = frozenset({RenditionName.TILE, RenditionName.PREVIEW})
SMALL_CARDS = SMALL | {RenditionName.CARD}  # whatever a rule lessens, these it leaves
_LADDER = frozenset(
    {RenditionName.TILE, RenditionName.PREVIEW, RenditionName.VIEW, RenditionName.LARGE}
)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an artist, or a work, says beyond the house: more reserved, smaller sizes."""

    usage: ContentUsage = field(default_factory=ContentUsage)
    sizes: Sizes = field(default_factory=Sizes)


class Audience(StrEnum):
    """For whom a rendition is. Whoever is signed in counts as a person."""

    VISITOR = "visitor"
    PERSON = "person"
    PEER = "peer"


def plan(longest_side: int, policy: Policy) -> tuple[RenditionName, ...]:
    """Return which copies of a picture of this longest side, in pixels, are to exist.

    All but one always do: a policy may change tomorrow, and small copies cost little. `full`
    is large and slow to make, hence only made where some audience may have it.
    """
    is_wanted = LARGE_SIDE < longest_side <= full_side(policy)
    return tuple(name for name in RenditionName if name is not RenditionName.FULL or is_wanted)


def full_side(policy: Policy) -> int:
    """Return up to which longest side, in pixels, `plan` has `full` made; 0 for never."""
    side = max(limit_of(audience, policy) for audience in (Audience.VISITOR, Audience.PERSON))
    return side if side > LARGE_SIDE else 0


def may_have(audience: Audience, longest_side: int, policy: Policy) -> bool:
    """Whether an audience may have a copy of this longest side, in pixels."""
    return longest_side <= limit_of(audience, policy)


def limit_of(audience: Audience, policy: Policy) -> int:
    """Return the longest side, in pixels, that the policy lets an audience have."""
    limits = policy.renditions
    return {
        Audience.VISITOR: limits.visitor,
        Audience.PERSON: limits.person,
        Audience.PEER: limits.peer,
    }[audience]


def is_open_to(audience: Audience, rendition: Rendition, policy: Policy) -> bool:
    """Whether an audience may have this very copy."""
    if rendition.name is RenditionName.ORIGINAL:
        return False
    if rendition.name in _FOR_ALL:
        return True
    return may_have(audience, max(rendition.width, rendition.height), policy)


def best_for(
    audience: Audience,
    renditions: Iterable[Rendition],
    policy: Policy,
    image_format: ImageFormat = ImageFormat.JPEG,
) -> Rendition | None:
    """Return the largest copy of this format that an audience may have, or None.

    Only of those that show the whole picture: no link card, which is cut to its shape. A
    peer gets `federated` before others, which every known server takes, and never `full`.
    """
    names = _LADDER | {RenditionName.FEDERATED if audience is Audience.PEER else RenditionName.FULL}
    allowed = (
        each
        for each in renditions
        if each.format is image_format and each.name in names and is_open_to(audience, each, policy)
    )
    return max(allowed, key=_worth, default=None)


def federated_for(
    renditions: Iterable[Rendition], policy: Policy, image_format: ImageFormat
) -> Rendition | None:
    """Return what stands at the federated address of this format: the moving copy, or a still."""
    every = tuple(renditions)
    if image_format is ImageFormat.GIF:
        moving = next((each for each in every if each.format is image_format), None)
        if moving is not None and is_open_to(Audience.PEER, moving, policy):
            return moving
    return best_for(Audience.PEER, every, policy)


def small_for_peers(renditions: Iterable[Rendition], policy: Policy) -> Rendition | None:
    """Return the copy that peers get who are to have small ones."""
    allowed = (
        each
        for each in renditions
        if each.format is ImageFormat.JPEG
        and each.name in SMALL
        and is_open_to(Audience.PEER, each, policy)
    )
    return max(allowed, key=_worth, default=None)


def small_of(renditions: Iterable[Rendition], image_format: ImageFormat) -> Rendition | None:
    """Return the copy that is given in place of a larger one: of this format, else a JPEG."""
    small = [each for each in renditions if each.name in SMALL]
    fitting = [each for each in small if each.format is image_format]
    others = [each for each in small if each.format is ImageFormat.JPEG]
    return max(fitting or others, key=_worth, default=None)


def checked_overlay(overlay: Overlay) -> Overlay:
    """Return an overlay that can be kept; raise `Invalid` where it would loosen anything."""
    usage, sizes = overlay.usage, overlay.sizes
    if Preference.YES in {usage.train_ai, usage.ai_use, usage.search}:
        raise Invalid("Your own word can reserve more than the house does, never permit more.")
    for side in (sizes.visitor, sizes.peer):
        if side is not None and not SMALLEST <= side <= ALL_PIXELS:
            raise Invalid(f"Choose a size of {SMALLEST} pixels or more.")
    return overlay


def decide_own_work(label: AiLabel, policy: Policy, *, is_marked: bool = False) -> Decision:
    """Return whether an artist here may hang a work that is declared or marked AI-generated.

    `is_marked`: a picture's own metadata says that a generator made it.
    """
    choice = policy.ai_works.local
    is_ai = label is AiLabel.GENERATED or is_marked
    if choice is LocalAiWorks.REFUSE and is_ai:
        return Refuse("ai_works.local", "Works made by AI are not shown here; leave this one out.")
    if choice is LocalAiWorks.REQUIRE_LABEL and is_marked and label is AiLabel.NONE:
        return Refuse(
            "ai_works.local",
            "A picture's own marks say that AI made it; choose an AI label and hang it again.",
        )
    is_labelled = label is not AiLabel.NONE and choice is not LocalAiWorks.ALLOW
    return Allow("ai_works.local", "", Action.LABEL) if is_labelled else Allow()


def _worth(rendition: Rendition) -> tuple[int, bool, int]:
    is_federated = rendition.name is RenditionName.FEDERATED
    return rendition.width * rendition.height, is_federated, -rendition.bytes
