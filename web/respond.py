"""From a view to an answer: who looks, what the page says of itself, how it may be cached."""

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aiohttp import web

from federation.content_types import ACTIVITY_JSON
from server.errors import NotAllowed
from server.model import Artist, ContentUsage, Preference, Role
from server.protections import Audience
from server.roles import is_at_least
from server.signals import headers, robots_directives, tdm_reservation
from web.cookies import read_cookie
from web.flows import Flows, flows
from web.keys import ARTIST, IS_USAGE_SAID
from web.picture_door import is_usual, kept_from
from web.present import Show
from web.render import Page, surround
from web.text import date
from web.views import HeadLink, HeadView, LinkView, NoticeView, ViewerView

_SURROUND_COOKIE = "surround"
_MAX_ID = 2**63 - 1  # ids are 63 bits; databases take no larger number
_ETAG_CHARACTERS = 32
_MAX_ID = 2**63 - 1  # databases refuse larger numbers
_STRANGERS_CACHE = "public, max-age=60, stale-while-revalidate=600"
_OWN_CACHE = "private, max-age=60"
_NOTICES: Mapping[str, str] = {
    "saved": "Saved.",
    "quote-asked": "Asked again. You are told once they answer.",
    "received": "Your pictures arrived. The work hangs as soon as they are prepared.",
    "kept": "Your pictures arrived and are kept as a draft.",
    "hung": "It hangs.",
    "withdrawn": "The work was withdrawn, and other servers are told.",
    "said": "Your comment is out.",
    "removed": "It is gone.",
    "edited": "Your comment was changed, and other servers are told.",
    "asked": "Its artist is asked first. You will see here what becomes of it.",
    "sent": "Your message is on its way, to these people only.",
    "approved": "Approved.",
    "refused": "Refused. Who asked is told where their server understands it.",
    "taken-back": "Your approval is withdrawn, and other servers are told.",
    "permits": "Saved, and other servers are told, with your newest works.",
    "added": "The works were added at the end.",
    "series-made": "The series is there. Choose what belongs in it.",
    "series-ended": "The series was deleted; its works hang as before.",
    "followable": "People can follow this series now.",
    "password": "Your password was changed; every other browser was signed out.",
    "profile": "Your profile was saved, and followers' servers are told.",
    "blocked": "Blocked. Under Settings, Blocked, you can end it.",
    "unblocked": "The block has ended.",
    "reported": "Thank you. The moderators have your report.",
    "closed": "The report is closed.",
    "let-in": "Let in. It has its effect in a moment.",
    "dropped": "Dropped. Nothing of it is left here.",
    "word-said": "Your word holds from now on.",
    "policy-asked": "It was asked. What it answered stands below.",
    "answered": "The moderators have your answer.",
    "tried": "It is tried now. Reload the page in a moment to see what became of it.",
    "retried": "It is sent again now.",
    "follows-restored": "Restored. Where somebody else has to act, it stands below.",
    "named": "Named. Now start the move from your old account.",
    "moved": "You have moved. Your followers' servers are told.",
    "stays": "Your account stays. Everything is as it was.",
    "back": "You are back. Your page no longer points elsewhere.",
    "pinned": "Pinned. Other servers show it on top of your profile.",
    "unpinned": "Unpinned.",
    "list-applied": "It is in force.",
    "list-discarded": "What waited is dropped. The next version waits again.",
    "list-same": "Nothing is new: it says what is in force already.",
    "list-published": "Others can subscribe to it now.",
    "no-proof": "Larger copies are for browsers that load our style sheets and keep a cookie; "
    "yours sent none back. Click into the picture once more, now that this page is loaded.",
    "no-work": (
        "Larger copies are for browsers that have solved a small sum within the hour. A click into "
        "the picture here solves it, where scripts run; else this is the largest that we show."
    ),
    "no-proof-video": "This video is for browsers that load our style sheets and keep a cookie; "
    "yours sent none back. Play it once more, now that this page is loaded.",
    "no-work-video": (
        "This video is for browsers that have solved a small sum within the hour. A click into it "
        "here solves it, where scripts run; else you see what stands for it alone."
    ),
    "shots": "Added. Pictures are shown as soon as they are prepared; describe them meanwhile.",
    "shots-remarked": "Added. Not everybody can play it as it is: what to do stands beside it.",
    "portrait": "Saved. Your followers' servers are told.",
    "watermark": "Saved. Copies of your works are made anew, the newest first.",
    "protection": "Saved. Copies of your newest works say it soon, those of older ones later.",
    "policy": "The house rules are changed. They count from now on.",
    "draft-kept": "Kept in your draft. Nothing is in force yet.",
    "draft-begun": "Your draft begins anew from there. Nothing is in force yet.",
    "rule-kept": "The rule is in your draft. Nothing is in force yet.",
    "draft-gone": "Your draft is gone. What is in force stays.",
    "declined": "Declined. They read it on their page; all of it is erased within a month.",
    "texts": "Published. The version before stays readable.",
    "revoked": "The invitation is taken back: its link opens nothing any more.",
}


def artist_of(request: web.Request) -> Artist:
    """Return who is signed in; closed routes always have one."""
    if ARTIST not in request:
        raise NotAllowed("Sign in first.")
    return request[ARTIST]


def viewer_id(request: web.Request) -> int | None:
    """Return the asker's actor id, None for a stranger."""
    artist = request.get(ARTIST)
    return artist.id if artist else None


def show(request: web.Request) -> Show:
    """Return how nouns are presented to this visitor."""
    known = flows(request)
    artist = request.get(ARTIST)
    audience = Audience.PERSON if artist else Audience.VISITOR
    now = known.clock.now()
    kept = kept_from(request)[0]
    return Show(known.addresses, known.house.policy_for, audience, artist, now=now, kept_from=kept)


async def page(
    request: web.Request,
    template: str,
    view: object,
    *,
    head: HeadView | None = None,
    notice: NoticeView | None = None,
    status: int = 200,
    usage: ContentUsage | None = None,
    has_form: bool = False,
) -> web.Response:
    """Render a page. Strangers' pages may be cached unless they hold a form that changes things.

    `usage`: of the work or artist shown, where it is tighter than the instance's.
    """
    known = flows(request)
    made = known.renderer.page(
        template,
        view=view,
        head=head or HeadView(),
        viewer=await _viewer(request, has_form=has_form),
        notice=notice or _told(request),
        banner=closing_banner(known, is_signed_in=ARTIST in request),
        path=request.path,
        no_ai=reserves(known.house.usage_of()),
    )
    response = as_response(made, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Cookie"
    if request.get(ARTIST) is None and not has_form and status == 200:
        is_shared = is_usual(request)
        response.headers["Cache-Control"] = _STRANGERS_CACHE if is_shared else _OWN_CACHE
        response.etag = hashlib.sha256(made.body).hexdigest()[:_ETAG_CHARACTERS]
        if has_it(request, response):
            response.set_status(304)
            response.body = None
    if head is not None and head.activity_url:  # FEP-22b6: found without reading the page
        twin = (head.activity_url, f'rel="alternate"; type="{ACTIVITY_JSON}"')
        add_links(response, [twin])
    if usage is not None:
        set_signals(request, response, usage)
    return response


def as_response(made: Page, *, status: int = 200) -> web.Response:
    """Return a rendered page as an answer with the policy that fits its bytes."""
    response = web.Response(body=made.body, status=status)
    response.headers["Content-Type"] = made.content_type
    response.headers["Content-Security-Policy"] = made.csp
    return response


def reserves(usage: ContentUsage) -> bool:
    """Say whether a usage reserves against AI training: pages may only promise what is so."""
    return usage.train_ai is Preference.NO


def viewer_of(request: web.Request, *, unread: int = 0, has_form: bool = True) -> ViewerView:
    """Return who looks, by what the request already knows: asks no database."""
    known = flows(request)
    artist = request.get(ARTIST)
    chosen = surround(read_cookie(request, _SURROUND_COOKIE))
    if artist is None:
        csrf = known.forms.token_for(request) if has_form else ""
        return ViewerView(csrf=csrf, surround=chosen)
    return ViewerView(
        handle=artist.handle,
        name=artist.name,
        csrf=known.forms.token_for(request),
        is_artist=artist.role is not Role.READER,
        is_staff=is_at_least(artist.role, Role.MODERATOR),
        is_in_charge=is_at_least(artist.role, Role.ADMIN),
        unread=unread,
        surround=chosen,
    )


def set_signals(request: web.Request, response: web.StreamResponse, usage: ContentUsage) -> None:
    """Say what machines may do with exactly this, instead of the instance's general word."""
    request[IS_USAGE_SAID] = True
    for name, value in headers(usage, flows(request).signal_urls):
        response.headers.add(name, value)


def head_for(
    request: web.Request, *, title: str, usage: ContentUsage, path: str = "", description: str = ""
) -> HeadView:
    """Return what every public page says of itself; `replace` adds what only some say."""
    known = flows(request)
    return HeadView(
        title=title,
        description=description[:300],
        canonical=f"{known.addresses.base_url}{path or request.path}",
        signals_meta=signals_meta(usage, known.signal_urls.tdm_policy),
        links=(HeadLink("license", known.signal_urls.rsl, "application/rsl+xml"),),
    )


def signals_meta(usage: ContentUsage, tdm_policy: str) -> tuple[tuple[str, str], ...]:
    """Return the meta elements for a usage: the same as the headers say."""
    robots = ", ".join(robots_directives(usage))
    reservation = tdm_reservation(usage)
    found = (
        ("robots", robots),
        ("tdm-reservation", reservation),
        ("tdm-policy", tdm_policy if reservation == "1" else ""),
    )
    return tuple((name, content) for name, content in found if content)


def to(path: str, told: str = "") -> web.Response:
    """Return a redirect after a form (303), with one of our notices to show there."""
    joint = "&" if "?" in path else "?"
    where = f"{path}{joint}told={told}" if told else path
    if "#" in path and told:
        page_path, _, mark = path.partition("#")
        where = f"{page_path}{'&' if '?' in page_path else '?'}told={told}#{mark}"
    return web.Response(status=303, headers={"Location": where, "Cache-Control": "no-store"})


def back(request: web.Request, otherwise: str) -> str:
    """Return the page of ours that the form was on, for after a small deed."""
    said = request.headers.get("Referer", "")
    if not flows(request).addresses.is_ours(said):
        return otherwise
    referer = urlsplit(said)
    return own_path(referer.path + (f"?{referer.query}" if referer.query else ""), otherwise)


def own_path(text: str, otherwise: str) -> str:
    """Return a path of ours, never another site's (two slashes, or a backslash, in front)."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_own and "\\" not in text and len(text) < 2_000 else otherwise


def number(text: str, otherwise: int | None = None) -> int | None:
    """Return an id from an address, or `otherwise` where it is none that we could have made."""
    found = int(text) if text.isdecimal() and len(text) <= 19 else _MAX_ID + 1
    return found if found <= _MAX_ID else otherwise


def add_links(response: web.StreamResponse, links: Iterable[tuple[str, str]]) -> None:
    """Add Link headers: (address, parameters)."""
    for address, parameters in links:
        response.headers.add("Link", f"<{address}>; {parameters}")


def has_it(request: web.Request, response: web.Response) -> bool:
    """Say whether the asker named these very bytes (RFC 9110, 13.1.2)."""
    asked = request.if_none_match or ()
    return any(tag.value in {"*", response.etag.value if response.etag else ""} for tag in asked)


async def _viewer(request: web.Request, *, has_form: bool) -> ViewerView:
    artist = request.get(ARTIST)
    unread = await flows(request).notifications.count_unread(artist.id) if artist else 0
    return viewer_of(request, unread=unread, has_form=has_form)


def closing_banner(known: Flows, *, is_signed_in: bool) -> NoticeView | None:
    """Return what stands on every page while the end of this place is announced."""
    closing = known.closing_now.now
    if closing is None:
        return None
    text = f"This place closes on {date(closing.ends_at)}. {closing.words}".strip()
    link = LinkView("What you can do", "/settings/closing") if is_signed_in else None
    return NoticeView(text, "warning", link)


def _told(request: web.Request) -> NoticeView | None:
    text = _NOTICES.get(request.query.get("told", ""))
    return NoticeView(text, "success") if text else None
