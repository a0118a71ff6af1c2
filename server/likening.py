"""Tells artists, quietly, that somebody else shows a picture like one of theirs.

The law: it is a likeness and never a verdict; an artist hears only of what they may see; what they
trust, and accounts that they themselves named as theirs, they hear of no more. What another account
says of itself counts for nothing here: a thief would say it.

Pages show others' pictures from where they are, so none of their bytes come here by themselves. For
a comparison each picture of an open post is brought once, looked at in a child process and thrown
away; not at all while nothing hangs here, and never beyond a day's measure, of which one server
has a quarter.
"""

from collections.abc import Iterable
from dataclasses import field
from urllib.parse import urljoin, urlsplit

import msgspec

from server.addresses import Addresses
from server.clock import Clock
from server.dealings import Report
from server.errors import Invalid, NotAllowed, NotFound, Unavailable
from server.likeness import (
    MAX_DISTANCE,
    Hashes,
    KeptHashes,
    Resemblance,
    ResemblanceId,
    Verdict,
    nearest,
    probes,
)
from server.model import (
    Actor,
    Artist,
    NotificationKind,
    Picture,
    PictureId,
    PictureState,
    Post,
    PostId,
    RemotePicture,
    RenditionName,
    TargetId,
    Work,
)
from server.notifications import tell
from server.pictures import LIKENESS_TASK, read_likeness
from server.ports import Library, MediaStore, Outgoing, Transaction, Transport, Unreachable, Workers
from server.promises import LikenPromise, promise
from server.reporting import Reporting
from server.targets import OPEN, Target, find_target, may_see
from server.values import dataclass

MAX_BYTES = 8_388_608  # of one picture: Mastodon's and Pixelfed's are smaller
_DAY = 86_400_000
_SHARE = 4  # of a day's measure one server has a quarter
_MAX_PICTURES = 8  # of one post
_MAX_TOLD = 20  # of one picture: what everybody has is nobody's
_SECONDS = 20.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 2
_FOUND = 200
_AT_ONCE = 200


@dataclass(slots=True)
class Measure:
    """How many bytes may come in a day. Kept in memory: after a restart the day begins anew."""

    per_day: int
    _day: int = -1
    _spent: dict[str, int] = field(default_factory=dict)

    def left(self, host: str, now: int) -> int:
        """Return how many bytes a server's picture may have now."""
        if now // _DAY != self._day:
            self._day, self._spent = now // _DAY, {}
        all_left = self.per_day - sum(self._spent.values())
        own_left = self.per_day // _SHARE - self._spent.get(host, 0)
        return max(0, min(MAX_BYTES, all_left, own_left))

    def spend(self, host: str, count: int) -> None:
        """Count what came."""
        self._spent[host] = self._spent.get(host, 0) + count


@dataclass(frozen=True, slots=True)
class Pair:
    """An artist's picture, and what is like it; None where that is gone or not for their eyes."""

    found: Resemblance
    work: Work
    mine: Picture
    other: Actor
    target: Target | None
    theirs: Picture | RemotePicture | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """Whose picture is compared, and where it stands."""

    target: Target
    position: int
    hashes: Hashes


@dataclass(frozen=True, slots=True)
class Likening:
    """Compare, show, settle."""

    library: Library
    clock: Clock
    addresses: Addresses
    media: MediaStore
    workers: Workers
    transport: Transport
    reporting: Reporting
    measure: Measure
    allows_loopback: bool = False

    async def look(self, payload: bytes) -> None:
        """Compare the pictures of a work or post with those of works here. Safe twice."""
        what = msgspec.json.decode(payload, type=LikenPromise)
        if what.work_id:
            await self._look_at_work(what)
        else:
            await self._look_at_post(what.post_id)

    async def pair(self, artist: Artist, resemblance_id: ResemblanceId) -> Pair:
        """Return both pictures to the artist who was told. Raise `NotFound`."""
        async with self.library.reading() as tx:
            return await self._pair(tx, artist, resemblance_id)

    async def settle(
        self, artist: Artist, resemblance_id: ResemblanceId, *, is_trusted: bool
    ) -> None:
        """Keep that this one is fine, or everything of that account."""
        async with self.library.transaction() as tx:
            pair = await self._pair(tx, artist, resemblance_id)
            verdict = Verdict.TRUSTED if is_trusted else Verdict.FINE
            await tx.likenesses.settle(pair.found.id, verdict)

    async def report(
        self, artist: Artist, resemblance_id: ResemblanceId, words: str, *, is_forwarded: bool
    ) -> Report:
        """Report it to the moderators here and, if wished, to those of the other's server."""
        pair = await self.pair(artist, resemblance_id)
        if pair.target is None:
            raise NotFound("It is gone already: there is nothing left to report.")
        if pair.found.verdict is Verdict.REPORTED:
            raise NotAllowed("You have reported this: the moderators have it.")
        made = await self.reporting.report(
            artist,
            pair.other.id,
            words,
            about=[pair.target.id],
            is_forwarded=is_forwarded,
        )
        async with self.library.transaction() as tx:
            await tx.likenesses.settle(pair.found.id, Verdict.REPORTED)
        return made

    async def _pair(self, tx: Transaction, artist: Artist, resemblance_id: ResemblanceId) -> Pair:
        found = await tx.likenesses.resemblance(resemblance_id)
        if found is None or found.artist_id != artist.id:
            raise NotFound("There is nothing here at this address.")
        work = await tx.works.by_id(found.work_id)
        other = await tx.actors.by_id(found.other_id)
        mine = {one.id: one for one in work.pictures}.get(found.picture_id) if work else None
        if work is None or mine is None or other is None:
            raise NotFound("There is nothing here at this address.")
        target = await find_target(tx, self.addresses, found.target_id)
        if target is None or not await may_see(tx, target, artist.id):
            return Pair(found, work, mine, other, None, None)
        theirs = await _picture_at(tx, target, found.position)
        return Pair(found, work, mine, other, target, theirs)

    async def _look_at_work(self, what: LikenPromise) -> None:
        async with self.library.reading() as tx:
            work = await tx.works.by_id(what.work_id)
            known = await tx.likenesses.of_work(what.work_id)
            target = await find_target(tx, self.addresses, TargetId(what.work_id))
        if work is None:
            return
        for place, picture in enumerate(work.pictures):
            if picture.state is not PictureState.READY:
                continue
            hashes = known.get(picture.id)
            if hashes is None:
                hashes = await self._hashes_of_copy(picture)
                await self._keep(picture.id, hashes)
            if target is not None and hashes:
                mine = KeptHashes(picture.id, work.id, work.artist_id, place, hashes)
                await self._compare(_Seen(target, place, hashes), mine)

    async def _look_at_post(self, post_id: PostId) -> None:
        async with self.library.reading() as tx:
            target = await find_target(tx, self.addresses, TargetId(post_id))
            is_any = await tx.likenesses.is_any()
        post = target.post if target is not None else None
        if target is None or post is None or not is_any or not _is_looked_at(post):
            return
        for place, picture in enumerate(post.pictures[:_MAX_PICTURES]):
            hashes = await self._hashes(await self._brought(picture.url))
            if hashes:
                await self._compare(_Seen(target, place, hashes), None)

    async def _compare(self, seen: _Seen, mine: KeptHashes | None) -> None:
        """Tell whose pictures are like the one seen; `mine` where that is of a work here."""
        async with self.library.reading() as tx:
            near = await tx.likenesses.near(probes(seen.hashes))
            close = sorted((nearest(seen.hashes, upright), one) for one, upright in near)
            ids = [one for far, one in close if far <= MAX_DISTANCE]
            kept = await tx.likenesses.of_pictures(ids)
        others = [one for one in kept if one.artist_id != seen.target.owner_id]
        for one in others[:_MAX_TOLD]:
            async with self.library.transaction() as tx:
                await self._tell(tx, one, seen)
                theirs = await find_target(tx, self.addresses, TargetId(one.work_id))
                if mine is not None and theirs is not None:
                    await self._tell(tx, mine, _Seen(theirs, one.position, one.hashes))

    async def _tell(self, tx: Transaction, mine: KeptHashes, seen: _Seen) -> None:
        """Tell an artist once of what they may see and did not make themselves."""
        owner = await tx.actors.by_id(mine.artist_id)
        other = await tx.actors.by_id(seen.target.owner_id)
        if owner is None or other is None or _is_same(owner, other):
            return
        if not await may_see(tx, seen.target, mine.artist_id):
            return
        found = Resemblance(
            id=ResemblanceId(self.clock.new_id()),
            artist_id=mine.artist_id,
            picture_id=mine.picture_id,
            work_id=mine.work_id,
            other_id=other.id,
            target_id=seen.target.id,
            position=seen.position,
            distance=nearest(seen.hashes, mine.hashes[0]),
            at=self.clock.now(),
        )
        if await tx.likenesses.note(found):
            kind, about = NotificationKind.LIKENESS, TargetId(found.id)
            await tell(tx, self.clock, mine.artist_id, kind, other.id, about)

    async def _keep(self, picture_id: PictureId, hashes: Hashes) -> None:
        async with self.library.transaction() as tx:
            await tx.likenesses.keep(picture_id, hashes)

    async def _hashes_of_copy(self, picture: Picture) -> Hashes:
        copies = [one for one in picture.renditions if one.name is RenditionName.FEDERATED]
        try:
            return await self._hashes(await self.media.read(copies[0].digest) if copies else b"")
        except NotFound:  # `media verify` says so
            return ()

    async def _hashes(self, source: bytes) -> Hashes:
        if not source:
            return ()
        try:
            return read_likeness(await self.workers.run(LIKENESS_TASK, source)).hashes
        except Invalid:  # it killed or outlived its child
            return ()

    async def _brought(self, url: str) -> bytes:
        """Return a picture from elsewhere, b"" where it cannot be had within the measure."""
        for _ in range(_MAX_REDIRECTS + 1):
            host = _host(url, allows_loopback=self.allows_loopback)
            most = self.measure.left(host, self.clock.now()) if host else 0
            if not most or self.addresses.is_ours(url):
                return b""
            request = Outgoing("GET", url, {"Accept": "image/*"}, b"", most, _SECONDS)
            try:
                answer = await self.transport.send(request)
            except (Unreachable, Unavailable):
                self.measure.spend(host, most)  # as much may have come before it broke off
                return b""
            self.measure.spend(host, len(answer.body))
            if answer.status not in _REDIRECTS:
                return answer.body if answer.status == _FOUND else b""
            url = urljoin(url, answer.headers.get("location", ""))
        return b""


async def catch_up(library: Library, clock: Clock) -> None:
    """Promise a look at works whose pictures were made before there was any."""
    after = PictureId(0)
    while True:
        async with library.transaction() as tx:
            found = await tx.likenesses.unknown(after=after, limit=_AT_ONCE)
            for work_id in dict.fromkeys(work for _, work in found):
                await promise(tx, clock, LikenPromise(work_id))
        if len(found) < _AT_ONCE:
            return
        after = found[-1][0]


async def look_later(tx: Transaction, clock: Clock, post: Post, known: Post | None) -> None:
    """Promise a look at a post from elsewhere that came with pictures, where anything hangs here.

    `known`: the post as it was before, if it was there.
    """
    is_new = known is None or _urls(known.pictures) != _urls(post.pictures)
    if is_new and _is_looked_at(post) and await tx.likenesses.is_any():
        await promise(tx, clock, LikenPromise(post_id=post.id))


def _is_looked_at(post: Post) -> bool:
    return not post.is_local and bool(post.pictures) and post.visibility in OPEN


def _urls(pictures: Iterable[RemotePicture]) -> list[str]:
    return [one.url for one in pictures]


def _is_same(owner: Actor, other: Actor) -> bool:
    """Say whether an artist says that another account is theirs as well."""
    return other.id == owner.id or other.uri in {owner.moved_to, *owner.also_known_as}


def _host(url: str, *, allows_loopback: bool) -> str:
    """Return whom a safe address asks, "" for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and allows_loopback)
    return parts.netloc.lower() if is_safe and parts.hostname and "@" not in parts.netloc else ""


async def _picture_at(
    tx: Transaction, target: Target, position: int
) -> Picture | RemotePicture | None:
    if target.post is not None:
        pictures: tuple[Picture | RemotePicture, ...] = target.post.pictures
    else:
        work = await tx.works.by_id(target.work.id) if target.work else None
        pictures = work.pictures if work else ()
    return pictures[position] if position < len(pictures) else None
