"""What stands around the code, held to its promises: locks, shipped files, import contracts."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("server", "federation", "storage", "web")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]
LOCKS = ("requirements.txt", "requirements-dev.txt")

# Not ours, or not for others: what make, tests and a running instance leave behind.
LEFT_BEHIND = {".venv", ".git", "__pycache__", "build", "dist", "data", "screenshots"}
# Brackets keep these patterns from finding themselves.
NOT_FOR_STRANGERS = {
    "a package registry's address": r"py[p]i\.org|python[h]osted|registry\.[n]pmjs|deb\.[d]ebian",
    "a path on somebody's machine": r"/(?:Users|work|opt/[p]ypi)/|/home/\w+/|/tmp/\w+_[j]obs",
    "unfinished work": r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b",
}


def normal(name: str) -> str:
    """The name of a distribution as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return normal(found[0])


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {normal(n): v for n, v in re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE)}


def extra_requirements() -> list[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return [requirement for extra in extras for requirement in extra]


def development_requirements() -> list[str]:
    lines = (ROOT / "requirements-dev.in").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def our_files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        left_behind = any(p in LEFT_BEHIND or p.endswith((".egg-info", "_cache")) for p in parts)
        if path.is_file() and not left_behind and ".hypothesis" not in parts:
            yield path


def copy_of_the_code(to: Path, *suffixes: str) -> Path:
    """Copy the four rooms (files with these suffixes, or all) and what builds them."""

    def others(_folder: str, names: list[str]) -> set[str]:
        unwanted = {n for n in names if suffixes and "." in n and not n.endswith(suffixes)}
        return unwanted | ({"__pycache__"} & set(names))

    for room in ROOMS:
        shutil.copytree(ROOT / room, to / room, ignore=others)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, to / name)
    return to


# ---- locks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_nothing_about_where_packages_are_fetched(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    revealing = re.compile(r"://|file:/| @ |^ *(?:-[a-z]|--(?!hash=))|^ *[./]")
    assert [line for line in text.splitlines() if revealing.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_with_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))[1:]
    assert entries
    wanted = re.compile(r"[\w.-]+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}")
    assert [entry.split("\n", 1)[0] for entry in entries if not wanted.match(entry)] == []


def test_packages_with_native_code_are_locked_for_more_than_one_kind_of_machine() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name in ("aiohttp", "cryptography", "pillow", "uvloop"):
        entry = re.search(rf"^{name}==(?:.|\n)*?# via", text, flags=re.MULTILINE)
        assert entry, f"{name} is not locked"
        assert entry[0].count("--hash=sha256:") > 10, name


def test_every_declared_dependency_is_locked() -> None:
    declared = {distribution(r) for r in PROJECT["project"]["dependencies"]}
    extras = {distribution(r) for r in extra_requirements()}
    build = {distribution(r) for r in PROJECT["build-system"]["requires"]}
    assert declared | build <= pins("requirements.txt").keys()
    development = {distribution(r) for r in development_requirements()}
    assert development | extras <= set(pins("requirements-dev.txt"))


def test_both_locks_agree_on_every_version() -> None:
    development = pins("requirements-dev.txt")
    differing = {
        name: (version, development[name])
        for name, version in pins("requirements.txt").items()
        if development.get(name, version) != version
    }
    assert differing == {}


# ---- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", sorted(NOT_FOR_STRANGERS))
def test_no_file_carries(what: str) -> None:
    pattern = re.compile(NOT_FOR_STRANGERS[what])
    found = []
    for path in our_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit}" for hit in pattern.findall(text)]
    assert found == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "AGPL-3.0-or-later"
    assert text.split()[:5] == ["GNU", "AFFERO", "GENERAL", "PUBLIC", "LICENSE"]
    assert "END OF TERMS AND CONDITIONS" in text


def test_an_installation_carries_every_file_of_the_four_rooms(tmp_path: Path) -> None:
    source = copy_of_the_code(tmp_path / "source")
    expected = {
        str(path.relative_to(source))
        for room in ROOMS
        for path in (source / room).rglob("*")
        if path.is_file()
    }
    # By the locked build tool, without a network.
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*pip, "--quiet", "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("fixatif-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    assert sorted(expected - shipped) == []
    assert "storage/migrations/__init__.py" in shipped
    assert {m for m in expected if m.endswith(".sql")} <= shipped


def imports_of(room: Path) -> Iterator[str]:
    """Yield the top-level name of each module that some file of a room imports."""
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def test_a_library_that_the_code_imports_is_declared_not_borrowed_from_another() -> None:
    requirements = [*PROJECT["project"]["dependencies"], *extra_requirements()]
    declared = {distribution(r) for r in requirements}
    provided = {"pil": "pillow", "argon2": "argon2-cffi", "c2pa": "c2pa-python"}
    imported = {name for room in ROOMS for name in imports_of(ROOT / room)}
    foreign = {normal(name) for name in imported - sys.stdlib_module_names - {*ROOMS}}
    assert {provided.get(name, name) for name in foreign} - declared == set()


# ---- import contracts -------------------------------------------------------------------------


def lint_imports(folder: Path) -> tuple[int, str]:
    """Run import-linter on a copy of the code; return its exit status and words."""
    program = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def break_contract(folder: Path, contract: dict[str, Any]) -> None:
    """Add the smallest import that the contract forbids."""
    if contract["type"] == "acyclic_siblings":
        room = contract["ancestors"][0]
        (folder / room / "hen.py").write_text(f"import {room}.egg\n", encoding="utf-8")
        (folder / room / "egg.py").write_text(f"import {room}.hen\n", encoding="utf-8")
        return
    assert contract["type"] == "forbidden", f"say here how a {contract['type']} contract breaks"
    source = folder.joinpath(*contract["source_modules"][-1].split("."))
    module = source / "trespasser.py" if source.is_dir() else source.with_suffix(".py")
    with module.open("a", encoding="utf-8") as code:
        code.write(f"\nimport {contract['forbidden_modules'][0]}\n")


def test_the_code_as_it_stands_keeps_every_contract(tmp_path: Path) -> None:
    status, words = lint_imports(copy_of_the_code(tmp_path, ".py"))
    assert status == 0, words
    assert f"{len(CONTRACTS)} kept, 0 broken" in words


@pytest.mark.parametrize("contract", CONTRACTS, ids=[c["name"] for c in CONTRACTS])
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, contract: dict[str, Any]) -> None:
    folder = copy_of_the_code(tmp_path, ".py")
    break_contract(folder, contract)
    status, words = lint_imports(folder)
    assert status == 1, words
    assert f"{contract['name']} BROKEN" in words


def test_each_file_of_tests_has_a_name_of_its_own() -> None:
    # tests are no packages: of two files with one name, pytest collects neither
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
