"""What machines may do with somebody else's post, by its origin's word and ours. Pure.

The law: the more restrictive of both wins. A refusal counts whoever gives it; a permission
counts only where both give it, as nobody here can permit what is not theirs.
"""

from collections.abc import Iterable

from server.model import Actor, ContentUsage, Heard, Post, Preference
from server.policy import tighten
from server.signals import read_usage

_NO, _YES, _UNSET = Preference.NO, Preference.YES, Preference.UNSET
# What each word of a robots statement refuses. `noarchive` keeps Bing, and `nosnippet` Google,
# from answering with a page's text.
_NO_TRAINING = frozenset({"noai", "noimageai", "noml"})
_NO_AI_USE = frozenset({"noarchive", "nosnippet"})
_NO_SEARCH = frozenset({"noindex", "noimageindex", "none"})


def said(heard: Heard) -> ContentUsage:
    """Return what one document and its headers say together; they cannot take back a refusal."""
    statements = [
        read_usage(heard.usage),
        read_usage(heard.header),
        _robots(heard.robots_tag),
    ]
    if heard.is_indexable is False:
        statements.append(ContentUsage(search=_NO))
    return joined(statements)


def of_post(post: Post, author: Actor) -> ContentUsage:
    """Return what a post from elsewhere says: by itself, its pictures and its author."""
    parts = (author.heard, post.heard, *(picture.heard for picture in post.pictures))
    return joined(said(heard) for heard in parts if heard is not None)


def joined(statements: Iterable[ContentUsage]) -> ContentUsage:
    """Return several statements of one side as one: any `n` wins, then any `y` (AIPREF, 5.1)."""
    listed = list(statements)
    return ContentUsage(
        train_ai=_any([one.train_ai for one in listed]),
        ai_use=_any([one.ai_use for one in listed]),
        search=_any([one.search for one in listed]),
    )


def stricter(ours: ContentUsage, theirs: ContentUsage) -> ContentUsage:
    """Return what is said here of something of theirs."""
    return ContentUsage(
        train_ai=_both(ours.train_ai, theirs.train_ai),
        ai_use=_both(ours.ai_use, theirs.ai_use),
        search=_both(ours.search, theirs.search),
    )


def around(page: ContentUsage, shown: Iterable[ContentUsage]) -> ContentUsage:
    """Return what is said of a page of ours that shows others' posts too.

    What they refuse to AI holds for the whole page. That they want to be in no search does not:
    one comment would take its artist's work from every search; such posts are marked themselves.
    """
    theirs = joined(shown)
    return tighten(page, ContentUsage(theirs.train_ai, theirs.ai_use))


def _robots(text: str) -> ContentUsage:
    words = {word.strip().lower() for word in text.split(",")}
    return ContentUsage(
        train_ai=_UNSET if words.isdisjoint(_NO_TRAINING) else _NO,
        ai_use=_UNSET if words.isdisjoint(_NO_AI_USE) else _NO,
        search=_UNSET if words.isdisjoint(_NO_SEARCH) else _NO,
    )


def _any(answers: list[Preference]) -> Preference:
    if _NO in answers:
        return _NO
    return _YES if _YES in answers else _UNSET


def _both(ours: Preference, theirs: Preference) -> Preference:
    if _NO in {ours, theirs}:
        return _NO
    return _YES if ours is _YES and theirs is _YES else _UNSET
