"""A throw-away instance: settings and data in a temporary folder, `fixatif serve` on loopback."""

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.processes import listeners
from server import config as settings
from server.config import Config

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 20.0
_STOP_SECONDS = 20.0
_GREETING = ("Fixatif ", "Nobody owns it yet.", "(valid ")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance lives: its settings' file, and what they say."""

    file: Path
    config: Config

    @property
    def port(self) -> int:
        """The port that it answers on."""
        return self.config.server.port


@dataclass(frozen=True, slots=True)
class Running:
    """A `serve` that answers; `pid` is the first process'."""

    place: Place
    pid: int
    first_answer_seconds: float


@contextmanager
def place(*, database_url: str = "") -> Iterator[Place]:
    """Write settings for a new instance; delete everything afterwards."""
    with tempfile.TemporaryDirectory(prefix="fixatif-bench-") as name:
        folder, port = Path(name), free_port()
        base_url = f"http://127.0.0.1:{port}"
        text = settings.first_text(
            domain=f"127.0.0.1:{port}", base_url=base_url, host="127.0.0.1", port=port, data="."
        )
        if database_url:
            text = text.replace("sqlite:///fixatif.db", database_url)
        file = folder / "config.toml"
        # the last section of these settings is [federation]: fan-outs begin at once
        rest = 'spread_seconds = 0\n\n[log]\nlevel = "error"\n'
        file.write_text(text + rest, encoding="utf-8")
        yield Place(file, settings.load(file, {}))


@contextmanager
def serving(where: Place, *, workers: int = 1, path: str = "/healthz") -> Iterator[Running]:
    """Run `fixatif serve` until the context ends.

    It starts once `path` answered 200, and all `workers` listen.
    """
    command = [sys.executable, "-m", "server", "serve", "--config", str(where.file)]
    with (where.file.parent / "serve.log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--workers", str(workers)], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _await_answer(process, where.port, path)
            answered = time.perf_counter() - started
            _await_siblings(process, where.port, workers)
            yield Running(where, process.pid, answered)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
            _pass_on((where.file.parent / "serve.log").read_text(encoding="utf-8"))


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pass_on(log: str) -> None:
    """Show what the server wrote, but for its greeting."""
    lines = [line for line in log.splitlines() if not line.startswith(_GREETING)]
    sys.stderr.write("".join(f"serve: {line}\n" for line in lines[-20:]))


@contextmanager
def answering(command: Sequence[str | Path], port: int, path: str) -> Iterator[int]:
    """Run another server until the context ends; yield its process id once it answers."""
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            _await_answer(process, port, path)
            yield process.pid
        finally:
            process.terminate()


def _await_siblings(process: subprocess.Popen[bytes], port: int, workers: int) -> None:
    """Wait until so many processes answer: one that starts takes a core for a second."""
    until = time.perf_counter() + _START_SECONDS
    while listeners(port) < workers:
        if time.perf_counter() > until or process.poll() is not None:
            raise RuntimeError(f"fewer than {workers} processes answer: what they wrote is above")
        time.sleep(0.05)


def _await_answer(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    until = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_SECONDS)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    raise RuntimeError(f"the server did not answer {path}: what it wrote is above")
