"""Rules ready to be asked: the compiled policy, and how far each server is trusted. Pure."""

from dataclasses import dataclass

from server.policy import CompiledPolicy
from server.tiers import TierBook


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force, or would be."""

    compiled: CompiledPolicy
    tiers: TierBook
