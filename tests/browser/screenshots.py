"""Pictures of every page of a real instance, in light and dark, on a desk and on a phone.

Run by `make screenshots`; writes PNGs into ./screenshots and prints their paths. All sample works
of one studio hang there, and its artists follow, like and comment, so that no page stands empty.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from server.drafts import Draft
from server.model import Artist, ReactionKind, Role, TargetId, Visibility, Work
from server.sampleart import sample_artists, sample_works
from tests.browser.chromium import DESK, PHONE, Visitor, chromium, visitor
from tests.browser.drawings import sheet
from tests.browser.site import PASSWORD, File, Site, hang_sample, running, settle_in

FOLDER = Path("screenshots")
STUDIO = "studio-a"
_REFUSALS = (403, 404, 410, 422)  # pages that are photographed on purpose
# The whole page, with pictures that are only loaded when somebody scrolls to them.
_SCROLL = """async () => {
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
        scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
    scrollTo(0, 0);
    await Promise.all([...document.images].filter((image) => !image.complete && image.src
        && image.checkVisibility()).map((image) => image.decode().catch(() => {})));
}"""


def main() -> None:
    """Photograph everything."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="fixatif-screenshots-") as folder,
        running(
            Path(folder),
            name="Studio A",
            description="Plotter drawings and prints from a shared studio by the harbour.",
        ) as site,
    ):
        people, works = furnish(site)
        for path in photograph(site, public_pages(site, people, works), own_pages(works)):
            sys.stdout.write(f"{path}\n")


def furnish(site: Site) -> tuple[list[Artist], list[Work]]:
    """Hang a studio's works, and let its artists know each other."""
    samples = [artist for artist in sample_artists() if artist.studio == STUDIO]
    people = [
        settle_in(site, sample, Role.OWNER if sample is samples[0] else Role.ARTIST)
        for sample in samples
    ]
    by_handle = {artist.handle: artist for artist in people}
    works = [
        hang_sample(site, by_handle[sample.artist_handle], sample)
        for sample in sample_works()
        if sample.artist_handle in by_handle
    ]
    _meet(site, people, works)
    site.settle()
    return people, works


def public_pages(site: Site, people: list[Artist], works: list[Work]) -> dict[str, str]:
    """Name the pages that strangers see, with their paths."""
    by_id = {artist.id: artist for artist in people}
    shown = {
        f"work-{work.slug or 'untitled'}": site.path_of(work, by_id[work.artist_id])
        for work in works
    }
    withdrawn = _withdrawn(site, people[0])
    token = site.do(site.instance.flows.setting_up.offer())
    return {
        "front": "/",
        "artists": "/artists",
        **{f"portfolio-{artist.handle}": f"/@{artist.handle}" for artist in people},
        **shown,
        "tag": f"/tags/{works[2].tags[-1]}",
        "policy": "/policy",
        "about": "/about",
        "follow-from-server": f"/interact?uri={site.base_url}/users/{people[0].handle}",
        "login": "/login",
        **({"setup": f"/setup?t={token}"} if token else {}),
        "error-404": "/no-such-page",
        "error-410": withdrawn,
    }


def own_pages(works: list[Work]) -> dict[str, str]:
    """Name the pages that only their artist sees, with their paths."""
    of_first = [work for work in works if work.artist_id == works[0].artist_id]
    several = max(of_first, key=lambda work: len(work.pictures))
    edit = f"/studio/works/{several.id}"
    return {
        "studio": "/studio",
        "upload": "/studio/upload",
        "edit": edit,
        "withdraw": f"{edit}/withdraw",
        "feed": "/home",
        "notifications": "/notifications",
        "followers": "/followers",
        "settings": "/settings",
    }


def photograph(site: Site, public: dict[str, str], own: dict[str, str]) -> Iterator[Path]:
    """Write every page in every look; give each file's path as it is written."""
    handle = sample_artists()[0].handle
    with chromium() as browser:
        for dark in (False, True):
            for size in (DESK, PHONE):
                look = f"{'dark' if dark else 'light'}-{size[0]}"
                with visitor(browser, site.base_url, size=size, dark=dark) as someone:
                    someone.watch.refusals = _REFUSALS
                    yield from _each(someone, public, look)
                    _sign_in(site, someone, handle)
                    yield from _each(someone, own, look)


def _each(someone: Visitor, pages: dict[str, str], look: str) -> Iterator[Path]:
    for name, path in pages.items():
        someone.go(path)
        someone.page.evaluate(_SCROLL)
        file = FOLDER / f"{name}-{look}.png"
        someone.page.screenshot(path=file, full_page=True)
        yield file


def _sign_in(site: Site, someone: Visitor, handle: str) -> None:
    flows = site.instance.flows
    signed_in = site.do(flows.sessions.sign_in(handle, PASSWORD))
    someone.enter(flows.forms.cookies.session_name, signed_in.token)


def _meet(site: Site, people: list[Artist], works: list[Work]) -> None:
    """Let both follow each other, like, boost and comment."""
    flows = site.instance.flows
    first, second = people[:2]
    for one, other in ((first, second), (second, first)):
        actor = site.do(flows.viewing.artist(other.handle))[1]
        site.do(flows.following.follow(one, actor))
    for work in [work for work in works if work.artist_id == first.id][:3]:
        site.do(flows.reactions.react(second, TargetId(work.id), ReactionKind.LIKE))
    target = TargetId(works[0].id)
    site.do(flows.reactions.react(second, target, ReactionKind.BOOST))
    said = site.do(flows.commenting.comment(second, target, "Which pen did you change to?"))
    site.do(flows.commenting.comment(first, TargetId(said.id), "The 0.3, when the 0.5 ran dry."))


def _withdrawn(site: Site, artist: Artist) -> str:
    """Hang a work and take it down again; return its address."""
    draft = Draft("Gone", visibility=Visibility.PUBLIC)
    work = site.hang(artist, draft, [File(sheet(3), "gone.jpg", "Stripes")])
    site.do(site.instance.flows.publishing.withdraw(artist, work.id))
    return site.path_of(work, artist)


if __name__ == "__main__":
    main()
