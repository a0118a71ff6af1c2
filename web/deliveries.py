"""How deliveries and the servers in trouble are told to people. Pure."""

import re
from collections.abc import Iterable

from server.dealings import Peer, Undelivered
from server.model import Job, JobKind, Millis
from server.queues import Overview
from web.delivery_views import BuriedRow, CountsRow, FederationPage, HostRow, MissedView

_ANSWERED = re.compile(r"The inbox answered (\d{3})\.")
_LABELS = {
    JobKind.DELIVER: "Deliveries to other servers",
    JobKind.APPLY: "Activities from other servers",
    JobKind.SAY: "Activities to be written",
    JobKind.FETCH: "Things to be fetched",
    JobKind.BOOST: "Boosted posts to be fetched",
    JobKind.NAME: "Names to be looked up",
    JobKind.MEND: "Lists of followers to be compared",
    JobKind.MEET: "Rounds through the servers we met",
    JobKind.POLICY: "Policies of other servers to be asked for",
    JobKind.PICTURES: "Pictures to be prepared",
    JobKind.SHOTS: "Pictures of how works were made",
    JobKind.REINSCRIBE: "Pictures whose rights changed",
    JobKind.LIKEN: "Pictures to be compared",
    JobKind.QUOTES: "Quotes that wait for an answer",
    JobKind.LISTS: "Fetching lists of servers",
    JobKind.END: "Ends of accounts",
    JobKind.CLOSING: "The end of this instance",
    JobKind.SWEEP: "Tidying up",
    JobKind.SEVER: "Follows that a change of the rules cut",
}
_MEANINGS = {
    401: "It does not believe our signature",
    403: "It refuses what comes from this server",
    404: "Nobody is there any more",
    410: "Nobody is there any more",
    413: "What was sent is too large for it",
    429: "It has too much to do",
}


def missed(undelivered: Iterable[Undelivered]) -> tuple[MissedView, ...]:
    """Return the servers that did not take a work."""
    return tuple(MissedView(one.host, plain_reason(one.reason), one.at) for one in undelivered)


def federation_page(
    found: Overview, buried: Iterable[tuple[Job, str]], most: int
) -> FederationPage:
    """Return what the admins' page shows."""
    return FederationPage(
        counts=tuple(
            CountsRow(label, count.waiting, count.running, count.buried)
            for kind, label in _LABELS.items()
            if (count := found.counts.get(kind)) is not None
        ),
        oldest_due=found.oldest_due,
        failing=tuple(_host(peer, found.now) for peer in found.failing),
        dead=tuple(_host(peer, found.now) for peer in found.dead),
        buried=tuple(
            BuriedRow(job.id, job.queue, plain_reason(reason), job.attempts, job.run_at)
            for job, reason in buried
        ),
        most=most,
    )


def plain_reason(reason: str) -> str:
    """Return why a delivery failed, for people who know nothing of status numbers."""
    answered = _ANSWERED.fullmatch(reason)
    if answered is None:
        return reason
    status = int(answered[1])
    otherwise = "It is broken at the moment" if status >= 500 else "It does not take it"
    return f"{_MEANINGS.get(status, otherwise)} ({status})."


def _host(peer: Peer, now: Millis) -> HostRow:
    return HostRow(
        host=peer.host,
        reason=plain_reason(peer.reason),
        failures=peer.failures,
        since=peer.failing_since,
        seen_at=peer.seen_at,
        paused_until=peer.paused_until if peer.paused_until > now else None,
        dead_at=peer.dead_at,
    )
