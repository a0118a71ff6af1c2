"""What the tests of series elsewhere share: an artist there, and what their server serves."""

from typing import Any

from server.series_elsewhere import SeriesElsewhere
from tests.two_servers.stage import PUBLIC, Peer, Stage

__all__ = ["WORKS", "kept", "look", "series_document", "serve_series"]

WORKS = 3


def list_uri(peer: Peer) -> str:
    return f"{peer.uri}/series"


def series_document(peer: Peer, number: int = 1, **more: Any) -> dict[str, Any]:
    """Return a series as Fixatif writes it."""
    works = more.pop("works", [f"https://{peer.domain}/works/{n}" for n in range(1, WORKS + 1)])
    return {
        "id": f"{list_uri(peer)}/{number}",
        "type": "OrderedCollection",
        "name": f"Birches {number}",
        "summary": "<p>Bark</p>",
        "attributedTo": peer.uri,
        "url": f"https://{peer.domain}/@{peer.name}/series/birches",
        "updated": "2026-11-20T10:00:00Z",
        "to": [PUBLIC],
        "orderType": "urn:fixatif:ns#ByHand",
        "totalItems": len(works),
        "orderedItems": works,
        **more,
    }


def serve_series(stage: Stage, peer: Peer, *series: dict[str, Any], **more: Any) -> None:
    """Have a peer's server show these series."""
    address = list_uri(peer)
    stage.net.serve(peer.uri, {**peer.document, "series": address, **more})
    listed = [one["id"] for one in series]
    stage.net.serve(
        address,
        {
            "id": address,
            "type": "Collection",
            "attributedTo": peer.uri,
            "totalItems": len(listed),
            "items": listed,
        },
    )
    for one in series:
        stage.net.serve(one["id"], one)


async def look(stage: Stage, peer: Peer) -> None:
    """Have somebody here look at a peer, and do every job that follows."""
    await stage.flows.series_fetching.look_at(await stage.flows.remote.actor(peer.uri))
    await stage.drain()


async def kept(stage: Stage, peer: Peer) -> list[SeriesElsewhere]:
    """Return a peer's series as they are kept here."""
    actor = await stage.read(lambda tx: tx.actors.by_uri(peer.uri))
    found: list[SeriesElsewhere] = await stage.read(lambda tx: tx.elsewhere.series_of(actor.id))
    return found
