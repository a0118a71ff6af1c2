"""What stands in a sampled instance: artists, works with renditions, and actors elsewhere.

Written through the library, not through HTTP: a benchmark times one thing at a time.
"""

from dataclasses import dataclass

from server.accounts import NewAccount
from server.main import Instance
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    AiLabel,
    Artist,
    ContentUsage,
    ImageFormat,
    Picture,
    PictureId,
    PictureState,
    Rendition,
    RenditionName,
    Role,
    Visibility,
    Work,
    WorkId,
    WorkState,
)

PASSWORD = "correct horse battery"  # noqa: S105 - of a throw-away account on loopback
_SIDES = {
    RenditionName.TILE: 480,
    RenditionName.PREVIEW: 800,
    RenditionName.VIEW: 1280,
    RenditionName.LARGE: 2048,
}
_PLACEHOLDER = (
    "data:image/webp;base64,UklGRjQAAABXRUJQVlA4ICgAAACwAQCdASoIAAUAAkA4JaQAAlv/bgAA"
    "/vzL+3q0cYwRn0o0qHYvAAAA"
)


@dataclass(frozen=True, slots=True)
class Wall:
    """An artist with works on the wall, newest first."""

    artist: Artist
    works: tuple[Work, ...]


async def hang(instance: Instance, handle: str, *, works: int) -> Wall:
    """Open an account and hang works of it."""
    artist = await instance.flows.accounts.open(
        NewAccount(handle, PASSWORD, Role.ARTIST, f"{handle.title()} Ålund", f"{handle}@x.example")
    )
    made = [_work(instance, artist, number) for number in range(works)]
    async with instance.seams.library.transaction() as tx:
        for work in made:
            await tx.works.add(work)
    return Wall(artist, tuple(reversed(made)))


async def know(instance: Instance, origins: list[str], pems: list[str]) -> list[Actor]:
    """Keep one actor at each origin, as if it had been fetched just now; keys in turn."""
    known = [
        _remote(instance, origin, number, pems[number % len(pems)])
        for number, origin in enumerate(origins)
    ]
    async with instance.seams.library.transaction() as tx:
        for actor in known:
            await tx.actors.put(actor)
    return known


def _remote(instance: Instance, origin: str, number: int, pem: str) -> Actor:
    uri = f"{origin}/users/u{number}"
    clock = instance.seams.clock
    return Actor(
        id=ActorId(clock.new_id()),
        uri=uri,
        kind=ActorKind.PERSON,
        handle=f"u{number}",
        domain=origin.partition("://")[2],
        name=f"Reader {number}",
        summary_html="<p>Looks at pictures.</p>",
        url=uri,
        inbox=f"{uri}/inbox",
        shared_inbox="",
        key_id=f"{uri}#main-key",
        public_key_pem=pem,
        fetched_at=clock.now(),
    )


def _work(instance: Instance, artist: Artist, number: int) -> Work:
    clock = instance.seams.clock
    work_id, now = WorkId(clock.new_id()), clock.now()
    return Work(
        id=work_id,
        artist_id=artist.id,
        state=WorkState.HUNG,
        title=f"Harbour study no. {number}",
        slug=f"harbour-study-no-{number}",
        caption="Ink and gouache, done on the pier in one sitting. #harbour #ink",
        tags=("harbour", "ink"),
        medium="Ink and gouache on paper",
        year="2026",
        is_sensitive=False,
        sensitive_reason="",
        visibility=Visibility.PUBLIC,
        ai_label=AiLabel.NONE,
        content_usage=ContentUsage(),
        is_quiet=False,
        created_at=now,
        hung_at=now,
        edited_at=None,
        withdrawn_at=None,
        pictures=(_picture(instance, work_id),),
    )


def _picture(instance: Instance, work_id: WorkId) -> Picture:
    number = instance.seams.clock.new_id()
    return Picture(
        id=PictureId(number),
        work_id=work_id,
        position=0,
        alt="Three fishing boats at low tide, their masts crossing.",
        original_digest=f"{number:064x}",
        original_type="image/jpeg",
        original_name="harbour.jpg",
        original_bytes=4_000_000,
        state=PictureState.READY,
        media_key=f"{number:040x}",
        width=3000,
        height=2000,
        placeholder=_PLACEHOLDER,
        blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        renditions=tuple(
            Rendition(name, kind, side, side * 2 // 3, side * 100, f"{number + side:064x}")
            for name, side in _SIDES.items()
            for kind in ImageFormat
        ),
    )
