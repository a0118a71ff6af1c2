"""A cache in front that many share gives nobody what was made for somebody else."""

import re

import pytest

from tests.security.gallery import ACTIVITY, Answer, Browser, Gallery, a_gallery  # noqa: F401
from web.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Kept without a word of permission (RFC 9110, 15.1).
KEPT = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
# An address that was minted for one browser, and what ties a form to one.
PERSONAL = re.compile(rb'[?&]t=[A-Za-z0-9_-]{20,}|name="csrf"')
NAME = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")


def may_be_shared(answer: Answer) -> bool:
    """Say whether a shared cache may keep an answer (RFC 9111, 3)."""
    said = {word.strip() for word in answer.headers.get("Cache-Control", "").split(",")}
    is_forbidden = said & {"private", "no-store"}
    return not is_forbidden and ("public" in said or answer.status in KEPT)


def paths(gallery: Gallery) -> list[str]:
    """Return every address that is asked by GET, with what hangs in the gallery in it."""
    work = gallery.works["public"]
    picture = work.pictures[0]
    known = {
        "handle": "ana", "id": str(work.id), "slug": work.slug, "picture": str(picture.id),
        "key": picture.media_key, "tag": "hare", "rendition": "view", "ext": "jpg",
        "name": "fixatif.css", "version": "2.1", "portrait": "avatar", "token": "x" * 43,
    }  # fmt: skip
    routes = {route.path for route in ROUTES if route.method == "GET"}
    filled = [NAME.sub(lambda found: known.get(found[1], "1"), path) for path in sorted(routes)]
    hidden = ("unlisted", "followers", "draft")
    return [
        *filled,
        *(gallery.media("public", f"large.{kind}") for kind in ("jpg", "avif")),
        *(gallery.page(which) for which in hidden),
        *(gallery.media(which) for which in hidden),
        "/no/such/place",
    ]


async def test_what_a_shared_cache_may_keep_is_the_same_for_everybody(gallery: Gallery) -> None:
    guest = gallery.stranger()
    await guest.get("/proof.css")
    assert guest.cookies
    people = [guest, await gallery.member("bea"), await gallery.member("ana")]
    shared = 0
    for path in paths(gallery):
        for accept in ("text/html, image/avif", ACTIVITY):
            plain = await gallery.stranger().get(path, Accept=accept)
            for person in people:
                same = Browser(person.session, person.base, dict(person.cookies))
                answer = await same.get(path, Accept=accept)
                if not may_be_shared(answer):
                    continue
                shared += 1
                case = (path, accept, answer.status, answer.headers.get("Cache-Control"))
                assert (answer.status, answer.body) == (plain.status, plain.body), case
                assert "Set-Cookie" not in answer.headers, case
            if may_be_shared(plain):
                assert not PERSONAL.search(plain.body), path
                assert "Set-Cookie" not in plain.headers, path
    assert shared > 100  # else nothing was looked at
