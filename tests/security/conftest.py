"""One instance per module, on SQLite: attacks come through the door, which knows no engine."""

from tests.engines import migrated_sqlite
from tests.security.outside import an_outside
from tests.security.town import a_town

__all__ = ["a_town", "an_outside", "migrated_sqlite"]
