"""What machines may do with pages that show posts from elsewhere, and how people are told."""

from collections.abc import Iterable

from server import heard
from server.house import House
from server.licences import LICENCES
from server.model import ContentUsage, Preference
from server.viewing import Said
from web.views import LinkView

_TITLES = {name: one.name for one in LICENCES if one.url for name in (one.title, one.url)}


def of_said(house: House, said: Said) -> ContentUsage:
    """Return what is said here of a post: ours alone of one from here, else both sides'."""
    ours = house.usage_of()
    if said.post.is_local:
        return ours
    return heard.stricter(ours, heard.of_post(said.post, said.author))


def beside(usage: ContentUsage, shown: Iterable[Said]) -> ContentUsage:
    """Return what is said of a page of ours on which these posts stand too."""
    theirs = (heard.of_post(one.post, one.author) for one in shown if not one.post.is_local)
    return heard.around(usage, theirs)


def note_of(said: Said) -> str:
    """Return what a post's server says of AI, as one sentence; "" where it says nothing."""
    if said.post.is_local:
        return ""
    usage = heard.of_post(said.post, said.author)
    refused = [
        what
        for answer, what in ((usage.train_ai, "train AI"), (usage.ai_use, "feed AI"))
        if answer is Preference.NO
    ]
    return f"May not be used to {' or '.join(refused)}, its server says." if refused else ""


def is_unsearched(said: Said) -> bool:
    """Say whether a post wants to be in no search."""
    usage = heard.of_post(said.post, said.author)
    return not said.post.is_local and usage.search is Preference.NO


def licence_of(said: Said) -> LinkView | None:
    """Return the licence that a post or its first picture names, where it has an address."""
    parts = [said.post.heard, *(one.heard for one in said.post.pictures)]
    for part in parts:
        if part is not None and part.licence_url:
            return LinkView(_TITLES.get(part.licence_url, part.licence_url), part.licence_url)
    return None
