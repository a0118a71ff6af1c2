"""The door of pictures: the small copy in place of a large one, or none, as the rules say."""

from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.two_servers.stage import Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TOOL = "python-requests/2.32.3"
BOB = Peer("bob")


def rule(then: str, when: str, door: str = "media") -> str:
    return f"""
        [[rules]]
        name = "House rule"
        door = "{door}"
        when = {when}
        then = "{then}"
        because = "We said so."
        """


@dataclass
class Room:
    """A site whose work has a file of its own for each copy; each file holds its name."""

    site: Site
    key: str

    async def get(
        self, file: str, agent: str = FIREFOX, name: str = "", peer: Peer | None = None
    ) -> tuple[int, str, str]:
        path = f"/media/{self.key}/{file}"
        headers = {"User-Agent": agent, "Accept": "image/*"}
        if peer is not None:
            headers |= peer.signed(
                b"", self.site.stage.clock.now(), target=path, method="GET", accept="image/*"
            )
        answer = await self.site.get(path, name, **headers)
        text = (await answer.read()).decode()
        return answer.status, text, answer.headers["Cache-Control"]

    async def body(self, file: str, agent: str = FIREFOX, name: str = "") -> str:
        status, text, _ = await self.get(file, agent, name)
        return text if status == 200 else str(status)


@pytest_asyncio.fixture
async def room(site: Site) -> Room:
    return Room(site, await site.separate_files())


@pytest.mark.parametrize("then", ["preview", "prove"])
async def test_the_small_copy_stands_in_for_larger_ones(then: str, room: Room) -> None:
    assert await room.body("view.avif") == "view.avif"
    room.site.stage.rules(rule(then, '{ class = ["visitor"] }'))
    assert await room.get("view.avif") == (200, "preview.avif", "private, no-store")
    for file in ("tile.jpg", "preview.jpg", "card.jpg"):
        assert (await room.get(file))[:2] == (200, file)
    page = await (
        await room.site.get(f"/@ana/{room.site.work.id}-blue-hour", "", **{"User-Agent": FIREFOX})
    ).text()
    assert f"/media/{room.key}/preview.jpg" in page
    assert f"/media/{room.key}/view.jpg" not in page
    assert "You see 800 pixels on the longest side" in page
    assert "We said so." in page
    assert await room.body("view.avif", name="ben") == "view.avif"


@pytest.mark.parametrize("then", ["preview", "prove", "refuse"])
async def test_what_members_alone_get_is_kept_by_no_cache_that_others_share(
    then: str, room: Room
) -> None:
    assert (await room.get("view.avif", name="ben"))[2].startswith("public")
    room.site.stage.rules(rule(then, '{ class = ["visitor"] }'))
    kept = (200, "view.avif", "private, max-age=86400")
    assert await room.get("view.avif", name="ben") == kept
    if then != "refuse":
        assert (await room.get("tile.avif", name="ben"))[2].startswith("public")


async def test_a_rule_for_programs_leaves_people_and_their_caches_alone(room: Room) -> None:
    room.site.stage.rules(rule("preview", '{ class = ["tool"] }'))
    assert await room.body("view.jpg") == "view.jpg"
    assert await room.body("view.jpg", TOOL) == "preview.jpg"
    path = f"/@ana/{room.site.work.id}-blue-hour"
    for agent, caching in ((FIREFOX, "public, max-age=60"), (TOOL, "private, max-age=60")):
        answer = await room.site.get(path, "", **{"User-Agent": agent})
        assert answer.headers["Cache-Control"].startswith(caching)


async def test_a_network_and_a_copy_can_be_refused(room: Room) -> None:
    room.site.stage.rules(rule("refuse", '{ network = ["127.0.0.0/8"], rendition = ["view"] }'))
    assert (await room.get("view.jpg"))[0] == 403
    assert await room.body("preview.jpg") == "preview.jpg"
    page = await room.site.page(f"/@ana/{room.site.work.id}-blue-hour", "")
    assert f"/media/{room.key}/view.jpg" not in page


async def test_no_rule_about_classes_alone_keeps_the_servers_copy_from_servers(room: Room) -> None:
    room.site.stage.rules(rule("refuse", '{ class = ["tool", "unknown", "preview", "visitor"] }'))
    assert await room.body("federated.jpg", TOOL) == "federated.jpg"
    assert (await room.get("view.jpg", TOOL))[0] == 403
    room.site.stage.rules(rule("refuse", '{ rendition = ["federated"] }'))
    assert (await room.get("federated.jpg", TOOL))[0] == 403
    room.site.stage.rules(rule("refuse", '{ network = ["127.0.0.0/8"] }'))
    assert (await room.get("federated.jpg", TOOL))[0] == 403


async def test_a_signed_request_gets_what_its_server_may_have(room: Room) -> None:
    assert (await room.get("federated.jpg", peer=BOB))[1] == "federated.jpg"
    room.site.stage.stand(peer_test="limited")
    assert await room.get("federated.jpg", peer=BOB) == (200, "preview.jpg", "private, no-store")
    room.site.stage.rules(rule("link-only", '{ peer = ["peer.test"] }', "outbound"))
    assert (await room.get("federated.jpg", peer=BOB))[0] == 403
    room.site.stage.rules("")
    room.site.stage.stand(peer_test="refused")
    assert (await room.get("federated.jpg", peer=BOB))[0] == 403
    assert await room.body("federated.jpg", TOOL) == "federated.jpg"


async def test_the_small_address_that_servers_are_given_leads_to_the_small_copy(
    room: Room,
) -> None:
    given = await room.get("federated.jpg?size=preview", TOOL)
    assert given == (200, "preview.jpg", "public, max-age=86400")


async def test_pages_without_any_picture_still_stand(room: Room) -> None:
    room.site.stage.rules(rule("refuse", "{}"))
    for path in ("/", "/@ana", f"/@ana/{room.site.work.id}-blue-hour"):
        page = await room.site.page(path, "")
        assert "Not shown to you." in page
        assert f"/media/{room.key}/tile" not in page
    assert "The pictures are not shown to you. We said so." in page
