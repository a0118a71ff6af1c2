"""Interface of what is kept of people elsewhere besides their names."""

from collections.abc import Sequence
from typing import Protocol

from server.model import ActorId, Millis, PostId
from server.series_elsewhere import LookedAt, SeriesElsewhere, SeriesElsewhereId


class Elsewhere(Protocol):
    """People elsewhere at whom somebody here looks, with their series and posts."""

    async def person(self, actor: ActorId) -> LookedAt | None: ...

    async def put_person(self, person: LookedAt) -> None:
        """Insert or replace."""
        ...

    async def series_of(self, actor: ActorId) -> list[SeriesElsewhere]:
        """List somebody's series in their order."""
        ...

    async def series(self, series_id: SeriesElsewhereId) -> SeriesElsewhere | None: ...

    async def series_at(self, uri: str) -> SeriesElsewhere | None: ...

    async def put_series(self, series: SeriesElsewhere) -> None:
        """Insert or replace; `person` of its owner must be there. What another actor has under
        this `uri` stays as it is.
        """
        ...

    async def remove_series(self, series_id: SeriesElsewhereId) -> None: ...

    async def keep_only(self, actor: ActorId, series: Sequence[SeriesElsewhere]) -> None:
        """Make these, as `put_series`, somebody's only series."""
        ...

    async def forget(self, actor: ActorId) -> None:
        """Delete what is kept of somebody here."""
        ...

    async def sweep(self, looked_before: Millis, *, limit: int) -> int:
        """Forget those who were last looked at before then and whom nobody here follows, or who
        have moved away. Return how many.
        """
        ...

    async def posts_of(
        self, actor: ActorId, reader: ActorId, *, before: PostId | None = None, limit: int = 24
    ) -> list[PostId]:
        """List somebody's posts that answer nothing and that `reader` may read, newest first;
        nothing that moderators hide.
        """
        ...

    async def posts_at(
        self, actor: ActorId, reader: ActorId, uris: Sequence[str]
    ) -> dict[str, PostId]:
        """Return those of somebody's posts with these addresses that `reader` may read."""
        ...
