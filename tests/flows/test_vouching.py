"""Finding out who crawlers are: by DNS and by signature, beside the requests, within bounds."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.bot_directories import BotDirectories
from federation.bot_signatures import DIRECTORY_TYPE, base_of, read, thumbprint
from federation.messages import Received
from server.crawler_claims import Verdict
from server.model import Millis
from server.ports import Incoming, Resolver, Unreachable
from server.visitors import Crawler, VisitorClass
from server.vouching import Vouching
from tests.two_servers.stage import HandClock, Net

GOOGLE = Crawler("Googlebot", VisitorClass.SEARCH, "Google", reverse_dns=("googlebot.com",))
ADDRESS = ip_address("66.249.66.1")
NETWORK = "66.249.66.0/24"
NAME = "crawl-66-249-66-1.googlebot.com"
DIRECTORY = "https://bot.googlebot.com/.well-known/http-message-signatures-directory"


@dataclass
class Names(Resolver):
    """DNS as recorded; what is not in it does not answer."""

    names: dict[str, Sequence[str]] = field(default_factory=dict)
    addresses: dict[str, Sequence[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def names_of(self, address: str) -> Sequence[str]:
        self.asked.append(address)
        if address not in self.names:
            raise Unreachable("DNS did not answer.")
        return self.names[address]

    async def addresses_of(self, name: str) -> Sequence[str]:
        return self.addresses.get(name, ())


async def found(vouching: Vouching, crawler: Crawler = GOOGLE) -> Verdict:
    assert vouching.ask(crawler, ADDRESS, NETWORK) is Verdict.OPEN  # never awaits
    await vouching.settle()
    return vouching.ask(crawler, ADDRESS, NETWORK)


@pytest.mark.parametrize(
    ("names", "addresses", "expected"),
    [
        ([NAME], {NAME: [str(ADDRESS)]}, Verdict.CONFIRMED),
        (["x.evil.test", NAME], {NAME: ["192.0.2.1", str(ADDRESS)]}, Verdict.CONFIRMED),
        ([NAME], {NAME: ["192.0.2.1"]}, Verdict.DENIED),  # says so, and Google does not
        ([NAME], {}, Verdict.DENIED),
        (["googlebot.com.evil.test"], {"googlebot.com.evil.test": [str(ADDRESS)]}, Verdict.DENIED),
        ([], {}, Verdict.OPEN),  # perhaps a resolver that knows no names at all
        (None, {}, Verdict.OPEN),  # silence is no denial
    ],
)
async def test_a_name_must_lead_to_the_operator_and_back(
    names: list[str] | None, addresses: dict[str, list[str]], expected: Verdict
) -> None:
    known = {} if names is None else {str(ADDRESS): names}
    assert await found(Vouching(Names(known, addresses), HandClock())) is expected


async def test_an_address_without_a_name_denies_once_dns_is_known_to_tell_names() -> None:
    other = ip_address("198.18.0.9")
    vouching = Vouching(Names({str(ADDRESS): [], str(other): ["host.test"]}), HandClock())
    vouching.ask(GOOGLE, other, "198.18.0.0/24")
    await vouching.settle()
    assert vouching.ask(GOOGLE, other, "198.18.0.0/24") is Verdict.DENIED
    assert await found(vouching) is Verdict.DENIED


async def test_a_verdict_is_asked_for_once_and_again_when_it_is_old() -> None:
    clock, names = HandClock(), Names({str(ADDRESS): [NAME]}, {NAME: [str(ADDRESS)]})
    vouching = Vouching(names, clock)
    assert await found(vouching) is Verdict.CONFIRMED
    for _ in range(3):
        assert vouching.ask(GOOGLE, ADDRESS, NETWORK) is Verdict.CONFIRMED
    assert (len(vouching), len(names.asked)) == (0, 1)
    clock.advance(hours=25)
    names.names[str(ADDRESS)] = []
    assert vouching.ask(GOOGLE, ADDRESS, NETWORK) is Verdict.CONFIRMED  # until it is known better
    await vouching.settle()
    assert vouching.ask(GOOGLE, ADDRESS, NETWORK) is Verdict.DENIED


async def test_a_flood_of_borrowed_names_fills_neither_memory_nor_dns() -> None:
    vouching = Vouching(Names(), HandClock())
    for number in range(100_000):
        host, network = number % 250, number // 250
        address = ip_address(f"203.{network // 200}.{network % 200}.{host + 1}")
        vouching.ask(GOOGLE, address, f"203.{network // 200}.{network % 200}.0/24")
    assert len(vouching) == 512
    assert max(vouching._crowd.values()) == 8
    await vouching.settle()
    assert (len(vouching), len(vouching._crowd)) == (0, 0)


async def test_nobody_is_asked_about_addresses_of_our_own_network() -> None:
    names = Names()
    vouching = Vouching(names, HandClock())
    for text in ("127.0.0.1", "10.0.0.7", "::1"):
        assert vouching.ask(GOOGLE, ip_address(text), "") is Verdict.OPEN
    assert vouching.ask(GOOGLE, None, "") is Verdict.OPEN
    await vouching.settle()
    assert names.asked == []


KEY = Ed25519PrivateKey.generate()
X = base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).decode().rstrip("=")
SIGNED = '"@authority" "signature-agent";key="sig"'


def request(
    now: Millis,
    *,
    covered: str = SIGNED,
    agent: str = f'sig="{DIRECTORY}"',
    host: str = "art.example",
    key: Ed25519PrivateKey = KEY,
    life: int = 60,
    tag: str = "web-bot-auth",
    key_id: str = "",
) -> Received:
    """Return a request signed as the draft has it."""
    made = now // 1_000
    params = (
        f"({covered});created={made};expires={made + life}"
        f';keyid="{key_id or thumbprint(X)}";alg="ed25519";tag="{tag}"'
    )
    headers = (("Signature-Agent", agent), ("Signature-Input", f"sig={params}"))
    bare = Received("GET", "/", host, (*headers, ("Signature", "sig=:AA==:")), b"", now)
    claim = read(bare)
    if claim is None:
        return bare
    signature = key.sign(base_of(bare, claim.components, claim.parameters))
    text = base64.b64encode(signature).decode()
    return replace(bare, headers=(*headers, ("Signature", f"sig=:{text}:")))


def directory(net: Net, *, content_type: str = DIRECTORY_TYPE, status: int = 200) -> None:
    body = json.dumps({"keys": [{"kty": "RSA"}, {"kty": "OKP", "crv": "Ed25519", "x": X}]})
    net.answers[DIRECTORY] = Incoming(status, {"content-type": content_type}, body.encode())


async def judged(received: Received, net: Net, *, now: Millis | None = None) -> Verdict:
    clock = HandClock()
    crawler = replace(GOOGLE, reverse_dns=(), signers=("bot.googlebot.com",))
    vouching = Vouching(Names(), clock)
    check = BotDirectories(net, clock).check_of(replace(received, received_at=now or clock.now()))
    assert vouching.ask(crawler, ADDRESS, NETWORK, check) is Verdict.OPEN
    await vouching.settle()
    return vouching.ask(crawler, ADDRESS, NETWORK, check)


NOW = HandClock().now()
EVIL = "https://evil.test/keys"


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (request(NOW), Verdict.CONFIRMED),
        (
            request(
                NOW, agent='"https://bot.googlebot.com"', covered='"@authority" "signature-agent"'
            ),
            Verdict.CONFIRMED,  # as older drafts have it
        ),
        (replace(request(NOW), host="other.example"), Verdict.DENIED),  # was meant for another
        (request(NOW, key=Ed25519PrivateKey.generate()), Verdict.DENIED),
        (request(NOW, covered='"@authority"'), Verdict.OPEN),  # could be anybody's
        (request(NOW, covered='"signature-agent";key="sig"'), Verdict.OPEN),  # could be moved
        (request(Millis(NOW - 3_600_000)), Verdict.OPEN),  # too old: perhaps kept by a proxy
        (request(Millis(NOW + 3_600_000)), Verdict.OPEN),
        (request(NOW, life=30 * 24 * 3_600), Verdict.OPEN),
        (request(NOW, tag="other"), Verdict.OPEN),
        (request(NOW, key_id="unknown"), Verdict.OPEN),
        (request(NOW, agent=f'sig="{EVIL}"'), Verdict.OPEN),  # no signer of this operator
        (request(NOW, agent='sig="http://bot.googlebot.com/"'), Verdict.OPEN),
        (request(NOW, agent="sig=("), Verdict.OPEN),
        (request(NOW, agent='sig="' + "a" * 60_000 + '"'), Verdict.OPEN),
    ],
)
async def test_a_signature_counts_where_the_operators_key_made_it(
    received: Received, expected: Verdict
) -> None:
    net = Net()
    directory(net)
    assert await judged(received, net, now=NOW) is expected
    assert all(one.url == DIRECTORY for one in net.asked)  # strangers are never asked


async def test_a_directory_that_is_none_says_nothing_and_is_asked_once() -> None:
    for status, content_type in ((200, "text/html"), (302, DIRECTORY_TYPE), (500, DIRECTORY_TYPE)):
        net = Net()
        directory(net, status=status, content_type=content_type)
        assert await judged(request(NOW), net, now=NOW) is Verdict.OPEN
    net, clock = Net(), HandClock()
    directory(net)
    directories = BotDirectories(net, clock)
    for _ in range(3):
        signed = await directories.check_of(request(NOW))(lambda _host: True)
        assert signed is not None
        assert signed.is_true
    assert len(net.asked) == 1
