"""Split domains: what actors elsewhere are called, through the real flows."""

from typing import Any

from server.model import Actor, ActorId, JobKind
from tests.two_servers.stage import Peer, Stage

SPLIT = Peer("bob", "social.peer.test")
JRD = "application/jrd+json"


def finger(account: str) -> str:
    domain = account.partition("@")[2]
    resource = f"acct%3A{account.replace('@', '%40')}"
    return f"https://{domain}/.well-known/webfinger?resource={resource}"


def serve_names(stage: Stage, peer: Peer, *accounts: str, subject: str) -> None:
    link = {"rel": "self", "type": "application/activity+json", "href": peer.uri}
    for account in accounts:
        answer = {"subject": f"acct:{subject}", "links": [link]}
        stage.net.serve(finger(account), answer, content_type=JRD)


def serve_split(stage: Stage, peer: Peer = SPLIT) -> None:
    stage.net.serve(peer.uri, peer.document)
    subject = f"{peer.name}@peer.test"
    serve_names(stage, peer, f"{peer.name}@social.peer.test", subject, subject=subject)


async def kept(stage: Stage, uri: str) -> Actor:
    found: Actor = await stage.read(lambda tx: tx.actors.by_uri(uri))
    return found


async def test_a_domain_that_does_not_know_the_actor_is_not_taken_over(stage: Stage) -> None:
    stage.net.serve(SPLIT.uri, SPLIT.document | {"webfinger": "bob@well-known.test"})
    serve_names(stage, Peer("bob", "well-known.test"), "bob@well-known.test", subject="bob@x.test")
    await stage.flows.remote.actor(SPLIT.uri)
    await stage.drain()
    assert (await kept(stage, SPLIT.uri)).domain == "social.peer.test"
    assert await stage.read(lambda tx: tx.jobs.buried()) == []


async def test_a_domain_lends_its_name_to_nobody_who_does_not_ask_for_it(stage: Stage) -> None:
    """Whoever owns a domain may point it anywhere; the actor must say so too."""
    victim = Peer("bob", "victim.test")
    stage.net.serve(victim.uri, victim.document)
    serve_names(stage, victim, "bob@evil.test", subject="bob@evil.test")
    serve_names(stage, victim, "bob@victim.test", subject="bob@victim.test")
    found = await stage.flows.remote.by_address("bob@evil.test")
    assert found.address == "bob@victim.test"


async def test_a_name_is_found_out_after_a_first_meeting(stage: Stage) -> None:
    serve_split(stage)
    met = await stage.flows.remote.actor(SPLIT.uri)
    assert met.address == "bob@social.peer.test"
    await stage.drain()
    assert (await kept(stage, SPLIT.uri)).address == "bob@peer.test"


async def test_whoever_is_looked_up_by_name_is_called_by_it_at_once(stage: Stage) -> None:
    serve_split(stage)
    assert (await stage.flows.remote.by_address("@bob@peer.test")).address == "bob@peer.test"
    assert (await stage.flows.remote.by_address("bob@social.peer.test")).domain == "peer.test"


async def test_a_name_outlasts_the_refresh_of_a_profile(stage: Stage) -> None:
    serve_split(stage)
    await stage.flows.remote.by_address("bob@peer.test")
    stage.clock.advance(hours=25)
    again = await stage.flows.remote.actor(SPLIT.uri, afresh=True)
    assert again.domain == "peer.test"


async def test_an_actor_that_says_its_name_is_asked_nothing_else(stage: Stage) -> None:
    """FEP-2c59: where the name is the host's, there is nothing to confirm."""
    stage.net.serve(SPLIT.uri, SPLIT.document | {"webfinger": "bob@social.peer.test"})
    await stage.flows.remote.actor(SPLIT.uri)
    assert JobKind.NAME not in await stage.read(lambda tx: tx.jobs.counts())


async def test_a_host_whose_people_are_called_by_it_is_asked_once_a_day(stage: Stage) -> None:
    people = [Peer(name, "plain.test") for name in ("eve", "kim", "lou")]
    for peer in people:
        stage.net.serve(peer.uri, peer.document)
        serve_names(stage, peer, f"{peer.name}@plain.test", subject=f"{peer.name}@plain.test")
    for peer, hours in zip(people, (0, 1, 24), strict=True):
        stage.clock.advance(hours=hours)
        await stage.flows.remote.actor(peer.uri)
        await stage.drain()
    asked = [url for url in stage.net.fetched if "webfinger" in url]
    assert asked == [finger("eve@plain.test"), finger("lou@plain.test")]


async def test_our_own_people_are_found_by_both_our_names(stage: Stage) -> None:
    await stage.artist("ana")
    found: Any = await stage.flows.remote.by_address("ana@art.test")
    assert found.is_local
    await stage.flows.remote.handles.confirm(b'{"actor_id":%d}' % found.id)
    await stage.flows.remote.handles.confirm(b'{"actor_id":%d}' % ActorId(1))
    assert stage.net.fetched == []
