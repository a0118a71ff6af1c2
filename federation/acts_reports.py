"""Acts of reporting somebody here to the moderators."""

from collections.abc import Mapping
from typing import Final

from federation.deeds import Act, Arrived, Hands
from federation.uris import same_origin
from federation.wording import plain
from server.dealings import Report, ReportId
from server.model import Actor, ActorId, Visibility
from server.ports import Transaction
from server.targets import Target, find_target_by_uri

_PRIVATE: Final = (Visibility.DIRECT, Visibility.DRAFT)


async def flag(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Keep a report about an artist here, named by itself or by what it made.

    Servers name the actor first (GoToSocial, Fedify) or last (Takahē), and some posts alone.
    """
    accused, objects = await _accused(hands, tx, deed)
    if accused is None:
        return
    report = Report(
        id=ReportId(hands.clock.new_id()),
        uri=deed.activity.uri or f"{deed.actor.uri}#flag-{deed.id}",
        reporter_id=deed.actor.id,
        is_local=False,
        accused_id=accused,
        objects=objects,
        content=plain(deed.activity.content),
        created_at=hands.clock.now(),
    )
    await hands.reporting.note(tx, report, deed.actor.domain)


async def _accused(
    hands: Hands, tx: Transaction, deed: Arrived
) -> tuple[ActorId | None, tuple[str, ...]]:
    """Return whom a report is about, and the ids of what they made that it names."""
    accused: ActorId | None = None
    made: dict[str, ActorId] = {}
    for uri in deed.activity.object_uris:
        actor = await _artist(hands, tx, uri)
        target = None if actor else await find_target_by_uri(tx, hands.addresses, uri)
        if actor is not None:
            accused = accused or actor.id
        elif target is not None and await _may_report(tx, deed.actor, target):
            made[target.uri] = target.owner_id
    accused = accused or next(iter(made.values()), None)
    return accused, tuple(uri for uri, owner in made.items() if owner == accused)


async def _artist(hands: Hands, tx: Transaction, uri: str) -> Actor | None:
    """Find an artist here, suspended ones too."""
    actor = await tx.actors.by_uri(uri) if hands.addresses.is_ours(uri) else None
    return actor if actor is not None and await _is_artist(tx, actor.id) else None


async def _may_report(tx: Transaction, reporter: Actor, target: Target) -> bool:
    """Say whether a thing is an artist's here, and no private message between others.

    Moderators read what is reported. Servers report in their own name what one of them received.
    """
    post = target.post
    if not await _is_artist(tx, target.owner_id):
        return False
    if post is None or post.visibility not in _PRIVATE:
        return True
    is_theirs = any(same_origin(uri, reporter.uri) for uri in post.mentions)
    return is_theirs and post.visibility is Visibility.DIRECT


async def _is_artist(tx: Transaction, actor_id: ActorId) -> bool:
    return await tx.artists.by_id(actor_id) is not None


ACTS: Final[Mapping[str, Act]] = {"Flag": flag}
