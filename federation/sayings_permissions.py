"""Sayings about permissions: given, refused, withdrawn."""

from collections.abc import Mapping
from typing import Final

from federation import permissions
from federation.sayings import Message, Mouth, Say, inboxes_of, personal
from federation.translate import Document
from server.dealings import Request, RequestId
from server.model import Actor
from server.ports import Transaction
from server.promises import Deed, SayPromise
from server.targets import find_target


async def approved(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Accept of a request, with the authorization as its result, to who asked."""
    return await _answer(mouth, tx, "Accept", what, actor)


async def refused(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Reject of a request, to who asked."""
    return await _answer(mouth, tx, "Reject", what, actor)


async def withdrawn(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Delete of an authorization, to who had it and to whom it may have been shown."""
    found = await _found(mouth, tx, what)
    if found is None:
        return None
    request, _, asker = found
    uri = mouth.addresses.authorization(request.id)
    said = permissions.withdrawn(actor, asker, uri, f"{uri}/delete")
    followers = await tx.relations.follower_inboxes(actor.id)
    return Message(said, [*followers, *inboxes_of(asker)])


async def _answer(
    mouth: Mouth, tx: Transaction, kind: str, what: SayPromise, actor: Actor
) -> Message | None:
    found = await _found(mouth, tx, what)
    if found is None or found[2].is_local:
        return None
    request, target_uri, asker = found
    people = (actor, asker)
    said: Document = permissions.answered(kind, request, target_uri, people, mouth.new_uri())
    if kind == "Accept":
        said["result"] = mouth.addresses.authorization(request.id)
    return Message(said, personal(asker), is_urgent=True)


async def _found(
    mouth: Mouth, tx: Transaction, what: SayPromise
) -> tuple[Request, str, Actor] | None:
    """Return the request, the id of what it is about, and who asked."""
    request = await tx.requests.by_id(RequestId(what.target_id))
    target = await find_target(tx, mouth.addresses, request.target_id) if request else None
    asker = await tx.actors.by_id(request.actor_id) if request else None
    if request is None or target is None or asker is None:
        return None
    return request, target.uri, asker


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.REQUEST_APPROVED: approved,
    Deed.REQUEST_REFUSED: refused,
    Deed.APPROVAL_WITHDRAWN: withdrawn,
}
