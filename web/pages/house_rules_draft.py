"""A draft of the house rules: written as rules or as text, looked at, applied or thrown away.

Law: each button keeps the draft and leads back to it, so nothing typed is lost and nothing needs a
script.
"""

import asyncio
import re
from collections.abc import Mapping

from aiohttp import web

from server.acts import difference_of
from server.changes import NewPolicy
from server.drafting import Draft
from server.errors import Conflict, FixatifError, Invalid
from server.model import Role
from server.phrasing import DOORS, presets
from server.policy import PRESETS, Policy
from server.policy_text import write_policy
from server.roles import demand
from server.rule_edits import Edit, edit_rule, number_of, put_rule
from server.rulechecks import check
from server.rules import Door
from web.acts import difference_lines
from web.errors import status_of
from web.fields import Fields
from web.flows import flows
from web.forms import read_form
from web.pages.house_rules import POLICY, doors_of, form_again, head, look
from web.policy_forms import (
    LOCAL_AI,
    MODES,
    PREFERENCES,
    PROOFS_ASKED,
    REMOTE_AI,
    actions_of,
    conditions_of,
    form_of_rule,
    form_of_settings,
    read_rule,
    read_settings,
    sent_conditions,
)
from web.policy_views import DraftPage, LookPage, RulePage
from web.respond import artist_of, number, page, to
from web.views import FormView, OptionView

DRAFT = f"{POLICY}/draft"
_LINE = re.compile(r"\bline (\d+)")
_SHOWN_LINE = 200  # characters of the wrong line
_SETTINGS = ("train-ai", "ai-use", "search", "local", "remote", "mode")
_SIZES = ("visitor", "person", "peer")


async def draft(request: web.Request) -> web.StreamResponse:
    """Show the draft."""
    return await _draft_page(request)


async def keep_text(request: web.Request) -> web.StreamResponse:
    """Keep the text as it was typed; show what is wrong with it."""
    author, sent = artist_of(request), await read_form(request)
    await flows(request).drafting.keep_text(author, sent.first("toml"))
    kept = await flows(request).drafting.draft(author)
    try:
        kept.read()
    except Invalid as problem:
        return await _draft_page(request, status=status_of(problem))
    return to(f"{DRAFT}/look" if sent.first("then") == "look" else DRAFT, "draft-kept")


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin again, from a preset."""
    author, sent = artist_of(request), await read_form(request)
    demand(author, Role.ADMIN)
    preset = PRESETS.get(sent.first("preset"))
    if preset is None:
        raise Invalid("There is no such preset; reload the page.")
    await flows(request).drafting.keep(author, preset)
    return to(DRAFT, "draft-begun")


async def settings(request: web.Request) -> web.StreamResponse:
    """Keep the settings that are no rules."""
    author, sent = artist_of(request), await read_form(request)
    drafting = flows(request).drafting
    policy, _ = _read(await drafting.draft(author))
    if policy is None:
        return to(DRAFT)
    try:
        changed = read_settings(policy, sent)
    except Invalid as problem:
        values = {name: sent.first(name) for name in (*_SETTINGS, *_SIZES)}
        form = FormView(values, {problem.field: problem.message})
        return await _draft_page(request, form=form, status=status_of(problem))
    await drafting.keep(author, changed)
    return to(f"{DRAFT}#settings-title", "draft-kept")


async def edit(request: web.Request) -> web.StreamResponse:
    """Do what a button beside a rule says."""
    author, sent = artist_of(request), await read_form(request)
    drafting = flows(request).drafting
    policy, _ = _read(await drafting.draft(author))
    if policy is None:
        return to(DRAFT)
    name = sent.first("rule")
    if sent.first("do") not in set(Edit):
        raise Invalid("There is no such button; reload the page.")
    await drafting.keep(author, edit_rule(policy, number_of(policy, name), Edit(sent.first("do"))))
    return to(f"{DRAFT}/look" if sent.first("then") == "look" else f"{DRAFT}#rules", "draft-kept")


async def rule_form(request: web.Request) -> web.StreamResponse:
    """Show the form of a rule: of one in the draft, or of a new one."""
    held, _ = _read(await flows(request).drafting.draft(artist_of(request)))
    if held is None:
        return to(DRAFT)
    at = number(request.query.get("n", ""))
    if at is None or at >= len(held.rules):
        door = request.query.get("door", Door.WEB)
        return await _rule_page(request, Door(door) if door in set(Door) else Door.WEB)
    rule = held.rules[at]
    chosen = {str(each.kind): each.values for each in rule.when}
    return await _rule_page(request, rule.door, str(at), form_of_rule(rule), chosen)


async def keep_rule(request: web.Request) -> web.StreamResponse:
    """Keep a rule in the draft."""
    author, sent = artist_of(request), await read_form(request)
    drafting = flows(request).drafting
    policy, problem_of_text = _read(await drafting.draft(author))
    door = Door(sent.first("door")) if sent.first("door") in set(Door) else Door.WEB
    rule, errors = read_rule(door, sent)
    if policy is None:  # its text was broken meanwhile, in another window
        errors = {**errors, "": f"Correct the draft's text first: {problem_of_text}"}
    if rule is None or policy is None:
        return await _rule_again(request, door, sent, errors)
    try:
        changed = put_rule(policy, rule, number(sent.first("n")))
    except Conflict as problem:
        return await _rule_again(request, door, sent, {problem.field: problem.message})
    await drafting.keep(author, changed)
    return to(f"{DRAFT}#rules", "rule-kept")


async def look_at(request: web.Request) -> web.StreamResponse:
    """Show what the draft would do."""
    return await _look(request, FormView())


async def apply(request: web.Request) -> web.StreamResponse:
    """Put the draft in force."""
    author, sent, known = artist_of(request), await read_form(request), flows(request)
    held = await known.drafting.draft(author)
    try:
        await known.governing.apply(
            author,
            NewPolicy(held.toml),
            sent.first("reason").strip(),
            typed=sent.first("typed"),
            expected=number(sent.first("expected")),
        )
    except FixatifError as problem:
        return await _look(request, form_again(sent.first("reason"), problem), problem)
    await known.drafting.discard(author)
    return to(POLICY, "policy")


async def discard(request: web.Request) -> web.StreamResponse:
    """Throw the draft away."""
    await flows(request).drafting.discard(artist_of(request))
    return to(POLICY, "draft-gone")


async def _look(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.StreamResponse:
    known, author = flows(request), artist_of(request)
    held = await known.drafting.draft(author)
    try:
        policy = held.read()
    except Invalid:
        return to(DRAFT)
    current = known.house.now.version
    view = LookPage(
        title="What the draft would do",
        newer=current.version if current.version != held.based_on else 0,
        difference=difference_lines(difference_of(current.toml, write_policy(policy))),
        form=form,
    )
    return await look(request, NewPolicy(held.toml), view, title=view.title, problem=problem)


async def _draft_page(
    request: web.Request, *, form: FormView | None = None, status: int = 200
) -> web.Response:
    known = flows(request)
    held = await known.drafting.draft(artist_of(request))
    policy, problem = _read(held)
    said = _LINE.search(problem)
    line = int(said[1]) if said else 0
    lines = held.toml.split("\n")
    current = known.house.now.version.version
    view = DraftPage(
        doors=doors_of(policy) if policy else (),
        toml=held.toml,
        based_on=held.based_on,
        newer=current if current != held.based_on else 0,
        is_changed=held.changed_at is not None,
        problem=problem,
        problem_line=line,
        problem_text=lines[line - 1][:_SHOWN_LINE] if 0 < line <= len(lines) else "",
        form=form or (form_of_settings(policy) if policy else FormView()),
        preferences=PREFERENCES,
        local_ai=LOCAL_AI,
        remote_ai=REMOTE_AI,
        modes=MODES,
        proofs=PROOFS_ASKED,
        presets=tuple(OptionView(name, name, meaning) for name, meaning in presets()),
        concerns=await asyncio.to_thread(_concerns, policy) if policy else (),
    )
    return await page(
        request,
        "admin_policy_draft.html",
        view,
        head=head(request, "Draft of the house rules"),
        status=status,
    )


def _concerns(policy: Policy) -> tuple[str, ...]:
    return tuple(each.message for each in check(policy))


def _read(held: Draft) -> tuple[Policy | None, str]:
    try:
        return held.read(), ""
    except Invalid as problem:
        return None, problem.message


async def _rule_page(
    request: web.Request,
    door: Door,
    at: str = "",
    form: FormView | None = None,
    chosen: Mapping[str, tuple[str, ...]] | None = None,
    *,
    status: int = 200,
) -> web.Response:
    shown = form or FormView()
    view = RulePage(
        door=door,
        title=DOORS[door],
        number=at,
        form=shown,
        conditions=conditions_of(door, chosen or {}, shown.errors),
        actions=actions_of(door),
    )
    title = "Change a rule" if at else "A new rule"
    return await page(
        request, "admin_policy_rule.html", view, head=head(request, title), status=status
    )


async def _rule_again(
    request: web.Request, door: Door, sent: Fields, errors: Mapping[str, str]
) -> web.Response:
    values = {name: sent.first(name) for name in ("name", "then", "because", "shadow")}
    form = FormView(values, errors)
    chosen = sent_conditions(door, sent)
    return await _rule_page(request, door, sent.first("n"), form, chosen, status=422)
