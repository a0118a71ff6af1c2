"""`fixatif blocklist`: what an admin at a shell does with lists of servers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.program import Done, Place, fixatif, quickly

HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def lists(place: Place, *words: str | Path) -> Done:
    return quickly("blocklist", *words, "--config", place.config)


def write(folder: Path, text: str, name: str = "friends.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@contextmanager
def publishing(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve a list on loopback; what is in the dictionary under "text" is what stands there."""
    page = {"text": text}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page["text"].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/blocks.csv", page
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "com,suspend\n", "Row 2: com has no dot"),
        (HEAD + "127.0.0.1,suspend\n", "Row 2: 127.0.0.1 is an IP address"),
        ("<html>", "web page"),
    ],
)
def test_a_broken_list_ends_with_one_plain_line(place: Place, text: str, words: str) -> None:
    file = write(place.folder, text)
    done = lists(place, "import", file)
    assert (done.status, done.out) == (1, "")
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_what_is_not_there_is_said(place: Place) -> None:
    for words in (("apply", "Nobody", "--yes"), ("diff", "Nobody"), ("remove", "Nobody", "--yes")):
        done = lists(place, *words)
        assert done.status == 1
        assert "There is no list called Nobody" in done.err
    assert lists(place, "import", "nowhere.csv").status == 1
    assert lists(place, "subscribe", "https://").status == 1


def test_a_list_is_taken_in_looked_at_applied_and_removed(place: Place) -> None:
    file = write(place.folder, HEAD + "bad.example,suspend,,,Scrapes,\nloud.example,silence,,,,\n")
    done = lists(place, "import", file)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("friends: 2 added, 0 changed, 0 removed.")
    waiting = json.loads(lists(place, "diff", "--json").out)
    assert [one["domain"] for one in waiting[0]["added"]] == ["bad.example", "loud.example"]
    assert waiting[0]["effect"][0] == {"domain": "bad.example", "before": None, "after": "refused"}
    unsaid = lists(place, "apply", "friends")
    assert unsaid.status == 1
    assert "agree with --yes" in unsaid.err
    assert "1 refused, 1 limited" in unsaid.out
    said = lists(place, "apply", "friends", "--exclude", "loud.example", "--yes")
    assert (said.status, said.out) == (0, "friends is in force.\n")
    listed = json.loads(lists(place, "list", "--json").out)
    assert listed["lists"][0]["entries"] == {"suspend": 1, "silence": 1}
    assert listed["excludes"][0]["domain"] == "loud.example"
    assert lists(place, "diff").out == "Nothing waits.\n"
    gone = lists(place, "remove", "friends", "--yes")
    assert gone.out == "friends is gone.\n"


def test_a_list_can_be_piped_in_and_its_order_and_excludes_changed(place: Place) -> None:
    done = fixatif(
        "blocklist", "import", "-", "--name", "First", cwd=place.folder, stdin="bad.example\n"
    )
    assert done.status == 0
    file = write(place.folder, "good.example\n", "second.txt")
    assert lists(place, "import", file, "--kind", "allow").status == 0
    for name in ("First", "second"):
        assert lists(place, "apply", name, "--yes").status == 0
    moved = lists(place, "move", "second", "1", "--yes")
    assert moved.out == "second is asked at place 1.\n"
    out = lists(place, "exclude", "bad.example", "--yes")
    assert out.out == "No list holds for bad.example.\n"
    assert "bad.example is kept out of every list." in lists(place, "list").out
    again = lists(place, "include", "bad.example", "--yes")
    assert again.status == 0
    assert lists(place, "include", "bad.example", "--yes").status == 1


def test_a_subscription_is_fetched_from_a_real_server(place: Place) -> None:
    assert "[federation]\n" in place.config.read_text()  # of a loopback instance: all are reached
    with publishing("bad.example\n") as (url, page):
        done = lists(place, "subscribe", url, "--name", "Coop")
        assert (done.status, done.err) == (0, "")
        assert lists(place, "apply", "Coop", "--yes").status == 0
        assert lists(place, "fetch", "Coop").out == "Nothing is new.\n"
        page["text"] = "bad.example\nworse.example\n"
        fetched = lists(place, "fetch", "Coop")
        assert fetched.out.startswith("Coop has a new version.")
        page["text"] = "<html>"
        broken = lists(place, "fetch", "Coop")
        assert broken.status == 1
        assert "web page" in broken.err
    gone = lists(place, "fetch", "Coop")
    assert "could not be reached" in gone.err
    listed = lists(place, "list").out
    assert "waiting: +1 ~0 -0" in listed
    assert "Coop was not fetched" in listed


def test_our_own_list_is_said_agreed_to_and_exported_without_private_words(place: Place) -> None:
    assert lists(place, "publish", "on").status == 1
    said = lists(
        place,
        *("say", "scraper.example", "--reason", "Feeds trainers."),
        *("--note", "they threatened us", "--label", "ai-scraper", "--public"),
    )
    assert said.status == 0
    assert lists(place, "say", "quiet.example").status == 0
    assert lists(place, "apply", "Our own list", "--yes").status == 0
    exported = lists(place, "export").out
    assert exported == HEAD + "scraper.example,suspend,false,false,Feeds trainers.,false\n"
    file = place.folder / "out.csv"
    assert lists(place, "export", "-o", file).status == 0
    assert file.read_text() == exported
    published = lists(place, "publish", "on").out
    assert f"{place.base_url}/datasets/own.csv" in published
    assert lists(place, "unsay", "never.example").status == 1
