"""Emoji, quotes and edits through the pages that people use, without scripts."""

import pytest
from aiohttp import ClientResponse

from server.permits import InteractionPolicy, Permit
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


# ---- quotes -----------------------------------------------------------------------------------


async def comment(site: Site, **fields: str) -> ClientResponse:
    return await site.send(f"/deeds/{site.work.id}/comment", "ben", page_of(site), **fields)


async def test_an_address_that_cannot_be_quoted_loses_no_word(site: Site) -> None:
    answer = await comment(site, text="A long thought", quote="hello")
    text = await answer.text()
    assert answer.status == 422
    assert "A long thought" in text
    assert 'value="hello"' in text
    assert "no web address" in text


async def test_a_work_is_quoted_in_a_comment_and_shown_as_a_card(site: Site) -> None:
    answer = await comment(site, text="Like this", quote=f"https://art.test/works/{site.work.id}")
    assert answer.status == 303
    shown = await site.page(page_of(site), "ben")
    assert '<blockquote class="quote"' in shown
    assert 'id="comments"' in shown


async def test_a_work_is_after_another_one_once_its_artist_agrees(site: Site) -> None:
    otto = site.people["otto"]
    asks = InteractionPolicy(quote=Permit.APPROVED)
    theirs = await site.stage.hang(otto, title="The first", interaction=asks)
    edit = f"/studio/works/{site.work.id}"
    form = {
        "title": "Blue hour",
        f"alt-{site.work.pictures[0].id}": "Alt",
        f"position-{site.work.pictures[0].id}": "1",
        "visibility": "public",
        "quote": f"https://art.test/works/{theirs.id}",
    }
    assert (await site.send(edit, "ana", edit, **form)).status == 303
    mine, others = await site.page(page_of(site), "ana"), await site.page(page_of(site), "ben")
    assert "to let you quote them" in mine
    assert "to let you quote them" not in others
    assert '<blockquote class="quote"' not in mine
    (waiting,) = await site.stage.flows.approving.waiting(otto.id)
    await site.stage.flows.approving.approve(otto, waiting.request.id)
    shown = await site.page(page_of(site), "ben")
    assert '<blockquote class="quote"' in shown
    assert "The first" in shown


async def test_the_studio_says_why_something_cannot_be_quoted(site: Site) -> None:
    shut = InteractionPolicy(quote=Permit.NOBODY)
    theirs = await site.stage.hang(site.people["otto"], interaction=shut)
    edit = f"/studio/works/{site.work.id}"
    answer = await site.send(
        edit, "ana", edit, title="Kept", quote=f"https://art.test/works/{theirs.id}"
    )
    text = await answer.text()
    assert answer.status == 422
    assert "does not want it to be quoted" in text
    assert 'value="Kept"' in text


# ---- edits ------------------------------------------------------------------------------------


async def test_a_comment_is_edited_by_its_author_alone(site: Site) -> None:
    await comment(site, text="Lovley")
    (said,) = (await site.stage.flows.viewing.room(site.work.id, None)).comments
    path = f"/posts/{said.post.id}/edit"
    assert f'href="{path}"' in await site.page(page_of(site), "ben")
    assert f'href="{path}"' not in await site.page(page_of(site), "ana")
    assert (await site.get(path, "ana")).status == 404
    assert (await site.get(path)).status == 303
    assert "Lovley" in await site.page(path, "ben")
    empty = await site.send(path, "ben", path, text="")
    assert empty.status == 422
    changed = await site.send(path, "ben", path, text="Lovely")
    assert changed.headers["Location"] == f"/posts/{said.post.id}?told=edited"
    shown = await site.page(page_of(site), "ana")
    assert "Lovely" in shown
    assert "edited" in shown
