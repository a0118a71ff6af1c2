"""What holds on every page: no complaint, no overflow, no jump, and everything has its name."""

import pytest
from playwright.sync_api import Page

from server.model import TargetId
from tests.browser.chromium import DESK, PHONE, Visitor
from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.test_visiting import address_of, own_works

# Own checks of the rules that can be counted (WCAG 2.2: 1.1.1, 1.3.1, 2.4.2, 3.1.1, 4.1.2).
FAULTS = """() => {
    const faults = [], all = (what) => [...document.querySelectorAll(what)];
    const say = (fault, element) => faults.push(fault + ": " + element.outerHTML.slice(0, 160));
    if (all("h1").length !== 1) faults.push("headings of the first level: " + all("h1").length);
    if (!document.documentElement.lang) faults.push("the page has no language");
    if (!document.title) faults.push("the page has no title");
    for (const field of all("input:not([type=hidden]), textarea, select"))
        if (!field.labels.length && field.ariaHidden !== "true") say("no label", field);
    for (const image of all("img")) if (!image.hasAttribute("alt")) say("no alt", image);
    for (const link of all("a[href], button, summary")) {
        const name = link.ariaLabel || link.textContent.trim() || link.querySelector("img[alt]");
        if (!name && link.ariaHidden !== "true") say("no name", link);
    }
    for (const link of all("a[href^='#']"))
        if (!document.querySelector(link.getAttribute("href"))) say("leads nowhere", link);
    for (const element of all("[aria-labelledby], [aria-describedby]"))
        for (const kind of ["aria-labelledby", "aria-describedby"])
            for (const id of (element.getAttribute(kind) || "").split(/\\s+/).filter(Boolean))
                if (!document.getElementById(id)) say("names nothing", element);
    const ids = all("[id]").map((element) => element.id);
    for (const id of new Set(ids))
        if (ids.filter((one) => one === id).length > 1) faults.push("twice: #" + id);
    let last = 1;
    for (const heading of all("h1, h2, h3, h4")) {
        const level = Number(heading.tagName[1]);
        if (level > last + 1) say("skips a level", heading);
        last = level;
    }
    for (const image of all("img"))
        if (image.complete && image.loading !== "lazy" && !image.naturalWidth) say("broken", image);
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.push("wider than the window by " + wide);
    return faults;
}"""
SHIFT = """() => new Promise((go) => {
    let sum = 0;
    const what = new Set();
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries().filter((one) => !one.hadRecentInput)) {
            sum += entry.value;
            for (const { node } of entry.sources) what.add(node?.className || node?.nodeName);
        }
    }).observe({ type: "layout-shift", buffered: true });
    const say = () => go(sum > 0.01 ? [`jumps by ${sum}: ${[...what]}`] : []);
    requestAnimationFrame(() => requestAnimationFrame(say));
})"""


def pages_for_strangers(site: Site) -> list[str]:
    works = [address_of(site, title) for title in ("Two Fields", "Mast", "Coast", "Storm")]
    interact = f"/interact?uri={site.base_url}/users/ana&intent=follow"
    return [
        *("/", "/artists", "/@ana", "/@cleo", "/tags/sea", *works),
        *("/policy", "/about", "/login", interact),
    ]


def pages_for_members(site: Site) -> list[str]:
    several, single = own_works(site)["Two Fields"].id, own_works(site)["Coast"].id
    return [
        *("/home", "/studio", "/studio/upload", "/notifications", "/followers", "/settings"),
        *(f"/studio/works/{several}", f"/studio/works/{single}"),
        f"/studio/works/{several}/progress",
        *(f"/studio/works/{single}/withdraw", address_of(site, "Two Fields"), "/@ana", "/@ben"),
    ]


def faults_on(visitor: Visitor, path: str) -> list[str]:
    assert visitor.go(path) == 200, path
    visitor.page.wait_for_load_state("load")
    found = [str(fault) for fault in visitor.page.evaluate(FAULTS)]
    return found + jumps_on(visitor)


def jumps_on(visitor: Visitor) -> list[str]:
    """Return what moves while a page loads, each time that it does.

    On a busy machine the parser may pause inside the footer, which stands at the bottom and
    grows upwards: a page that is at fault jumps the second time too.
    """
    found = visitor.page.evaluate(SHIFT)
    if found:
        visitor.page.reload(wait_until="load")
        found = visitor.page.evaluate(SHIFT)
    return [str(fault) for fault in found]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("handle", ["", "ana"], ids=["stranger", "artist"])
def test_nothing_is_wrong_with_any_page(
    site: Site, visit: Enter, handle: str, size: tuple[int, int]
) -> None:
    visitor = visit(handle, size=size)
    paths = pages_for_members(site) if handle else pages_for_strangers(site)
    found = {path: faults_on(visitor, path) for path in paths}
    assert not {path: faults for path, faults in found.items() if faults}


def test_long_names_and_words_stay_within_a_phone(site: Site, visit: Enter) -> None:
    leo = site.open_account("leo", "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk")
    flows, tree = site.instance.flows, own_works(site, "ben")["Ash Tree"]
    words = site.do(
        flows.commenting.comment(leo, TargetId(tree.id), f"{'long' * 40} {'/path' * 40}")
    )
    under = site.do(flows.commenting.comment(leo, TargetId(words.id), "and" * 60))
    ben = visit("ben", size=PHONE)
    paths = (address_of(site, "Ash Tree", "ben"), f"/posts/{under.id}", "/notifications")
    assert [faults_on(ben, path) for path in paths] == [[], [], []]


def test_nothing_is_wrong_with_pages_that_refuse(visit: Enter) -> None:
    stranger = visit(size=PHONE)
    stranger.watch.refusals = (404,)
    stranger.go("/no-such-page")
    assert stranger.page.evaluate(FAULTS) == []


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_the_keyboard_skips_to_the_content_and_always_shows_where_it_is(
    site: Site, visit: Enter
) -> None:
    stranger = visit()
    stranger.go(address_of(site, "Two Fields"))
    page = stranger.page
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]  # it is there
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", focused(page)


def test_arrow_keys_lead_through_an_artists_works(site: Site, visit: Enter) -> None:
    stranger = visit()
    stranger.go(address_of(site, "Mast"))
    stranger.page.keyboard.press("ArrowRight")
    stranger.page.wait_for_url("**-two-fields")
