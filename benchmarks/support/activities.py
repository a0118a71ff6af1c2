"""Signed activities of actors elsewhere, ready to be sent: likes, comments and follows."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.support.sample import Wall, hang, know
from federation.content_types import ACTIVITY_JSON
from federation.signatures import PrivateKey, Unsigned, generate_rsa_pem, load_private_key, sign
from server.main import Instance
from server.model import Actor, TargetId
from server.ports import Library

_KEYS = 10  # a key costs 50 ms to make; more would tell nothing
_AS = "https://www.w3.org/ns/activitystreams"
_PUBLIC = f"{_AS}#Public"
_MIX = ("Like", "Create", "Like", "Follow", "Like", "Create", "Like", "Follow", "Like", "Create")


@dataclass(frozen=True, slots=True)
class Stage:
    """Who acts, on what, and with which keys."""

    walls: tuple[Wall, ...]
    actors: tuple[Actor, ...]
    keys: tuple[PrivateKey, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What the activities of a load have brought about."""

    likes: int
    comments: int
    followers: int

    @property
    def count(self) -> int:
        """How many activities are visible."""
        return self.likes + self.comments + self.followers


async def set_up(
    instance: Instance, origins: Sequence[str], *, actors: int = 100, walls: int = 5, works: int = 6
) -> Stage:
    """Hang works here, and know actors at `origins` with their keys, so that none is fetched.

    `actors` × `walls` bounds the follows of a load, a fifth of it; × `works` the likes, half of it.
    """
    pems = [generate_rsa_pem() for _ in range(_KEYS)]
    homes = [origins[number % len(origins)] for number in range(actors)]
    known = await know(instance, homes, [public for _, public in pems])
    hung = [await hang(instance, f"artist{number}", works=works) for number in range(walls)]
    keys = tuple(load_private_key(private) for private, _ in pems)
    return Stage(tuple(hung), tuple(known), keys)


def signed_posts(instance: Instance, stage: Stage, count: int) -> list[bytes]:
    """Return `count` whole requests to the shared inbox, each with an effect of its own."""
    dice = random.Random(1)  # noqa: S311 - the same load in each run
    many = range(len(stage.actors))
    works = [work for wall in stage.walls for work in wall.works]
    pairs = [(at, work) for at in many for work in works]
    follows = [(at, wall) for at in many for wall in stage.walls]
    dice.shuffle(pairs)
    dice.shuffle(follows)
    requests = []
    for number in range(count):
        match _MIX[number % len(_MIX)]:
            case "Like":
                at, work = pairs.pop()
                document = _like(stage.actors[at], instance.flows.addresses.work(work.id), number)
            case "Follow":
                at, wall = follows.pop()
                uri = f"{instance.config.base_url}/users/{wall.artist.handle}"
                document = _follow(stage.actors[at], uri, number)
            case _:
                at, work = dice.choice(many), dice.choice(works)
                document = _comment(
                    stage.actors[at], instance.flows.addresses.work(work.id), number
                )
        key = stage.keys[at % len(stage.keys)]
        requests.append(_request(instance, stage.actors[at], key, document))
    return requests


async def effects(library: Library, stage: Stage) -> Effects:
    """Count what is visible by now."""
    targets = [TargetId(work.id) for wall in stage.walls for work in wall.works]
    async with library.reading() as tx:
        counts = await tx.reactions.counts(targets)
        followers = [await tx.relations.count_followers(wall.artist.id) for wall in stage.walls]
    return Effects(
        likes=sum(count.likes for count in counts.values()),
        comments=sum(count.comments for count in counts.values()),
        followers=sum(followers),
    )


def _request(
    instance: Instance, actor: Actor, key: PrivateKey, document: dict[str, object]
) -> bytes:
    body = json.dumps({"@context": _AS, **document}).encode()
    plain = Unsigned(
        "POST", f"{instance.config.base_url}/inbox", (("Content-Type", ACTIVITY_JSON),), body
    )
    added = sign(plain, key, actor.key_id, instance.seams.clock.now())
    lines = [f"{name}: {value}" for name, value in (*plain.headers, *added)]
    if not any(line.lower().startswith("host:") for line in lines):
        lines.append(f"Host: {instance.config.instance.domain}")
    agent = "User-Agent: Elsewhere/1.0 (+http://127.0.0.1/)"
    head = "\r\n".join(["POST /inbox HTTP/1.1", *lines, agent, f"Content-Length: {len(body)}"])
    return f"{head}\r\n\r\n".encode() + body


def _like(actor: Actor, target: str, number: int) -> dict[str, object]:
    return {
        "id": f"{actor.uri}#likes/{number}",
        "type": "Like",
        "actor": actor.uri,
        "object": target,
    }


def _follow(actor: Actor, target: str, number: int) -> dict[str, object]:
    return {
        "id": f"{actor.uri}#follows/{number}",
        "type": "Follow",
        "actor": actor.uri,
        "object": target,
    }


def _comment(actor: Actor, target: str, number: int) -> dict[str, object]:
    uri = f"{actor.uri}/statuses/{number}"
    audience = {"to": [_PUBLIC], "cc": [f"{actor.uri}/followers"]}
    return {
        "id": f"{uri}/activity",
        "type": "Create",
        "actor": actor.uri,
        "published": "2026-11-22T12:00:00Z",
        **audience,
        "object": {
            "id": uri,
            "type": "Note",
            "attributedTo": actor.uri,
            "published": "2026-11-22T12:00:00Z",
            "inReplyTo": target,
            "content": f"<p>The water in no. {number} is <em>wonderful</em>; how was it done?</p>",
            "sensitive": False,
            "summary": None,
            "url": f"{actor.uri}/{number}",
            **audience,
            "tag": [],
            "attachment": [],
        },
    }
