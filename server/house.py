"""The house rules in force in this process, and what they say of each artist and work.

The policy's first version comes from the settings' preset; later ones stand in the database, as
does what is said of other servers. Whoever changes any of it counts up one row
(`tx.policies.bump()`); another process sees that at its next `refresh`, within half a second.
"""

from collections.abc import Mapping
from dataclasses import field

from server.clock import Clock
from server.model import ActorId, Artist, ContentUsage, PolicyVersion, Sizes, Work
from server.policy import PRESETS, CompiledPolicy, Policy, narrow, tighten
from server.policy_text import write_policy
from server.ports import Library
from server.sources import Sources, sources_in
from server.tiers import TierBook
from server.values import dataclass

_NO_SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the policy and the standing of other servers, ready to be asked."""

    version: PolicyVersion
    compiled: CompiledPolicy
    tiers: TierBook
    generation: int
    sizes: Mapping[ActorId, Sizes] = field(default_factory=dict)  # of artists with their own
    # Actors with a type of activity, and hosts with "", that nothing refuses unseen; see `Doors`.
    let_in: set[tuple[str, str]] = field(init=False, default_factory=set, compare=False, repr=False)

    @property
    def policy(self) -> Policy:
        """The policy itself."""
        return self.compiled.policy


@dataclass(slots=True)
class House:
    """Holds the policy in force. Call `open` before anything asks."""

    library: Library
    clock: Clock
    preset: str
    _in_force: InForce | None = field(default=None)

    async def open(self) -> InForce:
        """Read what is in force; the first process of all keeps the preset as version 1."""
        async with self.library.reading() as tx:
            is_founded = await tx.policies.current() is not None
        if not is_founded:
            await self._found()
        self._in_force = await self._made(await self._said())
        return self._in_force

    async def refresh(self) -> None:
        """Take up what changed, if anything did: call it after each commit that changes it.

        Raises `Invalid` where the policy cannot be read; then the one before stays in force.
        """
        async with self.library.reading() as tx:
            generation = await tx.policies.generation()
        if generation != self.now.generation:
            made = await self._made(await self._said())
            if made.generation > self.now.generation:  # another refresh may have been quicker
                self._in_force = made

    @property
    def now(self) -> InForce:
        """The policy in force."""
        if self._in_force is None:
            raise RuntimeError("the house was not opened")
        return self._in_force

    def usage_of(self, artist: Artist | None = None, work: Work | None = None) -> ContentUsage:
        """Return what machines may do: the house's word, tightened by artist and work."""
        usage = self.now.policy.content_usage
        if artist is not None:
            usage = tighten(usage, artist.content_usage)
        if work is not None:
            usage = tighten(usage, work.content_usage)
        return usage

    def policy_for(self, work: Work) -> Policy:
        """Return the policy with the sizes that a work and its artist give away at most."""
        now = self.now
        return narrow(now.policy, now.sizes.get(work.artist_id, _NO_SIZES), work.sizes)

    async def _said(self) -> tuple[Sources, Mapping[ActorId, Sizes]]:
        async with self.library.reading() as tx:
            return await sources_in(tx), await tx.artists.sizes()

    async def _made(self, told: tuple[Sources, Mapping[ActorId, Sizes]]) -> InForce:
        said, sizes = told
        held = self._in_force
        known = held.compiled if held is not None and held.version == said.version else None
        rules = await said.rules(known)
        return InForce(said.version, rules.compiled, rules.tiers, said.generation, sizes)

    async def _found(self) -> None:
        text = write_policy(PRESETS[self.preset])
        async with self.library.transaction() as tx:
            if await tx.policies.current() is None:  # no other process was quicker
                now = self.clock.now()
                await tx.policies.add(text, now, "", "The preset of the settings.")
