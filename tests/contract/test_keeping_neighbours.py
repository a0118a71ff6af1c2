"""What is said of other servers and what they say themselves, on both engines."""

from dataclasses import replace

from server.model import ActivityId, Follow, FollowState, Millis, StoredActivity
from server.neighbours import PeerCounts, PeerFollow, PeerPolicy, PeerWord, PolicyState
from server.ports import Library
from server.tiers import Tier, Word
from tests.contract.samples import NOW, add_artist, post, remote_actor, work

HOST = "far.example"
ORIGIN = f"https://{HOST}/"
VALID = PeerPolicy(
    host=HOST,
    met_at=Millis(1),
    due_at=Millis(2),
    checked_at=Millis(3),
    state=PolicyState.VALID,
    problem="",
    is_enforced=True,
    is_known=True,
    fetched_at=Millis(4),
    document='{"a": 1}',
    actor_uri=f"{ORIGIN}actor",
    content_usage="train-ai=n",
    version=7,
    updated_at=Millis(5),
)


async def test_nothing_is_said_of_anybody_at_first(library: Library) -> None:
    async with library.reading() as tx:
        assert await tx.neighbours.words() == {}
        assert await tx.neighbours.claims() == frozenset()
        assert await tx.neighbours.word_of(HOST) is None
        assert await tx.neighbours.policy_of(HOST) is None
        assert await tx.neighbours.page() == []
        assert await tx.neighbours.counts_with(ORIGIN, HOST) == PeerCounts()


async def test_the_last_word_about_a_domain_counts_until_it_is_taken_back(library: Library) -> None:
    word = PeerWord(HOST, Tier.LIMITED, "Spam", "ana", NOW)
    async with library.transaction() as tx:
        await tx.neighbours.put_word(replace(word, tier=Tier.ALLY))
        await tx.neighbours.put_word(word)
        assert await tx.neighbours.word_of(HOST) == word
        assert await tx.neighbours.words() == {HOST: Word(Tier.LIMITED, "Spam")}
        assert await tx.neighbours.drop_word(HOST)
        assert not await tx.neighbours.drop_word(HOST)
        assert await tx.neighbours.words() == {}


async def test_a_policy_comes_back_as_it_was_put_and_claims_only_while_it_is_known(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await tx.neighbours.put_policy(VALID)
        assert await tx.neighbours.policy_of(HOST) == VALID
        assert await tx.neighbours.claims() == {HOST}
        changed = replace(VALID, is_known=False, met_at=Millis(9), due_at=Millis(9))
        await tx.neighbours.put_policy(changed)
        kept = replace(changed, met_at=VALID.met_at, due_at=VALID.due_at)
        assert await tx.neighbours.policy_of(HOST) == kept
        assert await tx.neighbours.claims() == frozenset()


async def test_who_is_met_is_due_once_and_again_when_put_off(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.neighbours.meet([HOST, "b.example", HOST], Millis(100), Millis(150))
        assert await tx.neighbours.due_policies(Millis(149), met_since=Millis(0)) == []
        due = await tx.neighbours.due_policies(Millis(150), met_since=Millis(0))
        assert sorted(one.host for one in due) == ["b.example", HOST]
        await tx.neighbours.put_off("b.example", Millis(900))
        await tx.neighbours.meet([HOST], Millis(200), Millis(999))
        (due_now,) = await tx.neighbours.due_policies(Millis(500), met_since=Millis(0))
        assert (due_now.host, due_now.met_at, due_now.due_at) == (HOST, 200, 150)
        assert await tx.neighbours.due_policies(Millis(500), met_since=Millis(201)) == []


async def test_servers_are_listed_by_name_and_found_by_a_part_of_it(library: Library) -> None:
    hosts = ["a.example", "b_c.example", "bxc.example", "z%.example"]
    async with library.transaction() as tx:
        await tx.neighbours.meet(hosts, NOW, NOW)

        async def found(**how: str | int) -> list[str]:
            return [one.host for one in await tx.neighbours.page(**how)]  # type: ignore[arg-type]

        assert await found() == hosts
        assert await found(after="a.example", limit=2) == hosts[1:3]
        assert await found(search="_c") == ["b_c.example"]
        assert await found(search="%") == ["z%.example"]
        assert await found(search="'") == []


async def test_who_spoke_and_who_follows_is_told_apart(library: Library) -> None:
    async with library.transaction() as tx:
        for number, at, is_outgoing in ((1, 10, False), (2, 20, False), (3, 30, True)):
            await tx.activities.keep(
                StoredActivity(
                    ActivityId(number), "", "Create", f"https://far.example/{number}", "",
                    is_outgoing, str(number), b"{}", Millis(at),
                )
            )  # fmt: skip
        assert await tx.neighbours.speakers(Millis(10)) == ["https://far.example/2"]
        assert len(await tx.neighbours.speakers(Millis(0))) == 2


async def test_what_lies_between_here_and_a_server_is_counted_and_named(library: Library) -> None:
    async with library.transaction() as tx:
        ana = await add_artist(tx, 1, "ana")
        bob, cleo = remote_actor(11), remote_actor(12)
        near = replace(remote_actor(13), uri="https://far.example0/users/dora")
        for one in (bob, cleo, near):
            await tx.actors.put(one)
            follow = Follow(one.id, ana.id, FollowState.ACCEPTED, "", NOW)
            await tx.relations.put_follow(follow)
        await tx.relations.put_follow(Follow(ana.id, bob.id, FollowState.ACCEPTED, "", NOW))
        await tx.relations.put_follow(Follow(ana.id, cleo.id, FollowState.PENDING, "", NOW))
        await tx.posts.put(post(31, bob.id))
        await tx.works.add(work(41, artist_id=ana.id))
        await tx.neighbours.note_copies(work(41).id, [HOST, HOST, "b.example"], NOW)
        await tx.neighbours.note_copies(work(41).id, [HOST], NOW)
        origin = bob.uri.partition("/users")[0] + "/"
        assert await tx.neighbours.counts_with(origin, HOST) == PeerCounts(2, 1, 1, 1)
        assert await tx.neighbours.follows_with(origin) == [
            PeerFollow("ana", bob.address, is_ours=False),
            PeerFollow("ana", bob.address, is_ours=True),
            PeerFollow("ana", cleo.address, is_ours=False),
        ]
        assert await tx.neighbours.is_companion(origin)
        assert not await tx.neighbours.is_companion("https://b.example/")
        assert sorted(await tx.neighbours.companions()) == sorted([bob.uri, cleo.uri, near.uri])


async def test_a_server_keeps_its_number_and_the_first_key_stays(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.neighbours.number({"b.test": 7, "a.test": 6})
        await tx.neighbours.number({"b.test": 8, "a.test:8443": 9})
        assert await tx.neighbours.numbers(["a.test", "b.test", "c.test"]) == {
            "a.test": 6,
            "b.test": 7,
        }
        assert await tx.neighbours.host_numbered(9) == "a.test:8443"
        assert await tx.neighbours.host_numbered(8) == ""
        key = await tx.neighbours.token_key("drawn")
        assert await tx.neighbours.token_key("another") == key
