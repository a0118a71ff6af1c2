"""Finds the people whom a text names, before it is said: by WebFinger, within a budget.

Whoever cannot be found stays plain text: no post fails for a name.
"""

import structlog

from federation.remote import Remote
from server.errors import FixatifError
from server.meeting import known_people, people_at
from server.model import Actor
from server.ports import Library
from server.prose import Named, addresses_in
from server.values import dataclass

log = structlog.get_logger(__name__)

MAX_LOOK_UPS = 5  # of one text; those whom we know already cost nothing


@dataclass(frozen=True, slots=True)
class People:
    """Looks people up."""

    library: Library
    remote: Remote

    async def people(self, text: str) -> Named:
        """Return whom a text names as `@name@server`, known here or found at their servers."""
        async with self.library.reading() as tx:
            known = await known_people(tx, text)
        unknown = [one for one in addresses_in(text) if one not in known]
        found = {one: await self._found(*one) for one in unknown[:MAX_LOOK_UPS]}
        return {**known, **{one: actor for one, actor in found.items() if actor is not None}}

    async def partners(self, uris: tuple[str, ...]) -> None:
        """Bring the people of a conversation whom we do not know, so that they can be answered."""
        async with self.library.reading() as tx:
            known = {actor.uri for actor in await people_at(tx, uris)}
        for uri in [uri for uri in uris if uri not in known][:MAX_LOOK_UPS]:
            try:
                await self.remote.actor(uri)
            except FixatifError as problem:
                log.info("partner_not_found", reason=problem.message)

    async def _found(self, handle: str, domain: str) -> Actor | None:
        try:
            return await self.remote.by_address(f"{handle}@{domain}")
        except FixatifError as problem:
            log.info("name_not_found", domain=domain, reason=problem.message)
            return None
