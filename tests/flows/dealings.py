"""What the tests of blocks, reports and moves share."""

import json
from typing import Any

from server.model import ActivityId, Actor, ActorId, Artist, FollowState, StoredActivity, Work
from server.promises import ApplyPromise, promise
from tests.two_servers.stage import Peer, Stage

ANA = "https://art.test/users/ana"


async def arrive(stage: Stage, activity: dict[str, Any]) -> None:
    """Keep an activity as the inbox does with one that it believed, and do every job."""
    stored = StoredActivity(
        id=ActivityId(stage.clock.new_id()),
        uri=activity.get("id", ""),
        type=activity["type"],
        actor_uri=activity["actor"],
        object_uri="",
        is_outgoing=False,
        dedupe=f"{activity.get('id', '')} {stage.clock.new_id()}",
        body=json.dumps(activity).encode(),
        received_at=stage.clock.now(),
    )
    async with stage.library.transaction() as tx:
        await tx.activities.keep(stored)
        await promise(tx, stage.clock, ApplyPromise(stored.id))
    await stage.drain()


async def follows(stage: Stage, follower: ActorId, followee: ActorId) -> FollowState | None:
    found = await stage.read(lambda tx: tx.relations.follow(follower, followee))
    return found.state if found else None


async def follow_from_here(stage: Stage, artist: Artist, peer: Peer) -> Actor:
    """Let an artist follow somebody elsewhere, who accepts; forget what was sent."""
    actor = await stage.meet(peer)
    await stage.flows.following.follow(artist, actor)
    asked = await stage.read(lambda tx: tx.relations.follow(artist.id, actor.id))
    await arrive(stage, peer.does("Accept", asked.uri))
    stage.net.asked.clear()
    return actor


async def told(stage: Stage, artist: Artist) -> list[str]:
    return [one.kind.value for one in await stage.flows.notifications.page(artist.id)]


async def sent(stage: Stage, peer: Peer | None = None) -> list[dict[str, Any]]:
    """Do every job; return, and forget, what was delivered, to one peer or to anybody."""
    await stage.drain()
    found = [
        activity
        for inbox, activity in stage.net.delivered
        if peer is None or inbox in {peer.inbox, peer.shared_inbox}
    ]
    stage.net.asked.clear()
    return found


async def here(stage: Stage, artist: Artist) -> Actor:
    """Return an artist's actor."""
    found: Actor = await stage.read(lambda tx: tx.actors.by_id(artist.id))
    return found


def about(stage: Stage, work: Work) -> str:
    return str(stage.flows.addresses.work(work.id))
