"""How much of something a server gets that asks for it: the outbound door, where it is fetched.

The law: who asks unsigned is a stranger; who says to have signed gets no more than a stranger
unless that holds, and may well get less without anybody looking.
"""

from aiohttp import web

from server.errors import NotAllowed, NotFound
from server.model import Visibility, Work
from server.policy import stricter
from server.rules import Action, Decision, OutboundFacts, Refuse, action_of
from server.values import dataclass
from web.documents import claimed_peer, proven_peer
from web.flows import flows
from web.keys import CLAIMED_PEER

_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much somebody gets: FULL, PREVIEW or LINK_ONLY; and whether every stranger does."""

    action: Action
    is_for_all: bool


def facts_of(work: Work) -> OutboundFacts:
    """Return what the rules can look at of a work that is fetched: as if it were delivered."""
    return OutboundFacts(
        peer="",
        type="Create",
        visibility=work.visibility,
        ai_label=work.ai_label,
        is_sensitive=work.is_sensitive,
    )


async def extent_of(request: web.Request, work: Work) -> Extent:
    """Return how much of a work who asks gets.

    Raise `NotAllowed` where that is nothing; `NotFound` of what is not for everybody.
    """
    known, facts = flows(request), facts_of(work)
    stranger = known.doors.outbound(facts, "")
    peer = peer_of(request)
    found = stranger
    if peer:
        claimed = known.doors.outbound(facts, peer, work.artist_id)
        found = stricter(claimed, stranger) or claimed
        if found is not claimed and await proven_peer(request) == peer:
            found = claimed
    if isinstance(found, Refuse):
        if work.visibility not in _OPEN:
            raise NotFound("There is no such work.")
        raise NotAllowed(found.reason)
    return Extent(action_of(found), action_of(found) is action_of(stranger))


def stricter_claim(request: web.Request, facts: OutboundFacts) -> Decision:
    """Return what is decided of who says to have signed, or the stranger's if that gives less."""
    doors = flows(request).doors
    stranger, peer = doors.outbound(facts, ""), peer_of(request)
    return stricter(stranger, doors.outbound(facts, peer)) or stranger if peer else stranger


def peer_of(request: web.Request) -> str:
    """Return the host of who says to have signed, "" of a stranger."""
    return request.get(CLAIMED_PEER) or claimed_peer(request)
