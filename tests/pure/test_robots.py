"""robots.txt, read by two parsers that we did not write."""

from dataclasses import replace
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest
from protego import Protego

from server.model import ContentUsage
from server.policy import OPEN, PRESETS, STANDARD_NO_AI, STRICT_STUDIO, Policy
from server.robots import PRIVATE_PATHS, is_disallowed, robots_txt
from server.rules import Action, Condition, ConditionKind, Door, Rule
from server.signals import robots_directives, signal_urls, usage_text
from server.visitors import Crawler, VisitorClass, read_crawlers

URLS = signal_urls("https://art.example")
TABLE = Path(__file__).parents[2] / "server" / "data" / "crawlers.json"
CRAWLERS = read_crawlers(TABLE.read_text())
AI_CLASSES = {
    VisitorClass.AI_TRAINING,
    VisitorClass.AI_SEARCH,
    VisitorClass.AI_USER,
    VisitorClass.DATASET,
}


def robots_of(policy: Policy) -> str:
    return robots_txt(policy, CRAWLERS, URLS)


ROBOTS = {name: Protego.parse(robots_of(policy)) for name, policy in PRESETS.items()}


def groups_of(text: str) -> list[list[str]]:
    blocks = [block.splitlines() for block in text.strip().split("\n\n")]
    return [block for block in blocks if any(line.startswith("User-agent:") for line in block)]


@pytest.mark.parametrize(
    "token",
    [
        crawler.token
        for crawler in CRAWLERS.entries
        if crawler.visitor_class in AI_CLASSES and not crawler.needs_version
    ],
)
def test_robots_sends_every_ai_crawler_away(token: str) -> None:
    for robots in (ROBOTS["standard-no-ai"], ROBOTS["strict-studio"]):
        assert not robots.can_fetch("https://art.example/@ada", token)
        assert not robots.can_fetch("https://art.example/media/k/view.jpg", token)
        assert robots.can_fetch("https://art.example/policy", token)
        assert robots.can_fetch("https://art.example/.well-known/tdmrep.json", token)


@pytest.mark.parametrize(
    "crawler",
    [crawler for crawler in CRAWLERS.entries if crawler.visitor_class not in AI_CLASSES],
    ids=lambda crawler: crawler.token,
)
def test_robots_lets_all_others_see_what_the_policy_lets_them(crawler: Crawler) -> None:
    for preset, robots in ROBOTS.items():
        expected = not is_disallowed(crawler, PRESETS[preset])
        assert robots.can_fetch("https://art.example/@ada", crawler.token) is expected
        assert not robots.can_fetch("https://art.example/settings/profile", crawler.token)
        assert not robots.can_fetch("https://art.example/admin", crawler.token)


@pytest.mark.parametrize("policy", list(PRESETS.values()), ids=lambda policy: policy.preset)
def test_no_preset_sends_search_cards_or_feeds_away(policy: Policy) -> None:
    welcome = {VisitorClass.SEARCH, VisitorClass.PREVIEW, VisitorClass.FEED}
    for crawler in CRAWLERS.entries:
        if crawler.visitor_class in welcome:
            assert not is_disallowed(crawler, policy), crawler.token


@pytest.mark.parametrize("path", PRIVATE_PATHS)
def test_robots_keeps_everyone_from_private_pages(path: str) -> None:
    for robots in ROBOTS.values():
        assert not robots.can_fetch(f"https://art.example{path}", "SomeNewBot")
        assert not robots.can_fetch(f"https://art.example{path}", "Googlebot")


@pytest.mark.parametrize("token", ["Google-Extended", "Applebot-Extended", "Webzio-Extended"])
def test_robots_names_those_that_only_robots_txt_knows(token: str) -> None:
    assert f"\nUser-agent: {token}\n" in robots_of(STANDARD_NO_AI)
    assert not ROBOTS["standard-no-ai"].can_fetch("https://art.example/@ada", token)


@pytest.mark.parametrize("agent", ["Googlebot", "Applebot", "bingbot", "Baiduspider", "Twitterbot"])
def test_a_careless_parser_keeps_search_and_cards_as_well(agent: str) -> None:
    careless = RobotFileParser()  # takes a name inside a name, and the first match
    careless.parse(robots_of(STANDARD_NO_AI).splitlines())
    assert careless.can_fetch(agent, "https://art.example/@ada")
    assert not careless.can_fetch("GPTBot", "https://art.example/@ada")
    assert careless.can_fetch("GPTBot", "https://art.example/policy")


@pytest.mark.parametrize("policy", list(PRESETS.values()), ids=lambda policy: policy.preset)
def test_every_group_repeats_what_is_stated(policy: Policy) -> None:
    groups = groups_of(robots_of(policy))
    assert groups
    for group in groups:
        assert f"Content-Usage: {usage_text(policy.content_usage)}" in group
        assert "License: https://art.example/rsl.xml" in group
        assert sum(line.startswith("Content-Signal: ") for line in group) == 1


def test_content_signals_speak_their_own_words() -> None:
    assert "\nContent-Signal: ai-input=no, ai-train=no\n" in robots_of(STANDARD_NO_AI)
    assert "\nContent-Signal: search=no, ai-input=no, ai-train=no\n" in robots_of(STRICT_STUDIO)
    assert "\nContent-Signal: search=yes, ai-input=yes, ai-train=yes\n" in robots_of(OPEN)


def test_rights_are_reserved_only_where_something_is_refused() -> None:
    assert "Article 4(3)" in robots_of(STANDARD_NO_AI)
    assert "Article 4(3)" not in robots_of(OPEN)
    assert "Content-" not in robots_of(replace(OPEN, content_usage=ContentUsage()))


def test_a_preference_sends_crawlers_away_even_without_a_rule() -> None:
    robots = Protego.parse(robots_of(replace(STANDARD_NO_AI, rules=())))
    assert not robots.can_fetch("https://art.example/@ada", "GPTBot")
    assert not robots.can_fetch("https://art.example/@ada", "OAI-SearchBot")
    assert robots.can_fetch("https://art.example/@ada", "AhrefsBot")


def test_the_open_preset_welcomes_training() -> None:
    assert ROBOTS["open"].can_fetch("https://art.example/@ada", "GPTBot")
    assert robots_directives(OPEN.content_usage) == ()


def test_those_who_are_throttled_are_told_how_slowly() -> None:
    assert ROBOTS["standard-no-ai"].crawl_delay("AhrefsBot") == 10
    assert ROBOTS["standard-no-ai"].crawl_delay("Googlebot") is None


def test_a_policy_that_refuses_the_unknown_still_names_who_is_welcome() -> None:
    when = (Condition(ConditionKind.CLASS, ("unknown",)),)
    rule = Rule("Nobody unknown", Door.WEB, when, Action.REFUSE, "x")
    robots = Protego.parse(robots_of(replace(STANDARD_NO_AI, rules=(rule,))))
    assert not robots.can_fetch("https://art.example/@ada", "SomeNewBot")
    assert robots.can_fetch("https://art.example/@ada", "Googlebot")
    assert not robots.can_fetch("https://art.example/@ada", "GPTBot")


def test_robots_is_far_below_what_crawlers_read() -> None:
    assert len(robots_of(STRICT_STUDIO)) < 100_000  # RFC 9309, 2.5: at least 500 KiB
