"""The keys of actors here: made with the account, completed at the start, changed on demand.

Every actor has two: RSA, which all servers verify, and Ed25519 for proofs in documents
(FEP-521a). Law: a key that was changed leaves nothing behind, neither here nor in the actor's
document: whoever changes a key may have lost it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from server.addresses import Addresses
from server.clock import Clock
from server.errors import NotFound
from server.model import Actor, ActorId, Artist, KeyAlgorithm, Millis, SigningKey
from server.ports import Library, Transaction
from server.promises import Deed, SayPromise, promise
from server.values import dataclass

MakeRsa = Callable[[], tuple[str, str]]  # () -> (private PEM, public PEM); slow
MakeEd25519 = Callable[[], tuple[str, str, str]]  # () -> (private PEM, public PEM, Multikey)

_RSA_NAME = "main-key"  # what Mastodon calls it; some servers guess the owner by it
_ED25519_NAME = "ed25519-key"  # as FEP-521a's example
_BATCH = 100  # actors completed in one transaction


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Makes keys, and changes them."""

    library: Library
    clock: Clock
    addresses: Addresses
    make_rsa: MakeRsa
    make_ed25519: MakeEd25519

    async def made_for(self, actor: Actor) -> tuple[Actor, tuple[SigningKey, SigningKey]]:
        """Return the actor with a first pair of keys, RSA first; nothing is kept yet."""
        return await self._made(actor, "")

    async def complete(self) -> int:
        """Give an Ed25519 key to every actor that has none, and return how many got one."""
        done = 0
        while await self._lacking():
            async with self.library.transaction() as tx:
                await self._one_at_a_time(tx)
                lacking = await tx.artists.lacking_key(KeyAlgorithm.ED25519, limit=_BATCH)
                for actor_id in lacking:
                    await self._completed(tx, actor_id)
                done += len(lacking)
        return done

    async def rotate(self, artist: Artist) -> Actor:
        """Give an artist new keys under new ids, forget the old ones, and tell followers."""
        async with self.library.reading() as tx:
            actor = await tx.actors.by_id(artist.id)
        if actor is None:
            raise NotFound(f"There is no account '{artist.handle}' here.")
        renewed, keys = await self._made(actor, f"-{self.clock.new_id()}")
        async with self.library.transaction() as tx:
            current = await tx.actors.by_id(artist.id) or actor
            changed = _with_keys_of(current, renewed)
            await tx.actors.put(changed)
            for key in keys:
                await tx.artists.add_key(key)
            await tx.artists.drop_keys(artist.id, but=[key.key_id for key in keys])
            await promise(tx, self.clock, SayPromise(Deed.PROFILE_CHANGED, artist.id))
        return changed

    async def _made(self, actor: Actor, ending: str) -> tuple[Actor, tuple[SigningKey, SigningKey]]:
        private, public = await asyncio.to_thread(self.make_rsa)
        now, key_id = self.clock.now(), f"{actor.uri}#{_RSA_NAME}{ending}"
        first = SigningKey(actor.id, key_id, private, public, now)
        second, multikey = self._second(actor, ending, now)
        named = replace(
            actor,
            key_id=key_id,
            public_key_pem=public,
            more_keys=((second.key_id, multikey),),
        )
        return named, (first, second)

    def _second(self, actor: Actor, ending: str, now: Millis) -> tuple[SigningKey, str]:
        private, public, multikey = self.make_ed25519()
        key_id = f"{actor.uri}#{_ED25519_NAME}{ending}"
        key = SigningKey(actor.id, key_id, private, public, now, KeyAlgorithm.ED25519)
        return key, multikey

    async def _completed(self, tx: Transaction, actor_id: ActorId) -> None:
        actor = await tx.actors.by_id(actor_id)
        if actor is None:
            return
        key, multikey = self._second(actor, "", self.clock.now())
        await tx.artists.add_key(key)
        await tx.actors.put(replace(actor, more_keys=((key.key_id, multikey),)))

    async def _lacking(self) -> bool:
        async with self.library.reading() as tx:
            return bool(await tx.artists.lacking_key(KeyAlgorithm.ED25519, limit=1))

    async def _one_at_a_time(self, tx: Transaction) -> None:
        """Let processes that start together wait for each other: writing one row locks it."""
        speaker = await tx.actors.by_uri(self.addresses.server_actor)
        if speaker is not None:
            await tx.actors.put(speaker)


def _with_keys_of(actor: Actor, renewed: Actor) -> Actor:
    return replace(
        actor,
        key_id=renewed.key_id,
        public_key_pem=renewed.public_key_pem,
        more_keys=renewed.more_keys,
    )
