"""What the rules look at, read from activities, posts and our own documents. Pure.

The law: nothing is asked twice and nothing is guessed. What an activity does not say is unknown,
and an unknown fact matches no condition.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from federation import uris
from federation.documents import first, is_document, type_of
from federation.notes import read_note
from federation.posts import label_of, label_said
from federation.vocabulary import Activity, RemoteNote
from federation.wording import plain
from server.errors import Invalid, Untrusted
from server.model import Actor, Millis, Visibility
from server.prose import tags_in
from server.rules import Follows, InboundFacts, Medium, OutboundFacts
from server.tags import tag_keys
from server.tiers import TierBook
from server.values import dataclass

TAKE_BACK: Final = frozenset({"Delete", "Undo"})  # they only ever make less of what is here
_DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Ties:
    """Who follows whom between an actor elsewhere and the people here."""

    is_followed_here: bool = False
    follows_here: bool = False

    @property
    def follows(self) -> frozenset[str]:
        """The values of the condition `follows`; nothing at all is `none`."""
        found = {
            Follows.FOLLOWED_HERE: self.is_followed_here,
            Follows.FOLLOWS_HERE: self.follows_here,
        }
        return frozenset(str(each) for each, is_so in found.items() if is_so) or frozenset(
            {str(Follows.NONE)}
        )


STRANGERS: Final = Ties()


def host_of(uri: str) -> str:
    """Return whose an address is, in one spelling; "" where it is nobody's."""
    try:
        return uris.origin_of(uri).authority
    except Untrusted:
        return ""


def claimed_facts(actor_uri: str, activity_type: str, tiers: TierBook) -> InboundFacts:
    """Return what is known of an activity before anything is fetched or believed."""
    peer = host_of(actor_uri)
    return InboundFacts(
        peer=peer, type=activity_type, tier=tiers.tier_of(peer), actor_uri=actor_uri
    )


def host_facts(host: str, tiers: TierBook) -> InboundFacts:
    """Return what is known before a server is asked for something."""
    return InboundFacts(peer=host, tier=tiers.tier_of(host))


def arrived_facts(
    actor: Actor,
    activity_type: str,
    note: RemoteNote | None,
    tiers: TierBook,
    ties: Ties,
    now: Millis,
) -> InboundFacts:
    """Return all that the rules can look at of an activity, or of a post that was fetched."""
    peer = host_of(actor.uri)
    facts = InboundFacts(
        peer=peer,
        type=activity_type,
        tier=tiers.tier_of(peer),
        actor=actor.address,
        actor_uri=actor.uri,
        account_age_days=_age(actor, now),
        follows=ties.follows,
    )
    if note is None:
        return facts
    return replace(
        facts, ai_label=label_of(note), media=_media(note), hashtags=tag_keys(_tags(note))
    )


def named_elsewhere(facts: InboundFacts, actor: Actor, tiers: TierBook) -> InboundFacts | None:
    """Return the facts by the domain that an actor is called by, where that is another server's.

    What is said of example.org holds for @ana@example.org wherever her server stands.
    """
    if not actor.domain or actor.domain == facts.peer:
        return None
    return replace(facts, peer=actor.domain, tier=tiers.tier_of(actor.domain))


def post_in(activity: Activity, note: RemoteNote | None) -> RemoteNote | None:
    """Return the post that an activity brings: its object, or what a request was sent with."""
    instrument = first(activity.raw.get("instrument"))
    if note is not None or not is_document(instrument):
        return note
    try:
        return read_note(instrument)
    except Invalid:
        return None


def things_named(activity: Activity) -> tuple[str, ...]:
    """Return the addresses of what an activity is about or leads to."""
    return (*activity.object_uris, *((activity.target_uri,) if activity.target_uri else ()))


def digest_of(note: RemoteNote | None) -> str:
    """Return what tells a post from another version of it, "" where there is none."""
    if note is None:
        return ""
    said = (note.content_html, note.title, note.warning, note.pictures, note.hashtags)
    return hashlib.sha256(repr((said, note.quote_uri, note.in_reply_to)).encode()).hexdigest()[:32]


def outbound_facts(document: Mapping[str, Any], visibility: Visibility | None) -> OutboundFacts:
    """Return what the rules can look at of an activity of ours; whom it is for is not in it yet."""
    whole = document.get("object")
    note = whole if isinstance(whole, dict) and type_of(whole) == "Note" else None
    if note is None:
        return OutboundFacts(peer="", type=str(document.get("type", "")))
    return OutboundFacts(
        peer="",
        type=str(document.get("type", "")),
        visibility=visibility,
        ai_label=label_said(str(note.get("digitalSourceType", ""))),
        is_sensitive=note.get("sensitive") is True,
    )


def _age(actor: Actor, now: Millis) -> int | None:
    if actor.published_at is None:
        return None
    return max(0, (now - actor.published_at) // _DAY)


def _media(note: RemoteNote) -> frozenset[str]:
    kinds = note.media | ({str(Medium.IMAGE)} if note.pictures else set())
    return frozenset(kinds) or frozenset({str(Medium.NONE)})


def _tags(note: RemoteNote) -> Iterator[str]:
    """Yield the tags that a post declares, and those that stand in its words alone."""
    yield from note.hashtags
    for text in (note.content_html, note.warning, note.title):
        if "#" in text or "＃" in text:
            yield from tags_in(plain(text).replace("＃", "#"))
