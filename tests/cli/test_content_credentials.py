"""Content Credentials on a whole instance: on, switched off, and with the library gone."""

import json
import sqlite3
import urllib.request
from pathlib import Path

import pytest

from tests.cli.program import Done, Place, fixatif, quickly, serving
from tests.imaging.corpus import FOLDER
from tests.imaging.credentials import by_c2pa

# Read by Python before anything else, also in child processes.
GONE = {
    "the library is not installed": "import sys\nsys.modules['c2pa'] = None\n",
    "the library does not load": (
        "import sys\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'c2pa' and 'server.child' in sys.orig_argv:\n"
        "            raise OSError('libc2pa_c.so: wrong ELF class')\n"
        "sys.meta_path.insert(0, Broken())\n"
    ),
}
SAID = {
    "the library is not installed": ("ok", "Off: install fixatif[provenance]"),
    "the library does not load": ("warn", "reinstall fixatif[provenance]"),
}


PUBLISH = (
    *("publish", "ana", FOLDER / "ai" / "c2pa-human.jpg"),
    *("--title", "Sea", "--alt", "The sea."),
)
DOCTOR = ("doctor", "--json")


def said_by_doctor(done: Done) -> tuple[str, str]:
    found = {one["name"]: one for one in json.loads(done.out)}["content credentials"]
    return found["level"], found["message"]


def copies(place: Place) -> list[Path]:
    """Return the federated copies, from newest to oldest."""
    with sqlite3.connect(place.folder / "fixatif.db") as database:
        rows = database.execute("SELECT digest FROM renditions WHERE name = 'federated'")
        digests = [row[0] for row in rows]
    database.close()
    return [next((place.folder / "media").rglob(f"*{one}*")) for one in digests]


@pytest.mark.parametrize("how", GONE)
def test_without_the_library_everything_else_works(how: str, place: Place, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GONE[how])
    root = Path(__file__).resolve().parents[2]
    extra = {"PYTHONPATH": f"{tmp_path}:{root}"}
    done = fixatif(*PUBLISH, cwd=place.folder, extra=extra)
    assert done.status == 0, done.err
    assert b"c2pa" not in copies(place)[0].read_bytes()
    level, message = said_by_doctor(fixatif(*DOCTOR, cwd=place.folder, extra=extra))
    assert (level, SAID[how][1] in message) == (SAID[how][0], True)


def test_with_the_library_copies_lead_to_the_certificate_in_the_policy(place: Place) -> None:
    done = quickly(*PUBLISH, "--config", place.config)
    assert done.status == 0, done.err
    level, message = said_by_doctor(quickly(*DOCTOR, "--config", place.config))
    assert (level, "every copy is signed" in message) == ("ok", True)
    with (
        serving(place),
        urllib.request.urlopen(f"{place.base_url}/.well-known/ai-policy", timeout=30) as answer,
    ):
        policy = json.load(answer)
    assert policy["signsPictures"] is True
    state, manifest = by_c2pa(
        copies(place)[0].read_bytes(), "image/jpeg", policy["signingAuthority"]
    )
    assert state == "Trusted"
    assert manifest["signature_info"]["common_name"] == f"127.0.0.1:{place.port}"


def test_credentials_can_be_switched_off(place: Place) -> None:
    extra = {"FIXATIF__MEDIA__CREDENTIALS": "false"}
    assert quickly(*PUBLISH, "--config", place.config, extra=extra).status == 0
    assert b"c2pa" not in copies(place)[0].read_bytes()
    assert said_by_doctor(quickly(*DOCTOR, "--config", place.config, extra=extra)) == (
        "ok",
        "Off (media.credentials): neither read nor signed.",
    )
