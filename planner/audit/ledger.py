"""What the audit compared, what it found, and what it could not look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

MOST_SHOWN = 20
"""Findings of one kind that are spelled out; the rest of them is counted."""
RELATIVE_TOLERANCE = 1e-6
_IN_BOTH = "which tables have it"


@dataclass(frozen=True)
class AuditResult:
    """The outcome of an audit; it passes when there are no findings."""

    findings: tuple[str, ...]
    notes: tuple[str, ...]
    """What could not be looked at, and is no fault of the run."""
    checks: int
    """Things compared."""


class Ledger:
    """Counts comparisons and keeps the sentences about those that fail."""

    def __init__(self) -> None:
        self.checks = 0
        self._findings: list[str] = []
        self._notes: list[str] = []

    def result(self) -> AuditResult:
        """Everything so far."""
        return AuditResult(tuple(self._findings), tuple(self._notes), self.checks)

    def note(self, sentence: str) -> None:
        """Something that could not be looked at."""
        self._notes.append(sentence)

    def expect(self, holds: bool, finding: str) -> None:
        """One comparison and the sentence for the case that it fails."""
        self.checks += 1
        if not holds:
            self._findings.append(finding)

    def expect_rows(
        self, frame: pd.DataFrame, holds: ArrayLike, sentence: Callable[[dict[str, Any]], str]
    ) -> None:
        """One comparison a row; ``sentence`` says what is wrong with a row that fails."""
        good = np.asarray(holds, dtype=bool)
        self.checks += len(frame)
        failing = np.flatnonzero(~good)
        for position in failing[:MOST_SHOWN]:
            row = {str(name): value for name, value in frame.iloc[int(position)].items()}
            self._findings.append(sentence(row))
        if len(failing) > MOST_SHOWN:
            self._findings.append(f"... and {len(failing) - MOST_SHOWN} more like the last one")

    def expect_same_rows(
        self,
        wanted: pd.DataFrame,
        found: pd.DataFrame,
        keys: Sequence[str],
        which: Callable[[dict[str, Any]], str],
        *,
        missing: str = "is missing",
        extra: str,
        suffixes: tuple[str, str] = ("", "_found"),
    ) -> pd.DataFrame:
        """Two tables have the same rows; returns those that both have, joined by their ``keys``.

        ``which`` names a row; ``missing`` and ``extra`` say of it that only the one table or the
        other has it; ``suffixes`` tell other columns of the same name apart.
        """
        joined = wanted.merge(
            found, on=list(keys), how="outer", suffixes=suffixes, indicator=_IN_BOTH
        )
        same = joined[_IN_BOTH] == "both"
        self.expect_rows(
            joined,
            same,
            lambda row: f"{which(row)} {missing if row[_IN_BOTH] == 'left_only' else extra}",
        )
        return joined[same].drop(columns=_IN_BOTH).reset_index(drop=True)

    def expect_close(
        self,
        frame: pd.DataFrame,
        column: str,
        expected: ArrayLike,
        where: str,
        because: str,
        tolerance: float = RELATIVE_TOLERANCE,
    ) -> None:
        """Every value of a column equals what was recomputed, relative to its size (at least 1)."""
        recomputed = np.asarray(expected, dtype=np.float64)
        self.expect_rows(
            frame.assign(expected_value=recomputed),
            close(frame[column], recomputed, tolerance),
            lambda row: (
                f"{where}: {place(row)}{column} is {number(row[column])}, "
                f"expected {number(row['expected_value'])} ({because})"
            ),
        )


def close(
    found: ArrayLike, expected: ArrayLike, tolerance: float = RELATIVE_TOLERANCE
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether two figures agree to ``tolerance`` of their size, or of 1 where they are smaller."""
    a = np.asarray(found, dtype=np.float64)
    b = np.asarray(expected, dtype=np.float64)
    return np.asarray((a == b) | (np.abs(a - b) <= tolerance * np.maximum(1.0, np.abs(b))))


def number(value: Any) -> str:
    """A figure with enough digits to tell it from its neighbour."""
    return f"{float(value):.10g}"


def place(row: dict[str, Any]) -> str:
    """``store S, item I: `` for a row that has them."""
    parts = [
        f"{word} {row[name]}"
        for name, word in (("store_id", "store"), ("item_id", "item"), ("plan", "plan"))
        if row.get(name)
    ]
    return ", ".join(parts) + ": " if parts else ""
