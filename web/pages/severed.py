"""Follows that a change of the rules cut: what was cut by what, and the way back."""

from itertools import groupby
from typing import Annotated

from aiohttp import web

from server.errors import FixatifError
from server.model import Millis, Role
from server.passages import Cause, CauseKind, CrossFollow, Severance
from server.roles import demand
from server.rules import Refuse
from server.severing import PAGE, REMEMBERED_FOR, SUSPENDED_FOR
from server.values import dataclass
from web.errors import status_of
from web.fields import Line, decode
from web.flows import flows
from web.forms import read_form
from web.respond import artist_of, head_for, number, page, to
from web.severed_views import SeveredGroup, SeveredPage, SeveredRow
from web.text import plain_date
from web.views import PagerView

_URL = "/admin/policy/severed"
_MOST_LETTERS = 20 * PAGE  # of as many ids as a page has

Listed = tuple[Severance, CrossFollow]


@dataclass(frozen=True, slots=True)
class RestoreForm:
    """Which follows are wanted back."""

    ids: Annotated[str, Line("The follows", _MOST_LETTERS)]


async def severed(request: web.Request) -> web.StreamResponse:
    """List follows that were cut, newest first."""
    return await _page(request)


async def restore(request: web.Request) -> web.StreamResponse:
    """Bring follows back, as far as that goes."""
    admin = demand(artist_of(request), Role.ADMIN)
    asked = decode(RestoreForm, await read_form(request))
    ids = [found for each in asked.ids.split() if (found := number(each))]
    try:
        await flows(request).severing.restore(admin, ids)
    except FixatifError as problem:
        return await _page(request, problem)
    return to(_URL, "follows-restored")


async def _page(request: web.Request, problem: FixatifError | None = None) -> web.StreamResponse:
    known = flows(request)
    before = number(request.query.get("before", ""))
    found = await known.severing.page(artist_of(request), before)
    groups = [
        _group(cause, [(each, known.severing.refusal_of(each[1])) for each in listed])
        for cause, listed in groupby(found, key=lambda each: each[0].cause)
    ]
    pager = PagerView(f"{_URL}?before={found[-1][0].id}", PAGE) if len(found) == PAGE else None
    view = SeveredPage(tuple(groups), pager, problem=problem.message if problem else "")
    head = head_for(request, title="Severed follows", usage=known.house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, "severed.html", view, head=head, status=status)


def _group(cause: Cause, listed: list[tuple[Listed, Refuse | None]]) -> SeveredGroup:
    rows = tuple(_row(*each, refusal) for each, refusal in listed)
    ids = " ".join(row.ids for row in rows if row.ids)
    return SeveredGroup(_title(cause), rows, ids if " " in ids else "")


def _title(cause: Cause) -> str:
    if cause.kind is CauseKind.POLICY:
        return f"Cut by version {cause.version} of the house rules"
    if cause.kind is CauseKind.WORD:
        return f"Cut by what was said of {cause.subject}"
    return f"Cut by the list {cause.subject}"


def _row(severance: Severance, follow: CrossFollow, refusal: Refuse | None) -> SeveredRow:
    has_nothing_to_do = severance.ended_at is not None and severance.asked_at is not None
    return SeveredRow(
        local=f"@{follow.local_handle}",
        remote=f"@{follow.remote_address}",
        is_theirs=follow.is_theirs,
        words=_words(severance, follow, refusal),
        ids="" if refusal or has_nothing_to_do else str(severance.id),
    )


def _words(severance: Severance, follow: CrossFollow, refusal: Refuse | None) -> str:
    """Return how a cut follow stands, and what restoring it would do."""
    stands, would = _standing(severance, follow)
    if refusal is not None:
        rule = f"“{refusal.rule}” still refuses them" if refusal.rule else "They are still refused"
        return f"{stands} {rule}: change that, and it can be restored."
    return f"{stands} {would}"


def _standing(severance: Severance, follow: CrossFollow) -> tuple[str, str]:
    if severance.ended_at is None:
        until = plain_date(Millis(severance.severed_at + SUSPENDED_FOR))
        return (
            f"Suspended until {until}; nobody was told.",
            "Restoring brings it back exactly as it was.",
        )
    ended = plain_date(severance.ended_at)
    forgotten = plain_date(Millis(severance.severed_at + REMEMBERED_FOR))
    if not follow.is_theirs:
        return (
            f"Ended on {ended}.",
            f"Restoring asks {follow.remote_address} to accept it anew; they may say no.",
        )
    if not severance.is_told:
        return (
            f"Ended on {ended}, but their server was never told, and still counts it.",
            "Restoring brings it back at once.",
        )
    if severance.asked_at is not None:
        return (
            f"Ended on {ended}. If they follow again before {forgotten}, it needs no approval.",
            "Nobody can follow in their name: tell them.",
        )
    return (
        f"Ended on {ended}; their server was told.",
        "Nobody can follow in their name; restoring lets them follow again without approval.",
    )
