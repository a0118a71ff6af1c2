"""What works and artists permit, people and machines, here and elsewhere, as JSON columns.

There are few different values of each, and frozen ones: every row that says the same shares one.
"""

from functools import lru_cache

import msgspec

from server.model import ContentUsage, Heard
from server.permits import InteractionPolicy

_DIFFERENT = 512  # values remembered
_NOTHING = Heard()


def permits_text(policy: InteractionPolicy | None) -> str:
    """Encode who may like, answer, boost and quote; "" where nothing is said."""
    return "" if policy is None else msgspec.json.encode(policy).decode()


@lru_cache(maxsize=_DIFFERENT)
def permits_in(text: str) -> InteractionPolicy | None:
    """Decode who may like, answer, boost and quote; None where nothing is said."""
    return msgspec.json.decode(text, type=InteractionPolicy) if text else None


@lru_cache(maxsize=_DIFFERENT)
def usage_in(text: str) -> ContentUsage:
    """Decode what machines may do."""
    return msgspec.json.decode(text, type=ContentUsage)


def heard_text(heard: Heard) -> str:
    """Encode what another server says of machines; "" where it says nothing."""
    return "" if heard == _NOTHING else msgspec.json.encode(heard).decode()


@lru_cache(maxsize=_DIFFERENT)
def heard_in(text: str) -> Heard:
    """Decode what another server says of machines."""
    return msgspec.json.decode(text, type=Heard) if text else _NOTHING
