"""Sums that a browser solves before it is shown large pictures: set and checked (ALTCHA, PBKDF2).

The law: a sum is of this instance, for one browser, for ten minutes and for one solution. What
stands in it is signed; it holds nothing of a person. Setting one costs as much as one trial,
looking at a solution less: only browsers try again and again.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import field
from functools import partial
from typing import Any, Final

from altcha import Payload, create_challenge, verify_solution

from server.clock import Clock
from server.errors import Invalid, NotAllowed
from server.model import Millis
from server.ports import Library, Transaction
from server.values import dataclass

ALGORITHM: Final = "PBKDF2/SHA-256"  # what every browser's own cryptography has
ROUNDS: Final = 1_000  # of one trial: a third of a millisecond here
LASTS: Final = Millis(600_000)  # long enough for a slow telephone that is put aside meanwhile
MAX_BYTES: Final = 4_096  # of a solution; real ones have 900
_EARLY: Final = Millis(120_000)  # clocks of two processes differ a little
_CODE: Final = 32  # digits of what a spent sum is known by


@dataclass(frozen=True, slots=True)
class Challenges:
    """Sets sums and looks at solutions. `secret`: 32 bytes that outlive a restart.

    `trials`: how many a browser needs at most; never less than half of that.
    """

    library: Library
    clock: Clock
    trials: int
    secret: bytes = field(repr=False)

    def sum_for(self, holder: str) -> dict[str, Any]:
        """Return a sum for the browser that holds this proof, as its worker reads it."""
        half = self.trials // 2
        made = create_challenge(
            ALGORITHM,
            ROUNDS,
            counter=half + secrets.randbelow(self.trials - half),
            data={"for": _name_of(holder), "until": self.clock.now() + LASTS},
            hmac_secret=self.secret,
            hmac_key_secret=self._key_secret,
        )
        return made.to_dict()

    async def take(self, holder: str, solution: str) -> None:
        """Take a solution (ALTCHA's payload, in base64) from the browser that holds this proof.

        Raise `Invalid` where it is none of a sum from here, `NotAllowed` where it is another
        browser's, too old or was taken before.
        """
        code, said = self._read(solution)
        now, until = self.clock.now(), Millis(int(said["until"]))
        if not hmac.compare_digest(str(said["for"]), _name_of(holder)):
            raise NotAllowed("This sum was set for another browser; open the picture again here.")
        if not 0 <= until - now <= LASTS + _EARLY:
            raise NotAllowed("This sum is too old; open the picture again, and solve a new one.")
        if not await self.library.join(partial(_spend, code, until)):
            raise NotAllowed("This sum was solved before; open the picture again for a new one.")

    def _read(self, solution: str) -> tuple[str, Mapping[str, Any]]:
        """Return what the sum of a right solution is known by, and what we wrote into it."""
        found = (
            verify_solution(solution, self.secret, hmac_key_secret=self._key_secret)
            if len(solution) <= MAX_BYTES
            else None
        )
        if found is None or not found.verified:
            raise Invalid("This is no solution of a sum from here; open the picture again.")
        challenge = Payload.from_base64(solution).challenge
        # The signature holds: so these are as we wrote them.
        return str(challenge.signature)[:_CODE], challenge.parameters.data or {}

    @property
    def _key_secret(self) -> bytes:
        return hmac.digest(self.secret, b"solution", hashlib.sha256)


def _name_of(holder: str) -> str:
    """Return what a browser is called in a sum, which does not give its proof away."""
    return hashlib.sha256(holder.encode("utf-8", "surrogateescape")).hexdigest()[:_CODE]


async def _spend(code: str, until: Millis, tx: Transaction) -> bool:
    return await tx.proofs.spend(code, until)
