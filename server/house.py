"""The house rules in force in this process, and what they say of each artist and work.

The policy's first version comes from the settings' preset; later ones stand in the database, as
does what is said of other servers. Whoever changes any of it counts up one row
(`tx.policies.bump()`); another process sees that at its next `refresh`, within half a second.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from server.clock import Clock
from server.list_changes import Sayings
from server.model import Artist, ContentUsage, PolicyVersion, Work
from server.policy import PRESETS, CompiledPolicy, Policy, compile_policy, tighten
from server.policy_text import read_policy, write_policy
from server.ports import Library
from server.tiers import FederationMode, TierBook, Word, build_tiers


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the policy and the standing of other servers, ready to be asked."""

    version: PolicyVersion
    compiled: CompiledPolicy
    tiers: TierBook
    generation: int

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

    async def _said(self) -> "_Said":
        """Bring all that is in force; whoever keeps words, claims or lists brings them in here."""
        async with self.library.reading() as tx:
            generation = await tx.policies.generation()  # first: what comes later is read again
            version = await tx.policies.current()
            if version is None:
                raise RuntimeError("the house was not founded")
            return _Said(generation, version, lists=await tx.lists.said())

    async def _made(self, said: "_Said") -> InForce:
        """Make it ready to be asked, off the event loop: long lists take a second."""
        held = self._in_force
        if held is not None and held.version == said.version:
            compiled = held.compiled
        else:
            compiled = await asyncio.to_thread(_compiled, said.version.toml)
        mode = compiled.policy.federation.mode
        tiers = await asyncio.to_thread(_tiers, said, mode)
        return InForce(said.version, compiled, tiers, said.generation)

    async def _found(self) -> None:
        text = write_policy(PRESETS[self.preset])
        async with self.library.transaction() as tx:
            if await tx.policies.current() is None:  # no other process was quicker
                now = self.clock.now()
                await tx.policies.add(text, now, "", "The preset of the settings.")


@dataclass(frozen=True, slots=True)
class _Said:
    """All that is in force, as it is kept."""

    generation: int
    version: PolicyVersion
    words: Mapping[str, Word] = field(default_factory=dict)
    lists: Sayings = field(default_factory=Sayings)
    claims: Collection[str] = ()


def _tiers(said: _Said, mode: FederationMode) -> TierBook:
    listed = said.lists.together(is_closed=mode is FederationMode.ALLOW_LIST)
    return build_tiers(said.words, listed, said.claims, mode)


def _compiled(toml: str) -> CompiledPolicy:
    return compile_policy(read_policy(toml))
