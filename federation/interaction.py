"""Follow, like or comment from one's own server: finds that server's way in.

The chain: an activity intent (FEP-3b86) for exactly that deed, the older OStatus
`subscribe`, the general intent. A server that offers none gets no guess: its people are
shown the address to paste into their search.
"""

from dataclasses import dataclass
from urllib.parse import quote

from federation import uris
from federation.discovery import SUBSCRIBE
from federation.documents import Document, is_document, values
from federation.remote import Remote

_INTENTS = "https://w3id.org/fep/3b86/"
_VERBS = {"follow": "Follow", "like": "Like", "boost": "Announce", "comment": "Create"}
_PLACES = ("{uri}", "{object}", "{inReplyTo}", "{id}")  # names that templates use for the subject


@dataclass(frozen=True, slots=True)
class Interaction:
    """Finds ways in."""

    remote: Remote

    async def way_in(self, address: str, uri: str, intent: str) -> str | None:
        """Return where a browser goes to act on `uri` from `address`' server; None: nowhere.

        Raises `Invalid` for what is no address, `NotFound`, `Unavailable`.
        """
        return chosen(await self.remote.look_up(address), uri, intent)


def chosen(jrd: Document, uri: str, intent: str) -> str | None:
    """Return the best template of a JRD, filled in. Pure."""
    templates = {
        str(link.get("rel")): str(link.get("template"))
        for link in values(jrd.get("links"), 50)
        if is_document(link) and isinstance(link.get("template"), str)
    }
    wanted = (f"{_INTENTS}{_VERBS.get(intent, 'Object')}", SUBSCRIBE, f"{_INTENTS}Object")
    for rel in wanted:
        filled = _filled(templates.get(rel, ""), uri)
        if filled:
            return filled
    return None


def _filled(template: str, uri: str) -> str:
    for place in _PLACES:
        template = template.replace(place, quote(uri, safe=""))
    is_usable = "{" not in template and uris.is_address(template)
    return template if is_usable else ""
