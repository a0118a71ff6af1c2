"""Whom a text names, of those we know: the first step of every mention; and telling them.

Who is unknown is looked up elsewhere before (`federation.people`), never in a transaction.
"""

from collections.abc import Sequence

from server.clock import Clock
from server.model import Actor, NotificationKind, TargetId, Work
from server.notifications import tell
from server.ports import Transaction
from server.prose import Named, addresses_in
from server.targets import OPEN


async def known_people(tx: Transaction, text: str) -> Named:
    """Return whom a text names as `@name@server`, by (name, server), where we know them."""
    found: dict[tuple[str, str], Actor] = {}
    for handle, domain in addresses_in(text):
        actor = await tx.actors.by_address(handle, domain)
        if actor is not None and actor.gone_at is None:
            found[handle, domain] = actor
    return found


async def people_at(tx: Transaction, uris: Sequence[str]) -> list[Actor]:
    """Return the actors at these addresses whom we know and who are not gone."""
    found = [await tx.actors.by_uri(uri) for uri in uris]
    return [actor for actor in found if actor is not None and actor.gone_at is None]


async def tell_named(tx: Transaction, clock: Clock, work: Work) -> None:
    """Tell artists here whom the caption of a work for everybody names; each once."""
    if work.visibility not in OPEN:
        return
    people = {actor.id for actor in (await known_people(tx, work.caption)).values()}
    shut = await tx.blocks.among(work.artist_id, list(people)) if people else set()
    for one in people - shut - {work.artist_id}:
        if await tx.artists.by_id(one) is not None:
            kind, about = NotificationKind.MENTION, TargetId(work.id)
            await tell(tx, clock, one, kind, work.artist_id, about)
