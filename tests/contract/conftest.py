"""Every test of a seam runs on every implementation of it."""

from tests.engines import database_url, library, migrated_sqlite, sqlite_url

__all__ = ["database_url", "library", "migrated_sqlite", "sqlite_url"]
