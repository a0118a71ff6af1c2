"""What reaches the log, and what never does."""

import io
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from aiohttp import CookieJar

from tests.web.house import (
    Client,
    Connect,
    House,
    lines,
    recorded_log,
)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def client(house: House, aiohttp_client: Connect) -> Client:
    return await aiohttp_client(house.app(), cookie_jar=CookieJar(unsafe=True))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with recorded_log() as stream:
        yield stream


async def test_slow_requests_are_logged_without_query_and_full_address(
    client: Client, log: io.StringIO
) -> None:
    async with client.get("/slow?token=hunter2", headers={"X-Forwarded-For": "8.8.8.8"}) as slow:
        request_id = slow.headers["X-Request-Id"]
    line = next(line for line in lines(log) if line["event"] == "slow request")
    assert line["request_id"] == request_id
    assert line["path"] == "/slow"
    assert line["network"] == "8.8.8.0/24"
    assert line["millis"] == 1_500
    assert "hunter2" not in log.getvalue()


async def test_ordinary_requests_are_logged_rarely(client: Client, log: io.StringIO) -> None:
    for _ in range(50):
        async with client.get("/") as response:
            assert response.status == 200
    assert len(lines(log)) < 25


def test_secrets_and_forged_lines_do_not_reach_the_log(log: io.StringIO) -> None:
    logger = structlog.get_logger("web.test")
    logger.info(
        "tried\nto forge\x1b[2J",
        password="hunter2",
        headers={"Authorization": "hunter2", "Cookie": ["hunter2"], "Accept": "a\u2028b"},
        deep=[{"private_pem": "hunter2"}],
        long="x" * 10_000,
        count=3,
    )
    (line,) = lines(log)
    assert "hunter2" not in log.getvalue()
    assert line["event"] == "tried\\nto forge\\x1b[2J"
    assert line["headers"] == {
        "Authorization": "[left out]",
        "Cookie": "[left out]",
        "Accept": "a\\u2028b",
    }
    assert len(str(line["long"])) == 2_000
    assert (line["count"], line["level"], line["logger"]) == (3, "info", "web.test")


@pytest.mark.parametrize("fmt", ["console", "json"])
def test_a_traceback_cannot_forge_a_line(fmt: Literal["console", "json"]) -> None:
    error = ValueError("first\n2026-01-01T00:00:00Z [info] all is well")
    with recorded_log(fmt) as log:
        structlog.get_logger("web.test").error("it broke", exc_info=error)
    assert "it broke" in log.getvalue()
    assert "ValueError: first" in log.getvalue()
    assert not any(line.startswith("2026-01-01") for line in log.getvalue().splitlines())


def test_libraries_are_heard_from_warnings_on(log: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").info("chatter")
    logging.getLogger("aiohttp.server").warning("a %s\n", "problem")
    (line,) = lines(log)
    assert line["event"] == "a problem\\n"
