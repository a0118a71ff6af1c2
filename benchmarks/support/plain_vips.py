"""The same files as `plain_pillow` by libvips, a command for each, as a script would.

Needs Debian's `libvips-tools`. Each size comes from the one before, uncompressed in between.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

_SIDES = {"large": 2048, "view": 1280, "preview": 800, "tile": 480}
_FEDERATED = "3527x2352"  # of 24 megapixels, as many as Mastodon keeps
_JPEG = "[Q=86,interlace,optimize_coding,subsample-mode=off]"
_AVIF = "[Q=63,effort=1,compression=av1,subsample-mode=off]"


def is_here() -> bool:
    """Say whether libvips' tools are installed."""
    return shutil.which("vipsthumbnail") is not None


def make(source: Path, folder: Path) -> tuple[float, float, float]:
    """Make every file; return seconds, CPU seconds and the largest process' peak in MiB."""
    started = time.perf_counter()
    costs: list[tuple[float, float]] = []
    page = _shrunk(source, _FEDERATED, folder / "federated.v", costs)
    _written(page, folder / f"federated.jpg{_JPEG}", costs)
    for name, side in _SIDES.items():
        page = _shrunk(page, f"{side}x{side}", folder / f"{name}.v", costs)
        _written(page, folder / f"{name}.avif{_AVIF}", costs)
        _written(page, folder / f"{name}.jpg{_JPEG}", costs)
        if name == "view":
            card = _shrunk(page, "1200x630", folder / "card.v", costs)
            _written(card, folder / f"card.jpg{_JPEG}", costs)
    cpu, peak = sum(cpu for cpu, _ in costs), max(peak for _, peak in costs)
    return time.perf_counter() - started, cpu, peak


def _shrunk(source: Path, box: str, target: Path, costs: list[tuple[float, float]]) -> Path:
    costs.append(_run("vipsthumbnail", source, "--size", box, "-o", target))
    return target


def _written(source: Path, target: Path, costs: list[tuple[float, float]]) -> None:
    costs.append(_run("vips", "copy", source, target))


def _run(*command: str | Path) -> tuple[float, float]:
    """Return a command's CPU seconds and its peak in MiB."""
    process = subprocess.Popen(command, env={"VIPS_CONCURRENCY": "1", "PATH": "/usr/bin:/bin"})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
