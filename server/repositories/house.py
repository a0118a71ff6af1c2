"""Interfaces of the policy, what it holds, and what was done about it."""

from typing import Protocol

from server.acts import AuditEntry, AuditId
from server.holdings import Held, HeldId
from server.model import ActorId, Millis, PolicyVersion, SigningAuthority


class Policies(Protocol):
    """Numbered versions of the policy."""

    async def current(self) -> PolicyVersion | None: ...

    async def add(self, toml: str, at: Millis, author: str, reason: str) -> int:
        """Store the next version and return its number (from 1)."""
        ...

    async def version(self, number: int) -> PolicyVersion | None: ...

    async def history(self, *, limit: int = 50) -> list[PolicyVersion]:
        """List newest first."""
        ...

    async def draft(self, author: ActorId) -> tuple[str, int, Millis] | None:
        """Return what somebody is writing: its text, the version it began with, when changed."""
        ...

    async def put_draft(self, author: ActorId, toml: str, based_on: int, at: Millis) -> None: ...

    async def drop_draft(self, author: ActorId) -> None: ...

    async def bump(self) -> None:
        """Tell every process that something in force changed; `add` does it itself.

        Whoever changes a peer's standing does it in the same transaction.
        """
        ...

    async def generation(self) -> int:
        """Return how often something in force changed."""
        ...


class Authorities(Protocol):
    """What certifies who signs pictures here: one, made once."""

    async def current(self) -> SigningAuthority | None: ...

    async def add_first(self, authority: SigningAuthority) -> None:
        """Keep it, unless there is one."""
        ...


class AuditLog(Protocol):
    """What those who run the instance did; nothing in it is ever changed."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def page(
        self, *, act: str = "", before: AuditId | None = None, limit: int = 50
    ) -> list[AuditEntry]:
        """List newest first; `act` "" = every kind."""
        ...


class HeldThings(Protocol):
    """What came in and waits for a moderator; of one actor's subject one of each kind."""

    async def put(self, held: Held) -> None:
        """Insert; where the same (actor, kind, subject) is held, keep that row's id and time and
        replace the rest.
        """
        ...

    async def by_id(self, held_id: HeldId) -> Held | None: ...

    async def of(self, actor_uri: str, kind: str, subject: str) -> Held | None: ...

    async def waiting(self, *, before: HeldId | None = None, limit: int = 50) -> list[Held]:
        """List newest first, by id."""
        ...

    async def count_waiting(self) -> int: ...

    async def drop(self, held_id: HeldId) -> bool:
        """Erase what was said; only that it was dropped is remembered. False where it waits no
        more: at most one caller wins.
        """
        ...

    async def remove(self, held_id: HeldId) -> bool:
        """Forget what waits; False where it waits no more."""
        ...

    async def take_back(self, actor_uri: str, what: str) -> None:
        """Forget what waits of an actor under the address of its subject, its activity or the
        actor: it was taken back.
        """
        ...

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        """Forget what was held before then, with its words; return how many went."""
        ...
