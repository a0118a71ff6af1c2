"""Requests, private messages, quotes and polls as people and other servers see them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from server.model import Emoji, Post, TargetId
from server.permits import InteractionKind, InteractionPolicy, Permit
from tests.engines import migrated_sqlite, sqlite_url
from tests.flows.dealings import arrive
from tests.two_servers.stage import ACTIVITY_JSON, PUBLIC, Peer
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

ANA, BEN = "https://art.test/users/ana", "https://art.test/users/ben"
ASK = InteractionPolicy(*(Permit.APPROVED,) * 4)


def mention(uri: str) -> dict[str, str]:
    return {"type": "Mention", "href": uri, "name": "@somebody"}


async def post_at(site: Site, note: dict[str, Any]) -> Post:
    found = await site.stage.read(lambda tx: tx.posts.by_uri(note["id"]))
    assert found is not None
    post: Post = found
    return post


async def with_policy(site: Site, policy: InteractionPolicy | None) -> None:
    async with site.stage.library.transaction() as tx:
        await tx.works.update(replace(site.work, interaction=policy))


async def document(site: Site, path: str) -> dict[str, Any]:
    answer = await site.get(path, Accept=ACTIVITY_JSON)
    assert answer.status == 200, path
    found: dict[str, Any] = await answer.json(content_type=None)
    return found


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((depth_of(one) for one in inner), default=0) if inner else 0


async def page_of_work(site: Site) -> str:
    answer = await site.get(f"/works/{site.work.id}")
    return str(answer.headers["Location"])


# Refusals


async def test_a_private_message_is_there_for_its_own_people_alone(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    note = bob.note(to=[ANA], cc=[], tag=[mention(ANA)], content="<p>For your eyes</p>")
    await arrive(site.stage, bob.does("Create", note))
    post = await post_at(site, note)
    answer = await site.stage.flows.commenting.comment(
        site.people["ana"], TargetId(post.id), "Thank you"
    )
    for number in (post.id, answer.id):
        for reader in ("", "ben", "otto"):
            refused = await site.get(f"/posts/{number}", reader)
            assert refused.status == 404, (number, reader)
            assert "eyes" not in await refused.text()
        assert (await site.get(f"/posts/{number}", Accept=ACTIVITY_JSON)).status == 404
    page = await site.page(f"/posts/{post.id}", "ana")
    assert "Only you and Bob see this." in page
    assert "Thank you" in page
    assert "For your eyes" in await site.page("/messages", "ana")
    assert "eyes" not in await site.page("/messages", "ben")
    for path in ("/users/ana/outbox?page=true", f"/works/{site.work.id}/replies"):
        assert "Thank you" not in json.dumps(await document(site, path))


async def test_a_message_page_is_never_kept_by_a_cache(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    note = bob.note(to=[ANA], cc=[], tag=[mention(ANA)])
    await arrive(site.stage, bob.does("Create", note))
    answer = await site.get(f"/posts/{(await post_at(site, note)).id}", "ana")
    assert answer.headers["Cache-Control"] == "private, no-store"


async def test_a_comment_that_waits_is_no_document(site: Site) -> None:
    await with_policy(site, ASK)
    target = TargetId(site.work.id)
    waiting = await site.stage.flows.commenting.comment(site.people["ben"], target, "May I?")
    assert (await site.get(f"/posts/{waiting.id}", Accept=ACTIVITY_JSON)).status == 404
    assert (await site.get(f"/posts/{waiting.id}")).status == 404
    assert "waits until the artist" in await site.page(f"/posts/{waiting.id}", "ben")
    assert "May I?" not in await site.page(await page_of_work(site), "otto")


async def test_a_comment_that_waits_keeps_its_words_behind_its_warning(site: Site) -> None:
    await with_policy(site, ASK)
    bob = Peer("bob")
    await site.stage.meet(bob)
    work = f"https://art.test/works/{site.work.id}"
    note = bob.note(inReplyTo=work, content="<p>The end</p>", summary="How it ends")
    await arrive(site.stage, bob.does("Create", note))
    page = await site.page("/studio/requests", "ana")
    fold = page.partition('<details class="fold">')[2].partition("</details>")[0]
    assert "<summary>How it ends</summary>" in fold
    assert "The end" in fold
    assert page.count("The end") == 1


async def test_requests_are_answered_by_nobody_else(site: Site) -> None:
    await with_policy(site, ASK)
    target = TargetId(site.work.id)
    await site.stage.flows.commenting.comment(site.people["ben"], target, "May I?")
    (asked,) = await site.stage.flows.approving.waiting(site.id("ana"))
    for answer in ("approve", "refuse", "withdraw"):
        path = f"/studio/requests/{asked.request.id}/{answer}"
        assert (await site.send(path, "otto")).status == 404
    assert await site.stage.flows.approving.count(site.id("ana")) == 1


async def test_an_authorization_that_was_not_given_is_not_there(site: Site) -> None:
    await with_policy(site, ASK)
    bob = Peer("bob")
    await site.stage.meet(bob)
    note = bob.note(quote=f"https://art.test/works/{site.work.id}")
    request = bob.does("QuoteRequest", f"https://art.test/works/{site.work.id}", instrument=note)
    await arrive(site.stage, request)
    (asked,) = await site.stage.flows.approving.waiting(site.id("ana"))
    path = f"/authorizations/{asked.request.id}"
    assert (await site.get(path, Accept=ACTIVITY_JSON)).status == 404
    await site.stage.flows.approving.approve(site.people["ana"], asked.request.id)
    await site.stage.drain()
    assert await document(site, path) | {"@context": []} == {
        "@context": [],
        "id": f"https://art.test{path}",
        "type": "QuoteAuthorization",
        "attributedTo": ANA,
        "interactingObject": note["id"],
        "interactionTarget": f"https://art.test/works/{site.work.id}",
    }
    await site.stage.flows.publishing.withdraw(site.people["ana"], site.work.id)
    assert (await site.get(path, Accept=ACTIVITY_JSON)).status == 404


async def test_who_may_not_finds_no_button(site: Site) -> None:
    await with_policy(site, InteractionPolicy(*(Permit.NOBODY,) * 4))
    page = await site.page(await page_of_work(site), "ben")
    for deed in ("like", "boost", "comment"):
        assert f"/deeds/{site.work.id}/{deed}" not in page
    assert "does not take comments from everybody" in page


# What people see and do


async def test_an_artist_reads_approves_and_withdraws(site: Site) -> None:
    await with_policy(site, ASK)
    sent = await site.send(f"/deeds/{site.work.id}/comment", "ben", text="May I say this?")
    assert "told=asked" in sent.headers["Location"]
    assert "1 request waits" in await site.page("/notifications", "ana")
    page = await site.page("/studio/requests", "ana")
    assert "May I say this?" in page
    (asked,) = await site.stage.flows.approving.waiting(site.id("ana"))
    path = f"/studio/requests/{asked.request.id}"
    await site.send(f"{path}/approve", "ana")
    assert "May I say this?" in await site.page(await page_of_work(site), "otto")
    assert f"{path}/withdraw" in await site.page("/studio/requests/given", "ana")
    await site.send(f"{path}/withdraw", "ana")
    assert "May I say this?" not in await site.page(await page_of_work(site), "otto")


async def test_an_artist_chooses_who_may_take_part_in_general(site: Site) -> None:
    chosen = {
        "may_like": "followers",
        "may_reply": "approved",
        "may_boost": "nobody",
        "may_quote": "approved",
    }
    answer = await site.send("/settings/permits", "ana", **chosen)
    assert answer.status == 303
    artist = await site.stage.read(lambda tx: tx.artists.by_id(site.id("ana")))
    expected = (Permit.FOLLOWERS, Permit.APPROVED, Permit.NOBODY, Permit.APPROVED)
    assert artist.interaction == InteractionPolicy(*expected)
    policy = (await document(site, f"/works/{site.work.id}"))["interactionPolicy"]
    assert policy["canLike"]["automaticApproval"] == [f"{ANA}/followers"]
    assert policy["canReply"]["manualApproval"] == [PUBLIC]
    assert policy["canAnnounce"]["automaticApproval"] == [ANA]
    assert policy["canQuote"] == {"automaticApproval": [ANA], "manualApproval": [PUBLIC]}
    bad = await site.send("/settings/permits", "ana", may_like="martians")
    assert bad.status == 422


async def test_a_work_can_have_its_own_permits_and_give_them_up(site: Site) -> None:
    path = f"/studio/works/{site.work.id}"
    fields = {"title": "Blue hour", "visibility": "public", "may_reply": "nobody"}
    await site.send(path, "ana", path, **fields)
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert work.interaction is None
    await site.send(path, "ana", path, **fields, own_permits="yes")
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert work.interaction == InteractionPolicy(reply=Permit.NOBODY)
    page = await site.page(path, "ana")
    assert '<option value="nobody" selected>' in page
    await site.send(path, "ana", path, **fields)
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert work.interaction is None


@pytest.mark.parametrize("kind", InteractionKind)
async def test_every_note_says_who_may_within_pixelfeds_depth(
    kind: InteractionKind, site: Site
) -> None:
    said = await site.stage.flows.commenting.comment(
        site.people["ana"], TargetId(site.work.id), "Mine"
    )
    names = {"like": "canLike", "reply": "canReply", "boost": "canAnnounce", "quote": "canQuote"}
    for path in (f"/works/{site.work.id}", f"/posts/{said.id}"):
        note = await document(site, path)
        assert note["interactionPolicy"][names[kind]]["automaticApproval"] == [PUBLIC]
        terms = note["@context"][-1]
        assert {names[kind], "automaticApproval", "manualApproval"} <= set(terms)
    for path in ("/users/ana/outbox?page=true", "/users/ana/featured"):
        assert depth_of(await document(site, path)) <= 8, path


async def test_a_post_shows_its_poll_its_emoji_and_its_quote(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in (("Oil", 3), ("Ink", 1))
    ]
    emoji = {"type": "Emoji", "name": ":blob:", "icon": {"url": "https://peer.test/blob.png"}}
    note = bob.note(
        type="Question",
        oneOf=options,
        content="<p>Which :blob: one?</p>",
        tag=[mention(ANA), emoji],
        quote=f"https://art.test/works/{site.work.id}",
        endTime="2026-11-30T10:00:00Z",
    )
    await arrive(site.stage, bob.does("Create", note))
    post = await post_at(site, note)
    assert post.emojis == (Emoji("blob", "https://peer.test/blob.png"),)
    answer = await site.get(f"/posts/{post.id}", "ana")
    page = await answer.text()
    assert '<img class="emoji" src="https://peer.test/blob.png" alt=":blob:"' in page
    assert "img-src 'self' data: https:" in answer.headers["Content-Security-Policy"]
    assert "75&nbsp;%" in page
    assert "Answer it on peer.test" in page
    assert '<blockquote class="quote"' in page
    assert "Blue hour" in page
    assert "quoted you" in await site.page("/notifications", "ana")


async def test_a_quote_without_its_authors_word_is_a_plain_link(site: Site) -> None:
    await with_policy(site, InteractionPolicy(quote=Permit.NOBODY))
    bob = Peer("bob")
    await site.stage.meet(bob)
    note = bob.note(tag=[mention(ANA)], quoteUrl=f"https://art.test/works/{site.work.id}")
    await arrive(site.stage, bob.does("Create", note))
    page = await site.page(f"/posts/{(await post_at(site, note)).id}", "ana")
    assert '<blockquote class="quote"' not in page
    assert "a post on art.test" in page


async def test_a_very_long_answer_begins_in_its_thread_and_is_whole_alone(site: Site) -> None:
    """200 answers of 200,000 characters would be 40 MB for everybody who opens a work."""
    bob = Peer("bob")
    await site.stage.meet(bob)
    note = bob.note(
        content=f"<p>{'Oil &amp; ink. ' * 5_000}The end.</p>",
        inReplyTo=f"https://art.test/works/{site.work.id}",
    )
    await arrive(site.stage, bob.does("Create", note))
    thread = await site.page(await page_of_work(site), "ana")
    assert "Oil &amp; ink. Oil &amp; ink." in thread
    assert "The end." not in thread
    assert len(thread) < 50_000
    alone = await site.page(f"/posts/{(await post_at(site, note)).id}", "ana")
    assert "The end." in alone


async def test_many_pictures_described_at_length_leave_a_thread_readable(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    pictures = [
        {
            "type": "Image",
            "mediaType": "image/png",
            "url": f"https://peer.test/{number}.png",
            "name": f"No {number}: {'oil ' * 2_000}",
        }
        for number in range(20)
    ]
    note = bob.note(attachment=pictures, inReplyTo=f"https://art.test/works/{site.work.id}")
    await arrive(site.stage, bob.does("Create", note))
    thread = await site.page(await page_of_work(site), "ana")
    assert "https://peer.test/7.png" in thread
    assert "https://peer.test/8.png" not in thread
    assert len(thread) < 80_000
    alone = await site.page(f"/posts/{(await post_at(site, note)).id}", "ana")
    assert "https://peer.test/19.png" in alone
    assert len(alone) > 160_000


async def test_a_warning_folds_words_and_sensitive_pictures_away(site: Site) -> None:
    bob = Peer("bob")
    await site.stage.meet(bob)
    image = {"type": "Image", "mediaType": "image/jpeg", "url": "https://peer.test/a.jpg"}
    note = bob.note(
        tag=[mention(ANA)], summary="Spiders", sensitive=True, attachment=[image], content="Eight"
    )
    await arrive(site.stage, bob.does("Create", note))
    page = await site.page(f"/posts/{(await post_at(site, note)).id}", "ana")
    assert page.count("<summary>Spiders</summary>") == 1
    assert "veil" in page
