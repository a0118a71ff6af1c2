"""What pictures' Content Credentials say, and the authority that signs, on both engines."""

from server.credentials import Credentials, Reading, Seal
from server.model import Millis, SigningAuthority, WorkId
from server.ports import Library
from tests.contract.samples import NOW, add_artist, picture, work

READ = Reading(Seal.BROKEN, "Käse 🧀", signer="Ana", ai="compositeSynthetic", why="x")
FIRST = SigningAuthority("key", "certificate", NOW)


async def test_the_first_authority_stays_whoever_comes_later(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.authorities.current() is None
        await tx.authorities.add_first(FIRST)
        await tx.authorities.add_first(SigningAuthority("other", "other", Millis(NOW + 1)))
        assert await tx.authorities.current() == FIRST


async def test_credentials_come_back_as_they_were_kept(library: Library) -> None:
    kept = (None, Credentials(), Credentials(READ, is_signed=True, has_parent=True))
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        pictures = tuple(
            picture(number, 9, position=number, credentials=one) for number, one in enumerate(kept)
        )
        await tx.works.add(work(9, pictures=pictures))
        found = await tx.works.by_id(WorkId(9))
    assert found is not None
    assert tuple(one.credentials for one in found.pictures) == kept
