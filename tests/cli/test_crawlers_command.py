"""The crawler table from the shell: shown, replaced, and given published ranges."""

import json

from tests.cli.program import Done, Place, quickly


def crawlers(place: Place, *words: object) -> Done:
    return quickly("crawlers", *map(str, words), "--config", place.config)


def test_a_broken_file_is_refused_by_one_sentence_and_nothing_changes(place: Place) -> None:
    file = place.folder / "new.json"
    for text in (
        "",
        "{}",
        '{"source": "", "date": "", "crawlers": [{"token": "A", "class": "b"}]}',
    ):
        file.write_text(text)
        done = crawlers(place, "refresh", file)
        assert done.status == 1
        assert "no crawler table" in done.err
        assert done.err.count("\n") == 1
    assert crawlers(place, "refresh", place.folder / "none.json").status == 1
    assert crawlers(place, "refresh").status == 1
    assert json.loads(crawlers(place, "list", "--json").out)["is_own"] is False


def test_ranges_are_brought_without_a_release_and_taken_back(place: Place) -> None:
    file = place.folder / "bots.json"
    file.write_text('{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}')
    done = crawlers(place, "refresh", file, "--ranges-of", "GPTBot")
    assert (done.status, done.err) == (0, "")
    listed = json.loads(crawlers(place, "list", "--json").out)
    rows = {row["token"]: row for row in listed["crawlers"]}
    assert listed["is_own"] is True
    assert rows["GPTBot"]["networks"] == ["192.0.2.0/24"]
    assert rows["GPTBot"]["ranges_url"].startswith("https://")
    assert "1 ranges" in crawlers(place, "list", "--class", "ai-training").out
    assert crawlers(place, "refresh", "--shipped").status == 0
    assert json.loads(crawlers(place, "list", "--json").out)["is_own"] is False
