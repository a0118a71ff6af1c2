"""What is wrong with a setting, in words for who wrote it. Pure.

Law: a choice that is not among those there are is answered with those there are, and a key that
is not known with the one that it looks like.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from types import NoneType
from typing import Literal, Union, get_args, get_origin, get_type_hints

import msgspec

_KINDS: dict[object, str] = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    NoneType: "left out",
}
_NAMED = re.compile(r"field `([^`]+)`")
_ITEM = re.compile(r"\[[^\]]*\]$")  # of a list: "languages[0]" or "languages[...]"


def told(problem: str, root: type[msgspec.Struct]) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.server.port`" into a sentence of ours."""
    what, _, where = problem.partition(" - at ")
    path = where.strip("`").removeprefix("$").lstrip(".")
    keys = _ITEM.sub("", path).split(".") if path else []
    kind = _kind_at(root, keys)
    named = _NAMED.search(what)
    if named is None:
        return f"'{'.'.join(keys) or 'the file'}' must be {wanted(kind)}"
    key = ".".join([*keys, named[1]])
    if "missing" in what:
        return f"'{_first_missing(kind, key, named[1])}' is missing"
    return f"'{key}' is no setting{_guess(named[1], _names_of(kind))}"


def wanted(kind: object) -> str:
    """Say what a setting of this type takes: 'a whole number', '"disk" or "s3"'."""
    if get_origin(kind) is Literal:
        return one_of(f'"{choice}"' for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return f"a list, each of it {wanted(get_args(kind)[0])}"
    if get_origin(kind) is Union:
        return one_of(wanted(each) for each in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "a section of its own"
    return _KINDS.get(kind, "something else")


def one_of(choices: Iterable[str]) -> str:
    """Return 'a, b or c'."""
    *most, last = choices
    return f"{', '.join(most)} or {last}" if most else last


def _kind_at(root: type[msgspec.Struct], keys: Iterable[str]) -> object:
    kind: object = root
    for key in keys:
        kind = get_type_hints(kind).get(key) if _is_section(kind) else None
    return kind


def _first_missing(section: object, key: str, name: str) -> str:
    """Return the setting that is missing where a whole section is: the first it must have."""
    kind = get_type_hints(section).get(name) if _is_section(section) else None
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
        return f"{key}.{needed[0]}" if needed else key
    return key


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _names_of(kind: object) -> list[str]:
    return [name for name in get_type_hints(kind) if name != "folder"] if _is_section(kind) else []


def _guess(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
