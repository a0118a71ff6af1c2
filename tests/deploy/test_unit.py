"""The systemd unit, read by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.front import DEPLOY

pytestmark = pytest.mark.deploy

MOST_EXPOSED = (
    2.0  # of 10, as `systemd-analyze security` counts; it needs the network and its folder
)


def analysed(*words: str | Path) -> tuple[int, str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd, then try again.")
    command = ["systemd-analyze", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    unit = tmp_path / "fixatif.service"
    text = (DEPLOY / "fixatif.service").read_text()
    unit.write_text(text.replace("/usr/local/bin/fixatif serve", "/bin/true"))
    assert analysed("verify", "--recursive-errors=no", unit) == (0, "")


def test_the_service_may_do_little_beside_its_work() -> None:
    status, told = analysed("security", "--offline=true", DEPLOY / "fixatif.service")
    level = re.search(r"exposure level for fixatif\.service: ([0-9.]+)", told)
    assert (status, level is not None) == (0, True), told
    assert level is not None
    assert float(level[1]) <= MOST_EXPOSED
