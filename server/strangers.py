"""What a stranger sees of this instance: its port, its name, its documents, through the proxy.

Each question goes out by the way that other servers take. Where nothing answers, that is the
one finding; what depends on it is not asked.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from server.addresses import Addresses
from server.config import Config, is_loopback
from server.doctor import (
    MADE_UP_ADDRESS,
    Acquaintance,
    Finding,
    Means,
    is_port_free,
    ok,
    warn,
    wrong,
)
from server.ports import Incoming, Outgoing, Unreachable
from server.values import dataclass

ACTIVITY_TYPE = "application/activity+json"
JRD_TYPE = "application/jrd+json"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_SKEW_SECONDS = 30  # peers refuse signatures from an hour off; a minute hints at no time service
_SECONDS = 10.0
_NEAR_SECONDS = 3.0  # a server on this machine answers at once, another program perhaps never
_MAX_BYTES = 262_144
PROBE = b"fixatif doctor was here "  # a file of nobody's work
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - read, not bound

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A document that other servers need; `is_right` reads its answer."""

    name: str
    url: str
    accept: str
    is_right: Callable[[Json], bool]
    why: str  # what fails without it, and what to do


async def visit(config: Config, means: Means, *, has_database: bool) -> list[Finding]:
    """Ask this instance what strangers ask it; without a database, nobody can answer."""
    addresses = Addresses(config.base_url, config.instance.domain)
    port, is_running = await check_port(config, means, addresses)
    findings = [port, *await check_names(config, means)]
    if not has_database:
        return findings
    async with means.acquaintance() as known:
        return [*findings, *await _seen(config, means, known, is_running=is_running)]


async def check_port(config: Config, means: Means, addresses: Addresses) -> tuple[Finding, bool]:
    """Look who listens on our port; say also whether it is this instance."""
    host, port = config.server.host, config.server.port
    try:
        if await is_port_free(host, port):
            return warn("port", f"Nothing answers on {host}:{port}: run 'fixatif serve'."), False
    except OSError as problem:
        return (
            wrong(
                "port",
                f"{host}:{port} cannot be listened on ({problem.strerror}): "
                "set server.host and server.port.",
            ),
            False,
        )
    near = _ANYWHERE.get(host, f"[{host}]" if ":" in host else host)
    try:
        answer = await _ask(means, f"http://{near}:{port}/actor", ACTIVITY_TYPE, _NEAR_SECONDS)
        is_ours = _read(answer).get("id") == addresses.server_actor
    except (Unreachable, ValueError):
        is_ours = False
    if is_ours:
        return ok("port", f"this instance answers on {host}:{port}"), True
    return (
        wrong("port", f"Another program answers on {host}:{port}: stop it, or set server.port."),
        False,
    )


async def check_names(config: Config, means: Means) -> list[Finding]:
    """Look whether DNS knows the domain, and the host of the base URL where that differs."""
    hosts = [_host(f"//{config.instance.domain}"), _host(config.base_url)]
    return [await _named(host, means) for host in dict.fromkeys(hosts) if not is_loopback(host)]


def read_proxy(seen: Json, base_url: str) -> Finding:
    """Read what /healthz says of how our own request reached it. Pure."""
    parts = urlsplit(base_url)
    if seen.get("host") != parts.netloc:
        return wrong(
            "proxy",
            f"The proxy changes Host to {seen.get('host')}, so that no signature of another server "
            f"holds: let it pass {parts.netloc} on unchanged.",
        )
    if parts.scheme == "https" and not seen.get("is_secure"):
        return wrong(
            "proxy",
            "The proxy does not say that visitors come by https: let it set X-Forwarded-Proto, and "
            "name its address in server.trusted_proxies.",
        )
    if parts.scheme == "https" and not seen.get("is_forwarded"):
        return warn(
            "proxy",
            "The proxy does not say who asks, so that all visitors share one limit: let it set "
            "X-Forwarded-For, and name its address in server.trusted_proxies.",
        )
    if parts.scheme == "https" and seen.get("believes_visitors"):
        return wrong(
            "proxy",
            "The proxy passes a visitor's own X-Forwarded-For on, so that anybody can pretend to "
            "be anybody: let it set the header to the address that it sees.",
        )
    return ok("proxy", "Host, scheme and visitor's address arrive as they are")


async def check_proxied_pictures(config: Config, means: Means, proof: str) -> list[Finding]:
    """Look whether the proxy sends pictures where it is told to, and only then."""
    within = config.media.proxy_path
    if config.media.store != "disk" or not within:
        return []
    probe = await means.media.put(PROBE + secrets.token_bytes(16))
    digest = probe.digest
    open_at = f"{config.base_url}{within}{digest[:2]}/{digest[2:4]}/{digest}"
    by_gate = f"{config.base_url}/healthz?proof={proof}&probe={digest}"
    try:
        is_open = (await _ask(means, open_at, "*/*")).body.startswith(PROBE)
        is_sent = (await _ask(means, by_gate, "*/*")).body.startswith(PROBE)
    except Unreachable as problem:
        return [wrong("proxied pictures", f"They cannot be asked for: {problem}")]
    finally:
        await means.media.delete(digest)
    if is_open:
        return [
            wrong(
                "proxied pictures",
                f"Everybody can read {within} past every rule of this place: mark it as internal "
                "in the proxy (deploy/nginx.conf).",
            )
        ]
    if not is_sent:
        return [
            wrong(
                "proxied pictures",
                f"The proxy does not send them: let it answer X-Accel-Redirect to {within} from "
                f"{config.media_path}, which it must be able to read, or empty media.proxy_path.",
            )
        ]
    return [ok("proxied pictures", "the proxy sends what this program lets it send, nothing else")]


def read_date(answer: Incoming, now_seconds: float) -> Finding:
    """Compare our clock with the one in front of us. Pure."""
    said = answer.headers.get("date", "")
    try:
        skew = abs(parsedate_to_datetime(said).timestamp() - now_seconds)
    except ValueError:
        return warn("date", "The answers carry no Date header: let the proxy pass it on.")
    if skew > _SKEW_SECONDS:
        return warn("date", f"Clocks differ by {skew:.0f} seconds: set them (timedatectl).")
    return ok("date", "the clock agrees with the Date of our answers")


def questions(config: Config, handle: str) -> Sequence[Question]:
    """List what other servers ask before they talk to us."""
    base, domain = config.base_url, config.instance.domain
    name = handle or domain
    addresses = Addresses(base, domain)
    actor = addresses.actor(handle) if handle else addresses.server_actor
    scheme = "http" if base.startswith("http:") else "https"
    well_known = f"{scheme}://{domain}/.well-known"  # asked at the domain, not at the base URL
    served = f"let {domain} pass /.well-known/ on to this instance"
    found = [
        Question(
            "WebFinger",
            f"{well_known}/webfinger?resource={quote(f'acct:{name}@{domain}')}",
            JRD_TYPE,
            lambda jrd: actor in _links(jrd),
            f"Nobody can find @{name}@{domain}: {served}.",
        ),
        Question(
            "host-meta",
            f"{well_known}/host-meta.json",
            JRD_TYPE,
            lambda jrd: bool(jrd.get("links")),
            f"Older servers cannot find artists: {served}.",
        ),
        Question(
            "NodeInfo",
            f"{base}/nodeinfo/2.1",
            "application/json",
            lambda said: said.get("software", {}).get("name") == "fixatif",
            "Directories cannot tell what this is: let the proxy pass every path on.",
        ),
        _actor_question("server actor", addresses.server_actor),
    ]
    return [*found, _actor_question("first artist", actor)] if handle else found


def _actor_question(name: str, uri: str) -> Question:
    return Question(
        name,
        uri,
        ACTIVITY_TYPE,
        lambda said: said.get("id") == uri and bool(said.get("publicKey")),
        f"{uri} shows no key, so that no signature of ours is believed: let the proxy pass the "
        "Accept header on, and cache nothing without regard to it.",
    )


async def _seen(
    config: Config, means: Means, known: Acquaintance, *, is_running: bool
) -> list[Finding]:
    """Look from outside, as far as anything is to be seen."""
    try:
        answer = await _ask(
            means,
            f"{config.base_url}/healthz?proof={known.proof}",
            "*/*",
            claims={"X-Forwarded-For": MADE_UP_ADDRESS},
        )
    except Unreachable as problem:
        said = f"{config.base_url} cannot be reached: {problem}"
        return [wrong("outside", f"{said} Look at DNS, firewall and proxy.")] if is_running else []
    try:
        seen = _read(answer)
    except ValueError:
        seen = {}
    if "host" not in seen:
        return [
            wrong("outside", f"{config.base_url} is answered by something else: look at the proxy.")
        ]
    return [
        ok("outside", f"{config.base_url} reaches this instance"),
        read_proxy(seen, config.base_url),
        *await check_proxied_pictures(config, means, known.proof),
        read_date(answer, means.clock.now() / 1000),
        *[await _answered(question, means) for question in questions(config, known.handle)],
    ]


async def _answered(question: Question, means: Means) -> Finding:
    try:
        answer = await _ask_on(means, question.url, question.accept)
        if answer.status == 200 and question.is_right(_read(answer)):
            return ok(question.name, question.url)
    except Unreachable as problem:
        return wrong(question.name, f"{problem} {question.why}")
    except (ValueError, AttributeError, TypeError):  # JSON, but not of the shape that we make
        pass
    return wrong(question.name, question.why)


async def _named(host: str, means: Means) -> Finding:
    try:
        found = await means.look_up(host, 443)
    except OSError:
        found = ()
    if not found:
        return wrong("DNS", f"{host} has no address: add an A or AAAA record for it.")
    return ok("DNS", f"{host} is at {', '.join(dict.fromkeys(found))}")


async def _ask_on(means: Means, url: str, accept: str) -> Incoming:
    """Ask where redirects lead, as every server does that looks for somebody here."""
    answer = await _ask(means, url, accept)
    for _ in range(_MOST_REDIRECTS):
        if answer.status not in _REDIRECTS:
            break
        url = urljoin(url, answer.headers.get("location", ""))
        answer = await _ask(means, url, accept)
    return answer


async def _ask(
    means: Means,
    url: str,
    accept: str,
    seconds: float = _SECONDS,
    claims: Mapping[str, str] = MappingProxyType({}),
) -> Incoming:
    headers = {"Accept": accept, **claims}
    asked = Outgoing("GET", url, headers, max_bytes=_MAX_BYTES, total_seconds=seconds)
    return await means.transport.send(asked)


def _read(answer: Incoming) -> Json:
    """Return an answer's JSON object. Raise `ValueError` where it is none."""
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise ValueError("no JSON object") from broken


def _links(jrd: Json) -> set[str]:
    return {str(link.get("href")) for link in jrd.get("links", []) if link.get("rel") == "self"}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
