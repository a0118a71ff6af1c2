"""Who may see it? What was said to few and shown to many elsewhere, each beside what is right."""

import re

import pytest

from server.model import Actor, Artist, FollowState, Visibility
from tests.security.town import PUBLIC, Peer, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER = ["public", "unlisted", "followers", "direct"]


def addressed(town: Town, bob: Peer, artist: Artist, audience: str) -> dict[str, list[str]]:
    """Return recipients that make a post of this audience."""
    ana, followers = town.artist_uri(artist), f"{bob.uri}/followers"
    return {
        "public": {"to": [PUBLIC], "cc": [followers, ana]},
        "unlisted": {"to": [followers, ana], "cc": [PUBLIC]},
        "followers": {"to": [followers], "cc": [ana]},
        "direct": {"to": [ana], "cc": []},
    }[audience]


@pytest.mark.parametrize("deed", ["Update", "Create"])
@pytest.mark.parametrize("was", ORDER[1:])
@pytest.mark.parametrize("wanted", ORDER)
async def test_no_later_word_widens_who_may_see_a_post(
    town: Town, deed: str, was: str, wanted: str
) -> None:
    """CVE-2024-37903: an Update made a private post public."""
    ana = await town.artist()
    bob = town.peer()
    mention = {"tag": [{"type": "Mention", "href": town.artist_uri(ana), "name": "@ana"}]}
    note = bob.note(**mention, **addressed(town, bob, ana, was))
    assert await town.tell(bob.does("Create", note), bob) == 202
    later = note | {"content": "later", "updated": "2026-11-21T10:00:00Z"}
    later |= addressed(town, bob, ana, wanted)
    assert await town.tell(bob.does(deed, later, to=later["to"], cc=later["cc"]), bob) == 202
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert kept.visibility.value == max(was, wanted, key=ORDER.index)
    assert kept.content_html == "later"  # the rest of the edit counts


async def test_an_activity_for_everybody_makes_no_private_post_public(town: Town) -> None:
    """The post's own recipients count; the envelope's only where it has none."""
    ana, bob = await town.artist(), town.peer()
    mention = {"tag": [{"type": "Mention", "href": town.artist_uri(ana), "name": "@ana"}]}
    direct = bob.note(**mention, **addressed(town, bob, ana, "direct"))
    assert await town.tell(bob.does("Create", direct, to=[PUBLIC]), bob) == 202
    bare = {name: value for name, value in direct.items() if name not in {"to", "cc"}}
    bare["id"] = bob.new_uri("notes")
    assert await town.tell(bob.does("Create", bare, to=[PUBLIC]), bob) == 202
    said, inherited = await town.post_at(direct["id"]), await town.post_at(bare["id"])
    assert said is not None
    assert inherited is not None
    assert (said.visibility, inherited.visibility) == (Visibility.DIRECT, Visibility.PUBLIC)


# Followers' things


async def follow_of_ours(town: Town, ana: Artist, bob: Peer) -> Actor:
    """Have ana ask to follow Bob, and return him as he is known here."""
    bob_here = await town.stage.meet(bob)
    await town.stage.flows.following.follow(ana, bob_here)
    await town.stage.drain()
    return bob_here


async def test_asking_to_follow_shows_nothing_that_is_for_followers(town: Town) -> None:
    """CVE-2025-30741: a follow that nobody had accepted yet counted as one."""
    ana, bob = await town.artist(), town.peer()
    bob_here = await follow_of_ours(town, ana, bob)
    note = bob.note(to=[f"{bob.uri}/followers"], cc=[])
    assert await town.tell(bob.does("Create", note), bob) == 202
    viewing = town.stage.flows.viewing
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert list((await town.stage.flows.feeding.page(ana.id)).entries) == []
    assert await viewing.target(kept.id, ana.id) is None
    asked = await town.stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    assert asked.state is FollowState.PENDING
    assert await town.tell(bob.does("Accept", asked.uri), bob) == 202
    feed = await town.stage.flows.feeding.page(ana.id)
    assert [entry.said.post.id for entry in feed.entries] == [kept.id]
    assert await viewing.target(kept.id, ana.id) is not None


@pytest.mark.parametrize(
    ("state", "status"),
    [(None, 404), (FollowState.PENDING, 404), (FollowState.ACCEPTED, 200)],
    ids=str,
)
async def test_a_work_for_followers_is_fetched_by_accepted_ones_alone(
    town: Town, state: FollowState | None, status: int
) -> None:
    """CVE-2025-30741, the other way: who only asked to follow us."""
    ana, bob = await town.artist(), town.peer()
    work = await town.stage.hang(ana, visibility=Visibility.FOLLOWERS)
    if state is not None:
        await town.stage.befriend(bob, ana, state)
    for path in (f"/works/{work.id}", f"/works/{work.id}/replies"):
        assert (await town.ask(path, bob)).status == status
        assert (await town.ask(path)).status == 404  # whoever asks next, unsigned


@pytest.mark.parametrize("state", [FollowState.PENDING, FollowState.ACCEPTED])
async def test_a_work_for_followers_is_delivered_to_accepted_ones_alone(
    town: Town, state: FollowState
) -> None:
    ana, bob = await town.artist(), town.peer(f"{state}.test")
    await town.stage.befriend(bob, ana, state)
    await town.stage.hang(ana, visibility=Visibility.FOLLOWERS)
    town.forget_asking()
    await town.stage.drain()
    inboxes = [inbox for inbox, _ in town.stage.net.delivered if inbox == bob.shared_inbox]
    assert inboxes == ([bob.shared_inbox] if state is FollowState.ACCEPTED else [])


async def test_an_answer_for_one_is_kept_for_nobody_else(town: Town) -> None:
    """GHSA-ccpr: a collection made for one reader was shown to the next, who was blocked."""
    ana, bob = await town.artist(), town.peer()
    hidden = await town.stage.hang(ana, visibility=Visibility.FOLLOWERS)
    shown = await town.stage.hang(ana)
    await town.stage.befriend(bob, ana)
    for path in (f"/users/{ana.handle}/outbox?page=true", f"/users/{ana.handle}/featured"):
        signed, unsigned = await town.ask(path, bob), await town.ask(path)
        assert without_tokens(await signed.text()) == without_tokens(await unsigned.text())
        assert signed.headers["Cache-Control"] == "private, no-store"  # bob's tokens stand in it
        assert unsigned.headers["Cache-Control"].startswith("public")
        assert str(hidden.id) not in await unsigned.text()
        assert str(shown.id) in await unsigned.text()
    answer = await town.ask(f"/works/{hidden.id}", bob)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Signature" in answer.headers["Vary"]
    his = await town.ask(f"/works/{shown.id}", bob)
    assert his.headers["Cache-Control"] == "private, no-store"
    for_all = await town.ask(f"/works/{shown.id}")
    assert for_all.headers["Cache-Control"].startswith("public")
    assert "Signature" in for_all.headers["Vary"]


def without_tokens(text: str) -> str:
    """Return a document without what says to which server its pictures' addresses were given."""
    return re.sub(r"\?p=[\w-]{22}", "", text)


@pytest.mark.parametrize(
    "spelling", ["far{}.test", "sub.far{}.test", "far{}.test:8443", "far{}.test."]
)
@pytest.mark.parametrize("is_refused", [True, False])
async def test_a_refused_server_finds_no_way_round_the_refusal(
    town: Town, spelling: str, *, is_refused: bool
) -> None:
    """CVE-2026-23961: who was suspended went on by another door."""
    ana = await town.artist()
    number = ana.handle.removeprefix("ana")
    hidden = await town.stage.hang(ana, visibility=Visibility.FOLLOWERS)
    shown = await town.stage.hang(ana)
    await town.stage.drain()
    bob = town.peer(spelling.format(number))
    await town.stage.befriend(bob, ana)
    other = f"far{number}.test" if is_refused else f"other{number}.test"
    in_force = town.stage.flows.house._in_force
    try:
        town.stage.refuse("inbound", other)
        status = await town.tell(bob.does("Like", town.work_uri(shown)), bob)
        assert (status, await town.likes(shown)) == (202, 0 if is_refused else 1)
        town.stage.flows.house._in_force = in_force
        town.stage.refuse("outbound", other)
        answer = await town.ask(f"/works/{hidden.id}", bob)
        assert answer.status == (404 if is_refused else 200)
        await town.stage.hang(ana)
        town.forget_asking()
        await town.stage.drain()
        assert bool(town.stage.net.delivered) is not is_refused
    finally:
        town.stage.flows.house._in_force = in_force


# What an answer gives away


async def test_a_stranger_learns_from_no_answer_what_is_hidden(town: Town) -> None:
    """GHSA-gwhw: one error for what is hidden and another for what never was."""
    ana, eve = await town.artist(), town.peer(key_number=2)
    hidden = [
        (await town.stage.hang(ana, visibility=one)).id
        for one in (Visibility.FOLLOWERS, Visibility.DRAFT)
    ]
    absent = hidden[-1] + 1
    shapes = set()
    for work_id in (*hidden, absent):
        signed, bare = await town.ask(f"/works/{work_id}", eve), await town.ask(f"/works/{work_id}")
        said = eve.does("Like", f"https://art.test/works/{work_id}")
        reply = eve.note(inReplyTo=f"https://art.test/works/{work_id}")
        shapes.add(
            (
                signed.status,
                await signed.text(),
                bare.status,
                await bare.text(),
                await town.tell(said, eve),
                await town.tell(eve.does("Create", reply), eve),
            )
        )
    assert len(shapes) == 1
    shown = await town.stage.hang(ana)
    assert (await town.ask(f"/works/{shown.id}", eve)).status == 200
