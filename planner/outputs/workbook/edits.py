"""Edited cells of store workbooks outside *Locks*: they have no effect, and are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

from planner.outputs.workbook.record import differences
from planner.tables.inputs import Assumption
from planner.tables.scan import sha256_of

MOST_NAMED = 10
"""Edited cells of one workbook that are named; the rest is counted."""
LONGEST_SHOWN = 60
NO_EFFECT = "this has no effect, as the sheet Locks alone is read"


def noticed_edits(workbooks: Sequence[Path], manifest: str) -> list[Assumption]:
    """A warning for every edited cell of the workbooks, at most ``MOST_NAMED`` for each.

    ``manifest``: name of the file with the hashes of a run's files; a workbook that still lies in
    its run, as it was written, is not looked through again.
    """
    found: list[Assumption] = []
    for path in workbooks:
        if not _as_written(path, manifest):
            found += _edits(path)
    return found


def _as_written(path: Path, manifest: str) -> bool:
    folder = path.resolve().parent
    try:
        run = json.loads((folder.parent / manifest).read_text(encoding="utf-8"))
        return bool(run["files"][f"{folder.name}/{path.name}"] == sha256_of(path))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _edits(path: Path) -> list[Assumption]:
    try:
        rows = differences(path)
    except (BadZipFile, KeyError, OSError, SyntaxError, ValueError):
        rows = None
    if rows is None:
        text = "without its record of what was written: edited cells could not be noticed"
        return [Assumption("tables", path.name, text, 1)]
    found = [
        Assumption(
            "tables",
            f"{path.name}, sheet {sheet}" + (f", cell {cell}" if cell else ""),
            f"was {_shown(written)}, is {_shown(found_now)}: {NO_EFFECT}",
            1,
            warning=True,
        )
        for sheet, cell, written, found_now in rows.head(MOST_NAMED).to_numpy().tolist()
    ]
    if len(rows) > MOST_NAMED:
        text = f"more cells were edited: {NO_EFFECT}"
        more = len(rows) - MOST_NAMED
        found.append(Assumption("tables", path.name, text, more, warning=True))
    return found


def _shown(value: str) -> str:
    if not value:
        return "nothing"
    short = value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 3] + "..."
    return repr(short)
