"""The house rules in force in this process, and what they say of each artist and work.

The policy's first version comes from the settings' preset; later ones stand in the
database. A change made by another process is seen at the next `refresh`, within a second.
"""

from dataclasses import dataclass, field

from server.clock import Clock
from server.model import Artist, ContentUsage, PolicyVersion, Work
from server.policy import PRESETS, CompiledPolicy, Policy, compile_policy, tighten
from server.policy_text import read_policy, write_policy
from server.ports import Library


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of the policy, ready to be asked."""

    version: PolicyVersion
    compiled: CompiledPolicy

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
        """Read the newest version, or keep the preset as version 1."""
        async with self.library.reading() as tx:
            newest = await tx.policies.current()
        if newest is None:
            newest = await self._found()
        self._in_force = in_force(newest)
        return self._in_force

    async def refresh(self) -> None:
        """Take up a newer version, if there is one."""
        async with self.library.reading() as tx:
            newest = await tx.policies.current()
        if newest is not None and newest.version != self.now.version.version:
            self._in_force = in_force(newest)

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

    async def _found(self) -> PolicyVersion:
        text = write_policy(PRESETS[self.preset])
        async with self.library.transaction() as tx:
            newest = await tx.policies.current()
            if newest is not None:  # another process was quicker
                return newest
            now = self.clock.now()
            number = await tx.policies.add(text, now, "", "The preset of the settings.")
        return PolicyVersion(number, text, now, "", "The preset of the settings.")


def in_force(version: PolicyVersion) -> InForce:
    """Return a stored version ready to be asked."""
    return InForce(version, compile_policy(read_policy(version.toml)))
