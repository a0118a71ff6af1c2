"""What a form was opened with, and how what was typed meets what was saved meanwhile. Pure.

Law: what somebody else saved since is never lost without a word. A field that only one of the two
changed is that one's. Where both changed the same field nothing is saved: who saves last reads what
stands there now, keeps what they typed, and saves it on top knowingly, by sending the form again.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from server.errors import Conflict, FixatifError, Invalid, Outdated
from server.model import Millis
from server.values import dataclass
from web.fields import CHECKED, Fields, clean
from web.text import plain_time
from web.views import FormView

T = TypeVar("T")

OPENED: Final = "opened"  # the hidden field
_TRIES: Final = 5
_SHOWN: Final = 300  # characters of what somebody else saved
_MOST: Final = 1_000  # names that are read of the hidden field
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


class Clash(Conflict):
    """Two people changed the same fields. `form`: to be shown again, and then saved on top."""

    def __init__(self, message: str, form: FormView) -> None:
        super().__init__(message)
        self.form = form


@dataclass(frozen=True, slots=True)
class Since:
    """Who saved last, as far as it is known. `who`: "" where it can only have been oneself."""

    who: str = ""
    at: Millis | None = None


def opened(form: FormView) -> FormView:
    """Return a form as it is offered, with the field that says what it was opened with."""
    return FormView({**form.values, OPENED: _summary(form.values)}, form.errors)


def meet(
    sent: Fields, now: Mapping[str, str], since: Since, labels: Mapping[str, str] = _NO_LABELS
) -> Fields:
    """Return what is to be saved: what was typed, and what only somebody else changed.

    `now`: all fields as they stand. `labels`: what they are called in a sentence, by name or by
    what stands before "-" in it. Raise `Clash`. A form that does not say what it was opened with is
    taken as it was sent.
    """
    if not sent.first(OPENED):
        return sent
    was = _read(sent.first(OPENED))
    theirs, clashes = dict[str, str](), list[str]()
    for name in dict.fromkeys((*was, *now)):
        typed, kept = _digest(sent.first(name)), _digest(now.get(name, ""))
        before = was.get(name)
        is_offered = bool(sent.all(name)) or before in _OF_BOXES
        if typed == before or not is_offered:
            theirs[name] = now.get(name, "")
        elif kept not in {before, typed}:
            clashes.append(name)
    if clashes:
        message = _sentence([_label(one, labels) for one in clashes], since)
        errors = {
            name: _standing(_label(name, labels), sent.first(name), now.get(name, ""))
            for name in clashes
        }
        values = {**_typed(sent), **theirs, OPENED: _summary(now)}
        raise Clash(message, FormView(values, {"": message, **errors}))
    own = [(name, each) for name in sent.names() if name not in theirs for each in sent.all(name)]
    return Fields([*own, *theirs.items()])


async def on_top(attempt: Callable[[], Awaitable[T]]) -> T:
    """Do it, and again with what stands then where somebody saved in the same moment."""
    for _ in range(_TRIES - 1):
        try:
            return await attempt()
        except Outdated:
            continue
    return await attempt()


def again(sent: Fields, problem: FixatifError) -> FormView:
    """Return a form that was refused: what was typed, with the problem at its field."""
    if isinstance(problem, Clash):
        return problem.form
    field = problem.field if isinstance(problem, Invalid) else ""
    return FormView(_typed(sent), {field: problem.message})


def _typed(sent: Fields) -> dict[str, str]:
    return {name: sent.first(name) for name in sent.names()}


def _standing(label: str, typed: str, kept: str) -> str:
    words = " ".join(kept.split())
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN].rstrip()} …"
    if CHECKED in {typed, kept}:
        stands = "ticked" if kept else "not ticked"
    else:
        stands = f"“{shown}”" if shown else "empty"
    return f"{label[:1].upper()}{label[1:]}: now {stands}." if label else f"Now {stands}."


def _sentence(labels: Iterable[str], since: Since) -> str:
    words = list(dict.fromkeys(one for one in labels if one))
    what = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
    who = f"{since.who} changed" if since.who else "In another window you changed"
    when = f" ({plain_time(since.at)})" if since.at else ""
    return (
        f"{who} {what or 'the same'} since you opened this page{when}: what stands there now is "
        "told below, what you typed is kept here, and saving again puts yours in its place."
    )


def _label(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(name) or labels.get(name.partition("-")[0], "")


def _summary(values: Mapping[str, str]) -> str:
    return " ".join(f"{name}={_digest(text)}" for name, text in values.items() if name != OPENED)


def _read(summary: str) -> dict[str, str]:
    pairs = (one.rpartition("=") for one in summary.split(" ", _MOST)[:_MOST])
    return {name: digest for name, _, digest in pairs if name}


def _digest(text: str) -> str:
    """Return some letters that tell one text from another, however a browser sends it."""
    try:
        plain = clean(text, "").strip()
    except Invalid:  # with a character that is refused later
        plain = text
    return hashlib.blake2s(plain.encode("utf-8", "replace"), digest_size=6).hexdigest()


_OF_BOXES: Final = frozenset({_digest(CHECKED), _digest("")})  # of a box nothing may be sent
