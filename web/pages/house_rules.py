"""The house rules for those in charge: what is in force, its history, and going back."""

from dataclasses import replace

from aiohttp import web

from server.acts import difference_of
from server.changes import NewPolicy, Revert
from server.errors import FixatifError, Invalid, NotFound
from server.governing import MANY_FOLLOWS
from server.house import InForce
from server.model import PolicyVersion, Preference, Role
from server.phrasing import DOORS, sentence_of
from server.policy import Policy
from server.policy_text import read_policy
from server.public_policy import PROOFS
from server.roles import demand
from server.rulechecks import refuse_lock_out
from server.rules import Door
from web.acts import difference_lines
from web.errors import status_of
from web.flows import flows
from web.forms import read_form
from web.impact_views import impact_view, traffic
from web.policy_forms import LOCAL_AI, MODES, REMOTE_AI
from web.policy_views import (
    DoorRules,
    HouseRulesPage,
    LookPage,
    PolicyHistoryPage,
    RuleRow,
    VersionRow,
)
from web.respond import artist_of, head_for, number, page, to
from web.text import plural
from web.views import FormView, HeadView

POLICY = "/admin/policy"
_USUAL_DAYS, _MOST_DAYS = 7, 30
_SHOWN = 50  # versions
_ANSWERS = {
    Preference.NO: "reserved",
    Preference.YES: "permitted",
    Preference.UNSET: "not spoken of",
}


async def overview(request: web.Request) -> web.StreamResponse:
    """Show what is in force."""
    reader, known = demand(artist_of(request), Role.ADMIN), flows(request)
    now = known.house.now
    draft = await known.drafting.draft(reader)
    shadows = await known.shadows.so_far(reader)
    so_far = {
        name: f"{plural(each.requests, 'request or activity', 'requests and activities')} so far"
        f"{f', {traffic(each.bytes)}' if each.bytes else ''}"
        for name, each in shadows.items()
    }
    view = HouseRulesPage(
        version=now.version.version,
        since=now.version.created_at,
        author=now.version.author,
        reason=now.version.reason,
        doors=doors_of(now.policy, so_far),
        general=_general(now),
        draft_at=draft.changed_at,
    )
    return await page(request, "admin_policy.html", view, head=head(request, "House rules"))


async def history(request: web.Request) -> web.StreamResponse:
    """Show every version with what it changed."""
    demand(artist_of(request), Role.ADMIN)
    known = flows(request)
    current = known.house.now.version.version
    async with known.house.library.reading() as tx:
        found = await tx.policies.history(limit=_SHOWN)
    rows = tuple(
        _version(one, before, is_current=one.version == current)
        for one, before in zip(found, [*found[1:], None], strict=True)
    )
    view = PolicyHistoryPage(rows)
    return await page(
        request, "admin_policy_history.html", view, head=head(request, "Earlier house rules")
    )


async def version(request: web.Request) -> web.StreamResponse:
    """Show what going back to a version would do."""
    return await _going_back(request, FormView())


async def revert(request: web.Request) -> web.StreamResponse:
    """Go back to a version."""
    author, sent = artist_of(request), await read_form(request)
    try:
        await flows(request).governing.apply(
            author,
            Revert(_number(request)),
            sent.first("reason").strip(),
            typed=sent.first("typed"),
            expected=number(sent.first("expected")),
        )
    except FixatifError as problem:
        return await _going_back(request, form_again(sent.first("reason"), problem), problem)
    return to(POLICY, "policy")


async def look(
    request: web.Request,
    change: NewPolicy | Revert,
    view: LookPage,
    *,
    title: str,
    problem: FixatifError | None = None,
) -> web.Response:
    """Show a dry run with the form that applies the change."""
    known, author = flows(request), artist_of(request)
    days = min(max(number(request.query.get("days", ""), _USUAL_DAYS) or 1, 1), _MOST_DAYS)
    impact = await known.governing.preview(author, change, days)
    proposed = await _policy_of(request, change)
    many = len(impact.severed_follows) > MANY_FOLLOWS
    shown = replace(
        view,
        impact=impact_view(impact, _refusal(proposed)),
        version=impact.version,
        domain=known.governing.domain if many else "",
    )
    status = status_of(problem) if problem else 200
    return await page(
        request, "admin_policy_look.html", shown, head=head(request, title), status=status
    )


def doors_of(policy: Policy, so_far: dict[str, str] | None = None) -> tuple[DoorRules, ...]:
    """Return a policy's rules as sentences, by door."""
    told = so_far or {}
    doors = []
    for door in Door:
        held = [(at, rule) for at, rule in enumerate(policy.rules) if rule.door is door]
        rows = tuple(
            RuleRow(
                number=at,
                name=rule.name,
                sentence=sentence_of(rule),
                because=rule.because,
                is_shadow=rule.shadow,
                is_first=place == 0,
                is_last=place == len(held) - 1,
                so_far=told.get(rule.name, "nothing so far") if rule.shadow else "",
            )
            for place, (at, rule) in enumerate(held)
        )
        doors.append(DoorRules(door, DOORS[door], rows))
    return tuple(doors)


def form_again(reason: str, problem: FixatifError) -> FormView:
    """Return the form that applies a change, with what was typed and what was wrong."""
    field = problem.field if isinstance(problem, Invalid) else ""
    return FormView({"reason": reason}, {field if field == "typed" else "": problem.message})


def head(request: web.Request, title: str) -> HeadView:
    """Return what these pages say of themselves."""
    return head_for(request, title=title, usage=flows(request).house.usage_of())


async def _going_back(
    request: web.Request, form: FormView, problem: FixatifError | None = None
) -> web.Response:
    known, wanted = flows(request), _number(request)
    demand(artist_of(request), Role.ADMIN)
    found = await _found(request, wanted)
    where = f"{POLICY}/history/{wanted}"
    view = LookPage(
        title=f"Back to version {wanted}",
        difference=difference_lines(difference_of(known.house.now.version.toml, found.toml)),
        action=where,
        look_url=where,
        back_url=f"{POLICY}/history",
        button=f"Bring version {wanted} back",
        form=form,
    )
    return await look(request, Revert(wanted), view, title=view.title, problem=problem)


async def _policy_of(request: web.Request, change: NewPolicy | Revert) -> Policy:
    if isinstance(change, NewPolicy):
        return read_policy(change.toml)
    return read_policy((await _found(request, change.version)).toml)


async def _found(request: web.Request, wanted: int) -> PolicyVersion:
    async with flows(request).house.library.reading() as tx:
        found = await tx.policies.version(wanted)
    if found is None:
        raise NotFound("There is no such version of the house rules.")
    return found


def _refusal(policy: Policy) -> str:
    try:
        refuse_lock_out(policy)
    except Invalid as problem:
        return problem.message
    return ""


def _number(request: web.Request) -> int:
    return number(request.match_info["id"], 0) or 0


def _version(one: PolicyVersion, before: PolicyVersion | None, *, is_current: bool) -> VersionRow:
    difference = difference_of(before.toml, one.toml) if before else ""
    lines = difference_lines(difference)
    return VersionRow(
        one.version, one.created_at, one.author, one.reason, lines, is_current=is_current
    )


def _general(now: InForce) -> tuple[str, ...]:
    """Return everything in a policy that is no rule, as sentences."""
    policy = now.policy
    usage, sizes = policy.content_usage, policy.renditions
    here = next(each.label for each in LOCAL_AI if each.value == policy.ai_works.local)
    there = next(each.label for each in REMOTE_AI if each.value == policy.ai_works.remote)
    said = [_ANSWERS[answer] for answer in (usage.train_ai, usage.ai_use, usage.search)]
    pixels = [f"{side:,}" for side in (sizes.visitor, sizes.person, sizes.peer)]
    mode = next(each.label for each in MODES if each.value == policy.federation.mode)
    return (
        f"Training AI is {said[0]}, use by AI is {said[1]}, search is {said[2]}.",
        f"{here}.",
        f"Works made by AI that arrive from elsewhere {there[:1].lower()}{there[1:]}.",
        (
            f"Longest sides: {pixels[0]} pixels for visitors, {pixels[1]} for people signed in, "
            f"{pixels[2]} for other servers."
        ),
        PROOFS[sizes.proof],
        f"This place deals {mode[:1].lower()}{mode[1:]}.",
    )
