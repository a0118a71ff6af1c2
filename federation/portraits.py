"""Our actors as ActivityPub documents. Pure."""

from collections.abc import Mapping

from federation.translate import Document, Voice, timestamp
from federation.wording import paragraphs
from server.addresses import Addresses
from server.model import Actor
from server.signals import activity_terms


def actor_of(voice: Voice, addresses: Addresses) -> Document:
    """Return an artist as a `Person`."""
    actor, artist = voice.actor, voice.artist
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "name": artist.name or artist.handle,
        "summary": paragraphs(artist.bio),
        "url": actor.url,
        "published": timestamp(artist.created_at),
        "manuallyApprovesFollowers": artist.approves_follows,
        "discoverable": True,
        "indexable": False,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers_uri,
        "following": f"{actor.uri}/following",
        "featured": f"{actor.uri}/featured",
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
        "attachment": [],
        "tag": [],
        **activity_terms(voice.usage),
    }


def server_actor(actor: Actor, addresses: Addresses, name: str) -> Document:
    """Return the server itself as an `Application`; readable unsigned, always."""
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "name": name,
        "url": addresses.base_url,
        "manuallyApprovesFollowers": True,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
    }


def _public_key(actor: Actor) -> Mapping[str, str]:
    return {"id": actor.key_id, "owner": actor.uri, "publicKeyPem": actor.public_key_pem}
