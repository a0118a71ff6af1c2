"""Signing in and out, the owner's set-up, and what one says of oneself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated

from aiohttp import web

from server.accounts import (
    MAX_BIO_LENGTH,
    MAX_NAME_LENGTH,
    NewAccount,
    Profile,
)
from server.errors import FixatifError, Invalid
from server.model import Artist, Preference
from server.permits import InteractionKind
from server.policy import Policy
from server.portraits import Portrait, PortraitKind
from server.presence import Presence, read_domains
from server.sessions import SESSION_LENGTH, SignedIn, typed_handle
from server.values import dataclass
from web.addresses import network_of
from web.errors import status_of
from web.fields import CHECKED, Fields, Line, Secret, Text, decode
from web.flows import flows
from web.forms import read_form
from web.keys import CLIENT_ADDRESS, SESSION
from web.limits import Rate
from web.opened import Since, again, meet, on_top, opened
from web.overlay_forms import OVERLAY, overlay_values, read_overlay
from web.page_views import LoginPage, PortraitEditView, SettingsPage, SetupPage
from web.pages.permits import PERMITS, PermitsForm, permit_values
from web.respond import artist_of, head_for, own_path, page, show, to
from web.views import FormView, HeadView, PictureView, SourceView

# Ten tries at once from one network, then one in half a minute; each account a few more, so that
# nobody can lock somebody else out for long.
_TRIES_OF_NETWORK = Rate("sign-in by network", 10, 30)
_TRIES_AT_ACCOUNT = Rate("sign-in at account", 20, 30)
_HOME = "/studio"
_LABELS = {
    "name": "your name",
    "bio": "the text about you",
    "approves_follows": "whether you approve followers",
    "is_discoverable": "whether you are suggested",
    "is_indexable": "whether your posts are searched",
    "hides_follows": "whether your follows are shown",
    "attribution_domains": "the sites that may name you",
    "own": "what machines may do, and sizes",
    **{f"may_{kind}": "who may take part" for kind in InteractionKind},
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in form."""

    handle: Annotated[str, Line("Your handle", 320)]
    password: Annotated[str, Secret("Your password", 4_096)]
    next: Annotated[str, Line("The next page", 2_000)] = ""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The owner's first form."""

    token: Annotated[str, Line("The link", 200)]
    handle: Annotated[str, Line("The handle", 100)]
    password: Annotated[str, Secret("The password", 4_096)]
    name: Annotated[str, Line("The name", MAX_NAME_LENGTH)] = ""


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """What an artist says of themself."""

    name: Annotated[str, Line("The name", MAX_NAME_LENGTH)] = ""
    bio: Annotated[str, Text("The text about you", MAX_BIO_LENGTH)] = ""
    approves_follows: bool = False


@dataclass(frozen=True, slots=True)
class PresenceForm:
    """How an artist is found elsewhere."""

    is_discoverable: bool = False
    is_indexable: bool = False
    hides_follows: bool = False
    attribution_domains: Annotated[str, Text("The list of sites", 30_000)] = ""


@dataclass(frozen=True, slots=True)
class PasswordForm:
    """A change of password."""

    current: Annotated[str, Secret("The present password", 4_096)]
    password: Annotated[str, Secret("The new password", 4_096)]


async def login_form(request: web.Request) -> web.StreamResponse:
    """Offer to sign in."""
    if SESSION in request:
        return to(_HOME)
    return await _login_page(request, FormView(), request.query.get("next", ""))


async def login(request: web.Request) -> web.StreamResponse:
    """Sign in. Slowed down by network and by account."""
    known, sent = flows(request), await read_form(request)
    try:
        asked = decode(SignIn, sent)
        network = str(network_of(request[CLIENT_ADDRESS]))
        known.limits.demand(_TRIES_OF_NETWORK, network)
        known.limits.demand(_TRIES_AT_ACCOUNT, typed_handle(asked.handle))
        signed_in = await known.sessions.sign_in(asked.handle, asked.password)
    except FixatifError as problem:
        form = FormView({"handle": sent.first("handle")}, _errors(problem))
        return await _login_page(request, form, sent.first("next"), problem)
    known.limits.forgive(_TRIES_AT_ACCOUNT, typed_handle(asked.handle))
    return welcome(request, signed_in, own_path(asked.next, _HOME))


async def logout(request: web.Request) -> web.StreamResponse:
    """Sign out: the session ends here, not only in the browser."""
    known = flows(request)
    await known.sessions.sign_out(request[SESSION].token_hash)
    response = to("/")
    known.forms.cookies.clear_session(response)
    return response


async def setup_form(request: web.Request) -> web.StreamResponse:
    """Offer the owner's set-up to who has the one-time link."""
    token = request.query.get("t", "")
    await flows(request).setting_up.check(token)
    return await _setup_page(request, token, FormView())


async def setup(request: web.Request) -> web.StreamResponse:
    """Open the owner's account."""
    known, sent = flows(request), await read_form(request)
    known.limits.demand(_TRIES_OF_NETWORK, str(network_of(request[CLIENT_ADDRESS])))
    try:
        asked = decode(SetUp, sent)
        wanted = NewAccount(asked.handle, asked.password, name=asked.name)
        signed_in = await known.setting_up.set_up(asked.token, wanted)
    except Invalid as problem:
        values = {name: sent.first(name) for name in ("handle", "name")}
        form = FormView(values, _errors(problem))
        return await _setup_page(request, sent.first("token"), form, problem)
    return welcome(request, signed_in, "/studio/upload")


async def settings(request: web.Request) -> web.StreamResponse:
    """Show what can be changed."""
    return await settings_page(request, artist_of(request))


async def profile(request: web.Request) -> web.StreamResponse:
    """Change name, text and whether follows are approved."""

    async def save(seen: Artist, typed: Fields) -> None:
        asked = decode(ProfileForm, meet(typed, _profile_values(seen), Since(), _LABELS))
        wanted = Profile(asked.name, asked.bio, asked.approves_follows)
        await flows(request).accounts.edit_profile(seen, wanted, seen)

    return await _saved(request, "profile", save, to("/settings", "profile"))


async def presence(request: web.Request) -> web.StreamResponse:
    """Change how one is found elsewhere."""

    async def save(seen: Artist, typed: Fields) -> None:
        asked = decode(PresenceForm, meet(typed, _presence_values(seen), Since(), _LABELS))
        wanted = Presence(
            asked.is_discoverable,
            asked.is_indexable,
            asked.hides_follows,
            read_domains(asked.attribution_domains),
        )
        await flows(request).presences.change(seen, wanted, seen)

    return await _saved(request, "presence", save, to("/settings", "profile"))


async def protection(request: web.Request) -> web.StreamResponse:
    """Change what machines may do with one's works, and how large they are shown."""

    async def save(seen: Artist, typed: Fields) -> None:
        now = overlay_values(seen.content_usage, seen.sizes)
        overlay = read_overlay(meet(typed, now, Since(), _LABELS))
        if overlay is not None:
            await flows(request).protecting.change(seen, overlay, seen)

    return await _saved(request, "overlay", save, to("/settings#protection", "protection"))


async def permits(request: web.Request) -> web.StreamResponse:
    """Change what holds of works that say nothing else, and of comments."""

    async def save(seen: Artist, typed: Fields) -> None:
        sent = meet(typed, permit_values(seen.interaction), Since(), _LABELS)
        await flows(request).accounts.set_permits(seen, decode(PermitsForm, sent).policy, seen)

    return await _saved(request, "permits", save, to("/settings", "permits"))


async def _saved(
    request: web.Request,
    form: str,
    save: Callable[[Artist, Fields], Awaitable[None]],
    done: web.Response,
) -> web.Response:
    """Save a form of the settings on top of what stands, or show it again with what is wrong."""
    typed = await read_form(request)

    async def attempt() -> None:
        await save(await as_kept(request), typed)

    try:
        await on_top(attempt)
    except Invalid as problem:
        kept, shown = await as_kept(request), again(typed, problem)
        return await settings_page(request, kept, {form: shown}, status=status_of(problem))
    return done


async def password(request: web.Request) -> web.StreamResponse:
    """Change the password; every other browser is signed out."""
    known, artist, sent = flows(request), artist_of(request), await read_form(request)
    try:
        asked = decode(PasswordForm, sent)
        known.limits.demand(_TRIES_AT_ACCOUNT, artist.handle)
        signed_in = await known.sessions.change_password(artist, asked.current, asked.password)
    except FixatifError as problem:
        field = problem.field if isinstance(problem, Invalid) else ""
        named = {"old_password": "current"}.get(field, field)
        form = FormView({}, {named: problem.message})
        return await settings_page(request, artist, {"password": form})
    return welcome(request, signed_in, "/settings?told=password")


def welcome(request: web.Request, signed_in: SignedIn, where: str) -> web.Response:
    """Send somebody on who has just signed in, with the cookie that says so."""
    response = to(where)
    flows(request).forms.cookies.set_session(
        response, signed_in.token, max_age_seconds=SESSION_LENGTH // 1_000
    )
    return response


async def settings_page(
    request: web.Request,
    artist: Artist,
    refused: Mapping[str, FormView] = MappingProxyType({}),
    *,
    status: int = 0,
) -> web.Response:
    """Show all that can be changed, with a form that was `refused` in the place of what is kept.

    Forms are called "profile", "portrait", "permits", "overlay", "presence" and "password".
    `status`: of the answer; 0 for the usual one.
    """
    known = flows(request)
    portraits = await known.portraying.of_artist(artist)
    kept = FormView({name: value for one in portraits.values() for name, value in _cut_of(one)})
    view = SettingsPage(
        address=f"@{artist.handle}@{known.addresses.domain}",
        artist=show(request).artist(artist),
        portraits=tuple(
            _portrait_view(request, kind, portraits.get(kind)) for kind in PortraitKind
        ),
        portrait_form=_over(kept, refused.get("portrait")),
        max_megabytes=known.config.media.max_upload_bytes // 1_048_576,
        form=refused.get("profile") or opened(FormView(_profile_values(artist))),
        password_form=refused.get("password") or FormView(),
        presence_form=refused.get("presence") or opened(FormView(_presence_values(artist))),
        overlay=OVERLAY,
        overlay_form=refused.get("overlay")
        or opened(FormView(overlay_values(artist.content_usage, artist.sizes))),
        house_usage=_house_usage(known.house.now.policy),
        has_watermark=artist.watermark is not None,
        permits=PERMITS,
        permits_form=refused.get("permits") or opened(FormView(permit_values(artist.interaction))),
    )
    head = _head(request, "Settings")
    status = status or (422 if refused.keys() - {"portrait"} else 200)
    return await page(request, "settings.html", view, head=head, status=status)


def _portrait_view(
    request: web.Request, kind: PortraitKind, portrait: Portrait | None
) -> PortraitEditView:
    bare = PortraitEditView(kind, f"/settings/{kind}")
    if portrait is None:
        return bare
    width, height = portrait.whole_width, portrait.whole_height
    # Part of the key, so that no browser shows the one before
    source = SourceView(f"/settings/{kind}/whole.jpg?v={portrait.media_key[:8]}", width)
    return replace(
        bare,
        url=show(request).portrait_path(portrait.media_key, kind),
        whole=PictureView("", width, height, (source,)),
    )


def _over(kept: FormView, sent: FormView | None) -> FormView:
    """Return what was sent over what is kept: what is not sent again must not be lost."""
    return FormView({**kept.values, **sent.values}, sent.errors) if sent else kept


def _cut_of(portrait: Portrait) -> list[tuple[str, str]]:
    kind = portrait.kind
    return [
        (f"alt-{kind}", portrait.alt),
        (f"left-{kind}", f"{(portrait.focal_x + 1) * 50:.0f}"),
        (f"top-{kind}", f"{(1 - portrait.focal_y) * 50:.0f}"),
    ]


async def _login_page(
    request: web.Request, form: FormView, where: str, problem: FixatifError | None = None
) -> web.Response:
    view = LoginPage(form, own_path(where, ""))
    status = status_of(problem) if problem else 200
    head = _head(request, "Sign in")
    return await page(request, "login.html", view, head=head, status=status, has_form=True)


async def _setup_page(
    request: web.Request, token: str, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    status = status_of(problem) if problem else 200
    head = _head(request, "Set up")
    view = SetupPage(token, form)
    return await page(request, "setup.html", view, head=head, status=status, has_form=True)


def _house_usage(policy: Policy) -> str:
    usage, sizes = policy.content_usage, policy.renditions
    kept = {"AI training": usage.train_ai, "use by AI": usage.ai_use, "search": usage.search}
    reserved = [name for name, answer in kept.items() if answer is Preference.NO]
    said = f"reserves {' and '.join(reserved)}" if reserved else "reserves nothing"
    return (
        f"The house {said}, and shows visitors up to {sizes.visitor:,} pixels, "
        f"other servers {sizes.peer:,}."
    )


async def as_kept(request: web.Request) -> Artist:
    """Return who asks as they stand now: in another window they may have changed since."""
    return await flows(request).accounts.named(artist_of(request).handle)


def _profile_values(artist: Artist) -> dict[str, str]:
    return {
        "name": artist.name,
        "bio": artist.bio,
        "approves_follows": CHECKED if artist.approves_follows else "",
    }


def _presence_values(artist: Artist) -> dict[str, str]:
    return {
        "is_discoverable": CHECKED if artist.is_discoverable else "",
        "is_indexable": CHECKED if artist.is_indexable else "",
        "hides_follows": CHECKED if artist.hides_follows else "",
        "attribution_domains": "\n".join(artist.attribution_domains),
    }


def _errors(problem: FixatifError) -> dict[str, str]:
    return {problem.field if isinstance(problem, Invalid) else "": problem.message}


def _head(request: web.Request, title: str) -> HeadView:
    return head_for(request, title=title, usage=flows(request).house.usage_of())
