"""Acts on kept activities: gather, decide, act, one function per kind from a table.

Safe to run twice. Whatever is known here is acted on in one transaction; only what must come
from its own origin (a stranger, a post that was not sent along) is fetched first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from federation import (
    acts_blocks,
    acts_featured,
    acts_follows,
    acts_moves,
    acts_permissions,
    acts_posts,
    acts_profiles,
    acts_reactions,
    acts_reports,
    acts_series,
    uris,
)
from federation.deeds import ACTOR_TYPES, Act, Arrived, Hands
from federation.doors import treatment_of
from federation.facts import STRANGERS, Ties, post_in
from federation.holding import held_of, take_back, wait_for
from federation.notes import POST_TYPES
from federation.posts import with_header
from federation.vocabulary import Activity, RemoteNote, read_activity
from server.errors import Invalid, NotFound, Unavailable, Untrusted
from server.holdings import HeldState
from server.model import ActivityId, Actor, StoredActivity
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, ApplyPromise, promise_all
from server.repositories.accounts import Met
from server.rules import Hold, Refuse
from server.values import dataclass
from server.worker import Later

log = structlog.get_logger(__name__)

# Kinds after which what is known of actors is read anew: of one another, and of themselves.
_STEADY: Final = frozenset({"Like", "EmojiReact", "Announce", "Create", "Follow"})


@dataclass(frozen=True, slots=True)
class Pending:
    """An activity that cannot be acted on with what is known here: something must be fetched."""

    what: ApplyPromise
    activity: Activity
    known: Actor | None
    ties: Ties = STRANGERS
    has_held: bool = False
    wants_object: bool = False  # besides: the new account of a Move, or the post that is pinned
    content_usage: str = ""  # the header that came with it, signed


@dataclass(frozen=True, slots=True)
class Apply:
    """Acts on what is kept: at once with what is known here, else after asking the origin."""

    library: Library
    bus: Bus
    hands: Hands

    async def apply(self, payload: bytes) -> None:
        """Do one `ApplyPromise`. Raise `Later` where an origin is away."""
        what = msgspec.json.decode(payload, type=ApplyPromise)
        if what.others:
            await self._apply_together([what.activity_id, *what.others])
        else:
            await self._apply_alone(what)
        self.bus.wake(JOBS_TOPIC)

    async def _apply_alone(self, what: ApplyPromise) -> None:
        pending = await self.library.join(lambda tx: self._at_once(tx, what))
        if pending is not None:
            deed = await self._gathered(pending)
            if deed is not None:
                await self.library.join(lambda tx: self._decide(tx, deed, what))

    async def _apply_together(self, ids: Sequence[ActivityId]) -> None:
        """Act on several in one transaction, where each of them gets a job that needs one.

        What fails undoes all of it: then all get jobs, so that it harms nobody else.
        """
        try:
            await self.library.join(lambda tx: self._all_at_once(tx, ids))
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - alone it is raised again, logged and settled
            log.debug("bundle_undone", activities=len(ids), reason=str(problem))
            apart = [ApplyPromise(one) for one in ids]
            await self.library.join(lambda tx: promise_all(tx, self.hands.clock, apart))

    async def _all_at_once(self, tx: Transaction, ids: Sequence[ActivityId]) -> None:
        stored = await tx.activities.many(ids)
        met = await tx.actors.met([one.actor_uri for one in stored.values()])
        apart = []
        for arrived in (stored[one] for one in ids if one in stored):
            what = ApplyPromise(arrived.id)
            found = await self._read(tx, what, arrived, met.get(arrived.actor_uri))
            if isinstance(found, Pending):
                apart.append(what)
            elif found is not None:
                is_held = await self._decide(tx, found, what)
                if is_held or found.activity.type not in _STEADY:
                    met = await tx.actors.met(list(met))
        await promise_all(tx, self.hands.clock, apart)

    async def _at_once(self, tx: Transaction, what: ApplyPromise) -> Pending | None:
        """Act with what is known here; return what needs more. One hop to the database."""
        stored = await tx.activities.by_id(what.activity_id)
        if stored is None:
            return None
        met = await tx.actors.met([stored.actor_uri])
        found = await self._read(tx, what, stored, met.get(stored.actor_uri))
        if isinstance(found, Arrived):
            await self._decide(tx, found, what)
            return None
        return found

    async def _read(
        self, tx: Transaction, what: ApplyPromise, stored: StoredActivity, met: Met | None
    ) -> Arrived | Pending | None:
        """Return an activity ready to be acted on, or what needs more; None where it is idle."""
        if not stored.body:  # a moderator dropped it
            return None
        activity, known = read_activity(stored.body), met.actor if met is not None else None
        if activity.type not in ACTS or _is_shut_out(activity, known):
            log.debug("activity_without_effect", type=activity.type)
            return None
        has_held = met is not None and met.has_held
        if has_held:
            await take_back(tx, activity)
        try:
            note = _embedded_note(activity, known, stored.content_usage) if known else None
        except (Untrusted, Invalid) as problem:
            _log_unusable(activity, problem.message)
            return None
        ties = Ties(met.is_followed_here, met.follows_here) if met is not None else STRANGERS
        wants_object = known is not None and await _wants_object(tx, activity, known)
        is_whole = await acts_series.is_about_kept(tx, activity)
        if (
            known is None
            or wants_object
            or not (is_whole or self._is_enough(activity, known, note))
        ):
            is_idle = _is_about_a_stranger(activity, known)
            if is_idle:
                return None
            return Pending(
                what, activity, known, ties, has_held, wants_object, stored.content_usage
            )
        return Arrived(
            *(stored.id, activity, known, note, what.is_approved), ties=ties, has_held=has_held
        )

    def _is_enough(self, activity: Activity, actor: Actor, note: RemoteNote | None) -> bool:
        """Say whether nothing has to be fetched: the actor is fresh, and a post was sent along."""
        if activity.type == "Delete":  # nobody is fetched to be deleted
            return True
        if not self.hands.remote.is_fresh(actor):
            return False
        return note is not None or not _wants_note(activity)

    async def _gathered(self, pending: Pending) -> Arrived | None:
        """Bring what the deed needs from its origin. None where there is nothing to do."""
        activity = pending.activity
        try:
            actor = await self.hands.remote.current(activity.actor_uri, pending.known)
            note = await self._note(pending, actor)
            target = await self._target(activity) if pending.wants_object else None
        except Unavailable as outage:
            raise Later(outage.message) from outage
        except (NotFound, Untrusted, Invalid) as problem:
            _log_unusable(activity, problem.message)
            return None
        what = pending.what
        return Arrived(
            *(what.activity_id, activity, actor, note, what.is_approved, target),
            ties=pending.ties,
            has_held=pending.has_held,
        )

    async def _target(self, activity: Activity) -> Actor | None:
        """Return the new account of a Move as its origin has it now: it was just changed."""
        if activity.type != "Move" or not activity.target_uri:
            return None
        return await self.hands.remote.actor(activity.target_uri, afresh=True)

    async def _note(self, pending: Pending, actor: Actor) -> RemoteNote | None:
        """Return the post of a Create, Update or Add: as embedded by its author, else fetched."""
        activity = pending.activity
        note = _embedded_note(activity, actor, pending.content_usage)
        is_pinned = pending.wants_object and activity.type == "Add"
        is_wanted = _wants_note(activity) or is_pinned
        if note is not None or not is_wanted:
            return note
        note = await self.hands.remote.note(activity.object_uri)
        if note.attributed_to != actor.uri:
            raise Untrusted("The post is somebody else's.")
        return note

    async def _decide(self, tx: Transaction, deed: Arrived, what: ApplyPromise) -> bool:
        """Ask the rules, then act, hold or forget; say whether it is held."""
        doors, brought = self.hands.doors, post_in(deed.activity, deed.note)
        decision = doors.of_activity(deed.activity, deed.actor, brought, deed.ties)
        if isinstance(decision, Refuse):
            return False
        match await wait_for(tx, deed, brought, decision, what):
            case Hold() as why:
                await tx.held.put(held_of(deed, brought, why, self.hands.clock))
                return True
            case HeldState():
                log.debug("dropped_before", type=deed.activity.type)
            case None:
                note = doors.cleaned(deed.note) if deed.note is not None else None
                treatment = treatment_of(decision)
                is_as_sent = note is deed.note and treatment is deed.treatment
                seen = deed if is_as_sent else replace(deed, note=note, treatment=treatment)
                await ACTS[deed.activity.type](self.hands, tx, seen)
        return False


def _is_shut_out(activity: Activity, known: Actor | None) -> bool:
    """Say whether moderators suspended the sender, but for what it takes back."""
    is_suspended = known is not None and known.suspended_at is not None
    return is_suspended and activity.type not in _TAKEN_FROM_SUSPENDED


async def _wants_object(tx: Transaction, activity: Activity, actor: Actor) -> bool:
    """Say whether a Move or Add is about something that must be fetched for followers here."""
    if activity.type == "Move":
        return await tx.relations.has_local_follower(actor.id)
    return activity.type == "Add" and await acts_featured.wants_post(tx, activity, actor)


def _wants_note(activity: Activity) -> bool:
    """Say whether an activity is about a post that must be had: sent along, or fetched by its id.

    An embedded object of a kind that we do not show is passed over.
    """
    if activity.type not in {"Create", "Update"} or activity.object_type in ACTOR_TYPES:
        return False
    return activity.object is None or activity.object_type in POST_TYPES


def _embedded_note(activity: Activity, actor: Actor, content_usage: str = "") -> RemoteNote | None:
    """Return the post that was sent along, if it is on its author's origin.

    `content_usage`: the header that its author signed along.
    """
    is_embedded = activity.object is not None and activity.object_type in POST_TYPES
    if activity.type not in {"Create", "Update"} or not is_embedded:
        return None
    if not uris.same_origin(activity.object_uri, activity.actor_uri):
        return None
    note = activity.note(actor.followers_uri)
    if note.attributed_to != actor.uri:
        raise Untrusted("The post is somebody else's.")
    return with_header(note, content_usage)


def _is_about_a_stranger(activity: Activity, known: Actor | None) -> bool:
    """Say whether somebody whom we never knew deletes something: there is nothing to do."""
    return known is None and activity.type == "Delete"


def _log_unusable(activity: Activity, reason: str) -> None:
    log.info("activity_unusable", type=activity.type, reason=reason)


async def _update(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take in that a post, a series or a profile changed."""
    if deed.activity.object_type in ACTOR_TYPES:
        await acts_profiles.update_actor(hands, tx, deed)
    elif deed.note is None:
        await acts_series.update(hands, tx, deed)
    else:
        await acts_posts.update_post(hands, tx, deed)


async def _delete(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Erase a post, a series or an account that is gone."""
    if deed.activity.is_self_delete:
        await acts_profiles.delete_actor(hands, tx, deed)
    else:
        await acts_posts.delete_post(hands, tx, deed)
        await acts_series.delete(tx, deed)


async def _add(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Put a post on top of a profile, or a work into a series."""
    is_pin = acts_featured.is_featured(deed.activity, deed.actor)
    await (acts_featured if is_pin else acts_series).add(hands, tx, deed)


async def _remove(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take a post from the top of a profile, or a work out of a series."""
    is_pin = acts_featured.is_featured(deed.activity, deed.actor)
    await (acts_featured if is_pin else acts_series).remove(hands, tx, deed)


async def _undo(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take back what was done; its id may be used again. An id alone is tried as each kind."""
    undone, inner = deed.activity.object_uri, deed.activity.inner
    if undone:
        await tx.activities.forget(undone, deed.actor.uri)
    if inner is not None and inner.type:
        acts = [UNDOS[inner.type]] if inner.type in UNDOS else []
    else:
        acts = list(dict.fromkeys(UNDOS.values()))
    for act in acts:
        await act(hands, tx, deed)


# Of somebody whom moderators suspended: what takes things away, and who they are now.
_TAKEN_FROM_SUSPENDED: Final = frozenset({"Delete", "Undo", "Update", "Reject"})

ACTS: Final[Mapping[str, Act]] = {
    **acts_follows.ACTS,
    **acts_reactions.ACTS,
    **acts_permissions.ACTS,
    **acts_blocks.ACTS,
    **acts_reports.ACTS,
    **acts_moves.ACTS,
    "Add": _add,
    "Remove": _remove,
    "Create": acts_posts.create,
    "Update": _update,
    "Delete": _delete,
    "Undo": _undo,
}
UNDOS: Final[Mapping[str, Act]] = {
    **acts_follows.UNDOS,
    **acts_reactions.UNDOS,
    **acts_blocks.UNDOS,
}
