"""Which picture says of itself that a machine made it: declarations, never a verdict. Pure.

Law: only what a file states in a generator's own form counts. Words that people write ("steps in
the snow", "a prompt for October") count for nothing, and no mark means no declaration, not that
somebody's hand made it.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from server.embedded import Embedded
from server.values import dataclass
from server.xmp import IPTC_EXT

_GENERATED: Final = "trainedAlgorithmicMedia"
_COMPOSITES: Final = ("compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
_SOURCE_TYPES: Final = (_GENERATED, *_COMPOSITES)
# In a manifest (CBOR or JSON, inside JUMBF) a source type is always its full address; assertions
# about training, which also speak of AI, never hold one.
_C2PA_TYPE: Final = re.compile(
    rb"digitalsourcetype/(compositeWithTrainedAlgorithmicMedia|compositeSynthetic"
    rb"|trainedAlgorithmicMedia)(?![A-Za-z])"
)
_C2PA_TRAINED: Final = b"c2pa.org/digitalsourcetype/trainedAlgorithmicData"
_C2PA_MAKERS: Final = (
    (b"DALL", "DALL·E"),
    (b"GPT-4o", "GPT-4o"),
    (b"gpt-image", "GPT Image"),
    (b"ChatGPT", "ChatGPT"),
    (b"OpenAI", "OpenAI"),
    (b"Adobe Firefly", "Adobe Firefly"),
    (b"Bing Image Creator", "Bing Image Creator"),
    (b"Microsoft Designer", "Microsoft Designer"),
    (b"Google C2PA", "Google"),
)
_GOOGLES: Final = "made with google ai"

# "Steps: 20, Sampler: Euler a, CFG scale: 7": a line of such pairs is no prose
# Each pair begins where the last one's comma ends, in one way alone: no text takes long to try.
_A1111: Final = re.compile(
    r"(?:^|\n)Steps: \d+,(?:[\w ]+: [^,\n]+,)*? ?(?:Sampler|CFG scale|Seed): "
)
_MIDJOURNEY: Final = re.compile(r"\bJob ID: [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_DREAM: Final = re.compile(r"-s ?\d+ .*-S ?\d+|-S ?\d+ .*-s ?\d+")
_MAX_COMMAND: Final = 2_000  # characters of an old command line
_MAX_JSON: Final = 4_194_304  # characters; a workflow of a thousand nodes has under a million
_INVOKE_KEYS: Final = ("invokeai_metadata", "invokeai_graph", "invokeai_workflow", "sd-metadata")
_AI_PROPERTIES: Final = ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation")
STEALTH_MAGICS: Final = (
    b"stealth_pnginfo",
    b"stealth_pngcomp",
    b"stealth_rgbinfo",
    b"stealth_rgbcomp",
)
STEALTH_BITS: Final = 8 * 15  # of a magic, in the lowest bits of the first pixels, by columns


@dataclass(frozen=True, slots=True)
class Declaration:
    """A picture says that AI made it, or a part of it."""

    by: str  # the tool, or the standard's own word
    where: str  # the mark, for the artist and for moderators
    is_composite: bool = False  # a part of it


def declaration(found: Embedded, stealth: bytes = b"") -> Declaration | None:
    """Return the first declaration that a file holds, None where it declares nothing.

    `stealth`: the fifteen bytes in the lowest bits of alpha, or of the colours.
    """
    for look in _LOOKS:
        said = look(found)
        if said is not None:
            return said
    if stealth in STEALTH_MAGICS:
        return Declaration("NovelAI", f"hidden in the pixels ({stealth.decode()})")
    return None


def _in_texts(found: Embedded) -> Declaration | None:
    texts = dict(found.texts)
    for keyword, look in _TEXT_LOOKS.items():
        by = look(texts[keyword]) if keyword in texts else ""
        if by:
            return Declaration(by, f"PNG text “{keyword}”")
    is_novel = found.software == "NovelAI" and _json(texts.get("Comment", "")) is not None
    return Declaration("NovelAI", "PNG text “Software”") if is_novel else None


def _in_comment(found: Embedded) -> Declaration | None:
    by = _parameters(found.user_comment)
    return Declaration(by, "EXIF user comment") if by else None


def _in_camera_fields(found: Embedded) -> Declaration | None:
    """ComfyUI's WebP: a workflow and a prompt in the place of a camera's make and model."""
    for said in (found.make, found.model):
        head, is_there, rest = said.partition(":")
        if is_there and head in {"workflow", "prompt"} and rest.lstrip().startswith("{"):
            return Declaration("ComfyUI", "EXIF make and model")
    return None


def _in_description(found: Embedded) -> Declaration | None:
    is_there = _MIDJOURNEY.search(found.description)
    return Declaration("Midjourney", "description with a job's number") if is_there else None


def _in_xmp(found: Embedded) -> Declaration | None:
    if found.source_type in _SOURCE_TYPES:
        is_googles = found.credit.casefold() == _GOOGLES
        by = "Google" if is_googles else found.source_type
        return Declaration(
            by,
            f"XMP digital source type {found.source_type}",
            is_composite=found.source_type in _COMPOSITES,
        )
    said = found.properties or {}
    for name in _AI_PROPERTIES:
        values = said.get((IPTC_EXT, name))
        if values:
            return Declaration(values[0][:60], f"XMP {name}")
    if found.credit.casefold() == _GOOGLES:
        return Declaration("Google", "credit line")
    return None


def _in_manifest(found: Embedded) -> Declaration | None:
    read = found.reading
    if read is not None and read.ai:
        where = f"Content Credentials: {read.ai}"
        return Declaration(read.ai_by or read.ai, where, is_composite=read.is_composite)
    types = {one.decode() for one in _C2PA_TYPE.findall(found.c2pa)}
    if not types and _C2PA_TRAINED not in found.c2pa:
        return None
    is_whole = _GENERATED in types or not types
    kind = _GENERATED if is_whole else min(types)
    by = next((name for mark, name in _C2PA_MAKERS if mark in found.c2pa), kind)
    return Declaration(by, f"Content Credentials: {kind}", is_composite=not is_whole)


def _parameters(text: str) -> str:
    """Name the tool whose settings these are; "" where it is prose."""
    said = _json(text)
    if said is not None:
        if "sui_image_params" in said:
            return "SwarmUI"
        return "Fooocus" if "base_model" in said else ""
    return "Stable Diffusion" if _A1111.search(text[:_MAX_JSON]) else ""


def _comfy(text: str) -> str:
    said = _json(text)
    if said is None:
        return ""
    listed = said.get("nodes")
    nodes = listed if isinstance(listed, list) else list(said.values())
    return "ComfyUI" if any(map(_is_node, nodes)) else ""


def _is_node(value: object) -> bool:
    return isinstance(value, dict) and ("class_type" in value or "type" in value)


def _invoke(text: str) -> str:
    return "InvokeAI" if _json(text) is not None else ""


def _dream(text: str) -> str:
    return "InvokeAI" if _DREAM.search(text[:_MAX_COMMAND]) else ""


def _scheme(text: str) -> str:
    return "Fooocus" if text.strip() in {"fooocus", "a1111", "a1111-Fooocus"} else ""


def _job(text: str) -> str:
    return "Midjourney" if _MIDJOURNEY.search(text) else ""


def _json(text: str) -> dict[str, object] | None:
    """Return an object that a text is, None for everything else."""
    if not text.lstrip().startswith("{") or len(text) > _MAX_JSON:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


_TEXT_LOOKS: Final[Mapping[str, Callable[[str], str]]] = {
    "parameters": _parameters,
    "prompt": _comfy,
    "workflow": _comfy,
    **dict.fromkeys(_INVOKE_KEYS, _invoke),
    "Dream": _dream,
    "fooocus_scheme": _scheme,
    "Description": _job,
}
_LOOKS: Final = (_in_texts, _in_comment, _in_camera_fields, _in_description, _in_manifest, _in_xmp)
