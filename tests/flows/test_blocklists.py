"""Lists of servers wait as drafts; what is agreed to is in force, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from server.changes import NewPolicy
from server.errors import Conflict, Invalid, NotFound, Unavailable
from server.list_keeping import Wanted
from server.listing import KeptOut, LetIn, ListApplied, ListRemoved, ListsArranged
from server.lists import (
    EVERY_LIST,
    BrokenList,
    ListEntry,
    ListId,
    ListKind,
    Moved,
    Severity,
)
from server.model import Artist, FollowState, Role
from server.policy import STANDARD_NO_AI, FederationTerms
from server.policy_text import write_policy
from server.ports import Incoming, Unreachable
from server.tiers import FederationMode, Tier, TierSource
from tests.two_servers.peers import Peer
from tests.two_servers.stage import Stage

HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
SOURCE = "https://lists.example/block.csv"
FIRES = "https://fires.example/datasets/1"


def csv(*domains: str, severity: str = "suspend") -> bytes:
    return (HEAD + "".join(f"{domain},{severity},,,,\n" for domain in domains)).encode()


async def admin(stage: Stage, role: Role = Role.ADMIN) -> Artist:
    artist = replace(await stage.artist("boss"), role=role)
    async with stage.library.transaction() as tx:
        await tx.artists.update(artist)
    return artist


async def take_in(stage: Stage, data: bytes, name: str = "Friends", **more: Any) -> ListId:
    one = await stage.flows.blocklists.take_in(None, data, Wanted(name, **more))
    return ListId(one.id)


async def agree(stage: Stage, list_id: ListId, *excludes: str, typed: str = "") -> Any:
    found = await stage.flows.blocklists.proposal(None, list_id)
    change = ListApplied(list_id, found.draft.made_at, excludes)
    return await stage.flows.governing.apply(None, change, typed=typed)


def tier(stage: Stage, domain: str) -> Tier:
    found: Tier = stage.flows.house.now.tiers.tier_of(domain)
    return found


def serve(stage: Stage, body: bytes, url: str = SOURCE, status: int = 200, **headers: str) -> None:
    stage.net.answers[url] = Incoming(status, headers, body)


async def subscribed(stage: Stage, *domains: str, **more: Any) -> ListId:
    serve(stage, csv(*domains), etag='"1"')
    one = await stage.flows.blocklists.subscribe(None, SOURCE, Wanted("Far", **more))
    await agree(stage, one.id)
    return ListId(one.id)


async def days_pass(stage: Stage, hours: float = 25) -> None:
    stage.clock.advance(hours=hours)
    await stage.drain()


# ---- refusals ---------------------------------------------------------------------------------


async def test_who_is_no_admin_learns_nothing_of_lists(stage: Stage) -> None:
    moderator, lists = await admin(stage, Role.MODERATOR), stage.flows.blocklists
    for attempt in (
        lists.shelves(moderator),
        lists.excludes(moderator),
        lists.find(moderator, "x"),
        lists.take_in(moderator, csv("a.example"), Wanted("x")),
        lists.subscribe(moderator, SOURCE, Wanted("x")),
        lists.discard(moderator, ListId(1)),
        stage.flows.own_list.say(moderator, ListEntry("a.example", Severity.SUSPEND)),
        stage.flows.list_feed.switch(moderator, is_on=True),
        stage.flows.governing.apply(moderator, ListsArranged(())),
    ):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (csv("a.example", "art.test"), "Row 3: art.test is this instance"),
        (csv("a.example", "192.0.2.1"), "Row 3: 192.0.2.1 is an IP address"),
        (b"<html>", "web page"),
    ],
)
async def test_a_broken_list_leaves_nothing_behind(stage: Stage, data: bytes, words: str) -> None:
    with pytest.raises(BrokenList, match=words):
        await take_in(stage, data)
    assert await stage.flows.blocklists.shelves(None) == []


async def test_a_draft_that_was_not_the_one_seen_is_not_applied(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example"))
    seen = (await stage.flows.blocklists.proposal(None, list_id)).draft.made_at
    await take_in(stage, csv("a.example", "b.example"))
    with pytest.raises(Conflict, match="newer version"):
        await stage.flows.governing.apply(None, ListApplied(list_id, seen))
    assert tier(stage, "a.example") is Tier.NEUTRAL


async def test_a_file_for_another_kind_of_list_is_refused(stage: Stage) -> None:
    await take_in(stage, csv("a.example"))
    with pytest.raises(Conflict, match="is a list to block"):
        await take_in(stage, b"b.example\n", kind=ListKind.ALLOW)
    with pytest.raises(Invalid, match="at most 80 characters"):
        await take_in(stage, csv("a.example"), "x" * 81)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lists.example/block.csv",
        "http://lists.example/block.csv",
        "ftp://lists.example/block.csv",
        "file:///etc/passwd",
        "https://user@lists.example/",
        "https://[/",
        "https://art.test/datasets/own",
        "https://lists.example/ä",
        f"https://lists.example/{'x' * 3_000}",
    ],
)
async def test_only_whole_safe_addresses_of_others_are_subscribed_to(
    stage: Stage, url: str
) -> None:
    with pytest.raises(Invalid):
        await stage.flows.blocklists.subscribe(None, url, Wanted())
    assert stage.net.asked == []


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://lists.example/block.csv", "without TLS"),
        ("https://art.test/x", "our own"),
        ("https://[", "no web address"),
        (SOURCE, "circle"),
    ],
)
async def test_redirects_to_bad_places_are_not_followed(
    stage: Stage, location: str, words: str
) -> None:
    serve(stage, b"", status=302, location=location)
    with pytest.raises((Invalid, Unavailable), match=words):
        await stage.flows.blocklists.subscribe(None, SOURCE, Wanted())
    assert await stage.flows.blocklists.shelves(None) == []


async def test_a_subscription_that_cannot_be_fetched_is_not_made(stage: Stage) -> None:
    for answer in (
        Unreachable("lists.example could not be reached."),
        Incoming(404, {}, b"nothing"),
        Incoming(304, {}, b""),
    ):
        stage.net.answers[SOURCE] = answer
        with pytest.raises(Unavailable):
            await stage.flows.blocklists.subscribe(None, SOURCE, Wanted())
    serve(stage, b"<!doctype html><title>Hello</title>")
    with pytest.raises(BrokenList, match="web page"):
        await stage.flows.blocklists.subscribe(None, SOURCE, Wanted())
    assert await stage.flows.blocklists.shelves(None) == []


# ---- drafts -----------------------------------------------------------------------------------


async def test_a_list_is_a_draft_until_somebody_agrees(stage: Stage) -> None:
    list_id = await take_in(stage, csv("bad.example") + b"loud.example,silence,,,,\n")
    assert tier(stage, "bad.example") is Tier.NEUTRAL
    found = await stage.flows.blocklists.proposal(None, list_id)
    assert [one.domain for one in found.difference.added] == ["bad.example", "loud.example"]
    assert found.effect == (
        Moved("bad.example", None, Tier.REFUSED),
        Moved("loud.example", None, Tier.LIMITED),
    )
    await agree(stage, list_id)
    standing = stage.flows.house.now.tiers.standing_of("x.bad.example")
    assert (standing.tier, standing.source, standing.detail) == (
        Tier.REFUSED,
        TierSource.LIST,
        "Friends",
    )
    assert tier(stage, "loud.example") is Tier.LIMITED
    with pytest.raises(NotFound):
        await stage.flows.blocklists.proposal(None, list_id)


async def test_what_it_would_cut_is_named_first_and_many_need_the_domain_typed(
    stage: Stage,
) -> None:
    ana = await stage.artist()
    for number in range(11):
        await stage.befriend(Peer(f"fan{number}", "far.example"), ana, FollowState.ACCEPTED)
    list_id = await take_in(stage, csv("far.example"))
    made_at = (await stage.flows.blocklists.proposal(None, list_id)).draft.made_at
    impact = await stage.flows.governing.preview(None, ListApplied(list_id, made_at))
    assert len(impact.severed_follows) == 11
    assert impact.severed_follows[0].local == "ana"
    with pytest.raises(Invalid, match=r"type art\.test"):
        await agree(stage, list_id)
    assert tier(stage, "far.example") is Tier.NEUTRAL
    assert (await agree(stage, list_id, typed="art.test")).severed == 11
    assert tier(stage, "far.example") is Tier.REFUSED
    back = await stage.flows.governing.apply(None, ListRemoved(list_id))
    assert back.restored == 11


async def test_rows_can_be_left_out_for_good(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example", "b.example"))
    await agree(stage, list_id, "b.example")
    assert tier(stage, "a.example") is Tier.REFUSED
    assert tier(stage, "b.example") is Tier.NEUTRAL
    await take_in(stage, csv("a.example", "b.example", "c.example"))
    await agree(stage, list_id)
    assert tier(stage, "b.example") is Tier.NEUTRAL
    await stage.flows.governing.apply(None, LetIn(list_id, "b.example"))
    assert tier(stage, "b.example") is Tier.REFUSED
    await stage.flows.governing.apply(None, KeptOut(EVERY_LIST, "example"))


async def test_a_newer_version_changes_and_takes_back(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example", "b.example"))
    await agree(stage, list_id)
    await take_in(stage, csv("a.example", severity="silence"))
    found = await stage.flows.blocklists.proposal(None, list_id)
    assert [before.severity for before, _ in found.difference.changed] == [Severity.SUSPEND]
    assert [one.domain for one in found.difference.removed] == ["b.example"]
    await agree(stage, list_id)
    assert tier(stage, "a.example") is Tier.LIMITED
    assert tier(stage, "b.example") is Tier.NEUTRAL


async def test_a_version_that_changes_words_alone_is_taken_over_too(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example"))
    await agree(stage, list_id)
    await take_in(stage, HEAD.encode() + b"a.example,suspend,,,Scrapes,\n")
    await agree(stage, list_id)
    _, entries = await stage.flows.blocklists.entries(None, list_id)
    assert entries[0].public_comment == "Scrapes"
    assert (await stage.flows.blocklists.shelves(None))[0].draft is None


async def test_the_same_version_again_waits_for_nobody(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example"))
    await agree(stage, list_id)
    await take_in(stage, csv("a.example"))
    assert (await stage.flows.blocklists.shelves(None))[0].draft is None


async def test_a_discarded_first_version_leaves_no_list(stage: Stage) -> None:
    list_id = await take_in(stage, csv("a.example"))
    await stage.flows.blocklists.discard(None, list_id)
    assert await stage.flows.blocklists.shelves(None) == []


async def test_the_first_list_decides_and_order_can_change(stage: Stage) -> None:
    strict = await take_in(stage, csv("a.example"), "Strict")
    kind = await take_in(stage, b"a.example\n", "Kind", kind=ListKind.ALLOW)
    await agree(stage, strict)
    await agree(stage, kind)
    assert tier(stage, "a.example") is Tier.REFUSED
    named = await stage.flows.blocklists.naming(None, "x.a.example")
    assert [one.name for one, _ in named] == ["Strict", "Kind"]
    arranged = ListsArranged((kind, strict))
    moved = await stage.flows.blocklists.effect_of(None, arranged)
    assert moved == (Moved("a.example", Tier.REFUSED, Tier.NEUTRAL),)
    await stage.flows.governing.apply(None, arranged)
    assert tier(stage, "a.example") is Tier.NEUTRAL


async def test_every_act_stands_in_the_log_without_private_words(stage: Stage) -> None:
    boss = await admin(stage)
    data = b"domain,severity,private_comment\na.example,suspend,they threatened us\n"
    one = await stage.flows.blocklists.take_in(boss, data, Wanted("Friends"))
    await agree(stage, one.id)
    await stage.flows.governing.apply(boss, ListRemoved(one.id), "It lies.")
    entries = await stage.flows.audit.page(boss)
    assert [entry.act for entry in entries] == ["list.remove", "list.apply", "list.import"]
    assert entries[0].reason == "It lies."
    assert "+suspend a.example" in entries[1].difference
    assert not any("threatened" in entry.difference for entry in entries)


# ---- federation by allow list -----------------------------------------------------------------


async def test_where_only_named_servers_are_let_in_allow_lists_name_them(stage: Stage) -> None:
    list_id = await take_in(stage, b"friend.example\n", kind=ListKind.ALLOW)
    await agree(stage, list_id)
    closed = write_policy(
        replace(STANDARD_NO_AI, federation=FederationTerms(FederationMode.ALLOW_LIST))
    )
    await stage.flows.governing.apply(None, NewPolicy(closed), typed="art.test")
    assert tier(stage, "friend.example") is Tier.NEUTRAL
    assert tier(stage, "stranger.example") is Tier.REFUSED
    await stage.flows.governing.apply(None, KeptOut(EVERY_LIST, "friend.example"))
    assert tier(stage, "friend.example") is Tier.REFUSED


# ---- subscriptions ----------------------------------------------------------------------------


async def test_a_subscription_is_fetched_daily_and_what_is_new_waits(stage: Stage) -> None:
    list_id = await subscribed(stage, "a.example")
    await stage.flows.list_renewing.schedule()
    await stage.drain()
    assert len(stage.net.asked) == 1
    serve(stage, csv("a.example", "b.example"), etag='"2"')
    await days_pass(stage)
    assert stage.net.asked[-1].headers["If-None-Match"] == '"1"'
    assert tier(stage, "b.example") is Tier.NEUTRAL
    found = await stage.flows.blocklists.proposal(None, list_id)
    assert [one.domain for one in found.difference.added] == ["b.example"]
    serve(stage, b"", status=304)
    await days_pass(stage)
    assert stage.net.asked[-1].headers["If-None-Match"] == '"2"'
    assert (await stage.flows.blocklists.shelves(None))[0].draft is not None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Incoming(500, {}, b""), "answered 500"),
        (Incoming(200, {}, b"<html>Sorry"), "web page"),
        (Incoming(200, {}, b""), "empty"),
        (Incoming(200, {}, csv("art.test")), "this instance"),
        (Unreachable("lists.example has no valid TLS certificate."), "certificate"),
    ],
)
async def test_a_broken_fetch_changes_nothing_and_is_shown(
    stage: Stage, answer: Incoming | Unreachable, words: str
) -> None:
    await subscribed(stage, "a.example")
    await stage.flows.list_renewing.schedule()
    stage.net.answers[SOURCE] = answer
    await days_pass(stage)
    shelf = (await stage.flows.blocklists.shelves(None))[0]
    assert words in shelf.one.problem
    assert shelf.draft is None
    assert tier(stage, "a.example") is Tier.REFUSED
    serve(stage, csv("a.example"))
    await days_pass(stage, hours=7)
    assert (await stage.flows.blocklists.shelves(None))[0].one.problem == ""


async def test_by_itself_only_what_severs_nothing_and_is_little_is_applied(stage: Stage) -> None:
    names = [f"n{number}.example" for number in range(60)]
    list_id = await subscribed(stage, *names)
    lists = stage.flows.blocklists
    await lists.settle(None, list_id, name="Far", applies_harmless=True, leaves_out_hidden=False)
    await stage.flows.list_renewing.schedule()
    serve(stage, csv(*names, "new.example"))
    await days_pass(stage)
    assert tier(stage, "new.example") is Tier.REFUSED
    serve(stage, csv(*names[:40]))  # a third of it is gone
    await days_pass(stage)
    assert tier(stage, names[59]) is Tier.REFUSED
    await stage.befriend(Peer("fan", "far.example"), await stage.artist())
    serve(stage, csv(*names, "new.example", "far.example"))
    await days_pass(stage)
    assert tier(stage, "far.example") is Tier.NEUTRAL
    assert (await lists.shelves(None))[0].draft is not None


async def test_by_default_nothing_is_applied_by_itself(stage: Stage) -> None:
    await subscribed(stage, "a.example")
    await stage.flows.list_renewing.schedule()
    serve(stage, csv("a.example", "b.example"))
    await days_pass(stage)
    assert tier(stage, "b.example") is Tier.NEUTRAL


def changes(*items: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {"type": kind, "entityKind": "domain", "entityKey": domain, "recommendedPolicy": policy}
        for kind, domain, policy in items
    ]


async def test_a_dataset_is_followed_to_its_snapshot_and_through_its_pages(stage: Stage) -> None:
    first = changes(("Recommendation", "a.example", "drop"))
    second = changes(("Recommendation", "b.example", "filter"))
    stage.net.serve(FIRES, {"type": "Dataset", "endpoints": {"snapshot": f"{FIRES}/snapshot"}})
    stage.net.serve(
        f"{FIRES}/snapshot", {"orderedItems": first, "next": f"{FIRES}/snapshot?page=2"}
    )
    stage.net.serve(f"{FIRES}/snapshot?page=2", {"orderedItems": second})
    one = await stage.flows.blocklists.subscribe(None, FIRES, Wanted("Fires"))
    assert one.format == "fires"
    await agree(stage, one.id)
    assert (tier(stage, "a.example"), tier(stage, "b.example")) == (Tier.REFUSED, Tier.LIMITED)
    stage.net.serve(
        f"{FIRES}/snapshot",
        {
            "orderedItems": first
            + changes(("Recommendation", "c.example", "drop"), ("Retraction", "a.example", ""))
        },
    )
    await stage.flows.list_renewing.schedule()
    await days_pass(stage)
    found = (await stage.flows.blocklists.proposal(None, one.id)).difference
    assert [each.domain for each in found.removed] == ["a.example", "b.example"]


async def test_a_dataset_that_goes_on_elsewhere_is_refused(stage: Stage) -> None:
    stage.net.serve(FIRES, {"orderedItems": [], "next": "https://other.example/page"})
    with pytest.raises(Unavailable, match="another server"):
        await stage.flows.blocklists.subscribe(None, FIRES, Wanted("Fires"))


async def test_a_dataset_without_an_end_is_refused(stage: Stage) -> None:
    for number in range(210):
        address = f"{FIRES}?page={number}" if number else FIRES
        stage.net.serve(address, {"orderedItems": [], "next": f"{FIRES}?page={number + 1}"})
    with pytest.raises(Unavailable, match="200 pages"):
        await stage.flows.blocklists.subscribe(None, FIRES, Wanted("Fires"))
