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
    absent = crawlers(place, "refresh", place.folder / "none.json")
    assert absent.status == 1
    assert "none.json: check its name." in absent.err
    assert "Errno" not in absent.err
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


GOOGLES = """{
  "creationTime": "2026-11-20T16:00:33.000000",
  "prefixes": [{"ipv6Prefix": "2001:db8:4801:10::/64"}, {"ipv4Prefix": "192.0.2.64/27"}]
}"""


def test_an_operators_own_list_is_known_by_its_name(place: Place) -> None:
    file = place.folder / "googlebot.json"
    file.write_text(GOOGLES)
    assert "ranges to bring" in crawlers(place, "list", "--class", "ai-training").out
    done = crawlers(place, "refresh", file)
    assert (done.status, done.err) == (0, "")
    assert "Googlebot: 2 ranges." in done.out
    rows = json.loads(crawlers(place, "list", "--json").out)["crawlers"]
    assert all(
        row["networks"] == ["2001:db8:4801:10::/64", "192.0.2.64/27"]
        for row in rows
        if row["ranges_url"].endswith("/googlebot.json")
    )
    other = place.folder / "bingbot.json"
    other.write_text(GOOGLES.replace("192.0.2.64/27", "192.0.2.128/27"))
    assert crawlers(place, "refresh", other).status == 0  # and what was brought before stays
    rows = json.loads(crawlers(place, "list", "--json").out)["crawlers"]
    assert {row["token"] for row in rows if row["networks"]} >= {"Googlebot", "bingbot"}


def test_ranges_of_nobody_knows_whom_and_lists_without_any_are_refused(place: Place) -> None:
    file = place.folder / "my-list.json"
    file.write_text(GOOGLES)
    done = crawlers(place, "refresh", file)
    assert (done.status, "--ranges-of NAME" in done.err) == (1, True)
    named = place.folder / "gptbot.json"
    for text in ('{"prefixes": []}', '{"prefixes": [{}]}', '{"prefixes": [{"ipv4Prefix": "x"}]}'):
        named.write_text(text)
        done = crawlers(place, "refresh", named)
        assert (done.status, done.err.count("\n")) == (1, 1)
    assert json.loads(crawlers(place, "list", "--json").out)["is_own"] is False


def test_all_lists_are_fetched_by_one_command_of_curl(place: Place) -> None:
    lists = json.loads(crawlers(place, "sources", "--json").out)
    assert {one["operator"] for one in lists} >= {"OpenAI", "Google", "Apple", "Common Crawl"}
    settings = crawlers(place, "sources", "--curl").out.splitlines()
    fetched = [line for line in settings if line.startswith("url = ")]
    assert fetched == [f'url = "{one["url"]}"' for one in lists]
    files = [line.split('"')[1] for line in settings if line.startswith("output = ")]
    assert len(set(files)) == len(lists)  # none is written over another
    here = place.folder / "ranges"
    here.mkdir()
    for file in files:
        (place.folder / file).write_text(GOOGLES)
    broken = here / "gptbot.json"
    broken.write_text("<html>Not now.</html>")
    done = crawlers(place, "refresh", *sorted(here.iterdir()))
    assert done.status == 1
    assert "gptbot.json" in done.err
    assert done.err.count("\n") == 1
    after = json.loads(crawlers(place, "sources", "--json").out)
    assert {one["operator"] for one in after if not one["networks"]} == {"OpenAI"}
    assert sum(one["networks"] == 2 for one in after) == len(lists) - 1
    assert f"{len(lists) - 1} of {len(lists)} lists are here." in crawlers(place, "sources").out
    assert crawlers(place, "refresh", broken, "--shipped").status == 1
    assert crawlers(place, "refresh", broken, broken, "--ranges-of", "GPTBot").status == 1
