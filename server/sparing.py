"""Says in the log that something is refused, without letting who is refused fill the disk.

The law: one line for each who and why in a minute, with how many it stands for; and where more
than a hundred come in a minute, the rest of them as "others".
"""

from collections import OrderedDict
from dataclasses import field
from typing import Final

import structlog

from server.clock import Clock
from server.model import Millis
from server.values import dataclass

log = structlog.get_logger(__name__)

_A_MINUTE: Final = Millis(60_000)
_LINES: Final = 100  # a minute: whoever comes from a million networks writes no million lines
_OTHERS: Final = "others"
_REMEMBERED: Final = 2_000  # pairs of who and why; the longest unused are forgotten first


@dataclass(slots=True)
class Sparing:
    """Logs."""

    clock: Clock
    _minute: int = 0
    _lines: int = 0
    _said: OrderedDict[tuple[str, str, str], tuple[Millis, int]] = field(
        default_factory=OrderedDict
    )

    def say(self, event: str, who: str, rule: str) -> None:
        """Log that `rule` refused `who`, unless that was logged within the last minute."""
        key, now = (event, who, rule), self.clock.now()
        since, left_out = self._said.get(key, (Millis(-_A_MINUTE), 0))
        if now - since < _A_MINUTE:
            self._said[key] = (since, left_out + 1)
            return
        if not self._has_room(now) and who != _OTHERS:
            self.say(event, _OTHERS, rule)
            return
        more = {"besides": left_out} if left_out else {}
        log.info(event, who=who, rule=rule, **more)
        self._said[key] = (now, 0)
        self._said.move_to_end(key)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)

    def _has_room(self, now: Millis) -> bool:
        """Count a line; say whether there is room for it in this minute."""
        if now // _A_MINUTE != self._minute:
            self._minute, self._lines = now // _A_MINUTE, 0
        self._lines += 1
        return self._lines <= _LINES
