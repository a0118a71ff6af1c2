"""Blocks, reports, moves and pins through the forms that people use, without scripts."""

import re
from typing import Any

import pytest

from tests.flows.dealings import arrive, here, sent
from tests.two_servers.stage import ACTIVITY_JSON, Peer, Stage
from tests.web.site import PASSWORD, Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

BOB = Peer("bob")


async def page_of_work(site: Site) -> str:
    return f"/@ana/{site.work.id}-blue-hour"


# Blocks


async def test_a_stranger_finds_nothing_to_block_or_report(site: Site) -> None:
    for path in (await page_of_work(site), "/@ana"):
        text = await (await site.get(path)).text()
        assert "/report" not in text
        assert "/block" not in text
    for path in ("/settings/blocks", "/report?actor=1", "/admin/reports", "/settings/moving"):
        assert (await site.get(path)).status == 303


async def test_blocking_and_unblocking_from_a_profile(site: Site) -> None:
    ben = f"/actors/{site.id('ben')}"
    assert f'action="{ben}/block"' in await site.page("/@ben", "ana")
    answer = await site.send(f"{ben}/block", "ana", "/@ben")
    assert answer.headers["Location"] == "/@ben?told=blocked"
    assert f'action="{ben}/unblock"' in await site.page("/@ben", "ana")
    assert "@ben@art.test" in await site.page("/settings/blocks", "ana")
    assert (await site.get("/@ana", "ben")).status == 404
    assert (await site.get(await page_of_work(site), "ben")).status == 404
    assert (await site.get("/@ana")).status == 200
    refused = await site.send(f"/actors/{site.id('ana')}/follow", "ben", "/home")
    assert refused.status == 403
    assert "do not wish to hear from you" in await refused.text()
    await site.send(f"{ben}/unblock", "ana", "/settings/blocks")
    assert "You block nobody" in await site.page("/settings/blocks", "ana")


async def test_nobody_blocks_oneself_or_nobody_by_hand(site: Site) -> None:
    assert (await site.send(f"/actors/{site.id('ana')}/block", "ana")).status == 422
    assert (await site.send("/actors/7/block", "ana")).status == 404


async def test_comments_notifications_and_followers_offer_to_block_and_report(
    site: Site,
) -> None:
    stage, ana = site.stage, site.people["ana"]
    bob = await stage.befriend(BOB, ana)
    work = stage.flows.addresses.work(site.work.id)
    await arrive(stage, BOB.does("Create", BOB.note(inReplyTo=work)))
    await arrive(stage, BOB.does("EmojiReact", work, content="🎨"))
    for path in (await page_of_work(site), "/notifications", "/followers"):
        text = await site.page(path, "ana")
        assert f'action="/actors/{bob.id}/block"' in text, path
        assert f"/report?actor={bob.id}" in text, path
    assert "reacted with <bdi>🎨</bdi>" in await site.page("/notifications", "ana")


async def test_a_signed_request_of_who_is_blocked_finds_nothing_at_all(site: Site) -> None:
    stage, ana = site.stage, site.people["ana"]
    bob = await stage.meet(BOB)
    stage.net.serve(BOB.uri, BOB.document)
    target = f"/works/{site.work.id}"

    async def status(peer: Peer) -> int:
        signed = peer.signed(
            b"", stage.clock.now(), target=target, method="GET", accept=ACTIVITY_JSON
        )
        return (await site.client.get(target, headers=signed)).status

    assert await status(BOB) == 200
    await stage.flows.blocking.block(ana, bob)
    assert await status(BOB) == 404
    assert await status(Peer("zoe", "zoe.test", 3)) == 200
    assert (await site.get(target, Accept=ACTIVITY_JSON)).status == 200


# Reports


async def test_reports_are_no_address_for_who_is_no_moderator(site: Site) -> None:
    for path in ("/admin/reports", "/admin/reports/1"):
        assert (await site.get(path, "ana")).status == 404
    assert (await site.send("/admin/reports/1/close", "ana", note="Mine")).status == 404
    assert 'href="/admin"' not in await site.page("/home", "ana")
    assert 'href="/admin"' in await site.page("/home", "otto")


async def test_a_report_that_is_too_long_comes_back_with_its_words(site: Site) -> None:
    answer = await site.send("/report", "ben", actor=str(site.id("ana")), text="x" * 2_001)
    assert answer.status == 422
    text = await answer.text()
    assert "2,000" in text or "2000" in text
    assert "x" * 2_001 in text
    for actor in (str(site.id("ben")), "7", "", "a"):
        assert (await site.get(f"/report?actor={actor}", "ben")).status == 404


async def test_somebody_reports_a_work_and_a_moderator_closes_the_case(site: Site) -> None:
    form = f"/report?actor={site.id('ana')}&about={site.work.id}"
    assert form.replace("&", "&amp;") in await site.page(await page_of_work(site), "ben")
    offered = await site.page(form, "ben")
    assert "Report “Blue hour” by" in offered
    assert "is_forwarded" not in offered  # it stays here
    answer = await site.send(
        "/report",
        "ben",
        form,
        actor=str(site.id("ana")),
        about=str(site.work.id),
        text="<b>Not</b> hers",
        back="/@ana",
    )
    assert answer.headers["Location"] == "/@ana?told=reported"
    news = await site.page("/notifications", "otto")
    case = re.search(r"/admin/reports/\d+", news)
    assert case is not None
    assert "&lt;b&gt;Not&lt;/b&gt; hers" in await site.page("/admin/reports", "otto")
    shown = await site.page(case[0], "otto")
    assert "Blue hour" in shown
    assert "@ben@art.test" in shown
    closed = await site.send(
        f"{case[0]}/close", "otto", case[0], outcome="nothing", note="We talked."
    )
    assert closed.headers["Location"] == "/admin/reports?told=closed"
    assert "There is nothing to decide" in await site.page("/admin/reports", "otto")
    assert "closed by @otto" in await site.page("/admin/reports?show=all", "otto")
    assert "We talked." in await site.page(case[0], "otto")
    again = await site.send(f"{case[0]}/close", "otto", outcome="nothing")
    assert again.status == 409


async def test_a_report_of_somebody_elsewhere_can_be_sent_on(site: Site) -> None:
    bob = await site.stage.meet(BOB)
    form = f"/report?actor={bob.id}"
    assert "Send it to peer.test too" in await site.page(form, "ana")
    await site.send("/report", "ana", form, actor=str(bob.id), text="Rude", is_forwarded="yes")
    (flag,) = await sent(site.stage, BOB)
    assert (flag["type"], flag["object"]) == ("Flag", [BOB.uri])


async def test_reports_by_one_account_are_slowed_down(site: Site) -> None:
    statuses = [
        (await site.send("/report", "ben", actor=str(site.id("ana")), text="Again")).status
        for _ in range(11)
    ]
    assert statuses == [303] * 10 + [429]


# Moves


async def test_a_move_needs_the_password_and_the_other_sides_word(site: Site) -> None:
    stage = site.stage
    new = Peer("ana", "new.test", 2)
    serve_account(stage, new)
    for fields, field_name, words in (
        (
            {"target": "@ana@new.test", "password": "hunter twelve"},
            "password",
            "The password is wrong",
        ),
        ({"target": "nobody", "password": PASSWORD}, "target", "An address reads name@server"),
        ({"target": "@ana@new.test", "password": PASSWORD}, "target", "add @ana@art.test"),
        ({"target": "@ana@art.test", "password": PASSWORD}, "target", "this very account"),
    ):
        answer = await site.send("/settings/moving", "ana", "/settings/moving", **fields)
        assert answer.status == 422, fields
        text = await answer.text()
        assert words in text
        assert f'id="{field_name}-error"' in text
        assert fields["password"] not in text
    assert (await here(stage, site.people["ana"])).moved_to == ""


async def test_moving_away_and_coming_back(site: Site) -> None:
    stage = site.stage
    new = Peer("ana", "new.test", 2)
    serve_account(stage, new, alsoKnownAs=["https://art.test/users/ana"])
    answer = await site.send(
        "/settings/moving", "ana", "/settings/moving", target="@ana@new.test", password=PASSWORD
    )
    assert answer.headers["Location"] == "/settings/moving?told=moved"
    notice = await (await site.get("/@ana")).text()
    assert "has moved to" in notice
    assert "@ana@new.test" in notice
    assert 'value="follow"' not in notice
    document = await (await site.get("/users/ana", Accept=ACTIVITY_JSON)).json(content_type=None)
    assert document["movedTo"] == new.uri
    assert "Come back to this account" in await site.page("/settings/moving", "ana")
    await site.send("/settings/moving/cancel", "ana", "/settings/moving")
    assert "has moved to" not in await (await site.get("/@ana")).text()
    assert "You can move again from" in await site.page("/settings/moving", "ana")


async def test_former_accounts_are_named_and_forgotten(site: Site) -> None:
    stage = site.stage
    old = Peer("ana", "old.test", 2)
    serve_account(stage, old)
    unknown = await site.send(
        "/settings/moving/aliases", "ana", "/settings/moving", former="@zoe@old.test"
    )
    assert unknown.status == 422
    await site.send("/settings/moving/aliases", "ana", "/settings/moving", former="@ana@old.test")
    assert "@ana@old.test" in await site.page("/settings/moving", "ana")
    document = await (await site.get("/users/ana", Accept=ACTIVITY_JSON)).json(content_type=None)
    assert document["alsoKnownAs"] == [old.uri]
    await site.send("/settings/moving/aliases/remove", "ana", "/settings/moving", uri=old.uri)
    assert "@ana@old.test" not in await site.page("/settings/moving", "ana")


def serve_account(stage: Stage, peer: Peer, **more: Any) -> None:
    """Let a peer be found by its address."""
    stage.net.serve(peer.uri, {**peer.document, **more})
    resource = f"acct%3A{peer.name}%40{peer.domain}"
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": peer.uri}
    stage.net.serve(
        f"https://{peer.domain}/.well-known/webfinger?resource={resource}",
        {"subject": f"acct:{peer.name}@{peer.domain}", "links": [link]},
        content_type="application/jrd+json",
    )
    stage.net.serve(
        f"https://{peer.domain}/.well-known/webfinger?resource=acct%3Azoe%40{peer.domain}",
        status=404,
    )


# Pins


async def test_the_studio_pins_and_unpins_works(site: Site) -> None:
    action = f"/studio/works/{site.work.id}"
    assert f'action="{action}/pin"' in await site.page("/studio", "ana")
    answer = await site.send(f"{action}/pin", "ana", "/studio")
    assert answer.headers["Location"] == "/studio?told=pinned"
    assert f'action="{action}/unpin"' in await site.page("/studio", "ana")
    assert (await site.send(f"{action}/pin", "ben", "/studio")).status == 404
    await site.send(f"{action}/unpin", "ana", "/studio")
    assert f'action="{action}/pin"' in await site.page("/studio", "ana")


async def test_who_pastes_what_their_browser_shows_finds_whom_they_mean(site: Site) -> None:
    answer = await site.get("/home/follow?q=https://art.test/@ana", "ben")
    assert answer.status == 303
    way = answer.headers["Location"]
    assert way == "/authorize_interaction?uri=https://art.test/@ana"
    answer = await site.get(way, "ben")
    assert (answer.status, answer.headers["Location"]) == (303, "/@ana")


@pytest.mark.parametrize(
    "way", ["/home/follow?q=@bob@peer.test", "/authorize_interaction?uri={uri}"]
)
async def test_looking_somebody_up_leads_to_their_page_here(way: str, site: Site) -> None:
    bob = Peer("bob")
    serve_account(site.stage, bob)
    answer = await site.get(way.format(uri=bob.uri), "ben")
    assert (answer.status, answer.headers["Location"]) == (303, "/@bob@peer.test")


async def test_members_are_not_sent_to_sign_in_where_others_prove_nothing(site: Site) -> None:
    answer = await site.get("/authorize_interaction?uri=http://other.test/x", "ben")
    page = await answer.text()
    assert answer.status == 401
    assert "This cannot be believed" in page
    assert "Sign in" not in page
