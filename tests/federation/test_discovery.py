"""WebFinger's resources as people and servers write them, and how others find us."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from federation import discovery
from federation.discovery import Account, Usage
from federation.interaction import chosen
from server.addresses import Addresses
from server.errors import Invalid
from server.model import ActorKind
from tests.federation.test_translate import ACTOR

ADDRESSES = Addresses("https://www.art.test", "art.test")


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "ana",
        "ana@art.test",
        "acct:",
        "acct:ana",
        "acct:@",
        "acct:ana@",
        "acct:@art.test",
        "acct:a na@art.test",
        "acct:ana@art.test/x",
        "https:",
        "https://",
        "https:///users/ana",
        "mailto:ana@art.test",
        "javascript:alert(1)",
        "acct:" + "a" * 2_100 + "@art.test",
    ],
)
def test_a_malformed_resource_is_refused_with_a_sentence(resource: str) -> None:
    with pytest.raises(Invalid) as refusal:
        discovery.read_resource(resource, ADDRESSES)
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    ("resource", "account"),
    [
        ("acct:ana@art.test", Account(handle="ana")),
        ("ACCT:Ana@ART.test", Account(handle="Ana")),
        ("acct:@ana@art.test", Account(handle="ana")),
        ("acct:ana@www.art.test", Account(handle="ana")),
        ("acct:art.test@art.test", Account(handle="art.test", is_server=True)),
        ("acct:www.art.test@www.art.test", Account(handle="www.art.test", is_server=True)),
        ("https://www.art.test", Account(uri="https://www.art.test", is_server=True)),
        ("https://www.art.test/", Account(uri="https://www.art.test/", is_server=True)),
        ("https://www.art.test/#x", Account(uri="https://www.art.test/#x")),
        ("https://art.test/", None),  # the domain's own site is not ours to speak for
        ("acct:ana@elsewhere.test", None),
        ("acct:ana@art.test@evil.test", None),
        ("https://www.art.test/users/ana", Account(uri="https://www.art.test/users/ana")),
        ("https://www.art.test/@ana", Account(uri="https://www.art.test/@ana")),
        ("https://elsewhere.test/users/ana", None),
        ("http://www.art.test/users/ana", None),
        ("https://[::1/x", None),
        ("https://a\u2100b.test/users/ana", None),
        ("https://www.art.test:443/@ana", Account(uri="https://www.art.test/@ana")),
        ("HTTPS://WWW.Art.test/@ana?x", Account(uri="https://www.art.test/@ana?x")),
        ("HTTPS://www.art.test", Account(uri="https://www.art.test", is_server=True)),
        ("https://www.art.test:8443/@ana", None),
    ],
)
def test_a_resource_names_an_account_of_ours_or_nobody(
    resource: str, account: Account | None
) -> None:
    assert discovery.read_resource(resource, ADDRESSES) == account


def test_an_account_has_its_actor_its_page_and_a_way_to_follow() -> None:
    document = discovery.webfinger(ACTOR, ADDRESSES)
    assert document["subject"] == "acct:ana@art.test"
    assert document["aliases"] == [ACTOR.url, ACTOR.uri]
    by_rel = {link["rel"]: link for link in reversed(document["links"])}
    assert by_rel["self"] == {
        "rel": "self",
        "type": "application/activity+json",
        "href": ACTOR.uri,
    }
    assert by_rel["http://webfinger.net/rel/profile-page"]["href"] == ACTOR.url
    assert "{uri}" in by_rel[discovery.SUBSCRIBE]["template"]


@pytest.mark.parametrize(
    ("rels", "count"), [((), 9), (("self",), 2), (("self", discovery.SUBSCRIBE), 3), (("x",), 0)]
)
def test_rel_picks_links_and_leaves_the_rest_of_the_document(
    rels: tuple[str, ...], count: int
) -> None:
    document = discovery.webfinger(ACTOR, ADDRESSES, rels)
    assert len(document["links"]) == count
    assert document["subject"] == "acct:ana@art.test"


def test_an_account_says_where_its_person_acts_on_what_is_elsewhere() -> None:
    """FEP-3b86: each deed under its own name, all leading to one page of ours."""
    links = discovery.webfinger(ACTOR, ADDRESSES)["links"]
    templates = {link["rel"]: link["template"] for link in links if "template" in link}
    base = "https://www.art.test/authorize_interaction?uri="
    assert templates == {
        discovery.SUBSCRIBE: base + "{uri}",
        "https://w3id.org/fep/3b86/Follow": base + "{object}",
        "https://w3id.org/fep/3b86/Like": base + "{object}",
        "https://w3id.org/fep/3b86/Announce": base + "{object}",
        "https://w3id.org/fep/3b86/Create": base + "{inReplyTo}",
        "https://w3id.org/fep/3b86/Object": base + "{object}",
    }
    for intent in ("follow", "like", "boost", "comment"):  # our own reader finds its way in
        assert chosen({"links": links}, "https://b.test/1", intent) == (
            base + "https%3A%2F%2Fb.test%2F1"
        )


def test_the_server_itself_has_no_person_who_acts_and_a_portrait_is_linked() -> None:
    server = replace(ACTOR, kind=ActorKind.APPLICATION)
    assert not any("template" in link for link in discovery.webfinger(server, ADDRESSES)["links"])
    pictured = replace(ACTOR, icon_url="https://www.art.test/media/x/tile.jpg")
    avatars = discovery.webfinger(pictured, ADDRESSES, ["http://webfinger.net/rel/avatar"])
    assert [link["href"] for link in avatars["links"]] == [pictured.icon_url]


def test_host_meta_points_to_webfinger_in_both_forms() -> None:
    root = ET.fromstring(discovery.host_meta(ADDRESSES))  # noqa: S314  our own text
    (link,) = root.iter("{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link")
    as_json: dict[str, Any] = discovery.host_meta_json(ADDRESSES)["links"][0]
    assert link.attrib == {"rel": "lrdd", "template": as_json["template"]}
    assert as_json["template"].startswith("https://www.art.test/.well-known/webfinger?")


def test_nodeinfo_says_true_counts_and_no_more() -> None:
    usage = Usage(users=3, posts=20, comments=5, active_month=1, active_half_year=2)
    document = discovery.nodeinfo(
        "2.1", usage, software_version="1.0", name="Art", description="Of art"
    )
    assert document["usage"] == {
        "users": {"total": 3, "activeMonth": 1, "activeHalfyear": 2},
        "localPosts": 20,
        "localComments": 5,
    }
    assert document["openRegistrations"] is False
    assert document["protocols"] == ["activitypub"]
