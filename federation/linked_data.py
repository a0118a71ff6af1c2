"""From JSON-LD to statements, in a child process: the task behind `ld_signatures`.

Canonicalising (URDNA2015) takes unbounded time on hostile graphs, 50 seconds for a kilobyte, so
it runs where it can be killed. No context is ever fetched: those that we know are in
`data/json-ld-contexts.json`, and all others are refused.

Law: imported inside a child alone, so that the server never loads a JSON-LD library.
"""

import hashlib
import json
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


def answer(body: bytes) -> bytes:
    """Return, as JSON, `message` (what was signed) and `document` (compacted, in our words).

    Raises where the document is no JSON-LD that we can read.
    """
    document: dict[str, Any] = json.loads(body)
    signature = document.pop("signature")
    options = {name: value for name, value in signature.items() if name not in _NOT_OPTIONS}
    given = {"documentLoader": _loader()}
    hashes = [
        hashlib.sha256(
            jsonld.normalize(
                one, {**given, "algorithm": "URDNA2015", "format": "application/n-quads"}
            ).encode()
        ).hexdigest()
        for one in ({"@context": _OPTIONS_CONTEXT, **options}, document)
    ]
    document.pop("proof", None)
    compacted = jsonld.compact(document, {"@context": list(_WORDS)}, given)
    return json.dumps({"message": "".join(hashes), "document": compacted}).encode()


def contexts() -> dict[str, Any]:
    """Return the pinned contexts: address → document."""
    text = resources.files("federation").joinpath("data/json-ld-contexts.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)["documents"]
    return found


def _loader() -> Callable[[str, object], object]:
    loader: Callable[[str, object], object] = FrozenDocumentLoader(contexts())
    return loader


TASKS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType({LINKED_DATA_TASK: answer})
