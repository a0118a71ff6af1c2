"""From a post as another server wrote it to the one that we keep. Pure."""

from collections.abc import Container
from dataclasses import replace

from federation.addressing import PUBLIC
from federation.vocabulary import RemoteNote
from federation.wording import sanitised, without_quote_line
from server.model import Actor, AiLabel, Millis, Post, PostId, Quote, Visibility
from server.targets import Target
from server.treatments import Treatment, accumulated, is_stripped

_MAX_HEADER = 1_000  # characters of a Content-Usage
_SOURCE_TYPES = {  # the last part of IPTC's address, as `server.signals` says it of our works
    "trainedalgorithmicmedia": AiLabel.GENERATED,
    "compositewithtrainedalgorithmicmedia": AiLabel.ASSISTED,
    "compositesynthetic": AiLabel.ASSISTED,  # made of several, one of them by a machine
}
_LABELS = list(AiLabel)


def label_of(note: RemoteNote) -> AiLabel:
    """Return what a post or its media declare of machines; no declaration is no verdict."""
    found = (label_said(said) for said in note.source_types)
    return max(found, key=_LABELS.index, default=AiLabel.NONE)


def with_header(note: RemoteNote, content_usage: str) -> RemoteNote:
    """Return a post with the Content-Usage header that came with it, where one did."""
    if not content_usage or len(content_usage) > _MAX_HEADER:
        return note
    return replace(note, heard=replace(note.heard, header=content_usage))


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
    visibility = _no_wider(note.audience, known)
    is_private = visibility is Visibility.DIRECT
    is_narrower = is_private and note.audience is not Visibility.DIRECT  # stays for whom it was
    return Post(
        id=known.id if known else PostId(new_id),
        uri=note.uri,
        actor_id=author.id,
        is_local=False,
        visibility=visibility,
        content_html=sanitised(
            without_quote_line(note.content_html) if note.quote_uri else note.content_html
        ),
        title=note.title,
        url=note.url or note.uri,
        is_sensitive=note.is_sensitive,
        warning=note.warning,
        published_at=min(note.published or now, now),
        edited_at=note.updated if known else None,
        in_reply_to_uri=note.in_reply_to,
        reply_to_id=answered.id if answered else None,
        work_id=answered.thread_of if answered and not is_private else None,
        pictures=note.pictures,
        tags=note.hashtags,
        language=note.language,
        mentions=known.mentions if known and is_narrower else people_in(note),
        ai_label=label_of(note),
        quote=_quote(note, known),
        poll=note.poll,
        emojis=note.emojis,
        featured_at=known.featured_at if known else None,
        heard=note.heard,
        interaction=note.interaction,
    )


def label_said(said: str) -> AiLabel:
    """Read one of IPTC's terms, written as its address, a short name or with a prefix."""
    last = said.rstrip("/#").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]
    return _SOURCE_TYPES.get(last.lower(), AiLabel.NONE)


def treated(
    post: Post, known: Post | None, now: Treatment | None, standing: Container[str]
) -> Post:
    """Return a post as the rules here have it shown; `standing`: the rules that still count."""
    found = accumulated(known.treatments if known else (), now, standing)
    if not found:
        return post
    if is_stripped(found):
        return replace(post, treatments=found, pictures=(), emojis=())
    return replace(post, treatments=found)


def people_in(note: RemoteNote) -> tuple[str, ...]:
    """Return whom a post names; of a direct one those whom it is for.

    A mention alone lets nobody read a direct message, and Takahē has people in `cc`.
    """
    named = [mention.uri for mention in note.mentions]
    if note.audience is Visibility.DIRECT:
        addressed = [uri for uri in (*note.to, *note.cc) if uri != PUBLIC]
        named = addressed or named
    return tuple(dict.fromkeys(named))


def _quote(note: RemoteNote, known: Post | None) -> Quote | None:
    """Return what a post quotes; agreed to as before, while it quotes by the same right."""
    if not note.quote_uri:
        return None
    quote = Quote(note.quote_uri, note.quote_approval)
    before = known.quote if known else None
    is_same = before is not None and (before.uri, before.approval_uri) == (
        quote.uri,
        quote.approval_uri,
    )
    return before if is_same else quote


def _no_wider(wanted: Visibility, known: Post | None) -> Visibility:
    """Return an audience no wider than before the edit (CVE-2024-37903)."""
    order = list(Visibility)
    if known is None or known.visibility is Visibility.DRAFT:  # it waited, and was let in
        return wanted
    if order.index(wanted) >= order.index(known.visibility):
        return wanted
    return known.visibility
