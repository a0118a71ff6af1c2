"""Our own list: said, taken back, published; and with whom this place deals at all."""

from dataclasses import replace
from typing import Annotated

from aiohttp import web

from server.changes import NewPolicy
from server.errors import FixatifError, Invalid
from server.lists import MAX_COMMENT, BlockList, ListEntry, ListSource, Severity
from server.policy import FederationTerms
from server.policy_text import write_policy
from server.tiers import FederationMode
from server.values import dataclass
from web.fields import Line, Many, Text, decode
from web.flows import flows
from web.forms import read_form
from web.list_answers import admin_of, answer, form_of
from web.list_present import ALL, OWN_LABELS, SEVERITIES, draft_words, entry_row, impact_view
from web.list_views import ModePage, OwnListPage
from web.respond import to
from web.views import FormView, PagerView

_OWN = f"{ALL}/own"
_PAGE = 200


@dataclass(frozen=True, slots=True)
class SayForm:
    """What we say of a server."""

    domain: Annotated[str, Line("The domain", 300)]
    severity: Severity = Severity.SUSPEND
    public_comment: Annotated[str, Text("The public reason", MAX_COMMENT)] = ""
    private_comment: Annotated[str, Text("The note", MAX_COMMENT)] = ""
    labels: Annotated[tuple[str, ...], Many(Line("A label", 60), 10)] = ()
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class DomainForm:
    """Which server."""

    domain: Annotated[str, Line("The domain", 300)]


@dataclass(frozen=True, slots=True)
class SwitchForm:
    """On or off."""

    is_on: bool = False


@dataclass(frozen=True, slots=True)
class ModeForm:
    """With whom this place deals."""

    mode: FederationMode
    typed: Annotated[str, Line("The domain", 300)] = ""
    reason: Annotated[str, Line("The reason", 500)] = ""


async def own_list(request: web.Request) -> web.StreamResponse:
    """Show our own list."""
    return await _own_page(request, FormView(), ())


async def say(request: web.Request) -> web.StreamResponse:
    """Put a server on the draft of our own list."""
    who, sent = admin_of(request), await read_form(request)
    try:
        asked = decode(SayForm, sent)
        entry = ListEntry(
            asked.domain,
            asked.severity,
            asked.public_comment,
            asked.private_comment,
            tuple(dict.fromkeys(asked.labels)),
            is_public=asked.is_public,
        )
        one = await flows(request).own_list.say(who, entry)
    except Invalid as problem:
        return await _own_page(
            request, form_of(sent, problem, "domain"), sent.all("labels"), problem
        )
    return to(f"{ALL}/{one.id}/draft")


async def unsay(request: web.Request) -> web.StreamResponse:
    """Take a server off the draft of our own list."""
    who, sent = admin_of(request), await read_form(request)
    one = await flows(request).own_list.unsay(who, decode(DomainForm, sent).domain)
    return to(f"{ALL}/{one.id}/draft")


async def publish(request: web.Request) -> web.StreamResponse:
    """Publish our own list, or end that."""
    asked = decode(SwitchForm, await read_form(request))
    await flows(request).list_feed.switch(admin_of(request), is_on=asked.is_on)
    return to(_OWN, "list-published" if asked.is_on else "saved")


async def export(request: web.Request) -> web.StreamResponse:
    """Hand out what our own list says in public, as a file."""
    text = await flows(request).list_feed.export(admin_of(request))
    domain = flows(request).config.instance.domain.partition(":")[0]
    return web.Response(
        text=text,
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{domain}-list.csv"',
            "Cache-Control": "no-store",
        },
    )


async def mode(request: web.Request) -> web.StreamResponse:
    """Explain with whom this place deals, and what the other way would do."""
    return await _mode_page(request, FormView())


async def set_mode(request: web.Request) -> web.StreamResponse:
    """Deal with everybody, or only with servers that were let in."""
    who, sent, known = admin_of(request), await read_form(request), flows(request)
    try:
        asked = decode(ModeForm, sent)
        await known.governing.apply(
            who,
            _policy_with(request, asked.mode),
            asked.reason,
            typed=asked.typed,
            expected=known.house.now.version.version,
        )
    except Invalid as problem:
        return await _mode_page(request, form_of(sent, problem, "typed"), problem)
    return to(ALL, "saved")


async def _own_page(
    request: web.Request,
    form: FormView,
    labels: tuple[str, ...],
    problem: FixatifError | None = None,
) -> web.Response:
    who, known = admin_of(request), flows(request)
    shelves = await known.blocklists.shelves(who)
    shelf = next((one for one in shelves if one.one.source is ListSource.OWN), None)
    own: BlockList | None = shelf.one if shelf else None
    after = request.query.get("after", "")[:300]
    entries: list[ListEntry] = []
    if own is not None:
        _, entries = await known.blocklists.entries(who, own.id, after=after, limit=_PAGE + 1)
    shown = entries[:_PAGE]
    base = known.addresses.base_url
    view = OwnListPage(
        entries=tuple(entry_row(entry) for entry in shown),
        draft_url=f"{ALL}/{own.id}/draft" if shelf and own and shelf.draft else "",
        draft_words=draft_words(shelf) if shelf else "",
        is_published=own is not None and own.is_published,
        is_there=own is not None,
        feed_url=f"{base}/datasets/own",
        csv_url=f"{base}/datasets/own.csv",
        form=form,
        severities=SEVERITIES,
        labels=OWN_LABELS,
        chosen_labels=labels,
        pager=PagerView(f"{_OWN}?after={shown[-1].domain}", _PAGE)
        if len(entries) > _PAGE
        else None,
    )
    return await answer(request, "list_own.html", view, "Our own list", problem)


async def _mode_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    who, known = admin_of(request), flows(request)
    now = known.house.now.policy.federation.mode
    other = FederationMode.OPEN if now is FederationMode.ALLOW_LIST else FederationMode.ALLOW_LIST
    impact = await known.governing.preview(who, _policy_with(request, other))
    view = ModePage(
        is_closed=now is FederationMode.ALLOW_LIST,
        impact=impact_view((), impact, known.config.instance.domain),
        let_in=await known.blocklists.let_in(who),
        form=form,
    )
    return await answer(request, "list_mode.html", view, "With whom we deal", problem)


def _policy_with(request: web.Request, mode: FederationMode) -> NewPolicy:
    policy = flows(request).house.now.policy
    return NewPolicy(write_policy(replace(policy, federation=FederationTerms(mode))))
