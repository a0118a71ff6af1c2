"""Who says so? Attacks on names, keys and origins that worked elsewhere, each beside what is right.

The ids are those of `tests.security.ledger`.
"""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from federation.names import read_address
from server.errors import FixatifError, Invalid
from server.model import FollowState
from tests.security.town import Peer, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = "application/activity+json"


def like(by: Peer, uri: str, **more: Any) -> dict[str, Any]:
    return by.does("Like", uri, **more)


# Documents and their ids


@pytest.mark.parametrize("is_attack", [True, False])
async def test_a_document_speaks_for_the_id_that_it_gives_itself(
    town: Town, *, is_attack: bool
) -> None:
    """CVE-2024-23832: the id asked for was compared, not the one returned."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer("evil.test", key_number=2)
    forged = {**bob.document, "publicKey": {**eve.document["publicKey"], "owner": bob.uri}}
    if is_attack:
        town.stage.net.serve(eve.uri, forged)
        assert await town.tell(like(bob, town.work_uri(work)), eve) == 401
    before = town.rows()
    status = await town.tell(like(bob if is_attack else eve, town.work_uri(work)), eve)
    assert (status, await town.likes(work)) == ((401, 0) if is_attack else (202, 1))
    assert not is_attack or town.rows() == before


@pytest.mark.parametrize(
    ("leads_to", "status"),
    [("https://evil.test/u/1", 401), ("https://peer.test/u/1", 202)],
    ids=["to another server", "within the server"],
)
async def test_a_redirect_moves_no_id_to_another_server(
    town: Town, leads_to: str, status: int
) -> None:
    """CVE-2024-52590 and 52591: the last address was not held against the id."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    town.stage.net.serve(bob.uri, status=302, headers={"location": leads_to})
    town.stage.net.serve(leads_to, bob.document)
    assert await town.tell(like(bob, town.work_uri(work)), bob) == status
    assert await town.likes(work) == (1 if status == 202 else 0)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 401),
        ("application/octet-stream", 401),
        ("image/png", 401),
        ("text/html", 401),
        ("application/ld+json", 401),
        (ACTIVITY, 202),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', 202),
    ],
)
async def test_an_uploaded_file_is_nobody(town: Town, content_type: str, status: int) -> None:
    """CVE-2024-25623: a file in somebody's media folder became an actor."""
    work = await town.stage.hang(await town.artist())
    mallory = town.peer()
    town.stage.net.serve(mallory.uri, mallory.document, content_type=content_type)
    assert await town.tell(like(mallory, town.work_uri(work)), mallory) == status
    assert await town.likes(work) == (1 if status == 202 else 0)


# Keys and signers


async def test_a_signature_is_verified_and_not_only_read(town: Town) -> None:
    """CVE-2023-49079: signatures of relayed and direct activities were not verified at all."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    thief = replace(bob, key_number=2)
    assert await town.tell(like(bob, town.work_uri(work)), thief) == 401
    assert await town.tell(like(bob, town.work_uri(work)), None) == 401
    assert await town.likes(work) == 0
    assert await town.tell(like(bob, town.work_uri(work)), bob) == 202
    assert await town.likes(work) == 1


@pytest.mark.parametrize("domain", ["evil.test", "peer.test", "peer.test.evil.test"])
async def test_a_key_speaks_for_its_owner_alone(town: Town, domain: str) -> None:
    """CVE-2025-54888: the activity was acted on before its actor was held against the key."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer(domain, key_number=2)
    assert await town.tell(like(bob, town.work_uri(work)), eve) == 401
    assert await town.likes(work) == 0
    assert await town.tell(like(eve, town.work_uri(work)), eve) == 202
    assert await town.likes(work) == 1


async def test_nobody_takes_anothers_key_id(town: Town) -> None:
    """Pleroma and Akkoma 2025.03: a key id was mapped to whoever published it last."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer("evil.test", key_number=2)
    for poisoner in (eve, town.peer(key_number=2)):  # from elsewhere, and from his own server
        stolen = {"id": bob.key_id, "owner": poisoner.uri, "publicKeyPem": eve.public_pem}
        town.stage.net.serve(poisoner.uri, poisoner.document | {"publicKey": stolen})
        with_stolen_id = replace(bob, key_number=2)
        for actor in (bob, poisoner):
            await town.tell(like(actor, town.work_uri(work)), with_stolen_id)
        said_by_bob = {**like(bob, town.work_uri(work)), "object": town.work_uri(work)}
        assert await town.tell(said_by_bob, with_stolen_id) == 401
    mine = await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    reactions = [row for table, row in town.rows() if table == "reactions"]
    assert mine is None or all(row["actor_id"] != mine.id for row in reactions)
    town.stage.clock.advance(seconds=61)
    assert await town.tell(like(bob, town.work_uri(work)), bob) == 202
    mine = await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    assert mine.public_key_pem.strip() == bob.public_pem.strip()


@pytest.mark.parametrize(
    "spelling",
    [
        "https://peer.test@evil.test/users/{}",
        "https://peer.test:x@evil.test/users/{}",
        "https://peer.test\\@evil.test/users/{}",
        "https://peer.test%2eevil.test/users/{}",
        "https://peer.test\u2215.evil.test/users/{}",
        "https://peer.test#@evil.test/users/{}",
        "https://peer。test/users/{}",
        "http://peer.test/users/{}",
        "https://[peer.test]/users/{}",
        "//peer.test/users/{}",
        "acct:{}@peer.test",
    ],
)
async def test_an_odd_spelling_of_a_host_makes_nobody_of_it(town: Town, spelling: str) -> None:
    """CVE-2023-42451 and GHSA-5wxh: a server's name in disguise was taken for the server."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    disguised = {**like(bob, town.work_uri(work)), "actor": spelling.format(bob.name)}
    assert await town.tell(disguised, bob) in {401, 422}
    assert await town.likes(work) == 0
    assert await town.tell(like(bob, town.work_uri(work)), bob) == 202
    assert await town.likes(work) == 1


@pytest.mark.parametrize("order", [1, -1])
async def test_a_name_that_stands_twice_is_read_by_nobody(town: Town, order: int) -> None:
    """Two readers of one body would each see another actor, id or object."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer(key_number=2)
    actors = f'"actor": "{bob.uri}", "actor": "{eve.uri}"'.split(", ")[::order]
    twice = f'{{"id": "{eve.uri}/1", "type": "Like", {", ".join(actors)}, "object": "{work.id}"}}'
    assert await town.tell(twice.encode(), eve) in {401, 422}
    assert await town.kept(f"{eve.uri}/1") is None
    once = twice.replace(f', "actor": "{bob.uri}"', "").replace(f'"actor": "{bob.uri}", ', "")
    assert await town.tell(once.encode(), eve) == 202
    assert await town.kept(f"{eve.uri}/1") is not None


@pytest.mark.parametrize("name", ["@id", "as:id", "https://www.w3.org/ns/activitystreams#actor"])
async def test_a_second_spelling_of_a_property_changes_nothing(town: Town, name: str) -> None:
    """What JSON-LD would read as id or actor counts no more than what stands there plainly."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer(key_number=2)
    await town.tell(like(bob, town.work_uri(work), **{name: eve.uri}), eve)
    assert await town.likes(work) == 0
    assert await town.tell(like(bob, town.work_uri(work), **{name: eve.uri}), bob) == 202
    assert await town.likes(work) == 1
    rows = [row for table, row in town.rows() if table == "reactions"]
    known = await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    assert rows[-1]["actor_id"] == known.id


# Ourselves


async def test_nobody_has_our_own_words_sent_back_to_us(town: Town) -> None:
    """An inbox that is ours would make our own signature come back through the door."""
    ana = await town.artist()
    work = await town.stage.hang(ana)
    mallory, bob = town.peer(), town.peer()
    for inbox in ("https://art.test/inbox", "https://ART.test:443/users/x/inbox"):
        for said in ({"inbox": inbox}, {"endpoints": {"sharedInbox": inbox}}):
            town.stage.net.serve(mallory.uri, mallory.document | said)
            assert await town.tell(mallory.does("Follow", town.artist_uri(ana)), mallory) == 401
            changed_profile = bob.does("Update", bob.document | said)
            assert await town.tell(changed_profile, bob) == 202
    known = await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    assert (known.inbox, known.shared_inbox) == (bob.inbox, bob.shared_inbox)
    # and if it does come back: the activity and signature are ana's own
    before = town.rows()
    own = Peer(ana.handle, "art.test", key_number=0)  # her real key
    assert await town.tell(own.does("Create", own.note(id=town.work_uri(work))), own) == 401
    assert await town.tell(own.does("Delete", own.uri), own) in {202, 401}
    assert town.rows() == before
    town.stage.net.serve(mallory.uri, mallory.document)
    assert await town.tell(mallory.does("Follow", town.artist_uri(ana)), mallory) == 202


@dataclass
class Posing(Peer):
    """Signs under an address that is not its own."""

    said: str = ""

    @property
    def uri(self) -> str:
        return self.said


@pytest.mark.parametrize(
    "uri", ["https://art.test/actor", "https://ART.test./users/x", "https://art.test:443/media/x"]
)
async def test_we_are_never_fetched_as_if_we_were_elsewhere(town: Town, uri: str) -> None:
    """Pleroma 2024.03: uploads on the server's own origin were fetched and believed."""
    town.forget_asking()
    posing = Posing("eve", key_number=2, said=uri)
    assert await town.tell(like(posing, "https://x.test/1"), posing) == 401
    with pytest.raises(FixatifError):
        await town.stage.flows.remote.find(f"{uri}?x")
    assert town.stage.net.fetched == []
    there = uri.lower().replace("art.test", "evil.test")
    elsewhere = Posing("eve", "evil.test", 2, said=there)
    town.stage.net.serve(elsewhere.uri, elsewhere.document)
    assert await town.tell(like(elsewhere, "https://x.test/1"), elsewhere) == 202
    assert town.stage.net.fetched[0] == elsewhere.uri  # and its name after it, where that is new


# Other people's things


@pytest.mark.parametrize("kind", ["Note", "Question", "Article", "Video"])
async def test_only_its_author_changes_a_post(town: Town, kind: str) -> None:
    """CVE-2024-52592: anybody could Update anybody's poll."""
    work = await town.stage.hang(await town.artist())
    bob, neighbour, eve = town.peer(), town.peer(key_number=2), town.peer("evil.test", key_number=3)
    note = town.comment(bob, work, type=kind, oneOf=[{"type": "Note", "name": "yes"}])
    assert await town.tell(bob.does("Create", note), bob) == 202
    forged = note | {"content": "forged", "updated": "2026-11-21T10:00:00Z"}
    for by in (neighbour, eve):
        for said in (forged, forged | {"attributedTo": by.uri}, forged | {"attributedTo": None}):
            for deed in ("Update", "Create"):
                await town.tell(by.does(deed, said), by)
        await town.tell(by.does("Delete", note["id"]), by)
        await town.tell(by.does("Delete", {"id": note["id"], "type": "Tombstone"}), by)
        await town.tell(by.does("Undo", bob.does("Create", note)), by)
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert "forged" not in kept.content_html
    assert await town.tell(bob.does("Update", forged), bob) == 202
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert kept.content_html == "forged"


async def test_nobody_sorts_anothers_collections(town: Town) -> None:
    """CVE-2025-32946: anybody could change anybody's playlist."""
    bob, eve = town.peer(), town.peer("evil.test", key_number=2)
    theirs = f"{bob.uri}/featured"
    for kind in ("Add", "Remove"):
        forged = eve.does(kind, eve.new_uri("notes"), target=theirs)
        assert await town.tell(forged, eve) == 401
        assert await town.kept(forged["id"]) is None
        assert await town.tell(bob.does(kind, bob.new_uri("notes"), target=theirs), bob) == 202


# What people read


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://victim.test/@ana", False),
        ("https://peer.test.victim.test/@bob", False),
        ("https://notpeer.test/@bob", False),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("https://peer.test@victim.test/", False),
        ("intent://peer.test/#Intent;scheme=evil;end", False),
        ("https://peer.test/@bob", True),
        ("https://www.peer.test/@bob", True),
    ],
)
async def test_a_page_on_another_site_is_not_shown_as_ones_own(
    town: Town, url: str, *, is_shown: bool
) -> None:
    """CVE-2024-52593 and GHSA-x2rc: a name led to somebody else's page, or ran a program."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    town.stage.net.serve(bob.uri, bob.document | {"url": url})
    note = town.comment(bob, work, url=url)
    assert await town.tell(bob.does("Create", note), bob) == 202
    kept = await town.post_at(note["id"])
    actor = await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri))
    assert kept is not None
    assert (kept.url, actor.url) == ((url, url) if is_shown else (note["id"], bob.uri))


@pytest.mark.parametrize(
    "handle",
    ["", "a b", "ana@art.test", "../x", "a/b", "<b>", "\u202ena", "x" * 101, "a\tb", 7, None, []],
    ids=range(12),
)
async def test_a_handle_that_is_none_makes_no_actor(town: Town, handle: object) -> None:
    """GHSA-5wxh: an account's name was put into addresses unread."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    town.stage.net.serve(bob.uri, bob.document | {"preferredUsername": handle})
    assert await town.tell(like(bob, town.work_uri(work)), bob) in {401, 422}
    assert await town.stage.read(lambda tx: tx.actors.by_uri(bob.uri)) is None
    town.stage.net.serve(bob.uri, bob.document)
    assert await town.tell(like(bob, town.work_uri(work)), bob) == 202
    assert await town.likes(work) == 1


@pytest.mark.parametrize(
    "text",
    [
        "ana@victim.test?x=",
        "ana@victim.test/../x",
        "ana@victim.test#",
        "ana&resource=x@victim.test",
        "ana%40evil.test@victim.test",
        "ana@victim.test@evil.test",
        "ana@victim.test\\.evil.test",
        "ana\r\nX: y@victim.test",
        "ana@user:pass@victim.test",
    ],
)
async def test_nothing_in_an_address_changes_the_question_that_we_ask(
    town: Town, text: str
) -> None:
    """CVE-2023-42450: what people typed became part of a request's path."""
    town.forget_asking()
    with pytest.raises(Invalid):
        read_address(text)
    with pytest.raises(FixatifError):
        await town.stage.flows.remote.by_address(text)
    assert town.stage.net.fetched == []
    with pytest.raises(FixatifError):  # nobody is there, but asked they are
        await town.stage.flows.remote.by_address("ana@victim.test")
    assert town.stage.net.fetched == [
        "https://victim.test/.well-known/webfinger?resource=acct%3Aana%40victim.test"
    ]


async def test_an_address_is_shown_with_the_server_that_the_actor_is_on(town: Town) -> None:
    """A look-up may lead elsewhere, but lends nobody the name of the server that was asked."""
    eve, bob = town.peer("evil.test", name="bob"), town.peer()
    for domain, peer in (("peer.test", eve), ("peer.test", bob)):
        finger = f"https://{domain}/.well-known/webfinger?resource=acct%3A{peer.name}%40peer.test"
        link = {"rel": "self", "type": ACTIVITY, "href": peer.uri}
        jrd = {"subject": f"acct:{peer.name}@peer.test", "links": [link]}
        town.stage.net.serve(finger, jrd, content_type="application/jrd+json")
        found = await town.stage.flows.remote.by_address(f"{peer.name}@peer.test")
        assert found.domain == peer.domain


async def test_a_follow_is_answered_by_whom_it_asked(town: Town) -> None:
    """Only the followee opens the door, whoever quotes our Follow (compare CVE-2025-30741)."""
    ana = await town.artist()
    bob, eve = town.peer(), town.peer(key_number=2)
    bob_here = await town.stage.meet(bob)
    await town.stage.flows.following.follow(ana, bob_here)
    asked = await town.stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    whole = {
        "id": asked.uri,
        "type": "Follow",
        "actor": town.artist_uri(ana),
        "object": bob.uri,
    }
    for said in (asked.uri, whole, whole | {"object": eve.uri}, whole | {"id": None}):
        await town.tell(eve.does("Accept", said), eve)
    state = await town.stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    assert state.state is FollowState.PENDING
    await town.tell(bob.does("Accept", whole), bob)
    state = await town.stage.read(lambda tx: tx.relations.follow(ana.id, bob_here.id))
    assert state.state is FollowState.ACCEPTED


@pytest.mark.parametrize("agreed_to", ["this post", "another post", "another quote", "by another"])
async def test_an_agreement_to_be_quoted_serves_one_post(town: Town, agreed_to: str) -> None:
    """CVE-2026-33869: the agreement to one quote was shown for the next."""
    work = await town.stage.hang(await town.artist())
    bob, carol = town.peer(), town.peer("quoted.test", key_number=3)
    quoted = carol.note()
    stamp = carol.new_uri("stamps")
    quote = {"quote": quoted["id"], "quoteAuthorization": stamp}
    note, other = town.comment(bob, work, **quote), town.comment(bob, work, **quote)
    said = {
        "id": stamp,
        "type": "QuoteAuthorization",
        "attributedTo": bob.uri if agreed_to == "by another" else carol.uri,
        "interactingObject": (other if agreed_to == "another post" else note)["id"],
        "interactionTarget": carol.new_uri() if agreed_to == "another quote" else quoted["id"],
    }
    town.stage.net.serve(quoted["id"], quoted)
    town.stage.net.serve(stamp, said)
    assert await town.tell(bob.does("Create", note), bob) == 202
    kept = await town.post_at(note["id"])
    assert kept is not None
    assert kept.quote is not None
    assert kept.quote.is_approved is (agreed_to == "this post")
