"""From a post as another server wrote it to the one that we keep. Pure."""

from federation.vocabulary import RemoteNote
from federation.wording import sanitised
from server.model import Actor, AiLabel, Millis, Post, PostId, Visibility
from server.reactions import Target

_SOURCE_TYPES = {  # the last part of IPTC's address, as `server.signals` says it of our works
    "trainedAlgorithmicMedia": AiLabel.GENERATED,
    "compositeWithTrainedAlgorithmicMedia": AiLabel.ASSISTED,
}


def label_of(note: RemoteNote) -> AiLabel:
    """Return what a post declares about machine generation; no declaration is no verdict."""
    said = note.digital_source_type.rstrip("/").rpartition("/")[2]
    return _SOURCE_TYPES.get(said, AiLabel.NONE)


def post_from(
    note: RemoteNote,
    author: Actor,
    known: Post | None,
    *,
    new_id: int,
    now: Millis,
    answered: Target | None = None,
) -> Post:
    """Return the post to keep. `known`: the row that it replaces; `answered`: what it answers.

    A date in the future would keep a post on top of every list: it counts as now.
    """
    return Post(
        id=known.id if known else PostId(new_id),
        uri=note.uri,
        actor_id=author.id,
        is_local=False,
        visibility=_no_wider(note.audience, known),
        content_html=sanitised(note.content_html),
        title=note.title,
        url=note.url or note.uri,
        is_sensitive=note.is_sensitive,
        warning=note.warning,
        published_at=min(note.published or now, now),
        edited_at=note.updated if known else None,
        in_reply_to_uri=note.in_reply_to,
        reply_to_id=answered.id if answered else None,
        work_id=answered.thread_of if answered else None,
        pictures=note.pictures,
        tags=note.hashtags,
        language=note.language,
        content_usage=note.content_usage,
        mentions=tuple(mention.uri for mention in note.mentions),
        ai_label=label_of(note),
    )


def _no_wider(wanted: Visibility, known: Post | None) -> Visibility:
    """Return an audience no wider than before the edit (CVE-2024-37903)."""
    order = list(Visibility)
    if known is None or order.index(wanted) >= order.index(known.visibility):
        return wanted
    return known.visibility
