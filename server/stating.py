"""The house's texts: who runs it, its rules and legal pages, in versions; and counts of cases."""

from collections.abc import Sequence

from server.acts import Act
from server.audit import note
from server.clock import Clock
from server.dealings import Outcome, ReportKind
from server.errors import Invalid, NotFound, Outdated, refuse_outdated
from server.house_texts import MOST_AGE, Answers, HouseText, Place, as_lines
from server.model import Artist, Millis, Role
from server.ports import Library
from server.roles import demand
from server.values import dataclass

_MAX_SHORT = 200
_MAX_LONG = 20_000
_LONG = frozenset({"rules", "privacy", "terms"})
_YEAR = 365 * 86_400_000
_UNWRITTEN = HouseText(0, Answers(), Millis(0), "")


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cases of a kind ended in an outcome within the last year."""

    kind: ReportKind
    outcome: Outcome
    number: int


@dataclass(frozen=True, slots=True)
class Stating:
    """Show and change the texts."""

    library: Library
    clock: Clock
    place: Place

    async def text(self, version: int = 0) -> HouseText:
        """Return one version, 0 = the present one. Raise `NotFound`."""
        async with self.library.reading() as tx:
            found = await tx.texts.by_version(version) if version else await tx.texts.newest()
        if version and found is None:
            raise NotFound("There is no such version of this page.")
        return found or _UNWRITTEN

    async def history(self) -> Sequence[HouseText]:
        """List the versions, latest first, the last fifty."""
        async with self.library.reading() as tx:
            return await tx.texts.history()

    async def save(
        self, author: Artist, answers: Answers, seen: HouseText | None = None
    ) -> HouseText:
        """Keep a new version. Raise `Invalid` with the field that is wrong, `NotFound`.

        `seen`: the version that this was made from. Raise `Outdated` where there is a newer one.
        """
        demand(author, Role.ADMIN)
        check(answers)
        async with self.library.transaction() as tx:
            before = await tx.texts.newest() or _UNWRITTEN
            refuse_outdated(seen, before, "version")
            if before.answers == answers:
                return before
            text = HouseText(before.version + 1, answers, self.clock.now(), author.handle)
            if not await tx.texts.add(text):
                raise Outdated
            await note(
                *(tx, self.clock, author, Act.TEXTS_CHANGED, f"version {text.version}"),
                before=as_lines(before.answers),
                after=as_lines(answers),
            )
        return text

    async def counts(self) -> Sequence[Counted]:
        """Count what moderators decided within the last year."""
        since = Millis(self.clock.now() - _YEAR)
        async with self.library.reading() as tx:
            found = await tx.reports.outcomes_since(since)
        return [Counted(kind, outcome, number) for kind, outcome, number in found]


def check(answers: Answers) -> None:
    """Refuse what is too long. Raise `Invalid` with the field."""
    for name in ("operator", "address", "country", "contact", "rules", "privacy", "terms"):
        most = _MAX_LONG if name in _LONG else _MAX_SHORT
        if len(getattr(answers, name)) > most:
            raise Invalid(f"This may have at most {most:,} characters: shorten it.", name)
    if not 0 <= answers.age <= MOST_AGE:
        raise Invalid(f"The age is a number from 0 (not said) to {MOST_AGE}.", "age")
