"""What a shell is told when something cannot be: status 2 for wrong usage, 1 and one line else."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from tests.cli.program import PASSWORD, PROGRAM, Place, environment, free_port


def commands(
    group: click.Group, *, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, path=(*path, name))
        yield (*path, name), command


def run(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*it, id=" ".join(it[0])) for it in commands(main)]
)
def test_every_command_shows_an_example_and_says_what_it_does(
    path: tuple[str, ...], command: click.Command
) -> None:
    shown = run(*path, "--help")
    assert shown.exit_code == 0
    assert "Example:" in shown.stdout
    assert f"fixatif {path[0]}" in shown.stdout.partition("Example:")[2]
    assert command.help
    assert "..." not in shown.stdout.partition("Commands:")[2]  # no sentence is cut off


@pytest.mark.parametrize(
    "line",
    [
        "sing",
        "serve --loud",
        "serve --workers 0",
        "serve --workers many",
        "up",
        "up gallery.example.org --port 70000",
        "init --domain gallery.example.org",
        "init --data somewhere",
        "account create ana",
        "account create ana --role king --password-stdin",
        "account role ana",
        "account move ana",
        "publish ana",
        "publish ana not-there.jpg",
        "publish ana pyproject.toml --visibility everybody",
        "publish ana pyproject.toml --ai a-bit",
        "follow ana",
        "demo --port-a 0",
        "demo --works 7",
    ],
)
def test_wrong_usage_ends_with_2_and_shows_the_usage(line: str) -> None:
    done = run(*line.split())
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Usage: ")


def refused(done: Result) -> str:
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("Error: ").rstrip("\n")


def test_without_settings_it_says_how_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIXATIF_DATA", str(tmp_path))
    assert "run 'fixatif init', or use --config" in refused(run("account", "list"))


def test_settings_that_are_named_and_absent_are_refused_by_name(tmp_path: Path) -> None:
    said = refused(run("account", "list", "--config", tmp_path / "mine.toml"))
    assert str(tmp_path / "mine.toml") in said


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--domain", "not a domain"), "'instance.domain' must be a host name"),
        (("--domain", "a.example", "--base-url", "http://a.example"), "must start with https://"),
        (("--domain", "a.example", "--base-url", "https://a.example/art"), "without a path"),
    ],
)
def test_settings_that_cannot_hold_are_never_written(
    tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    folder = tmp_path / "data"
    assert expected in refused(run("init", *options, "--data", folder))
    assert not folder.exists()


def test_init_refuses_to_overwrite_settings(place: Place) -> None:
    before = place.config.read_bytes()
    said = refused(run("init", "--domain", "other.example", "--data", place.folder))
    assert said == (
        f"{place.config} is there already: start it with 'fixatif serve --config {place.config}'."
    )
    assert place.config.read_bytes() == before


def test_up_refuses_settings_of_another_domain(place: Place) -> None:
    said = refused(run("up", "other.example", "--data", place.folder))
    assert f"{place.config} is for 127.0.0.1:{place.port}" in said


def test_up_refuses_a_base_url_that_settings_deny(place: Place) -> None:
    domain = f"127.0.0.1:{place.port}"
    said = refused(run("up", domain, "--data", place.folder, "--base-url", "https://b.example"))
    assert said.endswith("change instance.base_url there.")


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("account create ana --password-stdin", PASSWORD, "The handle 'ana' is taken: choose"),
        ("account create ANA --password-stdin", PASSWORD, "The handle 'ana' is taken: choose"),
        ("account create a-b --password-stdin", PASSWORD, "A handle has 1 to 30 characters"),
        ("account create bo --password-stdin", "short", "at least 8 characters"),
        ("account create bo --password-stdin", "", "at least 8 characters"),
        ("account role nobody admin", "", "There is no account 'nobody' here"),
        ("account suspend nobody", "", "There is no account 'nobody' here"),
        ("account password nobody --password-stdin", PASSWORD, "There is no account 'nobody'"),
        ("follow nobody @bo@b.example", "", "There is no account 'nobody' here"),
        ("follow ana bo", "", "An address reads name@server"),
        ("follow ana @ana@127.0.0.1:{port}", "", "You cannot follow yourself"),
        ("follow ana @bo@127.0.0.1:{port}", "", "There is nobody called bo here"),
        ("follow ana @bo@127.0.0.1:{dead}", "", "The other server cannot be reached"),
        ("publish nobody {file}", "", "There is no account 'nobody' here"),
        ("publish ana {file}", "", "note.txt: "),
        ("publish ana {file} --alt One --alt Two", "", "more descriptions than files"),
        ("publish ana {file} --tags 12", "", "'12' cannot be a tag"),
    ],
)
def test_a_refusal_is_one_plain_line(
    place: Place, tmp_path: Path, line: str, stdin: str, expected: str
) -> None:
    file = tmp_path / "note.txt"
    file.write_text("I am no picture.")
    filled = line.format(port=place.port, dead=free_port(), file=file)
    done = run(*filled.split(), "--config", place.config, stdin=stdin)
    assert expected in refused(done)


def test_a_setting_from_the_environment_that_cannot_be_is_refused_by_its_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIXATIF__SERVER__PORT", "eighty")
    said = refused(run("account", "list", "--config", place.config))
    assert said.startswith("FIXATIF__SERVER__PORT must be a whole number, not 'eighty'")


def test_a_folder_that_is_not_there_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIXATIF__DATABASE__URL", "sqlite:///datta/fixatif.db")
    said = refused(run("db", "upgrade", "--config", place.config))
    assert said.startswith(f"There is no folder {place.folder / 'datta'}: ")


def test_a_database_that_is_not_upgraded_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIXATIF__DATABASE__URL", "sqlite:///empty.db")
    said = refused(run("db", "check", "--config", place.config))
    assert "fixatif db upgrade" in said


def test_who_has_read_enough_is_told_nothing(place: Place) -> None:
    line = shlex.join([*PROGRAM, "crawlers", "list", "--config", str(place.config)])
    done = subprocess.run(
        ["/bin/bash", "-c", f"{line} | true"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
