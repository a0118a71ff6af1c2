"""What arrives, ready to be acted on, and what acts may use.

An act is a function `(hands, tx, deed)` in one of the `acts_*` modules; `apply.ACTS` names the
one for each kind of activity. It awaits nothing but the transaction, and is safe to run twice.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from federation.doors import Doors
from federation.facts import STRANGERS, Ties
from federation.remote import Remote
from federation.series_fetching import SeriesFetching
from federation.vocabulary import Activity, RemoteNote
from server.addresses import Addresses
from server.blocking import Blocking
from server.clock import Clock
from server.commenting import Commenting
from server.following import Following
from server.house import House
from server.model import ActivityId, Actor
from server.moving import Moving
from server.ports import Transaction
from server.promises import SayPromise
from server.reactions import Reactions
from server.reporting import Reporting
from server.treatments import Treatment
from server.values import dataclass

ACTOR_TYPES: Final = frozenset({"Person", "Service", "Application", "Group", "Organization"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """An activity with who did it and, for posts, what was brought from its origin."""

    id: ActivityId  # of the kept activity
    activity: Activity
    actor: Actor
    note: RemoteNote | None = None
    is_approved: bool = False  # the artist was asked, and agreed
    target: Actor | None = None  # whom a Move is to, as its origin just described it
    ties: Ties = STRANGERS
    has_held: bool = False  # something of the actor's waits for a moderator, or was dropped
    treatment: Treatment | None = None  # what a rule here does to the post that it brings


@dataclass(frozen=True, slots=True)
class Hands:
    """What acts may use besides their transaction."""

    clock: Clock
    addresses: Addresses
    remote: Remote
    following: Following
    reactions: Reactions
    commenting: Commenting
    house: House
    blocking: Blocking
    reporting: Reporting
    moving: Moving
    doors: Doors
    series: SeriesFetching
    say: Callable[[Transaction, SayPromise], Awaitable[None]]  # at once, with no job between


Act = Callable[[Hands, Transaction, Arrived], Awaitable[None]]


async def local_followee(hands: Hands, tx: Transaction, uri: str) -> Actor | None:
    """Find whom somebody may follow here: an artist, or a series by its own actor."""
    artist = await local_artist(hands, tx, uri)
    if artist is not None or not hands.addresses.is_ours(uri):
        return artist
    speaker = await tx.actors.by_uri(uri)
    series = await tx.series.by_actor(speaker.id) if speaker and not speaker.gone_at else None
    owner = await tx.artists.by_id(series.artist_id) if series else None
    return speaker if owner is not None and not owner.suspended_at else None


async def local_artist(hands: Hands, tx: Transaction, uri: str) -> Actor | None:
    """Find an artist here who takes part: not gone, not suspended."""
    if not hands.addresses.is_ours(uri):
        return None
    actor = await tx.actors.by_uri(uri)
    artist = await tx.artists.by_id(actor.id) if actor else None
    if actor is None or artist is None or artist.suspended_at or actor.gone_at:
        return None
    return actor
