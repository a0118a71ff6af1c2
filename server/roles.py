"""Who may do what here, by role: each role may all that the roles after it may. Pure.

The law: whoever may not enter learns nothing of what is there: it looks like no page at all.
"""

from server.errors import NotFound
from server.model import Artist, Role

_RANKS = {role: rank for rank, role in enumerate(reversed(Role))}


def is_at_least(role: Role, least: Role) -> bool:
    """Say whether a role may what `least` may."""
    return _RANKS[role] >= _RANKS[least]


def demand(artist: Artist | None, least: Role) -> Artist:
    """Return who asks, if their role suffices. Raise `NotFound` for all others."""
    if artist is None or not is_at_least(artist.role, least):
        raise NotFound("There is nothing here at this address.")
    return artist
