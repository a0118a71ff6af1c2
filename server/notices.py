"""Legal notices by anybody: kept as cases, hidden meanwhile where they are complete, answered.

The law: a notice is complete or refused with what is missing; what it names is hidden at once only
while that cannot be turned against artists: not what was found right before, and not without end.
Moderators get only so many a day; nobody's network fills that alone, and the last places are for
networks from which none came yet. Of a network a keyed hash is kept for a day or two, another one
each day.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import field

from server.addresses import Addresses
from server.casefiles import CaseNote, Notice, NoticeKind
from server.clock import Clock
from server.dealings import Report, ReportId, ReportKind
from server.errors import Invalid, NotFound, TooMany
from server.model import ActorId, Millis, NotificationKind, TargetId
from server.notifications import tell, tell_anew
from server.ports import Library, Transaction
from server.reporting import MAX_OBJECTS, MAX_WORDS, deciders
from server.tokens import hash_token, new_token
from server.values import dataclass
from server.withholding import Thing, thing, thing_named, withhold

MIN_WORDS = 20  # characters in which nobody can say what is wrong
MAX_SHORT = 200
HIDDEN_A_DAY = 20  # things that notices hide by themselves; further ones wait for a moderator
HIDDEN_BY_SENDER = 5  # of these by notices of one network
NOTICES_A_DAY = 50  # more is a flood: nobody reads them
NOTICES_OF_SENDER = 5  # of these from one network; each names up to `MAX_OBJECTS` works
ANYBODYS = 30  # what is left beyond is for networks from which none came yet
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class NoticeForm:
    """A notice as somebody sends it."""

    kind: NoticeKind
    name: str
    email: str
    standing: str
    addresses: Sequence[str]
    source: str
    words: str
    signature: str
    is_true: bool  # "what I say here is true, and I may say it"


@dataclass(frozen=True, slots=True)
class Given:
    """A notice that was taken. `token` goes into the private link and nowhere else."""

    report: Report
    token: str = field(repr=False)
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How a notice stands, for who gave it."""

    report: Report
    notice: Notice
    hidden: int  # how many of the things named are out of sight


@dataclass(frozen=True, slots=True)
class Notices:
    """Take notices, and say how they stand."""

    library: Library
    clock: Clock
    addresses: Addresses
    speaker: ActorId
    hides: bool  # whether complete notices hide at once, as the settings say
    contact: str  # of this place, where further ones can be sent; "" if none
    secret: bytes = field(repr=False)

    async def give(self, form: NoticeForm, network: str) -> Given:
        """Take a notice from a network. Raise `Invalid` with the field that is wrong, `TooMany`."""
        _refuse_incomplete(form)
        token = new_token()
        async with self.library.transaction() as tx:
            sender = self._sender(network)
            await self._refuse_flood(tx, sender)
            things = await self._things(tx, form.addresses)
            report = self._report(form, things)
            await tx.reports.put(report)
            notice = Notice(
                report_id=report.id,
                token_hash=hash_token(token),
                kind=form.kind,
                name=form.name.strip(),
                email=form.email.strip(),
                standing=form.standing.strip(),
                source=form.source.strip(),
                signature=form.signature.strip(),
            )
            is_hidden = await self._hide(tx, report, things, sender)
            await tx.cases.add_notice(notice, sender=sender)
            await self._tell(tx, report)
        return Given(report, token, is_hidden)

    async def status(self, token: str) -> Status:
        """Return how a notice stands. Raise `NotFound` for a made-up link, or an old one."""
        async with self.library.reading() as tx:
            notice = await tx.cases.notice_by_token(hash_token(token))
            report = await tx.reports.by_id(notice.report_id) if notice else None
            if notice is None or report is None:
                raise NotFound("This link leads nowhere: check that you have all of it.")
            hidden = await tx.cases.withheld_by(report.id)
        return Status(report, notice, len(hidden))

    def _sender(self, network: str) -> str:
        """Return what is kept of a network today."""
        day = self.clock.now() // _DAY
        said = f"{day} {network}".encode()
        return hmac.digest(self.secret, said, hashlib.sha256)[:16].hex()

    async def _refuse_flood(self, tx: Transaction, sender: str) -> None:
        """Raise `TooMany` where a network, or everybody, gave as many as moderators can read."""
        now = self.clock.now()
        own = await tx.cases.count_notices_of(sender)
        all_of_them = await tx.reports.count_notices_since(Millis(now - _DAY))
        if own < NOTICES_OF_SENDER and all_of_them < (ANYBODYS if own else NOTICES_A_DAY):
            return
        came = f"{own} notices came from your network" if own else "Too many notices came"
        if own == 1:
            came = "A notice came from your network"
        whom = self.contact or "the people who run this place"
        raise TooMany(
            f"{came} today, and moderators can read only so many: send this one tomorrow, or "
            f"write to {whom}.",
            (_DAY - now % _DAY) // 1_000,
        )

    def _report(self, form: NoticeForm, things: Sequence[Thing]) -> Report:
        now = self.clock.now()
        return Report(
            id=ReportId(self.clock.new_id()),
            uri="",
            reporter_id=self.speaker,
            is_local=True,
            accused_id=things[0].owner_id,
            objects=tuple(dict.fromkeys(self._uri(one) for one in things)),
            content=form.words.strip(),
            created_at=now,
            kind=ReportKind.NOTICE,
            told_at=now,
        )

    async def _hide(
        self, tx: Transaction, report: Report, things: Sequence[Thing], sender: str
    ) -> bool:
        """Hide what a notice names, unless a rule above says to wait for a moderator."""
        if not self.hides:
            return False
        now = self.clock.now()
        cleared = await tx.cases.cleared([one.id for one in things])
        room = HIDDEN_A_DAY - await tx.cases.count_withheld_since(Millis(now - _DAY))
        own_room = HIDDEN_BY_SENDER - await tx.cases.count_withheld_for(sender)
        new = [one for one in things if one.id not in cleared]
        wanted = new[: max(min(room, own_room), 0)]
        for one in wanted:
            await withhold(tx, self.clock, one.id, report.id)
        words = f"hidden until somebody decides: {len(wanted)} of {len(things)}"
        note = CaseNote(self.clock.new_id(), report.id, "", words, True, now)
        await tx.cases.add_note(note)
        return bool(wanted)

    async def _tell(self, tx: Transaction, report: Report) -> None:
        about = TargetId(report.id)
        for moderator in await deciders(tx, report.accused_id):
            kind = NotificationKind.REPORT
            await tell(tx, self.clock, moderator.id, kind, report.reporter_id, about)
        accused = await tx.artists.by_id(report.accused_id)
        if accused is not None:
            await tell_anew(tx, self.clock, accused.id, NotificationKind.CASE, about)

    async def _things(self, tx: Transaction, addresses: Sequence[str]) -> list[Thing]:
        found: list[Thing] = []
        for address in addresses:
            one = await self._thing_at(tx, address)
            if one is None or one.is_gone:
                raise Invalid(
                    f"There is no work or post here at {address[:120]}: copy the address of its "
                    "page from the browser.",
                    "addresses",
                )
            found.append(one)
        if len({one.owner_id for one in found}) > 1:
            raise Invalid(
                "These are works of several people: send one notice for each of them.",
                "addresses",
            )
        return found

    async def _thing_at(self, tx: Transaction, address: str) -> Thing | None:
        """Find a work or post by its page, its id, or the address of one of its pictures."""
        plain = address.partition("#")[0].partition("?")[0]
        path = plain.removeprefix(self.addresses.base_url)
        if path == plain:
            return await thing_named(tx, self.addresses, plain)
        parts = path.strip("/").split("/")
        if parts[0] == "media" and len(parts) > 1:
            pictured = await tx.works.by_media_key(parts[1])
            return await thing(tx, TargetId(pictured[0].id)) if pictured else None
        last = parts[-1].partition("-")[0]
        is_page = len(parts) == 2 and (parts[0].startswith("@") or parts[0] in {"works", "posts"})
        is_id = last.isascii() and last.isdecimal() and len(last) < 20 and int(last) < 2**63
        return await thing(tx, TargetId(int(last))) if is_page and is_id else None

    def _uri(self, one: Thing) -> str:
        if one.work is not None:
            return self.addresses.work(one.work.id)
        return one.post.uri if one.post else ""


def read_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses in a text, one a line or with white space between. Raise `Invalid`."""
    found = tuple(dict.fromkeys(text.split()))
    if not found:
        raise Invalid("Say which work it is: copy the address of its page.", "addresses")
    if len(found) > MAX_OBJECTS:
        raise Invalid(f"One notice names at most {MAX_OBJECTS} works.", "addresses")
    return found


def _refuse_incomplete(form: NoticeForm) -> None:
    for name, label, most in (
        ("name", "Your name", MAX_SHORT),
        ("standing", "In whose name you speak", MAX_SHORT),
        ("signature", "Your signature", MAX_SHORT),
        ("words", "What is wrong", MAX_WORDS),
    ):
        text = getattr(form, name).strip()
        if not text:
            raise Invalid(f"{label} is missing; fill it in.", name)
        if len(text) > most:
            raise Invalid(f"{label} may have at most {most} characters.", name)
    if len(form.words.strip()) < MIN_WORDS:
        raise Invalid("Say in a sentence or two what is wrong, and why.", "words")
    if not form.is_true:
        raise Invalid("Confirm that what you say is true, and that you may say it.", "is_true")
    if not _is_same(form.name, form.signature):
        raise Invalid("Sign with your name exactly as you wrote it above.", "signature")
    if form.kind is NoticeKind.COPYRIGHT and not form.source.strip() and len(form.words) < 80:
        raise Invalid("Say where the original is, or describe it in the text.", "source")


def _is_same(name: str, signature: str) -> bool:
    one, other = (" ".join(text.casefold().split()) for text in (name, signature))
    return one == other
