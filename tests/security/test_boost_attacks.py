"""What can a boost make us fetch, believe or show? Each attack beside what is right."""

from typing import Any

import pytest

from federation.threads import MAX_CAUSED
from server.model import Artist, ReactionKind
from tests.security.town import PUBLIC, Peer, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")


def announce(booster: Peer, what: Any, **more: Any) -> dict[str, Any]:
    return booster.does("Announce", what, to=[PUBLIC], cc=[f"{booster.uri}/followers"]) | more


async def followed(town: Town, artist: Artist, domain: str = "peer.test") -> Peer:
    """Return somebody whom an artist here follows, and who accepted it."""
    peer = town.peer(domain)
    peer_here = await town.stage.meet(peer)
    await town.stage.flows.following.follow(artist, peer_here)
    await town.stage.drain()
    asked = await town.stage.read(lambda tx: tx.relations.follow(artist.id, peer_here.id))
    assert await town.tell(peer.does("Accept", asked.uri), peer) == 202
    town.forget_asking()
    return peer


def served(town: Town, author: Peer, **more: Any) -> dict[str, Any]:
    """Return a post that its author's server gives to whoever asks."""
    note = author.note(**more)
    town.stage.net.serve(note["id"], note)
    return note


def documents(town: Town) -> list[str]:
    return [url for url in town.stage.net.fetched if "/.well-known/" not in url]


async def shown(town: Town, reader: Artist) -> list[str]:
    page = await town.stage.flows.feeding.page(reader.id)
    return [one.said.post.uri for one in page.entries if one.said]


# Requests


async def test_only_who_is_followed_makes_us_ask_for_what_they_boost(town: Town) -> None:
    ana = await town.artist()
    bob, eve, carol = await followed(town, ana), town.peer("eve.test"), town.peer("third.test")
    note = served(town, carol)
    assert await town.tell(announce(eve, note["id"]), eve) == 202
    assert note["id"] not in documents(town)
    assert await town.tell(announce(bob, note["id"]), bob) == 202
    assert documents(town).count(note["id"]) == 1
    assert await shown(town, ana) == [note["id"]]


async def test_a_follow_without_an_answer_makes_us_ask_for_nothing(town: Town) -> None:
    ana, bob, carol = await town.artist(), town.peer("quiet.test"), town.peer("third.test")
    await town.stage.flows.following.follow(ana, await town.stage.meet(bob))
    await town.stage.drain()
    note = served(town, carol)
    assert await town.tell(announce(bob, note["id"]), bob) == 202
    assert note["id"] not in documents(town)


async def test_one_booster_causes_only_so_many_requests_in_an_hour(town: Town) -> None:
    """A booster would have us flood a third server; another booster is not held back by that."""
    ana = await town.artist()
    bob, dan, victim = await followed(town, ana), await followed(town, ana), "victim.test"
    for number in range(MAX_CAUSED):
        assert await town.tell(announce(bob, f"https://{victim}/notes/{number}"), bob) == 202
    asked = [url for url in documents(town) if victim in url]
    assert 0 < len(asked) <= MAX_CAUSED // 2
    note = served(town, town.peer("third.test"))
    assert await town.tell(announce(dan, note["id"]), dan) == 202
    assert note["id"] in await shown(town, ana)
    town.stage.clock.advance(hours=7)
    await town.stage.drain()


async def test_deletions_and_likes_of_unknown_things_cause_no_request(town: Town) -> None:
    ana = await town.artist()
    bob = await followed(town, ana)
    for number in range(20):
        far = f"https://far{number}.test/notes/1"
        await town.tell(bob.does("Like", far), bob)
        await town.tell(bob.does("Undo", announce(bob, far)), bob)
        for kind in ("Like", "Delete", "Update", "Undo", "Announce"):
            inner = {"id": f"{far}#{kind}", "type": kind, "actor": far, "object": far}
            await town.tell(announce(bob, inner), bob)
    assert documents(town) == []


@pytest.mark.parametrize("uri", ["http://10.0.0.1/x", "file:///etc/passwd", "acct:a@b.test", ""])
async def test_what_is_no_web_address_is_not_asked_for(town: Town, uri: str) -> None:
    ana = await town.artist()
    bob = await followed(town, ana)
    await town.tell(announce(bob, uri), bob)
    assert documents(town) == []


async def test_a_boost_of_something_of_ours_that_is_not_there_asks_nobody(town: Town) -> None:
    ana = await town.artist()
    bob = await followed(town, ana)
    assert await town.tell(announce(bob, "https://art.test/works/1"), bob) == 202
    assert documents(town) == []


# Belief


async def test_what_is_embedded_is_never_believed(town: Town) -> None:
    """FEP-fe34: the words come from their own origin, whoever brings a copy."""
    ana = await town.artist()
    bob, carol = await followed(town, ana), town.peer("third.test")
    note = served(town, carol, content="<p>What I said</p>")
    forged = note | {"content": "<p>What I never said</p>"}
    assert await town.tell(announce(bob, forged), bob) == 202
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert kept.content_html == "<p>What I said</p>"
    absent = carol.note(content="<p>Nor that</p>")
    await town.tell(announce(bob, absent), bob)
    assert await town.post_at(absent["id"]) is None


@pytest.mark.parametrize(
    "more",
    [
        {"attributedTo": "https://third.test/users/carol"},  # another server's person
        {"to": ["https://evil.test/users/eve/followers"], "cc": []},
        {"to": ["https://art.test/users/ana"], "cc": []},
        {"id": "https://third.test/notes/99"},
        {"type": "Person"},
    ],
)
async def test_what_its_origin_does_not_say_to_everybody_is_not_kept(
    town: Town, more: dict[str, Any]
) -> None:
    ana = await town.artist()
    bob, eve = await followed(town, ana), town.peer("evil.test")
    note, right = eve.note(), served(town, eve)
    town.stage.net.serve(note["id"], note | more)
    for uri in (note["id"], right["id"]):
        assert await town.tell(announce(bob, uri), bob) == 202
    assert await town.post_at(note["id"]) is None
    assert await shown(town, ana) == [right["id"]]


# Doors


async def test_the_rules_hold_for_what_is_boosted_as_for_what_is_sent(town: Town) -> None:
    ana = await town.artist()
    bob = await followed(town, ana)
    house = town.stage.flows.house
    before = house.now
    for then in ("refuse", "hold"):
        host = f"{then}.test"
        carol = town.peer(host)
        note = served(town, carol)
        town.stage.refuse("inbound", host, then=then)
        assert await town.tell(announce(bob, note["id"]), bob) == 202
        assert await town.post_at(note["id"]) is None
        house._in_force = before
    assert not any("refuse.test" in url for url in documents(town))  # not even asked
    town.stage.rules(
        '[[rules]]\nname = "No machines"\ndoor = "inbound"\nthen = "refuse"\n'
        'because = "Not here."\n[rules.when]\nai = "generated"\n'
    )
    made = "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    carol = town.peer("made.test")
    made_note = served(town, carol, digitalSourceType=made)
    own = served(town, carol)
    for one in (made_note, own):
        assert await town.tell(announce(bob, one["id"]), bob) == 202
    house._in_force = before
    assert await town.post_at(made_note["id"]) is None
    assert await shown(town, ana) == [own["id"]]


async def test_a_suspended_author_is_not_brought_in_by_a_boost(town: Town) -> None:
    ana = await town.artist()
    bob, carol = await followed(town, ana), town.peer("third.test")
    carol_here = await town.stage.meet(carol)
    note = served(town, carol)
    await town.stage.flows.members.suspend(None, carol_here.id, "Spam")
    assert await town.tell(announce(bob, note["id"]), bob) == 202
    assert await town.post_at(note["id"]) is None
    await town.stage.flows.members.suspend(None, carol_here.id, is_on=False)
    assert await town.tell(announce(bob, note["id"]), bob) == 202
    assert await shown(town, ana) == [note["id"]]


async def test_a_deleted_post_is_not_brought_back_by_a_boost(town: Town) -> None:
    ana = await town.artist()
    bob, carol = await followed(town, ana), await followed(town, ana, "third.test")
    note = served(town, carol)
    assert await town.tell(carol.does("Create", note), carol) == 202
    assert await town.tell(carol.does("Delete", note["id"]), carol) == 202
    assert await town.tell(announce(bob, note["id"]), bob) == 202
    assert await town.post_at(note["id"]) is None


async def test_a_boost_taken_back_on_the_way_brings_nothing(town: Town) -> None:
    ana = await town.artist()
    bob, carol = await followed(town, ana), town.peer("third.test")
    taken, stays = served(town, carol), served(town, carol)
    said = announce(bob, taken["id"])
    for activity in (said, bob.does("Undo", said), announce(bob, stays["id"])):
        assert (await town.send(activity, bob)).status == 202
    await town.stage.drain()
    assert await shown(town, ana) == [stays["id"]]
    counted = await town.stage.read(lambda tx: tx.reactions.by_uri(said["id"]))
    assert counted is None


async def test_nobody_takes_back_what_somebody_else_boosted(town: Town) -> None:
    ana = await town.artist()
    bob, eve, carol = await followed(town, ana), town.peer(), town.peer("third.test")
    note = served(town, carol)
    said = announce(bob, note["id"])
    assert await town.tell(said, bob) == 202
    await town.tell(eve.does("Undo", said["id"]), eve)
    await town.tell(eve.does("Undo", said | {"actor": eve.uri}), eve)
    assert await shown(town, ana) == [note["id"]]
    kept = await town.stage.read(lambda tx: tx.reactions.by_uri(said["id"]))
    assert kept.kind is ReactionKind.BOOST
