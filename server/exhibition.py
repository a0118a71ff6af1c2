"""What happens in the demo: artists move in, hang works, follow each other and talk.

Law: nothing is put into a database by hand. Every deed goes through the flow that the web form
uses; the studios' own servers then tell each other by real federation.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from PIL import Image

from server.accounts import Accounts, NewAccount, Profile
from server.addresses import Addresses
from server.commenting import Commenting
from server.drafts import Draft, Upload
from server.errors import Unavailable
from server.following import Following
from server.model import (
    Actor,
    Artist,
    FollowState,
    ReactionKind,
    Role,
    TargetId,
    Work,
    WorkState,
)
from server.ports import Library, MediaStore
from server.publishing import Publishing
from server.reactions import Reactions
from server.sampleart import SampleWork, Study, paint, sample_artists, sample_works
from server.series import Curating, SeriesDraft
from server.targets import Target, find_target_by_uri
from server.values import dataclass

# Encoding AVIF is nearly all that the demo waits for, and costs by the pixel.
_MAX_PIXELS = 700_000
_POLL_SECONDS = 0.15
_PATIENCE_SECONDS = 120.0  # a machine that is busy with other things takes long to paint
_PAINTERS = 2

Tell = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Studio:
    """A studio from inside: the flows, over the very database that its server answers from."""

    name: str
    addresses: Addresses
    library: Library
    media: MediaStore
    accounts: Accounts
    publishing: Publishing
    series: Curating
    following: Following
    reactions: Reactions
    commenting: Commenting
    find: Callable[[str], Awaitable[Actor]]  # name@server, as the search on /home finds it


@dataclass(frozen=True, slots=True)
class Resident:
    """An artist with the studio that they live in."""

    artist: Artist
    studio: Studio

    @property
    def address(self) -> str:
        """The address by which others find them."""
        return f"{self.artist.handle}@{self.studio.addresses.domain}"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody known by address alone, such as a series that can be followed."""

    address: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said and done about the first work of an artist, all by handles."""

    about: str
    likes: tuple[str, ...]
    boosts: tuple[str, ...]
    asks: str
    question: str
    answer: str


SCENES = (
    Scene(
        about="teodor",
        likes=("ysolde", "nanami", "maren"),
        boosts=("nanami",),
        asks="ysolde",
        question="It makes me want to close a window. Is the red one ink, or two passes of it?",
        answer="One ink, one pass. The paper was damp that morning; it will not do it again.",
    ),
    Scene(
        about="maren",
        likes=("nanami", "teodor"),
        boosts=("ysolde",),
        asks="nanami",
        question="How do you keep the plank's grain from printing over the moon?",
        answer="I wipe the moon with a thumb before each pull. No two moons are the same.",
    ),
    Scene(
        about="ysolde",
        likes=("teodor", "maren"),
        boosts=("maren",),
        asks="maren",
        question="Did you wait for this light, or did it find you?",
        answer="Four mornings of waiting, one thermos each. On the fifth it found me.",
    ),
    Scene(
        about="nanami",
        likes=("maren", "ysolde"),
        boosts=("teodor",),
        asks="teodor",
        question="I missed that very tram. Who is the one lit window for?",
        answer="For whoever missed it.",
    ),
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A series of an artist's works, by their titles, and who follows it by itself."""

    by: str
    title: str
    summary: str
    works: tuple[str, ...]
    name: str = ""  # of its own account, behind the artist's handle; "" = has none
    followers: tuple[str, ...] = ()


CYCLES = (
    Cycle(
        by="teodor",
        title="Drawn by Ferry",
        summary="Lines that the plotter drew while the harbour went by outside.",
        works=("Northerly, with Doubts", "Chart for a Moonless Ferry", "Interference No. 4"),
        name="ferry",
        followers=("ysolde", "nanami"),
    ),
    Cycle(
        by="maren",
        title="One Plank",
        summary="Everything here was cut into the same piece of cherry, and shaved off again.",
        works=("Moonrise on the Plank", "Swell", "Birches, Half Past Four"),
    ),
    Cycle(
        by="ysolde",
        title="Before Breakfast",
        summary="Painted outdoors, mostly in gloves.",
        works=("Before the Valley Wakes", "霧の朝", "Low Tide, Looking West"),
    ),
)


async def stage(
    studios: Sequence[Studio],
    password: str,
    *,
    works_of_each: int,
    opened: Callable[[], Awaitable[None]],
    tell: Tell,
) -> None:
    """Fill both studios and wait until everything has arrived on the other side.

    `opened` returns once both servers answer. Raises, in an ExceptionGroup, what flows
    raise, and `Unavailable` where something never comes.
    """
    chosen = _chosen(works_of_each)
    easels = asyncio.Semaphore(_PAINTERS)
    async with asyncio.TaskGroup() as group:
        paintings = {work: group.create_task(_painted(work, easels)) for work in chosen}
        tell("The artists move in")
        residents = await _settle(studios, password)
        await opened()
        tell("They follow each other")
        await _follow_each_other(list(residents.values()))
        hanging = {
            work: group.create_task(_hang(residents[work.artist_handle], work, painting))
            for work, painting in paintings.items()
        }
        for scene in SCENES:
            first = next(work for work in chosen if work.artist_handle == scene.about)
            group.create_task(_play(scene, residents, hanging[first]))
        for cycle in CYCLES:
            group.create_task(_arrange(cycle, residents, hanging))
        await _all_arrived(hanging, residents, tell)
        tell("They talk about what they see")


def handles_of(name: str) -> tuple[str, ...]:
    """Return who lives in a studio."""
    return tuple(artist.handle for artist in sample_artists() if artist.studio == name)


async def _all_arrived(
    hanging: Mapping[SampleWork, asyncio.Task[Work]],
    residents: Mapping[str, Resident],
    tell: Tell,
) -> None:
    studios = {resident.studio.name: resident.studio for resident in residents.values()}
    for count, (sample, task) in enumerate(hanging.items()):
        tell(f"They paint and hang works: {count} of {len(hanging)}")
        work, home = await task, residents[sample.artist_handle].studio
        for studio in studios.values():
            await _known(studio, home.addresses.work(work.id))


def _chosen(works_of_each: int) -> list[SampleWork]:
    """Return the works to hang: each artist's first, then each one's second, and so on."""
    by_artist = [
        [work for work in sample_works() if work.artist_handle == artist.handle]
        for artist in sample_artists()
    ]
    return [work for row in zip(*by_artist, strict=True) for work in row][
        : works_of_each * len(by_artist)
    ]


async def _settle(studios: Sequence[Studio], password: str) -> dict[str, Resident]:
    """Open the accounts; the first artist of a studio owns it."""
    moved = await asyncio.gather(*[_move_in(studio, password) for studio in studios])
    return {resident.artist.handle: resident for row in moved for resident in row}


async def _move_in(studio: Studio, password: str) -> list[Resident]:
    residents: list[Resident] = []
    for sample in sample_artists():
        if sample.studio != studio.name:
            continue
        role = Role.ARTIST if residents else Role.OWNER
        artist = await studio.accounts.open(NewAccount(sample.handle, password, role, sample.name))
        profile = Profile(sample.name, sample.bio, approves_follows=False)
        residents.append(Resident(await studio.accounts.edit_profile(artist, profile), studio))
    return residents


async def _follow_each_other(residents: Sequence[Resident]) -> None:
    pairs = [(one, other) for one in residents for other in residents if one is not other]
    await asyncio.gather(*[_follow(one, other) for one, other in pairs])


async def _follow(one: Resident, other: Resident | Account) -> None:
    studio = one.studio
    whom = await studio.find(other.address)
    await studio.following.follow(one.artist, whom)

    async def accepted() -> bool | None:
        relation = await studio.following.relation(one.artist.id, whom.id)
        return relation.follows is FollowState.ACCEPTED or None

    await _until(accepted, f"{other.address} accepting {one.address}")


async def _painted(work: SampleWork, easels: asyncio.Semaphore) -> list[bytes]:
    async with easels:
        return [
            await asyncio.to_thread(paint, _on_smaller_paper(work), index)
            for index in range(len(work.pictures))
        ]


def _on_smaller_paper(work: SampleWork) -> SampleWork:
    return replace(work, pictures=tuple(map(_smaller, work.pictures)))


def _smaller(study: Study) -> Study:
    """Return a study whose painter shrinks what the sample's own paints."""

    def painter(seed: int) -> Image.Image:
        whole = study.painter(seed)
        factor = math.sqrt(_MAX_PIXELS / (whole.width * whole.height))
        if factor >= 1:
            return whole
        return whole.resize((round(whole.width * factor), round(whole.height * factor)))

    return Study(painter, study.seed)


async def _hang(who: Resident, sample: SampleWork, painting: Awaitable[list[bytes]]) -> Work:
    """Hang a work as the form does, and wait until it hangs."""
    studio = who.studio
    uploads = [
        Upload(await studio.media.receive(_whole(body), max_bytes=len(body)), f"{index}.jpg", alt)
        for index, (body, alt) in enumerate(zip(await painting, sample.alts, strict=True), 1)
    ]
    draft = Draft(
        title=sample.title,
        caption=sample.caption,
        tags=sample.tags,
        medium=sample.medium,
        year=sample.year,
        is_sensitive=sample.is_sensitive,
        sensitive_reason=sample.sensitive_reason,
        visibility=sample.visibility,
    )
    work_id = (await studio.publishing.receive(who.artist, draft, uploads)).id

    async def hung() -> Work | None:
        async with studio.library.reading() as tx:
            work = await tx.works.by_id(work_id)
        if work is not None and work.state is WorkState.FAILED:
            raise Unavailable(f"'{sample.title}' could not be hung: {work.problem}")
        return work if work is not None and work.state is WorkState.HUNG else None

    return await _until(hung, f"the pictures of '{sample.title}'")


async def _play(scene: Scene, residents: Mapping[str, Resident], hanging: Awaitable[Work]) -> None:
    """Like, boost, ask and answer, and wait until each server has heard of it."""
    owner = residents[scene.about]
    work = await hanging
    uri = owner.studio.addresses.work(work.id)
    for kind, handles in (
        (ReactionKind.LIKE, scene.likes),
        (ReactionKind.BOOST, scene.boosts),
    ):
        for handle in handles:
            who = residents[handle]
            target = await _known(who.studio, uri)
            await who.studio.reactions.react(who.artist, target.id, kind)
    await _talk(scene, owner, residents[scene.asks], uri)
    await _until(
        lambda: _is_received(scene, owner.studio, TargetId(work.id)), f"reactions to '{work.title}'"
    )


async def _arrange(
    cycle: Cycle,
    residents: Mapping[str, Resident],
    hanging: Mapping[SampleWork, asyncio.Task[Work]],
) -> None:
    """Put those works of a series that hang into it, in order; let others follow it."""
    owner = residents[cycle.by]
    by_title = {work.title: task for work, task in hanging.items() if work.title in cycle.works}
    works = [await by_title[title] for title in cycle.works if title in by_title]
    curating = owner.studio.series
    series = await curating.make(owner.artist, SeriesDraft(cycle.title, cycle.summary))
    await curating.add(owner.artist, series.id, [work.id for work in works])
    if cycle.name:
        speaker = await curating.open_to_followers(owner.artist, series.id, cycle.name)
        for handle in cycle.followers:
            await _follow(residents[handle], Account(speaker.address))


async def _talk(scene: Scene, owner: Resident, asker: Resident, uri: str) -> None:
    target = await _known(asker.studio, uri)
    asked = await asker.studio.commenting.comment(asker.artist, target.id, scene.question)
    heard = await _known(owner.studio, asked.uri)
    answer = await owner.studio.commenting.comment(owner.artist, heard.id, scene.answer)
    await _known(asker.studio, answer.uri)


async def _is_received(scene: Scene, studio: Studio, work: TargetId) -> bool | None:
    async with studio.library.reading() as tx:
        counts = (await tx.reactions.counts([work]))[work]
    return (counts.likes, counts.boosts) == (len(scene.likes), len(scene.boosts)) or None


async def _known(studio: Studio, uri: str) -> Target:
    """Wait until a studio knows a work or comment, and return what stands for it there."""

    async def arrived() -> Target | None:
        async with studio.library.reading() as tx:
            return await find_target_by_uri(tx, studio.addresses, uri)

    return await _until(arrived, f"{uri} at {studio.name}")


async def _until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look again and again until there is something. Raise `Unavailable` after a long while."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (found := await look()) is None:  # noqa: ASYNC110 - another process decides
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as late:
        raise Unavailable(
            f"Waited {_PATIENCE_SECONDS:.0f} seconds for {what}: "
            "try again with --keep FOLDER, and read the serve.log files in it."
        ) from late
    return found


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body
