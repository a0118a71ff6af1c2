"""Finds out what actors elsewhere are called, and keeps it. The law stands in `names`."""

from collections import OrderedDict
from dataclasses import field, replace

import msgspec

from federation import names, uris
from federation.vocabulary import RemoteActor
from server.addresses import Addresses
from server.clock import Clock
from server.model import Actor, Millis
from server.ports import Library
from server.promises import NamePromise
from server.values import dataclass

ASK_AGAIN = Millis(86_400_000)  # a host whose people are called by it is asked once a day
_HOSTS_KEPT = 10_000


@dataclass(slots=True)
class Handles:
    """Asks, compares, keeps. Which hosts need not be asked is in memory: lost at a restart."""

    library: Library
    clock: Clock
    addresses: Addresses
    look_up: names.LookUp
    _plain_hosts: OrderedDict[str, Millis] = field(default_factory=OrderedDict)

    async def named(self, actor: Actor, claimed: str = "") -> Actor:
        """Return an actor under the domain that it is called by, once both ends agree on it."""
        ours = self.addresses.domain
        domain = await names.confirmed_domain(self.look_up, actor, claimed, ours)
        if not claimed and domain == uris.origin_of(actor.uri).authority:
            self._remember(domain)
        if domain == actor.domain:
            return actor
        async with self.library.transaction() as tx:
            known = await tx.actors.by_id(actor.id)
            if known is not None:
                await tx.actors.put(replace(known, domain=domain))
        return replace(actor, domain=domain)

    async def confirm(self, payload: bytes) -> None:
        """Do one `NamePromise`."""
        what = msgspec.json.decode(payload, type=NamePromise)
        async with self.library.reading() as tx:
            actor = await tx.actors.by_id(what.actor_id)
        if actor is not None and not actor.is_local and actor.gone_at is None:
            await self.named(actor, what.claimed)

    def is_settled(self, found: RemoteActor) -> bool:
        """Say whether nobody needs to be asked: it says so itself, or its host's people all are."""
        host = uris.origin_of(found.uri).authority
        if found.webfinger:
            return found.webfinger.casefold() == f"{found.handle}@{host}".casefold()
        asked_at = self._plain_hosts.get(host)
        return asked_at is not None and self.clock.now() - asked_at < ASK_AGAIN

    def _remember(self, host: str) -> None:
        self._plain_hosts[host] = self.clock.now()
        self._plain_hosts.move_to_end(host)
        if len(self._plain_hosts) > _HOSTS_KEPT:
            self._plain_hosts.popitem(last=False)


def domain_of(found: RemoteActor, known: Actor | None) -> str:
    """Return what an actor is called by: as confirmed before, else by its host."""
    if known is not None and known.handle == found.handle:
        return known.domain
    return uris.origin_of(found.uri).authority
