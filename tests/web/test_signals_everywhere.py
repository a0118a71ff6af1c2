"""What machines may do is said with every answer, in forms that others' parsers read."""

from dataclasses import replace

import http_sf
import pytest
from protego import Protego

from server.model import ContentUsage, Preference
from tests.security.gallery import Answer, Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = (
    *("/", "/artists", "/@ana", "/tags/hare", "/about", "/policy", "/rules", "/transparency"),
    *("/login", "/users/ana", "/users/ana/outbox", "/actor", "/robots.txt", "/rsl.xml", "/ai.txt"),
    *("/.well-known/ai-policy", "/.well-known/tdmrep.json", "/.well-known/nodeinfo"),
    *("/nodeinfo/2.1", "/policy.json", "/static/fixatif.css", "/healthz", "/favicon.ico"),
    "/@ana.atom",
    *("/no/such/place", "/@nobody", "/works/77", "/admin", "/.well-known/webfinger?resource=x"),
)
DATASET = {"noai", "noimageai", "noindex", "noimageindex"}  # img2dataset's default list


def refuses_dataset(answer: Answer, agent: str = "img2dataset") -> bool:
    """Judge an answer as img2dataset judges a picture's, before it reads the body."""
    for line in answer.headers.getall("X-Robots-Tag", ()):
        named, colon, rest = line.partition(":")
        directives = rest if colon else line
        if (not colon or named.strip().lower() == agent) and any(
            word.strip().lower() in DATASET for word in directives.split(",")
        ):
            return True
    return False


def usage_of(answer: Answer) -> dict[str, str]:
    """Read Content-Usage with a parser that is not ours."""
    (line,) = answer.headers.getall("Content-Usage")
    parsed = http_sf.parse(line.encode(), tltype="dictionary")
    assert all(isinstance(value, http_sf.Token) for value, _ in parsed.values())
    return {name: str(value) for name, (value, _) in parsed.items()}


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_says_it_those_that_say_no_as_well(gallery: Gallery, path: str) -> None:
    answer = await gallery.stranger().get(path)
    assert usage_of(answer) == {"train-ai": "n", "ai-use": "n"}
    assert answer.headers.getall("tdm-reservation") == ["1"]
    assert answer.headers["tdm-policy"].endswith("/.well-known/ai-policy")
    assert refuses_dataset(answer)
    assert any('rel="license"' in line for line in answer.headers.getall("Link"))


async def test_a_refused_crawler_is_told_too(gallery: Gallery) -> None:
    answer = await gallery.stranger("GPTBot/1.2").get(gallery.page("public"))
    assert answer.status == 403
    assert usage_of(answer) == {"train-ai": "n", "ai-use": "n"}


@pytest.mark.parametrize("file", ["tile.jpg", "tile.avif", "view.jpg", "card.jpg", "federated.jpg"])
async def test_img2dataset_finds_each_copy_of_a_picture_opted_out(
    gallery: Gallery, file: str
) -> None:
    answer = await gallery.stranger().get(gallery.media("public", file))
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("image/")
    assert refuses_dataset(answer)
    assert not any(":" in line for line in answer.headers.getall("X-Robots-Tag"))
    assert usage_of(answer)["train-ai"] == "n"


async def test_a_works_own_word_is_said_wherever_it_is_shown(gallery: Gallery) -> None:
    work = gallery.works["unlisted"]
    async with gallery.studio.library.transaction() as tx:
        kept = await tx.works.by_id(work.id)
        assert kept is not None
        own = ContentUsage(search=Preference.NO)
        await tx.works.update(replace(kept, content_usage=own))
    asked = (
        (gallery.page("unlisted"), "text/html"),
        (f"/works/{work.id}", "application/activity+json"),
        (gallery.media("unlisted"), "image/*"),
    )
    for path, accept in asked:
        answer = await gallery.stranger().get(path, Accept=accept)
        assert answer.status == 200
        assert usage_of(answer)["search"] == "n", path
        first = answer.headers.getall("X-Robots-Tag")[0]
        assert {"noindex", "noimageindex", "noai"} <= {word.strip() for word in first.split(",")}
    other = await gallery.stranger().get(gallery.page("public"))
    assert "search" not in usage_of(other)


async def test_robots_txt_is_read_by_a_parser_that_is_not_ours_and_repeats_itself(
    gallery: Gallery,
) -> None:
    text = (await gallery.stranger().get("/robots.txt")).text
    read = Protego.parse(text)
    page = gallery.base + gallery.page("public")
    for agent in ("GPTBot", "CCBot", "Google-Extended", "ClaudeBot"):
        assert not read.can_fetch(page, agent), agent
        assert read.can_fetch(f"{gallery.base}/policy", agent)
    for agent in ("Googlebot", "Bingbot", "Mastodon", "Whoever"):
        assert read.can_fetch(page, agent), agent
    groups = [one for one in text.split("\n\n") if "user-agent:" in one.lower()]
    assert len(groups) >= 2
    for group in groups:
        for line in ("Content-Usage: train-ai=n, ai-use=n", "Content-Signal: ", "License: http"):
            assert line in group
