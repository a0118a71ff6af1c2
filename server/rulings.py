"""Rules ready to be asked: the compiled policy, and how far each server is trusted. Pure."""

from server.policy import CompiledPolicy
from server.tiers import TierBook
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What is in force, or would be."""

    compiled: CompiledPolicy
    tiers: TierBook
