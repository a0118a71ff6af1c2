"""The child's side of Content Credentials: reads those of an upload, signs those of copies.

Law: runs in a child process without network, with the library told to ask nobody. The key that it
is given signs this one picture. Of what an upload brings its history stays (who signed, which
tools, what came of what, AI, training); thumbnails, camera data, places, texts and everything else
is redacted, as the standard allows, and what cannot be redacted without harm is not carried on.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from server.credentials import (
    LOOK_TASK,
    READ_TASK,
    SIGN_TASK,
    Reading,
    ReadOrder,
    Seal,
    Signed,
    SignOrder,
    date_of,
    mining_of,
    training_entries,
)

try:
    import c2pa
except (ImportError, OSError, RuntimeError):  # not installed, or not for this machine: tasks fail
    c2pa = None

_ALONE: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"decode_identity_assertions": False, "allowed_network_hosts": []},
    "builder": {"thumbnail": {"enabled": False}},
}
_AI_TYPES: Final = (
    "trainedAlgorithmicMedia",
    "trainedAlgorithmicData",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
)
# What of an earlier manifest stays. Actions and hashes may not be redacted (C2PA 2.2, 6.8).
_KEPT: Final = (
    *("c2pa.actions", "c2pa.hash", "c2pa.ingredient"),
    *("cawg.training-mining", "c2pa.training-mining"),
)
# Keys inside actions that carry what an artist did not mean to publish.
_PRIVATE: Final = ("prompt", "seed", "gps", "latitude", "longitude", "location", "mail", "author")
_MAX_WORDS: Final = 80  # characters of a name on a page
_MAX_PRIVATE_TEXT: Final = 200  # a longer text in an action is no name of a tool
_MAX_HISTORY: Final = 16  # manifests; a picture edited in four programs has four
_MAX_REDACTED: Final = 100
_MAX_MANIFEST_BYTES: Final = 65_536  # carried by every copy, the smallest too
_PARENT: Final = "parent"  # its name inside a manifest in the making
_MAX_DEPTH: Final = 20  # of JSON in an action


def read(data: bytes) -> bytes:
    """Do `READ_TASK`: a packed `ReadOrder` in, a packed `Reading | None` out."""
    order = msgspec.msgpack.decode(data, type=ReadOrder)
    return msgspec.msgpack.encode(_read(order))


def sign(data: bytes) -> bytes:
    """Do `SIGN_TASK`: a packed `SignOrder` in, a packed `Signed` out."""
    order = msgspec.msgpack.decode(data, type=SignOrder)
    with_parent = order.parent is not None and _redactions(order.parent_type, order.parent)
    if isinstance(with_parent, list):
        try:
            return msgspec.msgpack.encode(_signed(order, with_parent))
        except (c2pa.C2paError, _TooMuch):
            pass  # what the upload brought cannot be carried on: the copies are signed without it
    return msgspec.msgpack.encode(_signed(order, None))


def look(_: bytes) -> bytes:
    """Do `LOOK_TASK`: say which library is there."""
    return str(c2pa.sdk_version()).encode()


class _TooMuch(Exception):
    """More than every copy should carry."""


def _read(order: ReadOrder) -> Reading | None:
    settings = {**_ALONE, "trust": {"user_anchors": order.authority}} if order.authority else _ALONE
    try:
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create(
                order.media_type, io.BytesIO(order.source), context=context
            )
            if reader is None:
                return None
            with reader:
                return _reading(json.loads(reader.json()), reader.get_validation_state())
    except (c2pa.C2paError, ValueError, RecursionError) as problem:
        why = _line(problem)
        seal = Seal.ELSEWHERE if why.startswith("Remote") else Seal.UNREADABLE
        return Reading(seal, why=why)


def _reading(store: dict[str, Any], state: object) -> Reading:
    seal = {"Trusted": Seal.OURS, "Valid": Seal.INTACT}.get(str(state), Seal.BROKEN)
    history = list(_history(store))
    if not history:
        return Reading(Seal.UNREADABLE)
    newest, oldest = history[0], history[-1]
    # Who opened a file that carried no credentials did not make the picture.
    is_told_whole = any(one.get("action") == "c2pa.created" for one in _actions(oldest))
    made_with = (_agent(oldest) or _generator(oldest)) if is_told_whole else ""
    signature = _dict(newest.get("signature_info"))
    ai, ai_by = _ai(store)
    return Reading(
        seal=seal,
        made_with=made_with,
        edited_with=_generator(newest) if len(history) > 1 or not is_told_whole else "",
        signer=_line(signature.get("common_name")) or _line(signature.get("issuer")),
        signed_on=date_of(str(signature.get("time") or "")),
        ai=ai,
        ai_by=ai_by,
        data_mining=_mining(history),
        why=", ".join(
            _line(_dict(one).get("code")) for one in _list(store.get("validation_status"))[:3]
        ),
    )


def _history(store: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the manifests from the newest to what it began with; a circle ends it."""
    manifests, seen = _dict(store.get("manifests")), set[str]()
    label = store.get("active_manifest")
    while isinstance(label, str) and label in manifests and label not in seen:
        seen.add(label)
        manifest = _dict(manifests[label])
        yield manifest
        parents = [
            _dict(one).get("active_manifest")
            for one in _list(manifest.get("ingredients"))
            if _dict(one).get("relationship") == "parentOf"
        ]
        label = parents[0] if parents and len(seen) < _MAX_HISTORY else None


def _actions(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for assertion in _list(manifest.get("assertions")):
        if str(_dict(assertion).get("label")).startswith("c2pa.actions"):
            for action in _list(_dict(_dict(assertion).get("data")).get("actions")):
                yield _dict(action)


def _agent(manifest: dict[str, Any]) -> str:
    """Return the tool that a picture is said to have been created with."""
    created = (one for one in _actions(manifest) if one.get("action") == "c2pa.created")
    return next((name for one in created if (name := _tool(one.get("softwareAgent")))), "")


def _generator(manifest: dict[str, Any]) -> str:
    """Return the program that made a manifest."""
    told = _list(manifest.get("claim_generator_info"))
    name = _tool(told[0]) if told else ""
    older = str(manifest.get("claim_generator") or "").partition(" ")[0].partition("/")[0]
    return name or _line(older.replace("_", " "))


def _tool(value: object) -> str:
    return _line(value.get("name") if isinstance(value, dict) else value)


def _ai(store: dict[str, Any]) -> tuple[str, str]:
    """Return the strongest source type of the whole history that names AI, and of which tool."""
    found: dict[str, str] = {}
    for one in list(_dict(store.get("manifests")).values()):
        manifest = _dict(one)
        for action in _actions(manifest):
            kind = str(action.get("digitalSourceType") or "").rpartition("/")[2]
            if kind in _AI_TYPES:
                by = _tool(action.get("softwareAgent")) or _generator(manifest)
                found.setdefault(kind, by)
    kind = next((one for one in _AI_TYPES if one in found), "")
    shown = "trainedAlgorithmicMedia" if kind == "trainedAlgorithmicData" else kind
    return shown, found.get(kind, "")


def _mining(history: list[dict[str, Any]]) -> str:
    """Return the strictest word on training in a history."""
    keys = [
        mining_of(_dict(_dict(one).get("data")).get("entries"))
        for manifest in history
        for one in _list(manifest.get("assertions"))
        if str(_dict(one).get("label")).endswith(".training-mining")
    ]
    return min(filter(None, keys), key=len, default="")  # the shorter of PLUS's keys forbids more


def _signed(order: SignOrder, redactions: list[str] | None) -> Signed:
    """Sign every copy; `redactions` None: without the upload's own manifest."""
    leaf = c2pa.C2paSignerInfo(
        alg=b"es256",
        sign_cert=order.chain.encode(),
        private_key=order.key.encode(),
        ta_url=None,
    )
    definition = _definition(order, redactions)
    parent = b"" if redactions is None else _parent(order)
    bodies: dict[bytes, bytes] = {}  # a small picture's copies are the same under many names
    with c2pa.Context.from_dict(_ALONE) as context, c2pa.Signer.from_info(leaf) as signer:
        for copy in order.copies:
            if copy.body not in bodies:
                out = io.BytesIO()
                with c2pa.Builder(definition, context) as builder:
                    if parent:
                        builder.add_ingredient_from_archive(io.BytesIO(parent))
                    builder.sign(signer, copy.media_type, io.BytesIO(copy.body), out)
                bodies[copy.body] = out.getvalue()
                if parent and len(bodies[copy.body]) - len(copy.body) > _MAX_MANIFEST_BYTES:
                    raise _TooMuch
    return Signed(tuple(bodies[one.body] for one in order.copies), redactions is not None)


def _parent(order: SignOrder) -> bytes:
    """Return the upload as an ingredient, read and checked once for all copies."""
    out = io.BytesIO()
    with c2pa.Context.from_dict(_ALONE) as context, c2pa.Builder({}, context) as builder:
        told = {"relationship": "parentOf", "label": _PARENT}
        builder.add_ingredient(told, order.parent_type, io.BytesIO(order.parent or b""))
        builder.write_ingredient_archive(_PARENT, out)
    return out.getvalue()


def _definition(order: SignOrder, redactions: list[str] | None) -> dict[str, Any]:
    """Return the manifest that all copies share."""
    redacted = redactions or []
    actions = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}},
        *(_redacted(one) for one in redacted),
        {"action": "c2pa.transcoded"},
        {"action": "c2pa.published"},
    ]
    words = {
        "dc:creator": [order.creator] if order.creator else [],
        "dc:rights": order.rights,
        "Iptc4xmpExt:DigitalSourceType": order.source_type,
    }
    assertions: list[dict[str, Any]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": actions}},
        {
            "label": "cawg.metadata",
            "kind": "Json",
            "data": {
                "@context": {
                    "dc": "http://purl.org/dc/elements/1.1/",
                    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
                },
                **{name: value for name, value in words.items() if value},
            },
        },
    ]
    if entries := training_entries(order.data_mining):
        assertions.append({"label": "cawg.training-mining", "data": {"entries": entries}})
    made: dict[str, Any] = {
        "claim_version": 2,
        "claim_generator_info": [{"name": "Fixatif", "version": order.version}],
        "assertions": assertions,
    }
    if redactions is None:
        plain = {"format": order.parent_type, "relationship": "parentOf", "label": _PARENT}
        return made | {"ingredients": [plain]}
    return made | ({"redactions": redacted} if redacted else {})


def _redacted(uri: str) -> dict[str, Any]:
    return {
        "action": "c2pa.redacted",
        "reason": "c2pa.PII.present",
        "parameters": {"redacted": uri},
    }


def _redactions(media_type: str, source: bytes) -> list[str] | None:
    """Return the addresses of what is taken out of an upload's manifests; None: keep none of it."""
    try:
        with c2pa.Context.from_dict(_ALONE) as context:
            reader = c2pa.Reader.try_create(media_type, io.BytesIO(source), context=context)
            if reader is None:
                return None
            with reader:
                manifests = _dict(_dict(json.loads(reader.detailed_json())).get("manifests"))
    except (c2pa.C2paError, ValueError, RecursionError):
        return None
    found: list[str] = []
    for label, manifest in manifests.items():
        for name, data in _dict(_dict(manifest).get("assertion_store")).items():
            if not name.startswith(_KEPT):
                found.append(f"self#jumbf=/c2pa/{label}/c2pa.assertions/{name}")
            elif not name.startswith("c2pa.hash") and not _is_discreet(data, _MAX_DEPTH):
                return None
    is_long = len(manifests) > _MAX_HISTORY or len(found) > _MAX_REDACTED
    return None if is_long else found


def _is_discreet(value: object, depth: int) -> bool:
    """Say whether what cannot be redacted holds names of tools and numbers alone."""
    if depth == 0:
        return False
    if isinstance(value, dict):
        return all(
            not any(word in str(key).casefold() for word in _PRIVATE)
            and _is_discreet(one, depth - 1)
            for key, one in value.items()
        )
    if isinstance(value, list):
        return all(_is_discreet(one, depth - 1) for one in value)
    return not isinstance(value, str) or len(value) <= _MAX_PRIVATE_TEXT


def _line(value: object) -> str:
    """Return a stranger's text as one clean line; "" for what is none."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    line = "".join(c if c.isprintable() else " " for c in str(value)[: 4 * _MAX_WORDS])
    return " ".join(line.split())[:_MAX_WORDS]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


TASKS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {READ_TASK: read, SIGN_TASK: sign, LOOK_TASK: look}
)
