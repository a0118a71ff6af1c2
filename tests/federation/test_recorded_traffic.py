"""Every recorded request of real servers, byte by byte over a socket, and what must come of it.

The clock stands at the moment of each recording, because signatures grow old.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from federation.uris import origin_of
from federation.vocabulary import read_activity
from server.main import answering, listening
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    Follow,
    FollowState,
    Post,
    PostId,
    ReactionKind,
    TargetId,
    Visibility,
)
from server.ports import Transaction
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.federation import recorded
from tests.federation.recorded import Recorded
from tests.federation.recorded_effects import (
    FEDIFY,
    FEDIFY_ANSWERS,
    FEDIFY_KNOCKS_TWICE,
    GOTOSOCIAL,
    SNAC,
    Row,
)
from tests.two_servers.stage import HandClock, Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

OUR_POSTS = "https://art.test/users/ana/statuses/"


@dataclass
class Scene:
    """Our side of a recording: ana and ben, the posts that peers speak of, and a socket."""

    stage: Stage
    artists: dict[str, Artist]
    port: int
    uris: tuple[str, ...]  # of every post that a peer speaks of
    peers: tuple[str, ...]

    async def send(self, one: Recorded) -> int:
        """Send the very bytes that were recorded, at their time; return the answer's status."""
        self.stage.clock.at = one.at
        head, _ = await self.exchange(one)
        return int(head.split(b" ", 2)[1])

    async def exchange(self, one: Recorded) -> tuple[bytes, bytes]:
        """Return head and body of the answer."""
        document = one.document
        lines = [f"{document['method']} {document['target']} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in one.headers]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + one.body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")),
            b":0",
        )
        body = await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()
        await writer.wait_closed()
        return head, body

    async def apply(self, one: Recorded) -> tuple[int, tuple[str, ...]]:
        """Send, do every job, and return the status and what changed."""
        await self._prepare(one)
        before = await self.state()
        status = await self.send(one)
        await self.stage.drain()
        return status, changes(before, await self.state())

    async def state(self) -> dict[str, object]:
        """Return everything that a peer's deed may touch, by names for people."""
        async with self.stage.library.reading() as tx:
            found: dict[str, object] = {}
            for part in (self._people, self._neighbours, self._posts, self._told):
                found |= await part(tx)
            return found

    async def _people(self, tx: Transaction) -> dict[str, object]:
        found: dict[str, object] = {}
        for uri in self.peers:
            peer = await tx.actors.by_uri(uri)
            assert peer is not None
            name = "gone " if peer.gone_at else ""
            found[f"{name}actor {peer.handle}"] = (peer.name, peer.summary_html, peer.icon_url)
            for artist in self.artists.values():
                out = await tx.relations.follow(artist.id, peer.id)
                back = await tx.relations.follow(peer.id, artist.id)
                if out:
                    found[f"follow {artist.handle}>{peer.handle} {out.state}"] = out.uri
                if back:
                    found[f"follow {peer.handle}>{artist.handle} {back.state}"] = back.uri
                if block := await tx.blocks.of(peer.id, artist.id):
                    found[f"block {peer.handle}>{artist.handle}"] = block.uri
        return found

    async def _neighbours(self, tx: Transaction) -> dict[str, object]:
        """Return who of our artists follows another, and what was reported."""
        found: dict[str, object] = {}
        ids = {artist.id: name for name, artist in self.artists.items()}
        for follower, whose in itertools.permutations(ids, 2):
            if follow := await tx.relations.follow(follower, whose):
                found[f"follow {ids[follower]}>{ids[whose]} {follow.state}"] = follow.uri
        for report in await tx.reports.page():
            about = f"with {len(report.objects)}: {report.content}"
            found[f"report of {ids[report.accused_id]} {about} {report.id}"] = report.uri
        return found

    async def _posts(self, tx: Transaction) -> dict[str, object]:
        found: dict[str, object] = {}
        for uri in self.uris:
            post = await tx.posts.by_uri(uri)
            if post is None:
                continue
            if not post.is_local:
                kind = "answer" if post.reply_to_id else "post"
                pinned = "pinned " if post.featured_at else ""
                shown = f"{pinned}{kind} {post.visibility} with {len(post.pictures)}"
                found[f"{shown} {uri}"] = (post.content_html, post.warning, post.pictures)
            for reaction in ReactionKind:
                for _, actor in await tx.reactions.of_target(TargetId(post.id), reaction):
                    found[f"{reaction} by {actor.handle} {uri}"] = actor.id
        return found

    async def _told(self, tx: Transaction) -> dict[str, object]:
        found: dict[str, object] = {}
        for artist in self.artists.values():
            for one in await tx.notifications.page(artist.id):
                found[f"told {artist.handle} {one.kind} {one.id}"] = one.id
        return found

    async def _prepare(self, one: Recorded) -> None:
        """Make the Follow that a recorded Accept or Reject answers."""
        activity = read_activity(one.body)
        if activity.type not in {"Accept", "Reject"} or activity.inner is None:
            return
        async with self.stage.library.transaction() as tx:
            asker = await tx.actors.by_uri(activity.inner.actor_uri)
            asked = await tx.actors.by_uri(activity.actor_uri)
            assert asker is not None
            assert asked is not None
            uri = activity.inner.uri
            pending = Follow(asker.id, asked.id, FollowState.PENDING, uri, one.at)
            if asked.gone_at is None:
                await tx.relations.put_follow(pending)


def changes(before: dict[str, object], after: dict[str, object]) -> tuple[str, ...]:
    """Return what came (+), went (-) and changed (~), without the ids."""
    marks = [("+", one) for one in after.keys() - before.keys()]
    marks += [("-", one) for one in before.keys() - after.keys()]
    marks += [("~", one) for one in after.keys() & before.keys() if after[one] != before[one]]
    return tuple(sorted(f"{mark}{_without_id(name)}" for mark, name in marks))


def _without_id(name: str) -> str:
    first, _, last = name.rpartition(" ")
    return first if last.isdecimal() or last.startswith("https:") else name


@asynccontextmanager
async def scene(
    url: str, folder: Path, files: Iterable[Recorded], *, knows_peers: bool = True
) -> AsyncIterator[Scene]:
    files = list(files)
    listener = listening("127.0.0.1", 0)
    library = open_library(url)
    async with staged(library, folder, clock=HandClock(files[0].at)) as stage:
        artists = {name: await stage.artist(name) for name in ("ana", "ben")}
        built = Scene(
            stage,
            artists,
            listener.getsockname()[1],
            uris_in(files),
            peers_in(files) if knows_peers else (),
        )
        await introduce(stage, built)
        async with answering(stage.instance.app(), listener, shutdown_seconds=1):
            yield built
    await library.close()


async def introduce(stage: Stage, built: Scene) -> None:
    """Keep the peers with their recorded keys, and our posts that they speak of."""
    key_ids = {owner: key_id for key_id, owner in recorded.owners().items()}
    async with stage.library.transaction() as tx:
        for uri in built.peers:
            await tx.actors.put(known_actor(stage, uri, key_ids[uri]))
        ben = await tx.actors.by_id(built.artists["ben"].id)
        assert ben is not None  # to whom everybody moves, and who knows of it
        await tx.actors.put(replace(ben, also_known_as=built.peers))
        for uri in built.uris:
            if uri.startswith(OUR_POSTS):
                await tx.posts.put(our_post(stage, uri, built.artists["ana"].id))
    for one in recorded.documents():
        stage.net.serve(one.document["url"], one.body)


def known_actor(stage: Stage, uri: str, key_id: str) -> Actor:
    host = origin_of(uri).authority
    return Actor(
        id=ActorId(stage.clock.new_id()),
        uri=uri,
        kind=ActorKind.PERSON,
        handle=uri.rpartition("/")[2],
        domain=host,
        name="",
        summary_html="",
        url=uri,
        inbox=f"{uri}/inbox",
        shared_inbox="",
        followers_uri=f"{uri}/followers",
        featured_uri=f"{uri}/featured",
        key_id=key_id,
        public_key_pem=recorded.pems()[uri],
        fetched_at=stage.clock.now(),
    )


def our_post(stage: Stage, uri: str, author: ActorId) -> Post:
    return Post(
        id=PostId(stage.clock.new_id()),
        uri=uri,
        actor_id=author,
        is_local=True,
        visibility=Visibility.PUBLIC,
        content_html="<p>Ours</p>",
        title="",
        url=uri,
        is_sensitive=False,
        warning="",
        published_at=stage.clock.now(),
        edited_at=None,
        in_reply_to_uri="",
        reply_to_id=None,
        work_id=None,
    )


def uris_in(files: Iterable[Recorded]) -> tuple[str, ...]:
    found: list[str] = []
    for one in files:
        activity = read_activity(one.body)
        answered = activity.object.get("inReplyTo") if activity.object else None
        found += [*activity.object_uris, *([str(answered)] if answered else [])]
    return tuple(dict.fromkeys(found))


def peers_in(files: Iterable[Recorded]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(read_activity(one.body).actor_uri for one in files))


def session(folder: str, first: int, last: int) -> list[Recorded]:
    """Return the POSTs of one server with numbers from `first` to `last`."""
    return [
        one
        for one in recorded.posts()
        if one.name.startswith(folder) and first <= int(one.name.partition("/")[2][:2]) <= last
    ]


SESSIONS: dict[str, tuple[list[Recorded], tuple[Row, ...]]] = {
    "GoToSocial": (session("gotosocial", 1, 35), GOTOSOCIAL),
    "snac": (session("snac", 1, 30), SNAC),
    "fedify 9421": (session("fedify", 1, 24), FEDIFY),
    "fedify 9421 answers": (session("fedify", 25, 26), FEDIFY_ANSWERS),
    "fedify cavage": (session("fedify", 27, 50), FEDIFY),
    "fedify cavage answers": (session("fedify", 51, 52), FEDIFY_ANSWERS),
    "fedify double": (session("fedify", 53, 55), FEDIFY_KNOCKS_TWICE),
}


GETS = [
    one
    for one in recorded.everything()
    if (one.document["direction"], one.document["method"]) == ("received", "GET")
]
# What peers ask for that stands at another address here, or that we have not: their own 404 then.
ELSEWHERE = ("/api/v1/instance", "/media/", "/collections/featured", "/statuses/")


def test_every_recorded_request_is_looked_at() -> None:
    seen = [one.name for files, _ in SESSIONS.values() for one in files]
    assert sorted(seen) == sorted(one.name for one in recorded.posts())


@pytest.mark.parametrize("name", SESSIONS)
async def test_recorded_requests_do_what_they_must(
    name: str, sqlite_url: str, tmp_path: Path
) -> None:
    files, expected = SESSIONS[name]
    async with scene(sqlite_url, tmp_path, files) as built:
        done = []
        for one in files:
            status, effect = await built.apply(one)
            assert status == 202, one.name
            done.append((one.what, effect))
        assert tuple(done) == expected
        assert await built.stage.read(lambda tx: tx.jobs.buried()) == []
        assert built.stage.net.fetched == []  # all was said, and every key is known


@pytest.mark.parametrize("name", SESSIONS)
async def test_a_request_that_comes_again_is_answered_202_and_does_nothing(
    name: str, sqlite_url: str, tmp_path: Path
) -> None:
    files, _ = SESSIONS[name]
    async with scene(sqlite_url, tmp_path, files) as built:
        for one in files:
            await built.apply(one)
            status = await built.send(one)
            assert status == 202, one.name
            assert await built.stage.drain() == 0, one.name


@pytest.mark.parametrize("kind", ["like", "announce"])
async def test_the_same_id_counts_again_after_it_was_undone(
    kind: str, sqlite_url: str, tmp_path: Path
) -> None:
    made = [one for one in session("snac", 1, 30) if one.what in {kind, f"undo-{kind}"}]
    (done, undone), word = made, {"like": "like", "announce": "boost"}[kind]
    async with scene(sqlite_url, tmp_path, made) as built:
        assert (await built.apply(done))[1] == (f"+{word} by sam", f"+told ana {word}")
        assert (await built.apply(undone))[1] == (f"-{word} by sam",)
        assert (await built.apply(done))[1] == (f"+{word} by sam",)


@pytest.mark.parametrize("one", session("", 1, 99), ids=lambda one: one.name)
async def test_an_unknown_sender_is_fetched_once_and_believed_where_it_is_still_there(
    one: Recorded, bare_scene: Scene
) -> None:
    actor = read_activity(one.body).actor_uri
    is_served = actor in {document.json["id"] for document in recorded.documents()}
    is_self_delete = read_activity(one.body).is_self_delete
    status = await built_status(bare_scene, one)
    fetched = bare_scene.stage.net.fetched
    if is_self_delete:
        assert (status, fetched) == (202, [])  # nobody is fetched to be deleted
    elif is_served:
        assert status == 202
        assert fetched.count(actor) == 1
    else:
        assert status == 401


@pytest.mark.parametrize("one", GETS, ids=lambda one: one.name)
async def test_what_peers_ask_for_is_answered_so_that_they_can_read_it(
    one: Recorded, bare_scene: Scene
) -> None:
    target = str(one.document["target"])
    bare_scene.stage.clock.at = one.at
    head, body = await bare_scene.exchange(one)
    status = int(head.split(b" ", 2)[1])
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    if any(part in target for part in ELSEWHERE):
        assert status == 404
        return
    assert status == 200, head
    accept = next(value for name, value in one.headers if name.lower() == "accept")
    assert is_wanted(headers["content-type"], accept), (headers["content-type"], accept)
    if "json" in accept:
        assert json.loads(body)


def is_wanted(content_type: str, accept: str) -> bool:
    """Say whether a peer reads this type: as it asked, or JSON of some kind where it said so."""
    plain = content_type.partition(";")[0]
    return plain in accept or ("webfinger" in accept) or plain == "application/jrd+json"


async def built_status(built: Scene, one: Recorded) -> int:
    built.stage.net.asked.clear()
    return await built.send(one)


@pytest_asyncio.fixture
async def bare_scene(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Build a scene in which we know nobody yet; peers' documents can be fetched."""
    one_like = session("fedify", 53, 53)
    async with scene(sqlite_url, tmp_path, one_like, knows_peers=False) as built:
        yield built
