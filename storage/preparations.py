"""How far the pictures of works are."""

from collections.abc import Sequence

from server.model import PictureId, PictureState, Visibility, WorkId, WorkState
from server.preparation import Preparation, Step
from storage.database import Connection, Row, ids_text


async def note_copies(
    connection: Connection, picture_id: PictureId, made: int, copies: int
) -> None:
    """Note how far the making of a waiting picture is."""
    await connection.execute(
        """
        UPDATE pictures SET made_copies = :made, all_copies = :copies
        WHERE id = :id AND state = 'waiting'
        """,
        id=picture_id,
        made=made,
        copies=copies,
    )


async def preparations_of(
    connection: Connection, ids: Sequence[WorkId]
) -> dict[WorkId, Preparation]:
    """Return where works stand, by two queries for all."""
    works = await connection.fetch_all(
        """
        SELECT id, artist_id, state, visibility, problem FROM works
        WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids)) AND state <> 'withdrawn'
        """,
        ids=ids_text(ids),
    )
    rows = await connection.fetch_all(
        """
        SELECT id, work_id, original_name, state, problem, made_copies, all_copies FROM pictures
        WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            AND shot_id IS NULL
        ORDER BY work_id, position, id
        """,
        ids=ids_text(ids),
    )
    steps: dict[WorkId, tuple[Step, ...]] = {}
    for row in rows:
        steps[row["work_id"]] = (*steps.get(row["work_id"], ()), _step(row))
    return {row["id"]: _preparation(row, steps.get(row["id"], ())) for row in works}


def _step(row: Row) -> Step:
    return Step(
        picture_id=row["id"],
        name=row["original_name"],
        state=PictureState(row["state"]),
        problem=row["problem"],
        made=row["made_copies"],
        copies=row["all_copies"],
    )


def _preparation(row: Row, steps: tuple[Step, ...]) -> Preparation:
    return Preparation(
        work_id=row["id"],
        artist_id=row["artist_id"],
        state=WorkState(row["state"]),
        visibility=Visibility(row["visibility"]),
        problem=row["problem"],
        steps=steps,
    )
