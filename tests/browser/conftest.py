"""One instance with works in it for all tests of a process, and a browser for each file.

Works are small pictures, so that all of them are ready within seconds.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from playwright.sync_api import Browser

from server.drafts import Draft
from server.model import Role, Visibility
from tests.browser.chromium import Visitor, chromium, visitor
from tests.browser.drawings import WIDE_STRIP, drawing, sheet
from tests.browser.site import PASSWORD, File, Site, running

Enter = Callable[..., Visitor]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run a gallery: `ana` owns it and hangs six works, `ben` shows one, `cleo` only reads."""
    folder = tmp_path_factory.mktemp("gallery")
    with running(folder, name="Harbour Studio", description="Prints by the harbour.") as made:
        ana = made.open_account("ana", "Ana Brook", Role.OWNER)
        ben = made.open_account("ben", "Ben Ash")
        made.open_account("cleo", "Cleo", Role.READER)
        pair = [File(sheet(1), "one.jpg", "A red field"), File(sheet(2), "two.jpg", "A blue field")]
        made.hang(ana, Draft("Two Fields", "By the #sea.", ("Sea", "pair"), year="2026"), pair)
        for draft, size in (
            (Draft("Mast", tags=("sea",)), (300, 900)),
            (Draft("Coast"), WIDE_STRIP),
            (Draft("Storm", is_sensitive=True, sensitive_reason="A wreck"), (600, 400)),
            (Draft("By Letter", visibility=Visibility.UNLISTED), (600, 400)),
            (Draft("Among Friends", visibility=Visibility.FOLLOWERS), (600, 400)),
        ):
            made.hang(ana, draft, [File(drawing(size, len(draft.title)), "it.jpg", "A drawing")])
        made.hang(ben, Draft("Ash Tree", tags=("tree",)), [File(sheet(9), "ash.jpg", "A tree")])
        yield made


@pytest.fixture(scope="module")  # an open playwright keeps a loop running in this thread
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Enter]:
    """Open as many profiles as a test needs, signed in where a handle is named."""
    with ExitStack() as profiles:

        def enter(handle: str = "", *, at: Site = site, **how: object) -> Visitor:
            opened: AbstractContextManager[Visitor] = visitor(browser, at.base_url, **how)  # type: ignore[arg-type]  # passed on as it is
            made = profiles.enter_context(opened)
            if handle:
                flows = at.instance.flows
                signed_in = at.do(flows.sessions.sign_in(handle, PASSWORD))
                made.enter(flows.forms.cookies.session_name, signed_in.token)
            return made

        yield enter
