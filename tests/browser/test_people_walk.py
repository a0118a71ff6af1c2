"""How people come and are dealt with: an invitation; a notice, its answer, the decision."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.drafts import Draft
from server.model import Role
from tests.browser.chromium import Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import sheet
from tests.browser.site import PASSWORD, File, Site, running

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
_SHOTS = os.environ.get("FIXATIF_WALK_SHOTS", "")  # a folder for pictures of each step


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("house"), name="Harbour House") as made:
        made.open_account("otto", "Otto", Role.OWNER)
        yield made


def press(member: Visitor, name: str) -> None:
    with member.page.expect_navigation():
        member.page.get_by_role("button", name=name, exact=True).first.click()
    shoot(member, name)


def shoot(member: Visitor, name: str) -> None:
    if not _SHOTS:
        return
    for width in (390, 1440):
        member.page.set_viewport_size({"width": width, "height": 900})
        path = Path(_SHOTS) / f"{name.lower().replace(' ', '-')}-{width}.png"
        member.page.screenshot(path=str(path), full_page=True)


@SCRIPTS
def test_an_invitation_leads_somebody_in(visit: Enter, house: Site, *, scripts: bool) -> None:
    otto = visit("otto", at=house, scripts=scripts)
    otto.go("/admin/people/invites")
    otto.page.fill("#note", "For Cleo")
    press(otto, "Make the link")
    link = otto.page.locator(".copy__text").first.inner_text()
    guest = visit(at=house, scripts=scripts)
    guest.go(link.removeprefix(house.base_url))
    shoot(guest, "invited")
    handle = "cleo" if scripts else "dora"
    guest.page.fill("#handle", handle)
    guest.page.fill("#password", PASSWORD)
    press(guest, "Open my account")
    assert guest.page.url.endswith("/studio")
    otto.go("/admin/people")
    shoot(otto, "people")
    assert f"@{handle}@" in otto.text()


@SCRIPTS
def test_a_notice_hides_a_work_until_somebody_decides(
    visit: Enter, house: Site, *, scripts: bool
) -> None:
    handle = "ana" if scripts else "ben"
    artist = house.open_account(handle, handle.capitalize())
    work = house.hang(artist, Draft(title="Heron"), [File(sheet(3), "heron.jpg", "A heron")])
    path = house.path_of(work, artist)
    stranger = visit(at=house, scripts=scripts)
    stranger.watch.refusals = (404, 422)
    stranger.go("/takedown")
    shoot(stranger, "notice")
    stranger.page.fill("#addresses", f"{house.base_url}{path}")
    stranger.page.fill("#words", "This is a photograph of a painting of mine from 1998, in Lübeck.")
    stranger.page.fill("#source", "https://d.example/heron")
    stranger.page.fill("#name", "Dora Example")
    stranger.page.fill("#standing", "my own")
    stranger.page.check("#is_true")
    stranger.page.fill("#signature", "Dora Example")
    press(stranger, "Send the notice")
    status = stranger.page.url
    assert "Not decided yet" in stranger.text()
    assert stranger.go(path) == 404
    owner = visit(handle, at=house, scripts=scripts)
    owner.go("/notifications")
    with owner.page.expect_navigation():
        owner.page.get_by_role("link", name="Read it").first.click()
    owner.page.fill("#words", "It is mine: see the sketches on my page.")
    press(owner, "Send the answer")
    otto = visit("otto", at=house, scripts=scripts)
    otto.go("/admin/reports")
    shoot(otto, "reports")
    with otto.page.expect_navigation():
        otto.page.get_by_role("link", name=f"Legal notice about @{handle}@").first.click()
    press(otto, "I take it")
    otto.page.get_by_label("No rule was broken").check()
    otto.page.fill("#reason", "The sketches are hers.")
    press(otto, "Close the case")
    stranger.page.goto(status)
    assert "The sketches are hers." in stranger.text()
    assert stranger.go(path) == 200


def test_the_pages_about_the_house_stand(visit: Enter, house: Site) -> None:
    otto = visit("otto", at=house)
    for path in (
        "/admin/texts",
        "/rules",
        "/privacy",
        "/admin/people/applications",
        "/apply",
        "/settings/closing",
        "/transparency",
    ):
        assert otto.go(path) == 200
        shoot(otto, path.strip("/").replace("/", "-"))
    otto.go("/admin/people?q=ana")
    with otto.page.expect_navigation():
        otto.page.get_by_role("link", name="Open ").first.click()
    shoot(otto, "member")
