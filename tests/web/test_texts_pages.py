"""Rules, legal pages and counts, through HTTP: filled in, previewed, kept in versions."""

import pytest

from server.casework import Decision
from server.dealings import Outcome
from server.model import Role
from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

TEXTS = "/admin/texts"
ANSWERS = {
    "operator": "Otto <Example>",
    "country": "Elsewhere",
    "contact": "otto@art.test",
    "age": "16",
    "rules": "Be kind.\nNo <b>scraping</b>.",
}


@pytest.mark.parametrize("path", ["/rules", "/privacy", "/terms", "/imprint"])
async def test_before_anything_is_filled_in_the_pages_say_what_is_missing(
    site: Site, path: str
) -> None:
    text = await (await site.get(path)).text()
    assert "This page is not complete yet" in text
    assert TEXTS not in text
    assert f'href="{TEXTS}"' in await site.page(path, "otto")
    assert f'href="{path}"' in await (await site.get("/")).text()  # in the footer


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ARTIST])
async def test_only_those_in_charge_write_the_texts(site: Site, role: Role) -> None:
    await site.give("ben", role)
    assert (await site.get(TEXTS, "ben")).status == 404
    assert (await site.send(TEXTS, "ben", then="save", **ANSWERS)).status == 404
    assert "not complete" in await (await site.get("/rules")).text()


async def test_a_preview_publishes_nothing(site: Site) -> None:
    shown = await (await site.send(TEXTS, "otto", TEXTS, then="preview", **ANSWERS)).text()
    assert "How it would read" in shown
    assert "<li>No &lt;b&gt;scraping&lt;/b&gt;.</li>" in shown
    assert "not complete" in await (await site.get("/rules")).text()


async def test_versions_stay_readable_with_their_date(site: Site) -> None:
    first = await site.send(TEXTS, "otto", TEXTS, then="save", **ANSWERS)
    assert first.headers["Location"] == f"{TEXTS}?told=texts"
    rules = await (await site.get("/rules")).text()
    assert "Be kind." in rules
    assert "at least 16 years" in rules
    assert "Otto &lt;Example&gt;" in await (await site.get("/imprint")).text()
    await site.send(TEXTS, "otto", TEXTS, then="save", **{**ANSWERS, "rules": "Be bold."})
    assert "Be bold." in await (await site.get("/rules")).text()
    old = await (await site.get("/rules?version=1")).text()
    assert "Be kind." in old
    assert "This is version 1" in old
    assert (await site.get("/rules?version=9")).status == 404
    assert "Be bold." in await site.page("/admin/audit", "otto")  # the difference


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"age": "99"}, "from 0 to 21"), ({"operator": "x" * 201}, "at most 200 characters")],
)
async def test_wrong_answers_are_named_and_the_others_are_kept(
    site: Site, wrong: dict[str, str], words: str
) -> None:
    sent = await site.send(TEXTS, "otto", TEXTS, then="save", **{**ANSWERS, **wrong})
    assert sent.status == 422
    text = await sent.text()
    assert words in text
    assert "Be kind." in text


async def test_decisions_are_counted(site: Site) -> None:
    assert "Nothing was decided" in await (await site.get("/transparency")).text()
    known, otto = site.stage.flows, site.people["otto"]
    for outcome in (Outcome.NOTHING, Outcome.HIDDEN, Outcome.HIDDEN):
        made = await known.reporting.report(site.people["ben"], site.id("ana"), "x")
        await known.casework.close(otto, made.id, Decision(outcome, "Because."))
    text = await (await site.get("/transparency")).text()
    assert "<td>It stays hidden</td><td>2</td>" in text.replace("\n", "")
    assert "No rule was broken" in text
