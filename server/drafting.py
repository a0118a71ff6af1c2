"""Drafts of the policy: one for each who may change it, kept until applied or thrown away.

The law: a draft holds whatever its author typed, right or wrong: nothing is lost on an error.
"""

from server.clock import Clock
from server.errors import Invalid, Outdated, refuse_outdated
from server.house import House
from server.model import Artist, Millis, Role
from server.policy import Policy
from server.policy_text import MAX_POLICY_CHARACTERS, read_policy, write_policy
from server.ports import Library
from server.roles import demand
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is writing. `based_on`: the version that it began with."""

    toml: str
    based_on: int
    changed_at: Millis | None = None  # None: nothing was changed yet

    def read(self) -> Policy:
        """Return the policy; raise `Invalid` with the line where it is none."""
        return read_policy(self.toml)


@dataclass(frozen=True, slots=True)
class Drafting:
    """Keeps drafts."""

    library: Library
    clock: Clock
    house: House

    async def draft(self, author: Artist) -> Draft:
        """Return somebody's draft; one that was not begun is what is in force."""
        demand(author, Role.ADMIN)
        async with self.library.reading() as tx:
            kept = await tx.policies.draft(author.id)
        if kept is not None:
            return Draft(*kept)
        now = self.house.now
        return Draft(write_policy(now.policy), now.version.version)

    async def keep_text(self, author: Artist, toml: str, seen: Draft | None = None) -> None:
        """Keep what was typed, valid or not.

        `seen`: the draft that it was made from. Raise `Outdated` where it is another by now.
        """
        if len(toml) > MAX_POLICY_CHARACTERS:
            raise Invalid(f"A policy has at most {MAX_POLICY_CHARACTERS:,} characters; shorten it.")
        held = await self.draft(author)
        refuse_outdated(seen, held, "toml")
        text = toml.replace("\r\n", "\n").replace("\x00", "")
        async with self.library.transaction() as tx:
            await tx.artists.hold(author.id)  # two windows of theirs save one after the other
            kept = await tx.policies.draft(author.id)
            if seen is not None and kept is not None and kept[0] != seen.toml:
                raise Outdated
            await tx.policies.put_draft(author.id, text, held.based_on, self.clock.now())

    async def keep(self, author: Artist, policy: Policy, seen: Draft | None = None) -> None:
        """Keep a policy, written anew. `seen`: as for a text."""
        await self.keep_text(author, write_policy(policy), seen)

    async def discard(self, author: Artist) -> None:
        """Throw a draft away."""
        demand(author, Role.ADMIN)
        async with self.library.transaction() as tx:
            await tx.policies.drop_draft(author.id)
