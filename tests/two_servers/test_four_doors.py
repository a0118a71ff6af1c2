"""Four doors on real traffic over TLS: two instances, each with rules of its own.

Each rule is made true by the one flow by which anything in force changes, and counts at once.
"""

import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from server.changes import NewPolicy
from server.drafts import Draft
from server.model import AiLabel, Artist, Post, Role, Work
from server.treatments import TreatmentKind
from tests.two_servers.instances import Town, settle
from tests.two_servers.test_walk import Towns, picture, towns

__all__ = ["towns"]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TOOL = "python-requests/2.32.3"


def name_of(town: Town) -> str:
    return town.config.instance.domain


def rule(door: str, then: str, when: str, name: str = "House rule") -> str:
    return f"""
        [[rules]]
        name = "{name}"
        door = "{door}"
        when = {when}
        then = "{then}"
        because = "We said so."
        """


async def put(town: Town, text: str) -> None:
    """Make a policy true as an admin does."""
    change = NewPolicy(f'preset = "standard-no-ai"\n{text}')
    await town.flows.governing.apply(None, change, "A test.", typed=name_of(town))


async def friends(maker: Town, reader: Town) -> tuple[Artist, Artist]:
    """Have Bob, who reads, follow Ana, who makes."""
    ana, bob = await maker.artist("ana"), await reader.artist("bob")
    await reader.flows.following.follow(bob, await reader.find(f"ana@{name_of(maker)}"))
    await settle(maker, reader)
    return ana, bob


async def hang(maker: Town, reader: Town, ana: Artist, **draft: object) -> Work:
    wanted = Draft(title="Blue hour", caption="Over the roofs", **draft)  # type: ignore[arg-type]  # any of its fields
    work = await maker.upload(ana, wanted, (picture(3000, 2000, (9, 40, 90)), "Roofs"))
    await settle(maker, reader)
    return work


async def post_of(maker: Town, reader: Town, work: Work) -> Post | None:
    uri = maker.flows.addresses.work(work.id)
    found: Post | None = await reader.read(lambda tx: tx.posts.by_uri(uri))
    return found


async def came(maker: Town, reader: Town, work: Work) -> Post:
    found = await post_of(maker, reader, work)
    assert found is not None
    return found


@pytest.fixture(params=["there", "here"])
def pair(request: pytest.FixtureRequest, towns: Towns) -> Towns:
    """Return who makes and who reads: each instance, with its engine, is each of them in turn."""
    here, there = towns
    return (here, there) if request.param == "there" else (there, here)


async def test_what_comes_in_is_labelled_hidden_stripped_held_or_refused(pair: Towns) -> None:
    maker, reader = pair
    ana, bob = await friends(maker, reader)
    works = {}
    for then in ("label", "hide", "strip-media", "hold", "refuse"):
        await put(reader, rule("inbound", then, f'{{ peer = ["{name_of(maker)}"] }}'))
        if then == "refuse":  # which cuts the follow too, so that nothing would be sent at all
            await put(reader, rule("inbound", then, '{ ai = ["generated"] }'))
        label = AiLabel.GENERATED if then == "refuse" else AiLabel.NONE
        works[then] = await hang(maker, reader, ana, ai_label=label)
    shown = {then: await post_of(maker, reader, work) for then, work in works.items()}
    assert [then for then, post in shown.items() if post is None] == ["hold", "refuse"]
    for then in ("label", "hide", "strip-media"):
        post = shown[then]
        assert post is not None
        assert [(one.kind, one.reason) for one in post.treatments] == [
            (TreatmentKind(then), "We said so.")
        ]
        assert bool(post.pictures) == (then != "strip-media")
    (held,) = await reader.read(lambda tx: tx.held.waiting())
    assert (held.address, held.rule) == (f"ana@{name_of(maker)}", "House rule")
    await _promote(reader, bob)
    await reader.flows.holding.let_in(await _again(reader, bob), held.id)
    await settle(maker, reader)
    assert len((await came(maker, reader, works["hold"])).pictures) == 1
    envelopes = reader.flows.envelopes
    await envelopes.flush()
    decided = await reader.read(lambda tx: tx.envelopes.page(0, after=(0, 0), limit=100))
    actions = {str(each.action) for each in decided}
    assert {"label", "hide", "strip-media", "hold", "refuse"} <= actions


async def _promote(town: Town, artist: Artist) -> None:
    async with town.instance.seams.library.transaction() as tx:
        found = await tx.artists.by_id(artist.id)
        assert found is not None
        await tx.artists.update(replace(found, role=Role.MODERATOR))


async def _again(town: Town, artist: Artist) -> Artist:
    found: Artist | None = await town.read(lambda tx: tx.artists.by_id(artist.id))
    assert found is not None
    return found


async def test_what_goes_out_is_small_a_link_or_nothing(pair: Towns) -> None:
    maker, reader = pair
    ana, _ = await friends(maker, reader)
    whole = await came(maker, reader, await hang(maker, reader, ana))
    assert whole.pictures[0].width == 2880
    when = f'{{ peer = ["{name_of(reader)}"] }}'

    await put(maker, rule("outbound", "preview", when))
    small = await came(maker, reader, await hang(maker, reader, ana))
    assert small.pictures[0].width == 800
    assert "Shown small here" in small.content_html
    status, _, body = await maker.get(small.pictures[0].url)
    assert (status, Image.open(io.BytesIO(body)).size) == (200, (800, 533))

    await put(maker, rule("outbound", "link-only", when))
    link = await hang(maker, reader, ana)
    bare = await came(maker, reader, link)
    assert bare.pictures == ()
    assert "Blue hour" in bare.content_html
    assert "Over the roofs" not in bare.content_html
    assert maker.flows.addresses.work_page("ana", link) in bare.content_html

    uri = maker.flows.addresses.work(link.id)
    # signed: what it gets, it gets by asking too
    note = await reader.flows.remote.fetching.document(uri)
    assert note["attachment"] == []
    _, _, stranger = await maker.get(uri)
    assert len(json.loads(stranger)["attachment"]) == 1

    await put(
        maker, rule("outbound", "refuse", f'{{ peer = ["{name_of(reader)}"], sensitive = true }}')
    )
    secret = await hang(maker, reader, ana, is_sensitive=True)
    assert await post_of(maker, reader, secret) is None
    speaker = reader.flows.server_actor.id
    assert await reader.status_for(speaker, maker.flows.addresses.work(secret.id)) == 403
    await maker.flows.publishing.withdraw(ana, link.id)
    await settle(maker, reader)
    assert await post_of(maker, reader, link) is None


async def test_the_web_refuses_slows_down_and_knows_signed_servers(pair: Towns) -> None:
    maker, reader = pair
    ana, bob = await friends(maker, reader)
    await hang(maker, reader, ana)
    web_rules = rule("web", "throttle", '{ user_agent = ["python-requests"] }', "Slowly")
    await put(maker, web_rules + rule("web", "refuse", '{ user_agent = ["BadBot"] }', "Not you"))
    agents = {"User-Agent": "BadBot/1.0"}
    for path in ("/", "/@ana", "/users/ana", "/oembed?url=x"):
        assert (await maker.get(path, "text/html", **agents))[0] == 403
    assert (await maker.get("/robots.txt", "text/html", **agents))[0] == 200
    codes = [(await maker.get("/about", "*/*", **{"User-Agent": TOOL}))[0] for _ in range(62)]
    assert codes == [200] * 60 + [429] * 2
    status, headers, body = await maker.get("/about", "*/*", **{"User-Agent": TOOL})
    assert (status, dict(headers)["Retry-After"]) == (429, "1")
    assert b"We said so." in body
    assert (await maker.get("/about", "text/html", **{"User-Agent": FIREFOX}))[0] == 200

    assert await reader.status_for(bob.id, f"{maker.url}/users/ana") == 200
    await put(maker, rule("web", "refuse", f'{{ peer = ["{name_of(reader)}"] }}'))
    assert await reader.status_for(bob.id, f"{maker.url}/users/ana") == 403
    assert (await maker.get("/users/ana"))[0] == 200


async def test_pictures_are_given_small_or_not_at_all(pair: Towns) -> None:
    maker, reader = pair
    ana, _ = await friends(maker, reader)
    work = await hang(maker, reader, ana)
    view = f"/media/{work.pictures[0].media_key}/view.jpg"

    async def width(agent: str) -> int:
        status, _, body = await maker.get(view, "image/*", **{"User-Agent": agent})
        return Image.open(io.BytesIO(body)).width if status == 200 else status

    assert await width(FIREFOX) == 1280
    await put(maker, rule("media", "preview", '{ class = ["tool"] }'))
    assert (await width(TOOL), await width(FIREFOX)) == (800, 1280)
    await put(maker, rule("media", "prove", "{}"))
    assert await width(FIREFOX) == 800
    await put(maker, rule("media", "refuse", '{ network = ["127.0.0.0/8"] }'))
    assert await width(FIREFOX) == 403
    status, _, _ = await maker.get("/@ana", "text/html", **{"User-Agent": FIREFOX})
    assert status == 200
