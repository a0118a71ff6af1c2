"""An admin writes a rule, sees what it would do, lets it log, lets it act, and takes it back."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from server.model import Role
from tests.browser.chromium import DESK, PHONE, Visitor
from tests.browser.conftest import Enter
from tests.browser.site import Site, running
from tests.browser.test_every_page import FAULTS

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
NEWCOMER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
RULE = "No fresh crawlers"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A place of its own: its rules change."""
    with running(tmp_path_factory.mktemp("ruled"), name="Ruled Studio") as made:
        made.open_account("ana", "Ana", Role.OWNER)
        yield made


def press(admin: Visitor, name: str) -> None:
    with admin.page.expect_navigation():
        admin.page.get_by_role("button", name=name, exact=True).first.click()


def follow(admin: Visitor, name: str) -> None:
    with admin.page.expect_navigation():
        admin.page.get_by_role("link", name=name, exact=True).first.click()


def as_newcomer(admin: Visitor) -> tuple[int, str]:
    """Ask for a page as the new crawler does."""
    asked = urllib.request.Request(admin.base_url + "/@ana", headers={"User-Agent": NEWCOMER})
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def flawless(admin: Visitor) -> None:
    assert admin.page.evaluate(FAULTS) == []


@SCRIPTS
def test_a_rule_is_written_seen_logged_applied_and_taken_back(
    place: Site, visit: Enter, *, scripts: bool
) -> None:
    admin = visit("ana", at=place, scripts=scripts)
    assert as_newcomer(admin)[0] == 200
    admin.go("/admin/policy")
    flawless(admin)
    follow(admin, "Change the house rules")
    flawless(admin)
    follow(admin, "Add a rule to “Pages: who may read here”")
    flawless(admin)
    admin.page.fill("#name", RULE)
    admin.page.locator("summary", has_text="What they call themselves").click()
    admin.page.fill("[name=when-user_agent]", "Googlebot")
    admin.page.get_by_label("Are refused on pages").check()
    admin.page.fill("#because", "Works here are not gathered.")
    admin.page.get_by_label("Only log for now").check()
    press(admin, "Keep the rule in the draft")
    text = admin.page.text_content("main") or ""
    assert "Everybody calling themselves Googlebot is refused on pages." in text
    flawless(admin)

    follow(admin, "See what it would do")
    flawless(admin)
    assert "No follow would be cut." in (admin.page.text_content("main") or "")
    admin.page.fill("#reason", "To see who it is.")
    press(admin, "Put in force")
    assert "The house rules are changed." in (admin.page.text_content("body") or "")
    assert as_newcomer(admin)[0] == 200  # it only logs
    place.do(place.instance.flows.visits.flush())

    admin.go("/admin/policy")
    so_far = admin.page.text_content(".rule__so-far") or ""
    assert "request" in so_far
    assert "nothing" not in so_far
    press(admin, "Let it act …")
    text = admin.page.text_content("main") or ""
    assert "would have been refused" in text
    press(admin, "Put in force")
    status, body = as_newcomer(admin)
    assert (status, "Works here are not gathered." in body) == (403, True)

    follow(admin, "Earlier versions")
    flawless(admin)
    follow(admin, "Bring version 1 back …")
    flawless(admin)
    press(admin, "Bring version 1 back")
    assert as_newcomer(admin)[0] == 200
    assert RULE not in (admin.page.text_content("main") or "")
    assert admin.watch.complaints == []


@SCRIPTS
def test_a_mistake_in_the_text_is_shown_by_its_line_and_nothing_is_lost(
    place: Site, visit: Enter, *, scripts: bool
) -> None:
    admin = visit("ana", at=place, scripts=scripts)
    admin.watch.refusals = (422,)
    admin.go("/admin/policy/draft")
    text = admin.page.input_value("#toml")
    admin.page.fill("#toml", text.replace('then = "throttle"', 'then = "dawdle"'))
    press(admin, "Keep the text")
    told = admin.page.text_content("main .notice--error") or ""
    assert "use allow, throttle or refuse" in told
    assert 'then = "dawdle"' in told
    flawless(admin)
    admin.go("/admin/policy")
    follow(admin, "Go on with your draft")
    assert "dawdle" in admin.page.input_value("#toml")
    press(admin, "Throw the draft away")
    assert "Your draft is gone." in (admin.page.text_content("body") or "")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_fit_every_window(
    place: Site, visit: Enter, size: tuple[int, int], *, dark: bool
) -> None:
    admin = visit("ana", at=place, size=size, dark=dark)
    for path in (
        "/admin/policy",
        "/admin/policy/draft",
        "/admin/policy/draft/rule?door=web",
        "/admin/policy/draft/rule?door=inbound",
        "/admin/policy/draft/rule?n=0",
        "/admin/policy/draft/look",
        "/admin/policy/history",
        "/admin/policy/history/1",
    ):
        assert admin.go(path) == 200, path
        flawless(admin)
    assert admin.watch.complaints == [], json.dumps(admin.watch.complaints)
