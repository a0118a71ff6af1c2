"""Our actors as ActivityPub documents. Pure."""

from collections.abc import Mapping

from federation import permissions
from federation.translate import Document, Voice, timestamp
from federation.wording import paragraphs
from server.addresses import Addresses, all_series_of
from server.model import Actor, ContentUsage
from server.portraits import PortraitKind
from server.signals import ENFORCEMENT, activity_terms

_IMPLEMENTED = (
    {"name": "Enforcement of content usage", "href": ENFORCEMENT},
    {
        "name": "RFC-9421: HTTP Message Signatures",
        "href": "https://datatracker.ietf.org/doc/html/rfc9421",
    },
    {
        "name": "FEP-8b32: Object Integrity Proofs",
        "href": "https://w3id.org/fep/8b32",
    },
)


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
        "discoverable": artist.is_discoverable,
        "suspended": False,
        "indexable": artist.is_indexable,
        "webfinger": actor.address,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers_uri,
        "following": f"{actor.uri}/following",
        "featured": f"{actor.uri}/featured",
        "featuredTags": f"{actor.uri}/featured-tags",
        "series": all_series_of(actor),
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
        "assertionMethod": _more_keys(actor),
        "alsoKnownAs": list(actor.also_known_as),
        **({"movedTo": actor.moved_to} if actor.moved_to else {}),
        "attachment": [],
        "tag": [],
        **_pictures(voice, addresses),
        **_attribution(voice),
        **permissions.policy_terms(artist.interaction, actor),  # of what says nothing else
        **activity_terms(voice.usage, addresses.ai_policy),
    }


def closed_actor(actor: Actor, addresses: Addresses) -> Document:
    """Return somebody who is out of sight: an address and keys, so that they can be believed.

    Mastodon hides what it holds of an actor that says `suspended`, until it says so no more.
    """
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "suspended": True,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers_uri,
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        **keys_of(actor),
    }


def server_actor(actor: Actor, addresses: Addresses, name: str, usage: ContentUsage) -> Document:
    """Return the server itself as an `Application`; readable unsigned, always.

    What it implements is said as FEP-844e has it.
    """
    return {
        "id": actor.uri,
        "type": actor.kind.value,
        "preferredUsername": actor.handle,
        "webfinger": actor.address,
        "name": name,
        "url": addresses.base_url,
        "manuallyApprovesFollowers": True,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "endpoints": {"sharedInbox": addresses.shared_inbox},
        "publicKey": _public_key(actor),
        "assertionMethod": _more_keys(actor),
        "implements": [dict(claim) for claim in _IMPLEMENTED],
        **activity_terms(usage, addresses.ai_policy),
    }


def _pictures(voice: Voice, addresses: Addresses) -> Document:
    """Return avatar and banner, where there are any; Pixelfed wants their `mediaType`."""
    avatar = addresses.portrait(voice.artist.avatar, PortraitKind.AVATAR)
    banner = addresses.portrait(voice.artist.banner, PortraitKind.BANNER)
    return {
        name: {"type": "Image", "mediaType": "image/jpeg", "url": url}
        for name, url in (("icon", avatar), ("image", banner))
        if url
    }


def _attribution(voice: Voice) -> Document:
    """Return the sites that may name this artist as author (FEP-2345)."""
    domains = voice.artist.attribution_domains
    return {"attributionDomains": list(domains)} if domains else {}


def keys_of(actor: Actor) -> Document:
    """Return the keys of an actor, as every kind of actor shows them."""
    return {"publicKey": _public_key(actor), "assertionMethod": _more_keys(actor)}


def _public_key(actor: Actor) -> Mapping[str, str]:
    return {"id": actor.key_id, "owner": actor.uri, "publicKeyPem": actor.public_key_pem}


def _more_keys(actor: Actor) -> list[Mapping[str, str]]:
    """Return the keys for proofs (FEP-521a). Never under publicKey: Mastodon stumbles over them."""
    return [
        {
            "id": key_id,
            "type": "Multikey",
            "controller": actor.uri,
            "publicKeyMultibase": multikey,
        }
        for key_id, multikey in actor.more_keys
    ]
