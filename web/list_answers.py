"""What the pages about lists of servers share: who enters, forms that come back, answers."""

from aiohttp import web

from server.blocklists import Shelf
from server.errors import FixatifError, Invalid, NotFound
from server.lists import ListId
from server.model import Artist, Role
from server.roles import demand
from web.errors import status_of
from web.fields import Fields
from web.flows import flows
from web.respond import artist_of, head_for, page
from web.views import FormView


def admin_of(request: web.Request) -> Artist:
    """Return who asks. Raise `NotFound` for all but admins and the owner."""
    return demand(artist_of(request), Role.ADMIN)


async def shelf_of(request: web.Request, who: Artist, list_id: ListId) -> Shelf:
    """Return a list with what is on it. Raise `NotFound`."""
    shelves = await flows(request).blocklists.shelves(who)
    found = next((shelf for shelf in shelves if shelf.one.id == list_id), None)
    if found is None:
        raise NotFound("There is no such list here (any more).")
    return found


def form_of(sent: Fields, problem: FixatifError, otherwise: str) -> FormView:
    """Return a form as it was sent, with what is wrong; `otherwise`: at this field."""
    field = problem.field if isinstance(problem, Invalid) and problem.field else otherwise
    field = otherwise if field == "list" else field
    values = {name: sent.first(name) for name in sent.names() if name != "csrf"}
    return FormView(values, {field: problem.message})


async def answer(
    request: web.Request,
    template: str,
    view: object,
    title: str,
    problem: FixatifError | None = None,
) -> web.Response:
    """Show a page, or the same again with what is wrong."""
    head = head_for(request, title=title, usage=flows(request).house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, template, view, head=head, status=status)
