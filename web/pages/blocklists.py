"""Lists of servers: looked at, taken in, agreed to, put in order. Admins and the owner only."""

from dataclasses import replace
from typing import Annotated

from aiohttp import web

from server.errors import FixatifError, Invalid, NotFound
from server.impact import Impact
from server.list_domains import read_listed
from server.listing import (
    KeptOut,
    LetIn,
    ListApplied,
    ListRemoved,
    ListsArranged,
    ListsChange,
)
from server.lists import (
    EVERY_LIST,
    MAX_NAME,
    BlockList,
    Effect,
    ListId,
    ListSource,
)
from server.model import Millis
from server.tiers import FederationMode
from server.values import dataclass
from web.fields import CHECKED, Fields, Line, Many, Text, decode
from web.flows import flows
from web.forms import read_form
from web.list_answers import admin_of, answer, form_of, shelf_of
from web.list_present import (
    ALL,
    draft_page,
    entry_row,
    exclude_rows,
    impact_view,
    list_options,
    list_row,
    list_rows,
)
from web.list_views import ListChangePage, ListPage, ListsPage
from web.opened import Clash, Since, meet, on_top, opened
from web.respond import artist_of, number, to
from web.views import FormView, PagerView

_PAGE = 200


_SINCE = Since("Another admin, or another window of yours,")
_LABELS = {
    "name": "the name",
    "applies_harmless": "whether it is applied by itself",
    "leaves_out_hidden": "whether rows with stars are left out",
}


@dataclass(frozen=True, slots=True)
class SettleForm:
    """How a list is called and renewed."""

    name: Annotated[str, Line("The name", MAX_NAME)]
    applies_harmless: bool = False
    leaves_out_hidden: bool = False


@dataclass(frozen=True, slots=True)
class ApplyForm:
    """A draft, agreed to."""

    made: Annotated[str, Line("The draft", 19)]
    exclude: Annotated[tuple[str, ...], Many(Line("A domain", 300), 1_000)] = ()
    excludes: Annotated[str, Text("Domains to leave out", 20_000)] = ""
    reason: Annotated[str, Line("The reason", 500)] = ""
    typed: Annotated[str, Line("The domain", 300)] = ""
    look: bool = False  # what it would do without these


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """Any other change; `agreed` once its impact was seen."""

    what: Annotated[str, Line("What", 20)]
    list: Annotated[str, Line("The list", 19)] = "0"
    domain: Annotated[str, Line("The domain", 300)] = ""
    order: Annotated[str, Line("The order", 20_000)] = ""
    agreed: bool = False
    reason: Annotated[str, Line("The reason", 500)] = ""
    typed: Annotated[str, Line("The domain", 300)] = ""


async def lists(request: web.Request) -> web.StreamResponse:
    """Show every list, and what is kept out."""
    return await _lists_page(request, FormView())


async def one(request: web.Request) -> web.StreamResponse:
    """Show one list."""
    return await _list_page(request, FormView())


async def settle(request: web.Request) -> web.StreamResponse:
    """Change how a list is called and renewed."""
    who, list_id, sent = admin_of(request), _list_id(request), await read_form(request)

    async def save() -> None:
        seen, _ = await flows(request).blocklists.entries(who, list_id, limit=1)
        asked = decode(SettleForm, meet(sent, _settings(seen), _SINCE, _LABELS))
        await flows(request).blocklists.settle(
            who,
            list_id,
            name=asked.name,
            applies_harmless=asked.applies_harmless,
            leaves_out_hidden=asked.leaves_out_hidden,
            seen=seen,
        )

    try:
        await on_top(save)
    except Clash as problem:
        return await _list_page(request, problem.form, problem)
    except Invalid as problem:
        return await _list_page(request, form_of(sent, problem, "name"), problem)
    return to(f"{ALL}/{list_id}", "saved")


async def fetch(request: web.Request) -> web.StreamResponse:
    """Fetch a subscription now."""
    who, list_id, known = admin_of(request), _list_id(request), flows(request)
    found, _ = await known.blocklists.entries(who, list_id, limit=1)
    if found.source is not ListSource.ADDRESS:
        raise NotFound("This list comes from no address.")
    is_waiting = await known.list_renewing.fetch(found)
    if is_waiting:
        return to(f"{ALL}/{list_id}/draft")
    now, _ = await known.blocklists.entries(who, list_id, limit=1)
    return to(f"{ALL}/{list_id}", "" if now.problem else "list-same")


async def draft(request: web.Request) -> web.StreamResponse:
    """Show what waits for a list, and what it would do."""
    return await _draft_page(request, FormView(), ())


async def apply(request: web.Request) -> web.StreamResponse:
    """Put what waits in force."""
    who, list_id, sent = admin_of(request), _list_id(request), await read_form(request)
    out: tuple[str, ...] = ()
    try:
        asked = decode(ApplyForm, sent)
        typed = (line for line in asked.excludes.splitlines() if line.strip())
        out = tuple(dict.fromkeys(read_listed(line) for line in (*asked.exclude, *typed)))
        if asked.look:
            return await _draft_page(request, FormView(_values(sent)), out)
        change = ListApplied(list_id, Millis(number(asked.made, 0) or 0), out)
        await flows(request).governing.apply(who, change, asked.reason, typed=asked.typed)
    except Invalid as problem:
        field = problem.field if problem.field == "typed" else "excludes"
        form = form_of(sent, Invalid(problem.message, field), field)
        return await _draft_page(request, form, out, problem)
    return to(ALL, "list-applied")


async def discard(request: web.Request) -> web.StreamResponse:
    """Drop what waits for a list."""
    await flows(request).blocklists.discard(admin_of(request), _list_id(request))
    return to(ALL, "list-discarded")


async def change(request: web.Request) -> web.StreamResponse:
    """Show what a change would do; make it once that was agreed to."""
    who, sent, known = admin_of(request), await read_form(request), flows(request)
    try:
        asked = decode(ChangeForm, sent)
        wanted = _change_of(asked)
    except Invalid as problem:
        return await _lists_page(request, form_of(sent, problem, "domain"), problem)
    effect = await known.blocklists.effect_of(who, wanted)
    impact = await known.governing.preview(who, wanted)
    is_nothing = not effect and not impact.severed_follows and not impact.warnings
    if not asked.agreed and not (is_nothing and not isinstance(wanted, ListRemoved)):
        return await _change_page(request, wanted, asked, effect, impact, FormView())
    try:
        await known.governing.apply(who, wanted, asked.reason, typed=asked.typed)
    except Invalid as problem:
        form = form_of(sent, problem, "typed")
        return await _change_page(request, wanted, asked, effect, impact, form, problem)
    return to(ALL, "saved")


def _change_of(asked: ChangeForm) -> ListsChange:
    list_id = ListId(number(asked.list, 0) or 0)
    match asked.what:
        case "remove":
            return ListRemoved(list_id)
        case "arrange":
            order = (ListId(number(word, 0) or 0) for word in asked.order.split())
            return ListsArranged(tuple(order))
        case "keep-out":
            return KeptOut(list_id, read_listed(asked.domain))
        case "let-in":
            return LetIn(list_id, read_listed(asked.domain))
        case _:
            raise Invalid("Choose what is to be changed.")


async def _lists_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    who, known = admin_of(request), flows(request)
    shelves, out = await known.blocklists.shelves(who), await known.blocklists.excludes(who)
    view = ListsPage(
        rows=list_rows(shelves),
        excludes=exclude_rows(out, shelves),
        form=form,
        lists=list_options(shelves),
        is_closed=known.house.now.policy.federation.mode is FederationMode.ALLOW_LIST,
    )
    return await answer(request, "lists.html", view, "Lists of servers", problem)


def _settings(one: BlockList) -> dict[str, str]:
    return {
        "name": one.name,
        "applies_harmless": CHECKED if one.applies_harmless else "",
        "leaves_out_hidden": CHECKED if one.leaves_out_hidden else "",
    }


async def _list_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    who, known, list_id = admin_of(request), flows(request), _list_id(request)
    after = request.query.get("after", "")[:300]
    found, entries = await known.blocklists.entries(who, list_id, after=after, limit=_PAGE + 1)
    shelf = await shelf_of(request, who, list_id)
    where = f"{ALL}/{list_id}"
    is_subscribed = found.source is ListSource.ADDRESS
    shown = entries[:_PAGE]
    view = ListPage(
        row=list_row(shelf),
        entries=tuple(entry_row(entry) for entry in shown),
        pager=PagerView(f"{where}?after={shown[-1].domain}", _PAGE)
        if len(entries) > _PAGE
        else None,
        form=form if form.errors else opened(FormView(_settings(found))),
        is_subscribed=is_subscribed,
        settle_action=f"{where}/settings",
        fetch_action=f"{where}/fetch" if is_subscribed else "",
    )
    return await answer(request, "list.html", view, found.name, problem)


async def _draft_page(
    request: web.Request,
    form: FormView,
    out: tuple[str, ...],
    problem: FixatifError | None = None,
) -> web.Response:
    who, known, list_id = admin_of(request), flows(request), _list_id(request)
    found = await known.blocklists.proposal(who, list_id)
    seen = ListApplied(list_id, found.draft.made_at, out)
    effect = await known.blocklists.effect_of(who, seen) if out else found.effect
    impact = await known.governing.preview(who, seen)
    shown = impact_view(effect, impact, known.config.instance.domain)
    view = replace(draft_page(found, shown, chosen=out), form=form)
    return await answer(request, "list_draft.html", view, f"What waits for {view.name}", problem)


async def _change_page(
    request: web.Request,
    wanted: ListsChange,
    asked: ChangeForm,
    effect: Effect,
    impact: Impact,
    form: FormView,
    problem: FixatifError | None = None,
) -> web.Response:
    title, words, do = await _told(request, wanted)
    domain = flows(request).config.instance.domain
    hidden = {"what": asked.what, "list": asked.list, "domain": asked.domain, "order": asked.order}
    view = ListChangePage(
        title=title,
        words=words,
        do=do,
        action=f"{ALL}/change",
        back_url=ALL,
        hidden=tuple((name, value) for name, value in hidden.items() if value),
        impact=impact_view(effect, impact, domain),
        form=form,
    )
    return await answer(request, "list_change.html", view, title, problem)


async def _told(request: web.Request, wanted: ListsChange) -> tuple[str, str, str]:
    """Return a change's title, what it means, and what its button says."""
    names = {
        shelf.one.id: shelf.one.name
        for shelf in await flows(request).blocklists.shelves(artist_of(request))
    }
    match wanted:
        case ListRemoved(list_id):
            name = names.get(list_id, "the list")
            words = (
                "Everything that only this list says is lifted, and nothing is fetched any more."
            )
            return f"End {name}", words, "End it"
        case ListsArranged():
            return "Another order", "The first list that speaks of a server decides.", "Change it"
        case KeptOut(list_id, domain):
            where = "every list" if list_id == EVERY_LIST else names.get(list_id, "the list")
            words = (
                "For good: whatever it says of this domain, and of all beneath it, does not hold."
            )
            return f"Keep {domain} out of {where}", words, "Keep it out"
        case LetIn(_, domain):
            return f"Let lists speak of {domain} again", "What they say of it holds.", "Let them"
        case _:
            raise NotFound("There is nothing here at this address.")


def _values(sent: Fields) -> dict[str, str]:
    return {name: sent.first(name) for name in ("excludes", "reason", "typed")}


def _list_id(request: web.Request) -> ListId:
    return ListId(number(request.match_info["id"], 0) or 0)
