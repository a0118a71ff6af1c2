"""What strangers see and do: look, follow from their own server, meet refusals."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import APIResponse

from server.drafts import Draft
from server.model import PictureId, Work, WorkId
from server.viewing import PAGE
from tests.browser.chromium import USER_AGENT, Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import sheet
from tests.browser.site import File, Site, running

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


def own_works(site: Site, handle: str = "ana") -> dict[str, Work]:
    flows = site.instance.flows
    artist = site.do(flows.accounts.named(handle))
    return {work.title: work for work in site.do(flows.viewing.studio(artist))}


def address_of(site: Site, title: str, handle: str = "ana") -> str:
    artist = site.do(site.instance.flows.accounts.named(handle))
    return site.path_of(own_works(site, handle)[title], artist)


def fetch(stranger: Visitor, path: str, method: str = "GET", **headers: str) -> APIResponse:
    """Ask without the page: no cache, no redirect followed."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return stranger.context.request.fetch(
        stranger.base_url + path,
        method=method,
        headers={"User-Agent": USER_AGENT, "Accept": "text/html", **named},
        max_redirects=0,
    )


def titles_on(stranger: Visitor) -> list[str]:
    return stranger.page.locator(".tile__title").all_inner_texts()


@SCRIPTS
def test_a_stranger_walks_from_the_front_page_to_a_work_and_its_policy(
    visit: Enter, *, scripts: bool
) -> None:
    stranger = visit(scripts=scripts)
    assert stranger.go("/") == 200
    stranger.page.get_by_role("link", name="Mast").first.click()
    stranger.page.wait_for_url(re.compile("-mast$"))
    assert stranger.page.title() == "Mast – Ana Brook · Harbour Studio"
    assert "May not be used to train AI." in stranger.text()
    stranger.page.get_by_role("link", name="Policy", exact=True).first.click()
    stranger.page.wait_for_url("**/policy")
    said = fetch(stranger, "/policy").headers_array
    for name in stranger.page.locator(".signals dt").all_inner_texts():
        value = stranger.page.locator(".signals div", has_text=name).locator("code").first
        sent = [each["value"] for each in said if each["name"].lower() == name.lower()]
        assert value.inner_text() in sent  # the page lists what is truly sent


@SCRIPTS
def test_a_sensitive_picture_is_not_fetched_before_somebody_opens_it(
    site: Site, visit: Enter, *, scripts: bool
) -> None:
    stranger = visit(scripts=scripts)
    key = own_works(site)["Storm"].pictures[0].media_key
    for path in ("/", "/@ana", address_of(site, "Storm")):
        stranger.go(path)
        stranger.page.wait_for_load_state("networkidle")
    assert not [path for path in stranger.watch.requests if key in path]
    assert "A wreck" in stranger.text()
    stranger.page.get_by_text("Show the work").click()
    if scripts:
        stranger.page.locator(".veil img").scroll_into_view_if_needed()
    else:
        stranger.page.get_by_role("link", name="Open the picture").click()
    stranger.page.wait_for_load_state("networkidle")
    assert [path for path in stranger.watch.requests if key in path]


def test_unlisted_works_are_in_no_list_but_open_to_who_has_the_link(
    site: Site, visit: Enter
) -> None:
    stranger = visit()
    for path in ("/", "/@ana", "/artists"):
        stranger.go(path)
        assert "By Letter" not in stranger.text()
    assert stranger.go(address_of(site, "By Letter")) == 200
    assert "no list" in stranger.text()


def test_works_for_followers_look_absent_to_strangers(site: Site, visit: Enter) -> None:
    stranger = visit()
    stranger.watch.refusals = (404,)
    assert stranger.go(address_of(site, "Among Friends")) == 404
    stranger.go("/@ana")
    assert "Among Friends" not in titles_on(stranger)


def test_a_tag_leads_to_the_works_that_carry_it(site: Site, visit: Enter) -> None:
    stranger = visit()
    stranger.go(address_of(site, "Two Fields"))
    stranger.page.get_by_role("link", name="#Sea", exact=True).click()
    stranger.page.wait_for_url("**/tags/sea")
    assert titles_on(stranger) == ["Mast", "Two Fields"]
    assert stranger.go("/tags/nobody-used-this") == 200
    assert "Nothing hangs here yet." in stranger.text()


def test_refusals_say_why_and_lead_on(visit: Enter) -> None:
    stranger = visit()
    stranger.watch.refusals = (404, 403)
    assert stranger.go("/no-such-page") == 404
    assert "There is nothing at this address" in stranger.text()
    assert stranger.go("/@nobody") == 404
    stranger.page.get_by_role("link", name="To the front page").click()
    stranger.page.wait_for_url(stranger.base_url + "/")
    refused = fetch(stranger, "/login", "POST", Content_Type="application/x-www-form-urlencoded")
    assert refused.status == 403
    assert "This form is too old" in refused.text()


def test_crawlers_that_train_are_refused_in_one_line(visit: Enter) -> None:
    answer = fetch(visit(), "/", User_Agent="Mozilla/5.0 (compatible; GPTBot/1.2)")
    assert answer.status == 403
    assert "/policy" in answer.text()


@SCRIPTS
def test_following_from_ones_own_server_explains_what_it_needs(
    visit: Enter, *, scripts: bool
) -> None:
    stranger = visit(scripts=scripts)
    stranger.watch.refusals = (400, 404, 422, 502)
    stranger.go("/@ana")
    stranger.page.get_by_text("Follow", exact=True).first.click()
    field = stranger.page.get_by_label("Your address in the fediverse")
    field.fill("no address at all")
    field.press("Enter")
    stranger.page.wait_for_selector("[role=alert]")
    assert stranger.page.input_value("#address") == "no address at all"  # kept for mending
    assert "Follow Ana Brook from your own server" in stranger.text()


def test_another_letter_case_leads_to_the_one_address(site: Site, visit: Enter) -> None:
    stranger = visit()
    moved = fetch(stranger, "/@ANA?before=5")
    assert (moved.status, moved.headers["location"]) == (301, "/@ana?before=5")
    number = own_works(site)["Mast"].id
    assert fetch(stranger, f"/@Ana/{number}-anything").headers["location"] == (
        address_of(site, "Mast")
    )


def test_link_cards_show_a_jpeg_and_none_of_what_is_sensitive(site: Site, visit: Enter) -> None:
    stranger = visit()
    stranger.go(address_of(site, "Coast"))
    meta = {
        name: stranger.page.locator(f"meta[property='og:{name}']").get_attribute("content") or ""
        for name in ("title", "image", "image:type", "url", "type")
    }
    assert meta["image"].endswith("/card.jpg")
    assert (meta["image:type"], meta["type"]) == ("image/jpeg", "article")
    assert meta["url"] == site.base_url + address_of(site, "Coast")
    card = fetch(stranger, meta["image"].removeprefix(site.base_url))
    assert (card.status, card.body()[:3]) == (200, b"\xff\xd8\xff")
    stranger.go(address_of(site, "Storm"))
    assert stranger.page.locator("meta[property='og:image']").count() == 0


def test_pages_of_strangers_may_be_kept_and_asked_for_again(site: Site, visit: Enter) -> None:
    stranger, member = visit(), visit("ben")
    for path in ("/", "/@ana", address_of(site, "Mast"), "/policy", "/tags/sea"):
        first = fetch(stranger, path)
        assert first.headers["cache-control"].startswith("public, max-age=60")
        again = fetch(stranger, path, If_None_Match=first.headers["etag"])
        assert (again.status, again.body()) == (304, b"")
        assert fetch(member, path).headers["cache-control"] == "no-store"
    assert fetch(stranger, "/login").headers["cache-control"] == "no-store"


def test_head_answers_like_get_without_a_body(site: Site, visit: Enter) -> None:
    stranger = visit()
    for path in ("/", "/@ana", address_of(site, "Mast"), "/favicon.ico", "/robots.txt"):
        head, whole = fetch(stranger, path, "HEAD"), fetch(stranger, path)
        assert (head.status, head.body()) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.fixture(scope="module")
def long_wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a gallery with one page of works and two more."""
    with running(tmp_path_factory.mktemp("long"), name="Long Wall") as made:
        vera = made.open_account("vera", "Vera")
        uploads = [File(sheet(1), "one.jpg", "A field")]
        hung = made.hang(vera, Draft("Work 0"), uploads)
        made.do(_repeat(made, hung, PAGE + 2))
        yield made


async def _repeat(site: Site, pattern: Work, count: int) -> None:
    """Keep copies of a work in the real database: pictures of their own would take minutes."""
    async with site.instance.seams.library.transaction() as tx:
        for number in range(1, count):
            await tx.works.add(_copy(site, pattern, number))


def _copy(site: Site, pattern: Work, number: int) -> Work:
    clock = site.instance.seams.clock
    work_id = WorkId(clock.new_id())
    picture = replace(
        pattern.pictures[0],
        id=PictureId(clock.new_id()),
        work_id=work_id,
        media_key=f"{number:040x}",
    )
    return replace(
        pattern, id=work_id, title=f"Work {number}", slug=f"work-{number}", pictures=(picture,)
    )


@pytest.mark.parametrize("path", ["/", "/@vera"])
def test_every_work_is_shown_once_over_all_pages(long_wall: Site, visit: Enter, path: str) -> None:
    stranger = visit(at=long_wall)
    stranger.go(path)
    seen = titles_on(stranger)
    assert len(seen) == PAGE
    more = stranger.page.get_by_role("link", name="Show more")
    more.click()
    stranger.page.wait_for_url("**before=**")
    seen += titles_on(stranger)
    assert sorted(seen) == sorted(f"Work {number}" for number in range(PAGE + 2))
    assert more.count() == 0
