"""An artist's feed: what strangers may have, as Atom says it (RFC 4287)."""

from dataclasses import replace
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest

from server.model import Visibility
from server.policy import compile_policy
from server.policy_text import read_policy
from tests.engines import migrated_sqlite, sqlite_url
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

ATOM = "{http://www.w3.org/2005/Atom}"


async def feed_of(site: Site) -> ET.Element:
    answer = await site.get("/@ana.atom")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(await answer.text())  # noqa: S314 - we wrote it


def text_of(element: ET.Element, name: str) -> str:
    [found] = element.findall(f"{ATOM}{name}")  # exactly one, as Atom wants of all of these
    return found.text or ""


@pytest.mark.parametrize(
    "visibility", [Visibility.UNLISTED, Visibility.FOLLOWERS, Visibility.DRAFT]
)
async def test_what_is_not_for_everybody_is_in_no_feed(site: Site, visibility: Visibility) -> None:
    await site.stage.hang(site.people["ana"], title="Secret", visibility=visibility)
    answer = await site.get("/@ana.atom", "ana")  # whoever asks: feeds are kept by others
    assert "Secret" not in await answer.text()


async def test_a_feed_of_nobody_is_not_found(site: Site) -> None:
    assert (await site.get("/@nobody.atom")).status == 404
    await site.stage.flows.accounts.suspend("ana")
    assert (await site.get("/@ana.atom")).status in {404, 410}


async def test_a_sensitive_work_is_named_without_its_pictures(site: Site) -> None:
    async with site.stage.library.transaction() as tx:
        veiled = replace(site.work, is_sensitive=True, sensitive_reason="A wreck")
        await tx.works.update(veiled)
    [entry] = (await feed_of(site)).findall(f"{ATOM}entry")
    assert "<img" not in text_of(entry, "content")
    assert "A wreck" in text_of(entry, "content")


async def test_no_picture_is_larger_than_what_strangers_may_have(site: Site) -> None:
    house = site.stage.flows.house
    text = f'preset = "{house.preset}"\n[renditions]\nvisitor = 480\n'
    house._in_force = replace(house.now, compiled=compile_policy(read_policy(text)))
    [entry] = (await feed_of(site)).findall(f"{ATOM}entry")
    assert "tile.jpg" in text_of(entry, "content")
    assert "view.jpg" not in text_of(entry, "content")


async def test_it_holds_all_that_atom_demands(site: Site) -> None:
    async with site.stage.library.transaction() as tx:
        odd = replace(site.work, title='Sea & <Sky> "x"\x0b', licence="cc-by", tags=("Öl",))
        await tx.works.update(odd)
    feed = await feed_of(site)
    assert text_of(feed, "id") == "https://art.test/users/ana"
    assert text_of(feed, "title").startswith("ana")
    assert datetime.fromisoformat(text_of(feed, "updated")).tzinfo is not None
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": "https://art.test/@ana.atom", "alternate": "https://art.test/@ana"}
    [author] = feed.findall(f"{ATOM}author")
    assert text_of(author, "uri") == "https://art.test/@ana"
    [entry] = feed.findall(f"{ATOM}entry")
    assert text_of(entry, "id") == f"https://art.test/works/{site.work.id}"
    assert text_of(entry, "title") == 'Sea & <Sky> "x"'
    assert datetime.fromisoformat(text_of(entry, "published")).tzinfo is not None
    assert text_of(entry, "updated") >= text_of(entry, "published")
    [content] = entry.findall(f"{ATOM}content")
    assert content.get("type") == "html"
    assert 'src="https://art.test/media/' in (content.text or "")
    assert "Sea &amp; &lt;Sky&gt;" in (content.text or "")
    found = {link.get("rel"): link.get("href", "") for link in entry.findall(f"{ATOM}link")}
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert [one.get("term") for one in entry.findall(f"{ATOM}category")] == ["Öl"]


async def test_pages_lead_to_the_feed_and_readers_ask_for_what_is_new(site: Site) -> None:
    page = await (await site.get("/@ana")).text()
    assert '<link rel="alternate" href="https://art.test/@ana.atom"' in page
    assert ">Feed</a>" in page
    answer = await site.get("/@ana.atom")
    again = await site.get("/@ana.atom", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    assert (await site.get("/@ANA.atom")).headers["Location"] == "/@ana.atom"
