"""Input that nobody thought of: recorded activities, bent at random but the same in every run.

Two laws. The readers answer with our own errors or not at all. And whatever arrives at the real
inbox, signed by whomever: it is never our failure, and nothing changes but what belongs to the
very actor whose signature holds.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.vocabulary import (
    Activity,
    read_activity,
    read_actor,
    read_claim,
    read_collection,
    read_document,
    read_keys,
    read_note,
)
from server.errors import FixatifError
from server.model import Artist
from tests.security import mutations
from tests.security.mutations import BOB, NEIGHBOUR, STRANGER, WORK, bends, bent, spoils, swaps
from tests.security.town import Peer, Row, Town, changed

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The same examples in every run: a failure here is a bug of the change that brought it.
_STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_MINE = ("actor_id", "follower_id", "followee_id", "blocker_id", "blocked_id", "reporter_id")


# The readers


def _every_string(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _every_string(one)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            if name not in {"raw", "object", "items"}:
                yield from _every_string(getattr(value, name))


def _read(reader: Callable[[], object]) -> bool:
    """Read; whatever is answered can be stored, and an error is one of ours with a sentence."""
    try:
        found = reader()
    except FixatifError as refusal:
        found = refusal.message
    else:
        for text in _every_string(found):
            text.encode()  # no lone surrogate: no database takes one
            assert len(text) <= 200_000
        return True
    assert found.endswith(".")
    return False


def _read_everything(body: bytes) -> int:
    """Try every reader of documents from outside; return how many could read it."""
    activity: list[Activity] = []
    count = int(_read(lambda: read_claim(body)))
    count += _read(lambda: activity.append(read_activity(body)))
    for one in activity:
        count += _read(one.note) + _read(one.remote_actor)
        assert sum(map(len, one.recipients)) <= 2_000
        assert len(one.object_uris) <= 50
    try:
        document = read_document(body)
    except FixatifError:
        return count
    readers = (read_note, read_actor, read_collection, read_keys)
    return count + sum(_read(lambda read=read: read(document)) for read in readers)  # type: ignore[misc]  # the loop's own


@settings(_STEADY, max_examples=300)
@given(st.sampled_from([*mutations.activities(), *mutations.documents()]), bends, swaps, spoils)
async def test_a_reader_answers_or_refuses_with_a_sentence(
    which: str, changes: Any, swap: Any, spoil: Any
) -> None:
    everything = mutations.activities() | mutations.documents()
    _read_everything(bent(everything[which], changes, swap, spoil))


@settings(_STEADY, max_examples=100)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda s: s.encode("utf-8", "replace"))
    )
)
async def test_bytes_that_are_no_document_at_all_are_refused(body: bytes) -> None:
    _read_everything(body)


async def test_whole_documents_are_read() -> None:
    """The control: what is not bent, is understood."""
    for document in mutations.activities().values():
        assert _read_everything(json.dumps(document).encode()) >= 2
    for document in mutations.documents().values():
        assert _read_everything(json.dumps(document).encode()) >= 1


# The inbox

_SIGNERS = ("nobody", "forged", "bob", "his neighbour", "a stranger")
_TRUE = _SIGNERS[2:]


class Door:
    """The inbox, ana's work, and three people whom she asked to follow her, afresh as needed."""

    def __init__(self, town: Town, ana: Artist, work_uri: str) -> None:
        self.town = town
        self.ana = ana
        self.work_uri = work_uri
        self.people: dict[str, tuple[Peer, int]] = {}  # and their ids here
        self.round = 0

    async def gather(self) -> None:
        """Bring new people where one was deleted, else nothing that they say would count."""
        if self.people and not self._gone():
            return
        self.round += 1
        bob = Peer(f"bob{self.round}")
        eve = Peer(f"eve{self.round}", key_number=3)
        mallory = Peer(f"mallory{self.round}", "evil.test", 2)
        for name, peer in zip(_TRUE, (bob, eve, mallory), strict=True):
            known = await self.town.stage.meet(peer)
            await self.town.stage.flows.following.follow(self.ana, known)
            self.people[name] = (peer, known.id)
        # a forgery has the key fetched anew, once a minute: now, and not later as a surprise
        assert await self.town.tell(bob.does("Like", self.work_uri), self.signer("forged")) == 401
        await self.town.stage.drain()

    def named(self, body: bytes) -> bytes:
        """Put the people of this round, and the real work, where the corpus has its own."""
        for old, (peer, _) in zip((BOB, NEIGHBOUR, STRANGER), self.people.values(), strict=True):
            body = body.replace(old.encode(), peer.uri.encode())
        return body.replace(WORK.encode(), self.work_uri.encode())

    def signer(self, name: str) -> Peer | None:
        """Return who signs; forged: Bob's key id over another key."""
        if name == "nobody":
            return None
        return (
            replace(self.people["bob"][0], key_number=2)
            if name == "forged"
            else self.people[name][0]
        )

    def strange(self, before: list[Row], name: str = "") -> list[Row]:
        """Return every row that changed and is not of `name`."""
        after = self.town.rows()
        found = changed(before, after)
        if not name:
            return found
        everything = (*before, *after)
        owners = {row["id"]: row["actor_id"] for table, row in everything if table == "posts"}
        return [row for row in found if not self._belongs(row, name, owners)]

    def _belongs(self, row: Row, name: str, owners: Mapping[int, int]) -> bool:
        """Say whether a changed row is somebody's own, or our answer to them."""
        table, columns = row
        peer, actor_id = self.people[name]
        if "post_id" in columns:
            return owners.get(columns["post_id"]) == actor_id
        if table == "activities":
            is_answer = bool(columns["is_outgoing"]) and peer.uri.encode() in columns["body"]
            return columns["actor_uri"] == peer.uri or is_answer
        if table == "actors":
            return bool(columns["id"] == actor_id)
        if table == "peers":
            return bool(columns["host"] == peer.domain)
        return any(columns.get(column) == actor_id for column in _MINE)

    def broken_jobs(self) -> list[tuple[str, str]]:
        """Return jobs that failed by a bug of ours, or were given up."""
        with closing(sqlite3.connect(f"file:{self.town.file}?mode=ro", uri=True)) as connection:
            return connection.execute(
                "SELECT kind, reason FROM jobs WHERE state = 'buried' OR reason GLOB '*Error:*'"
            ).fetchall()

    def _gone(self) -> bool:
        ids = {actor_id for _, actor_id in self.people.values()}
        actors = [row for table, row in self.town.rows() if table == "actors"]
        return any(row["gone_at"] for row in actors if row["id"] in ids)


@pytest_asyncio.fixture(name="door", scope="module", loop_scope="module")
async def a_door(town: Town) -> Door:
    ana = await town.stage.artist("ana")
    return Door(town, ana, town.work_uri(await town.stage.hang(ana)))


async def test_what_is_not_bent_has_its_effect(door: Door) -> None:
    """The control: the same activities, whole, and signed by Bob."""
    touched: set[str] = set()
    for document in mutations.activities().values():
        await door.gather()
        before = door.town.rows()
        body = door.named(json.dumps(document).encode())
        assert await door.town.tell(body, door.signer("bob")) == 202
        touched |= {table for table, _ in changed(before, door.town.rows())}
        assert door.strange(before, "bob") == []
    assert touched >= {"activities", "posts", "reactions", "follows", "notifications", "actors"}


@settings(_STEADY, max_examples=140)
@given(st.sampled_from([*mutations.activities()]), bends, swaps, spoils, st.sampled_from(_SIGNERS))
async def test_nothing_changes_but_what_belongs_to_whom_the_signature_names(
    door: Door, which: str, changes: Any, swap: Any, spoil: Any, name: str
) -> None:
    await door.gather()
    body = door.named(bent(mutations.activities()[which], changes, swap, spoil))
    before = door.town.rows()
    status = await door.town.tell(body, door.signer(name))
    assert status < 500
    assert door.broken_jobs() == []
    assert door.strange(before, name if name in _TRUE and status == 202 else "") == []
