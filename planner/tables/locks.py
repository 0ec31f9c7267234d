"""Locks given on the command line, beside those of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from planner.tables.collect import Findings
from planner.tables.source import KINDS, Source, read_file
from planner.tables.typed import TypedTable, understand

LOCK_KEY = ["store_id", "item_id"]


def with_locks(own: TypedTable, path: Path, source: Source, findings: Findings) -> TypedTable:
    """The locks of ``path``, and those own locks that it does not replace."""
    if path.suffix.lower() not in KINDS or not path.is_file():
        findings.problem(
            path.name,
            1,
            "",
            "a file of another kind" if path.exists() else "nothing there",
            "a CSV or Parquet file with the columns store_id, item_id and lock",
            "give the file with the locks",
        )
        return own
    raw = read_file(path, own.table, source, findings)
    if raw is None or not raw.header:
        return own
    given = understand(raw, own.table, findings)
    replaced = pd.MultiIndex.from_frame(own.frame[LOCK_KEY].astype("str")).isin(
        pd.MultiIndex.from_frame(given.frame[LOCK_KEY].astype("str"))
    )
    findings.assume(
        "locks", f"locks of the input were replaced by those of {path.name}", int(replaced.sum())
    )
    return joined(own.take(~replaced), given)


def joined(first: TypedTable, second: TypedTable) -> TypedTable:
    """Two tables of the same columns as one; each row keeps its file and row number."""
    frame = pd.concat(
        [part.frame.astype(dict.fromkeys(part.frame, "object")) for part in (first, second)],
        ignore_index=True,
    )
    return TypedTable(
        table=first.table,
        file_of_row=tuple(
            part.place(position)[0] for part in (first, second) for position in range(len(part))
        ),
        file=second.file,
        frame=frame.astype(dict.fromkeys(frame, "category")),
        raw={name: column.joined(second.raw[name]) for name, column in first.raw.items()},
        rows=np.concatenate([first.rows, second.rows]),
        given=first.given | second.given,
        complete=first.complete and second.complete,
    )
