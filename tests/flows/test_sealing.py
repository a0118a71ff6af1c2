"""Works with Content Credentials: read on the way in, signed on the way out, never in the way."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from cryptography import x509

from server.authority import Authority
from server.credentials import Seal
from server.drafts import Draft
from server.model import AiLabel, ImageFormat, Picture, WorkState
from server.ports import Library
from server.promises import PicturesPromise
from server.sealing import Sealing, sealing_workers
from server.workers import ProcessWorkers
from tests.flows.artists import (  # noqa: F401 - fixtures
    SMALL,
    Studio,
    StudioClock,
    a_pool,
    a_studio,
    edits_of,
)
from tests.imaging.corpus import FOLDER
from tests.imaging.credentials import authority, by_c2pa

pytestmark = pytest.mark.asyncio(loop_scope="module")

AI = (FOLDER / "ai" / "c2pa-ai.jpg").read_bytes()
HUMAN = (FOLDER / "ai" / "c2pa-human.jpg").read_bytes()
ANCHOR = authority()
TYPES = {
    ImageFormat.AVIF: "image/avif",
    ImageFormat.JPEG: "image/jpeg",
    ImageFormat.WEBP: "image/webp",
    ImageFormat.GIF: "image/gif",
}


@pytest_asyncio.fixture(name="sealers", scope="module", loop_scope="module")
async def some_sealers() -> AsyncIterator[ProcessWorkers]:
    workers = sealing_workers()
    yield workers
    await workers.close()


def signing(studio: Studio, workers: ProcessWorkers) -> Studio:
    """Return the studio with Content Credentials on."""
    pipeline = replace(studio.making.pipeline, sealing=Sealing(workers, ANCHOR, "1.2"))
    making = replace(studio.making, pipeline=pipeline)
    return replace(studio, making=making, publishing=replace(studio.publishing, making=making))


async def states(studio: Studio, picture: Picture) -> set[str]:
    """Return how C2PA's own reader finds each copy."""
    return {
        by_c2pa(await studio.media.read(one.digest), TYPES[one.format], ANCHOR.certificate)[0]
        for one in picture.renditions
    }


async def test_a_child_that_dies_leaves_the_work_hanging_and_unsigned(studio: Studio) -> None:
    killers = ProcessWorkers(tasks="tests.imaging.hostile_tasks:KILLERS")
    hurt = signing(studio, killers)
    ana = await hurt.artist("ana")
    work = await hurt.published(ana, HUMAN)
    await killers.close()
    assert work.state is WorkState.HUNG
    kept = work.pictures[0].credentials
    assert kept is not None
    assert kept.read is not None
    assert (kept.read.seal, kept.is_signed) == (Seal.UNREADABLE, False)
    assert not hurt.making.is_outdated(work, ana), "or it would be tried for ever"


async def test_ai_that_is_declared_by_content_credentials_waits_for_its_artists_word(
    studio: Studio, sealers: ProcessWorkers
) -> None:
    on = signing(studio, sealers)
    ana = await on.artist("ana")
    work = await on.published(ana, AI, title="Sea")
    assert work.state is WorkState.FAILED
    assert "declares Example Image Model 2 (Content Credentials: trained" in work.problem
    labelled = Draft(title="Sea", ai_label=AiLabel.GENERATED)
    await on.publishing.edit(ana, work.id, labelled, edits_of(work))
    await on.making.make(PicturesPromise(work.id))
    hung = await on.work(work.id)
    assert hung.state is WorkState.HUNG
    assert await states(on, hung.pictures[0]) == {"Trusted"}


async def test_what_was_read_is_kept_with_the_picture_and_every_copy_is_signed(
    studio: Studio, sealers: ProcessWorkers
) -> None:
    on = signing(studio, sealers)
    work = await on.published(await on.artist("ana"), SMALL, HUMAN)
    plain, told = work.pictures
    assert plain.credentials is not None
    assert (plain.credentials.read, plain.credentials.is_signed) == (None, True)
    assert told.credentials is not None
    assert told.credentials.read is not None
    assert told.credentials.read.made_with == "Example Paint"
    assert told.credentials.has_parent
    assert await states(on, plain) == await states(on, told) == {"Trusted"}


async def test_works_from_before_are_signed_when_credentials_are_turned_on(
    studio: Studio, sealers: ProcessWorkers
) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana)
    assert work.pictures[0].credentials is None
    assert not studio.making.is_outdated(work, ana)
    on = signing(studio, sealers)
    assert on.making.is_outdated(work, ana)
    await on.making.make(PicturesPromise(work.id))
    again = await on.work(work.id)
    assert again.pictures[0].media_key != work.pictures[0].media_key
    assert await states(on, again.pictures[0]) == {"Trusted"}
    assert not on.making.is_outdated(again, ana)


async def test_an_authority_is_made_once_and_certifies_pictures_alone(studio: Studio) -> None:
    library: Library = studio.library
    first = await Authority.of(library, StudioClock(), "art.example")
    second = await Authority.of(library, StudioClock(), "art.example")
    assert first.kept == second.kept
    assert first.fingerprint == second.fingerprint
    leaf, its = x509.load_pem_x509_certificates(first.leaf().chain.encode())
    assert leaf.issuer == its.subject
    leaf.verify_directly_issued_by(its)
    its.verify_directly_issued_by(its)
    may = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not may.ca
    assert first.leaf().key != first.leaf().key, "each picture has a key of its own"
    assert first.kept.private_pem not in first.leaf().key


async def test_a_domain_as_long_as_they_get_can_have_an_authority() -> None:
    long = ".".join(["a" * 60] * 4)
    leaf = x509.load_pem_x509_certificate(authority(long).leaf().chain.encode())
    assert leaf.subject.rfc4514_string().count("a" * 60) == 2
