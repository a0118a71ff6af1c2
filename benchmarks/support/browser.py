"""An artist at a browser: signs in and uploads by the forms, as people do."""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.support.load import USER_AGENT
from benchmarks.support.sample import PASSWORD

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_HUNG_SECONDS = 60.0
_GLANCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Browser:
    """A session with cookies."""

    session: aiohttp.ClientSession
    base_url: str

    async def sign_in(self, handle: str) -> None:
        """Sign in by the form."""
        form = {"csrf": await self._csrf("/login"), "handle": handle, "password": PASSWORD}
        await self._post("/login", form)

    async def upload(self, file: Path) -> None:
        """Upload a picture by the form, to be hung."""
        form = aiohttp.FormData()
        form.add_field("csrf", await self._csrf("/studio/upload"))
        with file.open("rb") as picture:
            form.add_field("pictures", picture, filename=file.name, content_type="image/jpeg")
            fields = {
                "alt": "A wide landscape at dusk.",
                "title": "Twenty-four megapixels",
                "visibility": "public",
                "ai_label": "none",
                "then": "hang",
            }
            for name, value in fields.items():
                form.add_field(name, value)
            await self._post("/studio/upload", form)

    async def until_hung(self, handle: str) -> None:
        """Wait until the newest work has its page."""
        link, until = re.compile(rf'href="/@{handle}/\d+-[^"]+"'), time.monotonic() + _HUNG_SECONDS
        while time.monotonic() < until:
            async with self.session.get(f"{self.base_url}/@{handle}") as page:
                if link.search(await page.text()):
                    return
            await asyncio.sleep(_GLANCE_SECONDS)
        raise RuntimeError("the upload was not hung in time")

    async def _csrf(self, path: str) -> str:
        async with self.session.get(self.base_url + path) as page:
            text = await page.text()
        found = _CSRF.search(text)
        assert found is not None, f"{path} answered {page.status}: {text[:300]}"
        return found[1]

    async def _post(self, path: str, form: aiohttp.FormData | dict[str, str]) -> None:
        async with self.session.post(
            self.base_url + path, data=form, allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()


def browsing() -> aiohttp.ClientSession:
    """Return a session that keeps cookies of an address without a name."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"User-Agent": USER_AGENT}
    )
