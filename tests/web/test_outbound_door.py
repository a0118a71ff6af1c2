"""The outbound door, where something is fetched: never more for a mere claim."""

import json
from typing import Any

from server.model import Visibility
from tests.two_servers.stage import ACTIVITY_JSON, Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")
EVE = Peer("eve", "evil.test", 2)


def rule(then: str, when: str, name: str = "House rule") -> str:
    return f"""
        [[rules]]
        name = "{name}"
        door = "outbound"
        when = {when}
        then = "{then}"
        because = "We said so."
        """


async def ask(
    site: Site, path: str, peer: Peer | None = None, *, is_true: bool = True
) -> tuple[int, dict[str, Any], str]:
    headers = {"Accept": ACTIVITY_JSON}
    if peer is not None:
        site.stage.net.serve(peer.uri, peer.document)
        signer = peer if is_true else Peer(peer.name, peer.domain, 7)
        headers = signer.signed(
            b"", site.stage.clock.now(), target=path, method="GET", accept=ACTIVITY_JSON
        )
    answer = await site.client.get(path, headers=headers)
    text = await answer.text()
    document = json.loads(text) if answer.content_type.endswith("json") else {}
    return answer.status, document, answer.headers.get("Cache-Control", "")


async def test_a_limited_server_gets_small_pictures_and_is_told_so(site: Site) -> None:
    path = f"/works/{site.work.id}"
    site.stage.stand(peer_test="limited")
    status, whole, caching = await ask(site, path)
    assert (status, caching) == (200, "public, max-age=180")
    status, small, caching = await ask(site, path, BOB)
    assert (status, caching) == (200, "private, no-store")
    picture = small["attachment"][0]
    assert (picture["width"], picture["rendition"]) == (800, "preview")
    bare, _, neutral = whole["attachment"][0]["url"].partition("?p=")
    assert picture["url"].startswith(f"{bare}?size=preview&p=")
    assert "Shown small here" in small["content"]
    assert "rendition" not in whole["attachment"][0]
    status, lied, _ = await ask(site, path, BOB, is_true=False)
    assert lied["attachment"] == [picture | {"url": f"{bare}?size=preview&p={neutral}"}]


async def test_a_link_alone_is_a_title_and_where_it_leads(site: Site) -> None:
    site.stage.rules(rule("link-only", '{ peer = ["peer.test"] }'))
    _, note, _ = await ask(site, f"/works/{site.work.id}", BOB)
    assert note["attachment"] == []
    assert (note["type"], note["id"]) == ("Note", f"https://art.test/works/{site.work.id}")
    assert "Blue hour" in note["content"]
    assert f"/@ana/{site.work.id}-blue-hour" in note["content"]
    assert not [tag for tag in note["tag"] if tag["type"] == "Hashtag"]


async def test_whom_the_rules_send_nothing_gets_nothing_by_asking(site: Site) -> None:
    site.stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    for path in (f"/works/{site.work.id}", "/users/ana", "/users/ana/outbox?page=true"):
        assert (await ask(site, path, EVE))[0] == 403
        assert (await ask(site, path, BOB))[0] == 200
    assert (await ask(site, "/actor", EVE))[0] == 200


async def test_what_is_not_for_everybody_looks_absent_to_whom_the_rules_refuse(site: Site) -> None:
    ana = site.people["ana"]
    await site.stage.befriend(BOB, ana)
    hidden = await site.stage.hang(ana, visibility=Visibility.FOLLOWERS)
    assert (await ask(site, f"/works/{hidden.id}", BOB))[0] == 200
    site.stage.rules(rule("refuse", '{ peer = ["peer.test"] }'))
    assert (await ask(site, f"/works/{hidden.id}", BOB))[0] == 404
    assert (await ask(site, f"/works/{hidden.id}"))[0] == 404


async def test_an_ally_gets_more_than_strangers_only_by_its_own_signature(site: Site) -> None:
    site.stage.rules(rule("full", '{ tier = ["ally"] }', "Allies") + rule("link-only", "{}"))
    site.stage.stand(peer_test="ally")
    path = f"/works/{site.work.id}"
    assert (await ask(site, path))[1]["attachment"] == []
    assert (await ask(site, path, BOB, is_true=False))[1]["attachment"] == []
    _, whole, caching = await ask(site, path, BOB)
    assert len(whole["attachment"]) == 1
    assert caching == "private, no-store"


async def test_works_in_an_outbox_and_on_top_of_a_profile_are_lessened_too(site: Site) -> None:
    site.stage.rules(rule("link-only", '{ peer = ["peer.test"] }'))
    _, page, caching = await ask(site, "/users/ana/outbox?page=true", BOB)
    assert caching == "private, no-store"
    assert [item["object"]["attachment"] for item in page["orderedItems"]] == [[]]
    _, page, _ = await ask(site, "/users/ana/outbox?page=true")
    assert len(page["orderedItems"][0]["object"]["attachment"]) == 1


async def test_a_rule_about_sensitive_works_leaves_others_whole(site: Site) -> None:
    site.stage.rules(rule("link-only", "{ sensitive = true }"))
    plain = await ask(site, f"/works/{site.work.id}", BOB)
    assert len(plain[1]["attachment"]) == 1
    bare = await site.stage.hang(site.people["ana"], is_sensitive=True)
    assert (await ask(site, f"/works/{bare.id}", BOB))[1]["attachment"] == []
