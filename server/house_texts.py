"""Rules and legal pages, made of a few answers and of what this program really does. Pure.

The law: what nobody has answered is said to be missing. Nothing is promised that the program does
not keep, and no sentence pretends to be a lawyer's.
"""

from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum

from server.model import Millis
from server.values import dataclass

MOST_AGE = 21


class TextKind(StrEnum):
    """Which page; the address is the same word."""

    RULES = "rules"
    PRIVACY = "privacy"
    TERMS = "terms"
    IMPRINT = "imprint"


TITLES = {
    TextKind.RULES: "Rules",
    TextKind.PRIVACY: "Privacy",
    TextKind.TERMS: "Terms",
    TextKind.IMPRINT: "Imprint",
}
_BREACHES = (
    "Everybody with an account can report a work, a comment or a person; people of other "
    "servers report through theirs. Moderators read it. They can hide what it is about, silence"
    " or suspend an account, and restrain a whole server."
)
_HEARD = (
    "Whom a decision is about is told what was decided and why, and may answer once. Then it is"
    " decided again."
)
_KEPT_OF_MEMBERS = (
    "Of artists and readers with an account: handle, name, what they write of themselves, "
    "works, comments, whom they follow, whom they block, and a password that nobody can read "
    "(argon2id)."
)
_KEPT_OF_OTHERS = (
    "Of people on other servers: what their servers send of them, because somebody here follows"
    " them or they took part in something here."
)
_KEPT_OF_VISITORS = (
    "Of visitors: nothing that names them. Visits are counted by kind of program and by "
    "network; how often a large copy was opened, by a code that changes daily. There is no "
    "tracking and no advertising; cookies keep you signed in, guard forms, remember the ground "
    "that you chose, and show for a day that a browser may see large pictures."
)
_ELSEWHERE = (
    "This place is part of the fediverse. What you publish goes to the servers of those who "
    "follow you, and to those that ask for it. When you delete something they are told to "
    "delete it too; what they do is theirs."
)
_WORKS_ARE = (
    "Works stay their artists'. Who publishes a work here lets this place show it, make smaller "
    "copies of it, and send it to other servers as its visibility says, for as long as it hangs. "
    "Nothing else is granted; what machines may do stands in the policy."
)
_ENDINGS = (
    "You can leave at any time, and move your followers to an account elsewhere. The moderators"
    " can hide works and suspend accounts by the rules; they say why, and hear you. Should this"
    " place close, it is announced here before."
)
_YOURS = (
    "You can change all of it under Settings, and delete your account there: it is out of sight "
    "at once and erased after {days} days, in which you can take it back."
)
_THIS_PAGE = (
    "It says in plain words how this place works. What the law of its country asks beyond that,"
    " the people who run it have to add."
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What those who run a place say of it. "" and 0: not answered."""

    operator: str = ""  # a person, a group, an association
    address: str = ""  # postal, several lines
    country: str = ""
    contact: str = ""
    age: int = 0  # the least, in years
    rules: str = ""  # one a line
    privacy: str = ""  # more words for that page
    terms: str = ""  # the same


@dataclass(frozen=True, slots=True)
class HouseText:
    """One version of the answers."""

    version: int
    answers: Answers
    created_at: Millis
    author: str  # handle


@dataclass(frozen=True, slots=True)
class Kept:
    """How long the program keeps something."""

    what: str
    days: int
    since: str  # "after the decision"


@dataclass(frozen=True, slots=True)
class Place:
    """What the pages need to know besides the answers."""

    name: str
    domain: str
    contact: str  # of the settings
    kept: Sequence[Kept]
    grace_days: int  # in which a deleted account can be taken back


@dataclass(frozen=True, slots=True)
class Part:
    """One section: paragraphs, then points. `is_missing`: it waits for an answer."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    is_missing: bool = False


def compose(kind: TextKind, answers: Answers, place: Place) -> tuple[Part, ...]:
    """Return a page as sections."""
    match kind:
        case TextKind.RULES:
            return _rules(answers, place)
        case TextKind.PRIVACY:
            return _privacy(answers, place)
        case TextKind.TERMS:
            return _terms(answers, place)
        case TextKind.IMPRINT:
            return (_operator(answers, place),)


def as_lines(answers: Answers) -> str:
    """Return answers as text, one field after the other, for the log's difference."""
    return "\n".join(f"{one.name}: {getattr(answers, one.name)}" for one in fields(answers))


def _rules(answers: Answers, place: Place) -> tuple[Part, ...]:
    points = tuple(line.strip(" -*") for line in answers.rules.splitlines() if line.strip(" -*"))
    rules = Part("What holds here", points=points)
    if not points:
        rules = _missing(
            "What holds here", f"The people who run {place.name} have written no rules."
        )
    return (
        rules,
        *_age(answers),
        Part(
            "When somebody breaks them",
            (
                _BREACHES,
                _HEARD,
            ),
        ),
    )


def _privacy(answers: Answers, place: Place) -> tuple[Part, ...]:
    return (
        _operator(answers, place),
        Part(
            "What is kept of whom",
            (
                _KEPT_OF_MEMBERS,
                _KEPT_OF_OTHERS,
                _KEPT_OF_VISITORS,
            ),
        ),
        Part("How long", points=tuple(f"{one.what}: {_long(one)}" for one in place.kept)),
        Part(
            "What other servers get",
            (_ELSEWHERE,),
        ),
        Part(
            "What you can do",
            (_YOURS.format(days=place.grace_days),),
        ),
        *_more(answers.privacy),
    )


def _terms(answers: Answers, place: Place) -> tuple[Part, ...]:
    return (
        _operator(answers, place),
        *_age(answers),
        Part(
            "Whose the works are",
            (_WORKS_ARE,),
        ),
        Part(
            "What can end",
            (_ENDINGS,),
        ),
        *_more(answers.terms),
        Part(
            "What this page is",
            (_THIS_PAGE,),
        ),
    )


def _operator(answers: Answers, place: Place) -> Part:
    heading = "Who runs this place"
    contact = answers.contact or place.contact
    if not answers.operator:
        missing = _missing(heading, f"Who runs {place.name} is not filled in.")
        return missing if not contact else Part(heading, (*missing.paragraphs, contact), (), True)
    lines = (answers.operator, *answers.address.splitlines(), answers.country, contact)
    said = tuple(line.strip() for line in lines if line.strip())
    return Part(heading, said) if contact else Part(heading, (*said, "There is no contact yet."))


def _age(answers: Answers) -> tuple[Part, ...]:
    if not answers.age:
        return ()
    return (Part("Age", (f"Who has an account here is at least {answers.age} years old.",)),)


def _more(text: str) -> tuple[Part, ...]:
    paragraphs = tuple(one.strip() for one in text.split("\n\n") if one.strip())
    return (Part("Besides", paragraphs),) if paragraphs else ()


def _missing(heading: str, words: str) -> Part:
    return Part(heading, (f"{words} This page is not complete yet.",), (), is_missing=True)


def _long(one: Kept) -> str:
    days = "one day" if one.days == 1 else f"{one.days} days"
    return f"{days} {one.since}"
