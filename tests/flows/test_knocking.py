"""Who reads which signatures: refused once, asked once more the other way, and remembered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from federation.claims import Scheme
from federation.knocking import Knocking
from federation.messages import Received, Unsigned
from federation.signatures import load_public_key, read_signature, verify
from federation.signing import Signing
from server.dealings import Signature
from server.model import ActorId
from server.ports import Incoming, Outgoing, Unreachable
from tests.two_servers.stage import Stage

INBOX = "https://peer.test/inbox"
POST = Unsigned("POST", INBOX, (("Content-Type", "application/activity+json"),), b"{}")
WISH = 'sig1=("@method" "@target-uri" "content-digest");created;nonce="once"'
ED25519 = 'alg="ed25519"'


@dataclass
class Door:
    """Another server, which reads the schemes that it is told to."""

    reads: frozenset[Scheme] = frozenset({Scheme.CAVAGE})
    refusal: int = 401
    accepted: int = 202
    accept_signature: str = ""
    knocks: list[Scheme] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)
    is_away: bool = False
    needs: str = ""  # of a signature's parameters

    async def send(self, request: Outgoing) -> Incoming:
        if self.is_away:
            raise Unreachable("nobody answers")
        names = {name.lower() for name in request.headers}
        scheme = Scheme.RFC9421 if "signature-input" in names else Scheme.CAVAGE
        self.knocks.append(scheme)
        self.sent.append(request)
        headers = {"accept-signature": self.accept_signature} if self.accept_signature else {}
        is_read = scheme in self.reads and self.needs in request.headers.get("Signature-Input", "")
        return Incoming(self.accepted if is_read else self.refusal, headers, b"")


@pytest.fixture
def knocking(stage: Stage) -> Callable[[Door], Knocking]:
    library, clock = stage.library, stage.clock
    return lambda door: Knocking(library, door, Signing(library, clock), clock)


async def known(stage: Stage) -> Signature | None:
    peer = await stage.read(lambda tx: tx.peers.by_host("peer.test"))
    return peer.signature if peer else None


BOTH = frozenset({Scheme.CAVAGE, Scheme.RFC9421})
NEW = frozenset({Scheme.RFC9421})


async def test_who_refuses_both_ways_is_asked_both_ways_once_in_a_while(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(frozenset())
    knocks = knocking(door)
    assert (await knocks.send(POST, speaker)).status == 401
    assert (await knocks.send(POST, speaker)).status == 401
    assert door.knocks == [Scheme.CAVAGE, Scheme.RFC9421, Scheme.CAVAGE]
    assert await known(stage) is None
    stage.clock.advance(seconds=600)
    await knocks.send(POST, speaker)
    assert door.knocks[3:] == [Scheme.CAVAGE, Scheme.RFC9421]


@pytest.mark.parametrize("status", [403, 404, 410, 429, 500, 503])
async def test_another_refusal_is_no_reason_to_knock_again(
    status: int, stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    door = Door(frozenset(), refusal=status)
    answer = await knocking(door).send(POST, stage.flows.server_actor.id)
    assert (answer.status, door.knocks) == (status, [Scheme.CAVAGE])


async def test_a_second_knock_that_fails_otherwise_teaches_nothing(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    door = Door(NEW, accepted=500)
    assert (await knocking(door).send(POST, stage.flows.server_actor.id)).status == 500
    assert await known(stage) is None


async def test_nobody_there_is_told_as_it_is(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    with pytest.raises(Unreachable):
        await knocking(Door(is_away=True)).send(POST, stage.flows.server_actor.id)


@pytest.mark.parametrize("refusal", [400, 401])
async def test_who_reads_the_standard_alone_is_remembered(
    refusal: int, stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(NEW, refusal)
    knocks = knocking(door)
    assert (await knocks.send(POST, speaker)).status == 202
    assert (await knocks.send(POST, speaker)).status == 202
    assert door.knocks == [Scheme.CAVAGE, Scheme.RFC9421, Scheme.RFC9421]
    assert await known(stage) is Signature.RFC9421
    elsewhere = Door(NEW)
    assert (await knocking(elsewhere).send(POST, speaker)).status == 202
    assert elsewhere.knocks == [Scheme.RFC9421]  # another process reads what this one learnt


async def test_of_many_sent_to_at_once_each_is_knocked_at_as_it_reads(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    async with stage.library.transaction() as tx:
        await tx.peers.set_signature("new.test", Signature.RFC9421)
        await tx.peers.set_signature("old.test", Signature.CAVAGE)
    speaker, door = stage.flows.server_actor.id, Door(BOTH)
    knocks = knocking(door)
    hosts = ["new.test", "old.test", "unknown.test", "new.test"]
    posts = [replace(POST, url=f"https://{host}/inbox") for host in hosts]
    await asyncio.gather(*(knocks.send(post, speaker) for post in posts))
    knocked = {request.url: scheme for request, scheme in zip(door.sent, door.knocks, strict=True)}
    assert knocked == {
        "https://new.test/inbox": Scheme.RFC9421,
        "https://old.test/inbox": Scheme.CAVAGE,
        "https://unknown.test/inbox": Scheme.CAVAGE,
    }


async def test_who_forgets_the_standard_gets_the_draft_again(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    async with stage.library.transaction() as tx:
        await tx.peers.set_signature("peer.test", Signature.RFC9421)
    door = Door()
    assert (await knocking(door).send(POST, stage.flows.server_actor.id)).status == 202
    assert door.knocks == [Scheme.RFC9421, Scheme.CAVAGE]
    assert await known(stage) is Signature.CAVAGE


async def test_a_wish_in_a_good_answer_is_honoured_the_next_time(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(BOTH, accept_signature=WISH)
    knocks = knocking(door)
    await knocks.send(POST, speaker)
    await knocks.send(POST, speaker)
    assert door.knocks == [Scheme.CAVAGE, Scheme.RFC9421]
    assert await known(stage) is Signature.RFC9421


async def test_a_wish_in_a_refusal_is_fulfilled_at_once(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(NEW, accept_signature=WISH)
    assert (await knocking(door).send(POST, speaker)).status == 202
    assert ';nonce="once"' in door.sent[1].headers["Signature-Input"]


async def test_who_reads_ed25519_alone_is_knocked_at_once_a_delivery(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    wish = f'sig1=("@method" "@target-uri" "content-digest");created;{ED25519}'
    speaker, door = stage.flows.server_actor.id, Door(NEW, accept_signature=wish, needs=ED25519)
    knocks = knocking(door)
    for wait in (0, 1, 301):  # the last after what is known was read anew
        stage.clock.advance(seconds=wait)
        assert (await knocks.send(POST, speaker)).status == 202
    assert door.knocks == [Scheme.CAVAGE] + [Scheme.RFC9421] * 3
    assert all(ED25519 in sent.headers["Signature-Input"] for sent in door.sent[1:])


async def test_a_nonce_serves_once_also_where_the_wish_is_remembered(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(NEW, accept_signature=WISH, needs="nonce")
    knocks = knocking(door)
    await knocks.send(POST, speaker)
    door.accept_signature = WISH.replace('"once"', '"twice"')
    assert (await knocks.send(POST, speaker)).status == 202
    inputs = [sent.headers.get("Signature-Input", "") for sent in door.sent]
    assert [text.partition(";nonce=")[2] for text in inputs] == ["", '"once"', "", '"twice"']


async def test_whose_wish_is_fulfilled_and_refused_all_the_same_gets_the_draft_again(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    wish = f'sig1=("@method" "@target-uri");created;{ED25519}'
    speaker, door = stage.flows.server_actor.id, Door(NEW, accept_signature=wish)
    knocks = knocking(door)
    await knocks.send(POST, speaker)
    door.reads = frozenset({Scheme.CAVAGE})
    assert (await knocks.send(POST, speaker)).status == 202
    assert door.knocks[2:] == [Scheme.RFC9421, Scheme.CAVAGE]


async def test_what_others_do_not_know_of_is_learnt_within_minutes(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    speaker, door = stage.flows.server_actor.id, Door(BOTH)
    knocks = knocking(door)
    await knocks.send(POST, speaker)
    async with stage.library.transaction() as tx:  # as another process would
        await tx.peers.set_signature("peer.test", Signature.RFC9421)
    await knocks.send(POST, speaker)
    stage.clock.advance(seconds=300)
    await knocks.send(POST, speaker)
    assert door.knocks == [Scheme.CAVAGE, Scheme.CAVAGE, Scheme.RFC9421]


async def test_both_knocks_carry_the_same_body_and_verify(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    ana = await stage.artist()
    key = await stage.read(lambda tx: tx.artists.key_of(ana.id))
    assert key is not None
    door = Door(NEW)
    await knocking(door).send(POST, ActorId(ana.id))
    for scheme, sent in zip((Scheme.CAVAGE, Scheme.RFC9421), door.sent, strict=True):
        headers = (("Host", "peer.test"), *sent.headers.items())
        now = stage.clock.now()
        received = Received("POST", "/inbox", "peer.test", headers, sent.body, now)
        public = load_public_key(key.public_pem, key_id=key.key_id, owner="ana")
        assert verify(received, read_signature(received), public, now).scheme is scheme


async def test_no_key_shows_in_the_repr_of_who_signs(
    stage: Stage, knocking: Callable[[Door], Knocking]
) -> None:
    knocks = knocking(Door())
    await knocks.send(POST, stage.flows.server_actor.id)
    assert "PRIVATE" not in repr(knocks)
    assert "Key" not in repr(knocks.signing)
