"""How the copies of one picture are made: what they say, bear and show. Pure.

A picture keeps the digest of the recipe that its copies follow; where the recipe would be another
one today, they are outdated.
"""

import hashlib

import msgspec

from server.inscription import Inscription, digest_of
from server.watermarks import Watermark

Focus = tuple[float, float]  # as toot:focalPoint: -1 left … 1 right, -1 bottom … 1 top


class Recipe(msgspec.Struct, frozen=True):
    """What the copies of one picture follow.

    `full_side`: the longest side, in pixels, up to which `full` is made too; no part of the
    digest, as what is there already may stay. `is_shot`: of how a work was made (`server.shots`),
    so that there is nothing to send to other servers.
    """

    inscription: Inscription
    full_side: int = 0
    watermark: Watermark | None = None
    card_focus: Focus | None = None  # the link card is cut around it; None: it shows the whole
    is_shot: bool = False

    def without_mark(self) -> "Recipe":
        """Return the same for a file whose mark of a generator was found to be wrong."""
        said = msgspec.structs.replace(self.inscription, sets_aside_mark=True)
        return msgspec.structs.replace(self, inscription=said)

    @property
    def digest(self) -> str:
        """What tells the copies of one recipe from those of another."""
        said = digest_of(self.inscription)
        if self.watermark is None and self.card_focus is None:
            return said
        looks = msgspec.msgpack.encode((said, self.watermark, self.card_focus))
        return hashlib.sha256(looks).hexdigest()[:32]
