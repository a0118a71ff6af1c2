"""The end of one's account: asked for with the password, and taken back in time."""

from typing import Annotated

from aiohttp import web

from server.account_ends import GRACE
from server.errors import FixatifError, Invalid, NotAllowed
from server.model import Artist
from server.values import dataclass
from web.dealing_views import LeavingPage
from web.errors import status_of
from web.fields import Secret, decode
from web.flows import flows
from web.forms import read_form
from web.keys import ARTIST, LEAVING
from web.limits import Rate
from web.pages.account import welcome
from web.respond import artist_of, head_for, page, to
from web.views import FormView

_TRIES = Rate("passwords for leaving", 10, 60)
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class LeaveForm:
    """The password: what follows cannot be undone for ever."""

    password: Annotated[str, Secret("Your password", 4_096)]


async def leaving(request: web.Request) -> web.StreamResponse:
    """Say what the end means, and until when it can be taken back."""
    return await _leaving_page(request)


async def leave(request: web.Request) -> web.StreamResponse:
    """Begin the end of the account: out of sight at once, and signed out everywhere."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(LeaveForm, sent)
        known.limits.demand(_TRIES, artist.handle)
        await known.sessions.confirm(artist, asked.password)
        await known.account_ends.ask(artist)
    except FixatifError as problem:
        return await _leaving_page(request, problem)
    signed_in = await known.sessions.sign_in(artist.handle, asked.password)
    return welcome(request, signed_in, "/settings/leaving")


async def take_back(request: web.Request) -> web.StreamResponse:
    """Keep the account after all."""
    artist = _somebody(request)
    await flows(request).account_ends.take_back(artist)
    return to("/settings", "stays")


async def _leaving_page(request: web.Request, problem: FixatifError | None = None) -> web.Response:
    known, artist = flows(request), _somebody(request)
    field = problem.field if isinstance(problem, Invalid) else ""
    view = LeavingPage(
        address=f"@{artist.handle}@{known.addresses.domain}",
        works=await known.account_ends.works_of(artist),
        days=GRACE // _DAY,
        ends_at=artist.ends_at,
        form=FormView({}, {field: problem.message}) if problem else FormView(),
    )
    head = head_for(request, title="Delete your account", usage=known.house.usage_of())
    status = status_of(problem) if problem else 200
    return await page(request, "leaving.html", view, head=head, status=status, has_form=True)


def _somebody(request: web.Request) -> Artist:
    """Return who is signed in, also one who is about to be deleted."""
    artist: Artist | None = request.get(ARTIST) or request.get(LEAVING)
    if artist is None:
        raise NotAllowed("Sign in first.")
    return artist
