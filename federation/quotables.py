"""Finds what somebody wants to quote, here or elsewhere, and whether its author lets them."""

from federation.notes import RemoteNote
from federation.remote import Remote
from server.addresses import Addresses
from server.errors import FixatifError, Invalid, NotFound, Untrusted
from server.model import Artist, TargetId
from server.ports import Library, Transaction
from server.quotes import refuse_unwilling
from server.targets import Target, find_target
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Quotables:
    """Finds."""

    library: Library
    addresses: Addresses
    remote: Remote

    async def find(self, artist: Artist, address: str) -> str:
        """Return the id of the work or post at an address, "" for none, once it may be quoted.

        Raise `Invalid` (field "quote") with what is wrong, `Unavailable`.
        """
        typed = address.strip()
        if not typed:
            return ""
        try:
            target = await self._target(typed)
        except (NotFound, Untrusted, Invalid) as problem:
            raise Invalid(_words(problem), "quote") from problem
        async with self.library.reading() as tx:
            await refuse_unwilling(tx, self.addresses, artist.id, target)
        return target.uri

    async def _target(self, address: str) -> Target:
        found = await self.remote.find(address)
        if isinstance(found, Target):
            return found
        if not isinstance(found, RemoteNote):
            raise Invalid("This is somebody's address: paste that of a work or post of theirs.")
        author = await self.remote.actor(found.attributed_to)
        post = await self.remote.keep_note(found, author)
        async with self.library.reading() as tx:
            return await _kept(tx, self.addresses, TargetId(post.id))


async def _kept(tx: Transaction, addresses: Addresses, target_id: TargetId) -> Target:
    found = await find_target(tx, addresses, target_id)
    if found is None:
        raise NotFound("This post is not there any more.")
    return found


def _words(problem: FixatifError) -> str:
    return problem.message or "There is no work or post at this address: check it."
