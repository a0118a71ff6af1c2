"""The pages of the house rules, through HTTP: seen, drafted, looked at, applied, taken back."""

import re
from html import unescape

import pytest

from server.model import Role
from server.policy_text import write_policy
from server.rules import Action, Door
from tests.web.test_delivery_pages import House, house, migrated_sqlite, sqlite_url

__all__ = ["house", "migrated_sqlite", "sqlite_url"]

PAGE = "/admin/policy"
DRAFT = f"{PAGE}/draft"
_EXPECTED = re.compile(r'name="expected" value="(\d+)"')


async def test_nobody_else_learns_that_the_pages_are_there(house: House) -> None:
    for role in (Role.MODERATOR, Role.ARTIST, Role.READER):
        await house.sign_in(role)
        token = await house.token()
        for path in (PAGE, DRAFT, f"{PAGE}/history", f"{PAGE}/history/1", f"{DRAFT}/look"):
            assert (await house.get(path)).status == 404, path
        for path in ("text", "begin", "settings", "edit", "rule", "apply", "discard"):
            sent = await house.send(f"{DRAFT}/{path}", token, toml="", preset="open", do="up")
            assert sent.status == 404, path
        assert (await house.send(f"{PAGE}/history/1", token)).status == 404


async def admin(house: House) -> str:
    await house.sign_in(Role.ADMIN)
    return await house.token()


async def apply(house: House, token: str, **more: str) -> None:
    page = await house.page(f"{DRAFT}/look")
    expected = _EXPECTED.search(page)
    assert expected is not None
    sent = await house.send(f"{DRAFT}/apply", token, expected=expected[1], **more)
    assert (sent.status, sent.headers["Location"]) == (303, f"{PAGE}?told=policy")


RULE = {
    "door": "inbound",
    "n": "",
    "name": "No coins",
    "when-hashtag": "#Coin\nnft",
    "when-peer": "Bücher.example",
    "then": "refuse",
    "because": "Nothing is sold here.",
}


async def test_what_is_in_force_is_told_in_sentences(house: House) -> None:
    await admin(house)
    page = unescape(await house.page(PAGE))
    assert "AI search engines and AI assistants are refused on pages." in page
    assert "All rights are reserved against AI training here." in page
    assert "Training AI is reserved" in page


async def test_a_rule_is_written_looked_at_applied_and_taken_back(house: House) -> None:
    token = await admin(house)
    sent = await house.send(f"{DRAFT}/rule", token, **RULE)
    assert sent.headers["Location"] == f"{DRAFT}?told=rule-kept#rules"
    draft = unescape(await house.page(DRAFT))
    assert "Everything from xn--bcher-kva.example tagged #coin or #nft is refused." in draft
    policy = house.stage.flows.house.now.policy
    assert all(rule.name != "No coins" for rule in policy.rules)  # not in force yet
    look = unescape(await house.page(f"{DRAFT}/look"))
    assert "No follow would be cut." in look
    assert 'name = "No coins"' in look
    await apply(house, token, reason="Too many coins.")
    policy = house.stage.flows.house.now.policy
    assert policy.rules[-1].name == "No coins"
    history = unescape(await house.page(f"{PAGE}/history"))
    assert "Too many coins." in history
    assert 'name = "No coins"' in history
    back = await house.page(f"{PAGE}/history/1")
    expected = _EXPECTED.search(back)
    assert expected is not None
    sent = await house.send(f"{PAGE}/history/1", token, expected=expected[1])
    assert sent.status == 303
    policy = house.stage.flows.house.now.policy
    assert all(rule.name != "No coins" for rule in policy.rules)
    assert "changed the house rules" in await house.page("/admin/audit")


async def test_what_is_wrong_in_the_form_of_a_rule_is_told_beside_it_and_nothing_is_lost(
    house: House,
) -> None:
    token = await admin(house)
    wrong = {
        **RULE,
        "when-peer": "*.a.example",
        "when-actor": "somebody",
        "when-younger_than_days": "soon",
        "because": "",
        "name": " ",
    }
    sent = await house.send(f"{DRAFT}/rule", token, **wrong)
    page = unescape(await sent.text())
    assert sent.status == 422
    for said in ("write a.example", "names nobody", "no number of days", "Say why", "one line"):
        assert said in page, said
    assert "*.a.example</textarea>" in page
    assert "#Coin\nnft</textarea>" in page
    again = await house.send(f"{DRAFT}/rule", token, **{**RULE, "name": "No AI answers"})
    assert again.status == 422
    assert "another name" in unescape(await again.text())


@pytest.mark.parametrize(
    ("door", "fields", "said"),
    [
        ("web", {"when-class": "tool", "when-path": "/tags"}, "Automatic programs"),
        ("media", {"when-proof": "none", "then": "prove"}, "without any proof"),
        ("inbound", {"when-younger_than_days": "7", "then": "hold"}, "younger than 7 days"),
        ("outbound", {"when-sensitive": "true", "then": "preview"}, "marked as sensitive"),
    ],
)
async def test_rules_of_each_door_are_kept_and_changed(
    house: House, door: str, fields: dict[str, str], said: str
) -> None:
    token = await admin(house)
    rule = {"door": door, "name": "New", "then": "refuse", "because": "So.", **fields}
    await house.send(f"{DRAFT}/rule", token, **rule)
    assert said in unescape(await house.page(DRAFT))
    form = await house.page(f"{DRAFT}/rule?n=5")
    assert 'value="New"' in form
    await house.send(f"{DRAFT}/rule", token, **{**rule, "n": "5", "name": "Newer"})
    page = await house.page(DRAFT)
    assert "<bdi>Newer</bdi>" in page
    assert "<bdi>New</bdi>" not in page


async def test_rules_move_only_log_and_go(house: House) -> None:
    token = await admin(house)

    async def press(do: str, rule: str) -> list[str]:
        sent = await house.send(f"{DRAFT}/edit", token, rule=rule, do=do)
        assert sent.status == 303
        page = unescape(await house.page(DRAFT))
        return re.findall(r'class="rule__name muted"><bdi>([^<]+)', page)

    assert (await press("down", "No training crawlers"))[:2] == [
        "No AI answers",
        "No training crawlers",
    ]
    assert (await press("up", "No training crawlers"))[0] == "No training crawlers"
    assert "Programs slowly" not in await press("remove", "Programs slowly")
    await press("shadow", "No AI answers")
    assert "only logs" in await house.page(DRAFT)
    gone = await house.send(f"{DRAFT}/edit", token, rule="Nowhere", do="up")
    assert gone.status == 422
    assert (await house.send(f"{DRAFT}/edit", token, rule="No AI answers", do="x")).status == 422
    await apply(house, token)
    page = unescape(await house.page(PAGE))
    assert "it would have met nothing so far" in page
    sent = await house.send(f"{DRAFT}/edit", token, rule="No AI answers", do="promote", then="look")
    assert sent.headers["Location"] == f"{DRAFT}/look?told=draft-kept"
    await apply(house, token)
    [rule] = [one for one in house.stage.flows.house.now.policy.rules if one.shadow is True] or [0]
    assert rule == 0


async def test_a_text_with_a_mistake_is_kept_and_its_line_shown(house: House) -> None:
    token = await admin(house)
    policy = house.stage.flows.house.now.policy
    text = write_policy(policy).replace('then = "throttle"', 'then = "slow" # <mine>')
    sent = await house.send(f"{DRAFT}/text", token, toml=text)
    page = unescape(await sent.text())
    assert sent.status == 422
    line = text[: text.index('"slow"')].count("\n") + 1
    assert f"(line {line})" in page
    assert 'then = "slow" # <mine></code>' in page
    assert "<mine>" in unescape(await house.page(DRAFT))  # it is still there
    assert (await house.get(f"{DRAFT}/look")).status == 303
    assert (await house.send(f"{DRAFT}/edit", token, rule="x", do="up")).status == 303
    held = await house.send(f"{DRAFT}/rule", token, **RULE)
    assert held.status == 422
    assert "Correct the draft's text first" in unescape(await held.text())
    right = text.replace('"slow" # <mine>', '"refuse"')
    sent = await house.send(f"{DRAFT}/text", token, toml=right, then="look")
    assert sent.headers["Location"] == f"{DRAFT}/look?told=draft-kept"
    await house.send(f"{DRAFT}/discard", token)
    assert "<mine>" not in unescape(await house.page(DRAFT))


async def test_settings_are_kept_and_what_is_wrong_with_them_is_told(house: House) -> None:
    token = await admin(house)
    fields = {
        "train-ai": "n",
        "ai-use": "",
        "search": "y",
        "local": "refuse",
        "remote": "hold",
        "mode": "allow-list",
        "proof": "work",
        "visitor": "800",
        "person": "900",
        "peer": "1000",
    }
    sent = await house.send(f"{DRAFT}/settings", token, **{**fields, "visitor": "12"})
    page = unescape(await sent.text())
    assert (sent.status, "is no longest side" in page) == (422, True)
    assert 'value="12"' in page
    assert (await house.send(f"{DRAFT}/settings", token, **fields)).status == 303
    author = await house.stage.flows.accounts.named("admin")
    policy = (await house.stage.flows.drafting.draft(author)).read()
    assert policy.federation.mode == "allow-list"
    assert (policy.renditions.peer, policy.ai_works.remote) == (1000, "hold")
    assert policy.renditions.proof == "work"
    assert "With an allow list" in await house.page(DRAFT)


async def test_a_policy_that_locks_everybody_out_cannot_be_applied(house: House) -> None:
    token = await admin(house)
    rule = {"door": "web", "name": "All out", "then": "refuse", "because": "So."}
    await house.send(f"{DRAFT}/rule", token, **rule)
    assert "would refuse people who are signed in" in await house.page(DRAFT)
    look = await house.page(f"{DRAFT}/look")
    assert "cannot be put in force" in look
    sent = await house.send(f"{DRAFT}/apply", token, expected="1")
    assert sent.status == 422
    assert house.stage.flows.house.now.version.version == 1


async def test_who_applies_what_another_changed_meanwhile_is_told(house: House) -> None:
    token = await admin(house)
    first = house.cookie
    await house.send(f"{DRAFT}/begin", token, preset="strict-studio")
    assert "No collectors: web" in await house.page(DRAFT)
    await house.sign_in(Role.OWNER)
    other = await house.token()
    await house.send(f"{DRAFT}/begin", other, preset="open")
    await apply(house, other)
    house.cookie = first
    assert "Version 2 was put in force after this draft" in await house.page(DRAFT)
    sent = await house.send(f"{DRAFT}/apply", token, expected="1", reason="Mine.")
    page = unescape(await sent.text())
    assert sent.status == 409
    assert "The policy changed meanwhile" in page
    assert 'value="Mine."' in page
    await apply(house, token)
    assert house.stage.flows.house.now.policy.preset == "strict-studio"


async def test_a_preset_that_is_none_is_refused(house: House) -> None:
    token = await admin(house)
    assert (await house.send(f"{DRAFT}/begin", token, preset="cosy")).status == 422


async def test_no_such_version_is_not_found(house: House) -> None:
    await admin(house)
    assert (await house.get(f"{PAGE}/history/99")).status == 404


async def test_rules_of_every_door_have_a_form(house: House) -> None:
    await admin(house)
    for door in Door:
        page = await house.page(f"{DRAFT}/rule?door={door}")
        assert f'value="{door}"' in page
    assert str(Action.STRIP_MEDIA) in await house.page(f"{DRAFT}/rule?door=inbound")
    assert (await house.get(f"{DRAFT}/rule?n=99&door=cat")).status == 200
