"""Lists of servers through HTTP: taken in, looked at, agreed to, published."""

import json
import re
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientResponse

from server.blocklists import Shelf
from server.list_keeping import Wanted
from server.lists import ListEntry, Severity
from server.model import FollowState, Role
from server.ports import Incoming
from server.tiers import FederationMode, Tier
from tests.two_servers.peers import Peer
from tests.web.test_delivery_pages import House, house, migrated_sqlite, sqlite_url

__all__ = ["house", "migrated_sqlite", "sqlite_url"]

ALL = "/admin/blocklists"
SOURCE = "https://lists.example/blocks.csv"
PAGES = (ALL, f"{ALL}/new", f"{ALL}/own", f"{ALL}/own/export", f"{ALL}/mode", f"{ALL}/1")
FEED = (
    "/datasets",
    "/datasets/own",
    "/datasets/own/snapshot",
    "/datasets/own/changes",
    "/datasets/own.csv",
)
SAID = ListEntry(
    "scraper.example",
    Severity.SUSPEND,
    "Feeds trainers.",
    "they threatened us",
    ("ai-scraper",),
    is_public=True,
)


async def upload(house: House, data: bytes = b"", **fields: str) -> ClientResponse:
    form = aiohttp.FormData()
    form.add_field("csrf", await house.token())
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("file", data, filename="friends.csv", content_type="text/csv")
    headers = {"Host": "art.test", "Cookie": house.cookie, "Origin": "https://art.test"}
    return await house.client.post(
        f"{ALL}/import", data=form, headers=headers, allow_redirects=False
    )


async def shelves(house: House) -> list[Shelf]:
    found: list[Shelf] = await house.stage.flows.blocklists.shelves(None)
    return found


async def made_of(house: House, path: str) -> str:
    found = re.search(r'name="made" value="(\d+)"', await house.page(path))
    assert found is not None
    return found.group(1)


def tier(house: House, domain: str) -> Tier:
    found: Tier = house.stage.flows.house.now.tiers.tier_of(domain)
    return found


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ARTIST, Role.READER])
async def test_nobody_else_learns_that_there_are_lists(house: House, role: Role) -> None:
    await house.sign_in(role)
    for path in PAGES:
        assert (await house.get(path)).status == 404, path
    token = await house.token()
    for path in (
        "subscribe",
        "change",
        "own",
        "own/unsay",
        "own/publish",
        "mode",
        "1/apply",
        "1/settings",
        "1/fetch",
        "1/discard",
    ):
        sent = {
            "what": "arrange",
            "domain": "a.example",
            "mode": "open",
            "name": "x",
            "url": SOURCE,
        }
        answer = await house.send(f"{ALL}/{path}", token, **sent)
        assert answer.status == 404, path
    assert (await upload(house, b"a.example\n")).status == 404
    assert await shelves(house) == []


async def test_a_broken_list_comes_back_with_its_rows(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    answer = await upload(house, b"#domain,#severity\ncom,suspend\n192.0.2.1,suspend\n")
    assert answer.status == 422
    text = await answer.text()
    assert "Row 2: com has no dot" in text
    assert "Row 3: 192.0.2.1 is an IP address" in text
    assert await shelves(house) == []


@pytest.mark.parametrize("fields", [{}, {"text": "b.example"}])
async def test_a_file_or_a_text_is_sent_never_none_or_both(
    house: House, fields: dict[str, str]
) -> None:
    await house.sign_in(Role.ADMIN)
    answer = await upload(house, b"a.example" if fields else b"", **fields)
    assert answer.status == 422


async def test_an_uploaded_list_is_looked_at_then_in_force(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    await house.stage.befriend(Peer("fan", "bad.example"), house.ana, FollowState.ACCEPTED)
    answer = await upload(house, b"bad.example\nworse.example\n", name="Friends <b>")
    assert answer.status == 303
    where = answer.headers["Location"]
    page = await house.page(where)
    assert "@fan@bad.example</bdi> follows <bdi>@ana" in page
    assert "Friends &lt;b&gt;" in page
    assert tier(house, "bad.example") is Tier.NEUTRAL
    made = await made_of(house, where)
    look = await house.send(
        where.replace("draft", "apply"),
        await house.token(),
        made=made,
        exclude="bad.example",
        look="yes",
    )
    assert "It cuts no follow." in await look.text()
    done = await house.send(
        where.replace("draft", "apply"),
        await house.token(),
        made=made,
        excludes="worse.example",
        reason="Trusted",
    )
    assert (done.status, done.headers["Location"]) == (303, f"{ALL}?told=list-applied")
    assert tier(house, "bad.example") is Tier.REFUSED
    assert tier(house, "worse.example") is Tier.NEUTRAL
    assert "worse.example" in await house.page(ALL)
    assert "put a list of servers in force:" in await house.page("/admin/audit")


async def test_a_pasted_list_is_named_by_whoever_pastes_it(house: House) -> None:
    await house.sign_in(Role.OWNER)
    assert (await upload(house, text="bad.example", name="Pasted")).status == 303
    assert [shelf.one.name for shelf in await shelves(house)] == ["Pasted"]


async def test_many_cut_follows_need_our_domain_typed(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    for number in range(11):
        fan = Peer(f"fan{number}", "bad.example")
        await house.stage.befriend(fan, house.ana, FollowState.ACCEPTED)
    where = (await upload(house, b"bad.example\n")).headers["Location"]
    assert "Type art.test" in await house.page(where)
    made, path = await made_of(house, where), where.replace("draft", "apply")
    refused = await house.send(path, await house.token(), made=made)
    assert refused.status == 422
    assert "type art.test" in await refused.text()
    assert tier(house, "bad.example") is Tier.NEUTRAL
    done = await house.send(path, await house.token(), made=made, typed="art.test")
    assert done.status == 303
    shelf = (await shelves(house))[0]
    asked = await house.send(
        f"{ALL}/change", await house.token(), what="remove", list=str(shelf.one.id)
    )
    assert "Follows that come back: 11" in await asked.text()


async def test_an_older_draft_is_not_put_in_force(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    where = (await upload(house, b"bad.example\n")).headers["Location"]
    made = await made_of(house, where)
    await upload(house, b"bad.example\nother.example\n")
    late = await house.send(where.replace("draft", "apply"), await house.token(), made=made)
    assert late.status in {409, 422}
    assert "newer version" in await late.text()


async def test_a_subscription_is_made_fetched_and_shown_when_it_fails(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    net, token = house.stage.net, await house.token()
    bad = await house.send(f"{ALL}/subscribe", token, url="http://lists.example/x")
    assert bad.status == 422
    assert "beginning with https://" in await bad.text()
    net.answers[SOURCE] = Incoming(200, {}, b"bad.example\n")
    made = await house.send(f"{ALL}/subscribe", token, url=SOURCE, name="Coop")
    assert made.status == 303
    list_id = (await shelves(house))[0].one.id
    net.answers[SOURCE] = Incoming(500, {}, b"")
    await house.send(f"{ALL}/{list_id}/fetch", token)
    assert "answered 500" in await house.page(f"{ALL}/{list_id}")
    assert "could not be fetched" in await house.page("/admin")
    saved = await house.send(
        f"{ALL}/{list_id}/settings", token, name="Co-op", applies_harmless="yes"
    )
    assert saved.status == 303
    one = (await shelves(house))[0].one
    assert (one.name, one.applies_harmless) == ("Co-op", True)
    unnamed = await house.send(f"{ALL}/{list_id}/settings", token, name="")
    assert unnamed.status == 422
    gone = await house.send(f"{ALL}/{list_id}/discard", token)
    assert gone.status == 303


async def test_order_excludes_and_ends_are_looked_at_before_they_are_made(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    for name, data in (("One", b"bad.example\n"), ("Two", b"other.example\n")):
        where = (await upload(house, data, name=name)).headers["Location"]
        await house.send(
            where.replace("draft", "apply"), await house.token(), made=await made_of(house, where)
        )
    one, two = (str(shelf.one.id) for shelf in await shelves(house))
    token = await house.token()
    moved = await house.send(f"{ALL}/change", token, what="arrange", order=f"{two} {one}")
    assert moved.status == 303  # nobody stands differently: nothing to agree to
    assert [shelf.one.name for shelf in await shelves(house)] == ["Two", "One"]
    out = {"what": "keep-out", "domain": "Bad.example", "list": "0"}
    asked = await house.send(f"{ALL}/change", token, **out)
    assert "Keep bad.example out of every list" in await asked.text()
    assert tier(house, "bad.example") is Tier.REFUSED
    done = await house.send(f"{ALL}/change", token, agreed="yes", **out)
    assert done.status == 303
    assert tier(house, "bad.example") is Tier.NEUTRAL
    back = {"what": "let-in", "domain": "bad.example", "list": "0", "agreed": "yes"}
    assert (await house.send(f"{ALL}/change", token, **back)).status == 303
    assert tier(house, "bad.example") is Tier.REFUSED
    end = {"what": "remove", "list": one}
    assert "End One" in await (await house.send(f"{ALL}/change", token, **end)).text()
    assert (await house.send(f"{ALL}/change", token, agreed="yes", **end)).status == 303
    assert tier(house, "bad.example") is Tier.NEUTRAL
    for odd in ({"what": "nonsense"}, {"what": "keep-out", "domain": "192.0.2.1"}):
        assert (await house.send(f"{ALL}/change", token, **odd)).status == 422
    gone = await house.send(f"{ALL}/change", token, what="remove", list="99")
    assert gone.status == 404


async def test_our_own_list_is_said_published_and_taken_back(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    token = await house.token()
    bad = await house.send(f"{ALL}/own", token, domain="art.test")
    assert "this instance" in await bad.text()
    for path in FEED:
        assert (await house.get(path)).status == 404, path
    said = await house.send(
        f"{ALL}/own",
        token,
        domain="scraper.example",
        labels="ai-scraper",
        public_comment="Feeds trainers.",
        private_comment="they threatened us",
        is_public="yes",
    )
    where = said.headers["Location"]
    await house.send(where.replace("draft", "apply"), token, made=await made_of(house, where))
    exported = await (await house.get(f"{ALL}/own/export")).text()
    assert "scraper.example,suspend,false,false,Feeds trainers.,false" in exported
    assert (await house.send(f"{ALL}/own/publish", token, is_on="yes")).status == 303
    house.cookie = ""
    for path in FEED:
        answer = await house.get(path)
        assert answer.status == 200, path
        assert "threatened" not in await answer.text()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    snapshot = json.loads(await (await house.get("/datasets/own/snapshot")).text())
    (item,) = snapshot["orderedItems"]
    label: Any = await house.get(item["labels"][0].removeprefix("https://art.test"))
    assert label.status == 200
    assert (await house.get("/labels/mean")).status == 404
    since = json.loads(await (await house.get(f"/datasets/own/changes?since={item['id']}")).text())
    assert since["orderedItems"] == []
    await house.sign_in(Role.OWNER)
    back = await house.send(
        f"{ALL}/own/unsay", token := await house.token(), domain="scraper.example"
    )
    assert back.status == 303
    assert (await house.send(f"{ALL}/own/publish", token)).status == 303
    assert (await house.get("/datasets/own")).status == 404


async def test_a_published_list_answers_not_modified(house: House) -> None:
    flows = house.stage.flows
    own = await flows.own_list.say(None, SAID)
    await house.sign_in(Role.ADMIN)
    where = f"{ALL}/{own.id}/draft"
    await house.send(
        where.replace("draft", "apply"), await house.token(), made=await made_of(house, where)
    )
    await flows.list_feed.switch(None, is_on=True)
    tag = (await house.get("/datasets/own.csv")).headers["ETag"]
    again = await house.client.get(
        "/datasets/own.csv", headers={"Host": "art.test", "If-None-Match": tag}
    )
    assert again.status == 304


async def test_dealing_only_with_named_servers_is_one_switch_looked_at_first(house: House) -> None:
    await house.sign_in(Role.ADMIN)
    fan = Peer("fan", "far.example")
    await house.stage.befriend(fan, house.ana, FollowState.ACCEPTED)
    allow = await house.stage.flows.blocklists.take_in(None, b"a.example\n", Wanted("A"))
    assert allow.name == "A"
    page = await house.page(f"{ALL}/mode")
    assert "@fan@far.example" in page
    closed = await house.send(f"{ALL}/mode", await house.token(), mode="allow-list")
    assert closed.status == 303
    now = house.stage.flows.house.now
    assert now.policy.federation.mode is FederationMode.ALLOW_LIST
    assert tier(house, "far.example") is Tier.REFUSED
    assert "only with servers that were let in" in await house.page(f"{ALL}/mode")
    assert (await house.send(f"{ALL}/mode", await house.token(), mode="open")).status == 303
    assert tier(house, "far.example") is Tier.NEUTRAL
    assert (await house.send(f"{ALL}/mode", await house.token(), mode="odd")).status == 422
