"""Who is who at the gate: the whole table, borrowed names, browsers that are none, traps."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from server.egress import GIGABYTE
from server.policy import OPEN, STANDARD_NO_AI, STRICT_STUDIO, decide
from server.rules import Door, Refuse, WebFacts
from server.visitors import Crawler, VisitorClass
from tests.flows.test_vouching import Names
from tests.pure.test_visitors import WELCOME
from tests.security.gallery import FIREFOX, Answer, Gallery, open_gallery
from tests.web.test_media import put_in_force

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GOOGLE_NAME = "crawl-66-249-66-1.googlebot.com"
BROWSER = {
    "Accept": "text/html",
    "Accept-Language": "de",
    "Sec-Fetch-Site": "same-origin",
    "X-Forwarded-Proto": "https",
}
TRAP = "/nothing-here/"
AI = {
    VisitorClass.AI_TRAINING,
    VisitorClass.DATASET,
    VisitorClass.AI_SEARCH,
    VisitorClass.AI_USER,
}
SERVED_TO_ALL = ("/robots.txt", "/.well-known/nodeinfo", "/.well-known/tdmrep.json")


@pytest_asyncio.fixture(name="gallery", scope="module", loop_scope="module")
async def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gallery]:
    """Share one instance behind a proxy on this machine."""
    folder = tmp_path_factory.mktemp("gate")
    async with open_gallery(folder, proxies='"127.0.0.1"') as gallery:
        yield gallery


async def ask(
    gallery: Gallery, path: str, agent: str, address: str = "203.0.113.9", **headers: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"X-Forwarded-For": address, **named}
    return await gallery.stranger(agent).ask("GET", path, headers=sent)


async def browse(gallery: Gallery, path: str, address: str, agent: str = FIREFOX) -> int:
    return (await ask(gallery, path, agent, address, **BROWSER)).status


def agent_of(row: Crawler) -> str:
    return f"Mozilla/5.0 (compatible; {row.token}/1.0; +https://code.example/spider)"


async def test_every_agent_of_the_table_is_met_by_its_class(gallery: Gallery) -> None:
    works, number = gallery.media("public"), 0
    for row in gallery.instance.flows.crawlers.now.entries:
        number += 1  # each from a network of its own
        address, agent = f"203.0.{number % 250}.{number // 250 + 1}", agent_of(row)
        expected = 403 if row.visitor_class in AI and not row.robots_only else 200
        for path in ("/users/ana", works):
            accept = "application/activity+json" if path == "/users/ana" else "*/*"
            answer = await ask(gallery, path, agent, address, Accept=accept)
            assert answer.status == expected, (row.token, path)
        for path in SERVED_TO_ALL:
            assert (await ask(gallery, path, agent, address)).status == 200, (row.token, path)
    assert number > 350


async def test_one_of_each_class_gets_pages_or_a_short_no(gallery: Gallery) -> None:
    first = {row.visitor_class: row for row in gallery.instance.flows.crawlers.now.entries}
    for number, (visitor, row) in enumerate(first.items()):
        address = f"203.1.{number}.1"
        for path in ("/", "/@ana", gallery.page("public")):
            answer = await ask(gallery, path, agent_of(row), address)
            assert answer.status == (403 if visitor in AI else 200), (visitor, path)
            assert visitor not in AI or len(answer.body) < 200
        assert (await ask(gallery, "/policy", agent_of(row), address)).status == 200


async def test_names_for_robots_txt_alone_stand_there_and_nowhere_else(gallery: Gallery) -> None:
    text = (await ask(gallery, "/robots.txt", FIREFOX)).text
    names = [row.token for row in gallery.instance.flows.crawlers.now.entries if row.robots_only]
    assert "Google-Extended" in names
    for name in names:
        assert f"User-agent: {name}\n" in text
        assert gallery.instance.flows.crawlers.claim(f"{name}/1").crawler is None


async def test_real_agents_that_people_need_are_let_in_under_each_preset(gallery: Gallery) -> None:
    agents = [(name, agent) for name, listed in WELCOME.items() for agent in listed]
    assert len(agents) >= 60
    for policy in (OPEN, STANDARD_NO_AI, STRICT_STUDIO):
        await put_in_force(gallery, policy)
        for number, (name, agent) in enumerate(agents):
            facts = WebFacts(VisitorClass(name), user_agent=agent, path="/@ana")
            assert not isinstance(decide(Door.WEB, facts, policy), Refuse), agent
            for path in ("/users/ana", gallery.media("public")):
                answer = await ask(gallery, path, agent, f"203.2.{number}.1", Accept="*/*")
                assert answer.status in {200, 302}, (policy.preset, agent, path)
    await put_in_force(gallery, STANDARD_NO_AI)
    for number, (_, agent) in enumerate(agents):
        answer = await ask(gallery, "/about", agent, f"203.3.{number}.1")
        assert answer.status == 200, agent
        assert "challenge" not in answer.text


async def test_a_borrowed_name_is_forged_as_soon_as_that_is_known(gallery: Gallery) -> None:
    vouching = gallery.instance.flows.vouching
    true, false = "66.249.66.1", "198.18.0.9"
    before = vouching.resolver
    vouching.resolver = Names(
        {true: [GOOGLE_NAME], false: ["host.evil.test"]}, {GOOGLE_NAME: [true]}
    )
    assert (await ask(gallery, "/about", GOOGLEBOT, false)).status == 200  # nobody waits for DNS
    assert (await ask(gallery, "/about", GOOGLEBOT, true)).status == 200
    await vouching.settle()
    assert (await ask(gallery, "/about", GOOGLEBOT, true)).status == 200
    refused = await ask(gallery, "/about", GOOGLEBOT, false)
    assert refused.status == 403
    for path in (*SERVED_TO_ALL, "/policy", "/policy.json", "/rsl.xml", "/ai.txt", "/favicon.ico"):
        assert (await ask(gallery, path, GOOGLEBOT, false)).status == 200, path
    assert (await ask(gallery, gallery.media("public"), GOOGLEBOT, false)).status == 403
    vouching.resolver = before


async def test_a_name_that_is_not_borne_out_yet_earns_nothing(gallery: Gallery) -> None:
    vouching = gallery.instance.flows.vouching
    before, true = vouching.resolver, "66.249.66.2"
    vouching.resolver = Names({true: [GOOGLE_NAME]}, {GOOGLE_NAME: [true]})
    rules = [replace(each) for each in STANDARD_NO_AI.rules]
    unknown = replace(rules[0].when[0], values=("unknown",))
    closed = replace(rules[0], name="No strangers", when=(unknown,))
    await put_in_force(gallery, replace(STANDARD_NO_AI, rules=(closed, *rules)))
    assert (await ask(gallery, "/about", GOOGLEBOT, true)).status == 403
    await vouching.settle()
    assert (await ask(gallery, "/about", GOOGLEBOT, true)).status == 200
    await put_in_force(gallery, STANDARD_NO_AI)
    vouching.resolver = before


async def test_a_browser_without_what_browsers_send_is_slowed_down_and_never_shut_out(
    gallery: Gallery,
) -> None:
    statuses = [(await ask(gallery, "/users/ana", FIREFOX, "203.4.1.1")).status for _ in range(62)]
    assert (set(statuses[:60]), set(statuses[60:])) == ({302}, {429})
    assert await browse(gallery, "/about", "203.4.1.1") == 200  # a person beside it


async def test_a_network_that_looks_faster_than_people_do_is_slowed_down(gallery: Gallery) -> None:
    statuses = [await browse(gallery, "/users/ana", "203.5.1.1") for _ in range(302)]
    assert statuses.index(429) == 300  # 240 as people, 60 as a program
    assert await browse(gallery, "/users/ana", "203.5.2.1") == 302
    member = await gallery.member()
    answer = await member.get("/about", X_Forwarded_For="203.5.1.1", Accept_Language="de")
    assert answer.status == 200


async def test_who_walks_into_a_trap_is_refused_for_a_day(gallery: Gallery) -> None:
    spider, address = "nimble/2.0", "203.6.1.1"
    assert f'href="{TRAP}"' in (await ask(gallery, "/about", spider, address)).text
    assert f"Disallow: {TRAP}\n" in (await ask(gallery, "/robots.txt", spider, address)).text
    assert (await ask(gallery, TRAP, spider, address)).status == 404
    assert (await ask(gallery, "/about", spider, "203.6.1.200")).status == 403  # the same network
    assert (await ask(gallery, "/about", spider, "203.6.2.1")).status == 200
    assert (await ask(gallery, "/about", "other/1", address)).status == 200
    assert (await ask(gallery, "/policy", spider, address)).status == 200


async def test_nobody_falls_into_a_trap_whom_others_led_there_or_who_is_known(
    gallery: Gallery,
) -> None:
    cases = [
        (FIREFOX, {"Sec-Fetch-User": "?1"}),  # a person clicked
        (FIREFOX, {"Sec-Fetch-Site": "cross-site"}),  # somebody's page asked for it
        (FIREFOX, {"Sec-Purpose": "prefetch"}),
        ("nimble/2.0", {"Referer": "https://elsewhere.example/"}),
        ("Mastodon/4.5.0 (http.rb/5.3.1; +https://code.example/)", {}),  # a card for a link
        ("Miniflux/2.2.9 (+https://miniflux.app)", {}),
        ("w3m/0.5.3+git20230121", {}),  # it lists every link of a page for its person to follow
        ("Lynx/2.9.0dev.10 libwww-FM/2.14", {}),
    ]
    for number, (agent, headers) in enumerate(cases):
        address = f"203.7.{number}.1"
        sent = {**(BROWSER if agent == FIREFOX else {}), **headers}
        assert (await ask(gallery, TRAP, agent, address, **sent)).status == 404
        seen = BROWSER if agent == FIREFOX else {}
        assert (await ask(gallery, "/about", agent, address, **seen)).status == 200, headers
    member = await gallery.member()
    assert (await member.get(TRAP, X_Forwarded_For="203.7.99.1")).status == 404
    assert await browse(gallery, "/about", "203.7.99.1") == 200
    # All visitors share one address where a proxy does not say who asks.
    assert (await gallery.stranger().get(TRAP)).status == 404
    assert (await gallery.stranger().get("/about")).status == 200


async def test_members_pass_where_their_network_was_caught(gallery: Gallery) -> None:
    assert (await ask(gallery, TRAP, FIREFOX, "203.8.1.1", **BROWSER)).status == 404
    assert await browse(gallery, "/about", "203.8.1.1") == 403
    answer = await (await gallery.member()).get("/about", X_Forwarded_For="203.8.1.1")
    assert answer.status == 200


async def test_spoofed_addresses_long_agents_and_broken_cookies_break_nothing(
    gallery: Gallery,
) -> None:
    for forwarded in (
        "1.2.3.4, nonsense",
        ", ,",
        "::ffff:1.2.3.4",
        "[2001:db8::1]:80",
        "x" * 4_000,
    ):
        assert (await ask(gallery, "/about", FIREFOX, forwarded, **BROWSER)).status == 200
    # What a visitor wrote counts for nothing: the proxy's own entry, the last, does
    answers = [
        (await ask(gallery, "/users/ana", "curl/8", f"198.51.{n}.1, 203.9.1.1")).status
        for n in range(62)
    ]
    assert answers.count(429) == 2
    for agent in ("a" * 7_000, "Mozilla/5.0 " + "(" * 7_000, "+" * 7_000, "GPTBot" * 1_000):
        assert (await ask(gallery, "/users/ana", agent, "203.9.2.1")).status in {200, 302}
    huge = await ask(gallery, "/about", "a" * 65_536, "203.9.3.1")
    assert huge.status in {400, 431}
    for cookie in ("\u00e9=\u00e9", "=;;==", "a" * 8_000, "fixatif=" + "é" * 99, 'x="unclosed'):
        answer = await ask(gallery, "/about", FIREFOX, "203.9.4.1", **BROWSER, Cookie=cookie)
        assert answer.status == 200, cookie


async def test_a_days_bytes_spent_leave_small_pictures_for_strangers_alone(
    gallery: Gallery,
) -> None:
    egress = gallery.instance.flows.egress
    view, peers = gallery.media("public", "view.jpg"), gallery.media("public", "federated.jpg")
    whole = await ask(gallery, view, FIREFOX, "203.10.1.1", **BROWSER)
    federated = await ask(gallery, peers, "Mastodon/4.5.0", "203.10.2.1")
    egress.limit_bytes = GIGABYTE
    egress.note(GIGABYTE)
    assert egress.is_braking
    small = await ask(gallery, view, FIREFOX, "203.10.1.1", **BROWSER)
    assert (small.status, whole.status) == (200, 200)
    assert small.headers["Cache-Control"] == "private, no-store"
    assert (await ask(gallery, peers, "Mastodon/4.5.0", "203.10.2.1")).body == federated.body
    member = await gallery.member()
    assert (await member.get(view)).body == whole.body
    assert "until midnight" in (await ask(gallery, gallery.page("public"), FIREFOX, **BROWSER)).text
    assert "small pictures" in (await member.get("/admin")).text
    egress.limit_bytes = 0
