"""Videos of how a work was made, as a browser plays them by the proof that opens pictures."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.documenting import ShotsWish
from server.drafts import Draft
from server.model import Artist, Work
from server.policy import compile_policy
from server.rules import Proof
from tests.browser.chromium import Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import drawing
from tests.browser.site import File, Site

RECORDED = (Path(__file__).parents[1] / "fixtures" / "videos" / "recorded.webm").read_bytes()
SMALLER = 600  # than this film is wide
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture(scope="module")
def path(site: Site) -> str:
    """Hang a work with a film of how it was made; return its page."""
    artist = site.do(site.instance.flows.accounts.named("ben"))
    work: Work = site.hang(
        artist, Draft("Lapse"), [File(drawing((600, 400), 5), "it.jpg", "A field")]
    )
    site.do(_film(site, artist, work))
    return site.path_of(work, artist)


async def _film(site: Site, artist: Artist, work: Work) -> None:
    flows = site.instance.flows

    async def body() -> AsyncIterator[bytes]:
        yield RECORDED

    came = await flows.shot_files.receive(body(), "lapse.webm", room=10**9)
    await flows.documenting.change(artist, work.id, ShotsWish(added=(came,)))


@pytest.fixture(params=[Proof.COOKIE])
def small_for_guests(site: Site, request: pytest.FixtureRequest) -> Iterator[None]:
    """Give guests small copies until their browser proved something, for one test."""
    house = site.instance.flows.house
    before = house.now
    sizes = replace(before.policy.renditions, visitor=SMALLER, proof=request.param)
    house._in_force = replace(
        before, compiled=compile_policy(replace(before.policy, renditions=sizes))
    )
    yield
    house._in_force = before


def until_it_runs(guest: Visitor) -> str:
    """Wait until the film runs in the page; return the address that it came from."""
    film = guest.page.locator("video.making__video")
    film.evaluate(
        """film => film.currentTime > 0 || new Promise((done, failed) => {
            film.addEventListener('timeupdate', () => film.currentTime > 0 && done());
            film.addEventListener('error', () => failed(film.error), true);
        })"""
    )
    size = film.evaluate("film => [film.videoWidth, film.videoHeight]")
    assert size == [640, 360]
    return str(film.evaluate("film => film.currentSrc"))


@SCRIPTS
@pytest.mark.usefixtures("small_for_guests")
def test_a_guest_plays_a_film_by_the_proof_that_opens_large_pictures(
    path: str, visit: Enter, *, scripts: bool
) -> None:
    guest = visit(scripts=scripts)
    guest.go(path)
    assert "It plays where your browser loads style sheets and keeps cookies" in guest.text()
    assert not [one for one in guest.watch.requests if "/video" in one]  # before somebody plays it
    with guest.page.expect_response(lambda one: "/video.webm?t=" in one.url) as shown:
        guest.page.locator("video.making__video").evaluate("film => film.play()")  # its button
    assert shown.value.status == 206
    assert shown.value.headers["cache-control"] == "private, max-age=86400"
    assert until_it_runs(guest).endswith("/video")
    stranger = visit(scripts=scripts)
    stranger.watch.refusals = (403,)
    assert stranger.go(shown.value.url.removeprefix(stranger.base_url)) == 403


@pytest.mark.parametrize("small_for_guests", [Proof.WORK], indirect=True)
@pytest.mark.usefixtures("small_for_guests")
def test_where_a_sum_is_asked_the_first_click_solves_it_and_the_film_plays_in_its_place(
    path: str, visit: Enter
) -> None:
    guest = visit()
    guest.go(path)
    assert "A click plays it, after a moment in which your browser solves a small sum" in (
        guest.text()
    )
    assert "/proof/sum" not in guest.watch.requests
    with guest.page.expect_response(lambda one: "/video.webm?t=" in one.url):
        guest.page.get_by_role("link", name="Play the video").click()
    until_it_runs(guest)
    assert guest.page.url.endswith(path)
    assert guest.watch.requests.count("/proof/sum") == 2


@pytest.mark.parametrize("small_for_guests", [Proof.WORK], indirect=True)
@pytest.mark.usefixtures("small_for_guests")
def test_where_a_sum_is_asked_who_runs_no_scripts_is_told_so(path: str, visit: Enter) -> None:
    guest = visit(scripts=False)
    guest.go(path)
    assert "That takes a script: without one, it is not shown to you" in guest.text()
    guest.page.get_by_role("link", name="Play the video").click()
    guest.page.wait_for_url("**told=no-work-video**")
    assert "where scripts run; else you see what stands for it" in guest.page.inner_text("body")
