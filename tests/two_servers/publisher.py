"""A server that publishes a policy, every word of which is made here and really signed."""

import copy
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from federation import proofs
from federation.keys import PrivateKey, generate_ed25519_pem, load_private_key
from server.model import Millis
from server.signals import ENFORCEMENT
from tests.two_servers.stage import ACTIVITY_JSON, START, Net

APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
LD = "application/ld+json"


@cache
def _pair(number: int) -> tuple[PrivateKey, str]:
    private, _, multikey = generate_ed25519_pem()
    del number
    return load_private_key(private), multikey


@dataclass
class Publisher:
    """What a server answers at the addresses that a policy is asked for."""

    domain: str = "peer.test"
    scheme: str = "https"
    signed_at: Millis = START
    key_number: int = 1
    policy: dict[str, Any] = field(default_factory=dict)
    actor: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.actor = {
            "@context": ["https://www.w3.org/ns/activitystreams"],
            "id": f"{self.base}/actor",
            "type": "Application",
            "preferredUsername": self.domain,
            "inbox": f"{self.base}/inbox",
            "assertionMethod": [
                {
                    "id": self.key_id,
                    "type": "Multikey",
                    "controller": f"{self.base}/actor",
                    "publicKeyMultibase": _pair(self.key_number)[1],
                }
            ],
            "implements": [{"name": "Enforcement", "href": ENFORCEMENT}],
        }
        self.policy = {
            "@context": ["http://www.w3.org/ns/odrl.jsonld"],
            "@type": "Offer",
            "uid": self.address,
            "contentUsage": "train-ai=n",
            "policyVersion": 3,
            "updated": "2026-11-01T00:00:00Z",
        }
        self.sign()

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.domain}"

    @property
    def address(self) -> str:
        return f"{self.base}/.well-known/ai-policy"

    @property
    def key_id(self) -> str:
        return f"{self.base}/actor#policy"

    def sign(self, *, key_number: int = 0, key_id: str = "") -> None:
        """Sign the policy as it is now."""
        plain = {name: value for name, value in self.policy.items() if name != "proof"}
        key = _pair(key_number or self.key_number)[0]
        self.policy = plain | {
            "proof": proofs.made(plain, key, key_id or self.key_id, self.signed_at)
        }

    def serve(self, net: Net, **policy: Any) -> None:
        """Answer as it is now; `policy`: how its own address answers, else plainly."""
        links = {"links": [{"rel": APPLICATION, "href": self.actor["id"]}]}
        net.serve(f"{self.base}/.well-known/nodeinfo", links, content_type="application/json")
        net.serve(self.actor["id"], self.actor, content_type=ACTIVITY_JSON)
        document = policy.pop("document", copy.deepcopy(self.policy))
        net.serve(self.address, document, **{"content_type": LD} | policy)

    @property
    def text(self) -> str:
        return json.dumps(self.policy)
