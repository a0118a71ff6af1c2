"""Who is looking just now: pages go before what may as well be done a little later."""

from typing import Final

from server.clock import Clock
from server.model import Millis
from server.values import dataclass

_LINGERS: Final = Millis(1_000)  # whoever looks at a page asks for its pictures next


@dataclass(slots=True)
class Courtesy:
    """Remembers when somebody last asked for something."""

    clock: Clock
    _asked_at: Millis = Millis(0)

    def note(self) -> None:
        """Note that somebody asks."""
        self._asked_at = self.clock.now()

    @property
    def is_due(self) -> bool:
        """Whether somebody asked within the last second."""
        return 0 <= self.clock.now() - self._asked_at < _LINGERS
