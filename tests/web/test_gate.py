"""The web door: whom the policy turns away before anything is read, and whom it never may."""

import pytest

from server.policy import OPEN, STANDARD_NO_AI, STRICT_STUDIO
from tests.security.gallery import ACTIVITY, FIREFOX, Gallery, a_gallery  # noqa: F401 - fixture
from tests.web.test_media import put_in_force

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHROME = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko"
UNWANTED = {
    "training": f"{CHROME}; compatible; GPTBot/1.3; +https://openai.com/gptbot)",
    "training, another": f"{CHROME}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "training, third": "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing)",
    "dataset": "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "dataset of images": "img2dataset",
    "search for an AI": f"{CHROME}; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot",
    "answers": f"{CHROME}); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
    "answers, another": "Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/bot)",
    "training by TikTok": "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
}
WELCOME = {
    "browser": FIREFOX,
    "text browser": "Lynx/2.9.0dev.10 libwww-FM/2.14",
    "Mastodon": "Mastodon/4.5.2 (http.rb/5.3.1; +https://code.example/)",
    "Pixelfed": "(Pixelfed/0.12.5; +https://devin.blog)",
    "GoToSocial": "gotosocial/0.19.1 (+https://spider.social)",
    "Akkoma": "Akkoma 3.15.2; https://gptbot.example <admin@gptbot.example>",
    "Misskey": "Misskey/2025.5.0 (https://claudebot.social)",
    "feed reader": "Miniflux/2.2.9 (+https://miniflux.app)",
    "search": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "search, another": "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "link card": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "link card, another": "WhatsApp/2.23.20.0",
    "archive": "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "nobody": "",
    "a library": "python-requests/2.32.3",
}
OPEN_PATHS = (
    "/robots.txt",
    "/policy",
    "/rsl.xml",
    "/ai.txt",
    "/.well-known/tdmrep.json",
    "/.well-known/ai-policy",
    "/.well-known/nodeinfo",
    "/.well-known/host-meta",
    "/healthz",
)


def closed_paths(gallery: Gallery) -> tuple[str, ...]:
    work = gallery.works["public"].id
    return (
        "/",
        "/artists",
        "/@ana",
        gallery.page("public"),
        gallery.media("public"),
        gallery.media("public", "federated.jpg"),
        f"/works/{work}",
        f"/works/{work}/replies",
        "/users/ana",
        "/users/ana/outbox?page=true",
        "/tags/hare",
        "/about",
        "/nope",
    )


@pytest.mark.parametrize("name", UNWANTED)
async def test_who_takes_works_for_machines_gets_no_page_no_picture_and_no_document(
    gallery: Gallery, name: str
) -> None:
    browser = gallery.stranger(UNWANTED[name])
    for path in closed_paths(gallery):
        for accept in ("text/html", "*/*", ACTIVITY):
            answer = await browser.get(path, Accept=accept)
            assert answer.status == 403, path
            assert "/policy" in answer.text
            assert "hare" not in answer.text
            assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", UNWANTED)
async def test_they_may_always_read_the_rules(gallery: Gallery, name: str) -> None:
    browser = gallery.stranger(UNWANTED[name])
    for path in OPEN_PATHS:
        assert (await browser.get(path)).status == 200, path


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "/./",
        "/%2e/@ana",
        "/policy/../@ana",
        "/.well-known/../@ana",
        "/robots.txt/",
        "/POLICY",
        "/policy%2f..%2f@ana",
        "/.well-known/%2e%2e/@ana",
    ],
)
async def test_no_spelling_of_an_address_opens_the_gate(gallery: Gallery, path: str) -> None:
    answer = await gallery.stranger(UNWANTED["training"]).get(path)
    leads_to = answer.headers.get("Location", "")
    assert (answer.status in {403, 404} and not leads_to) or leads_to == "/robots.txt"
    assert "hare" not in answer.text


@pytest.mark.parametrize("name", WELCOME)
async def test_people_servers_readers_and_searches_are_let_in(gallery: Gallery, name: str) -> None:
    browser = gallery.stranger(WELCOME[name])
    for path in ("/", "/@ana", gallery.page("public"), gallery.media("public"), "/robots.txt"):
        assert (await browser.get(path)).status == 200, path
    for path in ("/users/ana", f"/works/{gallery.works['public'].id}", "/users/ana/outbox"):
        answer = await browser.get(path, Accept=ACTIVITY)
        assert (answer.status, answer.headers["Content-Type"]) == (
            200,
            "application/activity+json; charset=utf-8",
        )


async def test_other_policies_open_and_close_at_once(gallery: Gallery) -> None:
    trainer, archive = gallery.stranger(UNWANTED["training"]), gallery.stranger(WELCOME["archive"])
    await put_in_force(gallery, OPEN)
    opened = [(await one.get("/@ana")).status for one in (trainer, archive)]
    await put_in_force(gallery, STRICT_STUDIO)
    strict = [(await one.get("/@ana")).status for one in (trainer, archive)]
    await put_in_force(gallery, STANDARD_NO_AI)
    assert (opened, strict) == ([200, 200], [403, 403])
