"""Asks the policy for all that comes in from other servers and goes out to them.

The law: gather, decide, act: here it is decided, by `server.policy` alone. Whoever fetches,
applies or delivers asks here first, so that what is refused at one door enters by no other.
"""

from dataclasses import replace

from federation.facts import (
    STRANGERS,
    TAKE_BACK,
    Ties,
    arrived_facts,
    claimed_facts,
    host_facts,
    host_of,
    named_elsewhere,
    things_named,
)
from federation.vocabulary import Activity, RemoteNote
from server.addresses import Addresses
from server.clock import Clock
from server.envelopes import Envelopes
from server.errors import Invalid
from server.house import House
from server.model import Actor, ActorId
from server.policy import RemoteAiWorks, decide, refused_already, stricter
from server.rules import (
    Action,
    Allow,
    Decision,
    Door,
    Hold,
    InboundFacts,
    OutboundFacts,
    Refuse,
    action_of,
)
from server.sparing import Sparing
from server.tiers import TierSource
from server.treatments import Treatment, TreatmentKind
from server.values import dataclass

_KINDS = {
    Action.LABEL: TreatmentKind.LABEL,
    Action.HIDE: TreatmentKind.HIDE,
    Action.STRIP_MEDIA: TreatmentKind.STRIP_MEDIA,
}
_REMEMBERED = 8_192  # actors times types
_USUAL_URI = 128  # characters
_ABOUT_US = frozenset({"Flag", "Block", "Accept", "Reject"})  # what else they name is no matter


@dataclass(frozen=True, slots=True)
class Doors:
    """Decides at the doors `inbound` and `outbound`."""

    house: House
    clock: Clock
    addresses: Addresses
    sparing: Sparing
    envelopes: Envelopes

    def turns_away(self, actor_uri: str, activity_type: str) -> bool:
        """Say whether an activity is certain to be refused, before anything is fetched for it."""
        now, asked = self.house.now, (actor_uri, activity_type)
        if asked in now.let_in:
            return False
        facts = claimed_facts(actor_uri, activity_type, now.tiers)
        refusal = refused_already(Door.INBOUND, facts, now.compiled)
        if refusal is None:
            _remember(now.let_in, asked)
            return False
        self.sparing.say("inbound_refused", facts.peer, refusal.rule)
        self.envelopes.note(facts, refusal)
        return True

    def refusal_of(self, host: str) -> Refuse | None:
        """Return why nothing may be brought from a host, None where something may."""
        now, asked = self.house.now, (host, "")
        if asked in now.let_in:
            return None
        if not host or self.addresses.is_ours(f"https://{host}/"):
            return None
        refusal = refused_already(Door.INBOUND, host_facts(host, now.tiers), now.compiled)
        if refusal is None:
            _remember(now.let_in, asked)
        return refusal

    def demand(self, uri: str) -> None:
        """Raise `Invalid`, before anything is asked of it, where a host is refused here."""
        refusal = self.refusal_of(host_of(uri))
        if refusal is not None:
            self.sparing.say("fetch_refused", host_of(uri), refusal.rule)
            raise Invalid(f"This server is refused here: {refusal.reason}", "uri")

    def of_activity(
        self, activity: Activity, actor: Actor, note: RemoteNote | None, ties: Ties
    ) -> Decision:
        """Decide on an activity that was believed, by all that is known of it."""
        if activity.type in TAKE_BACK:  # whoever we refuse may still take their things away
            return Allow()
        facts = arrived_facts(
            actor, activity.type, note, self.house.now.tiers, ties, self.clock.now()
        )
        decision = self._decided(facts, actor, self._of_things(activity))
        self.envelopes.note(facts, decision)
        return decision

    def of_post(self, note: RemoteNote, author: Actor, ties: Ties = STRANGERS) -> Decision:
        """Decide on a post that was fetched, as if it had been sent."""
        facts = arrived_facts(author, "Create", note, self.house.now.tiers, ties, self.clock.now())
        return self._decided(facts, author, None)

    def of_series(self, author: Actor) -> Decision:
        """Decide on series that were fetched, as if their owner had sent them."""
        now = self.clock.now()
        facts = arrived_facts(author, "Update", None, self.house.now.tiers, STRANGERS, now)
        return self._decided(facts, author, None)

    def outbound(
        self, facts: OutboundFacts, peer: str, artist_id: ActorId = ActorId(0)
    ) -> Decision:
        """Decide how much a peer gets of something, whose it is; "" is a stranger. Notes it."""
        whole = self._whole(facts, peer)
        decision = decide(Door.OUTBOUND, whole, self.house.now.compiled)
        if peer:
            self.envelopes.note(whole, decision, artist_id)
        if isinstance(decision, Refuse):
            self.sparing.say("outbound_refused", peer, decision.rule)
        return decision

    def due(self, facts: OutboundFacts, peer: str) -> Decision:
        """Decide the same of what somebody fetches who need not be that peer. Notes nothing."""
        return decide(Door.OUTBOUND, self._whole(facts, peer), self.house.now.compiled)

    def cleaned(self, note: RemoteNote) -> RemoteNote:
        """Return a post without what it shows of servers that are refused here."""
        pictures = tuple(one for one in note.pictures if self.may_show(one.url))
        emojis = tuple(one for one in note.emojis if self.may_show(one.url))
        if self.refusal_of(host_of(note.quote_uri)) is not None:
            note = replace(note, quote_uri="", quote_approval="")
        if (len(pictures), len(emojis)) == (len(note.pictures), len(note.emojis)):
            return note
        return replace(note, pictures=pictures, emojis=emojis)

    def may_show(self, url: str) -> bool:
        """Say whether a picture may be shown; where only some are let in, theirs lie anywhere."""
        host = host_of(url)
        is_unlisted = self.house.now.tiers.standing_of(host).source is TierSource.MODE
        return is_unlisted or self.refusal_of(host) is None

    def standing(self) -> frozenset[str]:
        """Return the rules in force whose treatment an author's edit does not end."""
        policy = self.house.now.policy
        live = [rule for rule in policy.rules if not rule.shadow]
        rules = [rule.name for rule in live if rule.door is Door.INBOUND]
        if policy.ai_works.remote is RemoteAiWorks.LABEL:
            rules.append("ai_works.remote")
        return frozenset(rules)

    def _whole(self, facts: OutboundFacts, peer: str) -> OutboundFacts:
        tier = self.house.now.tiers.tier_of(peer) if peer else None
        return replace(facts, peer=peer, tier=tier)

    def _decided(self, facts: InboundFacts, actor: Actor, about: Refuse | None) -> Decision:
        decision = decide(Door.INBOUND, facts, self.house.now.compiled)
        elsewhere = named_elsewhere(facts, actor, self.house.now.tiers)
        if elsewhere is not None:
            more = decide(Door.INBOUND, elsewhere, self.house.now.compiled)
            decision = stricter(decision, more) or decision
        decision = stricter(decision, about) or decision
        if isinstance(decision, Refuse):
            self.sparing.say("inbound_refused", facts.peer, decision.rule)
        return decision

    def _of_things(self, activity: Activity) -> Refuse | None:
        """Return the refusal of what an activity boosts, pins or leads to."""
        if activity.type in _ABOUT_US:
            return None
        for uri in things_named(activity):
            refusal = self.refusal_of(host_of(uri))
            if refusal is not None:
                return refusal
        return None


def _remember(let_in: set[tuple[str, str]], asked: tuple[str, str]) -> None:
    if len(let_in) >= _REMEMBERED:
        let_in.clear()
    if len(asked[0]) <= _USUAL_URI:
        let_in.add(asked)


def treatment_of(decision: Decision) -> Treatment | None:
    """Return what a decision does to a post that it lets in."""
    kind = _KINDS.get(action_of(decision))
    is_nothing = kind is None or isinstance(decision, (Hold, Refuse))
    return None if is_nothing or kind is None else Treatment(kind, decision.rule, decision.reason)
