"""What this place is and what it says to machines: policy, about, robots.txt and their kin."""

import msgspec
from aiohttp import web

from server.model import Role
from server.phrasing import DOORS
from server.policy import Policy
from server.public_policy import (
    AI_ELSEWHERE,
    AI_HERE,
    AUDIENCES,
    mode_sentence,
    proof_sentence,
    public_rules,
)
from server.robots import robots_txt
from server.signals import (
    RSL_TYPE,
    ai_txt,
    headers,
    rsl_xml,
    tdmrep_json,
)
from web.flows import flows
from web.page_views import AboutPage, DoorView, PolicyPage, SignalView
from web.respond import head_for, page, show
from web.views import LinkView

_A_WHILE = {"Cache-Control": "public, max-age=300"}
_OPEN = {**_A_WHILE, "Access-Control-Allow-Origin": "*"}
_MEANINGS = {
    "Content-Usage": "The IETF's AI preferences: n reserves, y permits.",
    "tdm-reservation": "1 reserves text and data mining rights (EU directive 2019/790, article 4).",
    "tdm-policy": "Where machines read these terms.",
    "X-Robots-Tag": "The older words against AI datasets, sent with every page and every picture.",
    "Link": "The licence for machines, in Really Simple Licensing.",
}


async def policy(request: web.Request) -> web.StreamResponse:
    """Show the policy to people; who asks for JSON gets its machine twin."""
    accept = request.headers.get("Accept", "")
    if "application/ld+json" in accept:
        return await machine_policy(request)
    if "application/json" in accept:
        return await policy_json(request)
    known = flows(request)
    now, story = known.house.now, await known.own_policy.story()
    view = PolicyPage(
        version=now.version.version,
        since=now.version.created_at,
        doors=_doors(now.policy),
        mode=mode_sentence(now.policy),
        changes=story.changes,
        versions=story.versions,
        audiences=tuple((who, getattr(now.policy.renditions, name)) for name, who in AUDIENCES),
        proof=proof_sentence(now.policy),
        ai_here=AI_HERE[now.policy.ai_works.local],
        ai_elsewhere=AI_ELSEWHERE[now.policy.ai_works.remote],
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
                "/policy.json",
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
    text = robots_txt(known.house.now.policy, known.crawlers.now, known.signal_urls)
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


async def policy_json(request: web.Request) -> web.Response:
    """Answer what the page says, for machines."""
    body = msgspec.json.encode(await flows(request).own_policy.public())
    headers = {**_OPEN, "Content-Type": "application/json", "Vary": "Accept"}
    return web.Response(body=body, headers=headers)


async def machine_policy(request: web.Request) -> web.Response:
    """Answer the policy that other servers believe: signed, as ODRL."""
    return web.Response(
        body=await flows(request).own_policy.document(),
        headers={**_OPEN, "Content-Type": "application/ld+json", "Vary": "Accept"},
    )


def _doors(policy: Policy) -> tuple[DoorView, ...]:
    """Return what is enforced at each door, in sentences."""
    rules = public_rules(policy)
    return tuple(
        DoorView(words, tuple((one.sentence, one.because) for one in rules if one.door is door))
        for door, words in DOORS.items()
    )
