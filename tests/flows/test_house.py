"""The house rules in force: where they begin, how a change is taken up, what may only tighten."""

import asyncio
from dataclasses import replace

import pytest

from server.errors import Invalid
from server.house import House
from server.model import ContentUsage, PolicyVersion, Preference
from server.policy import OPEN, PRESETS, STRICT_STUDIO, FederationTerms, decide
from server.policy_text import write_policy
from server.rules import Door, InboundFacts, Refuse
from server.tiers import FederationMode, Tier
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

YES, NO, UNSET = Preference.YES, Preference.NO, Preference.UNSET


async def history(studio: Studio) -> list[PolicyVersion]:
    async with studio.library.reading() as tx:
        return await tx.policies.history()


async def take(studio: Studio, text: str) -> None:
    async with studio.library.transaction() as tx:
        await tx.policies.add(text, studio.clock.now(), "ana", "because")


async def test_a_house_that_was_not_opened_answers_nothing(studio: Studio) -> None:
    with pytest.raises(RuntimeError, match="not opened"):
        _ = House(studio.library, studio.clock, "open").now


async def test_a_broken_policy_is_refused_and_the_old_one_stays_in_force(studio: Studio) -> None:
    await take(studio, "this is no policy")
    with pytest.raises(Invalid):
        await studio.house.refresh()
    assert studio.house.now.version.version == 1


@pytest.mark.parametrize("preset", sorted(PRESETS))
async def test_the_preset_of_the_settings_is_version_one(studio: Studio, preset: str) -> None:
    async with studio.library.transaction() as tx:
        await tx.policies.add(write_policy(PRESETS[preset]), studio.clock.now(), "", "")
    house = House(studio.library, studio.clock, "standard-no-ai")
    assert (await house.open()).policy == PRESETS[preset]


async def test_several_processes_begin_with_one_version(studio: Studio) -> None:
    houses = [House(studio.library, studio.clock, "open") for _ in range(4)]
    await asyncio.gather(*(house.open() for house in houses))
    [first] = await history(studio)
    assert (first.version, first.author) == (1, "")
    assert {house.now.version.version for house in houses} == {1}


async def test_a_later_preset_in_the_settings_changes_nothing(studio: Studio) -> None:
    house = House(studio.library, studio.clock, "open")
    await house.open()
    assert house.now.policy.preset == "standard-no-ai"


async def test_a_change_is_taken_up_at_the_next_look(studio: Studio) -> None:
    before = studio.house.now
    await studio.house.refresh()
    assert studio.house.now is before
    await take(studio, write_policy(STRICT_STUDIO))
    assert studio.house.now is before
    await studio.house.refresh()
    assert studio.house.now.policy == STRICT_STUDIO
    assert (studio.house.now.version.version, studio.house.now.version.reason) == (2, "because")


async def test_whatever_counts_the_generation_up_is_read_by_every_process(studio: Studio) -> None:
    other = House(studio.library, studio.clock, "open")
    before = await other.open()
    async with studio.library.transaction() as tx:
        await tx.policies.bump()
    await other.refresh()
    assert other.now.generation == before.generation + 1
    assert other.now.version == before.version
    assert other.now.tiers.tier_of("a.example") is Tier.NEUTRAL


async def test_with_an_allow_list_strangers_are_refused_from_the_next_look_on(
    studio: Studio,
) -> None:
    closed = replace(OPEN, federation=FederationTerms(FederationMode.ALLOW_LIST))
    await take(studio, write_policy(closed))
    await studio.house.refresh()
    now = studio.house.now
    facts = InboundFacts("a.example", "Create", tier=now.tiers.tier_of("a.example"))
    assert isinstance(decide(Door.INBOUND, facts, now.compiled), Refuse)


@pytest.mark.parametrize(
    ("house", "artist", "work", "said"),
    [
        (UNSET, UNSET, UNSET, UNSET),
        (UNSET, NO, UNSET, NO),
        (UNSET, UNSET, NO, NO),
        (UNSET, YES, YES, UNSET),
        (NO, YES, YES, NO),
        (NO, UNSET, UNSET, NO),
        (YES, UNSET, UNSET, YES),
        (YES, NO, YES, NO),
        (YES, YES, NO, NO),
    ],
)
async def test_artist_and_work_can_tighten_and_never_loosen(
    studio: Studio, house: Preference, artist: Preference, work: Preference, said: Preference
) -> None:
    def all_three(one: Preference) -> ContentUsage:
        return ContentUsage(one, one, one)

    await take(studio, write_policy(replace(OPEN, content_usage=all_three(house))))
    await studio.house.refresh()
    ana = replace(await studio.artist("ana"), content_usage=all_three(artist))
    hung = replace(await studio.hung(ana), content_usage=all_three(work))
    assert studio.house.usage_of() == all_three(house)
    assert studio.house.usage_of(ana, hung) == all_three(said)
