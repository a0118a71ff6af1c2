"""Interfaces of how people come and go: invitations, applications, reports, cases, the end."""

from collections.abc import Sequence
from typing import Protocol

from server.arrivals import Application, ApplicationId, Invite, InviteId, Sample
from server.casefiles import CaseNote, Notice
from server.dealings import Outcome, Report, ReportId, ReportKind
from server.ending import Closing
from server.house_texts import HouseText
from server.model import ActorId, Artist, Millis, TargetId


class Reports(Protocol):
    """What people report."""

    async def put(self, report: Report) -> bool:
        """Store; False where the same Flag came before."""
        ...

    async def by_id(self, report_id: ReportId) -> Report | None: ...

    async def page(
        self, *, is_open: bool = True, before: ReportId | None = None, limit: int = 50
    ) -> list[Report]:
        """List newest first."""
        ...

    async def hold(self, report_id: ReportId) -> Report | None:
        """Return the report, and let nobody else change it until this transaction ends."""
        ...

    async def assigned(self, handle: str, *, limit: int = 50) -> list[Report]:
        """List open reports that a moderator works on, newest first."""
        ...

    async def count_notices_since(self, at: Millis) -> int:
        """Count legal notices that came since then."""
        ...

    async def outcomes_since(self, at: Millis) -> list[tuple[ReportKind, Outcome, int]]:
        """Count what was closed since then, by kind and outcome."""
        ...

    async def about(self, accused: ActorId, *, limit: int = 50) -> list[Report]:
        """List reports about one actor, open or closed, newest first."""
        ...

    async def count_from(self, domain: str, since: Millis) -> int:
        """Count what reporters of one domain reported at or after `since`."""
        ...

    async def update(self, report: Report) -> None:
        """Store whether it is forwarded or closed, by whom, and their note."""
        ...


class Invites(Protocol):
    """Links with which people open accounts."""

    async def add(self, invite: Invite) -> None: ...

    async def by_id(self, invite_id: InviteId) -> Invite | None: ...

    async def by_token(self, token_hash: str) -> Invite | None: ...

    async def page(
        self, maker: ActorId | None = None, *, before: InviteId | None = None, limit: int = 50
    ) -> list[Invite]:
        """List newest first, those of one maker or all."""
        ...

    async def use(self, invite_id: InviteId, guest: ActorId, now: Millis) -> bool:
        """Let somebody in; False where it is used up, expired or revoked. Never one too many."""
        ...

    async def revoke(self, invite_id: InviteId, at: Millis) -> bool:
        """End an invitation; False where it had ended."""
        ...

    async def guests(self, invites: Sequence[InviteId]) -> dict[InviteId, list[Artist]]:
        """Return who came by which of these, in the order of their coming."""
        ...

    async def of_guest(self, guest: ActorId) -> Invite | None:
        """Return by which invitation somebody came."""
        ...

    async def left_to(self, maker: ActorId) -> int:
        """Return how many more invitations an account may make."""
        ...

    async def allow(self, maker: ActorId, count: int) -> None:
        """Let an account make so many invitations."""
        ...

    async def spend(self, maker: ActorId) -> bool:
        """Count one invitation of those that an account may make; False where none is left."""
        ...

    async def sweep(self, before: Millis) -> None:
        """Forget invitations that ended before then and that nobody came by."""
        ...


class Applications(Protocol):
    """Who asks to come in."""

    async def add(self, application: Application, samples: Sequence[Sample]) -> None: ...

    async def by_id(self, application_id: ApplicationId) -> Application | None: ...

    async def by_token(self, token_hash: str) -> Application | None: ...

    async def waiting(
        self, *, after: ApplicationId | None = None, limit: int = 50
    ) -> list[Application]:
        """List those that nobody decided on, oldest first."""
        ...

    async def count_waiting(self) -> int: ...

    async def count_since(self, at: Millis) -> int:
        """Count what came since then, decided or not."""
        ...

    async def samples(self, application_id: ApplicationId) -> list[Sample]: ...

    async def count_samples(self, ids: Sequence[ApplicationId]) -> dict[ApplicationId, int]:
        """Count the pictures of applications, without reading them; those without are left out."""
        ...

    async def decide(self, application: Application) -> bool:
        """Store the decision and delete the samples; False where somebody was quicker."""
        ...

    async def sweep(self, *, decided_before: Millis, made_before: Millis) -> None:
        """Erase applications that were decided on, or made, before then."""
        ...


class Cases(Protocol):
    """What belongs to reports: moderators' notes, what is hidden because of them, notices."""

    async def add_note(self, note: CaseNote) -> None: ...

    async def notes(self, report_id: ReportId) -> list[CaseNote]:
        """List what was written and done, oldest first, the first two hundred."""
        ...

    async def show(self, report_id: ReportId, pictures: Sequence[Sample]) -> None:
        """Add pictures to what is shown in a case."""
        ...

    async def shown(self, report_id: ReportId, place: int) -> Sample | None: ...

    async def count_shown(self, report_id: ReportId) -> int: ...

    async def forget_shown(self, closed_before: Millis) -> None:
        """Delete the pictures of cases that were closed before then."""
        ...

    async def withhold(self, target: TargetId, report_id: ReportId, at: Millis) -> bool:
        """Note that a case hides a work or post; False where it did before."""
        ...

    async def release(self, target: TargetId, report_id: ReportId) -> bool:
        """Note that a case hides it no more; True where no other case does either."""
        ...

    async def withheld_by(self, report_id: ReportId) -> list[TargetId]: ...

    async def count_withheld_since(self, at: Millis) -> int:
        """Count what cases of legal notices hide since then."""
        ...

    async def clear(self, targets: Sequence[TargetId], report_id: ReportId) -> None:
        """Note that a case found nothing wrong with these."""
        ...

    async def cleared(self, targets: Sequence[TargetId]) -> set[TargetId]:
        """Return those of which a case found that nothing was wrong."""
        ...

    async def add_notice(self, notice: Notice, *, sender: str) -> None:
        """Keep a notice. `sender`: what is kept of its network, until the day is over."""
        ...

    async def count_notices_of(self, sender: str) -> int:
        """Count the notices that one sender has given."""
        ...

    async def forget_senders(self, before: Millis) -> None:
        """Erase what is kept of the networks of notices that came before then."""
        ...

    async def count_withheld_for(self, sender: str) -> int:
        """Count what is hidden because of one sender's notices."""
        ...

    async def notice(self, report_id: ReportId) -> Notice | None: ...

    async def notice_by_token(self, token_hash: str) -> Notice | None: ...

    async def forget_notices(self, closed_before: Millis) -> None:
        """Erase who gave notices that were closed before then; their reports stay."""
        ...


class HouseTexts(Protocol):
    """Versions of the answers that rules and legal pages are made of."""

    async def add(self, text: HouseText) -> bool:
        """Keep a version; False where somebody else has just kept one of this number."""
        ...

    async def newest(self) -> HouseText | None: ...

    async def by_version(self, version: int) -> HouseText | None: ...

    async def history(self, *, limit: int = 50) -> list[HouseText]:
        """List them, latest first."""
        ...


class TheEnd(Protocol):
    """The end of this instance, and where its artists go on that day."""

    async def current(self) -> Closing | None: ...

    async def put(self, closing: Closing) -> None:
        """Store the one end that there is."""
        ...

    async def remove(self) -> None: ...

    async def put_home(self, artist: ActorId, uri: str, at: Millis) -> None: ...

    async def home(self, artist: ActorId) -> str:
        """Return the id of the account elsewhere that an artist named, "" for none."""
        ...
