"""How long this program keeps what, from the very constants that its sweeps go by."""

from typing import Final

from server.account_ends import GRACE
from server.comers import KEPT_DAYS as COMERS_DAYS
from server.holdings import KEPT as HELD_AGE
from server.house_texts import Kept
from server.series_elsewhere import KEPT as SERIES_AGE
from server.sessions import SESSION_LENGTH
from server.sweeping import (
    AGE,
    BROUGHT_AGE,
    DECIDED_AGE,
    INCOMING_AGE,
    MONTH,
    NOTICES_AGE,
    OUTGOING_AGE,
    UNDECIDED_AGE,
)

_DAY: Final = 86_400_000
_SWEEP: Final = _DAY  # the sweep comes once a day: a thing may stay so much longer

GRACE_DAYS: Final = GRACE // _DAY


def kept() -> tuple[Kept, ...]:
    """Return what is kept for a time only, and for how long at most."""
    return tuple(
        Kept(what, (age + slack) // _DAY, since)
        for what, age, slack, since in (
            ("Being signed in", SESSION_LENGTH, _SWEEP, "after signing in"),
            ("A deleted account", GRACE, 0, "after it was asked for, then all of it is erased"),
            ("What other servers sent, word by word", INCOMING_AGE, _SWEEP, "after it came"),
            ("What was sent to other servers, word by word", OUTGOING_AGE, _SWEEP, "after that"),
            (
                "A post from elsewhere that came by a boost alone",
                BROUGHT_AGE,
                _SWEEP,
                "after the last boost, where nobody here answered, liked or kept it",
            ),
            ("What waits for a moderator's word", HELD_AGE, _SWEEP, "after it came"),
            ("An application that was decided", DECIDED_AGE, _SWEEP, "after the decision"),
            ("An application that nobody decided", UNDECIDED_AGE, _SWEEP, "after it came"),
            ("What artists showed in a case", DECIDED_AGE, _SWEEP, "after the decision"),
            ("Who gave a legal notice", NOTICES_AGE, _SWEEP, "after the decision"),
            ("How many machines came for a work", COMERS_DAYS * _DAY, _SWEEP, "after that"),
            ("How often a large copy was opened", COMERS_DAYS * _DAY, _SWEEP, "after that"),
            ("That a visitor's browser solved a sum, without a name", AGE, _SWEEP, "after that"),
            (
                "The series of people on other servers whom nobody here follows",
                *(SERIES_AGE, _SWEEP, "after somebody here last looked at them"),
            ),
            ("Invitations that nobody used", MONTH, _SWEEP, "after their end"),
        )
    )
