"""Two instances on this machine that federate over TLS with certificates of a local authority."""

from tests.engines import migrated_sqlite

__all__ = ["migrated_sqlite"]
