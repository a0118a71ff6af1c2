"""Chromium as people have it, and a watch on what it complains about.

Law: a page that logs an error, breaks its Content-Security-Policy or asks another host for
anything has failed, whatever it looks like.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

EXECUTABLE = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Headless Chromium names itself so, and is then a program to the gate, not a person.
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
DESK = (1440, 900)
PHONE = (390, 844)
_PATIENCE = 45_000  # milliseconds


@dataclass  # no slots: playwright keeps its own marks at who listens
class Watch:
    """Collects what went wrong and what was asked for."""

    own_host: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # paths asked of our own host
    refusals: tuple[int, ...] = ()  # statuses of pages that a test asks for on purpose

    def over(self, page: Page) -> None:
        """Watch a page from now on."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        wanted = any(f"status of {status} " in message.text for status in self.refusals)
        if not wanted:
            self.complaints.append(f"{message.type}: {message.text} ({message.location})")

    def _see(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if parts.netloc != self.own_host:
            self.complaints.append(f"asked another host: {request.url}")
        self.requests.append(parts.path)


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser profile on one site: cookies of its own, and a page."""

    context: BrowserContext
    page: Page
    watch: Watch
    base_url: str

    def go(self, path: str) -> int:
        """Open a page of the site; return its status."""
        answer = self.page.goto(self.base_url + path)
        return answer.status if answer else 0

    def enter(self, cookie: str, token: str) -> None:
        """Be signed in from the next page on."""
        self.context.add_cookies([{"name": cookie, "value": token, "url": self.base_url}])

    def text(self) -> str:
        """Return what can be read on the page."""
        return self.page.locator("main").inner_text()

    def complaint(self) -> str:
        """Return what the form or page says that is wrong."""
        return self.page.locator("[role=alert]").first.inner_text()

    def sign_in(self, handle: str, password: str) -> None:
        self.go("/login")
        self.page.fill("#handle", handle)
        self.page.fill("#password", password)
        self.page.click("main button")
        self.page.wait_for_url("**/studio**")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that asks nobody but us."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def visitor(
    browser: Browser,
    base_url: str,
    *,
    scripts: bool = True,
    size: tuple[int, int] = DESK,
    dark: bool = False,
) -> Iterator[Visitor]:
    """Open a fresh profile; at its end, nothing may have gone wrong."""
    context = browser.new_context(
        base_url=base_url,
        java_script_enabled=scripts,
        viewport={"width": size[0], "height": size[1]},
        user_agent=USER_AGENT,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    watch = Watch(urlsplit(base_url).netloc)
    watch.over(page)
    yield Visitor(context, page, watch, base_url)
    context.close()
    assert not watch.complaints, watch.complaints
