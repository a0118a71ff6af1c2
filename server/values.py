"""Frozen dataclasses that cost no more than others.

Who writes to a frozen value is told by the type checker, here in every room and in the tests. While
the program runs nobody checks it again: that check makes each value five times as slow to create
(docs/decisions/0013).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from collections.abc import Callable

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, eq: bool = True, **options: bool
    ) -> type | Callable[[type], type]:
        """Return a dataclass as `dataclasses.dataclass` does; a frozen one is hashed by value."""
        return dataclasses.dataclass(cls, eq=eq, unsafe_hash=frozen and eq, **options)


__all__ = ["dataclass"]
