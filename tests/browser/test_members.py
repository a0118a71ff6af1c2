"""What people do who have an account: sign in, react, comment, follow, change what they say."""

import re
from collections.abc import Iterator

import pytest

from server.model import Role
from tests.browser.chromium import USER_AGENT, Visitor
from tests.browser.conftest import Enter
from tests.browser.site import PASSWORD, Site, running
from tests.browser.test_visiting import address_of

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("other"), name="Other House") as made:
        made.open_account("olga", "Olga", Role.OWNER)
        yield made


def press(member: Visitor, name: str) -> None:
    """Press a button whose form answers with the same page, and wait for that."""
    with member.page.expect_navigation():
        member.page.get_by_role("button", name=name, exact=True).first.click()


@SCRIPTS
def test_a_wrong_password_is_told_and_the_right_one_leads_back(
    visit: Enter, *, scripts: bool
) -> None:
    member = visit(scripts=scripts)
    member.watch.refusals = (403,)
    member.go("/settings")
    member.page.wait_for_url("**/login?next=**")
    member.page.fill("#handle", "ben")
    member.page.fill("#password", "no heron at all")
    press(member, "Sign in")
    assert "handle" in member.complaint().lower()
    assert member.page.input_value("#handle") == "ben"
    member.page.fill("#password", PASSWORD)
    press(member, "Sign in")
    assert member.page.url.endswith("/settings")
    press(member, "Sign out")
    assert member.page.url == member.base_url + "/"
    member.go("/settings")
    assert "/login" in member.page.url


def test_too_many_tries_are_slowed_down_in_plain_words(other_site: Site, visit: Enter) -> None:
    member = visit(at=other_site)
    member.watch.refusals = (403, 429)
    member.go("/login")
    csrf = member.page.locator("main [name=csrf]").input_value()
    for _ in range(10):
        member.context.request.post(
            other_site.base_url + "/login",
            form={"csrf": csrf, "handle": "nobody", "password": "x"},
            headers={"User-Agent": USER_AGENT, "Origin": other_site.base_url},
        )
    member.page.fill("#handle", "nobody")
    member.page.fill("#password", "x")
    press(member, "Sign in")
    assert re.search("wait|again in", member.complaint())


def test_two_instances_on_one_host_keep_their_sessions_apart(
    site: Site, other_site: Site, visit: Enter
) -> None:
    member = visit("ben")
    flows = other_site.instance.flows
    signed_in = other_site.do(flows.sessions.sign_in("olga", PASSWORD))
    cookie = flows.forms.cookies.session_name
    member.context.add_cookies(
        [{"name": cookie, "value": signed_in.token, "url": other_site.base_url}]
    )
    member.go("/settings")
    assert f"@ben@{site.instance.config.instance.domain}" in member.text()
    there = member.context.request.get(other_site.base_url + "/settings")
    assert f"@olga@{other_site.instance.config.instance.domain}" in there.text()
    press(member, "Sign out")
    still = member.context.request.get(other_site.base_url + "/settings", max_redirects=0)
    assert still.status == 200


@SCRIPTS
def test_likes_boosts_and_comments_can_be_given_and_taken_back(
    site: Site, visit: Enter, *, scripts: bool
) -> None:
    ben, path = visit("ben", scripts=scripts), address_of(site, "Coast")
    ben.go(path)
    for name, done in (("Like", "Liked"), ("Boost", "Boosted")):
        press(ben, name)
        pressed = ben.page.get_by_role("button", name=done, exact=True)
        assert pressed.get_attribute("aria-pressed") == "true"
        assert f"1 {name.lower()}" in ben.text()
        press(ben, done)
        assert f"1 {name.lower()}" not in ben.text()
    ben.page.get_by_label("Your comment").fill("The light! <b>Where</b> is it?")
    press(ben, "Comment")
    assert "Your comment is out." in ben.page.locator(".notices").inner_text()
    assert "The light! <b>Where</b> is it?" in ben.page.locator(".comment").inner_text()

    site.settle()
    ana = visit("ana", scripts=scripts)
    ana.go("/notifications")
    assert "Ben Ash commented on Coast" in ana.text()
    assert "The light!" in ana.text()
    press(ana, "Mark all as read")
    assert ana.page.locator(".news__item--unread").count() == 0

    ben.go(path)
    press(ben, "Remove")
    assert ben.page.locator(".comment").count() == 0


def test_a_follower_sees_what_hangs_for_followers_until_they_are_removed(
    site: Site, visit: Enter
) -> None:
    ben, path = visit("ben"), address_of(site, "Among Friends")
    ben.watch.refusals = (404,)
    assert ben.go(path) == 404
    ben.go("/@ana")
    press(ben, "Follow")
    assert "Following" in ben.text()
    assert ben.go(path) == 200
    assert "Only followers see this work." in ben.text()
    ben.go("/@ana")
    assert "Among Friends" in ben.text()
    ben.go("/home")
    assert "Among Friends" in ben.text()

    ana = visit("ana")
    ana.go("/followers")
    assert "Ben Ash" in ana.text()
    press(ana, "Remove")
    assert "Ben Ash" not in ana.text()
    assert ben.go(path) == 404


def test_an_artist_who_approves_answers_each_request(site: Site, visit: Enter) -> None:
    ben, ana = visit("ben"), visit("ana")
    ben.go("/settings")
    ben.page.check("#approves_follows")
    ben.page.fill("#bio", "I plant trees.\nAnd draw them. #trees")
    press(ben, "Save")
    assert "saved" in ben.page.locator(".notices").inner_text()
    assert ben.page.is_checked("#approves_follows")

    ana.go("/@ben")
    assert "And draw them." in ana.text()
    press(ana, "Follow")
    assert "Asked to follow" in ana.text()
    site.settle()
    ben.go("/notifications")
    assert "asks to follow you" in ben.text()
    ben.go("/followers")
    press(ben, "Let in")
    assert "They follow you" in ben.text()
    ana.go("/@ben")
    press(ana, "Following – stop")
    ben.go("/settings")
    ben.page.uncheck("#approves_follows")
    press(ben, "Save")


def test_an_empty_feed_says_what_will_stand_there(visit: Enter) -> None:
    cleo = visit("cleo")
    cleo.go("/home")
    assert "Nothing here yet" in cleo.text()
    assert cleo.page.get_by_label("Follow someone elsewhere").is_visible()


def test_a_changed_password_signs_every_other_browser_out(other_site: Site, visit: Enter) -> None:
    here, elsewhere = visit("olga", at=other_site), visit("olga", at=other_site)
    here.watch.refusals = (422,)
    here.go("/settings")
    here.page.fill("#current", "not mine")
    here.page.fill("#password", "another heron, no ladder")
    press(here, "Change the password")
    assert "present password is wrong" in here.complaint()
    here.page.fill("#current", PASSWORD)
    here.page.fill("#password", "another heron, no ladder")
    press(here, "Change the password")
    assert "Your password was changed" in here.page.locator(".notices").inner_text()
    elsewhere.go("/settings")
    assert "/login" in elsewhere.page.url
