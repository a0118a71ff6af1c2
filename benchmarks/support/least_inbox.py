"""The least that an inbox can be: aiohttp, RSA, msgspec and SQLite with group commit.

It believes and stores, and does nothing else: no policy, no duplicates, no effects, no jobs.
`python -m benchmarks.support.least_inbox PORT DATABASE KEYS` (KEYS: JSON of key id to PEM).
"""

import asyncio
import base64
import hashlib
import json
import re
import sqlite3
import sys
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Store:
    """Inserts what waits in one commit, in a thread."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE activities (id TEXT UNIQUE, body BLOB)")
        self._waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, uri: str, body: bytes) -> None:
        """Return once it is committed."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((uri, body, committed))
        if self._task is None:
            self._task = asyncio.create_task(self._commit())
        await committed

    async def _commit(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._insert, [(uri, body) for uri, body, _ in batch])
            for *_, committed in batch:
                committed.set_result(None)
        self._task = None

    def _insert(self, rows: list[tuple[str, bytes]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR IGNORE INTO activities VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")


def main() -> None:
    port, database, keys_file = sys.argv[1:]
    pems = json.loads(Path(keys_file).read_text(encoding="utf-8"))
    keys = {key_id: serialization.load_pem_public_key(pem.encode()) for key_id, pem in pems.items()}
    store = Store(database)

    async def inbox(request: web.Request) -> web.Response:
        body = await request.read()
        given = dict(_PARAMETER.findall(request.headers["Signature"]))
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert request.headers["Digest"] == digest
        names = given["headers"].split()
        message = "\n".join(
            f"(request-target): post {request.path}"
            if name == "(request-target)"
            else f"{name}: {request.headers[name]}"
            for name in names
        )
        key = keys[given["keyId"]]
        assert isinstance(key, rsa.RSAPublicKey)
        signature = base64.b64decode(given["signature"])
        key.verify(signature, message.encode(), padding.PKCS1v15(), hashes.SHA256())
        await store.add(msgspec.json.decode(body)["id"], body)
        return web.Response(status=202)

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.add_routes([web.post("/inbox", inbox), web.get("/healthz", healthz)])
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(port),
        access_log=None,
        print=None,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
