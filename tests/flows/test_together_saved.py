"""What two people save in the same moment, on both engines: the second one looks again."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

from server.accounts import Profile
from server.casework import Decision
from server.dealings import Outcome
from server.drafts import Draft, PictureEdit
from server.errors import Invalid, Outdated
from server.house_texts import Answers
from server.lists import ListEntry, Severity
from server.model import ReactionKind, Role, TargetId, Visibility
from server.permits import InteractionPolicy, Permit
from server.policy_text import write_policy
from server.presence import Presence
from server.series import SeriesDraft
from tests.two_servers.stage import Stage


async def one_of(*deeds: Awaitable[Any]) -> None:
    """Say that of deeds in the same moment, decided upon the same, one alone was done."""
    ends = await asyncio.gather(*deeds, return_exceptions=True)
    assert sorted(type(end) is Outdated for end in ends) == [False] + [True] * (len(deeds) - 1), (
        ends
    )
    assert [
        end for end in ends if isinstance(end, BaseException) and type(end) is not Outdated
    ] == []


async def test_a_work_is_saved_by_one_of_two_windows(stage: Stage) -> None:
    ana, known = await stage.artist("ana"), stage.flows
    hung = await stage.hang(ana)
    seen = await known.viewing.sight(ana, hung.id)
    edits = [PictureEdit(one.id, one.alt) for one in hung.pictures]
    drafts = [Draft(title=title, visibility=Visibility.PUBLIC) for title in ("Dusk", "Dawn")]
    await one_of(*(known.publishing.edit(ana, hung.id, draft, edits, seen) for draft in drafts))
    seen = await known.viewing.sight(ana, hung.id)
    made = await known.series.make(ana, SeriesDraft("Blue"))
    await known.series.add(ana, made.id, [hung.id])
    with pytest.raises(Outdated):  # it is in a series since
        await known.publishing.edit(ana, hung.id, drafts[0], edits, seen)


async def test_a_series_is_saved_by_one_of_two_windows(stage: Stage) -> None:
    ana, known = await stage.artist("ana"), stage.flows
    works = [(await stage.hang(ana, title=f"{number}")).id for number in range(3)]
    made = await known.series.make(ana, SeriesDraft("Blue"))
    await known.series.add(ana, made.id, works)
    series = await stage.read(lambda tx: tx.series.by_id(made.id))
    orders = [[works[1], works[0], works[2]], [works[2], works[1], works[0]]]
    draft = SeriesDraft("Blue")
    await one_of(
        *(known.series.change(ana, made.id, draft, one, (), (series, works)) for one in orders)
    )


async def test_what_one_says_of_oneself_is_saved_by_one_of_two_windows(stage: Stage) -> None:
    ana, known = await stage.artist("ana"), stage.flows
    profiles = [Profile(name, "", approves_follows=False) for name in ("A", "B")]
    await one_of(*(known.accounts.edit_profile(ana, one, ana) for one in profiles))
    permits = [InteractionPolicy(Permit.NOBODY), InteractionPolicy(Permit.FOLLOWERS)]
    await one_of(*(known.accounts.set_permits(ana, one, ana) for one in permits))
    presences = [Presence(True, True, False, (site,)) for site in ("a.example", "b.example")]
    await one_of(*(known.presences.change(ana, one, ana) for one in presences))


async def test_texts_and_drafts_of_the_house_are_saved_by_one_of_two(stage: Stage) -> None:
    otto = replace(await stage.artist("otto"), role=Role.OWNER)
    async with stage.library.transaction() as tx:
        await tx.artists.update(otto)
    known = stage.flows
    for seen in (await known.stating.text(), None):
        found = seen or await known.stating.text()
        answers = [Answers(rules=f"{word} {found.version}") for word in ("Kind", "Brief")]
        await one_of(*(known.stating.save(otto, one, found) for one in answers))
    policy = (await known.drafting.draft(otto)).read()
    await known.drafting.keep(otto, policy)
    held = await known.drafting.draft(otto)
    sizes = [replace(policy, renditions=replace(policy.renditions, visitor=n)) for n in (640, 800)]
    await one_of(*(known.drafting.keep_text(otto, write_policy(one), held) for one in sizes))


async def test_a_case_is_decided_by_one_of_two_moderators(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    staff = [replace(await stage.artist(name), role=Role.MODERATOR) for name in ("mo", "mia")]
    async with stage.library.transaction() as tx:
        for one in staff:
            await tx.artists.update(one)
    report = await stage.flows.reporting.report(ben, ana.id, "No", about=[TargetId(work.id)])
    decisions = [
        Decision(Outcome.HIDDEN, "A copy.", seen=0),
        Decision(Outcome.NOTHING, "It is hers.", seen=0),
    ]
    casework = stage.flows.casework
    await one_of(
        *(
            casework.close(one, report.id, decision)
            for one, decision in zip(staff, decisions, strict=True)
        )
    )


async def test_a_comment_is_saved_by_one_of_two_windows(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    known = stage.flows.commenting
    said = await known.comment(ben, TargetId(work.id), "Lovely.")
    await one_of(*(known.edit(ben, said.id, text, seen=said) for text in ("Fine.", "Good.")))


async def test_a_request_is_decided_in_one_way_by_two_windows(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    asks = InteractionPolicy(like=Permit.APPROVED)
    work = await stage.hang(ana, interaction=asks)
    await stage.flows.reactions.react(ben, TargetId(work.id), ReactionKind.LIKE)
    (asked,) = await stage.flows.approving.waiting(ana.id)
    known = stage.flows.approving
    ends = await asyncio.gather(
        known.approve(ana, asked.request.id),
        known.refuse(ana, asked.request.id),
        return_exceptions=True,
    )
    assert [type(end) for end in ends if end is not None] == [Invalid]


async def test_entries_of_our_own_list_that_come_at_once_are_both_kept(stage: Stage) -> None:
    own = stage.flows.own_list
    entries = [ListEntry(f"{name}.example", Severity.SUSPEND) for name in ("a", "b", "c")]
    await own.say(None, ListEntry("first.example", Severity.SUSPEND))
    made, *_ = await asyncio.gather(*(own.say(None, entry) for entry in entries))
    draft = await stage.read(lambda tx: tx.lists.draft(made.id))
    assert {one.domain for one in draft.entries} == {
        *("a.example", "b.example", "c.example", "first.example")
    }
