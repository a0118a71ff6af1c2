"""What followed people boost, in the feed's page, and the switch that hides it."""

from typing import Any

import pytest

from server.model import Actor
from tests.flows.dealings import arrive, follow_from_here
from tests.two_servers.stage import PUBLIC, Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

CAROL = Peer("carol", "third.test", 2)


class Group(Peer):
    """A series on another server, by its own actor."""

    @property
    def document(self) -> dict[str, Any]:
        return super().document | {"type": "Group"}


async def boosted(site: Site, *boosters: Peer, **more: Any) -> dict[str, Any]:
    """Have somebody unknown post, and those whom ben follows boost it."""
    note = CAROL.note(**more)
    site.stage.net.serve(CAROL.uri, CAROL.document)
    site.stage.net.serve(note["id"], note)
    for booster in boosters:
        said = booster.does("Announce", note["id"], to=[PUBLIC], cc=[f"{booster.uri}/followers"])
        await arrive(site.stage, said)
    return note


async def followed(site: Site, peer: Peer) -> Actor:
    return await follow_from_here(site.stage, site.people["ben"], peer)


# Refusals


async def test_the_switch_is_for_who_is_signed_in_and_follows(site: Site) -> None:
    await followed(site, Peer("bob"))
    ana = f"/actors/{site.id('ana')}/boosts/hide"
    assert (await site.send(ana, "ben", "/followers")).status == 404
    assert (await site.send("/actors/7/boosts/hide", "ben", "/followers")).status == 404
    assert (await site.send("/actors/7/boosts/sometimes", "ben", "/followers")).status == 404
    assert "/boosts/" not in await site.page("/followers", "ana")


async def test_what_a_boosted_post_says_of_itself_is_no_markup_of_ours(site: Site) -> None:
    bob = Peer("bob")
    await followed(site, bob)
    await boosted(site, bob, content='<p>Look</p><script>alert("x")</script>')
    page = await site.page("/home", "ben")
    assert "<p>Look</p>" in page
    assert "alert(" not in page


# What is shown


async def test_a_boosted_post_says_who_boosted_it_and_keeps_its_warning(site: Site) -> None:
    bob, dan = Peer("bob"), Peer("dan", "d.test", 4)
    for peer in (bob, dan):
        await followed(site, peer)
    await boosted(site, bob, dan, summary="Spiders", sensitive=True)
    page = await site.page("/home", "ben")
    assert page.count('class="post__boost"') == 1
    assert 'href="/@dan@d.test"' in page
    line = page.split('class="post__boost">')[1].split("</p>")[0]
    assert line.endswith("and 1 other boosted")
    assert "Dan" in line
    assert "Spiders" in page
    assert "<details" in page


async def test_what_a_series_announces_is_added_to_it(site: Site) -> None:
    series = Group("hills", "other.test", 5)
    await followed(site, series)
    await boosted(site, series)
    line = (await site.page("/home", "ben")).split('class="post__boost">')[1].split("</p>")[0]
    assert line.startswith("Added to ")
    assert "Hills" in line
    assert "/boosts/" not in await site.page("/followers", "ben")


async def test_the_switch_hides_and_shows_what_somebody_boosts(site: Site) -> None:
    bob = Peer("bob")
    bob_here = await followed(site, bob)
    await boosted(site, bob)
    path = f"/actors/{bob_here.id}/boosts"
    page = await site.page("/followers", "ben")
    assert f'action="{path}/hide"' in page
    assert 'aria-pressed="true">Show what they boost' in page
    answer = await site.send(f"{path}/hide", "ben", "/followers")
    assert answer.headers["Location"] == "/followers?told=saved"
    assert 'class="post__boost"' not in await site.page("/home", "ben")
    assert f'action="{path}/show"' in await site.page("/followers", "ben")
    asked = await site.stage.read(
        lambda tx: tx.relations.follow(site.people["ben"].id, bob_here.id)
    )
    await arrive(site.stage, bob.does("Accept", asked.uri))  # once more: off stays off
    assert 'class="post__boost"' not in await site.page("/home", "ben")
    await site.send(f"{path}/show", "ben", "/followers")
    assert 'class="post__boost"' in await site.page("/home", "ben")


@pytest.mark.parametrize("path", ["/home", "/home?before=1"])
async def test_a_feed_without_anything_says_how_to_begin(site: Site, path: str) -> None:
    assert "say and boost" in await site.page(path, "ana")
