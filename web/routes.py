"""Every address. A route is closed (signed in only) unless it says that it is public."""

from dataclasses import dataclass
from functools import wraps
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from web import activitypub, media
from web.keys import ARTIST
from web.pages import account, gallery, house, ops, social, studio

_ID = r"{id:\d{1,19}}"
_HANDLE = r"{handle:[A-Za-z0-9_]{1,30}}"


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who may ask it."""

    method: str
    path: str
    handler: Handler
    is_public: bool = False


def _get(path: str, handler: Handler, *, is_public: bool = False) -> Route:
    return Route("GET", path, handler, is_public)


def _post(path: str, handler: Handler, *, is_public: bool = False) -> Route:
    return Route("POST", path, handler, is_public)


ROUTES = (
    # the gallery
    _get("/", gallery.home, is_public=True),
    _get("/artists", gallery.artists, is_public=True),
    _get(f"/@{_HANDLE}", gallery.portfolio, is_public=True),
    _get(f"/@{_HANDLE}/{_ID}-{{slug}}", gallery.work, is_public=True),
    _get(f"/@{_HANDLE}/{_ID}", gallery.work, is_public=True),
    _get("/tags/{tag}", gallery.tag, is_public=True),
    _get(f"/posts/{_ID}", gallery.post, is_public=True),
    _get(
        r"/media/{key:[0-9a-f]{40}}/{rendition:[a-z]{1,12}}.{ext:[a-z]{3,4}}",
        media.rendition,
        is_public=True,
    ),
    # the house and what it says to machines
    _get("/policy", house.policy, is_public=True),
    _get("/about", house.about, is_public=True),
    _get("/robots.txt", house.robots, is_public=True),
    _get("/rsl.xml", house.rsl, is_public=True),
    _get("/ai.txt", house.ai_text, is_public=True),
    _get("/.well-known/tdmrep.json", house.tdmrep, is_public=True),
    _get("/.well-known/ai-policy", house.machine_policy, is_public=True),
    # server to server
    _get("/.well-known/webfinger", activitypub.webfinger, is_public=True),
    _get("/.well-known/host-meta", activitypub.host_meta, is_public=True),
    _get("/.well-known/host-meta.json", activitypub.host_meta_json, is_public=True),
    _get("/.well-known/nodeinfo", activitypub.nodeinfo_links, is_public=True),
    _get(r"/nodeinfo/{version:2\.[01]}", activitypub.nodeinfo, is_public=True),
    _get("/actor", activitypub.server_actor, is_public=True),
    _get("/actor/outbox", activitypub.empty_outbox, is_public=True),
    _post("/inbox", activitypub.inbox, is_public=True),
    _post(f"/users/{_HANDLE}/inbox", activitypub.actor_inbox, is_public=True),
    _get(f"/users/{_HANDLE}", gallery.actor_object, is_public=True),
    _get(f"/users/{_HANDLE}/outbox", activitypub.outbox, is_public=True),
    _get(f"/users/{_HANDLE}/followers", activitypub.followers, is_public=True),
    _get(f"/users/{_HANDLE}/following", activitypub.following, is_public=True),
    _get(f"/users/{_HANDLE}/featured", activitypub.featured, is_public=True),
    _get(f"/works/{_ID}", gallery.work_object, is_public=True),
    _get(f"/works/{_ID}/replies", activitypub.replies, is_public=True),
    _get("/interact", social.interact_form, is_public=True),
    _post("/interact", social.interact, is_public=True),
    # accounts
    _get("/login", account.login_form, is_public=True),
    _post("/login", account.login, is_public=True),
    _get("/setup", account.setup_form, is_public=True),
    _post("/setup", account.setup, is_public=True),
    _post("/logout", account.logout),
    _get("/settings", account.settings),
    _post("/settings/profile", account.profile),
    _post("/settings/password", account.password),
    # the studio
    _get("/studio", studio.studio),
    _get("/studio/upload", studio.upload_form),
    _post("/studio/upload", studio.upload),
    _get(f"/studio/works/{_ID}", studio.edit_form),
    _post(f"/studio/works/{_ID}", studio.edit),
    _post(f"/studio/works/{_ID}/retry", studio.retry),
    _get(f"/studio/works/{_ID}/withdraw", studio.withdraw_form),
    _post(f"/studio/works/{_ID}/withdraw", studio.withdraw),
    _get(f"/studio/works/{_ID}/original/{{picture:\\d{{1,19}}}}", studio.original),
    # among people
    _get("/home", social.feed),
    _get("/home/follow", social.look_up),
    _get("/notifications", social.notifications),
    _post(f"/notifications/read/{_ID}", social.read_notifications),
    _get("/followers", social.followers),
    _post(f"/followers/{_ID}/{{answer:approve|refuse|remove}}", social.answer),
    _post(f"/actors/{_ID}/follow", social.follow),
    _post(f"/actors/{_ID}/unfollow", social.unfollow),
    _post(f"/deeds/{_ID}/{{kind:like|boost}}", social.react),
    _post(f"/deeds/{_ID}/comment", social.comment),
    _post(f"/posts/{_ID}/delete", social.remove_comment),
    _get("/authorize_interaction", social.authorize),
    # operations
    _get("/healthz", ops.healthz, is_public=True),
    _get("/readyz", ops.readyz, is_public=True),
    _get("/favicon.ico", ops.icon, is_public=True),
    _get("/static/{name}", ops.static, is_public=True),
    _get("/styleguide", ops.styleguide, is_public=True),
)


def add_routes(app: web.Application) -> None:
    """Give the application every address."""
    for route in ROUTES:
        handler = route.handler if route.is_public else _closed(route.handler)
        app.router.add_route(route.method, route.path, handler)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, handler)


def _closed(handler: Handler) -> Handler:
    """Send strangers to sign in, and back afterwards."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        if ARTIST in request:
            return await handler(request)
        where = f"/login?next={quote(request.path_qs)}" if request.method == "GET" else "/login"
        raise web.HTTPSeeOther(where)

    return guarded
