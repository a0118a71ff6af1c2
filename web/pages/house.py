"""What this place is and what it says to machines: policy, about, robots.txt and their kin."""

from aiohttp import web

from server.house import InForce
from server.model import Role
from server.policy import LocalAiWorks, RemoteAiWorks
from server.robots import robots_txt
from server.rules import Action, Door
from server.signals import (
    RSL_TYPE,
    ai_txt,
    headers,
    rsl_xml,
    tdmrep_json,
)
from web.flows import flows
from web.page_views import AboutPage, PolicyPage, SignalView
from web.respond import head_for, page, show
from web.views import LinkView

_A_WHILE = {"Cache-Control": "public, max-age=300"}
_OPEN = {**_A_WHILE, "Access-Control-Allow-Origin": "*"}
_HERE = {
    LocalAiWorks.REFUSE: "Works made by AI are not shown here.",
    LocalAiWorks.REQUIRE_LABEL: "Works made with AI must say so; artists here label them.",
    LocalAiWorks.ALLOW: "Works made with AI are welcome here.",
}
_ELSEWHERE = {
    RemoteAiWorks.REFUSE: "Works from elsewhere that are declared as AI-made are not taken in.",
    RemoteAiWorks.HOLD: "Works from elsewhere that are declared as AI-made wait for a moderator.",
    RemoteAiWorks.LABEL: "Works from elsewhere that are declared as AI-made are labelled.",
    RemoteAiWorks.ALLOW: "Works from other servers are shown as they come.",
}
_MEANINGS = {
    "Content-Usage": "The IETF's AI preferences: n reserves, y permits.",
    "tdm-reservation": "1 reserves text and data mining rights (EU directive 2019/790, article 4).",
    "tdm-policy": "Where machines read these terms.",
    "X-Robots-Tag": "The older words against AI datasets, sent with every page and every picture.",
    "Link": "The licence for machines, in Really Simple Licensing.",
}


async def policy(request: web.Request) -> web.StreamResponse:
    """Show the policy to people; who asks for JSON gets its machine twin."""
    if "application/json" in request.headers.get("Accept", ""):
        return await machine_policy(request)
    known = flows(request)
    now = known.house.now
    view = PolicyPage(
        version=now.version.version,
        since=now.version.created_at,
        refused=_refusals(now),
        audiences=_audiences(now),
        ai_here=_HERE[now.policy.ai_works.local],
        ai_elsewhere=_ELSEWHERE[now.policy.ai_works.remote],
        signals=tuple(
            SignalView(name, value, _MEANINGS.get(name, ""))
            for name, value in headers(now.policy.content_usage, known.signal_urls)
        ),
        machine_links=tuple(
            LinkView(path, path)
            for path in (
                "/robots.txt",
                "/.well-known/tdmrep.json",
                "/rsl.xml",
                "/ai.txt",
                "/.well-known/ai-policy",
            )
        ),
    )
    head = head_for(request, title="Policy", usage=known.house.usage_of())
    return await page(request, "policy.html", view, head=head)


async def about(request: web.Request) -> web.StreamResponse:
    """Show who runs this place."""
    known = flows(request)
    counts = await known.viewing.census(known.clock.now())
    owners = [one for one in await known.viewing.artists(limit=200) if one.role is Role.OWNER]
    view = AboutPage(
        owner=show(request).artist(owners[0]) if owners else None,
        artist_count=counts.artists,
        work_count=counts.works,
    )
    head = head_for(request, title="About", usage=known.house.usage_of())
    return await page(request, "about.html", view, head=head)


async def robots(request: web.Request) -> web.Response:
    """Answer robots.txt."""
    known = flows(request)
    text = robots_txt(known.house.now.policy, known.crawlers, known.signal_urls)
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=_A_WHILE)


async def tdmrep(request: web.Request) -> web.Response:
    """Answer the TDM reservation file."""
    known = flows(request)
    text = tdmrep_json(known.house.usage_of(), known.signal_urls)
    return web.Response(text=text, content_type="application/json", headers=_OPEN)


async def rsl(request: web.Request) -> web.Response:
    """Answer the licence for machines."""
    known = flows(request)
    body = rsl_xml(known.house.usage_of(), known.signal_urls).encode()
    return web.Response(body=body, headers={**_OPEN, "Content-Type": RSL_TYPE})


async def ai_text(request: web.Request) -> web.Response:
    """Answer ai.txt."""
    known = flows(request)
    text = ai_txt(known.house.usage_of(), known.signal_urls)
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=_A_WHILE)


async def machine_policy(request: web.Request) -> web.Response:
    """Answer the whole policy for machines."""
    return web.Response(
        body=await flows(request).own_policy.document(),
        headers={**_OPEN, "Content-Type": "application/ld+json", "Vary": "Accept"},
    )


def _refusals(now: InForce) -> tuple[str, ...]:
    """Return what is refused on the web and the media, one sentence each."""
    names: dict[str, list[str]] = {}  # by reason: pages and pictures often share one
    for rule in now.policy.rules:
        if rule.then is Action.REFUSE and rule.door in {Door.WEB, Door.MEDIA} and not rule.shadow:
            names.setdefault(rule.because, []).append(rule.name)
    return tuple(f"{'; '.join(named)}. {because}" for because, named in names.items())


def _audiences(now: InForce) -> tuple[tuple[str, int], ...]:
    limits = now.policy.renditions
    return (
        ("Anybody", limits.visitor),
        ("People signed in here", limits.person),
        ("Other servers", limits.peer),
    )
