"""Where an artist makes, describes and arranges series. Signed in only."""

from collections.abc import Sequence
from typing import Annotated

from aiohttp import web

from server.drafts import MAX_TITLE
from server.errors import FixatifError
from server.model import Artist, PictureState, RenditionName, Visibility, Work, WorkId, WorkState
from server.series import MAX_SUMMARY, SeriesDraft, handle_start, suggested_name
from server.series_rooms import SeriesCard, SeriesDesk
from server.values import dataclass
from web.errors import status_of
from web.fields import Fields, Line, Text, decode
from web.flows import flows
from web.forms import read_form
from web.opened import Since, again, meet, on_top, opened
from web.present import UNTITLED, Show
from web.respond import artist_of, head_for, number, page, show, to
from web.series_answers import series_id_of
from web.series_views import (
    SeriesAddPage,
    SeriesDeletePage,
    SeriesEditPage,
    SeriesListPage,
    SeriesNewPage,
    SeriesRowView,
    SeriesWorkView,
)
from web.text import plural
from web.views import FormView, HeadView, PagerView, PictureView

_LIST = "/studio/series"
_LABELS = {
    "title": "the title",
    "summary": "what holds it together",
    "cover": "the cover",
    "position": "the order",
}
_STUDIO_PAGE = 50
_MOST_PLACES = 400  # beyond, the form would have more fields than one may have


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What the forms say of a series."""

    title: Annotated[str, Line("The title", MAX_TITLE)] = ""
    summary: Annotated[str, Text("The description", MAX_SUMMARY)] = ""
    cover: Annotated[str, Line("The cover", 20)] = ""
    then: Annotated[str, Line("What to do", 30)] = "save"

    def draft(self) -> SeriesDraft:
        """Return the facts as the flow takes them."""
        cover = number(self.cover)
        return SeriesDraft(self.title, self.summary, WorkId(cover) if cover else None)


async def all_series(request: web.Request) -> web.StreamResponse:
    """List the artist's series."""
    artist = artist_of(request)
    cards = await flows(request).series_rooms.cards(artist.id, artist.id)
    view = SeriesListPage(tuple(_row(request, card, artist) for card in cards))
    return await page(request, "series_list.html", view, head=_head(request, "Series"))


async def new_form(request: web.Request) -> web.StreamResponse:
    """Offer the form for a new series."""
    return await _new_page(request, FormView())


async def make(request: web.Request) -> web.StreamResponse:
    """Begin a series; its works are chosen next."""
    known, artist = flows(request), artist_of(request)
    sent = await read_form(request)
    try:
        made = await known.series.make(artist, decode(SeriesFacts, sent).draft())
    except FixatifError as problem:
        return await _new_page(request, again(sent, problem), problem)
    return to(f"{_LIST}/{made.id}/add", "series-made")


async def edit_form(request: web.Request) -> web.StreamResponse:
    """Offer everything about a series for change."""
    desk = await flows(request).series_rooms.desk(artist_of(request), series_id_of(request))
    return await _edit_page(request, desk, opened(_form_of(desk)))


async def edit(request: web.Request) -> web.StreamResponse:
    """Describe a series, and move its works, with one form: nothing that was typed is lost."""
    typed = await read_form(request)
    try:
        mark = await on_top(lambda: _edit(request, typed))
    except FixatifError as problem:
        desk = await flows(request).series_rooms.desk(artist_of(request), series_id_of(request))
        return await _edit_page(request, desk, again(typed, problem), problem)
    return to(f"{_LIST}/{series_id_of(request)}{mark}", "" if mark else "saved")


async def _edit(request: web.Request, typed: Fields) -> str:
    """Change a series as it stands, by what was typed; return which part of the page to show."""
    known, artist = flows(request), artist_of(request)
    desk = await known.series_rooms.desk(artist, series_id_of(request))
    sent = meet(typed, _form_of(desk).values, Since(at=desk.series.updated_at), _LABELS)
    facts = decode(SeriesFacts, sent)
    verb, _, about = facts.then.partition("-")
    moved = WorkId(number(about, 0) or 0)
    order = _moved([work.id for work in _placed(desk.works, sent)], verb, moved)
    taken = [moved] if verb == "out" else []
    seen = (desk.series, [work.id for work in desk.works])
    await known.series.change(artist, desk.series.id, facts.draft(), order, taken, seen)
    return f"#work-{moved}" if verb in {"up", "down"} else "#order" if verb == "out" else ""


async def add_form(request: web.Request) -> web.StreamResponse:
    """Offer the artist's other works."""
    known, artist, showing = flows(request), artist_of(request), show(request)
    desk = await known.series_rooms.desk(artist, series_id_of(request))
    before = number(request.query.get("before", ""))
    works = await known.viewing.studio(artist, WorkId(before) if before else None)
    present = {work.id for work in desk.works}
    own = f"{_LIST}/{desk.series.id}"
    is_full = len(works) == _STUDIO_PAGE
    view = SeriesAddPage(
        title=desk.series.title,
        action=f"{own}/add",
        cancel_url=own,
        works=tuple(_work(showing, work) for work in works if work.id not in present),
        pager=PagerView(f"{own}/add?before={works[-1].id}", _STUDIO_PAGE) if is_full else None,
    )
    head = _head(request, f"Add to {desk.series.title}")
    return await page(request, "series_add.html", view, head=head)


async def add(request: web.Request) -> web.StreamResponse:
    """Put the chosen works at the end of a series."""
    series_id = series_id_of(request)
    chosen = [number(one) for one in (await read_form(request)).all("work")]
    works = [WorkId(one) for one in chosen if one]
    await flows(request).series.add(artist_of(request), series_id, works)
    return to(f"{_LIST}/{series_id}", "added" if works else "")


async def delete_form(request: web.Request) -> web.StreamResponse:
    """Ask before a series goes."""
    desk = await flows(request).series_rooms.desk(artist_of(request), series_id_of(request))
    own = f"{_LIST}/{desk.series.id}"
    view = SeriesDeletePage(
        title=desk.series.title,
        action=f"{own}/delete",
        cancel_url=own,
        works=len(desk.works),
        address=f"@{desk.speaker.address}" if desk.speaker else "",
        followers=desk.followers,
    )
    return await page(request, "series_delete.html", view, head=_head(request, "Delete a series"))


async def delete(request: web.Request) -> web.StreamResponse:
    """End a series."""
    await flows(request).series.remove(artist_of(request), series_id_of(request))
    return to(_LIST, "series-ended")


async def let_follow(request: web.Request) -> web.StreamResponse:
    """Make a series one that can be followed by itself."""
    known, artist = flows(request), artist_of(request)
    desk = await known.series_rooms.desk(artist, series_id_of(request))
    sent = await read_form(request)
    try:
        await known.series.open_to_followers(artist, desk.series.id, sent.first("name"))
    except FixatifError as problem:
        told = FormView({"name": sent.first("name")}, {"name": problem.message})
        return await _edit_page(request, desk, opened(_form_of(desk)), problem, told)
    return to(f"{_LIST}/{desk.series.id}#following", "followable")


async def _new_page(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    head = _head(request, "A new series")
    return await page(
        request, "series_new.html", SeriesNewPage(form), head=head, status=_status(problem)
    )


async def _edit_page(
    request: web.Request,
    desk: SeriesDesk,
    form: FormView,
    problem: FixatifError | None = None,
    open_form: FormView | None = None,
) -> web.Response:
    artist, showing = artist_of(request), show(request)
    own, speaker = f"{_LIST}/{desk.series.id}", desk.speaker
    view = SeriesEditPage(
        title=desk.series.title,
        form=form,
        action=own,
        works=tuple(_work(showing, work) for work in desk.works),
        add_url=f"{own}/add",
        delete_url=f"{own}/delete",
        page_url=f"/@{artist.handle}/series/{desk.series.slug}" if desk.is_open else "",
        has_places=len(desk.works) <= _MOST_PLACES,
        address=f"@{speaker.address}" if speaker else "",
        followers=desk.followers,
        open_action=f"{own}/follow",
        open_form=open_form or FormView({"name": suggested_name(artist, desk.series)}),
        handle_start=handle_start(artist),
        domain=flows(request).addresses.domain,
    )
    head = _head(request, desk.series.title)
    return await page(request, "series_edit.html", view, head=head, status=_status(problem))


def _row(request: web.Request, card: SeriesCard, artist: Artist) -> SeriesRowView:
    series, showing = card.series, show(request)
    return SeriesRowView(
        title=series.title,
        edit_url=f"{_LIST}/{series.id}",
        note=plural(card.works, "work") if card.works else "No works that hang yet",
        url=f"/@{artist.handle}/series/{series.slug}",
        picture=_thumb(showing, card.cover) if card.cover else None,
    )


def _work(showing: Show, work: Work) -> SeriesWorkView:
    return SeriesWorkView(work.id, work.title or UNTITLED, _note(work), _thumb(showing, work))


def _thumb(showing: Show, work: Work) -> PictureView | None:
    ready = [one for one in work.pictures if one.state is PictureState.READY]
    return showing.picture(work, ready[0], (RenditionName.TILE,)) if ready else None


def _note(work: Work) -> str:
    if work.visibility is Visibility.DRAFT:
        return "Draft: only you see it"
    notes = {
        WorkState.PROCESSING: "Being prepared",
        WorkState.HIDDEN: "Hidden by the moderators",
        WorkState.FAILED: "Not hung: a picture cannot be used",
    }
    return notes.get(work.state, work.visibility.value.capitalize())


def _form_of(desk: SeriesDesk) -> FormView:
    series = desk.series
    cover = str(series.cover_id) if series.cover_id else ""
    values = {"title": series.title, "summary": series.summary, "cover": cover}
    for place, work in enumerate(desk.works, start=1):
        values[f"position-{work.id}"] = str(place)
    return FormView(values)


def _placed(works: Sequence[Work], sent: Fields) -> list[Work]:
    """Return works in the order of the places that were typed.

    Whoever stood at a place makes way: upwards to what comes from there, downwards to the rest.
    """

    def place(at: int, work: Work) -> tuple[int, int, int]:
        typed = number(sent.first(f"position-{work.id}").strip())
        wanted = at if typed is None else typed
        return wanted, (wanted > at) - (wanted < at), at

    numbered = sorted(enumerate(works, start=1), key=lambda one: place(*one))
    return [work for _, work in numbered]


def _moved(order: list[WorkId], verb: str, work: WorkId) -> list[WorkId]:
    step = {"up": -1, "down": 1}.get(verb, 0)
    if not step or work not in order:
        return order
    at = order.index(work)
    rest = [one for one in order if one != work]
    place = min(max(at + step, 0), len(rest))
    return [*rest[:place], work, *rest[place:]]


def _status(problem: FixatifError | None) -> int:
    return 200 if problem is None else status_of(problem)


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
