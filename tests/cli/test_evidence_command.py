"""The commands about evidence, as a shell has them."""

import json

from tests.cli.program import Place, fixatif, quickly
from tests.flows.artists import SMALL


def test_evidence_is_bundled_and_what_was_altered_is_refused(place: Place) -> None:
    picture = place.folder / "hare.jpg"
    picture.write_bytes(SMALL)
    words = ("publish", "ana", picture, "--title", "Hare", "--alt", "A hare")
    hung = fixatif(*words, "--config", place.config, cwd=place.folder)
    assert hung.status == 0, hung.err
    file = place.folder / "hare.json"
    made = quickly("evidence", "bundle", hung.out.strip(), "-o", file, "--config", place.config)
    assert made.status == 0, made.err
    assert file.with_suffix(".html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert quickly("evidence", "verify", file, "--config", place.config).status == 0
    whole = quickly("evidence", "verify", "--json", "--config", place.config)
    assert json.loads(whole.out)["is_whole"]

    file.write_text(file.read_text(encoding="utf-8").replace("train-ai=n", "train-ai=y"))
    altered = quickly("evidence", "verify", file, "--config", place.config)
    assert (altered.status, altered.out) == (1, "")
    assert "changed since" in altered.err
    for url in ("https://far.example/@ana/1", "nonsense"):
        refused = quickly("evidence", "bundle", url, "-o", file, "--config", place.config)
        assert refused.status == 1
        assert "is no work here" in refused.err
    same = quickly("evidence", "bundle", hung.out.strip(), "-o", file.with_suffix(".html"),
                   "--config", place.config)  # fmt: skip
    assert "name the bundle itself .json" in same.err
