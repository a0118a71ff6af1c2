"""A rule counts without a restart: at each door, in every process that serves, within a second.

Real processes on both engines: two that serve on one port, and the command that changes the rules.
"""

import asyncio
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping

import pytest
from PIL import Image

from tests.cli.program import PASSWORD, Place, fixatif, serving, until
from tests.postgres import empty, postgres_url

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
EVE = "https://127.0.0.9/users/eve"  # where nobody answers, and which may not be asked
SIGNED = {
    "Signature": f'keyId="{EVE}#main-key",algorithm="rsa-sha256",'
    'headers="(request-target) host date",signature="AAAA"',
    "Date": "Sun, 22 Nov 2026 00:00:00 GMT",
}
LIKE = f'{{"id": "{EVE}/1", "type": "Like", "actor": "{EVE}", "object": "https://x.test/1"}}'
A_SECOND = 1.0
MANY = 24  # new connections: the system spreads them over both processes


def status(url: str, headers: Mapping[str, str] = FIREFOX, body: str = "") -> int:
    request = urllib.request.Request(url, headers=dict(headers), data=body.encode() or None)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def rule(door: str, then: str, when: str) -> str:
    return (
        'preset = "standard-no-ai"\n[[rules]]\nname = "House rule"\n'
        f'door = "{door}"\nwhen = {when}\nthen = "{then}"\nbecause = "We said so."\n'
    )


def apply(place: Place, text: str) -> None:
    """Change the rules from the shell, in a process of its own."""
    file = place.folder / "policy.toml"
    file.write_text(text)
    done = fixatif("policy", "apply", file, "--reason", "A test.", cwd=place.folder)
    assert done.status == 0, done.err


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, place: Place) -> Iterator[Place]:
    """Two processes serve an instance with a work of Ana's."""
    if request.param == "postgres":
        asyncio.run(empty(postgres_url()))
        text = place.config.read_text()
        found = re.sub(r'(?m)^url = ".*"$', f'url = "{postgres_url()}"', text)
        place.config.write_text(found)
        made = fixatif(
            *("account", "create", "ana", "--name", "Ana", "--password-stdin"),
            cwd=place.folder,
            stdin=f"{PASSWORD}\n",
        )
        assert made.status == 0, made.err
    picture = place.folder / "blue.jpg"
    Image.new("RGB", (1600, 900), (9, 40, 90)).save(picture)
    shown = fixatif(
        *("publish", "ana", picture, "--title", "Blue", "--alt", "Blue"), cwd=place.folder
    )
    assert shown.status == 0, shown.err
    with serving(place, "--workers", "2"):
        yield place


def media_of(place: Place) -> str:
    """Return the address of a large picture on Ana's page, once it was made."""
    found: list[str] = []

    def is_made() -> bool:
        request = urllib.request.Request(f"{place.base_url}/@ana", headers=FIREFOX)
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = answer.read().decode()
        found.extend(re.findall(r"/media/[0-9a-f]{40}/", page))
        return bool(found)

    until(is_made)
    return f"{place.base_url}{found[0]}view.jpg"


def changes_within_a_second(place: Place, text: str, ask: Callable[[], int], to: int) -> None:
    """Check that every process answers so within a second after the rule was made."""
    apply(place, text)
    made_at = time.monotonic()
    time.sleep(max(0.0, made_at + A_SECOND - time.monotonic()))
    assert [ask() for _ in range(MANY)] == [to] * MANY


def test_a_rule_counts_at_every_door_in_every_process_within_a_second(served: Place) -> None:
    base, view = served.base_url, media_of(served)

    def page() -> int:
        return status(f"{base}/@ana")

    def picture() -> int:
        return status(view)

    def delivery() -> int:
        headers = {**SIGNED, "Content-Type": "application/activity+json"}
        return status(f"{base}/inbox", headers, LIKE)

    def fetch() -> int:
        return status(f"{base}/users/ana", {**SIGNED, "Accept": "application/activity+json"})

    for ask, before in ((page, 200), (picture, 200), (delivery, 401), (fetch, 200)):
        assert [ask() for _ in range(3)] == [before] * 3
    web = rule("web", "refuse", '{ class = ["visitor"], path = ["/@ana"] }')
    changes_within_a_second(served, web, page, 403)
    media = rule("media", "refuse", '{ class = ["visitor"] }')
    changes_within_a_second(served, media, picture, 403)
    assert [page() for _ in range(MANY)] == [200] * MANY
    inbound = rule("inbound", "refuse", '{ peer = ["127.0.0.9"] }')
    changes_within_a_second(served, inbound, delivery, 202)
    outbound = rule("outbound", "refuse", '{ peer = ["127.0.0.9"] }')
    changes_within_a_second(served, outbound, fetch, 403)
    changes_within_a_second(served, 'preset = "standard-no-ai"', fetch, 200)
