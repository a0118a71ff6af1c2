"""Looks for what would keep an instance from working, and says what to do about it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.config import Config

_LOW_DISK_BYTES = 2 * 1024**3
_MARKS = {"ok": "✓", "warn": "!", "wrong": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `level`: ok, warn or wrong."""

    name: str
    level: str
    message: str

    @property
    def is_wrong(self) -> bool:
        """Whether the instance cannot work so."""
        return self.level == "wrong"

    def line(self) -> str:
        """Return the finding for people."""
        return f"{_MARKS[self.level]} {self.name}: {self.message}"

    def as_json(self) -> dict[str, str]:
        """Return the finding for machines."""
        return {"name": self.name, "level": self.level, "message": self.message}


async def examine(config: Config) -> list[Finding]:
    """Run every check that needs no other server."""
    return [check(config) for check in CHECKS]


def check_disk(config: Config) -> Finding:
    """Look at the space left for pictures."""
    folder = _existing(config.media_path)
    free = shutil.disk_usage(folder).free
    gigabytes = f"{free / 1024**3:.0f} GB free"
    if free < _LOW_DISK_BYTES:
        return Finding("disk", "warn", f"{gigabytes}: make room before artists upload.")
    return Finding("disk", "ok", gigabytes)


def check_folder(config: Config) -> Finding:
    """Look whether the data folder can be written."""
    folder = _existing(config.media_path)
    if not os.access(folder, os.W_OK):
        return Finding("folder", "wrong", f"{folder} cannot be written: give it to this user.")
    return Finding("folder", "ok", str(folder))


CHECKS: tuple[Callable[[Config], Finding], ...] = (check_disk, check_folder)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
