"""One walk through everything that two instances do with each other, over real TLS."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from server.drafts import Draft, PictureEdit
from server.model import (
    ActorKind,
    Artist,
    Counts,
    FollowState,
    Post,
    PostId,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
    WorkState,
)
from server.series import SeriesDraft
from server.viewing import Room
from tests.postgres import empty, postgres_url
from tests.two_servers.instances import Town, settle, two_towns
from tests.two_servers.stage import ACTIVITY_JSON

Towns = tuple[Town, Town]


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def towns(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path
) -> AsyncIterator[Towns]:
    """Open two instances; the second one's database is on each engine in turn."""
    url = ""
    if request.param == "postgres":
        url = postgres_url()
        await empty(url)
    async with two_towns(tmp_path, migrated_sqlite, url) as both:
        yield both


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", quality=60)
    return out.getvalue()


@dataclass
class Walk:
    """Ana hangs a work here; Bob, there, follows her. Each step leaves things for the next."""

    here: Town
    there: Town
    ana: Artist
    bob: Artist
    work: Work
    post: Post  # the work, as it stands at Bob's

    @property
    def uri(self) -> str:
        return str(self.here.flows.addresses.work(self.work.id))

    @property
    def target(self) -> TargetId:
        return TargetId(self.post.id)

    async def settled(self) -> Room:
        """Let everything arrive, and return the work's page as Ana sees it."""
        await settle(self.here, self.there)
        room: Room = await self.here.flows.viewing.room(self.work.id, self.ana.id)
        return room

    async def shown(self) -> Post:
        """Return the only post in Bob's feed."""
        (entry,) = await self.there.feed(self.bob)
        assert entry.said is not None
        return entry.said.post

    async def pictures_are_what_the_post_says(self) -> None:
        for shown in self.post.pictures:
            status, headers, body = await self.there.get(shown.url, "image/*")
            assert (status, headers["Content-Type"]) == (200, "image/jpeg")
            assert headers["Content-Usage"] == "train-ai=n, ai-use=n"
            with Image.open(io.BytesIO(body)) as served:
                assert served.size == (shown.width, shown.height)

    async def an_edit_arrives(self) -> None:
        self.here.clock.advance(seconds=60)
        edits = [PictureEdit(p.id, f"{p.alt}, seen twice") for p in reversed(self.work.pictures)]
        changed = Draft(title="Blue hour II", caption="Later", tags=("oil", "night"))
        await self.here.flows.publishing.edit(self.ana, self.work.id, changed, edits)
        await self.settled()
        post = await self.shown()
        assert "Blue hour II" in post.content_html
        assert [one.alt for one in post.pictures] == ["A door, seen twice", "Roofs, seen twice"]
        assert post.tags == ("oil", "night")
        assert post.edited_at is not None
        assert post.id == self.post.id

    async def reactions_arrive(self) -> tuple[Post, Post]:
        """Bob likes, boosts and comments; return his comment here and there."""
        for kind in ReactionKind:
            await self.there.flows.reactions.react(self.bob, self.target, kind)
        comment = await self.there.flows.commenting.comment(self.bob, self.target, "Which blue?")
        room = await self.settled()
        assert room.counts == Counts(likes=1, boosts=1, comments=1)
        (said,) = room.comments
        assert said.author.address == f"bob@{self.there.config.instance.domain}"
        assert "Which blue?" in said.post.content_html
        assert sorted(await self.here.told(self.ana)) == ["boost", "comment", "follow", "like"]
        return said.post, comment

    async def an_answer_goes_back(self, comment: Post, original: Post) -> Post:
        """Ana answers; return her answer."""
        ours = TargetId(comment.id)
        answer: Post = await self.here.flows.commenting.comment(self.ana, ours, "Prussian <blue>")
        await self.settled()
        assert (await self.there.told(self.bob))[1:] == ["comment"]
        at_bobs = PostId(await self.there.target(answer.uri))
        said, parent = await self.there.flows.viewing.post(at_bobs, self.bob.id)
        assert "Prussian &lt;blue&gt;" in said.post.content_html
        assert parent is not None
        assert parent.uri == original.uri
        return answer

    async def reactions_are_taken_back(self) -> None:
        reactions = self.there.flows.reactions
        for kind in ReactionKind:
            await reactions.take_back(self.bob, self.target, kind)
        assert (await self.settled()).counts == Counts(comments=2)
        await reactions.react(self.bob, self.target, ReactionKind.LIKE)
        assert (await self.settled()).counts == Counts(1, 0, 2)

    async def the_work_is_withdrawn(self) -> None:
        """It is gone there; here a Tombstone says so, and its pictures answer 410."""
        await self.here.flows.publishing.withdraw(self.ana, self.work.id)
        await settle(self.here, self.there)
        assert await self.there.feed(self.bob) == []
        assert await self.there.read(lambda tx: tx.posts.by_uri(self.uri)) is None
        status, headers, body = await self.there.get(self.uri)
        assert (status, headers["Content-Type"]) == (410, f"{ACTIVITY_JSON}; charset=utf-8")
        document = json.loads(body)
        assert (document["id"], document["type"]) == (self.uri, "Tombstone")
        for gone in self.post.pictures:
            assert (await self.there.get(gone.url, "image/*"))[0] == 410


async def test_everything_that_two_instances_do_with_each_other(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"@ana@{here.config.instance.domain}")
    assert await there.flows.following.follow(bob, found) is FollowState.PENDING
    await settle(here, there)
    relation = await there.flows.following.relation(bob.id, found.id)
    assert relation.follows is FollowState.ACCEPTED
    assert (await here.told(ana), await there.told(bob)) == (["follow"], ["follow_accepted"])

    draft = Draft(title="Blue hour", caption="Over the roofs", tags=("oil",), year="2026")
    files = (picture(3000, 2000, (9, 40, 90)), "Roofs"), (picture(300, 900, (90, 9, 9)), "A door")
    work = await here.upload(ana, draft, *files)
    assert work.state is WorkState.HUNG
    await settle(here, there)
    (entry,) = await there.feed(bob)
    assert entry.said is not None
    post = entry.said.post
    assert post.visibility is Visibility.PUBLIC
    assert "Blue hour" in post.content_html
    assert "Over the roofs" in post.content_html
    assert [(p.alt, p.width, p.height) for p in post.pictures] == [
        ("Roofs", 2880, 1920),
        ("A door", 300, 900),
    ]
    assert (post.tags, post.heard.usage) == (("oil",), "train-ai=n, ai-use=n")

    walk = Walk(here, there, ana, bob, work, post)
    assert post.uri == walk.uri
    await walk.pictures_are_what_the_post_says()
    await walk.an_edit_arrives()
    comment, original = await walk.reactions_arrive()
    answer = await walk.an_answer_goes_back(comment, original)
    await walk.reactions_are_taken_back()
    await there.flows.commenting.remove(bob, original.id)
    assert [one.post.uri for one in (await walk.settled()).comments] == [answer.uri]
    await walk.the_work_is_withdrawn()

    await there.flows.following.unfollow(bob, found)
    await settle(here, there)
    assert await here.flows.following.followers(ana.id, FollowState.ACCEPTED) == []
    await here.upload(ana, draft, files[1])
    await settle(here, there)
    assert await there.feed(bob) == []
    for side in towns:
        assert await side.read(lambda tx: tx.jobs.buried()) == []


async def test_a_work_for_followers_is_theirs_alone(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    eve = await there.artist("eve")
    found = await there.find(f"ana@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    ana = await here.lock(ana)
    found = await there.flows.remote.actor(found.uri, afresh=True)
    await there.flows.following.follow(eve, found)
    await settle(here, there)
    assert await here.told(ana) == ["follow", "follow_request"]

    work = await here.upload(
        ana,
        Draft(title="Sketches", visibility=Visibility.FOLLOWERS),
        (picture(400, 300, (1, 2, 3)), "Hands"),
    )
    await settle(here, there)
    (entry,) = await there.feed(bob)
    assert entry.said is not None
    assert entry.said.post.visibility is Visibility.FOLLOWERS
    assert await there.feed(eve) == []
    uri = here.flows.addresses.work(work.id)
    assert (await there.get(uri))[0] == 404
    assert (await there.get(f"{here.url}/@ana/{work.id}-sketches", "text/html"))[0] == 404
    assert await there.status_for(eve.id, uri) == 404
    assert await there.status_for(bob.id, uri) == 200
    server_actor = there.flows.server_actor.id
    assert await there.status_for(server_actor, uri) == 404

    # Once she is accepted, Eve may see it too; a rejected one may not any more.
    (request,) = await here.flows.following.followers(ana.id, FollowState.PENDING)
    await here.flows.following.answer(ana, request[0].follower_id, is_accepted=True)
    await settle(here, there)
    assert (await there.flows.following.relation(eve.id, found.id)).follows is FollowState.ACCEPTED
    assert await there.status_for(eve.id, uri) == 200
    await here.flows.following.answer(ana, request[0].follower_id, is_accepted=False)
    await settle(here, there)
    assert (await there.flows.following.relation(eve.id, found.id)).follows is None
    assert await there.status_for(eve.id, uri) == 404


async def test_a_refused_request_ends_at_the_one_who_asked(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    ana = await here.lock(ana)
    found = await there.find(f"ana@{here.config.instance.domain}")
    assert found.approves_follows
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    assert (await there.flows.following.relation(bob.id, found.id)).follows is FollowState.PENDING
    (request,) = await here.flows.following.followers(ana.id, FollowState.PENDING)
    await here.flows.following.answer(ana, request[0].follower_id, is_accepted=False)
    await settle(here, there)
    assert (await there.flows.following.relation(bob.id, found.id)).follows is None
    assert await there.told(bob) == []


async def test_a_server_that_was_down_gets_everything_later(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"ana@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)

    await there.stop()
    await here.upload(ana, Draft(title="While away"), (picture(40, 30, (1, 2, 3)), "x"))
    await settle(here)
    waiting = (await here.read(lambda tx: tx.jobs.counts()))["deliver"]
    assert (waiting.waiting, waiting.buried) == (1, 0)
    here.clock.advance(hours=1)
    await settle(here)  # still down: later again
    await there.start()
    assert await settle(here) == 0  # not due yet
    here.clock.advance(hours=2)
    await settle(here, there)
    (entry,) = await there.feed(bob)
    assert entry.said is not None
    assert "While away" in entry.said.post.content_html


async def test_a_key_changed_elsewhere_is_fetched_again_once(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"ana@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    before = await here.find(f"bob@{there.config.instance.domain}")
    await there.rotate_key(bob)
    work = await here.upload(ana, Draft(title="New keys"), (picture(40, 30, (1, 2, 3)), "x"))
    await settle(here, there)
    target = await there.target(here.flows.addresses.work(work.id))
    await there.flows.reactions.react(bob, target, ReactionKind.LIKE)
    await settle(here, there)
    assert (await here.flows.viewing.room(work.id, None)).counts.likes == 1
    after = await here.find(f"bob@{there.config.instance.domain}")
    assert after.public_key_pem != before.public_key_pem


async def test_a_refused_domain_is_told_202_and_nothing_is_kept(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"ana@{here.config.instance.domain}")
    here.refuse("inbound", there.config.instance.domain)
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    assert await there.read(lambda tx: tx.jobs.buried()) == []  # 202, as if all were well
    assert (await there.flows.following.relation(bob.id, found.id)).follows is FollowState.PENDING
    assert await here.told(ana) == []
    assert await here.read(lambda tx: tx.actors.by_uri(f"{there.url}/users/bob")) is None
    assert await here.flows.following.followers(ana.id, FollowState.PENDING) == []


async def test_nothing_is_delivered_where_the_policy_refuses_it(towns: Towns) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    found = await there.find(f"ana@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    here.refuse("outbound", there.config.instance.domain)
    await here.upload(ana, Draft(title="Not for you"), (picture(40, 30, (1, 2, 3)), "x"))
    await settle(here, there)
    assert await there.feed(bob) == []
    ((_, reason),) = await here.read(lambda tx: tx.jobs.buried())
    assert reason == "The policy refuses deliveries there: No thank you."


async def test_a_follower_of_a_series_elsewhere_sees_each_work_that_joins_it(
    towns: Towns,
) -> None:
    here, there = towns
    ana, bob = await here.artist("ana"), await there.artist("bob")
    made = await here.flows.series.make(ana, SeriesDraft("Birches", "Among trees."))
    speaker = await here.flows.series.open_to_followers(ana, made.id, "birches")
    found = await there.find(f"@{speaker.handle}@{here.config.instance.domain}")
    await there.flows.following.follow(bob, found)
    await settle(here, there)
    work = await here.upload(ana, Draft(title="Bark"), (picture(300, 200, (9, 9, 9)), "Bark"))
    await here.upload(ana, Draft(title="Apart"), (picture(300, 200, (1, 9, 9)), "Apart"))
    await settle(here, there)
    assert await there.feed(bob) == []  # he follows the series, not the artist
    await here.flows.series.add(ana, made.id, [work.id])
    await settle(here, there)
    (entry,) = await there.feed(bob)
    assert entry.said is not None
    assert "Bark" in entry.said.post.content_html
    assert [one.alt for one in entry.said.post.pictures] == ["Bark"]
    assert entry.said.author.uri == here.flows.addresses.actor("ana")
    assert [(one.uri, one.kind) for one in entry.boosters] == [(speaker.uri, ActorKind.GROUP)]
    await here.flows.publishing.withdraw(ana, work.id)
    await settle(here, there)
    assert await there.feed(bob) == []
    for side in towns:
        assert await side.read(lambda tx: tx.jobs.buried()) == []
