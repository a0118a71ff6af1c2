"""A draft of the house rules: written as rules or as text, looked at, applied or thrown away.

Law: each button keeps the draft and leads back to it, so nothing typed is lost and nothing needs a
script.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from server.acts import difference_of
from server.changes import NewPolicy
from server.drafting import Draft
from server.errors import Conflict, FixatifError, Invalid, Outdated
from server.model import Role
from server.phrasing import DOORS, presets
from server.policy import PRESETS, Policy
from server.policy_text import write_policy
from server.roles import demand
from server.rule_edits import Edit, edit_rule, number_of, put_rule
from server.rulechecks import check
from server.rules import Door, Rule
from web.acts import difference_lines
from web.errors import status_of
from web.fields import Fields
from web.flows import flows
from web.forms import read_form
from web.opened import OPENED, Since, again, meet, on_top, opened
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
_LABELS = {
    "train": "what is said about training",
    "ai": "what is said about use by AI",
    "search": "what is said about search",
    "local": "what holds of works by machines here",
    "remote": "what holds of works by machines elsewhere",
    "mode": "with whom we deal",
    "proof": "what proof is asked",
    "visitor": "what visitors see",
    "person": "what people see",
    "peer": "what servers get",
}


async def draft(request: web.Request) -> web.StreamResponse:
    """Show the draft."""
    return await _draft_page(request)


async def keep_text(request: web.Request) -> web.StreamResponse:
    """Keep the text as it was typed; show what is wrong with it."""
    author, sent, drafting = artist_of(request), await read_form(request), flows(request).drafting

    async def save() -> None:
        seen = await drafting.draft(author)
        now = {"toml": seen.toml}
        text = meet(sent, now, Since(at=seen.changed_at), {"toml": "the text"}).first("toml")
        await drafting.keep_text(author, text, seen)

    try:
        await on_top(save)
    except Conflict as problem:
        return await _draft_page(request, text=again(sent, problem), status=status_of(problem))
    kept = await drafting.draft(author)
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

    async def save() -> None:
        seen = await drafting.draft(author)
        policy, _ = _read(seen)
        if policy is not None:
            now = form_of_settings(policy).values
            met = meet(sent, now, Since(at=seen.changed_at), _LABELS)
            await drafting.keep(author, read_settings(policy, met), seen)

    try:
        await on_top(save)
    except Invalid as problem:
        return await _draft_page(request, form=again(sent, problem), status=status_of(problem))
    return to(f"{DRAFT}#settings-title", "draft-kept")


async def edit(request: web.Request) -> web.StreamResponse:
    """Do what a button beside a rule says."""
    author, sent = artist_of(request), await read_form(request)
    drafting = flows(request).drafting
    name = sent.first("rule")
    if sent.first("do") not in set(Edit):
        raise Invalid("There is no such button; reload the page.")

    async def save() -> None:
        seen = await drafting.draft(author)
        policy, _ = _read(seen)
        if policy is not None:
            edited = edit_rule(policy, number_of(policy, name), Edit(sent.first("do")))
            await drafting.keep(author, edited, seen)

    await on_top(save)
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
    form = form_of_rule(rule)
    form = replace(form, values={**form.values, OPENED: _digest(rule)})
    return await _rule_page(request, rule.door, str(at), form, chosen)


async def keep_rule(request: web.Request) -> web.StreamResponse:
    """Keep a rule in the draft."""
    author, sent = artist_of(request), await read_form(request)
    drafting = flows(request).drafting
    seen = await drafting.draft(author)
    policy, problem_of_text = _read(seen)
    door = Door(sent.first("door")) if sent.first("door") in set(Door) else Door.WEB
    rule, errors = read_rule(door, sent)
    if policy is None:  # its text was broken meanwhile, in another window
        errors = {**errors, "": f"Correct the draft's text first: {problem_of_text}"}
    if rule is None or policy is None:
        return await _rule_again(request, door, sent, errors)
    at = number(sent.first("n"))
    if at is not None and sent.first(OPENED):
        found = _place_of(policy, sent.first(OPENED))
        if found is None:
            return await _rule_gone(request, door, sent, policy)
        at = found
    try:
        await drafting.keep(author, put_rule(policy, rule, at), seen)
    except Conflict as problem:
        status = status_of(problem) if isinstance(problem, Outdated) else 422
        errors = {problem.field: problem.message}
        return await _rule_again(request, door, sent, errors, status=status)
    return to(f"{DRAFT}#rules", "rule-kept")


async def look_at(request: web.Request) -> web.StreamResponse:
    """Show what the draft would do."""
    return await _look(request, FormView())


async def apply(request: web.Request) -> web.StreamResponse:
    """Put the draft in force."""
    author, sent, known = artist_of(request), await read_form(request), flows(request)
    held = await known.drafting.draft(author)
    try:
        if sent.first("looked") not in {"", _digest(held.toml)}:
            raise Conflict(
                "In another window you changed the draft since you looked at what it would do: "
                "this is what it would do now."
            )
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
        looked=_digest(held.toml),
        form=form,
    )
    return await look(request, NewPolicy(held.toml), view, title=view.title, problem=problem)


async def _draft_page(
    request: web.Request,
    *,
    form: FormView | None = None,
    text: FormView | None = None,
    status: int = 200,
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
        based_on=held.based_on,
        newer=current if current != held.based_on else 0,
        is_changed=held.changed_at is not None,
        problem=problem,
        problem_line=line,
        problem_text=lines[line - 1][:_SHOWN_LINE] if 0 < line <= len(lines) else "",
        form=form or (opened(form_of_settings(policy)) if policy else FormView()),
        text=text or opened(FormView({"toml": held.toml})),
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
    request: web.Request,
    door: Door,
    sent: Fields,
    errors: Mapping[str, str],
    *,
    place: tuple[str, str] | None = None,
    status: int = 422,
) -> web.Response:
    """Show what was typed again. `place`: of the rule to be replaced, and its digest."""
    at, digest = place or (sent.first("n"), sent.first(OPENED))
    values = {name: sent.first(name) for name in ("name", "then", "because", "shadow")}
    form = FormView({**values, OPENED: digest}, errors)
    return await _rule_page(request, door, at, form, sent_conditions(door, sent), status=status)


async def _rule_gone(
    request: web.Request, door: Door, sent: Fields, policy: Policy
) -> web.Response:
    """Say that the rule is another one by now, or gone; what was typed can be saved on top."""
    named = [at for at, one in enumerate(policy.rules) if one.name == sent.first("name").strip()]
    if named:
        place = (str(named[0]), _digest(policy.rules[named[0]]))
        what = "changed this rule", "saving again puts yours in its place"
    else:
        place = ("", "")
        what = "took this rule out or renamed it", "saving again adds yours at the end"
    message = (
        f"In another window you {what[0]} since you opened this page: look at the draft; what you "
        f"typed is kept here, and {what[1]}."
    )
    return await _rule_again(request, door, sent, {"": message}, place=place, status=409)


def _digest(said: Rule | str) -> str:
    """Return some letters that stand for a rule, or a whole draft, as it was looked at."""
    return hashlib.blake2s(repr(said).encode(), digest_size=8).hexdigest()


def _place_of(policy: Policy, digest: str) -> int | None:
    """Return where a rule stands now, None where it is not there as it was."""
    return next((at for at, one in enumerate(policy.rules) if _digest(one) == digest), None)
