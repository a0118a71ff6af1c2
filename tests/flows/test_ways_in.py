"""From one's own server: the whole chain, with a recorded network."""

from typing import Any

import pytest

from server.errors import Invalid, NotFound, Unavailable
from server.ports import Incoming, Unreachable
from tests.federation.recorded import everything
from tests.two_servers.stage import Stage

WORK = "https://art.test/works/7"
QUOTED = "https%3A%2F%2Fart.test%2Fworks%2F7"
FINGER = "https://home.test/.well-known/webfinger?resource=acct%3Akim%40home.test"
LINKS = "https://home.test/.well-known/nodeinfo"
NODEINFO = "https://home.test/nodeinfo/2.0"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.0"
MASTODON = f"https://home.test/authorize_interaction?uri={QUOTED}"


def serve_software(stage: Stage, name: object, *, href: str = NODEINFO) -> None:
    links = {"links": [{"rel": SCHEMA, "href": href}]}
    stage.net.serve(LINKS, links, content_type="application/json")
    found = {"software": {"name": name, "version": "1"}}
    stage.net.serve(NODEINFO, found, content_type="application/json")


def serve_finger(stage: Stage, **more: Any) -> None:
    stage.net.serve(FINGER, {"links": [], **more}, content_type="application/jrd+json")


async def way_in(stage: Stage, address: str = "kim@home.test") -> str | None:
    found: str | None = await stage.flows.interaction.way_in(address, WORK, "like")
    return found


async def test_nobody_is_sent_to_themselves(stage: Stage) -> None:
    with pytest.raises(Invalid):
        await way_in(stage, "kim@art.test")
    assert stage.net.fetched == []


async def test_an_account_that_is_not_there_is_said_so(stage: Stage) -> None:
    stage.net.serve(FINGER, status=404)
    with pytest.raises(NotFound):
        await way_in(stage)


async def test_a_server_that_is_away_is_said_so(stage: Stage) -> None:
    stage.net.answers[FINGER] = Unreachable("away")
    with pytest.raises(Unavailable):
        await way_in(stage)


@pytest.mark.parametrize(
    "href",
    [
        "https://internal.test/nodeinfo/2.0",
        "http://home.test/nodeinfo/2.0",
        "https://home.test:8080/nodeinfo/2.0",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_description_elsewhere_is_not_fetched(href: str, stage: Stage) -> None:
    """Whoever types an address must not choose what we ask for inside our network."""
    serve_finger(stage)
    serve_software(stage, "mastodon", href=href)
    assert await way_in(stage) is None
    assert stage.net.fetched == [FINGER, LINKS]


@pytest.mark.parametrize("name", ["gotosocial", "", None, 7, "MASTODON-ish", ["mastodon", 7]])
async def test_software_that_offers_nothing_gets_no_guess(name: object, stage: Stage) -> None:
    serve_finger(stage)
    serve_software(stage, name)
    found = await way_in(stage)
    assert found in {None, MASTODON if name == ["mastodon", 7] else None}


async def test_known_software_without_a_template_has_its_own_path(stage: Stage) -> None:
    serve_finger(stage)
    serve_software(stage, "Mastodon")
    assert await way_in(stage) == MASTODON


async def test_a_template_is_used_before_anything_else_is_asked(stage: Stage) -> None:
    template = {
        "rel": "http://ostatus.org/schema/1.0/subscribe",
        "template": "https://home.test/s?uri={uri}",
    }
    serve_finger(stage, links=[template])
    assert await way_in(stage) == f"https://home.test/s?uri={QUOTED}"
    assert stage.net.fetched == [FINGER]


async def test_the_path_is_on_the_host_where_the_account_lives(stage: Stage) -> None:
    """The name's domain may be another: only its WebFinger is there."""
    apex = "https://apex.test/.well-known/webfinger?resource=acct%3Akim%40apex.test"
    link = {"rel": "self", "type": "application/activity+json", "href": "https://home.test/u/kim"}
    stage.net.serve(apex, {"links": [link]}, content_type="application/jrd+json")
    serve_software(stage, "mastodon")
    assert await way_in(stage, "kim@apex.test") == MASTODON


async def test_who_names_a_server_alone_is_brought_there(stage: Stage) -> None:
    serve_software(stage, "mastodon")
    assert await way_in(stage, "https://home.test/") == MASTODON


def serve_recorded(stage: Stage, host: str) -> None:
    for one in everything():
        if f"//{host}/" in one.document.get("url", ""):
            url = one.document["url"].replace("acct:", "acct%3A").replace("@", "%40")
            status, kind = one.document["status"], dict(one.headers).get("Content-Type", "")
            stage.net.serve(url, one.body, status=status, content_type=kind)


@pytest.mark.parametrize(
    ("address", "software"),
    [("alice@gts.test", "gotosocial"), ("fay@fedify.test", "fedify-peer")],
)
async def test_what_real_servers_say_of_themselves_is_read(
    address: str, software: str, stage: Stage
) -> None:
    """Their WebFinger, and NodeInfo at its newest, as recorded; then as if it were Mastodon."""
    host = address.partition("@")[2]
    serve_recorded(stage, host)
    assert await way_in(stage, address) is None
    newest = f"https://{host}/nodeinfo/2.1"
    assert stage.net.fetched[-1] == newest
    answer = stage.net.answers[newest]
    assert isinstance(answer, Incoming)
    told = answer.body.replace(software.encode(), b"mastodon", 1)
    stage.net.serve(newest, told, content_type="application/json")
    assert await way_in(stage, address) == f"https://{host}/authorize_interaction?uri={QUOTED}"


async def test_the_way_in_that_a_real_server_offers_is_taken(stage: Stage) -> None:
    serve_recorded(stage, "snac.test")
    way = await way_in(stage, "sam@snac.test")
    assert way == f"https://snac.test/authorize_interaction?uri={QUOTED}"
    assert len(stage.net.fetched) == 1  # its WebFinger says so: nothing else is asked for
