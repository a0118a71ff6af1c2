"""The ledger of signals: every change is in it, the chain holds, and what is altered shows."""

from dataclasses import replace

import pytest

from server.bus import MemoryBus
from server.changes import KINDS, NewPolicy
from server.chronicling import Ledger, note_work
from server.drafts import Draft
from server.ledger import (
    Entry,
    Period,
    Scope,
    Statement,
    chained,
    content_hash,
    first_break,
    periods,
    subject_of,
)
from server.model import Artist, ContentUsage, Millis, Preference, Work
from server.passages import DAY
from server.policy import STANDARD_NO_AI
from server.policy_text import write_policy
from server.protecting import Protecting
from server.protections import Overlay
from storage.engines import open_engine
from tests.flows.artists import Studio, a_pool, a_studio, edits_of  # noqa: F401 - fixtures
from tests.postgres import postgres_url

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO, YES = Preference.NO, Preference.YES


def ledger_of(studio: Studio) -> Ledger:
    return Ledger(studio.library, studio.clock, studio.house)


async def hung(studio: Studio, artist: Artist) -> Work:
    work = await studio.hung(artist)
    async with studio.library.transaction() as tx:
        await note_work(tx, studio.clock, work)
    return work


def url_of(studio: Studio) -> str:
    file = studio.folder.parent / "fixatif.db"
    return f"sqlite:///{file}" if file.exists() else postgres_url()


async def told(studio: Studio, artist: Artist, work: Work) -> tuple[Period, ...]:
    async with studio.library.reading() as tx:
        salt = await tx.ledger.salt_if_any(artist.id)
        assert salt
        return periods(
            await tx.ledger.of_subject(""),
            await tx.ledger.of_subject(subject_of(salt)),
            await tx.ledger.of_subject(subject_of(salt, work.id)),
        )


async def test_a_work_has_periods_of_what_was_said_of_it(studio: Studio) -> None:
    ledger, clock = ledger_of(studio), studio.clock
    await ledger.begin()
    ana = await studio.artist("ana")
    work = await hung(studio, ana)
    hung_at = clock.now()
    clock.move(1_000)
    protecting = Protecting(studio.library, clock, MemoryBus(), studio.house)
    ana = await protecting.change(ana, Overlay(ContentUsage(search=NO)))
    clock.move(1_000)
    await studio.publishing.edit(
        ana, work.id, Draft(title="B", overlay=Overlay(ContentUsage(train_ai=NO))), edits_of(work)
    )
    clock.move(1_000)
    await studio.publishing.withdraw(ana, work.id)
    found = await told(studio, ana, work)
    assert [one.usage.search for one in found] == [Preference.UNSET, NO]
    assert found[0].since == hung_at
    assert all(one.usage.train_ai is NO for one in found)
    assert found[0].until == found[1].since
    assert found[-1].until == clock.now()


async def test_the_chain_holds_and_is_published_once_a_day(studio: Studio) -> None:
    ledger, clock = ledger_of(studio), studio.clock
    await ledger.begin()
    ana = await studio.artist("ana")
    await hung(studio, ana)
    assert await ledger.seal() >= 2
    assert await ledger.seal() == 0
    before = await ledger.verify()
    assert before.is_whole
    first = await ledger.heads()
    assert [one.day for one in first] == [clock.now() // DAY]
    clock.move(DAY)
    await ledger.flush()
    assert [one.day for one in await ledger.heads()] == [clock.now() // DAY, first[0].day]
    assert (await ledger.verify()).is_whole


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE ledger SET usage = 'train-ai=y' WHERE number = 1",
        "UPDATE ledger SET at = at - 1 WHERE number = 2",
        "DELETE FROM ledger WHERE number = 1",
        "DELETE FROM ledger WHERE number = (SELECT MAX(number) FROM ledger)",
        "UPDATE ledger_heads SET hash = 'aa'",
    ],
)
async def test_what_was_altered_left_out_or_cut_off_is_found(studio: Studio, harm: str) -> None:
    ledger = ledger_of(studio)
    await ledger.begin()
    await hung(studio, await studio.artist("ana"))
    await ledger.seal()
    assert (await ledger.verify()).is_whole
    engine = open_engine(url_of(studio))
    async with engine.writing() as connection:
        await connection.execute(harm)  # type: ignore[arg-type]  # what an attacker would write
    await engine.close()
    assert not (await ledger.verify()).is_whole


async def test_a_chain_rewritten_as_a_whole_contradicts_what_was_published() -> None:
    says = Statement(Scope.HOUSE, usage="train-ai=n", version=1)
    first = Entry(Millis(1), says, 1, chained("", content_hash(Millis(1), says)))
    assert first_break(None, [first]) == 0
    forged = replace(first, says=replace(says, usage="train-ai=y"))
    assert first_break(None, [forged]) == 1
    assert first_break(first, [first]) == 2


async def test_an_erased_artist_leaves_a_chain_that_holds_and_names_nobody(studio: Studio) -> None:
    ledger = ledger_of(studio)
    await ledger.begin()
    ana = await studio.artist("ana")
    await hung(studio, ana)
    await ledger.seal()
    async with studio.library.transaction() as tx:
        await tx.departures.erase_works(ana.id)
        await tx.departures.erase_account(ana.id)
    async with studio.library.reading() as tx:
        assert await tx.ledger.salt_if_any(ana.id) is None
    assert (await ledger.verify()).is_whole


async def test_a_ledger_that_begins_late_notes_all_that_is_said_already(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    ledger = ledger_of(studio)
    await ledger.begin()
    found = await told(studio, ana, work)
    assert [one.usage.train_ai for one in found] == [NO]


async def test_a_new_policy_is_noted_with_its_version(studio: Studio) -> None:
    ledger = ledger_of(studio)
    await ledger.begin()
    ana = await studio.artist("ana")
    work = await hung(studio, ana)
    studio.clock.move(1_000)
    toml = write_policy(replace(STANDARD_NO_AI, content_usage=ContentUsage(NO, NO, NO)))
    async with studio.library.transaction() as tx:
        await KINDS[NewPolicy].write(tx, studio.clock, None, NewPolicy(toml), "Tighter.")
    found = await told(studio, ana, work)
    assert [(one.usage.search, one.policy_version) for one in found] == [
        (Preference.UNSET, 1),
        (NO, 2),
    ]
