"""`fixatif demo`, for real: two studios, seen through the browser of somebody who signs in."""

import html
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.exhibition import CYCLES, SCENES, Cycle, Scene
from server.sampleart import sample_works
from tests.cli.program import (
    Browser,
    alive,
    descendants,
    fixatif,
    free_port,
    running,
    stop,
    until,
)

WORKS = 2  # of each artist; the demo itself hangs six
STUDIOS = {"teodor": "a", "maren": "a", "ysolde": "b", "nanami": "b"}


def test_a_port_that_was_asked_for_and_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = fixatif("demo", "--port-a", str(port), cwd=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert (
        done.err == f"Error: Port {port} is taken: choose another, or none for any that is free.\n"
    )


def test_a_folder_to_keep_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    done = fixatif("demo", "--keep", tmp_path, cwd=tmp_path)
    assert done.status == 1
    assert done.err.endswith("is not empty: name a folder that is not there yet.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


@dataclass(frozen=True)
class Demo:
    """What a run printed, and what it kept while it ran."""

    process: subprocess.Popen[str]
    out: str
    addresses: dict[str, str]
    password: str

    def seen_by(self, handle: str) -> Browser:
        browser = Browser(self.addresses[STUDIOS[handle]])
        browser.sign_in(handle, self.password)
        return browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for temporary files that the demo is given."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def demo(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    ports = ("--port-a", str(free_port()), "--port-b", str(free_port()))
    folder = tmp_path_factory.mktemp("demo")
    extra = {"TMPDIR": str(kept)}
    with running("demo", *ports, "--works", str(WORKS), cwd=folder, extra=extra) as process:
        assert process.stdout
        lines: list[str] = []
        while not (lines and lines[-1].startswith("Ctrl-C")):
            lines.append(process.stdout.readline())
            assert lines[-1], (folder / "stderr.log").read_text()
        out = "".join(lines)
        found = dict(re.findall(r"Studio ([AB])  (http://127\.0\.0\.1:\d+)", out))
        password = re.search(r"Password of all four: (\S+)", out)
        assert password
        addresses = {name.lower(): address for name, address in found.items()}
        yield Demo(process, out, addresses, password[1])


def hung(handle: str) -> list[str]:
    """The titles that an artist hung in this run."""
    return [work.title for work in sample_works() if work.artist_handle == handle][:WORKS]


def test_it_prints_two_addresses_who_lives_there_and_how_it_ends(demo: Demo) -> None:
    assert sorted(demo.addresses) == ["a", "b"]
    assert all(handle in demo.out for handle in STUDIOS)
    assert demo.out.endswith("Ctrl-C ends it and leaves nothing behind.\n")
    assert "standard-no-ai" in demo.out
    assert "strict-studio" in demo.out


@pytest.mark.parametrize("handle", STUDIOS)
def test_everybody_sees_the_other_studios_works_at_home(demo: Demo, handle: str) -> None:
    home = html.unescape(demo.seen_by(handle).get("/home"))
    theirs = [
        title for other in STUDIOS if STUDIOS[other] != STUDIOS[handle] for title in hung(other)
    ]
    assert len(theirs) >= 3
    assert [title for title in theirs if title not in home] == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.about)
def test_likes_and_talk_from_the_other_studio_stand_on_a_works_page(
    demo: Demo, scene: Scene
) -> None:
    stranger = Browser(demo.addresses[STUDIOS[scene.about]])
    portfolio = stranger.get(f"/@{scene.about}")
    pages = {
        html.unescape(stranger.get(link))
        for link in re.findall(rf'href="(/@{scene.about}/\d+-[^"#?]+)"', portfolio)
    }
    page = next(page for page in pages if f"<title>{hung(scene.about)[0]}" in page)
    assert scene.question in page
    assert scene.answer in page
    assert scene.asks in page
    assert re.search(rf"\b{len(scene.likes)}\b[^<]*likes?\b", re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("handle", STUDIOS)
def test_an_artist_is_told_who_liked_and_said_something(demo: Demo, handle: str) -> None:
    told = demo.seen_by(handle).get("/notifications")
    others = [other for other in STUDIOS if other != handle]
    assert all(other in told for other in others)


@pytest.mark.parametrize("cycle", CYCLES, ids=lambda cycle: cycle.by)
def test_series_hang_and_those_that_can_be_followed_are(demo: Demo, cycle: Cycle) -> None:
    stranger = Browser(demo.addresses[STUDIOS[cycle.by]])
    found = re.search(rf'href="(/@{cycle.by}/series/[^"#?]+)"', stranger.get(f"/@{cycle.by}"))
    assert found
    page = html.unescape(stranger.get(found[1]))
    assert cycle.title in page
    assert [title for title in hung(cycle.by) if title in cycle.works and title not in page] == []
    for handle in cycle.followers:
        following = demo.seen_by(handle).get("/followers")
        assert f"@{cycle.by}_{cycle.name}@" in following


def test_ctrl_c_ends_it_and_leaves_nothing_behind(demo: Demo, kept: Path) -> None:
    family = descendants(demo.process.pid)
    assert len(family) >= 2
    assert [*kept.iterdir()] != []
    assert stop(demo.process, signal.SIGINT) == 0
    assert alive(family) == set()
    assert [*kept.iterdir()] == []


def test_it_ends_with_one_plain_line_when_a_server_dies(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with running("demo", "--works", "1", cwd=tmp_path, extra={"TMPDIR": str(folder)}) as process:
        until(lambda: descendants(process.pid))
        family = descendants(process.pid)
        os.kill(min(family), signal.SIGKILL)
        assert process.wait(60) == 1
        said = (tmp_path / "stderr.log").read_text().splitlines()
        assert len(said) == 1
        assert "ended by itself" in said[0]
        assert [*folder.iterdir()] == []
        assert alive(family) == set()
