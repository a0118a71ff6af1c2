"""Pictures over HTTP: who gets which size, how they may be kept, and what goes with the bytes."""

import pytest

from server.model import Millis
from server.policy import OPEN, STANDARD_NO_AI, STRICT_STUDIO, Policy
from server.policy_text import write_policy
from tests.flows.artists import SMALL
from tests.security.gallery import FIREFOX, Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

MASTODON = "Mastodon/4.5.2 (http.rb/5.3.1; +https://far.example/)"
LIBRARY = "python-requests/2.32.3"


async def put_in_force(gallery: Gallery, policy: Policy) -> None:
    async with gallery.studio.library.transaction() as tx:
        await tx.policies.add(write_policy(policy), Millis(0), "ana", "test")
    await gallery.studio.house.refresh()


@pytest.mark.parametrize(
    "file",
    [
        "original.jpg",
        "original.avif",
        "full.jpg",
        "view.avif",
        "nonsense.jpg",
        "tile.png",
        "tile.html",
        "tile.jpeg",
    ],
)
@pytest.mark.parametrize("who", ["stranger", "member"])
async def test_what_is_not_kept_or_not_for_anyone_is_not_found(
    gallery: Gallery, who: str, file: str
) -> None:
    browser = gallery.stranger() if who == "stranger" else await gallery.member()
    assert (await browser.get(gallery.media("public", file))).status == 404


async def test_a_draft_is_shown_to_its_artist_alone_and_never_kept(gallery: Gallery) -> None:
    path = gallery.media("draft")
    assert (await gallery.stranger().get(path)).status == 404
    assert (await (await gallery.member("bea")).get(path)).status == 404
    own = await (await gallery.member("ana")).get(path)
    assert (own.status, own.body) == (200, SMALL)
    assert own.headers["Cache-Control"] == "private, no-store"


async def test_a_withdrawn_picture_is_gone_for_everyone(gallery: Gallery) -> None:
    for browser in (gallery.stranger(), gallery.stranger(MASTODON), await gallery.member()):
        for file in ("tile.jpg", "federated.jpg", "large.jpg", "original.jpg"):
            answer = await browser.get(gallery.media("withdrawn", file))
            assert answer.status == 410
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("policy", "who", "file", "status"),
    [
        (STANDARD_NO_AI, "stranger", "tile.jpg", 200),
        (STANDARD_NO_AI, "stranger", "card.jpg", 200),
        (STANDARD_NO_AI, "stranger", "view.jpg", 200),
        (STANDARD_NO_AI, "stranger", "large.jpg", 403),
        (STANDARD_NO_AI, "stranger", "federated.jpg", 200),
        (STANDARD_NO_AI, "member", "large.jpg", 200),
        (STRICT_STUDIO, "stranger", "tile.jpg", 200),
        (STRICT_STUDIO, "stranger", "view.jpg", 403),
        (STRICT_STUDIO, "member", "large.jpg", 200),
        (OPEN, "stranger", "large.jpg", 200),
    ],
    ids=lambda one: one.preset if isinstance(one, Policy) else str(one),
)
async def test_each_gets_the_sizes_that_the_policy_allows(
    gallery: Gallery, policy: Policy, who: str, file: str, status: int
) -> None:
    await put_in_force(gallery, policy)
    browser = gallery.stranger() if who == "stranger" else await gallery.member("bea")
    answer = await browser.get(gallery.media("public", file))
    await put_in_force(gallery, STANDARD_NO_AI)
    assert answer.status == status


@pytest.mark.parametrize("agent", [MASTODON, LIBRARY, "", "curl/8.5.0", FIREFOX])
async def test_other_servers_get_their_rendition_unsigned(gallery: Gallery, agent: str) -> None:
    for which in ("public", "unlisted", "followers"):
        answer = await gallery.stranger(agent).get(gallery.media(which, "federated.jpg?p=token"))
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")


@pytest.mark.parametrize(
    "agent", ["GPTBot/1.2", "CCBot/2.0", "Mozilla/5.0 (compatible; ClaudeBot/1.0)"]
)
async def test_collectors_get_no_picture_whatever_its_address(gallery: Gallery, agent: str) -> None:
    for file in ("tile.jpg", "card.jpg", "view.jpg", "federated.jpg"):
        answer = await gallery.stranger(agent).get(gallery.media("public", file))
        assert answer.status == 403
        assert answer.body != SMALL
        assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"


async def test_signals_and_walls_go_with_every_picture(gallery: Gallery) -> None:
    for file, kind in (("tile.jpg", "image/jpeg"), ("tile.avif", "image/avif")):
        headers = (await gallery.stranger().get(gallery.media("public", file))).headers
        assert headers["Content-Type"] == kind
        assert headers.getall("Content-Usage") == ["train-ai=n, ai-use=n"]
        assert headers.getall("X-Robots-Tag") == ["noai, noimageai, noarchive"]
        assert headers.getall("tdm-reservation") == ["1"]
        assert len(headers.getall("tdm-policy")) == 1
        assert [link for link in headers.getall("Link") if 'rel="license"' in link]
        walls = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox"} <= set(walls)
        assert not [wall for wall in walls if wall.startswith("script-src")]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("which", "file", "caching"),
    [
        ("public", "tile.jpg", "public, max-age=31536000, immutable"),
        ("unlisted", "view.jpg", "public, max-age=31536000, immutable"),
        ("followers", "tile.jpg", "private, max-age=86400"),
        ("public", "federated.jpg", "public, max-age=86400"),
        ("followers", "federated.jpg", "private, max-age=86400"),
    ],
)
async def test_pictures_are_kept_as_their_audience_allows(
    gallery: Gallery, which: str, file: str, caching: str
) -> None:
    answer = await gallery.stranger().get(gallery.media(which, file))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, caching)


async def test_what_only_members_get_is_in_no_shared_cache(gallery: Gallery) -> None:
    answer = await (await gallery.member("bea")).get(gallery.media("public", "large.jpg"))
    assert answer.status == 200
    assert answer.headers["Cache-Control"].startswith("private")


async def test_a_picture_that_is_known_already_is_not_sent_again(gallery: Gallery) -> None:
    browser, path = gallery.stranger(), gallery.media("public")
    etag = (await browser.get(path)).headers["ETag"]
    known = await browser.get(path, If_None_Match=etag)
    assert (known.status, known.body) == (304, b"")
    assert known.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    assert (await browser.get(path, If_None_Match='"other"')).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, SMALL[:10]),
        ("bytes=-5", 206, SMALL[-5:]),
        (f"bytes={len(SMALL)}-", 416, b""),
        ("bytes=9-1", 416, b""),
    ],
)
async def test_a_part_of_a_picture_is_sent_where_it_is_asked_for(
    gallery: Gallery, asked: str, status: int, part: bytes
) -> None:
    answer = await gallery.stranger().get(gallery.media("public"), Range=asked)
    assert answer.status == status
    if status == 206:
        assert answer.body == part
        assert answer.headers["Content-Range"].endswith(f"/{len(SMALL)}")
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
