"""Every form of one preference, read back by parsers that we did not write."""

import itertools
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import http_sf
import pytest

from server.errors import Invalid
from server.model import AiLabel, ContentUsage, Preference
from server.policy import OPEN, STANDARD_NO_AI, STRICT_STUDIO, Policy
from server.rules import Action, Condition, ConditionKind, Door, Rule
from server.signals import (
    ImageSigns,
    PolicyStatement,
    activity_context,
    activity_terms,
    ai_policy,
    ai_txt,
    digital_source_type,
    headers,
    meta,
    plus_data_mining,
    read_usage,
    rsl_xml,
    schema_org,
    signal_urls,
    tdm_reservation,
    tdmrep_json,
    usage_text,
)
from server.visitors import VisitorClass, read_crawlers

Y, N, U = Preference.YES, Preference.NO, Preference.UNSET
ALL_USAGES = [ContentUsage(*each) for each in itertools.product((Y, N, U), repeat=3)]
NO_AI = STANDARD_NO_AI.content_usage
URLS = signal_urls("https://art.example")
TABLE = Path(__file__).parents[2] / "server" / "data" / "crawlers.json"
CRAWLERS = read_crawlers(TABLE.read_text())
AI_CLASSES = {
    VisitorClass.AI_TRAINING,
    VisitorClass.AI_SEARCH,
    VisitorClass.AI_USER,
    VisitorClass.DATASET,
}
RSL = "{https://rslstandard.org/rsl}"


def said(usage: ContentUsage) -> str:
    return usage_text(usage) or "nothing"


every_usage = pytest.mark.parametrize("usage", ALL_USAGES, ids=said)


def img2dataset_refuses(lines: list[str], agent: str = "img2dataset") -> bool:
    """Judge X-Robots-Tag lines as img2dataset does with its default list."""
    disallowed = {"noai", "noimageai", "noindex", "noimageindex"}
    for line in lines:
        named, colon, rest = line.partition(":")
        directives = rest if colon else line
        is_meant = not colon or named.strip().lower() == agent
        if is_meant and any(word.strip().lower() in disallowed for word in directives.split(",")):
            return True
    return False


@pytest.mark.parametrize(
    "base",
    ["", "art.example", "ftp://art.example", "https://a b", 'https://a">', "https://a\r\nX: y"],
)
def test_a_base_that_could_break_a_header_is_refused(base: str) -> None:
    with pytest.raises(Invalid):
        signal_urls(base)


def test_the_standard_headers_stand_as_machines_expect_them() -> None:
    assert headers(NO_AI, URLS) == (
        ("Content-Usage", "train-ai=n, ai-use=n"),
        ("tdm-reservation", "1"),
        ("tdm-policy", "https://art.example/.well-known/ai-policy"),
        ("X-Robots-Tag", "noai, noimageai, noarchive"),
        ("Link", '<https://art.example/rsl.xml>; rel="license"; type="application/rsl+xml"'),
    )


def test_an_unset_preference_says_nothing_at_all() -> None:
    assert headers(ContentUsage(), URLS) == ()
    assert meta(ContentUsage(), URLS) == ""
    assert activity_terms(ContentUsage(), URLS.tdm_policy) == {}


@every_usage
def test_the_header_is_a_dictionary_of_exactly_what_is_set(usage: ContentUsage) -> None:
    text = usage_text(usage)
    parsed: Any = http_sf.parse(text.encode(), tltype="dictionary") if text else {}
    expected = {"train-ai": usage.train_ai, "ai-use": usage.ai_use, "search": usage.search}
    assert {key: str(value) for key, (value, _) in parsed.items()} == {
        key: str(value) for key, value in expected.items() if value
    }
    assert all(isinstance(value, http_sf.Token) for value, _ in parsed.values())
    assert read_usage(text) == usage


@pytest.mark.parametrize(
    ("text", "usage"),
    [
        ("train-ai=n;why=law", ContentUsage(train_ai=N)),
        ("train-ai=n, train-ai=y", ContentUsage(train_ai=Y)),
        ("bots=n, search=y", ContentUsage(search=Y)),
        ("Train-AI=n", ContentUsage()),
        ('train-ai="n"', ContentUsage()),
        ("train-ai", ContentUsage()),
        ("train-ai=no", ContentUsage()),
        ("train-ai=(n)", ContentUsage()),
        ("train-ai=n,,", ContentUsage()),
        ("é=n", ContentUsage()),
        ("\ud800", ContentUsage()),
        ("a=1," * 9000, ContentUsage()),
        ("", ContentUsage()),
    ],
)
def test_what_others_state_is_read_as_the_draft_says(text: str, usage: ContentUsage) -> None:
    assert read_usage(text) == usage


@every_usage
def test_all_forms_agree(usage: ContentUsage) -> None:
    sent = dict(headers(usage, URLS))
    robots = sent.get("X-Robots-Tag", "")
    assert ("noai" in robots.split(", ")) is (usage.train_ai is N)
    assert ("noindex" in robots) is (usage.search is N)
    assert ":" not in robots
    assert ("Content-Usage" in sent) is ("Link" in sent) is bool(usage_text(usage))
    assert ("tdm-policy" in sent) is (sent.get("tdm-reservation") == "1")
    if N in {usage.train_ai, usage.ai_use}:
        assert sent["tdm-reservation"] == "1"
        assert not plus_data_mining(usage).endswith("DMI-ALLOWED")
    if sent.get("tdm-reservation") == "0":
        assert N not in {usage.train_ai, usage.ai_use, usage.search}
    if usage.train_ai is Y and usage.search is not N:
        assert robots == ""
    terms = activity_terms(usage, URLS.tdm_policy)
    assert terms.get("contentUsage", "") == sent.get("Content-Usage", "")
    assert terms.get("xRobotsTag", "") == robots
    assert set(terms) <= set(activity_context())


@every_usage
def test_img2dataset_finds_every_work_opted_out_that_is(usage: ContentUsage) -> None:
    lines = [value for name, value in headers(usage, URLS) if name == "X-Robots-Tag"]
    if usage.train_ai is N:
        assert img2dataset_refuses(lines)
    if usage.train_ai is not N and usage.search is not N:
        assert not img2dataset_refuses(lines)


def test_a_colon_would_have_hidden_the_opt_out() -> None:
    assert not img2dataset_refuses(["noai, noimageai, max-image-preview:standard"])


class Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        key = named.get("name") or f"{tag} {named.get('rel')} {named.get('type')}"
        self.found[key] = named.get("content") or named.get("href", "")


@every_usage
def test_the_head_of_a_page_says_what_the_headers_say(usage: ContentUsage) -> None:
    head = Head()
    head.feed(meta(usage, signal_urls("https://a.example/x&y'z")))
    sent = dict(headers(usage, signal_urls("https://a.example/x&y'z")))
    assert head.found.get("robots", "") == sent.get("X-Robots-Tag", "")
    assert head.found.get("tdm-reservation", "") == sent.get("tdm-reservation", "")
    assert head.found.get("tdm-policy", "") == sent.get("tdm-policy", "")
    link = head.found.get("link license application/rsl+xml", "")
    assert (f"<{link}>" in sent["Link"]) if "Link" in sent else not link


@every_usage
def test_tdmrep_is_an_array_of_locations(usage: ContentUsage) -> None:
    document = json.loads(tdmrep_json(usage, URLS))
    assert isinstance(document, list)
    if not tdm_reservation(usage):
        assert document == []
        return
    (entry,) = document
    assert entry["location"] == "/"
    assert entry["tdm-reservation"] == int(tdm_reservation(usage))
    assert entry.get("tdm-policy") == (URLS.tdm_policy if entry["tdm-reservation"] else None)


@every_usage
def test_rsl_is_xml_that_permits_and_prohibits_what_is_said(usage: ContentUsage) -> None:
    root = ET.fromstring(rsl_xml(usage, URLS))  # noqa: S314  # our own text
    assert root.tag == f"{RSL}rsl"
    content = root.find(f"{RSL}content")
    assert content is not None
    assert content.get("url") == "/"
    groups = {"ai-all": {"ai-train", "ai-input"}, "all": {"ai-train", "ai-input", "search"}}
    for verb, answer in (("permits", Y), ("prohibits", N)):
        text = content.findtext(f"{RSL}license/{RSL}{verb}") or ""
        tokens = set().union(*(groups.get(token, {token}) for token in text.split()))
        pairs = {"ai-train": usage.train_ai, "ai-input": usage.ai_use, "search": usage.search}
        assert tokens == {token for token, value in pairs.items() if value is answer}
    assert content.findtext(f"{RSL}terms") == URLS.policy


def test_rsl_escapes_what_would_end_an_element() -> None:
    urls = signal_urls("https://a.example/?x&y='")
    root = ET.fromstring(rsl_xml(NO_AI, urls))  # noqa: S314  # our own text
    assert root.findtext(f"{RSL}content/{RSL}terms") == urls.policy


@pytest.mark.parametrize(
    ("usage", "key"),
    [
        (ContentUsage(N, N, U), "DMI-PROHIBITED-AIMLTRAINING"),
        (ContentUsage(N, N, Y), "DMI-PROHIBITED-AIMLTRAINING"),
        (ContentUsage(N, N, N), "DMI-PROHIBITED"),
        (ContentUsage(N, U, U), "DMI-PROHIBITED-GENAIMLTRAINING"),
        (ContentUsage(N, Y, U), "DMI-PROHIBITED-GENAIMLTRAINING"),
        (ContentUsage(Y, U, U), "DMI-ALLOWED"),
        (ContentUsage(Y, Y, Y), "DMI-ALLOWED"),
        (ContentUsage(Y, N, U), "DMI-UNSPECIFIED"),
        (ContentUsage(U, U, U), "DMI-UNSPECIFIED"),
        (ContentUsage(U, N, N), "DMI-UNSPECIFIED"),
    ],
)
def test_the_mark_in_the_file_follows_the_table(usage: ContentUsage, key: str) -> None:
    assert plus_data_mining(usage) == f"http://ns.useplus.org/ldf/vocab/{key}"


@pytest.mark.parametrize(("training", "verb"), [(N, "Disallow"), (Y, "Allow")])
def test_ai_txt_speaks_by_file_ending(training: Preference, verb: str) -> None:
    text = ai_txt(ContentUsage(train_ai=training), URLS)
    assert f"User-Agent: *\n{verb}: /\n{verb}: *\n" in text
    assert f"{verb}: *.jpg\n" in text
    assert "low:" not in ai_txt(ContentUsage(), URLS)


@pytest.mark.parametrize("policy", [STANDARD_NO_AI, STRICT_STUDIO, OPEN])
def test_the_policy_document_says_what_is_asked_and_what_is_enforced(policy: Policy) -> None:
    statement = PolicyStatement(3, "2026-01-01T00:00:00Z", "Studio", "a@art.example")
    document = json.loads(json.dumps(ai_policy(policy, statement, URLS)))
    assert document["@type"] == "Offer"
    assert document["profile"] == "http://www.w3.org/ns/tdmrep"
    assert document["uid"] == URLS.tdm_policy
    assert document["contentUsage"] == usage_text(policy.content_usage)
    assert document["assigner"]["vcard:hasEmail"] == "mailto:a@art.example"
    assert document["policyVersion"] == 3
    is_reserved = policy is not OPEN
    assert ("duty" in document["permission"][0]) is is_reserved
    assert ("ai-training" in document["enforcement"].get("web", [])) is is_reserved


def test_a_shadow_or_narrow_rule_is_not_claimed_as_enforcement() -> None:
    when = (Condition(ConditionKind.CLASS, ("ai-training",)),)
    narrow = (*when, Condition(ConditionKind.PATH, ("/a",)))
    rules = (
        Rule("shadow", Door.WEB, when, Action.REFUSE, "x", shadow=True),
        Rule("narrow", Door.WEB, narrow, Action.REFUSE, "x"),
    )
    statement = PolicyStatement(1, "2026-01-01T00:00:00Z", "Studio")
    document = ai_policy(replace(STANDARD_NO_AI, rules=rules), statement, URLS)
    assert document["enforcement"] == {}


def test_a_picture_is_described_to_search_engines() -> None:
    signs = ImageSigns(
        page_url="https://art.example/@ada/1-heron",
        image_url="https://art.example/media/k/view.jpg",
        width=1280,
        height=853,
        title="Heron",
        artist_name="Ada",
        artist_url="https://art.example/@ada",
        year="2026",
        ai_label=AiLabel.ASSISTED,
    )
    described = schema_org(signs, NO_AI, URLS)
    assert described["@type"] == "ImageObject"
    assert described["license"] == URLS.policy
    assert described["copyrightNotice"] == "© 2026 Ada"
    assert described["digitalSourceType"] == digital_source_type(AiLabel.ASSISTED)
    plain = schema_org(replace(signs, ai_label=AiLabel.NONE, year=""), ContentUsage(), URLS)
    assert plain["copyrightNotice"] == "© Ada"
    assert "digitalSourceType" not in plain
    assert "usageInfo" not in plain
