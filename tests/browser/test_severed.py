"""An admin takes a word on a server back, and restores by hand what another change had cut."""

from collections.abc import Iterator

import pytest

from server.changes import NewWord
from server.model import Actor, ActorId, ActorKind, Artist, Follow, FollowState, Millis, Role
from server.tiers import Tier
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import Enter
from tests.browser.site import Site, running
from tests.browser.test_every_page import FAULTS

URL = "/admin/policy/severed"
LONG = "somebody-with-a-very-long-name-indeed"
FAR = "a-studio-far-away.photography.example"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A place of its own, whose artist is followed from afar, and follows back."""
    with running(tmp_path_factory.mktemp("severed"), name="Severed Studio") as made:
        ana = made.open_account("ana", "Ana", Role.OWNER)
        made.do(befriend(made, ana))
        yield made


async def befriend(site: Site, ana: Artist) -> None:
    uri = f"https://{FAR}/users/{LONG}"
    far = Actor(
        id=ActorId(7),
        uri=uri,
        kind=ActorKind.PERSON,
        handle=LONG,
        domain=FAR,
        name="Somebody",
        summary_html="",
        url=uri,
        inbox=f"{uri}/inbox",
        shared_inbox="",
    )
    async with site.instance.seams.library.transaction() as tx:
        await tx.actors.put(far)
        for pair in ((far.id, ana.id), (ana.id, far.id)):
            follow = Follow(*pair, FollowState.ACCEPTED, f"{uri}/follows/{pair[0]}", Millis(9))
            await tx.relations.put_follow(follow)


async def forget_the_word(site: Site) -> None:
    """Take the word back without restoring what it cut, as a list's update may."""
    async with site.instance.seams.library.transaction() as tx:
        await tx.neighbours.drop_word(FAR)
        await tx.policies.bump()
    await site.instance.flows.house.refresh()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_was_cut_is_seen_and_restored(
    place: Site, visit: Enter, *, scripts: bool, size: tuple[int, int]
) -> None:
    admin = visit("ana", at=place, scripts=scripts, size=size)
    admin.go(URL)
    assert admin.page.evaluate(FAULTS) == []
    governing = place.instance.flows.governing
    place.do(governing.apply(None, NewWord(FAR, Tier.REFUSED, "They scrape.")))
    admin.go(URL)
    assert admin.page.evaluate(FAULTS) == []
    assert admin.page.get_by_role("button", name="Restore").count() == 0
    place.do(forget_the_word(place))
    admin.go(URL)
    assert admin.page.evaluate(FAULTS) == []
    with admin.page.expect_navigation():
        admin.page.get_by_role("button", name="Restore these 2").click()
    assert admin.page.evaluate(FAULTS) == []
    assert "No follow was cut" in (admin.page.text_content("main") or "")
    assert admin.watch.complaints == []
