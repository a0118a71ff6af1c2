"""What a change would do, or has done: nouns, pure."""

from dataclasses import dataclass

from server.passages import CrossFollow


@dataclass(frozen=True, slots=True)
class SeveredFollow:
    """A follow between here and elsewhere that a change cuts, or brings back."""

    local: str  # handle
    remote: str  # handle@domain
    is_theirs: bool  # they follow us
    rule: str  # what cuts it

    @property
    def direction(self) -> str:
        """Who follows whom, as the JSON of a dry run says it."""
        return "follows-us" if self.is_theirs else "followed-by-us"


@dataclass(frozen=True, slots=True)
class Impact:
    """A dry run. `version`: of the policy that it was compared with."""

    version: int
    days: int
    severed_follows: tuple[SeveredFollow, ...] = ()
    restored_follows: tuple[SeveredFollow, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a change. `version`: of the policy that is in force now."""

    version: int
    severed: int = 0
    restored: int = 0
    is_changed: bool = True  # False: it says what is in force already


def severed_follow(cross: CrossFollow, rule: str) -> SeveredFollow:
    """Return a follow as people are told of it."""
    return SeveredFollow(cross.local_handle, cross.remote_address, cross.is_theirs, rule)
