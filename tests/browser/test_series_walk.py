"""Series, as an artist makes one and a visitor walks through it, with scripts and without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.drafts import Draft
from server.model import Role
from tests.browser.chromium import DESK, PHONE, Visitor
from tests.browser.conftest import Enter
from tests.browser.drawings import drawing
from tests.browser.site import File, Site, running
from tests.browser.test_every_page import faults_on

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def grove(tmp_path: Path) -> Iterator[Site]:
    """Run a gallery of one artist with three works."""
    with running(tmp_path, name="Grove") as made:
        ana = made.open_account("ana", "Ana Brook", Role.OWNER)
        for number, title in enumerate(("Bark", "Leaf", "Root"), start=1):
            size = (300 * number, 500)
            made.hang(ana, Draft(title), [File(drawing(size, number), "it.jpg", f"A {title}")])
        yield made


def titles(visitor: Visitor, where: str) -> list[str]:
    return [one.strip() for one in visitor.page.locator(where).all_inner_texts()]


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()
    visitor.page.wait_for_load_state()


@SCRIPTS
def test_an_artist_makes_a_series_and_a_visitor_walks_through_it(
    grove: Site, visit: Enter, *, scripts: bool
) -> None:
    artist = visit("ana", at=grove, scripts=scripts)
    artist.go("/studio/series")
    artist.page.get_by_role("link", name="New series").click()
    artist.page.fill("#title", "Birches")
    artist.page.fill("#summary", "Three winters among trees.")
    press(artist, "Choose its works")
    for title in ("Bark", "Root", "Leaf"):
        artist.page.get_by_label(title).check()
    press(artist, "Add the chosen works")
    listed = ".series-work .work-title"
    before = titles(artist, listed)
    assert sorted(before) == ["Bark", "Leaf", "Root"]
    press(artist, f"Up: {before[2]}")
    assert titles(artist, listed) == [before[0], before[2], before[1]]
    artist.page.get_by_label(f"Place of {before[2]}").fill("1")
    artist.page.get_by_label(f"Cover: {before[1]}").check()
    artist.page.fill("#title", "Winter Birches")
    artist.page.press("#title", "Enter")  # saves, and moves nothing
    artist.page.wait_for_load_state()
    order = [before[2], before[0], before[1]]
    assert titles(artist, listed) == order
    assert artist.page.get_by_label(f"Cover: {before[1]}").is_checked()
    press(artist, "Let people follow it")
    assert "@ana_birches@" in artist.text()

    stranger = visit(at=grove, scripts=scripts)
    stranger.go("/@ana")
    stranger.page.locator(".series-row a").click()
    stranger.page.wait_for_url("**/@ana/series/birches")
    assert titles(stranger, ".tile__title") == order
    assert stranger.page.get_by_text("Follow this series").is_visible()
    stranger.page.locator(".tile a").first.click()
    stranger.page.wait_for_url(re.compile(r"/@ana/\d+-"))
    for number in (1, 2, 3):
        place = stranger.page.locator(".neighbours__place").first.inner_text()
        assert place == f"From the series Winter Birches, {number} of 3"
        if number < 3:
            if scripts:
                stranger.page.keyboard.press("ArrowRight")
            else:
                stranger.page.locator(".neighbours--series [rel=next]").click()
            slug = order[number].lower()
            stranger.page.wait_for_url(f"**-{slug}")

    press_delete(artist)
    latecomer = visit(at=grove, scripts=scripts)  # the other's browser may keep the page a minute
    latecomer.watch.refusals = (404,)
    assert latecomer.go("/@ana/series/birches") == 404
    assert not artist.watch.complaints
    assert not stranger.watch.complaints


def press_delete(artist: Visitor) -> None:
    artist.page.get_by_role("link", name="Delete this series").click()
    press(artist, "Delete it for good")
    assert "The series was deleted" in artist.page.locator(".notices").inner_text()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wrong_with_any_page_of_a_series(
    grove: Site, visit: Enter, size: tuple[int, int]
) -> None:
    known = grove.instance.flows
    ana, _ = grove.do(known.viewing.artist("ana"))
    made = grove.do(known.series.named(ana, "Birches"))
    works = grove.do(known.viewing.studio(ana))
    grove.do(known.series.add(ana, made.id, [work.id for work in works[:2]]))
    grove.do(known.series.named(ana, "Empty"))
    artist, stranger = visit("ana", at=grove, size=size), visit(at=grove, size=size)
    own = f"/studio/series/{made.id}"
    found = {
        path: faults_on(artist, path)
        for path in ("/studio/series", "/studio/series/new", own, f"{own}/add", f"{own}/delete")
    }
    found[own] += faults_on(artist, f"/studio/works/{works[0].id}")
    grove.do(known.series.open_to_followers(ana, made.id, "birches"))
    found[f"{own} to follow"] = faults_on(artist, own)
    for path in ("/@ana", "/@ana/series/birches", grove.path_of(works[0], ana)):
        found[path] = faults_on(stranger, path)
    assert not {path: faults for path, faults in found.items() if faults}
