"""What those who run the place see of other servers, and the word that they say."""

import pytest

from server.model import Follow, FollowState, Role
from server.tiers import Tier
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.publisher import Publisher
from tests.two_servers.stage import Peer
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

LIST = "/admin/federation"
PAGE = f"{LIST}/peer.test"


async def follower(site: Site, name: str) -> None:
    await site.stage.befriend(Peer(name), site.people["ana"])
    async with site.stage.library.transaction() as tx:
        await tx.neighbours.meet(["peer.test"], site.stage.clock.now(), site.stage.clock.now())


def tier(site: Site) -> Tier:
    found: Tier = site.stage.flows.house.now.tiers.tier_of("peer.test")
    return found


@pytest.mark.parametrize("path", [LIST, PAGE])
@pytest.mark.parametrize("name", ["ana", "ben"])
async def test_who_runs_nothing_finds_nothing(site: Site, path: str, name: str) -> None:
    assert (await site.get(path, name)).status == 404
    assert (await site.get(path)).status == 303


async def test_moderators_read_and_may_not_say_a_word(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    assert "Nothing has come from there yet" in await site.page(PAGE, "ben")
    assert 'name="tier"' not in await site.page(PAGE, "ben")
    for path in ("word", "ask"):
        answer = await site.send(f"{PAGE}/{path}", "ben", tier="refused", then="set")
        assert answer.status == 404
    assert tier(site) is Tier.NEUTRAL


@pytest.mark.parametrize("name", ["x y", "*.test", "%3Cb%3E", "-", "a..b", "https:", "x" * 300])
async def test_what_names_no_server_is_no_page(site: Site, name: str) -> None:
    assert (await site.get(f"{LIST}/{name}", "otto")).status == 404


async def test_a_server_has_one_page_however_it_is_spelled(site: Site) -> None:
    for name in ("PEER.test", "peer.test.", "peer.test:443"):
        answer = await site.get(f"{LIST}/{name}", "otto")
        assert (answer.status, answer.headers["Location"]) == (301, PAGE)


async def test_a_tier_that_is_none_is_refused_at_its_field(site: Site) -> None:
    answer = await site.send(f"{PAGE}/word", "otto", PAGE, tier="friend", then="set")
    assert answer.status == 422
    assert "Choose how far the server is trusted." in await answer.text()


async def test_what_a_word_would_cut_is_shown_before_it_is_said(site: Site) -> None:
    await follower(site, "bob")
    asked = {"tier": "refused", "reason": "They scrape."}
    looked = await site.send(f"{PAGE}/word", "otto", PAGE, **asked, then="look")
    text = await looked.text()
    assert looked.status == 200
    assert "1 follow would be cut" in text
    assert "<bdi>@ana</bdi> is followed by <bdi>@bob@peer.test</bdi>" in text
    assert tier(site) is Tier.NEUTRAL

    said = await site.send(f"{PAGE}/word", "otto", PAGE, **asked, then="set")
    assert said.status == 303
    assert tier(site) is Tier.REFUSED
    page = await site.page(PAGE, "otto")
    assert "by the word of @otto, because “They scrape”." in page
    assert 'value="refused" checked' in page
    assert "They scrape." in await site.page("/admin/audit", "otto")

    back = await site.send(f"{PAGE}/word", "otto", PAGE, tier="", then="look")
    assert "1 follow would be restored" in await back.text()
    await site.send(f"{PAGE}/word", "otto", PAGE, tier="", then="set")
    assert tier(site) is Tier.NEUTRAL


async def test_many_follows_are_cut_only_where_the_domain_is_typed(site: Site) -> None:
    for number in range(11):
        await follower(site, f"bob{number}")
    asked = {"tier": "refused", "reason": "x"}
    looked = await site.send(f"{PAGE}/word", "otto", PAGE, **asked, then="look")
    assert "Type art.test to say that you mean it" in await looked.text()
    refused = await site.send(f"{PAGE}/word", "otto", PAGE, **asked, then="set", typed="no")
    assert refused.status == 422
    text = await refused.text()
    assert "This would cut 11 follows: type art.test" in text
    assert "11 follows would be cut" in text
    assert tier(site) is Tier.NEUTRAL
    said = await site.send(f"{PAGE}/word", "otto", PAGE, **asked, then="set", typed="art.test")
    assert said.status == 303
    assert tier(site) is Tier.REFUSED


async def test_a_page_tells_what_a_server_publishes_and_who_follows_whom(site: Site) -> None:
    publisher = Publisher()
    await follower(site, "bob")
    publisher.serve(site.stage.net)
    asked = await site.send(f"{PAGE}/ask", "otto", PAGE)
    assert asked.headers["Location"] == f"{PAGE}?told=policy-asked"
    text = await site.page(PAGE, "otto")
    assert "signed by the server itself" in text
    assert "It refuses training AI." in text
    assert "anybody can claim this" in text
    assert "&#34;contentUsage&#34;" in text
    assert "<bdi>@ana</bdi> is followed by <bdi>@bob@peer.test</bdi>" in text
    assert tier(site) is Tier.KNOWN


async def test_servers_are_searched_for_and_listed_with_their_standing(site: Site) -> None:
    await follower(site, "bob")
    for name in ("otto",):
        text = await site.page(LIST, name)
        assert f'<a href="{PAGE}"><bdi>peer.test</bdi></a>' in text
        assert "<strong>Neutral</strong>: nobody said anything about it." in text
        assert "peer.test" in await site.page(f"{LIST}?q=EER", name)
        none = await site.page(f"{LIST}?q=new.example", name)
        assert "No server that we met is called so." in none
        assert f'<a href="{LIST}/new.example">' in none
        assert "<b>" not in await site.page(f"{LIST}?q=%3Cb%3E", name)


async def test_a_word_beforehand_puts_a_server_on_the_list(site: Site) -> None:
    path = f"{LIST}/new.example"
    await site.send(f"{path}/word", "otto", path, tier="ally", reason="Friends", then="set")
    assert "<strong>Ally</strong>" in await site.page(LIST, "otto")
    below = await site.page(f"{LIST}/sub.new.example", "otto")
    assert "by the word of @otto about new.example, because “Friends”" in below


async def test_pending_follows_are_no_follows(site: Site) -> None:
    actor = await site.stage.meet(Peer("bob"))
    async with site.stage.library.transaction() as tx:
        pending = Follow(actor.id, site.id("ana"), FollowState.PENDING, "", site.stage.clock.now())
        await tx.relations.put_follow(pending)
    assert "0 accounts" in await site.page(PAGE, "otto")
