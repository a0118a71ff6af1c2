"""Ends, quotes and emoji between two instances, over real TLS."""

import pytest

from server.drafts import Draft, PictureEdit
from server.errors import Invalid
from server.model import Artist, Quote, TargetId, Work
from server.permits import InteractionPolicy, Permit
from server.reactions import Tally
from tests.two_servers.instances import Town, settle
from tests.two_servers.test_walk import Towns, picture, towns

__all__ = ["towns"]

BLUE = (picture(40, 30, (1, 2, 3)), "Blue")


async def friends(both: Towns) -> tuple[Artist, Artist]:
    """Open an account on each side; Bob, there, follows Ana."""
    here, there = both
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"ana@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    return ana, bob


async def work_of(
    town: Town, artist: Artist, both: Towns, interaction: InteractionPolicy | None = None
) -> Work:
    draft = Draft(title="First", interaction=interaction)
    work: Work = await town.upload(artist, draft, BLUE)
    await settle(*both)
    return work


async def quote_of(town: Town, work: Work) -> Quote | None:
    kept = await town.read(lambda tx: tx.works.by_id(work.id))
    found: Quote | None = kept.quote
    return found


async def test_who_lets_nobody_quote_is_not_asked(towns: Towns) -> None:
    here, there = towns
    ana, bob = await friends(towns)
    shut = InteractionPolicy(quote=Permit.NOBODY)
    theirs = await work_of(there, bob, towns, interaction=shut)
    with pytest.raises(Invalid, match="does not want it to be quoted"):
        await here.flows.quotables.find(ana, there.flows.addresses.work(theirs.id))


async def test_a_quote_is_asked_for_granted_shown_there_and_taken_back(towns: Towns) -> None:
    here, there = towns
    ana, bob = await friends(towns)
    asks = InteractionPolicy(quote=Permit.APPROVED)
    theirs = await work_of(there, bob, towns, interaction=asks)
    uri = await here.flows.quotables.find(ana, there.flows.addresses.work(theirs.id))
    mine: Work = await here.upload(ana, Draft(title="After Bob", quote=uri), BLUE)
    await settle(*towns)
    waiting = await quote_of(here, mine)
    assert waiting is not None
    assert not waiting.is_approved
    approving = there.flows.approving
    (asked,) = await approving.waiting(bob.id)
    await approving.approve(bob, asked.request.id)
    await settle(*towns)
    granted = await quote_of(here, mine)
    assert granted is not None
    assert granted.is_approved
    seen = await there.read(lambda tx: tx.posts.by_uri(here.flows.addresses.work(mine.id)))
    assert (seen.quote.uri, seen.quote.is_approved) == (uri, True)
    await approving.withdraw(bob, asked.request.id)
    await settle(*towns)
    assert await quote_of(here, mine) is None
    assert "quote_refused" in await here.told(ana)


async def test_an_edit_takes_a_quote_out_there_too(towns: Towns) -> None:
    here, there = towns
    ana, bob = await friends(towns)
    theirs = await work_of(there, bob, towns)
    uri = await here.flows.quotables.find(ana, there.flows.addresses.work(theirs.id))
    mine: Work = await here.upload(ana, Draft(title="After Bob", quote=uri), BLUE)
    await settle(*towns)
    address = here.flows.addresses.work(mine.id)
    seen = await there.read(lambda tx: tx.posts.by_uri(address))
    assert seen.quote.is_approved
    made = await here.flows.viewing.own(ana, mine.id)
    here.clock.advance(seconds=60)
    pictures = [PictureEdit(one.id, one.alt) for one in made.pictures]
    await here.flows.publishing.edit(ana, mine.id, Draft(title="Mine", quote=""), pictures)
    await settle(*towns)
    assert (await there.read(lambda tx: tx.posts.by_uri(address))).quote is None


async def test_an_emoji_counts_on_both_sides(towns: Towns) -> None:
    here, there = towns
    ana, bob = await friends(towns)
    work = await work_of(here, ana, towns)
    target: TargetId = await there.target(here.flows.addresses.work(work.id))
    await there.flows.reactions.react_with(bob, target, "👩🏿‍🎨")
    await settle(*towns)
    about = TargetId(work.id)
    found = await here.flows.reactions.tallies([about], None)
    assert found[about] == Tally((("👩🏿‍🎨", 1),))
    assert (await there.flows.reactions.tallies([target], bob.id))[target].own == "👩🏿‍🎨"


async def test_an_artist_leaves_and_comes_back_and_leaves_for_good(towns: Towns) -> None:
    here, there = towns
    ana, bob = await friends(towns)
    work = await work_of(here, ana, towns)
    uri = f"{here.url}/users/ana"
    await here.flows.account_ends.ask(ana)
    await settle(*towns)
    assert (await there.get(uri))[0] == 404
    await here.flows.account_ends.take_back(ana)
    await settle(*towns)
    assert (await there.get(uri))[0] == 200
    assert len(await there.feed(bob)) == 1
    await here.flows.account_ends.ask(ana, at_once=True)
    await settle(*towns)
    assert await there.feed(bob) == []
    assert (await there.read(lambda tx: tx.actors.by_uri(uri))).gone_at is not None
    assert await there.read(lambda tx: tx.posts.by_uri(f"{here.url}/works/{work.id}")) is None
    here.clock.advance(hours=1)
    await settle(*towns)
    status, _, body = await there.get(uri)
    assert (status, b"Tombstone" in body) == (410, True)
