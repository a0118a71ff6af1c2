"""Other servers' posts, of every type that carries art or talk. Pure; HTML stays raw.

A post that one field spoils elsewhere is still read here without that field.
"""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from federation import marks
from federation.actors import heard_of, page_of
from federation.addressing import PUBLIC
from federation.documents import (
    MAX_NAME,
    Document,
    first,
    id_of,
    is_document,
    language_map,
    links,
    media_type_of,
    moment_of,
    number_of,
    term,
    text_of,
    type_of,
    values,
    worded,
)
from federation.emojis import emojis_of
from federation.permissions import read_policy
from federation.uris import same_origin
from server import errors
from server.model import Emoji, Heard, Millis, Poll, RemotePicture, Visibility
from server.permits import InteractionPolicy
from server.values import dataclass

_PUBLIC_NAMES: Final = frozenset({PUBLIC, "as:Public", "Public"})  # ActivityPub, 5.6
POST_TYPES: Final = frozenset(
    {"Note", "Question", "Article", "Page", "Image", "Video", "Audio", "Event"}
)
_POSTS: Final = POST_TYPES | {"Document"}
_TALK: Final = frozenset({"Note", "Question"})  # their summary is a warning, not an abstract
_MAX_CONTENT: Final = 200_000  # characters of HTML: a long article, not a library
_MAX_WARNING: Final = 2000
_MAX_RECIPIENTS: Final = 1000  # beyond it somebody floods; being left out only hides
_MAX_TAGS: Final = 200  # tags of all kinds together
_MAX_PICTURES: Final = 20  # the largest albums that Pixelfed allows
_MAX_ALT: Final = 10_000  # Mastodon's limit for descriptions
_MAX_OPTIONS: Final = 50  # of a poll; Mastodon reads 500, nobody looks at them
_MAX_VOTES: Final = 10**9
_MAX_SIDE: Final = 100_000  # pixels; larger numbers are no pictures
_IMAGE_ENDINGS: Final = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif",
    "webp": "image/webp", "avif": "image/avif", "heic": "image/heic",
}  # fmt: skip
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,164}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)  # BCP 47, in short
_FOLLOWERS = re.compile(r"/followers(?:[/?]|$)")  # every known server's path holds it
_QUOTES: Final = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")  # FEP-044f and older


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named in a post."""

    uri: str
    name: str  # as written, "@ana@art.test"; "" if left out


@dataclass(frozen=True, slots=True)
class RemoteNote:
    """A post of another server, whatever its type."""

    uri: str
    type: str
    attributed_to: str
    content_html: str = field(repr=False)  # as sent
    title: str
    warning: str
    is_sensitive: bool
    published: Millis | None
    updated: Millis | None
    url: str  # page for people, "" if none
    in_reply_to: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: Visibility
    hashtags: tuple[str, ...]  # without #, each once
    mentions: tuple[Mention, ...]
    pictures: tuple[RemotePicture, ...]
    poll: Poll | None
    language: str  # BCP 47, "" if unknown
    quote_uri: str
    quote_approval: str  # id of the QuoteAuthorization (FEP-044f), ""
    emojis: tuple[Emoji, ...]
    interaction: InteractionPolicy | None  # who may do what to it, as it says itself
    heard: Heard  # what its origin says of machines
    source_types: tuple[str, ...]  # IPTC's, as stated; how a machine-made image says so
    media: frozenset[str]  # kinds of what is attached: image, video, audio


def read_note(
    document: Document,
    to: tuple[str, ...] = (),
    cc: tuple[str, ...] = (),
    followers_uri: str = "",
) -> RemoteNote:
    """Read a post. `to` and `cc` are the activity's, for a post that names no recipients.

    Without `followers_uri` the author's followers are known by their path. Raises `Invalid`
    for what is no post, or has no id or author.
    """
    uri, name, author = id_of(document), type_of(document), _author(document)
    if not uri or name not in _POSTS:
        raise errors.Invalid("This document is no post; send a Note with an https id.")
    if not author:
        raise errors.Invalid("The post has no author; send attributedTo.")
    own_to, own_cc = recipients_of(document)
    to, cc = (own_to, own_cc) if "to" in document or "cc" in document else (to, cc)
    content, language = _content(document)
    summary = worded(document, "summary", _MAX_WARNING).strip()
    is_flagged = _is_flagged(document)
    warning = summary if name in _TALK or is_flagged else ""
    return RemoteNote(
        uri=uri,
        type=name,
        attributed_to=author,
        content_html=content,
        title=worded(document, "name", MAX_NAME).strip(),
        warning=warning,
        is_sensitive=is_flagged or bool(warning),
        published=moment_of(document.get("published")),
        updated=moment_of(document.get("updated")),
        url=page_of(document),
        in_reply_to=id_of(first(document.get("inReplyTo"))),
        to=to,
        cc=cc,
        audience=audience_of(to, cc, author, followers_uri),
        hashtags=_hashtags(document),
        mentions=_mentions(document),
        pictures=_pictures(document, name),
        poll=_poll(document),
        language=language,
        quote_uri=_quote(document),
        quote_approval=id_of(first(document.get("quoteAuthorization"))),
        emojis=emojis_of(document),
        interaction=read_policy(document),
        heard=heard_of(document),
        source_types=marks.source_types(document),
        media=marks.media_kinds(document),
    )


def recipients_of(document: Document) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (to, cc), each recipient once; every name of the public is `PUBLIC`."""
    return _recipients(document.get("to")), _recipients(document.get("cc"))


def audience_of(
    to: tuple[str, ...], cc: tuple[str, ...], author: str, followers_uri: str = ""
) -> Visibility:
    """Return who may see what is addressed so; in doubt only those named."""
    if PUBLIC in to:
        return Visibility.PUBLIC
    if PUBLIC in cc:
        return Visibility.UNLISTED
    for uri in (*to, *cc):
        if uri == followers_uri or (_FOLLOWERS.search(uri) and same_origin(uri, author)):
            return Visibility.FOLLOWERS
    return Visibility.DIRECT


def _recipients(value: object) -> tuple[str, ...]:
    found = (
        PUBLIC if isinstance(one, str) and one in _PUBLIC_NAMES else id_of(one)
        for one in values(value, _MAX_RECIPIENTS)
    )
    return tuple(dict.fromkeys(uri for uri in found if uri))


def _author(document: Document) -> str:
    """Return who made it: the person where several are named (PeerTube's channel, Pixelfed)."""
    found = values(document.get("attributedTo"), limit=10)
    people = [one for one in found if is_document(one) and type_of(one) == "Person"]
    return next((uri for one in people + found if (uri := id_of(one))), "")


def _content(document: Document) -> tuple[str, str]:
    """Return (HTML, language). The map names the language, and stands in for missing text."""
    content = text_of(document.get("content"), _MAX_CONTENT)
    tongues = language_map(document.get("contentMap"), _MAX_CONTENT)
    if not content:
        tag, content = next(iter(tongues.items()), ("", ""))
        return content, _language(tag)
    same = [tag for tag, text in tongues.items() if text == content]
    return content, _language(same[0] if same else next(iter(tongues), ""))


def _language(tag: str) -> str:
    return tag if _LANGUAGE.fullmatch(tag) and tag != "und" else ""


def _is_flagged(document: Document) -> bool:
    """Say whether the post or one of its pictures (Misskey) is marked sensitive."""
    parts = values(document.get("attachment"), _MAX_PICTURES)
    marked = [document, *(part for part in parts if is_document(part))]
    return any(part.get("sensitive", part.get("as:sensitive")) is True for part in marked)


def _tags(document: Document, kind: str) -> Iterator[Document]:
    for one in values(document.get("tag"), _MAX_TAGS):
        if is_document(one) and type_of(one) == kind:
            yield one


def _hashtags(document: Document) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for tag in _tags(document, "Hashtag"):
        name = worded(tag, "name", MAX_NAME).strip().removeprefix("#")
        if name and not any(letter.isspace() for letter in name):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())


def _mentions(document: Document) -> tuple[Mention, ...]:
    found: dict[str, Mention] = {}  # snac doubles them in replies
    for tag in _tags(document, "Mention"):
        if uri := id_of(tag.get("href")):
            found.setdefault(uri, Mention(uri, worded(tag, "name", MAX_NAME).strip()))
    return tuple(found.values())


def _quote(document: Document) -> str:
    for name in _QUOTES:
        if uri := id_of(first(document.get(name))):
            return uri
    for tag in _tags(document, "Link"):  # FEP-e232
        is_object = media_type_of(tag) in {"application/ld+json", "application/activity+json"}
        if is_object and (uri := id_of(tag.get("href"))):
            return uri
    return ""


def _poll(document: Document) -> Poll | None:
    """Return a Question's options with their votes; `closed` is a time, or true."""
    is_multiple = document.get("anyOf") is not None
    choices = document.get("anyOf" if is_multiple else "oneOf")
    found = [one for one in values(choices, _MAX_OPTIONS) if is_document(one)]
    options = tuple((name, _votes(one)) for one in found if (name := worded(one, "name", MAX_NAME)))
    if not options:
        return None
    closed = document.get("closed")
    ends = document.get("endTime") if closed is None or isinstance(closed, bool) else closed
    return Poll(
        options=options,
        is_multiple=is_multiple,
        closes_at=Millis(0) if closed is True else moment_of(ends),
        voters=number_of(term(document, "votersCount", "toot"), _MAX_VOTES),
    )


def _votes(option: Document) -> int:
    replies = first(option.get("replies"))
    total = replies.get("totalItems") if is_document(replies) else None
    return number_of(total, _MAX_VOTES) or 0


def _pictures(document: Document, name: str) -> tuple[RemotePicture, ...]:
    """Return the images attached; else a cover; else, of an Image, the post itself."""
    sources = [document.get("attachment"), document.get("image")]
    if name == "Image":
        sources.append(dict(document))
    for source in sources:
        found = (_picture(one) for one in values(source, _MAX_PICTURES))
        if pictures := tuple(picture for picture in found if picture is not None):
            return pictures
    return ()


def _picture(value: object) -> RemotePicture | None:
    part: Document = value if is_document(value) else {"url": value, "type": "Link"}
    own_type = media_type_of(part)
    for address, link_type, link in links(part.get("url", part.get("href")), limit=10):
        media_type = link_type or own_type or _guess(address)
        if media_type.startswith("image/") or (not media_type and type_of(part) == "Image"):
            if media_type == "image/svg+xml":  # a program, not a picture
                return None
            return _described(part, link, address, media_type)
    return None


def _described(part: Document, link: Document, address: str, media_type: str) -> RemotePicture:
    """Alt text stands in `summary` (GoToSocial 0.20), where both are given in Mastodon too."""
    blurhash = text_of(term(part, "blurhash", "toot"), 200)
    heard = heard_of(part)
    return RemotePicture(
        url=address,
        media_type=media_type,
        alt=worded(part, "summary", _MAX_ALT) or worded(part, "name", _MAX_ALT),
        width=number_of(part.get("width", link.get("width")), _MAX_SIDE) or None,
        height=number_of(part.get("height", link.get("height")), _MAX_SIDE) or None,
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else "",
        heard=None if heard == Heard() else heard,
    )


def _guess(address: str) -> str:
    path = address.partition("#")[0].partition("?")[0]
    return _IMAGE_ENDINGS.get(path.rpartition(".")[2].lower(), "")
