"""Acts on kept activities: gather, decide, act, one function per kind from a table.

Safe to run twice. Documents that must come from their own origin are fetched before the
transaction opens; inside it, nothing but the database is awaited.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
import structlog

from federation import uris
from federation.posts import label_of, post_from
from federation.remote import Remote
from federation.vocabulary import Activity, RemoteNote, read_activity
from server.addresses import Addresses
from server.clock import Clock
from server.errors import Invalid, NotFound, Unavailable, Untrusted
from server.following import Following
from server.house import House
from server.model import (
    Actor,
    AiLabel,
    Follow,
    FollowState,
    Post,
    ReactionKind,
)
from server.policy import decide
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, URGENT, ApplyPromise, Deed, SayPromise, promise
from server.reactions import Reactions, find_target_by_uri, may_see
from server.rules import Decision, Door, Hold, InboundFacts, Refuse
from server.worker import GiveUp, Later

log = structlog.get_logger(__name__)

_KINDS = {"Like": ReactionKind.LIKE, "Announce": ReactionKind.BOOST}
_POSTS = frozenset({"Note", "Question", "Article", "Page", "Image", "Video", "Audio", "Event"})
_ACTORS = frozenset({"Person", "Service", "Application", "Group", "Organization"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """An activity with who did it and, for posts, what was brought from its origin."""

    activity: Activity
    actor: Actor
    note: RemoteNote | None = None


Act = Callable[["Apply", Transaction, Arrived], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Apply:
    """Applies."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    remote: Remote
    following: Following
    reactions: Reactions
    house: House

    async def apply(self, payload: bytes) -> None:
        """Do one `ApplyPromise`. Raise `Later` where an origin is away, `GiveUp` where held."""
        what = msgspec.json.decode(payload, type=ApplyPromise)
        async with self.library.reading() as tx:
            stored = await tx.activities.by_id(what.activity_id)
            known = await tx.actors.by_uri(stored.actor_uri) if stored else None
        if stored is None:
            return
        activity = read_activity(stored.body)
        act = ACTS.get(activity.type)
        if act is None:
            log.debug("activity_without_effect", type=activity.type)
            return
        deed = await self._gathered(activity, known)
        if deed is not None and self._is_allowed(deed):
            await self.library.join(lambda tx: act(self, tx, deed))
            self.bus.wake(JOBS_TOPIC)

    async def _gathered(self, activity: Activity, known: Actor | None) -> Arrived | None:
        """Bring what the deed needs from its origin. None where there is nothing to do."""
        try:
            actor = await self._actor(activity, known)
            note = await self._note(activity, actor) if actor else None
        except Unavailable as outage:
            raise Later(outage.message) from outage
        except (NotFound, Untrusted, Invalid) as problem:
            log.info("activity_unusable", type=activity.type, reason=problem.message)
            return None
        return Arrived(activity, actor, note) if actor else None

    async def _actor(self, activity: Activity, known: Actor | None) -> Actor | None:
        if activity.type == "Delete":  # nobody is fetched to be deleted
            return known
        return await self.remote.current(activity.actor_uri, known)

    async def _note(self, activity: Activity, actor: Actor) -> RemoteNote | None:
        """Return the post of a Create or Update: as embedded by its own author, else fetched."""
        if activity.type not in {"Create", "Update"} or activity.object_type in _ACTORS:
            return None
        is_embedded = activity.object is not None and activity.object_type in _POSTS
        if is_embedded and uris.same_origin(activity.object_uri, activity.actor_uri):
            note = activity.note(actor.followers_uri)
        elif activity.object is not None and not is_embedded:
            return None  # a kind of object that we do not show
        else:
            note = await self.remote.note(activity.object_uri)
        if note.attributed_to != actor.uri:
            raise Untrusted("The post is somebody else's.")
        return note

    def _is_allowed(self, deed: Arrived) -> bool:
        decision = self._decision(deed)
        if isinstance(decision, Hold):
            raise GiveUp(f"Held for a moderator by the rule '{decision.rule}'.")
        return not isinstance(decision, Refuse)

    def _decision(self, deed: Arrived) -> Decision:
        facts = InboundFacts(
            peer=uris.origin_of(deed.actor.uri).authority,
            type=deed.activity.type,
            ai_label=label_of(deed.note) if deed.note else AiLabel.NONE,
        )
        return decide(Door.INBOUND, facts, self.house.now.compiled)

    async def follow(self, tx: Transaction, deed: Arrived) -> None:
        """Note that somebody asks to follow an artist here."""
        followee = await self._local(tx, deed.activity.object_uri)
        if followee is None or not deed.activity.uri:
            return
        state = await self.following.request(tx, deed.actor.id, followee, deed.activity.uri)
        if state is FollowState.ACCEPTED:
            said = SayPromise(Deed.FOLLOW_ACCEPTED, followee.id, deed.actor.id, deed.activity.uri)
            await promise(tx, self.clock, said, priority=URGENT)

    async def accept(self, tx: Transaction, deed: Arrived) -> None:
        """Note that somebody whom an artist here asked says yes."""
        await self._answered(tx, deed, is_accepted=True)

    async def reject(self, tx: Transaction, deed: Arrived) -> None:
        """Note that somebody says no, or removes a follower of ours."""
        await self._answered(tx, deed, is_accepted=False)

    async def react(self, tx: Transaction, deed: Arrived) -> None:
        """Note a Like or Announce of what we hold and the actor may see."""
        activity = deed.activity
        target = await find_target_by_uri(tx, self.addresses, activity.object_uri)
        if target is None or not await may_see(tx, target, deed.actor.id):
            return
        kind = _KINDS[activity.type]
        await self.reactions.note_reaction(tx, kind, deed.actor.id, target, activity.uri)

    async def create(self, tx: Transaction, deed: Arrived) -> None:
        """Keep a post that answers us, names one of us, or is by somebody followed."""
        if deed.note is None:
            return
        post = await self._post(tx, deed.note, deed.actor)
        if post is not None:
            await self.reactions.note_post(tx, post)

    async def update(self, tx: Transaction, deed: Arrived) -> None:
        """Take in that a post or a profile changed."""
        if deed.note is not None:
            known = await tx.posts.by_uri(deed.note.uri)
            if known is not None and known.actor_id != deed.actor.id:
                return
            if known is not None and _is_older(deed.note, known):
                return
            await self.create(tx, deed)
        elif deed.activity.object_type in _ACTORS:
            await self._update_actor(tx, deed)

    async def delete(self, tx: Transaction, deed: Arrived) -> None:
        """Erase a post or an account that is gone."""
        if deed.activity.is_self_delete:
            await tx.actors.mark_gone(deed.actor.id, self.clock.now())
            return
        post = await tx.posts.by_uri(deed.activity.object_uri)
        if post is not None and post.actor_id == deed.actor.id and not post.is_local:
            await tx.posts.remove(post.id)

    async def undo(self, tx: Transaction, deed: Arrived) -> None:
        """Take back a Follow, Like or Announce; its id may be used again."""
        undone = deed.activity.object_uri
        inner = deed.activity.inner
        if undone:
            await tx.activities.forget(undone)
        if await self._undo_follow(tx, deed, inner, undone):
            return
        reaction = await tx.reactions.by_uri(undone) if undone else None
        if reaction is not None and reaction.actor_id == deed.actor.id:
            await tx.reactions.remove(reaction.kind, deed.actor.id, reaction.target_id)
            return
        kind = _KINDS.get(inner.type) if inner else None
        if inner is not None and kind is not None:
            target = await find_target_by_uri(tx, self.addresses, inner.object_uri)
            if target is not None:
                await tx.reactions.remove(kind, deed.actor.id, target.id)

    async def _undo_follow(
        self, tx: Transaction, deed: Arrived, inner: Activity | None, undone: str
    ) -> bool:
        follow = await tx.relations.follow_by_uri(undone) if undone else None
        if follow is not None and follow.follower_id == deed.actor.id:
            await tx.relations.remove(follow.follower_id, follow.followee_id)
            return True
        if inner is None or inner.type != "Follow":
            return False
        followee = await self._local(tx, inner.object_uri)
        if followee is not None:
            await tx.relations.remove(deed.actor.id, followee.id)
        return True

    async def _answered(self, tx: Transaction, deed: Arrived, *, is_accepted: bool) -> None:
        follow = await self._asked(tx, deed)
        if follow is not None:
            await self.following.answered(tx, follow, is_accepted=is_accepted)

    async def _asked(self, tx: Transaction, deed: Arrived) -> Follow | None:
        """Find the Follow that is answered: ours, and asked of exactly this actor."""
        by_id = await tx.relations.follow_by_uri(deed.activity.object_uri)
        if by_id is not None:
            return by_id if by_id.followee_id == deed.actor.id else None
        inner = deed.activity.inner
        if inner is None or inner.type != "Follow":
            return None
        follower = await self._local(tx, inner.actor_uri)
        return await tx.relations.follow(follower.id, deed.actor.id) if follower else None

    async def _local(self, tx: Transaction, uri: str) -> Actor | None:
        """Find an artist here who takes part: not gone, not suspended."""
        if not self.addresses.is_ours(uri):
            return None
        actor = await tx.actors.by_uri(uri)
        artist = await tx.artists.by_id(actor.id) if actor else None
        if actor is None or artist is None or artist.suspended_at or actor.gone_at:
            return None
        return actor

    async def _post(self, tx: Transaction, note: RemoteNote, actor: Actor) -> Post | None:
        """Return the post to keep, None where nobody here has to do with it."""
        known = await tx.posts.by_uri(note.uri)
        answered = (
            await find_target_by_uri(tx, self.addresses, note.in_reply_to)
            if note.in_reply_to
            else None
        )
        names_us = any(self.addresses.is_ours(mention.uri) for mention in note.mentions)
        is_followed = await tx.relations.has_local_follower(actor.id)
        if not (known or answered or names_us or is_followed):
            return None
        return post_from(
            note,
            actor,
            known,
            new_id=self.clock.new_id(),
            now=self.clock.now(),
            answered=answered,
        )

    async def _update_actor(self, tx: Transaction, deed: Arrived) -> None:
        """Take what an actor says of itself; a new key only counts when fetched (`Remote`)."""
        found = deed.activity.remote_actor()
        if found.uri != deed.actor.uri:
            return
        await tx.actors.put(self.remote.renewed(found, deed.actor))


def _is_older(note: RemoteNote, known: Post) -> bool:
    """Say whether an edit that arrives was overtaken by a newer one."""
    return bool(note.updated and known.edited_at and note.updated < known.edited_at)


ACTS: Mapping[str, Act] = {
    "Follow": Apply.follow,
    "Accept": Apply.accept,
    "Reject": Apply.reject,
    "Like": Apply.react,
    "Announce": Apply.react,
    "Create": Apply.create,
    "Update": Apply.update,
    "Delete": Apply.delete,
    "Undo": Apply.undo,
}
