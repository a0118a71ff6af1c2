"""Every address. A route is closed (signed in only) unless it says that it is public."""

from functools import wraps
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from server.house_texts import TextKind
from server.robots import TRAP_PATH
from server.values import dataclass
from web import (
    activitypub,
    datasets,
    discovery,
    feeds,
    media,
    oembed,
    proofs,
    quotes,
    registers,
    series_answers,
    videos,
)
from web.keys import ARTIST, LEAVING
from web.pages import (
    account,
    admin,
    applications,
    blocklists,
    blocks,
    cases,
    closing,
    comments,
    contests,
    conversations,
    evidence,
    federation,
    gallery,
    held,
    house,
    house_rules,
    house_rules_draft,
    invites,
    larger,
    leaving,
    likenesses,
    list_taking,
    moving,
    ops,
    own_list,
    peers,
    people,
    person,
    portraits,
    preparations,
    reports,
    series,
    series_studio,
    severed,
    shots,
    social,
    studio,
    takedown,
    texts,
    trap,
    watermark,
)

_ID = r"{id:\d{1,19}}"
_SLUG = r"{slug:[a-z0-9-]{1,80}}"
_SERVER = r"{host:[^/]{1,260}}"
_ADDRESS = r"{handle:[^/@]{1,100}}@{domain:[^/@]{1,260}}"  # of somebody elsewhere
_HANDLE = r"{handle:[A-Za-z0-9_]{1,30}}"


@dataclass(frozen=True, slots=True)
class Route:
    """One address and who may ask it."""

    method: str
    path: str
    handler: Handler
    is_public: bool = False
    is_way_back: bool = False  # open to who is about to be deleted, as few closed ones are


def _get(
    path: str, handler: Handler, *, is_public: bool = False, is_way_back: bool = False
) -> Route:
    return Route("GET", path, handler, is_public, is_way_back)


def _post(
    path: str, handler: Handler, *, is_public: bool = False, is_way_back: bool = False
) -> Route:
    return Route("POST", path, handler, is_public, is_way_back)


ROUTES = (
    # the gallery
    _get("/", gallery.home, is_public=True),
    _get("/artists", gallery.artists, is_public=True),
    _get(f"/@{_HANDLE}", gallery.portfolio, is_public=True),
    _get(f"/@{_HANDLE}.atom", feeds.feed, is_public=True),
    _get(f"/@{_HANDLE}/{_ID}-{{slug}}", gallery.work, is_public=True),
    _get(f"/@{_HANDLE}/{_ID}", gallery.work, is_public=True),
    _get(f"/@{_HANDLE}/series/{_SLUG}", series.series, is_public=True),
    _get("/tags/{tag}", gallery.tag, is_public=True),
    _get(f"/posts/{_ID}", gallery.post, is_public=True),
    _get(r"/media/{key:[0-9a-f]{40}}/{portrait:avatar|banner}.jpg", media.portrait, is_public=True),
    _get(r"/media/{key:[0-9a-f]{40}}/video.{film:mp4|webm}", videos.video, is_public=True),
    _get(
        r"/media/{key:[0-9a-f]{40}}/{rendition:[a-z]{1,12}}.{ext:[a-z]{3,4}}",
        media.rendition,
        is_public=True,
    ),
    # our own list of servers
    _get("/datasets", datasets.datasets, is_public=True),
    _get("/datasets/own", datasets.own, is_public=True),
    _get("/datasets/own/snapshot", datasets.snapshot, is_public=True),
    _get("/datasets/own/changes", datasets.changes, is_public=True),
    _get("/datasets/own.csv", datasets.csv, is_public=True),
    _get("/labels", datasets.labels, is_public=True),
    _get("/labels/{label:[a-z-]{1,60}}", datasets.label, is_public=True),
    # the house and what it says to machines
    _get("/policy", house.policy, is_public=True),
    _get("/policy.json", house.policy_json, is_public=True),
    _get("/about", house.about, is_public=True),
    _get("/robots.txt", house.robots, is_public=True),
    _get("/rsl.xml", house.rsl, is_public=True),
    _get("/ai.txt", house.ai_text, is_public=True),
    _get("/.well-known/tdmrep.json", house.tdmrep, is_public=True),
    _get("/.well-known/ai-policy", house.machine_policy, is_public=True),
    # server to server
    _get("/.well-known/webfinger", discovery.webfinger, is_public=True),
    _get("/.well-known/host-meta", discovery.host_meta, is_public=True),
    _get("/.well-known/host-meta.json", discovery.host_meta_json, is_public=True),
    _get("/.well-known/nodeinfo", discovery.nodeinfo_links, is_public=True),
    _get(r"/nodeinfo/{version:2\.[01]}", discovery.nodeinfo, is_public=True),
    _get("/actor", activitypub.server_actor, is_public=True),
    _get("/actor/outbox", registers.empty_outbox, is_public=True),
    _post("/inbox", activitypub.inbox, is_public=True),
    _post(f"/users/{_HANDLE}/inbox", activitypub.actor_inbox, is_public=True),
    _get(f"/users/{_HANDLE}", gallery.actor_object, is_public=True),
    _get(f"/users/{_HANDLE}/outbox", registers.outbox, is_public=True),
    _get(f"/users/{_HANDLE}/followers", registers.followers, is_public=True),
    _get(f"/users/{_HANDLE}/following", registers.following, is_public=True),
    _get(
        f"/users/{_HANDLE}/followers_synchronization",
        registers.followers_synchronization,
        is_public=True,
    ),
    _get(f"/users/{_HANDLE}/featured", registers.featured, is_public=True),
    _get(f"/users/{_HANDLE}/featured-tags", registers.featured_tags, is_public=True),
    _get(f"/users/{_HANDLE}/series", series_answers.all_series, is_public=True),
    _get(f"/users/{_HANDLE}/series/{_ID}", series.series_object, is_public=True),
    _get(f"/series/{_ID}", series.group_object, is_public=True),
    _post(f"/series/{_ID}/inbox", series_answers.group_inbox, is_public=True),
    _get(f"/series/{_ID}/outbox", series_answers.group_outbox, is_public=True),
    _get(f"/series/{_ID}/followers", series_answers.group_followers, is_public=True),
    _get(f"/series/{_ID}/following", series_answers.group_following, is_public=True),
    _get(f"/works/{_ID}", gallery.work_object, is_public=True),
    _get(f"/works/{_ID}/larger/{{picture:\\d{{1,19}}}}", larger.larger, is_public=True),
    _get(f"/works/{_ID}/process/{{shot:\\d{{1,19}}}}/video", larger.video, is_public=True),
    _get("/proof.css", proofs.style_sheet, is_public=True),
    _get("/proof/sum", proofs.set_sum, is_public=True),
    _post("/proof/sum", proofs.take_solution, is_public=True),
    _get(f"/works/{_ID}/replies", registers.replies, is_public=True),
    _get(f"/works/{_ID}/likes", registers.likes, is_public=True),
    _get(f"/works/{_ID}/shares", registers.shares, is_public=True),
    _get("/oembed", oembed.oembed, is_public=True),
    _get(f"/authorizations/{_ID}", conversations.authorization, is_public=True),
    _get("/interact", social.interact_form, is_public=True),
    _post("/interact", social.interact, is_public=True),
    # accounts
    _get("/login", account.login_form, is_public=True),
    _post("/login", account.login, is_public=True),
    _get("/setup", account.setup_form, is_public=True),
    _post("/setup", account.setup, is_public=True),
    _post("/logout", account.logout, is_way_back=True),
    _get("/settings", account.settings),
    _post("/settings/profile", account.profile),
    _post("/settings/password", account.password),
    _post("/settings/permits", account.permits),
    _post("/settings/presence", account.presence),
    _post("/settings/protection", account.protection),
    _get(r"/invite/{token:[A-Za-z0-9_-]{20,100}}", invites.join_form, is_public=True),
    _post(r"/invite/{token:[A-Za-z0-9_-]{20,100}}", invites.join, is_public=True),
    _get("/apply", applications.form, is_public=True),
    _post("/apply", applications.apply, is_public=True),
    _get(r"/apply/{token:[A-Za-z0-9_-]{20,100}}", applications.status, is_public=True),
    _get("/admin/people/applications", applications.queue),
    _get(f"/admin/people/applications/{_ID}/{{picture:\\d{{1,2}}}}.jpg", applications.sample),
    _post(f"/admin/people/applications/{_ID}/{{word:accept|decline}}", applications.decide),
    _get("/settings/closing", closing.closing),
    _post("/settings/closing", closing.name_home),
    _post(r"/settings/{portrait:avatar|banner}", portraits.change),
    _get(r"/settings/{portrait:avatar|banner}/whole.jpg", portraits.whole),
    _get("/settings/watermark", watermark.watermark_form),
    _post("/settings/watermark", watermark.watermark),
    _get("/settings/watermark/sample.jpg", watermark.watermark_sample),
    _get("/settings/invites", invites.mine),
    _post("/settings/invites", invites.make_mine),
    _post(f"/invites/{_ID}/revoke", invites.revoke),
    _get("/admin/people", people.people),
    _get(f"/admin/people/{_ID}", people.member),
    _post(f"/admin/people/{_ID}/{{hush:silence|hear}}", people.silence),
    _post(f"/admin/people/{_ID}/{{stay:suspend|restore}}", people.suspend),
    _post(f"/admin/people/{_ID}/role", people.give_role),
    _post(f"/admin/people/{_ID}/{{end:delete|keep}}", people.end),
    _post(f"/admin/people/{_ID}/invites", people.allow_invites),
    _get("/admin/people/invites", invites.everybodys),
    _post("/admin/people/invites", invites.make),
    # the studio
    _get("/studio", studio.studio),
    _get("/studio/visitors", evidence.came),
    _get("/studio/upload", studio.upload_form),
    _post("/studio/upload", studio.upload),
    _get(f"/studio/works/{_ID}", studio.edit_form),
    _post(f"/studio/works/{_ID}", studio.edit),
    _post(f"/studio/works/{_ID}/process", shots.change),
    _get(f"/studio/works/{_ID}/progress", preparations.preparation),
    _get(f"/studio/works/{_ID}/progress/events", preparations.events),
    _post(f"/studio/works/{_ID}/retry", studio.retry),
    _post(f"/studio/works/{_ID}/{{pin:pin|unpin}}", studio.pin),
    _get(f"/studio/works/{_ID}/withdraw", studio.withdraw_form),
    _post(f"/studio/works/{_ID}/withdraw", studio.withdraw),
    _get(f"/studio/works/{_ID}/original/{{picture:\\d{{1,19}}}}", studio.original),
    _get("/studio/series", series_studio.all_series),
    _post("/studio/series", series_studio.make),
    _get("/studio/series/new", series_studio.new_form),
    _get(f"/studio/series/{_ID}", series_studio.edit_form),
    _post(f"/studio/series/{_ID}", series_studio.edit),
    _get(f"/studio/series/{_ID}/add", series_studio.add_form),
    _post(f"/studio/series/{_ID}/add", series_studio.add),
    _get(f"/studio/series/{_ID}/delete", series_studio.delete_form),
    _post(f"/studio/series/{_ID}/delete", series_studio.delete),
    _post(f"/studio/series/{_ID}/follow", series_studio.let_follow),
    # among people
    _get("/home", social.feed),
    _get("/home/follow", social.look_up),
    _get("/notifications", social.notifications),
    _get("/messages", conversations.messages),
    _get("/studio/requests", conversations.requests),
    _get("/studio/requests/given", conversations.permissions_given),
    _post(f"/studio/requests/{_ID}/{{answer:approve|refuse|withdraw}}", conversations.answer),
    _post(f"/notifications/read/{_ID}", social.read_notifications),
    _get("/followers", social.followers),
    _post(f"/followers/{_ID}/{{answer:approve|refuse|remove}}", social.answer),
    _get(f"/@{_ADDRESS}", person.person),
    _post(f"/elsewhere/series/{_ID}/follow", person.follow_series),
    _post(f"/actors/{_ID}/follow", social.follow),
    _post(f"/actors/{_ID}/unfollow", social.unfollow),
    _post(f"/actors/{_ID}/boosts/{{shown:show|hide}}", social.show_boosts),
    _post(f"/deeds/{_ID}/{{kind:like|boost}}", social.react),
    _post(f"/deeds/{_ID}/emoji", social.react_with),
    _post(f"/deeds/{_ID}/comment", comments.comment),
    _post(f"/deeds/{_ID}/quote/{{what:ask|withdraw}}", quotes.change),
    _post(f"/posts/{_ID}/delete", comments.remove),
    _get(f"/posts/{_ID}/edit", comments.edit_form),
    _post(f"/posts/{_ID}/edit", comments.edit),
    _post(f"/actors/{_ID}/block", blocks.block),
    _post(f"/actors/{_ID}/unblock", blocks.unblock),
    _get("/settings/blocks", blocks.blocks),
    _get("/report", reports.report_form),
    _post("/report", reports.report),
    _get("/admin", admin.overview),
    _get("/admin/policy", house_rules.overview),
    _get("/admin/policy/history", house_rules.history),
    _get(f"/admin/policy/history/{_ID}", house_rules.version),
    _post(f"/admin/policy/history/{_ID}", house_rules.revert),
    _get("/admin/policy/draft", house_rules_draft.draft),
    _post("/admin/policy/draft/text", house_rules_draft.keep_text),
    _post("/admin/policy/draft/begin", house_rules_draft.begin),
    _post("/admin/policy/draft/settings", house_rules_draft.settings),
    _post("/admin/policy/draft/edit", house_rules_draft.edit),
    _get("/admin/policy/draft/rule", house_rules_draft.rule_form),
    _post("/admin/policy/draft/rule", house_rules_draft.keep_rule),
    _get("/admin/policy/draft/look", house_rules_draft.look_at),
    _post("/admin/policy/draft/apply", house_rules_draft.apply),
    _post("/admin/policy/draft/discard", house_rules_draft.discard),
    _get("/admin/audit", admin.audit),
    _get("/admin/crawlers", evidence.crawlers),
    _post("/admin/crawlers/price", evidence.price),
    _get("/admin/policy/severed", severed.severed),
    _post("/admin/policy/severed/restore", severed.restore),
    _get("/admin/federation", peers.peers),
    _get("/admin/federation/deliveries", federation.federation),
    _get(f"/admin/federation/{_SERVER}", peers.peer),
    _post(f"/admin/federation/{_SERVER}/word", peers.say),
    _post(f"/admin/federation/{_SERVER}/ask", peers.ask),
    _get("/admin/blocklists", blocklists.lists),
    _get("/admin/blocklists/new", list_taking.new),
    _post("/admin/blocklists/subscribe", list_taking.subscribe),
    _post("/admin/blocklists/import", list_taking.take_in),
    _post("/admin/blocklists/change", blocklists.change),
    _get("/admin/blocklists/own", own_list.own_list),
    _post("/admin/blocklists/own", own_list.say),
    _post("/admin/blocklists/own/unsay", own_list.unsay),
    _post("/admin/blocklists/own/publish", own_list.publish),
    _get("/admin/blocklists/own/export", own_list.export),
    _get("/admin/blocklists/mode", own_list.mode),
    _post("/admin/blocklists/mode", own_list.set_mode),
    _get(f"/admin/blocklists/{_ID}", blocklists.one),
    _post(f"/admin/blocklists/{_ID}/settings", blocklists.settle),
    _post(f"/admin/blocklists/{_ID}/fetch", blocklists.fetch),
    _get(f"/admin/blocklists/{_ID}/draft", blocklists.draft),
    _post(f"/admin/blocklists/{_ID}/apply", blocklists.apply),
    _post(f"/admin/blocklists/{_ID}/discard", blocklists.discard),
    _post("/admin/federation/try", federation.try_now),
    _post("/admin/federation/retry", federation.retry),
    _get("/admin/held", held.held),
    _post(f"/admin/held/{_ID}/{{door:let-in|drop}}", held.decide),
    _get("/admin/reports", cases.cases),
    _get(f"/admin/reports/{_ID}", cases.case),
    _post(f"/admin/reports/{_ID}/{{hand:take|leave}}", cases.take),
    _post(f"/admin/reports/{_ID}/note", cases.write),
    _post(f"/admin/reports/{_ID}/{{sight:hide|show}}", cases.hide),
    _post(f"/admin/reports/{_ID}/forward", cases.forward),
    _post(f"/admin/reports/{_ID}/close", cases.close),
    _post(f"/admin/reports/{_ID}/reopen", cases.reopen),
    *(_get(f"/{kind}", texts.house_text, is_public=True) for kind in TextKind),
    _get("/transparency", texts.transparency, is_public=True),
    _get("/admin/texts", texts.form),
    _post("/admin/texts", texts.save),
    _get("/takedown", takedown.form, is_public=True),
    _post("/takedown", takedown.give, is_public=True),
    _get(r"/takedown/{token:[A-Za-z0-9_-]{20,100}}", takedown.status, is_public=True),
    _get(f"/cases/{_ID}", cases.concern),
    _post(f"/cases/{_ID}/answer", cases.answer),
    _post(f"/cases/{_ID}/show", cases.show_how),
    _post(f"/cases/{_ID}/appeal", cases.appeal),
    _post(f"/cases/{_ID}/label", contests.label),
    _get(f"/cases/{_ID}/process/{{shot:\\d{{1,19}}}}.jpg", contests.shot_still),
    _get(f"/cases/{_ID}/process/{{shot:\\d{{1,19}}}}/video", contests.shot_video),
    _get(f"/cases/{_ID}/{{picture:\\d{{1,2}}}}.jpg", contests.evidence),
    _get(f"/studio/works/{_ID}/contest", contests.contest_form),
    _post(f"/studio/works/{_ID}/contest", contests.contest),
    _get(f"/likenesses/{_ID}", likenesses.likeness),
    _post(f"/likenesses/{_ID}/{{verdict:fine|mine}}", likenesses.settle),
    _post(f"/likenesses/{_ID}/report", likenesses.report),
    _get("/settings/moving", moving.moving),
    _post("/settings/moving", moving.move),
    _post("/settings/moving/cancel", moving.cancel),
    _post("/settings/moving/aliases", moving.add_alias),
    _post("/settings/moving/aliases/remove", moving.remove_alias),
    _get("/settings/leaving", leaving.leaving, is_way_back=True),
    _post("/settings/leaving", leaving.leave),
    _post("/settings/leaving/back", leaving.take_back, is_way_back=True),
    _get("/authorize_interaction", social.authorize),
    # operations
    _get(TRAP_PATH, trap.nothing_here, is_public=True),
    _get("/healthz", ops.healthz, is_public=True),
    _get("/readyz", ops.readyz, is_public=True),
    _get("/favicon.ico", ops.icon, is_public=True),
    _get("/static/{name}", ops.static, is_public=True),
    _get("/styleguide", ops.styleguide, is_public=True),
)


def add_routes(app: web.Application) -> None:
    """Give the application every address."""
    for route in ROUTES:
        handler = route.handler if route.is_public else _closed(route)
        app.router.add_route(route.method, route.path, handler)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, handler)


def _closed(route: Route) -> Handler:
    """Send strangers to sign in, and back; who is about to be deleted, to the way back."""
    handler = route.handler

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        if ARTIST in request or (route.is_way_back and LEAVING in request):
            return await handler(request)
        if LEAVING in request:
            raise web.HTTPSeeOther("/settings/leaving")
        where = f"/login?next={quote(request.path_qs)}" if request.method == "GET" else "/login"
        raise web.HTTPSeeOther(where)

    return guarded
