"""Who a visitor is. What must never be taken for an AI crawler stands first."""

import json
import timeit
from pathlib import Path

import pytest

from server.errors import Invalid
from server.model import RenditionName
from server.policy import STANDARD_NO_AI, compile_policy, decide
from server.rules import Door, MediaFacts, Refuse, WebFacts
from server.visitors import (
    Crawler,
    VisitorClass,
    VisitorFacts,
    build_crawlers,
    classify,
    crawler_in,
    names_product,
    read_crawlers,
    without_addresses,
)

TABLE = Path(__file__).parents[2] / "server" / "data" / "crawlers.json"
CRAWLERS = read_crawlers(TABLE.read_text())
POLICY = compile_policy(STANDARD_NO_AI)
AI_CLASSES = {
    VisitorClass.AI_TRAINING,
    VisitorClass.AI_SEARCH,
    VisitorClass.AI_USER,
    VisitorClass.DATASET,
}
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
GOOGLEBOT = (
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 "
    "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)
APPLEBOT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"
)
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
# Real user agents, some with domains made to look like crawlers' names.
WELCOME = {
    "preview": [
        "Mastodon/4.5.0 (http.rb/5.3.1; +https://code.example/)",
        "Mastodon/4.5.0 (http.rb/5.3.1; +https://spider.social/) Bot",
        "http.rb/5.1.1 (Mastodon/4.2.10; +https://mastodon.social/)",
        "Mastodon/4.3.1+glitch (http.rb/5.2.0; +https://operator.example/)",
        "gotosocial/0.20.0 (+https://devin.example)",
        "gotosocial/0.17.3+git-abc (+https://gts.example)",
        "(Pixelfed/0.12.4; +https://pixelfed.example)",
        "PixelFedBot/1.0.0 (Pixelfed/0.11.13; +https://pixel.example)",
        "Misskey/2025.9.0 (https://gptbot.example)",
        "Sharkey/2025.4.3 (https://shark.example)",
        "Firefish/20240725 (https://fire.example)",
        "Iceshrimp/2023.12 (https://ice.example/)",
        "Akkoma 3.15.2; https://akkoma.example <admin@akkoma.example>",
        "Pleroma 2.9.1; https://ccbot.example <admin@ccbot.example>",
        "snac/2.80; +https://snac.example",
        "snac/2.68",
        "python-httpx/0.27 (Takahe/0.11.0; +https://takahe.example/)",
        "Friendica 'Interrupted Fern' 2024.12-1571; https://friendica.example",
        "Hubzilla/9.4 (https://hub.example)",
        "Lemmy/0.19.12; +https://lemmy.example",
        "PeerTube/7.3.0 (+https://openai.example)",
        "WordPress/6.8; https://devin.blog; ActivityPub",
        "WordPress/6.8.3; https://code.blog",
        "BookWyrm/0.7.5 (+https://books.example/)",
        "Mobilizon 5.1.0 - https://events.example",
        "Fedify/1.9.0 (Node.js/v24.1.0; +https://hollo.example/)",
        "Fedify/1.8.8 (Deno/2.4.0)",
        "Bridgy Fed (https://fed.brid.gy/)",
        "Mitra 4.8.0; https://mitra.example",
        "FediDB/0.3.0; +https://fedidb.example/crawler",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        IMESSAGE,
        "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "TelegramBot (like TwitterBot)",
        "WhatsApp/2.23.20.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Jakarta Commons-HttpClient/4.3)",
        "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
        "Synapse/1.139.0",
        "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
    ],
    "feed": [
        "Mozilla/5.0 (compatible; Miniflux/2.2.13; +https://miniflux.app)",
        "FreshRSS/1.27.1 (Linux; https://freshrss.org)",
        "NetNewsWire (RSS Reader; https://netnewswire.com/)",
        "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)",
        "Mozilla/5.0 (compatible; inoreader.com; 3 subscribers)",
        "NewsBlur Feed Fetcher - 5 subscribers - https://www.newsblur.com/site/1/a",
        "Feedbin feed-id:1 - 2 subscribers",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
        "Tiny Tiny RSS/23.05 (https://tt-rss.org/)",
        "newsboat/2.41.0 (Linux x86_64)",
        "Mozilla/5.0 (Linux x86_64) AppleWebKit/605 (KHTML, like Gecko) Liferea/1.15.8",
        "Akregator/6.2.2; syndication",
        "CommaFeed/5.11.1 (https://github.com/Athou/commafeed)",
        "SimplePie/1.8.0 (Feed Parser; https://simplepie.org; Allow like Gecko)",
        "UniversalFeedParser/6.0.11 +https://github.com/kurtmckee/feedparser/",
    ],
    "visitor": [
        CHROME,
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/90 Safari/537",
        "Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.0",
        "w3m/0.5.3+git20230121",
        "ELinks/0.17.1 (textmode; Linux x86_64; 80x24-2)",
        "Links (2.29; Linux x86_64; GNU C 12.2; text)",
        "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16",
        "Dillo/3.2.0",
        "NetSurf/3.11 (Linux)",
    ],
    "search": [
        GOOGLEBOT,
        APPLEBOT,
        "Googlebot-Image/1.0",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
        "Mozilla/5.0 (compatible; Qwantbot/1.0_1234; +https://help.qwant.com/bot/)",
        "Mozilla/5.0 (compatible; MojeekBot/0.11; +https://www.mojeek.com/bot.html)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
        "Sogou Pic Spider/3.0(+http://www.sogou.com/docs/help/webmasters.htm#07)",
    ],
}
REFUSED = {
    "ai-training": [
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
            "+https://openai.com/gptbot)"
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
            "+claudebot@anthropic.com)"
        ),
        (
            "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
            "Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"
        ),
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
        "Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)",
        "Mozilla/5.0 (compatible; GoogleOther)",
        "Mozilla/5.0 (compatible; PanguBot; pangubot@huawei.com)",
        "Mozilla/5.0 (compatible) Ai2Bot-Dolma (+https://www.allenai.org/crawler)",
        "Kangaroo Bot/1.0",
        "GPTBot",
    ],
    "dataset": [
        "CCBot/2.0 (https://commoncrawl.org/faq/)",
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:72.0) Gecko/20100101 Firefox/72.0 "
            "(compatible; img2dataset; +https://github.com/rom1504/img2dataset)"
        ),
        "Mozilla/5.0 (compatible; ImagesiftBot; +imagesift.com)",
        "omgili/0.5 +http://omgili.com",
    ],
    "ai-search": [
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; OAI-SearchBot/1.0; "
            "+https://openai.com/searchbot"
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; "
            "+https://perplexity.ai/perplexitybot)"
        ),
        "DuckAssistBot/1.2; (+http://duckduckgo.com/duckassistbot.html)",
    ],
    "ai-user": [
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; "
            "+https://openai.com/bot"
        ),
        "Mozilla/5.0 (compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
        "Mozilla/5.0 (compatible; MistralAI-User/1.0; +https://docs.mistral.ai/robots)",
        "Devin/1.0",
    ],
}


def class_of(agent: str) -> VisitorClass:
    return classify(VisitorFacts(agent), CRAWLERS)


def are_refused(agent: str) -> tuple[bool, bool]:
    visitor = class_of(agent)
    page = decide(Door.WEB, WebFacts(visitor, agent, "/@ada"), POLICY)
    picture = decide(Door.MEDIA, MediaFacts(visitor, RenditionName.VIEW, agent), POLICY)
    return isinstance(page, Refuse), isinstance(picture, Refuse)


@pytest.mark.parametrize(
    ("expected", "agent"), [(name, agent) for name, agents in WELCOME.items() for agent in agents]
)
def test_who_is_welcome_is_known_as_such_and_never_refused(expected: str, agent: str) -> None:
    assert class_of(agent).value == expected
    assert are_refused(agent) == (False, False)


@pytest.mark.parametrize(
    ("expected", "agent"), [(name, agent) for name, agents in REFUSED.items() for agent in agents]
)
def test_ai_crawlers_are_known_and_refused(expected: str, agent: str) -> None:
    assert class_of(agent).value == expected
    assert are_refused(agent) == (True, True)


@pytest.mark.parametrize(
    "name",
    [
        name
        for crawler in CRAWLERS.entries
        if crawler.visitor_class in AI_CLASSES and not crawler.robots_only
        for name in (crawler.token, *crawler.also)
    ],
)
def test_every_ai_name_of_the_table_is_refused_and_none_inside_an_address_is(name: str) -> None:
    assert are_refused(f"Mozilla/5.0 (compatible; {name}/1.0; +https://x.example/)") == (True, True)
    word = name.replace(" ", "-")
    for harmless in (
        f"Mastodon/4.5.0 (http.rb/5.3.1; +https://{word}/)",
        f"Mastodon/4.5.0 (+https://{word}.example/{word}/1.0)",
        f"Misskey/2025.9.0 (https://x.example/{word})",
        f"Pleroma 2.9; https://x.example <{word}@x.example>",
        f"NetNewsWire (https://x.example/?{word}/1)",
        f"{CHROME} My{word}",
        f"{CHROME} {word}ery/1.0",
    ):
        assert class_of(harmless) not in AI_CLASSES, harmless


@pytest.mark.parametrize(
    "name", [crawler.token for crawler in CRAWLERS.entries if crawler.robots_only]
)
def test_a_name_for_robots_txt_alone_classifies_nobody(name: str) -> None:
    assert crawler_in(f"{name}/1.0", CRAWLERS) is None
    assert class_of(f"{CHROME} {name}/1.0") not in AI_CLASSES


def test_the_names_for_robots_txt_alone_are_in_the_table() -> None:
    names = {crawler.token for crawler in CRAWLERS.entries if crawler.robots_only}
    assert {"Google-Extended", "Applebot-Extended", "Webzio-Extended"} <= names


@pytest.mark.parametrize("word", ["Code", "Spider", "Devin", "Operator", "OpenAI"])
def test_an_everyday_word_counts_only_with_a_version(word: str) -> None:
    assert class_of(f"Mozilla/5.0 ({word} edition)") not in AI_CLASSES
    assert class_of(f"Mozilla/5.0 ({word}/x)") not in AI_CLASSES
    assert class_of(f"{word}/1.0") in AI_CLASSES


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (VisitorFacts("GPTBot/1.0", is_signed_in=True), "member"),
        (VisitorFacts("GPTBot/1.0", has_peer_signature=True), "peer"),
        (VisitorFacts(GOOGLEBOT, is_forged=True), "forged"),
        (VisitorFacts(CHROME, has_proof=True), "person"),
        (VisitorFacts("GPTBot/1.0", has_proof=True), "ai-training"),
        (VisitorFacts("HeadlessChrome/140.0", has_proof=True), "tool"),
        (VisitorFacts(""), "unknown"),
        (VisitorFacts("Some program"), "unknown"),
        (VisitorFacts("Mozilla/5.0 (compatible; NobodyKnowsBot/1.0)"), "unknown"),
        (VisitorFacts("Mozilla/5.0 (compatible; NewThing-Crawler)", has_proof=True), "unknown"),
        (VisitorFacts("curl/8.5.0"), "tool"),
        (VisitorFacts("python-requests/2.32"), "tool"),
        (VisitorFacts("Scrapy/2.11 (+https://scrapy.org)"), "tool"),
        (VisitorFacts(CHROME.replace("Chrome/", "HeadlessChrome/")), "tool"),
        (VisitorFacts("curl/8.5.0", path="/@ada.atom"), "feed"),
        (VisitorFacts("", path="/tags/ink.atom"), "feed"),
        (VisitorFacts("GPTBot/1.0", path="/@ada.atom"), "ai-training"),
        (VisitorFacts("Go-http-client/2.0", path="/oembed"), "preview"),
        (VisitorFacts("Go-http-client/2.0", accepts_activity=True), "unknown"),
        (VisitorFacts("Mozilla/5.0 (compatible; archive.org_bot +http://archive.org)"), "archive"),
        (VisitorFacts("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/)"), "seo"),
        (VisitorFacts("curl/8.5.0 GPTBot/1.0"), "ai-training"),
    ],
)
def test_what_was_proved_goes_before_what_is_claimed(facts: VisitorFacts, expected: str) -> None:
    assert classify(facts, CRAWLERS).value == expected


@pytest.mark.parametrize(
    ("agent", "left"),
    [
        ("A/1 (+https://x.example/Code/1.0; b)", "A/1 ( ; b)"),
        ("A/1 (https://x.example/(GPTBot)/)", "A/1 ( )/)"),
        ("A/1 <a@b.example>; c", "A/1 ; c"),
        ("A/1 +x.example/GPTBot", "A/1"),
        ("A/1;ClaudeBot;claudebot@x.example)", "A/1;ClaudeBot; )"),
        ("A/1", "A/1"),
    ],
)
def test_addresses_are_taken_out(agent: str, left: str) -> None:
    assert " ".join(without_addresses(agent).split()) == left


@pytest.mark.parametrize(
    ("words", "token", "expected"),
    [
        ("Odd", "Odd", True),
        ("xOdd Odd/1", "Odd", True),
        ("xOdd Oddx Odd-x", "Odd", False),
        ("", "Odd", False),
    ],
)
def test_a_product_is_a_whole_word(words: str, token: str, *, expected: bool) -> None:
    assert names_product(words, token) is expected


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        GOOGLEBOT,
        "Mastodon/4.5.0 (http.rb/5.3.1; +https://code.example/)",
        "A" * 65_536,
        "https://" * 8_192,
        "GPTBot " * 9_362,
        "+" * 65_536,
        "a@" * 32_768,
        "(" * 65_536 + "@",
        "a." * 32_768 + "://",
        "é" * 65_536,
        "\ud800\x00" * 32_768,
    ],
)
def test_classifying_costs_microseconds_whatever_the_agent(agent: str) -> None:
    facts = VisitorFacts(agent)
    best = min(timeit.repeat(lambda: classify(facts, CRAWLERS), number=50, repeat=7)) / 50
    assert best < 250e-6  # a busy machine; a quiet one takes 10 for browsers


def test_the_table_says_where_it_comes_from() -> None:
    document = json.loads(TABLE.read_text())
    assert document["licence"]
    assert CRAWLERS.source
    assert CRAWLERS.date >= "2026"
    assert len(CRAWLERS.entries) > 120
    assert all(crawler.operator for crawler in CRAWLERS.entries)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"source": "s", "date": "d", "crawlers": [1]}',
        '{"source": "s", "date": "d", "crawlers": [{"class": "tool"}]}',
        '{"source": "s", "date": "d", "crawlers": [{"token": "A"}]}',
        '{"source": "s", "date": "d", "crawlers": [{"token": " ", "class": "tool"}]}',
        '{"source": "s", "date": "d", "crawlers": [{"token": "A", "class": "cat"}]}',
        '{"source": "s", "date": "d", "crawlers": [{"token": "A", "class": "member"}]}',
        '{"source": "s", "date": "d", "crawlers": [{"token": "A", "class": "tool", "also": "B"}]}',
        "[" * 100_000,
    ],
)
def test_a_broken_table_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="crawler table"):
        read_crawlers(text)


def test_a_name_that_stands_twice_is_refused() -> None:
    one = Crawler("A", VisitorClass.TOOL, "x")
    two = Crawler("B", VisitorClass.SEO, "x", also=("A",))
    with pytest.raises(Invalid, match="twice"):
        build_crawlers([one, two], source="s", date="d")
