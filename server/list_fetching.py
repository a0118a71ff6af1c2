"""Brings lists of servers from where they are published: guarded, page by page.

The law: only https, never ourselves, at most three redirects, every page from where the first one
came; a list that cannot be brought whole is not brought at all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import SplitResult, urljoin, urlsplit

from server.addresses import Addresses
from server.blocklist_fires import MAX_PAGES, collection_of, next_of
from server.blocklist_json import decode_json
from server.errors import Invalid, Unavailable
from server.lists import MAX_BYTES, BlockList
from server.ports import Incoming, Outgoing, Transport, Unreachable
from server.values import dataclass

MAX_ADDRESS = 2_048
_MAX_REDIRECTS = 3
_SECONDS = 120.0  # for a whole list: 20 MB over a slow line
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_ACCEPT = "application/ld+json, application/json;q=0.9, text/csv;q=0.8, text/plain;q=0.7, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list as it came; no parts where nothing changed since the last time."""

    parts: tuple[bytes, ...] = ()
    etag: str = ""
    last_modified: str = ""


@dataclass(slots=True)
class _Budget:
    """How many bytes may still come, and which pages came already."""

    left: int = MAX_BYTES
    seen: list[str] = field(default_factory=list)

    def spend(self, url: str, answer: Incoming) -> None:
        self.left -= len(answer.body)
        self.seen.append(url)
        if self.left < 0 or len(self.seen) > MAX_PAGES:
            raise Unavailable(
                f"The list is larger than {MAX_BYTES // 1_000_000} MB or {MAX_PAGES} pages,"
                " the most that is fetched: ask its makers for a smaller one."
            )


@dataclass(frozen=True, slots=True)
class ListFetching:
    """Fetches. `allows_loopback`: plain http to this machine, for test networks."""

    transport: Transport
    addresses: Addresses
    allows_loopback: bool = False

    def check(self, url: str) -> str:
        """Return an address that may be fetched. Raise `Invalid` with what to write instead."""
        text = url.strip()
        parts = _split(text)
        is_usable = bool(parts.hostname) and "@" not in parts.netloc and len(text) <= MAX_ADDRESS
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and self.allows_loopback)
        if not is_usable or not is_safe or not text.isascii() or any(map(str.isspace, text)):
            raise Invalid("Write the whole address of the list, beginning with https://.", "url")
        if self.addresses.is_ours(text):
            raise Invalid("This address is our own: lists come from elsewhere.", "url")
        return text

    async def fetch(self, one: BlockList) -> Fetched:
        """Bring what stands at a list's address, if it changed since the last time.

        Raise `Unavailable` or `BrokenList`, each with why.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._fetch(one)
        except TimeoutError as cause:
            raise Unavailable("The list did not come in time.") from cause

    async def _fetch(self, one: BlockList) -> Fetched:
        known = {"If-None-Match": one.etag, "If-Modified-Since": one.last_modified}
        headers = {name: value for name, value in known.items() if value}
        budget = _Budget()
        answer, url = await self._get(one.url, headers, budget)
        if answer.status == _NOT_MODIFIED and headers:
            return Fetched(etag=one.etag, last_modified=one.last_modified)
        budget.spend(url, answer)
        if not _is_object(answer):
            return Fetched(
                (answer.body,),
                answer.headers.get("etag", "")[:MAX_ADDRESS],
                answer.headers.get("last-modified", "")[:MAX_ADDRESS],
            )
        return Fetched(await self._pages(answer, url, budget))

    async def _pages(self, answer: Incoming, url: str, budget: _Budget) -> tuple[bytes, ...]:
        """Follow a dataset to its end. No tag of one page tells whether a later one changed."""
        home, parts = _home(url), [answer.body]
        document = decode_json(_text(answer))
        while following := next_of(document, seen=budget.seen):
            url = _joined(url, following)
            if _home(url) != home:
                raise Unavailable("The list goes on at another server, which is not followed.")
            if url in budget.seen:
                break
            answer, url = await self._get(url, {}, budget)
            budget.spend(url, answer)
            document = decode_json(_text(answer))
            if not isinstance(document, Mapping):
                raise Unavailable("A page of the list is no JSON object: try again later.")
            parts.append(answer.body)
        kept = [part for part in parts if _has_changes(part)]
        return tuple(kept or parts[:1])

    async def _get(
        self, url: str, headers: Mapping[str, str], budget: _Budget
    ) -> tuple[Incoming, str]:
        for _ in range(_MAX_REDIRECTS + 1):
            request = Outgoing(
                "GET",
                self.check(url),
                {"Accept": _ACCEPT, **headers},
                max_bytes=max(1, budget.left),
                total_seconds=_SECONDS,
            )
            try:
                answer = await self.transport.send(request)
            except Unreachable as problem:
                raise Unavailable(str(problem)) from problem
            if answer.status not in _REDIRECTS:
                _check_status(answer, is_conditional=bool(headers))
                return answer, url
            url = _redirected(url, answer)
        raise Unavailable("The list's address leads in a circle: look for its new one.")


def _redirected(url: str, answer: Incoming) -> str:
    target = _joined(url, answer.headers.get("location", ""))
    if url.startswith("https:") and not target.startswith("https:"):
        raise Unavailable("The list's address leads to one without TLS, which is not followed.")
    return target


def _check_status(answer: Incoming, *, is_conditional: bool) -> None:
    if answer.status == 200 or (answer.status == _NOT_MODIFIED and is_conditional):
        return
    raise Unavailable(f"The list's server answered {answer.status}.")


def _is_object(answer: Incoming) -> bool:
    return answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _text(answer: Incoming) -> str:
    return answer.body.decode("utf-8-sig", "replace")


def _has_changes(part: bytes) -> bool:
    document = decode_json(part.decode("utf-8-sig", "replace"))
    return isinstance(document, Mapping) and collection_of(document) is not None


def _home(url: str) -> tuple[str, str]:
    parts = _split(url)
    return parts.scheme, parts.netloc.lower()


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as cause:  # such as an unclosed [ of an IPv6 address
        raise Invalid(
            "This is no web address: write one beginning with https://.", "url"
        ) from cause


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError as cause:
        raise Unavailable("The list's address leads to what is no web address.") from cause
