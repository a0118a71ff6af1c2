"""Who may like, answer, boost and quote, as one JSON column."""

import msgspec

from server.permits import InteractionPolicy


def permits_text(policy: InteractionPolicy | None) -> str:
    """Encode; "" where nothing is said."""
    return "" if policy is None else msgspec.json.encode(policy).decode()


def permits_in(text: str) -> InteractionPolicy | None:
    """Decode; None where nothing is said."""
    return msgspec.json.decode(text, type=InteractionPolicy) if text else None
