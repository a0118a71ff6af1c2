"""The examples of docs/ai-policy-draft.md are what is really sent, and really verify."""

import json
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from federation import policies, portraits, proofs, translate
from federation.documents import read_document
from federation.keys import encode_multibase
from server.addresses import Addresses
from server.licences import licence_of
from server.model import Actor, ActorId, ActorKind, Millis
from server.policy import STANDARD_NO_AI
from server.rules import Door
from server.signals import ENFORCEMENT, PolicyStatement, ai_policy, headers, signal_urls
from tests.federation.test_translate import note
from tests.two_servers.stage import START

PAGE = (Path(__file__).parents[2] / "docs" / "ai-policy-draft.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
EXAMPLES: list[Any] = [json.loads(text) for language, text in BLOCKS if language == "json"]
POLICY, ACTOR, WORK = EXAMPLES
BASE = "https://art.example"
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # for everybody to try
KEY_ID = f"{BASE}/actor#ed25519-key"
ADDRESSES = Addresses(BASE, "art.example")


def real_policy() -> dict[str, Any]:
    statement = PolicyStatement(1, translate.timestamp(START), "Art Example", "ask@art.example")
    document = ai_policy(STANDARD_NO_AI, statement, signal_urls(BASE))
    return document | {"proof": proofs.made(document, KEY, KEY_ID, START)}


def real_actor() -> dict[str, Any]:
    multikey = encode_multibase(b"\xed\x01" + KEY.public_key().public_bytes_raw())
    actor = Actor(
        ActorId(1), f"{BASE}/actor", ActorKind.APPLICATION, "art.example", "art.example", "", "",
        "", f"{BASE}/inbox", "", more_keys=((KEY_ID, multikey),),
    )  # fmt: skip
    usage = STANDARD_NO_AI.content_usage
    return portraits.server_actor(actor, ADDRESSES, "Art Example", usage)


def test_the_policy_in_the_draft_is_the_one_that_is_sent() -> None:
    assert real_policy() == POLICY


def test_the_actor_in_the_draft_is_a_part_of_the_one_that_is_sent() -> None:
    real = real_actor()
    assert {name: real[name] for name in ACTOR} == ACTOR


def test_the_policy_in_the_draft_verifies_with_the_actor_in_the_draft() -> None:
    policy = read_document(json.dumps(POLICY).encode())
    actor = read_document(json.dumps(ACTOR).encode())
    policies.check_address(policy, f"{BASE}/.well-known/ai-policy")
    found = policies.read_policy(policy, actor, Millis(START + 400 * 86_400_000))
    assert (found.version, found.is_enforced) == (1, True)
    assert found.content_usage == "train-ai=n, ai-use=n"


def test_the_work_in_the_draft_has_the_terms_of_a_work_that_is_sent() -> None:
    real = json.loads(json.dumps(note(pictures=1)).replace("art.test", "art.example"))
    assert {name: real[name] for name in WORK if name not in {"attachment", "licenseUrl"}} == {
        name: value for name, value in WORK.items() if name not in {"attachment", "licenseUrl"}
    }
    (shown,), (sent,) = WORK["attachment"], real["attachment"]
    licence = licence_of("cc-by-nc")
    assert (shown.pop("license"), shown.pop("licenseUrl")) == (licence.title, licence.url)
    assert WORK["licenseUrl"] == licence.url
    assert {name: sent[name] for name in shown} == shown


def test_the_headers_in_the_draft_are_those_that_are_sent() -> None:
    (lines,) = (text for language, text in BLOCKS if language == "http")
    real = dict(headers(STANDARD_NO_AI.content_usage, signal_urls(BASE)))
    for line in lines.splitlines():
        name, _, value = line.partition(": ")
        assert real[name] == value


def test_the_claim_and_the_doors_stand_in_the_draft_by_name() -> None:
    assert f"`{ENFORCEMENT}`" in PAGE
    for door in Door:
        assert f"`{door}`" in PAGE
