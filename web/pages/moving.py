"""Moving: to another account, from another account, and back."""

from typing import Annotated

from aiohttp import web

from server.errors import FixatifError, Invalid, NotAllowed, NotFound, Unanswered
from server.model import Actor, Artist, Millis
from server.moving import COOLDOWN, MAX_ALIASES
from server.values import dataclass
from web.dealing_views import AliasRow, MovingPage
from web.errors import status_of
from web.fields import Line, Secret, decode
from web.flows import flows
from web.forms import read_form
from web.limits import Rate
from web.respond import artist_of, head_for, page, show, to
from web.views import FormView, HeadView, LinkView

_LOOK_UPS = Rate("accounts to move looked up", 10, 60)  # each makes us fetch from elsewhere
_TRIES = Rate("passwords for moving", 10, 60)


@dataclass(frozen=True, slots=True)
class MoveForm:
    """Where one moves, with the password."""

    target: Annotated[str, Line("The new account", 400)]
    password: Annotated[str, Secret("Your password", 4_096)]


@dataclass(frozen=True, slots=True)
class AliasForm:
    """An account that one had before."""

    former: Annotated[str, Line("The old account", 400)]


async def moving(request: web.Request) -> web.StreamResponse:
    """Show where one comes from and goes to."""
    return await _moving_page(request)


async def move(request: web.Request) -> web.StreamResponse:
    """Move to another account, once the password is right and the other side agrees."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(MoveForm, sent)
        known.limits.demand(_TRIES, artist.handle)
        await known.sessions.confirm(artist, asked.password)
        target = await _found(request, asked.target, "target")
        await known.moving.move(artist, target)
    except FixatifError as problem:
        form = FormView({"target": sent.first("target")}, _errors(problem, "target"))
        return await _moving_page(request, move_form=form, problem=problem)
    return to("/settings/moving", "moved")


async def cancel(request: web.Request) -> web.StreamResponse:
    """Point elsewhere no more."""
    await flows(request).moving.cancel(artist_of(request))
    return to("/settings/moving", "back")


async def add_alias(request: web.Request) -> web.StreamResponse:
    """Name an account that one had before."""
    artist, sent = artist_of(request), await read_form(request)
    try:
        asked = decode(AliasForm, sent)
        former = await _found(request, asked.former, "former")
        await flows(request).moving.add_alias(artist, former)
    except FixatifError as problem:
        form = FormView({"former": sent.first("former")}, _errors(problem, "former"))
        return await _moving_page(request, alias_form=form, problem=problem)
    return to("/settings/moving", "named")


async def remove_alias(request: web.Request) -> web.StreamResponse:
    """Name a former account no more."""
    sent = await read_form(request)
    await flows(request).moving.remove_alias(artist_of(request), sent.first("uri"))
    return to("/settings/moving", "saved")


async def new_home(request: web.Request, actor: Actor) -> LinkView | None:
    """Return a link to where somebody has moved, None where they have not."""
    if not actor.moved_to:
        return None
    target = await flows(request).viewing.known(actor.moved_to)
    if target is None:
        return LinkView(actor.moved_to, actor.moved_to)
    return LinkView(f"@{target.address}", show(request).actor(target).url)


async def _found(request: web.Request, address: str, field: str) -> Actor:
    """Find an account by its address, as its origin describes it now."""
    known = flows(request)
    known.limits.demand(_LOOK_UPS, artist_of(request).handle)
    try:
        met = await known.remote.by_address(address)
        return await known.remote.actor(met.uri, afresh=True)
    except (Invalid, NotFound, Unanswered) as problem:
        raise Invalid(problem.message, field) from problem


async def _moving_page(
    request: web.Request,
    *,
    alias_form: FormView | None = None,
    move_form: FormView | None = None,
    problem: FixatifError | None = None,
) -> web.Response:
    known, artist = flows(request), artist_of(request)
    actor, former = await known.moving.standing(artist)
    view = MovingPage(
        address=f"@{actor.address}",
        aliases=tuple(_alias(one) for one in former),
        most_aliases=MAX_ALIASES,
        moved_to=await new_home(request, actor),
        again_from=_again_from(artist, known.clock.now()),
        alias_form=alias_form or FormView(),
        move_form=move_form or FormView(),
    )
    status = status_of(problem) if problem else 200
    head = _head(request)
    return await page(request, "moving.html", view, head=head, status=status)


def _alias(former: Actor | str) -> AliasRow:
    if isinstance(former, str):
        return AliasRow(former, former)
    return AliasRow(f"@{former.address}", former.uri)


def _again_from(artist: Artist, now: Millis) -> Millis | None:
    if artist.moved_at is None or now - artist.moved_at >= COOLDOWN:
        return None
    return Millis(artist.moved_at + COOLDOWN)


def _errors(problem: FixatifError, field: str) -> dict[str, str]:
    named = problem.field if isinstance(problem, Invalid) else ""
    return {named or ("" if isinstance(problem, NotAllowed) else field): problem.message}


def _head(request: web.Request) -> HeadView:
    return head_for(request, title="Moving", usage=flows(request).house.usage_of())
