"""The proxies' files of deploy/, run for real: who asks arrives, no picture passes the gate by."""

import re
from collections.abc import Iterator

import pytest

from tests.deploy.front import Front, proxied

pytestmark = pytest.mark.deploy

KINDS = ("nginx", "caddy")
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
SIGNALS = ("Content-Usage", "tdm-reservation", "tdm-policy", "X-Robots-Tag", "Link")
WALLS = ("Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy")


@pytest.fixture(scope="module", params=KINDS)
def front(request: pytest.FixtureRequest, unfronted: Front) -> Iterator[Front]:
    """The same behind each proxy in turn."""
    with proxied(request.param, unfronted) as front:
        yield front


def inside(front: Front) -> str:
    """Return where a stored picture would be, were the folder open."""
    media = front.place.folder / "media"
    file = max(
        (one for one in media.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size
    )
    return f"/_pictures/{file.relative_to(media)}"


def test_who_is_refused_gets_no_picture_whatever_else_they_send(front: Front) -> None:
    view, large = front.media("view.jpg"), front.media("large.jpg")
    seen = front.ask(view)
    tags = ("*", seen.all("ETag")[0])
    for method in ("GET", "HEAD"):
        for sent in (
            {}, {"Range": "bytes=0-9"}, *({"If-None-Match": tag} for tag in tags),
            {"X_Accel_Redirect": inside(front)}, {"X_Original_URL": "/about"},
            {"If_Modified_Since": seen.all("Last-Modified")[0]},
        ):  # fmt: skip
            assert front.ask(view, method, User_Agent=GPTBOT, **sent).status == 403, sent
            assert front.ask(large, method, **sent).status == 403, sent


TRICKS = (
    *("{}", "/.{}", "/x/..{}", "/%2e{}", "/media/..;{}", "/media/..{}", "/media%2f..{}", "/{}"),
    *("{}?x=1", "{}%00", "{}/", "/_pictures/..{}", "/_PICTURES/..{}", "http://localhost{}"),
)


def test_no_address_leads_into_the_folder_of_pictures(front: Front) -> None:
    for trick in TRICKS:
        for path in (inside(front), "/_pictures/", inside(front).replace("_", "%5f", 1)):
            for host in ("localhost", "_pictures", "x"):
                request = f"GET {trick.format(path)} HTTP/1.1\r\nHost: {host}\r\nConnection: close"
                answer = front.say(f"{request}\r\n\r\n".encode())
                assert answer.split(b" ", 2)[1] in {b"400", b"404", b"421", b"200"}, (trick, host)
                if answer.split(b" ", 2)[1] == b"200":  # caddy has no page for other hosts
                    assert answer.endswith(b"\r\n\r\n"), (trick, host)


def test_a_picture_is_sent_by_the_proxy_with_all_that_machines_are_told(front: Front) -> None:
    answer = front.ask(front.media("view.jpg"))
    assert (answer.status, answer.body[:3]) == (200, b"\xff\xd8\xff")
    assert answer.all("Accept-Ranges") == ["bytes"]
    assert not answer.all("X-Accel-Redirect")
    for name in (*SIGNALS, *WALLS, "Cache-Control", "Strict-Transport-Security"):
        assert len(answer.all(name)) == 1, name
    assert answer.all("Content-Type") == ["image/jpeg"]
    assert answer.all("X-Robots-Tag")[0].startswith("noai, noimageai")
    assert front.ask(front.media("view.jpg"), "HEAD").headers[1:3]
    part = front.ask(front.media("view.jpg"), Range="bytes=3-9")
    assert (part.status, part.body) == (206, answer.body[3:10])
    again = front.ask(front.media("view.jpg"), If_None_Match=answer.all("ETag")[0])
    assert (again.status, again.body) == (304, b"")


def test_pages_and_refusals_say_it_too_and_cookies_pass(front: Front) -> None:
    for path in (front.work, "/no/such/place", "/robots.txt", "/users/ana"):
        answer = front.ask(path)
        assert answer.all("Content-Usage") == ["train-ai=n, ai-use=n"], path
    proof = front.ask("/proof.css")
    assert "; Secure" in proof.all("Set-Cookie")[0]
    assert proof.all("Cache-Control") == ["no-store"]


def test_a_proof_opens_the_large_copy_through_the_proxy_to_one_browser(front: Front) -> None:
    cookie = front.ask("/proof.css").all("Set-Cookie")[0].partition(";")[0]
    closer = front.ask(front.work).body.partition(b'class="whole__zoom"')[2].partition(b'href="')[2]
    path = closer.partition(b'"')[0].decode()
    led = front.ask(path, Cookie=cookie).all("Location")[0].partition(f":{front.port}")[2]
    shown = front.ask(led, Cookie=cookie)
    assert (shown.status, shown.all("Cache-Control")) == (200, ["private, max-age=86400"])
    assert front.ask(led).status == 403
    assert front.ask(led, Range="bytes=0-9").status == 403


def test_a_video_plays_through_the_proxy_from_any_place(front: Front) -> None:
    shown = re.search(rb"/media/[0-9a-f]+/video\.webm", front.ask(front.work).body)
    assert shown is not None
    path = shown[0].decode()
    whole = front.ask(path)
    assert (whole.status, whole.all("Content-Type")) == (200, ["video/webm"])
    assert whole.all("Accept-Ranges") == ["bytes"]
    assert len(whole.body) > 70_000
    for wanted, first, after in (("0-", 0, None), ("65530-65545", 65_530, 65_546)):
        part = front.ask(path, Range=f"bytes={wanted}")
        assert (part.status, part.body) == (206, whole.body[first:after]), wanted
        assert front.ask(path, Range=f"bytes={wanted}", User_Agent=GPTBOT).status == 403
    assert front.ask(path, Range="bytes=999999-").status == 416


def test_the_doctor_finds_nothing_wrong_with_the_files_as_they_are(front: Front) -> None:
    found = front.doctor()
    for name in ("outside", "proxy", "proxied pictures", "WebFinger", "server actor"):
        assert found[name][0] == "ok", found[name]
