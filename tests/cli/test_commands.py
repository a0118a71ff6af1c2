"""What commands do and print when all is well, run as a person would run them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from server import config as settings
from server.main import opened
from server.model import WorkId, WorkState
from server.viewing import Viewing
from tests.cli.program import PASSWORD, Place, fixatif, quickly, running, stop, until


def test_accounts_are_listed_for_people_and_for_machines(place: Place) -> None:
    shown = fixatif("account", "list", cwd=place.folder)
    assert shown.out.split() == ["ana", "artist", "Ana"]
    listed = json.loads(quickly("account", "list", "--json", "--config", place.config).out)
    facts = {"handle": "ana", "name": "Ana", "role": "artist"}
    assert listed == [{**facts, "silenced": False, "suspended": False, "ends_at": None}]


def test_an_account_gets_new_keys_each_time(place: Place) -> None:
    said = [quickly("account", "rotate-key", "ana", "--config", place.config) for _ in range(2)]
    assert [one.status for one in said] == [0, 0]
    assert said[0].out.startswith("ana signs with ")
    assert "#main-key-" in said[0].out
    assert said[0].out != said[1].out
    nobody = quickly("account", "rotate-key", "bo", "--config", place.config)
    assert nobody.status == 1
    assert "no account 'bo'" in nobody.err


async def test_an_account_moves_to_one_that_names_it(place: Place) -> None:
    config = settings.load(place.config, {})
    new = f"@bo@{config.instance.domain}"
    made = fixatif(
        *("account", "create", "bo", "--password-stdin"), cwd=place.folder, stdin=PASSWORD
    )
    assert made.status == 0
    refused = fixatif("account", "move", "ana", new, cwd=place.folder)
    assert refused.status == 1
    assert f"{new} does not name this account yet" in refused.err
    async with opened(config) as instance:
        moving, accounts = instance.flows.moving, instance.flows.accounts
        ana, bo = await accounts.named("ana"), await accounts.named("bo")
        former = await instance.flows.viewing.actor(ana.id)
        assert former is not None
        await moving.add_alias(bo, former)
    moved = fixatif("account", "move", "ana", new, cwd=place.folder)
    assert (moved.status, moved.out) == (0, f"ana has moved to {new}; followers are told.\n")


def test_an_account_gets_another_role_and_another_password(place: Place) -> None:
    changed = quickly("account", "role", "ana", "moderator", "--config", place.config)
    assert (changed.status, changed.out) == (0, "ana is moderator now.\n")
    new = fixatif(
        *("account", "password", "ana", "--password-stdin"),
        cwd=place.folder,
        stdin="another quiet horse\n",
    )
    assert (new.status, new.out) == (0, "The password is set; every browser was signed out.\n")


async def test_a_work_of_several_files_hangs_with_its_descriptions(
    place: Place, tmp_path: Path
) -> None:
    for name, colour in (("sea.jpg", "navy"), ("shore.png", "beige")):
        Image.new("RGB", (64, 48), colour).save(tmp_path / name)
    done = fixatif(
        *("publish", "ana", "sea.jpg", "shore.png", "--title", "Two Views"),
        *("--alt", "Deep blue", "--alt", "Sand", "--tags", "sea #shore", "--ai", "none"),
        *("--config", place.config),
        cwd=tmp_path,
    )
    assert (done.status, done.err) == (0, "")
    found = re.fullmatch(rf"{place.base_url}/@ana/(\d+)-two-views\n", done.out)
    assert found
    async with opened(settings.load(place.config, {})) as instance:
        work, _, _ = await instance.flows.viewing.work(WorkId(int(found[1])), None)
    assert [picture.alt for picture in work.pictures] == ["Deep blue", "Sand"]
    assert work.tags == ("sea", "shore")
    assert work.state is WorkState.HUNG


async def test_a_file_that_is_no_picture_leaves_no_work_behind(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("no picture")
    done = fixatif("publish", "ana", "note.txt", "--config", place.config, cwd=tmp_path)
    assert done.status == 1
    async with opened(settings.load(place.config, {})) as instance:
        artist = await instance.flows.accounts.named("ana")
        assert await Viewing.studio(instance.flows.viewing, artist) == []


def test_the_environment_overrides_the_file(place: Place) -> None:
    extra = {"FIXATIF__INSTANCE__DOMAIN": "elsewhere.example"}
    done = quickly("up", "127.0.0.1", "--data", place.folder, extra=extra)
    assert f"{place.config} is for elsewhere.example" in done.err


def test_up_offers_a_link_until_somebody_owns_it_and_keeps_what_is_there(place: Place) -> None:
    command = ("up", f"127.0.0.1:{place.port}", "--data", place.folder)
    links = []
    for _ in range(2):
        with running(*command, cwd=place.folder) as process:
            links.append(_printed(process, rf"{place.base_url}/setup\?t=\S+"))
            assert stop(process) == 0
    assert len(set(links)) == 2
    owner = quickly("account", "role", "ana", "owner", "--config", place.config)
    assert owner.status == 0
    with running(*command, cwd=place.folder) as process:
        until(lambda: " answers at " in (place.folder / "stderr.log").read_text())
        assert stop(process) == 0
        assert process.stdout
        assert "/setup" not in process.stdout.read()


def test_up_shows_its_quick_checks_first(tmp_path: Path, founded: Place) -> None:
    command = ("up", "127.0.0.1:1", "--base-url", "http://127.0.0.1:1", "--port", str(founded.port))
    with running(*command, "--data", tmp_path / "new", cwd=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == f"Settings are in {tmp_path / 'new' / 'config.toml'}\n"
        checked = []
        while not (line := process.stdout.readline()).startswith("Nobody owns it yet. "):
            assert line, checked  # it has ended
            checked.append(line.split(":")[0])
        assert {"✓ database", "✓ pictures", "✓ content credentials"} <= {*checked}
        assert stop(process) == 0
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "config.toml").stat().st_mode & 0o777 == 0o600


def test_a_new_password_is_taken_from_the_first_line_alone(place: Place) -> None:
    made = fixatif(
        *("account", "create", "bo", "--password-stdin"),
        cwd=place.folder,
        stdin=f"{PASSWORD}\nand a second line\n",
    )
    assert (made.status, made.out) == (0, f"{place.base_url}/@bo\n")


@pytest.mark.parametrize("command", [("db", "check"), ("db", "upgrade")])
def test_the_database_is_found_up_to_date(place: Place, command: tuple[str, str]) -> None:
    done = quickly(*command, "--config", place.config)
    assert done.status == 0
    assert done.out in {"The database answers and is up to date.\n", "Nothing to do.\n"}


def _printed(process: subprocess.Popen[str], pattern: str) -> str:
    for line in process.stdout or ():
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError("it ended before it said so")
