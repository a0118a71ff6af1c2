"""Documentation is executed: what it names exists, and what exists is named."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.config import Config, parse

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = {".venv", ".git", "build", "dist", "data", "fixtures"}
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not LEFT_BEHIND.intersection(path.relative_to(ROOT).parts)
    and not any(part.endswith("_cache") for part in path.relative_to(ROOT).parts)
)
EXAMPLE = ROOT / "config.example.toml"
# Settings that no default can know.
REQUIRED = {("instance", "domain")}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(page: str) -> list[str]:
    """Every piece of a page that is set as code: inline, or a line of an indented block."""
    prose = "\n".join(line for line in page.splitlines() if not line.startswith("    "))
    blocks = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    return blocks + re.findall(r"`([^`\n]+)`", prose)


def headings_of(page: str) -> set[str]:
    """The anchors that a page's headings make, as code hosts derive them."""
    titles = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# ---- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (
            anchor and anchor not in headings_of(target.read_text(encoding="utf-8"))
        ):
            broken.append(link)
    assert broken == []


def test_every_decision_stands_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("[0-9]*.md"))


# ---- commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    code = "\n".join(code_in(page.read_text(encoding="utf-8")))
    assert set(re.findall(r"^make ([a-z-]+)", code, flags=re.MULTILINE)) - targets == set()


def test_every_make_target_for_people_says_what_it_does() -> None:
    told = subprocess.run(
        ["/usr/bin/env", "make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.findall(r"^\.PHONY: ([a-z-]+)$", read("Makefile"), flags=re.MULTILINE)
    assert re.findall(r"^make ([a-z-]+)", told, flags=re.MULTILINE) == [
        target for target in phony if target != "tools"
    ]


def test_continuous_integration_runs_what_the_readme_tells_people_to_run() -> None:
    assert "make test" in code_in(read("README.md"))
    assert re.findall(r"^exec (make \w+)", read(".ci/run"), flags=re.MULTILINE) == ["make test"]


def shell_commands() -> list[tuple[str, ...]]:
    """Each `fixatif …` that some page or unit file names, up to its first option or value."""
    sources = [code for page in PAGES for code in code_in(page.read_text(encoding="utf-8"))]
    sources += read("deploy/fixatif.service").splitlines()
    found = {
        re.match(r"[a-z -]+?(?= -| [^a-z]|$)", words)
        for code in sources
        for words in re.findall(r"(?:^|-- |/bin/)fixatif ((?!-)[a-z].*)", code)
    }
    return sorted({tuple(match[0].split()) for match in found if match})


def test_pages_name_the_commands_that_a_newcomer_needs() -> None:
    assert {"up", "serve", "demo", "doctor"} <= {words[0] for words in shell_commands()}


@pytest.mark.parametrize("words", shell_commands(), ids=" ".join)
def test_every_command_that_a_page_names_exists_and_explains_itself(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"fixatif {words[0]}" in done.stdout, "its help shows an example"


# ---- settings ---------------------------------------------------------------------------------


def settings() -> dict[tuple[str, str], Any]:
    """Every setting that the program knows, with its default."""
    known = {}
    for section in msgspec.structs.fields(Config):
        if isinstance(section.type, type) and issubclass(section.type, msgspec.Struct):
            for field in msgspec.structs.fields(section.type):
                known[section.name, field.name] = field.default
    return known


def test_the_example_shows_every_setting_with_its_default() -> None:
    shown = {
        (section, key): tuple(value) if isinstance(value, list) else value
        for section, table in tomllib.loads(EXAMPLE.read_text(encoding="utf-8")).items()
        for key, value in table.items()
    }
    known = settings()
    assert shown.keys() == known.keys()
    assert {key: shown[key] for key in known.keys() - REQUIRED} == {
        key: known[key] for key in known.keys() - REQUIRED
    }


def test_the_example_says_a_sentence_about_every_setting() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    silent = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\w+ = ", line) and not re.match(r"# .+[.]$", above)
    ]
    assert silent == []


def test_the_example_is_accepted_as_it_stands() -> None:
    config = parse(EXAMPLE.read_text(encoding="utf-8"), {}, folder=ROOT)
    assert config.base_url == f"https://{config.instance.domain}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    known = settings()
    sections = "|".join(sorted({section for section, _ in known}))
    text = "\n".join(code_in(page.read_text(encoding="utf-8")))
    dotted = set(re.findall(rf"^({sections})\.([a-z_]+)(?![\w./])(?=$| =)", text, re.MULTILINE))
    environment = {
        (section.lower(), key.lower())
        for section, key in re.findall(r"FIXATIF__([A-Z]+)__([A-Z_]+)", text)
        if section != "SECTION"
    }
    modules = {(s, k) for s, k in dotted if (ROOT / s / f"{k}.py").exists()}
    assert (dotted | environment) - modules - known.keys() == set()


@pytest.mark.parametrize("page", ["README.md", "deploy/Caddyfile"])
def test_the_proxy_example_points_at_the_default_port(page: str) -> None:
    known = settings()
    address = f"{known['server', 'host']}:{known['server', 'port']}"
    assert re.findall(r"reverse_proxy (\S+)", read(page)) == [address]


# ---- maps -------------------------------------------------------------------------------------


def test_the_map_in_contributing_shows_every_module_and_no_other() -> None:
    listed = re.findall(r"^\* `([\w/.]+)`: ", read("CONTRIBUTING.md"), flags=re.MULTILINE)
    folders = tuple(name for name in listed if name.endswith("/"))
    modules = {
        named(path)
        for room in ("server", "federation", "storage", "web")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "__init__.py" and not named(path).startswith(folders)
    }
    assert sorted(modules - set(listed)) == [], "these are not on the map yet"
    gone = [n for n in listed if n not in modules and not (n in folders and (ROOT / n).is_dir())]
    assert gone == [], "these are on the map, but not in the code"
    assert sorted(set(listed)) == sorted(listed)


def test_every_declared_library_has_its_reason_written_down() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    lines = project["dependencies"] + extras + read("requirements-dev.in").splitlines()
    declared = {re.split(r"[^\w-]", line)[0] for line in lines if re.match(r"[A-Za-z]", line)}
    page = read("docs/decisions/0002-dependencies.md")
    rows = re.findall(r"^\| ([\w-]+) \| .+ \| .+ \|$", page, flags=re.MULTILINE)
    assert declared - set(rows) == set(), "say in docs/decisions/0002-dependencies.md why"
