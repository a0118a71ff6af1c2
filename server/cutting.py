"""Whether the rules let a follow between here and elsewhere stand: pure.

The law: a dry run and the change itself ask the same function. A follow cannot stand where
nothing could come of it: somebody elsewhere follows in vain where their Follow is refused or
nothing is sent to them; somebody here, where posts from there are refused or no Follow is sent.
"""

from dataclasses import field, replace
from typing import Final
from urllib.parse import urlsplit

from server.model import AiLabel, Visibility
from server.passages import CrossFollow
from server.policy import decide
from server.rules import Door, Facts, Follows, InboundFacts, OutboundFacts, Refuse
from server.rulings import Rules
from server.values import dataclass

_ASKED_KEPT: Final = 20_000  # answers remembered; one is asked for each follow of a large server
_DEFAULT_PORT: Final = ":443"


@dataclass(slots=True)
class Judge:
    """Asks the engine about follows, once for equal facts."""

    rules: Rules
    _known: dict[Facts, Refuse | None] = field(default_factory=dict)

    def refusal(self, follow: CrossFollow) -> Refuse | None:
        """Return why a follow cannot stand, None where it can."""
        peer, inbox_peer = host_of(follow.remote_uri), host_of(follow.remote_inbox)
        relation = Follows.FOLLOWS_HERE if follow.is_theirs else Follows.FOLLOWED_HERE
        comes = InboundFacts(
            peer=peer,
            type="Follow" if follow.is_theirs else "Create",
            ai_label=AiLabel.NONE,
            tier=self.rules.tiers.tier_of(peer),
            actor=follow.remote_address,
            actor_uri=follow.remote_uri,
            follows=frozenset({relation}),
        )
        goes = OutboundFacts(
            peer=inbox_peer,
            type="Create" if follow.is_theirs else "Follow",
            tier=self.rules.tiers.tier_of(inbox_peer),
            visibility=Visibility.PUBLIC if follow.is_theirs else None,
            ai_label=AiLabel.NONE if follow.is_theirs else None,
            is_sensitive=False if follow.is_theirs else None,
        )
        return (
            self._asked(Door.INBOUND, comes)
            or self._asked_of_name(comes)
            or self._asked(Door.OUTBOUND, goes)
        )

    def _asked_of_name(self, comes: InboundFacts) -> Refuse | None:
        """Ask by the domain that they are called by, where their server has another one.

        What is said of example.org holds for @ana@example.org wherever her server stands.
        """
        named = comes.actor.rpartition("@")[2]
        if not named or named == comes.peer:
            return None
        tier = self.rules.tiers.tier_of(named)
        return self._asked(Door.INBOUND, replace(comes, peer=named, tier=tier))

    def _asked(self, door: Door, facts: Facts) -> Refuse | None:
        if facts not in self._known:
            decision = decide(door, facts, self.rules.compiled)
            if len(self._known) >= _ASKED_KEPT:
                self._known.clear()
            self._known[facts] = decision if isinstance(decision, Refuse) else None
        return self._known[facts]


def host_of(uri: str) -> str:
    """Return the authority of an address that was checked when it was kept; "" for none."""
    return urlsplit(uri).netloc.lower().removesuffix(_DEFAULT_PORT)
