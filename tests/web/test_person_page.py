"""The page of somebody elsewhere: what people here see of them, and visitors do not."""

import re
from typing import Any

import pytest

from server.model import ActorId, FollowState
from tests.flows.dealings import arrive, follow_from_here, follows
from tests.flows.shelves import look, series_document, serve_series
from tests.two_servers.stage import Peer
from tests.web.site import Site, migrated_sqlite, site, sqlite_url
from tests.web.test_dealing_pages import serve_account

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")
PAGE = "/@bob@peer.test"


async def says(site: Site, peer: Peer, **more: Any) -> dict[str, Any]:
    note = peer.note(**more)
    await arrive(site.stage, peer.does("Create", note))
    return note


def picture(name: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "type": "Document",
        "mediaType": "image/jpeg",
        "url": f"https://peer.test/{name}.jpg",
        "name": f"Alt of {name}",
        **more,
    }


def order(text: str, *words: str) -> list[str]:
    return sorted(words, key=text.index)


# Who sees it


@pytest.mark.parametrize("path", [PAGE, "/@nobody@nowhere.test", "/@bob@peer.test?before=1"])
async def test_a_visitor_learns_nothing_of_whom_we_know(path: str, site: Site) -> None:
    await site.stage.meet(BOB)
    answer = await site.get(path)
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/login?next=/@")
    answer = await site.get(path, Accept="application/activity+json")
    assert answer.status == 303


async def test_whom_nobody_here_met_is_not_asked_for_by_opening_an_address(site: Site) -> None:
    serve_account(site.stage, BOB)
    answer = await site.get(PAGE, "ben")
    text = await answer.text()
    assert answer.status == 404
    assert 'value="@bob@peer.test"' in text  # one click from being looked up
    assert site.stage.net.asked == []


@pytest.mark.parametrize("path", ["/@ana@art.test", "/@ANA@ART.test"])
async def test_somebody_of_ours_has_one_page(path: str, site: Site) -> None:
    answer = await site.get(path, "ben")
    assert (answer.status, answer.headers["Location"].lower()) == (303, "/@ana")


async def test_a_refused_server_has_no_pages_here(site: Site) -> None:
    await site.stage.meet(BOB)
    assert (await site.get(PAGE, "ben")).status == 200
    site.stage.refuse("inbound", "peer.test")
    assert (await site.get(PAGE, "ben")).status == 422


async def test_who_is_suspended_or_blocked_the_reader_is_not_shown(site: Site) -> None:
    bob = await site.stage.meet(BOB)
    assert (await site.get(PAGE, "ben")).status == 200
    await arrive(site.stage, BOB.does("Block", "https://art.test/users/ben"))
    assert (await site.get(PAGE, "ben")).status == 404
    assert (await site.get(PAGE, "ana")).status == 200
    async with site.stage.library.transaction() as tx:
        await tx.actors.restrain(bob.id, silenced_at=None, suspended_at=site.stage.clock.now())
    assert (await site.get(PAGE, "ana")).status == 404


async def test_whom_one_blocks_one_sees_no_more_than_their_name(site: Site) -> None:
    bob = await follow_from_here(site.stage, site.people["ana"], BOB)
    await says(site, BOB, content="<p>Look here</p>")
    assert "Look here" in await site.page(PAGE, "ben")
    await site.send(f"/actors/{bob.id}/block", "ben", PAGE)
    text = await site.page(PAGE, "ben")
    assert "Look here" not in text
    assert f'action="/actors/{bob.id}/follow"' not in text
    assert f'action="/actors/{bob.id}/unblock"' in text


# What it shows


async def test_a_post_for_followers_is_shown_to_followers_alone(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    await says(site, BOB, content="<p>For all</p>")
    await says(site, BOB, content="<p>For few</p>", to=[f"{BOB.uri}/followers"], cc=[])
    mention = {"type": "Mention", "href": "https://art.test/users/ana", "name": "@ana"}
    await says(site, BOB, content="<p>For one</p>", to=[mention["href"]], cc=[], tag=[mention])
    seen = await site.page(PAGE, "ana")
    assert ("For all" in seen, "For few" in seen, "For one" in seen) == (True, True, False)
    seen = await site.page(PAGE, "ben")
    assert ("For all" in seen, "For few" in seen, "For one" in seen) == (True, False, False)


async def test_what_moderators_hide_is_not_shown(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    note = await says(site, BOB)
    post = await site.stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert f"/posts/{post.id}" in await site.page(PAGE, "ana")
    async with site.stage.library.transaction() as tx:
        await tx.posts.withhold(post.id, is_withheld=True)
    assert f"/posts/{post.id}" not in await site.page(PAGE, "ana")


async def test_names_lead_people_here_to_this_page_and_visitors_to_their_own(site: Site) -> None:
    await site.stage.meet(BOB)
    await says(site, BOB, inReplyTo=site.stage.flows.addresses.work(site.work.id))
    work = (await site.get(f"/works/{site.work.id}")).headers["Location"]
    assert f'href="{PAGE}"' in await (await site.get(work, "ben")).text()
    open_page = await (await site.get(work)).text()
    assert f'href="{PAGE}"' not in open_page
    assert f'href="{BOB.uri}"' in open_page


async def test_pinned_posts_come_first_then_recent_ones_then_series(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    series = series_document(BOB)
    serve_series(site.stage, BOB, series, featured=f"{BOB.uri}/featured", summary="<p>Paints</p>")
    await site.stage.flows.remote.actor(BOB.uri, afresh=True)
    old = await says(site, BOB, content="<p>Old but good</p>", published="2025-01-01T10:00:00Z")
    await says(site, BOB, content="<p>New</p>", attachment=[picture()])
    await arrive(site.stage, BOB.does("Add", old["id"], target=f"{BOB.uri}/featured"))
    await look(site.stage, BOB)
    text = await site.page(PAGE, "ana")
    words = ("Paints", "Old but good", "<p>New</p>", "Birches 1")
    assert order(text, *reversed(words)) == list(words)
    assert text.count("Old but good") == 1
    assert 'src="https://peer.test/a.jpg"' in text
    assert 'referrerpolicy="no-referrer"' in text


async def test_a_warning_holds_here_too(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    note = await says(site, BOB, sensitive=True, summary="Blood", attachment=[picture()])
    serve_series(site.stage, BOB, series_document(BOB, works=[note["id"]]))
    await look(site.stage, BOB)
    text = await site.page(PAGE, "ana")
    before = text[: text.index("https://peer.test/a.jpg")]
    assert "<details" in before[before.rindex("Blood") - 200 :] or "veil" in before[-2_000:]
    shelf = text[text.index('class="shelf"') :]
    assert "a.jpg" not in shelf
    assert "Blood" in shelf


async def test_older_posts_are_a_link_away(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    for number in range(30):
        at = f"2026-11-{number % 20 + 1:02}T10:{number:02}:00Z"
        await says(site, BOB, content=f"<p>Nr {number}.</p>", published=at)
    text = await site.page(PAGE, "ana")
    way = re.search(r'href="(/@bob@peer.test\?before=\d+)"', text)
    assert way is not None
    older = await site.page(way[1], "ana")
    seen = [set(re.findall(r"Nr (\d+)\.", one)) for one in (text, older)]
    assert (len(seen[0]), len(seen[1]), seen[0] & seen[1]) == (24, 6, set())
    assert "Earlier posts" in older


async def test_who_has_moved_is_not_followed_any_more_but_where_they_are(site: Site) -> None:
    bob = await site.stage.meet(BOB)
    assert f'action="/actors/{bob.id}/follow"' in await site.page(PAGE, "ben")
    serve_account(site.stage, BOB, movedTo="https://new.test/users/bob")
    await site.stage.flows.remote.actor(BOB.uri, afresh=True)
    text = await site.page(PAGE, "ben")
    assert "This account has moved." in text
    assert f'action="/actors/{bob.id}/follow"' not in text
    assert "/authorize_interaction?uri=https%3A//new.test/users/bob" in text
    await site.stage.meet(Peer("bob", "new.test"))
    assert 'href="/@bob@new.test"' in await site.page(PAGE, "ben")


async def test_somebody_is_shown_with_their_emoji_and_portrait(site: Site) -> None:
    drawn, face = "https://peer.test/blob.png", "https://peer.test/face.png"
    tag = {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": drawn}}
    words = {"name": "Bob :blob:", "summary": "<p>Paints :blob: daily</p>"}
    serve_account(site.stage, BOB, tag=[tag], icon={"type": "Image", "url": face}, **words)
    await site.stage.flows.remote.actor(BOB.uri)
    answer = await site.get(PAGE, "ben")
    page = await answer.text()
    assert page.count(f'src="{drawn}"') >= 2  # in their words as well
    assert f'src="{face}"' in page
    policy = answer.headers["Content-Security-Policy"]
    assert "https:" in policy.partition("img-src")[2].split(";")[0]


async def test_counts_are_their_servers(site: Site) -> None:
    serve_series(site.stage, BOB)
    for what, number in (("outbox", 41), ("followers", 1)):
        address = f"{BOB.uri}/{what}"
        found = {"id": address, "type": "OrderedCollection", "totalItems": number}
        site.stage.net.serve(address, found)
    await look(site.stage, BOB)
    assert "41 posts · 1 follower<" in await site.page(PAGE, "ben")


# Series


async def test_a_first_look_asks_for_their_series_and_a_second_one_shows_them(site: Site) -> None:
    serve_series(site.stage, BOB, series_document(BOB, works=["https://peer.test/works/1"] * 1))
    await site.stage.flows.remote.actor(BOB.uri)
    assert "Their server is being asked" in await site.page(PAGE, "ben")
    await site.stage.drain()
    text = await site.page(PAGE, "ben")
    assert "Their server is being asked" not in text
    assert "Birches 1" in text
    assert "1 work on peer.test" in text
    assert 'href="#series">1 series<' in text
    assert 'id="series"' in text
    assert 'href="https://peer.test/@bob/series/birches"' in text


async def test_a_shelf_shows_its_works_in_their_order(site: Site) -> None:
    await follow_from_here(site.stage, site.people["ana"], BOB)
    notes = [await says(site, BOB, attachment=[picture(name)]) for name in ("one", "two", "three")]
    works = [notes[2]["id"], "https://peer.test/works/unknown", notes[0]["id"], notes[1]["id"]]
    serve_series(site.stage, BOB, series_document(BOB, works=works))
    await look(site.stage, BOB)
    shelf = (await site.page(PAGE, "ana")).partition('class="shelf"')[2]
    assert order(shelf, "one.jpg", "two.jpg", "three.jpg") == ["three.jpg", "one.jpg", "two.jpg"]
    assert "4 works on peer.test" in shelf


async def test_a_series_is_followed_by_its_own_actor(site: Site) -> None:
    speaker = Peer("bob_birches")
    serve_series(site.stage, BOB, series_document(BOB, announcedBy=speaker.uri))
    site.stage.net.serve(speaker.uri, {**speaker.document, "type": "Group"})
    await look(site.stage, BOB)
    text = await site.page(PAGE, "ben")
    way = re.search(r'action="(/elsewhere/series/\d+/follow)"', text)
    assert way is not None
    assert "Follow this series" in text
    answer = await site.send(way[1], "ben", PAGE)
    assert (answer.status, answer.headers["Location"]) == (303, PAGE)
    group = await site.stage.read(lambda tx: tx.actors.by_uri(speaker.uri))
    assert await follows(site.stage, site.id("ben"), group.id) is FollowState.PENDING
    assert "Asked to follow" in await site.page(PAGE, "ben")
    assert (await site.send("/elsewhere/series/1/follow", "ben", PAGE)).status == 404


async def test_a_series_without_an_actor_offers_no_follow(site: Site) -> None:
    serve_series(site.stage, BOB, series_document(BOB))
    await look(site.stage, BOB)
    assert "Follow this series" not in await site.page(PAGE, "ben")
    actor = await site.stage.read(lambda tx: tx.actors.by_uri(BOB.uri))
    (one,) = await site.stage.read(lambda tx: tx.elsewhere.series_of(ActorId(actor.id)))
    answer = await site.send(f"/elsewhere/series/{one.id}/follow", "ben", PAGE)
    assert answer.status == 422
