"""What can go wrong, as a small tree; `web.errors` alone turns it into HTTP.

    FixatifError
    ├── NotFound          there is nothing here, or nothing that you may know of
    │   └── Gone          it was here, and was withdrawn
    ├── Refused           we understood, and say no
    │   ├── NotAllowed    the asker may not do this
    │   ├── Untrusted     a signature, proof or origin does not hold
    │   └── TooMany       too often, too soon
    ├── Invalid           what was sent cannot be used; the message says what to send instead
    │   └── Conflict      it contradicts what is already there
    │       └── Outdated  somebody changed it since it was looked at
    └── Unavailable       a part that we need is out of reach for now; try again later
        └── Unanswered    another server does not answer, or not so that we understand

Every message is one sentence that is safe to show and says what to do next.
"""


class FixatifError(Exception):
    """Root of everything that Fixatif raises on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotFound(FixatifError):
    """Nothing here; absent and forbidden look the same to a stranger."""


class Gone(NotFound):
    """It was here, and was withdrawn or deleted for good."""


class Refused(FixatifError):
    """A rule says no."""


class NotAllowed(Refused):
    """The asker may not do this."""


class Untrusted(Refused):
    """A signature, a proof or an origin does not hold."""


class TooMany(Refused):
    """Too often, too soon."""

    def __init__(self, message: str, retry_after_seconds: int = 60) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Invalid(FixatifError):
    """What was sent cannot be used; `field` names the input that is wrong, if one is."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Conflict(Invalid):
    """It contradicts what is already there (a taken handle, say)."""


class Outdated(Conflict):
    """What was looked at, and decided upon, is not so any more: look again, then decide."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "Somebody changed this just now: send it once more.")


class Unavailable(FixatifError):
    """A part that we need is out of reach for now; trying again later may work."""


class Unanswered(Unavailable):
    """Another server does not answer: who typed its name may have meant another one."""


def refuse_outdated(seen: object | None, now: object, *names: str) -> None:
    """Raise `Outdated` where what was looked at is another by now, in what is to be written."""
    if seen is not None and any(getattr(seen, name) != getattr(now, name) for name in names):
        raise Outdated
