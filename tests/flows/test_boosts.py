"""What somebody followed boosts, in the feed of who follows them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from server.feeding import Feed, FeedEntry
from server.model import ActorKind, Artist, JobKind, ReactionKind, TargetId, Visibility
from tests.flows.dealings import about, arrive, follow_from_here
from tests.two_servers.stage import PUBLIC, Peer, Stage

BOOST = ReactionKind.BOOST


class Group(Peer):
    """A series on another server, by its own actor."""

    @property
    def document(self) -> dict[str, Any]:
        return super().document | {"type": "Group"}


async def feed(stage: Stage, reader: Artist) -> list[tuple[str, list[str]]]:
    """Return title or address of each entry, newest first, and the names of who boosted it."""
    page: Feed = await stage.flows.feeding.page(reader.id)
    return [(_name(one), [who.handle for who in one.boosters]) for one in page.entries]


def _name(entry: FeedEntry) -> str:
    if entry.hung is not None:
        return entry.hung.work.title
    return entry.said.post.uri if entry.said is not None else ""


def announce(booster: Peer, uri: Any, **more: Any) -> dict[str, Any]:
    return booster.does("Announce", uri, to=[PUBLIC], cc=[f"{booster.uri}/followers"]) | more


def at(stage: Stage, *, hours: float) -> str:
    moment = datetime.fromtimestamp(stage.clock.now() / 1000 + hours * 3600, UTC)
    return moment.isoformat()


async def held(stage: Stage, author: Peer, **more: Any) -> dict[str, Any]:
    """Have a post of somebody whom nobody follows kept here, as when somebody looked it up."""
    note = author.note(**more)
    stage.net.serve(author.uri, author.document)
    stage.net.serve(note["id"], note)
    found = await stage.flows.remote.find(note["id"])
    await stage.flows.remote.keep_note(found, await stage.flows.remote.actor(author.uri))
    stage.net.asked.clear()
    return note


def documents(stage: Stage) -> list[str]:
    """Return what was asked for since, but for what people are called."""
    return [url for url in stage.net.fetched if "/.well-known/" not in url]


async def scene(stage: Stage) -> tuple[Artist, Peer, Peer]:
    """Return ana, bob whom she follows, and carol whom nobody here does."""
    ana, bob, carol = await stage.artist(), Peer("bob"), Peer("carol", "third.test", 2)
    await follow_from_here(stage, ana, bob)
    return ana, bob, carol


# Refusals


async def test_a_boost_by_somebody_not_followed_shows_nowhere_and_causes_no_request(
    stage: Stage,
) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    eve = Peer("eve", "eve.test", 3)
    await stage.meet(eve)
    for uri in (note["id"], "https://victim.test/notes/1"):
        await arrive(stage, announce(eve, uri))
    assert await feed(stage, ana) == []
    assert documents(stage) == []
    await arrive(stage, announce(bob, note["id"]))
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


async def test_a_follow_that_nobody_accepted_yet_shows_no_boosts(stage: Stage) -> None:
    ana, carol, dan = await stage.artist(), Peer("carol", "third.test", 2), Peer("dan", "d.test", 4)
    note = await held(stage, carol)
    await stage.flows.following.follow(ana, await stage.meet(dan))
    await arrive(stage, announce(dan, note["id"]))
    assert await feed(stage, ana) == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT, Visibility.DRAFT])
async def test_what_is_not_for_everybody_is_not_boosted_by_others(
    stage: Stage, visibility: Visibility
) -> None:
    ana, bob, _ = await scene(stage)
    cara = await stage.artist("cara")
    work = await stage.hang(cara, visibility=visibility)
    await stage.befriend(bob, cara)
    await arrive(stage, announce(bob, about(stage, work)))
    assert await feed(stage, ana) == []
    assert (await stage.flows.viewing.counts([TargetId(work.id)]))[TargetId(work.id)].boosts == 0


async def test_of_a_post_for_followers_its_authors_own_boost_counts(stage: Stage) -> None:
    ana, bob, _ = await scene(stage)
    note = bob.note(to=[f"{bob.uri}/followers"], cc=[], published=at(stage, hours=-3))
    await arrive(stage, bob.does("Create", note))
    newer = bob.note(published=at(stage, hours=-1))
    await arrive(stage, bob.does("Create", newer))
    await arrive(stage, announce(bob, note["id"], to=[f"{bob.uri}/followers"], cc=[]))
    page = await stage.flows.feeding.page(ana.id)
    assert [_name(one) for one in page.entries] == [newer["id"], note["id"]]
    [boost] = (
        await stage.read(lambda tx: tx.feeds.stretch(ana.id, before=None, limit=1))
    ).items  # the page shows the post itself, once
    assert boost.booster_id is not None


async def test_a_boost_for_named_people_alone_is_told_to_nobody_else(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    await arrive(stage, announce(bob, note["id"], to=[carol.uri], cc=[]))
    assert await feed(stage, ana) == []
    for addressed in ({"to": [f"{bob.uri}/followers"], "cc": []}, {"to": [], "cc": []}):
        other = await held(stage, carol)
        await arrive(stage, announce(bob, other["id"], **addressed))
    assert len(await feed(stage, ana)) == 2


@pytest.mark.parametrize("kind", ["Like", "Delete", "Update", "Announce", "Undo", "Person", "Page"])
async def test_what_a_community_wraps_boosts_nothing_but_what_was_made(
    stage: Stage, kind: str
) -> None:
    """Lemmy's communities announce whole activities (FEP-1b12)."""
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    inner: dict[str, Any] = carol.does(kind, note["id"]) | {"id": f"https://third.test/{kind}/1"}
    if kind == "Page":  # a post, but one that nobody serves
        inner = {"id": "https://third.test/page/1", "type": "Page"}
    answer = carol.does("Create", note | {"inReplyTo": "https://third.test/notes/0"})
    await arrive(stage, announce(bob, inner))
    await arrive(stage, announce(bob, answer))
    assert await feed(stage, ana) == []
    await arrive(stage, announce(bob, carol.does("Create", note | {"type": "Page"})))
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


@pytest.mark.parametrize("who", ["author", "booster"])
async def test_who_is_suspended_leaves_the_feed_and_returns(stage: Stage, who: str) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    await arrive(stage, announce(bob, note["id"]))
    uri = carol.uri if who == "author" else bob.uri
    actor = await stage.read(lambda tx: tx.actors.by_uri(uri))
    await stage.flows.members.suspend(None, actor.id, "Spam")
    assert await feed(stage, ana) == []
    await stage.flows.members.suspend(None, actor.id, is_on=False)
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


async def test_boosts_bring_nothing_of_whom_one_blocks_or_who_blocks(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    cara = await stage.artist("cara")
    work, note = await stage.hang(cara), await held(stage, carol)
    for uri in (note["id"], about(stage, work)):
        await arrive(stage, announce(bob, uri))
    assert len(await feed(stage, ana)) == 2
    carol_here = await stage.read(lambda tx: tx.actors.by_uri(carol.uri))
    await stage.flows.blocking.block(ana, carol_here)
    ana_here = await stage.read(lambda tx: tx.actors.by_id(ana.id))
    await stage.flows.blocking.block(cara, ana_here)
    assert await feed(stage, ana) == []
    await stage.flows.blocking.unblock(ana, carol_here)
    await stage.flows.blocking.unblock(cara, ana_here)
    assert len(await feed(stage, ana)) == 2
    await stage.flows.blocking.block(ana, await stage.read(lambda tx: tx.actors.by_uri(bob.uri)))
    assert await feed(stage, ana) == []


async def test_a_silenced_author_comes_in_only_where_one_follows_them(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol, inReplyTo="https://third.test/notes/0")  # in no feed by itself
    await arrive(stage, announce(bob, note["id"]))
    carol_here = await stage.read(lambda tx: tx.actors.by_uri(carol.uri))
    await stage.flows.members.silence(None, carol_here.id, "Loud")
    assert await feed(stage, ana) == []
    await follow_from_here(stage, ana, carol)
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


async def test_what_moderators_or_rules_hide_is_not_boosted_into_feeds(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    await arrive(stage, announce(bob, note["id"]))
    post = await stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    async with stage.library.transaction() as tx:
        await tx.posts.withhold(post.id, is_withheld=True)
    assert await feed(stage, ana) == []
    async with stage.library.transaction() as tx:
        await tx.posts.withhold(post.id, is_withheld=False)
    assert len(await feed(stage, ana)) == 1
    stage.stand(third_test="limited")
    limited = await held(stage, carol)
    await arrive(stage, announce(bob, limited["id"]))
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


# What is shown


async def test_a_work_here_boosted_by_somebody_followed_elsewhere_is_shown(stage: Stage) -> None:
    ana, bob, _ = await scene(stage)
    work = await stage.hang(await stage.artist("cara"))
    await arrive(stage, announce(bob, about(stage, work)))
    assert await feed(stage, ana) == [("Blue hour", ["bob"])]
    await stage.flows.publishing.withdraw(
        await stage.read(lambda tx: tx.artists.by_handle("cara")), work.id
    )
    assert await feed(stage, ana) == []


async def test_what_an_artist_here_boosts_is_shown_to_who_follows_them(stage: Stage) -> None:
    ana, ben, cara = [await stage.artist(name) for name in ("ana", "ben", "cara")]
    work = await stage.hang(cara)
    await stage.flows.following.follow(ana, await stage.read(lambda tx: tx.actors.by_id(ben.id)))
    await stage.flows.reactions.react(ben, TargetId(work.id), BOOST)
    assert await feed(stage, ana) == [("Blue hour", ["ben"])]
    await stage.flows.reactions.take_back(ben, TargetId(work.id), BOOST)
    assert await feed(stage, ana) == []


async def test_what_several_boost_stands_once_with_the_newest_first(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    dan = Peer("dan", "d.test", 4)
    await follow_from_here(stage, ana, dan)
    await arrive(stage, announce(bob, note["id"], published=at(stage, hours=-2)))
    await arrive(stage, announce(dan, note["id"], published=at(stage, hours=-1)))
    assert await feed(stage, ana) == [(note["id"], ["dan", "bob"])]


async def test_a_post_whose_author_is_followed_too_stands_once_and_as_itself(
    stage: Stage,
) -> None:
    ana, bob, carol = await scene(stage)
    await follow_from_here(stage, ana, carol)
    note = carol.note()
    await arrive(stage, carol.does("Create", note))
    await arrive(stage, announce(bob, note["id"]))
    assert await feed(stage, ana) == [(note["id"], [])]


async def test_boosts_are_sorted_by_when_they_were_made_never_in_the_future(
    stage: Stage,
) -> None:
    ana, bob, carol = await scene(stage)
    late, early, future, ancient = [await held(stage, carol) for _ in range(4)]
    await arrive(stage, announce(bob, late["id"], published=at(stage, hours=-1)))
    await arrive(stage, announce(bob, early["id"], published=at(stage, hours=-5)))
    await arrive(stage, announce(bob, future["id"], published=at(stage, hours=24)))
    stage.clock.advance(seconds=1)
    await arrive(stage, announce(bob, ancient["id"], published="2001-01-01T00:00:00Z"))
    shown = [uri for uri, _ in await feed(stage, ana)]
    assert shown == [ancient["id"], future["id"], late["id"], early["id"]]
    page = await stage.flows.feeding.page(ana.id)
    assert all(one.at <= stage.clock.now() for one in page.entries)


async def test_pages_lose_no_boost_and_repeat_none(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    notes = [await held(stage, carol) for _ in range(30)]
    own = [bob.note(published=at(stage, hours=-number - 0.5)) for number in range(30)]
    for number, (note, said) in enumerate(zip(notes, own, strict=True)):
        await arrive(stage, announce(bob, note["id"], published=at(stage, hours=-number)))
        await arrive(stage, bob.does("Create", said))
    seen: list[str] = []
    end = None
    while True:
        page = await stage.flows.feeding.page(ana.id, end)
        seen += [_name(one) for one in page.entries]
        end = page.end
        if end is None:
            break
    assert seen == [one["id"] for pair in zip(notes, own, strict=True) for one in pair]


async def test_a_page_of_nothing_but_hidden_boosts_leads_on(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    eve = Peer("eve", "eve.test", 3)
    shown = await held(stage, carol)
    await arrive(stage, announce(bob, shown["id"], published=at(stage, hours=-99)))
    for number in range(120):
        note = await held(stage, eve)
        await arrive(stage, announce(bob, note["id"], published=at(stage, hours=-number / 10)))
    eve_here = await stage.read(lambda tx: tx.actors.by_uri(eve.uri))
    await stage.flows.members.suspend(None, eve_here.id, "Spam")
    first = await stage.flows.feeding.page(ana.id)
    assert first.entries == () and first.end is not None  # noqa: PT018 - one thing
    rest = await stage.flows.feeding.page(ana.id, first.end)
    assert [_name(one) for one in rest.entries] == [shown["id"]]


async def test_what_is_taken_back_or_deleted_is_gone(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    by_id, embedded, deleted = [await held(stage, carol) for _ in range(3)]
    said = [announce(bob, one["id"]) for one in (by_id, embedded, deleted)]
    for one in said:
        await arrive(stage, one)
    assert len(await feed(stage, ana)) == 3
    await arrive(stage, bob.does("Undo", said[0]["id"]))
    await arrive(stage, bob.does("Undo", said[1]))
    assert await feed(stage, ana) == [(deleted["id"], ["bob"])]
    await arrive(stage, carol.does("Delete", deleted["id"]))
    assert await feed(stage, ana) == []


async def test_unfollowing_takes_the_boosts_away(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = await held(stage, carol)
    await arrive(stage, announce(bob, note["id"]))
    bob_here = await stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    await stage.flows.following.unfollow(ana, bob_here)
    assert await feed(stage, ana) == []


# What is not here yet


def served(stage: Stage, author: Peer, **more: Any) -> dict[str, Any]:
    """Return a post that its author's server gives to whoever asks."""
    note = author.note(**more)
    stage.net.serve(author.uri, author.document)
    stage.net.serve(note["id"], note)
    return note


async def test_a_boosted_post_is_brought_from_its_origin_with_its_author(stage: Stage) -> None:
    """The Announce is as Mastodon writes it."""
    ana, bob, carol = await scene(stage)
    note = served(stage, carol, sensitive=True, summary="Spiders")
    said = {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri"},
        ],
        "id": f"{bob.uri}/statuses/112/activity",
        "type": "Announce",
        "actor": bob.uri,
        "published": at(stage, hours=-1),
        "to": [PUBLIC],
        "cc": [carol.uri, f"{bob.uri}/followers"],
        "object": note["id"],
    }
    await arrive(stage, said)
    page = await stage.flows.feeding.page(ana.id)
    [entry] = page.entries
    assert (entry.said.author.uri, entry.said.post.warning) == (carol.uri, "Spiders")
    assert entry.said.post.is_sensitive
    assert entry.at == stage.clock.now() - 3_600_000
    assert documents(stage) == [note["id"], carol.uri]
    await arrive(stage, announce(bob, note["id"]))
    assert documents(stage) == [note["id"], carol.uri]  # once


async def test_an_origin_that_is_away_is_asked_again_but_not_for_days(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    late, lost = carol.note(), carol.note()
    for note in (late, lost):
        await arrive(stage, announce(bob, note["id"]))
    assert await feed(stage, ana) == []
    stage.net.serve(carol.uri, carol.document)
    stage.net.serve(late["id"], late)
    stage.clock.advance(hours=1)
    await stage.drain()
    assert await feed(stage, ana) == [(late["id"], ["bob"])]
    for _ in range(9):
        stage.clock.advance(hours=1)
        await stage.drain()
    stage.net.asked.clear()
    stage.clock.advance(hours=48)
    await stage.drain()
    assert lost["id"] not in documents(stage)
    counts = await stage.read(lambda tx: tx.jobs.counts())
    assert JobKind.BOOST not in counts  # neither waiting nor given up


async def test_where_nobody_wants_to_see_boosts_none_is_fetched(stage: Stage) -> None:
    ana, bob, carol = await scene(stage)
    note = served(stage, carol)
    bob_here = await stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    async with stage.library.transaction() as tx:
        assert await tx.feeds.show_boosts(ana.id, bob_here.id, is_on=False)
    await arrive(stage, announce(bob, note["id"]))
    assert documents(stage) == []
    async with stage.library.transaction() as tx:
        assert await tx.feeds.show_boosts(ana.id, bob_here.id, is_on=True)
    await arrive(stage, announce(bob, note["id"]))
    assert await feed(stage, ana) == [(note["id"], ["bob"])]


async def test_what_a_group_announces_is_added_to_it(stage: Stage) -> None:
    ana, carol = await stage.artist(), Peer("carol", "third.test", 2)
    series = Group("hills", "other.test", 5)
    await follow_from_here(stage, ana, series)
    note = served(stage, carol)
    await arrive(stage, announce(series, note["id"]))
    page = await stage.flows.feeding.page(ana.id)
    assert [who.kind for who in page.entries[0].boosters] == [ActorKind.GROUP]


async def test_an_answer_that_was_boosted_stands_under_the_work_here_without_a_word(
    stage: Stage,
) -> None:
    ana, bob, carol = await scene(stage)
    work = await stage.hang(ana)
    note = served(stage, carol, inReplyTo=about(stage, work))
    await arrive(stage, announce(bob, note["id"]))
    assert (note["id"], ["bob"]) in await feed(stage, ana)
    room = await stage.flows.viewing.room(work.id, None)
    assert [one.post.uri for one in room.comments] == [note["id"]]
