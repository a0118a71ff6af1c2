"""Acts of answering our QuoteRequests (FEP-044f): Accept, with an authorization, and Reject."""

from federation.deeds import Arrived, Hands
from federation.documents import first, id_of
from federation.quoting import fetch_queue
from federation.uris import same_origin
from server import quotes
from server.model import PostId
from server.ports import Transaction
from server.promises import FetchKind, FetchPromise, promise
from server.targets import Target, find_target_by_uri


async def accept(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Promise to fetch the authorization: it counts once its own server shows it."""
    note = await _asked_for(hands, tx, deed)
    approval = id_of(first(deed.activity.raw.get("result")))
    if note is not None and approval and same_origin(approval, deed.actor.uri):
        what = FetchPromise(approval, deed.actor.id, FetchKind.CONSENT, PostId(note.id))
        await promise(tx, hands.clock, what, queue=fetch_queue(approval))


async def reject(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Drop the quote, and tell its author."""
    note = await _asked_for(hands, tx, deed)
    if note is not None:
        await quotes.end(tx, hands.clock, note, deed.actor.id)


async def _asked_for(hands: Hands, tx: Transaction, deed: Arrived) -> Target | None:
    """Return the work or comment here for which we asked exactly this actor."""
    inner = deed.activity.inner
    request_uri = deed.activity.object_uri.partition("#")[0]  # "#again": asked a second time
    uri = quotes.note_of_request(request_uri)
    if not uri and inner is not None and inner.type == "QuoteRequest":
        uri = id_of(first(inner.raw.get("instrument")))
    if not uri or not hands.addresses.is_ours(uri):
        return None
    note = await find_target_by_uri(tx, hands.addresses, uri)
    quote = quotes.quote_of(note)
    if note is None or quote is None or not quote.request_uri:
        return None
    if request_uri and request_uri != quote.request_uri:
        return None  # of a quote that was there before this one
    quoted = await find_target_by_uri(tx, hands.addresses, quote.uri)
    is_asked = quoted is not None and quoted.owner_id == deed.actor.id
    return note if is_asked else None
