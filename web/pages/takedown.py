"""Legal notices by anybody, and the private page where each one's state stands."""

from typing import Annotated

from aiohttp import web

from server.casefiles import NoticeKind
from server.casework import DECISIONS
from server.errors import FixatifError, Invalid
from server.notices import MAX_SHORT, NoticeForm, Status, read_addresses
from server.reporting import MAX_WORDS
from server.values import dataclass
from web.addresses import network_of
from web.errors import status_of
from web.fields import Line, Text, decode
from web.flows import flows
from web.forms import read_form
from web.keys import CLIENT_ADDRESS
from web.limits import Rate
from web.pages.cases import NOTICE_KINDS
from web.people_views import TakedownPage, TakedownStatusPage
from web.respond import head_for, page, to
from web.views import FormView, HeadView, OptionView

_NOTICES = Rate("notices by network", 10, 360)  # tries: how many are taken says `notices`
_FIELDS = ("addresses", "kind", "words", "source", "name", "standing", "email", "is_true")
_KINDS = tuple(OptionView(kind, words) for kind, words in NOTICE_KINDS.items())


@dataclass(frozen=True, slots=True)
class TakedownForm:
    """A notice as somebody sends it."""

    addresses: Annotated[str, Text("The addresses", 10_000)]
    kind: NoticeKind = NoticeKind.COPYRIGHT
    words: Annotated[str, Text("What is wrong", MAX_WORDS)] = ""
    source: Annotated[str, Line("Where the original is", 500)] = ""
    name: Annotated[str, Line("Your name", MAX_SHORT)] = ""
    standing: Annotated[str, Line("In whose name you speak", MAX_SHORT)] = ""
    email: Annotated[str, Line("The e-mail address", 320)] = ""
    signature: Annotated[str, Line("The signature", MAX_SHORT)] = ""
    website: Annotated[str, Line("The trap", 500)] = ""
    is_true: bool = False


async def form(request: web.Request) -> web.StreamResponse:
    """Offer to send a notice; the address of the work may stand in the query."""
    values = {"addresses": request.query.get("work", "")[:500]}
    return await _form_page(request, FormView(values))


async def give(request: web.Request) -> web.StreamResponse:
    """Take a notice."""
    known, sent = flows(request), await read_form(request)
    try:
        asked = decode(TakedownForm, sent)
        if asked.website:
            raise Invalid("Leave the hidden field empty: it catches programs.", "")
        addresses = read_addresses(asked.addresses)
        network = network_of(request[CLIENT_ADDRESS])
        known.limits.demand(_NOTICES, network)
        given = await known.notices.give(
            NoticeForm(
                kind=asked.kind,
                name=asked.name,
                email=asked.email,
                standing=asked.standing,
                addresses=addresses,
                source=asked.source,
                words=asked.words,
                signature=asked.signature,
                is_true=asked.is_true,
            ),
            network,
        )
    except FixatifError as problem:
        field = problem.field if isinstance(problem, Invalid) else ""
        values = {name: sent.first(name) for name in _FIELDS}
        return await _form_page(request, FormView(values, {field: problem.message}), problem)
    return to(f"/takedown/{given.token}?new=1")


async def status(request: web.Request) -> web.StreamResponse:
    """Show how a notice stands to who has its link."""
    token = request.match_info["token"]
    found = await flows(request).notices.status(token)
    base = flows(request).addresses.base_url
    link = f"{base}/takedown/{token}" if request.query.get("new") else ""
    view = _status_view(found, link)
    head = _head(request, "Your notice")
    response = await page(request, "takedown_status.html", view, head=head, has_form=True)
    response.headers["Cache-Control"] = "no-store"
    return response


def _status_view(found: Status, link: str) -> TakedownStatusPage:
    report = found.report
    is_decided = report.closed_at is not None
    return TakedownStatusPage(
        at=report.created_at,
        addresses=report.objects,
        hidden=found.hidden,
        link=link,
        outcome=DECISIONS.get(report.outcome, "") if is_decided else "",
        reason=report.reason if is_decided else "",
        closed_at=report.closed_at,
    )


async def _form_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    config = flows(request).config
    view = TakedownPage(
        _KINDS, form, hides=config.people.hide_on_notice, contact=config.instance.contact
    )
    answer = status_of(problem) if problem else 200
    head = _head(request, "Legal notice")
    return await page(request, "takedown.html", view, head=head, status=answer, has_form=True)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
