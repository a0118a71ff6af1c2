"""`fixatif demo`: two throw-away instances on this machine that federate.

Law: whatever ends it (Ctrl-C, a failure midway, a server that dies), both servers are stopped
and the folder is gone before this returns. Servers are real `fixatif serve` processes; what is
done in them, `server.exhibition` does.
"""

import asyncio
import contextlib
import json
import secrets
import signal
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from server import config as settings
from server.config import Config
from server.doctor import is_port_free
from server.errors import FixatifError, Invalid, Unavailable
from server.exhibition import Studio, Tell, handles_of, stage
from server.serving import OURSELVES, child_environment, end
from server.values import dataclass

HOST = "127.0.0.1"
USUAL_PORTS = (8401, 8402)
WORKS_OF_EACH = 6
_CONFIG, _LOG = "config.toml", "serve.log"
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0  # a server lets open requests finish for 10
_POLL_SECONDS = 0.05
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]


@dataclass(frozen=True, slots=True)
class House:
    """One of the two instances, from outside."""

    name: str
    port: int
    title: str
    description: str
    preset: str

    @property
    def base_url(self) -> str:
        """Where its server answers."""
        return f"http://{HOST}:{self.port}"

    def settings_text(self) -> str:
        """Return its settings as TOML."""
        title, description = json.dumps(self.title), json.dumps(self.description)
        return (
            f'[instance]\ndomain = "{HOST}:{self.port}"\nbase_url = "{self.base_url}"\n'
            f"name = {title}\ndescription = {description}\n\n"
            f'[server]\nport = {self.port}\n\n[database]\nurl = "sqlite:///fixatif.db"\n\n'
            '[media]\npath = "media"\n\n[federation]\nallow_private_addresses = true\n\n'
            f'[policy]\npreset = "{self.preset}"\n\n[log]\nlevel = "warning"\n'
        )


@dataclass(frozen=True, slots=True)
class Server:
    """A running instance."""

    house: House
    process: Process
    log_file: Path


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; None: as is usual."""

    port_a: int | None = None
    port_b: int | None = None
    keep: Path | None = None
    works_of_each: int = WORKS_OF_EACH


@dataclass(frozen=True, slots=True)
class Tools:
    """What the command line brings: composed instances, and where to write."""

    prepare: Callable[[Config], Awaitable[None]]
    open_studio: Callable[[str, Config], AbstractAsyncContextManager[Studio]]
    tell: Tell  # a step has begun
    show: Tell  # the result


async def run(wish: Wish, tools: Tools) -> None:
    """Open both studios, fill them, show how to get in, and keep them open until told to stop.

    Raises `Invalid`, `Unavailable`, `OSError`; nothing is left behind either way.
    """
    stopped = _listen()
    houses = _houses(await _ports(wish))
    with _folder(wish.keep) as folder:
        try:
            await _first(_told(stopped), _open(houses, folder, wish, tools))
        except BaseExceptionGroup as several:
            raise _leaf(several) from several


async def _open(houses: Sequence[House], folder: Path, wish: Wish, tools: Tools) -> None:
    """Run the demo. It ends by being cancelled, or with an error."""
    tools.tell("Two studios open")
    configs = [_founded(house, folder) for house in houses]
    await asyncio.gather(*[tools.prepare(config) for config in configs])
    password = _pronounceable()
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(_serving(house, config.folder))
            for house, config in zip(houses, configs, strict=True)
        ]
        await _first(_fill(servers, configs, password, wish, tools), _deaths(servers))
        tools.show(_table(houses, password, wish.keep))
        await _deaths(servers)


async def _fill(
    servers: Sequence[Server], configs: Sequence[Config], password: str, wish: Wish, tools: Tools
) -> None:
    async with AsyncExitStack() as stack:
        studios = [
            await stack.enter_async_context(tools.open_studio(server.house.name, config))
            for server, config in zip(servers, configs, strict=True)
        ]

        async def opened() -> None:
            await asyncio.gather(*[_answering(server) for server in servers])

        await stage(
            studios, password, works_of_each=wish.works_of_each, opened=opened, tell=tools.tell
        )


def _listen() -> asyncio.Event:
    """Return what is set once somebody asks us to stop."""
    stopped = asyncio.Event()
    for number in _STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _told(stopped: asyncio.Event) -> None:
    await stopped.wait()


async def _ports(wish: Wish) -> list[int]:
    """Return the ports that were asked for, else the usual ones, else any that are free."""
    chosen: list[int] = []
    for given, usual in zip((wish.port_a, wish.port_b), USUAL_PORTS, strict=True):
        port = given or usual
        is_free = port not in chosen and await is_port_free(HOST, port)
        if given and not is_free:
            raise Invalid(f"Port {given} is taken: choose another, or none for any that is free.")
        chosen.append(port if is_free else await _free_port())
    return chosen


async def _free_port() -> int:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, HOST, 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give both instances one folder, and delete it afterwards unless it is to be kept."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="fixatif-demo-") as name:
            yield Path(name)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise Invalid(f"{keep} is not empty: name a folder that is not there yet.")
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield keep.resolve()


def _houses(ports: Sequence[int]) -> list[House]:
    port_a, port_b = ports
    return [
        House(
            "studio-a",
            port_a,
            "Studio A",
            "Plotter drawings and relief prints by the harbour. A demo: nobody here is real.",
            "standard-no-ai",
        ),
        House(
            "studio-b",
            port_b,
            "Studio B",
            "Wet paper and patient patterns, upstairs. A demo: nobody here is real.",
            "strict-studio",
        ),
    ]


def _founded(house: House, folder: Path) -> Config:
    """Write an instance's settings into a folder of its own, and read them back."""
    file = folder / house.name / _CONFIG
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_text(house.settings_text(), encoding="utf-8")
    return settings.load(file, {})


@asynccontextmanager
async def _serving(house: House, folder: Path) -> AsyncIterator[Server]:
    """Run an instance's server while the context is open; its log lies beside its data."""
    environment = {
        name: value
        for name, value in child_environment().items()
        if not name.startswith(settings.ENVIRONMENT_PREFIX)  # meant for another instance
    }
    with (folder / _LOG).open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *OURSELVES,
            "serve",
            "--config",
            str(folder / _CONFIG),
            env=environment,
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
    try:
        yield Server(house, process, folder / _LOG)
    finally:
        await end(process, seconds=_STOP_SECONDS)


async def _deaths(servers: Sequence[Server]) -> None:
    """Wait until a server ends by itself, and raise `Unavailable` with its last word."""
    await _first(*[_death(server) for server in servers])


async def _death(server: Server) -> None:
    await server.process.wait()
    lines = server.log_file.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "It said nothing.")
    raise Unavailable(f"The server of {server.house.name} ended by itself: {last}")


async def _answering(server: Server) -> None:
    """Wait until a server answers and reaches its database."""
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not await _is_ready(server.house.port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as late:
        raise Unavailable(
            f"The server of {server.house.name} did not start within {_START_SECONDS:.0f} seconds: "
            "try again on a less busy machine."
        ) from late


async def _is_ready(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.write(f"GET /readyz HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode())
    try:
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, undo the others, and raise what that one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in ended:
            task.result()


def _leaf(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one problem that people should read; the group itself where none is for them."""
    for inner in several.exceptions:
        problem = _leaf(inner) if isinstance(inner, BaseExceptionGroup) else inner
        if isinstance(problem, FixatifError | OSError):
            return problem
    return several


def _pronounceable() -> str:
    """Return a password for this run that can be read out and typed."""
    return "-".join(
        "".join(secrets.choice(_SYLLABLES) for _ in range(3)) for _ in range(3)
    )  # 55 bits


def _table(houses: Sequence[House], password: str, keep: Path | None) -> str:
    rows = [("Studio", "Address", "House rules", "Sign in as")]
    rows += [
        (house.title, house.base_url, house.preset, " or ".join(handles_of(house.name)))
        for house in houses
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    left = f"leaves everything in {keep}" if keep else "leaves nothing behind"
    return "\n".join(
        (*lines, "", f"  Password of all four: {password}", "", f"Ctrl-C ends it and {left}.")
    )
