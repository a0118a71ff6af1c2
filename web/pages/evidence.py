"""Who came: for artists about their own works, for those in charge about all."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Annotated

from aiohttp import web

from server.comers import GivenSum, Price
from server.errors import Invalid
from server.evidence import DayCame, Traffic
from server.model import Artist, Millis, Role, Work
from server.passages import DAY
from server.roles import demand
from server.values import dataclass
from server.visitors import VisitorClass
from web.charts import ChartView, bars
from web.errors import status_of
from web.evidence_views import CamePage, CrawlersPage, HolderView, LookView, WorkCameView
from web.fields import Line, decode
from web.flows import flows
from web.forms import read_form
from web.opened import Since, again, meet, on_top, opened
from web.respond import artist_of, head_for, page, to
from web.text import plain_date, plural, short_date
from web.views import FormView, HeadView

_CRAWLERS = "/admin/crawlers"
_PERIODS = (7, 30)
_MOST_ROWS = 60
_MOST_PRICE = Decimal(1_000_000)
_MICROS = 1_000_000
_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_CLASSES = {
    VisitorClass.AI_TRAINING: "AI training",
    VisitorClass.AI_SEARCH: "AI search",
    VisitorClass.AI_USER: "AI assistant",
    VisitorClass.ARCHIVE: "Archive",
    VisitorClass.DATASET: "Datasets",
    VisitorClass.FORGED: "Forged",
    VisitorClass.SEARCH: "Search engine",
    VisitorClass.SEO: "Marketing",
    VisitorClass.TOOL: "Program",
    VisitorClass.UNKNOWN: "Unknown",
}

_SINCE = Since("Somebody")
_LABELS = {"price": "the price", "currency": "the currency"}


@dataclass(frozen=True, slots=True)
class PriceForm:
    """What a gigabyte of traffic costs."""

    price: Annotated[str, Line("The price", 20)] = ""
    currency: Annotated[str, Line("The currency", 8)] = ""


async def came(request: web.Request) -> web.StreamResponse:
    """Show an artist who came for their works this week."""
    artist, known = artist_of(request), flows(request)
    found = await known.evidence.came(artist)
    refused, answered = _totals(found.days)
    view = CamePage(
        refused=refused,
        answered=answered,
        chart=_chart(found.days, "Machines at your works, by day"),
        days=_day_rows(found.days),
        works=tuple(
            WorkCameView(
                title=one.work.title,
                url=_url_of(request, artist, one.work),
                refused=one.refused,
                answered=one.answered,
                names=", ".join(
                    f"{name or _CLASSES.get(kind, kind)} {count:,}"
                    for name, kind, count in one.names[:8]
                ),
            )
            for one in found.works[:_MOST_ROWS]
        ),
        crawlers=_crawler_rows(found.crawlers),
        looks=tuple(
            LookView(work.title, _url_of(request, artist, work), looks.opened)
            for work, looks in found.looks[:_MOST_ROWS]
        ),
        holders=tuple(HolderView(one.host, one.works, one.last_at) for one in found.holders),
    )
    return await page(request, "came.html", view, head=_head(request, "Who came for my work"))


def _url_of(request: web.Request, artist: Artist, work: Work) -> str:
    """Return the page of an artist's work: as the world sees it, or its own in the studio."""
    if not work.is_visible:
        return f"/studio/works/{work.id}"
    return flows(request).addresses.work_page(artist.handle, work)


async def crawlers(request: web.Request) -> web.StreamResponse:
    """Show those in charge what machines asked for, and what refusing them spared."""
    demand(artist_of(request), Role.ADMIN)
    return await _crawlers_page(request)


async def price(request: web.Request) -> web.StreamResponse:
    """Keep what traffic costs here."""
    author, sent = demand(artist_of(request), Role.ADMIN), await read_form(request)
    evidence = flows(request).evidence

    async def attempt() -> None:
        was = await evidence.price(author)
        asked = decode(PriceForm, meet(sent, _values(was), _SINCE, _LABELS))
        await evidence.set_price(author, _read_price(asked), was)

    try:
        await on_top(attempt)
    except Invalid as problem:
        return await _crawlers_page(request, again(sent, problem), status_of(problem))
    return to(_CRAWLERS, "saved")


def _values(price: Price | None) -> dict[str, str]:
    if price is None:
        return {"price": "", "currency": ""}
    return {"price": _amount(price.micros), "currency": price.currency}


async def _crawlers_page(
    request: web.Request, form: FormView | None = None, status: int = 200
) -> web.Response:
    days = next((one for one in _PERIODS if request.query.get("days") == str(one)), _PERIODS[0])
    found = await flows(request).evidence.traffic(artist_of(request), days)
    refused, answered = _totals(found.days)
    spared = sum(one.spared_bytes for one in found.classes)
    view = CrawlersPage(
        form=form or opened(FormView(_values(found.price))),
        days=days,
        refused=refused,
        answered=answered,
        sent=_size(sum(one.sent_bytes for one in found.classes)),
        spared=_size(spared),
        cost=_money(found, spared),
        price=f"{_amount(found.price.micros)} {found.price.currency}" if found.price else "",
        chart=_chart(found.days, "Machines here, by day"),
        by_day=_day_rows(found.days),
        headings=_headings(found),
        classes=tuple(_class_rows(found)),
        crawlers=_crawler_rows(found.crawlers),
        given_crawlers=_given_rows(found.given, "crawler"),
        given_servers=_given_rows(found.given, "server"),
        given_programs=_given_rows(found.given, "program"),
    )
    return await page(
        request, "crawlers.html", view, head=_head(request, "Crawlers"), status=status
    )


def _read_price(asked: PriceForm) -> Price | None:
    """Return what was typed; None where the field is empty. Raise `Invalid`."""
    text = asked.price.strip().replace(",", ".")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < _MOST_PRICE:
        raise Invalid("Write the price of a gigabyte as a number, like 0.01.", "price")
    currency = asked.currency.strip().upper()
    if not (currency.isalpha() and currency.isascii() and len(currency) == 3):
        raise Invalid("Write the currency in three letters, like EUR.", "currency")
    return Price(int(amount * _MICROS), currency)


def _headings(found: Traffic) -> tuple[str, ...]:
    plain = ("Day", "Kind", "Requests", "Refused", "Sent", "Spared")
    return (*plain, "Saved") if found.price else plain


def _class_rows(found: Traffic) -> Iterable[tuple[str, ...]]:
    for one in found.classes:
        row = (
            _date(one.day),
            _CLASSES.get(one.visitor, str(one.visitor)),
            f"{one.requests:,}",
            f"{one.refused:,}",
            _size(one.sent_bytes),
            _size(one.spared_bytes),
        )
        yield (*row, _money(found, one.spared_bytes)) if found.price else row


def _given_rows(given: Iterable[GivenSum], kind: str) -> tuple[tuple[str, ...], ...]:
    """Return those of one kind, each as a sentence and its numbers."""
    return tuple(_given_row(one, kind) for one in given if _kind_of(one.visitor) == kind)


def _given_row(one: GivenSum, kind: str) -> tuple[str, ...]:
    name = one.crawler or ("without a name" if kind == "program" else _CLASSES[one.visitor])
    signed = ", signed," if kind == "server" else ""
    numbers = (f"{each:,}" for each in (one.works, one.requests, one.refused))
    said = f"{kind.capitalize()} {name}{signed} came with an address given to {one.given_to}"
    return said, _date(one.day), *numbers


def _kind_of(visitor: VisitorClass) -> str:
    """Say who somebody is that came with a server's address.

    Servers fetch unsigned and with a library's name: whoever says no more may be that server.
    """
    if visitor is VisitorClass.PEER:
        return "server"
    return "program" if visitor in {VisitorClass.TOOL, VisitorClass.UNKNOWN} else "crawler"


def _chart(days: tuple[DayCame, ...], title: str) -> ChartView | None:
    refused, answered = _totals(days)
    if not refused and not answered:
        return None
    words = f"{plural(refused, 'request')} refused and {answered:,} answered in {len(days)} days."
    shown = [(short_date(Millis(one.day * DAY)), one.refused, one.answered) for one in days]
    return bars(title, shown, words)


def _day_rows(days: tuple[DayCame, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((_date(one.day), f"{one.refused:,}", f"{one.answered:,}") for one in days)


def _crawler_rows(
    found: Iterable[tuple[str, VisitorClass, int, int]],
) -> tuple[tuple[str, ...], ...]:
    rows = [
        (name or "(no name)", _CLASSES.get(kind, str(kind)), f"{refused:,}", f"{answered:,}")
        for name, kind, refused, answered in found
    ]
    return tuple(rows[:_MOST_ROWS])


def _totals(days: Iterable[DayCame]) -> tuple[int, int]:
    every = tuple(days)
    return sum(one.refused for one in every), sum(one.answered for one in every)


def _date(day: int) -> str:
    at = Millis(day * DAY)
    return f"{short_date(at)} {plain_date(at)[-4:]}"


def _money(found: Traffic, count: int) -> str:
    cost = found.cost_of(count)
    if cost is None or found.price is None:
        return ""
    places = 2 if cost == 0 or cost >= _MICROS else 4  # what a small place spares is in the cents
    return f"{cost / _MICROS:,.{places}f} {found.price.currency}"


def _amount(micros: int) -> str:
    return f"{Decimal(micros) / _MICROS:f}"


def _size(count: float) -> str:
    unit = 0
    while count >= 1_000 and unit < len(_UNITS) - 1:
        count, unit = count / 1_000, unit + 1
    return f"{count:,.1f} {_UNITS[unit]}" if unit else f"{count:,.0f} {_UNITS[0]}"


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
