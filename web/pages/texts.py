"""Rules, legal pages and counts of cases; and the questions that they are made of."""

from dataclasses import asdict
from typing import Annotated

from aiohttp import web

from server.bundles import day_of
from server.casework import DECISIONS
from server.dealings import ReportKind
from server.errors import FixatifError, Invalid
from server.house_texts import MOST_AGE, TITLES, Answers, HouseText, TextKind, compose
from server.model import Artist, Role
from server.roles import demand, is_at_least
from server.stating import check
from server.values import dataclass
from web.errors import status_of
from web.fields import Fields, Line, Number, Text, decode
from web.flows import flows
from web.forms import read_form
from web.keys import ARTIST
from web.opened import Since, again, meet, on_top, opened
from web.people_views import HouseTextPage, PartView, TextsPage, TransparencyPage
from web.respond import artist_of, head_for, number, page, to
from web.views import FormView, HeadView

_TEXTS = "/admin/texts"
_KINDS = {
    ReportKind.REPORT: "Report",
    ReportKind.NOTICE: "Legal notice",
    ReportKind.UNLABELLED: "Said to be made by a machine",
    ReportKind.MARK: "Contested mark",
}


_LABELS = {
    "operator": "who runs this place",
    "address": "the address",
    "country": "the country",
    "contact": "the contact",
    "age": "the age",
    "rules": "the rules",
    "privacy": "the words about privacy",
    "terms": "the terms",
}


@dataclass(frozen=True, slots=True)
class TextsForm:
    """The answers, and what to do with them."""

    operator: Annotated[str, Line("Who runs this place", 200)] = ""
    address: Annotated[str, Text("The address", 200)] = ""
    country: Annotated[str, Line("The country", 200)] = ""
    contact: Annotated[str, Line("The contact", 200)] = ""
    age: Annotated[int, Number("The age", 0, MOST_AGE)] = 0
    rules: Annotated[str, Text("The rules", 20_000)] = ""
    privacy: Annotated[str, Text("More about privacy", 20_000)] = ""
    terms: Annotated[str, Text("More terms", 20_000)] = ""
    then: Annotated[str, Line("What to do", 10)] = "preview"

    def answers(self) -> Answers:
        """Return the answers alone."""
        values = asdict(self)
        del values["then"]
        return Answers(**values)


async def house_text(request: web.Request) -> web.StreamResponse:
    """Show rules, privacy, terms or imprint, as they are or once were."""
    known = flows(request).stating
    kind = TextKind(request.path.strip("/"))
    wanted = number(request.query.get("version", ""), 0) or 0
    text = await known.text(wanted)
    versions = await known.history()
    is_old = bool(wanted) and bool(versions) and versions[0].version != text.version
    parts = _parts(request, kind, text.answers)
    artist = request.get(ARTIST)
    may_fill = artist is not None and is_at_least(artist.role, Role.ADMIN)
    is_missing = any(part.is_missing for part in parts)
    view = HouseTextPage(
        title=TITLES[kind],
        parts=parts,
        path=f"/{kind}",
        version=text.version,
        since=text.created_at,
        is_old=is_old,
        versions=tuple((one.version, one.created_at) for one in versions),
        fill_url=_TEXTS if is_missing and may_fill else "",
    )
    return await page(request, "house_text.html", view, head=_head(request, TITLES[kind]))


async def transparency(request: web.Request) -> web.StreamResponse:
    """Count what moderators decided within a year; show the ends of the ledger of signals."""
    found = await flows(request).stating.counts()
    rows = tuple(
        (_KINDS[one.kind], DECISIONS.get(one.outcome, "Closed without a word"), one.number)
        for one in found
    )
    heads = tuple(
        (day_of(one.day), one.number, one.hash) for one in await flows(request).ledger.heads()
    )
    head = _head(request, "Transparency")
    return await page(request, "transparency.html", TransparencyPage(rows, heads), head=head)


async def form(request: web.Request) -> web.StreamResponse:
    """Ask those in charge."""
    demand(artist_of(request), Role.ADMIN)
    return await _form_page(request)


async def save(request: web.Request) -> web.StreamResponse:
    """Show how the pages would read, or publish them."""
    author, sent = demand(artist_of(request), Role.ADMIN), await read_form(request)
    try:
        asked, met = await on_top(lambda: _met(request, author, sent))
    except Invalid as problem:
        return await _form_page(request, again(sent, problem), problem)
    if asked.then == "save":
        return to(_TEXTS, "texts")
    previews = tuple(
        HouseTextPage(TITLES[kind], _parts(request, kind, asked.answers()), f"/{kind}")
        for kind in TextKind
    )
    values = {name: met.first(name) for name in met.names()}
    return await _form_page(request, FormView(values), previews=previews)


async def _met(request: web.Request, author: Artist, typed: Fields) -> tuple[TextsForm, Fields]:
    """Return the answers as they would be, and publish them if that is asked."""
    stating = flows(request).stating
    seen = await stating.text()
    who = "" if seen.author == author.handle else f"@{seen.author}"
    sent = meet(typed, _values(seen), Since(who, seen.created_at), _LABELS)
    asked = decode(TextsForm, sent)
    check(asked.answers())
    if asked.then == "save":
        await stating.save(author, asked.answers(), seen)
    return asked, sent


async def _form_page(
    request: web.Request,
    form: FormView | None = None,
    problem: FixatifError | None = None,
    previews: tuple[HouseTextPage, ...] = (),
) -> web.Response:
    text = await flows(request).stating.text()
    view = TextsPage(
        form=form or opened(FormView(_values(text))),
        version=text.version,
        since=text.created_at,
        author=text.author,
        previews=previews,
    )
    status = status_of(problem) if problem else 200
    head = _head(request, "Rules and legal pages")
    return await page(request, "texts.html", view, head=head, status=status)


def _values(text: HouseText) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(text.answers).items()}


def _parts(request: web.Request, kind: TextKind, answers: Answers) -> tuple[PartView, ...]:
    return tuple(
        PartView(one.heading, one.paragraphs, one.points, one.is_missing)
        for one in compose(kind, answers, flows(request).stating.place)
    )


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
