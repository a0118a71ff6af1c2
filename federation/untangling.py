"""HTML from elsewhere whose nesting would cost a parser its time or its memory, made flat. Pure.

A parser keeps what is open, looks through it at each tag, and opens formatting anew in each
paragraph that a tag left unclosed reaches into. 17 KB of `<b>` and `<p>` become 250 MB that way,
40,000 `<div>` take three seconds. So what has many tags is written anew before a parser sees it:
each is closed in the order in which it was opened, and few are open at a time. What is allowed in
it is still for the parser to say.
"""

import re
from typing import Final

_FEW: Final = 120  # tags that do no harm however they stand; nearly all posts have fewer
_MAX_OPEN: Final = 16  # lists in lists in quotations end well before
_MOST: Final = 5_000  # tags of one text; a long article has two thousand

# What stays; of everything else the words do.
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = frozenset({"p", "pre", "ul", "ol", "blockquote"}) | _HEADINGS
_HOLDERS: Final = _BLOCKS - {"p"}  # an item of a list outside of these goes on inside them
_FORMATTING: Final = frozenset(
    {"a", "span", "del", "s", "code", "em", "strong", "b", "i", "u", "ruby", "rt", "rp"}
)
_KNOWN: Final = _BLOCKS | _FORMATTING | {"li", "br"}
_UNSEEN: Final = frozenset({"script", "style"})  # their content is no text
# What a start tag ends where it is still open (HTML, 13.2.6.4.7): else a parser would end it in
# our place, and open again what formatting stood in it.
_ENDED_BY: Final = {
    **dict.fromkeys(_BLOCKS, frozenset({"p"})),
    "li": frozenset({"p", "li"}),
    "a": frozenset({"a"}),
    "rt": frozenset({"rt", "rp"}),
    "rp": frozenset({"rt", "rp"}),
}
_ATTRIBUTES: Final = frozenset({"href", "lang", "start", "reversed", "value", "class"})

# Every branch takes what it has begun to the end of the text at worst: linear on hostile text.
_TOKEN = re.compile(
    r"""<!--(?:.*?-->|.*)
      | <[!?][^>]*+>?
      | <(?P<slash>/?)(?P<name>[a-zA-Z][^\s/<>]*+)
        (?P<rest>(?:[^<>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|(?=<)|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s"'<>]++)))?""", re.VERBOSE
)
_END = {name: re.compile(f"</{name}(?=[\\s/>])[^>]*+>?", re.IGNORECASE) for name in _UNSEEN}


def untangled(text: str) -> str:
    """Return HTML that says the same, as it is where it has few tags, else well nested."""
    return text if text.count("<") <= _FEW else _Writer().write(text)


class _Writer:
    """Writes one text anew."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[str] = []
        self._left = _MOST

    def write(self, text: str) -> str:
        """Return `text` with every tag closed, innermost first."""
        position = 0
        while position < len(text):
            found = _TOKEN.search(text, position)
            if found is None:
                break
            self._say(text[position : found.start()])
            position = found.end()
            name = (found["name"] or "").lower()
            if name in _UNSEEN and not found["slash"]:
                end = _END[name].search(text, position)
                position = end.end() if end is not None else len(text)
            elif name in _KNOWN:
                self._tag(name, found["rest"], is_end=bool(found["slash"]))
        self._say(text[position:])
        self._close(0)
        return "".join(self._parts)

    def _say(self, words: str) -> None:
        if words:
            self._parts.append(words.replace("<", "&lt;"))

    def _tag(self, name: str, rest: str, *, is_end: bool) -> None:
        if is_end and name in self._open:
            self._close(_last(self._open, name))
        elif not is_end and self._left > 0:
            self._left -= 1
            self._begin(name, rest)

    def _begin(self, name: str, rest: str) -> None:
        if name == "br":
            self._parts.append("<br>")
            return
        ended = _ENDED_BY.get(name, frozenset())
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place] in ended:
                self._close(place)
            elif self._open[place] in _HOLDERS:
                break
        if name in _HEADINGS and self._open and self._open[-1] in _HEADINGS:
            self._close(len(self._open) - 1)
        if len(self._open) < _MAX_OPEN:
            self._parts.append(f"<{name}{_attributes(rest)}>")
            self._open.append(name)

    def _close(self, place: int) -> None:
        """Close what is open from `place` on."""
        self._parts += [f"</{name}>" for name in reversed(self._open[place:])]
        del self._open[place:]


def _last(names: list[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)


def _attributes(rest: str) -> str:
    found = dict[str, str]()
    for name, *values in _ATTRIBUTE.findall(rest):
        if name.lower() in _ATTRIBUTES:
            value = next(filter(None, values), "").replace('"', "&quot;").replace("<", "&lt;")
            found.setdefault(name.lower(), f' {name.lower()}="{value}"')
    return "".join(found.values())
