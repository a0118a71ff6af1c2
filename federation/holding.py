"""Keeps what a rule holds until a moderator has looked, and what its actor does meanwhile.

The law: an edit is no way past a moderator. While a post waits its edits wait in its place; once
it was dropped none comes in. Whoever takes a thing back takes it out of the queue too.
"""

from federation.deeds import Arrived
from federation.facts import TAKE_BACK, digest_of, host_of
from federation.vocabulary import Activity, RemoteNote
from federation.wording import plain
from server.clock import Clock
from server.holdings import MAX_EXCERPT, POST, Held, HeldId, HeldState, kind_of
from server.ports import Transaction
from server.promises import ApplyPromise
from server.rules import Decision, Hold


async def take_back(tx: Transaction, activity: Activity) -> None:
    """Take out of the queue what its actor deletes or undoes."""
    if activity.type not in TAKE_BACK:
        return
    inner = activity.inner.object_uri if activity.inner is not None else ""
    for gone in filter(None, (activity.object_uri, inner)):
        await tx.held.take_back(activity.actor_uri, gone)


async def wait_for(
    tx: Transaction,
    deed: Arrived,
    brought: RemoteNote | None,
    decision: Decision,
    what: ApplyPromise,
) -> Hold | HeldState | None:
    """Return why a moderator has to look first, that one dropped it before, or None.

    What was let in once was this very post: where its origin shows another by now, that one waits.
    """
    if what.released is not None and what.released == digest_of(brought):
        return None
    earlier = None
    if deed.has_held and brought is not None:
        earlier = await tx.held.of(deed.actor.uri, POST, brought.uri)
    if earlier is not None and earlier.state is HeldState.DROPPED:
        return HeldState.DROPPED
    if isinstance(decision, Hold) and not what.is_approved:
        return decision
    return None if earlier is None else Hold(earlier.rule, earlier.reason)


def held_of(deed: Arrived, brought: RemoteNote | None, why: Hold, clock: Clock) -> Held:
    """Return an activity as it stands in the queue."""
    activity, actor = deed.activity, deed.actor
    subject = brought.uri if brought is not None else activity.object_uri
    is_post = brought is not None
    words = plain(brought.content_html) if brought is not None else activity.content
    return Held(
        id=HeldId(clock.new_id()),
        activity_id=deed.id,
        actor_uri=actor.uri,
        address=actor.address,
        peer=host_of(actor.uri),
        kind=POST if is_post else kind_of(activity.type),
        subject=subject or activity.uri or str(deed.id),
        activity_uri=activity.uri,
        rule=why.rule,
        reason=why.reason,
        excerpt=words[:MAX_EXCERPT],
        link=(brought.url or brought.uri) if brought is not None else activity.object_uri,
        pictures=len(brought.pictures) if brought is not None else 0,
        digest=digest_of(brought),
        state=HeldState.WAITING,
        held_at=clock.now(),
    )
