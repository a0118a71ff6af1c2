"""Prints figures as a small aligned table."""

import os
from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, all others to the right.

    A machine that does other things too makes every figure worse: the title says how busy it is.
    """
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    print(f"\n{title} ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f})")
    for row in (head, ["-" * width for width in widths], *rows):
        first, *rest = (
            text.ljust(width) if at == 0 else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *rest]).rstrip())


def against(value: float, bar: float, *, is_ceiling: bool = False) -> str:
    """Return how a figure stands to its bar: "≥ 400 met", "≤ 90 missed"."""
    is_met = value <= bar if is_ceiling else value >= bar
    return f"{'≤' if is_ceiling else '≥'} {bar:,.4g} {'met' if is_met else 'MISSED'}"
