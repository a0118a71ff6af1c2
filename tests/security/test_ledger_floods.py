"""How much of us can a stranger use up? Floods, loops and giants, each beside an honest amount."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from federation.documents import MAX_BYTES
from federation.fetching import MAX_REDIRECTS
from federation.restraint import BURST, NEW_HOSTS, WINDOW, Restraint
from federation.sites import same_site, site_of
from federation.threads import MAX_DEPTH
from federation.vocabulary import read_collection, read_document
from federation.wording import sanitised
from server.errors import FixatifError, Unavailable
from tests.security.town import PUBLIC, Peer, Town, open_town
from tests.two_servers.stage import HandClock
from web.keys import MAX_BODY_SECONDS
from web.text import remote_html

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR = "https://x.test/1"


# Look-ups without end


async def test_endless_subdomains_come_to_an_end(migrated_sqlite: Path, tmp_path: Path) -> None:
    """CVE-2022-46405: a wildcard in DNS and an actor on each name kept servers asking."""
    async with open_town(migrated_sqlite, tmp_path) as town:
        honest = [town.peer(f"far{n}.test") for n in range(NEW_HOSTS + 10)]
        flood = [town.peer(f"x{n}.evil.test") for n in range(NEW_HOSTS + 10)]
        for peers, answered in ((honest, NEW_HOSTS + 10), (flood, NEW_HOSTS)):
            statuses = [await town.tell(peer.does("Like", FAR), peer) for peer in peers]
            assert statuses.count(202) == answered
            assert statuses.count(401) == NEW_HOSTS + 10 - answered
        fetched = {url.split("/")[2] for url in town.stage.net.fetched if ".evil.test" in url}
        assert len(fetched) == NEW_HOSTS
        # whom we know goes on speaking, and the rest may come later
        assert await town.tell(flood[0].does("Like", FAR), flood[0]) == 202
        assert await town.tell(flood[-1].does("Like", FAR), flood[-1]) == 401
        town.stage.clock.advance(seconds=WINDOW / 1_000 + 1)
        assert await town.tell(flood[-1].does("Like", FAR), flood[-1]) == 202


async def test_one_host_is_asked_at_a_bounded_pace() -> None:
    """Forged names at a third server would make us flood it with our questions."""
    clock = HandClock()
    restraint = Restraint(clock)
    for _ in range(BURST):
        restraint.ask("victim.test")
    with pytest.raises(Unavailable, match=r"victim\.test was asked too often"):
        restraint.ask("victim.test")
    restraint.ask("other.test")
    clock.advance(seconds=1)
    restraint.ask("victim.test")


async def test_counting_strangers_takes_bounded_memory() -> None:
    restraint = Restraint(HandClock())
    for number in range(30_000):
        restraint.ask(f"far{number}.test")
    assert len(restraint._hosts) == 20_000
    assert len(restraint._met) == 5_000


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("art.test", "art.test"),
        ("a.b.c.art.test", "art.test"),
        ("www.art.co.uk", "art.co.uk"),
        ("x.art.com.br", "art.com.br"),
        ("x.art.me", "art.me"),
        ("co.uk", "co.uk"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("localhost", "localhost"),
    ],
)
async def test_a_site_is_what_one_hand_registered(host: str, site: str) -> None:
    assert site_of(host) == site
    assert same_site(f"https://{host}/x", f"https://{site}/")
    assert not same_site(f"https://{host}/x", "https://elsewhere.test/")
    assert not same_site(f"https://{host}/x", "nonsense")


async def test_a_document_that_names_others_makes_us_ask_for_none_of_them(town: Town) -> None:
    """CVE-2022-46405 and CVE-2025-32947: each answer led to the next question."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    others = [f"https://far{n}.test/users/x" for n in range(40)]
    mentions = [{"type": "Mention", "href": uri, "name": uri} for uri in others]
    names = {"movedTo": others[0], "alsoKnownAs": others, "tag": mentions, "attachment": mentions}
    town.stage.net.serve(bob.uri, bob.document | names)
    note = town.comment(bob, work, tag=mentions, context=others[3], replies=others[4], cc=others)
    town.forget_asking()
    assert await town.tell(bob.does("Create", note), bob) == 202
    assert await town.post_at(note["id"]) is not None
    assert town.stage.net.fetched[0] == bob.uri
    assert not [url for url in town.stage.net.fetched if "far" in url]


@pytest.mark.parametrize("is_loop", [True, False])
async def test_a_circle_of_redirects_is_left_after_three(town: Town, *, is_loop: bool) -> None:
    """CVE-2025-23221: WebFinger's redirects were followed without a count."""
    bob = town.peer()
    finger = f"https://peer.test/.well-known/webfinger?resource=acct%3A{bob.name}%40peer.test"
    link = {"rel": "self", "type": "application/activity+json", "href": bob.uri}
    elsewhere = "https://ap.peer.test/finger"
    town.stage.net.serve(finger, status=302, headers={"location": elsewhere})
    if is_loop:
        town.stage.net.serve(elsewhere, status=302, headers={"location": finger})
    else:
        town.stage.net.serve(elsewhere, {"links": [link]}, content_type="application/jrd+json")
    town.forget_asking()
    if is_loop:
        with pytest.raises(Unavailable, match="in a circle"):
            await town.stage.flows.remote.by_address(f"{bob.name}@peer.test")
        assert len(town.stage.net.fetched) == MAX_REDIRECTS + 1
    else:
        found = await town.stage.flows.remote.by_address(f"{bob.name}@peer.test")
        assert found.uri == bob.uri


async def test_a_collection_that_leads_to_itself_is_read_once(town: Town) -> None:
    """CVE-2025-32947: a page that named itself as the next one was crawled for ever."""
    uri = "https://peer.test/outbox"
    page = {"type": "OrderedCollectionPage", "id": uri, "next": uri, "orderedItems": [uri] * 5_000}
    found = read_collection(page | {"first": page})
    assert found.next_uri == uri
    assert len(found.items) == 1_000
    nested: dict[str, Any] = page
    for _ in range(500):
        nested = page | {"first": nested}
    with pytest.raises(FixatifError):
        read_collection(read_document(json.dumps(nested).encode()))
    town.forget_asking()
    town.stage.net.serve(uri, page)
    with pytest.raises(FixatifError):
        await town.stage.flows.remote.find(uri)
    assert set(town.stage.net.fetched) == {uri}
    assert len(town.stage.net.fetched) <= 2


# Deletions


async def test_a_server_that_shuts_down_makes_us_ask_nothing(town: Town) -> None:
    """Each of its thousands of actors deletes itself, at every inbox that it ever knew."""
    town.forget_asking()
    gone = [Peer(f"gone{n}", "closing.test", n % 3) for n in range(60)]
    statuses = {await town.tell(one.does("Delete", one.uri), one) for one in gone}
    assert statuses == {202}
    assert town.stage.net.asked == []
    bob = town.peer("closing.test")
    known = await town.stage.meet(bob)
    await town.stage.drain()
    town.forget_asking()
    assert await town.tell(bob.does("Delete", bob.uri), bob) == 202
    after = await town.stage.read(lambda tx: tx.actors.by_id(known.id))
    assert after.gone_at is not None
    assert town.stage.net.asked == []


# Sizes


Build = Callable[[Peer, int], dict[str, Any]]
_LISTS: dict[str, Build] = {
    "recipients": lambda bob, n: {"cc": [f"{bob.uri}/{k}" for k in range(n)]},
    "mentions": lambda bob, n: {
        "tag": [{"type": "Mention", "href": f"{bob.uri}/{k}"} for k in range(n)]
    },
    "hashtags": lambda _, n: {"tag": [{"type": "Hashtag", "name": f"#t{k}"} for k in range(n)]},
    "pictures": lambda bob, n: {
        "attachment": [
            {"type": "Image", "mediaType": "image/png", "url": f"{bob.uri}/{k}"} for k in range(n)
        ]
    },
    "choices": lambda _, n: {"oneOf": [{"type": "Note", "name": f"{k}"} for k in range(n)]},
    "content": lambda _, n: {"content": "<p>a</p>" * n * 5},
    "title": lambda _, n: {"name": "a" * n * 20},
    "alt text": lambda bob, n: {
        "attachment": {
            "type": "Image",
            "mediaType": "image/png",
            "url": f"{bob.uri}/1",
            "name": "a" * n * 20,
        }
    },
    "languages": lambda _, n: {"contentMap": {f"x-{k}": "a" for k in range(n)}},
    "context": lambda _, n: {"@context": [{f"t{k}": "https://x.test/ns#t"} for k in range(n)]},
}


@pytest.mark.parametrize("what", _LISTS)
async def test_of_a_long_list_only_so_much_is_kept(town: Town, what: str) -> None:
    """CVE-2026-23963, GHSA-gg8q, CVE-2022-24307: nothing limited names, lists or contexts."""
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    sizes = []
    for count in (3, 8_000):
        note = town.comment(bob, work, **_LISTS[what](bob, count))
        started = time.process_time()
        assert await town.tell(bob.does("Create", note), bob) == 202
        assert time.process_time() - started < 2
        rows = [row for table, row in town.rows() if table == "posts" and row["uri"] == note["id"]]
        sizes.append(sum(len(str(value)) for row in rows for value in row.values()))
    assert sizes[0] > 0
    assert sizes[1] <= max(sizes[0] * 2, 250_000)


async def test_of_a_long_profile_only_so_much_is_kept(town: Town) -> None:
    """CVE-2026-23963: profiles without limits fill other people's disks."""
    modest, huge = town.peer(), town.peer(key_number=2)
    long = {"name": "n" * 50_000, "summary": "s" * 400_000, "alsoKnownAs": [FAR] * 1_000}
    fields = [{"type": "PropertyValue", "name": "n" * 900, "value": "v" * 900}] * 200
    town.stage.net.serve(huge.uri, huge.document | long | {"attachment": fields})
    sizes = []
    for peer in (modest, huge):
        assert await town.tell(peer.does("Like", FAR), peer) == 202
        rows = [row for table, row in town.rows() if table == "actors" and row["uri"] == peer.uri]
        sizes.append(sum(len(str(value)) for row in rows for value in row.values()))
    assert 0 < sizes[0] < sizes[1] < 60_000


@pytest.mark.parametrize("size", [MAX_BYTES + 1, MAX_BYTES])
async def test_a_mebibyte_is_the_most_that_is_taken_in(town: Town, size: int) -> None:
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    like = bob.does("Like", town.work_uri(work), pad="")
    like["pad"] = "x" * (size - len(json.dumps(like)))
    body = json.dumps(like).encode()
    assert len(body) == size
    status = await town.tell(body, bob)
    assert (status, await town.likes(work)) == ((413, 0) if size > MAX_BYTES else (202, 1))


@pytest.mark.parametrize(
    "odd",
    [
        "[" * 100_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        "[" * 25 + "]" * 25,
        "9" * 5_000,
        "1e400",
        "NaN",
        '"\\ud800"',
        '{"x": 1, "x": 2}',
    ],
    ids=range(8),
)
async def test_depth_and_odd_numbers_are_refused_and_never_break_us(town: Town, odd: str) -> None:
    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    whole = json.dumps(bob.does("Like", town.work_uri(work), odd="here"))
    assert await town.tell(whole.replace('"here"', odd).encode(), bob) in {400, 401, 422}
    assert await town.likes(work) == 0
    assert await town.tell(whole.replace('"here"', "[[[1.5e3]]]").encode(), bob) == 202
    assert await town.likes(work) == 1


# Time


@pytest.mark.parametrize("is_slow", [True, False])
async def test_a_body_that_trickles_in_is_left(town: Town, *, is_slow: bool) -> None:
    """CVE-2023-36461: a byte now and then held a connection for ever."""

    @web.middleware
    async def hasten(request: web.Request, handler: Any) -> web.StreamResponse:
        assert request[MAX_BODY_SECONDS] <= 60
        request[MAX_BODY_SECONDS] = 0.3
        answer: web.StreamResponse = await handler(request)
        return answer

    work = await town.stage.hang(await town.artist())
    bob = town.peer()
    body = json.dumps(bob.does("Like", town.work_uri(work))).encode()
    is_answered = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:10]
        if is_slow:
            await is_answered.wait()
        yield body[10:]

    app = town.stage.instance.app()
    app.middlewares.append(hasten)
    async with TestClient(TestServer(app)) as client:
        signed = bob.signed(body, town.stage.clock.now())
        answer = await client.post("/inbox", data=pieces(), headers=signed)
        is_answered.set()
        assert answer.status == (408 if is_slow else 202)
    await town.stage.drain()
    assert await town.likes(work) == (0 if is_slow else 1)


_PATTERNS = {
    "tags": lambda n: "<" * n,
    "attributes": lambda n: '<a href="' * n,
    "entities": lambda n: "&" * n,
    "nesting": lambda n: "<p><b>" * n,
    "lists": lambda n: "<ul><li>" * n,
    "formatting": lambda n: "<p>" + "<b x=1>" * (n // 2) + "</p>" + "<p>x</p>" * (n // 2),
    "blanks": lambda n: "<a" + " " * n + ">",
    "addresses": lambda n: "http://" * n,
    "names": lambda n: "@a@a" * n,
    "comments": lambda n: "<!--" * n,
}


@pytest.mark.parametrize("name", _PATTERNS)
async def test_cleaning_takes_time_in_proportion_to_the_text(name: str) -> None:
    """CVE-2025-68475 and GHSA-qrgq: some markup took for ever to read, some made readers fail."""
    times = []
    for count in (2_000, 16_000):
        html = _PATTERNS[name](count)
        started = time.process_time()
        for cleaned in (sanitised(html), str(remote_html(html))):
            assert "<script" not in cleaned
        times.append(time.process_time() - started)
    assert times[1] < max(times[0] * 30, 0.5)


# The same again


@pytest.mark.parametrize("is_same", [True, False])
async def test_what_arrives_many_times_at_once_counts_once(town: Town, *, is_same: bool) -> None:
    """Servers repeat, and attackers do so at the same moment at several inboxes."""
    ana = await town.artist()
    work = await town.stage.hang(ana)
    bob = town.peer()
    await town.stage.meet(bob)
    first = town.comment(bob, work)
    notes = [first if is_same else town.comment(bob, work) for _ in range(8)]
    create = bob.does("Create", first)
    told = [create if is_same else bob.does("Create", note) for note in notes]
    targets = itertools.cycle(["/inbox", f"/users/{ana.handle}/inbox"])
    answers = await asyncio.gather(
        *(town.send(one, bob, target=target) for one, target in zip(told, targets, strict=False))
    )
    assert {answer.status for answer in answers} == {202}
    await town.stage.drain()
    room = await town.stage.flows.viewing.room(work.id, None)
    assert len(room.comments) == (1 if is_same else 8)
    assert PUBLIC in first["to"]


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_what_was_deleted_does_not_come_back_with_a_late_create(
    town: Town, *, is_deleted: bool
) -> None:
    """A deletion overtakes the post on its way, or somebody sends the post once more."""
    work = await town.stage.hang(await town.artist())
    bob, eve = town.peer(), town.peer(key_number=2)
    await town.stage.meet(bob)
    note = town.comment(bob, work)
    deleter = bob if is_deleted else eve  # whose word counts for nothing
    await town.tell(deleter.does("Delete", {"id": note["id"], "type": "Tombstone"}), deleter)
    town.stage.clock.advance(hours=6)
    for deed in ("Create", "Update"):
        assert await town.tell(bob.does(deed, note), bob) == 202
        assert (await town.post_at(note["id"]) is None) is is_deleted


@pytest.mark.parametrize(("length", "is_kept"), [(3, True), (60, False)])
async def test_a_talk_without_end_is_not_followed_to_its_end(
    town: Town, length: int, *, is_kept: bool
) -> None:
    """CVE-2022-46405: each post answered one that had to be fetched as well."""
    ana, bob = await town.artist(), town.peer("talk.test")
    work = await town.stage.hang(ana)
    above = [bob.note(inReplyTo=town.work_uri(work))]
    for _ in range(length):
        above.append(bob.note(inReplyTo=above[-1]["id"]))
    for one in above:
        town.stage.net.serve(one["id"], one)
    named = [{"type": "Mention", "href": town.artist_uri(ana), "name": f"@{ana.handle}"}]
    last = bob.note(inReplyTo=above[-1]["id"], tag=named)
    await town.stage.meet(bob)
    await town.stage.drain()
    town.forget_asking()
    assert await town.tell(bob.does("Create", last), bob) == 202
    assert len(town.stage.net.fetched) <= 2 * MAX_DEPTH
    assert (await town.post_at(above[0]["id"]) is not None) is is_kept
