"""From posts' polls, quotes, emoji and privacy to what templates show. No rule is made here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from server.emoji import without_shortcodes
from server.model import (
    Actor,
    Emoji,
    Millis,
    Poll,
    Post,
    Quote,
    RemotePicture,
    Visibility,
    Work,
)
from server.permits import InteractionKind
from server.treatments import TreatmentKind
from web.views import (
    EmojiView,
    LinkView,
    OptionVotesView,
    PictureView,
    PollView,
    QuoteView,
    ReactionsView,
    SourceView,
)

_TREATMENTS = {
    TreatmentKind.LABEL: "",
    TreatmentKind.HIDE: "Hidden from lists here.",
    TreatmentKind.STRIP_MEDIA: "Pictures left out here.",
}
_MOST_PICTURES_AMONG_OTHERS = 8
_MAX_ALT_AMONG_OTHERS = 2_000  # characters; most servers take 1,500
CONSENT_NOTE = "Whom you quote was asked. Once they agree, the quote is shown to everybody."
_WAITS = "This waits until the artist lets it stand. Nobody else sees it."


def emoji_views(emojis: Sequence[Emoji]) -> tuple[EmojiView, ...]:
    """Return custom emoji."""
    return tuple(EmojiView(emoji.shortcode, emoji.url) for emoji in emojis)


def poll_view(post: Post, now: Millis) -> PollView | None:
    """Return a post's poll with each option's share, and where it is answered."""
    poll = post.poll
    if poll is None:
        return None
    is_closed = poll.closes_at is not None and poll.closes_at <= now
    total = _total(poll)
    return PollView(
        options=tuple(
            OptionVotesView(text, votes, min(round(votes * 100 / total), 100) if total else 0)
            for text, votes in poll.options
        ),
        is_multiple=poll.is_multiple,
        is_closed=is_closed,
        closes_at=poll.closes_at or None,
        voters=poll.voters,
        answer=None if is_closed else LinkView(f"Answer it on {host_of(post.url)}", post.url),
    )


def _total(poll: Poll) -> int:
    """Return what makes 100 %: people where several options may be chosen, else votes."""
    votes = sum(number for _, number in poll.options)
    most = max((number for _, number in poll.options), default=0)
    return max(poll.voters, most) if poll.is_multiple and poll.voters else votes


def host_of(url: str) -> str:
    """Return the name of the server of an address that was checked when it came."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return "its server"


def origin_of(post: Post) -> LinkView | None:
    """Return where a remote post stands, None for ours."""
    return None if post.is_local or not post.url else LinkView(host_of(post.url), post.url)


def without_refused(view: ReactionsView, refused: Collection[InteractionKind]) -> ReactionsView:
    """Return reactions without the buttons that would be refused; what was done may be undone."""
    may_like = view.has_liked or InteractionKind.LIKE not in refused
    may_boost = view.has_boosted or InteractionKind.BOOST not in refused
    return replace(
        view,
        like_action=view.like_action if may_like else "",
        boost_action=view.boost_action if may_boost else "",
        emoji_action=view.emoji_action if may_like else "",
    )


def granted_quote(post: Post | Work, quotes: Mapping[str, QuoteView]) -> QuoteView | None:
    """Return what a post quotes, where its author agreed and the visitor may see it."""
    is_granted = post.quote is not None and post.quote.is_approved
    return quotes.get(post.quote.uri) if post.quote and is_granted else None


def plain_quote(post: Post | Work) -> LinkView | None:
    """Return a link to what a post quotes without its author's word."""
    if post.quote is None or post.quote.is_approved:
        return None
    return LinkView(host_of(post.quote.uri), post.quote.uri)


def note_on(
    post: Post, people: Sequence[Actor] = (), own_id: int = 0, *, is_own: bool = False
) -> str:
    """Return a sentence on who sees a post, where that is not everybody, and on what rules did."""
    return " ".join(
        filter(None, (_seen_by(post, people, own_id, is_own=is_own), *treatment_notes(post)))
    )


def treatment_notes(post: Post) -> tuple[str, ...]:
    """Return a sentence for each thing that a rule here did to a post."""
    return tuple(
        f"{_TREATMENTS[one.kind]} {one.reason}".strip()
        for one in post.treatments
        if one.reason or _TREATMENTS[one.kind]
    )


def _seen_by(post: Post, people: Sequence[Actor], own_id: int, *, is_own: bool) -> str:
    if post.visibility is Visibility.DRAFT:
        return _WAITS
    if post.visibility is Visibility.DIRECT:
        return only_you_and(people, own_id)
    if is_own and waits_for_consent(post.quote):
        return CONSENT_NOTE
    return "Only followers see this." if post.visibility is Visibility.FOLLOWERS else ""


def waits_for_consent(quote: Quote | None) -> bool:
    """Say whether the quoted one was asked and has not answered."""
    return quote is not None and not quote.is_approved


def only_you_and(people: Sequence[Actor], own_id: int) -> str:
    """Name everybody who sees a private message."""
    others = [plain_name(actor) for actor in people if actor.id != own_id]
    if not others:
        return "Only you see this."
    if len(others) > 1:
        others = [", ".join(others[:-1]), others[-1]]
        return f"Only you, {others[0]} and {others[1]} see this."
    return f"Only you and {others[0]} see this."


def plain_name(actor: Actor) -> str:
    """Return a name without its custom emoji, where no picture can stand."""
    codes = (emoji.shortcode for emoji in actor.emojis)
    return without_shortcodes(actor.name, codes) or actor.handle


def remote_pictures(post: Post) -> tuple[PictureView, ...]:
    """Return the pictures of another server's post, at their own addresses."""
    return tuple(remote_picture(picture) for picture in post.pictures)


def pictures_among_others(post: Post) -> tuple[PictureView, ...]:
    """Return as much of a post's pictures as a thread has room for; alone they are all there.

    200 answers with twenty pictures each, described at length, would be a page of 80 MB.
    """
    return tuple(
        replace(picture, alt=f"{picture.alt[:_MAX_ALT_AMONG_OTHERS]} …")
        if len(picture.alt) > _MAX_ALT_AMONG_OTHERS
        else picture
        for picture in remote_pictures(post)[:_MOST_PICTURES_AMONG_OTHERS]
    )


def remote_picture(picture: RemotePicture) -> PictureView:
    """Return a picture from another server, at its own address."""
    return PictureView(
        alt=picture.alt,
        width=picture.width or 0,
        height=picture.height or 0,
        jpeg=(SourceView(picture.url, picture.width or 1_280),),
        is_remote=True,
    )
