"""What artists are told, by the right name: also of what is out of sight."""

from server.drafts import Draft
from tests.engines import migrated_sqlite, sqlite_url
from tests.flows.artists import IMAGES
from tests.flows.dealings import arrive
from tests.two_servers.stage import PUBLIC, Peer
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

ANA = "https://art.test/users/ana"


async def test_a_picture_that_cannot_be_used_is_told_with_the_title_of_its_work(
    site: Site,
) -> None:
    broken = (IMAGES / "hostile" / "truncated.jpg").read_bytes()
    await site.stage.upload(site.people["ana"], Draft(title="Heron"), (broken, "A heron"))
    await site.stage.drain()
    news = await site.page("/notifications", "ana")
    told = news.partition("A picture could not be used in")[2].partition("</p>")[0]
    assert ">Heron</a>" in told
    assert "/studio/works/" in told


async def test_words_that_are_out_of_sight_are_no_work_of_ones_own(site: Site) -> None:
    bob = Peer("bob")
    known = await site.stage.meet(bob)
    note = bob.note(to=[PUBLIC], tag=[{"type": "Mention", "href": ANA, "name": "@ana"}])
    await arrive(site.stage, bob.does("Create", note))
    assert "mentioned you in" in await site.page("/notifications", "ana")
    await site.stage.flows.members.suspend(None, known.id)
    news = await site.page("/notifications", "ana")
    assert "/studio/works/" not in news
    assert "mentioned you in something that is not there any more" in news


async def test_words_behind_a_warning_stay_folded_away_where_an_artist_is_told(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    named = [{"type": "Mention", "href": ANA, "name": "@ana"}]
    plain = bob.note(to=[PUBLIC], tag=named, content="<p>In the open</p>")
    warned = bob.note(to=[PUBLIC], tag=named, content="<p>The end</p>", summary="How it ends")
    for note in (plain, warned):
        await arrive(site.stage, bob.does("Create", note))
    news = await site.page("/notifications", "ana")
    folds = [one.partition("</details>")[0] for one in news.split('<details class="fold">')[1:]]
    (fold,) = [one for one in folds if "The end" in one]
    assert "<summary>How it ends</summary>" in fold
    assert "The end" not in news.replace(fold, "")
    assert not any("In the open" in one for one in folds)
