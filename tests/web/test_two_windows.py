"""Two people, or two windows of one, save the same form: nothing of either is lost silently."""

import html
import re
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import ClientResponse

from server.errors import NotAllowed, Outdated
from server.house_texts import Answers
from server.model import Role, SeriesId, TargetId, WorkId
from server.series import SeriesDraft
from tests.web.site import PASSWORD, Site, migrated_sqlite, site, sqlite_url
from web.fields import Fields
from web.opened import OPENED, Clash, Since, meet, opened
from web.views import FormView

__all__ = ["migrated_sqlite", "site", "sqlite_url"]
_INPUT = re.compile(r'<input[^>]*?name="([^"]+)"[^>]*?>')
_VALUE = re.compile(r' value="([^"]*)"')
_AREA = re.compile(r'<textarea[^>]*?name="([^"]+)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)
_SELECT = re.compile(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected')


def fields_of(page: str, action: str) -> dict[str, str]:
    """Return what a browser would send of the form with this action, as it was opened."""
    _, _, rest = page.partition(f'action="{action}"')
    assert rest, action
    form = rest.partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in _INPUT.finditer(form):
        value = _VALUE.search(tag[0])
        is_choice = 'type="checkbox"' in tag[0] or 'type="radio"' in tag[0]
        if (
            tag[1] != "csrf"
            and 'type="file"' not in tag[0]
            and (not is_choice or " checked" in tag[0])
        ):
            found[tag[1]] = html.unescape(value[1]) if value else "yes"
    for area in _AREA.finditer(form):
        found[area[1]] = html.unescape(area[2])
    for select in _SELECT.finditer(form):
        chosen = _CHOSEN.search(select[2])
        found[select[1]] = html.unescape(chosen[1]) if chosen else ""
    return found


async def open_form(site: Site, page: str, action: str, name: str) -> dict[str, str]:
    fields = fields_of(await site.page(page, name), action)
    assert fields.get("opened") or fields.get("seen"), fields
    return fields


async def refused(answer: ClientResponse, *words: str) -> str:
    text = html.unescape(await answer.text())
    assert answer.status == 409, text
    for one in words:
        assert one in text, one
    return text


FORM = opened(FormView({"title": "Heron", "year": "1998", "is_quiet": "yes", "note": ""}))


def sent(**typed: str) -> Fields:
    return Fields([(name, text) for name, text in {**FORM.values, **typed}.items() if text])


@pytest.mark.parametrize(
    ("typed", "now", "kept"),
    [
        ({}, {}, {}),  # nobody changed anything
        ({"title": "Egret"}, {}, {"title": "Egret"}),
        ({}, {"title": "Egret"}, {"title": "Egret"}),
        ({"title": "Egret"}, {"year": "1999"}, {"title": "Egret", "year": "1999"}),
        ({"title": "Egret"}, {"title": "Egret"}, {"title": "Egret"}),  # both the same
        ({"is_quiet": ""}, {"year": ""}, {"is_quiet": "", "year": ""}),
        ({"title": "Egret"}, {"is_quiet": ""}, {"title": "Egret", "is_quiet": ""}),
        ({"note": "a\r\nb"}, {"note": "a\nb"}, {"note": "a\r\nb"}),  # as browsers send lines
        ({"title": " Heron "}, {"title": "Egret"}, {"title": "Egret"}),
        ({}, {"alt-7": "New"}, {"alt-7": "New"}),  # a field that the form did not have
        ({"then": "hang"}, {"year": ""}, {"then": "hang", "year": ""}),
    ],
)
def test_what_only_one_of_two_changed_is_that_ones(
    typed: dict[str, str], now: dict[str, str], kept: dict[str, str]
) -> None:
    before = {name: text for name, text in FORM.values.items() if name != OPENED}
    met = meet(sent(**typed), {**before, **now}, Since())
    wanted = {**before, **kept}
    assert {name: met.first(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("typed", "now", "told"),
    [
        ({"title": "Egret"}, {"title": "Crane"}, {"title": "The title: now “Crane”."}),
        ({"title": "Egret"}, {"title": ""}, {"title": "The title: now empty."}),
        ({"note": "Mine"}, {"note": "Ours"}, {"note": "Now “Ours”."}),
        ({"note": "yes"}, {"note": "x" * 999}, {"note": f"Now {'not ' * 0}ticked."}),
    ],
)
def test_what_both_changed_is_told_and_then_saved_on_top(
    typed: dict[str, str], now: dict[str, str], told: dict[str, str]
) -> None:
    before = {name: text for name, text in FORM.values.items() if name != OPENED}
    stands = {**before, **now}
    with pytest.raises(Clash) as caught:
        meet(sent(**typed), stands, Since("@ana"), {"title": "the title"})
    form = caught.value.form
    assert {name: form.error(name) for name in told} == told
    assert caught.value.message.startswith("@ana changed the ")
    assert {name: form.value(name) for name in typed} == typed
    again = Fields(list(form.values.items()))
    assert {name: meet(again, stands, Since()).first(name) for name in typed} == typed


def test_a_field_that_was_not_offered_stays_as_it_stands() -> None:
    whole = sent()
    part = Fields([(name, whole.first(name)) for name in whole.names() if name != "year"])
    now = {"title": "Heron", "year": "2001", "is_quiet": "yes", "note": ""}
    assert meet(part, now, Since()).first("year") == "2001"


def test_a_form_that_does_not_say_what_it_was_opened_with_is_taken_as_sent() -> None:
    bare = Fields([("title", "Egret")])
    assert meet(bare, {"title": "Crane"}, Since()) is bare
    for broken in ("=", "title", "\0=\0 =x", "title=" * 3_000):
        odd = Fields([("title", "Egret"), (OPENED, broken)])
        with pytest.raises(Clash):  # and what was typed is not lost either
            meet(odd, {"title": "Crane"}, Since())


async def test_two_windows_change_a_work(site: Site) -> None:
    edit = f"/studio/works/{site.work.id}"
    first = await open_form(site, edit, edit, "ana")
    second = dict(first)
    assert (await site.send(edit, "ana", edit, **{**first, "title": "Dusk"})).status == 303
    # fields that do not overlap are merged
    other = await site.send(edit, "ana", edit, **{**second, "caption": "Oil on oak."})
    assert other.status == 303, await other.text()
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert (work.title, work.caption) == ("Dusk", "Oil on oak.")
    # the same field is told, and saved on top
    third = {**second, "title": "Night", "tags": "oak"}
    text = await refused(
        await site.send(edit, "ana", edit, **third),
        *("In another window you changed the title since", "The title: now “Dusk”.", "UTC)"),
    )
    again = fields_of(text, edit)
    assert (again["title"], again["caption"], again["tags"]) == ("Night", "Oil on oak.", "oak")
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert (work.title, work.tags) == ("Dusk", ())
    assert (await site.send(edit, "ana", edit, **again)).status == 303
    work = await site.stage.read(lambda tx: tx.works.by_id(site.work.id))
    assert (work.title, work.caption, work.tags) == ("Night", "Oil on oak.", ("oak",))


async def test_two_windows_change_a_series(site: Site) -> None:
    ana, known = site.people["ana"], site.stage.flows
    made = await known.series.make(ana, SeriesDraft("Blue"))
    works = [site.work.id] + [(await site.stage.hang(ana, title=f"{n}")).id for n in (1, 2)]
    await known.series.add(ana, made.id, works[:2])
    path = f"/studio/series/{made.id}"
    first = await open_form(site, path, path, "ana")
    await known.series.add(ana, made.id, works[2:])
    turned = {f"position-{works[0]}": "2", f"position-{works[1]}": "1"}
    assert (await site.send(path, "ana", path, **{**first, **turned})).status == 303
    assert await order(site, made.id) == [works[1], works[0], works[2]]
    second = {**first, "summary": "Hours", "title": "Bluer"}
    assert (await site.send(path, "ana", path, **second)).status == 303
    assert await order(site, made.id) == [works[1], works[0], works[2]]
    text = await refused(
        await site.send(path, "ana", path, **{**first, "title": "Grey", "then": "save"}),
        "In another window you changed the title since",
    )
    again = fields_of(text, path)
    assert (again["title"], again["summary"]) == ("Grey", "Hours")


async def order(site: Site, series: SeriesId) -> list[WorkId]:
    found: list[WorkId] = await site.stage.read(lambda tx: tx.series.works(series))
    return found


@pytest.mark.parametrize(
    ("action", "mine", "theirs", "label"),
    [
        ("/settings/profile", {"name": "Ana A."}, {"bio": "Paints."}, "your name"),
        (
            "/settings/presence",
            {"attribution_domains": "a.example"},
            {"is_indexable": "yes"},
            "the sites that may name you",
        ),
        (
            "/settings/protection",
            {"own-visitor": "480"},
            {"own-search": "n"},
            "what machines may do, and sizes",
        ),
        ("/settings/permits", {"may_like": "nobody"}, {"may_quote": "nobody"}, "who may take part"),
    ],
)
async def test_two_windows_change_what_one_says_of_oneself(
    site: Site, action: str, mine: dict[str, str], theirs: dict[str, str], label: str
) -> None:
    first = await open_form(site, "/settings", action, "ana")
    assert (await site.send(action, "ana", **{**first, **theirs})).status == 303
    assert (await site.send(action, "ana", **{**first, **mine})).status == 303
    now = await open_form(site, "/settings", action, "ana")
    for name, text in {**mine, **theirs}.items():
        assert now[name] == text
    (name,) = mine
    other = {"name": "Anna", "attribution_domains": "b.example", "own-visitor": "800"}
    typed = {**first, name: other.get(name, "followers")}
    text = await refused(await site.send(action, "ana", **typed), f"you changed {label} since")
    again = fields_of(text, action)
    assert again[name] == typed[name]
    assert (await site.send(action, "ana", **again)).status == 303
    assert (await open_form(site, "/settings", action, "ana"))[name] == typed[name]


async def test_two_admins_change_the_texts_of_the_house(site: Site) -> None:
    path = "/admin/texts"
    await site.give("ben", Role.ADMIN)
    first = await open_form(site, path, path, "otto")
    saved = {**first, "rules": "Be kind.", "then": "save"}
    assert (await site.send(path, "ben", path, **saved)).status == 303
    seen = await site.send(path, "otto", path, **{**first, "country": "France"})
    assert "Be kind." in await seen.text()  # the preview shows what would be published
    merged = {**first, "country": "France", "then": "save"}
    assert (await site.send(path, "otto", path, **merged)).status == 303
    text = await site.stage.flows.stating.text()
    assert (text.answers.rules, text.answers.country) == ("Be kind.", "France")
    await site.stage.flows.stating.save(
        site.people["ben"], Answers(rules="Be kinder.", country="France")
    )
    late = {**first, "rules": "Be brief.", "then": "save"}
    shown = await refused(
        await site.send(path, "otto", path, **late),
        *("@ben changed the rules since you opened this page (", "Be kinder."),
    )
    again = {**fields_of(shown, path), "then": "save"}
    assert (await site.send(path, "otto", path, **again)).status == 303
    assert (await site.stage.flows.stating.text()).answers.rules == "Be brief."


async def test_two_windows_write_a_draft_of_the_house_rules(site: Site) -> None:
    page = "/admin/policy/draft"
    settings, text = f"{page}/settings", f"{page}/text"
    first = await open_form(site, page, settings, "otto")
    whole = await open_form(site, page, text, "otto")
    assert (await site.send(settings, "otto", page, **{**first, "visitor": "640"})).status == 303
    assert (await site.send(settings, "otto", page, **{**first, "person": "1600"})).status == 303
    now = await open_form(site, page, settings, "otto")
    assert (now["visitor"], now["person"]) == ("640", "1600")
    await refused(
        await site.send(settings, "otto", page, **{**first, "visitor": "700"}),
        "you changed what visitors see since",
    )
    mine = {**whole, "toml": whole["toml"].replace("1280", "1000")}
    shown = await refused(
        await site.send(text, "otto", page, **mine), "In another window you changed the text"
    )
    again = fields_of(shown, text)
    assert again["toml"].strip() == mine["toml"].strip()
    assert (await site.send(text, "otto", page, **again)).status == 303
    assert "1000" in (await open_form(site, page, text, "otto"))["toml"]


async def test_a_rule_that_moved_meanwhile_is_changed_and_no_other(site: Site) -> None:
    page = "/admin/policy/draft"
    drafting, otto = site.stage.flows.drafting, site.people["otto"]
    policy = (await drafting.draft(otto)).read()
    rule = policy.rules[1]
    path = f"{page}/rule?n=1"
    action = f"{page}/rule"
    first = await open_form(site, path, action, "otto")
    moved = replace(policy, rules=(*policy.rules[2:], policy.rules[0], rule))
    await drafting.keep(otto, moved)
    changed = {**first, "because": "Because I say so."}
    assert (await site.send(action, "otto", path, **changed)).status == 303
    after = (await drafting.draft(otto)).read()
    assert after.rules[:-1] == moved.rules[:-1]
    assert (after.rules[-1].name, after.rules[-1].because) == (rule.name, "Because I say so.")
    # changed there as well
    shown = await refused(
        await site.send(action, "otto", path, **{**first, "because": "Mine."}),
        "In another window you changed this rule since",
    )
    again = {**fields_of(shown, action), "because": "Mine."}
    assert (await site.send(action, "otto", path, **again)).status == 303
    assert (await drafting.draft(otto)).read().rules[-1].because == "Mine."
    # taken out there
    await drafting.keep(otto, replace(after, rules=after.rules[:-1]))
    await refused(
        await site.send(action, "otto", path, **{**first, "because": "Mine."}),
        *("took this rule out", "adds yours at the end"),
    )


async def test_a_draft_that_changed_since_it_was_looked_at_is_not_put_in_force(site: Site) -> None:
    look, action = "/admin/policy/draft/look", "/admin/policy/draft/apply"
    drafting, otto = site.stage.flows.drafting, site.people["otto"]
    policy = (await drafting.draft(otto)).read()
    smaller = replace(policy, renditions=replace(policy.renditions, visitor=640))
    await drafting.keep(otto, smaller)
    first = fields_of(await site.page(look, "otto"), action)
    await drafting.keep(otto, replace(smaller, renditions=replace(smaller.renditions, visitor=320)))
    shown = await refused(
        await site.send(action, "otto", look, **first), "you changed the draft since you looked"
    )
    assert site.stage.flows.house.now.policy.renditions.visitor != 320
    assert (await site.send(action, "otto", look, **fields_of(shown, action))).status == 303
    assert site.stage.flows.house.now.policy.renditions.visitor == 320


async def test_two_windows_change_a_comment(site: Site) -> None:
    ben = site.people["ben"]
    made = await site.stage.flows.commenting.comment(ben, TargetId(site.work.id), "Lovely.")
    path = f"/posts/{made.id}/edit"
    first = await open_form(site, path, path, "ben")
    assert (await site.send(path, "ben", path, **{**first, "text": "Fine."})).status == 303
    shown = await refused(
        await site.send(path, "ben", path, **{**first, "text": "Good."}),
        *("In another window you changed the comment", "The comment: now “Fine.”."),
    )
    again = fields_of(shown, path)
    assert again["text"] == "Good."
    assert (await site.send(path, "ben", path, **again)).status == 303


async def test_a_case_is_not_decided_a_second_time_without_a_word(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    case = await site.stage.flows.reporting.report(
        site.people["otto"], site.people["ana"].id, "Not hers", about=[TargetId(site.work.id)]
    )
    page = f"/admin/reports/{case.id}"
    close = f"{page}/close"
    first = fields_of(await site.page(page, "otto"), close)
    decided = {"outcome": "hidden", "reason": "A copy."}
    mine = {"outcome": "nothing", "reason": "Hers, I know it."}
    assert (await site.send(close, "ben", page, **{**first, **decided})).status == 303
    shown = await refused(
        await site.send(close, "otto", page, **{**first, **mine}),
        *("Since you opened this page: @ben decided: It stays hidden. A copy. (", "UTC)"),
        *("Hers, I know it.", "Open it again and decide so"),
    )
    kept = await site.stage.read(lambda tx: tx.reports.by_id(case.id))
    assert (kept.closed_by, kept.reason) == ("ben", "A copy.")
    again = {**fields_of(shown, close), "outcome": "nothing"}
    assert again["reason"] == "Hers, I know it."
    assert (await site.send(close, "otto", page, **again)).status == 303
    kept = await site.stage.read(lambda tx: tx.reports.by_id(case.id))
    assert (kept.closed_by, kept.reason) == ("otto", "Hers, I know it.")


async def test_an_answer_that_came_meanwhile_is_read_before_the_case_is_decided(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    ana, ben, otto = (site.people[name] for name in ("ana", "ben", "otto"))
    known = site.stage.flows
    case = await known.reporting.report(otto, ana.id, "Not hers", about=[TargetId(site.work.id)])
    page = f"/admin/reports/{case.id}"
    close = f"{page}/close"
    first = fields_of(await site.page(page, "otto"), close)
    decided = {"outcome": "warned", "reason": "Say whose it is."}
    assert (await site.send(close, "ben", page, **{**first, **decided})).status == 303
    await known.casework.answer(ana, case.id, "It is mine.")  # and so the case is open again
    mine = {**first, "outcome": "hidden", "reason": "A copy."}
    shown = await refused(await site.send(close, "otto", page, **mine), "the account answered (")
    assert ben.handle in shown
    again = {**fields_of(shown, close), "outcome": "hidden"}
    assert (await site.send(close, "otto", page, **again)).status == 303


async def test_a_case_is_not_taken_from_somebody_without_a_word(site: Site) -> None:
    await site.give("ben", Role.MODERATOR)
    case = await site.stage.flows.reporting.report(
        site.people["otto"], site.people["ana"].id, "Not hers", about=[TargetId(site.work.id)]
    )
    page = f"/admin/reports/{case.id}"
    await site.send(f"{page}/take?from=", "ben", page)
    late = await site.send(f"{page}/take?from=", "otto", page)
    await refused(late, "@ben took this case meanwhile")
    assert (await site.send(f"{page}/take?from=ben", "otto", page)).status == 303


async def test_two_admins_say_different_words_of_a_server(site: Site) -> None:
    path = "/admin/federation/far.test"
    action = f"{path}/word"
    await site.give("ben", Role.ADMIN)
    first = await open_form(site, path, action, "otto")
    theirs = {**first, "tier": "limited", "reason": "Spam.", "then": "set"}
    assert (await site.send(action, "ben", path, **theirs)).status == 303
    mine = {**first, "tier": "ally", "reason": "Friends.", "then": "look"}
    shown = await refused(
        await site.send(action, "otto", path, **mine),
        *("@ben changed the word and the reason since you opened this page (", "“Spam.”"),
    )
    again = {**fields_of(shown, action), "then": "set"}
    assert (again["tier"], again["reason"]) == ("ally", "Friends.")
    assert (await site.send(action, "otto", path, **again)).status == 303
    word = await site.stage.flows.peer_book.word_about("far.test")
    assert (word.tier, word.author) == ("ally", "otto")


async def test_two_owners_who_change_the_role_of_one_member_hear_of_each_other(site: Site) -> None:
    who = site.people["ana"].id
    path, action = f"/admin/people/{who}", f"/admin/people/{who}/role"
    await site.give("otto", Role.OWNER)
    await site.give("ben", Role.OWNER)
    first = {**await open_form(site, path, action, "otto"), "password": PASSWORD}
    made = await site.send(action, "ben", path, **{**first, "role": "admin"})
    assert made.status == 303, await made.text()
    shown = await refused(
        await site.send(action, "otto", path, **{**first, "role": "moderator"}),
        *("@ben changed the role since you opened this page (", "The role: now “admin”."),
    )
    assert PASSWORD not in shown
    again = fields_of(shown, action)
    assert again["role"] == "moderator"
    # who only looked, and sends what was there, takes nothing back
    same = await site.send(action, "otto", path, **first)
    assert same.status == 303
    assert (await site.stage.flows.accounts.named("ana")).role is Role.ADMIN
    over = await site.send(action, "otto", path, **{**again, "password": PASSWORD})
    assert over.status == 303
    assert (await site.stage.flows.accounts.named("ana")).role is Role.MODERATOR


async def test_an_owner_who_was_made_something_else_meanwhile_gives_no_role(site: Site) -> None:
    await site.give("otto", Role.OWNER)
    await site.give("ben", Role.OWNER)
    accounts, ben = site.stage.flows.accounts, site.people["ben"]
    await accounts.set_role("ben", Role.ARTIST, site.people["otto"])
    with pytest.raises(NotAllowed, match="Your own role was changed"):
        await accounts.set_role("otto", Role.READER, ben)
    with pytest.raises(Outdated):
        await accounts.set_role("ana", Role.READER, seen=Role.ADMIN)


async def test_two_admins_who_allow_invitations_hear_of_each_other(site: Site) -> None:
    who = site.people["ana"].id
    path, action = f"/admin/people/{who}", f"/admin/people/{who}/invites"
    await site.give("ben", Role.ADMIN)
    first = await open_form(site, path, action, "otto")
    assert (await site.send(action, "ben", path, **{**first, "count": "5"})).status == 303
    shown = await refused(
        await site.send(action, "otto", path, **{**first, "count": "2"}),
        *("Somebody changed how many may be invited since", "now “5”"),
    )
    assert (await site.send(action, "otto", path, **fields_of(shown, action))).status == 303
    assert await site.stage.read(lambda tx: tx.invites.left_to(who)) == 2


async def test_two_admins_who_say_what_traffic_costs_hear_of_each_other(site: Site) -> None:
    path, action = "/admin/crawlers", "/admin/crawlers/price"
    await site.give("ben", Role.ADMIN)
    first = await open_form(site, path, action, "otto")
    theirs = {**first, "price": "0.02", "currency": "EUR"}
    assert (await site.send(action, "ben", path, **theirs)).status == 303
    mine = {**first, "price": "0.03", "currency": "EUR"}
    shown = await refused(
        await site.send(action, "otto", path, **mine),
        *("Somebody changed the price since", "The price: now “0.02”."),
    )
    assert (await site.send(action, "otto", path, **fields_of(shown, action))).status == 303
    price = await site.stage.read(lambda tx: tx.comers.price())
    assert price is not None
    assert price.micros == 30_000


async def test_two_windows_change_a_watermark(site: Site) -> None:
    path = "/settings/watermark"
    first = await open_form(site, path, path, "ana")
    for text in ("Ana", "Ana Aquarelle"):
        form = aiohttp.FormData()
        page = await site.page(path, "ana")
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token is not None
        for name, value in {"csrf": token[1], **first, "text": text}.items():
            form.add_field(name, value, content_type="text/plain")
        answer = await site.client.post(
            path,
            data=form,
            headers={
                "Host": "art.test",
                "Cookie": await site.sign_in("ana"),
                "Origin": "https://art.test",
            },
            allow_redirects=False,
        )
        if text == "Ana":
            assert answer.status == 303
    shown = await refused(answer, "In another window you changed the words since", "now “Ana”")
    assert fields_of(shown, path)["text"] == "Ana Aquarelle"
