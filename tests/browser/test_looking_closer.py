"""Who looks closer in a browser gets the large copy; who keeps no cookie, a page to read."""

import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Response, Route

from server.drafts import Draft
from server.model import Work
from server.policy import compile_policy
from server.rules import Proof
from tests.browser.chromium import ARGUMENTS, EXECUTABLE, USER_AGENT, Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import drawing
from tests.browser.site import File, Site
from web.proofs import SUMS

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
SHOWN, LARGE = 1_280, 1_600
NETWORK = "127.0.0.0/24"


@pytest.fixture(scope="module")
def path(site: Site) -> str:
    """Hang a work that is larger than guests see at first; return its page."""
    artist = site.do(site.instance.flows.accounts.named("ben"))
    file = File(drawing((LARGE, 900), 4), "wide.jpg", "A wide field")
    work: Work = site.hang(artist, Draft("Wide Field"), [file])
    return site.path_of(work, artist)


@pytest.fixture
def asks_sums(site: Site) -> Iterator[None]:
    """Ask visitors' browsers for a sum, as a policy would, for one test."""
    house = site.instance.flows.house
    before = house.now
    policy = before.policy
    asking = replace(policy, renditions=replace(policy.renditions, proof=Proof.WORK))
    house._in_force = replace(before, compiled=compile_policy(asking))
    yield
    house._in_force = before


def look_closer(guest: Visitor) -> Response:
    """Click into the picture; return the answer that the window then shows."""
    with guest.page.expect_event(
        "response", lambda one: one.request.is_navigation_request() and one.status == 200
    ) as shown:
        guest.page.locator("a.whole__zoom").click()
    guest.page.wait_for_url(shown.value.url)  # else the next page interrupts this one
    return shown.value


def side(body: bytes) -> int:
    with Image.open(io.BytesIO(body)) as image:
        return max(image.size)


@SCRIPTS
def test_the_first_click_into_a_picture_shows_the_large_copy(
    path: str, visit: Enter, *, scripts: bool
) -> None:
    guest = visit(scripts=scripts)
    assert guest.go(path) == 200
    assert f"a click into the picture shows {LARGE:,}" in guest.text()
    assert "/proof.css" in guest.watch.requests
    answer = look_closer(guest)
    assert "?t=" in answer.url
    assert answer.headers["cache-control"].startswith("private")
    shown = guest.context.request.get(answer.url)
    assert side(shown.body()) == LARGE
    stranger = visit(scripts=scripts)
    stranger.watch.refusals = (403,)
    assert stranger.go(answer.url.removeprefix(stranger.base_url)) == 403


@pytest.mark.usefixtures("asks_sums")
def test_where_a_sum_is_asked_a_worker_solves_it_upon_the_first_click(
    path: str, visit: Enter
) -> None:
    guest = visit()
    assert guest.go(path) == 200
    assert "solves a small sum" in guest.text()
    assert "/proof/sum" not in guest.watch.requests  # nobody computes who only looks
    answer = look_closer(guest)
    assert "?t=" in answer.url
    assert side(guest.context.request.get(answer.url).body()) == LARGE
    assert guest.watch.requests.count("/proof/sum") == 2
    workers = [one for one in guest.watch.requests if "altcha-pbkdf2.js" in one]
    assert workers
    guest.go(path)
    assert "?t=" in look_closer(guest).url  # within the hour nothing is solved again
    assert guest.watch.requests.count("/proof/sum") == 3
    assert not guest.watch.complaints
    stranger = visit()
    stranger.watch.refusals = (403,)
    assert stranger.go(answer.url.removeprefix(stranger.base_url)) == 403


@pytest.mark.usefixtures("asks_sums")
def test_where_a_sum_is_asked_who_runs_no_scripts_is_told_so_and_keeps_the_picture(
    path: str, visit: Enter
) -> None:
    guest = visit(scripts=False)
    guest.go(path)
    assert "without one, this is the largest that we show you" in guest.text()
    guest.page.locator("a.whole__zoom").click()
    guest.page.wait_for_url("**told=no-work")
    assert "where scripts run; else this is the largest" in guest.page.locator("body").inner_text()
    assert guest.page.locator("main img").first.is_visible()


@pytest.mark.usefixtures("asks_sums")
def test_a_sum_that_is_not_set_leaves_a_sentence_and_the_next_click_tries_again(
    path: str, site: Site, visit: Enter
) -> None:
    guest, limits = visit(), site.instance.flows.limits
    guest.watch.refusals = (429,)
    guest.go(path)

    def spend_all(route: Route) -> None:  # just before: one more is given every five seconds
        while not limits.take(SUMS, NETWORK):
            pass
        route.continue_()

    guest.page.route("**/proof/sum*", spend_all)
    guest.page.locator("a.whole__zoom").click()
    guest.page.get_by_role("status").filter(has_text="too often in a short time").wait_for()
    assert guest.page.url.endswith(path)
    guest.page.unroute("**/proof/sum*")
    limits.forgive(SUMS, NETWORK)
    guest.context.clear_cookies()  # as if the page had stood open for a day
    assert "?t=" in look_closer(guest).url
    assert not guest.watch.complaints


def test_a_browser_that_blocks_cookies_reads_the_page_and_is_told_why(
    path: str, site: Site, browser: Browser, tmp_path: Path
) -> None:
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text('{"profile": {"default_content_setting_values": {"cookies": 2}}}')
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=EXECUTABLE, args=list(ARGUMENTS), user_agent=USER_AGENT
    )
    page = context.new_page()
    page.goto(site.base_url + path)
    assert f"{SHOWN:,} pixels" in page.locator("main").inner_text()
    page.locator("a.whole__zoom").click()
    page.wait_for_url("**told=no-proof")
    assert "yours sent none back" in page.locator("body").inner_text()
    assert page.locator("main img").first.is_visible()
    assert not context.cookies()
    context.close()


def test_a_text_browser_reads_the_page_and_is_led_to_no_more_than_it_proved(
    path: str, site: Site
) -> None:
    page = read_as_text(site.base_url + path)
    assert "Wide Field" in page
    assert "A wide field" in page  # the description stands where the picture would
    assert f"{SHOWN:,} pixels" in page
    source = read_as_text(site.base_url + path, "-dump_source")
    closer = re.search(r'href="(/works/[0-9]+/larger/[0-9]+)"', source)
    assert closer is not None
    assert "where your browser loads style sheets and keeps cookies" in " ".join(page.split())
    assert side(load(site.base_url + closer[1])) == SHOWN  # the one link to a picture leads to one
    pictures = re.findall(r'src="(/media/[^"]+)"', source)
    assert pictures
    assert all(side(load(site.base_url + one)) <= SHOWN for one in pictures)


def read_as_text(url: str, how: str = "-dump") -> str:
    return load(url, how).decode()


def load(url: str, how: str = "-dump_source") -> bytes:
    """Return what w3m shows of an address, or loads from it."""
    command = ["w3m", "-no-proxy", "-cookie", "-cols", "100", how, url]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
