"""What the rules do to what comes in, and the ways round them that there are not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from federation.translate import timestamp
from server.acts import Act
from server.errors import Invalid, NotFound
from server.holdings import HeldState
from server.model import (
    ActivityId,
    Artist,
    FollowState,
    Millis,
    Post,
    Role,
    StoredActivity,
    TargetId,
    Work,
)
from server.promises import ApplyPromise, promise
from server.treatments import TreatmentKind
from tests.two_servers.stage import PUBLIC, Peer, Stage

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PICTURE = {"type": "Image", "mediaType": "image/png", "url": "https://peer.test/1.png"}
DAY = 86_400_000


def rule(then: str, when: str = "{}", name: str = "House rule", door: str = "inbound") -> str:
    return f"""
        [[rules]]
        name = "{name}"
        door = "{door}"
        when = {when}
        then = "{then}"
        because = "We said so."
        """


async def arrive(stage: Stage, activity: dict[str, Any]) -> None:
    """Keep an activity as the inbox does with one that it believed, and apply it."""
    whole = activity.get("object", "")
    stored = StoredActivity(
        id=ActivityId(stage.clock.new_id()),
        uri=activity["id"],
        type=activity["type"],
        actor_uri=activity["actor"],
        object_uri=whole["id"] if isinstance(whole, dict) else whole,
        is_outgoing=False,
        dedupe=f"{activity['id']} {stage.clock.new_id()}",
        body=json.dumps(activity).encode(),
        received_at=stage.clock.now(),
    )
    async with stage.library.transaction() as tx:
        await tx.activities.keep(stored)
        await promise(tx, stage.clock, ApplyPromise(stored.id))
    await stage.drain()


async def scene(stage: Stage) -> tuple[Artist, Work, Peer]:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    await stage.meet(bob)
    await stage.drain()
    stage.net.asked.clear()
    return ana, work, bob


def answer(stage: Stage, work: Work, peer: Peer, **more: Any) -> dict[str, Any]:
    return peer.note(inReplyTo=stage.flows.addresses.work(work.id), **more)


async def post_at(stage: Stage, uri: str) -> Post | None:
    found: Post | None = await stage.read(lambda tx: tx.posts.by_uri(uri))
    return found


async def kept(stage: Stage, uri: str) -> Post:
    found = await post_at(stage, uri)
    assert found is not None
    return found


async def thread(stage: Stage, work: Work) -> list[str]:
    return [one.uri for one in await stage.read(lambda tx: tx.posts.thread(work.id))]


async def waiting(stage: Stage) -> list[str]:
    return [one.subject for one in await stage.read(lambda tx: tx.held.waiting())]


async def moderator(stage: Stage) -> Artist:
    async with stage.library.transaction() as tx:
        ana = await tx.artists.by_handle("ana")
        assert ana is not None
        made = replace(ana, role=Role.MODERATOR)
        await tx.artists.update(made)
    return made


# Ways round a rule


@pytest.mark.parametrize(
    "marked",
    [
        {"digitalSourceType": AI},
        {"digitalSourceType": {"@id": AI}},
        {"digitalSourceType": [AI.replace("http:", "https:") + "/"]},
        {"schema:digitalSourceType": "TrainedAlgorithmicMedia"},
        {"http://schema.org/digitalSourceType": "iptc:trainedAlgorithmicMedia"},
        {"attachment": [PICTURE, PICTURE | {"digitalSourceType": AI}]},
        {"attachment": PICTURE | {"Iptc4xmpExt:DigitalSourceType": AI}},
        {"image": PICTURE | {"digitalSourceType": AI}},
    ],
)
async def test_a_mark_of_a_machine_counts_wherever_it_stands(
    marked: dict[str, Any], stage: Stage
) -> None:
    _, work, bob = await scene(stage)
    stage.rules('[ai_works]\nremote = "refuse"')
    note = answer(stage, work, bob, **marked)
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


@pytest.mark.parametrize(
    "tagged",
    [
        {"tag": [{"type": "Hashtag", "name": "#AIart"}]},
        {"tag": {"type": "as:Hashtag", "name": "aiART"}},
        {"tag": [{"type": "Hashtag", "name": "#ＡＩａｒｔ"}]},
        {"tag": [{"type": "Hashtag", "name": "#ai\u200bart"}]},
        {"content": "<p>Look <a>#<span>AiArt</span></a></p>"},
        {"summary": "#aiart"},
    ],
)
async def test_a_tag_is_one_tag_however_it_is_written(tagged: dict[str, Any], stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", '{ hashtag = ["aiart"] }'))
    note = answer(stage, work, bob, **tagged)
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


async def test_an_accent_written_as_a_mark_of_its_own_changes_no_tag(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", '{ hashtag = ["générée"] }'))
    tag = {"type": "Hashtag", "name": "#ge\u0301ne\u0301re\u0301e"}
    note = answer(stage, work, bob, tag=[tag])
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


@pytest.mark.parametrize(
    "attached",
    [
        {"attachment": [PICTURE]},
        {"attachment": PICTURE["url"]},
        {"attachment": {"type": "Link", "href": PICTURE["url"]}},
        {"attachment": {"type": "Document", "url": [{"type": "Link", "href": PICTURE["url"]}]}},
        {"attachment": {"mediaType": "image/jpeg; q=1", "url": "https://peer.test/x"}},
        {"attachment": {"type": "Note", "attachment": PICTURE}},
        {"image": PICTURE},
        {"type": "Image", "url": PICTURE["url"]},
    ],
)
async def test_a_picture_is_a_picture_in_whatever_shape_it_is_attached(
    attached: dict[str, Any], stage: Stage
) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", '{ media = ["image"] }'))
    note = answer(stage, work, bob, **attached)
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


@pytest.mark.parametrize("kind", ["video", "audio"])
async def test_moving_pictures_and_sound_are_told_apart(kind: str, stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", f'{{ media = ["{kind}"] }}'))
    url = "https://peer.test/a.mp4" if kind == "video" else "https://peer.test/a.mp3"
    played = answer(stage, work, bob, attachment=[{"type": "Document", "url": url}])
    seen = answer(stage, work, bob, attachment=[PICTURE])
    for note in (played, seen):
        await arrive(stage, bob.does("Create", note))
    assert await thread(stage, work) == [seen["id"]]


async def test_an_edit_is_no_way_past_a_moderator(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules('[ai_works]\nremote = "hold"')
    note = answer(stage, work, bob, digitalSourceType=AI)
    await arrive(stage, bob.does("Create", note))
    del note["digitalSourceType"]
    await arrive(stage, bob.does("Update", note | {"content": "<p>Harmless</p>"}))
    await arrive(stage, bob.does("Create", note | {"content": "<p>Again</p>"}))
    assert await post_at(stage, note["id"]) is None
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    assert (held.subject, held.excerpt) == (note["id"], "Again")


async def test_what_was_dropped_does_not_come_in_by_an_edit(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules('[ai_works]\nremote = "hold"')
    note = answer(stage, work, bob, digitalSourceType=AI)
    await arrive(stage, bob.does("Create", note))
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    await stage.flows.holding.drop(await moderator(stage), held.id)
    del note["digitalSourceType"]
    await arrive(stage, bob.does("Update", note))
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None
    assert await waiting(stage) == []


@pytest.mark.parametrize("then", ["hide", "strip-media", "label"])
async def test_an_edit_does_not_undo_what_a_rule_did(then: str, stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule(then, '{ hashtag = ["loud"] }'))
    loud = {"tag": [{"type": "Hashtag", "name": "#loud"}], "attachment": [PICTURE]}
    note = answer(stage, work, bob, **loud)
    await arrive(stage, bob.does("Create", note))
    before = await kept(stage, note["id"])
    assert [one.kind.value for one in before.treatments] == [then]
    await arrive(stage, bob.does("Update", note | {"tag": []}))
    after = await kept(stage, note["id"])
    assert after.treatments == before.treatments
    assert bool(after.pictures) == (then != "strip-media")
    stage.rules("")  # once the rule is gone an edit is taken as it comes
    await arrive(stage, bob.does("Update", note | {"tag": []}))
    assert (await kept(stage, note["id"])).treatments == ()


@pytest.mark.parametrize("kind", ["Announce", "Like", "QuoteRequest"])
async def test_nothing_of_a_refused_server_comes_along_with_somebody_else(
    kind: str, stage: Stage
) -> None:
    _, _, bob = await scene(stage)
    eve = Peer("eve", "evil.test", 2)
    note = eve.note()
    stage.net.serve(note["id"], note)
    stage.net.serve(eve.uri, eve.document)
    stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    await arrive(stage, bob.does(kind, note["id"]))
    await arrive(stage, bob.does(kind, note))
    assert await post_at(stage, note["id"]) is None
    assert stage.net.fetched == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.test/notes/1",
        "https://EVIL.test:443/notes/1",
        "https://evil.test./notes/1",
        "https://media.evil.test/notes/1",
        "https://evil.test:8443/notes/1",
    ],
)
async def test_nobody_here_can_bring_what_a_rule_refuses(uri: str, stage: Stage) -> None:
    stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    with pytest.raises(Invalid, match="refused here"):
        await stage.flows.remote.find(uri)
    with pytest.raises(Invalid, match="refused here"):
        await stage.flows.remote.by_address("eve@evil.test")
    assert stage.net.fetched == []


async def test_a_redirect_leads_to_no_refused_server(stage: Stage) -> None:
    await scene(stage)
    stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    there = {"location": "https://evil.test/notes/1"}
    stage.net.serve("https://peer.test/notes/1", {}, status=302, headers=there)
    with pytest.raises(Invalid, match="refused here"):
        await stage.flows.remote.find("https://peer.test/notes/1")
    assert stage.net.fetched == ["https://peer.test/notes/1"]


async def test_a_name_in_another_script_is_the_same_server(stage: Stage) -> None:
    stage.rules(rule("refuse", '{ peer = ["künstler.test"] }'))
    for uri in ("https://künstler.test/1", "https://xn--knstler-n2a.test/1"):
        with pytest.raises(Invalid, match="refused here"):
            await stage.flows.remote.find(uri)


async def test_pictures_and_quotes_of_a_refused_server_are_left_out(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    note = answer(
        stage,
        work,
        bob,
        attachment=[PICTURE, PICTURE | {"url": "https://cdn.evil.test/2.png"}],
        quote="https://evil.test/notes/1",
    )
    await arrive(stage, bob.does("Create", note))
    post = await kept(stage, note["id"])
    assert [one.url for one in post.pictures] == [PICTURE["url"]]
    assert post.quote is None


async def test_who_is_called_by_a_refused_domain_is_refused_wherever_they_stand(
    stage: Stage,
) -> None:
    _, work, bob = await scene(stage)
    async with stage.library.transaction() as tx:
        actor = await tx.actors.by_uri(bob.uri)
        assert actor is not None
        await tx.actors.put(replace(actor, domain="evil.test"))
    stage.stand(evil_test="refused")
    note = answer(stage, work, bob)
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is None


async def test_nobody_follows_a_move_to_a_refused_server(stage: Stage) -> None:
    ana, _, bob = await scene(stage)
    eve = Peer("eve", "evil.test", 2)
    stage.net.serve(eve.uri, eve.document | {"alsoKnownAs": [bob.uri]})
    bob_here = await stage.befriend(bob, ana)
    await stage.flows.following.follow(ana, bob_here)
    stage.rules(rule("refuse", '{ peer = ["evil.test"] }'))
    await arrive(stage, bob.does("Move", bob.uri, target=eve.uri))
    assert eve.uri not in stage.net.fetched
    assert await stage.read(lambda tx: tx.actors.by_uri(eve.uri)) is None


async def test_an_answer_sent_with_a_request_meets_the_rules_too(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules('[ai_works]\nremote = "refuse"')
    note = answer(stage, work, bob, digitalSourceType=AI)
    asked = bob.does("ReplyRequest", stage.flows.addresses.work(work.id), instrument=note)
    await arrive(stage, asked)
    assert await post_at(stage, note["id"]) is None


# What each action does


async def test_a_labelled_post_is_shown_with_the_reason(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules('[ai_works]\nremote = "label"')
    note = answer(stage, work, bob, digitalSourceType=AI)
    await arrive(stage, bob.does("Create", note))
    assert await thread(stage, work) == [note["id"]]
    (treatment,) = (await kept(stage, note["id"])).treatments
    assert treatment.kind is TreatmentKind.LABEL
    assert treatment.reason == "Works made by AI carry a label here."


async def test_a_limited_servers_posts_are_hidden_and_reach_its_followers(stage: Stage) -> None:
    ana, work, bob = await scene(stage)
    bob_here = await stage.meet(bob)
    await stage.flows.following.follow(ana, bob_here)
    await stage.drain()
    await arrive(stage, bob.does("Accept", await _follow_of(stage, ana, bob)))
    stage.stand(peer_test="limited")
    comment, own = answer(stage, work, bob), bob.note()
    for note in (comment, own):
        await arrive(stage, bob.does("Create", note))
    assert await thread(stage, work) == []
    shown = await stage.read(lambda tx: tx.feeds.stretch(ana.id))
    assert (await kept(stage, own["id"])).id in [item.post_id for item in shown.items]
    said, _ = await stage.flows.viewing.post((await kept(stage, comment["id"])).id, ana.id)
    assert said.post.uri == comment["id"]


async def _follow_of(stage: Stage, artist: Artist, peer: Peer) -> dict[str, Any]:
    actor = await stage.read(lambda tx: tx.actors.by_uri(peer.uri))
    follow = await stage.read(lambda tx: tx.relations.follow(artist.id, actor.id))
    ana = f"https://art.test/users/{artist.handle}"
    return {"id": follow.uri, "type": "Follow", "actor": ana, "object": peer.uri}


async def test_a_stripped_post_is_kept_without_its_pictures(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("strip-media", '{ media = ["image"] }'))
    note = answer(stage, work, bob, attachment=[PICTURE])
    await arrive(stage, bob.does("Create", note))
    post = await kept(stage, note["id"])
    assert post.pictures == ()
    assert [one.reason for one in post.treatments] == ["We said so."]


async def test_what_is_held_is_acted_on_once_a_moderator_lets_it_in(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("hold", '{ peer = ["peer.test"] }'))
    note = answer(stage, work, bob, content="<p>Hello &amp; thanks</p>", attachment=[PICTURE])
    await arrive(stage, bob.does("Create", note))
    assert await thread(stage, work) == []
    who = await moderator(stage)
    (held,) = await stage.flows.holding.waiting(who)
    assert (held.address, held.rule, held.reason) == ("bob@peer.test", "House rule", "We said so.")
    assert (held.excerpt, held.pictures) == ("Hello & thanks", 1)
    await stage.flows.holding.let_in(who, held.id)
    await stage.drain()
    assert await thread(stage, work) == [note["id"]]
    assert await waiting(stage) == []
    entries = await stage.read(lambda tx: tx.audit.page())
    assert [(entry.act, entry.author) for entry in entries] == [(Act.HELD_LET_IN, "ana")]
    with pytest.raises(NotFound):
        await stage.flows.holding.drop(who, held.id)


async def test_what_is_let_in_is_what_the_moderator_saw(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("hold", '{ peer = ["peer.test"] }'))
    note = answer(stage, work, bob)
    stage.net.serve(note["id"], note)
    await arrive(stage, bob.does("Create", note["id"]))
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    stage.net.serve(note["id"], note | {"content": "<p>Something else</p>"})
    await stage.flows.holding.let_in(await moderator(stage), held.id)
    await stage.drain()
    assert await thread(stage, work) == []
    (again,) = await stage.read(lambda tx: tx.held.waiting())
    assert again.excerpt == "Something else"


async def test_a_follow_that_is_held_is_no_follow(stage: Stage) -> None:
    ana, _, bob = await scene(stage)
    bob_here = await stage.meet(bob)
    stage.rules(rule("hold", '{ type = ["Follow"] }'))
    await arrive(stage, bob.does("Follow", "https://art.test/users/ana"))
    assert await stage.read(lambda tx: tx.relations.follow(bob_here.id, ana.id)) is None
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    await stage.flows.holding.let_in(await moderator(stage), held.id)
    await stage.drain()
    follow = await stage.read(lambda tx: tx.relations.follow(bob_here.id, ana.id))
    assert follow.state is FollowState.ACCEPTED


@pytest.mark.parametrize("by", ["Delete", "Undo", "leaving"])
async def test_whoever_takes_a_thing_back_takes_it_out_of_the_queue(by: str, stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("hold", '{ type = ["Create", "Like"] }'))
    note = answer(stage, work, bob)
    like = bob.does("Like", stage.flows.addresses.work(work.id))
    await arrive(stage, like if by == "Undo" else bob.does("Create", note))
    assert len(await waiting(stage)) == 1
    whole = {"Delete": note["id"], "Undo": like, "leaving": bob.uri}[by]
    await arrive(stage, bob.does("Undo" if by == "Undo" else "Delete", whole))
    assert await waiting(stage) == []


async def test_only_moderators_see_and_decide_what_is_held(stage: Stage) -> None:
    ana, work, bob = await scene(stage)
    stage.rules(rule("hold"))
    await arrive(stage, bob.does("Create", answer(stage, work, bob)))
    (held,) = await stage.read(lambda tx: tx.held.waiting())
    for ask in (stage.flows.holding.let_in, stage.flows.holding.drop):
        with pytest.raises(NotFound):
            await ask(ana, held.id)
    with pytest.raises(NotFound):
        await stage.flows.holding.waiting(ana)
    assert held.state is HeldState.WAITING


async def test_what_waits_for_thirty_days_is_forgotten(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("hold"))
    await arrive(stage, bob.does("Create", answer(stage, work, bob)))
    stage.clock.advance(hours=29 * 24)
    await stage.instance.sweeping.sweep(b"")
    assert len(await waiting(stage)) == 1
    stage.clock.advance(hours=2 * 24)
    await stage.instance.sweeping.sweep(b"")
    assert await waiting(stage) == []


# Facts


@pytest.mark.parametrize(
    ("when", "is_met"),
    [
        ('{ peer = ["peer.test"] }', True),
        ('{ peer = ["other.test"] }', False),
        ('{ actor = ["bob@peer.test"] }', True),
        ('{ actor = ["https://peer.test/users/bob"] }', True),
        ('{ type = ["Create"] }', True),
        ('{ type = ["Like"] }', False),
        ('{ ai = ["none"] }', True),
        ('{ media = ["none"] }', True),
        ("{ younger_than_days = 30 }", True),
        ("{ younger_than_days = 7 }", False),
        ('{ follows = ["follows-here"] }', True),
        ('{ follows = ["followed-here"] }', False),
        ('{ follows = ["none"] }', False),
        ('{ tier = ["known"] }', False),
        ('{ tier = ["neutral"] }', True),
    ],
)
async def test_a_rule_sees_what_there_is_to_see(*, when: str, is_met: bool, stage: Stage) -> None:
    ana, bob = await stage.artist(), Peer("bob")
    work = await stage.hang(ana)
    began = stage.clock.now() - 10 * DAY
    stage.net.serve(bob.uri, bob.document | {"published": _date(Millis(began))})
    await stage.flows.remote.actor(bob.uri)
    async with stage.library.transaction() as tx:
        actor = await tx.actors.by_uri(bob.uri)
        assert actor is not None
        assert actor.published_at == began
    await arrive(stage, bob.does("Follow", "https://art.test/users/ana"))
    stage.rules(rule("refuse", when))
    note = answer(stage, work, bob, to=[PUBLIC])
    await arrive(stage, bob.does("Create", note))
    assert (await post_at(stage, note["id"]) is None) == is_met


def _date(at: Millis) -> str:
    return timestamp(at)


async def test_an_account_of_unknown_age_is_no_young_account(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("refuse", "{ younger_than_days = 30 }"))
    note = answer(stage, work, bob)
    await arrive(stage, bob.does("Create", note))
    assert await post_at(stage, note["id"]) is not None


async def test_a_refused_server_may_still_delete_what_we_hold(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    note = answer(stage, work, bob)
    await arrive(stage, bob.does("Create", note))
    stage.rules(rule("refuse", '{ peer = ["peer.test"] }'))
    await arrive(stage, bob.does("Delete", note["id"]))
    assert await post_at(stage, note["id"]) is None


async def test_a_comment_count_leaves_out_what_is_hidden(stage: Stage) -> None:
    _, work, bob = await scene(stage)
    stage.rules(rule("hide"))
    await arrive(stage, bob.does("Create", answer(stage, work, bob)))
    found = await stage.flows.viewing.counts([TargetId(work.id)])
    assert found[TargetId(work.id)].comments == 0
