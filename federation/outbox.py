"""Tells other servers of deeds done here: say → address → promise, from a table of deeds.

Federation listens to stored deeds; no flow calls it and none fails for it. The activity
and one delivery per inbox are kept in one transaction.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from federation import translate, uris
from federation.addressing import inboxes
from federation.translate import Document, Voice
from server.addresses import Addresses
from server.clock import Clock
from server.errors import Untrusted
from server.house import House
from server.model import (
    ActivityId,
    Actor,
    ActorId,
    PostId,
    Reaction,
    ReactionKind,
    StoredActivity,
    TargetId,
    Work,
    WorkId,
)
from server.ports import Bus, Library, Transaction
from server.promises import (
    JOBS_TOPIC,
    URGENT,
    Deed,
    DeliverPromise,
    SayPromise,
    promise,
)
from server.reactions import find_target

_REACHED = 200  # most commenters and admirers of one work who hear of its edits


@dataclass(frozen=True, slots=True)
class Message:
    """An activity and the inboxes, (own, shared or ""), of those it is for."""

    activity: Document
    recipients: Sequence[tuple[str, str]]
    is_urgent: bool = False


Say = Callable[["Outbox", Transaction, SayPromise, Actor], Awaitable[Message | None]]


@dataclass(frozen=True, slots=True)
class Outbox:
    """Says."""

    library: Library
    clock: Clock
    addresses: Addresses
    bus: Bus
    house: House

    async def say(self, payload: bytes) -> None:
        """Do one `SayPromise`. A deed whose subject is gone by now is passed over."""
        what = msgspec.json.decode(payload, type=SayPromise)
        async with self.library.transaction() as tx:
            actor = await tx.actors.by_id(what.actor_id)
            message = await SAYINGS[what.deed](self, tx, what, actor) if actor else None
            if message is not None:
                await self._promise(tx, what.actor_id, message)
        self.bus.wake(JOBS_TOPIC)

    async def _promise(self, tx: Transaction, actor_id: ActorId, message: Message) -> None:
        ours = (f"{self.addresses.base_url}/",)
        targets = inboxes(message.recipients, ours=ours)
        if not targets:
            return
        activity = translate.with_context(message.activity)
        uri = activity["id"]
        stored = StoredActivity(
            id=ActivityId(self.clock.new_id()),
            uri=uri,
            type=activity["type"],
            actor_uri=activity["actor"],
            object_uri=_object_uri(activity),
            is_outgoing=True,
            dedupe=f"out {uri}",
            body=msgspec.json.encode(activity),
            received_at=self.clock.now(),
        )
        if not await tx.activities.keep(stored):
            return  # the job ran before: its deliveries are promised
        for inbox in targets:
            await promise(
                tx,
                self.clock,
                DeliverPromise(stored.id, inbox, actor_id),
                queue=_host_of(inbox),
                priority=URGENT if message.is_urgent else None,
            )

    async def work_hung(self, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
        """Create, to followers."""
        note, _ = await self._note(tx, what, actor)
        if note is None:
            return None
        activity = translate.create(note, f"{note['id']}/activity")
        return Message(activity, await tx.relations.follower_inboxes(actor.id))

    async def work_edited(self, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
        """Update, to followers and those who reacted."""
        note, work = await self._note(tx, what, actor)
        if note is None or work is None:
            return None
        at = work.edited_at or self.clock.now()
        activity = translate.update(note, self._new_uri(), at)
        return Message(activity, await self._audience_of(tx, work, actor))

    async def work_withdrawn(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Delete, to everybody who may hold a copy."""
        work = await tx.works.by_id(WorkId(what.target_id))
        if work is None:
            return None
        uri = self.addresses.work(work.id)
        activity = translate.delete(uri, actor, f"{uri}/delete")
        return Message(activity, await self._audience_of(tx, work, actor))

    async def commented(self, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
        """Create of a comment, to whom it answers and the author's followers."""
        post = await tx.posts.by_id(PostId(what.target_id))
        if post is None:
            return None
        parent = await self._owner(tx, post.reply_to_id or 0)
        note = translate.note_of_post(post, actor, parent)
        activity = translate.create(note, f"{post.uri}/activity")
        followers = await tx.relations.follower_inboxes(actor.id)
        return Message(activity, [*followers, *_inboxes_of(parent)])

    async def comment_removed(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Delete of a comment, to those who got it."""
        parent = await self._owner(tx, what.target_id)
        activity = translate.delete(what.uri, actor, f"{what.uri}/delete")
        followers = await tx.relations.follower_inboxes(actor.id)
        return Message(activity, [*followers, *_inboxes_of(parent)])

    async def follow_asked(self, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
        """Follow, to the followee."""
        followee = await tx.actors.by_id(ActorId(what.target_id))
        if followee is None:
            return None
        asked = translate.follow(actor.uri, followee.uri, what.uri)
        return Message(asked, _personal(followee), is_urgent=True)

    async def follow_undone(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Undo of a Follow, to the followee."""
        followee = await tx.actors.by_id(ActorId(what.target_id))
        if followee is None:
            return None
        asked = translate.follow(actor.uri, followee.uri, what.uri)
        undone = translate.undo(asked, self._new_uri())
        return Message(undone, _personal(followee), is_urgent=True)

    async def follow_accepted(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Accept, to the follower."""
        return await self._answer(tx, "Accept", what, actor)

    async def follow_rejected(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Reject, to the follower."""
        return await self._answer(tx, "Reject", what, actor)

    async def reacted(self, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
        """Like or Announce."""
        done = await self._reaction(tx, what, actor)
        return Message(*done) if done else None

    async def reaction_undone(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Undo of a Like or Announce."""
        done = await self._reaction(tx, what, actor)
        if done is None:
            return None
        return Message(translate.undo(done[0], self._new_uri()), done[1])

    async def profile_changed(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> Message | None:
        """Update of the actor, to followers."""
        artist = await tx.artists.by_id(what.actor_id)
        if artist is None:
            return None
        voice = Voice(artist, actor, self.house.usage_of(artist), self.house.now.policy)
        document = translate.actor_of(voice, self.addresses)
        activity = translate.update_actor(document, actor.followers_uri, self._new_uri())
        return Message(activity, await tx.relations.follower_inboxes(actor.id))

    async def _note(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> tuple[Document | None, Work | None]:
        work = await tx.works.by_id(WorkId(what.target_id))
        artist = await tx.artists.by_id(what.actor_id)
        if work is None or artist is None or not work.is_visible:
            return None, None
        voice = Voice(artist, actor, self.house.usage_of(artist, work), self.house.now.policy)
        return translate.note_of_work(work, voice, self.addresses), work

    async def _answer(
        self, tx: Transaction, kind: str, what: SayPromise, actor: Actor
    ) -> Message | None:
        follower = await tx.actors.by_id(ActorId(what.target_id))
        if follower is None:
            return None
        asked = translate.follow(follower.uri, actor.uri, what.uri)
        said = translate.answer(kind, asked, actor, self._new_uri())
        return Message(said, _personal(follower), is_urgent=True)

    async def _reaction(
        self, tx: Transaction, what: SayPromise, actor: Actor
    ) -> tuple[Document, list[tuple[str, str]]] | None:
        target = await find_target(tx, self.addresses, TargetId(what.target_id))
        owner = await tx.actors.by_id(target.owner_id) if target else None
        if target is None or owner is None:
            return None
        now = self.clock.now()
        kind = ReactionKind(what.kind)
        done = Reaction(0, kind, actor.id, target.id, what.uri, now)
        document = translate.reaction(done, actor, target.uri, owner.uri, at=now)
        is_boost = kind is ReactionKind.BOOST
        followers = await tx.relations.follower_inboxes(actor.id) if is_boost else []
        return document, [*followers, *_inboxes_of(owner)]

    async def _audience_of(
        self, tx: Transaction, work: Work, actor: Actor
    ) -> list[tuple[str, str]]:
        """Return everybody who may hold a copy: followers, and those who reacted or commented."""
        target = TargetId(work.id)
        found = await tx.relations.follower_inboxes(actor.id)
        for kind in ReactionKind:
            for _, admirer in await tx.reactions.of_target(target, kind, limit=_REACHED):
                found += _inboxes_of(admirer)
        comments = await tx.posts.thread(work.id, limit=_REACHED)
        authors = await tx.actors.many([post.actor_id for post in comments])
        for author in authors.values():
            found += _inboxes_of(author)
        return found

    async def _owner(self, tx: Transaction, target_id: int) -> Actor | None:
        target = await find_target(tx, self.addresses, TargetId(target_id))
        return await tx.actors.by_id(target.owner_id) if target else None

    def _new_uri(self) -> str:
        return self.addresses.activity(self.clock.new_id())


def _host_of(inbox: str) -> str:
    """Return whose turn a delivery waits for; "" where it is nobody's, and will be given up."""
    try:
        return uris.origin_of(inbox).authority
    except Untrusted:
        return ""  # one follower's odd inbox must not keep a work from all the others


def _object_uri(activity: Document) -> str:
    subject = activity["object"]
    return str(subject["id"] if isinstance(subject, dict) else subject)


def _inboxes_of(actor: Actor | None) -> list[tuple[str, str]]:
    if actor is None or actor.is_local or actor.gone_at is not None:
        return []
    return [(actor.inbox, actor.shared_inbox)]


def _personal(actor: Actor) -> list[tuple[str, str]]:
    """Return an actor's own inbox: a Follow and its answer go there on every server."""
    return _inboxes_of(replace(actor, shared_inbox=""))


SAYINGS: Mapping[Deed, Say] = {
    Deed.WORK_HUNG: Outbox.work_hung,
    Deed.WORK_EDITED: Outbox.work_edited,
    Deed.WORK_WITHDRAWN: Outbox.work_withdrawn,
    Deed.COMMENTED: Outbox.commented,
    Deed.COMMENT_REMOVED: Outbox.comment_removed,
    Deed.FOLLOW_ASKED: Outbox.follow_asked,
    Deed.FOLLOW_UNDONE: Outbox.follow_undone,
    Deed.FOLLOW_ACCEPTED: Outbox.follow_accepted,
    Deed.FOLLOW_REJECTED: Outbox.follow_rejected,
    Deed.REACTED: Outbox.reacted,
    Deed.REACTION_UNDONE: Outbox.reaction_undone,
    Deed.PROFILE_CHANGED: Outbox.profile_changed,
}
