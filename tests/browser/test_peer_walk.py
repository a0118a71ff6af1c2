"""An admin looks a server up, sees what a word about it would do, says it, and takes it back."""

import json
from collections.abc import Iterator

import pytest

from server.model import Role
from server.neighbours import PeerPolicy, PolicyState
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import Enter
from tests.browser.site import Site, running
from tests.browser.test_house_rules import SCRIPTS, flawless, follow, press

HOST = "a-long-name-of-a-server.studios.example:8443"
DOCUMENT = json.dumps({"contentUsage": "train-ai=n", "proof": {"proofValue": "z" * 88}})


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A place of its own that met a server which publishes a policy."""
    with running(tmp_path_factory.mktemp("peers"), name="Open Studio") as made:
        made.open_account("ana", "Ana", Role.OWNER)
        made.do(_meet(made))
        yield made


async def _meet(place: Site) -> None:
    seams = place.instance.seams
    now = seams.clock.now()
    async with seams.library.transaction() as tx:
        await tx.neighbours.meet([HOST], now, now)
        await tx.neighbours.put_policy(
            PeerPolicy(
                HOST,
                checked_at=now,
                state=PolicyState.VALID,
                is_enforced=True,
                is_known=True,
                fetched_at=now,
                document=DOCUMENT,
                content_usage="train-ai=n",
                version=3,
            )
        )
        await tx.policies.bump()
    await place.instance.flows.house.refresh()


@SCRIPTS
def test_a_word_is_looked_at_said_and_taken_back(
    place: Site, visit: Enter, *, scripts: bool
) -> None:
    admin = visit("ana", at=place, scripts=scripts)
    admin.go("/admin/federation")
    admin.page.fill("#q", "studios")
    press(admin, "Search")
    follow(admin, HOST)
    flawless(admin)
    text = admin.page.text_content("main") or ""
    assert "Known: it publishes a signed policy and claims to enforce it." in text
    assert "It refuses training AI." in text
    admin.page.get_by_label("Refused", exact=True).check()
    admin.page.fill("#reason", "It changed hands.")
    press(admin, "See what it would do")
    flawless(admin)
    assert "No follow would be cut." in (admin.page.text_content("main") or "")
    press(admin, "Say it")
    flawless(admin)
    assert "because “It changed hands”" in (admin.page.text_content(".lead") or "")
    admin.page.get_by_label("No word", exact=True).check()
    press(admin, "See what it would do")
    press(admin, "Say it")
    assert "Known" in (admin.page.text_content(".lead") or "")
    assert admin.watch.complaints == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_fit_every_window(
    place: Site, visit: Enter, size: tuple[int, int], *, dark: bool
) -> None:
    admin = visit("ana", at=place, size=size, dark=dark)
    for path in ("/admin/federation", f"/admin/federation/{HOST}", "/policy"):
        assert admin.go(path) == 200, path
        for summary in admin.page.locator("main summary").all():
            summary.click()
        flawless(admin)
    assert admin.watch.complaints == []
