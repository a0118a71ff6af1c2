"""Text as people type it: whom it names, its tags, its web addresses; and as HTML. Pure.

Every class of repetition is bounded or excludes what may follow it: linear on hostile text.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Final

from server.model import Actor

MAX_NAMED: Final = 10  # people in one text; each may make us ask another server
MAX_TAGS: Final = 20

Named = Mapping[tuple[str, str], Actor]  # by (handle, domain), both in small letters

_MARKS = re.compile(
    r"""(?<!\w)(?P<url>https?://[^\s<>"]{1,2000})
    | (?<![\w@/.])@(?P<handle>[A-Za-z0-9_][A-Za-z0-9_.~-]{0,99})
      @(?P<domain>[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?)
    | (?<![\w&/\#])\#(?P<tag>\w{1,60})""",
    re.VERBOSE,
)


def addresses_in(text: str) -> tuple[tuple[str, str], ...]:
    """Return the first people that a text names as `@name@server`: (name, server), folded."""
    found = (_address(mark) for mark in _MARKS.finditer(text) if mark["handle"])
    return tuple(dict.fromkeys(found))[:MAX_NAMED]


def people_named(text: str, named: Named) -> tuple[Actor, ...]:
    """Return whom a text names of those who were found, each once."""
    found = {named[one].uri: named[one] for one in addresses_in(text) if one in named}
    return tuple(found.values())


def tags_in(text: str) -> tuple[str, ...]:
    """Return a text's first #tags without #, each once, as written first."""
    found = {
        mark["tag"].casefold(): mark["tag"]
        for mark in reversed(list(_MARKS.finditer(text)))
        if mark["tag"] and _is_tag(mark["tag"])
    }
    return tuple(reversed(found.values()))[:MAX_TAGS]


def paragraphs_of(text: str, named: Named, tag_page: Callable[[str], str] | None = None) -> str:
    """Return plain text as escaped paragraphs; addresses, people found and tags are links."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{_line(block, named, tag_page)}</p>" for block in blocks if block)


def mention_link(actor: Actor) -> str:
    """Return somebody's name as a link, marked up as Mastodon knows it."""
    page = html.escape(actor.url or actor.uri)
    name = html.escape(actor.handle)
    return (
        f'<span class="h-card"><a href="{page}" class="u-url mention">'
        f"@<span>{name}</span></a></span>"
    )


def _line(text: str, named: Named, tag_page: Callable[[str], str] | None) -> str:
    parts, end = [], 0
    for mark in _MARKS.finditer(text):
        parts += [html.escape(text[end : mark.start()]), _marked(mark, named, tag_page)]
        end = mark.end()
    return "".join([*parts, html.escape(text[end:])]).replace("\n", "<br>")


def _marked(mark: re.Match[str], named: Named, tag_page: Callable[[str], str] | None) -> str:
    if mark["url"]:
        return _url_link(mark["url"])
    if mark["handle"]:
        handle, domain = _address(mark)
        actor = named.get((handle, domain))
        rest = mark["domain"][len(domain) :]
        return mention_link(actor) + html.escape(rest) if actor else html.escape(mark.group())
    if tag_page is None or not _is_tag(mark["tag"]):
        return html.escape(mark.group())
    page, name = html.escape(tag_page(mark["tag"])), html.escape(mark["tag"])
    return f'<a href="{page}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'


def _url_link(raw: str) -> str:
    url = raw.rstrip(".,;:!?'")
    if url.endswith(")") and "(" not in url:
        url = url.rstrip(")")
    if "@" in url.split("/")[2]:  # https://bank.example@evil.example/ deceives
        return html.escape(raw)
    shown = html.escape(url)
    return f'<a href="{shown}">{shown}</a>{html.escape(raw[len(url) :])}'


def _address(mark: re.Match[str]) -> tuple[str, str]:
    return mark["handle"].lower(), mark["domain"].rstrip(".-").lower()


def _is_tag(text: str) -> bool:
    return not text.replace("_", "").isdigit() and bool(text.strip("_"))
