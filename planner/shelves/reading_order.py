"""The order in which people read and fill fixtures."""

from __future__ import annotations

import re

Natural = tuple[tuple[int, int, str], ...]


def natural(name: str) -> Natural:
    """Sorts names as people count: F2 before F10."""
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part)
        for part in re.split(r"(\d+)", name)
        if part
    )
