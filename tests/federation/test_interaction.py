"""Ways into other people's servers: intents, templates, and what software is known to have."""

from typing import Any

import pytest

from federation.discovery import INTENTS, SUBSCRIBE
from federation.interaction import chosen, known_way, read_home
from server.errors import Invalid

WORK = "https://art.test/works/7"
QUOTED = "https%3A%2F%2Fart.test%2Fworks%2F7"


def jrd(**templates: str) -> dict[str, Any]:
    rels = {"subscribe": SUBSCRIBE}
    return {
        "links": [
            {"rel": rels.get(name, f"{INTENTS}{name}"), "template": template}
            for name, template in templates.items()
        ]
    }


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert('{uri}')",
        "http://home.test/?uri={uri}",
        "//home.test/?uri={uri}",
        "https://user@home.test/?uri={uri}",
        "https://home.test/nothing-to-fill-in",
        "https://home.test/?on={on-success}",
        "https://home.test/?uri={uri",
        "https://home.test/\r\nSet-Cookie: a=b?uri={uri}",
        "",
    ],
)
def test_a_template_that_leads_nowhere_safe_is_not_used(template: str) -> None:
    for rel in ("Follow", "subscribe", "Object"):
        assert chosen(jrd(**{rel: template}), WORK, "follow") is None


@pytest.mark.parametrize(
    "document",
    [{}, {"links": None}, {"links": "x"}, {"links": [7, {"rel": SUBSCRIBE, "template": 7}]}],
)
def test_a_jrd_without_templates_offers_none(document: dict[str, Any]) -> None:
    assert chosen(document, WORK, "like") is None


@pytest.mark.parametrize(
    ("templates", "intent", "expected"),
    [
        ({"Like": "https://h.test/l?o={object}"}, "like", f"https://h.test/l?o={QUOTED}"),
        ({"Announce": "https://h.test/a?o={object}"}, "boost", f"https://h.test/a?o={QUOTED}"),
        (
            {"Create": "https://h.test/c?re={inReplyTo}&text={content}&then={on-success}"},
            "comment",
            f"https://h.test/c?re={QUOTED}&text=&then=",
        ),
        (
            {"Like": "https://h.test/l?o={object}", "subscribe": "https://h.test/s?uri={uri}"},
            "like",
            f"https://h.test/l?o={QUOTED}",
        ),
        (
            {"Like": "https://h.test/l?o={object}", "subscribe": "https://h.test/s?uri={uri}"},
            "follow",
            f"https://h.test/s?uri={QUOTED}",
        ),
        (
            {"Object": "https://h.test/o?o={object}", "subscribe": "https://h.test/s?uri={uri}"},
            "boost",
            f"https://h.test/s?uri={QUOTED}",
        ),
        ({"Object": "https://h.test/o?o={object}"}, "follow", f"https://h.test/o?o={QUOTED}"),
    ],
)
def test_the_most_fitting_template_is_filled_in(
    templates: dict[str, str], intent: str, expected: str
) -> None:
    assert chosen(jrd(**templates), WORK, intent) == expected


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ("mastodon", f"https://h.test/authorize_interaction?uri={QUOTED}"),
        ("sharkey", f"https://h.test/authorize-follow?acct={QUOTED}"),
        ("akkoma", f"https://h.test/ostatus_subscribe?acct={QUOTED}"),
        ("gotosocial", None),
        ("", None),
        ("../mastodon", None),
    ],
)
def test_known_software_has_known_paths_and_the_rest_none(
    software: str, expected: str | None
) -> None:
    assert known_way(software, "h.test", WORK) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@ana",
        "ana smith@h.test",
        "ftp://h.test/@ana",
        "https://h.test/@ana/7-work",
        "https://user:pass@h.test/",
        "h.test/../x",
        "localhost",
        "ana@h.test@evil.test",
    ],
)
def test_what_is_nobodys_place_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_home(text)
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana@h.test", ("ana", "h.test")),
        (" @Ana@H.test ", ("Ana", "h.test")),
        ("acct:ana@h.test", ("ana", "h.test")),
        ("https://h.test/@ana", ("ana", "h.test")),
        ("https://h.test/@ana/", ("ana", "h.test")),
        ("h.test/@ana", ("ana", "h.test")),
        ("https://h.test", ("", "h.test")),
        ("H.test/\r\n", ("", "h.test")),
        ("h.test:8443", ("", "h.test:8443")),
        ("ana@127.0.0.1:8401", ("ana", "127.0.0.1:8401")),
    ],
)
def test_people_name_their_place_in_many_ways(text: str, expected: tuple[str, str]) -> None:
    assert read_home(text) == expected
