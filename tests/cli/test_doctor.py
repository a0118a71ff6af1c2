"""What doctor says of healthy and of broken instances."""

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from server import config as settings
from server.ports import Incoming
from server.strangers import questions, read_date, read_proxy
from tests.cli.program import Done, Place, fixatif, quickly, serving

EXAMPLE = "https://art.example"
SEEN = {"host": "art.example", "is_secure": True, "is_forwarded": True}


def levels(done: Done) -> dict[str, str]:
    return {finding["name"]: finding["level"] for finding in json.loads(done.out)}


def test_an_instance_without_a_database_is_told_how_to_make_one(place: Place) -> None:
    extra = {"FIXATIF__DATABASE__URL": "sqlite:///none.db"}
    done = quickly("doctor", "--json", "--config", place.config, extra=extra)
    assert done.status == 1
    assert levels(done)["database"] == "wrong"
    assert not (place.folder / "none.db").exists(), "looking changes nothing"


def test_a_port_that_another_program_holds_is_wrong(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        extra = {"FIXATIF__SERVER__PORT": str(port)}
        other.settimeout(30)
        done = quickly("doctor", "--json", "--config", place.config, extra=extra)
    assert done.status == 1
    assert levels(done)["port"] == "wrong"


def test_what_everybody_may_read_or_that_comes_from_the_future_is_said(place: Place) -> None:
    place.folder.chmod(0o755)
    place.config.chmod(0o644)
    place.folder.parent.chmod(0o755)
    os.utime(place.folder / "fixatif.db", (4_000_000_000, 4_000_000_000))
    found = levels(quickly("doctor", "--json", "--config", place.config))
    assert (found["folder"], found["secrets"], found["clock"]) == ("warn", "warn", "wrong")


@pytest.mark.parametrize(
    ("proxies", "level"),
    [
        *(("0.0.0.0/0", "wrong"), ("::/0", "wrong"), ("127.0.0.1,104.0.0.0/6", "wrong")),
        *(("10.0.0.0/8,fd00::/8", ""), ("104.16.0.0/13", "")),
        *(("2400:cb00::/32", ""), ("127.0.0.1,::1", "")),
    ],
)
def test_settings_that_believe_half_the_internet_are_wrong(
    proxies: str, level: str, place: Place
) -> None:
    extra = {"FIXATIF__SERVER__TRUSTED_PROXIES": proxies}
    done = quickly("doctor", "--json", "--config", place.config, extra=extra)
    assert levels(done).get("proxies", "") == level


def test_a_healthy_instance_that_does_not_run_has_nothing_wrong(place: Place) -> None:
    done = quickly("doctor", "--config", place.config)
    assert (done.status, done.err) == (0, "")
    assert "✓ pictures: AVIF and JPEG can be made" in done.out
    assert f"! port: Nothing answers on 127.0.0.1:{place.port}: run 'fixatif serve'." in done.out


def test_a_running_instance_is_seen_as_strangers_see_it(place: Place) -> None:
    with serving(place):
        done = fixatif("doctor", "--json", cwd=place.folder)
    assert (done.status, done.err) == (0, "")
    found = levels(done)
    outside = ("port", "outside", "proxy", "date", "WebFinger", "host-meta", "NodeInfo")
    assert {found[name] for name in (*outside, "server actor", "first artist")} == {"ok"}


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({"host": "127.0.0.1:8400"}, "wrong", "changes Host to 127.0.0.1:8400"),
        ({"host": ""}, "wrong", "changes Host"),
        ({"is_secure": False}, "wrong", "X-Forwarded-Proto"),
        ({"is_forwarded": False}, "warn", "X-Forwarded-For"),
        ({"believes_visitors": True}, "wrong", "anybody can pretend"),
        ({}, "ok", "arrive as they are"),
    ],
)
def test_what_a_proxy_changes_is_named(
    changed: Mapping[str, str | bool], level: str, words: str
) -> None:
    found = read_proxy({**SEEN, **changed}, EXAMPLE)
    assert found.level == level
    assert words in found.message


@pytest.mark.parametrize(
    ("date", "level"),
    [
        ("", "warn"),
        ("yesterday", "warn"),
        ("Thu, 01 Jan 1970 00:10:00 GMT", "warn"),
        ("Thu, 01 Jan 1970 00:01:05 GMT", "ok"),
    ],
)
def test_our_clock_is_compared_with_the_one_before_us(date: str, level: str) -> None:
    assert read_date(Incoming(200, {"date": date}, b""), now_seconds=60.0).level == level


def test_names_are_asked_for_at_the_domain_and_documents_at_the_base_url() -> None:
    text = '[instance]\ndomain = "art.example"\nbase_url = "https://studio.art.example"\n'
    config = settings.parse(text, {}, folder=settings.Path())
    asked: dict[str, Any] = {question.name: question.url for question in questions(config, "ana")}
    assert asked["WebFinger"] == (
        "https://art.example/.well-known/webfinger?resource=acct%3Aana%40art.example"
    )
    assert asked["NodeInfo"] == "https://studio.art.example/nodeinfo/2.1"
    assert asked["first artist"] == "https://studio.art.example/users/ana"


def test_doctor_says_whether_crawlers_address_ranges_are_here_and_of_when(place: Place) -> None:
    def said() -> tuple[str, str]:
        done = quickly("doctor", "--json", "--config", place.config)
        (found,) = [one for one in json.loads(done.out) if one["name"] == "crawlers"]
        return found["level"], found["message"]

    level, message = said()
    assert level == "ok"
    assert "No operator's address ranges are here" in message
    file = place.folder / "gptbot.json"
    file.write_text('{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}')
    assert quickly("crawlers", "refresh", str(file), "--config", place.config).status == 0
    level, message = said()
    assert (level, message[:25]) == ("ok", "the address ranges of 1 o")
    (own,) = place.folder.rglob("crawlers.json")
    os.utime(own, (1_700_000_000, 1_700_000_000))
    level, message = said()
    assert level == "warn"
    assert "bring them anew" in message
