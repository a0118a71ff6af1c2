"""What is in force, as it is kept: the policy's newest version, words, lists, claims.

The law: the house and the dry run of a change make rules of it in one and the same way.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import field

from server.list_changes import Sayings
from server.model import PolicyVersion
from server.policy import CompiledPolicy, compile_policy
from server.policy_text import read_policy
from server.ports import Transaction
from server.rulings import Rules
from server.tiers import FederationMode, TierBook, Word, build_tiers
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that rules are made of."""

    generation: int
    version: PolicyVersion
    words: Mapping[str, Word] = field(default_factory=dict)
    lists: Sayings = field(default_factory=Sayings)
    claims: Collection[str] = ()
    toml: str = ""  # in place of the version's own, for who looks ahead

    async def rules(self, known: CompiledPolicy | None = None) -> Rules:
        """Return the rules that these sources make.

        They are made off the event loop, as long lists take a second. `known`: the same policy,
        compiled already. Raise `Invalid` where the policy cannot be read.
        """
        compiled = known
        if compiled is None:
            compiled = await asyncio.to_thread(_compiled, self.toml or self.version.toml)
        mode = compiled.policy.federation.mode
        return Rules(compiled, await asyncio.to_thread(_tiers, self, mode))


async def sources_in(tx: Transaction) -> Sources:
    """Return what is kept. Whoever keeps more of it brings it in here."""
    generation = await tx.policies.generation()  # first: what comes later is read again
    version = await tx.policies.current()
    if version is None:
        raise RuntimeError("the house was not founded")
    return Sources(
        generation,
        version,
        words=await tx.peers.words(),
        lists=await tx.lists.said(),
        claims=await tx.peers.claims(),
    )


def _tiers(sources: Sources, mode: FederationMode) -> TierBook:
    listed = sources.lists.together(is_closed=mode is FederationMode.ALLOW_LIST)
    return build_tiers(sources.words, listed, sources.claims, mode)


def _compiled(toml: str) -> CompiledPolicy:
    return compile_policy(read_policy(toml))
