"""The recorded traffic under `tests/fixtures/activitypub`, as the types that our code takes.

Every file is a request that a real server sent to art.test, or a document that it served.
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from federation.messages import Received
from server.model import Millis

FOLDER = Path(__file__).parents[1] / "fixtures" / "activitypub"
_ACTIVITY_TYPES = ("application/activity+json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file. `name` is its path below the folder, without the ending."""

    name: str
    document: dict[str, Any] = field(repr=False)

    @property
    def server(self) -> str:
        return str(self.document["server"])

    @property
    def what(self) -> str:
        """What the file shows: its name without number and scheme."""
        parts = self.name.partition("/")[2].split("-")[1:]
        return "-".join(part for part in parts if part not in {"rfc9421", "cavage"})

    @property
    def body(self) -> bytes:
        return base64.b64decode(self.document["body_base64"])

    @property
    def json(self) -> Any:
        return self.document["body"]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, value in self.document["headers"])

    @property
    def at(self) -> Millis:
        moment = datetime.fromisoformat(self.document["received_at"])
        return Millis(round(moment.timestamp() * 1000))

    @property
    def is_post(self) -> bool:
        return self.document["direction"] == "received" and self.document["method"] == "POST"

    @property
    def is_signed(self) -> bool:
        names = {name.lower() for name, _ in self.headers}
        return self.document["direction"] == "received" and "signature" in names

    @property
    def is_document(self) -> bool:
        """Whether a peer served this as an ActivityStreams document."""
        types = [value for name, value in self.headers if name.lower() == "content-type"]
        return (
            self.document["direction"] == "fetched"
            and self.document["status"] == 200
            and types[0].startswith(_ACTIVITY_TYPES)
        )

    @property
    def received(self) -> Received:
        return Received(
            method=self.document["method"],
            target=self.document["target"],
            host="art.test",
            headers=self.headers,
            body=self.body,
            received_at=self.at,
        )


@cache
def everything() -> tuple[Recorded, ...]:
    files = sorted(FOLDER.glob("*/[0-9]*.json"))
    return tuple(
        Recorded(f"{path.parent.name}/{path.stem}", json.loads(path.read_bytes())) for path in files
    )


def posts() -> list[Recorded]:
    return [one for one in everything() if one.is_post]


def signed() -> list[Recorded]:
    return [one for one in everything() if one.is_signed]


def documents(*types: str) -> list[Recorded]:
    found = [one for one in everything() if one.is_document]
    return [one for one in found if not types or one.json.get("type") in types]


def named(ending: str) -> Recorded:
    """Return the one file whose name ends so."""
    (found,) = (one for one in everything() if one.name.endswith(ending))
    return found


@cache
def pems() -> dict[str, str]:
    """Return actor id → public key, of every server."""
    return _merged("keys.json")


@cache
def owners() -> dict[str, str]:
    """Return key id → actor id, of every server."""
    return _merged("key_ids.json")


def multikeys() -> dict[str, dict[str, str]]:
    return json.loads((FOLDER / "fedify-2.3.6" / "multikeys.json").read_bytes())


def _merged(file_name: str) -> dict[str, str]:
    merged: dict[str, str] = {}
    for path in sorted(FOLDER.glob(f"*/{file_name}")):
        merged |= json.loads(path.read_bytes())
    return merged
