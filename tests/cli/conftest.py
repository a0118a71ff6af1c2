"""Instances to run commands on: founded once by the program itself, then copied."""

import shutil
from pathlib import Path

import pytest

from tests.cli.program import PASSWORD, Place, fixatif, free_port


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An instance as `init` leaves it, with the artist ana."""
    folder, port = tmp_path_factory.mktemp("founded"), free_port()
    place = Place(folder / "data", port)
    made = fixatif(
        *("init", "--domain", f"127.0.0.1:{port}", "--base-url", place.base_url),
        *("--data", place.folder),
        cwd=folder,
    )
    assert (made.status, made.err) == (0, "")
    account = fixatif(
        *("account", "create", "ana", "--name", "Ana", "--password-stdin"),
        cwd=place.folder,  # where ./config.toml is found
        stdin=f"{PASSWORD}\n",
    )
    assert account == type(account)(0, f"{place.base_url}/@ana\n", "")
    return place


@pytest.fixture
def place(founded: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    folder = tmp_path / "data"
    shutil.copytree(founded.folder, folder)
    folder.chmod(0o700)
    return Place(folder, founded.port)
