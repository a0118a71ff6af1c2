"""Which engine an address names."""

from pathlib import Path

from server.errors import Invalid
from storage.database import Engine
from storage.sqlite import open_sqlite

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_engine(url: str) -> Engine:
    """Return the engine for `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`.

    Nothing is opened yet. Raise `Invalid` where the address names neither.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return open_sqlite(Path(url.removeprefix(_SQLITE)))
    if url.startswith(_POSTGRES):
        from storage.postgres import open_postgres  # noqa: PLC0415  loads asyncpg: when first used

        return open_postgres(url)
    raise Invalid(
        "The database address is not one that Fixatif knows: write "
        "sqlite:///path/to/fixatif.db or postgresql://user:password@host/database.",
        field="database.url",
    )
