"""Sayings about quotes: consent asked of the quoted one (FEP-044f)."""

from collections.abc import Mapping
from typing import Final

from federation import permissions, sayings_posts, sayings_works
from federation.sayings import Message, Mouth, Say, personal
from server.model import Actor, TargetId
from server.ports import Transaction
from server.promises import Deed, SayPromise
from server.quotes import quote_of
from server.targets import find_target, find_target_by_uri


async def quote_asked(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """QuoteRequest, with the quoting work or comment in it, to the quoted one alone."""
    note = await find_target(tx, mouth.addresses, TargetId(what.target_id))
    quote = quote_of(note)
    asked = what.uri.partition("#")[0]  # behind it: that we ask for the second time
    if note is None or quote is None or quote.request_uri != asked or quote.is_approved:
        return None
    quoted = await find_target_by_uri(tx, mouth.addresses, quote.uri)
    owner = await tx.actors.by_id(quoted.owner_id) if quoted is not None else None
    read = sayings_works.note if note.work is not None else sayings_posts.note
    document = await read(mouth, tx, what, actor)
    if owner is None or document is None:
        return None
    said = permissions.quote_request(actor, owner, quote.uri, document, what.uri)
    return Message(said, personal(owner), is_urgent=True, about=note.id)


SAYINGS: Final[Mapping[Deed, Say]] = {Deed.QUOTE_ASKED: quote_asked}
