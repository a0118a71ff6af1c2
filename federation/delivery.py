"""Brings one activity to one inbox: sign → send → done, later or given up.

Signed afresh at each try. A refusal that another try cannot cure ends it; anything that
a peer's bad day may explain is tried again over about two days. Nothing is sent to a host that is
paused or dead.
"""

from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache
from typing import Final

import msgspec

from federation import uris
from federation.content_types import ACTIVITY_JSON
from federation.doors import Doors
from federation.extents import Extents, Said
from federation.facts import TAKE_BACK
from federation.knocking import Knocking
from federation.quoting import fetch_queue
from federation.signatures import Unsigned
from federation.synchrony import Synchrony
from server import peers
from server.aftermath import OUT_OF_REACH, note_undelivered
from server.clock import Clock
from server.house import House
from server.model import ActorId, ContentUsage, StoredActivity
from server.peers import Trouble
from server.policy import tighten
from server.ports import Incoming, Library, Transaction, Unreachable
from server.promises import DeliverPromise, FetchKind, FetchPromise, promise
from server.reach import InTrouble, Reach
from server.rules import Action, Refuse, action_of
from server.signals import read_usage, usage_text
from server.together import Together
from server.values import dataclass
from server.worker import GiveUp, Later, NotYet

_ACCEPTED: Final = range(200, 300)
# These may pass: a proxy in front, a restart, a clock, a key fetched too early.
_PASSING: Final = frozenset({401, 403, 404, 408, 409, 421, 425})
_TOO_MANY: Final = 429
_GONE: Final = 410
_BROKEN: Final = 500  # and above
_MOST_TOGETHER: Final = 64  # as many as one process delivers at once
_SAID_OF_SUSPENDED: Final = frozenset({"Update", "Delete"})  # that it is, and that it ends


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends one activity to one inbox, as that server gets it."""

    library: Library
    clock: Clock
    knocking: Knocking
    house: House
    reach: Reach
    synchrony: Synchrony
    doors: Doors
    extents: Extents
    _asking: Together[ActorId, bool] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Let deliveries that start at the same time share a look at who speaks."""
        object.__setattr__(self, "_asking", Together(self._are_suspended, _MOST_TOGETHER))

    async def deliver(self, payload: bytes) -> None:
        """Do one `DeliverPromise`. Raise `Later`, `NotYet` or `GiveUp`."""
        what = msgspec.json.decode(payload, type=DeliverPromise)
        host = uris.origin_of(what.inbox).authority
        if await self._is_dropped(what, host):
            return
        said = await self.extents.said(what.activity_id)
        if said.activity.type not in _SAID_OF_SUSPENDED:
            await self._refuse_suspended(what.actor_id)
        activity, extent = said.activity, self._extent(host, said, what.actor_id)
        body = await self.extents.body(said, what.actor_id, extent, host)
        in_step = await self.synchrony.headers_for(activity, what.actor_id, what.inbox)
        headers = (("Content-Type", ACTIVITY_JSON), *self._signals(activity), *in_step)
        answer = await self._send(Unsigned("POST", what.inbox, headers, body), what)
        await self._settle(host, what.inbox, answer)

    async def _settle(self, host: str, inbox: str, answer: Incoming) -> None:
        problem = read_answer(answer)
        if answer.status == _GONE:
            await self.library.join(lambda tx: self._ask_whether_deleted(tx, inbox))
            gone = InTrouble(str(problem), Trouble.GONE)
            await self.library.join(lambda tx: self.reach.note_failure(tx, host, gone))
        elif not isinstance(problem, InTrouble):
            await self.reach.note_reached(host)  # it refuses perhaps, but it is there
        if problem is not None:
            raise problem

    async def _ask_whether_deleted(self, tx: Transaction, inbox: str) -> None:
        """Promise to ask the owners of an inbox that is gone whether they are gone as well."""
        for actor in await tx.actors.at_inbox(inbox):
            what = FetchPromise(actor.uri, actor.id, FetchKind.DELETED)
            await promise(tx, self.clock, what, queue=fetch_queue(actor.uri))

    async def _is_dropped(self, what: DeliverPromise, host: str) -> bool:
        """Say whether the host is dead; the artist is told. Raise `NotYet` where it is paused."""
        peer = await self.reach.closed(host)
        if peer is None:
            return False
        if not peers.is_dead(peer):
            raise NotYet(peer.reason, peer.paused_until)
        await self.library.join(
            lambda tx: note_undelivered(tx, self.clock, what, host, OUT_OF_REACH)
        )
        return True

    async def _are_suspended(self, speakers: Sequence[ActorId]) -> list[bool]:
        known = await self.library.look(lambda tx: tx.actors.many(list(set(speakers))))
        suspended = {one.id for one in known.values() if one.suspended_at is not None}
        return [speaker in suspended for speaker in speakers]

    async def _refuse_suspended(self, speaker: ActorId) -> None:
        if await self._asking.ask(speaker):
            raise GiveUp("The account that says it is suspended here.")

    async def _send(self, request: Unsigned, what: DeliverPromise) -> Incoming:
        try:
            return await self.knocking.send(request, what.actor_id)
        except Unreachable as problem:
            if problem.is_final:
                raise GiveUp(str(problem)) from problem
            raise InTrouble(str(problem), Trouble.SILENT) from problem

    def _extent(self, host: str, said: Said, artist_id: ActorId) -> Action:
        """Return how much a host gets of an activity. Raise `GiveUp` where that is nothing."""
        decision = self.doors.outbound(said.facts, host, artist_id)
        if not isinstance(decision, Refuse):
            return action_of(decision)
        if said.activity.type in TAKE_BACK:  # of what they hold (docs/decisions/0010)
            return Action.FULL
        raise GiveUp(f"The policy refuses deliveries there: {decision.rule}.")

    def _signals(self, activity: StoredActivity) -> tuple[tuple[str, str], ...]:
        """Return what machines may do with what is sent: as it was said, and no more than now."""
        return _usage_header(self.house.usage_of(), activity.content_usage)


@lru_cache(maxsize=64)  # one activity goes to thousands of hosts
def _usage_header(now: ContentUsage, said: str) -> tuple[tuple[str, str], ...]:
    text = usage_text(tighten(now, read_usage(said)))
    return (("Content-Usage", text),) if text else ()


def read_answer(answer: Incoming) -> Later | GiveUp | None:
    """Return why an inbox's answer is no success, None where it is one."""
    status = answer.status
    if status in _ACCEPTED:
        return None
    reason = f"The inbox answered {status}."
    if status == _TOO_MANY:
        return InTrouble(reason, Trouble.BUSY, retry_after(answer))
    if status >= _BROKEN:
        return InTrouble(reason, Trouble.BROKEN, retry_after(answer))
    if status in _PASSING:
        return Later(reason, retry_after(answer))
    return GiveUp(reason)


def retry_after(answer: Incoming) -> int | None:
    """Return the seconds of a Retry-After header; dates are rare and ignored."""
    text = answer.headers.get("retry-after", "").strip()
    return int(text) if text.isdecimal() and len(text) < 8 else None
