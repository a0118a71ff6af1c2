"""The settings form for how others find an artist."""

import pytest

from tests.security.gallery import Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = "application/activity+json"


async def test_a_stranger_changes_nothing(gallery: Gallery) -> None:
    answer = await gallery.stranger().post("/settings/presence", {"hides_follows": "yes"})
    assert answer.status in {303, 403}
    assert not (await gallery.instance.flows.accounts.named("ana")).hides_follows


async def test_a_site_that_is_none_is_said_beside_what_was_typed(gallery: Gallery) -> None:
    ana = await gallery.member()
    sent = {"hides_follows": "yes", "attribution_domains": "fine.example\nno/t&fine"}
    answer = await ana.post("/settings/presence", sent)
    assert answer.status == 422
    assert "is no site&#39;s name" in answer.text
    assert "no/t&amp;fine" in answer.text
    artist = await gallery.instance.flows.accounts.named("ana")
    assert (artist.hides_follows, artist.attribution_domains) == (False, ())


async def test_what_an_artist_chose_is_kept_shown_and_told(gallery: Gallery) -> None:
    ana = await gallery.member()
    chosen = {"is_indexable": "yes", "hides_follows": "yes", "attribution_domains": "a.example"}
    assert (await ana.post("/settings/presence", chosen)).status == 303
    artist = await gallery.instance.flows.accounts.named("ana")
    assert (artist.is_discoverable, artist.is_indexable, artist.hides_follows) == (
        False,
        True,
        True,
    )
    page = (await ana.get("/settings")).text
    assert "a.example</textarea>" in page
    actor = (await gallery.stranger().get("/users/ana", Accept=ACTIVITY)).text
    for said in ('"discoverable":false', '"indexable":true', '"attributionDomains":["a.example"]'):
        assert said in actor
    jobs = await gallery.instance.seams.library.join(lambda tx: tx.jobs.counts())
    assert sum(one.waiting for one in jobs.values()) > 0  # followers' servers are told
