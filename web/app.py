"""The application: middlewares round the routes. Holds no rule."""

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from server.admission import ACCOUNT_GONE
from server.drafts import MAX_PICTURES
from server.signals import headers
from web.addresses import read_networks
from web.bodies import BodyLimits
from web.closing import farewell
from web.counting import Counter
from web.documents import check_of, claimed_peer, proven_peer
from web.flows import FLOWS, Flows
from web.gate import Gate
from web.inboxes import is_inbox, way_in
from web.keys import ARTIST, COUNTER, IS_USAGE_SAID, RENDER_ERROR, REQUEST_ID, WAY_IN
from web.middleware import Plumbing, install
from web.page_views import ErrorPage, GonePage
from web.proofs import proof_of
from web.respond import as_response, reserves, viewer_of
from web.routes import add_routes
from web.views import ActorView, HeadView, LinkView

_FORM_OVERHEAD_BYTES = 4_194_304  # fields and boundaries of the largest upload
_BEHIND_ERRORS = 2  # the place of what comes before gate, session and forms
_TITLES = {
    400: "This arrived broken",
    401: "Sign in first",
    403: "This is not open to you",
    404: "Not found",
    405: "Not this way",
    409: "Somebody was quicker",
    413: "That is too large",
    422: "Something is missing or wrong",
    429: "Too often, too fast",
    500: "Something broke here",
    502: "Another server did not answer",
    503: "Out of reach for a moment",
}
_ADVICE = {
    401: LinkView("Sign in", "/login"),
    403: LinkView("What applies here", "/policy"),
    404: LinkView("To the front page", "/"),
    405: LinkView("To the front page", "/"),
}


def build_app(flows: Flows) -> web.Application:
    """Return the application, ready to be served."""
    app = web.Application()
    app[FLOWS] = flows
    app[RENDER_ERROR] = render_error
    app[COUNTER] = Counter(
        *(flows.visits, flows.watch, flows.crawlers, flows.work_visits, flows.egress),
        *(flows.given_to.tokens, flows.looking),
    )
    plumbing = _plumbing(flows)
    install(app, plumbing)
    app.middlewares.insert(_BEHIND_ERRORS, farewell)
    add_routes(app)
    app[WAY_IN] = way_in(app, app.middlewares[: _BEHIND_ERRORS + 1], plumbing.body_limits)
    app.on_shutdown.append(_let_go)
    return app


async def _let_go(app: web.Application) -> None:
    """End the answers that would go on for minutes."""
    app[FLOWS].preparing.end()


def _plumbing(flows: Flows) -> Plumbing:
    most = flows.config.media.max_upload_bytes * MAX_PICTURES + _FORM_OVERHEAD_BYTES

    def signals(request: web.Request) -> Iterable[tuple[str, str]]:
        if not is_inbox(request) and IS_USAGE_SAID in request:
            return ()  # what is unset of somebody else's work is not ours to permit
        return headers(flows.house.now.policy.content_usage, flows.signal_urls)

    gate = Gate(
        flows.house,
        flows.crawlers,
        flows.vouching,
        flows.traps,
        flows.signal_urls.policy,
        flows.limits,
        flows.sparing,
        flows.forms.cookies,
        flows.sessions.session,
        claimed_peer,
        proven_peer,
        check_of,
        proof_of,
    )
    return Plumbing(
        clock=flows.clock,
        forms=flows.forms,
        body_limits=BodyLimits(upload_bytes=most),
        trusted_proxies=read_networks(flows.config.server.trusted_proxies),
        signals=signals,
        gate=gate,
        appeal=gate.appeal,
        for_member=gate.for_member,
        load_session=flows.sessions.session,
        note_visitor=flows.courtesy.note,
    )


def render_error(request: web.Request, status: int, message: str) -> web.Response:
    """Show an error as one of our pages. Asks no database."""
    if status == HTTPStatus.GONE:
        is_artist = message == ACCOUNT_GONE
        gone = GonePage(message.rstrip(".")) if is_artist else GonePage(artist=_whose(request))
        title = "Deleted" if is_artist else "Taken down"
        return _error_page(request, "gone.html", gone, title, status)
    is_in = (
        status == HTTPStatus.UNAUTHORIZED and ARTIST in request
    )  # it is others who prove nothing
    title = "This cannot be believed" if is_in else _TITLES.get(status, "This did not work")
    view = ErrorPage(
        status=status,
        title=title,
        message=message,
        link=None if is_in else _ADVICE.get(status),
        request_id=request.get(REQUEST_ID, "")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else "",
    )
    return _error_page(request, "error.html", view, title, status)


def _error_page(
    request: web.Request, template: str, view: ErrorPage | GonePage, title: str, status: int
) -> web.Response:
    flows = request.app[FLOWS]
    made = flows.renderer.page(
        template,
        view=view,
        head=HeadView(title=title),
        viewer=viewer_of(request, has_form=False),
        no_ai=reserves(flows.house.usage_of()),
    )
    return as_response(made, status=status)


def _whose(request: web.Request) -> ActorView | None:
    """Return whose page the address says that it was."""
    handle = request.match_info.get("handle", "")
    domain = request.app[FLOWS].addresses.domain
    return ActorView("", f"@{handle}@{domain}", f"/@{handle}", is_local=True) if handle else None
