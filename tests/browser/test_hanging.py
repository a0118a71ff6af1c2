"""From the one-time link to a withdrawn work, as an artist does it, with scripts and without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.chromium import Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import heavy, sheet
from tests.browser.site import PASSWORD, Site, running

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    with running(tmp_path, name="New Place") as made:
        yield made


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    page.set_input_files(
        "#pictures",
        [FilePayload(name=name, mimeType="image/jpeg", buffer=body) for name, body in files],
    )


def own(site: Site, owner: Visitor) -> None:
    """Go through the set-up link."""
    token = site.do(site.instance.flows.setting_up.offer())
    assert owner.go(f"/setup?t={token}") == 200
    owner.page.fill("#handle", "mira")
    owner.page.fill("#name", "Mira Lund")
    owner.page.fill("#password", PASSWORD)
    owner.page.get_by_role("button", name="Open the gallery").click()
    owner.page.wait_for_url("**/studio/upload")


def describe(page: Page, *, scripts: bool) -> None:
    if scripts:  # each chosen picture has its own field at once
        assert page.locator("[data-previews] img").count() == 2
        page.get_by_label("Describe one.jpg").fill("A red field")
        page.get_by_label("Describe two.jpg").fill("A blue field")
    else:
        page.get_by_label("Describe the picture").fill("A red field")


def pictures_on(page: Page) -> list[dict[str, object]]:
    """Return every picture of a work's page once it is loaded, as the browser sees it."""
    found: list[dict[str, object]] = []
    for image in page.locator(".whole img").all():
        image.scroll_into_view_if_needed()
        image.evaluate("image => image.complete || new Promise(go => image.onload = go)")
        found.append(
            image.evaluate(
                """image => ({
                    alt: image.alt, width: image.naturalWidth, file: image.currentSrc,
                    shown: image.clientWidth / image.clientHeight,
                    own: image.naturalWidth / image.naturalHeight,
                })"""
            )
        )
    return found


@SCRIPTS
def test_an_owner_sets_up_hangs_edits_and_withdraws_a_work(
    empty_site: Site, visit: Enter, *, scripts: bool
) -> None:
    owner = visit(at=empty_site, scripts=scripts)
    own(empty_site, owner)
    page = owner.page

    choose(page, ("one.jpg", sheet(1)), ("two.jpg", sheet(2)))
    describe(page, scripts=scripts)
    page.fill("#title", "Two Fields")
    page.fill("#tags", "field pair")
    page.get_by_role("button", name="Hang it").click()
    page.wait_for_url(re.compile(r"/studio/works/\d+/progress"))
    page.get_by_role("link", name="See it as it hangs").wait_for()  # the page goes on by itself
    assert "It hangs." in owner.text()
    assert owner.text().count("Ready.") == 2
    empty_site.settle()

    assert owner.go("/@mira") == 200
    page.locator(".tile a").click()
    page.wait_for_url(re.compile(r"/@mira/\d+"))
    address = page.url.removeprefix(empty_site.base_url)
    assert re.fullmatch(r"/@mira/\d+-two-fields", address)
    shown = pictures_on(page)
    assert [one["alt"] for one in shown] == ["A red field", "A blue field" if scripts else ""]
    for one in shown:
        assert str(one["file"]).endswith(".avif")
        assert one["width"]  # loaded: what a browser cannot read has none
        assert one["shown"] == pytest.approx(one["own"], rel=0.01)  # whole, not cropped

    page.get_by_role("link", name="Edit this work").click()
    page.wait_for_load_state()
    alts, places = page.locator("[name^=alt-]"), page.locator("[name^=position-]")
    page.fill("#title", "Two Quiet Fields")
    alts.nth(1).fill("A blue field at dusk")
    places.nth(0).fill("2")
    places.nth(1).fill("1")
    page.locator("[name^=left-]").nth(1).fill("80")
    page.check("#is_sensitive")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**told=saved")
    assert "Saved." in page.locator(".notices").inner_text()
    assert page.locator("[name^=alt-]").nth(0).input_value() == "A blue field at dusk"
    assert page.locator("[name^=left-]").nth(0).input_value() == "80"
    assert page.is_checked("#is_sensitive")  # a tick that is lost here would unveil the work

    page.get_by_role("link", name="Withdraw this work").click()
    page.get_by_role("button", name="Withdraw it for good").click()
    page.wait_for_url("**/studio?told=withdrawn")
    stranger = visit(at=empty_site, scripts=scripts)
    stranger.watch.refusals = (410,)
    assert stranger.go(address) == 410
    assert "taken down" in stranger.text()
    assert stranger.go("/@mira") == 200
    assert stranger.page.locator(".tile").count() == 0


def test_a_set_up_link_works_once(empty_site: Site, visit: Enter) -> None:
    owner = visit(at=empty_site)
    token = empty_site.do(empty_site.instance.flows.setting_up.offer())
    own(empty_site, owner)
    late = visit(at=empty_site)
    late.watch.refusals = (404,)
    assert late.go(f"/setup?t={token}") == 404


def test_what_is_no_picture_is_told_at_the_work_and_nothing_typed_is_lost(
    site: Site, visit: Enter
) -> None:
    ana = visit("ana")
    ana.go("/studio/upload")
    choose(ana.page, ("notes.jpg", b"these are words, no picture"))
    ana.page.fill("#title", "Not a Picture")
    ana.page.get_by_role("button", name="Hang it").click()
    ana.page.wait_for_url("**/studio**")
    site.settle()
    ana.go("/studio")
    row = ana.page.locator(".studio-work", has_text="Not a Picture")
    assert "Not hung." in row.inner_text()
    row.get_by_role("link", name="Edit", exact=True).click()
    ana.page.wait_for_load_state()
    assert "Problem" in ana.complaint()
    assert ana.page.input_value("#title") == "Not a Picture"
    ana.page.get_by_role("link", name=re.compile("Withdraw|Delete")).click()
    ana.page.get_by_role("button", name=re.compile("for good")).click()


@SCRIPTS
def test_an_upload_without_a_file_keeps_what_was_typed(visit: Enter, *, scripts: bool) -> None:
    ana = visit("ana", scripts=scripts)
    ana.watch.refusals = (422,)
    ana.go("/studio/upload")
    page = ana.page
    page.fill("#title", "Forgotten")
    page.fill("#caption", "A caption of some length.")
    page.check("#is_quiet")
    page.get_by_label("Made with help of AI").check()
    page.locator("form[enctype]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Hang it").click()
    page.wait_for_selector("[role=alert]")
    assert "choose at least one" in ana.complaint()
    assert page.input_value("#title") == "Forgotten"
    assert page.input_value("#caption") == "A caption of some length."
    assert page.is_checked("#is_quiet")
    assert page.get_by_label("Made with help of AI").is_checked()
    assert page.get_by_label("Public").is_checked()


def test_a_draft_is_seen_by_nobody_else_until_it_hangs(site: Site, visit: Enter) -> None:
    ana, stranger = visit("ana"), visit()
    stranger.watch.refusals = (404,)
    ana.go("/studio/upload")
    choose(ana.page, ("draft.jpg", sheet(4)))
    ana.page.fill("#title", "Later")
    ana.page.get_by_role("button", name="Keep as a draft").click()
    ana.page.wait_for_url("**/studio/works/**")
    site.settle()
    number = ana.page.url.partition("/works/")[2].partition("?")[0]
    assert stranger.go(f"/@ana/{number}-later") == 404
    stranger.go("/@ana")
    assert "Later" not in stranger.text()

    ana.go(f"/studio/works/{number}")
    ana.page.get_by_role("button", name="Hang it").click()
    ana.page.wait_for_url("**told=hung")
    fresh = visit()
    assert fresh.go(f"/@ana/{number}-later") == 200
    ana.go(f"/studio/works/{number}/withdraw")
    ana.page.get_by_role("button", name="Withdraw it for good").click()


def test_five_scans_of_five_megabytes_arrive_at_once(
    site: Site, visit: Enter, tmp_path: Path
) -> None:
    files = [tmp_path / f"scan-{number}.png" for number in range(5)]
    for number, file in enumerate(files):
        file.write_bytes(heavy(number))
    assert all(file.stat().st_size > 5_000_000 for file in files)
    ana = visit("ana")
    ana.go("/studio/upload")
    ana.page.set_input_files("#pictures", files)
    assert ana.page.locator("[data-previews] img").count() == 5
    ana.page.get_by_label("Describe scan-3.png").fill("The fourth sheet")
    ana.page.fill("#title", "Five Scans")
    ana.page.get_by_role("button", name="Keep as a draft").click()
    ana.page.wait_for_url("**/studio/works/**")
    alts = [field.input_value() for field in ana.page.locator("[name^=alt-]").all()]
    assert alts == ["", "", "", "The fourth sheet", ""]
    site.settle()
    ana.page.reload()
    assert ana.page.locator(".thumb--whole img").count() == 5
    ana.page.get_by_role("link", name="Delete the draft").click()
    ana.page.get_by_role("button", name="Delete it for good").click()
    ana.page.wait_for_url("**/studio?**")


def test_a_click_into_a_picture_sets_its_focus(site: Site, visit: Enter) -> None:
    ana = visit("ana")
    ana.go("/studio")
    ana.page.locator(".studio-work", has_text="Coast").get_by_role(
        "link", name="Edit", exact=True
    ).click()
    image = ana.page.locator(".thumb--whole img")
    box = image.bounding_box()
    assert box
    image.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
    assert abs(int(ana.page.locator("[name^=left-]").input_value()) - 25) <= 2
    assert site.base_url in ana.page.url
