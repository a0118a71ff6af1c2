"""Nouns to store; whoever cares about a field names it."""

from typing import Any

from server.model import (
    Actor,
    ActorId,
    ActorKind,
    AiLabel,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    Picture,
    PictureId,
    PictureState,
    Post,
    PostId,
    Preference,
    Rendition,
    RenditionName,
    Role,
    SigningKey,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.ports import Transaction

NOW = Millis(1_000_000)
MAX = 2**63 - 1


def remote_actor(number: int, **fields: Any) -> Actor:
    return Actor(
        **{
            "id": ActorId(number),
            "uri": f"https://far.example/users/{number}",
            "kind": ActorKind.PERSON,
            "handle": f"Far{number}",
            "domain": "far.example",
            "name": f"Far {number} 🖌",
            "summary_html": "<p>Öl</p>",
            "url": f"https://far.example/@{number}",
            "inbox": f"https://far.example/users/{number}/inbox",
            "shared_inbox": "https://far.example/inbox",
            "outbox": "o",
            "followers_uri": "f",
            "icon_url": "i",
            "approves_follows": True,
            "key_id": f"https://far.example/users/{number}#main-key",
            "public_key_pem": "PEM",
            "fetched_at": NOW,
            **fields,
        }
    )


def local_actor(number: int, handle: str = "") -> Actor:
    name = handle or f"artist{number}"
    return remote_actor(
        number,
        uri=f"https://here.example/users/{name}",
        key_id=f"https://here.example/users/{name}#main-key",
        handle=name,
        domain="here.example",
        is_local=True,
    )


def artist(number: int, handle: str = "", **fields: Any) -> Artist:
    return Artist(
        **{
            "id": ActorId(number),
            "handle": handle or f"artist{number}",
            "name": "Ærtist",
            "role": Role.ARTIST,
            "created_at": NOW,
            "bio": "line\nline",
            "email": "a@here.example",
            "approves_follows": True,
            "content_usage": ContentUsage(train_ai=Preference.NO),
            **fields,
        }
    )


def key(number: int, name: str = "", created_at: int = NOW) -> SigningKey:
    return SigningKey(
        ActorId(number), name or f"key-{number}", "secret", "public", Millis(created_at)
    )


async def add_artist(tx: Transaction, number: int, handle: str = "", **fields: Any) -> Artist:
    added = artist(number, handle, **fields)
    await tx.artists.add(added, local_actor(number, handle), "hash", key(number))
    return added


def picture(number: int, work: int, **fields: Any) -> Picture:
    return Picture(
        **{
            "id": PictureId(number),
            "work_id": WorkId(work),
            "position": 0,
            "alt": "A hare",
            "original_digest": f"{number:064x}",
            "original_type": "image/png",
            "original_name": "häre.png",
            "original_bytes": 12_345,
            "state": PictureState.READY,
            "media_key": f"media-{number}",
            "width": 800,
            "height": 600,
            "placeholder": "data:",
            "blurhash": "L",
            "focal_x": -0.25,
            "focal_y": 1.0,
            "icc_name": "sRGB",
            "renditions": (
                rendition(RenditionName.VIEW, f"{number + 1000:064x}"),
                rendition(RenditionName.TILE, f"{number + 2000:064x}"),
            ),
            **fields,
        }
    )


def rendition(name: RenditionName, digest: str) -> Rendition:
    return Rendition(name, ImageFormat.AVIF, 640, 480, 999, digest)


def work(number: int, artist_id: int = 1, **fields: Any) -> Work:
    return Work(
        **{
            "id": WorkId(number),
            "artist_id": ActorId(artist_id),
            "state": WorkState.HUNG,
            "title": "Hase im Mondlicht 🐇",
            "slug": "hase",
            "caption": "with\nlines",
            "tags": ("Öl", "hare"),
            "medium": "oil",
            "year": "c. 1998",
            "is_sensitive": True,
            "sensitive_reason": "blood",
            "visibility": Visibility.PUBLIC,
            "ai_label": AiLabel.NONE,
            "content_usage": ContentUsage(search=Preference.YES),
            "is_quiet": False,
            "created_at": NOW,
            "hung_at": Millis(NOW + number),
            "edited_at": None,
            "withdrawn_at": None,
            "language": "de",
            **fields,
        }
    )


def post(number: int, actor: int, **fields: Any) -> Post:
    return Post(
        **{
            "id": PostId(number),
            "uri": f"https://far.example/notes/{number}",
            "actor_id": ActorId(actor),
            "is_local": False,
            "visibility": Visibility.PUBLIC,
            "content_html": "<p>schön</p>",
            "title": "",
            "ai_label": AiLabel.ASSISTED,
            "url": "https://far.example/@1/1",
            "is_sensitive": False,
            "warning": "",
            "published_at": Millis(NOW + number),
            "edited_at": None,
            "in_reply_to_uri": "",
            "reply_to_id": None,
            "work_id": None,
            **fields,
        }
    )
