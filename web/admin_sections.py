"""The parts of the instrument: what each is for, who may enter, and what waits in it.

A new part is one row here, and one in `parts/admin_nav.html`.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from server.model import Artist, Role
from server.roles import is_at_least
from server.values import dataclass
from web.admin_views import AdminSection
from web.flows import Flows
from web.text import plural

Waiting: TypeAlias = Callable[[Artist, Flows], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    url: str
    least: Role
    words: str
    waiting: Waiting | None = None


async def sections_for(reader: Artist, known: Flows) -> tuple[AdminSection, ...]:
    """Return the parts that somebody may enter, with what waits in each."""
    return tuple(
        [
            AdminSection(
                part.label,
                part.url,
                part.words,
                await part.waiting(reader, known) if part.waiting else "",
            )
            for part in _PARTS
            if is_at_least(reader.role, part.least)
        ]
    )


async def _applications(_reader: Artist, known: Flows) -> str:
    count = await known.applying.count()
    return f"{plural(count, 'application')} to read" if count else ""


async def _open_reports(reader: Artist, known: Flows) -> str:
    count = len(await known.reporting.cases(reader))
    return f"{plural(count, 'open report')}" if count else ""


async def _held_things(reader: Artist, known: Flows) -> str:
    count = await known.holding.count(reader)
    return f"{plural(count, 'thing')} held" if count else ""


async def _servers_in_trouble(_reader: Artist, known: Flows) -> str:
    found = await known.queues.overview()
    failing = len(found.failing)
    return f"{plural(failing, 'server')} cannot be reached" if failing else ""


async def _severed_follows(reader: Artist, known: Flows) -> str:
    count = await known.severing.count(reader)
    return f"{plural(count, 'follow')} can be restored" if count else ""


async def _waiting_lists(reader: Artist, known: Flows) -> str:
    shelves = await known.blocklists.shelves(reader)
    waiting = sum(shelf.draft is not None for shelf in shelves)
    broken = sum(bool(shelf.one.problem) for shelf in shelves)
    told = (
        f"{plural(waiting, 'list has', 'lists have')} a new version waiting" if waiting else "",
        f"{plural(broken, 'list', 'lists')} could not be fetched" if broken else "",
    )
    return ", ".join(filter(None, told))


_PARTS = (
    _Part(
        *("House rules", "/admin/policy", Role.ADMIN),
        "What crawlers, visitors and other servers may do here; what a change would do, before it "
        "counts.",
    ),
    _Part(
        *("People", "/admin/people", Role.MODERATOR),
        "Accounts here and people elsewhere: who they are, what they may do, who is invited.",
        _applications,
    ),
    _Part(
        *("Reports", "/admin/reports", Role.MODERATOR),
        "What people report, from here and from other servers, and what was decided.",
        _open_reports,
    ),
    _Part(
        *("Held", "/admin/held", Role.MODERATOR),
        "What came from other servers and waits, because a rule asks you to look first.",
        _held_things,
    ),
    _Part(
        *("Federation", "/admin/federation", Role.MODERATOR),
        "Other servers: how each stands and what it publishes, and what waits for them.",
        _servers_in_trouble,
    ),
    _Part(
        *("Severed follows", "/admin/policy/severed", Role.ADMIN),
        "Follows that a change of the rules cut, and the way back.",
        _severed_follows,
    ),
    _Part(
        *("Lists", "/admin/blocklists", Role.ADMIN),
        "Lists of servers to block or allow: whose you follow, and your own.",
        _waiting_lists,
    ),
    _Part(
        *("Crawlers", "/admin/crawlers", Role.ADMIN),
        "Which machines came, what they were refused, and what that spared.",
    ),
    _Part(
        *("Texts", "/admin/texts", Role.ADMIN),
        "Who runs this place, its rules, and the legal pages that are made of a few answers.",
    ),
    _Part(
        *("Log", "/admin/audit", Role.ADMIN),
        "Everything that was done here by those who run this place, with its difference.",
    ),
)
