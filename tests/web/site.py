"""art.test as people with browsers see it: three accounts, one work, and forms sent as pages do."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import ActorId, Artist, Role, Work
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import Stage, staged

__all__ = ["PASSWORD", "Site", "migrated_sqlite", "site", "sqlite_url"]

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Site:
    """art.test with ana, whose work hangs, ben, and otto who owns the place."""

    stage: Stage
    client: TestClient[Any, Any]
    people: dict[str, Artist]
    work: Work
    cookies: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, name: str) -> str:
        known = self.stage.flows
        if name and name not in self.cookies:
            signed_in = await known.sessions.start(self.people[name])
            self.cookies[name] = f"{known.forms.cookies.session_name}={signed_in.token}"
        return self.cookies.get(name, "")

    async def get(self, path: str, name: str = "", **headers: str) -> ClientResponse:
        cookie = await self.sign_in(name)
        given = {"Cookie": cookie} if cookie else {}
        whole = {"Host": "art.test", "Accept": "text/html", **given, **headers}
        return await self.client.get(path, headers=whole, allow_redirects=False)

    async def page(self, path: str, name: str) -> str:
        answer = await self.get(path, name)
        assert answer.status == 200, (path, answer.status)
        return await answer.text()

    async def send(
        self, path: str, name: str, /, page: str = "/settings", **fields: str
    ) -> ClientResponse:
        """Send a form from the page that offers it."""
        token = _TOKEN.search(await self.page(page, name))
        assert token is not None
        return await self.client.post(
            path,
            data={"csrf": token.group(1), **fields},
            headers={
                "Host": "art.test",
                "Cookie": await self.sign_in(name),
                "Origin": "https://art.test",
                "Referer": f"https://art.test{page}",
            },
            allow_redirects=False,
        )

    async def send_as_stranger(
        self, path: str, page: str, *, form: Any = None, **fields: str
    ) -> ClientResponse:
        """Send a form that is open to everybody from its page; `form`: an upload instead."""
        offered = await self.get(page)
        token = _TOKEN.search(await offered.text())
        assert token is not None, (page, offered.status)
        cookies = "; ".join(f"{one.key}={one.value}" for one in offered.cookies.values())
        return await self.client.post(
            path,
            data=form(token.group(1)) if form else {"csrf": token.group(1), **fields},
            headers={"Host": "art.test", "Cookie": cookies, "Origin": "https://art.test"},
            allow_redirects=False,
        )

    async def give(self, name: str, role: Role) -> None:
        """Give somebody a role."""
        self.people[name] = replace(self.people[name], role=role)
        async with self.stage.library.transaction() as tx:
            await tx.artists.update(self.people[name])

    async def separate_files(self) -> str:
        """Give each copy a file of its own that holds its name; return the picture's key."""
        media, (picture,) = self.stage.instance.seams.media, self.work.pictures
        made = []
        for each in picture.renditions:
            stored = await media.put(f"{each.name}.{each.format}".encode())
            made.append(replace(each, digest=stored.digest))
        async with self.stage.library.transaction() as tx:
            await tx.works.put_picture(replace(picture, renditions=tuple(made)))
        return picture.media_key

    def id(self, name: str) -> ActorId:
        return self.people[name].id


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        people = {name: await stage.artist(name) for name in ("ana", "ben", "otto")}
        people["otto"] = replace(people["otto"], role=Role.OWNER)
        async with library.transaction() as tx:
            await tx.artists.update(people["otto"])
        work = await stage.hang(people["ana"])
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, people, work)
    await library.close()
