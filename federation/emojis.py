"""Custom emoji in documents of other servers (FEP-9098). Pure."""

import re
from typing import Final

from federation.documents import Document, first, is_document, links, text_of, type_of, values
from server.model import Emoji

MAX_EMOJIS: Final = 30  # of one post or name; more is decoration at our visitors' cost
_MAX_TAGS: Final = 200
_SHORTCODE = re.compile(r":?(\w(?:[\w-]{0,62}\w)?):?", re.ASCII)


def emojis_of(document: Document) -> tuple[Emoji, ...]:
    """Return the usable custom emoji of a post's or actor's `tag`, each shortcode once."""
    found: dict[str, Emoji] = {}
    for tag in values(document.get("tag"), _MAX_TAGS):
        if is_document(tag) and type_of(tag).removeprefix("toot:") == "Emoji":
            emoji = _emoji(tag)
            if emoji is not None:
                found.setdefault(emoji.shortcode, emoji)
    return tuple(found.values())[:MAX_EMOJIS]


def _emoji(tag: Document) -> Emoji | None:
    name = _SHORTCODE.fullmatch(text_of(tag.get("name"), 100).strip())
    icon = first(tag.get("icon"))
    value = icon.get("url", icon.get("href")) if is_document(icon) else icon
    address = next((address for address, _, _ in links(value, limit=5)), "")
    return Emoji(name[1], address) if name is not None and address else None
