"""Runs the program itself, as a person at a shell would, and looks at its processes."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

from click.testing import CliRunner

from server.__main__ import main

PROGRAM = (sys.executable, "-P", "-m", "server")
PASSWORD = "four quiet grey horses"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Place:
    """An instance's settings, and where it answers once it is served."""

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIXATIF")}
    root = Path(__file__).resolve().parent.parent.parent
    return {**kept, "PYTHONPATH": str(root), "PYTHONWARNINGS": "error", **(extra or {})}


def fixatif(
    *arguments: str | Path,
    cwd: Path,
    stdin: str = "",
    extra: Mapping[str, str] | None = None,
) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environment(extra),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def quickly(*arguments: str | Path, extra: Mapping[str, str] | None = None) -> Done:
    """Run a command in this process: the same, without a second for starting a new one."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=extra)
    return Done(done.exit_code, done.stdout, done.stderr)


@contextlib.contextmanager
def running(
    *arguments: str | Path, cwd: Path, extra: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a command that goes on by itself; kill what is left of it afterwards."""
    with (cwd / "stderr.log").open("wb") as log:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=cwd,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    family = {process.pid}
    try:
        yield process
        family |= descendants(process.pid)
    finally:
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextlib.contextmanager
def serving(place: Place, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Serve an instance, once it answers."""
    with running("serve", "--config", place.config, *arguments, cwd=place.folder) as process:
        until(lambda: process.poll() is not None or answers(place.base_url))
        assert process.poll() is None, (place.folder / "stderr.log").read_text()
        yield process


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    """Ask a process to stop; return its exit status."""
    process.send_signal(number)
    return process.wait(_PATIENCE_SECONDS)


def until(is_so: Callable[[], object]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def answers(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, http.client.HTTPException):
        return False


def descendants(pid: int) -> set[int]:
    """Every living process below one."""
    found = {
        int(child)
        for task in _listed(Path(f"/proc/{pid}/task"))
        for child in _read(task / "children").split()
    }
    return found.union(*map(descendants, found))


def alive(pids: Sequence[int] | set[int]) -> set[int]:
    """Those that have not ended; a zombie has."""
    stats = {pid: _read(Path(f"/proc/{pid}/stat")) for pid in pids}
    return {
        pid for pid, stat in stats.items() if stat and stat.rpartition(")")[2].split()[0] != "Z"
    }


def resident_bytes(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", _read(Path(f"/proc/{pid}/status")))
    return int(found[1]) * 1024 if found else 0


class Browser:
    """Somebody with a browser: cookies, forms, pages as text."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        jar = CookieJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainLiberal))
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str) -> str:
        with self._opener.open(urllib.parse.urljoin(self.base_url, path), timeout=30) as answer:
            return str(answer.read().decode())

    def sign_in(self, handle: str, password: str) -> None:
        token = re.search(r'name="csrf" value="([^"]+)"', self.get("/login"))
        assert token
        form = {"csrf": token[1], "handle": handle, "password": password}
        request = urllib.request.Request(
            f"{self.base_url}/login",
            data=urllib.parse.urlencode(form).encode(),
            headers={"Origin": self.base_url},
        )
        with self._opener.open(request, timeout=30) as answer:
            assert not answer.url.endswith("/login"), "nobody was let in"


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
