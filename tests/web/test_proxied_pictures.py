"""Pictures that a reverse proxy sends: the gate decides, the proxy learns where the file is."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from server import config as settings
from server.doctor import MOST_PROBE_BYTES, proof_of
from server.errors import Invalid
from server.model import Rendition, Work
from storage.disk import open_disk
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.flows.artists import SMALL
from tests.two_servers.stage import Stage, staged

__all__ = ["migrated_sqlite", "sqlite_url"]

ROOT = Path(__file__).parents[2]
WITHIN = '[media]\npath = "media"\nproxy_path = "/_pictures/"\n'
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# What nginx keeps of an answer that leads it to a file, or makes itself.
NGINX_KEEPS = {"content-type", "cache-control", "content-length", "date", "server"}


class Proxied:
    """art.test behind a proxy that sends pictures, with one work."""

    def __init__(self, stage: Stage, client: TestClient[Any, Any], work: Work) -> None:
        self.stage, self.client, self.work = stage, client, work

    async def get(self, path: str, user_agent: str = PERSON, method: str = "GET") -> Any:
        headers = {"Host": "art.test", "User-Agent": user_agent}
        return await self.client.request(method, path, headers=headers)

    def picture(self, name: str = "view.jpg") -> str:
        return f"/media/{self.work.pictures[0].media_key}/{name}"


@pytest_asyncio.fixture
async def proxied(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Proxied]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path, more=WITHIN) as stage:
        work = await stage.hang(await stage.artist("ana"))
        stored = await stage.flows.media.put(SMALL)
        picture = work.pictures[0]
        kept = tuple(_with(each, stored.digest, stored.size) for each in picture.renditions)
        async with library.transaction() as tx:
            await tx.works.put_picture(replace(picture, renditions=kept))
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Proxied(stage, client, work)
    await library.close()


def _with(one: Rendition, digest: str, size: int) -> Rendition:
    return replace(one, digest=digest, bytes=size)


async def test_who_is_refused_learns_of_no_file(proxied: Proxied) -> None:
    for agent in ("GPTBot/1.2", "CCBot/2.0"):
        answer = await proxied.get(proxied.picture(), agent)
        assert answer.status == 403
        assert "X-Accel-Redirect" not in answer.headers
    for path in (proxied.picture("original.jpg"), proxied.picture("full.jpg"), "/_pictures/"):
        answer = await proxied.get(path)
        assert answer.status == 404
        assert "X-Accel-Redirect" not in answer.headers


async def test_who_may_see_it_is_sent_by_the_proxy_with_all_that_machines_are_told(
    proxied: Proxied,
) -> None:
    answer = await proxied.get(proxied.picture())
    assert (answer.status, await answer.read()) == (200, b"")
    where = answer.headers["X-Accel-Redirect"]
    assert re.fullmatch(r"/_pictures/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}", where)
    file = proxied.stage.flows.config.media_path / where.removeprefix("/_pictures/")
    assert file.read_bytes() == SMALL
    assert answer.headers["X-Robots-Tag"].startswith("noai, noimageai")
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    assert answer.headers["Content-Type"] == "image/jpeg"


async def test_nginx_is_told_of_each_header_that_a_picture_carries(proxied: Proxied) -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    passed = {name.lower() for name in re.findall(r"add_header (\S+) \$upstream_http_", text)}
    answer = await proxied.get(proxied.picture())
    assert "X-Accel-Redirect" in answer.headers
    sent = {name.lower() for name in answer.headers} - {"x-accel-redirect"} - NGINX_KEEPS
    assert sent <= passed | {"strict-transport-security"}
    for name in passed:  # and by the name that nginx knows the header of this program's answer by
        assert f"$upstream_http_{name.replace('-', '_')} always;" in text


@pytest.mark.parametrize("file", ["nginx.conf", "Caddyfile"])
def test_both_proxies_set_who_asks_and_keep_the_folder_to_themselves(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text()
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    if file == "nginx.conf":
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in code
        assert "proxy_add_x_forwarded_for" not in code  # would keep what a visitor wrote
        assert re.search(r"location /_pictures/ \{\s+internal;", code)
    else:
        assert "trusted_proxies" not in code  # would believe what a visitor wrote
        assert "handle_path" not in code
        assert "@picture header X-Accel-Redirect /_pictures/*" in code


def test_the_container_takes_the_program_along_and_no_data_folder_that_lies_beside_it() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text()
    taken = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
        for name in line.split()
    }
    assert taken == {
        *("pyproject.toml", "requirements.txt", "README.md", "LICENSE"),
        *("server", "federation", "storage", "web"),
    }
    assert all((ROOT / name).exists() for name in taken)
    assert "--require-hashes" in text
    assert "--no-build-isolation" in text


async def test_the_doctor_may_ask_for_its_own_tiny_file_and_nobody_for_another(
    proxied: Proxied,
) -> None:
    known = proxied.stage.flows
    tiny, real = await known.media.put(b"x"), await known.media.put(b"y" * (MOST_PROBE_BYTES + 1))
    proof = proof_of(known.forms.secret)
    answer = await proxied.get(f"/healthz?proof={proof}&probe={tiny.digest}")
    assert tiny.digest in answer.headers["X-Accel-Redirect"]
    for path in (f"proof={proof}&probe={real.digest}", f"proof=x&probe={tiny.digest}",
                 f"proof={proof}&probe=../x"):  # fmt: skip
        assert "X-Accel-Redirect" not in (await proxied.get(f"/healthz?{path}")).headers


@pytest.mark.parametrize("path", ["_pictures", "/", "/a/../b/", "//", "/a b/", "/a;\n}/", "/A/"])
def test_a_path_that_a_proxy_could_misread_is_refused(path: str, tmp_path: Path) -> None:
    text = f'[instance]\ndomain = "art.example"\n[media]\nproxy_path = {path!r}\n'.replace("'", '"')
    with pytest.raises(Invalid, match="proxy_path"):
        settings.parse(text, {}, folder=tmp_path)


async def test_a_folder_that_a_proxy_reads_is_open_to_its_group_alone(tmp_path: Path) -> None:
    for is_shared, modes in ((True, (0o640, 0o750)), (False, (0o600, 0o700))):
        folder = tmp_path / str(is_shared)
        stored = await open_disk(folder, is_shared=is_shared).put(b"a picture")
        place = folder / stored.digest[:2] / stored.digest[2:4] / stored.digest
        assert (place.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == modes
