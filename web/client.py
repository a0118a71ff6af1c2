"""The guarded way out: the only place that opens a connection to another server.

Law: every connection goes to an address that was checked in the very moment before. The URL is
checked as text, the resolver answers checked addresses only and the connector uses no others
(a second look at DNS would be the gap for rebinding), and the socket itself is refused where an
address that slipped past both is about to be used.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from server.errors import Invalid
from server.ports import Incoming, Outgoing, Transport, Unreachable
from web.addresses import (
    IPAddress,
    Target,
    is_allowed,
    is_localhost_name,
    read_ip,
    read_target,
)

DNS_SECONDS = 5.0
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0  # between two pieces; `Outgoing.total_seconds` bounds the whole
# Mastodon works with similar ones (app/lib/request.rb): a peer that is slower has given up too.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
_MAX_ADDRESSES = 4  # of one name; more would multiply the connect timeout
_MAX_CONNECTIONS = 256
_MAX_CONNECTIONS_PER_HOST = 8
_KEEP_ALIVE_SECONDS = 15.0  # deliveries are ordered by host; many peers close after 20
_DNS_CACHE_SECONDS = 60
_MAX_HEADERS = 100
_MAX_HEADER_BYTES = 8_190
_CHUNK_BYTES = 65_536
_NO_BODY = frozenset({204, 304})

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


def compose_user_agent(version: str, base_url: str, suffix: str = "") -> str:
    """Return who we say we are: `Fixatif/1.0 (+https://art.example/)`, then `suffix`."""
    return f"Fixatif/{version} (+{base_url.rstrip('/')}/) {suffix}".rstrip()


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the system's resolver has for `host`. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


class GuardedTransport(Transport):
    """The Transport over aiohttp. Its session opens with the first request; `close` ends it.

    `ca_file` adds authorities to the system's (`Invalid` where it cannot be read); `lookup` stands
    in for DNS in tests.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private_addresses: bool = False,
        ca_file: Path | None = None,
        lookup: Lookup = look_up,
    ) -> None:
        self._user_agent = user_agent
        self._allow_private_addresses = allow_private_addresses
        self._tls = _tls(ca_file)
        self._lookup = lookup
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Outgoing) -> Incoming:
        """Send and return the whole answer, whatever its status. Raises `Unreachable`."""
        target = read_target(request.url, allow_private_addresses=self._allow_private_addresses)
        try:
            async with asyncio.timeout(request.total_seconds):
                return await self._send_again_if_dropped(request, target)
        except TimeoutError as cause:
            raise Unreachable(f"{target.host} did not answer in time.") from cause
        except aiohttp.ClientConnectorCertificateError as cause:
            raise Unreachable(f"{target.host} has no valid TLS certificate.") from cause
        except aiohttp.ClientConnectorDNSError as cause:
            raise Unreachable(f"{target.host} has no address in DNS.") from cause
        except aiohttp.ClientResponseError as cause:
            raise Unreachable(f"{target.host} gave an answer that is no proper HTTP.") from cause
        except (aiohttp.ClientPayloadError, zlib.error) as cause:
            raise Unreachable(f"The answer of {target.host} was broken or cut off.") from cause
        except (aiohttp.ClientError, OSError) as cause:
            raise Unreachable(f"{target.host} could not be reached.") from cause

    async def close(self) -> None:
        """Close every connection; a later request opens a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send_again_if_dropped(self, request: Outgoing, target: Target) -> Incoming:
        """Send a second time where a kept connection turned out to be closed already.

        RFC 9112, 9.3.1 forbids this for a POST unless repeating it does no harm; ours are
        activities, which every server knows again by their id.
        """
        try:
            return await self._exchange(request, target)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientConnectionResetError):
            return await self._exchange(request, target)

    async def _exchange(self, request: Outgoing, target: Target) -> Incoming:
        async with self._opened().request(
            request.method,
            URL(target.url, encoded=True),  # a signature covers these very bytes
            headers=self._headers(request),
            data=request.body or None,
            timeout=_TIMEOUT,
            allow_redirects=False,
        ) as response:
            body = await _read_body(response, target.host, request.max_bytes)
            return Incoming(response.status, _plain_headers(response), body)

    def _headers(self, request: Outgoing) -> Mapping[str, str]:
        given = {name.lower() for name in request.headers}
        ours = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip"}
        return {
            **{name: value for name, value in ours.items() if name.lower() not in given},
            **request.headers,
        }

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._tls,
            resolver=GuardedResolver(
                self._lookup, allow_private_addresses=self._allow_private_addresses
            ),
            ttl_dns_cache=_DNS_CACHE_SECONDS,
            limit=_MAX_CONNECTIONS,
            limit_per_host=_MAX_CONNECTIONS_PER_HOST,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            socket_factory=self._open_socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy would resolve names itself, past every check
            auto_decompress=False,  # `_Unpacker` counts what comes out
            max_headers=_MAX_HEADERS,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )

    def _open_socket(self, address_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        literal = read_ip(str(address[0]))
        if literal is None or not self._allows(literal):
            raise PermissionError(f"{address[0]} is no address that may be connected to.")
        return socket.socket(family, kind, protocol)

    def _allows(self, address: IPAddress) -> bool:
        return is_allowed(address, allow_private_addresses=self._allow_private_addresses)


class GuardedResolver(AbstractResolver):
    """Answers with addresses that may be connected to, and with no others.

    Forbidden ones among allowed ones are left out: networks with NAT64 add such to every name.
    """

    def __init__(self, lookup: Lookup, *, allow_private_addresses: bool) -> None:
        self._lookup = lookup
        self._allow_private_addresses = allow_private_addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises `Unreachable`, final where all are forbidden."""
        found = await self._ask(host, port)
        allowed = [address for address in found if self._allows(host, address)]
        if found and not allowed:
            raise Unreachable(
                f"{host} leads to an address that is not public; Fixatif does not connect to it.",
                is_final=True,
            )
        if not allowed:
            raise Unreachable(f"{host} has no address in DNS.")
        usable = [one for one in allowed if family in (socket.AF_UNSPEC, _family(one))]
        return [_result(host, port, address) for address in usable[:_MAX_ADDRESSES]]

    async def close(self) -> None:
        """Nothing is kept."""

    async def _ask(self, host: str, port: int) -> list[IPAddress]:
        try:
            async with asyncio.timeout(DNS_SECONDS):
                texts = await self._lookup(host, port)
        except TimeoutError as cause:
            raise Unreachable(f"DNS did not say in time where {host} is.") from cause
        except (OSError, UnicodeError) as cause:
            raise Unreachable(f"{host} has no address in DNS.") from cause
        read = [read_ip(text) for text in dict.fromkeys(texts)]
        return [address for address in read if address is not None]

    def _allows(self, host: str, address: IPAddress) -> bool:
        if is_localhost_name(host) and not address.is_loopback:
            return False  # plain http is allowed to such names, so they must stay on this machine
        return is_allowed(address, allow_private_addresses=self._allow_private_addresses)


class _Unpacker:
    """Counts an answer's bytes, as they come and unpacked, and stops at the first too many."""

    def __init__(self, encoding: str, host: str, max_bytes: int) -> None:
        self._host = host
        self._max_bytes = max_bytes
        self._packed_bytes = 0
        self._body = bytearray()
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None

    def feed(self, chunk: bytes) -> None:
        """Take the next piece. Raises `Unreachable` above the limit, `zlib.error` if broken."""
        self._packed_bytes += len(chunk)
        if self._gzip is None:
            self._body += chunk
        elif not self._gzip.eof:  # what follows the end of the stream is padding
            room = self._max_bytes - len(self._body) + 1
            self._body += self._gzip.decompress(chunk, room)
        if max(len(self._body), self._packed_bytes) > self._max_bytes:
            raise _too_large(self._host, self._max_bytes)

    def finish(self) -> bytes:
        """Return the whole body. Raises `zlib.error` where its end is missing."""
        if self._gzip is not None and self._packed_bytes and not self._gzip.eof:
            raise zlib.error("the end of the stream is missing")
        return bytes(self._body)


async def _read_body(response: aiohttp.ClientResponse, host: str, max_bytes: int) -> bytes:
    if response.method == "HEAD" or response.status in _NO_BODY:
        return b""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise Unreachable(f"{host} packed its answer in a way that was not asked for.")
    if (response.content_length or 0) > max_bytes:
        raise _too_large(host, max_bytes)
    unpacker = _Unpacker(encoding, host, max_bytes)
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        unpacker.feed(chunk)
    return unpacker.finish()


def _plain_headers(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    """Return headers with lower-case names, without those that the body has outlived."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.pop("content-encoding", None):
        headers.pop("content-length", None)
    return headers


def _too_large(host: str, max_bytes: int) -> Unreachable:
    return Unreachable(f"The answer of {host} is larger than {max_bytes:,} bytes.")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(ca_file)
    except OSError as cause:  # ssl.SSLError is one
        raise Invalid(
            f"{ca_file} holds no certificates that can be read: give federation.ca_file a PEM file."
        ) from cause
    return context


def _family(address: IPAddress) -> socket.AddressFamily:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def _result(host: str, port: int, address: IPAddress) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=_family(address),
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )
