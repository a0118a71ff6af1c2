"""From JSON-LD to statements, in a child process: the task behind `ld_signatures`.

Canonicalising (URDNA2015) takes unbounded time on hostile graphs, 50 seconds for a kilobyte, so
it runs where it can be killed. No context is ever fetched: those that we know are in
`data/json-ld-contexts.json`, and all others are refused.

Canonicalising passes over what is no statement, such as a term without a meaning, yet keeps the
nodes below it: by hanging on such a term, an Undo's inner Follow would become the document's
root, with the same signature. So what is no statement is dropped before, from what is hashed and
from what is believed alike.

Law: imported inside a child alone, so that the server never loads a JSON-LD library.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from pyld import jsonld
from pyld.documentloader.frozen import FrozenDocumentLoader

from federation.ld_signatures import LINKED_DATA_TASK
from federation.translate import CONTEXT

# Our own words, and others' terms that we read: what stands here is what can be believed.
_WORDS: Final = (
    *CONTEXT,
    "https://gotosocial.org/ns",
    {
        "Emoji": "toot:Emoji",
        "votersCount": "toot:votersCount",
        "EmojiReact": "http://litepub.social/ns#EmojiReact",
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "PropertyValue": "http://schema.org#PropertyValue",
        "value": "http://schema.org#value",
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteAuthorization": {
            "@id": "https://w3id.org/fep/044f#quoteAuthorization",
            "@type": "@id",
        },
        "quoteUrl": "as:quoteUrl",
        "quoteUri": "http://fedibird.com/ns#quoteUri",
        "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    },
)
_OPTIONS_CONTEXT: Final = "https://w3id.org/identity/v1"
_NOT_OPTIONS: Final = frozenset({"type", "id", "signatureValue", "@context"})
_SAID_OF_ITSELF: Final = frozenset({"@id", "@type"})
_PROOF: Final = "https://w3id.org/security#proof"
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")  # RFC 3987
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47


def answer(body: bytes) -> bytes:
    """Return, as JSON, `message` (what was signed) and `document` (compacted, in our words).

    Raises where the document is no JSON-LD that we can read.
    """
    document: dict[str, Any] = json.loads(body)
    signature = document.pop("signature")
    options = {name: value for name, value in signature.items() if name not in _NOT_OPTIONS}
    given = {"documentLoader": _loader()}
    stated = _statements(jsonld.expand(document, given), set())
    hashes = [
        hashlib.sha256(
            jsonld.normalize(
                one, {**given, "algorithm": "URDNA2015", "format": "application/n-quads"}
            ).encode()
        ).hexdigest()
        for one in ({"@context": _OPTIONS_CONTEXT, **options}, stated)
    ]
    unproved = [{name: one for name, one in node.items() if name != _PROOF} for node in stated]
    compacted = jsonld.compact(unproved, {"@context": list(_WORDS)}, given)
    return json.dumps({"message": "".join(hashes), "document": compacted}).encode()


def contexts() -> dict[str, Any]:
    """Return the pinned contexts: address → document."""
    text = resources.files("federation").joinpath("data/json-ld-contexts.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["documents"]
    return found


def _statements(expanded: list[Any], described: set[str]) -> list[Any]:
    """Return expanded JSON-LD without what is no statement. `described`: the ids met so far.

    Raises `ValueError` where an address is none, or a thing is described in two places: a reader
    of the first would miss the rest, which was signed with it.
    """
    return [_value(one) if "@value" in one else _node(one, described) for one in expanded]


def _value(value: dict[str, Any]) -> dict[str, Any]:
    """Return a literal; who canonicalises drops those with a broken language or type."""
    kind, language = value.get("@type", "@json"), value.get("@language", "en")
    is_whole = (kind == "@json" or _ABSOLUTE.fullmatch(kind)) and _LANGUAGE.fullmatch(language)
    if not is_whole or not value.keys() <= {"@value", "@type", "@language"}:
        raise ValueError("The document holds a text that nobody can sign.")
    return value


def _node(node: dict[str, Any], described: set[str]) -> dict[str, Any]:
    own_id, kinds = node.get("@id"), node.get("@type", ())
    if not all(kind.startswith("_:") or _ABSOLUTE.fullmatch(kind) for kind in kinds):
        raise ValueError("The document has a kind that nobody can sign.")
    if own_id is not None:
        _check_id(own_id, described if len(node) > 1 else set())
    kept: dict[str, Any] = {name: node[name] for name in node if name in _SAID_OF_ITSELF}
    for name, below in node.items():
        if name in {"@list", "@graph"} or _ABSOLUTE.fullmatch(name):
            kept[name] = _statements(below, described)
        elif name.startswith("@") and name not in kept:
            raise ValueError("The document uses JSON-LD keywords.")
    return kept


def _check_id(own_id: str, described: set[str]) -> None:
    if own_id in described or not _ABSOLUTE.fullmatch(own_id):
        raise ValueError("The document has a broken address, or describes one thing twice.")
    described.add(own_id)


def _loader() -> Callable[[str, object], object]:
    loader: Callable[[str, object], object] = FrozenDocumentLoader(contexts())
    return loader


TASKS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType({LINKED_DATA_TASK: answer})
