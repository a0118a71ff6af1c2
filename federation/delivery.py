"""Brings one activity to one inbox: sign → send → done, later or give up.

Signed afresh at each try. A refusal that another try cannot cure ends it; anything that
a peer's bad day may explain is tried again over about two days.
"""

from dataclasses import dataclass

import msgspec

from federation import uris
from federation.content_types import ACTIVITY_JSON
from federation.signatures import Unsigned
from federation.signing import Signing
from server.house import House
from server.policy import decide
from server.ports import Incoming, Library, Transport, Unreachable
from server.promises import DeliverPromise
from server.rules import Door, OutboundFacts, Refuse
from server.signals import usage_text
from server.worker import GiveUp, Later

_ACCEPTED = range(200, 300)
# These may pass: rate limits, a proxy in front, a restart, a clock, a key fetched too early.
_PASSING = frozenset({401, 403, 404, 408, 409, 421, 425, 429})


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers."""

    library: Library
    transport: Transport
    signing: Signing
    house: House

    async def deliver(self, payload: bytes) -> None:
        """Do one `DeliverPromise`. Raise `Later` or `GiveUp`."""
        what = msgspec.json.decode(payload, type=DeliverPromise)
        async with self.library.reading() as tx:
            activity = await tx.activities.by_id(what.activity_id)
        if activity is None:
            raise GiveUp("The activity is not kept any more.")
        self._ask_policy(what.inbox, activity.type)
        headers = (("Content-Type", ACTIVITY_JSON), *self._signals())
        request = Unsigned("POST", what.inbox, headers, activity.body)
        settle(await self._send(request, what))

    async def _send(self, request: Unsigned, what: DeliverPromise) -> Incoming:
        outgoing = await self.signing.signed(request, what.actor_id)
        try:
            return await self.transport.send(outgoing)
        except Unreachable as problem:
            if problem.is_final:
                raise GiveUp(str(problem)) from problem
            raise Later(str(problem)) from problem

    def _ask_policy(self, inbox: str, kind: str) -> None:
        facts = OutboundFacts(peer=uris.origin_of(inbox).authority, type=kind)
        decision = decide(Door.OUTBOUND, facts, self.house.now.compiled)
        if isinstance(decision, Refuse):
            raise GiveUp(f"The policy refuses deliveries there: {decision.rule}.")

    def _signals(self) -> tuple[tuple[str, str], ...]:
        text = usage_text(self.house.usage_of())
        return (("Content-Usage", text),) if text else ()


def settle(answer: Incoming) -> None:
    """Read an inbox's answer. Raise `Later` or `GiveUp` where it is no success."""
    if answer.status in _ACCEPTED:
        return
    reason = f"The inbox answered {answer.status}."
    if answer.status >= 500 or answer.status in _PASSING:
        raise Later(reason, retry_after(answer))
    raise GiveUp(reason)


def retry_after(answer: Incoming) -> int | None:
    """Return the seconds of a Retry-After header; dates are rare and ignored."""
    text = answer.headers.get("retry-after", "").strip()
    return int(text) if text.isdecimal() and len(text) < 8 else None
