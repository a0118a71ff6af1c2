"""Tasks of child processes that tell how far they are. Pure.

Apart from `server.child`, which is another module where it is the program.
"""

from collections.abc import Callable

from server.values import dataclass

Report = Callable[[int, int], None]  # steps done, of so many


@dataclass(frozen=True, slots=True)
class Reporting:
    """A task that tells how far it is."""

    run: Callable[[bytes, Report], bytes]


Task = Callable[[bytes], bytes] | Reporting
