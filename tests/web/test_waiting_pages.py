"""What people see of quotes and requests that wait: for whom, since when, and what they can do."""

import html

from server.drafts import Draft, PictureEdit
from server.model import TargetId, Work
from server.permits import InteractionPolicy, Permit
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]
ASKS = InteractionPolicy(quote=Permit.APPROVED)


async def quoting(site: Site) -> Work:
    """Have ana's work be after one of ben's, who wants to be asked."""
    theirs = await site.stage.hang(site.people["ben"], title="Heron", interaction=ASKS)
    edits = [PictureEdit(one.id, one.alt) for one in site.work.pictures]
    draft = Draft(
        title=site.work.title,
        visibility=site.work.visibility,
        quote=f"https://art.test/works/{theirs.id}",
    )
    await site.stage.flows.publishing.edit(site.people["ana"], site.work.id, draft, edits)
    await site.stage.drain()
    return theirs


async def text_of(site: Site, path: str, name: str) -> str:
    return html.unescape(await site.page(path, name))


async def test_the_author_of_a_quote_sees_for_whom_it_waits_and_what_can_be_done(
    site: Site,
) -> None:
    await quoting(site)
    path = f"/@ana/{site.work.id}-blue-hour"
    here = f"/deeds/{site.work.id}/quote"
    seen = await text_of(site, path, "ana")
    assert "This waits since" in seen
    assert f"{here}/withdraw" in seen
    assert f"{here}/ask" not in seen
    for name in ("ben", ""):
        assert here not in await (await site.get(path, name)).text()
    early = await site.send(f"{here}/ask", "ana", path)
    assert early.status == 409
    site.stage.clock.advance(hours=24 * 31)
    site.cookies.clear()  # signed in long ago
    await site.stage.instance.sweeping.sweep(b"")
    assert "has not answered what you asked about" in await text_of(site, "/notifications", "ana")
    seen = await text_of(site, path, "ana")
    assert "No answer from" in seen
    assert (await site.send(f"{here}/ask", "ben", path)).status == 404
    assert (await site.send(f"{here}/ask", "ana", path)).status == 303
    assert "This waits since" in await text_of(site, path, "ana")
    assert (await site.send(f"{here}/withdraw", "ana", path)).status == 303
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert work.quote is None
    assert here not in await text_of(site, path, "ana")


async def test_the_queue_says_how_old_a_request_is_and_until_when_it_waits(site: Site) -> None:
    await quoting(site)
    assert "new today, waits until" in await text_of(site, "/studio/requests", "ben")
    site.stage.clock.advance(hours=24 * 3)
    seen = await text_of(site, "/studio/requests", "ben")
    assert "3 days old, waits until" in seen
    assert "nobody is told that you said no" in seen


async def test_a_comment_that_quotes_says_for_whom_it_waits(site: Site) -> None:
    theirs = await site.stage.hang(site.people["ben"], title="Heron", interaction=ASKS)
    ana, known = site.people["ana"], site.stage.flows
    uri = await known.quotables.find(ana, f"https://art.test/works/{theirs.id}")
    said = await known.commenting.comment(ana, TargetId(site.work.id), "As here.", {}, uri)
    seen = await text_of(site, f"/posts/{said.id}", "ana")
    assert "This waits since" in seen
    assert "Whom you quote was asked" not in seen
    assert "This waits since" not in await text_of(site, f"/posts/{said.id}", "ben")
