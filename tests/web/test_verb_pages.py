"""Emoji through the pages that people use, without scripts."""

import pytest

from tests.flows.dealings import sent
from tests.web.test_dealing_pages import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]


def page_of(site: Site) -> str:
    return f"/@ana/{site.work.id}-blue-hour"


async def react(site: Site, emoji: str, name: str = "ben") -> int:
    page = page_of(site)
    answer = await site.send(f"/deeds/{site.work.id}/emoji", name, page, emoji=emoji)
    return answer.status


@pytest.mark.parametrize("emoji", ["", "lovely", "🎨🎨", "<script>"])
async def test_what_is_no_emoji_is_refused_with_a_sentence(site: Site, emoji: str) -> None:
    page = page_of(site)
    answer = await site.send(f"/deeds/{site.work.id}/emoji", "ben", page, emoji=emoji)
    text = await answer.text()
    assert answer.status == 422
    assert "emoji" in text
    assert "<script>alert" not in text
    assert 'class="emojis"' not in await site.page(page, "ben")


async def test_an_emoji_is_chosen_changed_and_taken_back(site: Site) -> None:
    page = page_of(site)
    assert "emoji-choice" in await site.page(page, "ben")
    assert await react(site, "🎨") == 303
    shown = await site.page(page, "ben")
    assert '<span class="emojis__sign">🎨</span> <span class="muted">1</span>' in shown
    assert 'value="🎨" aria-pressed="true"' in shown
    assert "Take 🎨 back" in shown
    assert await react(site, "✨") == 303
    assert "🎨</span>" not in await site.page(page, "ben")
    assert (await site.send(f"/deeds/{site.work.id}/like", "ben", page)).status == 303
    assert 'class="emojis"' not in await site.page(page, "ben")


async def test_strangers_see_the_emoji_and_no_form(site: Site) -> None:
    await react(site, "👩🏿‍🎨")
    answer = await site.get(page_of(site))
    text = await answer.text()
    assert "👩🏿‍🎨" in text
    assert "emoji-choice" not in text


async def test_the_artist_is_told_with_the_emoji(site: Site) -> None:
    await react(site, "👏")
    await sent(site.stage)
    assert "👏" in await site.page("/notifications", "ana")
