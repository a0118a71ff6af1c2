"""A server's life: it starts lean, answers, finishes what it began, and leaves nobody behind."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from server import config as settings
from server.clock import SystemClock
from server.drafts import Draft, Upload
from server.main import opened
from server.policy import PRESETS
from server.policy_text import write_policy
from tests.cli.program import (
    Place,
    alive,
    descendants,
    environment,
    fixatif,
    resident_bytes,
    serving,
    stop,
    until,
)

MOST_RESIDENT_BYTES = 90 * 1024**2
PAGES = ("/", "/artists", "/@ana", "/about", "/policy", "/login", "/robots.txt", "/actor")
HEAVY = ("PIL", "asyncpg", "pyld", "numpy", "blurhash")


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


def test_a_second_server_on_the_same_port_is_refused(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = str(other.getsockname()[1])
        done = fixatif("serve", cwd=place.folder, extra={"FIXATIF__SERVER__PORT": port})
    assert done.status == 1
    assert done.err == (
        f"Error: Port {port} on 127.0.0.1 cannot be used (Address already in use): "
        "stop what uses it, or set server.port.\n"
    )


def test_the_program_loads_nothing_that_only_pictures_or_postgresql_need() -> None:
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            "import server.__main__, sys, json; print(json.dumps([*sys.modules]))",
        ],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in json.loads(seen.stdout)}
    assert loaded.intersection(HEAVY) == set()


def test_an_idle_server_stays_small_and_holds_no_image_library(place: Place) -> None:
    with serving(place) as process:
        for page in PAGES:
            get(place.base_url + page)
        assert resident_bytes(process.pid) < MOST_RESIDENT_BYTES
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        assert [name for name in HEAVY if f"/{name}/" in maps] == []
        assert stop(process) == 0


def test_a_request_that_is_under_way_is_answered_before_the_server_ends(place: Place) -> None:
    with serving(place) as process, socket.create_connection(("127.0.0.1", place.port)) as slow:
        head = f"POST /interact HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Length: 40\r\n"
        slow.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nuri=a".encode())
        get(f"{place.base_url}/readyz")  # what was sent before has been read by now
        process.send_signal(signal.SIGTERM)
        until(lambda: "stopping" in (place.folder / "stderr.log").read_text())
        slow.sendall(b"&address=".ljust(35, b"x"))
        slow.settimeout(30)
        assert slow.recv(4_096).startswith(b"HTTP/1.1 4")
        assert process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_its_processes_end_with_it(place: Place, number: signal.Signals) -> None:
    with serving(place, "--workers", "2") as process:
        until(lambda: descendants(process.pid))
        family = descendants(process.pid)
        assert stop(process, number) == 0
        assert alive(family) == set()


def test_the_others_end_where_the_first_was_killed(place: Place) -> None:
    with serving(place, "--workers", "2") as process:
        until(lambda: descendants(process.pid))
        family = descendants(process.pid)
        until(lambda: all(_listens(pid) for pid in family))
        process.kill()
        process.wait()
        until(lambda: not alive(family))


async def test_a_picture_that_is_being_made_ends_with_the_server(
    place: Place, tmp_path: Path
) -> None:
    Image.effect_noise((3_000, 3_000), 90).convert("RGB").save(tmp_path / "noise.png")
    body = (tmp_path / "noise.png").read_bytes()
    with serving(place) as process:
        async with opened(settings.load(place.config, {})) as instance:
            flows = instance.flows
            artist = await flows.accounts.named("ana")
            file = await flows.media.put(body)
            await flows.publishing.receive(artist, Draft(), [Upload(file, "noise.png", "")])
        until(lambda: descendants(process.pid))
        family = descendants(process.pid)
        assert stop(process) == 0
        assert alive(family) == set()
        assert "Traceback" not in (place.folder / "stderr.log").read_text()


async def test_every_process_takes_up_a_new_policy(place: Place) -> None:
    with serving(place, "--workers", "2") as process:
        until(lambda: descendants(process.pid))
        until(lambda: all(_listens(pid) for pid in descendants(process.pid)))
        assert _usage(place) == "train-ai=n, ai-use=n"
        async with (
            opened(settings.load(place.config, {})) as instance,
            instance.seams.library.transaction() as tx,
        ):
            text = write_policy(PRESETS["strict-studio"])
            await tx.policies.add(text, SystemClock().now(), "ana", "Stricter.")
        until(lambda: {_usage(place) for _ in range(20)} == {"train-ai=n, ai-use=n, search=n"})
        assert stop(process) == 0


def _usage(place: Place) -> str:
    """What one connection is told of the policy; the kernel chooses who answers it."""
    with urllib.request.urlopen(f"{place.base_url}/robots.txt", timeout=30) as answer:
        return str(answer.headers.get("Content-Usage", ""))


def _listens(pid: int) -> bool:
    """Say whether a process holds a socket that listens."""
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    try:
        names = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return False
    return any(f"socket:[{inode}]" in names for inode in listening)
