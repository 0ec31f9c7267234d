"""Where each key of a TOML file stands, to point a person at it."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str, ...]
_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"


def key_lines(text: str) -> dict[Path, int]:
    """Line of each table and key, by its path; a table that no line names stands where its first
    key does."""
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(rf"\s*\[\s*({_DOTTED})\s*\]", line):
            table = parts(found[1])
            path = table
        elif found := re.match(rf"\s*({_DOTTED})\s*=", line):
            path = (*table, *parts(found[1]))
        else:
            continue
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], number)
    return lines


def parts(dotted: str) -> Path:
    """The names of a dotted key, quotation marks taken off."""
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def line_of(path: Sequence[str], lines: dict[Path, int]) -> int:
    """Line of a key, or of the table nearest above it."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(tuple(path[:length]))) is not None:
            return line
    return 1
