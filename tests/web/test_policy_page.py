"""The policy for people and its twins for machines."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from federation import policies
from federation.documents import read_document
from server.changes import NewPolicy
from server.policy import STANDARD_NO_AI
from server.policy_text import write_policy
from server.rules import Action, Condition, ConditionKind, Door, Rule
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import ACTIVITY_JSON
from tests.web.site import Site, site

__all__ = ["migrated_sqlite", "site", "sqlite_url"]

SECRET = Rule(
    "Nobody's business",
    Door.INBOUND,
    (Condition(ConditionKind.PEER, ("secret.example",)),),
    Action.REFUSE,
    "They scrape.",
)


async def new_version(site: Site) -> None:
    changed = replace(STANDARD_NO_AI, rules=(*STANDARD_NO_AI.rules, SECRET))
    governing = site.stage.flows.governing
    await governing.apply(site.people["otto"], NewPolicy(write_policy(changed)), "Enough.")


async def json_at(site: Site, path: str, accept: str) -> tuple[Any, Any]:
    answer = await site.get(path, Accept=accept)
    assert answer.status == 200
    return answer, json.loads(await answer.read())


async def test_the_page_tells_version_date_doors_and_what_changed(site: Site) -> None:
    text = await (await site.get("/policy")).text()
    assert "Version 1, in force since" in text
    assert "What changed" not in text
    assert "Crawlers that gather training data" in text
    await new_version(site)
    text = await (await site.get("/policy")).text()
    assert "Version 2, in force since" in text
    assert "<li>New: Certain things from other servers are refused. They scrape.</li>" in text
    assert "Version 1, <time" in text
    assert "secret.example" not in text
    assert "business" not in text


async def test_machines_read_the_same_and_no_more(site: Site) -> None:
    await new_version(site)
    for path, accept in (("/policy.json", "*/*"), ("/policy", "application/json")):
        answer, found = await json_at(site, path, accept)
        assert answer.content_type == "application/json"
        assert found["version"] == 2
        assert [one["version"] for one in found["versions"]] == [2, 1]
        assert datetime.fromisoformat(found["since"]).tzinfo == UTC
        assert found["doors"]["inbound"][-1] == {
            "does": "Certain things from other servers are refused.",
            "because": "They scrape.",
        }
        assert "secret.example" not in json.dumps(found)


async def test_the_signed_policy_follows_each_version_and_verifies(site: Site) -> None:
    for version in (1, 2):
        if version == 2:
            await new_version(site)
        for path, accept in (
            ("/.well-known/ai-policy", "*/*"),
            ("/policy", "application/ld+json"),
        ):
            answer, found = await json_at(site, path, accept)
            assert answer.content_type == "application/ld+json"
            assert found["policyVersion"] == version
            assert "secret.example" not in json.dumps(found)
            actor, _ = await site.get("/actor", Accept=ACTIVITY_JSON), None
            read = policies.read_policy(
                read_document(json.dumps(found).encode()),
                read_document(await actor.read()),
                site.stage.clock.now(),
            )
            assert (read.version, read.is_enforced) == (version, True)


async def test_the_signed_policy_is_a_tdm_policy_still(site: Site) -> None:
    _, found = await json_at(site, "/.well-known/ai-policy", "*/*")
    assert found["@context"][:2] == [
        "http://www.w3.org/ns/odrl.jsonld",
        "http://www.w3.org/ns/tdmrep.jsonld",
    ]
    assert (found["@type"], found["profile"]) == ("Offer", "http://www.w3.org/ns/tdmrep")
    assert found["uid"] == "https://art.test/.well-known/ai-policy"
    assert found["assigner"]["uid"] == "https://art.test"
    (permission,) = found["permission"]
    assert permission["action"] == "tdm:mine"
    assert permission["duty"] == [{"action": "obtainConsent"}]
    _, tdmrep = await json_at(site, "/.well-known/tdmrep.json", "*/*")
    assert tdmrep[0]["tdm-policy"] == found["uid"]
