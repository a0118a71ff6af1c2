"""The changes by which anything in force changes: what each would make of it, and how it is kept.

The law: `foresee` and `write` of one change say the same thing: the first for the dry run, the
second in the transaction in which it becomes true. A new kind of change is a dataclass, a `Kind`
and a row in `KINDS`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeAlias, TypeVar

from server.acts import Act
from server.chronicling import note_house
from server.clock import Clock
from server.domains import read_domain
from server.errors import Invalid, NotFound
from server.listing import (
    KeptOut,
    LetIn,
    ListApplied,
    ListRemoved,
    ListsArranged,
    ListsChange,
    sayings_after,
    write,
)
from server.model import Artist, PolicyVersion
from server.neighbours import PeerWord
from server.passages import CauseKind
from server.policy_text import read_policy
from server.ports import Transaction
from server.promises import IN_FORCE, ReinscribePromise, promise
from server.sources import Sources
from server.tiers import Tier, Word
from server.values import dataclass

MAX_REASON = 500  # characters; it is a sentence or two


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """Put another policy in force; `toml` as `server.policy_text` reads it."""

    toml: str


@dataclass(frozen=True, slots=True)
class Revert:
    """Bring an earlier version of the policy back, as a new version."""

    version: int


@dataclass(frozen=True, slots=True)
class NewWord:
    """Say how far a server is trusted; None takes the word back. `reason` is public."""

    domain: str
    tier: Tier | None
    reason: str = ""


Change: TypeAlias = NewPolicy | Revert | NewWord | ListsChange


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, for the log and for whoever looks for the cause of a severance."""

    act: Act
    subject: str
    before: str
    after: str


C_contra = TypeVar("C_contra", contravariant=True)


class Kind(Protocol[C_contra]):
    """How one kind of change is foreseen and written."""

    cause: CauseKind
    keeps_more: (
        bool  # it writes more than what decides, so that it is written where all is the same
    )

    async def foresee(self, tx: Transaction, now: Sources, change: C_contra) -> Sources:
        """Return the sources after the change. Raise `Invalid` or `NotFound`."""
        ...

    async def write(
        self, tx: Transaction, clock: Clock, author: Artist | None, change: C_contra, reason: str
    ) -> Written:
        """Make it true, in the transaction at hand."""
        ...


class _NewPolicies:
    cause = CauseKind.POLICY
    keeps_more = False

    async def foresee(self, tx: Transaction, now: Sources, change: NewPolicy) -> Sources:  # noqa: ARG002  the text says all
        return replace(now, toml=change.toml)

    async def write(
        self, tx: Transaction, clock: Clock, author: Artist | None, change: NewPolicy, reason: str
    ) -> Written:
        return await _write_version(tx, clock, author, change.toml, reason, Act.POLICY_CHANGED)


class _Reverts:
    cause = CauseKind.POLICY
    keeps_more = False

    async def foresee(self, tx: Transaction, now: Sources, change: Revert) -> Sources:
        return replace(now, toml=(await _version(tx, change.version)).toml)

    async def write(
        self, tx: Transaction, clock: Clock, author: Artist | None, change: Revert, reason: str
    ) -> Written:
        toml = (await _version(tx, change.version)).toml
        told = reason or f"Back to version {change.version}."
        return await _write_version(tx, clock, author, toml, told, Act.POLICY_REVERTED)


class _NewWords:
    cause = CauseKind.WORD
    keeps_more = False

    async def foresee(self, tx: Transaction, now: Sources, change: NewWord) -> Sources:  # noqa: ARG002  words are in the sources
        domain = read_domain(change.domain)
        reason = _sentence(change.reason)
        words = {name: word for name, word in now.words.items() if name != domain}
        if change.tier is not None:
            words[domain] = Word(change.tier, reason)
        return replace(now, words=words)

    async def write(
        self, tx: Transaction, clock: Clock, author: Artist | None, change: NewWord, reason: str
    ) -> Written:
        domain = read_domain(change.domain)
        was = await tx.neighbours.word_of(domain)
        word = None
        if change.tier is None:
            await tx.neighbours.drop_word(domain)
        else:
            said = _sentence(change.reason or reason)
            word = PeerWord(domain, change.tier, said, name_of(author), clock.now())
            await tx.neighbours.put_word(word)
        await tx.policies.bump()
        return Written(Act.SERVER_WORD, domain, _said(was), _said(word))


class _ListsChanges:
    cause = CauseKind.LIST
    keeps_more = True  # comments, labels, and that a draft waits no more

    async def foresee(self, tx: Transaction, now: Sources, change: ListsChange) -> Sources:
        return replace(now, lists=await sayings_after(tx, now.lists, change))

    async def write(
        self,
        tx: Transaction,
        clock: Clock,
        author: Artist | None,  # noqa: ARG002  the log says who
        change: ListsChange,
        reason: str,  # noqa: ARG002  the log says why
    ) -> Written:
        done = await write(tx, clock, change)
        await tx.policies.bump()
        return Written(done.act, done.subject, done.before, done.after)


def name_of(author: Artist | None) -> str:
    """Return who did it, as versions and words name them; "" = at the command line."""
    return author.handle if author else ""


async def _write_version(
    tx: Transaction, clock: Clock, author: Artist | None, toml: str, reason: str, act: Act
) -> Written:
    before = await tx.policies.current()
    number = await tx.policies.add(toml, clock.now(), name_of(author), reason)
    # What machines may do stands in every copy of a picture
    await promise(tx, clock, ReinscribePromise(), delay=IN_FORCE)
    await note_house(tx, clock, read_policy(toml).content_usage, number)
    return Written(act, f"version {number}", before.toml if before else "", toml)


async def _version(tx: Transaction, number: int) -> PolicyVersion:
    found = await tx.policies.version(number)
    if found is None:
        raise NotFound(f"There is no version {number} of the policy: choose one of its history.")
    return found


def _sentence(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters: shorten it.", "reason")
    return plain


def _said(word: PeerWord | None) -> str:
    return f"tier: {word.tier}\nreason: {word.reason}" if word else ""


KINDS: Mapping[type, Kind[Any]] = {
    NewPolicy: _NewPolicies(),
    Revert: _Reverts(),
    NewWord: _NewWords(),
    **dict.fromkeys((ListApplied, ListRemoved, ListsArranged, KeptOut, LetIn), _ListsChanges()),
}
