"""The application: middlewares round the routes. Holds no rule."""

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from server.publishing import MAX_PICTURES
from server.signals import headers
from web.addresses import read_networks
from web.flows import FLOWS, Flows
from web.gate import Gate
from web.keys import RENDER_ERROR, REQUEST_ID
from web.middleware import BodyLimits, Plumbing, install
from web.page_views import ErrorPage, GonePage
from web.respond import as_response
from web.routes import add_routes
from web.views import HeadView, LinkView

_FORM_OVERHEAD_BYTES = 4_194_304  # fields and boundaries of the largest upload
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
    install(app, _plumbing(flows))
    add_routes(app)
    return app


def _plumbing(flows: Flows) -> Plumbing:
    most = flows.config.media.max_upload_bytes * MAX_PICTURES + _FORM_OVERHEAD_BYTES

    def signals(_request: web.Request) -> Iterable[tuple[str, str]]:
        return headers(flows.house.now.policy.content_usage, flows.signal_urls)

    return Plumbing(
        clock=flows.clock,
        forms=flows.forms,
        body_limits=BodyLimits(upload_bytes=most),
        trusted_proxies=read_networks(flows.config.server.trusted_proxies),
        signals=signals,
        gate=Gate(flows.house, flows.crawlers, flows.signal_urls.policy),
        load_session=flows.accounts.session,
    )


def render_error(request: web.Request, status: int, message: str) -> web.Response:
    """Show an error as one of our pages. Needs no session and no database."""
    flows = request.app[FLOWS]
    if status == HTTPStatus.GONE:
        made = flows.renderer.page("gone.html", view=GonePage(), head=HeadView(title="Gone"))
        return as_response(made, status=status)
    title = HTTPStatus(status).phrase
    view = ErrorPage(
        status=status,
        title=title,
        message=message,
        link=_ADVICE.get(status),
        request_id=request.get(REQUEST_ID, "")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
        else "",
    )
    made = flows.renderer.page("error.html", view=view, head=HeadView(title=title))
    return as_response(made, status=status)
