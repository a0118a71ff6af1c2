"""Somebody on another server, whose every word is made here and really signed."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from federation.messages import Unsigned
from federation.signatures import PrivateKey, generate_rsa_pem, load_private_key, sign
from server.model import Millis

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY_JSON = "application/activity+json"


@cache
def pair(_number: int) -> tuple[PrivateKey, str, str]:
    """Return a loaded private key with both PEMs, always the same for one number."""
    private, public = generate_rsa_pem()
    return load_private_key(private), private, public


@dataclass
class Peer:
    """Somebody on another server, with a key of their own."""

    name: str
    domain: str = "peer.test"
    key_number: int = 1
    shares_inbox: bool = True
    serial: int = 0

    @property
    def uri(self) -> str:
        return f"https://{self.domain}/users/{self.name}"

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"

    @property
    def key(self) -> PrivateKey:
        return pair(self.key_number)[0]

    @property
    def public_pem(self) -> str:
        return pair(self.key_number)[2]

    @property
    def inbox(self) -> str:
        return f"{self.uri}/inbox"

    @property
    def shared_inbox(self) -> str:
        return f"https://{self.domain}/inbox" if self.shares_inbox else ""

    @property
    def document(self) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": self.inbox,
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "endpoints": {"sharedInbox": self.shared_inbox} if self.shares_inbox else {},
            "publicKey": {
                "id": self.key_id,
                "owner": self.uri,
                "publicKeyPem": self.public_pem,
            },
        }

    def new_uri(self, kind: str = "activities") -> str:
        self.serial += 1
        return f"https://{self.domain}/{self.name}/{kind}/{self.serial}"

    def does(self, kind: str, what: Any, **more: Any) -> dict[str, Any]:
        """Return an activity of this peer's."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.new_uri(),
            "type": kind,
            "actor": self.uri,
            "object": what,
            **more,
        }

    def note(self, **more: Any) -> dict[str, Any]:
        """Return a public post of this peer's."""
        return {
            "id": self.new_uri("notes"),
            "type": "Note",
            "attributedTo": self.uri,
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
            "content": "<p>Look</p>",
            "published": "2026-11-20T10:00:00Z",
            **more,
        }

    def signed(
        self,
        body: bytes,
        at: Millis,
        *,
        target: str = "/inbox",
        host: str = "art.test",
        method: str = "POST",
        accept: str = "",
        content_type: str = ACTIVITY_JSON,
    ) -> dict[str, str]:
        """Return the headers of a signed request to us."""
        given = (("Accept", accept),) if accept else (("Content-Type", content_type),)
        request = Unsigned(method, f"https://{host}{target}", given, body)
        return {"Host": host, **dict((*given, *sign(request, self.key, self.key_id, at)))}
