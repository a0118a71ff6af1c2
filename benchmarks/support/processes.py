"""What the kernel says of processes: processor time and memory. Linux's /proc alone."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024
_LISTENING = "0A"


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(one) for t in threads for one in (t / "children").read_text().split()]
    except OSError:  # it ended meanwhile
        return []
    return [pid, *(one for child in children for one in family(child))]


def servers(pid: int) -> list[int]:
    """Return the processes of a `serve` that answer, without the children that make pictures."""
    return [one for one in family(pid) if one not in picture_makers(pid)]


def picture_makers(pid: int) -> list[int]:
    """Return the children of a `serve` that make pictures."""
    return [one for one in family(pid) if "server.child" in _command(one)]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have used, user and system."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def listeners(port: int) -> int:
    """Return how many sockets listen on a port of this machine (IPv4)."""
    rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    places = (row.split() for row in rows)
    ending = f":{port:04X}"
    return sum(one[1].endswith(ending) and one[3] == _LISTENING for one in places)


def resident_mib(pid: int, *, peak: bool = False) -> float:
    """Return a process' resident memory now, or its highest ever."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) / _KIB
    return 0.0


def _ticks(pid: int) -> int:
    # The name stands in brackets and may hold blanks; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""
