"""The activities that we send. Pure.

What is undone or answered stands in the activity whole, and a deletion names a Tombstone: some
servers read nothing else.
"""

from collections.abc import Sequence

from federation.addressing import PUBLIC
from federation.translate import Document, timestamp
from server.model import Actor, Millis, Reaction, ReactionKind


def create(note: Document, uri: str) -> Document:
    """Return `Create` of a note; one activity per note, so its id derives from the note's."""
    return _about_note("Create", note, uri, note["published"])


def update(note: Document, uri: str, at: Millis) -> Document:
    """Return `Update` of a note."""
    return _about_note("Update", note, uri, timestamp(at))


def update_actor(actor: Document, followers_uri: str, uri: str) -> Document:
    """Return `Update` of an actor, to everyone who follows."""
    return {
        "id": uri,
        "type": "Update",
        "actor": actor["id"],
        "to": [PUBLIC],
        "cc": [followers_uri],
        "object": actor,
    }


def delete(object_uri: str, actor: Actor, uri: str) -> Document:
    """Return `Delete` with a Tombstone: Pixelfed drops a bare id."""
    return {
        "id": uri,
        "type": "Delete",
        "actor": actor.uri,
        "to": [PUBLIC],
        "cc": [actor.followers_uri],
        "object": tombstone(object_uri),
    }


def tombstone(object_uri: str, former_type: str = "") -> Document:
    """Return what stands where something was deleted."""
    document: Document = {"id": object_uri, "type": "Tombstone"}
    return document | ({"formerType": former_type} if former_type else {})


def follow(follower_uri: str, followee_uri: str, uri: str) -> Document:
    """Return `Follow`."""
    return {
        "id": uri,
        "type": "Follow",
        "actor": follower_uri,
        "object": followee_uri,
        "to": [followee_uri],
    }


def answer(kind: str, asked: Document, followee: Actor, uri: str) -> Document:
    """Return `Accept` or `Reject` of a Follow, which stands in it whole: some servers need it."""
    return {
        "id": uri,
        "type": kind,
        "actor": followee.uri,
        "object": asked,
        "to": [asked["actor"]],
    }


def reaction(
    done: Reaction, actor: Actor, object_uri: str, owner_uri: str, *, at: Millis
) -> Document:
    """Return `Like` to the owner, or `Announce` to followers and the owner."""
    document: Document = {
        "id": done.uri,
        "type": "Like" if done.kind is ReactionKind.LIKE else "Announce",
        "actor": actor.uri,
        "object": object_uri,
        "to": [owner_uri],
    }
    if done.emoji:
        # A Like that most servers count as one, and the others show as it is meant: FEP-c0e0 reads
        # `content`, Misskey and its kin the other. Mastodon, GoToSocial, Pixelfed and Vernissage
        # drop an EmojiReact.
        document |= {"content": done.emoji, "_misskey_reaction": done.emoji}
    if done.kind is ReactionKind.BOOST:
        document |= {
            "to": [PUBLIC],
            "cc": [actor.followers_uri, owner_uri],
            "published": timestamp(at),
        }
    return document


def block(blocker_uri: str, blocked_uri: str, uri: str) -> Document:
    """Return `Block`, addressed to nobody but the blocked one."""
    return {
        "id": uri,
        "type": "Block",
        "actor": blocker_uri,
        "object": blocked_uri,
        "to": [blocked_uri],
    }


def flag(actor_uri: str, objects: Sequence[str], content: str, uri: str) -> Document:
    """Return `Flag`: the accused actor first, then its posts, as Mastodon writes it."""
    return {
        "id": uri,
        "type": "Flag",
        "actor": actor_uri,
        "content": content,
        "object": list(objects),
    }


def move(actor: Actor, target_uri: str, uri: str) -> Document:
    """Return `Move`, to followers (FEP-7628)."""
    return {
        "id": uri,
        "type": "Move",
        "actor": actor.uri,
        "object": actor.uri,
        "target": target_uri,
        "to": [actor.followers_uri],
        "cc": [PUBLIC],
    }


def arrange(kind: str, object_uri: str, collection_uri: str, actor: Actor, uri: str) -> Document:
    """Return `Add` to, or `Remove` from, a collection of the actor's own."""
    return {
        "id": uri,
        "type": kind,
        "actor": actor.uri,
        "object": object_uri,
        "target": collection_uri,
        "to": [PUBLIC],
        "cc": [actor.followers_uri],
    }


def undo(what: Document, uri: str) -> Document:
    """Return `Undo` with what it undoes standing in it whole."""
    document: Document = {
        "id": uri,
        "type": "Undo",
        "actor": what["actor"],
        "object": what,
        "to": what.get("to", []),
    }
    return document | ({"cc": what["cc"]} if "cc" in what else {})


def _about_note(kind: str, note: Document, uri: str, at: str) -> Document:
    return {
        "id": uri,
        "type": kind,
        "actor": note["attributedTo"],
        "published": at,
        "to": note["to"],
        "cc": note["cc"],
        "object": note,
    }
